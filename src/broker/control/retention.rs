//! Clean-up of the store by age and by use of the disk (Java:
//! `DefaultMessageStore.CleanCommitLogService`).
//!
//! The rules are Java's; what differs is that a round which removes segments before their time
//! stops as soon as the disk has room again, that the segment to go is the oldest of all shards,
//! and that the use of the disk is looked at again right after a round.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use crate::broker::control::Control;
use crate::broker::control::facts::each_other;
use crate::broker::core::Core;
use crate::config::retention::Retention;
use crate::rt::{clock, local_time, spawn};
use crate::store::Oldest;
use crate::units::{CoreId, ShardId, WallMillis};

/// Rounds that a request makes remove what is expired, whatever the hour
/// (Java: `MAX_MANUAL_DELETE_FILE_TIMES`).
const MANUAL_ROUNDS: u32 = 20;

/// Between two looks at the use of the disk, at most; more often if rounds are.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What clean-up remembers from one round to the next. On the control plane's core.
#[derive(Debug, Default)]
pub(super) struct CleanUp {
    /// Rounds left of those that were asked for.
    manual: Cell<u32>,
    /// Sends are refused, since the disk is this full.
    full: Cell<Option<u8>>,
    /// A round is under way.
    running: Cell<bool>,
}

impl CleanUp {
    /// Whether sends are refused, since the disk is full.
    pub(super) fn is_full(&self) -> bool {
        self.full.get().is_some()
    }
}

/// What a round is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    /// Expired segments are to be removed now.
    due: bool,
    /// So are others, until the disk has room.
    forced: bool,
    /// Sends are to be refused.
    full: bool,
}

/// Java's rule. `was_full`: sends are refused now; they are until the disk is below the level at
/// which segments are removed by force, so that it does not go back and forth.
fn judge(rules: &Retention, used_percent: u8, hour: u8, manual: bool, was_full: bool) -> Verdict {
    let over = |percent| used_percent > percent;
    let crowded = over(rules.force_percent) || over(rules.full_percent);
    Verdict {
        due: rules.hours.contains(hour) || manual || crowded || over(rules.delete_percent),
        forced: crowded && rules.forcibly,
        full: over(rules.full_percent) || (was_full && over(rules.force_percent)),
    }
}

impl Control {
    /// Looks at the disk and cleans up, for as long as the process runs.
    pub(super) async fn clean_up(self: Rc<Self>, core: Rc<Core>) {
        let mut next = clock::now() + self.config().store.retention.interval;
        loop {
            self.look_at_disk(&core).await;
            let rules = self.config().store.retention.clone();
            clock::sleep(rules.interval.min(LOOK_EVERY)).await;
            if clock::now() >= next && !self.stopping.get() {
                self.clean_round(&core).await;
                next = clock::now() + rules.interval;
            }
        }
    }

    /// Has expired segments removed now, and in the next rounds, whatever the hour.
    pub(super) fn clean_now(self: &Rc<Self>, core: &Rc<Core>) {
        self.cleaning.manual.set(MANUAL_ROUNDS);
        let (this, core) = (self.clone(), core.clone());
        spawn::spawn(async move { this.clean_round(&core).await }).detach();
    }

    /// Refuses or takes sends as the use of the disk demands; how full it is, in percent.
    async fn look_at_disk(&self, core: &Rc<Core>) -> u8 {
        let used_percent = everywhere(core, used_here).await.into_iter().max().unwrap_or(0);
        let rules = self.config().store.retention.clone();
        let was = self.cleaning.full.get();
        let verdict = judge(&rules, used_percent, NO_HOUR, false, was.is_some());
        let full = verdict.full.then_some(used_percent);
        if was != full {
            match (was, full) {
                (None, Some(_)) => {
                    tracing::error!(used_percent, "the disk is nearly full: sends are refused");
                }
                (Some(_), None) => {
                    tracing::info!(used_percent, "the disk has room again: sends are taken");
                }
                _ => {}
            }
            self.cleaning.full.set(full);
            everywhere(core, move |there| async move {
                there.shards().iter().for_each(|shard| shard.set_disk_full(full));
            })
            .await;
        }
        used_percent
    }

    async fn clean_round(&self, core: &Rc<Core>) {
        if self.cleaning.running.replace(true) {
            return;
        }
        let used_percent = self.look_at_disk(core).await;
        let rules = self.config().store.retention.clone();
        let manual = self.cleaning.manual.get();
        self.cleaning.manual.set(manual.saturating_sub(1));
        let hour = local_time::hour(clock::wall_ms());
        let full = self.cleaning.full.get().is_some();
        let verdict = judge(&rules, used_percent, hour, manual > 0, full);
        if verdict.due {
            let removed = self.remove_segments(core, &rules, verdict.forced).await;
            if removed == 0 && used_percent > rules.delete_percent {
                tracing::warn!(used_percent, "the disk fills up, and no segment can be removed");
            }
        }
        self.cleaning.running.set(false);
    }

    /// Removes expired segments, the oldest first, and while `forced` others as well; how many.
    async fn remove_segments(&self, core: &Rc<Core>, rules: &Retention, mut forced: bool) -> u32 {
        let mut removed = 0;
        while removed < rules.batch_max {
            let oldest = everywhere(core, oldest_here).await.into_iter().flatten();
            let Some((there, shard, oldest)) = oldest.min_by_key(|(.., oldest)| oldest.modified)
            else {
                break;
            };
            if !forced && !is_expired(oldest.modified, rules.kept) {
                break;
            }
            let gone =
                core.run_on(there, move |there| async move { remove(&there, shard, oldest).await });
            if !gone.await {
                break;
            }
            removed += 1;
            clock::sleep(rules.pause).await;
            let used_percent = self.look_at_disk(core).await;
            let expired_only = judge(rules, used_percent, NO_HOUR, false, false);
            forced = forced && expired_only.forced;
        }
        removed
    }
}

/// No hour of the day, where only the use of the disk counts.
const NO_HOUR: u8 = u8::MAX;

fn is_expired(modified: WallMillis, kept: Duration) -> bool {
    let kept_ms = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
    modified.0.saturating_add(kept_ms) < clock::wall_ms().0
}

/// Runs a job on every core.
async fn everywhere<T, F>(
    core: &Rc<Core>,
    job: impl FnOnce(Rc<Core>) -> F + Clone + Send + 'static,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    let mut values = each_other(core, job.clone()).await;
    values.push(job(core.clone()).await);
    values
}

/// How full the fullest disk of this core's shards is, in percent.
async fn used_here(core: Rc<Core>) -> u8 {
    let mut most = 0;
    for shard in core.shards() {
        match shard.disk_used_percent().await {
            Ok(percent) => most = most.max(percent),
            Err(error) => tracing::warn!(%error, "cannot tell how full the disk is"),
        }
    }
    most
}

/// The oldest segment of this core's shards that may go.
async fn oldest_here(core: Rc<Core>) -> Option<(CoreId, ShardId, Oldest)> {
    let mut oldest: Option<(ShardId, Oldest)> = None;
    for shard in core.shards() {
        match shard.oldest_segment().await {
            Ok(Some(found)) => {
                if oldest.is_none_or(|(_, oldest)| found.modified < oldest.modified) {
                    oldest = Some((shard.id(), found));
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "cannot look at the oldest segment"),
        }
    }
    oldest.map(|(shard, oldest)| (core.id, shard, oldest))
}

/// Removes the oldest segment of one shard; whether it is gone.
async fn remove(core: &Rc<Core>, shard: ShardId, oldest: Oldest) -> bool {
    let Some(shard) = core.shard(shard) else { return false };
    let start = oldest.start.0;
    match shard.remove_oldest(oldest).await {
        Ok(true) => {
            tracing::info!(shard = shard.id().0, start, "removed a segment");
            true
        }
        Ok(false) => false,
        Err(error) => {
            tracing::error!(shard = shard.id().0, start, %error, "a segment could not be removed");
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::control::tests::golden::configuration;

    /// `due`, `forced`, `full` of javas defaults: 75, 85 and 90 %, at hour 04.
    fn verdict(used_percent: u8, hour: u8, manual: bool, was_full: bool) -> [bool; 3] {
        let rules = configuration("").config.store.retention;
        let Verdict { due, forced, full } = judge(&rules, used_percent, hour, manual, was_full);
        [due, forced, full]
    }

    #[test]
    fn the_levels_are_javas() {
        let (yes, no) = (true, false);
        for (used, hour, manual, was_full, want) in [
            (75, 3, no, no, [no, no, no]),
            (75, 4, no, no, [yes, no, no]),
            (0, 5, yes, no, [yes, no, no]),
            (76, 5, no, no, [yes, no, no]),
            (85, 5, no, no, [yes, no, no]),
            (86, 5, no, no, [yes, yes, no]),
            (90, 5, no, no, [yes, yes, no]),
            (91, 5, no, no, [yes, yes, yes]),
            // Once full, until it is at 85 % again.
            (90, 5, no, yes, [yes, yes, yes]),
            (86, 5, no, yes, [yes, yes, yes]),
            (85, 5, no, yes, [yes, no, no]),
        ] {
            let found = verdict(used, hour, manual, was_full);
            assert_eq!(found, want, "{used} % at {hour}, manual {manual}, full {was_full}");
        }
    }

    #[test]
    fn levels_are_kept_within_javas_bounds_and_force_can_be_off() {
        let text = "diskMaxUsedSpaceRatio=99\ndiskSpaceCleanForciblyRatio=99\n\
                    diskSpaceWarningLevelRatio=99\ncleanFileForciblyEnable=false\n";
        let rules = configuration(text).config.store.retention;
        let levels = (rules.delete_percent, rules.force_percent, rules.full_percent);
        assert_eq!(levels, (95, 85, 90));
        let verdict = judge(&rules, 100, 5, false, false);
        assert_eq!(verdict, Verdict { due: true, forced: false, full: true });
    }
}
