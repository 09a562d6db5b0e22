//! Reading a log forward, record by record, to where it ends.

use bytes::Bytes;

use crate::message::record::{Check, MAGIC_BLANK, Record, RecordError, prefix};
use crate::store::commitlog::{SECTOR_BYTES, SECTOR_LEN, Segments};
use crate::store::error::{OpenError, open_io};
use crate::store::names::is_topic_name;
use crate::units::{PhysicalOffset, ShardId};

/// How much of a segment is read at once, unless a record is longer.
const WINDOW_BYTES: u64 = 1 << 20;

/// What one step of a scan came to.
pub(crate) enum Step {
    /// Some records.
    Records(Records),
    /// The log ends here.
    End(ScanEnd),
}

/// Why a log ends where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanEnd {
    /// The byte behind the last record.
    pub(crate) at: u64,
    /// What stands there, unless it is nothing at all.
    pub(crate) torn: Option<RecordError>,
}

/// Sound records, back to back.
pub(crate) struct Records {
    bytes: Bytes,
}

impl Records {
    /// Each record and its length.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Record<'_>, u32)> {
        let mut rest: &[u8] = &self.bytes;
        std::iter::from_fn(move || {
            let (record, len) = Record::decode(rest, Check::Shape).ok()?;
            rest = rest.get(len..)?;
            Some((record, u32::try_from(len).ok()?))
        })
    }
}

/// A scan under way.
pub(crate) struct Scan<'a> {
    segments: &'a Segments,
    shard: ShardId,
    at: u64,
}

impl<'a> Scan<'a> {
    /// A scan from byte `at` of the shard's log, where a record begins or the log ends.
    pub(crate) fn new(segments: &'a Segments, shard: ShardId, at: u64) -> Self {
        Self { segments, shard, at }
    }

    /// Where the scan stands.
    pub(crate) fn position(&self) -> u64 {
        self.at
    }

    /// Goes on at byte `at`, where a record begins or the log ends.
    pub(crate) fn resume(&mut self, at: u64) {
        self.at = at;
    }

    /// The next records.
    ///
    /// # Errors
    /// A segment could not be read. A bad record is no error but the end.
    pub(crate) async fn step(&mut self) -> Result<Step, OpenError> {
        let mut want = WINDOW_BYTES;
        loop {
            let start = self.segments.start_of(self.at);
            if !self.segments.contains(start) {
                return Ok(Step::End(ScanEnd { at: self.at, torn: None }));
            }
            let remaining = start + self.segments.segment_bytes() - self.at;
            let window = self.read(start, want.min(remaining)).await?;
            let (len, stop) = self.sound(&window);
            if len > 0 {
                self.at += len as u64;
                return Ok(Step::Records(Records { bytes: window.slice(..len) }));
            }
            match stop {
                Stop::Blank => self.at = start + self.segments.segment_bytes(),
                Stop::Longer(size) if size <= remaining && size > want => want = size,
                Stop::Longer(_) => return Ok(self.end(Some(RecordError::Truncated))),
                Stop::Bad(error) => return Ok(self.end(Some(error))),
                Stop::Zeros => return Ok(self.end(None)),
            }
        }
    }

    fn end(&self, torn: Option<RecordError>) -> Step {
        Step::End(ScanEnd { at: self.at, torn })
    }

    async fn read(&self, start: u64, len: u64) -> Result<Bytes, OpenError> {
        let path = self.segments.path(start);
        let file = self.segments.file(start).await.map_err(open_io(&path))?;
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        file.read_at(len, self.at - start).await.map_err(open_io(&path))
    }

    /// How many bytes at the front of `window` are sound records, and what follows them.
    fn sound(&self, window: &[u8]) -> (usize, Stop) {
        let mut len = 0;
        loop {
            let rest = window.get(len..).unwrap_or_default();
            let at = PhysicalOffset::new(self.shard, self.at + len as u64);
            match Record::decode(rest, Check::Checksum) {
                // A record, but not of this place: what a former use of the file has left.
                Ok((record, _)) if record.physical_offset != at => {
                    return (len, Stop::Bad(RecordError::Magic));
                }
                Ok((record, size)) if is_torn(&record, at.local() + size as u64) => {
                    return (len, Stop::Bad(RecordError::Checksum));
                }
                Ok((_, size)) => len += size,
                Err(error) => return (len, stop(rest, error)),
            }
        }
    }
}

/// Is a part of the record that ends at byte `end` of the log missing? The checksum covers the body
/// alone; a sector that was not written before a crash is zeros, as far as the record reaches into
/// it. No topic contains a zero, and none of the rest of a header outlives the loss of the topic
/// behind it. What is stored of properties has no sector of zeros either
/// ([`crate::store::commitlog::hides_torn_write`]).
fn is_torn(record: &Record<'_>, end: u64) -> bool {
    if !is_topic_name(record.topic) || record.queue_id < 0 {
        return true;
    }
    let start = end - record.properties.len() as u64;
    // Where the first sector begins that has nothing but properties of this record.
    let before = usize::try_from(start.next_multiple_of(SECTOR_BYTES) - start);
    let whole = before.ok().and_then(|before| record.properties.get(before..));
    let mut sectors = whole.unwrap_or_default().chunks(SECTOR_LEN);
    record.properties.last() == Some(&0) || sectors.any(|part| part.iter().all(|byte| *byte == 0))
}

/// What stands where no sound record is.
enum Stop {
    Bad(RecordError),
    Blank,
    /// A record of this length, of which the window has a part.
    Longer(u64),
    Zeros,
}

fn stop(rest: &[u8], error: RecordError) -> Stop {
    match prefix(rest) {
        Some((0, 0)) => Stop::Zeros,
        Some((_, MAGIC_BLANK)) => Stop::Blank,
        Some((size, _)) if error == RecordError::Truncated => Stop::Longer(u64::from(size)),
        // Less than a prefix: the window ends here, and the next one begins here.
        None => Stop::Longer(WINDOW_BYTES),
        Some(_) => Stop::Bad(error),
    }
}
