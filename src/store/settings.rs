//! What a shard is opened with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::index::Layout;
use crate::config::frozen::Frozen;
use crate::message::properties::{Properties, TAGS};
use crate::message::record::Record;
use crate::message::tag;
use crate::rt::disk::SyncMethod;

/// When a message counts as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// When it survives the loss of power (`SYNC_FLUSH`).
    Sync,
    /// When the kernel or the device has it, so that it survives the end of this process
    /// (`ASYNC_FLUSH`): in [`Settings::memory`], or else in the log's file. What is not yet durable
    /// is synced this often (`flushIntervalCommitLog`).
    Async {
        /// Between two syncs, while there is something to sync.
        interval: Duration,
    },
}

/// How much one fetch returns, beyond what its caller asks for. Records near the end of the log
/// and older ones have limits of their own, as in Java.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchLimits {
    /// How far from the end of the log a record is near, in bytes
    /// (`accessMessageInMemoryMaxRatio` of the memory in Java).
    pub near_bytes: u64,
    /// Most near records in one reply (`maxTransferCountOnMessageInMemory`).
    pub near_count: u32,
    /// Most bytes of near records in one reply (`maxTransferBytesOnMessageInMemory`).
    pub near_reply_bytes: u64,
    /// Most older records in one reply (`maxTransferCountOnMessageInDisk`).
    pub far_count: u32,
    /// Most bytes of older records in one reply (`maxTransferBytesOnMessageInDisk`).
    pub far_reply_bytes: u64,
    /// Least entries that a filter may scan in vain (`maxFilterMessageSize` / 20).
    pub scan_entries: u32,
}

impl Default for FetchLimits {
    /// Java's, with 1 GiB near the end.
    fn default() -> Self {
        Self {
            near_bytes: 1 << 30,
            near_count: 32,
            near_reply_bytes: 256 * 1024,
            far_count: 8,
            far_reply_bytes: 64 * 1024,
            scan_entries: 800,
        }
    }
}

/// The tags code of a record that is put into its queue by recovery. It must yield what the
/// sender of the message passed as [`super::NewMessage::tags_code`].
pub type TagsCode = Arc<dyn Fn(&Record<'_>) -> i64 + Send + Sync>;

/// Settings of a store and of each of its shards. Cheap to clone.
#[derive(Clone)]
pub struct Settings {
    /// The store's directory (`storePathRootDir`).
    pub root: PathBuf,
    /// Frozen with the store.
    pub frozen: Frozen,
    /// When a message counts as stored.
    pub flush: Flush,
    /// How writes are made durable, see [`crate::rt::disk::probe`].
    pub sync: SyncMethod,
    /// Where memory is that outlives this process, see [`crate::rt::memory`]; `None` if nowhere.
    pub memory: Option<PathBuf>,
    /// The end of the log that stays in memory for readers, in bytes per shard.
    pub hot_bytes: u64,
    /// Memory for readers further back, in bytes per shard. It becomes resident when there are
    /// such readers.
    pub cold_bytes: u64,
    /// Memory beyond that, for what is being written and for readers that are slow to let go, in
    /// bytes per shard. At least two of the longest records are added to it.
    pub buffer_bytes: u64,
    /// Longest record, in bytes.
    pub record_bytes_max: usize,
    /// How far ahead of the end the log is filled with zeros, at most, in bytes. It grows with
    /// what is written: a quiet store is not filled.
    pub zero_ahead_bytes: u64,
    /// How much room on the disk is reserved ahead of the end of the log, at least, in bytes. It
    /// grows with what is written, up to [`Self::zero_ahead_bytes`].
    pub room_bytes: u64,
    /// How often consume queues are written to their files.
    pub queue_flush_interval: Duration,
    /// Most queues that are written each time, unless those have waited that are
    /// [`Self::queue_lag_bytes`] behind, or many units.
    pub queue_flushes: usize,
    /// How far a queue's file may be behind the end of the log, in bytes: recovery reads as much if
    /// there are very many queues.
    pub queue_lag_bytes: u64,
    /// Most files of queues that are synced one by one where nobody waits; of more the file system
    /// is.
    pub queue_syncs: usize,
    /// How often a checkpoint is made, while there is something to check in.
    pub checkpoint_interval: Duration,
    /// After how many bytes of the log a checkpoint is made earlier than that: recovery reads about
    /// as many.
    pub checkpoint_bytes: u64,
    /// The files of the key index; `None` keeps no index (`messageIndexEnable`).
    pub index: Option<Layout>,
    /// Limits of a fetch.
    pub fetch: FetchLimits,
    /// Tags codes for recovery.
    pub tags_code: TagsCode,
}

impl Settings {
    /// Java's defaults for a store in `root`.
    pub fn new(root: PathBuf, frozen: Frozen) -> Self {
        Self {
            root,
            frozen,
            flush: Flush::Async { interval: Duration::from_millis(500) },
            sync: SyncMethod::default(),
            memory: None,
            hot_bytes: 32 << 20,
            cold_bytes: 16 << 20,
            buffer_bytes: 16 << 20,
            record_bytes_max: (4 << 20) + (64 << 10),
            zero_ahead_bytes: 64 << 20,
            room_bytes: 16 << 20,
            queue_flush_interval: Duration::from_secs(1),
            queue_flushes: 512,
            queue_lag_bytes: 1 << 30,
            queue_syncs: 64,
            checkpoint_interval: Duration::from_secs(10),
            checkpoint_bytes: 128 << 20,
            index: Some(Layout::default()),
            fetch: FetchLimits::default(),
            tags_code: Arc::new(|record: &Record<'_>| {
                tag::tags_code(Properties::new(record.properties).get(TAGS))
            }),
        }
    }
}
