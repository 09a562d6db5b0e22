//! The measured part of a run: after the warm-up, before the end.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::load::clock::nanoseconds;

/// Longest latency told from longer ones: ten minutes.
const LATENCY_MAX: u64 = 600_000_000_000;

/// How long a run measures, and after what.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Load before the measuring starts.
    pub warm_up: Duration,
    /// Length of the measured part, if it has one.
    pub duration: Option<Duration>,
    /// Sends after which the run ends, if it has such a number. The warm-up's count too.
    pub count: Option<u64>,
}

impl Span {
    /// When measuring starts, nanoseconds of the run's clock.
    pub fn opens(&self) -> u64 {
        nanoseconds(self.warm_up)
    }

    /// When the load ends.
    pub fn closes(&self) -> u64 {
        self.duration.map_or(u64::MAX, |time| self.opens().saturating_add(nanoseconds(time)))
    }
}

/// What was measured in a window.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Nanoseconds from due to answered, of the sends due in the window.
    pub latency: Histogram<u64>,
    /// Answers that came in the window.
    pub answered: u64,
    /// When the window opened, nanoseconds of the run's clock.
    pub opened: u64,
    /// When it closed.
    pub closed: u64,
}

impl Measured {
    /// Nothing yet.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        let latency = Histogram::new_with_bounds(1, LATENCY_MAX, 3)?;
        Ok(Self { latency, answered: 0, opened: 0, closed: 0 })
    }

    /// Adds what another worker measured in the same window.
    pub fn merge(&mut self, other: &Self) {
        // Both have the same bounds, so nothing is out of range.
        let _ = self.latency.add(&other.latency);
        self.answered += other.answered;
        self.opened = self.opened.min(other.opened);
        self.closed = self.closed.max(other.closed);
    }

    /// Seconds that the window was open.
    pub fn seconds(&self) -> f64 {
        Duration::from_nanos(self.closed.saturating_sub(self.opened)).as_secs_f64()
    }
}

/// Latencies as they are reported, in microseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Percentiles {
    /// Half are faster.
    pub p50: f64,
    /// 99 of 100 are faster.
    pub p99: f64,
    /// 999 of 1000 are faster.
    pub p99_9: f64,
    /// The slowest.
    pub max: f64,
    /// Their average.
    pub mean: f64,
}

impl Percentiles {
    /// Of nanoseconds; all zero when there are none.
    pub fn of(latency: &Histogram<u64>) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^53 ns")]
        let us = |ns: u64| ns as f64 / 1e3;
        Self {
            p50: us(latency.value_at_quantile(0.5)),
            p99: us(latency.value_at_quantile(0.99)),
            p99_9: us(latency.value_at_quantile(0.999)),
            max: us(latency.max()),
            mean: latency.mean() / 1e3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_within_a_thousandth() {
        let mut measured = Measured::new().unwrap();
        for us in 1..=10_000_u64 {
            measured.latency.record(us * 1000).unwrap();
        }
        let shown = Percentiles::of(&measured.latency);
        let expected = [5_000.0, 9_900.0, 9_990.0, 10_000.0, 5_000.5];
        let got = [shown.p50, shown.p99, shown.p99_9, shown.max, shown.mean];
        for (got, expected) in got.iter().zip(expected) {
            assert!((got - expected).abs() <= expected / 1000.0, "{got} for {expected}");
        }
        assert_eq!(Percentiles::of(&Measured::new().unwrap().latency), Percentiles::default());
    }

    #[test]
    fn merged_windows_span_both() {
        let mut one = Measured { opened: 10, closed: 20, answered: 1, ..Measured::new().unwrap() };
        let two = Measured { opened: 5, closed: 15, answered: 2, ..Measured::new().unwrap() };
        one.merge(&two);
        assert_eq!((one.opened, one.closed, one.answered), (5, 20, 3));
    }

    #[test]
    fn a_span_without_a_length_never_closes() {
        let span = Span { warm_up: Duration::from_secs(1), duration: None, count: Some(5) };
        assert_eq!((span.opens(), span.closes()), (1_000_000_000, u64::MAX));
    }
}
