//! `kill -9` of the broker, again and again on one store: at random moments under load, while
//! segments are rolled and removed and files of queues and of metadata written, and while it
//! recovers.
//!
//! Whatever was acknowledged, or given to a consumer, is there afterwards: once, at its place, with
//! every byte, and no queue has a gap; unless it was removed with the log before it. Topics and
//! groups that were made are there, and no offset goes back behind what a file had.
//!
//! `RINGMQ_KILLS_SEED=n` repeats the choices of a run (not the moments within the broker),
//! `RINGMQ_KILLS_ROUNDS=n` sets how many kills there are.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "a client of its own")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "kills/account.rs"]
mod account;
#[path = "kills/load.rs"]
mod load;
#[path = "kills/metadata.rs"]
mod metadata;
#[allow(dead_code, reason = "what only the hostile tests need")]
#[path = "hostile/server.rs"]
mod server;

use std::sync::mpsc::channel;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use account::{Account, Event};
use load::{Connection, QUEUES, TOPIC};
use metadata::Metadata;
use ringmq::rt::random::Stream;
use server::{Place, Server};

/// Kills in one test, unless the environment says otherwise.
const ROUNDS: u64 = 10;

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {text:?}")))
}

fn seed() -> u64 {
    number("RINGMQ_KILLS_SEED").unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::from(now.subsec_nanos())
    })
}

/// A broker in `place`, up and serving.
fn serve(place: &Place, lines: &str, shards: &str) -> Server {
    loop {
        let mut server = spawn(place, lines, shards);
        if server.comes_up() {
            return server;
        }
        // The kernel gives up the sockets of a ring some time after its process is gone.
        let why = server.stderr();
        assert!(why.contains("is taken"), "not up: {why}");
    }
}

fn spawn(place: &Place, lines: &str, shards: &str) -> Server {
    let mut command = place.standalone(&place.store(), lines);
    command.args(["--shards", shards]);
    Server::start(command, &place.join("stderr"))
}

/// Who else is at work while messages are sent and consumed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Beside {
    Nobody,
    /// One who has old segments removed and changes metadata.
    Operator,
}

/// Senders and a consumer, until the `count`th acknowledgement; then the kill.
fn round(place: &Place, mut server: Server, round: u64, count: usize, books: &mut Books) {
    let (say, events) = channel();
    let port = place.broker;
    let mut threads: Vec<_> = (0..QUEUES)
        .map(|queue| {
            let say = say.clone();
            thread::spawn(move || load::send(port, queue, round, &say))
        })
        .collect();
    let next = books.account.next_offsets();
    threads.push(thread::spawn(move || load::consume(port, next, &say)));
    let metadata = books.metadata.as_ref();
    let metadata = metadata.map(|metadata| thread::spawn(metadata.change(port, round)));
    // Every other time into the midst of a clean-up.
    let begin = account::log_bytes_removed(&place.store());
    let cleaned = || account::log_bytes_removed(&place.store()) > begin;
    let wanted = books.metadata.is_some() && round % 2 == 1;
    let mut acked = 0;
    while acked < count || (wanted && !cleaned()) {
        let event = events.recv().expect("somebody is at work until the broker is killed");
        acked += usize::from(matches!(event, Event::Acked(_)));
        books.account.note(event);
    }
    if let Some(metadata) = &mut books.metadata {
        metadata.look(&place.store());
    }
    server.signal(libc::SIGKILL);
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    // Some were told more before they noticed.
    events.iter().for_each(|event| books.account.note(event));
    if let (Some(thread), Some(books)) = (metadata, &mut books.metadata) {
        books.note(thread.join().unwrap());
    }
}

/// What was told to all who asked.
#[derive(Default)]
struct Books {
    account: Account,
    metadata: Option<Metadata>,
}

impl Books {
    fn check(&mut self, place: &Place) {
        self.account.check(place.broker, &place.store());
        if let Some(metadata) = &mut self.metadata {
            metadata.check(place.broker);
        }
    }
}

fn survives_kills(name: &str, flush: &str, shards: &str, beside: Beside) {
    let seed = seed();
    println!("{name}: RINGMQ_KILLS_SEED={seed}");
    let mut random = Stream::new(seed);
    let place = Place::new();
    // Files so small that many are begun in each round, and everything is written down often.
    // Segments go when they are asked to, and at no hour.
    let lines = format!(
        "flushDiskType={flush}\nmappedFileSizeCommitLog=131072\nmappedFileSizeConsumeQueue=2000\n\
         flushConsumerOffsetInterval=20\nmaxMessageSize=16384\nfileReservedTime=0\ndeleteWhen=\n\
         cleanResourceInterval=10\ndeleteCommitLogFilesInterval=1\n"
    );
    let mut books = Books::default();
    let mut server = serve(&place, &lines, shards);
    let mut operator = Connection::new(place.broker).unwrap();
    operator.make_topic(TOPIC, QUEUES as u64).unwrap();
    if beside == Beside::Operator {
        books.metadata = Some(Metadata::begun(&mut operator));
    }
    for number in 0..number("RINGMQ_KILLS_ROUNDS").unwrap_or(ROUNDS) {
        let count = usize::try_from(1 + random.below(300)).unwrap();
        round(&place, server, number, count, &mut books);
        // Two of three times it is killed once more while it starts.
        for _ in 0..random.below(3) {
            let mut early = spawn(&place, &lines, shards);
            let moment = std::time::Duration::from_millis(random.below(60));
            thread::sleep(moment);
            early.signal(libc::SIGKILL);
        }
        server = serve(&place, &lines, shards);
        books.check(&place);
        println!("{name}: round {number}: {}", books.account);
    }
    assert!(server.signal(libc::SIGTERM).success());
    let server = serve(&place, &lines, shards);
    books.check(&place);
    drop(server);
    if let Some(metadata) = books.metadata {
        metadata.was_at_work();
        assert!(books.account.removed() > 0, "segments were removed");
    }
}

#[test]
fn synced_sends_survive() {
    survives_kills("synced", "SYNC_FLUSH", "2", Beside::Nobody);
}

#[test]
fn sends_survive_the_process_without_a_sync() {
    survives_kills("not synced", "ASYNC_FLUSH", "1", Beside::Nobody);
}

#[test]
fn clean_up_and_changes_of_metadata_survive() {
    survives_kills("with an operator", "ASYNC_FLUSH", "2", Beside::Operator);
}
