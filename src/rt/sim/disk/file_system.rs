//! The disk as a whole.

use std::io;
use std::path::{Path, PathBuf};

use super::fault::OpKind;
use crate::rt::sim::core::world;
use crate::rt::sim::spawn::blocking_long;

/// The disk.
#[derive(Clone)]
pub struct FileSystem {
    path: PathBuf,
}

impl FileSystem {
    /// The one that `path` is on: there is one.
    ///
    /// # Errors
    /// None here.
    pub async fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned() })
    }

    /// Makes durable what was written before this call, and all names that there were.
    ///
    /// # Errors
    /// The sync failed: what it was to save never will be.
    pub async fn sync(&self) -> io::Result<()> {
        let disk = world().disk.clone();
        let (files, names) = {
            let mut state = disk.borrow();
            let files = state.names.files().map(|(node, file)| (node, file.horizon()));
            (files.collect::<Vec<_>>(), state.names.horizon())
        };
        let path = self.path.clone();
        let (sound, failed) = (files.clone(), files);
        let synced = blocking_long(move || {
            let disk = world().disk.clone();
            let mut state = disk.borrow();
            state.at_once(OpKind::SyncFileSystem, &path, |state| {
                state.names.sync_all(names);
                for (node, horizon) in sound {
                    // Not there any more if it was removed.
                    state.names.file(node).into_iter().for_each(|file| file.sync(horizon));
                }
                Ok(())
            })
        });
        let synced = synced.await;
        if synced.is_err() {
            let mut state = disk.borrow();
            for (node, horizon) in failed {
                state.names.file(node).into_iter().for_each(|file| file.fail_sync(horizon));
            }
        }
        synced
    }
}
