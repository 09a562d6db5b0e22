//! `kvConfig.json`: reading it at the start, and what to do when it is damaged.

use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

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

/// One of the two files.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Missing,
    Damaged,
    Whole(KvTable),
}

/// What to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Choice {
    /// As the file says.
    File(KvTable),
    /// As the backup says, with a warning: the last change may be lost.
    Backup(KvTable),
    /// There never was one.
    Nothing,
    /// Do not start.
    Refuse,
}

/// The decision, whole in one place.
fn choose(file: Content, backup: Content) -> Choice {
    match (file, backup) {
        (Content::Whole(table), _) => Choice::File(table),
        (Content::Missing | Content::Damaged, Content::Whole(table)) => Choice::Backup(table),
        (Content::Missing, Content::Missing) => Choice::Nothing,
        (Content::Damaged, Content::Missing | Content::Damaged)
        | (Content::Missing, Content::Damaged) => Choice::Refuse,
    }
}

/// The backup that a replacement leaves.
fn backup_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".bak");
    name.into()
}

async fn read(path: &Path) -> Result<Content, KvLoadError> {
    let text = match disk::read_file(path, KV_FILE_BYTES_MAX).await {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Content::Missing),
        Err(source) => return Err(KvLoadError::Io { path: path.to_owned(), source }),
    };
    match KvTable::from_file(&text) {
        Ok(table) => Ok(Content::Whole(table)),
        Err(KvFileFault::Damaged) => Ok(Content::Damaged),
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
    let was_missing = file == Content::Missing;
    // A backup that cannot be read matters only where it is needed.
    let backup = match &file {
        Content::Whole(_) => Content::Missing,
        _ => read(&backup_path).await?,
    };
    match choose(file, backup) {
        Choice::File(table) => Ok(table),
        Choice::Nothing => Ok(KvTable::default()),
        Choice::Refuse => Err(KvLoadError::Damaged { path: path.to_owned() }),
        Choice::Backup(table) => {
            let (file, backup) = (path.display(), backup_path.display());
            let state = if was_missing { "missing" } else { "damaged" };
            tracing::warn!(
                "{file} is {state}: going on with {backup}; its last change may be lost"
            );
            Ok(table)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kv::{KvChange, KvTable};
    use super::{Choice, Content, choose};

    fn table(value: &str) -> KvTable {
        let mut table = KvTable::default();
        let [namespace, key, value] = ["N", "k", value].map(str::to_owned);
        table.apply(&KvChange::Put { namespace, key, value }).unwrap();
        table
    }

    #[test]
    fn every_pair_of_files_has_one_way_on() {
        let file = || Content::Whole(table("file"));
        let backup = || Content::Whole(table("backup"));
        let (missing, damaged) = (|| Content::Missing, || Content::Damaged);
        for other in [missing(), damaged(), backup()] {
            assert_eq!(choose(file(), other), Choice::File(table("file")));
        }
        assert_eq!(choose(missing(), backup()), Choice::Backup(table("backup")));
        assert_eq!(choose(damaged(), backup()), Choice::Backup(table("backup")));
        assert_eq!(choose(missing(), missing()), Choice::Nothing);
        assert_eq!(choose(missing(), damaged()), Choice::Refuse);
        assert_eq!(choose(damaged(), missing()), Choice::Refuse);
        assert_eq!(choose(damaged(), damaged()), Choice::Refuse);
    }
}
