//! The broker: topics, groups, sends and pulls.
//!
//! Every core runs the same [`core::Core`]: its connections, the shards it owns, and a
//! [`view::View`] of the configuration. Core 0 runs the [`control`] plane as well: it alone changes
//! topics, groups, members and consumer offsets, and tells the other cores through
//! [`message::Message::Change`].
//!
//! A request's way: connection -> dispatch -> the core that owns the queue (here, or over the
//! mesh) -> its handler -> reply to the connection, wherever that lives.

mod arena;
pub mod control;
pub mod core;
pub mod delay;
mod dispatch;
mod gathered;
mod inbox;
mod listen;
pub mod message;
pub mod names;
#[cfg(test)]
mod one_shard;
mod posts;
pub mod probe;
mod pull;
pub mod put;
mod query;
mod queue;
mod record;
mod remote;
pub mod reply;
pub mod run;
pub mod send;
mod send_back;
mod storage;
mod transaction;
pub mod view;
pub mod wanted;
