//! Writing: whole before it is called done, durable before it is called synced.

use std::io;
use std::os::fd::AsRawFd;

use io_uring::{opcode, squeue, types};

use super::super::bridge::local;
use super::super::op::{Operation, check};
use super::file::File;
use crate::rt::buffer::{BLOCK_BYTES, Span};

/// Most bytes one write asks the kernel for; whole blocks.
const WRITE_BYTES_MAX: u32 = 1 << 30;

/// What a finished write promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The kernel or the device has it: it survives the end of this process, not of the machine.
    Written,
    /// It survives the loss of power.
    Synced,
}

/// How a write is made durable. Both promise the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMethod {
    /// The write itself returns only when it is durable (RWF_DSYNC).
    #[default]
    DataSync,
    /// A plain write, and an fdatasync that the kernel starts when the write is done.
    WriteThenSync,
}

/// What a write in flight owns.
struct Writing {
    span: Span,
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
        match (durability, self.inner.sync) {
            (Durability::Written, _) => self.write_all(spans, offset, 0).await,
            (Durability::Synced, SyncMethod::DataSync) => {
                self.write_all(spans, offset, libc::RWF_DSYNC).await
            }
            (Durability::Synced, SyncMethod::WriteThenSync) => match <[Span; 1]>::try_from(spans) {
                Ok([span]) => self.write_then_sync(span, offset).await,
                Err(spans) => {
                    self.write_all(spans, offset, 0).await?;
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

    async fn write_all(&self, spans: Vec<Span>, offset: u64, flags: i32) -> io::Result<()> {
        let mut at = offset;
        let mut writes = Vec::with_capacity(spans.len());
        for span in spans.into_iter().filter(|span| !span.is_empty()) {
            let len = span.len();
            writes.push((at, self.start(span, 0, at, flags)));
            at += len as u64;
        }
        // All are answered before an error is returned, so that none is still writing then.
        let mut outcome = Ok(());
        for (at, first) in writes {
            let finished = self.finish(first, at, flags).await;
            outcome = outcome.and(finished);
        }
        outcome
    }

    /// One write with a sync linked to it. A write that was cut short does not start its sync, so
    /// the rest is written and then all of it synced.
    async fn write_then_sync(&self, span: Span, offset: u64) -> io::Result<()> {
        let local = local();
        let len = span.len();
        let before = local.partial_submissions();
        let write = self.entry(&span, 0, offset, 0);
        let sync = opcode::Fsync::new(self.target()).flags(types::FsyncFlags::DATASYNC).build();
        let keep = Box::new(Writing { span, _file: self.clone() });
        // SAFETY: as in `start`; the sync points to no memory.
        let (write, sync) = unsafe { Operation::submit_linked(&local, keep, write, sync) };
        let (written, keep) = write.await;
        let (synced, _) = sync.await;
        if check(written)? < len {
            let done = self.aligned(check(written)?);
            let rest = self.start(keep.span, done, offset + done as u64, 0);
            self.finish_from(rest, done, offset, 0).await?;
            return self.sync_data().await;
        }
        check(synced)?;
        if local.partial_submissions() != before {
            // The kernel may have taken the two apart, and then they ran at the same time.
            return self.sync_data().await;
        }
        Ok(())
    }

    /// The descriptor that writes.
    fn target(&self) -> types::Fd {
        types::Fd(self.inner.direct.as_ref().unwrap_or(&self.inner.buffered).as_raw_fd())
    }

    /// Starts to write `span`, less its first `done` bytes, for the file offset `at`.
    fn start(&self, span: Span, done: usize, at: u64, flags: i32) -> Operation<Writing> {
        let entry = self.entry(&span, done, at, flags);
        let keep = Box::new(Writing { span, _file: self.clone() });
        // SAFETY: the span keeps its memory mapped and its filled part unchanged; padding that
        // changes meanwhile is written again when it matters.
        unsafe { Operation::submit(&local(), keep, entry) }
    }

    fn entry(&self, span: &Span, done: usize, at: u64, flags: i32) -> squeue::Entry {
        // SAFETY: `done` is at most the span's length.
        let start = unsafe { span.as_ptr().add(done) };
        let len = u32::try_from(span.len() - done).unwrap_or(u32::MAX).min(WRITE_BYTES_MAX);
        match span.registered() {
            Some(table) => {
                let write = opcode::WriteFixed::new(self.target(), start, len, table);
                write.offset(at).rw_flags(flags).build()
            }
            None => {
                opcode::Write::new(self.target(), start, len).offset(at).rw_flags(flags).build()
            }
        }
    }

    async fn finish(&self, first: Operation<Writing>, offset: u64, flags: i32) -> io::Result<()> {
        self.finish_from(first, 0, offset, flags).await
    }

    /// Waits for a write that began after `done` bytes of its span, and goes on with what the
    /// kernel left out. The span as a whole is for `offset`.
    async fn finish_from(
        &self,
        first: Operation<Writing>,
        mut done: usize,
        offset: u64,
        flags: i32,
    ) -> io::Result<()> {
        let mut operation = first;
        loop {
            let (result, keep) = operation.await;
            let written = match check(result) {
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
            operation = self.start(keep.span, done, offset + done as u64, flags);
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
