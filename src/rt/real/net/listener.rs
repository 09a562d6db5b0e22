//! Accepting connections: one armed accept, whose connections queue here until asked for.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::rc::Rc;
use std::task::{Poll, Waker};

use io_uring::{opcode, types};
use socket2::{Domain, Protocol, Type};

use super::super::bridge::{Local, local};
use super::super::op::{OpId, Sink, check, submit_multishot};
use super::inherited;
use super::stream::Socket;

/// Accepted connections that may wait for [`Listener::accept`]; beyond this the rest waits in the
/// kernel's backlog.
const ACCEPTED_MAX: usize = 256;

/// A listening TCP socket. Lives on one core; connections it accepts may go to any.
pub struct Listener {
    local: Rc<Local>,
    accepting: Rc<Accepting>,
    address: SocketAddr,
}

/// What the armed accept delivers into.
struct Accepting {
    fd: OwnedFd,
    accepted: RefCell<VecDeque<OwnedFd>>,
    failed: Cell<Option<i32>>,
    armed: Cell<Option<OpId>>,
    cancelling: Cell<bool>,
    waiting: Cell<Option<Waker>>,
}

impl Sink for Accepting {
    fn complete(&self, local: &Local, result: i32, _flags: u32, more: bool) {
        match check(result) {
            Ok(_) => {
                // SAFETY: the kernel just handed over this descriptor.
                let fd = unsafe { OwnedFd::from_raw_fd(result) };
                self.accepted.borrow_mut().push_back(fd);
            }
            // Stopped by us, or nothing that concerns the listener: it is armed again when asked.
            Err(_) if matches!(-result, libc::ECANCELED | libc::EAGAIN | libc::EINTR) => {}
            Err(_) => self.failed.set(Some(-result)),
        }
        if !more {
            self.armed.set(None);
            self.cancelling.set(false);
        } else if self.accepted.borrow().len() >= ACCEPTED_MAX
            && !self.cancelling.get()
            && let Some(id) = self.armed.get()
        {
            self.cancelling.set(true);
            local.cancel(id);
        }
        if let Some(waker) = self.waiting.take() {
            waker.wake();
        }
    }
}

impl Listener {
    /// Listens on `address` (port 0: the kernel chooses), with SO_REUSEADDR. An unspecified IPv6
    /// address takes IPv4 connections as well. `backlog` connections wait in the kernel.
    ///
    /// A socket that the supervisor has opened there is taken over as it is.
    ///
    /// # Errors
    /// As `bind(2)` and `listen(2)`.
    pub fn bind(address: SocketAddr, backlog: u32) -> io::Result<Self> {
        let socket = match inherited::take(address) {
            Some(socket) => socket,
            None => open(address, backlog)?,
        };
        let address = socket.local_addr()?.as_socket().unwrap_or(address);
        let accepting = Accepting {
            fd: socket.into(),
            accepted: RefCell::default(),
            failed: Cell::default(),
            armed: Cell::default(),
            cancelling: Cell::default(),
            waiting: Cell::default(),
        };
        Ok(Self { local: local(), accepting: Rc::new(accepting), address })
    }

    /// The address it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next connection, with TCP_NODELAY. One task accepts at a time; dropping the future
    /// loses no connection.
    ///
    /// # Errors
    /// As `accept(2)`: EMFILE and ENFILE when descriptors ran out (wait before the next call),
    /// ENOMEM, ENOBUFS. The listener stays usable.
    pub async fn accept(&self) -> io::Result<(Socket, SocketAddr)> {
        let accepting = &self.accepting;
        poll_fn(|context| {
            loop {
                let next = accepting.accepted.borrow_mut().pop_front();
                if let Some(fd) = next {
                    // A peer that is gone already has no address any more: not worth an error.
                    if let Ok(socket) = Socket::adopt(fd) {
                        let peer = socket.peer();
                        return Poll::Ready(Ok((socket, peer)));
                    }
                    continue;
                }
                if let Some(errno) = accepting.failed.take() {
                    return Poll::Ready(Err(io::Error::from_raw_os_error(errno)));
                }
                accepting.waiting.set(Some(context.waker().clone()));
                if accepting.armed.get().is_none() {
                    self.arm();
                }
                return Poll::Pending;
            }
        })
        .await
    }

    fn arm(&self) {
        let fd = types::Fd(self.accepting.fd.as_raw_fd());
        let entry = if self.local.capabilities.borrow().rungs.multishot_accept {
            opcode::AcceptMulti::new(fd).flags(libc::SOCK_CLOEXEC).build()
        } else {
            let nowhere = std::ptr::null_mut();
            opcode::Accept::new(fd, nowhere, nowhere.cast()).flags(libc::SOCK_CLOEXEC).build()
        };
        let sink = Rc::clone(&self.accepting) as Rc<dyn Sink>;
        self.accepting.armed.set(Some(submit_multishot(&self.local, sink, entry)));
    }
}

fn open(address: SocketAddr, backlog: u32) -> io::Result<socket2::Socket> {
    let socket =
        socket2::Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(!address.ip().is_unspecified())?;
    }
    socket.bind(&address.into())?;
    socket.listen(i32::try_from(backlog).unwrap_or(i32::MAX))?;
    Ok(socket)
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(id) = self.accepting.armed.get() {
            self.local.cancel(id);
        }
    }
}
