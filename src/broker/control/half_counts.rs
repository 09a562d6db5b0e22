//! How many half messages are open, by topic: the file `transactionMetrics`, which the next start
//! goes on from (Java: `TransactionMetrics`, `TransactionMetricsFlushService`).
//!
//! As in Java it is a count of what happened, written from time to time: a broker that is killed
//! goes on from what it wrote last.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::broker::control::Control;
use crate::broker::control::facts::each_other;
use crate::broker::control::persist::ConfigFile;
use crate::broker::control::version::version_at;
use crate::broker::core::Core;
use crate::broker::transaction::{Change, take_changes};
use crate::protocol::body::DataVersion;
use crate::protocol::body::transaction::{HalfCount, HalfCounts as Tables};
use crate::rt::clock;
use crate::units::WallMillis;

/// The counts, as of when the shards were last asked. Lives on core 0.
#[derive(Clone, Debug)]
pub struct HalfCounts {
    topics: BTreeMap<String, HalfCount>,
    version: DataVersion,
}

impl HalfCounts {
    /// The counts of a broker that starts: what a file held, if there is one.
    pub fn boot(file: Option<Tables>, now: WallMillis) -> Self {
        let file = file.unwrap_or_default();
        Self {
            topics: file.counts.into_iter().collect(),
            version: file.data_version.unwrap_or_else(|| version_at(now)),
        }
    }

    /// Takes note of what changed in one shard.
    pub fn merge(&mut self, changes: BTreeMap<String, Change>) {
        for (topic, change) in changes {
            let count = self.topics.entry(topic).or_default();
            count.count += change.by;
            count.timestamp = count.timestamp.max(change.at.0);
            self.version.counter += change.times;
            self.version.timestamp = self.version.timestamp.max(change.at.0);
        }
    }

    /// The number of each topic.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i64)> {
        self.topics.iter().map(|(topic, count)| (topic.as_str(), count.count))
    }

    /// What the file holds.
    pub fn tables(&self) -> Tables {
        let counts = self.topics.iter().map(|(topic, count)| (topic.clone(), count.clone()));
        Tables { data_version: Some(self.version.clone()), counts: counts.collect() }
    }
}

impl Control {
    /// Asks every shard what has changed.
    pub(super) async fn ask_half_counts(&self, core: &Rc<Core>) {
        let mut changes = take_changes(core);
        let elsewhere = each_other(core, |other| async move { take_changes(&other) });
        changes.extend(elsewhere.await.into_iter().flatten());
        for changes in changes.into_iter().filter(|changes| !changes.is_empty()) {
            self.half_counts.borrow_mut().merge(changes);
            self.files.changed(ConfigFile::HalfCounts);
        }
    }

    /// Asks every shard what has changed, and writes the file if anything has.
    pub(super) async fn write_half_counts(&self, core: &Rc<Core>) {
        self.ask_half_counts(core).await;
        // A failure was logged, and the next turn tries again.
        let _ = self.write(ConfigFile::HalfCounts).await;
    }

    pub(super) async fn write_half_counts_often(&self, core: &Rc<Core>) {
        // There is a file though nothing has happened yet.
        self.files.changed(ConfigFile::HalfCounts);
        loop {
            clock::sleep(self.config().transactions.counts_flush_interval).await;
            self.write_half_counts(core).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::transaction::Tally;
    use crate::protocol::fastjson::{from_slice, to_vec};

    #[test]
    fn it_goes_on_from_a_file_of_java() {
        let file = include_bytes!("../../../tests/golden/transactions-5.5.0/transactionMetrics");
        let read = || HalfCounts::boot(Some(from_slice(file).unwrap()), WallMillis(5));
        assert_eq!(to_vec(&read().tables()), file, "written as it was read");
        let mut tally = Tally::default();
        for (topic, by, at) in [("A", 1, 7), ("A", 1, 8), ("A", -1, 9), ("B", -1, 8)] {
            tally.note(topic, by, WallMillis(at));
        }
        let mut counts = HalfCounts::boot(None, WallMillis(5));
        counts.merge(tally.take());
        assert!(tally.take().is_empty(), "collected once");
        let version = r#""dataVersion":{"counter":4,"stateVersion":0,"timestamp":9}"#;
        let topics = r#""A":{"count":1,"timeStamp":9},"B":{"count":-1,"timeStamp":8}"#;
        let wanted = format!(r#"{{{version},"transactionCount":{{{topics}}}}}"#);
        assert_eq!(String::from_utf8(to_vec(&counts.tables())).unwrap(), wanted);
    }
}
