//! Fetching: records of one queue, as they are stored.

use std::iter::Peekable;

use bytes::Bytes;

use super::consumequeue::{QueueKey, Unit};
use super::error::{ReadError, read_io};
use super::shard::Shard;
use crate::limits::FILTER_READ_BYTES_MAX;
use crate::message::properties::Properties;
use crate::message::record::{Check, Record};
use crate::rt::disk::File;
use crate::units::QueueOffset;

/// Bytes of the log read at once to look at the properties of records: short ones lie beside each
/// other.
const STRETCH_BYTES: u64 = 16 * 1024;

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

/// Which messages a fetch takes (Java: `MessageFilter`). A closure over tags codes is one that
/// never looks at properties.
pub trait Choice {
    /// Whether a message with this tags code may be wanted.
    fn takes_code(&self, tags_code: i64) -> bool;

    /// Whether properties decide as well: then records are read that may not be wanted.
    fn needs_properties(&self) -> bool {
        false
    }

    /// Whether a message with these properties is wanted, given that its tags code is. Only asked
    /// when they decide.
    fn takes_properties(&self, _properties: Properties<'_>) -> bool {
        true
    }
}

impl<F: Fn(i64) -> bool> Choice for F {
    fn takes_code(&self, tags_code: i64) -> bool {
        self(tags_code)
    }
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
    /// The queue never had a message, or there is none.
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
    /// Fetches what `choice` takes, if that can be done at once: `None` if units or records must be
    /// read from a file, or a file opened. Use [`Shard::get`] then.
    pub fn get_hot(&self, fetch: Fetch<'_>, choice: &impl Choice) -> Option<Fetched> {
        let scan = match self.start_scan(fetch) {
            Started::Ended(fetched) => return Some(fetched),
            Started::Scan(scan) => scan,
        };
        let table = self.table.borrow();
        let queue = table.get(scan.key).filter(|queue| fetch.offset.0 >= queue.tail_start())?;
        let mut found = Found::at(fetch.offset.0, self.committed() - self.log_start());
        let mut units = queue.tail_from(fetch.offset.0).peekable();
        if self.scan(&fetch, &scan, &mut units, choice, None, &mut found).is_some()
            || self.is_behind(&found.ranges)
        {
            return None;
        }
        let mut parts = Vec::with_capacity(found.ranges.len());
        for range in &found.ranges {
            self.resolve(range, &mut parts)?;
        }
        Some(found.fetched(&scan, parts))
    }

    /// Fetches what `choice` takes. Of records that must be read from files to know,
    /// [`FILTER_READ_BYTES_MAX`] at the most are read. What is cleaned up meanwhile is as if it had
    /// been before.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn get(&self, fetch: Fetch<'_>, choice: &impl Choice) -> Result<Fetched, ReadError> {
        loop {
            let log_start = self.log_start();
            let fetched = self.get_once(fetch, choice).await;
            // What was looked at may be gone if it has moved, so that another look tells.
            if self.log_start() == log_start {
                return fetched;
            }
        }
    }

    async fn get_once(&self, fetch: Fetch<'_>, choice: &impl Choice) -> Result<Fetched, ReadError> {
        let scan = match self.start_scan(fetch) {
            Started::Ended(fetched) => return Ok(fetched),
            Started::Scan(scan) => scan,
        };
        let mut found = self.pick(&fetch, &scan, choice).await?;
        if !found.looked {
            // Nothing readable in this file of the queue: go on with the next.
            let skip = self.queue_files.units_in_file(found.next);
            let next = found.next.saturating_add(i64::try_from(skip).unwrap_or(i64::MAX));
            found.next = next.min(scan.max);
        }
        let _turn = match self.is_behind(&found.ranges) {
            true => Some(self.windows.turn(found.bytes, || self.image.borrow().end()).await),
            false => None,
        };
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

    /// Picks records, and reads units for that as they are wanted: as many as may be picked, and
    /// only if some of those are left out all that may be looked at.
    async fn pick(
        &self,
        fetch: &Fetch<'_>,
        scan: &Scan,
        choice: &impl Choice,
    ) -> Result<Found, ReadError> {
        let limits = &self.settings.fetch;
        let mut found = Found::at(fetch.offset.0, self.committed() - self.log_start());
        let (mut stretch, mut read) = (None, 0);
        let mut most = fetch.count_max.min(limits.near_count.max(limits.far_count));
        loop {
            let (next, count) = (QueueOffset(found.next), usize::try_from(most));
            let units =
                self.units(fetch.topic, fetch.queue_id, next, count.unwrap_or(usize::MAX)).await?;
            let is_end = units.is_empty();
            let mut units = units.into_iter().peekable();
            while let Some(unit) =
                self.scan(fetch, scan, &mut units, choice, stretch.as_ref(), &mut found)
            {
                if read >= FILTER_READ_BYTES_MAX {
                    return Ok(found);
                }
                let next = self.stretch(unit).await?;
                read += STRETCH_BYTES.max(next.bytes.len() as u64);
                stretch = Some(next);
            }
            if is_end || units.peek().is_some() || found.count >= fetch.count_max {
                return Ok(found);
            }
            most = self.scan_max(fetch);
        }
    }

    /// Whether `choice` takes a message that is visible; `true` if its record is no longer in
    /// memory, so that only a fetch can tell.
    pub fn takes(&self, choice: &impl Choice, unit: Unit) -> bool {
        choice.takes_code(unit.tags_code)
            && (!choice.needs_properties() || self.judge(choice, unit, None).unwrap_or(true))
    }

    /// What the properties of a record decide; `None` if it lies neither in memory nor in
    /// `stretch`.
    fn judge(&self, choice: &impl Choice, unit: Unit, stretch: Option<&Stretch>) -> Option<bool> {
        let start = unit.physical.local();
        let inside = stretch.and_then(|stretch| stretch.record(unit));
        let len = usize::try_from(unit.size).unwrap_or(usize::MAX);
        let bytes = inside.or_else(|| self.read_memory(start, len))?;
        // What is no record passes, as it does without a choice: the client finds out.
        let record = Record::decode(&bytes, Check::Shape).ok();
        Some(
            record.is_none_or(|(record, _)| {
                choice.takes_properties(Properties::new(record.properties))
            }),
        )
    }

    /// The record of `unit`, with what lies behind it in its segment up to [`STRETCH_BYTES`].
    async fn stretch(&self, unit: Unit) -> Result<Stretch, ReadError> {
        let start = unit.physical.local();
        let segment_end = self.segments.start_of(start) + self.segments.segment_bytes();
        let ahead = (start + STRETCH_BYTES).min(segment_end).min(self.committed());
        let len = usize::try_from(ahead.max(unit.local_end()) - start).unwrap_or(usize::MAX);
        let bytes = self.read_log(start, len).await?;
        Ok(Stretch { start, bytes: bytes.ok_or(ReadError::NoRecord(unit.physical))? })
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
            return Started::Ended(ended(GetStatus::NoMessageInQueue, 0, 0, 0));
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

    fn scan_max(&self, fetch: &Fetch<'_>) -> u32 {
        self.settings.fetch.scan_entries.max(fetch.count_max)
    }

    /// Picks from `units`, which go on at `found.next`, until enough is found. Returns a unit whose
    /// record must be read first, with `units` at it; [`Shard::stretch`] reads it.
    fn scan(
        &self,
        fetch: &Fetch<'_>,
        scan: &Scan,
        units: &mut Peekable<impl Iterator<Item = Unit>>,
        choice: &impl Choice,
        stretch: Option<&Stretch>,
        found: &mut Found,
    ) -> Option<Unit> {
        let limits = &self.settings.fetch;
        let (log_start, log_end) = (self.log_start(), self.committed());
        let stop = fetch.offset.0.saturating_add(i64::from(self.scan_max(fetch))).min(scan.max);
        while let Some(unit) = units.peek().copied().filter(|_| found.next < stop) {
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
            let is_there = !unit.is_filler() && start >= log_start && end <= log_end;
            let mut is_taken = choice.takes_code(unit.tags_code);
            if is_taken && is_there && choice.needs_properties() {
                match self.judge(choice, unit, stretch) {
                    Some(takes) => is_taken = takes,
                    None => return Some(unit),
                }
            }
            units.next();
            found.next += 1;
            found.looked = true;
            found.behind_bytes = behind;
            if is_taken && is_there {
                found.add(start, end);
            } else if is_taken {
                found.removed = true;
            }
        }
        None
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

/// Bytes of the log that were read to look at a record, and at those behind it.
struct Stretch {
    start: u64,
    bytes: Bytes,
}

impl Stretch {
    /// The record of `unit`, if all of it is here.
    fn record(&self, unit: Unit) -> Option<Bytes> {
        let from = usize::try_from(unit.physical.local().checked_sub(self.start)?).ok()?;
        let until = from.checked_add(usize::try_from(unit.size).ok()?)?;
        (until <= self.bytes.len()).then(|| self.bytes.slice(from..until))
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
