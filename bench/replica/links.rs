//! One connection to each broker, opened when it is needed and again when it was lost.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::BytesMut;
use ringmq::protocol::Command;

use crate::wire::address;
use crate::wire::connection::{Connection, Filled};
use crate::wire::poll::{Poll, Ready};

/// Time to connect (Java: `connectTimeoutMillis`).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// A broker that could not be reached is left alone so long, in milliseconds.
const RETRY_MS: u64 = 1000;

/// A broker and its connection.
#[derive(Debug)]
struct Link {
    name: String,
    address: String,
    connection: Option<Connection>,
    wants_output: bool,
    retry_at: u64,
}

/// The connections of one client.
#[derive(Debug)]
pub struct Links {
    poll: Poll,
    links: Vec<Link>,
    scratch: BytesMut,
}

impl Links {
    /// No connections yet.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, links: Vec::new(), scratch: BytesMut::new() })
    }

    /// The number of a broker. A broker that moved is connected anew.
    pub fn of(&mut self, name: &str, address: &str) -> usize {
        let found = self.links.iter().position(|link| link.name == name);
        let at = found.unwrap_or_else(|| {
            self.links.push(Link {
                name: name.to_owned(),
                address: address.to_owned(),
                connection: None,
                wants_output: false,
                retry_at: 0,
            });
            self.links.len() - 1
        });
        if self.links.get(at).is_some_and(|link| link.address != address) {
            self.close(at);
            if let Some(link) = self.links.get_mut(at) {
                link.address = address.to_owned();
                link.retry_at = 0;
            }
        }
        at
    }

    /// How many brokers are known.
    pub fn len(&self) -> usize {
        self.links.len()
    }

    /// A broker's name.
    pub fn name(&self, link: usize) -> &str {
        self.links.get(link).map_or("", |link| &link.name)
    }

    /// The address that the first open connection leaves from.
    pub fn local(&self) -> Option<Ipv4Addr> {
        let mut open = self.links.iter().filter_map(|link| link.connection.as_ref());
        open.find_map(|connection| match connection.local().ok()?.ip() {
            std::net::IpAddr::V4(address) => Some(address),
            std::net::IpAddr::V6(_) => None,
        })
    }

    /// Queues a request; false if the broker cannot be reached now or takes no such frame.
    pub fn send(&mut self, link: usize, command: &Command, now: u64) -> bool {
        self.scratch.clear();
        if command.encode_into(&mut self.scratch).is_err() {
            return false;
        }
        let reached = self.reach(link, now);
        let link = self.links.get_mut(link).and_then(|link| link.connection.as_mut());
        if let Some(connection) = link {
            connection.out().extend_from_slice(&self.scratch);
        }
        reached
    }

    /// Connects if need be; false if the broker cannot be reached now.
    pub fn reach(&mut self, link: usize, now: u64) -> bool {
        match self.links.get_mut(link) {
            Some(Link { connection: Some(_), .. }) => true,
            Some(closed) if now >= closed.retry_at => {
                closed.retry_at = now + RETRY_MS;
                closed.wants_output = false;
                closed.connection = connect(&closed.address, &self.poll, link);
                closed.connection.is_some()
            }
            _ => false,
        }
    }

    /// Writes what is queued everywhere; yields the brokers whose connection was lost.
    pub fn flush(&mut self) -> Vec<usize> {
        let mut lost = Vec::new();
        for at in 0..self.links.len() {
            let Some(link) = self.links.get_mut(at) else { continue };
            let Some(connection) = link.connection.as_mut() else { continue };
            if !connection.has_output() {
                continue;
            }
            let Ok(done) = connection.flush() else {
                lost.push(at);
                continue;
            };
            if done == link.wants_output {
                link.wants_output = !done;
                let changed = self.poll.change(connection.descriptor(), at, !done);
                lost.extend(changed.is_err().then_some(at));
            }
        }
        lost.iter().for_each(|&at| self.close(at));
        lost
    }

    /// Waits until a broker has sent something or the time is over.
    pub fn wait(&self, ready: &mut Vec<Ready>, timeout: Duration) -> io::Result<()> {
        self.poll.wait(ready, Some(timeout))
    }

    /// Reads what a broker has sent; false if the connection is lost.
    pub fn fill(&mut self, event: Ready) -> bool {
        let link = self.links.get_mut(event.token);
        let Some(connection) = link.and_then(|link| link.connection.as_mut()) else {
            return true;
        };
        let alive =
            !event.readable || matches!(connection.fill(), Ok(Filled::Bytes(_) | Filled::Nothing));
        if !alive {
            self.close(event.token);
        }
        alive
    }

    /// The next frame that a broker has sent.
    pub fn next_frame(&mut self, link: usize) -> Option<&[u8]> {
        self.links.get_mut(link)?.connection.as_mut()?.next_frame().ok()?
    }

    fn close(&mut self, at: usize) {
        let link = self.links.get_mut(at);
        if let Some(connection) = link.and_then(|link| link.connection.take()) {
            // Closing the socket forgets it too; asking first keeps the order plain.
            let _ = self.poll.forget(connection.descriptor());
        }
    }
}

fn connect(to: &str, poll: &Poll, token: usize) -> Option<Connection> {
    let connection = Connection::open(address::resolve(to).ok()?, CONNECT_TIMEOUT).ok()?;
    poll.watch(connection.descriptor(), token, false).ok()?;
    Some(connection)
}
