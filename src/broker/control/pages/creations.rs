//! How long creating topics and groups by request takes (Java: `AdminBrokerProcessor`).

use std::time::Duration;

use crate::observability::histogram::{Bounds, Histogram};

/// Bounds of the times, in milliseconds.
pub const LATENCY_MS: Bounds<5> = [10, 100, 1_000, 3_000, 5_000];

/// What was created, or was to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Created {
    /// A consumer group.
    Group,
    /// A topic.
    Topic,
}

/// Times of creations by what, for whom and with what success. Lives on core 0.
#[derive(Debug, Default)]
pub struct Creations {
    kinds: Vec<(Labels, Histogram<5>)>,
}

/// What tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Labels {
    pub what: Created,
    /// It is the broker's own.
    pub is_system: bool,
    pub succeeded: bool,
}

impl Creations {
    /// One is done, or refused.
    pub fn add(&mut self, what: Created, is_system: bool, succeeded: bool, took: Duration) {
        let labels = Labels { what, is_system, succeeded };
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        match self.kinds.iter_mut().find(|(known, _)| *known == labels) {
            Some((_, times)) => times.record(&LATENCY_MS, ms, 1),
            None => {
                let mut times = Histogram::default();
                times.record(&LATENCY_MS, ms, 1);
                self.kinds.push((labels, times));
            }
        }
    }

    /// Those of topics, or of groups.
    pub(super) fn of(&self, what: Created) -> Vec<(Labels, Histogram<5>)> {
        self.kinds.iter().filter(|(labels, _)| labels.what == what).copied().collect()
    }
}
