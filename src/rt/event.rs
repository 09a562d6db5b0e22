//! A flag that one task waits for and any other of the same core sets.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Set by many, waited for by one task at a time. Lives on one core.
///
/// Setting it while nobody waits is remembered once: the next wait returns at once.
#[derive(Debug, Default)]
pub struct Event {
    set: Cell<bool>,
    waiter: RefCell<Option<Waker>>,
}

impl Event {
    /// Not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets it, and wakes the task that waits.
    pub fn set(&self) {
        self.set.set(true);
        if let Some(waiter) = self.waiter.borrow_mut().take() {
            waiter.wake();
        }
    }

    /// Waits until it is set, and takes that back. A second task that waits at the same time
    /// takes the place of the first.
    pub async fn wait(&self) {
        poll_fn(|context| {
            if self.set.take() {
                return Poll::Ready(());
            }
            *self.waiter.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }
}
