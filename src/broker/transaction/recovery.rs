//! What became of the transactions in a shard, found out when a broker starts.
//!
//! Half records that no op record names are open, but for those whose final message is there: the
//! broker was killed before their op records were stored. A final message comes after its half
//! record in the log and so in its queue's order too; each queue that an open half message is for
//! is looked through from the first message behind that half record. The search is bounded by the
//! age of the oldest open half message, which every check brings up to date by storing it anew.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::broker::storage::Shard;
use crate::broker::transaction::Ledger;
use crate::broker::transaction::half::Half;
use crate::broker::transaction::op::{self, OpMarks};
use crate::broker::transaction::records;
use crate::broker::transaction::table::Table;
use crate::message::flags::Transaction;
use crate::message::record::{Check, Record};
use crate::message::topic::{HALF_OP_TOPIC, HALF_TOPIC};
use crate::store::ReadError;
use crate::units::{PhysicalOffset, QueueOffset};

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
#[error("cannot read the transactions of the store: {0}")]
pub struct RecoveryError(#[from] ReadError);

/// Fills the ledger of a shard. `recorded`: up to where half and op queue were settled at some
/// time before the stop.
pub async fn recover(
    shard: &Shard,
    ledger: &Ledger,
    recorded: [Option<QueueOffset>; 2],
) -> Result<(), RecoveryError> {
    let [settled, op_from] = [
        bounded(shard, HALF_TOPIC, ledger.half_queue, recorded[0]),
        bounded(shard, HALF_OP_TOPIC, ledger.op_queue, recorded[1]),
    ];
    let end = shard.range(HALF_TOPIC, ledger.half_queue).map_or(settled, |(_, max)| max);
    let mut ended = Ended::between(settled, end);
    let marks = read_ops(shard, ledger.op_queue, op_from, &mut ended).await?;
    let (table, open) = read_halves(shard, ledger.half_queue, settled, &ended).await?;
    *ledger.table.borrow_mut() = table;
    *ledger.marks.borrow_mut() = marks;
    let count = open.by_record.len();
    let committed = find_committed(shard, open).await?;
    if count > 0 {
        let (shard, committed) = (shard.id().0, committed.len());
        tracing::info!(shard, open = count, committed, "found transactions without an end");
        ledger.opened.set();
    }
    for at in committed {
        ledger.end(at);
    }
    Ok(())
}

/// A place within a queue, whatever was recorded; its beginning if nothing was.
fn bounded(shard: &Shard, topic: &str, queue: i32, at: Option<QueueOffset>) -> QueueOffset {
    let (min, max) = shard.range(topic, queue).unwrap_or_default();
    at.map_or(min, |at| at.clamp(min, max))
}

/// Half records from some place on that op records name: a bit for each.
struct Ended {
    from: QueueOffset,
    words: Vec<u64>,
}

impl Ended {
    fn between(from: QueueOffset, end: QueueOffset) -> Self {
        let count = usize::try_from(end.0.saturating_sub(from.0)).unwrap_or(0);
        Self { from, words: vec![0; count.div_ceil(64)] }
    }

    fn place(&self, at: QueueOffset) -> Option<(usize, u64)> {
        let ordinal = u64::try_from(at.0.checked_sub(self.from.0)?).ok()?;
        Some((usize::try_from(ordinal / 64).ok()?, 1 << (ordinal % 64)))
    }

    /// Places beyond the queue are not in it: an op record of a peer's making sizes nothing.
    fn insert(&mut self, at: QueueOffset) {
        if let Some((word, bit)) = self.place(at)
            && let Some(word) = self.words.get_mut(word)
        {
            *word |= bit;
        }
    }

    fn contains(&self, at: QueueOffset) -> bool {
        let word = self.place(at).and_then(|(word, bit)| Some(self.words.get(word)? & bit));
        word.is_some_and(|found| found != 0)
    }
}

async fn read_ops(
    shard: &Shard,
    queue: i32,
    from: QueueOffset,
    ended: &mut Ended,
) -> Result<OpMarks, ReadError> {
    let mut marks = OpMarks::starting_at(from);
    let mut next = Some(from);
    while let Some(at) = next {
        let run = records::run(shard, HALF_OP_TOPIC, queue, at).await?;
        for bytes in &run.records {
            let Ok((record, _)) = Record::decode(bytes, Check::Shape) else { continue };
            let mut last = QueueOffset(0);
            for at in op::parse(record.body) {
                ended.insert(at);
                last = last.max(at);
            }
            marks.note(record.queue_offset, last);
        }
        next = run.next;
    }
    Ok(marks)
}

/// Half records without an op record.
#[derive(Default)]
struct Open {
    /// By where they are in the log.
    by_record: FxHashMap<PhysicalOffset, QueueOffset>,
    /// The queues that they are for, each with the first of them.
    targets: BTreeMap<(String, i32), PhysicalOffset>,
}

async fn read_halves(
    shard: &Shard,
    queue: i32,
    settled: QueueOffset,
    ended: &Ended,
) -> Result<(Table, Open), ReadError> {
    let mut table = Table::starting_at(settled);
    let mut open = Open::default();
    let mut next = Some(settled);
    while let Some(at) = next {
        let run = records::run(shard, HALF_TOPIC, queue, at).await?;
        for bytes in &run.records {
            let Ok((record, _)) = Record::decode(bytes, Check::Shape) else { continue };
            table.seen(record.queue_offset);
            if ended.contains(record.queue_offset) {
                continue;
            }
            let Some(half) = Half::of(bytes) else {
                tracing::warn!(at = record.queue_offset.0, "passing over what is no half message");
                continue;
            };
            table.loaded(record.queue_offset, half.first());
            open.by_record.insert(record.physical_offset, record.queue_offset);
            if let Some((topic, queue)) = half.target() {
                let first = open.targets.entry((topic.to_owned(), queue));
                first.or_insert(record.physical_offset);
            }
        }
        next = run.next;
    }
    Ok((table, open))
}

/// The half records among `open` whose final messages are there.
async fn find_committed(shard: &Shard, mut open: Open) -> Result<Vec<QueueOffset>, ReadError> {
    let mut committed = Vec::new();
    for ((topic, queue), first) in open.targets {
        let mut next = behind(shard, &topic, queue, first).await?;
        while let Some(at) = next {
            let run = records::run(shard, &topic, queue, at).await?;
            for bytes in &run.records {
                let Ok((record, _)) = Record::decode(bytes, Check::Shape) else { continue };
                if Transaction::of(record.sys_flag) == Transaction::Commit {
                    let half = PhysicalOffset(record.prepared_transaction_offset.cast_unsigned());
                    committed.extend(open.by_record.remove(&half));
                }
            }
            next = run.next;
        }
    }
    Ok(committed)
}

/// The first message of a queue whose record lies behind `physical` in the log.
async fn behind(
    shard: &Shard,
    topic: &str,
    queue: i32,
    physical: PhysicalOffset,
) -> Result<Option<QueueOffset>, ReadError> {
    let Some((min, max)) = shard.range(topic, queue) else { return Ok(None) };
    let (mut low, mut high) = (min.0, max.0);
    while low < high {
        let middle = low + (high - low) / 2;
        let unit = shard.unit(topic, queue, QueueOffset(middle)).await?;
        if unit.is_some_and(|unit| unit.physical > physical) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    Ok(Some(QueueOffset(low)))
}
