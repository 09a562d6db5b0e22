//! Requests of ours that wait for their answers, by opaque.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use rustc_hash::FxHashMap;

use crate::limits::CALLS_IN_FLIGHT_MAX;
use crate::protocol::Command;

/// Why a call of ours got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The connection ended first.
    #[error("the connection was closed")]
    Closed,
    /// Too many requests wait for answers on this connection.
    #[error("too many requests in flight")]
    Full,
    /// The request does not fit a frame.
    #[error("the request is too long")]
    TooLong,
    /// No answer came in time.
    #[error("no answer in time")]
    TimedOut,
    /// No connection could be made.
    #[error("cannot connect")]
    Unreachable,
}

/// The open calls of one connection.
#[derive(Default)]
pub struct Calls {
    next: Cell<i32>,
    closed: Cell<bool>,
    open: RefCell<FxHashMap<i32, Rc<Slot>>>,
}

#[derive(Default)]
struct Slot {
    answer: RefCell<Option<Result<Command, CallError>>>,
    waker: RefCell<Option<Waker>>,
}

impl Slot {
    fn fill(&self, answer: Result<Command, CallError>) {
        *self.answer.borrow_mut() = Some(answer);
        if let Some(waker) = self.waker.borrow_mut().take() {
            waker.wake();
        }
    }
}

/// The answer to one call, once it is there.
pub struct Answer(Rc<Slot>);

impl Future for Answer {
    type Output = Result<Command, CallError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Some(answer) = self.0.answer.borrow_mut().take() {
            return Poll::Ready(answer);
        }
        *self.0.waker.borrow_mut() = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Calls {
    /// None open.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a call: the opaque to send, and the future of its answer.
    ///
    /// # Errors
    /// [`CallError::Full`] or [`CallError::Closed`].
    pub fn open(&self) -> Result<(i32, Answer), CallError> {
        let mut open = self.open.borrow_mut();
        if self.closed.get() {
            return Err(CallError::Closed);
        }
        if open.len() >= CALLS_IN_FLIGHT_MAX {
            return Err(CallError::Full);
        }
        let mut opaque = self.next.get();
        while open.contains_key(&opaque) {
            opaque = opaque.wrapping_add(1);
        }
        self.next.set(opaque.wrapping_add(1));
        let slot = Rc::new(Slot::default());
        open.insert(opaque, slot.clone());
        Ok((opaque, Answer(slot)))
    }

    /// Hands an answer to whoever waits for it; one that nobody asked for is dropped, as Java does.
    pub fn answer(&self, response: Command) {
        if let Some(slot) = self.open.borrow_mut().remove(&response.opaque) {
            slot.fill(Ok(response));
        }
    }

    /// Forgets a call; a late answer to it is dropped.
    pub fn abandon(&self, opaque: i32) {
        self.open.borrow_mut().remove(&opaque);
    }

    /// Fails every open call and any later one.
    pub fn close(&self) {
        self.closed.set(true);
        for (_, slot) in self.open.borrow_mut().drain() {
            slot.fill(Err(CallError::Closed));
        }
    }
}
