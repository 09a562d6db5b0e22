//! Bytes in, bytes out: connections, their table on each core, and calls in flight.
//!
//! A connection lives on one core. Its reader splits frames and hands commands to the core's
//! [`Handler`]; its writer sends what was queued, everything that gathered during one write in the
//! next. A peer that does not take its replies is no longer read from.

mod calls;
mod client;
mod connection;
pub mod http;
mod table;
#[cfg(test)]
mod tests;

pub use calls::CallError;
pub use client::Channel;
pub use connection::{Connection, Handler, Part};
pub use table::ConnectionTable;

use crate::units::CoreId;

/// Names one connection of the process. Never reused: a reply to a connection that is gone finds
/// nothing, even when its slot was taken by another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId {
    /// The core that it lives on.
    pub core: CoreId,
    /// Its place in that core's table.
    pub slot: u32,
    /// How many connections had been opened on that core before it.
    pub generation: u64,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The peer broke the framing or the header encoding.
    BadFrame,
    /// The unfinished frames of the core's connections take too much memory.
    Crowded,
    /// The peer closed its side.
    EndOfStream,
    /// Reading or writing failed.
    Failed,
    /// Nothing was sent or received for too long.
    Idle,
    /// We are shutting down, or the owner of the connection asked for it.
    Requested,
}
