//! What the data path counts, per core; the control plane merges it when somebody asks (Java:
//! `StoreStatsService`, `BrokerStatsManager`, `BrokerMetricsManager`).
//!
//! One source: what mqadmin's statistics say and what Prometheus reads are these numbers.

mod calls;
mod kind;
mod named;
#[cfg(test)]
mod tests;

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::limits::STATS_PAIRS_MAX;
use crate::observability::histogram::Histogram;
use crate::rt::spawn;

pub use calls::{Call, Calls, LATENCY_US as CALL_LATENCY_US, UNKNOWN};
pub use kind::{Kind, SIZE_BYTES, Signs};
pub use named::{
    DELAY_SECONDS, FINISH_SECONDS, GroupTotals, KindTotals, LATE_MS, QueueTimes, Times,
    TopicTotals, TransactionTotals,
};

/// Upper bounds of the buckets of put times in milliseconds, and their names for tools. The last
/// bucket has no bound.
pub const PUT_BUCKETS: [(u64, &str); 13] = [
    (0, "[<=0ms]"),
    (10, "[0~10ms]"),
    (50, "[10~50ms]"),
    (100, "[50~100ms]"),
    (200, "[100~200ms]"),
    (500, "[200~500ms]"),
    (1_000, "[500ms~1s]"),
    (2_000, "[1~2s]"),
    (3_000, "[2~3s]"),
    (4_000, "[3~4s]"),
    (5_000, "[4~5s]"),
    (10_000, "[5~10s]"),
    (u64::MAX, "[10s~]"),
];

/// How often something happened, and how many bytes it moved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Messages.
    pub messages: u64,
    /// Bytes of records.
    pub bytes: u64,
    /// Requests.
    pub times: u64,
}

impl Count {
    fn add(&mut self, messages: u64, bytes: u64) {
        self.messages += messages;
        self.bytes += bytes;
        self.times += 1;
    }

    fn merge(&mut self, other: Self) {
        self.messages += other.messages;
        self.bytes += other.bytes;
        self.times += other.times;
    }
}

/// What was counted for the groups of a topic, by group.
pub type GroupTable = FxHashMap<Arc<str>, GroupTotals>;

/// Counters since the start of the process. One core's, or several merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Messages stored.
    pub put: Count,
    /// Puts that failed.
    pub put_failed: u64,
    /// The slowest put, in milliseconds.
    pub put_ms_max: u64,
    /// Puts by time taken, see [`PUT_BUCKETS`].
    pub put_times: [u64; PUT_BUCKETS.len()],
    /// Pulls that found records; what they took.
    pub found: Count,
    /// Pulls that found nothing.
    pub missed: u64,
    /// The slowest look for records, in milliseconds.
    pub get_ms_max: u64,
    /// Requests that were answered.
    pub calls: Calls,
    /// Stored, by topic.
    pub topics: FxHashMap<Arc<str>, TopicTotals>,
    /// Delivered and given back, by topic and then group.
    pub groups: FxHashMap<Arc<str>, GroupTable>,
    /// How transactions ended, by topic.
    pub transactions: FxHashMap<Arc<str>, TransactionTotals>,
    /// The delays that delivered messages had asked for, by topic, see [`DELAY_SECONDS`].
    pub delays: FxHashMap<Arc<str>, Histogram<6>>,
    /// How late they were, see [`LATE_MS`].
    pub lateness: Histogram<10>,
}

impl Totals {
    /// Adds what another core counted.
    pub fn merge(&mut self, mut other: Self) {
        self.merge_sums(&mut other);
        for (topic, totals) in other.topics {
            self.topics.entry(topic).or_default().merge(totals);
        }
        for (topic, groups) in other.groups {
            self.merge_groups(topic, groups);
        }
    }

    /// As [`Totals::merge`], with a break for other tasks every so many topics.
    pub async fn merge_slowly(&mut self, mut other: Self) {
        self.merge_sums(&mut other);
        let mut pace = Pace::every(TOPICS_AT_ONCE);
        for (topic, totals) in other.topics {
            self.topics.entry(topic).or_default().merge(totals);
            pace.step().await;
        }
        for (topic, groups) in other.groups {
            self.merge_groups(topic, groups);
            pace.step().await;
        }
    }

    fn merge_sums(&mut self, other: &mut Self) {
        self.put.merge(other.put);
        self.put_failed += other.put_failed;
        self.put_ms_max = self.put_ms_max.max(other.put_ms_max);
        for (ours, theirs) in self.put_times.iter_mut().zip(other.put_times) {
            *ours += theirs;
        }
        self.found.merge(other.found);
        self.missed += other.missed;
        self.get_ms_max = self.get_ms_max.max(other.get_ms_max);
        self.calls.merge(std::mem::take(&mut other.calls));
        for (topic, totals) in std::mem::take(&mut other.transactions) {
            self.transactions.entry(topic).or_default().merge(&totals);
        }
        for (topic, delays) in std::mem::take(&mut other.delays) {
            self.delays.entry(topic).or_default().merge(&delays);
        }
        self.lateness.merge(&other.lateness);
    }

    fn merge_groups(&mut self, topic: Arc<str>, groups: GroupTable) {
        let ours = self.groups.entry(topic).or_default();
        for (group, totals) in groups {
            ours.entry(group).or_default().merge(totals);
        }
    }
}

/// The counters of one core. Cheap enough for every request: a few additions and one look into a
/// hash table or two.
#[derive(Debug, Default)]
pub struct Probe {
    totals: RefCell<Totals>,
    /// Entries of its `groups`, of all topics.
    pairs: Cell<usize>,
}

/// One put that was stored.
#[derive(Clone, Copy, Debug)]
pub struct Put<'a> {
    /// Where.
    pub topic: &'a str,
    /// Where.
    pub queue: i32,
    /// What sort of message, of a batch its first.
    pub kind: Kind,
    /// Messages in one record or batch.
    pub messages: u64,
    /// Bytes of its records.
    pub bytes: u64,
    /// From the append to the acknowledgement.
    pub took: Duration,
}

/// One pull that was answered with messages.
#[derive(Clone, Copy, Debug)]
pub struct Pulled<'a> {
    /// From where.
    pub topic: &'a str,
    /// From where.
    pub queue: i32,
    /// For whom.
    pub group: &'a str,
    /// How many.
    pub messages: u64,
    /// Bytes of their records.
    pub bytes: u64,
    /// The offset behind the last of them.
    pub next: i64,
    /// How long looking for them took.
    pub took: Duration,
}

impl Probe {
    /// One put was stored.
    pub fn put(&self, put: Put<'_>) {
        let mut totals = self.totals.borrow_mut();
        totals.put.add(put.messages, put.bytes);
        let ms = millis(put.took);
        totals.put_ms_max = totals.put_ms_max.max(ms);
        let bucket = PUT_BUCKETS.iter().position(|(bound, _)| ms <= *bound);
        if let Some(count) = bucket.and_then(|at| totals.put_times.get_mut(at)) {
            *count += 1;
        }
        entry(&mut totals.topics, put.topic).put(&put, ms);
    }

    /// One put was refused or could not be stored.
    pub fn put_failed(&self) {
        self.totals.borrow_mut().put_failed += 1;
    }

    /// One pull was answered with messages.
    pub fn pulled(&self, pulled: Pulled<'_>) {
        let mut totals = self.totals.borrow_mut();
        totals.found.add(pulled.messages, pulled.bytes);
        let ms = millis(pulled.took);
        totals.get_ms_max = totals.get_ms_max.max(ms);
        if let Some(pair) = self.pair(&mut totals, pulled.topic, pulled.group) {
            pair.got.add(pulled.messages, pulled.bytes);
            pair.queues.add(pulled.queue, ms, pulled.next);
        }
    }

    /// The offset behind the last message of a queue of this core that a group was given.
    pub fn reached(&self, topic: &str, group: &str, queue: i32) -> Option<i64> {
        let totals = self.totals.borrow();
        let times = totals.groups.get(topic)?.get(group)?.queues.of(queue)?;
        Some(times.reached)
    }

    /// The broker itself has read a message of `bytes` for what counts as a group. Not a pull.
    pub fn read_inside(&self, topic: &str, group: &str, bytes: u64) {
        let mut totals = self.totals.borrow_mut();
        if let Some(pair) = self.pair(&mut totals, topic, group) {
            pair.got.add(1, bytes);
        }
    }

    /// One look for records found none.
    pub fn missed(&self) {
        self.totals.borrow_mut().missed += 1;
    }

    /// A request was answered, or carried out without an answer, `took` after it came in.
    pub fn called(&self, call: Call, took: Duration) {
        self.totals.borrow_mut().calls.add(call, took);
    }

    /// A consumer gave a message back, to be delivered to its group again. `topic` is the one the
    /// group subscribes to (Java: `incSendBackNums`).
    pub fn sent_back(&self, topic: &str, group: &str) {
        let mut totals = self.totals.borrow_mut();
        if let Some(pair) = self.pair(&mut totals, topic, group) {
            pair.sent_back += 1;
        }
    }

    /// A message was given up and went to the dead letters of a group (Java: `DLQ_PUT_NUMS`,
    /// `sendToDlqMessages`).
    pub fn dead_lettered(&self, topic: &str, group: &str) {
        let mut totals = self.totals.borrow_mut();
        if let Some(pair) = self.pair(&mut totals, topic, group) {
            pair.dead_lettered += 1;
        }
    }

    /// A transaction was committed, this long after its message was sent (Java:
    /// `commitMessagesTotal`, `transactionFinishLatency`).
    pub fn committed(&self, topic: &str, age: Duration) {
        entry(&mut self.totals.borrow_mut().transactions, topic).commit(age);
    }

    /// A transaction was rolled back (Java: `rollBackMessagesTotal`).
    pub fn rolled_back(&self, topic: &str) {
        entry(&mut self.totals.borrow_mut().transactions, topic).rolled_back += 1;
    }

    /// A message of a delay level was delivered: `asked` after it was made, and `late` by so much
    /// (Java: `timerMessageSetLatency`, which knows timers only).
    pub fn delayed(&self, topic: &str, asked: Duration, late: Duration) {
        let mut totals = self.totals.borrow_mut();
        totals.lateness.record(&LATE_MS, millis(late), 1);
        entry(&mut totals.delays, topic).record(&DELAY_SECONDS, asked.as_secs(), 1);
    }

    /// The counters of a topic and group. `None` when there are [`STATS_PAIRS_MAX`] others.
    fn pair<'a>(
        &self,
        totals: &'a mut Totals,
        topic: &str,
        group: &str,
    ) -> Option<&'a mut GroupTotals> {
        let known = totals.groups.get(topic).is_some_and(|groups| groups.contains_key(group));
        if !known {
            if self.pairs.get() >= STATS_PAIRS_MAX {
                return None;
            }
            self.pairs.update(|pairs| pairs + 1);
        }
        Some(entry(entry(&mut totals.groups, topic), group))
    }

    /// A topic is gone: so is what was counted for it.
    pub fn forget_topic(&self, topic: &str) {
        let mut totals = self.totals.borrow_mut();
        totals.topics.remove(topic);
        totals.transactions.remove(topic);
        totals.delays.remove(topic);
        let gone = totals.groups.remove(topic).map_or(0, |groups| groups.len());
        self.pairs.update(|pairs| pairs - gone);
    }

    /// A group is gone: so is what was counted for it.
    pub fn forget_group(&self, group: &str) {
        let mut totals = self.totals.borrow_mut();
        let mut gone = 0;
        totals.groups.retain(|_, groups| {
            gone += usize::from(groups.remove(group).is_some());
            !groups.is_empty()
        });
        self.pairs.update(|pairs| pairs - gone);
    }

    /// What was counted so far.
    pub fn totals(&self) -> Totals {
        self.totals.borrow().clone()
    }

    /// As [`Probe::totals`], with a break for other tasks every so many topics. What is counted
    /// meanwhile may be in it or not.
    pub async fn totals_slowly(&self) -> Totals {
        let (mut copy, topics, grouped) = {
            let totals = self.totals.borrow();
            let topics: Vec<Arc<str>> = totals.topics.keys().cloned().collect();
            let grouped: Vec<Arc<str>> = totals.groups.keys().cloned().collect();
            (totals.without_names(), topics, grouped)
        };
        let mut pace = Pace::every(TOPICS_AT_ONCE);
        for topic in topics {
            if let Some(totals) = self.totals.borrow().topics.get(&topic) {
                copy.topics.insert(topic, totals.clone());
            }
            pace.step().await;
        }
        for topic in grouped {
            if let Some(groups) = self.totals.borrow().groups.get(&topic) {
                copy.groups.insert(topic, groups.clone());
            }
            pace.step().await;
        }
        copy
    }
}

impl Totals {
    /// All but what is kept by topic.
    fn without_names(&self) -> Self {
        Self {
            calls: self.calls.clone(),
            topics: FxHashMap::default(),
            groups: FxHashMap::default(),
            transactions: self.transactions.clone(),
            delays: self.delays.clone(),
            ..*self
        }
    }
}

/// Lets the other tasks of a core run every so many steps of long work.
#[derive(Debug)]
pub struct Pace {
    every: u32,
    steps: u32,
}

impl Pace {
    /// A break after so many steps. They should take some tens of microseconds together.
    pub fn every(steps: u32) -> Self {
        Self { every: steps, steps: 0 }
    }

    /// One step is done.
    pub async fn step(&mut self) {
        self.steps += 1;
        if self.steps.is_multiple_of(self.every) {
            spawn::yield_now().await;
        }
    }
}

/// Topics that are copied or merged without a break.
const TOPICS_AT_ONCE: u32 = 128;

/// The value of a name. The name is copied only when it is new.
fn entry<'a, V: Default>(table: &'a mut FxHashMap<Arc<str>, V>, name: &str) -> &'a mut V {
    if !table.contains_key(name) {
        table.insert(name.into(), V::default());
    }
    match table.get_mut(name) {
        Some(value) => value,
        None => unreachable!("it was put there if it was missing"),
    }
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
