//! Time since a run began, in nanoseconds.

use std::time::{Duration, Instant};

/// The clock of one run; copies agree.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    began: Instant,
}

impl Clock {
    /// A clock that shows zero now.
    pub fn start() -> Self {
        Self { began: Instant::now() }
    }

    /// Nanoseconds since it was started.
    pub fn now(&self) -> u64 {
        nanoseconds(self.began.elapsed())
    }

    /// What it showed at an instant; zero before it was started.
    pub fn at(&self, instant: Instant) -> u64 {
        nanoseconds(instant.saturating_duration_since(self.began))
    }
}

/// A span in nanoseconds.
pub fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}
