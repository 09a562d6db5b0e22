//! One queue: which of its messages exist, which are visible, and the units still in memory.

use std::collections::VecDeque;
use std::rc::Rc;

use super::format::Unit;

/// What the shard knows of one queue. `min <= flushed <= max <= next`, and memory holds the units
/// from some ordinal at or below `flushed` up to `max`.
pub(crate) struct Queue {
    pub(crate) topic: Rc<str>,
    pub(crate) id: i32,
    /// The first message that still has a record.
    pub(crate) min: i64,
    /// The next message gets this ordinal.
    pub(crate) next: i64,
    /// Messages below are visible: their records are committed.
    pub(crate) max: i64,
    /// Units below are in files.
    pub(crate) flushed: i64,
    /// The byte of the shard's log behind the last visible record.
    pub(crate) log_end: u64,
    /// Is it in the list of queues to flush, or being flushed?
    pub(crate) dirty: bool,
    /// Tells it from a later queue in the same place of the table.
    pub(crate) serial: u32,
    tail: VecDeque<Unit>,
    tail_start: i64,
}

impl Queue {
    /// A queue whose messages `min..max` are in files, the last of them ending at `log_end`.
    pub(crate) fn new(
        topic: Rc<str>,
        id: i32,
        serial: u32,
        (min, max): (i64, i64),
        log_end: u64,
    ) -> Self {
        Self {
            topic,
            id,
            min,
            next: max,
            max,
            flushed: max,
            log_end,
            dirty: false,
            serial,
            tail: VecDeque::new(),
            tail_start: max,
        }
    }

    /// Makes the next message visible.
    pub(crate) fn push(&mut self, unit: Unit) {
        self.tail.push_back(unit);
        self.max += 1;
        self.log_end = unit.local_end();
    }

    /// Units from this ordinal on are in memory.
    pub(crate) fn tail_start(&self) -> i64 {
        self.tail_start
    }

    /// The units in memory from `offset` on; none if it lies before them.
    pub(crate) fn tail_from(&self, offset: i64) -> impl Iterator<Item = Unit> + '_ {
        let skip = usize::try_from(offset - self.tail_start).unwrap_or(usize::MAX);
        self.tail.range(skip.min(self.tail.len())..).copied()
    }

    /// Forgets units in memory whose records end at or before byte `start` of the log, as far as
    /// files have them.
    pub(crate) fn forget(&mut self, start: u64) {
        let in_files = usize::try_from(self.flushed - self.tail_start).unwrap_or(0);
        let old = self.tail.iter().take(in_files).take_while(|unit| unit.local_end() <= start);
        let count = old.count();
        self.tail.drain(..count);
        self.tail_start += i64::try_from(count).unwrap_or(0);
        if self.tail.is_empty() && count > 0 {
            // A hundred thousand quiet queues must not each keep what they needed when busy.
            self.tail = VecDeque::new();
        }
    }
}
