//! The timers of a core: an ordered set of deadlines, and one timeout in the ring for the earliest.
//!
//! glommio has timers too, but a core that is never idle would not look at them.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use io_uring::{opcode, types};

use super::bridge::{Local, local};
use super::op::Operation;
use crate::rt::clock::{Instant, now};

/// The kernel's monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this is what rt::clock reads")]
pub(in crate::rt) fn monotonic() -> std::time::Instant {
    std::time::Instant::now()
}

/// Time since 1970; zero if the clock is set before.
#[expect(clippy::disallowed_methods, reason = "this is what rt::clock reads")]
pub(in crate::rt) fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Deadline, and a number that tells timers of the same moment apart.
type Key = (Instant, u64);

/// The timers that somebody waits for.
#[derive(Default)]
pub(crate) struct Timers {
    waiting: RefCell<BTreeMap<Key, Waker>>,
    next: Cell<u64>,
    /// The timeout in the ring, with the moment it is for.
    armed: RefCell<Option<(Instant, Operation<types::Timespec>)>>,
}

impl Timers {
    /// Wakes whoever's deadline has come. `true` if there was anybody.
    pub(crate) fn fire(&self) -> bool {
        if self.waiting.borrow().is_empty() {
            return false;
        }
        let due = (now(), u64::MAX);
        let mut any = false;
        // Borrowed for each anew: what is woken may have timers too.
        while let Some(waker) = self.take_first(due) {
            waker.wake();
            any = true;
        }
        any
    }

    /// The one with the earliest deadline, if that is before `due`.
    fn take_first(&self, due: Key) -> Option<Waker> {
        let mut waiting = self.waiting.borrow_mut();
        let first = waiting.first_entry().filter(|first| *first.key() <= due)?;
        Some(first.remove())
    }

    /// Makes sure the ring wakes the core for the earliest deadline. Call before sleeping.
    pub(crate) fn arm(&self, local: &Rc<Local>) {
        let earliest = self.waiting.borrow().keys().next().map(|(deadline, _)| *deadline);
        let mut armed = self.armed.borrow_mut();
        if armed.as_ref().is_some_and(|(_, timeout)| timeout.is_done()) {
            *armed = None;
        }
        let Some(earliest) = earliest else { return };
        // One that fires too early wakes the core once for nothing; the usual reason is a limit
        // that was not reached, and taking each of those out would cost more.
        if armed.as_ref().is_some_and(|(moment, _)| *moment <= earliest) {
            return;
        }
        let left = earliest.since(now());
        let left = types::Timespec::new().sec(left.as_secs()).nsec(left.subsec_nanos());
        let keep = Box::new(left);
        let entry = opcode::Timeout::new(&raw const *keep).build();
        // SAFETY: the entry points to the box, which the operation keeps.
        let timeout = unsafe { Operation::submit(local, keep, entry) };
        *armed = Some((earliest, timeout));
    }

    /// Lets go of the ring's timeout, at shutdown.
    pub(crate) fn disarm(&self) {
        let armed = self.armed.borrow_mut().take();
        drop(armed);
    }
}

/// Ready when its moment has come.
pub(crate) struct Timer {
    local: Rc<Local>,
    key: Key,
}

impl Timer {
    pub(crate) fn new(deadline: Instant) -> Self {
        let local = local();
        let number = local.timers.next.get();
        local.timers.next.set(number + 1);
        Self { local, key: (deadline, number) }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut waiting = self.local.timers.waiting.borrow_mut();
        if now() >= self.key.0 {
            waiting.remove(&self.key);
            return Poll::Ready(());
        }
        match waiting.get_mut(&self.key) {
            Some(waker) => waker.clone_from(context.waker()),
            None => {
                waiting.insert(self.key, context.waker().clone());
            }
        }
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.local.timers.waiting.borrow_mut().remove(&self.key);
    }
}
