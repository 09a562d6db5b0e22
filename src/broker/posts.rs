//! Messages to other cores that the mesh has no room for yet.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use crate::broker::message::Message;
use crate::limits::POSTS_WAITING_MAX;
use crate::rt::event::Event;
use crate::rt::mesh::{Full, Mesh};
use crate::units::CoreId;

/// One lane per core, in the order of posting. Replies and changes of the configuration must not
/// be dropped, and what causes them is bounded by the requests in flight, so the lanes are too;
/// new requests are refused long before ([`Posts::is_crowded`]).
pub struct Posts {
    lanes: Vec<Lane>,
}

#[derive(Default)]
struct Lane {
    waiting: RefCell<VecDeque<Message>>,
    /// A message has left `waiting` and is not in the mesh yet: nothing may overtake it.
    passing: Cell<bool>,
    filled: Event,
    emptied: Event,
}

impl Posts {
    /// Nothing waits for any of `cores` cores.
    pub fn new(cores: u16) -> Self {
        Self { lanes: (0..cores).map(|_| Lane::default()).collect() }
    }

    /// Sends at once if nothing waits for that core and the mesh has room.
    pub fn post(&self, mesh: &Mesh<Message>, to: CoreId, message: Message) {
        let Some(lane) = self.lanes.get(usize::from(to.0)) else { return };
        let mut waiting = lane.waiting.borrow_mut();
        if !waiting.is_empty() || lane.passing.get() {
            waiting.push_back(message);
            return;
        }
        if let Err(Full(message)) = mesh.send(to, message) {
            waiting.push_back(message);
            lane.filled.set();
        }
    }

    /// Whether so much waits for that core that new requests for it are to be refused.
    pub fn is_crowded(&self, to: CoreId) -> bool {
        let lane = self.lanes.get(usize::from(to.0));
        lane.is_some_and(|lane| lane.waiting.borrow().len() >= POSTS_WAITING_MAX)
    }

    /// Messages that wait for room, to whichever core.
    pub fn waiting(&self) -> usize {
        self.lanes.iter().map(|lane| lane.waiting.borrow().len()).sum()
    }

    /// Waits until nothing waits for that core any more.
    pub async fn wait_passed(&self, to: CoreId) {
        let Some(lane) = self.lanes.get(usize::from(to.0)) else { return };
        while !lane.waiting.borrow().is_empty() || lane.passing.get() {
            lane.emptied.wait().await;
        }
    }

    /// Passes on what waits for one core, for as long as the process runs.
    pub async fn pass_on(&self, mesh: &Mesh<Message>, to: CoreId) {
        let Some(lane) = self.lanes.get(usize::from(to.0)) else { return };
        loop {
            let first = lane.waiting.borrow_mut().pop_front();
            match first {
                Some(message) => {
                    lane.passing.set(true);
                    mesh.send_wait(to, message).await;
                    lane.passing.set(false);
                }
                None => {
                    lane.emptied.set();
                    lane.filled.wait().await;
                }
            }
        }
    }
}
