//! What cores send each other.

use std::any::Any;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::probe::{Call, Probe};
use crate::broker::pull::Asked;
use crate::broker::send::Prepared;
use crate::broker::view::Change;
use crate::net::{ConnectionId, Part};
use crate::protocol::{Command, Serialization};
use crate::rt::clock::Instant;
use crate::rt::net::Socket;
use crate::units::CoreId;

/// Which of the broker's listeners a connection came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// `listenPort`: every request.
    Main,
    /// `listenPort - 2`, the "VIP" port: everything but pulls (spec 5.7).
    Fast,
}

/// Who asked: enough to answer, and to know a client again.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// The connection, on whichever core it lives.
    pub connection: ConnectionId,
    /// The client's address.
    pub peer: SocketAddr,
    /// The listener it came through.
    pub port: Port,
    /// When the request came in, or when the connection ended.
    pub since: Instant,
}

/// A request on its way to the core that answers it.
#[derive(Debug)]
pub struct Request {
    /// Who asked.
    pub origin: Origin,
    /// What for.
    pub command: Command,
}

/// What is needed to answer a client later, from any core.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// Who asked.
    pub origin: Origin,
    /// The request's code.
    pub code: i32,
    /// The request's number.
    pub opaque: i32,
    /// The form the request's header had.
    pub serialization: Serialization,
    /// Nothing is answered.
    pub oneway: bool,
}

impl Client {
    /// To this request.
    pub fn of(request: &Request) -> Self {
        let Request { origin, command } = request;
        Self {
            origin: *origin,
            code: command.code,
            opaque: command.opaque,
            serialization: command.serialization,
            oneway: command.is_oneway(),
        }
    }

    /// Counts its request as answered with this code, perhaps after it was parked.
    pub fn count(&self, probe: &Probe, response: i32, parked: bool, now: Instant) {
        let call = Call { request: self.code, response, parked, oneway: self.oneway };
        probe.called(call, now.since(self.origin.since));
    }

    /// A response with this code.
    pub fn command(&self, code: i32) -> Command {
        Command::reply_to(self.opaque, self.serialization, code)
    }
}

/// A whole frame, ready to be sent.
#[derive(Debug)]
pub enum Reply {
    /// All of it in memory.
    Whole(Bytes),
    /// A header, and records from memory or files.
    Parts(Vec<Part>),
}

/// Work that one core asks another to do on its own state.
pub type Job = Box<dyn FnOnce(Rc<Core>) -> Pin<Box<dyn Future<Output = ()>>> + Send>;

/// One message between two cores. Messages of a pair of cores arrive in the order they were sent.
pub enum Message {
    /// A new connection, for the core with the fewest.
    Adopt {
        /// The connected socket.
        socket: Socket,
        /// The client's address.
        peer: SocketAddr,
        /// The listener it came through.
        port: Port,
    },
    /// Checked sends for queues of the receiving core, in order.
    Sends(Vec<Prepared>),
    /// A pull from a queue of the receiving core.
    Pull(Asked),
    /// A request for the control plane.
    Request(Box<Request>),
    /// Answers for connections of the receiving core, in order.
    Replies(Vec<(ConnectionId, Reply)>),
    /// The configuration changed. Sent by the control plane only.
    Change(Change),
    /// A connection has ended. Sent to every core.
    Closed(Origin),
    /// The sender did not take the connection it was given.
    NotAdopted(CoreId),
    /// Work to do, see [`Core::run_on`].
    Job(Job),
    /// What a [`Message::Job`] of ours came to.
    Done {
        /// The number under which the sender waits.
        ticket: u64,
        /// The value, of the type that the sender knows.
        value: Box<dyn Any + Send>,
    },
    /// Finish what is in flight, sync, and end.
    Stop,
}
