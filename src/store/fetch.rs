//! Fetching: records of one queue, as they are stored.

use bytes::Bytes;

use super::consumequeue::{QueueKey, QueueName, Unit};
use super::error::{ReadError, read_io};
use super::shard::Shard;
use crate::rt::disk::File;
use crate::units::QueueOffset;

/// What a fetch asks for.
#[derive(Clone, Copy, Debug)]
pub struct Fetch<'a> {
    /// The topic.
    pub topic: &'a str,
    /// The queue.
    pub queue_id: i32,
    /// The first message wanted.
    pub offset: QueueOffset,
    /// Most messages wanted.
    pub count_max: u32,
    /// Most bytes wanted; one message is returned even if it is longer.
    pub bytes_max: u64,
}

/// How a fetch ended (Java: `GetMessageStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetStatus {
    /// There is at least one message.
    Found,
    /// The filter took none of those that were looked at.
    NoMatchedMessage,
    /// The queue points to records that have been removed.
    MessageWasRemoving,
    /// Units that should be there could not be read.
    OffsetFoundNull,
    /// The offset lies beyond the end.
    OffsetOverflowBadly,
    /// The offset is the end.
    OffsetOverflowOne,
    /// The offset lies before the first message.
    OffsetTooSmall,
    /// There is no such queue.
    NoMatchedLogicQueue,
    /// The queue never had a message.
    NoMessageInQueue,
}

/// Where a part of a reply is.
#[derive(Clone, Debug)]
pub enum Payload {
    /// In memory, shared with the log.
    Memory(Bytes),
    /// In a file.
    File {
        /// The segment.
        file: File,
        /// Where in it, in bytes.
        offset: u64,
        /// How much, in bytes.
        len: u64,
    },
}

impl Payload {
    /// Its length, in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Self::Memory(bytes) => bytes.len() as u64,
            Self::File { len, .. } => *len,
        }
    }

    /// Is it empty?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The outcome of a fetch.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// How it ended.
    pub status: GetStatus,
    /// Where to go on.
    pub next: QueueOffset,
    /// The first message of the queue.
    pub min: QueueOffset,
    /// The end of the queue: the next message to become visible.
    pub max: QueueOffset,
    /// The records back to back, as they are stored.
    pub parts: Vec<Payload>,
    /// How many there are.
    pub count: u32,
    /// Their length, in bytes.
    pub bytes: u64,
    /// From the last unit looked at to the end of the log, in bytes; the whole log if none was.
    pub behind_bytes: u64,
}

impl<A: 'static> Shard<A> {
    /// Fetches what `matches` (given each tags code) takes, if that can be done at once: `None`
    /// if units must be read from a file, or a file opened. Use [`Shard::get`] then.
    pub fn get_hot(&self, fetch: Fetch<'_>, matches: impl FnMut(i64) -> bool) -> Option<Fetched> {
        let scan = match self.start_scan(fetch) {
            Started::Ended(fetched) => return Some(fetched),
            Started::Scan(scan) => scan,
        };
        let table = self.table.borrow();
        let queue = table.get(scan.key).filter(|queue| fetch.offset.0 >= queue.tail_start())?;
        let found = self.scan(&fetch, &scan, queue.tail_from(fetch.offset.0), matches);
        if !self.is_near(&found.ranges) {
            return None;
        }
        let mut parts = Vec::with_capacity(found.ranges.len());
        for range in &found.ranges {
            self.resolve(range, &mut parts)?;
        }
        Some(found.fetched(&scan, parts))
    }

    /// Fetches what `matches` (given each tags code) takes.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn get(
        &self,
        fetch: Fetch<'_>,
        matches: impl FnMut(i64) -> bool,
    ) -> Result<Fetched, ReadError> {
        let scan = match self.start_scan(fetch) {
            Started::Ended(fetched) => return Ok(fetched),
            Started::Scan(scan) => scan,
        };
        let units = self.units(&fetch, &scan).await?;
        let mut found = self.scan(&fetch, &scan, units.into_iter(), matches);
        if !found.looked {
            // Nothing readable in this file of the queue: go on with the next.
            let skip = self.queue_files.units_in_file(found.next);
            let next = found.next.saturating_add(i64::try_from(skip).unwrap_or(i64::MAX));
            found.next = next.min(scan.max);
        }
        self.bring(&found.ranges).await;
        let mut parts = Vec::with_capacity(found.ranges.len());
        for range in &found.ranges {
            if self.resolve(range, &mut parts).is_none() {
                let start = self.segments.start_of(range.start);
                let opened = self.segments.file(start).await;
                opened.map_err(read_io(&self.segments.path(start)))?;
                // It was just opened, so it is among those that stay open.
                let _resolved = self.resolve(range, &mut parts);
            }
        }
        Ok(found.fetched(&scan, parts))
    }

    /// Answers what can be told from the offset alone.
    fn start_scan(&self, fetch: Fetch<'_>) -> Started {
        let ended = |status, next: i64, min: i64, max: i64| {
            let behind_bytes = self.committed() - self.log_start();
            let (next, min, max) = (QueueOffset(next), QueueOffset(min), QueueOffset(max));
            let parts = Vec::new();
            Fetched { status, next, min, max, parts, count: 0, bytes: 0, behind_bytes }
        };
        let table = self.table.borrow();
        let found = table.find(fetch.topic, fetch.queue_id);
        let Some((key, queue)) = found.and_then(|key| Some((key, table.get(key)?))) else {
            return Started::Ended(ended(GetStatus::NoMatchedLogicQueue, 0, 0, 0));
        };
        let (offset, min, max) = (fetch.offset.0, queue.min, queue.max);
        let (status, next) = if max == 0 {
            (GetStatus::NoMessageInQueue, 0)
        } else if offset < min {
            (GetStatus::OffsetTooSmall, min)
        } else if offset == max {
            (GetStatus::OffsetOverflowOne, offset)
        } else if offset > max {
            (GetStatus::OffsetOverflowBadly, max)
        } else {
            return Started::Scan(Scan { key, min, max });
        };
        Started::Ended(ended(status, next, min, max))
    }

    /// The units of one fetch: from memory if it has the first, else from one file.
    async fn units(&self, fetch: &Fetch<'_>, scan: &Scan) -> Result<Vec<Unit>, ReadError> {
        let most = u64::from(self.scan_max(fetch));
        let most_len = usize::try_from(most).unwrap_or(usize::MAX);
        let offset = fetch.offset.0;
        let serial = {
            let table = self.table.borrow();
            let Some(queue) = table.get(scan.key) else { return Ok(Vec::new()) };
            if offset >= queue.tail_start() {
                return Ok(queue.tail_from(offset).take(most_len).collect());
            }
            queue.serial
        };
        let name = QueueName { serial, topic: fetch.topic, id: fetch.queue_id };
        // Up to the end as it was: what has become visible since is not in files.
        let count = most.min(u64::try_from(scan.max - offset).unwrap_or(0));
        match self.queue_files.read(name, offset, count).await {
            Ok(units) => Ok(units),
            // Removed with its topic meanwhile.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(source) => {
                Err(ReadError::Io { path: self.names.queue(name.topic, name.id), source })
            }
        }
    }

    fn scan_max(&self, fetch: &Fetch<'_>) -> u32 {
        self.settings.fetch.scan_entries.max(fetch.count_max)
    }

    /// Picks from `units`, which start at the offset asked for.
    fn scan(
        &self,
        fetch: &Fetch<'_>,
        scan: &Scan,
        units: impl Iterator<Item = Unit>,
        mut matches: impl FnMut(i64) -> bool,
    ) -> Found {
        let limits = &self.settings.fetch;
        let (log_start, log_end) = (self.log_start(), self.committed());
        let mut found = Found::at(fetch.offset.0, log_end - log_start);
        let most = usize::try_from(self.scan_max(fetch)).unwrap_or(usize::MAX);
        for unit in units.take(most) {
            if found.next >= scan.max {
                break;
            }
            let (start, end) = (unit.physical.local(), unit.local_end());
            let behind = log_end.saturating_sub(start);
            let (count_max, bytes_max) = if behind <= limits.near_bytes {
                (limits.near_count, limits.near_reply_bytes)
            } else {
                (limits.far_count, limits.far_reply_bytes)
            };
            let count_max = count_max.min(fetch.count_max);
            let bytes = found.bytes + u64::from(unit.size);
            let bytes_max = bytes_max.min(fetch.bytes_max);
            if found.count > 0 && (found.count >= count_max || bytes > bytes_max) {
                break;
            }
            found.next += 1;
            found.looked = true;
            found.behind_bytes = behind;
            if !matches(unit.tags_code) {
                continue;
            }
            if unit.is_filler() || start < log_start || end > log_end {
                found.removed = true;
                continue;
            }
            found.add(start, end);
        }
        found
    }

    /// Turns a range of the log into parts of a reply; `None` if a file must be opened first.
    fn resolve(&self, range: &Range, parts: &mut Vec<Payload>) -> Option<()> {
        let image = self.image.borrow();
        let cold_end = range.end.min(image.start().max(range.start));
        if range.start < cold_end {
            let take = |bytes| parts.push(Payload::Memory(bytes));
            if self.windows.bytes(range.start, cold_end, take) {
                self.served_to(cold_end);
            } else {
                let start = self.segments.start_of(range.start);
                let file = self.segments.open_file(start)?;
                let (offset, len) = (range.start - start, cold_end - range.start);
                parts.push(Payload::File { file, offset, len });
            }
        }
        image.bytes(cold_end, range.end, |bytes| parts.push(Payload::Memory(bytes)));
        Some(())
    }
}

enum Started {
    Ended(Fetched),
    Scan(Scan),
}

/// A fetch from a queue that may have what it asks for.
struct Scan {
    key: QueueKey,
    min: i64,
    max: i64,
}

/// Bytes of the shard's log: records back to back, within one segment.
pub(super) struct Range {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// What a scan has picked.
struct Found {
    next: i64,
    ranges: Vec<Range>,
    count: u32,
    bytes: u64,
    removed: bool,
    looked: bool,
    behind_bytes: u64,
}

impl Found {
    fn at(next: i64, behind_bytes: u64) -> Self {
        let (removed, looked) = (false, false);
        Self { next, ranges: Vec::new(), count: 0, bytes: 0, removed, looked, behind_bytes }
    }

    fn add(&mut self, start: u64, end: u64) {
        self.count += 1;
        self.bytes += end - start;
        match self.ranges.last_mut() {
            // Records that touch lie in one segment: behind the last of each is a blank.
            Some(last) if last.end == start => last.end = end,
            _ => self.ranges.push(Range { start, end }),
        }
    }

    fn fetched(&self, scan: &Scan, parts: Vec<Payload>) -> Fetched {
        let status = if self.count > 0 {
            GetStatus::Found
        } else if self.removed {
            GetStatus::MessageWasRemoving
        } else if !self.looked {
            GetStatus::OffsetFoundNull
        } else {
            GetStatus::NoMatchedMessage
        };
        Fetched {
            status,
            next: QueueOffset(self.next),
            min: QueueOffset(scan.min),
            max: QueueOffset(scan.max),
            parts,
            count: self.count,
            bytes: self.bytes,
            behind_bytes: self.behind_bytes,
        }
    }
}
