//! Pulls: served by the core that owns the queue, or parked there until something arrives.

mod asked;
mod check;
mod serve;
mod waiting;

pub use asked::Asked;
pub use serve::{receive, serve_first, serve_last, tell_resets, wake};
pub use waiting::{Parked, WaitingPulls};
