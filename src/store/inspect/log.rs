//! Walking over a log that may be damaged.

use std::io;

use super::{Findings, Said};
use crate::message::record::Check;
use crate::message::record::{PREFIX_BYTES, RECORD_BYTES_MIN, Record, RecordError, prefix};
use crate::rt::disk::{self, Kind};
use crate::store::commitlog::Segments;
use crate::store::error::{OpenError, open_io};
use crate::store::names::{Names, parse_file_name};
use crate::store::recovery::scan::{Records, Scan, Step};
use crate::units::{PhysicalOffset, ShardId};

/// The segments of a shard; what is wrong with the files is a fault.
pub(super) async fn segments(
    names: &Names,
    shard: ShardId,
    segment_bytes: u64,
    findings: &mut Findings,
) -> Result<Segments, OpenError> {
    let folder = names.commit_log();
    let listed = match disk::list_dir(&folder).await {
        Ok(listed) => listed,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(source) => return Err(OpenError::Io { path: folder, source }),
    };
    let mut starts: Vec<u64> = Vec::new();
    for name in listed {
        let path = folder.join(&name);
        let found = disk::metadata(&path).await.map_err(open_io(&path))?;
        if found.kind == Kind::Directory {
            continue;
        }
        let start = parse_file_name(&name).map(PhysicalOffset);
        let ours =
            |at: &PhysicalOffset| at.shard() == shard && at.local().is_multiple_of(segment_bytes);
        let Some(start) = start.filter(ours) else {
            findings.fault(format_args!("{} is no segment of this log", path.display()));
            continue;
        };
        if found.len != segment_bytes {
            let (path, len) = (path.display(), found.len);
            findings.fault(format_args!("{path} has {len} bytes instead of {segment_bytes}"));
        }
        if let Some(last) = starts.last().filter(|last| *last + segment_bytes != start.local()) {
            let missing = last + segment_bytes;
            findings.fault(format_args!("the segment at byte {missing} of the log is missing"));
        }
        starts.push(start.local());
    }
    let segments = Segments::reading(folder, shard, segment_bytes);
    segments.add(starts);
    Ok(segments)
}

/// A walk from the beginning of a log to its end, over what is damaged.
pub(super) struct Walk<'a> {
    segments: &'a Segments,
    shard: ShardId,
    said: Said,
    scan: Scan<'a>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(segments: &'a Segments, shard: ShardId, said: Said) -> Self {
        let first = segments.first().unwrap_or(0);
        Self { segments, shard, said, scan: Scan::new(segments, shard, first) }
    }

    /// The byte of the log that the walk has come to.
    pub(super) fn position(&self) -> u64 {
        self.scan.position()
    }

    /// The next records; `None` at the end of the log.
    pub(super) async fn step(
        &mut self,
        findings: &mut Findings,
    ) -> Result<Option<Records>, OpenError> {
        loop {
            let end = match self.scan.step().await? {
                Step::Records(records) => return Ok(Some(records)),
                Step::End(end) => end,
            };
            let physical = PhysicalOffset::new(self.shard, end.at).0;
            let next = self.segments.start_of(end.at) + self.segments.segment_bytes();
            let more = self.begins_with_record(next).await?;
            match end.torn {
                None if !more && end.at >= self.noted_end() => return Ok(None),
                None => findings
                    .fault(format_args!("the log has nothing at {physical}, before its end")),
                Some(error) if more || end.at < self.said.durable() => {
                    findings.fault(format_args!("the record at {physical}: {error}"));
                }
                Some(error) => {
                    findings.note(format_args!(
                        "the log ends at {physical}, before what a crash has left ({error})"
                    ));
                    return Ok(None);
                }
            }
            match end.torn {
                Some(RecordError::Checksum) => {
                    let size = self.size_at(end.at).await?;
                    self.scan.resume(end.at + size);
                }
                _ if more => self.scan.resume(next),
                _ => return Ok(None),
            }
        }
    }

    /// Where the log ends at least, as the checkpoint says.
    fn noted_end(&self) -> u64 {
        self.said.noted.own.map_or(0, |own| own.log_end)
    }

    async fn begins_with_record(&self, start: u64) -> Result<bool, OpenError> {
        if !self.segments.contains(start) {
            return Ok(false);
        }
        let head = read(self.segments, start, RECORD_BYTES_MIN).await?;
        let at = PhysicalOffset::new(self.shard, start);
        let there = head.get(28..36).and_then(|bytes| bytes.first_chunk::<8>());
        Ok(prefix(&head).is_some_and(|(size, _)| size > 0)
            && there.is_some_and(|bytes| u64::from_be_bytes(*bytes) == at.0))
    }

    /// The length of a record whose body alone is damaged.
    async fn size_at(&self, at: u64) -> Result<u64, OpenError> {
        let head = read(self.segments, at, PREFIX_BYTES).await?;
        Ok(prefix(&head).map_or(1, |(size, _)| u64::from(size)))
    }
}

/// Bytes of the log, fewer at the end of a segment.
pub(super) async fn read(
    segments: &Segments,
    at: u64,
    len: usize,
) -> Result<bytes::Bytes, OpenError> {
    let start = segments.start_of(at);
    let path = segments.path(start);
    let file = segments.file(start).await.map_err(open_io(&path))?;
    file.read_at(len, at - start).await.map_err(open_io(&path))
}

/// The bytes of the record at `at`, if a whole one begins there.
pub(super) async fn record_at(
    segments: &Segments,
    physical: PhysicalOffset,
) -> Result<Option<bytes::Bytes>, OpenError> {
    let at = physical.local();
    if !segments.contains(segments.start_of(at)) {
        return Ok(None);
    }
    let head = read(segments, at, PREFIX_BYTES).await?;
    let left = segments.start_of(at) + segments.segment_bytes() - at;
    let Some((size, _)) = prefix(&head).filter(|(size, _)| u64::from(*size) <= left) else {
        return Ok(None);
    };
    let bytes = read(segments, at, size as usize).await?;
    let whole = Record::decode(&bytes, Check::Shape);
    Ok(whole.is_ok_and(|(record, _)| record.physical_offset == physical).then_some(bytes))
}
