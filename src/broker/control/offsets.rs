//! How far each consumer group has come in each queue (Java: `ConsumerOffsetManager`).

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::broker::control::version::{next, version_at};
use crate::protocol::body::DataVersion;
use crate::protocol::body::offsets::ConsumerOffsets;
use crate::protocol::fastjson;
use crate::units::WallMillis;

/// Commits between two versions of the table; slaves of a Java broker compare versions.
const COMMITS_PER_VERSION: u64 = 500;

/// Offsets by queue id.
pub type QueueOffsets = BTreeMap<i32, i64>;

/// Offsets of all groups. Lives on core 0.
///
/// Entries are kept under Java's own key, `topic@group`, so that keys of other shapes in a file of
/// Java's (`topic@group@broadcast`) are kept and written back as they were.
#[derive(Debug, Default)]
pub struct Offsets {
    committed: Table,
    pulled: Table,
    resets: Table,
    version: DataVersion,
    commits: u64,
    changed: bool,
}

/// A reset that was forgotten before its group was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    /// The group.
    pub group: String,
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: i32,
}

type Table = FxHashMap<String, QueueOffsets>;

type WireTable = fastjson::Table<String, fastjson::Table<i32, i64>>;

impl Offsets {
    /// The offsets of a broker that starts: what a file held, if there is one.
    pub fn boot(file: Option<ConsumerOffsets>, now: WallMillis) -> Self {
        let Some(file) = file else {
            return Self { version: version_at(now), ..Self::default() };
        };
        Self {
            committed: from_wire(file.offsets),
            pulled: file.pull_offsets.map(from_wire).unwrap_or_default(),
            version: file.data_version.unwrap_or_else(|| version_at(now)),
            ..Self::default()
        }
    }

    /// Records how far a group has come; smaller offsets than before are taken too, as by Java.
    pub fn commit(&mut self, group: &str, topic: &str, queue: i32, offset: i64, now: WallMillis) {
        let queues = entry(&mut self.committed, group, topic);
        let before = queues.insert(queue, offset);
        if before.is_some_and(|before| before > offset) {
            tracing::warn!(group, topic, queue, offset, before, "a group's offset went back");
        }
        self.changed |= before != Some(offset);
        self.commits += 1;
        if self.commits.is_multiple_of(COMMITS_PER_VERSION) {
            next(&mut self.version, now);
        }
    }

    /// Moves a group to `offset`, whatever its members say until they have been told.
    pub fn reset(&mut self, group: &str, topic: &str, queue: i32, offset: i64, now: WallMillis) {
        entry(&mut self.resets, group, topic).insert(queue, offset);
        entry(&mut self.committed, group, topic).insert(queue, offset);
        self.changed = true;
        next(&mut self.version, now);
    }

    /// A pull was answered with the offset of a reset: the group's commits count again.
    pub fn reset_told(&mut self, group: &str, topic: &str, queue: i32) {
        let key = key(group, topic);
        if let Some(queues) = self.resets.get_mut(&key) {
            queues.remove(&queue);
            if queues.is_empty() {
                self.resets.remove(&key);
            }
        }
    }

    /// Whether a reset waits for the group's next pull of this queue.
    pub fn has_reset(&self, group: &str, topic: &str, queue: i32) -> bool {
        let queues = self.resets.get(&key(group, topic));
        queues.is_some_and(|queues| queues.contains_key(&queue))
    }

    /// How far a group has come in a queue.
    pub fn committed(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        self.committed.get(&key(group, topic))?.get(&queue).copied()
    }

    /// How far a group has come in each queue of a topic.
    pub fn of_topic(&self, group: &str, topic: &str) -> QueueOffsets {
        self.committed.get(&key(group, topic)).cloned().unwrap_or_default()
    }

    /// Up to where a group had pulled, as the file says. Since the start its queues' owners know.
    pub fn pulled_to(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        self.pulled.get(&key(group, topic))?.get(&queue).copied()
    }

    /// The topics that a group has offsets for, sorted.
    pub fn topics_of(&self, group: &str) -> BTreeSet<String> {
        self.parts().filter(|(_, g, _)| *g == group).map(|(topic, ..)| topic.to_owned()).collect()
    }

    /// The groups that have offsets for a topic, sorted.
    pub fn groups_of(&self, topic: &str) -> BTreeSet<String> {
        self.parts().filter(|(t, ..)| *t == topic).map(|(_, group, _)| group.to_owned()).collect()
    }

    /// The smallest offset of any group per queue of a topic, groups in `without` left out.
    pub fn smallest(&self, topic: &str, without: &[&str]) -> QueueOffsets {
        let mut smallest = QueueOffsets::new();
        for (_, _, queues) in
            self.parts().filter(|(t, group, _)| *t == topic && !without.contains(group))
        {
            for (&queue, &offset) in queues {
                let kept = smallest.entry(queue).or_insert(offset);
                *kept = offset.min(*kept);
            }
        }
        smallest
    }

    /// Gives `to` the offsets that `from` has in a topic.
    pub fn copy(&mut self, from: &str, to: &str, topic: &str, now: WallMillis) {
        let queues = self.of_topic(from, topic);
        if !queues.is_empty() {
            self.committed.insert(key(to, topic), queues);
            self.changed = true;
            next(&mut self.version, now);
        }
    }

    /// Forgets a group. Returns the resets that it will not be told of any more.
    pub fn remove_group(&mut self, group: &str) -> Vec<Untold> {
        self.remove(|_, other| other == group)
    }

    /// Forgets a topic. Returns the resets that no group will be told of any more.
    pub fn remove_topic(&mut self, topic: &str) -> Vec<Untold> {
        self.remove(|other, _| other == topic)
    }

    /// What a file, or a slave that asks, gets.
    pub fn tables(&self) -> ConsumerOffsets {
        let mut topics: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (topic, group, _) in self.parts() {
            topics.entry(group).or_default().insert(topic);
        }
        let owned = |names: BTreeSet<&str>| names.into_iter().map(str::to_owned).collect();
        let topics = topics.into_iter().map(|(group, names)| (group.to_owned(), owned(names)));
        ConsumerOffsets {
            data_version: Some(self.version.clone()),
            group_topics: Some(topics.collect()),
            offsets: to_wire(&self.committed),
            pull_offsets: Some(to_wire(&self.pulled)),
        }
    }

    /// Whether something changed since this was last asked.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    fn remove(&mut self, gone: impl Fn(&str, &str) -> bool) -> Vec<Untold> {
        let untold = self.resets.iter().filter_map(|(key, queues)| {
            let (topic, group) = split(key).filter(|(topic, group)| gone(topic, group))?;
            Some((topic, group, queues))
        });
        let untold = untold
            .flat_map(|(topic, group, queues)| {
                let untold = |queue: &i32| Untold {
                    group: group.to_owned(),
                    topic: topic.to_owned(),
                    queue: *queue,
                };
                queues.keys().map(untold).collect::<Vec<_>>()
            })
            .collect();
        for table in [&mut self.committed, &mut self.pulled, &mut self.resets] {
            let before = table.len();
            table.retain(|key, _| !split(key).is_some_and(|(topic, group)| gone(topic, group)));
            self.changed |= table.len() != before;
        }
        untold
    }

    fn parts(&self) -> impl Iterator<Item = (&str, &str, &QueueOffsets)> {
        self.committed
            .iter()
            .filter_map(|(key, queues)| split(key).map(|(topic, group)| (topic, group, queues)))
    }
}

fn from_wire(table: WireTable) -> Table {
    table.into_iter().map(|(key, queues)| (key, queues.into_iter().collect())).collect()
}

fn to_wire(table: &Table) -> WireTable {
    let queues = |queues: &QueueOffsets| queues.iter().map(|(k, v)| (*k, *v)).collect();
    let mut wire: WireTable = table.iter().map(|(key, of)| (key.clone(), queues(of))).collect();
    // So that the same offsets are the same text.
    wire.sort();
    wire
}

fn key(group: &str, topic: &str) -> String {
    format!("{topic}@{group}")
}

fn entry<'a>(table: &'a mut Table, group: &str, topic: &str) -> &'a mut QueueOffsets {
    table.entry(key(group, topic)).or_default()
}

/// Topic and group of a key; neither name may hold an `@`.
fn split(key: &str) -> Option<(&str, &str)> {
    key.split_once('@').filter(|(_, group)| !group.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallMillis = WallMillis(1_000);

    #[test]
    fn what_was_committed_last_counts() {
        let mut offsets = Offsets::default();
        offsets.commit("g", "T", 0, 7, NOW);
        offsets.commit("g", "T", 0, 5, NOW);
        offsets.commit("g", "T", 1, 1, NOW);
        assert_eq!(offsets.committed("g", "T", 0), Some(5));
        assert_eq!(offsets.of_topic("g", "T"), QueueOffsets::from([(0, 5), (1, 1)]));
        assert_eq!(offsets.committed("g", "T", 2), None);
        assert_eq!(offsets.committed("other", "T", 0), None);
    }

    #[test]
    fn only_a_change_asks_for_a_write() {
        let mut offsets = Offsets::default();
        assert!(!offsets.take_changed());
        offsets.commit("g", "T", 0, 7, NOW);
        assert!(offsets.take_changed());
        offsets.commit("g", "T", 0, 7, NOW);
        assert!(!offsets.take_changed());
    }

    #[test]
    fn a_reset_holds_until_it_was_told() {
        let mut offsets = Offsets::default();
        offsets.commit("g", "T", 0, 7, NOW);
        offsets.reset("g", "T", 0, 2, NOW);
        assert!(offsets.has_reset("g", "T", 0) && !offsets.has_reset("g", "T", 1));
        assert_eq!(offsets.committed("g", "T", 0), Some(2));
        offsets.reset_told("g", "T", 0);
        assert!(!offsets.has_reset("g", "T", 0));
        assert_eq!(offsets.committed("g", "T", 0), Some(2));
        offsets.reset("g", "T", 1, 2, NOW);
        let untold = Untold { group: "g".to_owned(), topic: "T".to_owned(), queue: 1 };
        assert_eq!(offsets.remove_group("g"), [untold]);
        assert!(!offsets.has_reset("g", "T", 1));
    }

    #[test]
    fn groups_and_topics_are_found_and_forgotten() {
        let mut offsets = Offsets::default();
        for (group, topic) in [("g", "T"), ("g", "U"), ("h", "T")] {
            offsets.commit(group, topic, 0, 4, NOW);
            entry(&mut offsets.pulled, group, topic).insert(0, 6);
        }
        offsets.commit("h", "T", 0, 3, NOW);
        assert_eq!(offsets.topics_of("g"), BTreeSet::from(["T".to_owned(), "U".to_owned()]));
        assert_eq!(offsets.groups_of("T"), BTreeSet::from(["g".to_owned(), "h".to_owned()]));
        assert_eq!(offsets.smallest("T", &[]), QueueOffsets::from([(0, 3)]));
        assert_eq!(offsets.smallest("T", &["h"]), QueueOffsets::from([(0, 4)]));
        offsets.copy("g", "new", "U", NOW);
        assert_eq!(offsets.committed("new", "U", 0), Some(4));
        offsets.remove_group("g");
        assert_eq!(offsets.committed("g", "T", 0), None);
        assert_eq!(offsets.pulled_to("g", "U", 0), None);
        assert_eq!(offsets.committed("h", "T", 0), Some(3));
        offsets.remove_topic("T");
        assert_eq!(offsets.committed("h", "T", 0), None);
        assert_eq!(offsets.committed("new", "U", 0), Some(4));
    }

    #[test]
    fn the_version_moves_every_500_commits() {
        let mut offsets = Offsets::default();
        let before = offsets.tables().data_version;
        for offset in 1..=499 {
            offsets.commit("g", "T", 0, offset, NOW);
        }
        assert_eq!(offsets.tables().data_version, before);
        offsets.commit("g", "T", 0, 500, NOW);
        assert_ne!(offsets.tables().data_version, before);
    }

    #[test]
    fn keys_of_other_shapes_outlive_everything() {
        let mut offsets = Offsets::default();
        offsets.committed.insert("T@g@broadcast".to_owned(), QueueOffsets::from([(0, 1)]));
        offsets.remove_group("g");
        offsets.remove_topic("T");
        assert!(offsets.topics_of("g").is_empty());
        assert_eq!(offsets.tables().offsets.len(), 1);
    }
}
