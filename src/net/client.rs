//! A connection that we open: to a name server, or to another broker.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use crate::net::{CallError, CloseReason, Connection, ConnectionId, Handler};
use crate::protocol::Command;
use crate::rt::event::Event;
use crate::rt::{net::Stream, spawn};
use crate::units::CoreId;

/// A channel to one address that connects when it is needed and again after it broke. Clones share
/// the connection. Lives on one core.
#[derive(Clone)]
pub struct Channel {
    shared: Rc<Shared>,
}

struct Shared {
    core: CoreId,
    address: SocketAddr,
    open: RefCell<Option<Connection>>,
    /// While one caller connects, the others wait for it here.
    connecting: RefCell<Option<Vec<Rc<Event>>>>,
}

/// Lets those that wait go on, also when the caller that connects is dropped.
struct Connecting<'a>(&'a Shared);

impl Drop for Connecting<'_> {
    fn drop(&mut self) {
        for waiting in self.0.connecting.take().unwrap_or_default() {
            waiting.set();
        }
    }
}

/// Requests that a server sends us on our own connection are not for a broker: dropped.
struct Deaf;

impl Handler for Deaf {
    fn request(&self, _: &Connection, _: Command) {}

    fn reads_only_with_room(&self) -> bool {
        false
    }
}

impl Channel {
    /// A channel to `address`; nothing is connected yet.
    pub fn new(core: CoreId, address: SocketAddr) -> Self {
        let (open, connecting) = Default::default();
        Self { shared: Rc::new(Shared { core, address, open, connecting }) }
    }

    /// Where it leads.
    pub fn address(&self) -> SocketAddr {
        self.shared.address
    }

    /// Sends a request and waits for the answer, connecting first where that is needed. `limit`
    /// holds for connecting and for the answer, each.
    ///
    /// # Errors
    /// [`CallError`].
    pub async fn call(&self, request: Command, limit: Duration) -> Result<Command, CallError> {
        self.connection(limit).await?.call(request, limit).await
    }

    /// Sends a request that is not answered.
    ///
    /// # Errors
    /// [`CallError::Unreachable`] or [`CallError::TooLong`].
    pub async fn tell(&self, request: &Command, limit: Duration) -> Result<(), CallError> {
        let sent = self.connection(limit).await?.send_command(request);
        sent.map_err(|_| CallError::TooLong)
    }

    /// Closes the connection, if there is one.
    pub fn close(&self) {
        if let Some(connection) = self.shared.open.borrow_mut().take() {
            connection.close(CloseReason::Requested);
        }
    }

    async fn connection(&self, limit: Duration) -> Result<Connection, CallError> {
        if let Some(open) = self.open() {
            return Ok(open);
        }
        let connected = Rc::new(Event::new());
        let waits = match &mut *self.shared.connecting.borrow_mut() {
            Some(waiting) => {
                waiting.push(connected.clone());
                true
            }
            none => {
                *none = Some(Vec::new());
                false
            }
        };
        if waits {
            connected.wait().await;
            return self.open().ok_or(CallError::Unreachable);
        }
        let _connecting = Connecting(&self.shared);
        let stream = Stream::connect(self.shared.address, limit).await;
        stream.map(|stream| self.start(stream)).map_err(|_| CallError::Unreachable)
    }

    fn open(&self) -> Option<Connection> {
        self.shared.open.borrow().as_ref().filter(|open| !open.is_closed()).cloned()
    }

    fn start(&self, stream: Stream) -> Connection {
        // Outgoing connections are in no table: nobody replies to them by id.
        let id = ConnectionId { core: self.shared.core, slot: u32::MAX, generation: u64::MAX };
        let connection = Connection::new(id, stream, Rc::default());
        let reader = connection.clone();
        spawn::spawn(async move { reader.run(&Deaf).await }).detach();
        let writer = connection.clone();
        spawn::spawn(async move { writer.write_queued().await }).detach();
        *self.shared.open.borrow_mut() = Some(connection.clone());
        connection
    }
}
