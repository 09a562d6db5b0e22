//! The records of a store, one after the other.

use bytes::Bytes;

use super::log::{self, Walk};
use super::{Closed, Findings, Said, queues};
use crate::message::record::{Check, Record};
use crate::rt::disk::{self, Open};
use crate::store::error::{OpenError, open_io};
use crate::store::index::{IndexFile, Lookup, Wanted, lookups, paths};
use crate::units::PhysicalOffset;

/// Which records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Select {
    /// All, in the order of the log; of a topic only, if it is named.
    Log(Option<String>),
    /// The one that starts there.
    Offset(PhysicalOffset),
    /// Those of a queue, from an offset on.
    Queue {
        /// The topic.
        topic: String,
        /// The queue.
        queue: i32,
        /// The first message.
        from: i64,
    },
    /// Those that the index finds, newest first.
    Key {
        /// The topic.
        topic: String,
        /// The key, or unique key.
        key: String,
    },
}

/// Hands out records until `take` says that it has enough. False if there was none.
///
/// # Errors
/// A file cannot be read, or index files that must be have other sizes. Damaged parts of the log
/// are passed over: [`super::check`] names them.
pub async fn dump(
    store: &Closed,
    select: &Select,
    mut take: impl FnMut(&Record<'_>, u32) -> bool,
) -> Result<bool, OpenError> {
    let mut any = false;
    let mut each = |record: &Record<'_>, size: u32| {
        any = true;
        take(record, size)
    };
    for shard in store.shards() {
        let names = store.names(shard);
        let mut unsaid = Findings::new(0);
        let segment_bytes = store.frozen.commit_log_segment_bytes;
        let segments = log::segments(&names, shard, segment_bytes, &mut unsaid).await?;
        let more = match select {
            Select::Log(topic) => {
                let mut walk = Walk::new(&segments, shard, Said::by(&names).await?);
                all(&mut walk, topic.as_deref(), &mut each).await?
            }
            Select::Offset(at) if at.shard() == shard => {
                let bytes = log::record_at(&segments, *at).await?;
                bytes.is_none_or(|bytes| one(&bytes, &mut each))
            }
            Select::Offset(_) => true,
            Select::Queue { topic, queue, from } => {
                let folder = names.queue(topic, *queue);
                let mut at = *from;
                loop {
                    let bytes = store.frozen.consume_queue_file_bytes;
                    let unit = queues::units(&folder, bytes, at, 1).await?;
                    let Some(unit) = unit.first().copied().flatten() else { break true };
                    at += 1;
                    let bytes = log::record_at(&segments, unit.physical).await?;
                    if bytes.is_some_and(|bytes| !one(&bytes, &mut each)) {
                        break false;
                    }
                }
            }
            Select::Key { topic, key } => {
                let lookup = Lookup::Key(key);
                let mut more = true;
                for at in hits(store, &names, lookup.hash(topic)).await? {
                    let bytes = log::record_at(&segments, at).await?;
                    let has = |bytes: &Bytes| {
                        Record::decode(bytes, Check::Shape).is_ok_and(|(record, _)| {
                            record.topic == topic && lookups(&record).any(|other| other == lookup)
                        })
                    };
                    if let Some(bytes) = bytes.filter(has) {
                        more = one(&bytes, &mut each);
                    }
                    if !more {
                        break;
                    }
                }
                more
            }
        };
        if !more {
            break;
        }
    }
    Ok(any)
}

fn one(bytes: &[u8], each: &mut impl FnMut(&Record<'_>, u32) -> bool) -> bool {
    match Record::decode(bytes, Check::Shape) {
        Ok((record, size)) => each(&record, u32::try_from(size).unwrap_or(u32::MAX)),
        Err(_) => true,
    }
}

async fn all(
    walk: &mut Walk<'_>,
    topic: Option<&str>,
    each: &mut impl FnMut(&Record<'_>, u32) -> bool,
) -> Result<bool, OpenError> {
    let mut unsaid = Findings::new(0);
    while let Some(records) = walk.step(&mut unsaid).await? {
        for (record, size) in records.iter() {
            let wanted = topic.is_none_or(|topic| topic == record.topic);
            if wanted && !each(&record, size) {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// What the index files of a shard have of a key, newest first.
async fn hits(
    store: &Closed,
    names: &crate::store::names::Names,
    hash: u32,
) -> Result<Vec<PhysicalOffset>, OpenError> {
    let mut hits = Vec::new();
    let mut files = paths(&names.index()).await?;
    files.reverse();
    let wanted = Wanted { hash, range: (0, i64::MAX), count_max: usize::MAX };
    for path in files {
        let file =
            IndexFile::open(&path, store.layout, Open::READ).await.map_err(open_io(&path))?;
        if let Some(file) = file {
            file.select(file.header(), &wanted, &mut hits).await.map_err(open_io(&path))?;
            continue;
        }
        // Of other sizes it has keys that are not found here; a damaged header is for a check.
        let found = disk::metadata(&path).await.map_err(open_io(&path))?.len;
        let wanted = store.layout.file_bytes();
        if found != wanted {
            return Err(OpenError::Length { path, found, wanted });
        }
    }
    Ok(hits.into_iter().map(|hit| hit.physical).collect())
}
