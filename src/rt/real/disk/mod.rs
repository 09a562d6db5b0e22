//! Files and directories of a real file system: the single operations behind `rt::disk`.

pub(in crate::rt) mod calls;
mod file;
mod probe;
mod read;

pub use self::calls::FileLock;
pub use self::file::{File, sync_dir};
pub use self::probe::{DiskProbe, probe};
