//! Whom to ask, and what may come of it.

use std::cell::RefCell;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs as _};
use std::path::PathBuf;
use std::time::Duration;

use serde::de::DeserializeOwned;

use crate::config::address::HostPort;
use crate::message::id::UniqueKeys;
use crate::message::record::RecordError;
use crate::net::{CallError, Channel};
use crate::protocol::body::route::{ClusterInfo, TopicRoute};
use crate::protocol::code::{request, response};
use crate::protocol::fastjson::from_slice;
use crate::protocol::request::route::Route;
use crate::protocol::{BodyError, Command, FieldError, Fields};
use crate::rt::{clock, spawn};
use crate::units::CoreId;

use super::words::Target;

/// How long connecting and an answer may take, each.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Why an operation failed; each says what to do next.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// An answer is not what the request is answered with.
    #[error("an answer cannot be read: {0}; use the tool of that server's version")]
    Body(#[from] BodyError),
    /// An answer lacks what the request is answered with.
    #[error("an answer cannot be read: {0}; use the tool of that server's version")]
    Fields(#[from] FieldError),
    /// What a broker handed out is no record.
    #[error("a message cannot be read: {0}; see whether `ringmq store check` finds faults")]
    Record(#[from] RecordError),
    /// A file with what is to be made cannot be understood.
    #[error("the file is no such list: {0}; name what was exported, or a JSON array")]
    List(BodyError),
    /// A file cannot be written.
    #[error("cannot write {}: {source}; name another one with -f", path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No broker has that name or address.
    #[error("no broker {name}; `ringmq admin cluster list` names those that there are")]
    NoSuchBroker {
        /// As it was asked for.
        name: String,
    },
    /// No broker knows the group.
    #[error("no consumer group {group}; `ringmq admin group list` names those that there are")]
    NoSuchGroup {
        /// As it was asked for.
        group: String,
    },
    /// Nothing was found.
    #[error("no message {what}; see topic and key, and whether it is older than fileReservedTime")]
    NoSuchMessage {
        /// What was looked for.
        what: String,
    },
    /// No member of the group is connected.
    #[error("no member of group {group} is connected; start one, and ask again")]
    NobodyThere {
        /// The group.
        group: String,
    },
    /// A word is missing that others make necessary.
    #[error("the {what} is missing; name it too, --help says how")]
    Missing {
        /// Its name.
        what: &'static str,
    },
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

impl AdminError {
    /// What a server answered instead of success.
    pub(super) fn refused(place: &HostPort, answer: Command) -> Self {
        // What Java adds on a second line is an address to read on.
        let remark = answer.remark.unwrap_or_default();
        let remark = remark.lines().next().unwrap_or_default().to_owned();
        Self::Refused { place: place.clone(), code: answer.code, remark }
    }
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
    unique_keys: RefCell<UniqueKeys>,
}

impl Client {
    /// A client of these name servers, of which there is at least one.
    pub fn new(core: CoreId, name_servers: Vec<HostPort>) -> Self {
        let now = clock::wall_ms();
        let salt = u32::try_from(now.0 & i64::from(u32::MAX)).unwrap_or(0);
        let host = Ipv4Addr::LOCALHOST.into();
        let keys = UniqueKeys::new(host, std::process::id(), salt, clock::utc_offset_ms(now));
        Self { core, name_servers, channels: RefCell::default(), unique_keys: RefCell::new(keys) }
    }

    /// The name servers.
    pub(super) fn name_servers(&self) -> &[HostPort] {
        &self.name_servers
    }

    /// An id for a message that is sent now.
    pub(super) fn unique_key(&self) -> String {
        self.unique_keys.borrow_mut().next_key(clock::wall_ms())
    }

    /// Asks a server; any answer will do.
    pub(super) async fn exchange(
        &self,
        place: &HostPort,
        request: Command,
    ) -> Result<Command, AdminError> {
        let failed = |source| AdminError::Unreachable { place: place.clone(), source };
        let channel = self.channel(place).await.ok_or_else(|| failed(CallError::Unreachable))?;
        channel.call(request, ANSWER_WITHIN).await.map_err(failed)
    }

    /// Asks a server; the answer is a successful one.
    pub(super) async fn ask(
        &self,
        place: &HostPort,
        request: Command,
    ) -> Result<Command, AdminError> {
        let answer = self.exchange(place, request).await?;
        match answer.code {
            response::SUCCESS => Ok(answer),
            _ => Err(AdminError::refused(place, answer)),
        }
    }

    /// Asks a server for what it answers as JSON.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        place: &HostPort,
        code: i32,
        fields: Fields,
    ) -> Result<T, AdminError> {
        let answer = self.ask(place, Command::request(code).with_fields(fields)).await?;
        Ok(from_slice(&answer.body)?)
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

    /// Tells every name server the same: they do not tell each other.
    pub(super) async fn tell_name_servers(
        &self,
        code: i32,
        fields: &Fields,
        body: &[u8],
    ) -> Result<(), AdminError> {
        for server in &self.name_servers {
            let request = Command::request(code).with_fields(fields.clone());
            self.ask(server, request.with_body(body.to_vec())).await?;
        }
        Ok(())
    }

    /// The clusters and their brokers.
    async fn cluster(&self) -> Result<ClusterInfo, AdminError> {
        let request = Command::request(request::GET_BROKER_CLUSTER_INFO);
        Ok(from_slice(&self.ask_name_server(request).await?.body)?)
    }

    /// Cluster, broker name, id and address of each broker, in this order; of one cluster or all.
    pub(super) async fn members(
        &self,
        only: Option<&str>,
    ) -> Result<Vec<(String, String, i64, String)>, AdminError> {
        let ClusterInfo { brokers, clusters } = self.cluster().await?;
        if let Some(name) = only.filter(|name| clusters.get(*name).is_none()) {
            return Err(AdminError::NoSuchCluster { name: name.to_owned() });
        }
        let mut members = Vec::new();
        for (cluster, names) in clusters.iter() {
            if only.is_some_and(|only| only != cluster) {
                continue;
            }
            for name in names {
                let Some(data) = brokers.get(name.as_str()) else { continue };
                let of_name = data.addrs.iter();
                members
                    .extend(of_name.map(|(id, address)| {
                        (cluster.clone(), name.clone(), *id, address.clone())
                    }));
            }
        }
        members.sort();
        Ok(members)
    }

    /// The route of a topic.
    pub(super) async fn route(&self, topic: &str) -> Result<TopicRoute, AdminError> {
        let header = Route { topic, standard_json: Some(true) };
        let request = Command::request(request::GET_ROUTEINFO_BY_TOPIC);
        let answer = self.ask_name_server(request.with_fields(header.to_fields())).await?;
        Ok(from_slice(&answer.body)?)
    }

    /// The masters of the brokers that hold a topic, by name.
    pub(super) async fn masters_of(
        &self,
        topic: &str,
    ) -> Result<Vec<(String, HostPort)>, AdminError> {
        let mut masters = Vec::new();
        for broker in self.route(topic).await?.brokers {
            if let Some(address) = broker.addrs.get(&0) {
                masters.push((broker.broker_name, place(address)?));
            }
        }
        masters.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(masters)
    }

    /// The brokers that are meant, by name.
    pub(super) async fn masters(&self, target: &Target) -> Result<Vec<HostPort>, AdminError> {
        let only = match target {
            Target::Broker(place) => return Ok(vec![place.clone()]),
            Target::Cluster(name) => Some(name.as_str()),
            Target::All => None,
        };
        let masters = self.members(only).await?.into_iter().filter(|(_, _, id, _)| *id == 0);
        masters.map(|(_, _, _, address)| place(&address)).collect()
    }

    /// The master of this name.
    pub(super) async fn place_of(&self, name: &str) -> Result<HostPort, AdminError> {
        let members = self.members(None).await?;
        let found = members.iter().find(|(_, broker, id, _)| broker == name && *id == 0);
        let (.., address) =
            found.ok_or_else(|| AdminError::NoSuchBroker { name: name.to_owned() })?;
        place(address)
    }

    /// The name of the broker at an address.
    pub(super) async fn name_of(&self, broker: &HostPort) -> Result<String, AdminError> {
        let address = broker.to_string();
        let members = self.members(None).await?;
        let found = members.into_iter().find(|(.., own)| *own == address);
        let (_, name, ..) = found.ok_or(AdminError::NoSuchBroker { name: address })?;
        Ok(name)
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
