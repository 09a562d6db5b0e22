//! Connecting to a peer.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd};
use std::rc::Rc;
use std::time::Duration;

use io_uring::{opcode, types};
use socket2::{Domain, Protocol, SockAddr, Type};

use super::super::bridge::local;
use super::super::op::{Operation, check};
use super::stream::{Socket, Stream};
use crate::rt::clock::timeout;

impl Stream {
    /// Connects to `address`, with TCP_NODELAY.
    ///
    /// # Errors
    /// As `connect(2)`; `TimedOut` when it takes longer than `limit`.
    pub async fn connect(address: SocketAddr, limit: Duration) -> io::Result<Self> {
        let domain = Domain::for_address(address);
        let socket = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))?;
        let fd = Rc::new(OwnedFd::from(socket));
        let keep = Box::new((SockAddr::from(address), Rc::clone(&fd)));
        let target = types::Fd(fd.as_raw_fd());
        let entry = opcode::Connect::new(target, keep.0.as_ptr().cast(), keep.0.len()).build();
        // SAFETY: the entry points to the address in the box, which nobody changes.
        let connecting = unsafe { Operation::submit(&local(), keep, entry) };
        let (result, keep) = timeout(limit, connecting).await?;
        check(result)?;
        drop(keep);
        let fd = Rc::try_unwrap(fd).map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
        Ok(Self::attach(Socket::adopt(fd)?))
    }
}
