//! Looking at a store that no broker runs on, RingMQ's or RocketMQ's. Nothing is ever written.
//!
//! [`Closed::open`] takes the store for reading; [`check`] compares its parts, [`dump`] shows its
//! records.

pub mod check;
pub mod dump;
mod findings;
mod index;
mod log;
mod queues;

use std::io;
use std::path::{Path, PathBuf};

pub use self::findings::Findings;
use super::checkpoint::Checkpoint;
use super::error::{OpenError, open_io};
use super::index::Layout;
use super::names::Names;
use super::root;
use crate::config::frozen::Frozen;
use crate::rt::disk::{self, FileLock, Kind};
use crate::units::ShardId;

/// A store that is only looked at. While this lives no broker can open it.
#[derive(Debug)]
pub struct Closed {
    root: PathBuf,
    frozen: Frozen,
    layout: Layout,
    /// `None` for a copy without a lock file: nobody has it open.
    _lock: Option<FileLock>,
}

impl Closed {
    /// Takes the store in `root`, whose index files have this layout. `None` if there is none.
    ///
    /// # Errors
    /// [`OpenError::Locked`] while a broker runs on it; [`OpenError::FrozenUnreadable`],
    /// [`OpenError::Io`].
    pub async fn open(root: &Path, layout: Layout) -> Result<Option<Self>, OpenError> {
        match disk::metadata(root).await {
            Ok(found) if found.kind == Kind::Directory => {}
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(OpenError::Io { path: root.to_owned(), source }),
        }
        let path = root.join("lock");
        let lock = match disk::lock_shared(&path).await {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                return Err(OpenError::Locked(path));
            }
            Err(source) => return Err(OpenError::Io { path, source }),
        };
        let found = root::found(root).await?;
        let root = root.to_owned();
        Ok(found.map(|(frozen, _)| Self { root, frozen, layout, _lock: lock }))
    }

    /// The logs it is made of.
    pub fn shards(&self) -> impl Iterator<Item = ShardId> + use<> {
        (0..self.frozen.shards).map(ShardId)
    }

    fn names(&self, shard: ShardId) -> Names {
        Names::new(&self.root, self.frozen.shards, shard)
    }
}

/// What a shard says of itself.
#[derive(Clone, Copy, Debug)]
struct Said {
    /// It was closed: everything in it must be whole.
    clean: bool,
    /// Its checkpoint.
    noted: Checkpoint,
}

impl Said {
    async fn by(names: &Names) -> Result<Self, OpenError> {
        let (abort, path) = (names.abort(), names.checkpoint());
        let clean = !disk::exists(&abort).await.map_err(open_io(&abort))?;
        let noted = Checkpoint::read(&path).await.map_err(open_io(&path))?;
        Ok(Self { clean, noted })
    }

    /// Records that end at or before this byte of the log must be sound.
    fn durable(&self) -> u64 {
        if self.clean { u64::MAX } else { self.noted.own.map_or(0, |own| own.log_end) }
    }

    /// Records that end at or before this byte of the log must have their units.
    fn dispatched(&self) -> u64 {
        if self.clean { u64::MAX } else { self.noted.own.map_or(0, |own| own.dispatched) }
    }
}
