//! Time: monotonic for durations, wall for what is stored and shown. Lives on each core.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::{Add, Sub};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::timers::Timer;
use crate::units::WallMillis;

/// A moment of the monotonic clock. Comparable between cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// Time since `earlier`; zero if that lies ahead.
    pub fn since(self, earlier: Self) -> Duration {
        self.0.saturating_duration_since(earlier.0)
    }

    /// Time since this moment.
    pub fn elapsed(self) -> Duration {
        now().since(self)
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        // A century is as good as never, and cannot overflow.
        const FAR: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
        Self(self.0 + duration.min(FAR))
    }
}

impl Sub for Instant {
    type Output = Duration;

    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

/// The time limit passed before the future was ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Elapsed;

impl fmt::Display for Elapsed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("time limit passed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for std::io::Error {
    fn from(_: Elapsed) -> Self {
        std::io::ErrorKind::TimedOut.into()
    }
}

/// The present moment of the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this is the clock the others shall use")]
pub fn now() -> Instant {
    Instant(std::time::Instant::now())
}

/// The wall clock, in milliseconds since 1970. It may jump, back as well.
#[expect(clippy::disallowed_methods, reason = "this is the clock the others shall use")]
pub fn wall_ms() -> WallMillis {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    WallMillis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Waits at least `duration`.
pub async fn sleep(duration: Duration) {
    Timer::new(now() + duration).await;
}

/// Waits until `deadline`.
pub async fn sleep_until(deadline: Instant) {
    Timer::new(deadline).await;
}

/// Waits for `future`, but not longer than `limit`. The future is dropped when the limit passes.
///
/// # Errors
/// The limit passed.
pub async fn timeout<F: Future>(limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    let mut future = pin!(future);
    let deadline = now() + limit;
    // Made on the first wait only: many futures under a limit are ready at once.
    let mut timer = None;
    poll_fn(|context| {
        if let Poll::Ready(output) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(output));
        }
        let timer = timer.get_or_insert_with(|| Timer::new(deadline));
        Pin::new(timer).poll(context).map(|()| Err(Elapsed))
    })
    .await
}
