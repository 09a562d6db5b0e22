//! What a message asks of the memory allocator once a broker is warm: next to nothing of its own.
//!
//! The broker runs in this process, so that an allocator that counts is under it. What is left is
//! shared by all messages of a read, a commit or a write; a JSON header's properties are unescaped
//! into memory of their own.
#![allow(clippy::disallowed_methods, reason = "the client is threaded and blocking")]
#![allow(clippy::disallowed_types, reason = "the client is threaded and blocking")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::{fs, thread};

use ringmq::cli::args::{self, Parsed};
use ringmq::cli::machine::Machine;
use ringmq::cli::plan::{Prepared, prepare};
use ringmq::cli::start;
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields, Serialization};

/// Requests that a client has in flight.
const IN_FLIGHT: usize = 64;
/// How often as many are sent at once, for one figure.
const BURSTS: usize = 20;
/// Figures of which the lowest counts: others share the machine, and a burst that is read in many
/// pieces costs more.
const FIGURES: usize = 10;
const QUEUES: usize = 4;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static IS_CLIENT: Cell<bool> = const { Cell::new(false) };
}

/// The system's allocator, counting what is asked of it outside of the client.
struct Counting;

fn count() {
    if !IS_CLIENT.get() {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
    }
}

// SAFETY: every call is passed on to the system's allocator as it is; counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count();
        // SAFETY: what the caller promises is what `System` wants.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: what the caller promises is what `System` wants, and it made `pointer`.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        count();
        // SAFETY: what the caller promises is what `System` wants, and it made `pointer`.
        unsafe { System.realloc(pointer, layout, bytes) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Client {
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Client {
    /// To the broker, as soon as it listens.
    fn connect(port: u16) -> Self {
        let stream = loop {
            match TcpStream::connect(("127.0.0.1", port)) {
                Ok(stream) => break stream,
                Err(_) => thread::yield_now(),
            }
        };
        stream.set_nodelay(true).unwrap();
        Self { stream, answer: vec![0; 8 << 20] }
    }

    /// Sends frames at once and waits for their answers, all of which are successes.
    fn exchange(&mut self, frames: &[u8], count: usize) {
        self.stream.write_all(frames).unwrap();
        for _ in 0..count {
            let mut word = [0; 4];
            self.stream.read_exact(&mut word).unwrap();
            let len = usize::try_from(u32::from_be_bytes(word)).unwrap();
            let rest = &mut self.answer[..len];
            self.stream.read_exact(rest).unwrap();
            let frame = [&word, &*rest].concat();
            let answer = Command::decode(frame.into()).unwrap();
            assert_eq!(answer.code, 0, "{answer:?}");
        }
    }

    /// Allocations of the broker for each of `each` requests of a burst, at best.
    fn least(&mut self, each: usize, mut burst: impl FnMut() -> Vec<u8>) -> f64 {
        let figures = (0..FIGURES).map(|_| {
            let before = ALLOCATIONS.load(Ordering::Relaxed);
            for _ in 0..BURSTS {
                let frames = burst();
                self.exchange(&frames, each);
            }
            ALLOCATIONS.load(Ordering::Relaxed) - before
        });
        let least = u32::try_from(figures.min().unwrap()).unwrap();
        f64::from(least) / f64::from(u32::try_from(each * BURSTS).unwrap())
    }
}

fn frame(form: Serialization, code: i32, fields: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let fields: Fields = fields.iter().copied().collect();
    let command = Command::request(code).with_fields(fields).with_body(body.to_vec());
    Command { serialization: form, ..command }.encode().unwrap().to_vec()
}

fn sends(form: Serialization) -> Vec<u8> {
    let properties = "UNIQ_KEY\u{1}7F00000100001B6D0D7C5A1B7C0A0000\u{2}WAIT\u{1}true\u{2}";
    let one = |number: usize| {
        let queue = (number % QUEUES).to_string();
        let fields = [
            ("a", "producers"),
            ("b", "Warm"),
            ("c", "TBW102"),
            ("d", "4"),
            ("e", queue.as_str()),
            ("f", "0"),
            ("g", "1700000000000"),
            ("h", "0"),
            ("i", properties),
            ("j", "0"),
            ("k", "false"),
            ("m", "false"),
        ];
        frame(form, request::SEND_MESSAGE_V2, &fields, &[7; 1024])
    };
    (0..IN_FLIGHT).flat_map(one).collect()
}

fn pulls(offset: u64) -> Vec<u8> {
    let offset = offset.to_string();
    let one = |queue: usize| {
        let queue = queue.to_string();
        let fields = [
            ("consumerGroup", "consumers"),
            ("topic", "Warm"),
            ("queueId", queue.as_str()),
            ("queueOffset", offset.as_str()),
            ("maxMsgNums", "32"),
            ("sysFlag", "4"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "1000"),
            ("subscription", "*"),
            ("subVersion", "0"),
            ("expressionType", "TAG"),
        ];
        frame(Serialization::Json, request::PULL_MESSAGE, &fields, &[])
    };
    (0..QUEUES).flat_map(one).collect()
}

/// A broker and a name server in this process, until it ends. The broker's port.
fn start_broker(root: &std::path::Path) -> u16 {
    let free = || TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (broker, nameserver) = (free(), free());
    let (broker_file, nameserver_file) = (root.join("broker.conf"), root.join("namesrv.conf"));
    let store = root.join("store");
    let lines = format!(
        "brokerIP1=127.0.0.1\nlistenPort={broker}\nshards=2\nstorePathRootDir={}\n",
        store.display()
    );
    fs::write(&broker_file, lines).unwrap();
    fs::write(&nameserver_file, format!("listenPort={nameserver}\n")).unwrap();
    let words = ["ringmq".as_ref(), "-c".as_ref(), broker_file.as_os_str()];
    let more = ["--namesrvConfigFile".as_ref(), nameserver_file.as_os_str()];
    let words: Vec<_> = words.into_iter().chain(more).map(ToOwned::to_owned).collect();
    thread::spawn(move || {
        let Parsed::Run(invocation) = args::parse(words) else { panic!("not understood") };
        let plan = prepare(&invocation, &Machine::look(), &mut |_| ()).unwrap();
        let Prepared::Start(plan) = plan else { panic!("nothing to start") };
        start::start(*plan).unwrap();
    });
    broker
}

#[test]
fn a_warm_broker_hardly_allocates() {
    IS_CLIENT.set(true);
    let root = tempfile::tempdir().unwrap();
    let mut client = Client::connect(start_broker(root.path()));
    let fields = [
        ("topic", "Warm"),
        ("defaultTopic", "TBW102"),
        ("readQueueNums", "4"),
        ("writeQueueNums", "4"),
        ("perm", "6"),
        ("topicFilterType", "SINGLE_TAG"),
        ("topicSysFlag", "0"),
        ("order", "false"),
    ];
    let topic = frame(Serialization::Json, request::UPDATE_AND_CREATE_TOPIC, &fields, &[]);
    client.exchange(&topic, 1);
    let (json, binary) = (sends(Serialization::Json), sends(Serialization::Binary));
    for _ in 0..BURSTS {
        client.exchange(&json, IN_FLIGHT);
    }
    let send = client.least(IN_FLIGHT, || json.clone());
    let binary_send = client.least(IN_FLIGHT, || binary.clone());
    // The group is made by the first.
    client.exchange(&pulls(0), QUEUES);
    let mut offset = 0;
    let pull = client.least(QUEUES, || {
        offset += 16;
        pulls(offset)
    });
    println!("allocations: {send} a send, {binary_send} with a binary header, {pull} a pull of 32");
    assert!(send < 3.0, "{send} a send");
    assert!(binary_send < 2.0, "{binary_send} a send with a binary header");
    // Half of one for each message, at most.
    assert!(pull < 16.0, "{pull} a pull of 32");
}
