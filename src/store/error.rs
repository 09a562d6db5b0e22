//! What can go wrong, by operation.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::frozen::{DecodeError, Mismatch};
use crate::message::record::EncodeError;
use crate::units::{PhysicalOffset, ShardId};

/// Why a message was not appended. Nothing of it is in the log then.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum AppendError {
    /// All buffers hold bytes that are not written or that readers still use; try again.
    #[error("the buffers of the log are in use")]
    Busy,
    /// The shard is closing.
    #[error("the store is closing")]
    Closed,
    /// The disk is full; it is taken again once there is room.
    #[error("the disk is {used_percent} % full")]
    Full {
        /// How full it was found.
        used_percent: u8,
    },
    /// It does not fit the fields of a record.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// The properties end with a zero, or have 512 of them in a row: after a crash that could not
    /// be told from a write cut short.
    #[error("the properties contain a run of zeros")]
    Properties,
    /// A write or sync failed before; the shard takes nothing any more.
    #[error("a write to the store has failed")]
    Poisoned,
    /// The record is longer than the settings, or a segment, allow.
    #[error("the record is too long")]
    TooLong,
    /// The topic cannot be the name of a directory.
    #[error("the topic cannot name a directory")]
    Topic,
}

/// A write or sync of the log failed. The shard acknowledges nothing any more: what the kernel
/// did with the bytes is unknown, and asking again would not tell.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("shard {}: {what} failed ({kind}, errno {errno:?}); it takes nothing any more", .shard.0)]
pub struct Poison {
    /// Whose log it is.
    pub shard: ShardId,
    /// What was being done.
    pub what: &'static str,
    /// What the system said.
    pub kind: io::ErrorKind,
    /// Its error number.
    pub errno: Option<i32>,
}

impl Poison {
    pub(crate) fn new(shard: ShardId, what: &'static str, error: &io::Error) -> Self {
        Self { shard, what, kind: error.kind(), errno: error.raw_os_error() }
    }
}

/// Why something stored could not be read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no record where one should be.
    #[error("there is no sound record at {}", .0.0)]
    NoRecord(PhysicalOffset),
}

/// Why a store could not be opened. It is as it was, except for what a crash left half done.
#[derive(Debug, Error)]
pub enum OpenError {
    /// A record that was durable before is not sound now.
    #[error(
        "the record at {} is damaged, and it was durable; restore it, or move the store away",
        .0.0
    )]
    Damaged(PhysicalOffset),
    /// A file that is none of ours lies among those of the store.
    #[error("{} does not belong into a store; move it away", .0.display())]
    Foreign(PathBuf),
    /// The settings stored with the store cannot be read.
    #[error("{}: {source}", path.display())]
    FrozenUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: DecodeError,
    },
    /// The system failed.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not have the length that the settings ask for.
    #[error(
        "{} has {found} bytes instead of {wanted}; set the file sizes the store was made with",
        path.display()
    )]
    Length {
        /// The file.
        path: PathBuf,
        /// Its length.
        found: u64,
        /// The length of all files of its kind.
        wanted: u64,
    },
    /// Another process has the store open.
    #[error("{} is locked; another process uses this store", .0.display())]
    Locked(PathBuf),
    /// The store was made with other settings.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A segment between two others is not there.
    #[error("the file {} is missing", .0.display())]
    Missing(PathBuf),
    /// A segment length that cannot be written in whole blocks.
    #[error("segments of {0} bytes cannot be: it takes a multiple of 4096")]
    SegmentBytes(u64),
}

/// Names the file an error of the system is about.
pub(crate) fn open_io(path: &Path) -> impl FnOnce(io::Error) -> OpenError + '_ {
    |source| OpenError::Io { path: path.to_owned(), source }
}

/// Names the file an error of the system is about.
pub(crate) fn read_io(path: &Path) -> impl FnOnce(io::Error) -> ReadError + '_ {
    |source| ReadError::Io { path: path.to_owned(), source }
}
