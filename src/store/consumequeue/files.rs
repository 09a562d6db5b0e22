//! The files of consume queues: written behind, read when memory no longer has the units.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use rustc_hash::{FxHashMap, FxHashSet};

use super::format::{UNIT_BYTES, Unit};
use crate::rt::concurrent::run_all;
use crate::rt::disk::{self, File, FileSystem, Open, Piece, Shape};
use crate::store::names::{Names, file_name};
use crate::store::settings::Settings;

/// Most files of queues that are kept open for readers, per shard.
const OPEN_FILES_MAX: usize = 512;

/// Most files and directories that are synced at the same time: each sync waits for the disk, and
/// together they wait for it once.
const SYNCS_MAX: usize = 64;

/// Names one queue's files: its serial number, topic and id.
#[derive(Clone, Copy)]
pub(crate) struct QueueName<'a> {
    pub(crate) serial: u32,
    pub(crate) topic: &'a str,
    pub(crate) id: i32,
}

/// The files of one shard's queues. Lives on the shard's core.
pub(crate) struct QueueFiles {
    names: Names,
    file_system: FileSystem,
    file_bytes: u64,
    syncs_max: usize,
    open: RefCell<FxHashMap<(u32, u64), OpenFile>>,
    /// Written since they were last synced.
    unsynced: RefCell<FxHashSet<PathBuf>>,
    /// Directories whose names have changed since they were last synced.
    unsynced_folders: RefCell<BTreeSet<PathBuf>>,
    clock: Cell<u64>,
}

/// Why files of queues were not made durable.
#[derive(Debug)]
pub(crate) enum SyncError {
    /// One could not be opened; it stays to be synced.
    Open(io::Error),
    /// A sync failed: what was written is perhaps lost, and asking again would not tell.
    Sync(io::Error),
}

struct OpenFile {
    file: File,
    used: u64,
}

impl QueueFiles {
    /// The files of a shard that is opened with `settings`; its directory is there.
    ///
    /// # Errors
    /// As `open(2)`.
    pub(crate) async fn open(names: Names, settings: &Settings) -> io::Result<Self> {
        let file_bytes = settings.frozen.consume_queue_file_bytes.next_multiple_of(UNIT_BYTES);
        let file_system = FileSystem::of(names.base()).await?;
        Ok(Self {
            names,
            file_system,
            file_bytes,
            syncs_max: settings.queue_syncs,
            open: RefCell::default(),
            unsynced: RefCell::default(),
            unsynced_folders: RefCell::default(),
            clock: Cell::new(0),
        })
    }

    /// Length of each file.
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// How many units from ordinal `offset` on lie in one file with it.
    pub(crate) fn units_in_file(&self, offset: i64) -> u64 {
        let (_, within) = self.place(offset);
        (self.file_bytes - within) / UNIT_BYTES
    }

    /// The piece that puts `units` behind the first `offset` messages of a queue; they lie in one
    /// file.
    pub(crate) fn piece(&self, queue: QueueName<'_>, offset: i64, units: Vec<u8>) -> Piece {
        let (start, at) = self.place(offset);
        Piece { path: self.path(queue, start), at, bytes: units }
    }

    /// Writes pieces, one after the other, up to the first that cannot be written: how many are,
    /// and why not all. A file that is not there is made at full length, and filled up to the first
    /// unit: whoever looks for that by halves must not take what is in front of it for the end.
    pub(crate) async fn write(&self, pieces: Vec<Piece>) -> (usize, io::Result<()>) {
        let shape = Shape { len: self.file_bytes, front: fillers };
        let (mut count, mut outcome) = (0, Ok(()));
        for (path, written) in disk::write_pieces(pieces, shape).await {
            if let (Ok(true) | Err(_), Some(folder)) = (&written, path.parent()) {
                self.note_names(folder);
            }
            // Not before: a sync that comes while the write is in flight does not save it. Whatever
            // the outcome: a failed write may have written.
            self.unsynced.borrow_mut().insert(path);
            match written {
                Ok(_) => count += 1,
                Err(error) => outcome = Err(error),
            }
        }
        (count, outcome)
    }

    /// Reads up to `count` units from ordinal `offset` on, as far as they lie in one file. Fewer
    /// if the file holds fewer.
    ///
    /// # Errors
    /// As `open(2)` and `read(2)`.
    pub(crate) async fn read(
        &self,
        queue: QueueName<'_>,
        offset: i64,
        count: u64,
    ) -> io::Result<Vec<Unit>> {
        let (start, within) = self.place(offset);
        let file = match self.find_open(queue.serial, start) {
            Some(file) => file,
            None => {
                let how = Open { write: true, ..Open::READ };
                let file = File::open(&self.path(queue, start), how).await?;
                self.keep(queue.serial, start, file.clone());
                file
            }
        };
        let bytes = count.saturating_mul(UNIT_BYTES).min(self.file_bytes - within);
        // At most one file, whose length was checked when the store was opened.
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        let read = file.read_at(bytes, within).await?;
        Ok(Unit::decode_all(&read).collect())
    }

    /// Makes durable what was written since the last call. `patient`: nobody waits for it, so of
    /// many files the file system may be synced. That waits for whatever others write to it, but
    /// not for as many commits of its journal and flushes of the device as there are files.
    ///
    /// # Errors
    /// [`SyncError`].
    pub(crate) async fn sync(&self, patient: bool) -> Result<(), SyncError> {
        // What is written from now on is not asked for.
        let files = std::mem::take(&mut *self.unsynced.borrow_mut());
        let folders = std::mem::take(&mut *self.unsynced_folders.borrow_mut());
        if patient && files.len() + folders.len() > self.syncs_max {
            return self.file_system.sync().await.map_err(SyncError::Sync);
        }
        let files: Vec<PathBuf> = files.into_iter().collect();
        let mut outcome = Ok(());
        for some in files.chunks(OPEN_FILES_MAX) {
            // That may be tried again; a failed sync, which may not, must be told before it.
            outcome = self.sync_each(some).await.map_err(SyncError::Sync)?.and(outcome);
        }
        let synced = run_all(folders, SYNCS_MAX, sync_folder).await;
        synced.into_iter().collect::<io::Result<()>>().map_err(SyncError::Sync)?;
        outcome.map_err(SyncError::Open)
    }

    /// Syncs files; says whether one could not be opened. Such a file stays to be synced.
    async fn sync_each(&self, files: &[PathBuf]) -> io::Result<io::Result<()>> {
        // All are on their way to the disk before the first is waited for: so the file system
        // finds room for all of them in one commit of its journal, not in one for each.
        let opened = run_all(files, SYNCS_MAX, async |path: &PathBuf| {
            let file = open_unsynced(path).await;
            if file.is_err() {
                self.unsynced.borrow_mut().insert(path.clone());
            }
            file
        });
        let (opened, failed): (Vec<_>, Vec<_>) = opened.await.into_iter().partition(Result::is_ok);
        let opened = opened.into_iter().flatten().flatten();
        let synced = run_all(opened, SYNCS_MAX, async |file| file.sync_data().await);
        synced.await.into_iter().collect::<io::Result<()>>()?;
        Ok(failed.into_iter().try_for_each(|failed| failed.map(|_| ())))
    }

    /// Notes files that recovery has cut: what was cut off must not come back once a checkpoint
    /// says that it is not needed. Whoever made them may have died before their names were synced.
    pub(crate) fn note_cut(&self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            if let Some(folder) = path.parent() {
                self.note_names(folder);
            }
            self.unsynced.borrow_mut().insert(path);
        }
    }

    /// Closes and removes the file of a queue that starts at byte `start` of it. Durable after
    /// [`QueueFiles::sync`].
    ///
    /// # Errors
    /// As `unlink(2)`.
    pub(crate) async fn remove(&self, queue: QueueName<'_>, start: u64) -> io::Result<()> {
        self.open.borrow_mut().remove(&(queue.serial, start));
        let path = self.path(queue, start);
        self.unsynced.borrow_mut().remove(&path);
        self.note_names(&self.names.queue(queue.topic, queue.id));
        disk::remove_file(&path).await
    }

    /// Closes the files of a queue that is removed.
    pub(crate) fn forget(&self, serial: u32) {
        self.open.borrow_mut().retain(|(other, _), _| *other != serial);
    }

    /// The start of the file that ordinal `offset` lies in, and where in it, in bytes.
    pub(crate) fn place(&self, offset: i64) -> (u64, u64) {
        let byte = u64::try_from(offset).unwrap_or(0).saturating_mul(UNIT_BYTES);
        let within = byte % self.file_bytes;
        (byte - within, within)
    }

    /// The names in the directory of a queue, `folder`, may be other than those that are durable.
    fn note_names(&self, folder: &Path) {
        let base = self.names.base();
        let ours = folder.ancestors().take_while(|above| above.starts_with(base));
        self.unsynced_folders.borrow_mut().extend(ours.map(Path::to_owned));
    }

    fn path(&self, queue: QueueName<'_>, start: u64) -> PathBuf {
        self.names.queue(queue.topic, queue.id).join(file_name(start))
    }

    fn find_open(&self, serial: u32, start: u64) -> Option<File> {
        let used = self.tick();
        let mut open = self.open.borrow_mut();
        let entry = open.get_mut(&(serial, start))?;
        entry.used = used;
        Some(entry.file.clone())
    }

    fn keep(&self, serial: u32, start: u64, file: File) {
        let used = self.tick();
        let mut open = self.open.borrow_mut();
        if open.len() >= OPEN_FILES_MAX {
            // Half of them at once, so that looking for the oldest is not done for each file.
            let mut ages: Vec<u64> = open.values().map(|entry| entry.used).collect();
            ages.sort_unstable();
            let middle = ages.get(ages.len() / 2).copied().unwrap_or(0);
            open.retain(|_, entry| entry.used > middle);
        }
        open.insert((serial, start), OpenFile { file, used });
    }

    fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}

/// Opens a file, and starts to write it out; `None` if it is gone.
async fn open_unsynced(path: &Path) -> io::Result<Option<File>> {
    match File::open(path, Open { write: true, ..Open::READ }).await {
        Ok(file) => {
            file.start_writeback().await;
            Ok(Some(file))
        }
        // Removed with its topic, or since all its messages are.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Makes the names in a folder durable.
async fn sync_folder(folder: PathBuf) -> io::Result<()> {
    match disk::sync_dir(&folder).await {
        // Removed with its topic.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        synced => synced,
    }
}

/// As many bytes of a file, all units without messages.
fn fillers(bytes: u64) -> Vec<u8> {
    // At most a file, which is written from memory as well.
    let count = usize::try_from(bytes / UNIT_BYTES).unwrap_or(0);
    Unit::FILLER.encode().repeat(count)
}
