//! The table of registered buffers of a core's ring: memory the kernel has pinned and mapped once,
//! so that a write from it skips that work.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use super::bridge;
use super::ring::Ring;
use crate::rt::capabilities::Capabilities;

/// Entries of the table: the most chunks that one core can have registered.
pub(crate) const SLOTS: u16 = 1024;

static NEXT_ID: AtomicU64 = AtomicU64::new(1);

thread_local! {
    /// Names the table of this thread's core; 0 on a thread that is no core.
    static ID: Cell<u64> = const { Cell::new(0) };
}

/// The table of the current core, by a number that no other table of this process ever had.
pub(crate) fn id() -> u64 {
    ID.try_with(Cell::get).unwrap_or(0)
}

/// The free entries of one core's table.
#[derive(Default)]
pub(crate) struct BufferTable {
    free: Vec<u16>,
}

impl BufferTable {
    /// Makes the table, empty. Without it (an older kernel, no memory to lock) every registration
    /// is refused and writes go the ordinary way.
    pub(crate) fn new(ring: &Ring, capabilities: &mut Capabilities) -> Self {
        ID.set(NEXT_ID.fetch_add(1, Ordering::Relaxed));
        if !capabilities.rungs.registered_buffers {
            return Self::default();
        }
        match ring.submitter().register_buffers_sparse(u32::from(SLOTS)) {
            Ok(()) => Self { free: (0..SLOTS).rev().collect() },
            Err(error) => {
                capabilities.rungs.registered_buffers = false;
                capabilities.note(format!("registered buffers refused: {error}"));
                Self::default()
            }
        }
    }
}

/// Forgets the table when its core ends.
pub(crate) fn leave() {
    ID.set(0);
}

/// Registers `len` bytes with the current core's ring. `None`: refused, which is noted once.
///
/// # Safety
/// The memory is mapped for as long as it is registered.
pub(crate) unsafe fn register(start: *mut u8, len: usize) -> Option<u16> {
    if !bridge::is_core() {
        return None;
    }
    let local = bridge::local();
    let at = local.buffers.borrow_mut().free.pop()?;
    let vector = [libc::iovec { iov_base: start.cast(), iov_len: len }];
    // SAFETY: the caller keeps the memory mapped.
    let updated = local.with_ring(|ring| unsafe {
        ring.submitter().register_buffers_update(u32::from(at), &vector, None)
    });
    match updated {
        Ok(_) => Some(at),
        Err(error) => {
            local.buffers.borrow_mut().free.push(at);
            local.capabilities.borrow_mut().note(format!(
                "a buffer of {len} bytes could not be registered ({error}); the rest go \
                 unregistered: raise the limit on locked memory (ulimit -l)"
            ));
            None
        }
    }
}

/// Takes an entry out of the current core's table.
pub(crate) fn unregister(at: u16) {
    if !bridge::is_core() {
        return;
    }
    let local = bridge::local();
    let nothing = [libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 }];
    // SAFETY: an empty vector names no memory; writes in flight hold their own reference.
    let updated = local.with_ring(|ring| unsafe {
        ring.submitter().register_buffers_update(u32::from(at), &nothing, None)
    });
    if updated.is_ok() {
        local.buffers.borrow_mut().free.push(at);
    }
}
