//! A file system as a whole.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use super::super::spawn::{blocking, blocking_long};

/// The file system of a directory. Cheap to clone.
#[derive(Clone)]
pub struct FileSystem {
    /// Open all the time: the kernel tells each descriptor of the failures since it was opened.
    folder: Arc<OwnedFd>,
}

impl FileSystem {
    /// The one that `path`, a directory, is on.
    ///
    /// # Errors
    /// As `open(2)`.
    #[expect(clippy::disallowed_methods, reason = "this is a place that opens files")]
    pub async fn of(path: &Path) -> io::Result<Self> {
        let path = path.to_owned();
        let folder = blocking(move || std::fs::File::open(path)).await?;
        Ok(Self { folder: Arc::new(OwnedFd::from(folder)) })
    }

    /// Makes durable what was written to it, and the names in it, by whomever (syncfs). For
    /// thousands of files: one wait for the disk, where a sync of each would be one for each.
    ///
    /// # Errors
    /// Something could not be written out since this value was made, or since the last call that
    /// failed; it need not be ours. What it was may be lost, and asking again does not bring it
    /// back. Linux before 5.17 does not tell here that the journal or the device itself has failed;
    /// the next sync of any file does.
    pub async fn sync(&self) -> io::Result<()> {
        let folder = Arc::clone(&self.folder);
        blocking_long(move || {
            // SAFETY: no pointers; the descriptor is held.
            if unsafe { libc::syncfs(folder.as_raw_fd()) } < 0 {
                return Err(io::Error::last_os_error());
            }
            Ok(())
        })
        .await
    }
}
