//! Sockets that the supervisor has opened before the start (`sd_listen_fds(3)`).

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::AsRawFd;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::Duration;

use ringmq::protocol::Command as Frame;
use ringmq::protocol::code::request;

use crate::server::{Place, Server};

/// What an answer may take on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(40);

/// Runs `command` as a supervisor would, with `sockets` from descriptor 3 on.
fn handed_over(command: &Command, sockets: [&TcpListener; 4]) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "LISTEN_PID=$$ exec \"$0\" \"$@\""]);
    shell.arg(command.get_program()).args(command.get_args());
    shell.env("LISTEN_FDS", "4").env_remove("NAMESRV_ADDR");
    shell.current_dir(command.get_current_dir().unwrap());
    let sockets = sockets.map(AsRawFd::as_raw_fd);
    // SAFETY: these calls touch no memory of ours and may be made between fork and exec.
    unsafe {
        shell.pre_exec(move || {
            // Out of the way first, of each other too.
            let away = sockets.map(|fd| libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 100));
            for (fd, to) in away.into_iter().zip(3..) {
                libc::dup2(fd, to);
            }
            Ok(())
        });
    }
    shell
}

/// Asks the server behind a connection for anything, and waits until it answers.
fn is_answered(mut stream: TcpStream) {
    stream.set_read_timeout(Some(ANSWER_WITHIN)).unwrap();
    stream.write_all(&Frame::request(request::GET_BROKER_CONFIG).encode().unwrap()).unwrap();
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    assert!(u32::from_be_bytes(length) > 8);
}

#[test]
fn clients_that_come_before_a_start_wait_for_it() {
    let place = Place::new();
    let on = |port: u16| TcpListener::bind(("127.0.0.1", port)).unwrap();
    let ports = [place.names, place.broker, place.broker - 2];
    let served = ports.map(on);
    let unknown = on(0);
    let [names, broker, fast] = &served;
    // Each run finds clients that came while there was no server.
    for _ in 0..2 {
        let early = ports.map(|port| TcpStream::connect(("127.0.0.1", port)).unwrap());
        let command = place.standalone(&place.store(), "");
        let command = handed_over(&command, [fast, &unknown, names, broker]);
        let mut server = Server::start(command, &place.join("stderr"));
        server.wait_ready();
        early.into_iter().for_each(is_answered);
        let left = format!("address={}", unknown.local_addr().unwrap());
        let said = server.stderr();
        let warned: Vec<&str> =
            said.lines().filter(|line| line.contains("nothing serves this socket")).collect();
        assert!(matches!(warned.as_slice(), [line] if line.contains(&left)), "{said}");
        assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
    }
}
