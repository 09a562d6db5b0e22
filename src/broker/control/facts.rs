//! What only the owners of queues know: offsets and store times.
//!
//! Questions are gathered by core, so that each core is asked once, all of them at the same time.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

use crate::broker::core::Core;
use crate::broker::probe::Totals;
use crate::broker::storage::Shard;
use crate::message::record::stored_at;
use crate::rt::spawn;
use crate::store::{Boundary, Fetch, Payload};
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
}

impl Ask {
    /// Only the bounds of a queue.
    pub(super) fn bounds(topic: &Arc<str>, queue: i32) -> Self {
        Self { topic: topic.clone(), queue, times: Vec::new(), search: None }
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

/// Whether a queue's first message may still be had fast, so that a new group may start with it
/// (Java: `checkInMemByConsumeOffset`).
pub(super) async fn begins_in_memory(core: &Rc<Core>, topic: &str, queue: i32) -> bool {
    let (owner, topic) = (core.owner_of(topic, queue), topic.to_owned());
    core.run_on(owner, move |there| async move {
        let Some(shard) = there.shard_of(&topic, queue) else { return false };
        let first = Fetch {
            topic: &topic,
            queue_id: queue,
            offset: QueueOffset(0),
            count_max: 1,
            bytes_max: u64::MAX,
        };
        let fetched = shard.get_hot(first, |_| true);
        fetched.is_some_and(|fetched| {
            fetched.parts.iter().any(|part| matches!(part, Payload::Memory(_)))
        })
    })
    .await
}

/// What all cores have counted.
pub(super) async fn totals(core: &Rc<Core>) -> Totals {
    let mut totals = core.probe.totals();
    for other in each_other(core, |there| async move { there.probe.totals() }).await {
        totals.merge(other);
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
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LogState {
    /// Physical offset of the first record of the first shard.
    pub min: u64,
    /// Physical offset after the last record of the last shard.
    pub max: u64,
    /// Written, and not in a consume queue yet.
    pub undispatched_bytes: u64,
    /// Written, and not synced yet.
    pub unsynced_bytes: u64,
    /// Store time of the oldest record.
    pub earliest: Option<WallMillis>,
}

impl LogState {
    fn merge(self, other: Self) -> Self {
        let earliest = match (self.earliest, other.earliest) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        Self {
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            undispatched_bytes: self.undispatched_bytes + other.undispatched_bytes,
            unsynced_bytes: self.unsynced_bytes + other.unsynced_bytes,
            earliest,
        }
    }
}

/// The state of all logs.
pub(super) async fn log(core: &Rc<Core>) -> LogState {
    let elsewhere = each_other(core, log_here).await;
    let all = elsewhere.into_iter().chain([log_here(core.clone()).await]).flatten();
    all.reduce(LogState::merge).unwrap_or_default()
}

async fn log_here(core: Rc<Core>) -> Option<LogState> {
    let mut all = None;
    for shard in core.shards() {
        let one = LogState {
            min: PhysicalOffset::new(shard.id(), shard.log_start()).0,
            max: PhysicalOffset::new(shard.id(), shard.committed()).0,
            undispatched_bytes: 0,
            unsynced_bytes: 0,
            earliest: earliest(&shard).await,
        };
        all = Some(all.map_or(one, |all: LogState| all.merge(one)));
    }
    all
}

/// When the oldest record of a log was stored.
async fn earliest(shard: &Shard) -> Option<WallMillis> {
    let first = PhysicalOffset::new(shard.id(), shard.log_start());
    let record = shard.record_at(first).await.ok().flatten()?;
    stored_at(&record)
}

async fn answer_all(there: Rc<Core>, asks: Vec<(usize, Ask)>) -> Vec<(usize, Fact)> {
    let mut facts = Vec::with_capacity(asks.len());
    for (place, ask) in asks {
        let fact = match there.shard_of(&ask.topic, ask.queue) {
            Some(shard) => answer(&shard, &ask).await,
            None => Fact::default(),
        };
        facts.push((place, fact));
    }
    facts
}

async fn answer(shard: &Shard, ask: &Ask) -> Fact {
    let range = shard.range(&ask.topic, ask.queue);
    let Some((QueueOffset(min), QueueOffset(max))) = range else { return Fact::default() };
    let mut times = Vec::with_capacity(ask.times.len());
    for at in &ask.times {
        let offset = match at {
            At::First => min,
            At::Last => max - 1,
            At::Offset(offset) => *offset,
        };
        let is_there = (min..max).contains(&offset);
        times.push(if is_there { time(shard, ask, offset).await } else { None });
    }
    let found = match ask.search {
        Some(WallMillis(..0)) => max,
        Some(when) => {
            let found = shard.offset_at(&ask.topic, ask.queue, when, Boundary::Lower).await;
            found.ok().flatten().map_or(max, |offset| offset.0)
        }
        None => 0,
    };
    Fact { min, max, times, found }
}

async fn time(shard: &Shard, ask: &Ask, offset: i64) -> Option<WallMillis> {
    let read = shard.stored_at(&ask.topic, ask.queue, QueueOffset(offset)).await;
    read.unwrap_or_else(|error| {
        tracing::error!(topic = &*ask.topic, queue = ask.queue, %error, "cannot read a record");
        None
    })
}
