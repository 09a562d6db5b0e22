//! The files of a log: each as long as the others, named by its global start offset.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::rt::disk::{self, File, Open, SyncMethod};
use crate::store::names::file_name;
use crate::store::watch::{Gate, Passed};
use crate::units::{PhysicalOffset, ShardId};

/// Most segments whose files are kept open.
const OPEN_SEGMENTS_MAX: usize = 64;

/// The segments of one shard's log. Lives on the shard's core.
pub(crate) struct Segments {
    folder: PathBuf,
    shard: ShardId,
    segment_bytes: u64,
    /// How those that are there are opened.
    open: Open,
    /// By start offset in the shard's log.
    known: RefCell<BTreeMap<u64, Segment>>,
    clock: Cell<u64>,
    /// A segment is being made.
    making: Gate,
}

struct Segment {
    file: Option<File>,
    used: u64,
}

impl Segments {
    /// No segments yet.
    pub(crate) fn new(
        folder: PathBuf,
        shard: ShardId,
        segment_bytes: u64,
        sync: SyncMethod,
    ) -> Self {
        let open = Open { write: true, direct: true, sync, ..Open::READ };
        Self { open, ..Self::reading(folder, shard, segment_bytes) }
    }

    /// No segments yet, of a store that is only read.
    pub(crate) fn reading(folder: PathBuf, shard: ShardId, segment_bytes: u64) -> Self {
        let (known, clock, making) = (RefCell::default(), Cell::new(0), Gate::default());
        Self { folder, shard, segment_bytes, open: Open::READ, known, clock, making }
    }

    /// Takes in segments that are on disk.
    pub(crate) fn add(&self, starts: impl IntoIterator<Item = u64>) {
        let found = starts.into_iter().map(|start| (start, Segment { file: None, used: 0 }));
        self.known.borrow_mut().extend(found);
    }

    /// Length of each segment.
    pub(crate) fn segment_bytes(&self) -> u64 {
        self.segment_bytes
    }

    /// The directory they are in.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The start of the segment that byte `at` lies in.
    pub(crate) fn start_of(&self, at: u64) -> u64 {
        at - at % self.segment_bytes
    }

    /// Where the oldest segment starts; `None` if there is none.
    pub(crate) fn first(&self) -> Option<u64> {
        self.known.borrow().keys().next().copied()
    }

    /// Is there a segment at `start`?
    pub(crate) fn contains(&self, start: u64) -> bool {
        self.known.borrow().contains_key(&start)
    }

    /// The starts of all segments, in order.
    pub(crate) fn starts(&self) -> Vec<u64> {
        self.known.borrow().keys().copied().collect()
    }

    /// The path of the segment at `start`.
    pub(crate) fn path(&self, start: u64) -> PathBuf {
        self.folder.join(file_name(PhysicalOffset::new(self.shard, start).0))
    }

    /// The file of the segment at `start`, if it is open.
    pub(crate) fn open_file(&self, start: u64) -> Option<File> {
        let used = self.tick();
        let mut known = self.known.borrow_mut();
        let segment = known.get_mut(&start)?;
        segment.used = used;
        segment.file.clone()
    }

    /// The file of the segment at `start`.
    ///
    /// # Errors
    /// `NotFound` if there is no such segment; as `open(2)`.
    pub(crate) async fn file(&self, start: u64) -> io::Result<File> {
        if let Some(file) = self.open_file(start) {
            return Ok(file);
        }
        if !self.known.borrow().contains_key(&start) {
            return Err(io::ErrorKind::NotFound.into());
        }
        let file = File::open(&self.path(start), self.open).await?;
        // Forgotten meanwhile: it must not come back.
        if !self.contains(start) {
            return Err(io::ErrorKind::NotFound.into());
        }
        self.keep(start, file.clone());
        Ok(file)
    }

    /// The file of the segment at `start`, made at full length if it is not there. Its name is
    /// durable then. Segments are made in the order of the log, by whoever reserves room for it: a
    /// crash must not leave a gap.
    ///
    /// # Errors
    /// As `open(2)`, `ftruncate(2)` and `fsync(2)`.
    pub(crate) async fn writable(&self, start: u64) -> io::Result<File> {
        if !self.contains(start) {
            let _alone = self.making.pass().await;
            self.make(start).await?;
        }
        self.file(start).await
    }

    /// Waits until no segment is being made, and keeps it so while the result is held.
    pub(crate) async fn hold(&self) -> Passed<'_> {
        self.making.pass().await
    }

    async fn make(&self, start: u64) -> io::Result<()> {
        let path = self.path(start);
        let len = Some(self.segment_bytes);
        let how = Open { create: true, len, ..self.open };
        let made = async {
            let file = File::open(&path, how).await?;
            // The length before the name: a name without the length would be a foreign file.
            file.sync_data().await?;
            disk::sync_dir(&self.folder).await?;
            Ok(file)
        };
        match made.await {
            Ok(file) => {
                self.keep(start, file);
                Ok(())
            }
            Err(error) => {
                // Nobody would know of it, and those before it may be removed.
                let _left_over = disk::remove_file(&path).await;
                Err(error)
            }
        }
    }

    /// Forgets the segments that end at or before byte `at`; their files stay. Who reads from one
    /// has it open.
    pub(crate) fn forget_before(&self, at: u64) {
        self.known.borrow_mut().retain(|start, _| *start >= at);
    }

    /// Forgets the segment at `start` and removes its file, durably: of several removed one after
    /// the other, a crash must not bring back one that others are missing beside.
    ///
    /// # Errors
    /// As `unlink(2)` and `fsync(2)`.
    pub(crate) async fn remove(&self, start: u64) -> io::Result<()> {
        self.known.borrow_mut().remove(&start);
        disk::remove_file(&self.path(start)).await?;
        disk::sync_dir(&self.folder).await
    }

    fn keep(&self, start: u64, file: File) {
        let used = self.tick();
        let mut known = self.known.borrow_mut();
        known.insert(start, Segment { file: Some(file), used });
        let open = known.values().filter(|segment| segment.file.is_some()).count();
        if open > OPEN_SEGMENTS_MAX {
            let open = known.values_mut().filter(|segment| segment.file.is_some());
            if let Some(oldest) = open.min_by_key(|segment| segment.used) {
                oldest.file = None;
            }
        }
    }

    fn tick(&self) -> u64 {
        self.clock.set(self.clock.get() + 1);
        self.clock.get()
    }
}
