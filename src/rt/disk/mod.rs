//! Files and directories.
//!
//! Reads, writes, syncs and preallocation go through the data ring. What happens rarely (opening,
//! renaming, listing) runs on the core's thread for blocking calls. What has to be right however
//! the kernel answers (a write that was cut short, a file replaced step by step) stands here, once
//! for every backend; a backend has the single operations.

mod directory;
mod pieces;
mod read;
mod write;

pub use self::directory::{
    create_dir_all, disk_usage, exists, list_dir, lock_file, lock_shared, metadata, read_file,
    remove_dir_all, remove_file, rename, replace_file,
};
pub use self::pieces::{Piece, Shape, write_pieces};
pub(in crate::rt) use self::write::Writing;
pub use super::backend::disk::{File, FileLock, FileSystem, sync_dir};
#[cfg(not(feature = "sim"))]
pub use super::real::disk::{DiskProbe, probe};

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A device, a socket, a pipe.
    Other,
}

/// Facts about a path; symbolic links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Length in bytes.
    pub len: u64,
    /// What it is.
    pub kind: Kind,
    /// Last change of its content, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// How full a file system is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskUsage {
    /// Its size, less what is reserved for the superuser.
    pub total: u64,
    /// What is taken of that.
    pub used: u64,
}

/// What a finished write promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// The kernel or the device has it: it survives the end of this process, not of the machine.
    Written,
    /// It survives the loss of power.
    Synced,
}

/// How a write is made durable. Both promise the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncMethod {
    /// The write itself returns only when it is durable (RWF_DSYNC).
    #[default]
    DataSync,
    /// A plain write, and an fdatasync that the kernel starts when the write is done.
    WriteThenSync,
}

/// How to open a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Make it if it is not there.
    pub create: bool,
    /// Make it, and fail if it is there.
    pub create_new: bool,
    /// Write past the page cache (O_DIRECT) where the file system can; see [`File::is_direct`].
    /// A few take the flag and then refuse to write: `probe` finds that out.
    pub direct: bool,
    /// Set this length after opening, in bytes: longer is filled with a hole, shorter cut.
    pub len: Option<u64>,
    /// How [`Durability::Synced`] is reached; `probe` says which is faster.
    pub sync: SyncMethod,
}

impl Open {
    /// For reading only.
    pub const READ: Self = Self {
        read: true,
        write: false,
        create: false,
        create_new: false,
        direct: false,
        len: None,
        sync: SyncMethod::DataSync,
    };
    /// For reading and writing; made if it is not there.
    pub const CREATE: Self = Self { write: true, create: true, ..Self::READ };
}
