//! What goes to other cores together.

use std::cell::RefCell;

use crate::broker::message::{Message, Reply};
use crate::broker::send::Prepared;
use crate::net::ConnectionId;
use crate::units::CoreId;

/// Sends and answers for other cores, gathered while the requests of one read or the records of one
/// commit are gone through: they cross as one message. Empty between such moments, so nothing
/// waits here.
pub struct Gathered {
    lanes: RefCell<Vec<Lane>>,
}

#[derive(Default)]
struct Lane {
    sends: Vec<Prepared>,
    replies: Vec<(ConnectionId, Reply)>,
}

impl Gathered {
    /// Nothing for any of `cores` cores.
    pub fn new(cores: u16) -> Self {
        Self { lanes: RefCell::new((0..cores).map(|_| Lane::default()).collect()) }
    }

    /// Adds a checked send for a queue of `to`.
    pub fn send(&self, to: CoreId, send: Prepared) {
        if let Some(lane) = self.lanes.borrow_mut().get_mut(usize::from(to.0)) {
            lane.sends.push(send);
        }
    }

    /// Adds an answer for a connection of another core.
    pub fn reply(&self, to: ConnectionId, reply: Reply) {
        if let Some(lane) = self.lanes.borrow_mut().get_mut(usize::from(to.core.0)) {
            lane.replies.push((to, reply));
        }
    }

    /// Hands all of it to `post`.
    pub fn pass_on(&self, mut post: impl FnMut(CoreId, Message)) {
        for (core, lane) in (0..).map(CoreId).zip(self.lanes.borrow_mut().iter_mut()) {
            if let Some(sends) = take(&mut lane.sends) {
                post(core, Message::Sends(sends));
            }
            if let Some(replies) = take(&mut lane.replies) {
                post(core, Message::Replies(replies));
            }
        }
    }
}

/// What was gathered, if anything. The next time it will be about as much.
fn take<T>(gathered: &mut Vec<T>) -> Option<Vec<T>> {
    let next = Vec::with_capacity(gathered.len());
    (!gathered.is_empty()).then(|| std::mem::replace(gathered, next))
}
