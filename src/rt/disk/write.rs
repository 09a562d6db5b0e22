//! Writing: whole before it is called done, durable before it is called synced.

use std::io;

use super::{Durability, File, SyncMethod};
use crate::rt::buffer::{BLOCK_BYTES, Span};

/// What a write in flight owns.
pub(in crate::rt) struct Writing {
    pub(in crate::rt) span: Span,
    _file: File,
}

impl File {
    /// Writes `spans` one after the other from `offset` on; all of them are in flight together.
    /// Ready when every byte is written, and synced if so asked.
    ///
    /// A direct file takes whole blocks only: offset and lengths are multiples of
    /// [`BLOCK_BYTES`], and the memory is a chunk's ([`crate::rt::buffer::Chunk::blocks`]).
    ///
    /// # Errors
    /// As `write(2)` and `fdatasync(2)`: ENOSPC, EIO; `InvalidInput` for what a direct file cannot
    /// take. After an error nothing is known about the range: part of it may be written, and what
    /// is written may not be durable. Nothing is retried except a write that was cut short.
    pub async fn write_at(
        &self,
        spans: Vec<Span>,
        offset: u64,
        durability: Durability,
    ) -> io::Result<()> {
        if self.is_direct() {
            spans.iter().try_fold(offset, |at, span| check_blocks(span, at))?;
        }
        match (durability, self.sync_method()) {
            (Durability::Written, _) => self.write_all(spans, offset, false).await,
            (Durability::Synced, SyncMethod::DataSync) => self.write_all(spans, offset, true).await,
            (Durability::Synced, SyncMethod::WriteThenSync) => match <[Span; 1]>::try_from(spans) {
                Ok([span]) => self.write_then_sync(span, offset).await,
                Err(spans) => {
                    self.write_all(spans, offset, false).await?;
                    self.sync_data().await
                }
            },
        }
    }

    /// Writes a few bytes to a file that is not direct.
    ///
    /// # Errors
    /// As [`File::write_at`].
    pub async fn write_small(&self, bytes: impl Into<Span>, offset: u64) -> io::Result<()> {
        self.write_at(vec![bytes.into()], offset, Durability::Written).await
    }

    async fn write_all(&self, spans: Vec<Span>, offset: u64, synced: bool) -> io::Result<()> {
        let mut at = offset;
        let mut writes = Vec::with_capacity(spans.len());
        for span in spans.into_iter().filter(|span| !span.is_empty()) {
            let len = span.len();
            writes.push((at, self.start_write(self.keep(span), 0, at, synced)));
            at += len as u64;
        }
        // All are answered before an error is returned, so that none is still writing then.
        let mut outcome = Ok(());
        for (at, first) in writes {
            let (written, keep) = first.await;
            let finished = self.finish(written, keep, at, synced).await;
            outcome = outcome.and(finished);
        }
        outcome
    }

    /// One write with a sync linked to it. A write that was cut short does not start its sync, so
    /// the rest is written and then all of it synced.
    async fn write_then_sync(&self, span: Span, offset: u64) -> io::Result<()> {
        let len = span.len();
        let (written, keep, synced) = self.write_linked_sync(self.keep(span), offset).await;
        let written = written?;
        if written < len {
            self.finish(Ok(written), keep, offset, false).await?;
            return self.sync_data().await;
        }
        match synced {
            Some(outcome) => outcome,
            None => self.sync_data().await,
        }
    }

    fn keep(&self, span: Span) -> Box<Writing> {
        Box::new(Writing { span, _file: self.clone() })
    }

    /// Goes on with what the kernel left out of a write, if it was cut short, until all of the
    /// span is written, which as a whole is for `offset`.
    async fn finish(
        &self,
        first: io::Result<usize>,
        mut keep: Box<Writing>,
        offset: u64,
        synced: bool,
    ) -> io::Result<()> {
        let (mut result, mut done) = (first, 0);
        loop {
            let written = match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                // No error and no progress: a file that cannot grow.
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                other => other?,
            };
            done += written;
            if done >= keep.span.len() {
                return Ok(());
            }
            let aligned = self.aligned(done);
            if aligned < done && written < BLOCK_BYTES {
                // Less than a block at a time leads nowhere on a direct file.
                return Err(io::ErrorKind::WriteZero.into());
            }
            done = aligned;
            (result, keep) = self.start_write(keep, done, offset + done as u64, synced).await;
        }
    }

    /// Where a write goes on that stopped after `done` bytes: a direct file begins again with the
    /// block it stopped in.
    fn aligned(&self, done: usize) -> usize {
        if self.is_direct() { done - done % BLOCK_BYTES } else { done }
    }
}

/// Can a direct file take `span` at `at`? Says where the next one goes.
fn check_blocks(span: &Span, at: u64) -> io::Result<u64> {
    let aligned = at.is_multiple_of(BLOCK_BYTES as u64)
        && span.len().is_multiple_of(BLOCK_BYTES)
        && span.as_ptr().addr().is_multiple_of(BLOCK_BYTES);
    if !aligned {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "a direct file is written in whole, aligned blocks",
        ));
    }
    Ok(at + span.len() as u64)
}
