//! `kill -9` of the broker under load: whatever was acknowledged, or handed to a consumer, is there
//! afterwards, at its place and once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use crate::account::{arrived, by_body, contiguous, never_twice};
use crate::driver::{Driver, Headers, Seen, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{BROKER, Cluster, Flush};

const TOPIC: &str = "under_load";
const QUEUES: i32 = 6;
const ROUNDS: u64 = 3;
/// Acknowledged sends of a round before the kill: at least this many and a random number more.
const ACKED_MIN: u64 = 300;
const ACKED_SPREAD: u64 = 1500;

/// The next number of a small generator (SplitMix64); a run is repeated by its seed.
pub fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Where a run begins: `RINGMQ_INTEROP_SEED`, or the time.
pub fn seed() -> u64 {
    let given = std::env::var("RINGMQ_INTEROP_SEED").ok();
    given.map_or_else(
        || {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            u64::from(now.expect("the clock is past 1970").subsec_nanos())
        },
        |text| text.parse().expect("RINGMQ_INTEROP_SEED is a number"),
    )
}

/// Load, kill at a random moment, start again, look at everything; several times on one store.
fn survives_kills(version: &str, flush: Flush, shards: u16, extra: &[(&str, &str)]) {
    let mut random = seed();
    let name = format!("crash-{flush:?}-{shards}");
    println!("{name}: RINGMQ_INTEROP_SEED={random}");
    let mut cluster = Cluster::started(&name, flush, shards, extra);
    cluster.create_topic(TOPIC, QUEUES);
    let servers = cluster.name_server.address();
    let mut driver = Driver::start("load", version, Headers::Json, &servers, &cluster.work);
    driver.run("producer", &[("name", "p"), ("retries", "0")]);
    driver.run("pull", &[("name", "pull"), ("group", "lookers")]);
    driver.run("push", &[("name", "watch"), ("group", "watchers"), ("topic", TOPIC)]);
    for round in 0..ROUNDS {
        let before = driver.ack_count();
        start_load(&mut driver, round);
        let more = usize::try_from(ACKED_MIN + next(&mut random) % ACKED_SPREAD).expect("small");
        wait_until("sends are acknowledged", STEP_WITHIN, || driver.ack_count() > before + more);
        cluster.broker.kill();
        // After that nothing is in flight: what was sent is acknowledged or has failed.
        driver.run("loadEnd", &[("name", "p")]);
        cluster.broker.start();
        let stored = driver.receive("drain", &[("name", "pull"), ("topic", TOPIC)]);
        let acks = driver.acks();
        let (acknowledged, kept) = (acks.len(), stored.len());
        println!("{name}: round {round}: {acknowledged} acknowledged so far, {kept} stored");
        check(&acks, &stored, &driver.messages("watch"));
    }
    // The consumer has lived through it all: in the end it has got everything.
    let acks = driver.acks();
    wait_until("the consumer gets all that was acknowledged", STEP_WITHIN, || {
        arrived(&acks, &driver.messages("watch")) == acks.len()
    });
    let stored = driver.receive("drain", &[("name", "pull"), ("topic", TOPIC)]);
    check(&acks, &stored, &driver.messages("watch"));
}

fn start_load(driver: &mut Driver, round: u64) {
    let prefix = format!("round{round}");
    let queues = QUEUES.to_string();
    let load = [
        ("name", "p"),
        ("topic", TOPIC),
        ("broker", BROKER),
        ("prefix", &prefix),
        ("threads", "3"),
        ("asyncThreads", "1"),
        ("window", "64"),
        ("queues", &queues),
        ("size", "300"),
    ];
    driver.run("load", &load);
}

fn check(acks: &[Sent], stored: &[Seen], delivered: &[Seen]) {
    contiguous("after the crash", stored);
    never_twice("after the crash", stored);
    let found = by_body(stored);
    for ack in acks.iter().filter(|ack| ack.status == "SEND_OK") {
        let copies = found.get(ack.body.as_str());
        let one = copies.unwrap_or_else(|| panic!("acknowledged and gone: {ack:?}"))[0];
        let same = Some(one.queue) == ack.queue
            && Some(one.offset) == ack.offset
            && Some(&one.offset_id) == ack.offset_id.as_ref()
            && Some(&one.id) == ack.id.as_ref()
            && (one.length, one.crc) == (ack.length, ack.crc);
        assert!(same, "acknowledged as {ack:?}, found as {one:?}");
    }
    // A sender that waits for each answer has its messages in each queue in the order it sent
    // (but for those that failed, which it did not wait for).
    let acknowledged: BTreeSet<&str> = acks.iter().map(|ack| ack.body.as_str()).collect();
    let mut last: BTreeMap<(&str, i32), u64> = BTreeMap::new();
    for message in stored {
        let (sender, number) = message.body.rsplit_once('-').expect("a body of the load");
        let number: u64 = number.parse().expect("a body of the load");
        if sender.contains("-a") || !acknowledged.contains(message.body.as_str()) {
            continue;
        }
        if let Some(before) = last.insert((sender, message.queue), number) {
            assert!(before < number, "{sender} sent {before} before {number}: {message:?}");
        }
    }
    // No consumer has seen what a crash then took back.
    for message in delivered {
        let copies = found.get(message.body.as_str());
        let one = copies.unwrap_or_else(|| panic!("delivered and gone: {message:?}"))[0];
        assert_eq!((one.queue, one.offset), (message.queue, message.offset), "{message:?}");
    }
}

#[test]
fn kill_under_synced_load_on_two_shards() {
    survives_kills("5.5.0", Flush::Sync, 2, &[]);
}

#[test]
fn kill_under_load_with_small_segments() {
    // Segments of 1 MiB: every round crosses from one to the next.
    let extra = [("mappedFileSizeCommitLog", "1048576"), ("mappedFileSizeConsumeQueue", "20000")];
    survives_kills("4.9.8", Flush::Async, 1, &extra);
}
