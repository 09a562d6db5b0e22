//! The index: messages by their keys. Derived from the log, which it follows as a reader: nothing
//! that is appended waits for it, and what it lacks is read again.
//!
//! Keys gather in memory and go to the newest file in large batches, in the order of the log; both
//! are looked into. Files are RocketMQ's (Java: `IndexService`), so that either can go on with what
//! the other has written.

mod file;
mod follow;
mod format;
mod load;

use std::cell::{Cell, RefCell};
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

pub use self::file::Hit;
pub(crate) use self::file::Wanted;
pub(crate) use self::file::{IndexFile, Key};
pub(crate) use self::format::{Entry, Header, lookups};
pub use self::format::{Layout, Lookup};
pub(crate) use self::load::{Known, is_index_name, paths};
use super::watch::Gate;
use crate::limits::INDEX_KEYS_WAITING_MAX;
use crate::message::record::Record;
use crate::rt::clock::{self, LocalTime};
use crate::rt::disk;
use crate::units::PhysicalOffset;

/// What a look into an index found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub hits: Vec<Hit>,
    /// Store time of the last message that is indexed, in milliseconds; 0 if none is.
    pub last_time: i64,
    /// Where its record starts.
    pub last: u64,
}

/// How far an index has come, for the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The keys of records before this byte of the log are in files, durably.
    pub(crate) indexed: u64,
    /// Where the last record that is in files starts.
    pub(crate) last: u64,
    /// When that was stored.
    pub(crate) last_time: i64,
}

/// The index of one shard. Lives on the shard's core.
pub(crate) struct Index {
    folder: PathBuf,
    layout: Layout,
    /// Oldest first.
    files: RefCell<Vec<Rc<IndexFile>>>,
    /// Keys that no file has, in the order of the log.
    waiting: RefCell<Vec<Key>>,
    /// Keys of records before this byte of the log are waiting or in files.
    position: Cell<u64>,
    /// And before this one, in files.
    indexed: Cell<u64>,
    /// What a file already has of the record at `position`, after a crash in between.
    partly: RefCell<Vec<u32>>,
    /// The index is being extended, or written to files.
    extending: Gate,
}

impl Index {
    /// Keys of records before this byte of the log are here.
    pub(crate) fn position(&self) -> u64 {
        self.position.get()
    }

    /// Takes in the keys of a record whose bytes end at `end` of the log.
    fn put(&self, record: &Record<'_>, end: u64) {
        let mut partly = self.partly.borrow_mut();
        let mut waiting = self.waiting.borrow_mut();
        for lookup in lookups(record) {
            let hash = lookup.hash(record.topic);
            if let Some(at) = partly.iter().position(|there| *there == hash) {
                partly.swap_remove(at);
                continue;
            }
            let (physical, stored_at) = (record.physical_offset, record.stored_at);
            waiting.push(Key { hash, physical, stored_at });
        }
        partly.clear();
        self.position.set(end);
    }

    /// Goes on at `position` of the log: what lies before it is gone, or damaged.
    fn skip_to(&self, position: u64) {
        self.position.set(position);
        self.partly.borrow_mut().clear();
    }

    /// Do so many keys wait that they are to be written first?
    fn is_pressing(&self) -> bool {
        self.waiting.borrow().len() >= INDEX_KEYS_WAITING_MAX
    }

    /// Do the files have everything?
    fn is_written(&self) -> bool {
        self.indexed.get() == self.position.get()
    }

    /// Writes the waiting keys to files, durably. Their records must be durable: files never lead
    /// to what a crash may take back. One caller at a time.
    async fn flush(&self) -> io::Result<()> {
        let position = self.position.get();
        // So that a missing index is told from an empty one.
        let first = self.files.borrow().is_empty() && position > 0;
        while first || !self.waiting.borrow().is_empty() {
            let file = self.writable().await?;
            let batch: Vec<Key> = self.waiting.borrow().iter().take(file.room()).copied().collect();
            file.append(&batch).await?;
            // Nothing is awaited between the two: a look finds each key once.
            self.waiting.borrow_mut().drain(..batch.len());
            if self.waiting.borrow().is_empty() {
                break;
            }
        }
        if self.waiting.borrow().capacity() > INDEX_KEYS_WAITING_MAX / 8 {
            self.waiting.replace(Vec::new());
        }
        self.indexed.set(position);
        Ok(())
    }

    /// The newest file; a new one if that is full.
    async fn writable(&self) -> io::Result<Rc<IndexFile>> {
        let newest = self.files.borrow().last().cloned();
        let header = match newest {
            Some(file) if file.room() > 0 => return Ok(file),
            Some(full) => {
                let header = full.header();
                Header::following(header.end_time, header.end)
            }
            None => Header { next: 1, ..Header::default() },
        };
        disk::create_dir_all(&self.folder).await?;
        let name = self.new_name();
        let file = IndexFile::create(&self.folder.join(name), self.layout, header).await?;
        disk::sync_dir(&self.folder).await?;
        if let Some(above) = self.folder.parent() {
            disk::sync_dir(above).await?;
        }
        let file = Rc::new(file);
        self.files.borrow_mut().push(file.clone());
        Ok(file)
    }

    /// The present, as RocketMQ names its files; behind all that are there, whatever the clock
    /// says.
    fn new_name(&self) -> String {
        let files = self.files.borrow();
        let newest = files.last().and_then(|file| file.path().file_name()?.to_str()?.parse().ok());
        let after = newest.map_or(0, |newest: u64| newest.saturating_add(1));
        format!("{:017}", name_of(clock::local(clock::wall_ms())).max(after))
    }

    /// Looks for a key. What has been put is found, whether files have it or not.
    ///
    /// # Errors
    /// As `read(2)`.
    pub(crate) async fn find(&self, wanted: &Wanted) -> io::Result<Found> {
        let mut found = Found::default();
        // A look at one moment: files grow and go while it lasts.
        let files: Vec<(Rc<IndexFile>, Header)> =
            self.files.borrow().iter().map(|file| (file.clone(), file.header())).collect();
        let mut newest = files.last().map_or_else(Header::default, |(_, header)| *header);
        let is_first = files.is_empty() || newest.next <= 1;
        {
            let waiting = self.waiting.borrow();
            if let (Some(oldest), Some(last)) = (waiting.first(), waiting.last()) {
                if is_first {
                    newest.begin_time = oldest.stored_at.0;
                }
                (newest.end, newest.end_time) = (last.physical.0, last.stored_at.0);
            }
            let time = |key: &Key| newest.time(newest.seconds(key.stored_at));
            let hits = waiting.iter().rev().filter(|key| wanted.is(key.hash, time(key)));
            let hits = hits.map(|key| Hit { physical: key.physical, time: time(key) });
            found.hits.extend(hits.take(wanted.count_max));
        }
        (found.last, found.last_time) = (newest.end, newest.end_time);
        for (file, header) in files.iter().rev() {
            if header.next > 1 && header.overlaps(wanted.range) {
                file.select(*header, wanted, &mut found.hits).await?;
            }
            let done = found.hits.len() >= wanted.count_max;
            if done || header.begin_time < wanted.range.0 {
                break;
            }
        }
        Ok(found)
    }

    /// Removes the files, but for the newest, all of whose records lie before byte `log_start` of
    /// the log; how many they were (Java: `IndexService.deleteExpiredFile`).
    ///
    /// # Errors
    /// As `unlink(2)`; what was not removed stays in use.
    pub(crate) async fn trim(&self, log_start: u64) -> io::Result<usize> {
        let mut removed = 0;
        loop {
            let oldest = {
                let files = self.files.borrow();
                let end = |file: &Rc<IndexFile>| PhysicalOffset(file.header().end).local();
                files.first().filter(|file| files.len() > 1 && end(file) < log_start).cloned()
            };
            let Some(oldest) = oldest else { return Ok(removed) };
            disk::remove_file(oldest.path()).await?;
            self.files.borrow_mut().retain(|file| !Rc::ptr_eq(file, &oldest));
            removed += 1;
        }
    }

    /// How far the files have come.
    pub(crate) fn progress(&self) -> Progress {
        let files = self.files.borrow();
        let newest = files.last().map_or_else(Header::default, |file| file.header());
        Progress { indexed: self.indexed.get(), last: newest.end, last_time: newest.end_time }
    }
}

/// The digits of a moment: `yyyyMMddHHmmssSSS`.
fn name_of(time: LocalTime) -> u64 {
    let LocalTime { year, month, day, hour, minute, second, milli } = time;
    let parts =
        [(month, 100), (day, 100), (hour, 100), (minute, 100), (second, 100), (milli, 1000)];
    parts.iter().fold(u64::from(year), |digits, (part, scale)| digits * scale + u64::from(*part))
}

#[cfg(test)]
mod tests;
