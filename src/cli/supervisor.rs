//! Whoever started the process: systemd, told by datagrams when it serves, when it stops, and that
//! its cores are alive (`sd_notify(3)`). Without one, all of this does nothing.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::limits::CORES_MAX;
use crate::rt::clock;
use crate::units::CoreId;

use super::start::FIRST;

/// Shortest time limit that is kept: a core shall not be busy giving signs of life.
const WATCHDOG_MIN: Duration = Duration::from_millis(20);

/// The supervisor of this process. Made once, and shared by the cores.
#[derive(Clone, Debug, Default)]
pub struct Supervisor {
    link: Option<Arc<Link>>,
    watchdog: Option<Watchdog>,
}

/// Where to send.
#[derive(Debug)]
struct Link {
    socket: UnixDatagram,
    address: SocketAddr,
}

/// How often a sign of life is due, and who gave one.
#[derive(Clone, Debug)]
struct Watchdog {
    /// The time after which the supervisor takes the process for dead.
    limit: Duration,
    /// A count for each core there may be, which the core alone raises.
    beats: Arc<[AtomicU64]>,
}

/// What the environment says of a supervisor.
#[derive(Debug, Default)]
pub struct Words {
    /// `NOTIFY_SOCKET`: a path, or a name that begins with `@`.
    pub socket: Option<OsString>,
    /// `WATCHDOG_USEC`.
    pub watchdog_us: Option<String>,
    /// `WATCHDOG_PID`: whom the watchdog is meant for.
    pub watchdog_pid: Option<String>,
}

impl Words {
    /// As they stand in the environment.
    pub fn from_environment() -> Self {
        Self {
            socket: std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()),
            watchdog_us: std::env::var("WATCHDOG_USEC").ok(),
            watchdog_pid: std::env::var("WATCHDOG_PID").ok(),
        }
    }
}

impl Supervisor {
    /// The one of `words`.
    ///
    /// # Errors
    /// The socket cannot be made, or its name is none.
    pub fn new(words: &Words) -> io::Result<Self> {
        let Some(name) = &words.socket else { return Ok(Self::default()) };
        let socket = UnixDatagram::unbound()?;
        // A supervisor that does not read must not stop a core.
        socket.set_nonblocking(true)?;
        let link = Link { socket, address: address(name)? };
        let beats = || (0..CORES_MAX).map(|_| AtomicU64::new(0)).collect();
        let watchdog = limit(words, std::process::id());
        let watchdog = watchdog.map(|limit| Watchdog { limit, beats: beats() });
        Ok(Self { link: Some(Arc::new(link)), watchdog })
    }

    /// Says that requests are served. What is returned says, when dropped, that they soon are not.
    pub fn ready(&self, status: &str) -> Serving {
        self.tell(&format!("READY=1\nSTATUS={status}"));
        Serving { supervisor: self.clone() }
    }

    /// Says what is being done, in one line.
    pub fn status(&self, text: &str) {
        self.tell(&format!("STATUS={text}"));
    }

    /// Gives signs of life of this core, one of `count`, for ever. The first core passes them on,
    /// as long as all cores give them: one that hangs ends the process by its supervisor.
    pub async fn watch(self, core: CoreId, count: u16) {
        let Some(Watchdog { limit, beats }) = &self.watchdog else { return };
        let mut seen = vec![0; usize::from(count)];
        loop {
            // Two beats of each core between two looks of the first.
            for _ in 0..2 {
                if let Some(own) = beats.get(usize::from(core.0)) {
                    own.fetch_add(1, Ordering::Relaxed);
                }
                clock::sleep(*limit / 4).await;
            }
            if core == FIRST && all_moved(beats, &mut seen) {
                self.tell("WATCHDOG=1");
            }
        }
    }

    /// Nobody is there to tell that it failed: a supervisor that went away is no reason to stop.
    fn tell(&self, text: &str) {
        if let Some(link) = &self.link {
            let _ = link.socket.send_to_addr(text.as_bytes(), &link.address);
        }
    }
}

/// Requests are served until this is dropped.
#[derive(Debug)]
#[must_use = "dropping it says that the process stops"]
pub struct Serving {
    supervisor: Supervisor,
}

impl Drop for Serving {
    fn drop(&mut self) {
        self.supervisor.tell("STOPPING=1\nSTATUS=stopping");
    }
}

/// Has every count that was `seen` been raised since?
fn all_moved(beats: &[AtomicU64], seen: &mut [u64]) -> bool {
    let mut all = true;
    for (beat, seen) in beats.iter().zip(seen) {
        let now = beat.load(Ordering::Relaxed);
        all &= now != *seen;
        *seen = now;
    }
    all
}

fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', rest @ ..] => SocketAddr::from_abstract_name(rest),
        [b'/', ..] => SocketAddr::from_pathname(name),
        _ => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is neither a path that begins with / nor an abstract name that begins with @",
        )),
    }
}

/// The time limit of the watchdog, if it is meant for process `own`.
fn limit(words: &Words, own: u32) -> Option<Duration> {
    if words.watchdog_pid.as_ref().is_some_and(|pid| pid.parse() != Ok(own)) {
        return None;
    }
    let micros = words.watchdog_us.as_ref()?.parse().ok().filter(|micros| *micros > 0)?;
    Some(Duration::from_micros(micros).max(WATCHDOG_MIN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_that_stands_still_is_noticed() {
        let beats = [AtomicU64::new(1), AtomicU64::new(1)];
        let mut seen = [0, 0];
        assert!(all_moved(&beats, &mut seen));
        beats[0].store(2, Ordering::Relaxed);
        assert!(!all_moved(&beats, &mut seen), "the other one hangs");
        beats[0].store(3, Ordering::Relaxed);
        beats[1].store(2, Ordering::Relaxed);
        assert!(all_moved(&beats, &mut seen), "it goes on");
    }

    #[test]
    fn a_watchdog_for_another_process_is_none_of_ours() {
        let words = |pid: Option<&str>, micros: &str| Words {
            watchdog_pid: pid.map(str::to_owned),
            watchdog_us: Some(micros.to_owned()),
            socket: None,
        };
        let second = Some(Duration::from_secs(1));
        assert_eq!(limit(&words(None, "1000000"), 7), second);
        assert_eq!(limit(&words(Some("7"), "1000000"), 7), second);
        for (pid, micros) in [(Some("8"), "1000000"), (Some("x"), "1"), (None, "0"), (None, "x")] {
            assert_eq!(limit(&words(pid, micros), 7), None, "{pid:?} {micros}");
        }
    }

    #[test]
    fn a_socket_has_a_path_or_an_abstract_name() {
        let path = address(OsStr::new("/run/systemd/notify")).unwrap();
        assert!(path.as_pathname().is_some());
        assert_eq!(address(OsStr::new("@a b")).unwrap().as_abstract_name(), Some(&b"a b"[..]));
        assert!(address(OsStr::new("vsock:2:1")).is_err());
    }
}
