//! A running server under hostile input: it serves a normal client all the while, its memory stays
//! bounded, and it ends as it should.
//!
//! `RINGMQ_HOSTILE_SEED=N` repeats a run; the seed is printed at its start.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the attackers are threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "hostile/attack.rs"]
mod attack;
#[path = "hostile/client.rs"]
mod client;
#[path = "hostile/server.rs"]
mod server;

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use std::{fs, thread};

use socket2::{Domain, Socket, Type};

use attack::Dice;
use client::Client;
use server::{Place, Server};

/// Connections that are open and say nothing.
const IDLE_CONNECTIONS: u16 = 10_000;
/// How long the attackers go on.
const ATTACK_FOR: Duration = Duration::from_secs(15);
/// Most memory that the process may have resident, with all connections open.
const RESIDENT_KIB_MAX: u64 = 400 << 10;
/// Most that all the attackers together may make the server log.
const LOG_BYTES_MAX: usize = 8 << 20;

fn seed() -> u64 {
    let chosen = std::env::var("RINGMQ_HOSTILE_SEED").ok().map(|text| text.parse().unwrap());
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = chosen.unwrap_or_else(now);
    println!("RINGMQ_HOSTILE_SEED={seed}");
    seed
}

/// Lets this process, and the children it starts from now on, open enough files.
fn raise_open_files() {
    let wanted = u64::from(IDLE_CONNECTIONS) + 1500;
    // SAFETY: both calls read or write the structure that is passed, which lives here.
    unsafe {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit), 0);
        limit.rlim_cur = limit.rlim_cur.max(wanted);
        limit.rlim_max = limit.rlim_max.max(wanted);
        let raised = libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        assert_eq!(raised, 0, "{wanted} open files are needed (ulimit -Hn)");
    }
}

/// A connection from the `number`-th client address.
fn idle(number: u16, port: u16) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // A thousand from each address, so that ports do not run out.
    let host = u8::try_from(2 + number / 1000).unwrap();
    socket.bind(&SocketAddr::from((Ipv4Addr::new(127, 0, 0, host), 0)).into()).unwrap();
    socket.connect(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)).into()).unwrap();
    socket.into()
}

/// Whether the peer still holds a connection that nothing was said on.
fn is_open(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).unwrap();
    let seen = stream.peek(&mut [0]);
    matches!(seen, Err(error) if error.kind() == ErrorKind::WouldBlock)
}

fn resident_kib(server: &Server) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Frames that come one byte at a time.
struct SlowWriters {
    frame: Vec<u8>,
    at: usize,
    streams: Vec<TcpStream>,
    answered: usize,
}

impl SlowWriters {
    fn new(ports: &[u16]) -> Self {
        let frame = client::route().encode().unwrap().to_vec();
        let streams: Vec<TcpStream> = ports.iter().map(|port| attack::connect(*port)).collect();
        for stream in &streams {
            stream.set_nodelay(true).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        }
        Self { frame, at: 0, streams, answered: 0 }
    }

    /// The next byte on each; after the last one of a frame, its answer.
    fn step(&mut self) {
        let byte = self.frame[self.at];
        self.at = (self.at + 1) % self.frame.len();
        for stream in &mut self.streams {
            stream.write_all(&[byte]).unwrap();
            if self.at == 0 {
                let answer = client::read_frame(stream).unwrap();
                assert_eq!(answer.code, 0, "{answer:?}");
                self.answered += 1;
            }
        }
    }
}

/// All attackers at once, and the normal client until the last has ended.
fn attack(place: &Place, seed: u64, client: &mut Client) {
    let ports = [place.broker, place.broker - 2, place.names];
    let recorded = attack::recorded();
    let mut slow = SlowWriters::new(&[place.names; 8]);
    let end = Instant::now() + ATTACK_FOR;
    thread::scope(|scope| {
        let recorded = &recorded;
        let tampering: Vec<_> = (0..3)
            .map(|number| {
                let mut dice = Dice::new(seed.wrapping_add(number));
                scope.spawn(move || attack::tamper(&mut dice, &ports, recorded, end))
            })
            .collect();
        let asking: Vec<_> = ports
            .iter()
            .zip(1000..)
            .map(|(port, number)| {
                let mut dice = Dice::new(seed.wrapping_add(number));
                scope.spawn(move || attack::requests(&mut dice, &[*port], 20, end))
            })
            .collect();
        let all_ended = || {
            tampering.iter().all(thread::ScopedJoinHandle::is_finished)
                && asking.iter().all(thread::ScopedJoinHandle::is_finished)
        };
        while !all_ended() || slow.answered == 0 {
            client.probe();
            slow.step();
        }
        let tampered: usize = tampering.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert!(tampered > 0);
        println!("{tampered} connections with broken frames, {} slow frames", slow.answered);
        for thread in asking {
            let (written, answered) = thread.join().unwrap();
            println!("{written} hostile requests, {answered} bytes of answers");
            assert!(answered > written, "the requests reach their handlers");
        }
    });
}

#[test]
fn a_normal_client_is_served_under_hostile_input() {
    let seed = seed();
    raise_open_files();
    let place = Place::new();
    let mut server = place.serve(&[]);
    println!("{} KiB resident at the start", resident_kib(&server));
    let mut client = Client::new(place.broker, place.names);
    client.probe();
    let held: Vec<TcpStream> = (0..IDLE_CONNECTIONS)
        .map(|number| {
            if number % 250 == 0 {
                client.probe();
            }
            idle(number, if number % 10 == 0 { place.names } else { place.broker })
        })
        .collect();
    println!("{} KiB resident with the idle connections", resident_kib(&server));
    let mut stalled = attack::stalled(place.broker, 64);
    stalled.extend(attack::stalled(place.names, 64));
    client.probe();
    stalled.extend(attack::deaf(place.broker, 8));
    client.probe();
    println!("{} KiB resident with the stalled ones", resident_kib(&server));
    attack(&place, seed, &mut client);
    client.probe();
    let resident = resident_kib(&server);
    let (rounds, slowest) = client.rounds();
    println!("{resident} KiB resident at the end; {rounds} rounds, the slowest {slowest:?}");
    let open = held.iter().filter(|stream| is_open(stream)).count();
    assert_eq!(open, usize::from(IDLE_CONNECTIONS), "idle connections were dropped");
    assert!(server.is_alive(), "{}", server.stderr());
    assert!(resident < RESIDENT_KIB_MAX, "{resident} KiB resident");
    // With every connection still open: none of them may hold up the end.
    let status = server.signal(libc::SIGTERM);
    let said = server.stderr();
    println!("{} bytes of log", said.len());
    assert!(!said.contains("panicked"), "{said}");
    assert!(said.len() < LOG_BYTES_MAX, "peers fill the log: {} bytes", said.len());
    assert_eq!(status.code(), Some(0), "{status}: {said}");
    drop((held, stalled));
}
