//! Files and directories.
//!
//! Reads, writes, syncs and preallocation go through the data ring. What happens rarely (opening,
//! renaming, listing) runs on the core's thread for blocking calls.

mod directory;
mod file;
mod probe;
mod read;
mod write;

pub use self::directory::FileLock;
pub use self::directory::{
    DiskUsage, Kind, Metadata, create_dir_all, disk_usage, exists, list_dir, lock_file,
    lock_shared, metadata, read_file, remove_dir_all, remove_file, rename, replace_file, sync_dir,
};
pub use self::file::{File, Open};
pub use self::probe::{DiskProbe, probe};
pub use self::write::{Durability, SyncMethod};
