//! A TCP connection on one core: receiving.
//!
//! A receive stays armed in the kernel and fills shared buffers as bytes arrive; they queue here
//! until asked for. A consumer that falls behind makes the queue reach its limit: the receive is
//! then stopped, bytes pile up in the socket, and TCP slows the peer down. When the shared buffers
//! are used up, whoever still consumes goes on with buffers of its own, so that consumers that
//! hoard cannot stop those that do not.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use io_uring::{opcode, squeue, types};

use super::super::bridge::{Local, local};
use super::super::op::{OpId, Operation, Sink, check, submit_multishot};
use super::super::receive::{BUFFER_BYTES, GROUP, RecvBuf};
use super::send::Sending;

/// Received buffers that may wait for a consumer before its receive is stopped.
const RECEIVED_MAX: usize = 16;

/// Which half of a connection to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shutdown {
    /// No more sends: the peer sees the end after what was sent.
    Write,
    /// Neither sends nor receives: waiting calls end.
    Both,
}

/// A connected TCP socket on its way to a core. `Send`; closed when dropped.
#[derive(Debug)]
pub struct Socket {
    pub(super) fd: OwnedFd,
    peer: SocketAddr,
    local: SocketAddr,
}

impl Socket {
    /// Takes a connected descriptor and sets TCP_NODELAY: what is sent is complete as it is.
    ///
    /// # Errors
    /// The socket is not connected (any more).
    pub(super) fn adopt(fd: OwnedFd) -> io::Result<Self> {
        let socket = socket2::SockRef::from(&fd);
        socket.set_tcp_nodelay(true)?;
        let unnamed = || io::Error::from(io::ErrorKind::Unsupported);
        let peer = socket.peer_addr()?.as_socket().ok_or_else(unnamed)?;
        let local = socket.local_addr()?.as_socket().ok_or_else(unnamed)?;
        Ok(Self { fd, peer, local })
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// This side's address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }
}

/// How a connection's receiving half ended.
#[derive(Clone, Copy)]
enum End {
    Closed,
    Failed(i32),
}

/// A receive into a buffer of its own, which the kernel hands back with the length.
type OwnReceive = Operation<(Box<[u8]>, Rc<OwnedFd>)>;

/// What the armed receive delivers into.
struct Receiving {
    /// Keeps the socket open until the kernel is done with it.
    fd: Rc<OwnedFd>,
    received: RefCell<VecDeque<RecvBuf>>,
    end: Cell<Option<End>>,
    armed: Cell<Option<OpId>>,
    stopping: Cell<bool>,
    own: RefCell<Option<OwnReceive>>,
    waiting: Cell<Option<Waker>>,
}

impl Receiving {
    fn fail(&self, errno: i32) {
        match errno {
            // Stopped by us, out of shared buffers, or disturbed: armed again when asked.
            libc::ECANCELED | libc::ENOBUFS | libc::EAGAIN | libc::EINTR => {}
            _ => self.end.set(Some(End::Failed(errno))),
        }
    }
}

impl Sink for Receiving {
    fn complete(&self, local: &Local, result: i32, flags: u32, more: bool) {
        match check(result) {
            Ok(len) => {
                // Takes the buffer named with an end of stream too, and gives it back at once.
                let buffer = local.receive.borrow_mut().received(flags, len);
                match buffer {
                    Some(buffer) if len > 0 => self.received.borrow_mut().push_back(buffer),
                    _ => self.end.set(Some(End::Closed)),
                }
            }
            Err(_) => self.fail(-result),
        }
        if !more {
            self.armed.set(None);
            self.stopping.set(false);
        } else if self.received.borrow().len() >= RECEIVED_MAX
            && !self.stopping.get()
            && let Some(id) = self.armed.get()
        {
            self.stopping.set(true);
            local.cancel(id);
        }
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

/// A TCP connection. Lives on one core. One task receives and one sends, at the same time if they
/// like; closed when dropped, with what is in flight cancelled.
pub struct Stream {
    pub(super) core: Rc<Local>,
    pub(super) fd: Rc<OwnedFd>,
    receiving: Rc<Receiving>,
    pub(super) sending: Sending,
    peer: SocketAddr,
    local: SocketAddr,
}

impl Stream {
    /// Settles a connection on this core.
    pub fn attach(socket: Socket) -> Self {
        let fd = Rc::new(socket.fd);
        let receiving = Receiving {
            fd: Rc::clone(&fd),
            received: RefCell::default(),
            end: Cell::default(),
            armed: Cell::default(),
            stopping: Cell::default(),
            own: RefCell::default(),
            waiting: Cell::default(),
        };
        Self {
            core: local(),
            fd,
            receiving: Rc::new(receiving),
            sending: Sending::default(),
            peer: socket.peer,
            local: socket.local,
        }
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.peer
    }

    /// This side's address.
    pub fn local(&self) -> SocketAddr {
        self.local
    }

    /// The next bytes, as many as arrived together (at most 16 KiB); `None` when the peer has
    /// ended its half. Dropping the future loses no bytes.
    ///
    /// # Errors
    /// As `recv(2)`: ECONNRESET, ETIMEDOUT. Every later call says the same.
    pub async fn recv(&self) -> io::Result<Option<RecvBuf>> {
        poll_fn(|context| self.poll_recv(context)).await
    }

    fn poll_recv(&self, context: &mut Context<'_>) -> Poll<io::Result<Option<RecvBuf>>> {
        let receiving = &self.receiving;
        loop {
            if let Some(buffer) = receiving.received.borrow_mut().pop_front() {
                return Poll::Ready(Ok(Some(buffer)));
            }
            match receiving.end.get() {
                Some(End::Closed) => return Poll::Ready(Ok(None)),
                Some(End::Failed(errno)) => {
                    return Poll::Ready(Err(io::Error::from_raw_os_error(errno)));
                }
                None => {}
            }
            if let Some(own) = receiving.own.borrow_mut().as_mut() {
                let Poll::Ready((result, keep)) = Pin::new(own).poll(context) else {
                    return Poll::Pending;
                };
                match check(result) {
                    Ok(0) => receiving.end.set(Some(End::Closed)),
                    Ok(len) => {
                        receiving.received.borrow_mut().push_back(RecvBuf::own(keep.0, len));
                    }
                    Err(_) => receiving.fail(-result),
                }
            } else if receiving.armed.get().is_some() {
                receiving.waiting.set(Some(context.waker().clone()));
                return Poll::Pending;
            } else {
                self.arm();
                continue;
            }
            *receiving.own.borrow_mut() = None;
        }
    }

    /// Starts a receive: into shared buffers while there are any, into its own otherwise.
    fn arm(&self) {
        let rungs = self.core.capabilities.borrow().rungs;
        let fd = types::Fd(self.fd.as_raw_fd());
        let receiving = &self.receiving;
        if rungs.buffer_ring && self.core.receive.borrow().available() > 0 {
            let entry = if rungs.multishot_recv {
                opcode::RecvMulti::new(fd, GROUP).build()
            } else {
                let nowhere = std::ptr::null_mut();
                let receive = opcode::Recv::new(fd, nowhere, 0).buf_group(GROUP);
                receive.build().flags(squeue::Flags::BUFFER_SELECT)
            };
            let sink = Rc::clone(receiving) as Rc<dyn Sink>;
            receiving.armed.set(Some(submit_multishot(&self.core, sink, entry)));
            return;
        }
        let mut buffer = vec![0; BUFFER_BYTES].into_boxed_slice();
        let len = u32::try_from(buffer.len()).unwrap_or(u32::MAX);
        let entry = opcode::Recv::new(fd, buffer.as_mut_ptr(), len).build();
        let keep = Box::new((buffer, Rc::clone(&receiving.fd)));
        // SAFETY: the entry points to the boxed buffer, which `keep` owns and nobody else sees.
        let own = unsafe { Operation::submit(&self.core, keep, entry) };
        *receiving.own.borrow_mut() = Some(own);
    }

    /// Ends one half or both. What was sent before still goes out.
    ///
    /// # Errors
    /// The peer is gone already.
    pub fn shutdown(&self, which: Shutdown) -> io::Result<()> {
        let which = match which {
            Shutdown::Write => std::net::Shutdown::Write,
            Shutdown::Both => std::net::Shutdown::Both,
        };
        socket2::SockRef::from(&*self.fd).shutdown(which)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if let Some(id) = self.receiving.armed.get() {
            self.core.cancel(id);
        }
        // The descriptor closes when the last operation on it was answered.
        drop(self.receiving.own.borrow_mut().take());
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Stream({} -> {})", self.local, self.peer)
    }
}
