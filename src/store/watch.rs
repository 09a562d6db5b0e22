//! Waiting, within one core, for something that another task changes.

use std::cell::RefCell;
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
