//! The backend for real kernels: glommio executors, and one io_uring data ring per core.
//!
//! `ring` submits and collects; `op` owns what is in flight; `bridge` is the one task per core
//! that drives the ring, and sleeps in it when `task` counts none that is ready.

pub(crate) mod blocking;
pub(crate) mod bridge;
pub(crate) mod buffer_table;
pub mod disk;
pub mod memory;
pub mod mesh;
pub mod net;
pub(crate) mod op;
pub(crate) mod panic;
pub(crate) mod placement;
pub(crate) mod probe;
pub(crate) mod receive;
pub(crate) mod ring;
pub mod signal;
pub mod spawn;
pub(crate) mod task;
pub(crate) mod timers;

#[cfg(test)]
mod tests;
