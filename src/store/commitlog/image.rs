//! The end of the log in memory: chunks that appends are encoded into, commits written from and
//! readers served from.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::rt::buffer::{BLOCK_BYTES, Chunk, ChunkPool, Span};

/// The low bits of an offset that lie within a block.
const BLOCK_MASK: u64 = BLOCK_BYTES as u64 - 1;

/// All chunks that could be given up are in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoMemory;

/// A run of bytes to be written to one segment.
pub(crate) struct Run {
    /// Where in the log it starts; a multiple of the block size for direct files.
    pub(crate) start: u64,
    /// The bytes, in order.
    pub(crate) spans: Vec<Span>,
}

impl Run {
    /// The byte of the log behind it, padding included.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.spans.iter().map(|span| span.len() as u64).sum::<u64>()
    }
}

/// The chunks that hold the last bytes of the log, in order. A chunk starts at a multiple of the
/// chunk size; where a segment was left early, the chunks between are missing.
pub(crate) struct Image {
    pool: ChunkPool,
    chunk_bytes: u64,
    chunks: VecDeque<Held>,
    /// Taken by [`Image::reserve`], not used yet.
    spare: Vec<Chunk>,
    /// Where the next byte goes.
    end: u64,
}

struct Held {
    base: u64,
    chunk: Chunk,
}

impl Held {
    fn new(base: u64, chunk: Chunk) -> Self {
        // Who finds the memory of a process that was killed learns what it is.
        chunk.label(base);
        Self { base, chunk }
    }

    fn end(&self) -> u64 {
        self.base + self.chunk.len() as u64
    }
}

impl Image {
    /// An empty image of a log that ends at `end`, a multiple of the chunk size.
    pub(crate) fn new(pool: ChunkPool, end: u64) -> Self {
        let chunk_bytes = pool.chunk_bytes() as u64;
        Self { pool, chunk_bytes, chunks: VecDeque::new(), spare: Vec::new(), end }
    }

    /// Where the next byte goes.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    /// From here on the log is in memory, as far as it was not skipped.
    pub(crate) fn start(&self) -> u64 {
        self.chunks.front().map_or(self.end, |held| held.base)
    }

    /// Makes sure that `len` bytes can be put. Gives up chunks that end at or before `settled` if
    /// the pool has none left.
    pub(crate) fn reserve(&mut self, len: u64, settled: u64) -> Result<(), NoMemory> {
        let room = self.chunks.back().filter(|held| held.end() == self.end);
        let room = room.map_or(0, |held| held.chunk.remaining() as u64);
        let missing = len.saturating_sub(room).div_ceil(self.chunk_bytes);
        while (self.spare.len() as u64) < missing {
            match self.pool.take() {
                Some(chunk) => self.spare.push(chunk),
                None => self.give_up_first(settled).then_some(()).ok_or(NoMemory)?,
            }
        }
        Ok(())
    }

    /// Appends bytes that were reserved.
    ///
    /// # Panics
    /// If they were not: our bug.
    pub(crate) fn put(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let end = self.end;
            let usable = |held: &Held| held.chunk.remaining() > 0 && held.end() == end;
            if !self.chunks.back().is_some_and(usable) {
                let chunk = self.spare.pop();
                assert!(chunk.is_some(), "bytes are put after they were reserved");
                self.chunks.extend(chunk.map(|chunk| Held::new(end, chunk)));
            }
            let Some(held) = self.chunks.back_mut() else { return };
            let (now, later) = bytes.split_at(bytes.len().min(held.chunk.remaining()));
            held.chunk.append(now);
            self.end += now.len() as u64;
            bytes = later;
        }
    }

    /// Goes on at `end`, which is the start of a segment. What lies between is never read.
    pub(crate) fn skip_to(&mut self, end: u64) {
        debug_assert_eq!(end % self.chunk_bytes, 0, "segments are whole chunks");
        self.end = end;
    }

    /// Drops chunks from the front that end at or before `settled` while more than `hot_bytes` are
    /// held.
    pub(crate) fn trim(&mut self, hot_bytes: u64, settled: u64) {
        while self.chunks.len() as u64 * self.chunk_bytes > hot_bytes && self.give_up_first(settled)
        {
        }
    }

    /// Hands out bytes `start..end`, which lie at or behind [`Image::start`] and were put; no
    /// copy. Says whether they are all there.
    pub(crate) fn bytes(&self, start: u64, end: u64, mut each: impl FnMut(Bytes)) -> bool {
        let first = self.chunks.partition_point(|held| held.end() <= start);
        let mut at = start;
        for held in self.chunks.range(first..) {
            if at >= end || held.base > at {
                break;
            }
            let stop = held.end().min(end);
            each(held.chunk.bytes(within(at, held.base)..within(stop, held.base)));
            at = stop;
        }
        at >= end
    }

    /// What is to be written so that everything from `from` to the end is: runs that lie in one
    /// segment each. Whole blocks if `direct`, the last one padded; else exactly the bytes.
    pub(crate) fn runs(&mut self, from: u64, direct: bool, segment_bytes: u64) -> Vec<Run> {
        let mut runs: Vec<Run> = Vec::new();
        let mut run_end = None;
        let first = self.chunks.partition_point(|held| held.end() <= from);
        for held in self.chunks.range_mut(first..) {
            let begin = from.max(held.base);
            let skip = within(begin, held.base);
            let (start, span) = if direct {
                (begin & !BLOCK_MASK, held.chunk.blocks(skip))
            } else {
                (begin, held.chunk.span(skip..held.chunk.len()))
            };
            let end = start + span.len() as u64;
            match runs.last_mut() {
                Some(run) if run_end == Some(start) && start % segment_bytes != 0 => {
                    run.spans.push(span);
                }
                _ => runs.push(Run { start, spans: vec![span] }),
            }
            run_end = Some(end);
        }
        runs
    }

    fn give_up_first(&mut self, settled: u64) -> bool {
        // The last chunk is still being filled, or holds the block that is written again.
        let more = self.chunks.len() > 1;
        let settled = self.chunks.front().is_some_and(|held| held.end() <= settled);
        more && settled && self.chunks.pop_front().is_some()
    }
}

/// Where in a chunk that starts at `base` byte `at` of the log is.
fn within(at: u64, base: u64) -> usize {
    // A chunk is far shorter than the address space.
    usize::try_from(at - base).unwrap_or(usize::MAX)
}
