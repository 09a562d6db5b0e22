//! What transactions leave in the store, what producers are asked and what they are refused, byte
//! by byte beside Java 5.5.0.
//!
//! A connection of the test itself is the producer: no client library comes between. What may
//! differ from run to run is named by what it is: `half 1` for the place of the transaction's
//! second half record, `as sent` for the producer's time. What the reference wrote is kept in
//! `tests/golden/transactions-5.5.0`, with the file `transactionMetrics` that it left. To make both
//! again: `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop
//! transaction_records::`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::process::{STEP_WITHIN, wait_for, wait_until};
use crate::raw::{self, HEARTBEAT, Raw};
use crate::recorded;
use crate::remoting::{Connection, Frame};
use crate::system::{Cluster, Flavor, Flush};

const TOPIC: &str = "ledger";
const GROUP: &str = "bookers";
const HALF_TOPIC: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
const OP_TOPIC: &str = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
const GIVEN_UP_TOPIC: &str = "TRANS_CHECK_MAX_TIME_TOPIC";
const CHECK_TRANSACTION_STATE: i32 = 39;
const END_TRANSACTION: i32 = 37;
const UPDATE_BROKER_CONFIG: i32 = 25;
const COMMIT: &str = "8";
const ROLLBACK: &str = "12";
const IMMUNITY: &str = "CHECK_IMMUNITY_TIME_IN_SECONDS";
const FIRST_OFFSET: &str = "TRAN_PREPARED_QUEUE_OFFSET";
/// `transactionCheckMax`.
const CHECKS: usize = 3;

/// A transaction of this test.
struct Begun {
    key: String,
    born: i64,
}

/// A broker, and what became of the transactions on it.
struct Room {
    cluster: Cluster,
    producer: Connection,
    shards: i32,
    seen: BTreeMap<String, Value>,
    begun: usize,
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("before the year 292 million")
}

impl Room {
    fn start(shards: u16) -> Self {
        let java = Flavor::under_test() == Flavor::Java;
        let shards = if java { 1 } else { shards };
        let checks = CHECKS.to_string();
        let mut settings = vec![
            ("transactionTimeOut", "300"),
            ("transactionCheckInterval", "1000"),
            ("transactionCheckMax", checks.as_str()),
            ("transactionMetricFlushInterval", "300"),
        ];
        if java {
            // Its op records are late by default, which makes it ask about what has ended.
            settings.push(("transactionOpBatchInterval", "50"));
        }
        let name = format!("transaction-records-{shards}");
        let cluster = Cluster::started(&name, Flush::Async, shards, &settings);
        cluster.create_topic(TOPIC, 2);
        let mut producer = Connection::open(&cluster.broker.address()).expect("it is there");
        let beat = json!({
            "clientID": "teller", "consumerDataSet": [], "producerDataSet": [{"groupName": GROUP}],
        });
        let beat = serde_json::to_vec(&beat).expect("JSON");
        assert_eq!(producer.call(HEARTBEAT, &[], &beat).expect("an answer").code, 0);
        Self { cluster, producer, shards: shards.into(), seen: BTreeMap::new(), begun: 0 }
    }

    /// Sends a half message, made that long ago.
    fn begin(&mut self, group: &str, more: &[(&str, &str)], age_ms: i64) -> Begun {
        self.begun += 1;
        let born = now() - age_ms;
        let key = format!("7F0000010000000000000000000000{:02X}", self.begun);
        let sent = [
            ("KEYS", "entry"),
            ("TRAN_MSG", "true"),
            ("UNIQ_KEY", key.as_str()),
            ("WAIT", "true"),
            ("PGROUP", group),
            ("TAGS", "T"),
        ];
        let properties = raw::properties(&[&sent, more].concat());
        let fields = [("a", group), ("f", "4"), ("g", &born.to_string())];
        let reply = raw::send(&mut self.producer, (TOPIC, "1"), &properties, &fields, "body");
        assert_eq!(reply.code, 0, "{}", reply.remark);
        Begun { key, born }
    }

    /// All records of a transaction in a topic.
    fn of(&mut self, begun: &Begun, topic: &str, queues: i32) -> Vec<Raw> {
        let mut found = Vec::new();
        for queue in 0..queues {
            let all = raw::drain(&mut self.producer, topic, queue);
            let own = |record: &Raw| record.property("UNIQ_KEY") == Some(&begun.key);
            found.extend(all.into_iter().filter(own));
        }
        found
    }

    fn halves(&mut self, begun: &Begun) -> Vec<Raw> {
        self.of(begun, HALF_TOPIC, self.shards)
    }

    /// Ends a transaction by one of its half records.
    fn end(&mut self, begun: &Begun, half: &Raw, outcome: &str, from_check: bool) -> (i64, String) {
        let (offset, physical) = (half.offset.to_string(), half.physical.to_string());
        let fields = [
            ("producerGroup", GROUP),
            ("tranStateTableOffset", &offset),
            ("commitLogOffset", &physical),
            ("commitOrRollback", outcome),
            ("fromTransactionCheck", if from_check { "true" } else { "false" }),
            ("msgId", &begun.key),
            ("transactionId", &begun.key),
        ];
        self.end_as(&fields)
    }

    fn end_as(&mut self, fields: &[(&str, &str)]) -> (i64, String) {
        let reply = self.producer.call(END_TRANSACTION, fields, &[]).expect("an answer");
        (reply.code, reply.remark)
    }

    /// Waits until an op record names a half record.
    fn wait_ended(&mut self, half: &Raw) {
        let at = half.offset.to_string();
        wait_until("an op record is written", STEP_WITHIN, || {
            self.ops().iter().any(|op| op.body.split(',').any(|named| named == at))
        });
    }

    fn ops(&mut self) -> Vec<Raw> {
        let queues = 0..self.shards;
        queues.flat_map(|queue| raw::drain(&mut self.producer, OP_TOPIC, queue)).collect()
    }

    /// Waits for the next question about a transaction.
    fn wait_asked(&mut self, begun: &Begun) -> Frame {
        wait_for("the producer is asked", STEP_WITHIN, || {
            self.producer.asked(|frame| {
                frame.header["code"] == CHECK_TRANSACTION_STATE
                    && frame.header["extFields"]["msgId"] == begun.key.as_str()
            })
        })
    }

    /// The half record that a question names.
    fn asked_about(&mut self, begun: &Begun, asked: &Frame) -> Raw {
        let at = asked.header["extFields"]["commitLogOffset"].as_str().expect("a place");
        let halves = self.halves(begun);
        let named = halves.into_iter().find(|half| half.physical.to_string() == at);
        named.expect("a half record of the transaction")
    }

    fn wait_given_up(&mut self, begun: &Begun) -> Raw {
        self.cluster.wait_route(GIVEN_UP_TOPIC, 1);
        wait_for("it is given up", STEP_WITHIN, || self.of(begun, GIVEN_UP_TOPIC, 1).pop())
    }

    /// Notes all that a transaction has left.
    fn note(&mut self, what: &str, begun: &Begun, asked: &[Frame]) {
        let halves = self.halves(begun);
        let broker: SocketAddr = self.cluster.broker.address().parse().expect("an address");
        let producer = self.producer.local().expect("it is connected");
        let shapes = Shapes { begun, halves: &halves, broker, producer };
        let mut records: Vec<Value> = halves.iter().map(|half| shapes.record(half)).collect();
        for (topic, queues) in [(TOPIC, 2), (GIVEN_UP_TOPIC, 1)] {
            records.extend(self.of(begun, topic, queues).iter().map(|one| shapes.record(one)));
        }
        let ops: Vec<Value> = self.ops().iter().filter_map(|op| shapes.op(op)).collect();
        let asked: Vec<Value> = asked.iter().map(|frame| shapes.frame(frame)).collect();
        let left = json!({ "records": records, "ops": ops, "asked": asked });
        self.seen.insert(what.to_owned(), left);
    }
}

/// Describes the records of a transaction.
struct Shapes<'a> {
    begun: &'a Begun,
    halves: &'a [Raw],
    broker: SocketAddr,
    producer: SocketAddr,
}

impl Shapes<'_> {
    fn host(&self, host: SocketAddr) -> String {
        match host {
            host if host == self.broker => "the broker".to_owned(),
            host if host == self.producer => "the producer".to_owned(),
            host => host.to_string(),
        }
    }

    /// Which of the half records `is` holds for.
    fn half(&self, is: impl Fn(&Raw) -> bool) -> String {
        let at = self.halves.iter().position(is);
        at.map_or("no half record".to_owned(), |at| format!("half {at}"))
    }

    fn record(&self, record: &Raw) -> Value {
        let mut properties: Vec<(&str, String)> = Vec::new();
        for item in record.properties.split_terminator('\u{2}') {
            let (name, value) = item.split_once('\u{1}').expect("a name and a value");
            let value = match name {
                "UNIQ_KEY" | "__transactionId__" if value == self.begun.key => "the key".to_owned(),
                FIRST_OFFSET => self.half(|half| half.offset.to_string() == value),
                _ => value.to_owned(),
            };
            properties.push((name, value));
        }
        // Java's own order is that of a hash table.
        properties.sort();
        let prepared = match record.prepared {
            0 => "none".to_owned(),
            at => self.half(|half| half.physical == at),
        };
        json!({
            "magic": format!("{:x}", record.magic),
            "bodyCrc": record.body_crc,
            // With several shards each has a half queue and an op queue of its own.
            "queue": if record.topic == TOPIC { record.queue } else { 0 },
            "flag": record.flag,
            "sysFlag": record.sys_flag,
            "born": if record.born == self.begun.born { "as sent" } else { "another time" },
            "bornHost": self.host(record.born_host),
            "storeHost": self.host(record.store_host),
            "reconsumeTimes": record.reconsumed,
            "prepared": prepared,
            "body": record.body,
            "topic": record.topic,
            "properties": properties,
            "propertiesEnd": record.properties.ends_with('\u{2}'),
        })
    }

    /// An op record that names one of the half records.
    fn op(&self, op: &Raw) -> Option<Value> {
        let named: Vec<String> = op
            .body
            .split_inclusive(',')
            .map(|at| at.trim_end_matches(','))
            .map(|at| self.half(|half| half.offset.to_string() == at))
            .filter(|half| half != "no half record")
            .collect();
        if named.is_empty() {
            return None;
        }
        let mut shape = self.record(op);
        assert!(op.body.ends_with(','), "{op:?}");
        assert_eq!(op.body_crc, crc32fast::hash(op.body.as_bytes()) & 0x7fff_ffff, "{op:?}");
        shape["body"] = json!(named);
        shape["bodyCrc"] = json!("of the body");
        Some(shape)
    }

    fn frame(&self, frame: &Frame) -> Value {
        let [body] = &raw::records(&frame.body)[..] else { panic!("one record: {frame:?}") };
        let mut header = frame.header.clone();
        header["opaque"] = json!("any");
        let fields = header["extFields"].as_object_mut().expect("fields");
        let at =
            |name: &str| frame.header["extFields"][name].as_str().unwrap_or_default().to_owned();
        let places = [
            (
                "tranStateTableOffset",
                self.half(|half| half.offset.to_string() == at("tranStateTableOffset")),
            ),
            (
                "commitLogOffset",
                self.half(|half| half.physical.to_string() == at("commitLogOffset")),
            ),
            ("offsetMsgId", self.half(|half| offset_id(half) == at("offsetMsgId"))),
        ];
        for (name, place) in places {
            fields.insert(name.to_owned(), json!(place));
        }
        for name in ["msgId", "transactionId"] {
            assert_eq!(
                fields.insert(name.to_owned(), json!("the key")),
                Some(json!(self.begun.key))
            );
        }
        let mut shape = self.record(body);
        shape["at"] =
            json!(self.half(|half| (half.offset, half.physical) == (body.offset, body.physical)));
        json!({ "header": header, "body": shape })
    }
}

fn offset_id(record: &Raw) -> String {
    let SocketAddr::V4(host) = record.store_host else { panic!("the tests are on IPv4") };
    let address: String = host.ip().octets().iter().map(|byte| format!("{byte:02X}")).collect();
    format!("{address}{:08X}{:016X}", host.port(), record.physical)
}

impl Room {
    fn ended_at_once(&mut self) {
        for (what, outcome) in [("committed", COMMIT), ("rolled back", ROLLBACK)] {
            let begun = self.begin(GROUP, &[], 0);
            let half = self.halves(&begun).remove(0);
            assert_eq!(self.end(&begun, &half, outcome, false).0, 0);
            self.wait_ended(&half);
            self.note(what, &begun, &[]);
        }
    }

    fn ended_when_asked(&mut self) {
        for (what, outcome, times) in
            [("asked once, committed", COMMIT, 1), ("asked twice, rolled back", ROLLBACK, 2)]
        {
            let begun = self.begin(GROUP, &[], 0);
            let asked: Vec<Frame> = (0..times).map(|_| self.wait_asked(&begun)).collect();
            let half = self.halves(&begun).remove(times);
            assert_eq!(self.end(&begun, &half, outcome, true).0, 0);
            self.wait_ended(&half);
            self.note(what, &begun, &asked);
        }
        if Flavor::under_test() == Flavor::RingMq {
            // By the half record that it was begun with, though another stands for it: Java would
            // ask on.
            let begun = self.begin(GROUP, &[], 0);
            let asked = self.wait_asked(&begun);
            let half = self.halves(&begun).remove(0);
            assert_eq!(self.end(&begun, &half, COMMIT, false), (0, String::new()));
            let committed = self.of(&begun, TOPIC, 2).pop().expect("a committed message");
            assert_eq!(committed.property("TRANSACTION_CHECK_TIMES"), None, "{asked:?}");
        }
    }

    /// Begins what nobody ends.
    fn begin_lost(&mut self) -> [(&'static str, usize, Begun); 3] {
        [
            ("given up", CHECKS, self.begin(GROUP, &[], 0)),
            ("given up without producers", 0, self.begin("nobody", &[], 0)),
            // Each look counts: the checks are used up before the first question.
            ("given up while immune", 0, self.begin(GROUP, &[(IMMUNITY, "60")], 0)),
        ]
    }

    fn given_up(&mut self, lost: &[(&'static str, usize, Begun)]) {
        for (what, times, begun) in lost {
            let asked: Vec<Frame> = (0..*times).map(|_| self.wait_asked(begun)).collect();
            self.wait_given_up(begun);
            self.note(what, begun, &asked);
        }
    }

    fn immune(&mut self) {
        let config = b"transactionCheckMax=1000\n";
        assert_eq!(self.producer.call(UPDATE_BROKER_CONFIG, &[], config).expect("one").code, 0);
        let begun = self.begin(GROUP, &[(IMMUNITY, "2")], 0);
        let asked = self.wait_asked(&begun);
        let half = self.asked_about(&begun, &asked);
        assert_eq!(self.end(&begun, &half, COMMIT, true), (0, String::new()));
        self.wait_ended(&half);
        let halves = self.halves(&begun);
        let looks = |half: &Raw| half.property("TRANSACTION_CHECK_TIMES").map(str::to_owned);
        for (at, half) in halves.iter().enumerate() {
            assert_eq!(looks(half), (at > 0).then(|| at.to_string()), "each look counts: {half:?}");
        }
        assert!(half.stored - half.born > 2000, "asked too early: {half:?}");
        let broker: SocketAddr = self.cluster.broker.address().parse().expect("an address");
        let producer = self.producer.local().expect("it is connected");
        let shapes = Shapes { begun: &begun, halves: &halves, broker, producer };
        // How often it was looked at before is chance.
        let counted = |record: &Raw| {
            let looked = looks(record).expect("a count");
            let counted = |looked: &str| format!(r#"["TRANSACTION_CHECK_TIMES","{looked}"]"#);
            shapes.record(record).to_string().replace(&counted(&looked), &counted("any"))
        };
        let kinds = [&halves[1], &half, &self.of(&begun, TOPIC, 2)[0]];
        let kinds: Vec<Value> = kinds
            .iter()
            .map(|kind| serde_json::from_str(&counted(kind)).expect("it was JSON"))
            .map(|mut kind: Value| {
                if kind["prepared"] != "none" {
                    assert_eq!(kind["prepared"], format!("half {}", halves.len() - 1), "{kind}");
                    kind["prepared"] = json!("the last half");
                }
                kind
            })
            .collect();
        self.seen.insert("asked after its immunity, committed".to_owned(), json!(kinds));
    }

    /// What is answered to ends that do not fit.
    fn refusals(&mut self) {
        let mut answers = BTreeMap::new();
        let begun = self.begin(GROUP, &[], 0);
        let half = self.halves(&begun).remove(0);
        let (offset, physical) = (half.offset.to_string(), half.physical.to_string());
        let fields = |group: &str, offset: &str, physical: &str| {
            let fields = [
                ("producerGroup", group),
                ("tranStateTableOffset", offset),
                ("commitLogOffset", physical),
                ("commitOrRollback", COMMIT),
                ("fromTransactionCheck", "false"),
            ];
            fields.map(|(name, value)| (name, value.to_owned()))
        };
        let cases = [
            ("another group", fields("others", &offset, &physical)),
            ("another offset", fields(GROUP, "1000000", &physical)),
            ("no record there", fields(GROUP, &offset, "999999999")),
            ("before the log", fields(GROUP, &offset, "-1")),
        ];
        for (what, fields) in cases {
            let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
            answers.insert(what, self.end_as(&fields));
        }
        answers.insert("commit", self.end(&begun, &half, COMMIT, false));
        self.wait_ended(&half);
        answers.insert("commit again", self.end(&begun, &half, COMMIT, false));
        answers.insert("rollback after the commit", self.end(&begun, &half, ROLLBACK, false));
        // Made long ago, so that its immunity is over when it is stored.
        let begun = self.begin(GROUP, &[(IMMUNITY, "1")], 5_000);
        let half = self.halves(&begun).remove(0);
        answers.insert("after its immunity", self.end(&begun, &half, COMMIT, false));
        let asked = self.wait_asked(&begun);
        let last = self.asked_about(&begun, &asked);
        answers.insert("after its immunity, asked", self.end(&begun, &last, ROLLBACK, true));
        self.wait_ended(&last);
        answers.insert("commit after the rollback", self.end(&begun, &last, COMMIT, true));
        self.seen.insert("answers".to_owned(), json!(answers));
    }

    /// The file of open half messages: none are, in the end, but for what is counted twice.
    fn metrics(&mut self) -> String {
        let file = self.cluster.broker.settings.store.join("config/transactionMetrics");
        let shown = |text: &str| -> Option<i64> {
            let read: Value = serde_json::from_str(text).ok()?;
            read["transactionCount"][TOPIC]["count"].as_i64()
        };
        let twice = if Flavor::under_test() == Flavor::Java { -3 } else { 0 };
        wait_for("all are counted as ended", STEP_WITHIN, || {
            let text = std::fs::read_to_string(&file).ok()?;
            (shown(&text) == Some(twice)).then_some(text)
        })
    }
}

/// Each half record is in one op record; in Java's that of an end only, and not of a lost one.
fn ops_as_java(value: &mut Value, lost: bool) {
    let halves = value["records"].as_array().expect("records").iter();
    let halves = halves.filter(|record| record["topic"] == HALF_TOPIC).count();
    let mut named = Vec::new();
    let mut kept = Vec::new();
    for op in value["ops"].as_array().expect("op records") {
        let ends = op["body"].as_array().expect("names").clone();
        let last = json!(format!("half {}", halves - 1));
        if !lost && ends.contains(&last) {
            let mut op = op.clone();
            op["body"] = json!([last]);
            kept.push(op);
        }
        named.extend(ends.iter().map(ToString::to_string));
    }
    named.sort();
    let all: Vec<String> = (0..halves).map(|at| format!("\"half {at}\"")).collect();
    assert_eq!(named, all, "{value}");
    value["ops"] = json!(kept);
}

/// What differs from Java on purpose, as Java would have it. A half message that is stored anew
/// keeps its flag, which Java loses; it names the first half record of its transaction, which Java
/// does only where it asks for an immunity time; and the half record before it is in an op record,
/// so that a start knows. A transaction ends once: who ends it again is told so.
fn as_java(mut seen: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    for (what, value) in &mut seen {
        if what == "answers" {
            let gone = json!([1, "Find prepared transaction message failed"]);
            for again in ["commit again", "rollback after the commit", "commit after the rollback"]
            {
                assert_eq!(value[again], gone, "{again}");
                value[again] = match again {
                    "rollback after the commit" => json!([0, "not set any response code"]),
                    _ => json!([0, ""]),
                };
            }
            continue;
        }
        if !value.is_array() {
            let lost = what.starts_with("given up");
            ops_as_java(value, lost);
            for later in value["asked"].as_array_mut().expect("frames").iter_mut().skip(1) {
                assert_eq!(later["body"]["flag"], 7, "{what}: {later}");
                later["body"]["flag"] = json!(0);
            }
        }
        let records = if value.is_array() { value } else { &mut value["records"] };
        let immune = records.to_string().contains(IMMUNITY);
        for record in records.as_array_mut().expect("records") {
            let checked = record.to_string().contains("TRANSACTION_CHECK_TIMES");
            if checked {
                assert_eq!(record["flag"], 7, "{what}: {record}");
                record["flag"] = json!(0);
            }
            let ours = checked && !immune && record["topic"] == HALF_TOPIC;
            let properties = record["properties"].as_array_mut().expect("properties");
            if let Some(first) = properties.iter().position(|one| one[0] == FIRST_OFFSET) {
                assert!(ours || immune, "{what}: {properties:?}");
                assert_eq!(properties[first][1], "half 0", "{what}");
                if ours {
                    properties.remove(first);
                }
            }
        }
    }
    seen
}

fn suite(shards: u16) {
    let mut room = Room::start(shards);
    let lost = room.begin_lost();
    room.ended_at_once();
    room.ended_when_asked();
    room.given_up(&lost);
    room.immune();
    room.refusals();
    let metrics = room.metrics();
    recorded::write("transactions-5.5.0/transactionMetrics", &metrics);
    let seen = match Flavor::under_test() {
        Flavor::Java => room.seen,
        Flavor::RingMq => as_java(room.seen),
    };
    recorded::compare("transactions-5.5.0/records.json", &json!(seen));
}

#[test]
fn are_those_of_java_on_one_shard() {
    suite(1);
}

#[test]
fn are_those_of_java_on_two_shards() {
    suite(2);
}
