//! How far the delay levels have come: for `delayOffset.json`, and for who asks (Java:
//! `ScheduleMessageService`). The levels themselves run where their queues are, and are asked.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::broker::control::Control;
use crate::broker::control::facts::each_other;
use crate::broker::control::persist::ConfigFile;
use crate::broker::control::version::{next, version_at};
use crate::broker::core::Core;
use crate::broker::delay::{Progress, Schedule};
use crate::config::broker::BrokerRole;
use crate::protocol::body::DataVersion;
use crate::protocol::body::offsets::DelayOffsets;
use crate::rt::clock;
use crate::store::Poison;
use crate::units::WallMillis;

/// The progress of all levels, as of when they were last asked. Lives on core 0. Levels that this
/// configuration does not have stay in it, and in the file.
#[derive(Debug, Default)]
pub struct Delays {
    offsets: BTreeMap<i32, i64>,
    ends: BTreeMap<i32, i64>,
    version: DataVersion,
    /// Deliveries that no version counts yet.
    unversioned: u64,
}

impl Delays {
    /// The progress of a broker that starts: what a file held, if there is one.
    pub fn boot(file: Option<DelayOffsets>, now: WallMillis) -> Self {
        let file = file.unwrap_or_default();
        Self {
            offsets: file.offsets.into_iter().collect(),
            version: file.data_version.unwrap_or_else(|| version_at(now)),
            ..Self::default()
        }
    }

    /// Takes note of what the levels say; whether anything is new. The version moves once for
    /// every `per_version` deliveries.
    pub fn note(&mut self, levels: Vec<Progress>, per_version: u64, now: WallMillis) -> bool {
        let mut changed = false;
        for Progress { level, offset, max, deliveries } in levels {
            changed |= self.offsets.insert(level, offset) != Some(offset);
            self.ends.insert(level, max);
            self.unversioned += deliveries;
        }
        while self.unversioned >= per_version.max(1) {
            self.unversioned -= per_version.max(1);
            next(&mut self.version, now);
        }
        changed
    }

    /// Of each level with progress: the level, its offset, and the end of its queue.
    pub fn iter(&self) -> impl Iterator<Item = (i32, i64, i64)> + '_ {
        let end = |level| self.ends.get(level).copied().unwrap_or(0);
        self.offsets.iter().map(move |(level, offset)| (*level, *offset, end(level)))
    }

    /// What the file holds, and the answer to 45.
    pub fn tables(&self) -> DelayOffsets {
        DelayOffsets {
            data_version: Some(self.version.clone()),
            offsets: self.offsets.iter().map(|(level, offset)| (*level, *offset)).collect(),
        }
    }
}

impl Control {
    /// Starts delayed delivery on every core, where the file left off. A slave delivers nothing:
    /// its master does.
    pub async fn start_schedule(&self, core: &Rc<Core>) {
        if self.config().identity.role == BrokerRole::Slave {
            return;
        }
        let offsets = self.delays.borrow().offsets.clone();
        let there = offsets.clone();
        each_other(core, move |other| async move { Schedule::start(&other, &there) }).await;
        Schedule::start(core, &offsets);
    }

    /// Asks every level how far it has come.
    pub(super) async fn ask_delays(&self, core: &Rc<Core>) {
        let mut levels = core.schedule.progress(core);
        let elsewhere = each_other(core, |other| async move { other.schedule.progress(&other) });
        levels.extend(elsewhere.await.into_iter().flatten());
        let per_version = self.config().delays.deliveries_per_version;
        if self.delays.borrow_mut().note(levels, per_version, clock::wall_ms()) {
            self.files.changed(ConfigFile::DelayOffsets);
        }
    }

    /// Writes how far the levels have come, if they have. What they delivered is made durable
    /// before: a file that outlives the loss of power must not claim what does not.
    pub(super) async fn write_delays(&self, core: &Rc<Core>) {
        self.ask_delays(core).await;
        if !self.files.is_behind(ConfigFile::DelayOffsets) {
            return;
        }
        let mut synced = each_other(core, |other| async move { sync(&other).await }).await;
        synced.push(sync(core).await);
        if synced.into_iter().all(|synced| synced.is_ok()) {
            // A failure was logged, and the next turn tries again.
            let _ = self.write(ConfigFile::DelayOffsets).await;
        }
    }
}

async fn sync(core: &Core) -> Result<(), Poison> {
    for shard in core.shards() {
        shard.sync().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::fastjson::{from_slice, to_vec};

    const NOW: WallMillis = WallMillis(1_000);

    fn progress(level: i32, offset: i64, deliveries: u64) -> Progress {
        Progress { level, offset, max: offset + 1, deliveries }
    }

    fn text(delays: &Delays) -> String {
        String::from_utf8(to_vec(&delays.tables())).unwrap()
    }

    #[test]
    fn it_goes_on_from_a_file_and_keeps_levels_it_does_not_have() {
        let file = br#"{"dataVersion":{"counter":3,"stateVersion":0,"timestamp":9},
            "offsetTable":{1:100,"30":20}}"#;
        let mut delays = Delays::boot(Some(from_slice(file).unwrap()), NOW);
        assert!(!delays.note(vec![progress(1, 100, 0)], 200, NOW));
        assert!(delays.note(vec![progress(1, 499, 399), progress(2, 0, 0)], 200, NOW));
        let wanted = r#"{"dataVersion":{"counter":4,"stateVersion":0,"timestamp":1000},"#;
        let wanted = format!(r#"{wanted}"offsetTable":{{1:499,2:0,30:20}}}}"#);
        assert_eq!(text(&delays), wanted);
        assert!(delays.note(vec![progress(1, 500, 1)], 200, NOW));
        assert!(text(&delays).contains("\"counter\":5"), "the four hundredth delivery");
        assert_eq!(delays.iter().collect::<Vec<_>>(), [(1, 500, 501), (2, 0, 1), (30, 20, 0)]);
    }

    #[test]
    fn a_file_of_4_x_has_no_version() {
        let file = br#"{"offsetTable":{1:7}}"#;
        let delays = Delays::boot(Some(from_slice(file).unwrap()), NOW);
        let wanted = r#"{"dataVersion":{"counter":0,"stateVersion":0,"timestamp":1000},"#;
        let wanted = format!(r#"{wanted}"offsetTable":{{1:7}}}}"#);
        assert_eq!(text(&delays), wanted);
    }
}
