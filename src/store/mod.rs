//! Files and offsets: commit log, consume queues, checkpoint, recovery. Knows no sockets, no
//! commands and not what topics mean.
//!
//! A store is made of shards. A [`Shard`] is one log with the queues derived from it; it lives on
//! one core and nothing of it is locked. [`Root::open`] takes the store's directory for this
//! process and reads what is frozen with it; [`Shard::open`] recovers one shard on its core.
//!
//! The way of a message: [`Shard::append`] encodes its record into memory and gives it its
//! offsets; [`Shard::on_commit`] leaves an acknowledgement with it. The committer writes
//! everything that was appended meanwhile in one go, and then, in this order: the records become
//! visible in their queues, the acknowledgements are released, arrivals are told to the
//! [`Listener`]. [`Shard::get_hot`] and [`Shard::get`] return records as they are stored.
//!
#![doc = include_str!("FORMAT.md")]

mod append;
mod checkpoint;
mod clean;
mod commit;
mod commitlog;
mod consumequeue;
mod error;
mod fetch;
mod flush;
mod folder;
mod index;
pub mod inspect;
mod memory;
mod names;
mod offsets;
pub mod probe;
mod read_ahead;
mod records;
mod recovery;
mod reserve;
mod root;
mod settings;
mod shard;
mod watch;
mod write;
mod zero_ahead;

#[cfg(test)]
mod tests;

pub use self::append::{Appended, NewMessage, NewTagsCode};
pub use self::clean::{CleanError, Oldest};
pub use self::consumequeue::{Arrival, Unit};
pub use self::error::{AppendError, OpenError, Poison, ReadError};
pub use self::fetch::{Choice, Fetch, Fetched, GetStatus, Payload};
pub use self::index::{Found, Hit, Layout, Lookup};
pub use self::memory::MEMORY_PREFIX;
pub use self::offsets::Boundary;
pub use self::recovery::RecoveryReport;
pub use self::root::Root;
pub use self::settings::{FetchLimits, Flush, Settings, TagsCode};
pub use self::shard::{Listener, Shard, Silent};
// For the rooms that the simulated runtime is without.
#[cfg(not(feature = "sim"))]
pub(crate) use self::watch::Watch;
