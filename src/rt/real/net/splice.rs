//! Sending a file's bytes without taking them into this process: file to pipe on a worker of the
//! ring, so that a page that must come from the disk stops nobody, then pipe to socket at once.
//!
//! The second step only hands over pages that are in memory, and does not block: the socket is
//! made non-blocking for it. When the socket is full the ring polls it. A worker that pushed into
//! a blocking socket instead would be stuck for as long as the peer is slow.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::rc::Rc;

use io_uring::{opcode, types};

use super::super::bridge::Local;
use super::super::disk::File;
use super::super::op::{Operation, check};
use super::send::SendTurn;
use super::stream::Stream;

/// What a pipe is asked to hold; the default of 64 KiB if the system does not allow more.
const PIPE_BYTES: i32 = 256 * 1024;
/// Empty pipes kept for the next file, per core.
const PIPES_MAX: usize = 32;

/// A pipe whose ends this process holds.
pub(crate) struct Pipe {
    read: OwnedFd,
    write: OwnedFd,
    capacity: u32,
}

impl Pipe {
    fn new() -> io::Result<Self> {
        let mut ends = [0; 2];
        // SAFETY: room for two descriptors.
        if unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } < 0 {
            return Err(io::Error::last_os_error());
        }
        let [read, write] = ends;
        // SAFETY: the kernel just made both.
        let (read, write) = unsafe { (OwnedFd::from_raw_fd(read), OwnedFd::from_raw_fd(write)) };
        // SAFETY: no pointers. Refused beyond a user's quota, and then the default stays.
        let capacity = unsafe {
            libc::fcntl(write.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_BYTES);
            libc::fcntl(write.as_raw_fd(), libc::F_GETPIPE_SZ)
        };
        Ok(Self { read, write, capacity: u32::try_from(capacity).unwrap_or(65_536) })
    }
}

/// The empty pipes of a core.
#[derive(Default)]
pub(crate) struct Pipes {
    idle: RefCell<Vec<Pipe>>,
}

impl Pipes {
    fn take(&self) -> io::Result<Pipe> {
        let idle = self.idle.borrow_mut().pop();
        idle.map_or_else(Pipe::new, Ok)
    }

    /// Takes back a pipe that is empty. One with bytes left in it is dropped instead.
    fn give(&self, pipe: Pipe) {
        let mut idle = self.idle.borrow_mut();
        if idle.len() < PIPES_MAX {
            idle.push(pipe);
        }
    }
}

impl Stream {
    /// Sends `len` bytes of `file` from `offset` on, straight from the page cache. In turn with
    /// other sends. Dropping the future after some bytes went out shuts the connection down.
    ///
    /// # Errors
    /// As [`Stream::send`] and `splice(2)`; `UnexpectedEof` if the file ends before. After an
    /// error the connection is shut down, for the peer waits for the rest.
    pub async fn send_file(&self, file: &File, offset: u64, len: u64) -> io::Result<()> {
        if len == 0 {
            return Ok(());
        }
        let turn = SendTurn::take(self).await?;
        socket2::SockRef::from(&*self.fd).set_nonblocking(true)?;
        let pipes = &self.core.pipes;
        let mut pipe = pipes.take()?;
        let mut at = offset;
        let end = offset.saturating_add(len);
        while at < end {
            let want = u32::try_from(end - at).unwrap_or(u32::MAX).min(pipe.capacity);
            let (filled, back) = fill(&self.core, pipe, file, at, want).await;
            pipe = back;
            let filled = filled?;
            if filled == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            at += filled as u64;
            self.drain(&pipe, filled, at < end).await?;
        }
        pipes.give(pipe);
        turn.done();
        Ok(())
    }

    /// Moves `left` bytes from the pipe into the socket.
    async fn drain(&self, pipe: &Pipe, mut left: usize, more: bool) -> io::Result<()> {
        while left > 0 {
            match splice_now(pipe.read.as_raw_fd(), self.fd.as_raw_fd(), left, more) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(moved) => left -= moved.min(left),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => self.writable().await?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// Moves up to `want` bytes of the file at `offset` into the pipe, on a worker.
async fn fill(
    core: &Rc<Local>,
    pipe: Pipe,
    file: &File,
    offset: u64,
    want: u32,
) -> (io::Result<usize>, Pipe) {
    let offset = i64::try_from(offset).unwrap_or(i64::MAX);
    let from = types::Fd(file.readable().as_raw_fd());
    let to = types::Fd(pipe.write.as_raw_fd());
    let entry = opcode::Splice::new(from, offset, to, -1, want).flags(libc::SPLICE_F_MOVE).build();
    let keep = Box::new((pipe, file.clone()));
    // SAFETY: a splice points to no memory; `keep` holds both descriptors open.
    let (result, keep) = unsafe { Operation::submit(core, keep, entry) }.await;
    let (pipe, _) = *keep;
    (check(result), pipe)
}

/// Moves bytes that are in the pipe into a non-blocking socket.
fn splice_now(from: RawFd, to: RawFd, len: usize, more: bool) -> io::Result<usize> {
    let more = if more { libc::SPLICE_F_MORE } else { 0 };
    let flags = libc::SPLICE_F_MOVE | libc::SPLICE_F_NONBLOCK | more;
    // SAFETY: no offsets are passed: both sides have none.
    let moved =
        unsafe { libc::splice(from, std::ptr::null_mut(), to, std::ptr::null_mut(), len, flags) };
    usize::try_from(moved).map_err(|_| io::Error::last_os_error())
}
