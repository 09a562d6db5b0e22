//! Telling the name servers of this broker and its topics (Java: `BrokerOuterAPI`,
//! `BrokerController.registerBrokerAll`).
//!
//! Each name server has a task of its own, so that one that is down or slow delays no other. The
//! first registration at a name server, the first after a failure and the periodic one name all
//! topics; one after a change names those that changed.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::control::watermark::Watermark;
use crate::config::address::HostPort;
use crate::config::broker::{BrokerConfig, Identity};
use crate::net::{CallError, Channel};
use crate::protocol::body::registration::body_crc32;
use crate::protocol::body::route::TopicRoute;
use crate::protocol::code::{request, response};
use crate::protocol::request::registration::{BrokerIdentity, Register};
use crate::protocol::request::route::Route;
use crate::protocol::{Command, fastjson};
use crate::rt::{clock, spawn};
use crate::units::CoreId;

/// How long to wait before the next try at a name server that failed.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Longest that a name server may take to answer a route; clients wait three seconds for what
/// rests on it.
const ROUTE_LIMIT: Duration = Duration::from_secs(1);

/// Longest that the leave-taking at a stop may take.
const UNREGISTER_LIMIT: Duration = Duration::from_secs(3);

/// Which topics a registration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Every topic.
    All,
    /// Those that changed.
    Topics(BTreeSet<String>),
}

/// Makes the bodies of a registration, one unless it is to be split; none if there is nothing to
/// register. Called when they are about to be sent, so that they are never older than what caused
/// them.
pub type MakeBodies = Rc<dyn Fn(&Scope) -> Vec<Bytes>>;

/// The name servers of this broker. Lives on core 0.
pub struct Registration {
    identity: Identity,
    /// `brokerIP1:listenPort`: where clients reach us.
    address: String,
    /// `brokerIP2:haListenPort`: where replicas would.
    replication_address: String,
    /// Between two registrations without a change.
    period: Duration,
    /// The time that one may take.
    limit: Duration,
    compress: bool,
    servers: Vec<Rc<NameServer>>,
    stopping: Cell<bool>,
}

struct NameServer {
    place: HostPort,
    core: CoreId,
    channel: RefCell<Option<Channel>>,
    pending: RefCell<Scope>,
    asked: Watermark,
    done: Watermark,
}

impl Registration {
    /// Nothing is connected before [`Registration::start`]. `core` is the core this lives on.
    pub fn new(core: CoreId, config: &BrokerConfig) -> Self {
        let mut places: Vec<HostPort> = Vec::new();
        for place in &config.network.name_servers {
            if !places.contains(place) {
                places.push(place.clone());
            }
        }
        let servers = places.into_iter().map(|place| Rc::new(NameServer::new(core, place)));
        Self {
            identity: config.identity.clone(),
            address: config.network.address().to_string(),
            replication_address: config.network.ha_address().to_string(),
            period: config.registration.interval,
            limit: config.registration.timeout,
            compress: config.registration.compress,
            servers: servers.collect(),
            stopping: Cell::new(false),
        }
    }

    /// Where clients reach this broker.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Starts the tasks; they run until the process ends.
    pub fn start(self: &Rc<Self>, bodies: &MakeBodies) {
        for server in &self.servers {
            let (this, server, bodies) = (self.clone(), server.clone(), bodies.clone());
            spawn::spawn(async move { this.serve(&server, &bodies).await }).detach();
        }
    }

    /// A topic was created or changed: registers it at once.
    pub fn topic_changed(&self, topic: &str) {
        for server in &self.servers {
            if let Scope::Topics(topics) = &mut *server.pending.borrow_mut() {
                topics.insert(topic.to_owned());
            }
            server.ask();
        }
    }

    /// Something changed that concerns every topic: registers all at once.
    pub fn all_changed(&self) {
        for server in &self.servers {
            server.pending.replace(Scope::All);
            server.ask();
        }
    }

    /// Resolves when every name server was tried with all changes so far, or when `limit` has
    /// passed.
    pub async fn settled(&self, limit: Duration) {
        let tried = async {
            for server in &self.servers {
                server.done.reached(server.asked.value()).await;
            }
        };
        // A name server that is slow learns of it later; nobody need wait for that.
        let _ = clock::timeout(limit, tried).await;
    }

    /// The route of a topic as the first name server knows it that answers; `None` if there is none
    /// or none answers.
    pub async fn route(&self, topic: &str) -> Option<TopicRoute> {
        let fields = Route { topic, standard_json: Some(true) }.to_fields();
        for server in &self.servers {
            let question =
                Command::request(request::GET_ROUTEINFO_BY_TOPIC).with_fields(fields.clone());
            let Ok(answer) = server.call(question, ROUTE_LIMIT).await else { continue };
            if answer.code == response::SUCCESS {
                return fastjson::from_slice(&answer.body).ok();
            }
        }
        None
    }

    /// Tells all name servers that this broker goes.
    pub async fn unregister(self: &Rc<Self>) {
        self.stopping.set(true);
        let told: Vec<_> = self
            .servers
            .iter()
            .map(|server| {
                let (this, server) = (self.clone(), server.clone());
                spawn::spawn(async move { this.take_leave(&server).await })
            })
            .collect();
        for task in told {
            task.await;
        }
    }

    async fn serve(&self, server: &NameServer, bodies: &MakeBodies) {
        let mut known = false;
        let mut handled = 0;
        while !self.stopping.get() {
            let scope = server.pending.replace(Scope::Topics(BTreeSet::new()));
            let asked = server.asked.value();
            let scope = match scope {
                Scope::Topics(topics) if known && asked != handled && !topics.is_empty() => {
                    Scope::Topics(topics)
                }
                _ => Scope::All,
            };
            for body in bodies(&scope) {
                let outcome = server.call(self.register(body), self.limit).await;
                known = server.note(known, outcome);
                if !known {
                    break;
                }
            }
            handled = asked;
            server.done.raise(handled);
            let pause = if known { self.period } else { RETRY_AFTER.min(self.period) };
            let more = server.asked.reached(handled + 1);
            // Whether a change or the period ended the pause shows in `asked`.
            let _ = clock::timeout(pause, more).await;
        }
    }

    async fn take_leave(&self, server: &NameServer) {
        if server.channel.borrow().is_none() {
            return;
        }
        let fields = BrokerIdentity {
            broker_name: &self.identity.name,
            broker_addr: &self.address,
            cluster_name: &self.identity.cluster,
            broker_id: self.identity.id,
        };
        let command = Command::request(request::UNREGISTER_BROKER).with_fields(fields.to_fields());
        if let Err(error) = server.call(command, UNREGISTER_LIMIT).await {
            tracing::info!(name_server = %server.place, %error, "could not unregister");
        }
        if let Some(channel) = server.channel.take() {
            channel.close();
        }
    }

    fn register(&self, body: Bytes) -> Command {
        let header = Register {
            broker_name: &self.identity.name,
            broker_addr: &self.address,
            cluster_name: &self.identity.cluster,
            ha_server_addr: &self.replication_address,
            broker_id: self.identity.id,
            heartbeat_timeout_ms: None,
            enable_acting_master: Some(false),
            compressed: Some(self.compress),
            body_crc32: Some(body_crc32(&body)),
            zone_name: None,
        };
        Command::request(request::REGISTER_BROKER).with_fields(header.to_fields()).with_body(body)
    }
}

impl NameServer {
    fn new(core: CoreId, place: HostPort) -> Self {
        Self {
            place,
            core,
            channel: RefCell::default(),
            // The first registration names every topic.
            pending: RefCell::new(Scope::All),
            asked: Watermark::default(),
            done: Watermark::default(),
        }
    }

    fn ask(&self) {
        self.asked.raise(self.asked.value() + 1);
    }

    async fn call(&self, command: Command, limit: Duration) -> Result<Command, CallError> {
        let open = self.channel.borrow().clone();
        let channel = match open {
            Some(channel) => channel,
            None => {
                let address = self.resolve().await.ok_or(CallError::Unreachable)?;
                let channel = Channel::new(self.core, address);
                self.channel.replace(Some(channel.clone()));
                channel
            }
        };
        let answer = channel.call(command, limit).await;
        if answer.is_err() {
            // Its name may lead elsewhere by now.
            channel.close();
            self.channel.take();
        }
        answer
    }

    /// Host names are looked up off the core: the system's resolver blocks.
    async fn resolve(&self) -> Option<SocketAddr> {
        let HostPort { host, port } = self.place.clone();
        if let Ok(address) = host.parse::<IpAddr>() {
            return Some(SocketAddr::new(address, port));
        }
        spawn::blocking(move || (host, port).to_socket_addrs().ok()?.next()).await
    }

    /// Says what is new about this name server. Returns whether it knows us now.
    fn note(&self, known: bool, outcome: Result<Command, CallError>) -> bool {
        match outcome {
            Ok(answer) if answer.code == response::SUCCESS => {
                if !known {
                    tracing::info!(name_server = %self.place, "registered");
                }
                true
            }
            Ok(answer) => {
                let remark = answer.remark.unwrap_or_default();
                tracing::warn!(name_server = %self.place, code = answer.code, %remark, "refused");
                false
            }
            Err(error) => {
                if known {
                    tracing::warn!(name_server = %self.place, %error, "cannot register");
                }
                false
            }
        }
    }
}
