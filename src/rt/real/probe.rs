//! Asks the kernel what it can do, by doing each thing once on a ring that is then closed.

use std::io::{self, Write};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use io_uring::{cqueue, opcode, types};

use super::op::cancellation;
use super::receive::BufferRing;
use super::ring::{Completion, Ring};
use crate::rt::buffer::Pages;
use crate::rt::capabilities::{Capabilities, Rungs, kernel_release};
use crate::rt::start::StartError;

/// glommio refuses to start below this limit on locked memory.
pub(crate) const LOCKED_BYTES_MIN: u64 = 512 * 1024;

/// What to take away, first to last, when setup says EINVAL: newest first.
const SETUP_RUNGS: &[&str] = &["defer_taskrun", "single_issuer", "coop_taskrun", "submit_all"];

/// The limit on locked memory, after raising it as far as this process may; `None`: unlimited.
pub(crate) fn locked_bytes() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls touch only the structure they are given.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_MEMLOCK, &raw mut limit) < 0 {
            return None;
        }
        if limit.rlim_cur < limit.rlim_max {
            let raised = libc::rlimit { rlim_cur: limit.rlim_max, ..limit };
            if libc::setrlimit(libc::RLIMIT_MEMLOCK, &raw const raised) == 0 {
                limit = raised;
            }
        }
    }
    (limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur)
}

/// See [`Capabilities::probe`].
pub(crate) fn probe(wanted: Rungs) -> Result<Capabilities, StartError> {
    let kernel = kernel_release()
        .map_err(|source| StartError::System { what: "name of the kernel", source })?;
    let locked_bytes_max = locked_bytes();
    if let Some(limit_bytes) = locked_bytes_max.filter(|limit| *limit < LOCKED_BYTES_MIN) {
        return Err(StartError::LockedMemory { limit_bytes, needed_bytes: LOCKED_BYTES_MIN });
    }
    let mut rungs = wanted;
    let mut ring = open_below(&mut rungs)?;
    let missing = ring.missing_operation();
    if let Some(operation) = missing.map_err(|error| StartError::from_setup("probe", error))? {
        return Err(StartError::OperationMissing { kernel, operation });
    }
    rungs.registered_buffers =
        rungs.registered_buffers && ring.submitter().register_buffers_sparse(4).is_ok();
    rungs.registered_ring = rungs.registered_ring && ring.submitter().register_ring_fd().is_ok();
    rungs.multishot_accept =
        rungs.multishot_accept && try_multishot_accept(&mut ring).unwrap_or(false);
    let (buffer_ring, multishot_recv) = if rungs.buffer_ring {
        try_receive(&mut ring).unwrap_or((false, false))
    } else {
        (false, false)
    };
    rungs.buffer_ring = buffer_ring;
    rungs.multishot_recv = rungs.multishot_recv && multishot_recv;
    Ok(Capabilities { kernel, rungs, locked_bytes_max, notes: Vec::new() })
}

/// Opens a ring, giving up one setup feature after the other as the kernel refuses them.
fn open_below(rungs: &mut Rungs) -> Result<Ring, StartError> {
    rungs.defer_taskrun &= rungs.single_issuer;
    let mut left = SETUP_RUNGS.iter();
    loop {
        match Ring::open(rungs) {
            Ok(ring) => return Ok(ring),
            Err(error) if error.raw_os_error() == Some(libc::EINVAL) => match left.next() {
                Some(name) => rungs.turn_off(name),
                None => return Err(StartError::from_setup("io_uring", error)),
            },
            Err(error) => return Err(StartError::from_setup("io_uring", error)),
        };
    }
}

/// Waits for the next completion of `user_data`.
fn answer(ring: &mut Ring, user_data: u64) -> io::Result<Completion> {
    let mut completions = Vec::new();
    loop {
        ring.turn(&mut completions, true)?;
        if let Some(found) = completions.iter().find(|found| found.user_data == user_data) {
            return Ok(*found);
        }
        completions.clear();
    }
}

/// Ends operation `user_data` and waits for its last completion.
fn finish(ring: &mut Ring, user_data: u64) -> io::Result<()> {
    // SAFETY: a cancellation points to no memory.
    unsafe { ring.push(cancellation(user_data)) };
    while cqueue::more(answer(ring, user_data)?.flags) {}
    Ok(())
}

/// A listener without a name in any file system, and a connection waiting on it: a kernel with
/// multishot accept answers that more will follow.
fn try_multishot_accept(ring: &mut Ring) -> io::Result<bool> {
    use std::os::linux::net::SocketAddrExt;
    use std::os::unix::net::{SocketAddr, UnixListener};
    let name = format!("ringmq-probe-{}-{}", std::process::id(), crate::rt::random::u64());
    let address = SocketAddr::from_abstract_name(name)?;
    let listener = UnixListener::bind_addr(&address)?;
    let _peer = UnixStream::connect_addr(&address)?;
    const ACCEPT: u64 = 1;
    let accept = opcode::AcceptMulti::new(types::Fd(listener.as_raw_fd())).build();
    // SAFETY: a multishot accept points to no memory.
    unsafe { ring.push(accept.user_data(ACCEPT)) };
    let first = answer(ring, ACCEPT)?;
    let Ok(fd) = super::op::check(first.result) else { return Ok(false) };
    if let Ok(fd) = i32::try_from(fd) {
        // SAFETY: the kernel just handed us this descriptor.
        drop(unsafe { OwnedFd::from_raw_fd(fd) });
    }
    let more = cqueue::more(first.flags);
    if more {
        finish(ring, ACCEPT)?;
    }
    Ok(more)
}

/// Receives one byte into a buffer ring: (buffer ring works, multishot receive works).
fn try_receive(ring: &mut Ring) -> io::Result<(bool, bool)> {
    const RECEIVE: u64 = 2;
    const GROUP: u16 = 7;
    let memory = Pages::new(1);
    let mut buffers = BufferRing::register(ring, 1, GROUP)?;
    // SAFETY: `memory` outlives the receive, which is finished below.
    unsafe { buffers.add(memory.as_ptr(), memory.len(), 0) };
    buffers.publish();
    let (mut near, far) = UnixStream::pair()?;
    near.write_all(b"x")?;
    let receive = opcode::RecvMulti::new(types::Fd(far.as_raw_fd()), GROUP).build();
    // SAFETY: the buffers belong to the group, which is unregistered after the receive finished.
    unsafe { ring.push(receive.user_data(RECEIVE)) };
    let first = answer(ring, RECEIVE)?;
    let more = cqueue::more(first.flags);
    if more {
        finish(ring, RECEIVE)?;
    }
    ring.submitter().unregister_buf_ring(GROUP)?;
    Ok((true, first.result == 1 && more))
}
