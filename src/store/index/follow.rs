//! How the index follows the log: it reads what is committed, in large steps, behind the sends.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tracing::warn;

use super::{Found, Index, Lookup, Wanted};
use crate::message::record::{Check, MAGIC_BLANK, Record, RecordError, prefix};
use crate::rt::clock;
use crate::rt::spawn::yield_now;
use crate::store::error::{ReadError, read_io};
use crate::store::flush::CheckpointError;
use crate::store::shard::Shard;
use crate::store::watch::Passed;

/// How much of the log is read at once, unless a record is longer.
const WINDOW_BYTES: u64 = 256 << 10;
/// What is committed in this time is read in one go.
const GATHER: Duration = Duration::from_millis(20);
/// Pause after a failure.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// A look waits for an index that is no further behind than this, in bytes of the log.
const LAG_AWAITED_BYTES: u64 = 8 << 20;
/// Closing waits for an index that is no further behind than this.
const LAG_CLOSED_BYTES: u64 = 256 << 20;

impl<A: 'static> Shard<A> {
    /// Messages of `topic` that may have what is looked for, by its hash, stored within `range`
    /// (both ends included, in milliseconds): at most `count_max`, newest first. What was
    /// acknowledged before is found, unless the index is being made anew. Nothing if the shard has
    /// no index.
    ///
    /// # Errors
    /// An index file could not be read.
    pub async fn find(
        &self,
        topic: &str,
        lookup: Lookup<'_>,
        range: (i64, i64),
        count_max: usize,
    ) -> Result<Found, ReadError> {
        let Some(index) = self.index.get() else { return Ok(Found::default()) };
        self.catch_up(index, LAG_AWAITED_BYTES).await?;
        let wanted = Wanted { hash: lookup.hash(topic), range, count_max };
        index.find(&wanted).await.map_err(read_io(&self.names.index()))
    }

    /// Removes index files that lead only to records before the log's beginning. To be called when
    /// segments were removed.
    ///
    /// # Errors
    /// A file could not be removed.
    pub(in crate::store) async fn trim_index(&self) -> io::Result<()> {
        match self.index.get() {
            Some(index) => index.trim(self.log_start()).await.map(|_| ()),
            None => Ok(()),
        }
    }

    /// Follows the log, for as long as the shard is open.
    pub(in crate::store) async fn index_loop(self: Rc<Self>) {
        let Some(index) = self.index.get() else { return };
        loop {
            self.progress.until(|| (self.committed() > index.position()).then_some(())).await;
            clock::sleep(GATHER).await;
            if let Err(error) = self.extend_index(index, self.committed()).await {
                warn!(shard = self.id.0, %error, "the index does not follow the log");
                clock::sleep(RETRY_AFTER).await;
            }
        }
    }

    /// Takes in what is committed, unless that is a long way.
    async fn catch_up(&self, index: &Index, lag_max: u64) -> Result<(), ReadError> {
        let committed = self.committed();
        match committed.saturating_sub(index.position()) <= lag_max {
            true => self.extend_index(index, committed).await,
            false => Ok(()),
        }
    }

    /// Writes down what is indexed, for the checkpoint. `closing`: nothing will follow.
    pub(in crate::store) async fn flush_index(&self, closing: bool) -> Result<(), CheckpointError> {
        let Some(index) = self.index.get() else { return Ok(()) };
        if closing {
            let caught = self.catch_up(index, LAG_CLOSED_BYTES).await;
            caught.map_err(|error| io::Error::other(error.to_string()))?;
        }
        let _alone = index.extending.pass().await;
        self.write_keys(index).await
    }

    /// Waits until the index has nothing half done, and keeps it so while the result is held.
    pub(in crate::store) async fn hold_index(&self) -> Option<Passed<'_>> {
        match self.index.get() {
            Some(index) => Some(index.extending.pass().await),
            None => None,
        }
    }

    /// Reads the log up to byte `end`, which is committed.
    async fn extend_index(&self, index: &Index, end: u64) -> Result<(), ReadError> {
        let _alone = index.extending.pass().await;
        let mut want = WINDOW_BYTES;
        while index.position() < end {
            if index.is_pressing() {
                self.write_keys(index).await.map_err(|error| self.unwritten(error))?;
            }
            let at = index.position().max(self.log_start());
            let start = self.segments.start_of(at);
            let segment_end = start + self.segments.segment_bytes();
            let len = want.min(end.min(segment_end) - at);
            let len_read = usize::try_from(len).unwrap_or(usize::MAX);
            // Removed meanwhile: the log begins later now.
            let Some(bytes) = self.read_log(at, len_read).await? else { continue };
            want = match self.take_window(index, at, &bytes) {
                Ok(()) => WINDOW_BYTES,
                Err(Stop::Longer(size)) if size > len && size <= end.min(segment_end) - at => size,
                Err(Stop::Blank) => {
                    index.skip_to(segment_end.min(end));
                    WINDOW_BYTES
                }
                Err(_) => {
                    warn!(shard = self.id.0, at, "the index leaves out a damaged part of the log");
                    index.skip_to(segment_end.min(end));
                    WINDOW_BYTES
                }
            };
            yield_now().await;
        }
        Ok(())
    }

    /// Writes the waiting keys, once their records are durable.
    async fn write_keys(&self, index: &Index) -> Result<(), CheckpointError> {
        if index.is_written() {
            return Ok(());
        }
        self.sync_log().await.map_err(CheckpointError::Poison)?;
        Ok(index.flush().await?)
    }

    fn unwritten(&self, error: CheckpointError) -> ReadError {
        match error {
            CheckpointError::Io(source) => ReadError::Io { path: self.names.index(), source },
            CheckpointError::Poison(poison) => {
                self.set_poison(poison);
                let source = io::Error::other(poison.to_string());
                ReadError::Io { path: self.names.commit_log(), source }
            }
        }
    }

    /// Takes in the records at the front of `bytes`, which stand at byte `at` of the log. An error
    /// says why there is none.
    fn take_window(&self, index: &Index, at: u64, bytes: &[u8]) -> Result<(), Stop> {
        let mut len = 0;
        loop {
            let rest = bytes.get(len..).unwrap_or_default();
            let here = at + len as u64;
            let stop = match Record::decode(rest, Check::Shape) {
                Ok((record, size)) if record.physical_offset.local() == here => {
                    index.put(&record, here + size as u64);
                    len += size;
                    continue;
                }
                Ok(_) => Stop::Damaged,
                Err(error) => stop(rest, error),
            };
            return if len > 0 { Ok(()) } else { Err(stop) };
        }
    }
}

/// Why no record could be read.
enum Stop {
    Blank,
    Damaged,
    Longer(u64),
}

fn stop(rest: &[u8], error: RecordError) -> Stop {
    match (prefix(rest), error) {
        (Some((_, MAGIC_BLANK)), _) => Stop::Blank,
        (Some((size, _)), RecordError::Truncated) => Stop::Longer(u64::from(size)),
        _ => Stop::Damaged,
    }
}
