//! What a core did since it started: plain numbers, kept by the core, read by whoever watches it.

use std::time::Duration;

use super::real::bridge;

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
}

/// What this core did.
///
/// # Panics
/// Outside of a core.
pub fn of_this_core() -> CoreCounts {
    bridge::local().counts()
}
