//! Opening what is there: what a clean stop left, what a crash left, and what RocketMQ left.

mod plan;
mod queues;
pub(crate) mod scan;

use std::time::Duration;

use tracing::info;

use self::plan::{Evidence, Plan, QueuesFound, QueuesUse, ScanFrom, Settle, Tail, plan, settle};
pub(crate) use self::plan::{IndexFound, IndexFrom, Noted, index_file, index_from};
use self::queues::LoadRule;
use self::scan::{Records, Scan, ScanEnd, Step};
use super::checkpoint::Checkpoint;
use super::commitlog::Image;
use super::consumequeue::{Recovered, Unit, summary};
use super::error::{OpenError, open_io};
use super::folder;
use super::index::{Index, Known};
use super::memory::Left;
use super::names::parse_file_name;
use super::shard::Shard;
use crate::message::flags::Transaction;
use crate::message::record::{Check, Record, RecordError, STORED_AT_BYTES, stored_at};
use crate::rt::buffer::BLOCK_BYTES;
use crate::rt::clock;
use crate::rt::disk::{self, File, Kind, Open};
use crate::units::{PhysicalOffset, ShardId};

/// Largest summary that is read: a few million queues.
const SUMMARY_BYTES_MAX: usize = 1 << 30;

/// How often a scan that takes long says so.
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// What is read at once to see how much a crash has left behind the end of the log.
const REST_WINDOW_BYTES: usize = 1 << 20;

/// What recovery of a shard found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The shard.
    pub shard: ShardId,
    /// The store had been closed before.
    pub clean: bool,
    /// The first byte of the log.
    pub log_start: u64,
    /// Where the log was read from.
    pub scanned_from: u64,
    /// Where it ends.
    pub log_end: u64,
    /// Records read, all of which are kept.
    pub records: u64,
    /// Bytes behind the end of the log that were not zeros: they were cut off.
    pub cut_bytes: u64,
    /// What stood behind the last sound record, if not nothing: it was cut off.
    pub torn: Option<RecordError>,
    /// All consume queues were made anew from the log.
    pub rebuilt: bool,
    /// Consume queues.
    pub queues: usize,
    /// How long it took.
    pub took: Duration,
}

impl<A: 'static> Shard<A> {
    /// Finds the end of the log and brings the queues up to it. Afterwards the shard can take
    /// messages.
    pub(super) async fn recover(&self, left: &Left) -> Result<RecoveryReport, OpenError> {
        let began = clock::now();
        let clean = left.is_clean();
        self.find_segments(clean).await?;
        let path = self.names.checkpoint();
        self.noted.set(Checkpoint::read(&path).await.map_err(open_io(&path))?);
        if !clean {
            self.wait_for_writes().await;
        }
        self.rescue(left).await?;
        let mut evidence = self.evidence(clean).await?;
        let closed = evidence.is_closed();
        let (plan, from, end, records) = loop {
            let plan = plan(evidence);
            if let Some(from) = self.prepare(plan, closed).await?
                && let Some((end, records)) = self.scan_from(from).await?
            {
                break (plan, from, end, records);
            }
            // The queues on disk are not what was noted.
            evidence.queues = QueuesFound::Missing;
        };
        let clear = match settle(closed, self.tail(end)) {
            Settle::Keep => false,
            Settle::Clear => true,
            Settle::Refuse => {
                return Err(OpenError::Damaged(PhysicalOffset::new(self.id, end.at)));
            }
        };
        let cut_bytes = self.rest_behind(end).await?;
        self.settle_end(end, clear).await?;
        if !closed {
            self.sync_scanned(from).await?;
        }
        self.durable.set(end.at);
        self.open_index(evidence, end.at).await?;
        Ok(RecoveryReport {
            shard: self.id,
            clean,
            log_start: self.log_start(),
            scanned_from: from,
            log_end: end.at,
            records,
            cut_bytes,
            torn: end.torn,
            rebuilt: plan.queues.is_anew() && evidence.log,
            queues: self.table.borrow().all().count(),
            took: began.elapsed(),
        })
    }

    /// Takes in the index files on disk. What they lack is read later, behind the first messages.
    async fn open_index(&self, evidence: Evidence, log_end: u64) -> Result<(), OpenError> {
        let Some(layout) = self.settings.index else { return Ok(()) };
        let checkpoint = self.noted.get();
        let own = checkpoint.own.unwrap_or_default();
        let known = Known {
            clean: evidence.clean,
            noted: evidence.noted,
            indexed: own.indexed,
            last_indexed: own.last_indexed,
            java_time: checkpoint.index_stored_at,
        };
        let log = self.log_start()..log_end;
        let index = Index::open(self.names.index(), self.id, layout, known, log).await?;
        // Recovery runs once.
        let _set = self.index.set(index);
        Ok(())
    }

    /// Takes in the segments on disk.
    async fn find_segments(&self, clean: bool) -> Result<(), OpenError> {
        let folder = self.segments.folder();
        let wanted = self.segments.segment_bytes();
        let names = disk::list_dir(folder).await.map_err(open_io(folder))?;
        let mut starts: Vec<u64> = Vec::new();
        for (at, name) in names.iter().enumerate() {
            let path = folder.join(name);
            let found = disk::metadata(&path).await.map_err(open_io(&path))?;
            if found.kind == Kind::Directory {
                continue;
            }
            let global = parse_file_name(name).map(PhysicalOffset);
            let ours = |start: &PhysicalOffset| {
                start.shard() == self.id && start.local().is_multiple_of(wanted)
            };
            let start = global.filter(ours).ok_or_else(|| OpenError::Foreign(path.clone()))?;
            let last = at + 1 == names.len();
            if last && found.len == 0 {
                // Made, and not yet given its length.
                disk::remove_file(&path).await.map_err(open_io(&path))?;
                continue;
            }
            if last && !clean && found.len < wanted {
                // Being cut when the process ended.
                let how = Open { len: Some(wanted), write: true, ..Open::READ };
                File::open(&path, how).await.map_err(open_io(&path))?;
            } else if found.len != wanted {
                return Err(OpenError::Length { path, found: found.len, wanted });
            }
            if let Some(before) = starts.last().filter(|before| *before + wanted != start.local()) {
                return Err(OpenError::Missing(self.segments.path(before + wanted)));
            }
            starts.push(start.local());
        }
        self.segments.add(starts);
        Ok(())
    }

    /// Waits for writes of a process that was killed: the kernel takes its rings apart behind its
    /// back, and what arrives late must not arrive after what is written from now on. File systems
    /// wait for direct writes in flight before they allocate (`inode_dio_wait` in the kernel).
    async fn wait_for_writes(&self) {
        let durable = self.noted.get().own.map_or(0, |own| own.log_end);
        let first = self.segments.start_of(durable);
        for start in self.segments.starts().into_iter().skip_while(|start| *start < first) {
            if let Ok(file) = self.segments.file(start).await {
                // It is there, so that nothing is allocated; those that cannot wait do not write
                // directly either.
                let _waited = file.allocate(0, BLOCK_BYTES as u64).await;
            }
        }
    }

    async fn evidence(&self, clean: bool) -> Result<Evidence, OpenError> {
        let noted = match self.noted.get().own {
            None => Noted::Nothing,
            Some(own) if own.closed.is_some() => Noted::Closed,
            Some(_) => Noted::Open,
        };
        let log = self.segments.first().is_some();
        let queues = if !queues::any(&self.names).await? {
            // No queue is what the log of an empty store has as well.
            let empty = self.read_summary().await.is_some_and(|summary| summary.is_empty());
            if empty { QueuesFound::Summarised } else { QueuesFound::Missing }
        } else {
            match self.read_summary().await {
                None => QueuesFound::Unlisted,
                Some(listed) => {
                    let there = queues::topics(&self.names).await?;
                    let is_there = |topic: &String| {
                        there.binary_search_by(|name| name.as_os_str().cmp(topic.as_ref())).is_ok()
                    };
                    if listed.iter().all(is_there) {
                        QueuesFound::Summarised
                    } else {
                        QueuesFound::Missing
                    }
                }
            }
        };
        Ok(Evidence { clean, log, noted, queues })
    }

    /// The topics that the summary lists, if it is the one the checkpoint names; the queues go
    /// into the table.
    async fn read_summary(&self) -> Option<Vec<String>> {
        let checksum = self.noted.get().own?.closed?;
        let bytes = disk::read_file(&self.names.summary(), SUMMARY_BYTES_MAX).await.ok()?;
        let listed = summary::decode(&bytes, checksum, self.log_start())?;
        let mut table = self.table.borrow_mut();
        table.clear();
        for queue in &listed {
            table.add(queue.topic, queue.id, (queue.min, queue.max), queue.log_end);
        }
        let mut topics: Vec<String> = listed.iter().map(|queue| queue.topic.to_owned()).collect();
        topics.sort_unstable();
        topics.dedup();
        Some(topics)
    }

    /// Brings the table to what the plan starts from, and tells where the scan does; `None` if the
    /// queues do not lead there. Nothing is cut off the queues of a store that was `closed`.
    async fn prepare(&self, plan: Plan, closed: bool) -> Result<Option<u64>, OpenError> {
        let log_start = self.log_start();
        let own = self.noted.get().own;
        let from = match plan.scan {
            ScanFrom::ClosedEnd => own.map_or(log_start, |own| own.log_end),
            ScanFrom::Dispatched => own.map_or(log_start, |own| own.dispatched),
            ScanFrom::First | ScanFrom::Nothing => log_start,
            ScanFrom::JavaTime => self.segment_by_time(self.noted.get().java_time()).await?,
            ScanFrom::LastUnit => u64::MAX,
        };
        let mut from = from.max(log_start);
        match plan.queues {
            QueuesUse::Summary => {}
            QueuesUse::Keep => self.load_queues(from, !closed).await?,
            QueuesUse::Rebuild => self.drop_queues().await?,
            QueuesUse::RebuildWithIndex => {
                let path = self.names.index();
                folder::remove(&path).await.map_err(open_io(&path))?;
                self.drop_queues().await?;
            }
        }
        if plan.scan == ScanFrom::LastUnit {
            let Some(end) = self.last_unit_end().await? else { return Ok(None) };
            from = end;
        }
        let last = self.segments.starts().last().map(|last| last + self.segments.segment_bytes());
        if from > last.unwrap_or(from) {
            return Err(OpenError::Damaged(PhysicalOffset::new(self.id, from)));
        }
        Ok(Some(from))
    }

    /// What stands behind the end that a scan has found.
    fn tail(&self, end: ScanEnd) -> Tail {
        let durable = self.noted.get().own.map_or(0, |own| own.log_end);
        match end.torn {
            _ if end.at < durable => Tail::Short,
            Some(error) => Tail::Torn(error),
            None if self.segments.contains(self.segments.start_of(end.at)) => Tail::Zeros,
            None => Tail::Nothing,
        }
    }

    async fn load_queues(&self, bound: u64, cut: bool) -> Result<(), OpenError> {
        self.table.borrow_mut().clear();
        let file_bytes = self.queue_files.file_bytes();
        let rule = LoadRule { file_bytes, bound, log_start: self.log_start(), cut };
        let mut table = self.table.take();
        let cut = queues::load(&self.names, rule, &mut table).await?;
        self.queue_files.note_cut(cut);
        self.table.replace(table);
        Ok(())
    }

    /// Removes all queues and their files. What the checkpoint says of them is voided first: a
    /// crash from here on must not end with half of them.
    async fn drop_queues(&self) -> Result<(), OpenError> {
        self.table.borrow_mut().clear();
        let path = self.names.checkpoint();
        self.void_checkpoint().await.map_err(open_io(&path))?;
        let path = self.names.consume_queues();
        folder::remove(&path).await.map_err(open_io(&path))
    }

    /// The end of the newest record that any queue has, if it is sound; the beginning of the log
    /// if no queue has any.
    async fn last_unit_end(&self) -> Result<Option<u64>, OpenError> {
        let last = {
            let table = self.table.borrow();
            let last = table.all().max_by_key(|queue| queue.log_end);
            last.map(|queue| (queue.topic.to_string(), queue.id, queue.max, queue.log_end))
        };
        let Some((topic, id, max, end)) = last.filter(|last| last.3 > 0) else {
            return Ok(Some(self.log_start()));
        };
        let path = self.names.queue(&topic, id);
        let name = super::consumequeue::QueueName { serial: 0, topic: &topic, id };
        let units = self.queue_files.read(name, max - 1, 1).await.map_err(open_io(&path))?;
        self.queue_files.forget(0);
        let Some(unit) = units.first() else { return Ok(None) };
        let at = unit.physical.local();
        let start = self.segments.start_of(at);
        if !self.segments.contains(start) {
            return Ok(None);
        }
        let path = self.segments.path(start);
        let file = self.segments.file(start).await.map_err(open_io(&path))?;
        let size = usize::try_from(unit.size).unwrap_or(0);
        let bytes = file.read_at(size, at - start).await.map_err(open_io(&path))?;
        let record = Record::decode(&bytes, Check::Checksum);
        let sound = record.is_ok_and(|(record, _)| record.physical_offset == unit.physical);
        Ok(sound.then_some(end))
    }

    /// The newest segment whose first record was stored at or before `time`; the first segment if
    /// there is none.
    async fn segment_by_time(&self, time: i64) -> Result<u64, OpenError> {
        for start in self.segments.starts().into_iter().rev() {
            let path = self.segments.path(start);
            let file = self.segments.file(start).await.map_err(open_io(&path))?;
            let head = file.read_at(STORED_AT_BYTES, 0).await.map_err(open_io(&path))?;
            let stored = stored_at(&head).map_or(0, |stored| stored.0);
            if stored > 0 && stored <= time {
                return Ok(start);
            }
        }
        Ok(self.log_start())
    }

    /// Reads the log from `from` to its end and puts what it finds into the queues: the end, and
    /// how many records they were. `None` if a queue lacks messages before the scan. Says how far
    /// it is, every so often.
    async fn scan_from(&self, from: u64) -> Result<Option<(ScanEnd, u64)>, OpenError> {
        let whole = from == self.log_start();
        let mut scan = Scan::new(&self.segments, self.id, from);
        let (mut count, mut said) = (0, clock::now());
        loop {
            if said.elapsed() >= PROGRESS_EVERY {
                said = clock::now();
                let (scanned, shard) = (scan.position() - from, self.id.0);
                info!(shard, scanned, records = count, "reading the log to find its end");
            }
            match scan.step().await? {
                Step::End(end) => return Ok(Some((end, count))),
                Step::Records(records) => {
                    count += records.iter().count() as u64;
                    if !self.dispatch(&records, whole).await? {
                        return Ok(None);
                    }
                }
            }
            if self.is_pressing() {
                let path = self.names.consume_queues();
                self.flush_queues().await.map_err(open_io(&path))?;
                self.table.borrow_mut().forget(scan.position());
            }
        }
    }

    /// Puts records into their queues; false if a queue lacks what comes before.
    async fn dispatch(&self, records: &Records, whole: bool) -> Result<bool, OpenError> {
        for (record, size) in records.iter() {
            if !Transaction::of(record.sys_flag).is_queued() {
                continue;
            }
            let tags_code = (self.settings.tags_code)(&record);
            let unit = Unit { physical: record.physical_offset, size, tags_code };
            let place = (record.topic, record.queue_id, record.queue_offset.0);
            let outcome = self.table.borrow_mut().recover(place, unit, record.stored_at);
            match outcome {
                Recovered::Next => continue,
                Recovered::Ahead if !whole => return Ok(false),
                Recovered::Ahead | Recovered::Behind => {}
            }
            // The log begins after the queue did, or the topic was deleted and made again.
            let serial = self.table.borrow_mut().remove(record.topic, record.queue_id);
            if let Some(serial) = serial {
                self.queue_files.forget(serial);
            }
            let path = self.names.queue(record.topic, record.queue_id);
            folder::remove(&path).await.map_err(open_io(&path))?;
            let mut table = self.table.borrow_mut();
            let offset = record.queue_offset.0.max(0);
            table.add(record.topic, record.queue_id, (offset, offset), 0);
            table.recover((place.0, place.1, offset), unit, record.stored_at);
        }
        Ok(true)
    }

    /// Makes durable what was read from `from` on: whoever wrote it may have died before that, and
    /// from now on it is visible, and counted as durable by the next checkpoint.
    async fn sync_scanned(&self, from: u64) -> Result<(), OpenError> {
        let first = self.segments.start_of(from);
        for start in self.segments.starts().into_iter().skip_while(|start| *start < first) {
            let path = self.segments.path(start);
            let file = self.segments.file(start).await.map_err(open_io(&path))?;
            file.sync_data().await.map_err(open_io(&path))?;
        }
        Ok(())
    }

    /// How much stands in the way behind the end of the log: up to the last byte that is not zero
    /// before a window of zeros, or the end of the segment. A commit cut short leaves no more.
    async fn rest_behind(&self, end: ScanEnd) -> Result<u64, OpenError> {
        let start = self.segments.start_of(end.at);
        if end.torn.is_none() || !self.segments.contains(start) {
            return Ok(0);
        }
        let path = self.segments.path(start);
        let file = self.segments.file(start).await.map_err(open_io(&path))?;
        let (mut at, mut last) = (end.at, end.at);
        loop {
            let read = file.read_at(REST_WINDOW_BYTES, at - start).await.map_err(open_io(&path))?;
            let Some(behind) = read.iter().rposition(|byte| *byte != 0) else {
                return Ok(last - end.at);
            };
            last = at + behind as u64 + 1;
            at += read.len() as u64;
        }
    }

    /// Makes `end` the end of the log: removes what lies behind it, and takes the last chunk into
    /// memory.
    async fn settle_end(&self, end: ScanEnd, clear: bool) -> Result<(), OpenError> {
        let last = self.segments.start_of(end.at);
        for start in self.segments.starts().into_iter().rev().take_while(|start| *start > last) {
            let path = self.segments.path(start);
            self.segments.remove(start).await.map_err(open_io(&path))?;
        }
        let path = self.segments.path(last);
        if clear {
            let file = self.segments.file(last).await.map_err(open_io(&path))?;
            // Stale bytes could otherwise be taken for records by the next recovery. Durable
            // before anything is appended: it must not come back.
            file.set_len(end.at - last).await.map_err(open_io(&path))?;
            file.set_len(self.segments.segment_bytes()).await.map_err(open_io(&path))?;
            file.sync_data().await.map_err(open_io(&path))?;
            disk::sync_dir(self.segments.folder()).await.map_err(open_io(&path))?;
        }
        let chunk_start = end.at - end.at % self.chunk_bytes;
        let mut image = Image::new(self.home.pool.clone(), chunk_start);
        if chunk_start < end.at {
            let file = self.segments.file(last).await.map_err(open_io(&path))?;
            let len = usize::try_from(end.at - chunk_start).unwrap_or(usize::MAX);
            let bytes = file.read_at(len, chunk_start - last).await.map_err(open_io(&path))?;
            let short = || OpenError::Damaged(PhysicalOffset::new(self.id, chunk_start));
            let whole = bytes.len() == len && image.reserve(end.at - chunk_start, 0).is_ok();
            whole.then(|| image.put(&bytes)).ok_or_else(short)?;
        }
        self.image.replace(image);
        self.set_committed(end.at);
        self.set_written(end.at);
        Ok(())
    }
}
