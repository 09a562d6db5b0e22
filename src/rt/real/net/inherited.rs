//! Listening sockets that a supervisor has opened for this process before it started
//! (`sd_listen_fds(3)`): clients that come while it restarts wait instead of being refused.

use std::net::SocketAddr;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use socket2::{SockRef, Socket, Type};

/// The first descriptor that is handed over; the others follow it.
const FIRST: RawFd = 3;

/// Most descriptors that are looked at.
const HANDED_MAX: RawFd = 64;

/// One socket.
struct Handed {
    fd: RawFd,
    address: SocketAddr,
    taken: AtomicBool,
}

/// All of them, found when the first is asked for.
static HANDED: OnceLock<Vec<Handed>> = OnceLock::new();

/// The socket that listens where `address` would. Each is given once.
pub(super) fn take(address: SocketAddr) -> Option<Socket> {
    let free =
        |one: &&Handed| serves(one.address, address) && !one.taken.swap(true, Ordering::Relaxed);
    let found = handed().iter().find(free)?;
    // SAFETY: it was open when it was found, nothing else knows of it, and `taken` gives it once.
    let socket = Socket::from(unsafe { OwnedFd::from_raw_fd(found.fd) });
    // A ring answers EAGAIN for one that does not block, instead of waiting for a connection.
    socket.set_nonblocking(false).ok()?;
    Some(socket)
}

/// Where sockets listen that were handed over and that nothing has asked for: clients that come
/// there wait for nobody.
pub fn left_over() -> Vec<SocketAddr> {
    let left = handed().iter().filter(|one| !one.taken.load(Ordering::Relaxed));
    left.map(|one| one.address).collect()
}

fn handed() -> &'static [Handed] {
    HANDED.get_or_init(|| {
        let word = |name| std::env::var(name).ok();
        let count = count(word("LISTEN_PID"), word("LISTEN_FDS"), std::process::id());
        (FIRST..FIRST + count).filter_map(look_at).collect()
    })
}

/// How many descriptors are meant for process `own`.
fn count(pid: Option<String>, count: Option<String>, own: u32) -> RawFd {
    let for_us = pid.and_then(|pid| pid.parse().ok()) == Some(own);
    let count = count.and_then(|count| count.parse().ok()).filter(|_| for_us);
    count.map_or(0, |count: RawFd| count.clamp(0, HANDED_MAX))
}

/// A descriptor that is a listening TCP socket. It is not handed on to children.
fn look_at(fd: RawFd) -> Option<Handed> {
    // SAFETY: no pointers; a number that is no descriptor is an error and nothing else.
    if unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
        return None;
    }
    // SAFETY: it is open, as was just seen, and nobody closes it while it is looked at.
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    let socket = SockRef::from(&borrowed);
    let listens = socket.is_listener().ok()? && socket.r#type().ok()? == Type::STREAM;
    let address = socket.local_addr().ok()?.as_socket().filter(|_| listens)?;
    Some(Handed { fd, address, taken: AtomicBool::new(false) })
}

/// Does a socket on `handed` take the connections that one on `wanted` would?
fn serves(handed: SocketAddr, wanted: SocketAddr) -> bool {
    let (ours, theirs) = (handed.ip(), wanted.ip());
    // All addresses are written in two ways, and IPv6's includes IPv4's.
    let same = ours == theirs || (ours.is_unspecified() && theirs.is_unspecified());
    same && handed.port() == wanted.port()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptors_for_another_process_are_none_of_ours() {
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(count(text("7"), text("2"), 7), 2);
        assert_eq!(count(text("7"), text("1000000"), 7), HANDED_MAX);
        for (pid, fds) in [("8", "2"), ("x", "2"), ("7", "x"), ("7", "-1"), ("7", "0")] {
            assert_eq!(count(text(pid), text(fds), 7), 0, "{pid} {fds}");
        }
        assert_eq!(count(None, text("2"), 7), 0);
    }

    #[test]
    fn a_socket_serves_its_own_address_or_all_of_them() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        for (handed, wanted, expected) in [
            ("10.0.0.1:9876", "10.0.0.1:9876", true),
            ("[::]:9876", "0.0.0.0:9876", true),
            ("0.0.0.0:9876", "0.0.0.0:9877", false),
            ("127.0.0.1:9876", "0.0.0.0:9876", false),
            ("[::]:9876", "127.0.0.1:9876", false),
        ] {
            assert_eq!(serves(at(handed), at(wanted)), expected, "{handed} {wanted}");
        }
    }
}
