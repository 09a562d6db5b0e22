//! Behind the log: units into the files of their queues, checkpoints, zeros ahead of the end.

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;

use tracing::warn;

use super::checkpoint::{Checkpoint, Own};
use super::consumequeue::{QueueKey, QueueName, SyncError, UNIT_LEN, summary};
use super::error::Poison;
use super::reserve::is_full;
use super::shard::Shard;
use crate::limits::QUEUE_UNITS_DIRTY_MAX;
use crate::rt::clock;
use crate::rt::concurrent::run_all;
use crate::rt::disk;

/// So many units that no file has are written at once, without waiting for the next round.
const DIRTY_UNITS_PRESSING: usize = QUEUE_UNITS_DIRTY_MAX / 4;

/// Most queues whose units are being written at the same time, per shard: making a file goes to
/// the thread for blocking calls and back.
const FLUSHES_MAX: usize = 16;

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
            match self.flush_queues().await {
                Ok(()) => self.queues_full.set(None),
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
        let _alone = self.flushing.pass().await;
        let dirty = self.table.borrow_mut().take_dirty();
        let failed = Cell::new(false);
        let flushed = run_all(dirty, FLUSHES_MAX, async |key| {
            // What fails for one, a full disk above all, fails for the others.
            let flushed = if failed.get() { None } else { Some(self.flush_queue(key).await) };
            if !matches!(flushed, Some(Ok(()))) {
                failed.set(true);
                self.table.borrow_mut().set_dirty(key);
            }
            flushed.unwrap_or(Ok(()))
        });
        flushed.await.into_iter().collect::<io::Result<()>>()?;
        let start = self.image.borrow().start();
        self.table.borrow_mut().forget(start);
        Ok(())
    }

    async fn flush_queue(&self, key: QueueKey) -> io::Result<()> {
        while let Some(part) = self.unflushed(key) {
            let is_of = |path: &PathBuf| self.names.queue(&part.topic, part.id).starts_with(path);
            if self.left_over.borrow().iter().any(is_of) {
                self.remove_folders([]).await?;
            }
            let name = QueueName { serial: key.serial, topic: &part.topic, id: part.id };
            self.queue_files.write(name, part.from, part.units).await?;
            self.table.borrow_mut().set_flushed(key, part.to);
        }
        Ok(())
    }

    /// The next units of a queue that no file has, as far as they lie in one file.
    fn unflushed(&self, key: QueueKey) -> Option<Part> {
        let table = self.table.borrow();
        let queue = table.get(key).filter(|queue| queue.flushed < queue.max)?;
        let from = queue.flushed;
        let most = usize::try_from(self.queue_files.units_in_file(from)).unwrap_or(usize::MAX);
        let units: Vec<u8> =
            queue.tail_from(from).take(most).flat_map(|unit| unit.encode()).collect();
        let count = i64::try_from(units.len() / UNIT_LEN).unwrap_or(0);
        Some(Part { topic: Rc::clone(&queue.topic), id: queue.id, from, to: from + count, units })
    }

    /// Makes checkpoints, every so often and every so many bytes, while there is something to check
    /// in: recovery scans what came since.
    pub(super) async fn checkpoint_loop(self: Rc<Self>) {
        let mut done = self.committed();
        loop {
            let began = clock::now();
            let position = self.committed();
            if position != done {
                match self.checkpoint(false).await {
                    Ok(()) => done = position,
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
    ///
    /// The order must not change: units before the note that they need not be made again.
    pub(super) async fn checkpoint(&self, closed: bool) -> Result<(), CheckpointError> {
        let _alone = self.checkpointing.pass().await;
        let dispatched = self.committed();
        let stored_at = self.table.borrow().visible_stored_at();
        self.flush_queues().await?;
        self.queue_files.sync().await.map_err(|error| match error {
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
        let log_end = dispatched;
        note.own = Some(Own { dispatched, log_end, indexed, last_indexed, closed });
        note.write(&self.names.checkpoint()).await?;
        self.noted.set(note);
        Ok(())
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
    topic: Rc<str>,
    id: i32,
    from: i64,
    to: i64,
    units: Vec<u8>,
}
