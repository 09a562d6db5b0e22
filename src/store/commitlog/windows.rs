//! Parts of the log that have left the image, read back for readers that catch up.

use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::limits::CATCH_UP_BYTES_PER_SECOND_MAX;
use crate::rt::buffer::{Chunk, ChunkPool};
use crate::rt::clock::{self, Instant};
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
    pace: Cell<Pace>,
}

/// How late a turn may begin for the next ones to make up for it.
const LATE_MAX: Duration = Duration::from_millis(1);

/// When the next reader that catches up has its turn.
#[derive(Clone, Copy, Debug, Default)]
struct Pace {
    /// When the bytes of the last turn have had their time.
    rested: Option<Instant>,
    /// Where the log ended at the last turn.
    log_end: u64,
}

impl Pace {
    /// When a turn of so many bytes begins that could begin `now`; before that, if it is late.
    fn next(&mut self, bytes: u64, log_end: u64, now: Instant) -> Instant {
        let writes = log_end != self.log_end;
        let rested = self.rested.filter(|rested| writes && now.since(*rested) <= LATE_MAX);
        let start = rested.unwrap_or(now);
        let nanos = bytes.saturating_mul(1_000_000_000) / CATCH_UP_BYTES_PER_SECOND_MAX;
        *self = Self { rested: Some(start + Duration::from_nanos(nanos)), log_end };
        start
    }
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
        Self { pool, window_bytes, held, clock, turn, pace: Cell::default() }
    }

    /// Waits for this reader's turn: its windows are read and it is answered before the next one.
    /// One at most goes in each turn of the core, so that what writers have sent, and what the disk
    /// has taken of it, is seen to between two of them. While writers are there, who have made the
    /// log end at another `log_end` than at the turn before, the `bytes` of each turn take their
    /// time: [`CATCH_UP_BYTES_PER_SECOND_MAX`].
    pub(crate) async fn turn(&self, bytes: u64, log_end: impl Fn() -> u64) -> Passed<'_> {
        let turn = self.turn.pass().await;
        yield_now().await;
        let (mut pace, now) = (self.pace.get(), clock::now());
        let start = pace.next(bytes, log_end(), now);
        self.pace.set(pace);
        if start > now {
            clock::sleep_until(start).await;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_take_their_time_while_the_log_grows_and_none_while_it_does_not() {
        let second = CATCH_UP_BYTES_PER_SECOND_MAX;
        let began = clock::now();
        let after = |seconds: u64| began + Duration::from_secs(seconds);
        let mut pace = Pace::default();
        assert_eq!(pace.next(2 * second, 10, began), began);
        assert_eq!(pace.next(second, 11, began), after(2), "the first takes two seconds");
        assert_eq!(pace.next(second, 12, after(2)), after(3));
        assert_eq!(pace.next(9 * second, 12, after(2)), after(2), "nobody has written");
        assert_eq!(pace.next(second, 13, after(11) + LATE_MAX), after(11), "that is made up for");
        assert_eq!(pace.next(second, 14, after(40)), after(40), "and this is not");
    }
}
