//! Consume queues: for each queue of a topic, where its messages are. Derived from the log.

mod files;
mod format;
mod queue;
pub(crate) mod summary;
mod table;

pub(crate) use self::files::{QueueFiles, QueueName, SyncError};
pub use self::format::{UNIT_BYTES, UNIT_LEN, Unit};
pub(crate) use self::queue::Queue;
pub use self::table::Arrival;
pub(crate) use self::table::{Dirty, QueueKey, Recovered, Table};
