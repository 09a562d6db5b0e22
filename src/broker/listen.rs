//! Accepting connections, and giving each to the core that has the fewest.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::broker::core::{CONTROL, Core};
use crate::broker::dispatch::Requests;
use crate::broker::inbox;
use crate::broker::message::{Message, Origin, Port};
use crate::rt::net::{Listener, Socket, Stream};
use crate::rt::spawn;
use crate::units::CoreId;

/// How many connections each core has. Kept by the accepting core.
pub struct Spread {
    open: RefCell<Vec<usize>>,
}

impl Spread {
    /// None anywhere.
    pub fn new(cores: u16) -> Self {
        Self { open: RefCell::new(vec![0; usize::from(cores)]) }
    }

    /// The core with the fewest, which now has one more. Clients are few and stay long, so a hash
    /// of addresses, as `SO_REUSEPORT` would take, leaves cores idle.
    pub fn take(&self) -> CoreId {
        let mut open = self.open.borrow_mut();
        let fewest = open.iter_mut().enumerate().min_by_key(|(_, count)| **count);
        let Some((place, count)) = fewest else { return CONTROL };
        *count += 1;
        CoreId(u16::try_from(place).unwrap_or(0))
    }

    /// One connection of that core has ended.
    pub fn give_back(&self, core: CoreId) {
        if let Some(count) = self.open.borrow_mut().get_mut(usize::from(core.0)) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Accepts until the listener fails for good. Runs on the control plane's core.
pub async fn accept(core: Rc<Core>, listener: Listener, port: Port) -> io::Error {
    loop {
        match listener.accept().await {
            Ok((socket, peer)) => {
                let to = core.spread.take();
                if to == core.id {
                    adopt(&core, socket, peer, port);
                } else {
                    core.post(to, Message::Adopt { socket, peer, port });
                }
            }
            Err(error) => return error,
        }
    }
}

/// Makes an accepted socket a connection of this core.
pub fn adopt(core: &Rc<Core>, socket: Socket, peer: SocketAddr, port: Port) {
    let Some(connection) = core.connections.insert(Stream::attach(socket)) else {
        tracing::warn!(%peer, "closing: too many connections on this core");
        return inbox::tell_not_adopted(core);
    };
    let writer = connection.clone();
    spawn::spawn(async move { writer.write_queued().await }).detach();
    let core = core.clone();
    spawn::spawn(async move {
        let requests = Requests { core: core.clone(), port };
        let reason = connection.run(&requests).await;
        tracing::debug!(%peer, ?reason, "connection ended");
        core.connections.remove(connection.id());
        let since = connection.last_active();
        let origin = Origin { connection: connection.id(), peer, port, since };
        inbox::tell_closed(&core, origin);
    })
    .detach();
}
