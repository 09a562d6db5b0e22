//! `kvConfig.json`: reading it at the start, and what to do when it is damaged.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::config::kept::{Choice, Content, choose};
use crate::limits::KV_FILE_BYTES_MAX;
use crate::rt::disk;

use super::kv::{KvFileFault, KvFull, KvTable};

/// Why the KV configuration cannot be loaded. Starting without it would write over it.
#[derive(Debug, Error)]
pub enum KvLoadError {
    /// Neither the file nor its backup is whole.
    #[error(
        "the KV configuration {} is damaged, and there is no whole backup beside it; \
         put a whole file in its place, or move it away to start without one", path.display()
    )]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// It holds more than this name server keeps.
    #[error("{}: {full}", path.display())]
    Full {
        /// The file.
        path: PathBuf,
        /// The limit.
        full: KvFull,
    },
    /// It cannot be read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// The backup that a replacement leaves.
fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    name.into()
}

async fn read(path: &Path) -> Result<Content<KvTable, ()>, KvLoadError> {
    let text = match disk::read_file(path, KV_FILE_BYTES_MAX).await {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Missing),
        Err(source) => return Err(KvLoadError::Io { path: path.to_owned(), source }),
    };
    match KvTable::from_file(&text) {
        Ok(table) => Ok(Content::Whole(table)),
        Err(KvFileFault::Damaged) => Ok(Content::Damaged(())),
        Err(KvFileFault::Full(full)) => Err(KvLoadError::Full { path: path.to_owned(), full }),
    }
}

/// Loads the table; an empty one if there never was a file.
///
/// # Errors
/// [`KvLoadError`]; the server must not start then.
pub async fn load(path: &Path) -> Result<KvTable, KvLoadError> {
    let backup_path = backup_of(path);
    let file = read(path).await?;
    // A backup that cannot be read matters only where it is needed.
    let backup = match &file {
        Content::Whole(_) => Content::Missing,
        _ => read(&backup_path).await?,
    };
    match choose(file.found(), backup.found()) {
        Choice::File => Ok(file.whole().unwrap_or_default()),
        Choice::Nothing => Ok(KvTable::default()),
        Choice::Refuse => Err(KvLoadError::Damaged { path: path.to_owned() }),
        Choice::Copy => {
            let state = if file == Content::Missing { "missing" } else { "damaged" };
            let (file, copy) = (path.display(), backup_path.display());
            tracing::warn!("{file} is {state}: going on with {copy}; its last change may be lost");
            Ok(backup.whole().unwrap_or_default())
        }
    }
}
