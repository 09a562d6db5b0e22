//! The words of `ringmq store`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::store::Layout;
use crate::store::inspect::dump::Select;
use crate::units::PhysicalOffset;

/// What to do with a store that no broker runs on.
#[derive(Subcommand, Clone, Debug, PartialEq, Eq)]
pub enum StoreWords {
    /// Compare log, consume queues and index with each other.
    ///
    /// Reads every record and verifies its checksum, sees that each has its consume queue unit and
    /// its index entries, and that each of those leads to a record that has it. Writes nothing.
    Check(CheckArgs),
    /// Print records as JSON lines.
    ///
    /// Without a selection: all records in the order of the log. Writes nothing to the store.
    Dump(DumpArgs),
}

/// Where the store is, and how its index files are laid out.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct StorePlace {
    /// Directory of the store, of RingMQ or of RocketMQ: the one with `commitlog` or `shard-0`.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// `maxHashSlotNum` of the broker that wrote the index.
    #[arg(long, value_name = "N", default_value_t = Layout::default().slots,
        value_parser = clap::value_parser!(u32).range(1..=500_000_000))]
    pub index_slots: u32,
    /// `maxIndexNum` of the broker that wrote the index.
    #[arg(long, value_name = "N", default_value_t = Layout::default().entries,
        value_parser = clap::value_parser!(u32).range(2..=2_000_000_000))]
    pub index_entries: u32,
}

impl StorePlace {
    /// The layout of the index files.
    pub fn layout(&self) -> Layout {
        Layout { slots: self.index_slots, entries: self.index_entries }
    }
}

/// Flags of `ringmq store check`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct CheckArgs {
    /// The store.
    #[command(flatten)]
    pub place: StorePlace,
    /// How many faults to name; all are counted.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub faults: usize,
}

/// Flags of `ringmq store dump`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DumpArgs {
    /// The store.
    #[command(flatten)]
    pub place: StorePlace,
    /// The record that starts at this physical offset.
    #[arg(long, value_name = "OFFSET", conflicts_with_all = ["topic", "queue", "from", "key"],
        value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64))]
    pub offset: Option<u64>,
    /// Records of this topic.
    #[arg(long, value_name = "TOPIC")]
    pub topic: Option<String>,
    /// Records of this queue of the topic.
    #[arg(long, value_name = "ID", requires = "topic", conflicts_with = "key",
        value_parser = clap::value_parser!(i32).range(0..))]
    pub queue: Option<i32>,
    /// The first message of the queue.
    #[arg(long, value_name = "N", requires = "queue", default_value_t = 0,
        value_parser = clap::value_parser!(i64).range(0..))]
    pub from: i64,
    /// Records of the topic with this key or unique key, newest first.
    #[arg(long, value_name = "KEY", requires = "topic")]
    pub key: Option<String>,
    /// Most records [default: all].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// Most bytes of each body: as text if they are UTF-8, else in base64.
    #[arg(long, value_name = "N", default_value_t = 1024)]
    pub body_bytes: usize,
}

impl DumpArgs {
    /// Which records.
    pub fn select(&self) -> Select {
        let topic = self.topic.clone();
        match (topic, self.queue, &self.key, self.offset) {
            (_, _, _, Some(offset)) => Select::Offset(PhysicalOffset(offset)),
            (Some(topic), _, Some(key), _) => Select::Key { topic, key: key.clone() },
            (Some(topic), Some(queue), _, _) => Select::Queue { topic, queue, from: self.from },
            (topic, _, _, _) => Select::Log(topic),
        }
    }
}
