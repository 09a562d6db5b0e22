//! Messages between cores: one bounded single-producer queue per ordered pair, so no lock and no
//! shared counter; messages of one core to another arrive in the order they were sent.
//!
//! A send wakes the other core only if that core sleeps (see `Doorbell`). A sender that finds the
//! queue full raises the pair's `starved` flag, fences and tries once more before it waits; the
//! receiver takes messages, fences and looks at the flag. As with the doorbell, one side sees the
//! other.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Poll, Waker};

use super::bridge::{Doorbell, Inbound, Local};
use crate::rt::counts::MeshCounts;
use crate::units::CoreId;

/// The queue to a core is full, or there is no such core; the message comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Full<M>(pub M);

impl<M> fmt::Debug for Full<M> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Full")
    }
}

struct Outgoing<M> {
    producer: rtrb::Producer<M>,
    doorbell: Arc<Doorbell>,
    starved: Arc<AtomicBool>,
}

struct Incoming<M> {
    consumer: rtrb::Consumer<M>,
    doorbell: Arc<Doorbell>,
    starved: Arc<AtomicBool>,
}

impl<M> Incoming<M> {
    /// Tells the sending core that there is room, if it waits for that.
    fn made_room(&self) {
        fence(Ordering::SeqCst);
        if self.starved.load(Ordering::Relaxed) {
            self.starved.store(false, Ordering::Relaxed);
            self.doorbell.ring();
        }
    }
}

/// One core's ends of all queues, on its way to that core.
pub(crate) struct Ends<M> {
    outgoing: Vec<Option<Outgoing<M>>>,
    incoming: Vec<Option<Incoming<M>>>,
    capacity: usize,
}

/// Makes the queues between all pairs of cores: `capacity` messages each.
pub(crate) fn weave<M>(doorbells: &[Arc<Doorbell>], capacity: usize) -> Vec<Ends<M>> {
    let capacity = capacity.max(1);
    let empty = |_| Ends { outgoing: Vec::new(), incoming: Vec::new(), capacity };
    let mut ends: Vec<Ends<M>> = doorbells.iter().map(empty).collect();
    for (from, sending) in doorbells.iter().enumerate() {
        for (to, receiving) in doorbells.iter().enumerate() {
            let mut pair = (None, None);
            if from != to {
                let (producer, consumer) = rtrb::RingBuffer::new(capacity);
                let starved = Arc::new(AtomicBool::new(false));
                let doorbell = Arc::clone(receiving);
                pair.0 = Some(Outgoing { producer, doorbell, starved: Arc::clone(&starved) });
                let doorbell = Arc::clone(sending);
                pair.1 = Some(Incoming { consumer, doorbell, starved });
            }
            if let Some(end) = ends.get_mut(from) {
                end.outgoing.push(pair.0);
            }
            if let Some(end) = ends.get_mut(to) {
                end.incoming.push(pair.1);
            }
        }
    }
    ends
}

struct Endpoint<M> {
    id: CoreId,
    capacity: usize,
    outgoing: Vec<RefCell<Option<Outgoing<M>>>>,
    incoming: Vec<RefCell<Option<Incoming<M>>>>,
    /// Messages of this core to itself.
    own: RefCell<VecDeque<M>>,
    /// The queue to look at first, so that no core is served last forever.
    next: Cell<usize>,
    counts: RefCell<MeshCounts>,
    receiver: Cell<Option<Waker>>,
    senders: RefCell<Vec<(CoreId, Waker)>>,
}

impl<M> Endpoint<M> {
    fn has_message(&self) -> bool {
        let filled = |slot: &RefCell<Option<Incoming<M>>>| {
            slot.borrow().as_ref().is_some_and(|incoming| !incoming.consumer.is_empty())
        };
        !self.own.borrow().is_empty() || self.incoming.iter().any(filled)
    }

    fn has_room(&self, to: CoreId) -> bool {
        if to == self.id {
            return self.own.borrow().len() < self.capacity;
        }
        let slot = self.outgoing.get(usize::from(to.0));
        slot.is_none_or(|slot| slot.borrow().as_ref().is_none_or(|out| !out.producer.is_full()))
    }
}

impl<M> Inbound for Endpoint<M> {
    fn has_work(&self) -> bool {
        // Messages that nobody waits for are no reason to stay awake.
        let receiver = self.receiver.take();
        let waits = receiver.is_some();
        self.receiver.set(receiver);
        (waits && self.has_message())
            || self.senders.borrow().iter().any(|(to, _)| self.has_room(*to))
    }

    fn wake_waiting(&self) -> bool {
        let mut woken = false;
        if let Some(receiver) = self.receiver.take() {
            if self.has_message() {
                receiver.wake();
                woken = true;
            } else {
                self.receiver.set(Some(receiver));
            }
        }
        let mut senders = self.senders.borrow_mut();
        if !senders.is_empty() {
            let waiting = std::mem::take(&mut *senders);
            for (to, waker) in waiting {
                if self.has_room(to) {
                    waker.wake();
                    woken = true;
                } else {
                    senders.push((to, waker));
                }
            }
        }
        woken
    }
}

/// This core's end of the mesh. Lives on its core; cheap to clone. One task receives at a time.
pub struct Mesh<M> {
    endpoint: Rc<Endpoint<M>>,
}

impl<M> Clone for Mesh<M> {
    fn clone(&self) -> Self {
        Self { endpoint: Rc::clone(&self.endpoint) }
    }
}

impl<M: 'static> Mesh<M> {
    /// Settles `ends` on the core they were made for.
    pub(crate) fn settle(id: CoreId, ends: Ends<M>, local: &Local) -> Self {
        let endpoint = Rc::new(Endpoint {
            id,
            capacity: ends.capacity,
            outgoing: ends.outgoing.into_iter().map(RefCell::new).collect(),
            incoming: ends.incoming.into_iter().map(RefCell::new).collect(),
            own: RefCell::default(),
            next: Cell::new(0),
            counts: RefCell::default(),
            receiver: Cell::default(),
            senders: RefCell::default(),
        });
        local.add_inbound(Rc::clone(&endpoint) as Rc<dyn Inbound>);
        Self { endpoint }
    }

    /// The core this end belongs to.
    pub fn id(&self) -> CoreId {
        self.endpoint.id
    }

    /// Cores in the mesh, this one included.
    pub fn count(&self) -> u16 {
        u16::try_from(self.endpoint.outgoing.len()).unwrap_or(u16::MAX)
    }

    /// Messages that the queue to one core holds.
    pub fn capacity(&self) -> usize {
        self.endpoint.capacity
    }

    /// What went to other cores and came from them so far.
    pub fn counts(&self) -> MeshCounts {
        *self.endpoint.counts.borrow()
    }

    /// Sends `message` to core `to` (this core is allowed). Never waits.
    ///
    /// # Errors
    /// The queue is full or there is no such core: the message comes back.
    pub fn send(&self, to: CoreId, message: M) -> Result<(), Full<M>> {
        let endpoint = &self.endpoint;
        if to == endpoint.id {
            let mut own = endpoint.own.borrow_mut();
            if own.len() >= endpoint.capacity {
                return Err(Full(message));
            }
            own.push_back(message);
            if let Some(receiver) = endpoint.receiver.take() {
                receiver.wake();
            }
            return Ok(());
        }
        let Some(slot) = endpoint.outgoing.get(usize::from(to.0)) else {
            return Err(Full(message));
        };
        let mut slot = slot.borrow_mut();
        let Some(outgoing) = slot.as_mut() else { return Err(Full(message)) };
        match outgoing.producer.push(message) {
            Ok(()) => {
                outgoing.doorbell.ring();
                endpoint.counts.borrow_mut().sent += 1;
                Ok(())
            }
            Err(rtrb::PushError::Full(message)) => {
                endpoint.counts.borrow_mut().full += 1;
                Err(Full(message))
            }
        }
    }

    /// Sends `message` to core `to`, waiting for room. Waits for good if that core has ended or
    /// there is no such core.
    pub async fn send_wait(&self, to: CoreId, message: M) {
        let mut held = Some(message);
        poll_fn(|context| {
            for last in [false, true] {
                let Some(message) = held.take() else { return Poll::Ready(()) };
                match self.send(to, message) {
                    Ok(()) => return Poll::Ready(()),
                    Err(Full(message)) => held = Some(message),
                }
                if !last {
                    self.starve(to);
                }
            }
            self.endpoint.senders.borrow_mut().push((to, context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// Receives one message; the cores take turns.
    pub async fn recv(&self) -> (CoreId, M) {
        poll_fn(|context| {
            if let Some(message) = self.try_recv() {
                return Poll::Ready(message);
            }
            self.endpoint.receiver.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await
    }

    /// Receives one message if there is one.
    pub fn try_recv(&self) -> Option<(CoreId, M)> {
        let endpoint = &self.endpoint;
        let count = endpoint.incoming.len();
        for step in 0..count {
            let from = (endpoint.next.get() + step) % count;
            let id = CoreId(u16::try_from(from).unwrap_or(u16::MAX));
            let message = if id == endpoint.id {
                self.take_own()
            } else {
                let mut slot = endpoint.incoming.get(from)?.borrow_mut();
                slot.as_mut().and_then(|incoming| {
                    let message = incoming.consumer.pop().ok()?;
                    incoming.made_room();
                    Some(message)
                })
            };
            if let Some(message) = message {
                endpoint.next.set((from + 1) % count);
                return Some((id, message));
            }
        }
        None
    }

    /// Waits until there is at least one message and appends all that are there to `messages`:
    /// at most `count() * capacity()`.
    pub async fn drain(&self, messages: &mut Vec<(CoreId, M)>) {
        let before = messages.len();
        poll_fn(|context| {
            self.drain_ready(messages);
            if messages.len() > before {
                return Poll::Ready(());
            }
            self.endpoint.receiver.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
    }

    /// Appends all messages that are there, in order per core.
    pub fn drain_ready(&self, messages: &mut Vec<(CoreId, M)>) {
        for from in 0..self.count() {
            self.drain_ready_from(CoreId(from), messages);
        }
    }

    /// Appends all messages of one core that are there, in order.
    pub fn drain_ready_from(&self, from: CoreId, messages: &mut Vec<(CoreId, M)>) {
        let endpoint = &self.endpoint;
        if from == endpoint.id {
            while let Some(message) = self.take_own() {
                messages.push((from, message));
            }
            return;
        }
        let Some(slot) = endpoint.incoming.get(usize::from(from.0)) else { return };
        let mut slot = slot.borrow_mut();
        let Some(incoming) = slot.as_mut() else { return };
        let ready = incoming.consumer.slots();
        let Ok(chunk) = incoming.consumer.read_chunk(ready) else { return };
        if ready > 0 {
            endpoint.counts.borrow_mut().batches.record(ready as u64);
            messages.extend(chunk.into_iter().map(|message| (from, message)));
            incoming.made_room();
        }
    }

    /// The next message of this core to itself. Room made here is seen by the driver's next turn,
    /// which this asks for.
    fn take_own(&self) -> Option<M> {
        let message = self.endpoint.own.borrow_mut().pop_front()?;
        let mut senders = self.endpoint.senders.borrow_mut();
        senders.retain(|(to, waker)| {
            if *to == self.endpoint.id {
                waker.wake_by_ref();
            }
            *to != self.endpoint.id
        });
        Some(message)
    }

    /// Asks core `to` to ring when it takes messages out of our queue.
    fn starve(&self, to: CoreId) {
        let Some(slot) = self.endpoint.outgoing.get(usize::from(to.0)) else { return };
        if let Some(outgoing) = slot.borrow().as_ref() {
            outgoing.starved.store(true, Ordering::Relaxed);
            fence(Ordering::SeqCst);
        }
    }
}
