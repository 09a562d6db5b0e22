//! Comparing the parts of a store with each other: log, consume queues, index.

use super::index::IndexWalk;
use super::log::{self, Walk};
use super::queues::Queues;
use super::{Closed, Findings, Said};
use crate::message::properties::{Properties, TAGS};
use crate::message::record::Record;
use crate::message::tag;
use crate::message::topic::SCHEDULE_TOPIC;
use crate::store::error::OpenError;
use crate::units::ShardId;

/// How far a check has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The log that is being read.
    pub shard: ShardId,
    /// The byte of it that is reached.
    pub at: u64,
    /// Bytes of its files.
    pub of: u64,
}

/// Walks over the whole store. Memory is bounded by the number of queues, and by four bytes for
/// each slot of an index file.
///
/// # Errors
/// A file cannot be read. Whatever else is wrong is among the findings.
pub async fn check(
    store: &Closed,
    faults_max: usize,
    progress: impl Fn(Progress),
) -> Result<Findings, OpenError> {
    let mut findings = Findings::new(faults_max);
    for shard in store.shards() {
        check_shard(store, shard, &mut findings, &progress).await?;
    }
    Ok(findings)
}

async fn check_shard(
    store: &Closed,
    shard: ShardId,
    findings: &mut Findings,
    progress: impl Fn(Progress),
) -> Result<(), OpenError> {
    let names = store.names(shard);
    let said = Said::by(&names).await?;
    if !said.clean {
        findings.note(format_args!("shard {} was not closed", shard.0));
    }
    let segment_bytes = store.frozen.commit_log_segment_bytes;
    let segments = log::segments(&names, shard, segment_bytes, findings).await?;
    let log_start = segments.first().unwrap_or(0);
    let of = segments.starts().last().map_or(0, |last| last + segment_bytes);
    let mut queues = Queues::new(&names, store.frozen.consume_queue_file_bytes, said, tags_code);
    let mut index = IndexWalk::new(&names, store.layout, said, log_start, findings).await?;
    let mut walk = Walk::new(&segments, shard, said);
    while let Some(records) = walk.step(findings).await? {
        for (record, size) in records.iter() {
            findings.records += 1;
            findings.bytes += u64::from(size);
            index.compare(&record, findings).await?;
        }
        queues.compare(&records, findings).await?;
        progress(Progress { shard, at: walk.position(), of });
    }
    let log_end = walk.position();
    index.finish(findings).await?;
    queues.finish(&segments, log_end, findings).await
}

/// The hash of the tag; delayed messages have their time of delivery instead.
fn tags_code(record: &Record<'_>) -> Option<i64> {
    let tag = Properties::new(record.properties).get(TAGS);
    (record.topic != SCHEDULE_TOPIC).then(|| tag::tags_code(tag))
}
