//! Zeros written ahead of the end of the log: the first write into a part of a file that is
//! merely reserved costs a change of the file system's own records, which a send must not wait
//! for.

use std::cell::Cell;

use crate::rt::buffer::{Chunk, ChunkPool, Span};
use crate::store::watch::Watch;

/// The range being filled with zeros. A commit must not overlap it: the zeros could come last.
#[derive(Default)]
pub(crate) struct Zeroing {
    range: Cell<Option<(u64, u64)>>,
    done: Watch,
}

impl Zeroing {
    /// Waits until no zeros are on their way into `start..end`.
    pub(crate) async fn wait_clear(&self, start: u64, end: u64) {
        self.done
            .until(|| {
                let overlaps = |(from, to): (u64, u64)| from < end && start < to;
                (!self.range.get().is_some_and(overlaps)).then_some(())
            })
            .await;
    }

    /// Zeros are on their way into `start..end`; [`Zeroing::finish`] must follow.
    pub(crate) fn begin(&self, start: u64, end: u64) {
        self.range.set(Some((start, end)));
    }

    /// They have arrived.
    pub(crate) fn finish(&self) {
        self.range.set(None);
        self.done.notify();
    }
}

/// A run of zeros to write from, as often as one likes.
pub(crate) struct Zeros {
    chunk: Chunk,
}

impl Zeros {
    /// `len` zeros, whole blocks; `None` if there is no memory for them.
    pub(crate) fn new(len: usize) -> Option<Self> {
        let mut chunk = ChunkPool::new(1, len).take()?;
        chunk.unfilled().fill(0);
        chunk.advance(chunk.remaining());
        Some(Self { chunk })
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.chunk.len() as u64
    }

    /// The first `len` of them, at most all.
    pub(crate) fn span(&self, len: u64) -> Span {
        let len = usize::try_from(len).unwrap_or(usize::MAX).min(self.chunk.len());
        self.chunk.span(0..len)
    }
}
