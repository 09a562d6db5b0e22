//! What all replicated producers do: lanes that have one message in flight each, queues in turn,
//! retries on another broker, heartbeats, a snapshot each second and a report each ten.

use std::io;
use std::time::Duration;

use ringmq::protocol::{Command, Fields, Serialization};

use crate::load::flight::{Flight, Flights};
use crate::replica::groups;
use crate::replica::links::Links;
use crate::replica::routes::{RoutePlan, Routes};
use crate::wire::poll::Ready;
use crate::wire::reply;
use crate::wire::route::{PERM_WRITE, Route};
use crate::wire::unique::wall_ms;

/// Time for one message with its retries (Java: `sendMsgTimeout`).
const SEND_TIMEOUT_MS: u64 = 3000;

/// Attempts at one message (Java: 1 + `retryTimesWhenSendFailed`).
const ATTEMPTS: u32 = 3;

/// Response codes after which another broker is tried (Java: `retryResponseCodes`).
const RETRIED: &[i32] = &[1, 2, 14, 16, 17, 204, 205, 1500];

/// Codes of answers to messages that are stored: flush and replication time-outs are success.
const STORED: &[i32] = &[0, 10, 11, 12];

/// Time between heartbeats.
const HEARTBEAT_MS: u64 = 30_000;

/// How often overdue messages are looked for, in milliseconds.
const OVERDUE_SCAN_MS: u64 = 100;

/// How long a lane waits after a message that no broker could be found for. Java's would spin.
pub const UNREACHABLE_PAUSE_MS: u64 = 1000;

/// A message on its way out.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// Request code.
    pub code: i32,
    /// sysFlag bits.
    pub sys_flag: i32,
    /// Properties, encoded.
    pub properties: String,
    /// Body.
    pub body: bytes::Bytes,
    /// When it was made, milliseconds since 1970.
    pub born_ms: u64,
    /// What its maker wants to find again.
    pub tag: u64,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome<'a> {
    /// Stored.
    Stored {
        /// The response's code; not 0 for a flush or replication time-out.
        code: i32,
        /// Which broker.
        link: usize,
        /// Position in its queue.
        offset: i64,
        /// The id that names its place in the store.
        message_id: &'a [u8],
    },
    /// A broker refused it for good.
    Refused(i32),
    /// All attempts were refused.
    GivenUp,
    /// No broker could be reached.
    Unreachable,
    /// No answer in time.
    TimedOut,
}

/// What makes one producer differ from another.
pub trait Work {
    /// The next message of a lane.
    fn make(&mut self, now: u64) -> Outgoing;
    /// A message is done; requests pushed to `out` go to the broker named. Yields how long its
    /// lane pauses, in milliseconds.
    fn done(&mut self, message: &Outgoing, outcome: Outcome<'_>, out: &mut Requests) -> u64;
    /// A broker asks for something.
    fn asked(&mut self, _link: usize, _request: &Command, _out: &mut Requests) {}
    /// A second is over.
    fn snapshot(&mut self, now: u64);
    /// It is time for a report, if there is one yet.
    fn report(&mut self, now: u64) -> Option<String>;
}

/// Requests for brokers, by link.
pub type Requests = Vec<(usize, Command)>;

/// What a producer is told by its flags.
#[derive(Clone, Debug)]
pub struct SenderPlan {
    /// Name servers, separated by `;`.
    pub nameservers: String,
    /// Producer group.
    pub group: String,
    /// Topic.
    pub topic: String,
    /// Queues that a new topic is to have.
    pub default_queues: u32,
    /// Messages of each lane; none for ever.
    pub limits: Vec<Option<u64>>,
    /// Messages in flight of each lane: 1, or more for an asynchronous one.
    pub depth: u32,
    /// Milliseconds between reports.
    pub report_ms: u64,
}

/// A place for one message in flight.
#[derive(Debug, Default)]
struct Slot {
    lane: usize,
    message: Option<Pending>,
}

#[derive(Debug)]
struct Pending {
    outgoing: Outgoing,
    attempt: u32,
    last_link: Option<usize>,
}

/// A running producer.
pub struct Sender<'a, W> {
    plan: &'a SenderPlan,
    work: &'a mut W,
    links: Links,
    routes: Routes,
    client_id: Option<String>,
    instance: u64,
    queues: Vec<(usize, u32)>,
    turn: usize,
    left: Vec<Option<u64>>,
    slots: Vec<Slot>,
    idle: Vec<usize>,
    paused: Vec<(u64, usize)>,
    flights: Flights,
    requests: Requests,
    next_snapshot: u64,
    next_report: u64,
    next_heartbeat: u64,
    next_scan: u64,
}

impl<'a, W: Work> Sender<'a, W> {
    /// A producer that has not started.
    pub fn new(plan: &'a SenderPlan, work: &'a mut W) -> io::Result<Self> {
        let routes = Routes::keep(RoutePlan {
            nameservers: plan.nameservers.clone(),
            topics: vec![plan.topic.clone()],
            create_with: Some(plan.default_queues),
        });
        let depth = plan.depth.max(1);
        let slots: Vec<Slot> = (0..plan.limits.len())
            .flat_map(|lane| (0..depth).map(move |_| Slot { lane, message: None }))
            .collect();
        let now = wall_ms();
        Ok(Self {
            plan,
            work,
            links: Links::new()?,
            routes,
            client_id: None,
            instance: now,
            queues: Vec::new(),
            turn: 0,
            left: plan.limits.clone(),
            idle: (0..slots.len()).rev().collect(),
            paused: Vec::new(),
            flights: Flights::new(u32::try_from(slots.len()).unwrap_or(u32::MAX)),
            slots,
            requests: Vec::new(),
            next_snapshot: now + 1000,
            next_report: now + plan.report_ms,
            next_heartbeat: now,
            next_scan: now,
        })
    }

    /// Sends until all lanes are done. `print` gets each report.
    pub fn run(&mut self, print: &mut dyn FnMut(&str)) -> io::Result<()> {
        if let Some((_, route)) = self.routes.first(Duration::from_secs(3)) {
            self.take_route(&route);
        }
        let mut ready = Vec::new();
        loop {
            let now = wall_ms();
            let news: Vec<_> = self.routes.news().collect();
            news.iter().for_each(|(_, route)| self.take_route(route));
            self.tick(now, print);
            self.wake(now);
            self.start_idle(now);
            for link in self.links.flush() {
                self.lose(link, now);
            }
            if self.is_done() {
                break;
            }
            self.links.wait(&mut ready, self.patience())?;
            for event in &ready {
                self.receive(*event);
            }
        }
        self.leave();
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.flights.len() == 0
            && self.slots.iter().all(|slot| slot.message.is_none())
            && self.left.iter().all(|left| *left == Some(0))
    }

    fn take_route(&mut self, route: &Route) {
        self.queues.clear();
        for (data, address) in route.masters(PERM_WRITE) {
            let link = self.links.of(&data.broker_name, address);
            self.queues.extend((0..data.write_queue_nums).map(|queue| (link, queue)));
        }
    }

    /// What is done by the clock.
    fn tick(&mut self, now: u64, print: &mut dyn FnMut(&str)) {
        if now >= self.next_snapshot {
            self.next_snapshot += 1000;
            self.work.snapshot(now);
        }
        if now >= self.next_report {
            self.next_report += self.plan.report_ms.max(1);
            if let Some(line) = self.work.report(now) {
                print(&line);
            }
        }
        if now >= self.next_heartbeat && !self.queues.is_empty() {
            self.heartbeat(now);
        }
        if now >= self.next_scan {
            self.next_scan = now + OVERDUE_SCAN_MS;
            let late = |flight: &Flight| now.saturating_sub(flight.due) > SEND_TIMEOUT_MS;
            for flight in self.flights.abandon(late) {
                self.finish(flight, Outcome::TimedOut);
            }
        }
    }

    /// Brokers forget a producer without heartbeats, and ask only those they know about the fate of
    /// a transaction.
    fn heartbeat(&mut self, now: u64) {
        self.next_heartbeat = now + HEARTBEAT_MS;
        for link in 0..self.links.len() {
            if !self.links.reach(link, now) {
                continue;
            }
            if self.client_id.is_none() {
                let local = self.links.local();
                self.client_id = local.map(|local| format!("{local}@{}", self.instance));
            }
            let id = self.client_id.as_deref().unwrap_or_default();
            let body = groups::producer_heartbeat(id, &self.plan.group);
            self.links.send(link, &Command::request(groups::HEART_BEAT).with_body(body), now);
        }
    }

    /// Ends the pauses that are over.
    fn wake(&mut self, now: u64) {
        let idle = &mut self.idle;
        self.paused.retain(|&(until, slot)| {
            if until <= now {
                idle.push(slot);
            }
            until > now
        });
    }

    fn start_idle(&mut self, now: u64) {
        while let Some(at) = self.idle.pop() {
            let Some(slot) = self.slots.get(at) else { continue };
            let left = self.left.get_mut(slot.lane);
            match left {
                Some(Some(0)) | None => continue,
                Some(Some(left)) => *left -= 1,
                Some(None) => {}
            }
            let outgoing = self.work.make(now);
            let pending = Pending { outgoing, attempt: 0, last_link: None };
            if let Some(slot) = self.slots.get_mut(at) {
                slot.message = Some(pending);
            }
            self.attempt(at, now);
        }
    }

    /// Sends the message of a slot to the next queue in turn, on another broker than the last.
    fn attempt(&mut self, at: usize, now: u64) {
        loop {
            let Some(pending) = self.slots.get_mut(at).and_then(|slot| slot.message.as_mut())
            else {
                return;
            };
            if pending.attempt >= ATTEMPTS || self.queues.is_empty() {
                let flight =
                    Flight { sequence: u64::try_from(at).unwrap_or(0), ..Flight::default() };
                return self.finish(flight, Outcome::Unreachable);
            }
            pending.attempt += 1;
            let (link, queue) = next_queue(&self.queues, &mut self.turn, pending.last_link);
            pending.last_link = Some(link);
            let due = pending.outgoing.born_ms;
            let sequence = u64::try_from(at).unwrap_or(0);
            let Some(opaque) = self.flights.start(Flight { sequence, due, queue, lane: link })
            else {
                return;
            };
            let opaque = i32::try_from(opaque).unwrap_or(0);
            let request = request(self.plan, &pending.outgoing, self.links.name(link), queue);
            if self.links.send(link, &request.with_opaque(opaque), now) {
                return;
            }
            self.flights.land(opaque);
        }
    }

    fn receive(&mut self, event: Ready) {
        let alive = self.links.fill(event);
        let now = wall_ms();
        while let Some(frame) = self.links.next_frame(event.token) {
            let Some(head) = reply::read(frame) else { continue };
            if !head.is_response() {
                let frame = bytes::Bytes::copy_from_slice(frame);
                if let Ok(request) = Command::decode(frame) {
                    self.work.asked(event.token, &request, &mut self.requests);
                }
                continue;
            }
            let Some(flight) = self.flights.land(head.opaque) else { continue };
            let code = head.code;
            if STORED.contains(&code) {
                let offset = head.offset.unwrap_or(-1);
                let message_id = head.message_id.unwrap_or_default().to_vec();
                let message_id = message_id.as_slice();
                let outcome = Outcome::Stored { code, link: event.token, offset, message_id };
                self.finish(flight, outcome);
            } else {
                self.refused(flight, code, now);
            }
        }
        self.send_requests(now);
        if !alive {
            self.lose(event.token, now);
        }
    }

    fn refused(&mut self, flight: Flight, code: i32, now: u64) {
        if code == 17 {
            self.routes.poke();
        }
        let at = usize::try_from(flight.sequence).unwrap_or(usize::MAX);
        let pending = self.slots.get(at).and_then(|slot| slot.message.as_ref());
        let tried = pending.map_or(ATTEMPTS, |pending| pending.attempt);
        let in_time = now.saturating_sub(flight.due) < SEND_TIMEOUT_MS;
        if !RETRIED.contains(&code) {
            self.finish(flight, Outcome::Refused(code));
        } else if tried < ATTEMPTS && in_time {
            self.attempt(at, now);
        } else {
            self.finish(flight, Outcome::GivenUp);
        }
    }

    /// Tries what was in flight on a lost connection again.
    fn lose(&mut self, link: usize, now: u64) {
        self.next_heartbeat = self.next_heartbeat.min(now + UNREACHABLE_PAUSE_MS);
        for flight in self.flights.abandon(|flight| flight.lane == link) {
            self.attempt(usize::try_from(flight.sequence).unwrap_or(usize::MAX), now);
        }
    }

    fn finish(&mut self, flight: Flight, outcome: Outcome<'_>) {
        let at = usize::try_from(flight.sequence).unwrap_or(usize::MAX);
        let pending = self.slots.get_mut(at).and_then(|slot| slot.message.take());
        let Some(pending) = pending else { return };
        match self.work.done(&pending.outgoing, outcome, &mut self.requests) {
            0 => self.idle.push(at),
            pause => self.paused.push((wall_ms() + pause, at)),
        }
    }

    fn send_requests(&mut self, now: u64) {
        for (link, request) in std::mem::take(&mut self.requests) {
            self.links.send(link, &request, now);
        }
    }

    /// Says goodbye, as a client does when it shuts down.
    fn leave(&mut self) {
        let now = wall_ms();
        self.send_requests(now);
        if let Some(id) = &self.client_id {
            let request = groups::unregister(id, Some(&self.plan.group), None);
            for link in 0..self.links.len() {
                self.links.send(link, &request, now);
            }
        }
        self.links.flush();
    }

    fn patience(&self) -> Duration {
        if !self.idle.is_empty() {
            return Duration::ZERO;
        }
        let pauses = self.paused.iter().map(|(until, _)| *until).min();
        let clocks = [self.next_snapshot, self.next_report, self.next_scan];
        let until = clocks.into_iter().chain(pauses).min().unwrap_or(0);
        Duration::from_millis(until.saturating_sub(wall_ms()))
    }
}

/// The next queue in turn, not on `avoid` if another broker has one.
fn next_queue(queues: &[(usize, u32)], turn: &mut usize, avoid: Option<usize>) -> (usize, u32) {
    let mut chosen = (0, 0);
    for _ in 0..queues.len() {
        *turn = (*turn + 1) % queues.len().max(1);
        chosen = queues.get(*turn).copied().unwrap_or_default();
        if avoid != Some(chosen.0) {
            break;
        }
    }
    chosen
}

fn request(plan: &SenderPlan, message: &Outgoing, broker: &str, queue: u32) -> Command {
    let mut fields = Fields::absent();
    fields.push("a", &plan.group);
    fields.push("b", &plan.topic);
    fields.push("c", "TBW102");
    fields.push_number("d", plan.default_queues);
    fields.push_number("e", queue);
    fields.push_number("f", message.sys_flag);
    fields.push_number("g", i64::try_from(message.born_ms).unwrap_or(i64::MAX));
    fields.push("h", "0");
    fields.push("i", &message.properties);
    fields.push("j", "0");
    fields.push("k", "false");
    fields.push_bool("m", message.code == 320);
    fields.push("n", broker);
    let mut command = Command::request(message.code).with_fields(fields);
    command.serialization = Serialization::Binary;
    command.body = message.body.clone();
    command
}
