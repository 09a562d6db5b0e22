//! Waiting for many sockets at once: epoll, level-triggered, with waits finer than a millisecond.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;

/// Sockets reported by one wait. More wait for the next one.
const EVENTS_MAX: usize = 256;

/// A socket that is ready, by the number it was watched under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ready {
    /// The number given to [`Poll::watch`].
    pub token: usize,
    /// There is something to read, or the peer has gone.
    pub readable: bool,
    /// Writing would go on.
    pub writable: bool,
}

/// A set of watched sockets.
#[derive(Debug)]
pub struct Poll {
    epoll: OwnedFd,
}

fn flags(output: bool) -> epoll::EventFlags {
    let input = epoll::EventFlags::IN | epoll::EventFlags::RDHUP;
    if output { input | epoll::EventFlags::OUT } else { input }
}

fn data(token: usize) -> epoll::EventData {
    epoll::EventData::new_u64(u64::try_from(token).unwrap_or(u64::MAX))
}

impl Poll {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(epoll::CreateFlags::CLOEXEC)? })
    }

    /// Watches a socket for input, and for room to write when `output` is set.
    pub fn watch(&self, socket: impl AsFd, token: usize, output: bool) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, socket, data(token), flags(output))?)
    }

    /// Changes what a watched socket is watched for.
    pub fn change(&self, socket: impl AsFd, token: usize, output: bool) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, socket, data(token), flags(output))?)
    }

    /// Stops watching.
    pub fn forget(&self, socket: impl AsFd) -> io::Result<()> {
        Ok(epoll::delete(&self.epoll, socket)?)
    }

    /// Waits until a socket is ready or the time is over (`None`: for ever). A signal ends the wait
    /// with nothing ready.
    pub fn wait(&self, ready: &mut Vec<Ready>, timeout: Option<Duration>) -> io::Result<()> {
        ready.clear();
        let timeout = timeout.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        let mut room = [MaybeUninit::<epoll::Event>::uninit(); EVENTS_MAX];
        let events = match epoll::wait(&self.epoll, &mut room, timeout.as_ref()) {
            Ok((events, _)) => events,
            Err(Errno::INTR) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        ready.extend(events.iter().map(|event| {
            // A field of a packed structure is copied before it is used.
            let (flags, data) = (event.flags, event.data);
            let gone = epoll::EventFlags::RDHUP | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
            Ready {
                token: usize::try_from(data.u64()).unwrap_or(usize::MAX),
                readable: flags.intersects(epoll::EventFlags::IN | gone),
                writable: flags.contains(epoll::EventFlags::OUT),
            }
        }));
        Ok(())
    }
}
