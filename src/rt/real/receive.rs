//! The buffers that received bytes land in: one group per core, shared by all its connections.
//!
//! The kernel takes a buffer from the group when bytes arrive, so an idle connection costs none.
//! A buffer comes back when its [`RecvBuf`] is dropped, on whatever thread: it sets a bit, and the
//! driver of the owning core puts it back into the group with its next turn.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use io_uring::types::BufRingEntry;

use super::ring::Ring;
use crate::rt::buffer::{Pages, Returned};
use crate::rt::capabilities::Capabilities;

/// Buffers per core; a power of two, as the kernel wants it.
pub(crate) const BUFFERS: u16 = 512;
/// Size of each, in bytes.
pub(crate) const BUFFER_BYTES: usize = 16 * 1024;
/// The group's name in the ring.
pub(crate) const GROUP: u16 = 0;

/// The ring of free buffers that the kernel reads.
pub(crate) struct BufferRing {
    /// Entries, then nothing; the tail lies in the first entry. Unmapped after the ring is closed
    /// or the group unregistered; the kernel holds its own reference to the pages.
    entries: Pages,
    mask: u16,
    tail: u16,
}

impl BufferRing {
    /// An empty group of `count` entries, a power of two.
    ///
    /// # Errors
    /// EINVAL on kernels before 5.19; ENOMEM.
    pub(crate) fn register(ring: &Ring, count: u16, group: u16) -> io::Result<Self> {
        let entries = Pages::new(usize::from(count) * size_of::<BufRingEntry>());
        let address = entries.as_ptr() as u64;
        // SAFETY: the pages are zeroed, aligned, large enough, and live as long as the group.
        unsafe { ring.submitter().register_buf_ring_with_flags(address, count, group, 0) }?;
        Ok(Self { entries, mask: count - 1, tail: 0 })
    }

    /// Puts one buffer into the group, visible after [`BufferRing::publish`].
    ///
    /// # Safety
    /// The memory is writable and used by nobody else until a completion names `id`, and mapped
    /// until the group is gone. Not more buffers than entries are in the group.
    pub(crate) unsafe fn add(&mut self, start: *mut u8, len: usize, id: u16) {
        let at = usize::from(self.tail & self.mask);
        // SAFETY: `at` is below the number of entries, and this one is not the kernel's before
        // the tail passes it.
        let entry = unsafe { &mut *self.entries.as_ptr().cast::<BufRingEntry>().add(at) };
        entry.set_addr(start as u64);
        entry.set_len(u32::try_from(len).unwrap_or(u32::MAX));
        entry.set_bid(id);
        self.tail = self.tail.wrapping_add(1);
    }

    /// Shows the kernel what was added.
    pub(crate) fn publish(&self) {
        // SAFETY: the first entry was initialised by the kernel's rules (zeroed pages), and the
        // tail in it is a properly aligned u16 that only this side writes.
        let tail = unsafe {
            let tail = BufRingEntry::tail(self.entries.as_ptr().cast::<BufRingEntry>());
            AtomicU16::from_ptr(tail.cast_mut())
        };
        tail.store(self.tail, Ordering::Release);
    }
}

/// The memory of the group, shared with every buffer that is out.
struct Shared {
    pages: Pages,
    returned: Returned,
}

impl Shared {
    fn buffer(&self, id: u16) -> *mut u8 {
        // SAFETY: ids are below `BUFFERS`, for which the pages were made.
        unsafe { self.pages.as_ptr().add(usize::from(id) * BUFFER_BYTES) }
    }
}

/// The receive buffers of one core.
pub(crate) struct ReceiveBuffers {
    group: Option<BufferRing>,
    shared: Arc<Shared>,
    available: u16,
}

impl ReceiveBuffers {
    /// Makes the group and fills it, if the kernel can; otherwise each receive brings its own
    /// buffer.
    pub(crate) fn new(ring: &Ring, capabilities: &mut Capabilities) -> Self {
        let mut group = None;
        if capabilities.rungs.buffer_ring {
            match BufferRing::register(ring, BUFFERS, GROUP) {
                Ok(registered) => group = Some(registered),
                Err(error) => {
                    capabilities.rungs.buffer_ring = false;
                    capabilities.note(format!("shared receive buffers refused: {error}"));
                }
            }
        }
        capabilities.rungs.multishot_recv &= group.is_some();
        let bytes = if group.is_some() { usize::from(BUFFERS) * BUFFER_BYTES } else { 0 };
        let returned = Returned::new(usize::from(BUFFERS));
        let shared = Arc::new(Shared { pages: Pages::new(bytes), returned });
        let mut buffers = Self { group, shared, available: 0 };
        if buffers.group.is_some() {
            (0..usize::from(BUFFERS)).for_each(|id| buffers.shared.returned.give(id));
            buffers.take_back();
        }
        buffers
    }

    /// Buffers that the kernel can still fill.
    pub(crate) fn available(&self) -> u16 {
        self.available
    }

    /// Puts buffers that were dropped back into the group.
    pub(crate) fn take_back(&mut self) {
        let Some(group) = &mut self.group else { return };
        let before = self.available;
        let (shared, available) = (&self.shared, &mut self.available);
        shared.returned.take(|id| {
            let id = u16::try_from(id).unwrap_or(u16::MAX);
            // SAFETY: `id` was out and is back, so its memory has no other user; the pages live as
            // long as `shared`, which outlives the ring.
            unsafe { group.add(shared.buffer(id), BUFFER_BYTES, id) };
            *available += 1;
        });
        if self.available != before {
            group.publish();
        }
    }

    /// The buffer that a completion with `len` bytes names in its `flags`.
    pub(crate) fn received(&mut self, flags: u32, len: usize) -> Option<RecvBuf> {
        let id = io_uring::cqueue::buffer_select(flags)?;
        self.available = self.available.saturating_sub(1);
        let memory = Memory::Shared { shared: Arc::clone(&self.shared), id };
        Some(RecvBuf { memory, len: len.min(BUFFER_BYTES) })
    }
}

enum Memory {
    Shared { shared: Arc<Shared>, id: u16 },
    Own(Box<[u8]>),
}

/// Bytes received. `Send`; gives its buffer back when dropped, so hold it briefly: there are
/// [`BUFFERS`](self) per core, and while none is left each receive costs an allocation.
pub struct RecvBuf {
    memory: Memory,
    len: usize,
}

impl RecvBuf {
    /// Bytes in a buffer of their own.
    pub(crate) fn own(bytes: Box<[u8]>, len: usize) -> Self {
        let len = len.min(bytes.len());
        Self { memory: Memory::Own(bytes), len }
    }

    /// The bytes as `Bytes`, without a copy; the buffer goes back when the last clone is dropped.
    pub fn into_bytes(self) -> bytes::Bytes {
        bytes::Bytes::from_owner(self)
    }
}

impl Deref for RecvBuf {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match &self.memory {
            // SAFETY: the kernel filled `len` bytes and gave the buffer to this value alone.
            Memory::Shared { shared, id } => unsafe {
                std::slice::from_raw_parts(shared.buffer(*id), self.len)
            },
            Memory::Own(bytes) => bytes.get(..self.len).unwrap_or_default(),
        }
    }
}

impl AsRef<[u8]> for RecvBuf {
    fn as_ref(&self) -> &[u8] {
        self
    }
}

impl fmt::Debug for RecvBuf {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "RecvBuf({} bytes)", self.len)
    }
}

impl Drop for RecvBuf {
    fn drop(&mut self) {
        if let Memory::Shared { shared, id } = &self.memory {
            shared.returned.give(usize::from(*id));
        }
    }
}
