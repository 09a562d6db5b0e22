//! Waiting, within one core, for something that another task changes.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::rc::Rc;
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

/// Lets one task at a time through, in the order they came. Lives on one core.
#[derive(Default)]
pub(crate) struct Gate {
    taken: Cell<bool>,
    waiting: RefCell<VecDeque<Rc<Place>>>,
}

/// Where a task stands that came while another was through.
#[derive(Default)]
struct Place {
    called: Cell<bool>,
    waker: Cell<Option<Waker>>,
}

/// Held by the task that went through a [`Gate`], and while it waits for that.
pub(crate) struct Passed<'a> {
    gate: &'a Gate,
    place: Option<Rc<Place>>,
}

impl Gate {
    /// Waits until nobody else is through, and nobody who came before waits.
    pub(crate) async fn pass(&self) -> Passed<'_> {
        if !self.taken.replace(true) {
            return Passed { gate: self, place: None };
        }
        let place = Rc::<Place>::default();
        self.waiting.borrow_mut().push_back(Rc::clone(&place));
        let passed = Passed { gate: self, place: Some(Rc::clone(&place)) };
        poll_fn(|context| {
            if place.called.get() {
                return Poll::Ready(());
            }
            place.waker.set(Some(context.waker().clone()));
            Poll::Pending
        })
        .await;
        passed
    }

    /// Lets the next one through.
    fn call_next(&self) {
        let next = self.waiting.borrow_mut().pop_front();
        self.taken.set(next.is_some());
        if let Some(place) = next {
            place.called.set(true);
            if let Some(waker) = place.waker.take() {
                waker.wake();
            }
        }
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        match self.place.as_ref().filter(|place| !place.called.get()) {
            // It was given up before its turn.
            Some(place) => {
                self.gate.waiting.borrow_mut().retain(|other| !Rc::ptr_eq(other, place));
            }
            None => self.gate.call_next(),
        }
    }
}
