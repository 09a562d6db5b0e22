//! Clean-up: removing the oldest segment with what pointed into it, and queues that nothing is
//! left of.
//!
//! The order, which a crash may cut short anywhere:
//!
//! 1. Units of the segment's records are durable, and the checkpoint says so: they could not be
//!    made again, and a queue would count its messages from 0 once more.
//! 2. In memory, the log and all queues begin later, at one moment.
//! 3. The segment is removed, durably, before another one is: the log has no gap at any time.
//! 4. Files of queues that only point before the log are removed, except the last of each, which
//!    keeps the queue's numbers. Recovery removes what a crash has left of them.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use thiserror::Error;

use super::consumequeue::{QueueKey, QueueName};
use super::error::{Poison, ReadError, read_io};
use super::flush::CheckpointError;
use super::folder;
use super::names::parse_file_name;
use super::shard::Shard;
use crate::rt::disk;
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

/// The oldest segment of a shard, which could be removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Oldest {
    /// Where it starts.
    pub start: PhysicalOffset,
    /// When it was last written to.
    pub modified: WallMillis,
}

/// Why nothing, or not all, was cleaned up. The store is sound, and the next try goes on.
#[derive(Debug, Error)]
pub enum CleanError {
    /// The system failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A sync failed; the shard takes nothing any more.
    #[error(transparent)]
    Poisoned(Poison),
    /// A queue could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// A queue that begins later once a segment is gone.
struct Trim {
    key: QueueKey,
    topic: Rc<str>,
    id: i32,
    from: i64,
    to: i64,
}

impl<A: 'static> Shard<A> {
    /// The oldest segment; `None` if it is the only one, or the log ends in it.
    ///
    /// # Errors
    /// As `stat(2)`.
    pub async fn oldest_segment(&self) -> io::Result<Option<Oldest>> {
        let Some(start) = self.removable() else { return Ok(None) };
        match disk::metadata(&self.segments.path(start)).await {
            Ok(found) => Ok(Some(Oldest {
                start: PhysicalOffset::new(self.id, start),
                modified: WallMillis(found.modified_ms),
            })),
            // Removed meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Removes `oldest`, and what of the queues points into it; false if it is not the oldest any
    /// more. Who reads from it meanwhile is not disturbed.
    ///
    /// # Errors
    /// [`CleanError`].
    pub async fn remove_oldest(&self, oldest: Oldest) -> Result<bool, CleanError> {
        let _alone = self.cleaning.pass().await;
        let start = oldest.start.local();
        if self.removable() != Some(start) || self.poison().is_some() || self.is_closing() {
            return Ok(false);
        }
        let next = start + self.segments.segment_bytes();
        if self.noted.get().own.is_none_or(|own| own.dispatched < next) {
            self.check_in().await?;
        }
        let trims = self.trims(next).await?;
        // No await between the two: nobody sees one without the other.
        self.segments.forget_before(next);
        self.begin_queues(trims.iter().map(|trim| (trim.key, trim.to)));
        if let Err(error) = disk::remove_file(&self.segments.path(start)).await {
            // It is the next to be removed again: without it gone, none behind it may go.
            self.segments.add([start]);
            self.begin_queues(trims.iter().map(|trim| (trim.key, trim.from)));
            return Err(error.into());
        }
        disk::sync_dir(self.segments.folder()).await.map_err(|error| {
            self.stop_cleaning(Poison::new(self.id, "syncing the removal of a segment", &error))
        })?;
        self.trim_derived(&trims).await?;
        Ok(true)
    }

    /// Removes the queues whose messages are all gone, unless `keeps` holds for their topic: they
    /// begin again at 0 (Java: `cleanExpiredConsumerQueue`). How many they were.
    ///
    /// # Errors
    /// [`CleanError`].
    pub async fn remove_expired_queues(
        &self,
        keeps: impl Fn(&str) -> bool,
    ) -> Result<usize, CleanError> {
        let _alone = self.cleaning.pass().await;
        if let Some(poison) = self.poison() {
            return Err(CleanError::Poisoned(poison));
        }
        if self.is_closing() {
            return Ok(0);
        }
        // The files before the last of each queue are gone for good then: of what is removed now
        // either that one comes back after a crash, with the queue's numbers, or nothing.
        self.check_in().await?;
        let _unflushed = self.flushing.pass().await;
        let expired = self.take_expired(keeps);
        // Who stores to them again meanwhile has new queues, which no file has yet.
        self.remove_folders(self.folders_of(&expired)).await?;
        Ok(expired.len())
    }

    /// Makes a checkpoint.
    async fn check_in(&self) -> Result<(), CleanError> {
        self.checkpoint(false).await.map_err(|error| match error {
            CheckpointError::Io(error) => CleanError::Io(error),
            CheckpointError::Poison(poison) => self.stop_cleaning(poison),
        })
    }

    /// Takes the queues without messages out of the table.
    fn take_expired(&self, keeps: impl Fn(&str) -> bool) -> Vec<(Rc<str>, i32)> {
        let log_start = self.log_start();
        let mut table = self.table.borrow_mut();
        let expired: Vec<(Rc<str>, i32)> = table
            .all()
            .filter(|queue| queue.max > 0 && queue.next == queue.max && queue.log_end <= log_start)
            .filter(|queue| !keeps(&queue.topic))
            .map(|queue| (Rc::clone(&queue.topic), queue.id))
            .collect();
        for (topic, id) in &expired {
            let serial = table.remove(topic, *id);
            serial.into_iter().for_each(|serial| self.queue_files.forget(serial));
        }
        expired
    }

    /// The directories of queues that are no more: the topic's where it has no other.
    fn folders_of(&self, removed: &[(Rc<str>, i32)]) -> Vec<PathBuf> {
        let table = self.table.borrow();
        let folder = |(topic, id): &(Rc<str>, i32)| match table.of_topic(topic).next() {
            Some(_) => self.names.queue(topic, *id),
            None => self.names.topic(topic),
        };
        removed.iter().map(folder).collect()
    }

    /// Removes directories of queues, or of topics, that are no more, durably, and those that could
    /// not be removed before. Nothing is written into one that is left over: units of two lives of
    /// a queue could not be told apart.
    ///
    /// # Errors
    /// As `unlink(2)`, `rmdir(2)` and `fsync(2)`; after a failed sync the shard is poisoned.
    pub(super) async fn remove_folders(
        &self,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> io::Result<()> {
        self.left_over.borrow_mut().extend(paths);
        let mut outcome = Ok(());
        let all = self.left_over.borrow().clone();
        for path in all {
            match disk::remove_dir_all(&path).await {
                Ok(()) => folder::sync_parent(&path).await.inspect_err(|error| {
                    let what = "syncing the removal of a queue";
                    self.set_poison(Poison::new(self.id, what, error));
                })?,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    outcome = Err(error);
                    continue;
                }
            }
            self.left_over.borrow_mut().remove(&path);
        }
        outcome
    }

    fn stop_cleaning(&self, poison: Poison) -> CleanError {
        self.set_poison(poison);
        CleanError::Poisoned(poison)
    }

    /// The first segment, if it is not one that the log ends in or may go on in. The last one
    /// stays in any case: a log without segments would have no place to go on at.
    fn removable(&self) -> Option<u64> {
        let first = self.segments.first()?;
        let next = first + self.segments.segment_bytes();
        let done = next <= self.segments.start_of(self.committed());
        (done && self.segments.contains(next)).then_some(first)
    }

    /// The queues that begin later once the log begins at `log_start`.
    async fn trims(&self, log_start: u64) -> Result<Vec<Trim>, ReadError> {
        let mut trims: Vec<Trim> = {
            let table = self.table.borrow();
            let some = table.all_with_keys().filter(|(_, queue)| queue.min < queue.max);
            some.map(|(key, queue)| {
                let to = if queue.log_end <= log_start { queue.max } else { queue.min };
                Trim { key, topic: Rc::clone(&queue.topic), id: queue.id, from: queue.min, to }
            })
            .collect()
        };
        for trim in trims.iter_mut().filter(|trim| trim.to == trim.from) {
            let max = self.range(&trim.topic, trim.id).map_or(trim.from, |(_, max)| max.0);
            let (mut low, mut high) = (trim.from, max);
            // Most queues have nothing in one segment: the first look tells.
            let mut middle = low;
            while low < high {
                let unit = self.unit(&trim.topic, trim.id, QueueOffset(middle)).await?;
                let gone =
                    unit.is_none_or(|unit| unit.is_filler() || unit.physical.local() < log_start);
                if gone {
                    low = middle + 1;
                } else {
                    high = middle;
                }
                middle = low + (high - low) / 2;
            }
            trim.to = low;
        }
        trims.retain(|trim| trim.to > trim.from);
        Ok(trims)
    }

    /// From now on these queues begin with these messages.
    fn begin_queues(&self, begins: impl Iterator<Item = (QueueKey, i64)>) {
        let mut table = self.table.borrow_mut();
        for (key, min) in begins {
            if let Some(queue) = table.get_mut(key) {
                queue.min = min;
            }
        }
    }

    /// Removes what is derived from records that are gone, now that the log begins later.
    async fn trim_derived(&self, trims: &[Trim]) -> Result<(), ReadError> {
        for trim in trims {
            self.remove_queue_files(trim).await?;
        }
        self.trim_index().await.map_err(read_io(&self.names.index()))
    }

    /// Removes the files of a queue that have none of its messages any more.
    async fn remove_queue_files(&self, trim: &Trim) -> Result<(), ReadError> {
        // Units are not to be written to what is being removed, and the queue is not to be.
        let _unflushed = self.flushing.pass().await;
        let kept = {
            let table = self.table.borrow();
            let Some(queue) = table.get(trim.key) else { return Ok(()) };
            // The file of the last unit that files have stays, whatever became of its message.
            self.queue_files.place(trim.to.min(queue.flushed - 1)).0
        };
        if kept == self.queue_files.place(trim.from).0 {
            return Ok(());
        }
        let folder = self.names.queue(&trim.topic, trim.id);
        let names = match disk::list_dir(&folder).await {
            Ok(names) => names,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(read_io(&folder)(error)),
        };
        let name = QueueName { serial: trim.key.serial, topic: &trim.topic, id: trim.id };
        for start in names.iter().filter_map(|name| parse_file_name(name)) {
            if start < kept {
                self.queue_files.remove(name, start).await.map_err(read_io(&folder))?;
            }
        }
        Ok(())
    }
}
