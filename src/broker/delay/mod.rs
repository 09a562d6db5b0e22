//! Delay levels: a message waits in a queue of its level until it is due (spec F1).
//!
//! [`defer`] stores it in queue `level - 1` of `SCHEDULE_TOPIC_XXXX`; the unit in the consume queue
//! carries when it is due. Each level has a task ([`Schedule`]) on the core that owns its queue:
//! it reads due units in order, stores their messages under their real topics, and sleeps until
//! the next one is due, or one arrives. How far each level has come is kept by the control plane
//! (`control::delays`), in Java's `delayOffset.json`.
//!
//! - Invariant: a message is delivered at its time by the wall clock or later, never before.
//! - Invariant: progress covers only what counts as stored under its real topic. After a crash
//!   some of it is delivered again, and none is lost.
//! - Of the messages that wait nothing is in memory, however many they are.

mod defer;
mod level;
mod schedule;
#[cfg(test)]
mod tests;

pub use defer::{Deferred, defer, level_of, tags_code};
pub use schedule::{Progress, Schedule};
