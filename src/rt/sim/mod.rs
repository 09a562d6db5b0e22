//! The backend that simulates: one core, its time, and a disk that can be cut off, all from a seed.
//!
//! A [`Machine`] has a disk that outlives its processes. [`Machine::run`] is the life of one
//! process: tasks run one at a time in an order that the seed chooses, time passes only when
//! nothing is ready, and every operation on the disk takes its own while. The life ends when its
//! main task does, or where the [`Faults`] say so: [`Crash`]. What the disk holds then is decided
//! by [`Machine::lose_power`] or [`Machine::kill`].
//!
//! What the disk may do to those who rely on it, and therefore does:
//!
//! - Power is lost: of what was not synced each sector of 512 bytes, each length and each name is
//!   kept or lost on its own; a name is safe once its directory is synced.
//! - The process is killed: what was written stays, what was in flight is there in part, and so is
//!   kept memory, which ends with the power.
//! - Writes in flight end in any order, and some operations take a hundred times as long.
//! - A write or a read is cut short: a part is done, and the count says so.
//! - An operation fails, once or from then on. A failed write may have written a part; what a
//!   failed sync was to save is not saved by a later one.
//! - The disk is full: writes of new blocks are refused, the first of them after a part.
//!
//! The same seed and the same code yield the same run. Each concern draws from a stream of its
//! own, so that a fault more does not change the order of everything else.

pub(crate) mod buffer_table;
mod core;
pub mod disk;
pub(crate) mod memory;
pub mod spawn;
pub(crate) mod timers;

pub use self::core::{End, Machine};
pub use self::disk::fault::{Crash, Faults, Moment, Op, OpKind, Survival};
