//! How the number of open half messages changed, by topic. Pure.

use std::collections::BTreeMap;

use crate::units::WallMillis;

/// What happened to the number of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// How many more there are.
    pub by: i64,
    /// How often it changed.
    pub times: i64,
    /// When it did last.
    pub at: WallMillis,
}

/// Changes that nobody has collected yet.
#[derive(Debug, Default)]
pub struct Tally {
    changes: BTreeMap<String, Change>,
}

impl Tally {
    /// There is one more, or one less, of a topic.
    pub fn note(&mut self, topic: &str, by: i64, at: WallMillis) {
        let change = match self.changes.get_mut(topic) {
            Some(change) => change,
            None => self.changes.entry(topic.to_owned()).or_insert(Change { by: 0, times: 0, at }),
        };
        change.by += by;
        change.times += 1;
        change.at = at;
    }

    /// Hands out the changes since the last call.
    pub fn take(&mut self) -> BTreeMap<String, Change> {
        std::mem::take(&mut self.changes)
    }
}
