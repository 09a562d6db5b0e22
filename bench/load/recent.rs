//! What each second of a run brought, over all its workers.

use std::sync::{Mutex, PoisonError};

use hdrhistogram::Histogram;

use crate::load::window::Measured;

/// Nanoseconds of an interval, at least.
const INTERVAL: u64 = 1_000_000_000;

/// What came in one interval.
#[derive(Clone, Debug)]
pub struct Interval {
    /// Nanoseconds from due to answered.
    pub latency: Histogram<u64>,
    /// Messages answered.
    pub answered: u64,
    /// When it began, nanoseconds of the run's clock.
    pub began: u64,
    /// When it ended.
    pub ended: u64,
}

/// What the workers of a run have in common: the interval that is under way.
#[derive(Debug)]
pub struct Tally(Mutex<Interval>);

impl Tally {
    /// Nothing yet.
    pub fn new() -> Result<Self, hdrhistogram::CreationError> {
        let latency = Measured::new()?.latency;
        Ok(Self(Mutex::new(Interval { latency, answered: 0, began: 0, ended: 0 })))
    }
}

/// What one worker has not shared yet.
#[derive(Debug)]
pub struct Recent<'a> {
    tally: &'a Tally,
    latency: Histogram<u64>,
    answered: u64,
}

impl<'a> Recent<'a> {
    /// Nothing yet.
    pub fn new(tally: &'a Tally) -> Result<Self, hdrhistogram::CreationError> {
        Ok(Self { tally, latency: Measured::new()?.latency, answered: 0 })
    }

    /// Takes one answer to `messages`.
    pub fn record(&mut self, took: u64, messages: u32) {
        self.latency.saturating_record(took);
        self.answered += u64::from(messages);
    }

    /// Adds it to what all workers have. The one that `tells` shows an interval that has ended.
    pub fn share(&mut self, now: u64, tells: bool, last: bool, see: &mut dyn FnMut(&Interval)) {
        let mut interval = self.tally.0.lock().unwrap_or_else(PoisonError::into_inner);
        // All have the same bounds, so nothing is out of range.
        let _ = interval.latency.add(&self.latency);
        interval.answered += self.answered;
        self.latency.reset();
        self.answered = 0;
        let whole = now >= interval.began + INTERVAL || last && interval.answered > 0;
        if tells && whole {
            interval.ended = now;
            see(&interval);
            interval.latency.reset();
            interval.answered = 0;
            interval.began = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_worker_tells_of_all() {
        let tally = Tally::new().unwrap();
        let mut workers = [Recent::new(&tally).unwrap(), Recent::new(&tally).unwrap()];
        let mut told = Vec::new();
        workers.iter_mut().for_each(|worker| worker.record(1_000, 2));
        let mut see = |interval: &Interval| told.push((interval.answered, interval.latency.len()));
        workers[1].share(INTERVAL, false, false, &mut see);
        workers[0].share(INTERVAL, true, false, &mut see);
        workers[0].record(1_000, 1);
        workers[0].share(INTERVAL + 5, true, false, &mut see);
        workers[0].share(INTERVAL + 6, true, true, &mut see);
        workers[0].share(INTERVAL + 7, true, true, &mut see);
        assert_eq!(told, [(4, 2), (1, 1)]);
    }
}
