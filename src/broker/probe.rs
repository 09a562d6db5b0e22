//! What the data path counts, per core; the control plane merges it when somebody asks (Java:
//! `StoreStatsService`, `BrokerStatsManager`).

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::time::Duration;

use rustc_hash::FxHashMap;

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

/// Counts by name.
pub type Counts = FxHashMap<Arc<str>, Count>;

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
    /// Stored, by topic.
    pub topics: Counts,
    /// Delivered, by topic and then group.
    pub groups: FxHashMap<Arc<str>, Counts>,
}

impl Totals {
    /// Adds what another core counted.
    pub fn merge(&mut self, other: Self) {
        self.put.merge(other.put);
        self.put_failed += other.put_failed;
        self.put_ms_max = self.put_ms_max.max(other.put_ms_max);
        for (ours, theirs) in self.put_times.iter_mut().zip(other.put_times) {
            *ours += theirs;
        }
        self.found.merge(other.found);
        self.missed += other.missed;
        self.get_ms_max = self.get_ms_max.max(other.get_ms_max);
        merge(&mut self.topics, other.topics);
        for (topic, counts) in other.groups {
            merge(self.groups.entry(topic).or_default(), counts);
        }
    }
}

/// The counters of one core. Cheap enough for every request: a few additions and one look into a
/// hash table.
#[derive(Debug, Default)]
pub struct Probe {
    totals: RefCell<Totals>,
    /// Requests that were refused because too much was waiting.
    pub busy: Cell<u64>,
}

impl Probe {
    /// One put was stored: `messages` in one record or batch of `bytes`, acknowledged after `took`.
    pub fn put(&self, topic: &str, messages: u64, bytes: u64, took: Duration) {
        let mut totals = self.totals.borrow_mut();
        totals.put.add(messages, bytes);
        let ms = millis(took);
        totals.put_ms_max = totals.put_ms_max.max(ms);
        let bucket = PUT_BUCKETS.iter().position(|(bound, _)| ms <= *bound);
        if let Some(count) = bucket.and_then(|at| totals.put_times.get_mut(at)) {
            *count += 1;
        }
        entry(&mut totals.topics, topic).add(messages, bytes);
    }

    /// One put was refused or could not be stored.
    pub fn put_failed(&self) {
        self.totals.borrow_mut().put_failed += 1;
    }

    /// One pull was answered with `messages` of `bytes`; looking for them took `took`.
    pub fn pulled(&self, topic: &str, group: &str, messages: u64, bytes: u64, took: Duration) {
        let mut totals = self.totals.borrow_mut();
        totals.found.add(messages, bytes);
        totals.get_ms_max = totals.get_ms_max.max(millis(took));
        entry(entry(&mut totals.groups, topic), group).add(messages, bytes);
    }

    /// The broker itself has read a message of `bytes` for what counts as a group. Not a pull.
    pub fn read_inside(&self, topic: &str, group: &str, bytes: u64) {
        let mut totals = self.totals.borrow_mut();
        entry(entry(&mut totals.groups, topic), group).add(1, bytes);
    }

    /// One look for records found none.
    pub fn missed(&self) {
        self.totals.borrow_mut().missed += 1;
    }

    /// A topic is gone: so is what was counted for it.
    pub fn forget_topic(&self, topic: &str) {
        let mut totals = self.totals.borrow_mut();
        totals.topics.remove(topic);
        totals.groups.remove(topic);
    }

    /// A group is gone: so is what was counted for it.
    pub fn forget_group(&self, group: &str) {
        self.totals.borrow_mut().groups.retain(|_, groups| {
            groups.remove(group);
            !groups.is_empty()
        });
    }

    /// What was counted so far.
    pub fn totals(&self) -> Totals {
        self.totals.borrow().clone()
    }
}

fn merge(ours: &mut Counts, theirs: Counts) {
    for (name, count) in theirs {
        ours.entry(name).or_default().merge(count);
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cores_add_up() {
        let (one, two) = (Probe::default(), Probe::default());
        one.put("T", 1, 100, Duration::from_micros(900));
        two.put("T", 3, 50, Duration::from_millis(11));
        two.put_failed();
        one.pulled("T", "g", 2, 70, Duration::from_millis(3));
        two.missed();
        let mut totals = one.totals();
        totals.merge(two.totals());
        assert_eq!(totals.put, Count { messages: 4, bytes: 150, times: 2 });
        assert_eq!(totals.topics["T"], totals.put);
        assert_eq!(totals.groups["T"]["g"].messages, 2);
        assert_eq!((totals.put_failed, totals.missed, totals.put_ms_max), (1, 1, 11));
        assert_eq!(totals.put_times[0], 1, "less than a millisecond");
        assert_eq!(totals.put_times[2], 1, "11 ms");
        one.forget_topic("T");
        assert!(one.totals().topics.is_empty() && one.totals().groups.is_empty());
    }
}
