//! Behind the log: units into the files of their queues, checkpoints, zeros ahead of the end.

use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use tracing::warn;

use super::checkpoint::{Checkpoint, Own};
use super::consumequeue::{Dirty, QueueKey, QueueName, SyncError, UNIT_LEN, summary};
use super::error::Poison;
use super::reserve::is_full;
use super::shard::Shard;
use crate::limits::QUEUE_UNITS_DIRTY_MAX;
use crate::rt::clock;
use crate::rt::disk::{self, Piece};
use crate::units::WallMillis;

/// So many units that no file has are written at once, without waiting for the next round.
const DIRTY_UNITS_PRESSING: usize = QUEUE_UNITS_DIRTY_MAX / 2;

/// Most queues whose units are handed to the disk together. The core does nothing else while it
/// gathers them.
const BATCH_QUEUES_MAX: usize = 64;

/// Which queues are written, of those that have units which no file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    All,
    /// Those whose turn it is. Writing a queue costs about the same for one unit and for a hundred,
    /// so of very many queues only some are written each time, those first that have waited
    /// longest.
    Due,
}

/// Up to where files have the units of all records.
struct Written {
    /// In the log.
    end: u64,
    /// When the last of those records was stored; `None` if nobody knows.
    stored_at: Option<WallMillis>,
}

/// Why a checkpoint was not made.
#[derive(Debug)]
pub(super) enum CheckpointError {
    /// The queues or the checkpoint could not be written; another try may succeed.
    Io(io::Error),
    /// The log or a queue could not be synced.
    Poison(Poison),
}

impl<A: 'static> Shard<A> {
    /// Writes units to the files of their queues, every so often.
    pub(super) async fn flush_loop(self: Rc<Self>) {
        let interval = self.settings.queue_flush_interval;
        loop {
            let pressing = self.pressure.until(|| self.is_pressing().then_some(()));
            let _early = clock::timeout(interval, pressing).await;
            let crowded = self.table.borrow().dirty_units() >= QUEUE_UNITS_DIRTY_MAX;
            match self.flush(Reach::Due).await {
                Ok(_) => self.queues_full.set(None),
                Err(error) => {
                    warn!(shard = self.id.0, %error, "consume queues could not be written");
                    if is_full(&error) {
                        self.queues_full.set(Some(self.disk_used_percent().await.unwrap_or(100)));
                    }
                    clock::sleep(interval).await;
                }
            }
            if crowded {
                self.listener.room(self.id);
            }
        }
    }

    /// Do units wait for their files that should not wait much longer?
    pub(super) fn is_pressing(&self) -> bool {
        self.table.borrow().dirty_units() >= DIRTY_UNITS_PRESSING
    }

    /// Writes every unit that is visible now to the file of its queue.
    pub(super) async fn flush_queues(&self) -> io::Result<()> {
        self.flush(Reach::All).await.map(|_| ())
    }

    /// Writes units that are visible now to the files of their queues.
    async fn flush(&self, reach: Reach) -> io::Result<Written> {
        let _alone = self.flushing.pass().await;
        let (end, since, mut waiting) = {
            let table = self.table.borrow();
            (self.committed(), table.visible_stored_at(), table.dirty_queues())
        };
        let mut turns = match reach {
            Reach::All => usize::MAX,
            Reach::Due => self.settings.queue_flushes,
        };
        while waiting > 0 {
            let batch = self.take_batch(waiting, &mut turns);
            if batch.is_empty() {
                break;
            }
            waiting -= batch.len();
            self.flush_batch(batch, since).await?;
        }
        let mut table = self.table.borrow_mut();
        table.forget(self.image.borrow().start());
        // None is taken now, and what became visible meanwhile lies behind `end`.
        let first = table.first_dirty().filter(|first| first.from < end);
        Ok(match first {
            None => Written { end, stored_at: since },
            // The message itself is not written.
            Some(Dirty { from, stored_at, .. }) => {
                Written { end: from, stored_at: Some(WallMillis(stored_at.0 - 1)) }
            }
        })
    }

    /// The next queues to be written, of the first `most`. `turns`: how many may be that could wait
    /// longer.
    fn take_batch(&self, most: usize, turns: &mut usize) -> Vec<Dirty> {
        let mut table = self.table.borrow_mut();
        let mut batch = Vec::new();
        let late = self.committed().saturating_sub(self.settings.queue_lag_bytes);
        while batch.len() < most.min(BATCH_QUEUES_MAX) {
            let is_late = table.first_dirty().is_some_and(|first| first.from < late);
            // Counting none of those in the batch as written: it is not long.
            let presses = table.dirty_units() >= DIRTY_UNITS_PRESSING;
            if !is_late && !presses && *turns == 0 {
                break;
            }
            *turns = turns.saturating_sub(1);
            batch.extend(table.take_dirty());
        }
        batch
    }

    /// Writes the units of queues that were taken to be written. `since`: what they get meanwhile
    /// is not older.
    async fn flush_batch(&self, batch: Vec<Dirty>, since: Option<WallMillis>) -> io::Result<()> {
        let mut outcome = Ok(());
        let (mut parts, mut pieces) = (Vec::new(), Vec::new());
        let mut gathered = 0;
        for dirty in &batch {
            if let Err(error) = self.remove_left_over(dirty.key).await {
                outcome = Err(error);
                break;
            }
            self.gather(dirty.key, &mut parts, &mut pieces);
            gathered += 1;
        }
        let (written, wrote) = self.queue_files.write(pieces).await;
        let failed = parts.get(written).map(|part: &Part| part.key);
        let mut table = self.table.borrow_mut();
        for part in parts.iter().take(written) {
            table.set_flushed(part.key, part.to);
        }
        let keys = batch.iter().take(gathered).take_while(|dirty| Some(dirty.key) != failed);
        let done = keys.count();
        for dirty in batch.iter().skip(done).rev() {
            table.put_back(*dirty);
        }
        for dirty in batch.iter().take(done) {
            table.written(dirty.key, since.unwrap_or(dirty.stored_at));
        }
        wrote.and(outcome)
    }

    /// Removes what is left of an earlier queue of this name, if something is.
    async fn remove_left_over(&self, key: QueueKey) -> io::Result<()> {
        let is_left = {
            let (table, left_over) = (self.table.borrow(), self.left_over.borrow());
            table.get(key).filter(|_| !left_over.is_empty()).is_some_and(|queue| {
                let folder = self.names.queue(&queue.topic, queue.id);
                left_over.iter().any(|path: &PathBuf| folder.starts_with(path))
            })
        };
        if is_left { self.remove_folders([]).await } else { Ok(()) }
    }

    /// The units of a queue that no file has, in pieces that lie in one file each.
    fn gather(&self, key: QueueKey, parts: &mut Vec<Part>, pieces: &mut Vec<Piece>) {
        let table = self.table.borrow();
        let Some(queue) = table.get(key) else { return };
        let name = QueueName { serial: key.serial, topic: &queue.topic, id: queue.id };
        let mut from = queue.flushed;
        while from < queue.max {
            let room = usize::try_from(self.queue_files.units_in_file(from)).unwrap_or(usize::MAX);
            let units: Vec<u8> =
                queue.tail_from(from).take(room).flat_map(|unit| unit.encode()).collect();
            let to = from + i64::try_from(units.len() / UNIT_LEN).unwrap_or(0);
            pieces.push(self.queue_files.piece(name, from, units));
            parts.push(Part { key, to });
            from = to;
        }
    }

    /// Makes checkpoints, every so often and every so many bytes, while there is something to check
    /// in: recovery scans what came since, and what of some queues was not written by then.
    pub(super) async fn checkpoint_loop(self: Rc<Self>) {
        let (mut done, mut written) = (self.committed(), self.committed());
        loop {
            let began = clock::now();
            let position = self.committed();
            if position != done || position != written {
                match self.make_checkpoint(Reach::Due, false).await {
                    Ok(end) => (done, written) = (position, end),
                    Err(CheckpointError::Io(error)) => {
                        warn!(shard = self.id.0, %error, "the checkpoint could not be made");
                    }
                    Err(CheckpointError::Poison(poison)) => return self.set_poison(poison),
                }
            }
            // At most a tenth of the time goes into checkpoints.
            let spent = began.elapsed();
            clock::sleep(spent * 9).await;
            let due = done + self.settings.checkpoint_bytes;
            self.checkpoint_trigger.set(due);
            let grown = self.grown.until(|| (self.committed() >= due).then_some(()));
            let rest = self.settings.checkpoint_interval.saturating_sub(spent * 10);
            let _early = clock::timeout(rest, grown).await;
        }
    }

    /// Makes everything durable that is committed now, queues included, and notes that. `closed`:
    /// nothing will follow, and a summary of the queues is left.
    pub(super) async fn checkpoint(&self, closed: bool) -> Result<(), CheckpointError> {
        self.make_checkpoint(Reach::All, closed).await.map(|_| ())
    }

    /// Makes durable what is committed now, of the queues as far as they are written, and notes up
    /// to where in the log that is.
    ///
    /// The order must not change: units before the note that they need not be made again.
    pub(super) async fn make_checkpoint(
        &self,
        reach: Reach,
        closed: bool,
    ) -> Result<u64, CheckpointError> {
        let _alone = self.checkpointing.pass().await;
        let written = self.flush(reach).await?;
        let log_end = self.committed();
        let stored_at = self.table.borrow().visible_stored_at();
        self.queue_files.sync(reach == Reach::Due).await.map_err(|error| match error {
            SyncError::Open(error) => CheckpointError::Io(error),
            SyncError::Sync(error) => {
                CheckpointError::Poison(Poison::new(self.id, "syncing a queue", &error))
            }
        })?;
        self.sync_log().await.map_err(CheckpointError::Poison)?;
        self.flush_index(closed).await?;
        let mut note = self.noted.get();
        if let Some(stored_at) = stored_at {
            note.log_stored_at = stored_at.0;
        }
        if let Some(stored_at) = written.stored_at {
            note.queue_stored_at = stored_at.0;
        }
        let closed = if closed {
            let (bytes, summary) = summary::encode(&self.table.borrow(), self.log_start());
            disk::replace_file(&self.names.summary(), bytes).await?;
            Some(summary)
        } else {
            None
        };
        let (mut indexed, mut last_indexed) =
            note.own.map_or((0, 0), |own| (own.indexed, own.last_indexed));
        if let Some(index) = self.index.get() {
            let progress = index.progress();
            (indexed, last_indexed) = (progress.indexed, progress.last);
            note.index_stored_at = progress.last_time;
        }
        let dispatched = written.end;
        note.own = Some(Own { dispatched, log_end, indexed, last_indexed, closed });
        note.write(&self.names.checkpoint()).await?;
        self.noted.set(note);
        Ok(dispatched)
    }

    /// Notes that the queues are not to be relied on. What is known of the log stays known.
    pub(super) async fn void_checkpoint(&self) -> io::Result<()> {
        let own = self.noted.get().own.unwrap_or_default();
        let own = Some(Own { dispatched: self.log_start(), closed: None, ..own });
        let note = Checkpoint { own, ..self.noted.get() };
        note.write(&self.names.checkpoint()).await?;
        self.noted.set(note);
        Ok(())
    }
}

impl From<io::Error> for CheckpointError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Units on their way into one file.
struct Part {
    key: QueueKey,
    /// The ordinal behind the last of them.
    to: i64,
}
