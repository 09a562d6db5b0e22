//! What a core did since it started: plain numbers, kept by the core, read by whoever watches it.

use std::time::Duration;

use super::real::bridge;

/// Values counted by range: up to `2^FIRST`, up to twice that, and so on. Plain numbers; to count
/// a value takes two additions and no look at the other ranges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread<const FIRST: u32, const N: usize> {
    /// How many values fell into each range.
    pub ranges: [u64; N],
    /// How many lay beyond the last.
    pub beyond: u64,
    /// All values together.
    pub sum: u64,
}

impl<const FIRST: u32, const N: usize> Default for Spread<FIRST, N> {
    fn default() -> Self {
        Self { ranges: [0; N], beyond: 0, sum: 0 }
    }
}

impl<const FIRST: u32, const N: usize> Spread<FIRST, N> {
    /// The upper bound of each range, included in it.
    pub const BOUNDS: [u64; N] = {
        let (mut bounds, mut at) = ([0; N], 0);
        while at < N {
            #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler; at < N")]
            {
                bounds[at] = 1 << FIRST << at;
            }
            at += 1;
        }
        bounds
    };

    /// Counts a value.
    pub fn record(&mut self, value: u64) {
        // The power of two that it does not exceed.
        let power = value.saturating_sub(1).checked_ilog2().map_or(0, |below| below + 1);
        match self.ranges.get_mut(power.saturating_sub(FIRST) as usize) {
            Some(count) => *count += 1,
            None => self.beyond += 1,
        }
        self.sum += value;
    }
}

/// What was there at once: 1 to 2048.
pub type Batches = Spread<0, 12>;
/// Microseconds: 16 to a second.
pub type Micros = Spread<4, 17>;

/// The work of one core's data ring.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CoreCounts {
    /// Entries that the kernel took.
    pub submitted: u64,
    /// Completions that were collected.
    pub completed: u64,
    /// How often the core found nothing to do and slept.
    pub sleeps: u64,
    /// Time spent asleep, up to the end of the last sleep.
    pub slept: Duration,
    /// Entries that one system call gave to the kernel, where it gave any.
    pub submit_batches: Batches,
    /// Completions that one turn collected, where there were any.
    pub complete_batches: Batches,
    /// How long each sleep was.
    pub sleep_times: Micros,
    /// Time since the core started.
    pub up: Duration,
}

impl CoreCounts {
    /// Time not spent asleep.
    pub fn busy(&self) -> Duration {
        self.up.saturating_sub(self.slept)
    }
}

/// Messages of one core to the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MeshCounts {
    /// Messages that went into the mesh.
    pub sent: u64,
    /// Tries that found the queue to the other core full.
    pub full: u64,
    /// Messages that this core took from another at once.
    pub batches: Batches,
}

/// What this core did.
///
/// # Panics
/// Outside of a core.
pub fn of_this_core() -> CoreCounts {
    bridge::local().counts()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_fall_into_the_range_whose_bound_they_reach() {
        assert_eq!(Spread::<4, 3>::BOUNDS, [16, 32, 64]);
        let mut spread = Spread::<4, 3>::default();
        for value in [0, 1, 16, 17, 32, 33, 64, 65, 1 << 40] {
            spread.record(value);
        }
        assert_eq!((spread.ranges, spread.beyond), ([3, 2, 2], 2));
        assert_eq!(spread.sum, 228 + (1 << 40));
        let mut ones = Batches::default();
        (1..=2048).for_each(|value| ones.record(value));
        assert_eq!(ones.ranges, [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]);
    }
}
