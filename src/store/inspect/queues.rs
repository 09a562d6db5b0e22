//! Consume queues beside the log: each record has its unit, each unit its record.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::{Findings, Said, log};
use crate::message::flags::Transaction;
use crate::message::record::{Check, Record};
use crate::rt::disk::{self, File, Kind, Open};
use crate::store::commitlog::Segments;
use crate::store::consumequeue::{UNIT_BYTES, UNIT_LEN, Unit};
use crate::store::error::{OpenError, open_io};
use crate::store::names::{Names, file_name, parse_file_name};
use crate::store::recovery::scan::Records;

/// Units that are read at once: 80 KiB.
const READ_UNITS: u64 = 4096;

/// Records of one queue without a unit that are named.
const MISSING_NAMED_MAX: usize = 64;

/// What a record says that its unit's tags code is; `None` where it does not tell.
pub(super) type TagsCode = fn(&Record<'_>) -> Option<i64>;

type Place = (String, i32);

/// A queue as the log shows it.
#[derive(Default)]
struct Seen {
    /// The offset that its next record should have.
    next: Option<i64>,
    /// Records that have their unit.
    matched: u64,
    /// Records that have none, in words. Void when the queue begins anew, with its topic.
    missing: Vec<String>,
    /// And so many more.
    missing_more: u64,
}

/// The queues of one shard.
pub(super) struct Queues<'a> {
    names: &'a Names,
    file_bytes: u64,
    said: Said,
    tags_code: TagsCode,
    seen: BTreeMap<Place, Seen>,
    /// Records of topics that have no queues.
    without: u64,
}

impl<'a> Queues<'a> {
    pub(super) fn new(names: &'a Names, file_bytes: u64, said: Said, tags_code: TagsCode) -> Self {
        let file_bytes = file_bytes.next_multiple_of(UNIT_BYTES);
        Self { names, file_bytes, said, tags_code, seen: BTreeMap::new(), without: 0 }
    }

    /// Compares the units of some records.
    pub(super) async fn compare(
        &mut self,
        records: &Records,
        findings: &mut Findings,
    ) -> Result<(), OpenError> {
        let mut places: BTreeMap<Place, Vec<(i64, Unit, Option<i64>)>> = BTreeMap::new();
        for (record, size) in records.iter() {
            if Transaction::of(record.sys_flag).is_queued() {
                let unit = Unit { physical: record.physical_offset, size, tags_code: 0 };
                let place = (record.topic.to_owned(), record.queue_id);
                let tags = (self.tags_code)(&record);
                places.entry(place).or_default().push((record.queue_offset.0, unit, tags));
            }
        }
        for (place, wanted) in places {
            let folder = self.names.topic(&place.0);
            if !disk::exists(&folder).await.map_err(open_io(&folder))? {
                self.without += wanted.len() as u64;
                continue;
            }
            let (low, high) = wanted
                .iter()
                .fold((i64::MAX, 0), |(low, high), (at, _, _)| (low.min(*at), high.max(*at)));
            let low = low.max(0);
            let folder = self.names.queue(&place.0, place.1);
            let count = u64::try_from(high - low).unwrap_or(0) + 1;
            let units = units(&folder, self.file_bytes, low, count).await?;
            let seen = self.seen.entry(place.clone()).or_default();
            for (at, unit, tags) in wanted {
                let index = usize::try_from(at - low).unwrap_or(usize::MAX);
                let there = units.get(index).copied().flatten();
                let dispatched = unit.local_end() <= self.said.dispatched();
                let found = Found { place: &place, at, unit, tags, there, dispatched };
                compare(seen, &found, findings);
                findings.units += 1;
            }
        }
        Ok(())
    }

    /// Looks at every unit, once the log was walked over; it ends at `log_end`.
    pub(super) async fn finish(
        mut self,
        segments: &Segments,
        log_end: u64,
        findings: &mut Findings,
    ) -> Result<(), OpenError> {
        for seen in self.seen.values_mut() {
            seen.missing.drain(..).for_each(|missing| findings.fault(missing));
            findings.fault_count += seen.missing_more;
        }
        if self.without > 0 {
            let count = self.without;
            findings.note(format_args!("{count} records are of topics that have no queues"));
        }
        for topic in folders(&self.names.consume_queues(), findings).await? {
            for queue in folders(&self.names.topic(&topic), findings).await? {
                let Ok(id) = queue.parse::<i32>() else {
                    findings.fault(format_args!("consumequeue/{topic}/{queue} is no queue"));
                    continue;
                };
                let place = (topic.clone(), id);
                let matched = self.seen.get(&place).map_or(0, |seen| seen.matched);
                self.finish_queue(&place, matched, segments, log_end, findings).await?;
            }
        }
        Ok(())
    }

    async fn finish_queue(
        &self,
        place: &Place,
        matched: u64,
        segments: &Segments,
        log_end: u64,
        findings: &mut Findings,
    ) -> Result<(), OpenError> {
        let folder = self.names.queue(&place.0, place.1);
        let log_start = segments.first().unwrap_or(0);
        // Once to count, and if there are more than the log accounts for, once to find which.
        for named in [false, true] {
            let mut live = 0;
            for start in files(&folder, self.file_bytes, findings, named).await? {
                let path = folder.join(file_name(start));
                let mut at = 0;
                while at < self.file_bytes / UNIT_BYTES {
                    let part = read_units(&path, at, READ_UNITS).await?;
                    for (unit, offset) in part.iter().zip(start / UNIT_BYTES + at..) {
                        let gone =
                            |unit: &Unit| unit.is_filler() || unit.physical.local() < log_start;
                        let Some(unit) = unit.filter(|unit| !gone(unit)) else { continue };
                        live += 1;
                        if named {
                            self.trace(place, offset, unit, segments, log_end, findings).await?;
                        }
                    }
                    at += READ_UNITS;
                    if !part.iter().any(Option::is_some) {
                        break;
                    }
                }
            }
            if live == matched {
                break;
            }
        }
        Ok(())
    }

    /// Does a unit lead to the record that it should?
    async fn trace(
        &self,
        (topic, id): &Place,
        offset: u64,
        unit: Unit,
        segments: &Segments,
        log_end: u64,
        findings: &mut Findings,
    ) -> Result<(), OpenError> {
        let physical = unit.physical.0;
        let name = format!("unit {offset} of {topic}/{id}");
        if unit.local_end() > log_end {
            match self.said.clean {
                true => findings.fault(format_args!("{name} leads behind the log, to {physical}")),
                false => findings.note(format_args!("{name} leads behind what a crash has left")),
            }
            return Ok(());
        }
        let bytes = log::record_at(segments, unit.physical).await?;
        let record = bytes.as_deref().and_then(|bytes| Record::decode(bytes, Check::Shape).ok());
        let Some((record, _)) = record else {
            findings.fault(format_args!("{name} leads to {physical}, where no record begins"));
            return Ok(());
        };
        let at = u64::try_from(record.queue_offset.0).unwrap_or(u64::MAX);
        if (record.topic, record.queue_id, at) != (topic.as_str(), *id, offset) {
            let (topic, id) = (record.topic, record.queue_id);
            findings
                .fault(format_args!("{name} leads to {physical}, which is {at} of {topic}/{id}"));
        }
        Ok(())
    }
}

/// A record and the unit that stands where its own should.
struct Found<'a> {
    place: &'a Place,
    at: i64,
    unit: Unit,
    tags: Option<i64>,
    there: Option<Unit>,
    dispatched: bool,
}

fn compare(seen: &mut Seen, found: &Found<'_>, findings: &mut Findings) {
    let Found { place: (topic, id), at, unit, tags, there, dispatched } = *found;
    let physical = unit.physical.0;
    let name = format_args!("unit {at} of {topic}/{id}").to_string();
    match seen.next {
        // The topic was deleted and made again: what it had before has no units.
        Some(next) if at < next => *seen = Seen::default(),
        Some(next) if at > next => findings.fault(format_args!(
            "{topic}/{id} goes on with {at} at {physical}, and {next} is missing"
        )),
        _ => {}
    }
    seen.next = Some(at + 1);
    match there.filter(|unit| !unit.is_filler()) {
        Some(there) if there.physical == unit.physical => {
            seen.matched += 1;
            if there.size != unit.size {
                let (found, size) = (there.size, unit.size);
                findings.fault(format_args!("{name} says {found} bytes, its record has {size}"));
            }
            if let Some(tags) = tags.filter(|tags| *tags != there.tags_code) {
                let found = there.tags_code;
                findings.fault(format_args!("{name} has the tags code {found} instead of {tags}"));
            }
        }
        // One of a later life of the topic; what it leads to is looked at in the end.
        Some(there) if there.physical > unit.physical => {}
        _ if dispatched && seen.missing.len() < MISSING_NAMED_MAX => {
            seen.missing.push(format!("{name} does not lead to its record at {physical}"));
        }
        _ if dispatched => seen.missing_more += 1,
        _ => {}
    }
}

/// `count` units of a queue from `offset` on; `None` for those that are not there.
pub(super) async fn units(
    folder: &Path,
    file_bytes: u64,
    offset: i64,
    count: u64,
) -> Result<Vec<Option<Unit>>, OpenError> {
    let mut found = Vec::new();
    let mut at = u64::try_from(offset).unwrap_or(0);
    let end = at.saturating_add(count);
    let per_file = file_bytes / UNIT_BYTES;
    while at < end {
        let within = at % per_file;
        let part = (end - at).min(per_file - within).min(READ_UNITS);
        let path = folder.join(file_name((at - within) * UNIT_BYTES));
        let mut units = read_units(&path, within, part).await?;
        units.resize(usize::try_from(part).unwrap_or(usize::MAX), None);
        found.append(&mut units);
        at += part;
    }
    Ok(found)
}

async fn read_units(path: &Path, at: u64, count: u64) -> Result<Vec<Option<Unit>>, OpenError> {
    let file = match File::open(path, Open::READ).await {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    };
    let len = usize::try_from(count * UNIT_BYTES).unwrap_or(usize::MAX);
    let bytes = file.read_at(len, at * UNIT_BYTES).await.map_err(open_io(path))?;
    Ok(bytes.chunks_exact(UNIT_LEN).map(Unit::decode).collect())
}

/// Where the files of a queue start. What does not belong there is a fault, told once.
async fn files(
    folder: &Path,
    file_bytes: u64,
    findings: &mut Findings,
    told: bool,
) -> Result<Vec<u64>, OpenError> {
    let mut starts = Vec::new();
    for name in disk::list_dir(folder).await.map_err(open_io(folder))? {
        let path = folder.join(&name);
        let len = disk::metadata(&path).await.map_err(open_io(&path))?.len;
        match parse_file_name(&name).filter(|start| start % file_bytes == 0) {
            Some(start) => starts.push(start),
            None if told => {}
            None => findings.fault(format_args!("{} is no file of a queue", path.display())),
        }
        if len != file_bytes && !told {
            let path = path.display();
            findings.fault(format_args!("{path} has {len} bytes instead of {file_bytes}"));
        }
    }
    Ok(starts)
}

/// The directories in `path`; none if it is not there. Anything else in it is a fault.
async fn folders(path: &Path, findings: &mut Findings) -> Result<Vec<String>, OpenError> {
    let names = match disk::list_dir(path).await {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    };
    let mut folders = Vec::new();
    for name in names {
        let inner = path.join(&name);
        let kind = disk::metadata(&inner).await.map_err(open_io(&inner))?.kind;
        match name.into_string() {
            Ok(name) if kind == Kind::Directory => folders.push(name),
            _ => findings.fault(format_args!("{} is no directory of queues", inner.display())),
        }
    }
    Ok(folders)
}
