//! Whom to ask, and what may come of it.

use std::cell::RefCell;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::time::Duration;

use crate::config::address::HostPort;
use crate::net::{CallError, Channel};
use crate::protocol::body::route::{ClusterInfo, TopicRoute};
use crate::protocol::code::{request, response};
use crate::protocol::fastjson::from_slice;
use crate::protocol::request::route::Route;
use crate::protocol::{BodyError, Command};
use crate::rt::spawn;
use crate::units::CoreId;

use super::Target;

/// How long connecting and an answer may take, each.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why an operation failed; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// An answer is not what the request is answered with.
    #[error("an answer cannot be read: {0}; use the tool of that server's version")]
    Body(#[from] BodyError),
    /// The name server knows no such cluster.
    #[error("no cluster {name}; `ringmq admin cluster list` names those that there are")]
    NoSuchCluster {
        /// As it was asked for.
        name: String,
    },
    /// The broker has no such setting.
    #[error("{broker} has no setting {key}; `ringmq admin config get` names all")]
    NoSuchKey {
        /// As it was asked for.
        key: String,
        /// Who was asked.
        broker: HostPort,
    },
    /// An address in an answer is none.
    #[error("`{0}` is no address; correct brokerIP1 of that broker")]
    NotAnAddress(String),
    /// A server answered that it will not.
    #[error("{place} refused: {remark} (code {code}); correct that and run it again")]
    Refused {
        /// Who.
        place: HostPort,
        /// The response code.
        code: i32,
        /// Its words.
        remark: String,
    },
    /// No answer came.
    #[error("{place}: {source}; see that a server runs there and can be reached from here")]
    Unreachable {
        /// Who.
        place: HostPort,
        /// Why.
        source: CallError,
    },
}

/// Reads an address out of an answer.
pub(super) fn place(text: &str) -> Result<HostPort, AdminError> {
    HostPort::parse(text).ok_or_else(|| AdminError::NotAnAddress(text.to_owned()))
}

/// The connections of one run, made when they are needed. Lives on one core.
pub struct Client {
    core: CoreId,
    name_servers: Vec<HostPort>,
    channels: RefCell<Vec<(HostPort, Channel)>>,
}

impl Client {
    /// A client of these name servers, of which there is at least one.
    pub fn new(core: CoreId, name_servers: Vec<HostPort>) -> Self {
        Self { core, name_servers, channels: RefCell::default() }
    }

    /// The name servers.
    pub(super) fn name_servers(&self) -> &[HostPort] {
        &self.name_servers
    }

    /// Asks a server; the answer is a successful one.
    pub(super) async fn ask(
        &self,
        place: &HostPort,
        request: Command,
    ) -> Result<Command, AdminError> {
        let failed = |source| AdminError::Unreachable { place: place.clone(), source };
        let channel = self.channel(place).await.ok_or_else(|| failed(CallError::Unreachable))?;
        let answer = channel.call(request, ANSWER_WITHIN).await.map_err(failed)?;
        if answer.code == response::SUCCESS {
            return Ok(answer);
        }
        // What Java adds on a second line is an address to read on.
        let remark = answer.remark.unwrap_or_default();
        let remark = remark.lines().next().unwrap_or_default().to_owned();
        Err(AdminError::Refused { place: place.clone(), code: answer.code, remark })
    }

    /// Asks the name servers in turn; the first that answers at all counts.
    pub(super) async fn ask_name_server(&self, request: Command) -> Result<Command, AdminError> {
        let mut servers = self.name_servers.iter().peekable();
        loop {
            let Some(server) = servers.next() else { unreachable!("there is a name server") };
            match self.ask(server, request.clone()).await {
                Err(AdminError::Unreachable { .. }) if servers.peek().is_some() => {}
                outcome => return outcome,
            }
        }
    }

    /// The clusters and their brokers.
    pub(super) async fn cluster(&self) -> Result<ClusterInfo, AdminError> {
        let request = Command::request(request::GET_BROKER_CLUSTER_INFO);
        Ok(from_slice(&self.ask_name_server(request).await?.body)?)
    }

    /// The route of a topic.
    pub(super) async fn route(&self, topic: &str) -> Result<TopicRoute, AdminError> {
        let header = Route { topic, standard_json: Some(true) };
        let request = Command::request(request::GET_ROUTEINFO_BY_TOPIC);
        let answer = self.ask_name_server(request.with_fields(header.to_fields())).await?;
        Ok(from_slice(&answer.body)?)
    }

    /// The masters of the brokers that hold a topic.
    pub(super) async fn masters_of(&self, topic: &str) -> Result<Vec<HostPort>, AdminError> {
        let route = self.route(topic).await?;
        route.brokers.iter().filter_map(|broker| broker.addrs.get(&0)).map(|at| place(at)).collect()
    }

    /// The brokers that are meant, in the order of the answer.
    pub(super) async fn masters(&self, target: &Target) -> Result<Vec<HostPort>, AdminError> {
        let wanted = match target {
            Target::Broker(place) => return Ok(vec![place.clone()]),
            Target::Cluster(name) => Some(name),
            Target::All => None,
        };
        let info = self.cluster().await?;
        let names = wanted.map(|name| {
            let found = info.clusters.get(name.as_str()).cloned();
            found.ok_or_else(|| AdminError::NoSuchCluster { name: name.clone() })
        });
        let names = names.transpose()?;
        let meant = |name: &String| names.as_ref().is_none_or(|names| names.contains(name));
        let brokers = info.brokers.iter().filter(|(name, _)| meant(name));
        brokers.filter_map(|(_, broker)| broker.addrs.get(&0)).map(|at| place(at)).collect()
    }

    async fn channel(&self, place: &HostPort) -> Option<Channel> {
        let known = |(at, channel): &(HostPort, Channel)| (at == place).then(|| channel.clone());
        if let Some(open) = self.channels.borrow().iter().find_map(known) {
            return Some(open);
        }
        let channel = Channel::new(self.core, resolve(place.clone()).await?);
        self.channels.borrow_mut().push((place.clone(), channel.clone()));
        Some(channel)
    }
}

/// Host names are looked up off the core: the system's resolver blocks.
async fn resolve(HostPort { host, port }: HostPort) -> Option<SocketAddr> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Some(SocketAddr::new(address, port));
    }
    spawn::blocking(move || (host, port).to_socket_addrs().ok()?.next()).await
}
