//! Parts of the log that have left the image, read back for readers that catch up.

use std::cell::{Cell, RefCell};
use std::ops::Range;

use bytes::Bytes;

use crate::rt::buffer::{Chunk, ChunkPool};
use crate::rt::spawn::yield_now;
use crate::store::watch::{Gate, Passed};

/// Windows of the log in memory: one chunk each, at multiples of the chunk size. Lives on the
/// shard's core. The log below the image does not change, so a window never does.
pub(crate) struct Windows {
    pool: ChunkPool,
    window_bytes: u64,
    held: RefCell<Vec<Window>>,
    clock: Cell<u64>,
    /// A reader that catches up is being answered.
    turn: Gate,
}

struct Window {
    start: u64,
    chunk: Chunk,
    used: u64,
}

impl Windows {
    /// None yet; at most as many as the pool has chunks.
    pub(crate) fn new(pool: ChunkPool) -> Self {
        let window_bytes = pool.chunk_bytes() as u64;
        let (held, clock, turn) = (RefCell::default(), Cell::new(0), Gate::default());
        Self { pool, window_bytes, held, clock, turn }
    }

    /// Waits for this reader's turn: its windows are read and it is answered before the next one.
    /// One at most goes in each turn of the core, so that what writers have sent, and what the disk
    /// has taken of it, is seen to between two of them.
    pub(crate) async fn turn(&self) -> Passed<'_> {
        let turn = self.turn.pass().await;
        yield_now().await;
        turn
    }

    /// Where the window starts that byte `at` of the log lies in.
    pub(crate) fn start_of(&self, at: u64) -> u64 {
        at - at % self.window_bytes
    }

    /// Length of each, in bytes.
    pub(crate) fn window_bytes(&self) -> u64 {
        self.window_bytes
    }

    /// Is the window at `start` here?
    pub(crate) fn contains(&self, start: u64) -> bool {
        self.held.borrow().iter().any(|window| window.start == start)
    }

    /// Hands out bytes `start..end`, no copy, if they are all here; says whether they are.
    pub(crate) fn bytes(&self, start: u64, end: u64, mut each: impl FnMut(Bytes)) -> bool {
        let used = self.tick();
        let mut held = self.held.borrow_mut();
        let are_here = self.pieces(start, end).all(|(base, range)| {
            held.iter().any(|window| window.start == base && range.end <= window.chunk.len())
        });
        if !are_here {
            return false;
        }
        for (base, range) in self.pieces(start, end) {
            if let Some(window) = held.iter_mut().find(|window| window.start == base) {
                window.used = used;
                each(window.chunk.bytes(range));
            }
        }
        true
    }

    /// The windows that bytes `start..end` lie in, and where in each.
    fn pieces(&self, start: u64, end: u64) -> impl Iterator<Item = (u64, Range<usize>)> {
        let within = |bytes: u64| usize::try_from(bytes).unwrap_or(usize::MAX);
        let bases = (self.start_of(start)..end).step_by(self.pool.chunk_bytes());
        bases.map(move |base| {
            let stop = end.min(base + self.window_bytes);
            (base, within(start.max(base) - base)..within(stop - base))
        })
    }

    /// An empty chunk for a window; gives up the one that was used longest ago if it must. `None`
    /// while readers hold on to all of them.
    pub(crate) fn room(&self) -> Option<Chunk> {
        if let Some(chunk) = self.pool.take() {
            return Some(chunk);
        }
        let mut held = self.held.borrow_mut();
        let oldest = (0..held.len()).min_by_key(|at| held.get(*at).map(|window| window.used))?;
        drop(held.swap_remove(oldest));
        drop(held);
        self.pool.take()
    }

    /// Takes in the window at `start`, filled from the log.
    pub(crate) fn keep(&self, start: u64, chunk: Chunk) {
        let used = self.tick();
        self.held.borrow_mut().push(Window { start, chunk, used });
    }

    fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}
