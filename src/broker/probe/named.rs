//! What is counted for one topic, one group of it, one queue.

use std::time::Duration;

use crate::limits::STATS_QUEUES_MAX;
use crate::observability::histogram::{Bounds, Histogram};

use super::kind::{Kind, SIZE_BYTES};
use super::{Count, Put};

/// Bounds of the age of transactions when they are committed, in seconds (Java:
/// `BrokerMetricsManager.commitLatencyBuckets`).
pub const FINISH_SECONDS: Bounds<6> = [5, 60, 600, 3_600, 43_200, 86_400];

/// Bounds of the delays that messages ask for, in seconds (Java:
/// `DefaultStoreMetricsManager.getMetricsView`).
pub const DELAY_SECONDS: Bounds<6> = [60, 600, 3_600, 43_200, 86_400, 259_200];

/// Bounds of the time from when a delayed message was due until it was delivered, in milliseconds.
pub const LATE_MS: Bounds<10> = [1, 5, 10, 50, 100, 500, 1_000, 5_000, 10_000, 60_000];

/// How often something took how long.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// How often.
    pub times: u64,
    /// All of it together, in milliseconds.
    pub ms: u64,
    /// Of pulls: the offset behind the last message delivered.
    pub reached: i64,
}

/// Times by queue, of one topic or of one group of it. At most [`STATS_QUEUES_MAX`] queues.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QueueTimes {
    /// Sorted by queue.
    queues: Vec<(i32, Times)>,
}

impl QueueTimes {
    pub(super) fn add(&mut self, queue: i32, ms: u64, reached: i64) {
        self.merge_one(queue, Times { times: 1, ms, reached });
    }

    fn merge_one(&mut self, queue: i32, more: Times) {
        match self.queues.binary_search_by_key(&queue, |(known, _)| *known) {
            Ok(at) => {
                if let Some((_, times)) = self.queues.get_mut(at) {
                    times.times += more.times;
                    times.ms += more.ms;
                    times.reached = more.reached;
                }
            }
            Err(at) if self.queues.len() < STATS_QUEUES_MAX => {
                self.queues.insert(at, (queue, more))
            }
            Err(_) => {}
        }
    }

    /// Those of a queue, if anything was counted for it.
    pub fn of(&self, queue: i32) -> Option<Times> {
        let at = self.queues.binary_search_by_key(&queue, |(known, _)| *known).ok()?;
        self.queues.get(at).map(|(_, times)| *times)
    }

    fn merge(&mut self, other: Self) {
        for (queue, times) in other.queues {
            self.merge_one(queue, times);
        }
    }
}

/// Messages of one sort.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindTotals {
    /// Which.
    pub kind: Kind,
    /// How many.
    pub count: Count,
    /// By size, see [`SIZE_BYTES`].
    pub sizes: Histogram<6>,
}

/// What was stored of one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TopicTotals {
    /// All of it.
    pub put: Count,
    /// By sort; in general there is one.
    pub kinds: Vec<KindTotals>,
    /// Time until the acknowledgement.
    pub queues: QueueTimes,
}

impl TopicTotals {
    pub(super) fn put(&mut self, put: &Put<'_>, ms: u64) {
        self.put.add(put.messages, put.bytes);
        self.queues.add(put.queue, ms, 0);
        let totals = self.kind(put.kind);
        totals.count.add(put.messages, put.bytes);
        // As Java: the messages of a batch count with their average size.
        let size = put.bytes.checked_div(put.messages).unwrap_or(0);
        totals.sizes.record(&SIZE_BYTES, size, put.messages);
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.put.merge(other.put);
        self.queues.merge(other.queues);
        for more in other.kinds {
            let totals = self.kind(more.kind);
            totals.count.merge(more.count);
            totals.sizes.merge(&more.sizes);
        }
    }

    fn kind(&mut self, kind: Kind) -> &mut KindTotals {
        let at = match self.kinds.iter().position(|totals| totals.kind == kind) {
            Some(at) => at,
            None => {
                let (count, sizes) = Default::default();
                self.kinds.push(KindTotals { kind, count, sizes });
                self.kinds.len() - 1
            }
        };
        match self.kinds.get_mut(at) {
            Some(totals) => totals,
            None => unreachable!("it was put there if it was missing"),
        }
    }
}

/// What one group did with one topic.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupTotals {
    /// Delivered.
    pub got: Count,
    /// Given back, to be delivered again.
    pub sent_back: u64,
    /// Given up.
    pub dead_lettered: u64,
    /// Time that looking for messages took.
    pub queues: QueueTimes,
}

impl GroupTotals {
    pub(super) fn merge(&mut self, other: Self) {
        self.got.merge(other.got);
        self.sent_back += other.sent_back;
        self.dead_lettered += other.dead_lettered;
        self.queues.merge(other.queues);
    }
}

/// How the transactions of one topic ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TransactionTotals {
    /// Committed, by age, see [`FINISH_SECONDS`].
    pub committed: Histogram<6>,
    /// Rolled back.
    pub rolled_back: u64,
}

impl TransactionTotals {
    pub(super) fn commit(&mut self, age: Duration) {
        self.committed.record(&FINISH_SECONDS, age.as_secs(), 1);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.committed.merge(&other.committed);
        self.rolled_back += other.rolled_back;
    }
}
