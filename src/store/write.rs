//! From memory into the files of the log.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use super::commitlog::Run;
use super::error::{AppendError, Poison};
use super::settings::Flush;
use super::shard::Shard;
use super::watch::Watch;
use crate::rt::clock;
use crate::rt::disk::Durability;

/// How long what counts as stored in memory may wait for a write, so that one takes more.
const LINGER: Duration = Duration::from_millis(2);

/// How much of it does not wait any longer, in bytes.
const ENOUGH_BYTES: u64 = 256 * 1024;

/// How far the files of a log are.
#[derive(Default)]
pub(super) struct Writing {
    /// They have what lies before this byte.
    written: Cell<u64>,
    /// Once this byte is committed, what is not written is to be written at once.
    trigger: Cell<u64>,
    /// Up to this byte somebody waits for the log to be written.
    asked: Cell<u64>,
    /// An append has found no memory.
    full: Cell<bool>,
    /// There is more to write than before, or more reason to.
    pub(super) more: Watch,
}

impl<A: 'static> Shard<A> {
    /// The byte of the shard's log up to which its files have everything.
    pub(super) fn written(&self) -> u64 {
        self.writing.written.get()
    }

    pub(super) fn set_written(&self, end: u64) {
        self.writing.written.set(end);
        self.home.pool.note(end);
    }

    /// Writes what was appended so far; the byte up to which the files have everything then.
    pub(super) async fn write(&self) -> Result<u64, Poison> {
        let from = self.written();
        let start = self.segments.start_of(from);
        // It was made when room was reserved for what is appended.
        let opened = self.segments.file(start).await;
        let opened = opened.map_err(|error| Poison::new(self.id, "opening a segment", &error))?;
        let direct = opened.is_direct();
        let (end, runs) = {
            let mut image = self.image.borrow_mut();
            (image.end(), image.runs(from, direct, self.segments.segment_bytes()))
        };
        for run in runs {
            self.write_run(run).await?;
        }
        // The kernel tells of a failure once: another sync of the segment may have heard of it.
        if let Some(poison) = self.poison() {
            return Err(poison);
        }
        self.set_written(end);
        Ok(end)
    }

    async fn write_run(&self, run: Run) -> Result<(), Poison> {
        let start = self.segments.start_of(run.start);
        let file = self.segments.file(start).await;
        let file = file.map_err(|error| Poison::new(self.id, "opening a segment", &error))?;
        self.zeroing.wait_clear(run.start, run.end()).await;
        let durability = match self.settings.flush {
            Flush::Sync => Durability::Synced,
            Flush::Async { .. } => Durability::Written,
        };
        let written = file.write_at(run.spans, run.start - start, durability).await;
        if durability == Durability::Written {
            // Before the outcome is known: a failed write may have written.
            self.unsynced.borrow_mut().insert(start);
        }
        written.map_err(|error| Poison::new(self.id, "writing the log", &error))
    }

    /// Writes what counts as stored in memory that outlives the process, when it has waited long
    /// enough, is much, or is asked for; until the shard is poisoned.
    pub(super) async fn write_loop(self: Rc<Self>) {
        let Writing { trigger, full, more, .. } = &self.writing;
        loop {
            trigger.set(self.written() + 1);
            let some = || self.committed() > self.written() || full.get();
            more.until(|| some().then_some(())).await;
            trigger.set(self.written() + ENOUGH_BYTES);
            let enough = more.until(|| self.wants_write().then_some(()));
            let _early = clock::timeout(LINGER, enough).await;
            trigger.set(u64::MAX);
            if let Err(poison) = self.write().await {
                return self.set_poison(poison);
            }
            self.progress.notify();
            if full.take() {
                self.listener.room(self.id);
            }
        }
    }

    fn wants_write(&self) -> bool {
        let Writing { trigger, asked, .. } = &self.writing;
        self.committed() >= trigger.get() || asked.get() > self.written() || self.poison().is_some()
    }

    /// More is committed, up to byte `end`, than [`Shard::write_loop`] has seen.
    pub(super) fn told_committed(&self, end: u64) {
        if end >= self.writing.trigger.get() {
            self.writing.more.notify();
        }
    }

    /// Waits until the files of the log have everything up to byte `end`, which is committed.
    ///
    /// # Errors
    /// The shard was poisoned first.
    pub(super) async fn wait_written(&self, end: u64) -> Result<(), Poison> {
        let Writing { asked, more, .. } = &self.writing;
        asked.set(end.max(asked.get()));
        more.notify();
        self.progress
            .until(|| match end <= self.written() {
                true => Some(Ok(())),
                false => self.poison().map(Err),
            })
            .await
    }

    /// There is no memory for another message: all of it waits to be written, or is being read.
    pub(super) fn is_full(&self) -> AppendError {
        self.writing.full.set(true);
        self.writing.more.notify();
        AppendError::Busy
    }
}
