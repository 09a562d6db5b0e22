//! Time: monotonic for durations, wall for what is stored and shown. Lives on each core.

use std::fmt;
use std::future::{Future, poll_fn};
use std::ops::{Add, Sub};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use super::backend::timers::{Timer, monotonic, wall};
use crate::units::WallMillis;

/// A moment of the monotonic clock. Comparable between cores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(std::time::Instant);

impl Instant {
    /// A moment of the backend's clock.
    #[cfg(feature = "sim")]
    pub(in crate::rt) fn at(moment: std::time::Instant) -> Self {
        Self(moment)
    }

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
pub fn now() -> Instant {
    Instant(monotonic())
}

/// The wall clock, in milliseconds since 1970. It may jump, back as well.
pub fn wall_ms() -> WallMillis {
    WallMillis(i64::try_from(wall().as_millis()).unwrap_or(i64::MAX))
}

/// A moment as the clock on the wall shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalTime {
    /// Such as 2026.
    pub year: u32,
    /// 1 to 12.
    pub month: u32,
    /// 1 to 31.
    pub day: u32,
    /// 0 to 23.
    pub hour: u32,
    /// 0 to 59.
    pub minute: u32,
    /// 0 to 60.
    pub second: u32,
    /// 0 to 999.
    pub milli: u32,
}

/// A wall time in the zone of this machine (`TZ`, or else the system's).
pub fn local(time: WallMillis) -> LocalTime {
    let seconds: libc::time_t = time.0.div_euclid(1000);
    // SAFETY: an all-zero `tm` is valid; the call reads the one and writes into the other.
    let parts = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        libc::localtime_r(&raw const seconds, &raw mut parts);
        parts
    };
    let number = |part: i32| u32::try_from(part).unwrap_or(0);
    LocalTime {
        year: number(parts.tm_year.saturating_add(1900)),
        month: number(parts.tm_mon + 1),
        day: number(parts.tm_mday),
        hour: number(parts.tm_hour),
        minute: number(parts.tm_min),
        second: number(parts.tm_sec),
        milli: u32::try_from(time.0.rem_euclid(1000)).unwrap_or(0),
    }
}

/// The moment at which the clock on the wall shows `time`, in the zone of this machine; `None`
/// where there is no such moment.
pub fn wall_of(time: LocalTime) -> Option<WallMillis> {
    let number = |part: u32| i32::try_from(part).ok();
    // SAFETY: an all-zero `tm` is valid; the call reads and writes nothing else.
    let (seconds, parts) = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        parts.tm_year = number(time.year)?.checked_sub(1900)?;
        parts.tm_mon = number(time.month)?.checked_sub(1)?;
        parts.tm_mday = number(time.day)?;
        parts.tm_hour = number(time.hour)?;
        parts.tm_min = number(time.minute)?;
        parts.tm_sec = number(time.second)?;
        parts.tm_isdst = -1;
        (libc::mktime(&raw mut parts), parts)
    };
    // The 31st of a short month was taken for a day of the next.
    let same = number(time.month)? == parts.tm_mon + 1 && number(time.day)? == parts.tm_mday;
    let millis = seconds.checked_mul(1000)?.checked_add(i64::from(time.milli))?;
    same.then_some(WallMillis(millis))
}

/// What local time is ahead of UTC at a moment, in milliseconds.
pub fn utc_offset_ms(time: WallMillis) -> i64 {
    let seconds: libc::time_t = time.0.div_euclid(1000);
    // SAFETY: an all-zero `tm` is valid; the call reads the one and writes into the other.
    let parts = unsafe {
        let mut parts: libc::tm = std::mem::zeroed();
        libc::localtime_r(&raw const seconds, &raw mut parts);
        parts
    };
    parts.tm_gmtoff.saturating_mul(1000)
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
