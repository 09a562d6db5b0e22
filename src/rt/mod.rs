//! The runtime seam: clock, tasks, mesh, disk, network, randomness and signals for one core.
//!
//! Only this room names glommio and io-uring. The backend is chosen when the crate is built; what
//! stands above it is not generic over it and uses this one vocabulary:
//!
//! | module | what it gives |
//! |---|---|
//! | [`spawn`] | [`spawn::run_cores`]: one executor and one data ring per core; tasks |
//! | [`clock`] | monotonic and wall time, sleeping, deadlines |
//! | [`mesh`] | bounded messages between cores, in order per pair |
//! | [`buffer`] | block-aligned chunks that are written once and read as `Bytes` |
//! | [`disk`] | files and directories |
//! | [`net`] | listeners and streams |
//! | [`concurrent`] | several futures on one task |
//! | [`event`] | a flag that one task waits for |
//! | [`local_time`] | the hour of the day where this machine stands |
//! | [`memory`] | memory that outlives the process |
//! | [`random`] | random numbers for jitter and choice, not for secrets |
//! | [`signal`] | SIGTERM and SIGINT as a future |
//! | [`capabilities`] | which features of the kernel are in use, and why not |
//! | [`counts`] | what a core did, for those who watch it |
//! | [`start`] | why a core could not start, with the remedy |
//!
//! With the feature `sim` (the package `ringmq-sim`) the backend is a simulation of one core and
//! its disk, without a network: `rt::sim`.
//!
//! Invariant: everything that is not `Send` belongs to the core that made it. No lock is taken on
//! any path; cores share only the mesh, the doorbells and the return bitmaps of buffers.
//!
//! Invariant: memory that the kernel may still read or write is owned by the ring's table of
//! operations, not by the future that waits for them. Dropping a future asks the kernel to stop
//! and frees nothing until the kernel answered.

pub mod buffer;
#[cfg(not(feature = "sim"))]
pub mod capabilities;
pub mod clock;
pub mod concurrent;
#[cfg(not(feature = "sim"))]
pub mod counts;
pub mod disk;
pub mod event;
pub mod local_time;
pub mod memory;
pub mod random;
#[cfg(test)]
pub(crate) mod scratch;
#[cfg(not(feature = "sim"))]
pub mod start;

#[cfg(not(feature = "sim"))]
mod real;
#[cfg(feature = "sim")]
pub mod sim;

#[cfg(not(feature = "sim"))]
use self::real as backend;
#[cfg(feature = "sim")]
use self::sim as backend;

pub use self::backend::spawn;
#[cfg(not(feature = "sim"))]
pub use self::real::{mesh, net, signal};
