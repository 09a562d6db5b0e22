//! Stores that change hands: what RingMQ wrote on one shard opens in the Java 5.5.0 broker and back
//! again, and what Java wrote opens here.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;
use serde_json::Value;

use crate::account::{all_acknowledged, arrived, by_body, contiguous, exactly_once, never_twice};
use crate::driver::{Driver, Headers, Seen, Sent, typed};
use crate::process::{STEP_WITHIN, WorkFolder, wait_until};
use crate::remoting;
use crate::system::{BROKER, Broker, BrokerSettings, Cluster, Flavor, Flush, NameServer};

const TOPIC: &str = "handed_over";
const MADE: &str = "made_by_sending";
const QUEUES: i32 = 4;
const GROUP: &str = "heirs";

/// A kind of send, a count, and more fields of the command.
type Kind<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)]);

/// One store, the servers that hold it in turn, and an application that stays.
struct Handover {
    cluster: Cluster,
    driver: Driver,
    sent: Vec<Sent>,
    made: Vec<Sent>,
    cleanly: bool,
}

impl Handover {
    fn start(name: &str, flush: Flush, cleanly: bool) -> Self {
        let cluster = Cluster::started(name, flush, 1, &[]);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start("app", "5.5.0", Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        driver.run("pull", &[("name", "pull"), ("group", "lookers")]);
        cluster.create_topic(TOPIC, QUEUES);
        Self { cluster, driver, sent: Vec::new(), made: Vec::new(), cleanly }
    }

    /// Sends messages of every kind.
    fn fill(&mut self, prefix: &str) {
        let kinds: [Kind<'_>; 5] = [
            ("sync", "30", &[("tags", "A,B"), ("keys", "true"), ("properties", "true")]),
            ("sync", "3", &[("size", "30000")]),
            ("async", "60", &[]),
            ("batch", "20", &[("batch", "5"), ("keys", "true")]),
            ("ordered", "20", &[("orders", "3")]),
        ];
        for (number, (kind, count, more)) in kinds.into_iter().enumerate() {
            let prefix = format!("{prefix}-{number}-{kind}-ü");
            let common = [
                ("name", "p"),
                ("topic", TOPIC),
                ("kind", kind),
                ("prefix", &prefix),
                ("count", count),
            ];
            let sent = self.driver.send(&[&common[..], more].concat());
            all_acknowledged(&prefix, &sent, "SEND_OK");
            self.sent.extend(sent);
        }
        let made = [("topic", MADE), ("kind", "sync"), ("prefix", prefix), ("count", "6")];
        let made = self.driver.send(&[&[("name", "p")][..], &made].concat());
        all_acknowledged(prefix, &made, "SEND_OK");
        self.made.extend(made);
    }

    fn wait_consumed(&self, consumer: &str, sent: &[Sent]) {
        wait_until(&format!("{consumer} gets {} messages", sent.len()), STEP_WITHIN, || {
            arrived(sent, &self.driver.messages(consumer)) == sent.len()
        });
    }

    /// A member of the group comes, gets exactly what was sent from message `from` on, and goes.
    fn consume(&mut self, consumer: &str, from: usize) {
        let wanted = self.sent[from..].to_vec();
        self.driver.run("push", &[("name", consumer), ("group", GROUP), ("topic", TOPIC)]);
        self.wait_consumed(consumer, &wanted);
        self.driver.run("shutdown", &[("name", consumer)]);
        self.cluster.wait_committed(GROUP, TOPIC, QUEUES);
        let mut seen = self.driver.messages(consumer);
        never_twice(consumer, &seen);
        if !self.cleanly {
            // Offsets are written down every few seconds: after a kill, messages that an earlier
            // member had come again. None is left out.
            let known = self.sent[..from].to_vec();
            seen.retain(|message| known.iter().all(|one| one.body != message.body));
        }
        exactly_once(consumer, &wanted, &seen);
    }

    /// The broker that holds the store now serves every message, by queue and by id.
    fn check_all(&mut self, what: &str) {
        for (topic, sent) in [(TOPIC, self.sent.clone()), (MADE, self.made.clone())] {
            let seen = self.driver.receive("drain", &[("name", "pull"), ("topic", topic)]);
            exactly_once(what, &sent, &seen);
            contiguous(what, &seen);
            for one in sent.iter().step_by(11) {
                let id = one.offset_id.as_deref().expect("it was acknowledged");
                let view = [("name", "pull"), ("topic", topic), ("id", id)];
                let seen: Seen = typed(self.driver.run("view", &view)["message"].take());
                exactly_once(what, std::slice::from_ref(one), &[seen]);
            }
        }
    }

    /// The broker goes, by SIGTERM or SIGKILL; one of the other kind takes its place.
    fn hand_to(&mut self, flavor: Flavor) {
        if self.cleanly {
            self.cluster.broker.stop();
        } else {
            self.cluster.broker.kill();
        }
        self.cluster.broker.settings.flavor = flavor;
        self.cluster.broker.start();
        self.cluster.wait_route(TOPIC, QUEUES);
        self.cluster.wait_route(MADE, 4);
    }
}

fn changes_hands(name: &str, flush: Flush, cleanly: bool) {
    let mut store = Handover::start(name, flush, cleanly);
    store.fill("first");
    store.consume("first", 0);
    let unread = store.sent.len();
    store.fill("unread");
    store.check_all("where it was written");

    store.hand_to(Flavor::Java);
    store.check_all("in the Java broker");
    store.consume("in_java", unread);
    let unread = store.sent.len();
    store.fill("java");
    store.check_all("in the Java broker, with more");

    store.hand_to(Flavor::under_test());
    store.check_all("back again");
    store.consume("back", unread);
    let unread = store.sent.len();
    store.fill("last");
    store.consume("last", unread);
    store.check_all("in the end");
}

#[test]
fn store_goes_to_java_and_back_after_clean_stops() {
    changes_hands("handover-clean", Flush::Sync, true);
}

#[test]
fn store_goes_to_java_and_back_after_kills() {
    changes_hands("handover-killed", Flush::Async, false);
}

/// The bit of a system flag that says that the body is compressed.
const COMPRESSED: i64 = 1;

/// A line of the listing that Java made of the golden store.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    topic: String,
    queue_id: i32,
    queue_offset: i64,
    phys_offset: i64,
    store_size: i64,
    #[serde(rename = "bodyCRC")]
    body_crc: i64,
    flag: i64,
    sys_flag: i64,
    born_timestamp: i64,
    store_timestamp: i64,
    reconsume_times: i64,
    prepared_transaction_offset: i64,
    offset_msg_id: String,
    body_len: u64,
    body_crc32_of_plain: u32,
    properties: BTreeMap<String, String>,
}

impl Listed {
    /// Every fact in which the message a client got differs from Java's own listing.
    fn differences(&self, seen: &Seen) -> Vec<String> {
        let pairs = [
            ("physical offset", self.phys_offset, seen.physical),
            ("size", self.store_size, seen.size),
            ("flag", self.flag, seen.flag),
            // The client takes the mark of compression off what it has decompressed.
            ("system flag", self.sys_flag & !COMPRESSED, seen.sys_flag),
            ("born", self.born_timestamp, seen.born),
            ("stored", self.store_timestamp, seen.stored),
            ("reconsume times", self.reconsume_times, seen.reconsumed),
            ("prepared offset", self.prepared_transaction_offset, seen.prepared),
            ("stored crc", self.body_crc, seen.body_crc),
            ("crc", i64::from(self.body_crc32_of_plain), i64::from(seen.crc)),
        ];
        let mut faults: Vec<String> = pairs
            .iter()
            .filter(|(_, listed, seen)| listed != seen)
            .map(|(what, listed, seen)| format!("{what} {seen} instead of {listed}"))
            .collect();
        if self.topic != seen.topic {
            faults.push(format!("topic {}", seen.topic));
        }
        if (self.body_len, &self.offset_msg_id) != (seen.length, &seen.offset_id) {
            faults.push(format!("length {} or id {}", seen.length, seen.offset_id));
        }
        for (key, value) in &self.properties {
            if seen.properties.get(key) != Some(value) {
                faults.push(format!("property {key}: {:?}", seen.properties.get(key)));
            }
        }
        faults
    }
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store-5.5.0")
}

/// Copies the golden store; what is packed is unpacked.
fn unpack(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("the work folder is writable");
    for entry in fs::read_dir(from).expect("the golden store is readable") {
        let path = entry.expect("a directory entry is readable").path();
        let name = path.file_name().expect("a file has a name").to_str().expect("names are text");
        if path.is_dir() {
            unpack(&path, &to.join(name));
        } else if let Some(plain) = name.strip_suffix(".gz") {
            let mut input = GzDecoder::new(File::open(&path).expect("it is there"));
            let mut output = File::create(to.join(plain)).expect("the work folder is writable");
            io::copy(&mut input, &mut output).expect("a golden file unpacks");
        } else {
            fs::copy(&path, to.join(name)).expect("the work folder is writable");
        }
    }
}

/// The records that Java's consume queues name, by topic, queue and offset.
fn listing() -> BTreeMap<(String, i32, i64), Listed> {
    let packed = File::open(golden().join("records.jsonl.gz")).expect("the listing is there");
    let mut records = BTreeMap::new();
    let mut queued = BTreeMap::new();
    for line in BufReader::new(GzDecoder::new(packed)).lines() {
        let line: Value = serde_json::from_str(&line.expect("it unpacks")).expect("JSON lines");
        match line["kind"].as_str() {
            Some("record") => {
                let record: Listed = typed(line);
                records.insert(record.phys_offset, record);
            }
            Some("cq") => {
                let physical = line["physOffset"].as_i64().expect("a number");
                let queue = line["queueId"].as_i64().expect("a number");
                let queue = i32::try_from(queue).expect("few queues");
                let topic = line["topic"].as_str().expect("a text").to_owned();
                let offset = line["queueOffset"].as_i64().expect("a number");
                queued.insert((topic, queue, offset), physical);
            }
            _ => {}
        }
    }
    assert!(queued.len() > 80, "the listing names {} queue entries", queued.len());
    queued
        .into_iter()
        .map(|(place, physical)| {
            let record = records.remove(&physical).expect("each entry names its own record");
            assert_eq!(
                (&record.topic, record.queue_id, record.queue_offset),
                (&place.0, place.1, place.2)
            );
            (place, record)
        })
        .collect()
}

/// The golden store was written by a broker of this address, and ids of messages name it.
const GOLDEN_HOST: &str = "127.0.0.2";
const GOLDEN_PORT: u16 = 30_911;

fn golden_broker(name_server: &NameServer, work: &WorkFolder) -> Broker {
    let store = work.join("store");
    unpack(&golden().join("files"), &store);
    // The sizes the store was made with, and no clean-up of messages from long ago.
    let extra = [
        ("mappedFileSizeCommitLog", "1048576"),
        ("mappedFileSizeConsumeQueue", "20000"),
        ("mappedFileSizeTimerLog", "102400"),
        ("maxHashSlotNum", "500"),
        ("maxIndexNum", "2000"),
        ("fileReservedTime", "87600"),
    ];
    let settings = BrokerSettings {
        flavor: Flavor::under_test(),
        host: GOLDEN_HOST.to_owned(),
        port: GOLDEN_PORT,
        name_servers: name_server.address(),
        store,
        flush: Flush::Async,
        shards: 1,
        extra: extra.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec(),
    };
    Broker::new(settings, work)
}

#[test]
fn golden_store_of_java_is_served() {
    let work = WorkFolder::new("golden");
    let name_server = NameServer::started(Flavor::under_test(), &work);
    let mut broker = golden_broker(&name_server, &work);
    let offsets = fs::read_to_string(broker.settings.store.join("config/consumerOffset.json"));
    broker.start();
    let mut driver = Driver::start("app", "5.5.0", Headers::Json, &name_server.address(), &work);
    driver.run("pull", &[("name", "pull"), ("group", "lookers")]);

    let listing = listing();
    let mut topics: Vec<&str> = listing.keys().map(|(topic, ..)| topic.as_str()).collect();
    topics.dedup();
    let mut faults = Vec::new();
    for topic in topics {
        let seen = driver.receive("drain", &[("name", "pull"), ("topic", topic)]);
        let places: BTreeMap<_, _> =
            seen.iter().map(|one| ((one.queue, one.offset), one)).collect();
        for ((of, queue, offset), listed) in listing.iter().filter(|((of, ..), _)| of == topic) {
            match places.get(&(*queue, *offset)) {
                None => faults.push(format!("{of}/{queue} has nothing at {offset}")),
                Some(one) => faults.extend(
                    listed
                        .differences(one)
                        .iter()
                        .map(|why| format!("{of}/{queue}/{offset}: {why}")),
                ),
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));

    for listed in listing.values().step_by(5) {
        let id = &listed.offset_msg_id;
        let view = [("name", "pull"), ("topic", &listed.topic), ("id", id)];
        let seen: Seen = typed(driver.run("view", &view)["message"].take());
        assert_eq!(listed.differences(&seen), [] as [String; 0], "view of {id}");
    }
    let printed = driver.admin(&format!(
        "queryMsgById -t GoldTopic -i {}",
        listing[&("GoldTopic".to_owned(), 0, 0)].offset_msg_id
    ));
    assert!(printed.contains("GoldTopic"), "{printed}");
    check_offsets(&broker.address(), &offsets.expect("the golden store has offsets"));
    goes_on(&mut driver);
}

/// What the golden store's groups have committed is what the broker answers.
fn check_offsets(broker: &str, file: &str) {
    let mut looked_at = 0;
    let mut reader = ("", "");
    // Queue numbers stand there without quotes, so the file is read line by line.
    for line in file.lines().map(|line| line.trim().trim_end_matches(',')) {
        if let Some((topic, group)) = line.trim_end_matches(":{").trim_matches('"').split_once('@')
        {
            reader = (topic, group);
        } else if let Some((queue, offset)) = line.split_once(':')
            && let Ok(queue) = queue.parse::<i32>()
        {
            let committed = remoting::committed(broker, reader.1, reader.0, queue);
            assert_eq!(committed, offset.parse().ok(), "{reader:?} queue {queue}");
            looked_at += 1;
        }
    }
    assert!(looked_at > 5, "{looked_at} offsets in {file}");
}

/// New messages are stored behind the old ones.
fn goes_on(driver: &mut Driver) {
    driver.run("producer", &[("name", "p")]);
    let before = driver.receive("drain", &[("name", "pull"), ("topic", "GoldBig")]);
    let fields = [
        ("name", "p"),
        ("topic", "GoldBig"),
        ("kind", "queue"),
        ("broker", BROKER),
        ("queue", "0"),
        ("prefix", "after"),
        ("count", "5"),
    ];
    let sent = driver.send(&fields);
    let all = driver.receive("drain", &[("name", "pull"), ("topic", "GoldBig")]);
    contiguous("old and new", &all);
    exactly_once("behind the old", &sent, &all[before.len()..]);
    assert!(by_body(&all).contains_key("after-4"));
}
