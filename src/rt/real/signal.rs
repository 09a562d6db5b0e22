//! SIGTERM and SIGINT as a future.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::rc::Rc;

use io_uring::{opcode, types};

use super::bridge::local;
use super::op::{Operation, check};

/// A request to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGINT: somebody pressed Ctrl-C.
    Interrupt,
    /// SIGTERM: a supervisor or an operator asks.
    Terminate,
}

fn watched() -> libc::sigset_t {
    // SAFETY: the calls only write the set they are given, and both signals exist.
    unsafe {
        let mut set: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&raw mut set);
        libc::sigaddset(&raw mut set, libc::SIGINT);
        libc::sigaddset(&raw mut set, libc::SIGTERM);
        set
    }
}

/// Blocks both signals for this thread and those it makes from now on, so that they stay pending
/// for [`termination`].
///
/// # Errors
/// Never on a sane system.
pub(crate) fn block() -> io::Result<()> {
    let set = watched();
    // SAFETY: the set is initialised; the old mask is not asked for.
    let result =
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, std::ptr::null_mut()) };
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}

/// Waits for SIGTERM or SIGINT. Needs `CorePlan::catch_signals`; one core waits at a time.
///
/// # Errors
/// No descriptor left, or the ring failed.
pub async fn termination() -> io::Result<Signal> {
    let set = watched();
    // SAFETY: the set is initialised; a new descriptor is asked for.
    let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel just made this descriptor.
    let signals = Rc::new(unsafe { OwnedFd::from_raw_fd(fd) });
    loop {
        // Polled rather than read through the ring: older kernels would block a worker on it.
        let poll = opcode::PollAdd::new(types::Fd(signals.as_raw_fd()), libc::POLLIN as u32);
        let keep = Box::new(Rc::clone(&signals));
        // SAFETY: a poll points to no memory.
        let polled = unsafe { Operation::submit(&local(), keep, poll.build()) };
        check(polled.await.0)?;
        // SAFETY: an all-zero record is valid, and the read is given its exact size.
        let (got, info) = unsafe {
            let mut info: libc::signalfd_siginfo = std::mem::zeroed();
            let size = size_of::<libc::signalfd_siginfo>();
            (libc::read(signals.as_raw_fd(), (&raw mut info).cast(), size), info)
        };
        if got > 0 {
            let interrupt = i32::try_from(info.ssi_signo) == Ok(libc::SIGINT);
            return Ok(if interrupt { Signal::Interrupt } else { Signal::Terminate });
        }
    }
}
