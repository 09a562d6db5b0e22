//! An open file.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use super::fault::{Moment, OpKind};
use super::names::NodeId;
use super::{Admitted, Disk, SHORT_BYTES_MIN, calls, content};
use crate::rt::buffer::{BLOCK_BYTES, Chunk, Span};
use crate::rt::disk::{Open, SyncMethod, Writing};
use crate::rt::sim::core::{Slot, World, world};
use crate::rt::sim::spawn::blocking;

/// An open file. Cheap to clone.
#[derive(Clone)]
pub struct File {
    inner: Arc<Handle>,
}

struct Handle {
    node: NodeId,
    path: PathBuf,
    direct: bool,
    sync: SyncMethod,
}

/// A write that is not answered yet.
pub(super) struct InFlight {
    node: NodeId,
    at: u64,
    skip: usize,
    keep: Box<Writing>,
}

type Written = (io::Result<usize>, Box<Writing>);

impl InFlight {
    /// Where it goes, and what.
    pub(super) fn into_bytes(self) -> Option<(NodeId, u64, Vec<u8>)> {
        Some((self.node, self.at, bytes_of(&self.keep.span, self.skip)))
    }
}

/// What a span holds now, less its first `skip` bytes.
fn bytes_of(span: &Span, skip: usize) -> Vec<u8> {
    let len = span.len() - skip;
    let mut bytes = Vec::with_capacity(len);
    // SAFETY: the span keeps `len` bytes behind `skip` mapped; nobody else runs meanwhile.
    unsafe {
        std::ptr::copy_nonoverlapping(span.as_ptr().add(skip), bytes.as_mut_ptr(), len);
        bytes.set_len(len);
    }
    bytes
}

/// How long an operation takes.
fn duration(world: &World, base_us: u64, admitted: &Admitted) -> Duration {
    let micros = base_us + world.below(base_us);
    Duration::from_micros(if admitted.slow { micros * 100 } else { micros })
}

impl File {
    /// Opens `path`.
    ///
    /// # Errors
    /// As `open(2)` and `ftruncate(2)`.
    pub async fn open(path: &Path, how: Open) -> io::Result<Self> {
        let path = path.to_owned();
        let inner = blocking(move || open(path, how)).await?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Do writes go past the page cache? If so they must be whole blocks.
    pub fn is_direct(&self) -> bool {
        self.inner.direct
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Its length, in bytes.
    ///
    /// # Errors
    /// None here.
    pub fn len(&self) -> io::Result<u64> {
        let disk = world().disk.clone();
        let mut state = disk.borrow();
        Ok(state.names.file(self.inner.node)?.len())
    }

    /// How its writes are made durable.
    pub(in crate::rt) fn sync_method(&self) -> SyncMethod {
        self.inner.sync
    }

    /// One read behind what `buffer` holds, which is the file from `offset` on.
    pub(in crate::rt) async fn read_some(
        &self,
        mut buffer: Vec<u8>,
        len: usize,
        offset: u64,
    ) -> (io::Result<usize>, Vec<u8>) {
        let read = self.read(offset + buffer.len() as u64, len - buffer.len(), 1).await;
        let count = read.map(|bytes| {
            buffer.extend_from_slice(&bytes);
            bytes.len()
        });
        (count, buffer)
    }

    /// One read behind what the chunk holds, which is the file from `offset` on.
    pub(in crate::rt) async fn read_into(
        &self,
        mut chunk: Chunk,
        len: usize,
        offset: u64,
    ) -> (io::Result<usize>, Chunk) {
        let unit = if self.is_direct() { BLOCK_BYTES } else { 1 };
        let read = self.read(offset + chunk.len() as u64, len - chunk.len(), unit).await;
        let count = read.map(|bytes| {
            if let Some(target) = chunk.unfilled().get_mut(..bytes.len()) {
                target.copy_from_slice(&bytes);
            }
            bytes.len()
        });
        (count, chunk)
    }

    /// One read of up to `want` bytes at `at`; one that is cut short ends with a whole `unit`.
    async fn read(&self, at: u64, want: usize, unit: usize) -> io::Result<Vec<u8>> {
        let node = self.inner.node;
        let read = self.later(OpKind::Read, 20, move |disk, admitted| {
            let mut state = disk.borrow();
            let spare = if admitted.short { (want / unit).saturating_sub(1) } else { 0 };
            let less = content::index(state.random.below(spare as u64 + 1)) * unit;
            let bytes = state.names.file(node)?.bytes();
            let start = content::index(at).min(bytes.len());
            let end = bytes.len().min(start + want - less);
            Ok(bytes.get(start..end).unwrap_or_default().to_vec())
        });
        read.await
    }

    /// Starts one write of `keep`'s span, less its first `done` bytes, for the file offset `at`;
    /// with `synced` it is durable when it is done. Yields how much was written.
    pub(in crate::rt) fn start_write(
        &self,
        keep: Box<Writing>,
        done: usize,
        at: u64,
        synced: bool,
    ) -> impl Future<Output = Written> + use<> {
        let world = world();
        let disk = world.disk.clone();
        let kind = if synced { OpKind::WriteSynced } else { OpKind::Write };
        let slot = Slot::new();
        let admitted = disk.borrow().admit(kind, &self.inner.path);
        // A machine that has stopped never answers.
        if let Ok(admitted) = admitted {
            let delay = duration(&world, if synced { 80 } else { 20 }, &admitted);
            let flight = InFlight { node: self.inner.node, at, skip: done, keep };
            let number = admitted.number;
            let mut state = disk.borrow();
            state.in_flight.insert(number, flight);
            state.stopped = state.faults.cut == Some((number, Moment::During));
            drop(state);
            let filled = Rc::clone(&slot);
            world.after(delay, move || {
                let mut state = disk.borrow();
                let Some(flight) = state.in_flight.remove(&number) else { return };
                let outcome = state.finish_write(&admitted, &flight, synced);
                state.stopped = state.faults.cut == Some((number, Moment::After));
                drop(state);
                filled.fill((outcome, flight.keep));
            });
        }
        slot.filled()
    }

    /// Starts one write with a sync linked to it, which starts when all of it is written. Yields
    /// how much was written, and the outcome of the sync; `None` if it is not certain that the
    /// sync came after the write.
    pub(in crate::rt) async fn write_linked_sync(
        &self,
        keep: Box<Writing>,
        at: u64,
    ) -> (io::Result<usize>, Box<Writing>, Option<io::Result<()>>) {
        let len = keep.span.len();
        // Now and then the kernel takes the two apart, and the sync comes first.
        if world().below(8) == 0 {
            let early = self.sync_data().await;
            let (written, keep) = self.start_write(keep, 0, at, false).await;
            return (written, keep, early.err().map(Err));
        }
        let (written, keep) = self.start_write(keep, 0, at, false).await;
        if !matches!(written, Ok(written) if written == len) {
            let cancelled = io::Error::from_raw_os_error(libc::ECANCELED);
            return (written, keep, Some(Err(cancelled)));
        }
        (written, keep, Some(self.sync_data().await))
    }

    /// Makes what was written durable, with the length needed to read it (fdatasync).
    ///
    /// # Errors
    /// The sync failed: what was written since the last one may be lost, and asking again does
    /// not bring it back. Nothing is retried here.
    pub async fn sync_data(&self) -> io::Result<()> {
        let node = self.inner.node;
        let horizon = world().disk.borrow().names.file(node)?.horizon();
        let disk = world().disk.clone();
        let synced = self.later(OpKind::Sync, 200, move |disk, _| {
            disk.borrow().names.file(node)?.sync(horizon);
            Ok(())
        });
        let synced = synced.await;
        if synced.is_err() {
            disk.borrow().names.file(node)?.fail_sync(horizon);
        }
        synced
    }

    /// Promises nothing: what was written may be written out at any time anyway.
    pub async fn start_writeback(&self) {}

    /// Reserves disk space for `len` bytes at `offset`, extending the file if it is shorter.
    ///
    /// # Errors
    /// As `fallocate(2)`.
    pub async fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        let node = self.inner.node;
        let allocated = self.later(OpKind::Allocate, 20, move |disk, _| {
            let mut state = disk.borrow();
            let room = state.room();
            let content = state.names.file(node)?;
            if content.room_for(offset, len, room) < len {
                return Err(io::ErrorKind::StorageFull.into());
            }
            content.set_len(content.len().max(offset + len));
            Ok(())
        });
        allocated.await
    }

    /// Cuts the file to `len` bytes, or extends it with a hole.
    ///
    /// # Errors
    /// As `ftruncate(2)`.
    pub async fn set_len(&self, len: u64) -> io::Result<()> {
        let file = self.clone();
        blocking(move || {
            let disk = world().disk.clone();
            let mut state = disk.borrow();
            state.set_len(file.inner.node, &file.inner.path, len)
        })
        .await
    }

    /// An operation that takes a while, and has its effect at the end of it.
    async fn later<T: 'static>(
        &self,
        kind: OpKind,
        base_us: u64,
        work: impl FnOnce(&Disk, &Admitted) -> io::Result<T> + 'static,
    ) -> io::Result<T> {
        let world = world();
        let disk = world.disk.clone();
        let admitted = disk.borrow().admit(kind, &self.inner.path);
        // A machine that has stopped never answers.
        let Ok(admitted) = admitted else { return std::future::pending().await };
        let number = admitted.number;
        let delay = duration(&world, base_us, &admitted);
        let slot = Slot::new();
        let filled = Rc::clone(&slot);
        {
            let mut state = disk.borrow();
            state.stopped = state.faults.cut == Some((number, Moment::During));
        }
        world.after(delay, move || {
            let outcome = match admitted.failure {
                Some(errno) => Err(io::Error::from_raw_os_error(errno)),
                None => work(&disk, &admitted),
            };
            let mut state = disk.borrow();
            state.stopped = state.faults.cut == Some((number, Moment::After));
            drop(state);
            filled.fill(outcome);
        });
        slot.filled().await
    }
}

/// Makes the names in a directory durable.
///
/// # Errors
/// As `open(2)` and `fsync(2)`.
pub async fn sync_dir(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || calls::sync_dir(&path)).await
}

impl super::State {
    /// The end of a write: how much of it is there.
    fn finish_write(
        &mut self,
        admitted: &Admitted,
        flight: &InFlight,
        synced: bool,
    ) -> io::Result<usize> {
        let bytes = bytes_of(&flight.keep.span, flight.skip);
        let (at, len) = (flight.at, bytes.len() as u64);
        let room = self.room();
        let now = crate::rt::clock::wall_ms().0;
        let content = self.names.file(flight.node)?;
        content.modified_ms = now;
        if let Some(errno) = admitted.failure {
            content.write_part(at, &bytes, &mut self.random);
            return Err(io::Error::from_raw_os_error(errno));
        }
        let mut fits = content.room_for(at, len, room);
        if fits == 0 && len > 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        if admitted.short && fits > SHORT_BYTES_MIN {
            let sectors = (fits - SHORT_BYTES_MIN) / content::SECTOR_BYTES;
            fits = SHORT_BYTES_MIN + self.random.below(sectors) * content::SECTOR_BYTES;
        }
        let written = content::index(fits);
        let part = bytes.get(..written).unwrap_or_default();
        if synced {
            content.write_synced(at, part);
        } else {
            content.write(at, part.to_vec());
        }
        Ok(written)
    }
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.is_direct() { ", direct" } else { "" };
        write!(out, "File({}{mode})", self.inner.path.display())
    }
}

fn open(path: PathBuf, how: Open) -> io::Result<Handle> {
    let disk = world().disk.clone();
    let mut state = disk.borrow();
    let found = state.names.find(&path);
    let node = match found {
        Some(_) if how.create_new => return Err(io::ErrorKind::AlreadyExists.into()),
        Some(node) => {
            state.at_once(OpKind::Open, &path, |state| state.names.file(node).map(|_| node))?
        }
        None if how.create || how.create_new => state.create_file(&path)?,
        None => return Err(io::Error::from_raw_os_error(libc::ENOENT)),
    };
    if let Some(len) = how.len {
        state.set_len(node, &path, len)?;
    }
    let direct = how.direct && how.write && !state.faults.buffered;
    Ok(Handle { node, path, direct, sync: how.sync })
}
