//! What was asked of Java's name server is asked of ours, and the answers are the same bytes.

use std::collections::BTreeSet;

use ringmq::protocol::body::TopicList;
use ringmq::protocol::code::request as codes;
use ringmq::protocol::{Command, fastjson};

use super::bench::Bench;
use super::recording::{self, Recording};

/// An answer that is meant to be another one.
struct Difference {
    place: &'static str,
    code: i32,
    body: Body,
    why: &'static str,
}

/// What our body is.
enum Body {
    /// It begins so.
    Begins(&'static str),
    /// A list of the same topics.
    SameTopics,
}

impl Body {
    fn fits(&self, ours: &[u8], java: &[u8]) -> bool {
        match self {
            Self::Begins(start) => ours.starts_with(start.as_bytes()),
            Self::SameTopics => topics(ours) == topics(java),
        }
    }
}

fn topics(body: &[u8]) -> BTreeSet<String> {
    let list: TopicList = fastjson::from_slice(body).unwrap();
    list.topics.into_iter().collect()
}

/// Everything that differs, beside the serialization: Java answers in its own, we in the
/// requester's.
const DIFFERENCES: &[Difference] = &[
    Difference {
        place: "broker-5.5.0/variant-compressed-register-boot.jsonl #1",
        code: 0,
        body: Body::Begins(""),
        why: "5.x brokers say that a compressed body is plain; we look at the body itself",
    },
    Difference {
        place: "broker-5.5.0/variant-compressed-register-boot.jsonl #2",
        code: 0,
        body: Body::Begins("{\"brokerAddrTable\":{\"broker-a\":"),
        why: "the broker is there, see #1",
    },
    Difference {
        place: "broker-5.5.0/variant-compressed-register-requests.jsonl #5",
        code: 1,
        body: Body::Begins(""),
        why: "the body is read, and refused because one topic is no first registration",
    },
    Difference {
        place: "raw-5.5.0/register-compressed-flag-false.jsonl #1",
        code: 0,
        body: Body::Begins("{\"table\":{}}"),
        why: "as above",
    },
    Difference {
        place: "client-5.3.3/json/admin-topicList.jsonl #1",
        code: 0,
        body: Body::SameTopics,
        why: "two names share a bucket of Java's map, whose order follows how it grew",
    },
    Difference {
        place: "client-5.5.0/json/admin-topicList.jsonl #1",
        code: 0,
        body: Body::SameTopics,
        why: "as above",
    },
];

/// Files at whose start no broker was registered.
fn starts_empty(file: &str) -> bool {
    file.ends_with("boot.jsonl") || file.contains("compressed-register")
}

fn prepared(recording: &Recording) -> Bench {
    let mut bench = Bench::recorded();
    if !starts_empty(&recording.file) {
        bench.broker_of_the_recording();
    }
    // Where an earlier file made and emptied the namespace, registrations are told so.
    let mut replies = recording.exchanges.iter().filter_map(|exchange| {
        let registers = exchange.request.code == codes::REGISTER_BROKER;
        exchange.reply.as_ref().filter(|_| registers)
    });
    if replies.any(|reply| &reply.body[..] == b"{\"table\":{}}")
        || recording.file.contains("flag-false")
    {
        bench.order_namespace();
    }
    if recording.file == "broker-5.5.0/shutdown.jsonl" {
        // Left over from register-life-cycle: Java forgets one broker per closed connection.
        bench.broker("OtherCluster", "broker-w", "0", "127.0.0.7:40911", 2000);
    }
    if recording.file.contains("slave-acting-master-requests")
        || recording.file.contains("slave-acting-master-shutdown")
    {
        let boot = recording::file("broker-5.5.0/variant-slave-acting-master-boot.jsonl");
        bench.handle(&boot.exchanges[0].request, 1000).unwrap();
    }
    bench
}

#[test]
fn answers_are_java_s() {
    let mut differ = BTreeSet::new();
    let mut faults = Vec::new();
    let mut same = 0;
    for recording in recording::all() {
        let mut bench = prepared(&recording);
        for exchange in &recording.exchanges {
            let expected = exchange.reply.as_ref();
            if let Some(reply) = expected {
                let changed = recording.file.starts_with("client-");
                bench.catch_up(&exchange.request, reply, changed);
            }
            let answer = bench.handle(&exchange.request, exchange.connection);
            let (Some(answer), Some(expected)) = (answer, expected) else {
                let unanswered = exchange.request.is_oneway()
                    // The capture ended before the answer.
                    || exchange.place.contains("allocateMQ");
                assert!(unanswered && expected.is_none(), "{}", exchange.place);
                continue;
            };
            assert_eq!(answer.serialization, exchange.request.serialization);
            let mirrored = Command { serialization: expected.serialization, ..answer };
            if mirrored.encode().unwrap() == expected.encode().unwrap() {
                same += 1;
                continue;
            }
            let listed = DIFFERENCES.iter().find(|listed| listed.place == exchange.place);
            let Some(listed) = listed else {
                let (ours, java) = (shown(&mirrored), shown(expected));
                faults.push(format!("{}\n ours {ours}\n java {java}", exchange.place));
                continue;
            };
            assert_eq!(mirrored.code, listed.code, "{}: {}", listed.place, listed.why);
            assert!(listed.body.fits(&mirrored.body, &expected.body), "{}", listed.place);
            differ.insert(listed.place);
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    let listed: BTreeSet<&str> = DIFFERENCES.iter().map(|listed| listed.place).collect();
    assert_eq!(differ, listed, "no entry of the list is stale");
    assert!(same > 150, "{same} answers were compared");
}

fn shown(command: &Command) -> String {
    let body = String::from_utf8_lossy(&command.body);
    format!("{} {:?} {:?} {body}", command.code, command.remark, command.fields)
}
