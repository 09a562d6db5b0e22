//! Waiting, within one core, for something that another task changes.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// Tasks that wait for a condition. Lives on one core; whoever changes what the condition looks at
/// calls [`Watch::notify`].
#[derive(Default)]
pub(crate) struct Watch {
    waiting: RefCell<Vec<Waker>>,
}

impl Watch {
    /// Lets every waiting task look at its condition again.
    pub(crate) fn notify(&self) {
        if self.waiting.borrow().is_empty() {
            return;
        }
        let waiting = std::mem::take(&mut *self.waiting.borrow_mut());
        waiting.into_iter().for_each(Waker::wake);
    }

    /// Ready once `condition` yields a value; it is asked at once and after each notice.
    pub(crate) async fn until<T>(&self, mut condition: impl FnMut() -> Option<T>) -> T {
        poll_fn(|context| {
            if let Some(value) = condition() {
                return Poll::Ready(value);
            }
            let mut waiting = self.waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await
    }
}

/// Lets one task at a time through. Lives on one core.
#[derive(Default)]
pub(crate) struct Gate {
    taken: Cell<bool>,
    free: Watch,
}

/// Held by the task that went through a [`Gate`].
pub(crate) struct Passed<'a> {
    gate: &'a Gate,
}

impl Gate {
    /// Waits until nobody else is through.
    pub(crate) async fn pass(&self) -> Passed<'_> {
        self.free.until(|| (!self.taken.replace(true)).then_some(())).await;
        Passed { gate: self }
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        self.gate.taken.set(false);
        self.gate.free.notify();
    }
}
