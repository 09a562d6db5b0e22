//! Sends at and beyond each limit, and to topics that are not for everybody.

use super::{BODY_MAX, Session};
use crate::remoting::Reply;

/// SEND_MESSAGE.
pub const SEND: i32 = 10;
/// As a client gives them to a message.
const PROPERTIES: &str = "UNIQ_KEY\u{1}7F00000100002A139A551234567800FF\u{2}WAIT\u{1}true";
/// `Short.MAX_VALUE`.
const PROPERTIES_MAX: usize = 32_767;

/// The fields of a send, and their names in later codes.
pub const NAMES: [&str; 12] = [
    "producerGroup",
    "topic",
    "defaultTopic",
    "defaultTopicQueueNums",
    "queueId",
    "sysFlag",
    "bornTimestamp",
    "flag",
    "properties",
    "reconsumeTimes",
    "unitMode",
    "batch",
];
/// See [`NAMES`].
pub const SHORT_NAMES: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m"];

/// A send; what is not said is as the clients have it.
pub struct Message<'a> {
    pub code: i32,
    pub topic: &'a str,
    pub template: &'a str,
    pub queues: &'a str,
    pub queue: &'a str,
    pub properties: &'a str,
    pub body: &'a [u8],
    pub is_batch: bool,
}

/// One byte to the first queue of a topic.
pub fn to(topic: &str) -> Message<'_> {
    Message {
        code: SEND,
        topic,
        template: "TBW102",
        queues: "4",
        queue: "0",
        properties: PROPERTIES,
        body: b"x",
        is_batch: false,
    }
}

impl Session {
    pub fn send(&mut self, what: &str, message: &Message<'_>) -> Reply {
        let values = [
            "senders",
            message.topic,
            message.template,
            message.queues,
            message.queue,
            "0",
            "1700000000000",
            "0",
            message.properties,
            "0",
            "false",
            if message.is_batch { "true" } else { "false" },
        ];
        let names = if message.code == SEND { NAMES } else { SHORT_NAMES };
        let fields: Vec<(&str, &str)> = names.into_iter().zip(values).collect();
        self.ask(what, message.code, &fields, message.body)
    }

    /// UPDATE_AND_CREATE_TOPIC.
    pub fn topic(&mut self, topic: &str, read: &str, write: &str, perm: &str) {
        let fields = [
            ("topic", topic),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", read),
            ("writeQueueNums", write),
            ("perm", perm),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ];
        let what = format!("a topic {:.20}: {read} to read, {write} to write, perm {perm}", topic);
        self.ask(&what, 17, &fields, &[]);
    }
}

pub fn all(session: &mut Session) {
    session.topic("sent_to", "1", "1", "6");
    sizes(session);
    names(session);
    queues(session);
    creations(session);
    delays(session);
}

fn sizes(session: &mut Session) {
    let body = vec![b'b'; BODY_MAX + 1];
    session.send("one byte", &to("sent_to"));
    session.send("the largest body", &Message { body: &body[..BODY_MAX], ..to("sent_to") });
    session.send("a larger body", &Message { body: &body, ..to("sent_to") });
    session.send("no body", &Message { body: &[], ..to("sent_to") });
    session.code_alone();
    // Whatever the broker adds counts too: CLUSTER, MSG_REGION, TRACE_ON, UNIQ_KEY.
    for bytes in [PROPERTIES_MAX - 400, PROPERTIES_MAX, PROPERTIES_MAX + 1] {
        let properties = format!("k\u{1}{}", "v".repeat(bytes - 2));
        let message = Message { properties: &properties, ..to("sent_to") };
        session.send(&format!("{bytes} bytes of properties"), &message);
    }
    let no_value = Message { properties: "lonely", ..to("sent_to") };
    session.send("a property without a value", &no_value);
    session.send("no properties", &Message { properties: "", ..to("sent_to") });
}

fn names(session: &mut Session) {
    let long = "t".repeat(128);
    let long_retry = format!("%RETRY%{}", "g".repeat(249));
    let names =
        ["", " ", "two words", "a/b", "a.b", "a-b_C9|%", "größe", &long[..127], &long, &long_retry];
    for name in names {
        session.send(&format!("to `{name:.20}` of {} bytes", name.len()), &to(name));
    }
    for name in [
        "TBW102",
        "SCHEDULE_TOPIC_XXXX",
        "BenchmarkTest",
        "RMQ_SYS_TRANS_HALF_TOPIC",
        "RMQ_SYS_TRANS_OP_HALF_TOPIC",
        "TRANS_CHECK_MAX_TIME_TOPIC",
        "RMQ_SYS_TRACE_TOPIC",
        "SELF_TEST_TOPIC",
        "OFFSET_MOVED_EVENT",
        "DefaultCluster",
        "broker-a",
        "DefaultCluster_REPLY_TOPIC",
        "%RETRY%nobody",
        "%DLQ%nobody",
    ] {
        session.send(&format!("to {name}"), &to(name));
    }
}

fn queues(session: &mut Session) {
    session.topic("drained", "4", "2", "6");
    session.send("to the last queue to read", &Message { queue: "3", ..to("drained") });
    session.send("to no queue", &Message { queue: "4", ..to("drained") });
    session.send("to any queue of one", &Message { queue: "-1", ..to("sent_to") });
    session.send("to no number", &Message { queue: "first", ..to("sent_to") });
    session.code_alone();
    session.topic("narrow", "2", "4", "6");
    session.send("to a queue that is not read", &Message { queue: "3", ..to("narrow") });
    for (topic, perm) in [("read_only", "4"), ("write_only", "2"), ("closed", "1")] {
        session.topic(topic, "1", "1", perm);
        session.send(&format!("to a topic of perm {perm}"), &to(topic));
    }
    session.set("brokerPermission", "4");
    session.send("a broker of perm 4", &to("sent_to"));
    session.set("brokerPermission", "6");
    session.topic("no_perm", "1", "1", "0");
    session.topic("no_queues", "0", "0", "6");
    session.topic("two words", "1", "1", "6");
    session.topic(&"t".repeat(128), "1", "1", "6");
    session.topic("TBW102", "1", "1", "6");
}

fn creations(session: &mut Session) {
    session.send("by no template", &Message { template: "nosuch", ..to("made_by_none") });
    session.send("by a plain topic", &Message { template: "sent_to", ..to("made_by_plain") });
    session.send("as many queues as the template", &Message { queues: "16", ..to("made_large") });
    session.send("a negative number of queues", &Message { queues: "-3", ..to("made_negative") });
    for topic in ["made_large", "made_by_plain", "%RETRY%nobody"] {
        session.ask(topic, 351, &[("topic", topic), ("lo", "true")], &[]);
    }
}

fn delays(session: &mut Session) {
    for level in ["0", "-1", "99"] {
        let properties = format!("DELAY\u{1}{level}\u{2}WAIT\u{1}true");
        let message = Message { properties: &properties, ..to("sent_to") };
        session.send(&format!("delay level {level}"), &message);
    }
    session.send(
        "a delay level that is none",
        &Message { properties: "DELAY\u{1}first", ..to("sent_to") },
    );
    session.code_alone();
    let message = Message { properties: "INNER_NUM\u{1}2", ..to("sent_to") };
    session.send("a batch's number of messages on one message", &message);
}
