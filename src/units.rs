//! The numbers that must not be mixed up, each a type of its own.

/// Log2 of how much of a physical offset belongs to one shard's log.
const SHARD_SHIFT: u32 = 48;

/// One of the logs that a store is made of. Frozen: `(topic, queueId)` maps to the same shard for
/// the life of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ShardId(pub u16);

/// A processor core that this process runs on, counted from 0 in the order it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CoreId(pub u16);

/// Where a record starts, over all shards: `shard << 48 | offset in the shard's log`, in bytes.
/// Shard 0 starts at 0, so a one-shard store has RocketMQ's own offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PhysicalOffset(pub u64);

impl PhysicalOffset {
    /// The offset of byte `local` of the log of `shard`.
    pub const fn new(shard: ShardId, local: u64) -> Self {
        Self(((shard.0 as u64) << SHARD_SHIFT) | local)
    }

    /// The shard whose log holds this offset.
    pub const fn shard(self) -> ShardId {
        ShardId((self.0 >> SHARD_SHIFT) as u16)
    }

    /// The byte of that shard's log.
    pub const fn local(self) -> u64 {
        self.0 & ((1 << SHARD_SHIFT) - 1)
    }
}

/// A message's ordinal in its queue, from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct QueueOffset(pub i64);

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallMillis(pub i64);
