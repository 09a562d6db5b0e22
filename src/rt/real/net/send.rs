//! Sending: many pieces with one call to the kernel, continued until all is sent.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::task::{Poll, Waker};

use bytes::{Buf, Bytes};
use io_uring::{opcode, types};

use super::super::op::{Operation, check};
use super::stream::{Shutdown, Stream};

/// Most pieces one `sendmsg(2)` takes (`IOV_MAX`).
const PIECES_MAX: usize = 1024;

/// MSG_WAITALL lets newer kernels finish a short send by themselves.
const FLAGS: i32 = libc::MSG_NOSIGNAL | libc::MSG_WAITALL;

/// The sending half of a stream: one send at a time, and none after one that was given up.
#[derive(Default)]
pub(super) struct Sending {
    busy: Cell<bool>,
    broken: Cell<bool>,
    waiting: RefCell<VecDeque<Waker>>,
}

/// The right to send. Dropped before [`SendTurn::done`] it leaves a message cut short: the stream
/// is then shut down, because nothing that follows could be understood.
pub(super) struct SendTurn<'a> {
    stream: &'a Stream,
    finished: bool,
}

impl<'a> SendTurn<'a> {
    /// Waits for the sends before this one.
    ///
    /// # Errors
    /// An earlier send failed or was given up.
    pub(super) async fn take(stream: &'a Stream) -> io::Result<Self> {
        let sending = &stream.sending;
        poll_fn(|context| {
            if sending.busy.get() {
                sending.waiting.borrow_mut().push_back(context.waker().clone());
                return Poll::Pending;
            }
            sending.busy.set(true);
            Poll::Ready(())
        })
        .await;
        let turn = Self { stream, finished: false };
        if sending.broken.get() {
            return Err(io::ErrorKind::BrokenPipe.into());
        }
        Ok(turn)
    }

    /// All was sent.
    pub(super) fn done(mut self) {
        self.finished = true;
    }
}

impl Drop for SendTurn<'_> {
    fn drop(&mut self) {
        let sending = &self.stream.sending;
        sending.busy.set(false);
        if !self.finished && !sending.broken.replace(true) {
            // An error means that the peer is gone, which is as good.
            let _closed = self.stream.shutdown(Shutdown::Both);
        }
        // All of them: one that no longer polls must not swallow the only wake-up.
        sending.waiting.borrow_mut().drain(..).for_each(Waker::wake);
    }
}

/// What a send in flight owns.
struct Pieces {
    message: libc::msghdr,
    vectors: Vec<libc::iovec>,
    bytes: VecDeque<Bytes>,
    _fd: Rc<OwnedFd>,
}

impl Pieces {
    fn new(bytes: VecDeque<Bytes>, fd: &Rc<OwnedFd>) -> Box<Self> {
        let vectors = bytes.iter().take(PIECES_MAX).map(|piece| libc::iovec {
            iov_base: piece.as_ptr().cast_mut().cast(),
            iov_len: piece.len(),
        });
        let vectors = vectors.collect();
        // SAFETY: an all-zero header is valid: no address, no vectors, no control data.
        let message = unsafe { std::mem::zeroed() };
        let mut pieces = Box::new(Self { message, vectors, bytes, _fd: Rc::clone(fd) });
        pieces.message.msg_iov = pieces.vectors.as_mut_ptr();
        pieces.message.msg_iovlen = pieces.vectors.len();
        pieces
    }
}

impl Stream {
    /// Sends all of `pieces`, in order, without copying them; ready when the kernel has taken the
    /// last byte. Sends that overlap follow one another. Dropping the future after some bytes went
    /// out shuts the connection down.
    ///
    /// # Errors
    /// As `sendmsg(2)`: EPIPE, ECONNRESET; every later send fails as well.
    pub async fn send(&self, pieces: Vec<Bytes>) -> io::Result<()> {
        let mut left: VecDeque<Bytes> = pieces.into();
        left.retain(|piece| !piece.is_empty());
        if left.is_empty() {
            return Ok(());
        }
        let turn = SendTurn::take(self).await?;
        while !left.is_empty() {
            let (sent, mut rest) = self.send_some(left).await;
            advance(&mut rest, sent?);
            left = rest;
        }
        turn.done();
        Ok(())
    }

    /// One send; the pieces come back with the number of bytes that went out.
    async fn send_some(&self, pieces: VecDeque<Bytes>) -> (io::Result<usize>, VecDeque<Bytes>) {
        let fd = types::Fd(self.fd.as_raw_fd());
        let keep = Pieces::new(pieces, &self.fd);
        let entry = match keep.vectors.as_slice() {
            [one] => {
                let len = u32::try_from(one.iov_len).unwrap_or(u32::MAX);
                opcode::Send::new(fd, one.iov_base.cast_const().cast(), len).flags(FLAGS).build()
            }
            _ => {
                let flags = u32::try_from(FLAGS).unwrap_or(0);
                opcode::SendMsg::new(fd, &raw const keep.message).flags(flags).build()
            }
        };
        // SAFETY: the entry points to the header in the box, or to bytes; the header to vectors on
        // the heap; those to bytes. `keep` owns all of them and nobody changes them.
        let (result, keep) = unsafe { Operation::submit(&self.core, keep, entry) }.await;
        let sent = match check(result) {
            // Nothing sent and no error: try again.
            Err(error) if matches!(error.raw_os_error(), Some(libc::EINTR)) => Ok(0),
            Err(error) if matches!(error.raw_os_error(), Some(libc::EAGAIN)) => {
                self.writable().await.map(|()| 0)
            }
            other => other,
        };
        (sent, keep.bytes)
    }

    /// Waits until the socket takes more bytes.
    pub(super) async fn writable(&self) -> io::Result<()> {
        let interest = u32::from(libc::POLLOUT.unsigned_abs());
        let poll = opcode::PollAdd::new(types::Fd(self.fd.as_raw_fd()), interest).build();
        // SAFETY: a poll points to no memory.
        let polled = unsafe { Operation::submit(&self.core, Box::new(self.fd.clone()), poll) };
        check(polled.await.0).map(|_| ())
    }
}

/// Drops the first `count` bytes.
fn advance(pieces: &mut VecDeque<Bytes>, mut count: usize) {
    while let Some(first) = pieces.front_mut() {
        if first.len() > count {
            first.advance(count);
            return;
        }
        count -= first.len();
        pieces.pop_front();
    }
}
