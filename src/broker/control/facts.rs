//! What only the owners of queues know: offsets and store times.
//!
//! Questions are gathered by core, so that each core is asked once, all of them at the same time.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::broker::core::Core;
use crate::broker::probe::{Pace, Totals};
use crate::message::record::stored_at;
use crate::rt::spawn;
use crate::store::{Boundary, ReadError, Shard};
use crate::units::{CoreId, PhysicalOffset, QueueOffset, WallMillis};

/// Which record of a queue is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// The first that is there.
    First,
    /// The last one.
    Last,
    /// The one with this offset.
    Offset(i64),
}

/// A question about one queue.
#[derive(Clone, Debug)]
pub(super) struct Ask {
    pub topic: Arc<str>,
    pub queue: i32,
    /// Records whose store time is wanted.
    pub times: Vec<At>,
    /// Wanted: the first offset stored at or after this time; negative stands for the end.
    pub search: Option<WallMillis>,
    /// The group whose pulls are asked for.
    pub group: Option<Arc<str>>,
}

impl Ask {
    /// Only the bounds of a queue.
    pub(super) fn bounds(topic: &Arc<str>, queue: i32) -> Self {
        Self { topic: topic.clone(), queue, times: Vec::new(), search: None, group: None }
    }
}

/// What became of an [`Ask`]. A queue that is not there is one without records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Fact {
    pub min: i64,
    pub max: i64,
    /// Store times, in the order asked; `None` where there is no such record.
    pub times: Vec<Option<WallMillis>>,
    /// The offset searched for.
    pub found: i64,
    /// Up to where the group has pulled since the start.
    pub pulled: Option<i64>,
}

impl Fact {
    /// The store time asked for in this place, or 0.
    pub(super) fn time(&self, place: usize) -> i64 {
        self.times.get(place).copied().flatten().map_or(0, |time| time.0)
    }
}

/// The answers, in the order of the questions.
pub(super) async fn ask(core: &Rc<Core>, questions: Vec<Ask>) -> Vec<Fact> {
    let count = questions.len();
    let mut by_core: BTreeMap<CoreId, Vec<(usize, Ask)>> = BTreeMap::new();
    for (place, ask) in questions.into_iter().enumerate() {
        by_core.entry(core.owner_of(&ask.topic, ask.queue)).or_default().push((place, ask));
    }
    let tasks: Vec<_> = by_core
        .into_iter()
        .map(|(owner, asks)| {
            let core = core.clone();
            spawn::spawn(async move { core.run_on(owner, |there| answer_all(there, asks)).await })
        })
        .collect();
    let mut facts = vec![Fact::default(); count];
    for task in tasks {
        for (place, fact) in task.await {
            if let Some(slot) = facts.get_mut(place) {
                *slot = fact;
            }
        }
    }
    facts
}

/// Whether a queue's first message is among the last `bytes` of its log, so that a new group may
/// start with it (Java: `checkInMemByConsumeOffset`).
pub(super) async fn begins_within(core: &Rc<Core>, topic: &str, queue: i32, bytes: u64) -> bool {
    let (owner, topic) = (core.owner_of(topic, queue), topic.to_owned());
    core.run_on(owner, move |there| async move {
        let Some(shard) = there.shard_of(&topic, queue) else { return false };
        let first = shard.unit(&topic, queue, QueueOffset(0)).await.ok().flatten();
        first.is_some_and(|unit| shard.committed().saturating_sub(unit.physical.local()) <= bytes)
    })
    .await
}

/// What all cores have counted. Takes a while with many topics, and lets other tasks run.
pub(super) async fn totals(core: &Rc<Core>) -> Totals {
    let elsewhere = each_other(core, |there| async move { there.probe.totals_slowly().await });
    let others = elsewhere.await;
    let mut totals = core.probe.totals_slowly().await;
    for other in others {
        totals.merge_slowly(other).await;
    }
    totals
}

/// Runs a job on every core but this one, at the same time.
pub(super) async fn each_other<T, F>(
    core: &Rc<Core>,
    job: impl FnOnce(Rc<Core>) -> F + Clone + Send + 'static,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    let others = core.all_cores().filter(|other| *other != core.id);
    let tasks: Vec<_> = others
        .map(|other| {
            let (core, job) = (core.clone(), job.clone());
            spawn::spawn(async move { core.run_on(other, job).await })
        })
        .collect();
    let mut values = Vec::with_capacity(tasks.len());
    for task in tasks {
        values.push(task.await);
    }
    values
}

/// The commit logs of all shards together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LogState {
    /// Where the first record of the first shard is.
    pub start: PhysicalOffset,
    /// Where the last record of the last shard ends.
    pub end: PhysicalOffset,
    /// Store time of the oldest record.
    pub earliest: Option<WallMillis>,
    /// Appended and not durable yet.
    pub unsynced_bytes: u64,
    /// Appended and not visible in its queues yet.
    pub undispatched_bytes: u64,
}

impl LogState {
    fn merge(self, other: Self) -> Self {
        let times = [self.earliest, other.earliest];
        Self {
            start: self.start.min(other.start),
            end: self.end.max(other.end),
            earliest: times.into_iter().flatten().min(),
            unsynced_bytes: self.unsynced_bytes + other.unsynced_bytes,
            undispatched_bytes: self.undispatched_bytes + other.undispatched_bytes,
        }
    }
}

/// The state of all logs; `None` while there is none.
pub(super) async fn log(core: &Rc<Core>) -> Option<LogState> {
    let elsewhere = each_other(core, log_here).await;
    let all = elsewhere.into_iter().chain([log_here(core.clone()).await]).flatten();
    all.reduce(LogState::merge)
}

async fn log_here(core: Rc<Core>) -> Option<LogState> {
    let mut all = None;
    for shard in core.shards() {
        let start = PhysicalOffset::new(shard.id(), shard.log_start());
        let first = shard.record_at(start).await.ok().flatten();
        let one = LogState {
            start,
            end: PhysicalOffset::new(shard.id(), shard.committed()),
            earliest: first.and_then(|record| stored_at(&record)),
            unsynced_bytes: shard.unsynced_bytes(),
            undispatched_bytes: shard.undispatched_bytes(),
        };
        all = Some(all.map_or(one, |all: LogState| all.merge(one)));
    }
    all
}

/// Questions that a core answers without a break. A store time in memory takes some microseconds,
/// and nothing of it waits.
const ANSWERS_AT_ONCE: u32 = 8;

async fn answer_all(there: Rc<Core>, asks: Vec<(usize, Ask)>) -> Vec<(usize, Fact)> {
    let mut facts = Vec::with_capacity(asks.len());
    let mut pace = Pace::every(ANSWERS_AT_ONCE);
    for (place, ask) in asks {
        pace.step().await;
        let fact = match there.shard_of(&ask.topic, ask.queue) {
            Some(shard) => Fact { pulled: pulled(&there, &ask), ..answer(&shard, &ask).await },
            None => Fact::default(),
        };
        facts.push((place, fact));
    }
    facts
}

async fn answer<A: 'static>(shard: &Shard<A>, ask: &Ask) -> Fact {
    let Some((min, max)) = shard.range(&ask.topic, ask.queue) else { return Fact::default() };
    let (min, max) = (min.0, max.0);
    let mut times = Vec::with_capacity(ask.times.len());
    for at in &ask.times {
        let offset = match at {
            At::First => min,
            At::Last => max - 1,
            At::Offset(offset) => *offset,
        };
        let read = shard.stored_at(&ask.topic, ask.queue, QueueOffset(offset)).await;
        times.push(read.unwrap_or_else(|error| unreadable(ask, &error)));
    }
    let found = match ask.search {
        Some(WallMillis(..0)) => max,
        Some(when) => {
            let found = shard.offset_at(&ask.topic, ask.queue, when, Boundary::Lower).await;
            let found = found.unwrap_or_else(|error| unreadable(ask, &error));
            found.map_or(max, |offset| offset.0)
        }
        None => 0,
    };
    Fact { min, max, times, found, pulled: None }
}

fn pulled(core: &Core, ask: &Ask) -> Option<i64> {
    core.probe.reached(&ask.topic, ask.group.as_deref()?, ask.queue)
}

fn unreadable<T>(ask: &Ask, error: &ReadError) -> Option<T> {
    tracing::error!(topic = &*ask.topic, queue = ask.queue, %error, "cannot read the store");
    None
}
