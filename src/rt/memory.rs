//! Memory that outlives the process: a file without a disk behind it (tmpfs), mapped by each
//! process that opens it.
//!
//! What is stored into such memory belongs to the kernel at that moment: it is there after
//! `kill -9`, and gone after the machine was restarted. [`Kept`] divides it into chunks, each with
//! a label that says what it is for and how much of it is filled, so that the next process finds
//! what the last one has left. [`super::buffer::ChunkPool::kept`] hands the chunks out.
//!
//! Layout, in the machine's own byte order: magic 8, bytes of a chunk 8, chunks 8, a number that
//! the owner notes 8, length of a path 8; from byte 64 on, per chunk, its label 8 and the bytes
//! filled 8; the path; the chunks, from the next whole block on.
//!
//! The path is that of a file which names the memory for as long as it is wanted: what no such file
//! names, and no process has, is removed ([`remove_unwanted`]).

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use super::backend::memory::Mapped;
use super::buffer::BLOCK_BYTES;

#[cfg(not(feature = "sim"))]
pub use super::backend::memory::{Unfit, check_directory, remove_unwanted, usual_directory};

/// What kept memory begins with; the last digit is the version of its layout.
const MAGIC: u64 = u64::from_be_bytes(*b"RINGMEM1");
/// Where the numbers of the chunks begin.
const SLOTS_START: usize = 64;
/// The label and what is filled.
const SLOT_BYTES: usize = 16;
/// Room for the path of the file that names the memory.
const WANTED_BY_BYTES: usize = 4096;
/// The label of a chunk that nothing is in.
const LABEL_NONE: u64 = u64::MAX;

/// How kept memory is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Bytes of a chunk, whole blocks.
    pub(crate) chunk_bytes: usize,
    /// Chunks.
    pub(crate) count: usize,
}

impl Shape {
    /// `None` if there is no such memory: its size would not fit into a number.
    fn new(chunk_bytes: usize, count: usize) -> Option<Self> {
        const EACH_MAX: usize = 1 << 30;
        (chunk_bytes <= EACH_MAX && count <= EACH_MAX).then_some(Self { chunk_bytes, count })
    }

    fn slots_end(self) -> usize {
        SLOTS_START + self.count * SLOT_BYTES
    }

    fn header_bytes(self) -> usize {
        (self.slots_end() + WANTED_BY_BYTES).next_multiple_of(BLOCK_BYTES)
    }

    fn bytes(self) -> usize {
        self.header_bytes() + self.count * self.chunk_bytes
    }
}

/// Memory that outlives the process, in chunks.
pub struct Kept {
    mapped: Mapped,
    shape: Shape,
}

impl Kept {
    /// Makes the file `path`, which must not be there, for `count` chunks of `chunk_bytes` each
    /// (rounded up to whole blocks). The first `ready` of them have their memory at once; each of
    /// the others gets it when it is first used, or is not used if the system has none. It is
    /// wanted for as long as the file `wanted_by` has its path.
    ///
    /// # Errors
    /// As `open(2)`; `Unsupported` if the file system keeps its files elsewhere than in memory;
    /// ENOSPC if it has no room; `InvalidFilename` if `wanted_by` is too long.
    pub fn create(
        path: &Path,
        wanted_by: &Path,
        (count, ready): (usize, usize),
        chunk_bytes: usize,
    ) -> io::Result<Self> {
        let chunk_bytes = chunk_bytes.max(1).next_multiple_of(BLOCK_BYTES);
        let shape = Shape::new(chunk_bytes, count).ok_or(io::ErrorKind::InvalidInput)?;
        let name = wanted_by.as_os_str().as_bytes();
        if name.len() > WANTED_BY_BYTES {
            return Err(io::ErrorKind::InvalidFilename.into());
        }
        let kept = Self { mapped: Mapped::create(path, shape.bytes())?, shape };
        let first = shape.header_bytes() + ready.min(count) * chunk_bytes;
        if let Err(error) = kept.mapped.reserve(0, first) {
            let _left_over = remove(path);
            return Err(error);
        }
        (0..count).for_each(|index| kept.clear(index));
        // SAFETY: the room for the path, which is in front of the chunks and has memory by now;
        // nobody else has mapped the file.
        unsafe {
            let room = kept.mapped.pages().as_ptr().add(shape.slots_end());
            std::ptr::copy_nonoverlapping(name.as_ptr(), room, name.len());
        }
        kept.word(32).store(name.len() as u64, Ordering::Relaxed);
        kept.word(8).store(chunk_bytes as u64, Ordering::Relaxed);
        kept.word(16).store(count as u64, Ordering::Relaxed);
        kept.word(0).store(MAGIC, Ordering::Release);
        Ok(kept)
    }

    /// What a process has left in the file `path`; `None` if it is not there, or is not whole.
    ///
    /// # Errors
    /// As `open(2)`; `PermissionDenied` if somebody else made it.
    pub fn open(path: &Path) -> io::Result<Option<Self>> {
        match Mapped::open(path) {
            Ok(mapped) => Ok(Self::of(mapped)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// What is in memory that was mapped; `None` if it is not whole.
    pub(super) fn of(mapped: Mapped) -> Option<Self> {
        if mapped.pages().len() < SLOTS_START {
            return None;
        }
        let nothing = Shape { chunk_bytes: 0, count: 0 };
        let mut kept = Self { mapped, shape: nothing };
        let number = |at| usize::try_from(kept.word(at).load(Ordering::Relaxed)).ok();
        let magic = kept.word(0).load(Ordering::Acquire);
        let shape = number(8).zip(number(16));
        let shape = shape.and_then(|(chunk_bytes, count)| Shape::new(chunk_bytes, count));
        let whole = |shape: &Shape| magic == MAGIC && shape.bytes() == kept.mapped.pages().len();
        kept.shape = shape.filter(whole)?;
        Some(kept)
    }

    /// The path of the file that names the memory.
    #[cfg_attr(feature = "sim", expect(dead_code, reason = "a simulated machine removes nothing"))]
    pub(super) fn wanted_by(&self) -> &Path {
        let len = usize::try_from(self.word(32).load(Ordering::Acquire)).unwrap_or(usize::MAX);
        let room = self.shape.slots_end();
        // SAFETY: the room for the path, within the pages and written before the magic.
        let name = unsafe {
            let start = self.mapped.pages().as_ptr().add(room);
            std::slice::from_raw_parts(start, len.min(WANTED_BY_BYTES))
        };
        Path::new(std::ffi::OsStr::from_bytes(name))
    }

    /// The number that was noted last; 0 if none was.
    pub fn noted(&self) -> u64 {
        self.word(24).load(Ordering::Acquire)
    }

    /// What is filled of each chunk that has a label, in the order of their labels. For memory
    /// that was opened: nobody fills it any more.
    pub fn parts(&self) -> Vec<(u64, &[u8])> {
        let filled = (0..self.shape.count).filter_map(|index| {
            let label = self.slot(index, 0).load(Ordering::Acquire);
            let len = self.slot(index, 8).load(Ordering::Acquire);
            let len = usize::try_from(len).ok().filter(|len| *len <= self.shape.chunk_bytes)?;
            // SAFETY: within the chunk, which is mapped for as long as `self` lives. The process
            // that filled it is gone, and nothing of this one writes to memory that it opened.
            let bytes = unsafe { std::slice::from_raw_parts(self.start(index), len) };
            (label != LABEL_NONE && len > 0).then_some((label, bytes))
        });
        let mut parts: Vec<(u64, &[u8])> = filled.collect();
        parts.sort_unstable_by_key(|(label, _)| *label);
        parts
    }

    pub(super) fn shape(&self) -> Shape {
        self.shape
    }

    pub(super) fn note(&self, number: u64) {
        self.word(24).store(number, Ordering::Release);
    }

    /// Sees to it that a chunk has memory: touching it would otherwise end the process if the
    /// system has none left.
    pub(super) fn reserve(&self, index: usize) -> io::Result<()> {
        let at = self.shape.header_bytes() + index * self.shape.chunk_bytes;
        self.mapped.reserve(at, self.shape.chunk_bytes)
    }

    /// From now on a chunk holds nothing, whatever is written to it. The label goes first: at no
    /// moment is it that of other bytes.
    pub(super) fn clear(&self, index: usize) {
        self.slot(index, 0).store(LABEL_NONE, Ordering::Release);
        self.slot(index, 8).store(0, Ordering::Release);
    }

    pub(super) fn label(&self, index: usize, label: u64) {
        self.slot(index, 0).store(label, Ordering::Release);
    }

    /// So much of a chunk is filled; what was filled is in place before.
    pub(super) fn fill(&self, index: usize, len: usize) {
        self.slot(index, 8).store(len as u64, Ordering::Release);
    }

    /// The first byte of a chunk.
    pub(super) fn start(&self, index: usize) -> *mut u8 {
        let at = self.shape.header_bytes() + index * self.shape.chunk_bytes;
        assert!(index < self.shape.count, "chunks are numbered below their count");
        // SAFETY: below the count, so the chunk lies within the pages.
        unsafe { self.mapped.pages().as_ptr().add(at) }
    }

    fn slot(&self, index: usize, within: usize) -> &AtomicU64 {
        assert!(index < self.shape.count, "chunks are numbered below their count");
        self.word(SLOTS_START + index * SLOT_BYTES + within)
    }

    fn word(&self, at: usize) -> &AtomicU64 {
        assert!(
            at.is_multiple_of(8) && at + 8 <= self.mapped.pages().len(),
            "a word of the header"
        );
        // SAFETY: 8 aligned bytes within the pages, which live as long as `self` and are touched
        // as atomics only: every caller stays in front of the chunks.
        unsafe { AtomicU64::from_ptr(self.mapped.pages().as_ptr().add(at).cast()) }
    }
}

/// Removes the file of kept memory; no error if it is not there. Who has it mapped keeps it.
///
/// # Errors
/// As `unlink(2)`.
pub fn remove(path: &Path) -> io::Result<()> {
    match super::backend::memory::remove(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Names the time since the machine was started: kept memory lasts as long as this is the same.
///
/// # Errors
/// The kernel does not say.
pub fn boot_id() -> io::Result<String> {
    super::backend::memory::boot_id()
}
