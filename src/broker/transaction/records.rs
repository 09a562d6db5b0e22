//! Reading the half and op queues of a shard.

use std::io;
use std::path::PathBuf;

use bytes::{Bytes, BytesMut};

use crate::broker::storage::Shard;
use crate::message::record::{Check, Record};
use crate::message::topic::HALF_TOPIC;
use crate::store::{Fetch, Payload, ReadError};
use crate::units::QueueOffset;

/// Most records that one read asks for.
const READ_COUNT: u32 = 32;
/// Most bytes that one read asks for.
const READ_BYTES: u64 = 1 << 20;

/// The half record at a place; `None` if it is not there any more.
pub async fn one(shard: &Shard, queue: i32, at: QueueOffset) -> Result<Option<Bytes>, ReadError> {
    match shard.unit(HALF_TOPIC, queue, at).await? {
        Some(unit) => shard.record_at(unit.physical).await,
        None => Ok(None),
    }
}

/// Some records of a queue, as they are stored.
pub struct Run {
    /// One behind the other.
    pub records: Vec<Bytes>,
    /// Where to go on; `None` at the end of the queue.
    pub next: Option<QueueOffset>,
}

/// The records of a queue from `from` on, or from its first one if that is later.
pub async fn run(
    shard: &Shard,
    topic: &str,
    queue: i32,
    from: QueueOffset,
) -> Result<Run, ReadError> {
    let min = shard.range(topic, queue).map_or(from, |(min, _)| min);
    let offset = from.max(min);
    let fetch =
        Fetch { topic, queue_id: queue, offset, count_max: READ_COUNT, bytes_max: READ_BYTES };
    let fetched = shard.get(fetch, &|_| true).await?;
    let mut joined = BytesMut::with_capacity(usize::try_from(fetched.bytes).unwrap_or(0));
    for part in fetched.parts {
        match part {
            Payload::Memory(bytes) => joined.extend_from_slice(&bytes),
            Payload::File { file, offset, len } => {
                let unreadable =
                    |source: io::Error| ReadError::Io { path: PathBuf::from(topic), source };
                let len = usize::try_from(len).unwrap_or(usize::MAX);
                joined.extend_from_slice(&file.read_at(len, offset).await.map_err(unreadable)?);
            }
        }
    }
    let mut rest = joined.freeze();
    let mut records = Vec::new();
    while let Ok((_, len)) = Record::decode(&rest, Check::Shape) {
        records.push(rest.split_to(len));
    }
    let ends = fetched.next >= fetched.max || fetched.next <= offset;
    Ok(Run { records, next: (!ends).then_some(fetched.next) })
}
