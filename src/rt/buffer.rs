//! Memory for files: block-aligned chunks, a fixed number per core.
//!
//! A [`Chunk`] is filled from front to back by its one owner. What was filled never changes again,
//! so it can be read as [`Bytes`] (any thread, no copy) while later bytes are still being added.
//! A chunk goes back to its pool when the last `Bytes` and the last write over it are gone.

use std::alloc::{Layout, handle_alloc_error};
use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr::NonNull;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::backend::buffer_table;
use super::memory::Kept;

/// Alignment of memory, file offsets and lengths that every block device accepts, in bytes.
pub const BLOCK_BYTES: usize = 4096;

/// Zeroed, page-aligned memory straight from the kernel: resident only where it was touched.
pub(crate) struct Pages {
    start: NonNull<u8>,
    len: usize,
}

// SAFETY: plain memory; who may touch which part is the business of the types that hold it.
unsafe impl Send for Pages {}
// SAFETY: as above; `Pages` itself gives out only a raw pointer.
unsafe impl Sync for Pages {}

impl Pages {
    /// `len` bytes, rounded up to whole blocks. Ends the process if there is no address space, as
    /// any allocation does.
    pub(crate) fn new(len: usize) -> Self {
        let len = len.max(1).next_multiple_of(BLOCK_BYTES);
        match Self::map(len, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1) {
            Ok(pages) => pages,
            Err(_) => handle_alloc_error(Layout::new::<[u8; BLOCK_BYTES]>()),
        }
    }

    /// The first `len` bytes of a file, shared with everybody who maps it.
    ///
    /// # Errors
    /// As `mmap(2)`.
    #[cfg_attr(feature = "sim", expect(dead_code, reason = "a simulated machine has no files"))]
    pub(crate) fn of_file(file: BorrowedFd<'_>, len: usize) -> io::Result<Self> {
        Self::map(len, libc::MAP_SHARED, file.as_raw_fd())
    }

    fn map(len: usize, flags: libc::c_int, file: libc::c_int) -> io::Result<Self> {
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: a new mapping at an address of the kernel's choice.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, file, 0) };
        let start = if start == libc::MAP_FAILED { std::ptr::null_mut() } else { start };
        match NonNull::new(start.cast::<u8>()) {
            Some(start) => Ok(Self { start, len }),
            None => Err(io::Error::last_os_error()),
        }
    }

    /// The first byte.
    pub(crate) fn as_ptr(&self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// Bytes mapped.
    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: mapped with this length, and unmapped once.
        unsafe { libc::munmap(self.start.as_ptr().cast(), self.len) };
    }
}

/// Numbers given back from any thread, collected by the one that hands them out.
pub(crate) struct Returned {
    words: Box<[AtomicU64]>,
}

impl Returned {
    pub(crate) fn new(count: usize) -> Self {
        Self { words: (0..count.div_ceil(64)).map(|_| AtomicU64::new(0)).collect() }
    }

    /// Gives back `index`. Release: what was done with the buffer happens before its next use.
    pub(crate) fn give(&self, index: usize) {
        if let Some(word) = self.words.get(index / 64) {
            word.fetch_or(1 << (index % 64), Ordering::Release);
        }
    }

    /// Takes everything given back so far.
    pub(crate) fn take(&self, mut each: impl FnMut(usize)) {
        for (at, word) in self.words.iter().enumerate() {
            if word.load(Ordering::Relaxed) == 0 {
                continue;
            }
            let mut bits = word.swap(0, Ordering::Acquire);
            while bits != 0 {
                each(at * 64 + bits.trailing_zeros() as usize);
                bits &= bits - 1;
            }
        }
    }
}

/// Where the chunks of a pool are.
enum Place {
    /// In memory of this process.
    Own(Pages),
    /// In memory that outlives it.
    Kept(Kept),
}

/// The memory of a pool: outlives the pool for as long as somebody reads from it.
struct Store {
    place: Place,
    chunk_bytes: usize,
    returned: Returned,
    /// Index of each chunk in its ring's table of registered buffers; `u64::MAX` if in none.
    registered: Box<[AtomicU64]>,
    /// The core whose ring the chunks are registered with.
    table: u64,
}

const UNREGISTERED: u64 = u64::MAX;

impl Store {
    fn new(place: Place, count: usize, chunk_bytes: usize) -> Self {
        Self {
            place,
            chunk_bytes,
            returned: Returned::new(count),
            registered: (0..count).map(|_| AtomicU64::new(UNREGISTERED)).collect(),
            table: buffer_table::id(),
        }
    }

    fn kept(&self) -> Option<&Kept> {
        match &self.place {
            Place::Own(_) => None,
            Place::Kept(kept) => Some(kept),
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        // On another core, or after this one ended, the entries die with the ring; until then the
        // kernel keeps the pages, which is a waste but no danger.
        if self.table == buffer_table::id() {
            let slots = self.registered.iter().map(|slot| slot.load(Ordering::Relaxed));
            slots.filter_map(|at| u16::try_from(at).ok()).for_each(buffer_table::unregister);
        }
    }
}

/// The chunks of one core. Lives on the core that made it; cheap to clone.
#[derive(Clone)]
pub struct ChunkPool {
    inner: Rc<PoolState>,
}

struct PoolState {
    store: Arc<Store>,
    /// Chunks ready to be handed out; the most recently used on top, so that a quiet pool stays
    /// small in memory.
    free: RefCell<Vec<usize>>,
    register: Cell<bool>,
    /// Which chunks of kept memory the system has given memory to.
    ready: RefCell<Vec<bool>>,
}

impl ChunkPool {
    /// A pool of `count` chunks of `chunk_bytes` each (rounded up to whole blocks). Memory becomes
    /// resident when a chunk is first used; chunks are registered with the core's ring then, as
    /// long as the kernel lets them.
    ///
    /// # Panics
    /// Outside of a core.
    pub fn new(count: usize, chunk_bytes: usize) -> Self {
        let chunk_bytes = chunk_bytes.max(1).next_multiple_of(BLOCK_BYTES);
        let pages = Pages::new(count.saturating_mul(chunk_bytes));
        Self::of(Store::new(Place::Own(pages), count, chunk_bytes))
    }

    /// A pool of the chunks of `kept`, for the process that made it.
    ///
    /// # Panics
    /// Outside of a core.
    pub fn kept(kept: Kept) -> Self {
        let shape = kept.shape();
        Self::of(Store::new(Place::Kept(kept), shape.count, shape.chunk_bytes))
    }

    fn of(store: Store) -> Self {
        let count = store.registered.len();
        let free = RefCell::new((0..count).rev().collect());
        let ready = RefCell::new(vec![store.kept().is_none(); count]);
        let inner = PoolState { store: Arc::new(store), free, register: Cell::new(true), ready };
        Self { inner: Rc::new(inner) }
    }

    /// Does its memory outlive the process?
    pub fn is_kept(&self) -> bool {
        self.inner.store.kept().is_some()
    }

    /// Leaves a number for the next process, where the memory outlives this one; see
    /// [`Kept::noted`].
    pub fn note(&self, number: u64) {
        if let Some(kept) = self.inner.store.kept() {
            kept.note(number);
        }
    }

    /// Size of each chunk, in bytes.
    pub fn chunk_bytes(&self) -> usize {
        self.inner.store.chunk_bytes
    }

    /// An empty chunk, or `None` while all are in use.
    pub fn take(&self) -> Option<Chunk> {
        let pool = &self.inner;
        let mut free = pool.free.borrow_mut();
        if free.is_empty() {
            pool.store.returned.take(|index| free.push(index));
        }
        let mut ready = pool.ready.borrow_mut();
        // Where the system has no memory for another chunk, those that have theirs go on.
        let at = free.iter().rposition(|index| is_ready(&pool.store, &mut ready, *index))?;
        let index = free.remove(at);
        drop((free, ready));
        if let Some(kept) = pool.store.kept() {
            kept.clear(index);
        }
        let held = Held { store: Arc::clone(&pool.store), index };
        let slot = pool.store.registered.get(index)?;
        if pool.register.get() && slot.load(Ordering::Relaxed) == UNREGISTERED {
            // SAFETY: the pages are unmapped only with the store, whose drop unregisters first.
            match unsafe { buffer_table::register(held.start(), pool.store.chunk_bytes) } {
                Some(at) => slot.store(u64::from(at), Ordering::Relaxed),
                None => pool.register.set(false),
            }
        }
        Some(Chunk { held: Arc::new(held), filled: 0, shared: RefCell::default() })
    }

    /// Chunks there are, in use or not.
    pub fn count(&self) -> usize {
        self.inner.store.registered.len()
    }

    /// Chunks that nobody uses.
    pub fn available(&self) -> usize {
        let mut free = self.inner.free.borrow_mut();
        self.inner.store.returned.take(|index| free.push(index));
        free.len()
    }
}

/// Has a chunk memory, or can it be given some?
fn is_ready(store: &Store, ready: &mut [bool], index: usize) -> bool {
    let Some(ready) = ready.get_mut(index) else { return false };
    *ready = *ready || store.kept().is_none_or(|kept| kept.reserve(index).is_ok());
    *ready
}

/// One chunk in use; gives itself back when dropped.
struct Held {
    store: Arc<Store>,
    index: usize,
}

impl Held {
    fn start(&self) -> *mut u8 {
        match &self.store.place {
            // SAFETY: `index` is below the pool's count, so the chunk lies within the pages.
            Place::Own(pages) => unsafe { pages.as_ptr().add(self.index * self.store.chunk_bytes) },
            Place::Kept(kept) => kept.start(self.index),
        }
    }

    fn capacity(&self) -> usize {
        self.store.chunk_bytes
    }

    /// Where it stands in the registered buffers of the current core's ring.
    fn registered(&self) -> Option<u16> {
        if self.store.table != buffer_table::id() {
            return None;
        }
        let at = self.store.registered.get(self.index)?.load(Ordering::Relaxed);
        u16::try_from(at).ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.store.returned.give(self.index);
    }
}

/// A chunk being filled. One owner; `Send`. See the module for what it promises.
pub struct Chunk {
    held: Arc<Held>,
    filled: usize,
    /// What was filled when last somebody asked for more than that: what is shared are parts of
    /// it, so that a part costs no allocation.
    shared: RefCell<Bytes>,
}

impl Chunk {
    /// Bytes it can hold.
    pub fn capacity(&self) -> usize {
        self.held.capacity()
    }

    /// Bytes filled so far; they no longer change.
    pub fn len(&self) -> usize {
        self.filled
    }

    /// Is nothing filled yet?
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Bytes still to fill.
    pub fn remaining(&self) -> usize {
        self.capacity() - self.filled
    }

    /// The part not filled yet, to be written into and then [`Chunk::advance`]d over. Its content
    /// is what a former user left there.
    pub fn unfilled(&mut self) -> &mut [u8] {
        // SAFETY: within the chunk. Slices given out so far end at `filled`, and there is one
        // `Chunk` per chunk, borrowed mutably, so this part has no other user in this process.
        // The kernel may be reading it as padding of a block in flight: it cares for no values
        // there, since the block is written again when they matter.
        unsafe {
            std::slice::from_raw_parts_mut(self.held.start().add(self.filled), self.remaining())
        }
    }

    /// Declares the next `count` bytes filled.
    ///
    /// # Panics
    /// If fewer remain: a caller's bug.
    pub fn advance(&mut self, count: usize) {
        assert!(count <= self.remaining(), "a chunk is filled within its capacity");
        self.filled += count;
        if let Some(kept) = self.held.store.kept() {
            kept.fill(self.held.index, self.filled);
        }
    }

    /// Says what the chunk is for, where its memory outlives the process; see [`Kept::parts`].
    pub fn label(&self, label: u64) {
        if let Some(kept) = self.held.store.kept() {
            kept.label(self.held.index, label);
        }
    }

    /// Where it stands in the registered buffers of the current core's ring.
    #[cfg_attr(feature = "sim", expect(dead_code, reason = "for the buffers of a ring"))]
    pub(crate) fn registered(&self) -> Option<u16> {
        self.held.registered()
    }

    /// Appends `bytes` if they fit; says whether they did.
    pub fn append(&mut self, bytes: &[u8]) -> bool {
        let Some(target) = self.unfilled().get_mut(..bytes.len()) else { return false };
        target.copy_from_slice(bytes);
        self.advance(bytes.len());
        true
    }

    /// Filled bytes, shared without a copy.
    ///
    /// # Panics
    /// If the range is not filled: a caller's bug.
    pub fn bytes(&self, range: Range<usize>) -> Bytes {
        assert!(range.start <= range.end && range.end <= self.filled, "only filled bytes are read");
        let mut shared = self.shared.borrow_mut();
        if shared.len() < range.end {
            *shared = Bytes::from_owner(Filled { held: Arc::clone(&self.held), len: self.filled });
        }
        shared.slice(range)
    }

    /// Filled bytes to be written to a file, exactly.
    ///
    /// # Panics
    /// As [`Chunk::bytes`].
    pub fn span(&self, range: Range<usize>) -> Span {
        assert!(range.start <= range.end && range.end <= self.filled, "only filled bytes are kept");
        let len = range.end - range.start;
        Span { source: Source::Chunk(Arc::clone(&self.held)), start: range.start, len }
    }

    /// The whole blocks that hold bytes `from..len()`, to be written to a file opened for direct
    /// writes. `from` is rounded down to its block and the end up, padded with zeros; padding is
    /// not filled, and the last block is simply written again when more came into it.
    ///
    /// # Panics
    /// If `from` lies beyond what is filled: a caller's bug.
    pub fn blocks(&mut self, from: usize) -> Span {
        assert!(from <= self.filled, "only filled bytes are kept");
        let start = from / BLOCK_BYTES * BLOCK_BYTES;
        let end = self.filled.next_multiple_of(BLOCK_BYTES);
        let padding = end - self.filled;
        if let Some(tail) = self.unfilled().get_mut(..padding) {
            tail.fill(0);
        }
        Span { source: Source::Chunk(Arc::clone(&self.held)), start, len: end - start }
    }
}

/// What of a chunk was filled once, behind a `Bytes`.
struct Filled {
    held: Arc<Held>,
    len: usize,
}

impl AsRef<[u8]> for Filled {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: `len` bytes were filled when this was made; filled bytes are not written again
        // while the chunk is held.
        unsafe { std::slice::from_raw_parts(self.held.start(), self.len) }
    }
}

enum Source {
    Chunk(Arc<Held>),
    Bytes(Bytes),
}

/// Bytes on their way into a file. They cannot be looked at: their padding may be changing.
pub struct Span {
    source: Source,
    start: usize,
    len: usize,
}

impl Span {
    /// Bytes to write, padding included.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there nothing to write?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The first byte, for the kernel.
    pub(crate) fn as_ptr(&self) -> *const u8 {
        match &self.source {
            // SAFETY: a span lies within its chunk.
            Source::Chunk(held) => unsafe { held.start().add(self.start).cast_const() },
            Source::Bytes(bytes) => bytes.as_ptr(),
        }
    }

    /// Where this memory stands in the registered buffers of the current core's ring.
    #[cfg_attr(feature = "sim", expect(dead_code, reason = "for the buffers of a ring"))]
    pub(crate) fn registered(&self) -> Option<u16> {
        match &self.source {
            Source::Chunk(held) => held.registered(),
            Source::Bytes(_) => None,
        }
    }
}

impl From<Bytes> for Span {
    fn from(bytes: Bytes) -> Self {
        Self { start: 0, len: bytes.len(), source: Source::Bytes(bytes) }
    }
}

impl From<Vec<u8>> for Span {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}
