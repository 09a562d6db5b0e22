//! The connections of one core.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use slab::Slab;

use crate::limits::CONNECTIONS_PER_CORE_MAX;
use crate::net::{CloseReason, Connection, ConnectionId};
use crate::rt::net::Stream;
use crate::units::CoreId;

/// Every open connection of this core, by id.
pub struct ConnectionTable {
    core: CoreId,
    opened: Cell<u64>,
    open: RefCell<Slab<Connection>>,
    /// Bytes of frames that have not come in whole yet.
    unfinished: Rc<Cell<usize>>,
}

impl ConnectionTable {
    /// An empty table for `core`.
    pub fn new(core: CoreId) -> Self {
        Self { core, opened: Cell::new(0), open: RefCell::default(), unfinished: Rc::default() }
    }

    /// Takes in a stream, or closes it and returns `None` when [`CONNECTIONS_PER_CORE_MAX`] are
    /// open already.
    pub fn insert(&self, stream: Stream) -> Option<Connection> {
        let mut open = self.open.borrow_mut();
        if open.len() >= CONNECTIONS_PER_CORE_MAX {
            return None;
        }
        let entry = open.vacant_entry();
        let slot = u32::try_from(entry.key()).ok()?;
        let id = ConnectionId { core: self.core, slot, generation: self.opened.get() };
        self.opened.set(id.generation + 1);
        let connection = Connection::new(id, stream, self.unfinished.clone());
        entry.insert(connection.clone());
        Some(connection)
    }

    /// The open connection of that id.
    pub fn get(&self, id: ConnectionId) -> Option<Connection> {
        let open = self.open.borrow();
        open.get(id.slot as usize).filter(|connection| connection.id() == id).cloned()
    }

    /// Forgets a connection that has ended.
    pub fn remove(&self, id: ConnectionId) {
        if self.get(id).is_some() {
            self.open.borrow_mut().remove(id.slot as usize);
        }
    }

    /// How many are open.
    pub fn len(&self) -> usize {
        self.open.borrow().len()
    }

    /// Whether none is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing is queued for any peer.
    pub fn is_flushed(&self) -> bool {
        self.open.borrow().iter().all(|(_, connection)| connection.is_flushed())
    }

    /// Closes the connections on which nothing moved for `limit`.
    pub fn close_idle(&self, limit: Duration) {
        let idle: Vec<Connection> = {
            let open = self.open.borrow();
            open.iter().map(|(_, c)| c).filter(|c| c.idle() >= limit).cloned().collect()
        };
        for connection in idle {
            connection.close(CloseReason::Idle);
        }
    }

    /// Closes them all.
    pub fn close_all(&self) {
        let all: Vec<Connection> =
            self.open.borrow().iter().map(|(_, connection)| connection.clone()).collect();
        for connection in all {
            connection.close(CloseReason::Requested);
        }
    }
}
