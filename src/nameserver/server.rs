//! The name server on its core: the port, the connections, the tasks beside them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use thiserror::Error;

use crate::config::Loaded;
use crate::config::nameserver::NameserverConfig;
use crate::config::observability::Pages;
use crate::limits::NAMESERVER_CHANNELS_MAX;
use crate::net::{Channel, Connection, ConnectionTable, Handler, http};
use crate::protocol::Command;
use crate::protocol::code::{request, response};
use crate::protocol::request::registration::MinBrokerIdChange;
use crate::rt::clock::{self, Instant};
use crate::rt::event::Event;
use crate::rt::net::{Listener, Socket, Stream};
use crate::rt::spawn;
use crate::units::CoreId;

use super::expiry;
use super::handler::{NameServer, Outcome};
use super::kv_file::{self, KvLoadError};
use super::pages::NameserverPages;
use super::routes::MinIdChange;
use super::writer::Writer;

/// How long to wait before accepting again when descriptors or memory ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Time between looks whether the last answers have left, and how long they have for that.
const FLUSH_STEP: Duration = Duration::from_millis(1);
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

/// How long a broker has to take a connection from us.
const TELL_LIMIT: Duration = Duration::from_secs(3);

/// Why a name server cannot start.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The KV configuration cannot be loaded.
    #[error(transparent)]
    Kv(#[from] KvLoadError),
    /// The port cannot be opened.
    #[error("{address}: {source}")]
    Listen {
        /// The key that sets the port.
        key: &'static str,
        /// Where.
        address: SocketAddr,
        /// What the system says; `AddrInUse` when the port is taken.
        source: io::Error,
    },
}

/// A name server that listens. Lives on one core, beside whatever else runs there.
pub struct Server {
    shared: Rc<Shared>,
    listener: Listener,
    /// Of the HTTP pages, when they are wanted.
    pages: Option<(Listener, Pages)>,
}

/// What the tasks share.
pub(super) struct Shared {
    pub(super) server: NameServer,
    pub(super) connections: ConnectionTable,
    core: CoreId,
    start: Instant,
    /// Answers whom the request came from, unless it was one-way.
    writer: Writer<Option<Connection>>,
    /// Our own connections to brokers.
    channels: RefCell<BTreeMap<SocketAddr, Channel>>,
    /// A connection ended.
    ended: Event,
}

/// Serves until `stop` is ready: loads the KV configuration, opens the port, and on the way out
/// finishes what is to be written and closes every connection.
///
/// To learn the address before, use [`Server::start`] and [`Server::serve`].
///
/// # Errors
/// It cannot start.
pub async fn serve(
    core: CoreId,
    loaded: Loaded<NameserverConfig>,
    stop: impl Future<Output = ()>,
) -> Result<(), ServerError> {
    Server::start(core, loaded).await?.serve(stop).await;
    Ok(())
}

impl Server {
    /// Loads the KV configuration and opens the port. Nothing is accepted yet.
    ///
    /// # Errors
    /// Either fails.
    pub async fn start(
        core: CoreId,
        loaded: Loaded<NameserverConfig>,
    ) -> Result<Self, ServerError> {
        let config = &loaded.config;
        let kv = kv_file::load(&config.kv_path).await?;
        let address = SocketAddr::new(config.sockets.bind, config.listen_port);
        let listen =
            |key, address| {
                Listener::bind(address, config.sockets.backlog)
                    .map_err(|source| ServerError::Listen { key, address, source })
            };
        let listener = listen("listenPort", address)?;
        let pages = match config.pages.clone() {
            Some(pages) => {
                let address =
                    SocketAddr::new(pages.host.unwrap_or(config.sockets.bind), pages.port);
                Some((listen("metricsPromExporterPort", address)?, pages))
            }
            None => None,
        };
        let shared = Shared {
            server: NameServer::new(loaded, kv),
            connections: ConnectionTable::new(core),
            core,
            start: clock::now(),
            writer: Writer::new(),
            channels: RefCell::default(),
            ended: Event::new(),
        };
        Ok(Self { shared: Rc::new(shared), listener, pages })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.listener.address()
    }

    /// Serves until `stop` is ready, then finishes what is to be written and closes everything.
    pub async fn serve(self, stop: impl Future<Output = ()>) {
        let Self { shared, listener, pages } = self;
        let _pages = pages.map(|(listener, Pages { labels, .. })| {
            tracing::info!(address = %listener.address(), "serving metrics and health over HTTP");
            let pages = Rc::new(NameserverPages::new(shared.clone(), labels));
            spawn::spawn(http::serve(listener, pages))
        });
        let accepting = spawn::spawn(accept(shared.clone(), listener));
        let expiry = spawn::spawn(expiry::forget_silent_brokers(shared.clone()));
        let idle = spawn::spawn(expiry::close_idle_connections(shared.clone()));
        let writing = spawn::spawn({
            let shared = shared.clone();
            let answer = |to: Option<Connection>, reply: Command| {
                if let Some(to) = to {
                    send(&to, &reply);
                }
            };
            async move { shared.writer.run(&shared.server, answer).await }
        });
        stop.await;
        for task in [accepting, expiry, idle] {
            task.cancel().await;
        }
        shared.writer.stop();
        writing.await;
        // Answers that are queued leave first, to peers that take them.
        let flushed = async {
            while !shared.connections.is_flushed() {
                clock::sleep(FLUSH_STEP).await;
            }
        };
        if clock::timeout(FLUSH_LIMIT, flushed).await.is_err() {
            tracing::warn!("closing connections whose peers do not take their answers");
        }
        shared.connections.close_all();
        for channel in shared.channels.take().into_values() {
            channel.close();
        }
        while !shared.connections.is_empty() {
            shared.ended.wait().await;
        }
    }
}

/// Accepts for ever.
async fn accept(shared: Rc<Shared>, listener: Listener) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => adopt(&shared, socket),
            Err(error) => {
                tracing::error!(%error, "accepting failed; trying again");
                clock::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn adopt(shared: &Rc<Shared>, socket: Socket) {
    let peer = socket.peer();
    let Some(connection) = shared.connections.insert(Stream::attach(socket)) else {
        tracing::warn!(%peer, "closing: too many connections");
        return;
    };
    let writer = connection.clone();
    spawn::spawn(async move { writer.write_queued().await }).detach();
    let shared = shared.clone();
    spawn::spawn(async move {
        let reason = connection.run(&Requests { shared: shared.clone() }).await;
        tracing::debug!(%peer, ?reason, "connection ended");
        shared.connections.remove(connection.id());
        let changes = shared.server.connection_closed(connection.id());
        shared.tell(changes);
        shared.ended.set();
    })
    .detach();
}

/// What a connection's requests are handed to.
struct Requests {
    shared: Rc<Shared>,
}

impl Handler for Requests {
    fn request(&self, connection: &Connection, command: Command) {
        let shared = &self.shared;
        let Outcome { reply, pending, told } =
            shared.server.handle(&command, connection.id(), shared.since_start());
        shared.tell(told);
        let asker = (!command.is_oneway()).then(|| connection.clone());
        let (reply, asker) = match pending {
            None => (reply, asker),
            Some(change) => match shared.writer.queue(change, reply, asker) {
                None => return,
                Some(busy) => busy,
            },
        };
        if let Some(asker) = asker {
            send(&asker, &reply);
        }
    }
}

impl Shared {
    /// The time that brokers' silence is counted in.
    pub(super) fn since_start(&self) -> Duration {
        clock::now().since(self.start)
    }

    /// Tells brokers that the smallest id under their name changed, each on a task of its own.
    pub(super) fn tell(self: &Rc<Self>, changes: Vec<MinIdChange>) {
        for change in changes {
            let fields = MinBrokerIdChange {
                min_broker_id: Some(change.min_id),
                broker_name: Some(&change.name),
                min_broker_addr: Some(&change.min_address),
                offline_broker_addr: change.offline_address.as_deref(),
                ha_broker_addr: change.ha_address.as_deref(),
            };
            let command = Command::oneway(request::NOTIFY_MIN_BROKER_ID_CHANGE)
                .with_fields(fields.to_fields());
            for target in &change.targets {
                let Some(channel) = self.channel(target) else {
                    tracing::warn!(%target, "no address to tell of a new smallest broker id");
                    continue;
                };
                let (command, target) = (command.clone(), target.clone());
                spawn::spawn(async move {
                    if let Err(error) = channel.tell(&command, TELL_LIMIT).await {
                        tracing::warn!(%target, ?error, "not told of a new smallest broker id");
                    }
                })
                .detach();
            }
        }
    }

    /// Our connection to a broker's address.
    fn channel(&self, address: &str) -> Option<Channel> {
        let address: SocketAddr = address.parse().ok()?;
        let mut channels = self.channels.borrow_mut();
        if channels.len() >= NAMESERVER_CHANNELS_MAX && !channels.contains_key(&address) {
            channels.pop_first().map(|(_, channel)| channel)?.close();
        }
        let new = || Channel::new(self.core, address);
        Some(channels.entry(address).or_insert_with(new).clone())
    }
}

/// Sends a reply, or says that there is no frame for it.
fn send(connection: &Connection, reply: &Command) {
    let Err(error) = connection.send_command(reply) else { return };
    tracing::warn!(%error, code = reply.code, "an answer does not fit a frame");
    let instead = Command::reply_to(reply.opaque, reply.serialization, response::SYSTEM_ERROR)
        .with_remark(error.to_string());
    let sent = connection.send_command(&instead);
    debug_assert!(sent.is_ok(), "a short text fits a frame");
}
