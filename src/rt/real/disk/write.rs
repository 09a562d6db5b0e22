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

/// What a write in flight owns.
struct Writing {
    span: Span,
    _file: File,
}

impl File {
    /// Writes `spans` one after the other from `offset` on; all of them are in flight together.
    /// Ready when every byte is written, and synced if so asked (each with RWF_DSYNC).
    ///
    /// A direct file takes whole blocks only: offset and lengths are multiples of
    /// [`BLOCK_BYTES`], and the memory is a chunk's ([`crate::rt::buffer::Chunk::blocks`]).
    ///
    /// # Errors
    /// As `write(2)`: ENOSPC, EIO; `InvalidInput` for what a direct file cannot take. After an
    /// error nothing is known about the range: part of it may be written. Nothing is retried
    /// except a write that the kernel cut short.
    pub async fn write_at(
        &self,
        spans: Vec<Span>,
        offset: u64,
        durability: Durability,
    ) -> io::Result<()> {
        let mut at = offset;
        let mut writes = Vec::with_capacity(spans.len());
        if self.is_direct() {
            spans.iter().try_fold(offset, |at, span| check_blocks(span, at))?;
        }
        for span in spans {
            let len = span.len();
            writes.push((at, self.start(span, 0, at, durability)));
            at += len as u64;
        }
        // All are answered before an error is returned, so that none is still writing then.
        let mut outcome = Ok(());
        for (at, first) in writes {
            let finished = self.finish(first, at, durability).await;
            outcome = outcome.and(finished);
        }
        outcome
    }

    /// Writes a few bytes to a file that is not direct.
    ///
    /// # Errors
    /// As [`File::write_at`].
    pub async fn write_small(&self, bytes: impl Into<Span>, offset: u64) -> io::Result<()> {
        self.write_at(vec![bytes.into()], offset, Durability::Written).await
    }

    /// Starts to write `span`, less its first `done` bytes, for the file offset `at`.
    fn start(
        &self,
        span: Span,
        done: usize,
        at: u64,
        durability: Durability,
    ) -> Operation<Writing> {
        let fd = self.inner.direct.as_ref().unwrap_or(&self.inner.buffered);
        let fd = types::Fd(fd.as_raw_fd());
        // SAFETY: `done` is at most the span's length.
        let start = unsafe { span.as_ptr().add(done) };
        let len = u32::try_from(span.len() - done).unwrap_or(u32::MAX).min(WRITE_BYTES_MAX);
        let flags = if durability == Durability::Synced { libc::RWF_DSYNC } else { 0 };
        let entry: squeue::Entry = match span.registered() {
            Some(table) => {
                let write = opcode::WriteFixed::new(fd, start, len, table);
                write.offset(at).rw_flags(flags).build()
            }
            None => opcode::Write::new(fd, start, len).offset(at).rw_flags(flags).build(),
        };
        let keep = Box::new(Writing { span, _file: self.clone() });
        // SAFETY: the span keeps its memory mapped and its filled part unchanged; padding that
        // changes meanwhile is written again when it matters.
        unsafe { Operation::submit(&local(), keep, entry) }
    }

    /// Waits for a write and goes on with what the kernel left out.
    async fn finish(
        &self,
        first: Operation<Writing>,
        offset: u64,
        durability: Durability,
    ) -> io::Result<()> {
        let mut operation = first;
        let mut done = 0;
        loop {
            let (result, keep) = operation.await;
            let written = match check(result) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                // No error and no progress: a file that cannot grow.
                Ok(0) if done < keep.span.len() => return Err(io::ErrorKind::WriteZero.into()),
                other => other?,
            };
            done += written;
            if done >= keep.span.len() {
                return Ok(());
            }
            if self.is_direct() && done % BLOCK_BYTES != 0 {
                // The rest would start within a block: begin with that block again.
                done -= done % BLOCK_BYTES;
            }
            operation = self.start(keep.span, done, offset + done as u64, durability);
        }
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
