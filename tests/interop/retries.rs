//! Delayed messages, messages that are consumed again, and dead letters: when they come, how often,
//! and what their records look like beside those of Java 5.5.0.
//!
//! The records that the reference wrote are kept in `tests/golden/retries-5.5.0`, one file for each
//! client. To make them again: `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test
//! --test interop retries::records_`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::account::by_body;
use crate::crash::{next, seed};
use crate::driver::{Driver, Headers, Seen};
use crate::process::{STEP_WITHIN, wait_until};
use crate::recorded;
use crate::remoting;
use crate::system::{BROKER, Cluster, Flush};

/// Short levels, so that nothing waits for minutes; the first retry takes level 3.
const LEVELS: &str = "1s 2s 1s 1s 3s";
const DELAYS_MS: [i64; 5] = [1_000, 2_000, 1_000, 1_000, 3_000];
const QUEUES: i32 = 2;

/// Attempts after the first of the group that never succeeds.
const MAX: i64 = 2;

/// One client on one cluster.
struct Retries {
    cluster: Cluster,
    driver: Driver,
}

impl Retries {
    fn start(name: &str, version: &str, flush: Flush, shards: u16) -> Self {
        let extra = [("messageDelayLevel", LEVELS), ("flushDelayOffsetInterval", "500")];
        let cluster = Cluster::started(name, flush, shards, &extra);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start("retries", version, Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        driver.run("pull", &[("name", "pull"), ("group", "pullers")]);
        Self { cluster, driver }
    }

    fn topic(&self, topic: &str) {
        self.cluster.create_topic(topic, QUEUES);
    }

    /// A consumer that fails each message until it has come back `failures` times.
    fn failing(&mut self, name: &str, how: &str, failures: i64, more: &[(&str, &str)]) {
        let failures = failures.to_string();
        let group = format!("{name}_group");
        let mut fields = vec![
            ("name", name),
            ("group", group.as_str()),
            ("topic", name),
            ("how", how),
            ("failures", failures.as_str()),
        ];
        fields.extend_from_slice(more);
        self.driver.run("failing", &fields);
    }

    fn send(&mut self, topic: &str, levels: &str) {
        let queues = QUEUES.to_string();
        let fields = [
            ("name", "p"),
            ("topic", topic),
            ("prefix", topic),
            ("levels", levels),
            ("broker", BROKER),
            ("queues", queues.as_str()),
        ];
        let acks = self.driver.run("delayed", &fields);
        for (at, ack) in acks["acks"].as_array().expect("a list").iter().enumerate() {
            assert_eq!(ack["status"], "SEND_OK", "{ack}");
            // The queue it is for, though it waits in that of its level.
            assert_eq!(ack["queue"], json!(at % 2), "{ack}");
        }
    }

    fn wait(&self, name: &str, count: usize) -> Vec<Seen> {
        wait_until(&format!("{name} gets {count} messages"), STEP_WITHIN, || {
            self.driver.message_count(name) >= count
        });
        self.driver.messages(name)
    }

    fn drain(&mut self, topic: &str) -> Vec<Seen> {
        self.driver.receive("drain", &[("name", "pull"), ("topic", topic), ("tags", "*")])
    }

    /// Waits until a topic holds so many records; yields them.
    fn wait_stored(&mut self, topic: &str, queues: i32, count: usize) -> Vec<Seen> {
        self.cluster.wait_route(topic, queues);
        let mut stored = Vec::new();
        wait_until(&format!("{topic} holds {count} records"), STEP_WITHIN, || {
            stored = self.drain(topic);
            stored.len() >= count
        });
        stored
    }
}

impl Retries {
    /// Waits until nothing waits in any level any more, as the broker itself says.
    fn wait_delivered(&self) {
        let broker = self.cluster.broker.address();
        wait_until("every level is at its end", STEP_WITHIN, || {
            let levels = remoting::runtime(&broker);
            let levels = levels.iter().filter(|(key, _)| key.starts_with("scheduleMessageOffset_"));
            let levels: Vec<&String> = levels.map(|(_, value)| value).collect();
            let is_at_end = |level: &&String| {
                level.split_once(',').is_some_and(|(offset, end)| offset == end && end != "0")
            };
            !levels.is_empty() && levels.iter().all(is_at_end)
        });
    }
}

/// How often each message had come back when it was seen, in order.
fn attempts(seen: &[Seen]) -> BTreeMap<&str, Vec<i64>> {
    by_body(seen)
        .into_iter()
        .map(|(body, copies)| (body, copies.iter().map(|copy| copy.reconsumed).collect()))
        .collect()
}

/// Each of the copies of a message was stored at least so long after the one before it, and the
/// first so long after it was made.
fn never_early(seen: &[Seen], delays_ms: &[i64]) {
    for copies in by_body(seen).values() {
        let mut before = copies[0].born;
        for (copy, delay) in copies.iter().zip(delays_ms) {
            assert!(copy.stored >= before + delay, "{delay} ms after {before}: {copy:?}");
            before = copy.stored;
        }
    }
}

/// What of a record must be as Java has it: ids and times are named by what they belong to.
fn shape(record: &Seen, origins: &BTreeSet<&str>) -> Value {
    const OF_THE_CLIENT: [&str; 3] = ["CONSUME_START_TIME", "MAX_OFFSET", "MIN_OFFSET"];
    let mut properties = record.properties.clone();
    properties.retain(|name, _| !OF_THE_CLIENT.contains(&name.as_str()));
    assert_eq!(properties.get("UNIQ_KEY"), Some(&record.id), "{record:?}");
    properties.insert("UNIQ_KEY".into(), "of the message".into());
    if let Some(origin) = properties.get_mut("ORIGIN_MESSAGE_ID") {
        let is_offset_id = origins.contains(origin.as_str());
        *origin = if is_offset_id { "offset id of the first" } else { "another id" }.into();
    }
    json!({
        "topic": record.topic,
        "queue": record.queue,
        "tag": record.tag,
        "flag": record.flag,
        "sysFlag": record.sys_flag,
        "reconsumeTimes": record.reconsumed,
        "preparedTransactionOffset": record.prepared,
        "bodyCrc": record.body_crc,
        "properties": properties,
    })
}

fn suite(version: &str, flush: Flush, shards: u16) {
    let mut on = Retries::start(&format!("retries-{version}"), version, flush, shards);
    for topic in ["delayed", "given_up", "by_api", "in_order"] {
        on.topic(topic);
    }
    let max = MAX.to_string();
    on.failing("delayed", "later", 0, &[]);
    on.failing("given_up", "later", 99, &[("max", &max)]);
    on.failing("by_api", "api", 1, &[("level", "2")]);
    on.failing("in_order", "orderly", 99, &[("max", "1")]);
    // One level above the highest, which is taken for that; and some that are none.
    on.send("delayed", "1,2,4,9,0,-1");
    on.send("given_up", "0,0,0");
    on.send("by_api", "0,0");
    on.send("in_order", "0,0");

    let delayed = on.wait("delayed", 6);
    for (number, delay) in [(0, 1_000), (1, 2_000), (2, 1_000), (3, 3_000), (4, 0), (5, 0)] {
        let body = format!("delayed-{number}");
        let copies: Vec<Seen> = delayed.iter().filter(|seen| seen.body == body).cloned().collect();
        assert_eq!(copies.len(), 1, "{body}: {copies:?}");
        assert_eq!(copies[0].queue, number % QUEUES);
        never_early(&copies, &[delay]);
    }

    let given_up = on.wait("given_up", 9);
    for (body, times) in attempts(&given_up) {
        assert_eq!(times, [0, 1, 2], "{body}");
    }
    // Levels 3 and 4: the broker's own choice after the first and the second attempt.
    never_early(&given_up, &[0, DELAYS_MS[2], DELAYS_MS[3]]);
    let by_api = on.wait("by_api", 4);
    for (body, times) in attempts(&by_api) {
        assert_eq!(times, [0, 1], "{body}");
    }
    never_early(&by_api, &[0, DELAYS_MS[1]]);

    let dead = on.wait_stored("%DLQ%given_up_group", 1, 3);
    let ordered = on.wait_stored("%DLQ%in_order_group", 1, 2);
    on.wait_delivered();
    let waiting = on.drain("SCHEDULE_TOPIC_XXXX");
    let retry = on.drain("%RETRY%given_up_group");
    records(version, &[delayed, given_up, by_api, dead, ordered, waiting, retry].concat());
}

/// One record of each kind, as it is stored.
fn records(version: &str, all: &[Seen]) {
    let origins: BTreeSet<&str> = all.iter().map(|seen| seen.offset_id.as_str()).collect();
    let mut shapes: BTreeMap<String, Value> = BTreeMap::new();
    for record in all.iter().filter(|record| record.body.ends_with("-0")) {
        let of = &record.body;
        let kind = format!("{of} in {} after {}", record.topic, record.reconsumed);
        shapes.entry(kind).or_insert_with(|| shape(record, &origins));
    }
    recorded::compare(&format!("retries-5.5.0/client-{version}.json"), &json!(shapes));
}

#[test]
fn records_of_client_4_9_8_on_one_synced_shard() {
    suite("4.9.8", Flush::Sync, 1);
}

#[test]
fn records_of_client_5_5_0_on_two_shards() {
    suite("5.5.0", Flush::Async, 2);
}

/// Delayed sends to a consumer that fails each message once, and kills of the broker meanwhile:
/// whatever was acknowledged is consumed, fails, and is consumed again.
fn survives_kills(flush: Flush, shards: u16) {
    const ROUNDS: usize = 3;
    let name = format!("retries-killed-{flush:?}-{shards}");
    let mut random = seed();
    println!("{name}: RINGMQ_INTEROP_SEED={random}");
    let mut on = Retries::start(&name, "5.5.0", flush, shards);
    on.topic("killed");
    on.driver.run("producer", &[("name", "once"), ("retries", "0")]);
    on.failing("killed", "later", 1, &[]);
    let queues = QUEUES.to_string();
    for round in 0..ROUNDS {
        let before = on.driver.ack_count();
        let prefix = format!("round{round}");
        let load = [
            ("name", "once"),
            ("topic", "killed"),
            ("broker", BROKER),
            ("prefix", &prefix),
            ("threads", "2"),
            ("queues", &queues),
            ("level", "1"),
        ];
        on.driver.run("load", &load);
        // Of some the first attempt is under way by then, of some the second.
        let more = usize::try_from(100 + next(&mut random) % 200).expect("small");
        wait_until("messages are sent and consumed", STEP_WITHIN, || {
            on.driver.ack_count() > before + more
                && on.driver.message_count("killed") > before + more
        });
        on.cluster.broker.kill();
        on.driver.run("loadEnd", &[("name", "once")]);
        on.cluster.broker.start();
    }
    let acks = on.driver.acks();
    wait_until("all that was acknowledged is consumed twice", STEP_WITHIN, || {
        let seen = on.driver.messages("killed");
        let attempts = attempts(&seen);
        let is_done = |times: &Vec<i64>| times.contains(&0) && times.iter().any(|time| *time > 0);
        acks.iter().all(|ack| attempts.get(ack.body.as_str()).is_some_and(is_done))
    });
    let seen = on.driver.messages("killed");
    let copies = |times: i64| seen.iter().filter(|seen| seen.reconsumed == times).count();
    println!("{name}: {} sent, {} and {} seen", acks.len(), copies(0), copies(1));
    for first in seen.iter().filter(|seen| seen.reconsumed == 0) {
        assert!(first.stored >= first.born + DELAYS_MS[0], "{first:?}");
    }
    on.wait_delivered();
}

#[test]
fn kills_under_synced_retries_on_two_shards() {
    survives_kills(Flush::Sync, 2);
}

#[test]
fn kills_under_retries_on_one_shard() {
    survives_kills(Flush::Async, 1);
}
