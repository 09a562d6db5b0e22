//! What the server tells the supervisor that started it (`sd_notify(3)`).

use std::cmp::Reverse;
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::process::Command;
use std::time::Duration;

use crate::server::{Place, Server};

/// What any message may take on a busy machine.
const WITHIN: Duration = Duration::from_secs(40);

/// A supervisor that the server is told of.
struct Listener {
    socket: UnixDatagram,
    name: String,
}

impl Listener {
    /// On a path in the folder of the test.
    fn path(place: &Place) -> Self {
        let path = place.join("notify");
        Self::new(UnixDatagram::bind(&path).unwrap(), path.display().to_string())
    }

    /// On a name that no file system has.
    fn hidden(place: &Place) -> Self {
        let name = format!("ringmq-test-{}", place.broker);
        let address = SocketAddr::from_abstract_name(&name).unwrap();
        Self::new(UnixDatagram::bind_addr(&address).unwrap(), format!("@{name}"))
    }

    fn new(socket: UnixDatagram, name: String) -> Self {
        socket.set_read_timeout(Some(WITHIN)).unwrap();
        Self { socket, name }
    }

    fn introduce(&self, command: &mut Command) {
        command.env("NOTIFY_SOCKET", &self.name).env_remove("WATCHDOG_PID");
    }

    fn next(&self) -> String {
        let mut buffer = vec![0; 4096];
        let length = self.socket.recv(&mut buffer).expect("a message of the server");
        buffer.truncate(length);
        String::from_utf8(buffer).unwrap()
    }

    /// The next message but signs of life.
    fn next_news(&self) -> String {
        std::iter::repeat_with(|| self.next()).find(|text| text != "WATCHDOG=1").unwrap()
    }
}

fn start(place: &Place, command: Command) -> Server {
    Server::start(command, &place.join("stderr"))
}

#[test]
fn a_supervisor_hears_when_requests_are_served_and_when_no_more() {
    let place = Place::new();
    for listener in [Listener::path(&place), Listener::hidden(&place)] {
        let mut command = place.standalone(&place.store(), "");
        listener.introduce(&mut command);
        let mut server = start(&place, command);
        assert_eq!(listener.next(), "STATUS=starting");
        let ready = listener.next();
        let expected = format!(
            "READY=1\nSTATUS=serving: name server on 127.0.0.1:{}, broker {} on 127.0.0.1:{}",
            place.names,
            crate::server::BROKER,
            place.broker
        );
        assert_eq!(ready, expected);
        TcpStream::connect(("127.0.0.1", place.broker)).unwrap();
        TcpStream::connect(("127.0.0.1", place.names)).unwrap();
        assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
        assert_eq!(listener.next(), "STOPPING=1\nSTATUS=stopping");
    }
}

#[test]
fn signs_of_life_come_while_all_cores_run() {
    let place = Place::new();
    let listener = Listener::path(&place);
    let mut command = place.standalone(&place.store(), "");
    listener.introduce(&mut command);
    command.env("WATCHDOG_USEC", "200000");
    let mut server = start(&place, command);
    assert_eq!(listener.next_news(), "STATUS=starting");
    assert!(listener.next_news().starts_with("READY=1\n"));
    for _ in 0..3 {
        assert_eq!(listener.next(), "WATCHDOG=1");
    }
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    assert_eq!(listener.next_news(), "STOPPING=1\nSTATUS=stopping");
}

#[test]
fn a_core_that_hangs_ends_the_signs_of_life() {
    const LIMIT: Duration = Duration::from_millis(200);
    let place = Place::new();
    let listener = Listener::path(&place);
    let mut command = place.standalone(&place.store(), "");
    listener.introduce(&mut command);
    command.env("WATCHDOG_USEC", LIMIT.as_micros().to_string());
    let mut server = start(&place, command);
    while !listener.next().starts_with("READY=1\n") {}
    assert_eq!(listener.next(), "WATCHDOG=1");
    let hung = Hung::last_core_of(server.id());
    let signs = || std::iter::from_fn(|| listener.socket.recv(&mut [0; 64]).ok());
    listener.socket.set_nonblocking(true).unwrap();
    signs().for_each(drop);
    listener.socket.set_nonblocking(false).unwrap();
    // The last beat is passed on once more; then nothing comes for many times the limit.
    listener.socket.set_read_timeout(Some(5 * LIMIT)).unwrap();
    assert!(signs().take(2).count() < 2, "signs of life go on");
    drop(hung);
    listener.socket.set_read_timeout(Some(WITHIN)).unwrap();
    assert_eq!(listener.next(), "WATCHDOG=1");
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

/// A thread of a child that stands still until this is dropped.
struct Hung(libc::pid_t);

impl Hung {
    /// The last core of a server, which on a machine with one processor is the first.
    fn last_core_of(process: libc::pid_t) -> Self {
        let tasks = std::fs::read_dir(format!("/proc/{process}/task")).unwrap();
        let cores = tasks.filter_map(|task| {
            let path = task.unwrap().path();
            let name = std::fs::read_to_string(path.join("comm")).unwrap();
            let core: u16 = name.trim().strip_prefix("core-")?.parse().ok()?;
            let thread: libc::pid_t = path.file_name()?.to_str()?.parse().ok()?;
            // Threads that a core made later for blocking calls have its name too.
            Some((core, Reverse(thread)))
        });
        let (_, Reverse(thread)) = cores.max().expect("the server has cores");
        let request = |what, signal: libc::c_int| {
            // SAFETY: these requests touch no memory of ours.
            let done = unsafe { libc::ptrace(what, thread, 0, signal) };
            assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
        };
        request(libc::PTRACE_SEIZE, 0);
        request(libc::PTRACE_INTERRUPT, 0);
        // SAFETY: no status is asked for.
        let stopped = unsafe { libc::waitpid(thread, std::ptr::null_mut(), libc::__WALL) };
        assert_eq!(stopped, thread);
        Self(thread)
    }
}

impl Drop for Hung {
    fn drop(&mut self) {
        // SAFETY: the request touches no memory of ours. A thread that is gone needs it no more.
        unsafe { libc::ptrace(libc::PTRACE_DETACH, self.0, 0, 0) };
    }
}

#[test]
fn a_watchdog_for_another_process_gets_no_signs_of_life() {
    let place = Place::new();
    let listener = Listener::path(&place);
    let mut command = place.standalone(&place.store(), "");
    listener.introduce(&mut command);
    command.env("WATCHDOG_USEC", "1000").env("WATCHDOG_PID", "1");
    let mut server = start(&place, command);
    assert_eq!(listener.next(), "STATUS=starting");
    assert!(listener.next().starts_with("READY=1\n"));
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    assert_eq!(listener.next(), "STOPPING=1\nSTATUS=stopping");
}

#[test]
fn a_supervisor_that_is_gone_or_makes_no_sense() {
    let place = Place::new();
    let mut command = place.standalone(&place.store(), "");
    command.env("NOTIFY_SOCKET", place.join("nobody"));
    let mut server = start(&place, command);
    server.wait_ready();
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    let mut command = place.standalone(&place.store(), "");
    command.env("NOTIFY_SOCKET", "vsock:2:1234");
    crate::fails(&place, command, 3, &["NOTIFY_SOCKET", "vsock:2:1234"]);
}
