//! Files and directories of a real file system: the single operations behind `rt::disk`.

pub(in crate::rt) mod calls;
mod file;
mod file_system;
mod probe;
mod read;

pub use self::calls::FileLock;
pub use self::file::{File, sync_dir};
pub use self::file_system::FileSystem;
pub use self::probe::{DiskProbe, probe};
