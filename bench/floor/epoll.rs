//! Served by one thread with epoll.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use ringmq::protocol::Command;

use crate::floor::answers::{Answers, World};
use crate::wire::connection::{Connection, Filled};
use crate::wire::poll::{Poll, Ready};

/// The token of the listener; connections are counted from 0.
const LISTENER: usize = usize::MAX;

/// Connections served at a time; more are closed at once.
const CONNECTIONS_MAX: usize = 20_000;

/// A server on its socket, not yet running.
#[derive(Debug)]
pub struct Floor {
    listener: TcpListener,
    poll: Poll,
    connections: BTreeMap<usize, Lane>,
    next_token: usize,
    address: SocketAddr,
    answers: Answers,
    out: BytesMut,
}

#[derive(Debug)]
struct Lane {
    connection: Connection,
    wants_output: bool,
}

impl Floor {
    /// Listens. Port 0 takes any free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let poll = Poll::new()?;
        poll.watch(listener.as_fd(), LISTENER, false)?;
        let address = listener.local_addr()?;
        Ok(Self {
            listener,
            poll,
            connections: BTreeMap::new(),
            next_token: 0,
            address,
            answers: Answers::new(Arc::new(World::default())),
            out: BytesMut::new(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` says so; it is asked after each wait, at least each 100 ms.
    pub fn run(&mut self, mut stop: impl FnMut() -> bool) -> io::Result<()> {
        let mut ready = Vec::new();
        while !stop() {
            self.poll.wait(&mut ready, Some(std::time::Duration::from_millis(100)))?;
            for event in &ready {
                if event.token == LISTENER {
                    self.accept()?;
                } else if self.serve(*event).is_err() {
                    self.close(event.token)?;
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.connections.len() >= CONNECTIONS_MAX {
                continue;
            }
            let Ok(connection) = Connection::of(stream) else { continue };
            let token = self.next_token;
            self.next_token += 1;
            self.poll.watch(connection.descriptor(), token, false)?;
            self.connections.insert(token, Lane { connection, wants_output: false });
        }
        Ok(())
    }

    /// Answers what a connection sent. Any error ends that connection.
    fn serve(&mut self, event: Ready) -> io::Result<()> {
        let Some(lane) = self.connections.get_mut(&event.token) else { return Ok(()) };
        if event.readable {
            if lane.connection.fill()? == Filled::Closed {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.out.clear();
            while let Some(frame) = lane.connection.next_frame()? {
                let request = Command::decode(Bytes::copy_from_slice(frame));
                let request = request.map_err(|_| io::ErrorKind::InvalidData)?;
                self.answers.answer(&request, self.address, &mut self.out)?;
            }
            lane.connection.out().extend_from_slice(&self.out);
        }
        let done = lane.connection.flush()?;
        if done == lane.wants_output {
            lane.wants_output = !done;
            self.poll.change(lane.connection.descriptor(), event.token, !done)?;
        }
        Ok(())
    }

    fn close(&mut self, token: usize) -> io::Result<()> {
        if let Some(lane) = self.connections.remove(&token) {
            self.poll.forget(lane.connection.descriptor())?;
        }
        Ok(())
    }
}
