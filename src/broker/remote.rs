//! Waiting for what another core was asked to do.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use rustc_hash::FxHashMap;

/// What this core waits for, by ticket.
#[derive(Default)]
pub struct Tickets {
    next: Cell<u64>,
    open: RefCell<FxHashMap<u64, Slot>>,
}

#[derive(Default)]
struct Slot {
    value: Option<Box<dyn Any + Send>>,
    waker: Option<Waker>,
}

impl Tickets {
    /// A new ticket.
    pub fn open(&self) -> u64 {
        let ticket = self.next.get();
        self.next.set(ticket + 1);
        self.open.borrow_mut().insert(ticket, Slot::default());
        ticket
    }

    /// Hands in the value of a ticket; one that nobody waits for any more is dropped.
    pub fn fill(&self, ticket: u64, value: Box<dyn Any + Send>) {
        let waker = match self.open.borrow_mut().get_mut(&ticket) {
            Some(slot) => {
                slot.value = Some(value);
                slot.waker.take()
            }
            None => None,
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// The value of a ticket, if it is there; else wakes the asker when it is.
    pub fn poll(&self, ticket: u64, context: &mut Context<'_>) -> Poll<Box<dyn Any + Send>> {
        let mut open = self.open.borrow_mut();
        let Some(slot) = open.get_mut(&ticket) else { return Poll::Pending };
        if let Some(value) = slot.value.take() {
            open.remove(&ticket);
            return Poll::Ready(value);
        }
        slot.waker = Some(context.waker().clone());
        Poll::Pending
    }

    /// Nobody waits for this ticket any more.
    pub fn give_up(&self, ticket: u64) {
        self.open.borrow_mut().remove(&ticket);
    }

    /// The value of a ticket, once it is there.
    pub fn wait(&self, ticket: u64) -> Wait<'_> {
        Wait { tickets: self, ticket }
    }
}

/// See [`Tickets::wait`]. Dropping it gives the ticket up.
pub struct Wait<'a> {
    tickets: &'a Tickets,
    ticket: u64,
}

impl Future for Wait<'_> {
    type Output = Box<dyn Any + Send>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        self.tickets.poll(self.ticket, context)
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        self.tickets.give_up(self.ticket);
    }
}
