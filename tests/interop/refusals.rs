//! What a broker does not take, request by request, and flags that only a raw request sets: beside
//! the answers of Java 5.5.0.
//!
//! A connection of the test itself asks, so that no client library checks before. The answers of
//! the reference are kept in `tests/golden/refusals-5.5.0`. To make them again:
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop refusals::`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::process::{STEP_WITHIN, wait_until};
use crate::raw::{self, HEARTBEAT};
use crate::recorded;
use crate::remoting::{self, Connection, Reply};
use crate::system::{Cluster, Flush};

const TOPIC: &str = "guarded";
const SEND_BACK: i32 = 36;
const SEND_BATCH: i32 = 320;
const UPDATE_TOPIC: i32 = 17;
const UPDATE_BROKER_CONFIG: i32 = 25;
const UPDATE_GROUP: i32 = 200;
const TOPIC_CONFIG: i32 = 351;
/// The group of most scenarios; its member is the test's connection.
const GROUP: &str = "guards";

/// Answers that differ on purpose. Java means to refuse a pull with an expression that it cannot
/// read, and sends everything; where it does refuse one it does not say why; and it answers with
/// the exception that a look at the middle of a record ends with.
const DIFFERENCES: [(&str, i64, &str); 7] = [
    (
        "pull: bad SQL",
        23,
        "parse the consumer's subscription failed: something else where a value is expected, \
         at line 1, column 9",
    ),
    (
        "pull: no SQL",
        23,
        "parse the consumer's subscription failed: the end where a value is expected, at line 1, \
         column 1",
    ),
    (
        "pull: unknown type",
        23,
        "parse the consumer's subscription failed: there are no filters of type XPATH",
    ),
    ("pull: registered bad SQL", 27, NO_FILTER),
    ("pull: registered bad SQL after good", 27, NO_FILTER),
    ("pull: registered bad SQL, the older version", 27, NO_FILTER),
    ("send back: within a record", 1, "look message by offset failed, 3"),
];
const NO_FILTER: &str = "The broker's consumer filter data is not exist!Your expression may be \
    wrong! something else where a value is expected, at line 1, column 9";

struct Room {
    cluster: Cluster,
    client: Connection,
    answers: BTreeMap<String, Value>,
}

impl Room {
    fn start(shards: u16) -> Self {
        let settings = [("messageDelayLevel", "1s"), ("defaultTopicQueueNums", "4")];
        let cluster =
            Cluster::started(&format!("refusals-{shards}"), Flush::Async, shards, &settings);
        cluster.create_topic(TOPIC, 1);
        let client = Connection::open(&cluster.broker.address()).expect("it is there");
        Self { cluster, client, answers: BTreeMap::new() }
    }

    fn call(&mut self, code: i32, fields: &[(&str, &str)], body: &[u8]) -> Reply {
        self.client.call(code, fields, body).expect("the broker answers")
    }

    fn configure(&mut self, key: &str, value: &str) {
        let line = format!("{key}={value}\n");
        assert_eq!(self.call(UPDATE_BROKER_CONFIG, &[], line.as_bytes()).code, 0, "{line}");
    }

    fn update_group(&mut self, group: &str, more: &str) {
        let body = format!("{{\"groupName\":\"{group}\"{more}}}");
        assert_eq!(self.call(UPDATE_GROUP, &[], body.as_bytes()).code, 0, "{body}");
    }

    fn update_topic(&mut self, topic: &str, perm: &str) {
        let fields = [
            ("topic", topic),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "1"),
            ("writeQueueNums", "1"),
            ("perm", perm),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ];
        assert_eq!(self.call(UPDATE_TOPIC, &fields, &[]).code, 0, "{topic}");
    }

    /// Becomes the only member of a group, with these topics, expressions and their types.
    fn subscribe(&mut self, group: &str, version: i64, topics: &[(&str, &str, &str)]) {
        let subscriptions: Vec<Value> = topics
            .iter()
            .map(|(topic, kind, expression)| {
                json!({
                    "topic": topic, "subString": expression, "expressionType": kind,
                    "subVersion": version, "classFilterMode": false, "codeSet": [], "tagsSet": [],
                })
            })
            .collect();
        let beat = json!({
            "clientID": "guard", "producerDataSet": [],
            "consumerDataSet": [{
                "groupName": group, "consumeType": "CONSUME_PASSIVELY", "unitMode": false,
                "messageModel": "CLUSTERING", "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET",
                "subscriptionDataSet": subscriptions,
            }],
        });
        let beat = serde_json::to_vec(&beat).expect("JSON");
        assert_eq!(self.call(HEARTBEAT, &[], &beat).code, 0);
    }

    fn note(&mut self, what: &str, reply: &Reply) {
        self.answers.insert(what.to_owned(), json!([reply.code, reply.remark]));
    }

    fn pull(&mut self, what: &str, more: &[(&str, &str)]) {
        let reply = raw::pull(&mut self.client, (TOPIC, 0, 0), more);
        self.note(&format!("pull: {what}"), &reply);
    }

    /// Stores a message with these properties; yields where.
    fn stored(&mut self, topic: &str, pairs: &[(&str, &str)], body: &str) -> String {
        let properties = raw::properties(pairs);
        let reply = raw::send(&mut self.client, (topic, "0"), &properties, &[], body);
        assert_eq!(reply.code, 0, "{}", reply.remark);
        let found = raw::drain(&mut self.client, topic, 0);
        found.last().expect("what was sent").physical.to_string()
    }

    fn send_back(&mut self, offset: &str, more: &[(&str, &str)]) -> Reply {
        let mut fields = vec![
            ("offset", offset),
            ("group", GROUP),
            ("delayLevel", "1"),
            ("originTopic", TOPIC),
            ("unitMode", "false"),
            ("maxReconsumeTimes", "16"),
        ];
        fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
        fields.extend_from_slice(more);
        self.call(SEND_BACK, &fields, &[])
    }

    fn sys_flag(&mut self, topic: &str) -> Value {
        let reply = self.call(TOPIC_CONFIG, &[("topic", topic)], &[]);
        assert_eq!(reply.code, 0, "{topic}: {}", reply.remark);
        reply.json()["topicSysFlag"].take()
    }

    fn pulls(&mut self) {
        const BAD: &str = "number >> 1";
        const GOOD: &str = "number > 1";
        let carried = |sql: &'static str| [("expressionType", "SQL92"), ("subscription", sql)];
        let registered = |group: &'static str, version: &'static str| {
            [("consumerGroup", group), ("sysFlag", "0"), ("subVersion", version)]
        };
        self.stored(TOPIC, &[("number", "2"), ("UNIQ_KEY", "one")], "two");
        self.pull("good SQL, filters off", &carried(GOOD));
        self.pull("bad SQL, filters off", &carried(BAD));
        self.pull("no such group's subscription", &registered("nobody", "0"));
        self.subscribe(GROUP, 7, &[("other", "TAG", "*")]);
        self.pull("subscribes to another topic", &registered(GROUP, "7"));
        self.subscribe(GROUP, 7, &[(TOPIC, "TAG", "*")]);
        self.pull("an older subscription", &registered(GROUP, "8"));
        self.pull("the subscription", &registered(GROUP, "7"));
        self.subscribe("sql", 7, &[(TOPIC, "SQL92", GOOD)]);
        self.pull("registered SQL, filters off", &registered("sql", "7"));
        self.configure("enablePropertyFilter", "true");
        self.pull("registered SQL", &registered("sql", "7"));
        self.pull("good SQL", &carried(GOOD));
        self.pull("bad SQL", &carried(BAD));
        self.pull("no SQL", &carried(""));
        self.pull("unknown type", &[("expressionType", "XPATH"), ("subscription", GOOD)]);
        self.subscribe("bad_sql", 7, &[(TOPIC, "SQL92", BAD)]);
        self.pull("registered bad SQL", &registered("bad_sql", "7"));
        self.subscribe("sql", 8, &[(TOPIC, "SQL92", BAD)]);
        self.pull("registered bad SQL after good", &registered("sql", "8"));
        self.pull("registered bad SQL, the older version", &registered("sql", "7"));
    }

    fn batches(&mut self) {
        let item = |properties: &str| {
            let properties = properties.as_bytes();
            let (body, length) = (b"item", 22 + 4 + properties.len());
            let number = |value: usize| u32::try_from(value).expect("small").to_be_bytes();
            let short = u16::try_from(properties.len()).expect("small").to_be_bytes();
            let head = [number(length), [0; 4], [0; 4], [0; 4], number(body.len())].concat();
            [&head, &body[..], &short, properties].concat()
        };
        let batch = |properties: &'static str, more: &[(&'static str, &'static str)]| {
            let mut fields = vec![
                ("a", "senders"),
                ("b", TOPIC),
                ("c", "TBW102"),
                ("d", "4"),
                ("e", "0"),
                ("f", "0"),
                ("g", "0"),
                ("h", "0"),
                ("i", properties),
                ("j", "0"),
                ("k", "false"),
                ("m", "true"),
            ];
            fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
            fields.extend_from_slice(more);
            fields
        };
        let plain = raw::properties(&[("UNIQ_KEY", "b1")]);
        let items = [item(&plain), item(&plain)].concat();
        let delayed = item(&raw::properties(&[("UNIQ_KEY", "b2"), ("DELAY", "1")]));
        let cases = [
            ("two", batch("", &[]), items.clone()),
            ("with a delay", batch("DELAY\u{1}1\u{2}", &[]), items.clone()),
            ("an item with a delay", batch("", &[]), delayed),
            ("prepared", batch("", &[("f", "4")]), items.clone()),
            ("to a retry topic", batch("", &[("b", "%RETRY%guards")]), items.clone()),
            ("to a topic that is protected", batch("", &[("b", "SCHEDULE_TOPIC_XXXX")]), items),
        ];
        for (what, fields, body) in cases {
            let reply = self.call(SEND_BATCH, &fields, &body);
            self.note(&format!("batch: {what}"), &reply);
        }
        // An item's own delay is a property like any other.
        let stored = raw::drain(&mut self.client, TOPIC, 0);
        let bodies: Vec<&str> = stored.iter().map(|record| record.body.as_str()).collect();
        assert_eq!(bodies, ["two", "item", "item", "item"]);
    }

    fn sent_back(&mut self) {
        const RETRY: &str = "%RETRY%guards";
        let offset = self.stored(TOPIC, &[("UNIQ_KEY", "back")], "back");
        self.configure("autoCreateSubscriptionGroup", "false");
        let cases = [
            ("no such group", offset.as_str(), "unknown"),
            ("no record there", "999999999", GROUP),
            ("before the log", "-1", GROUP),
            ("within a record", "3", GROUP),
        ];
        for (what, offset, group) in cases {
            let reply = self.send_back(offset, &[("group", group)]);
            self.note(&format!("send back: {what}"), &reply);
        }
        self.configure("autoCreateSubscriptionGroup", "true");
        self.configure("brokerPermission", "4");
        let reply = self.send_back(&offset, &[]);
        self.note("send back: to a broker that is not writable", &reply);
        self.configure("brokerPermission", "6");
        self.update_topic(RETRY, "4");
        let reply = self.send_back(&offset, &[]);
        self.note("send back: to a topic that is not writable", &reply);
        self.update_topic(RETRY, "6");
        self.update_group("without_retries", ",\"retryQueueNums\":0");
        let reply = self.send_back(&offset, &[("group", "without_retries")]);
        self.note("send back: to a group without retries", &reply);
        for (what, group, more) in [
            ("level below 0", "level_below_0", ("delayLevel", "-1")),
            ("tried often enough", "tried_often_enough", ("maxReconsumeTimes", "0")),
        ] {
            let reply = self.send_back(&offset, &[("group", group), more]);
            self.note(&format!("send back: {what}"), &reply);
            let dead = raw::drain(&mut self.client, &format!("%DLQ%{group}"), 0);
            let dead: Vec<Value> =
                dead.iter().map(|one| json!([one.body, one.reconsumed])).collect();
            self.answers.insert(format!("dead letters: {what}"), json!(dead));
        }
    }

    /// Topics that a request of a unit makes say so.
    fn units(&mut self) {
        let offset = self.stored(TOPIC, &[("UNIQ_KEY", "unit")], "unit");
        for (unit, suffix) in [("true", "unit"), ("false", "plain")] {
            let group = format!("group_of_{suffix}");
            let reply = self.send_back(&offset, &[("group", &group), ("unitMode", unit)]);
            assert_eq!(reply.code, 0, "{}", reply.remark);
            let topic = format!("topic_of_{suffix}");
            let made = raw::send(&mut self.client, (&topic, "0"), "", &[("k", unit)], "x");
            assert_eq!(made.code, 0, "{}", made.remark);
            for topic in [format!("%RETRY%{group}"), topic] {
                let flag = self.sys_flag(&topic);
                self.answers.insert(format!("topicSysFlag: {topic}"), flag);
            }
        }
    }

    /// What comes back to a group that filters by SQL: all of it, or only what it wants.
    fn filtered_retries(&mut self) {
        const FILTERING: &str = "filtering";
        let retry = format!("%RETRY%{FILTERING}");
        self.cluster.create_topic("filtered", 1);
        for number in ["3", "7"] {
            let properties = [("number", number), ("UNIQ_KEY", number)];
            let offset = self.stored("filtered", &properties, number);
            let more = [("group", FILTERING), ("originTopic", "filtered")];
            assert_eq!(self.send_back(&offset, &more).code, 0);
        }
        let broker = self.cluster.broker.address();
        wait_until("both are to be consumed again", STEP_WITHIN, || {
            remoting::max_offset(&broker, &retry, 0) == 2
        });
        // Clients subscribe to the retry topic by tag, which nothing filters.
        let cases = [("false", "TAG", "*"), ("true", "TAG", "*"), ("true", "SQL92", "number > 9")];
        for (version, (switch, kind, expression)) in (1..).zip(cases) {
            self.configure("filterSupportRetry", switch);
            let wanted = [("filtered", "SQL92", "number > 5"), (&retry, kind, expression)];
            self.subscribe(FILTERING, version, &wanted);
            let fields = [("consumerGroup", FILTERING), ("sysFlag", "0"), ("subVersion", "1")];
            let reply = raw::pull(&mut self.client, (&retry, 0, 0), &fields);
            let found: Vec<String> =
                raw::records(&reply.body).into_iter().map(|record| record.body).collect();
            let what = format!("filterSupportRetry={switch}, retries wanted by {kind}");
            self.answers.insert(what, json!([reply.code, found]));
        }
    }
}

fn suite(shards: u16) {
    let mut room = Room::start(shards);
    room.pulls();
    room.batches();
    room.sent_back();
    room.units();
    room.filtered_retries();
    let is_meant = |what: &str, _: &Value, found: &Value| {
        let ours = DIFFERENCES.iter().find(|(other, ..)| *other == what);
        ours.is_some_and(|(_, code, remark)| *found == json!([code, remark]))
    };
    recorded::compare_but("refusals-5.5.0/answers.json", &json!(room.answers), is_meant);
}

#[test]
fn are_those_of_java_on_one_shard() {
    suite(1);
}

#[test]
fn are_those_of_java_on_two_shards() {
    suite(2);
}
