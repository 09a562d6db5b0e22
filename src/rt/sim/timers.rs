//! Virtual time: it stands still while any task is ready.

use std::future::Future;
use std::pin::Pin;
use std::sync::LazyLock;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use super::core::world;
use crate::rt::clock;

/// What monotonic time counts from; only differences matter.
#[expect(clippy::disallowed_methods, reason = "there is no other way to have a moment at all")]
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Time between 1970 and the start of a machine, in milliseconds: some day in 2027.
const WALL_START: Duration = Duration::from_millis(1_800_000_000_000);

/// The moment that time `since` the start of a machine stands for.
pub(super) fn moment(since: Duration) -> Instant {
    *BEGINNING + since
}

/// The virtual monotonic clock.
pub(in crate::rt) fn monotonic() -> Instant {
    moment(world().now())
}

/// The virtual wall clock. It never jumps.
pub(in crate::rt) fn wall() -> Duration {
    WALL_START + world().now()
}

/// Ready once its moment has come.
pub(crate) struct Timer {
    deadline: clock::Instant,
    set: bool,
}

impl Timer {
    /// For `deadline`.
    pub(crate) fn new(deadline: clock::Instant) -> Self {
        Self { deadline, set: false }
    }
}

impl Future for Timer {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let left = self.deadline.since(clock::now());
        if left.is_zero() {
            return Poll::Ready(());
        }
        // A timer stays with the task that first polled it, as all here do.
        if !std::mem::replace(&mut self.set, true) {
            let waker = context.waker().clone();
            world().after(left, move || waker.wake());
        }
        Poll::Pending
    }
}
