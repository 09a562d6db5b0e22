//! The directory of a store: taken for this process, and what is frozen with it.

use std::io;
use std::path::{Path, PathBuf};

use super::error::{OpenError, open_io};
use super::folder;
use super::names::{Names, parse_file_name};
use crate::config::frozen::{FROZEN_BYTES_MAX, Frozen, Wanted};
use crate::rt::disk::{self, File, FileLock, Kind, Open};
use crate::units::ShardId;

/// A store taken for this process. Lives wherever the process starts and stops its shards; the
/// store is free again when it is dropped.
#[derive(Debug)]
pub struct Root {
    path: PathBuf,
    frozen: Frozen,
    made: bool,
    _lock: FileLock,
}

impl Root {
    /// Takes the store in `path`, and makes it if there is none. A store that RocketMQ has made
    /// is taken as it is: one shard, with files of the length they have.
    ///
    /// # Errors
    /// [`OpenError::Locked`], [`OpenError::Mismatch`] if it was made with other settings than
    /// `wanted`, [`OpenError::FrozenUnreadable`], [`OpenError::Io`].
    pub async fn open(path: &Path, wanted: &Wanted, cores: u16) -> Result<Self, OpenError> {
        folder::make(path).await.map_err(open_io(path))?;
        // First of all: nothing of a store that another process uses may be touched.
        let lock = take_lock(path).await?;
        let (frozen, made) = match found(path).await? {
            Some((frozen, Maker::RingMq)) => (frozen, false),
            Some((frozen, Maker::RocketMq)) => (frozen, true),
            None => (Frozen::new(wanted, cores), true),
        };
        frozen.compare(wanted)?;
        check_lengths(&frozen)?;
        let folder = path.join("config");
        if made {
            folder::make(&folder).await.map_err(open_io(&folder))?;
            let text = frozen.encode().into_bytes();
            disk::replace_file(&frozen_path(path), text).await.map_err(open_io(&folder))?;
        } else {
            // An earlier start may have been cut short before its name was durable.
            disk::sync_dir(&folder).await.map_err(open_io(&folder))?;
        }
        Ok(Self { path: path.to_owned(), frozen, made, _lock: lock })
    }

    /// Is there a store in `path`, ours or RocketMQ's?
    ///
    /// # Errors
    /// It cannot be told: no permission, a failing medium.
    pub async fn exists(path: &Path) -> io::Result<bool> {
        let log = Names::new(path, 1, ShardId(0)).commit_log();
        Ok(disk::exists(&frozen_path(path)).await? || disk::exists(&log).await?)
    }

    /// What is frozen with the store.
    pub fn frozen(&self) -> Frozen {
        self.frozen
    }

    /// The store's directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Was it made, or taken over from RocketMQ, just now?
    pub fn is_new(&self) -> bool {
        self.made
    }
}

/// Who made a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Maker {
    /// This program, or it has taken it over.
    RingMq,
    /// RocketMQ.
    RocketMq,
}

/// What the store in `path` was made with; `None` if there is none.
///
/// # Errors
/// [`OpenError::FrozenUnreadable`], [`OpenError::Io`].
pub(crate) async fn found(path: &Path) -> Result<Option<(Frozen, Maker)>, OpenError> {
    let file = frozen_path(path);
    match disk::read_file(&file, FROZEN_BYTES_MAX).await {
        Ok(text) => {
            let frozen = Frozen::decode(&text);
            let unreadable = |source| OpenError::FrozenUnreadable { path: file, source };
            Ok(Some((frozen.map_err(unreadable)?, Maker::RingMq)))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Ok(java_store(path).await?.map(|frozen| (frozen, Maker::RocketMq)))
        }
        Err(source) => Err(OpenError::Io { path: file, source }),
    }
}

fn frozen_path(root: &Path) -> PathBuf {
    root.join("config").join("ringmq.json")
}

async fn take_lock(root: &Path) -> Result<FileLock, OpenError> {
    let path = root.join("lock");
    let lock = match disk::lock_file(&path).await {
        Ok(lock) => lock,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            return Err(OpenError::Locked(path));
        }
        Err(source) => return Err(OpenError::Io { path, source }),
    };
    // As RocketMQ does, for those who look.
    let file = File::open(&path, Open::CREATE).await.map_err(open_io(&path))?;
    file.write_small(b"lock".to_vec(), 0).await.map_err(open_io(&path))?;
    Ok(lock)
}

/// Segments are written in whole blocks.
fn check_lengths(frozen: &Frozen) -> Result<(), OpenError> {
    let bytes = frozen.commit_log_segment_bytes;
    super::commitlog::chunk_bytes(bytes).map(|_| ()).ok_or(OpenError::SegmentBytes(bytes))
}

/// What a store of RocketMQ was made with, by the length of its files; `None` if there is none.
async fn java_store(root: &Path) -> Result<Option<Frozen>, OpenError> {
    let names = Names::new(root, 1, ShardId(0));
    let Some(segment) = file_length(&names.commit_log()).await? else { return Ok(None) };
    let mut queue_file = None;
    for topic in folders(&names.consume_queues()).await? {
        for queue in folders(&topic).await? {
            if queue_file.is_none() {
                queue_file = file_length(&queue).await?;
            }
        }
    }
    Ok(Some(Frozen {
        shards: 1,
        commit_log_segment_bytes: segment,
        consume_queue_file_bytes: queue_file.unwrap_or(Frozen::CONSUME_QUEUE_FILE_BYTES),
    }))
}

/// The length of the first file in `folder` that has an offset for a name.
async fn file_length(folder: &Path) -> Result<Option<u64>, OpenError> {
    for path in entries(folder).await? {
        let named = path.file_name().and_then(parse_file_name).is_some();
        let found = disk::metadata(&path).await.map_err(open_io(&path))?;
        if named && found.kind == Kind::File && found.len > 0 {
            return Ok(Some(found.len));
        }
    }
    Ok(None)
}

async fn folders(path: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let mut folders = Vec::new();
    for entry in entries(path).await? {
        let found = disk::metadata(&entry).await.map_err(open_io(&entry))?;
        if found.kind == Kind::Directory {
            folders.push(entry);
        }
    }
    Ok(folders)
}

async fn entries(path: &Path) -> Result<Vec<PathBuf>, OpenError> {
    match disk::list_dir(path).await {
        Ok(names) => Ok(names.iter().map(|name| path.join(name)).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(source) => Err(OpenError::Io { path: path.to_owned(), source }),
    }
}
