//! What is not taken, topics that change while they are in use, and the flow to consumers.

use super::{BODY_MAX, Suite};
use crate::account::{all_acknowledged, exactly_once};
use crate::driver::{Sent, typed};
use crate::process::{STEP_WITHIN, wait_until};
use crate::recorded;
use crate::system::BROKER;

/// Sends at and beyond each limit, and names that are none: a client is told what Java tells it.
pub fn refuses(suite: &mut Suite) {
    suite.topic("limited", 1);
    let producer = [
        ("name", "large"),
        ("instance", "large"),
        ("most", "8388608"),
        ("compressOver", "8388608"),
    ];
    suite.groups("producer", &producer);
    let fields = [
        ("name", "large"),
        ("topic", "limited"),
        ("most", BODY_MAX),
        ("broker", BROKER),
        ("topics", "SCHEDULE_TOPIC_XXXX,RMQ_SYS_TRANS_HALF_TOPIC,OFFSET_MOVED_EVENT"),
    ];
    let outcomes = suite.groups("refusals", &fields)["outcomes"].take();
    recorded::compare(&format!("groups-5.5.0/refusals-{}.json", suite.version), &outcomes);
    suite.shutdown("large");
}

/// Fewer queues to write to: consumers drain the old ones. More: they get used.
pub fn queue_counts(suite: &mut Suite) {
    suite.topic("resized", 4);
    suite.push("resized", "resizers", "resized", &[("gate", "true")]);
    suite.wait_held("resized", "resized", 4);
    let mut sent = suite.send("resized", "four", 16);
    suite.update_topic("resized", 4, 2, 6);
    suite.groups("producer", &[("name", "r2"), ("instance", "r2")]);
    let two = suite.send_by("r2", "resized", "two", 8, &[]);
    assert!(two.iter().all(|one| one.queue.is_some_and(|queue| queue < 2)), "{two:?}");
    sent.extend(two);
    suite.groups("open", &[("name", "resized")]);
    exactly_once("drained", &sent, &suite.wait_arrival("resized", &sent));
    suite.update_topic("resized", 6, 6, 6);
    suite.groups("producer", &[("name", "r6"), ("instance", "r6")]);
    let six = suite.send_by("r6", "resized", "six", 12, &[]);
    let most = six.iter().filter_map(|one| one.queue).max();
    assert_eq!(most, Some(5), "{six:?}");
    sent.extend(six);
    suite.push("resized_on", "other_resizers", "resized", &[]);
    exactly_once("six queues", &sent, &suite.wait_arrival("resized_on", &sent));
    for name in ["resized", "resized_on", "r2", "r6"] {
        suite.shutdown(name);
    }
}

/// A topic for reading alone is drained and gets nothing; one for writing alone gets, and keeps.
pub fn permissions(suite: &mut Suite) {
    suite.topic("guarded", 1);
    let mut sent = suite.send("guarded", "open", 4);
    suite.update_topic("guarded", 1, 1, 4);
    let reader = [("name", "late_writer"), ("instance", "late_writer")];
    suite.groups("producer", &reader);
    let fields = [("name", "late_writer"), ("topic", "guarded"), ("body", "x"), ("as", "x")];
    let refused = suite.groups("request", &fields);
    assert!(refused["failure"].is_string(), "a client finds no queue to write to: {refused}");
    suite.push("reader", "guards", "guarded", &[]);
    exactly_once("read-only", &sent, &suite.wait_arrival("reader", &sent));
    suite.shutdown("reader");
    suite.cluster.wait_committed("guards", "guarded", 1);
    suite.update_topic("guarded", 1, 1, 2);
    sent = suite.send_by("late_writer", "guarded", "unread", 4, &[]);
    let pull = [
        ("consumerGroup", "guards"),
        ("topic", "guarded"),
        ("queueId", "0"),
        ("queueOffset", "4"),
        ("maxMsgNums", "4"),
        ("sysFlag", "4"),
        ("commitOffset", "0"),
        ("suspendTimeoutMillis", "0"),
        ("subscription", "*"),
        ("subVersion", "0"),
    ];
    let broker = suite.cluster.broker.address();
    let reply = crate::remoting::call(&broker, 11, &pull).expect("the broker answers");
    assert_eq!(reply.code, 16, "the topic cannot be read: {}", reply.remark);
    suite.update_topic("guarded", 1, 1, 6);
    suite.push("reader_on", "guards", "guarded", &[]);
    exactly_once("readable again", &sent, &suite.wait_arrival("reader_on", &sent));
    for name in ["reader_on", "late_writer"] {
        suite.shutdown(name);
    }
}

/// A consumer that does not come along fetches no more than it may hold, by count and by size.
pub fn flow_control(suite: &mut Suite) {
    const BATCH: i64 = 32;
    suite.topic("flood", 1);
    let by_count = [("gate", "true"), ("most", "40")];
    let by_size = [("gate", "true"), ("mostMiB", "1")];
    suite.push("counted", "counted", "flood", &by_count);
    suite.push("weighed", "weighed", "flood", &by_size);
    let sent = suite.send_by("p", "flood", "flood", 200, &[("size", "20000")]);
    let mut cached = |name: &str, key: &str| {
        let answer = suite.groups("cached", &[("name", name), ("topic", "flood")]);
        answer[key].as_i64().expect("a number")
    };
    wait_until("a limit holds by count", STEP_WITHIN, || cached("counted", "count") > 40);
    // Clients count whole MiB, so that more than one is two.
    wait_until("a limit holds by size", STEP_WITHIN, || cached("weighed", "bytes") >= 2 << 20);
    let count = cached("counted", "count");
    assert!(count <= 40 + BATCH, "{count} messages are held");
    let bytes = cached("weighed", "bytes");
    assert!(bytes <= (2 << 20) + BATCH * 20_100, "{bytes} bytes are held");
    for name in ["counted", "weighed"] {
        suite.groups("open", &[("name", name)]);
        exactly_once(name, &sent, &suite.wait_arrival(name, &sent));
        suite.shutdown(name);
    }
}

/// Bodies pass as the producer compressed them, whatever it did that with.
pub fn compression(suite: &mut Suite) {
    suite.topic("compressed", 1);
    suite.push("inflater", "inflaters", "compressed", &[]);
    let mut sent: Vec<Sent> = Vec::new();
    for (kind, bits) in [("LZ4", 0x100), ("ZSTD", 0x200), ("ZLIB", 0x300)] {
        suite.groups("producer", &[("name", kind), ("instance", kind), ("compress", kind)]);
        sent.extend(suite.send_by(kind, "compressed", kind, 3, &[("size", "30000")]));
        suite.shutdown(kind);
        let seen = suite.wait_arrival("inflater", &sent);
        for one in seen.iter().filter(|one| one.body.starts_with(kind)) {
            assert!(one.sys_flag & 0x700 == bits && one.size < 15_000, "{one:?}");
        }
        exactly_once(kind, &sent, &seen);
    }
    suite.shutdown("inflater");
}

/// The messages of a batch are stored with what their sender gave each of them, and no more.
pub fn batches(suite: &mut Suite) {
    suite.topic("batched", 2);
    let fields = [("name", "p"), ("kind", "batch"), ("topic", "batched"), ("prefix", "batched")];
    let parts = [("count", "12"), ("batch", "4"), ("keys", "true"), ("tags", "A,B")];
    let sent = suite.app.send(&[&fields[..], &parts].concat());
    all_acknowledged("batched", &sent, "SEND_OK");
    let stored = suite.drain("batched");
    exactly_once("batched", &sent, &stored);
    for one in &stored {
        let names: Vec<&str> = one.properties.keys().map(String::as_str).collect();
        // The bounds of the queue are added by the client that pulls.
        let own = ["KEYS", "MAX_OFFSET", "MIN_OFFSET", "TAGS", "UNIQ_KEY", "WAIT"];
        assert_eq!(names, own, "{one:?}");
        assert_eq!(one.properties["KEYS"], format!("key-{}", one.body));
    }
}

/// Selectors of the client library choose among the queues that the route shows.
pub fn selectors(suite: &mut Suite) {
    suite.topic("selected", 8);
    let mut queues = |selector: &str, count: &str| -> Vec<i32> {
        let fields = [("name", "p"), ("topic", "selected"), ("key", "order-17")];
        let choice = [("selector", selector), ("count", count)];
        typed(suite.groups("select", &[&fields[..], &choice].concat())["queues"].take())
    };
    assert_eq!(queues("hash", "5").len(), 1, "one key, one queue");
    assert!(queues("random", "64").len() > 1, "many queues");
}
