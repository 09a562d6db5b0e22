//! One shard: a log and its queues.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::rc::Rc;

use tracing::warn;

use super::checkpoint::Checkpoint;
use super::commitlog::{Image, Segments, Windows, Zeroing, chunk_bytes};
use super::consumequeue::{Arrival, QueueFiles, Table};
use super::error::{OpenError, Poison, ReadError, open_io, read_io};
use super::flush::CheckpointError;
use super::folder;
use super::index::Index;
use super::memory::{Home, Left};
use super::names::Names;
use super::probe::{CommitCounts, Memory, Progress};
use super::recovery::RecoveryReport;
use super::settings::{Flush, Settings};
use super::watch::{Gate, Watch};
use super::write::Writing;
use crate::rt::buffer::ChunkPool;
use crate::rt::disk;
use crate::rt::spawn::{Task, spawn};
use crate::units::ShardId;

/// Is told what happens in a shard. Called on the shard's core, outside of any state of the
/// shard, so it may call the shard; it must not take long.
pub trait Listener<A> {
    /// The records that these acknowledgements were left for count as stored, in this order.
    fn acked(&self, acks: Vec<A>);

    /// A message has become visible.
    fn arrived(&self, arrival: &Arrival);

    /// Appends that were told [`super::AppendError::Busy`] may be tried again, and will either be
    /// taken or learn why not.
    fn room(&self, shard: ShardId);

    /// A write or sync failed. The shard acknowledges nothing any more; `acks` are those that
    /// never will be. Called once, and then for each acknowledgement that is still left.
    fn poisoned(&self, poison: Poison, acks: Vec<A>);
}

/// A listener that does not care.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<A> Listener<A> for Silent {
    fn acked(&self, _acks: Vec<A>) {}

    fn arrived(&self, _arrival: &Arrival) {}

    fn room(&self, _shard: ShardId) {}

    fn poisoned(&self, _poison: Poison, _acks: Vec<A>) {}
}

/// One log and its queues. Lives on one core, from [`Shard::open`] to [`Shard::close`]. `A` is
/// what the owner leaves with a message to learn that it is stored.
///
/// Offsets in the log, from low to high: what is in files only, what is in memory as well, what
/// is written (in files), what is committed (visible, acknowledged), what is appended. Only where
/// the memory outlives the process more is committed than written.
pub struct Shard<A: 'static = ()> {
    pub(super) id: ShardId,
    pub(super) settings: Settings,
    pub(super) names: Names,
    pub(super) chunk_bytes: u64,
    pub(super) segments: Segments,
    pub(super) home: Home,
    pub(super) image: RefCell<Image>,
    /// What readers behind the image are served from.
    pub(super) windows: Windows,
    /// A window is being read.
    pub(super) loading: Gate,
    /// The window that a reader will want next.
    pub(super) next_window: Cell<Option<u64>>,
    /// There is one.
    pub(super) reading_on: Watch,
    pub(super) table: RefCell<Table>,
    pub(super) queue_files: QueueFiles,
    /// Set when the shard was recovered, if it is to have one.
    pub(super) index: OnceCell<Index>,
    pub(super) acks: RefCell<VecDeque<(u64, A)>>,
    pub(super) listener: Rc<dyn Listener<A>>,
    /// Segments written since they were last synced.
    pub(super) unsynced: RefCell<BTreeSet<u64>>,
    pub(super) zeroing: Zeroing,
    /// Once the log has reached this byte, more zeros are wanted ahead of it.
    pub(super) zero_trigger: Cell<u64>,
    /// The log has reached it, or [`Self::room_trigger`], or more room is wanted at once.
    pub(super) ahead: Watch,
    /// Up to this byte of the log there is room on the disk.
    pub(super) reserved: Cell<u64>,
    /// Once the log has reached this byte, more room is wanted ahead of it.
    pub(super) room_trigger: Cell<u64>,
    /// An append that found no room would have reached this byte.
    pub(super) room_wanted: Cell<u64>,
    /// How full the disk was, in percent, when no room could be reserved; none since then could.
    pub(super) no_room: Cell<Option<u8>>,
    /// How full the disk was, in percent, when the owner said that it is too full.
    pub(super) disk_full: Cell<Option<u8>>,
    /// How full the disk was, in percent, when units could not be written to their files.
    pub(super) queues_full: Cell<Option<u8>>,
    /// Something was appended, or the shard is closing.
    pub(super) arrival: Watch,
    /// Something was committed, or the shard is poisoned.
    pub(super) progress: Watch,
    /// Many units wait for their files.
    pub(super) pressure: Watch,
    /// Units are being written to files, or files removed.
    pub(super) flushing: Gate,
    pub(super) checkpointing: Gate,
    /// Once the log has reached this byte, a checkpoint is due.
    pub(super) checkpoint_trigger: Cell<u64>,
    /// The log has reached [`Self::checkpoint_trigger`].
    pub(super) grown: Watch,
    /// Directories of queues and topics that are no more, and could not be removed yet.
    pub(super) left_over: RefCell<BTreeSet<PathBuf>>,
    /// Segments or queues are being removed because they are old.
    pub(super) cleaning: Gate,
    /// The log is being synced.
    pub(super) syncing: Gate,
    pub(super) counts: RefCell<CommitCounts>,
    /// The checkpoint as it is on disk.
    pub(super) noted: Cell<Checkpoint>,
    pub(super) poisoned: Cell<Option<Poison>>,
    recovery: Cell<Option<RecoveryReport>>,
    committed: Cell<u64>,
    pub(super) writing: Writing,
    /// The log is durable up to here at least.
    pub(super) durable: Cell<u64>,
    closing: Cell<bool>,
    committer: RefCell<Option<Task<()>>>,
    background: RefCell<Vec<Task<()>>>,
}

impl<A: 'static> Shard<A> {
    /// Opens a shard on the core it is to live on, and makes it if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(
        settings: Settings,
        id: ShardId,
        listener: Rc<dyn Listener<A>>,
    ) -> Result<Rc<Self>, OpenError> {
        let names = Names::new(&settings.root, settings.frozen.shards, id);
        let segment_bytes = settings.frozen.commit_log_segment_bytes;
        let chunk_bytes =
            chunk_bytes(segment_bytes).ok_or(OpenError::SegmentBytes(segment_bytes))?;
        let folder = make_log_folder(&names).await?;
        let queue_files = QueueFiles::open(names.clone(), &settings).await;
        let queue_files = queue_files.map_err(open_io(names.base()))?;
        let left = Left::find(&names).await.map_err(open_io(names.base()))?;
        let home = make_home(&settings, &names, &left, chunk_bytes).await?;
        let shard = Rc::new(Self {
            id,
            chunk_bytes: chunk_bytes as u64,
            segments: Segments::new(folder, id, segment_bytes, settings.sync),
            image: RefCell::new(Image::new(home.pool.clone(), 0)),
            windows: Windows::new(make_window_pool(&settings, chunk_bytes)),
            loading: Gate::default(),
            next_window: Cell::new(None),
            reading_on: Watch::default(),
            home,
            table: RefCell::default(),
            queue_files,
            index: OnceCell::new(),
            acks: RefCell::default(),
            listener,
            unsynced: RefCell::default(),
            zeroing: Zeroing::default(),
            zero_trigger: Cell::new(u64::MAX),
            ahead: Watch::default(),
            reserved: Cell::new(0),
            room_trigger: Cell::new(0),
            room_wanted: Cell::new(0),
            no_room: Cell::new(None),
            disk_full: Cell::new(None),
            queues_full: Cell::new(None),
            arrival: Watch::default(),
            progress: Watch::default(),
            pressure: Watch::default(),
            flushing: Gate::default(),
            checkpointing: Gate::default(),
            checkpoint_trigger: Cell::new(u64::MAX),
            grown: Watch::default(),
            left_over: RefCell::default(),
            cleaning: Gate::default(),
            syncing: Gate::default(),
            counts: RefCell::default(),
            noted: Cell::default(),
            poisoned: Cell::new(None),
            recovery: Cell::new(None),
            committed: Cell::new(0),
            writing: Writing::default(),
            durable: Cell::new(0),
            closing: Cell::new(false),
            committer: RefCell::default(),
            background: RefCell::default(),
            names,
            settings,
        });
        match shard.take_over(left).await {
            Ok(()) => Ok(shard),
            Err(error) => {
                shard.home.leave();
                Err(error)
            }
        }
    }

    /// Recovers, and starts to work.
    async fn take_over(self: &Rc<Self>, left: Left) -> Result<(), OpenError> {
        self.recovery.set(Some(self.recover(&left).await?));
        self.reserve_first().await.map_err(open_io(self.segments.folder()))?;
        self.note_memory(left).await.map_err(open_io(self.names.base()))?;
        self.start();
        Ok(())
    }

    /// Stops taking messages, commits what was appended, and writes everything down. A shard that
    /// was not closed is recovered as after a crash when it is opened again.
    pub async fn close(&self) {
        self.closing.set(true);
        self.arrival.notify();
        let committer = self.committer.borrow_mut().take();
        if let Some(committer) = committer {
            committer.await;
        }
        self.stop_background().await;
        if let Err(error) = self.leave_clean().await {
            warn!(shard = self.id.0, ?error, "not closed cleanly; the next start recovers");
            if let CheckpointError::Poison(poison) = error {
                self.set_poison(poison);
            }
        }
    }

    /// Ends the background tasks where they have nothing half done.
    async fn stop_background(&self) {
        let _no_cleaning = self.cleaning.pass().await;
        let _no_checkpoint = self.checkpointing.pass().await;
        let _no_flush = self.flushing.pass().await;
        let _no_index = self.hold_index().await;
        let _no_sync = self.syncing.pass().await;
        let _no_segment = self.segments.hold().await;
        // Zeros must not arrive when the log is perhaps open again.
        self.zeroing.wait_clear(0, u64::MAX).await;
        let background = std::mem::take(&mut *self.background.borrow_mut());
        for task in background {
            task.cancel().await;
        }
    }

    /// Notes that the store was closed, if it was. The abort file goes last: without it what the
    /// checkpoint says is believed.
    async fn leave_clean(&self) -> Result<(), CheckpointError> {
        if let Some(poison) = self.poison() {
            return Err(CheckpointError::Poison(poison));
        }
        let last = self.segments.start_of(self.committed());
        for spare in self.segments.starts().into_iter().rev().take_while(|start| *start > last) {
            self.segments.remove(spare).await?;
        }
        // The summary knows nothing of them.
        self.remove_folders([]).await?;
        self.checkpoint(true).await?;
        // Nobody misses it: the checkpoint says that the store is closed.
        self.home.leave();
        disk::remove_file(&self.names.abort()).await?;
        disk::sync_dir(self.names.base()).await?;
        Ok(())
    }

    /// What opening the shard found and did.
    pub fn recovery(&self) -> Option<RecoveryReport> {
        self.recovery.get()
    }

    /// Removes the queues of a topic with their files. Its records stay in the log.
    ///
    /// # Errors
    /// The files could not be removed; the queues are gone until the next recovery.
    pub async fn delete_topic(&self, topic: &str) -> Result<(), ReadError> {
        {
            let _alone = self.flushing.pass().await;
            let serials = self.table.borrow_mut().remove_topic(topic);
            serials.into_iter().for_each(|serial| self.queue_files.forget(serial));
            let path = self.names.topic(topic);
            let removed = self.remove_folders([path.clone()]).await;
            removed.map_err(read_io(&path))?;
        }
        // So that recovery does not meet the topic's records and make its queues again.
        match self.checkpoint(false).await {
            Ok(()) => Ok(()),
            Err(CheckpointError::Io(source)) => {
                Err(ReadError::Io { path: self.names.checkpoint(), source })
            }
            Err(CheckpointError::Poison(poison)) => {
                self.set_poison(poison);
                Ok(())
            }
        }
    }

    /// Which shard this is.
    pub fn id(&self) -> ShardId {
        self.id
    }

    /// The byte of the shard's log up to which messages count as stored and are visible.
    pub fn committed(&self) -> u64 {
        self.committed.get()
    }

    /// How much was appended and is not durable yet, in bytes
    /// (Java: `remainHowManyDataToFlush`).
    pub fn unsynced_bytes(&self) -> u64 {
        self.image.borrow().end().saturating_sub(self.durable.get())
    }

    /// How much was appended and is not visible in its queues yet, in bytes
    /// (Java: `dispatchBehindBytes`).
    pub fn undispatched_bytes(&self) -> u64 {
        self.image.borrow().end().saturating_sub(self.committed())
    }

    /// The first byte of the shard's log that is still there.
    pub fn log_start(&self) -> u64 {
        self.segments.first().unwrap_or(0)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        Progress {
            start: self.log_start(),
            committed: self.committed(),
            appended: self.image.borrow().end(),
            durable: self.durable.get(),
        }
    }

    /// What its committer counted.
    pub fn commit_counts(&self) -> CommitCounts {
        *self.counts.borrow()
    }

    /// The memory of the end of its log.
    pub fn memory(&self) -> Memory {
        let pool = &self.home.pool;
        let (chunks, free) = (pool.count(), pool.available());
        Memory { chunks, chunks_used: chunks - free, chunk_bytes: pool.chunk_bytes() }
    }

    /// Why the shard takes nothing any more, if so.
    pub fn poison(&self) -> Option<Poison> {
        self.poisoned.get()
    }

    pub(super) fn set_committed(&self, end: u64) {
        self.committed.set(end);
    }

    pub(super) fn is_closing(&self) -> bool {
        self.closing.get()
    }

    pub(super) fn told_appended(&self) {
        self.arrival.notify();
        let trigger = self.zero_trigger.get().min(self.room_trigger.get());
        if self.image.borrow().end() >= trigger {
            self.ahead.notify();
        }
    }

    fn start(self: &Rc<Self>) {
        let committer = match self.home.pool.is_kept() {
            true => spawn(Rc::clone(self).keep_loop()),
            false => spawn(Rc::clone(self).commit_loop()),
        };
        *self.committer.borrow_mut() = Some(committer);
        let mut background = self.background.borrow_mut();
        background.push(spawn(Rc::clone(self).flush_loop()));
        background.push(spawn(Rc::clone(self).reserve_loop()));
        background.push(spawn(Rc::clone(self).zero_loop()));
        background.push(spawn(Rc::clone(self).checkpoint_loop()));
        background.push(spawn(Rc::clone(self).read_ahead_loop()));
        background.push(spawn(Rc::clone(self).index_loop()));
        if let Flush::Async { interval } = self.settings.flush {
            background.push(spawn(Rc::clone(self).sync_loop(interval)));
        }
    }
}

async fn make_log_folder(names: &Names) -> Result<PathBuf, OpenError> {
    let folder = names.commit_log();
    folder::make(names.base()).await.map_err(open_io(names.base()))?;
    folder::make(&folder).await.map_err(open_io(&folder))?;
    Ok(folder)
}

/// The memory of the end of a log, which outlives the process where messages count as stored before
/// they are durable.
async fn make_home(
    settings: &Settings,
    names: &Names,
    left: &Left,
    chunk_bytes: usize,
) -> Result<Home, OpenError> {
    let kept = settings.memory.as_deref().filter(|_| settings.flush != Flush::Sync);
    let counts = chunk_counts(settings, chunk_bytes);
    Home::new(names, left, kept, counts, chunk_bytes).await.map_err(open_io(names.base()))
}

/// How many chunks a shard needs, and without how many nothing could be appended.
fn chunk_counts(settings: &Settings, chunk_bytes: usize) -> (usize, usize) {
    let records = 2 * (settings.record_bytes_max + 2 * chunk_bytes);
    let bytes = settings.hot_bytes.saturating_add(settings.buffer_bytes);
    let bytes = usize::try_from(bytes).unwrap_or(usize::MAX).saturating_add(records);
    (bytes.div_ceil(chunk_bytes), records.div_ceil(chunk_bytes))
}

/// The windows that a shard may hold for readers that are behind. They are searched one by one.
fn make_window_pool(settings: &Settings, chunk_bytes: usize) -> ChunkPool {
    const MOST: usize = 64;
    let bytes = usize::try_from(settings.cold_bytes).unwrap_or(usize::MAX);
    ChunkPool::new((bytes / chunk_bytes).min(MOST), chunk_bytes)
}
