//! Routes kept fresh: a thread asks the name servers each 30 seconds, and at once when poked, so
//! that a slow name server never holds up a send.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use crate::wire::address;
use crate::wire::call::Caller;
use crate::wire::route::{self, Route, RouteError};

/// Time from one look to the next (Java: `pollNameServerInterval`).
const POLL: Duration = Duration::from_secs(30);

/// Time to the next look while a topic has no route.
const POLL_UNKNOWN: Duration = Duration::from_secs(1);

/// Time for one request (Java: 3 s for calls to a name server).
const TIMEOUT: Duration = Duration::from_secs(3);

/// The topic whose route tells who would create a new topic.
const TEMPLATE: &str = "TBW102";

/// The routes of some topics, as they come in.
#[derive(Debug)]
pub struct Routes {
    news: Receiver<(String, Route)>,
    poke: Sender<()>,
}

/// What is kept.
#[derive(Clone, Debug)]
pub struct RoutePlan {
    /// Name servers, separated by `;`.
    pub nameservers: String,
    /// Topics.
    pub topics: Vec<String>,
    /// A topic without a route gets the template's, with at most so many queues on each broker.
    pub create_with: Option<u32>,
}

impl Routes {
    /// Starts the thread. It ends when this is dropped, at its next look.
    pub fn keep(plan: RoutePlan) -> Self {
        let (sender, news) = mpsc::channel();
        let (poke, poked) = mpsc::channel();
        std::thread::spawn(move || keep(&plan, &sender, &poked));
        Self { news, poke }
    }

    /// Asks for a look now.
    pub fn poke(&self) {
        let _ = self.poke.send(());
    }

    /// What came since the last call.
    pub fn news(&self) -> impl Iterator<Item = (String, Route)> {
        self.news.try_iter()
    }

    /// Waits for the first route.
    pub fn first(&self, patience: Duration) -> Option<(String, Route)> {
        self.news.recv_timeout(patience).ok()
    }
}

fn keep(plan: &RoutePlan, sender: &Sender<(String, Route)>, poked: &Receiver<()>) {
    let servers: Vec<SocketAddr> =
        address::list(&plan.nameservers).filter_map(|item| address::resolve(item).ok()).collect();
    let mut caller: Option<Caller> = None;
    let mut turn = 0;
    loop {
        let mut all = true;
        for topic in &plan.topics {
            let found = look(&mut caller, &servers, &mut turn, topic, plan.create_with);
            all &= found.is_some();
            if let Some(route) = found
                && sender.send((topic.clone(), route)).is_err()
            {
                return;
            }
        }
        match poked.recv_timeout(if all { POLL } else { POLL_UNKNOWN }) {
            Ok(()) => poked.try_iter().for_each(drop),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Asks a name server; one that fails is followed by the next.
fn look(
    caller: &mut Option<Caller>,
    servers: &[SocketAddr],
    turn: &mut usize,
    topic: &str,
    create_with: Option<u32>,
) -> Option<Route> {
    for _ in 0..servers.len() {
        if caller.is_none() {
            let server = servers.get(*turn % servers.len())?;
            *caller = Caller::open(*server, TIMEOUT).ok();
        }
        match caller.as_mut().map(|caller| ask(caller, topic, create_with)) {
            Some(Ok(route)) => return route,
            _ => {
                *caller = None;
                *turn += 1;
            }
        }
    }
    None
}

fn ask(
    caller: &mut Caller,
    topic: &str,
    create_with: Option<u32>,
) -> Result<Option<Route>, RouteError> {
    let known = route::route(caller, topic)?;
    let (None, Some(queues)) = (&known, create_with) else { return Ok(known) };
    let template = route::route(caller, TEMPLATE)?;
    Ok(template.map(|route| limited(route, queues)))
}

/// The template's route as that of a topic that is created with so many queues.
fn limited(mut route: Route, queues: u32) -> Route {
    for data in &mut route.queue_datas {
        let count = queues.min(data.read_queue_nums);
        data.read_queue_nums = count;
        data.write_queue_nums = count;
    }
    route
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::epoll::Floor;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn a_dead_name_server_is_passed_over() {
        let dead = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut floor = Floor::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let alive = floor.address();
        let over = AtomicBool::new(false);
        let plan = RoutePlan {
            nameservers: format!("{dead};{alive}"),
            topics: vec!["t".to_owned()],
            create_with: None,
        };
        let found = std::thread::scope(|scope| {
            scope.spawn(|| floor.run(|| over.load(Ordering::Relaxed)));
            let found = Routes::keep(plan).first(Duration::from_secs(20));
            over.store(true, Ordering::Relaxed);
            found
        });
        let (topic, route) = found.unwrap();
        assert_eq!((topic.as_str(), route.master("floor")), ("t", Some(&*alive.to_string())));
    }

    #[test]
    fn a_new_topic_has_few_queues() {
        let mut route = Route::default();
        for read_queue_nums in [2, 8] {
            route.queue_datas.push(route::QueueData { read_queue_nums, ..Default::default() });
        }
        let limited = limited(route, 4);
        let queues: Vec<u32> =
            limited.queue_datas.iter().map(|data| data.write_queue_nums).collect();
        assert_eq!(queues, [2, 4]);
    }
}
