//! What an application does with a client library, for each client version and both header forms:
//! all ways to send, all ways to receive, a group in two processes, a restart of the broker.

use std::collections::BTreeSet;

use crate::account::{
    all_acknowledged, all_there, arrived, by_body, contiguous, dense_from_zero, exactly_once,
    never_twice, ordered,
};
use crate::driver::{Driver, Headers, Seen, Sent, typed};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;
use crate::system::{BROKER, Cluster, Flush};

/// The topic most of a suite goes through, its group and its number of queues.
const ALL: &str = "every_kind";
const GROUP: &str = "readers";
const QUEUES: i32 = 8;

/// A part of a suite.
type Step = fn(&mut Suite);

/// One client version with one header form on one cluster.
struct Suite {
    cluster: Cluster,
    version: &'static str,
    headers: Headers,
    /// The application that lives through the whole suite; it has the producer `p`, the push
    /// consumer `a` on [`ALL`] and the pull consumer `pull`.
    first: Driver,
    /// All that was sent to [`ALL`] so far.
    sent: Vec<Sent>,
}

fn suite(version: &'static str, headers: Headers, flush: Flush, shards: u16) {
    let name = format!("clients-{version}-{headers:?}-{flush:?}-{shards}");
    let cluster = Cluster::started(&name, flush, shards, &[]);
    let servers = cluster.name_server.address();
    let mut first = Driver::start("first", version, headers, &servers, &cluster.work);
    first.run("producer", &[("name", "p")]);
    first.run("pull", &[("name", "pull"), ("group", "pullers")]);
    let mut suite = Suite { cluster, version, headers, first, sent: Vec::new() };
    let steps: [(&str, Step); 8] = [
        ("a topic created by its first send", Suite::creates_a_topic_by_sending),
        ("all ways to send", Suite::sends_in_every_way),
        ("order", Suite::keeps_order),
        ("tags", Suite::filters_by_tag),
        ("pull", Suite::pulls),
        ("lite pull", Suite::pulls_lite),
        ("a group in two processes", Suite::shares_a_group),
        ("restart of the broker", Suite::goes_on_after_a_restart),
    ];
    for (title, step) in steps {
        let start = std::time::Instant::now();
        step(&mut suite);
        println!("{name}: {title}: {} ms", start.elapsed().as_millis());
    }
}

impl Suite {
    fn broker(&self) -> String {
        self.cluster.broker.address()
    }

    fn send(&mut self, topic: &str, kind: &str, prefix: &str, count: usize) -> Vec<Sent> {
        self.send_with(topic, kind, prefix, count, &[])
    }

    fn send_with(
        &mut self,
        topic: &str,
        kind: &str,
        prefix: &str,
        count: usize,
        more: &[(&str, &str)],
    ) -> Vec<Sent> {
        let count_text = count.to_string();
        let mut fields = vec![
            ("name", "p"),
            ("topic", topic),
            ("kind", kind),
            ("prefix", prefix),
            ("count", count_text.as_str()),
        ];
        fields.extend_from_slice(more);
        let sent = self.first.send(&fields);
        let status = if kind == "oneway" { "ONEWAY" } else { "SEND_OK" };
        all_acknowledged(prefix, &sent, status);
        assert_eq!(sent.len(), count, "{prefix}: every send answers");
        sent
    }

    /// Waits until push consumer `name` of the first application has got `sent`; yields all it got.
    fn wait_arrival(&self, name: &str, sent: &[Sent]) -> Vec<Seen> {
        let mut seen = Vec::new();
        wait_until(&format!("{name} gets {} messages", sent.len()), STEP_WITHIN, || {
            seen = self.first.messages(name);
            arrived(sent, &seen) == sent.len()
        });
        seen
    }

    fn wait_held(&mut self, name: &str, topic: &str, queues: i32) {
        let all: Vec<i32> = (0..queues).collect();
        wait_until(&format!("{name} holds all queues of {topic}"), STEP_WITHIN, || {
            self.first.held_queues(name, topic) == all
        });
    }

    fn drain(&mut self, topic: &str, tags: &str) -> Vec<Seen> {
        self.first.receive("drain", &[("name", "pull"), ("topic", topic), ("tags", tags)])
    }

    fn creates_a_topic_by_sending(&mut self) {
        let sent = self.send("made_by_send", "sync", "auto", 8);
        self.cluster.wait_route("made_by_send", 4);
        dense_from_zero("a new topic", &sent);
        exactly_once("a new topic", &sent, &self.drain("made_by_send", "*"));
    }

    fn sends_in_every_way(&mut self) {
        self.cluster.create_topic(ALL, QUEUES);
        self.first.run("push", &[("name", "a"), ("group", GROUP), ("topic", ALL)]);
        self.wait_held("a", ALL, QUEUES);
        let rich = [("tags", "A,B,标签"), ("keys", "true"), ("properties", "true")];
        let rich = self.send_with(ALL, "sync", "sync-grüße", 40, &rich);
        // Larger than what the client leaves uncompressed.
        let large = self.send_with(ALL, "sync", "large", 3, &[("size", "20000")]);
        let asynchronous = self.send(ALL, "async", "async", 100);
        let batch = self.send_with(ALL, "batch", "batch", 30, &[("batch", "10"), ("keys", "true")]);
        let one_way = self.send(ALL, "oneway", "oneway", 40);
        let placed = [("queue", "3"), ("broker", BROKER)];
        let placed = self.send_with(ALL, "queue", "queue", 5, &placed);
        assert!(placed.iter().all(|one| one.queue == Some(3)), "{placed:?}");
        for part in [&rich, &large, &asynchronous, &batch, &one_way, &placed] {
            self.sent.extend_from_slice(part);
        }
        let sent = self.sent.clone();
        let seen = self.wait_arrival("a", &sent);
        exactly_once("push", &sent, &seen);
        let found = by_body(&seen);
        for (number, one) in rich.iter().enumerate() {
            let properties = &found[one.body.as_str()][0].properties;
            assert_eq!(properties["number"], number.to_string(), "{properties:?}");
            assert_eq!(properties["city"], "北京", "{properties:?}");
            assert_eq!(properties["KEYS"], format!("key-{}", one.body), "{properties:?}");
        }
        let pulled = self.drain(ALL, "*");
        exactly_once("pull", &sent, &pulled);
        contiguous("pull", &pulled);
    }

    fn keeps_order(&mut self) {
        const ORDERS: usize = 6;
        self.cluster.create_topic("in_order", 4);
        let group =
            [("name", "o"), ("group", "orderly"), ("topic", "in_order"), ("orderly", "true")];
        self.first.run("push", &group);
        let orders = ORDERS.to_string();
        let sent = self.send_with("in_order", "ordered", "ordered", 90, &[("orders", &orders)]);
        self.wait_arrival("o", &sent);
        // It stores its offsets when it leaves; what it was to get, it has got then.
        self.first.run("shutdown", &[("name", "o")]);
        self.cluster.wait_committed("orderly", "in_order", 4);
        let seen = self.first.messages("o");
        exactly_once("orderly push", &sent, &seen);
        ordered("orderly push", &sent, &seen, ORDERS);
    }

    fn filters_by_tag(&mut self) {
        self.cluster.create_topic("tagged", 4);
        let group =
            [("name", "t"), ("group", "tag_readers"), ("topic", "tagged"), ("tags", "A || B")];
        self.first.run("push", &group);
        let mut sent = self.send_with("tagged", "sync", "tag", 60, &[("tags", "A,B,C")]);
        for queue in ["0", "1", "2", "3"] {
            // The last message of each queue is wanted: when it has come, all has been looked at.
            let last = [("tags", "A"), ("queue", queue), ("broker", BROKER)];
            sent.extend(self.send_with("tagged", "queue", &format!("last{queue}"), 1, &last));
        }
        let with = |tags: [&str; 2]| -> Vec<Sent> {
            sent.iter().filter(|one| tags.contains(&one.tag.as_str())).cloned().collect()
        };
        self.wait_arrival("t", &with(["A", "B"]));
        self.first.run("shutdown", &[("name", "t")]);
        self.cluster.wait_committed("tag_readers", "tagged", 4);
        exactly_once("push of A || B", &with(["A", "B"]), &self.first.messages("t"));
        let pulled = self.drain("tagged", "C || A");
        exactly_once("pull of C || A", &with(["A", "C"]), &pulled);
        assert_eq!(self.drain("tagged", "NoSuchTag").len(), 0, "a tag nobody sent");
    }

    fn pulls(&mut self) {
        self.cluster.create_topic("pulled", 2);
        let mut sent = self.send("pulled", "sync", "pulled", 20);
        exactly_once("pull", &sent, &self.drain("pulled", "*"));
        let commit = |offset| {
            let queue = [("name", "pull"), ("topic", "pulled"), ("broker", BROKER), ("queue", "0")];
            [&queue[..], &[("offset", offset)]].concat()
        };
        let before = self.first.run("commit", &commit("5"))["before"].take();
        assert!([-1, 0].contains(&before.as_i64().unwrap()), "nothing committed yet: {before}");
        let broker = self.broker();
        wait_until("offset 5 is committed", STEP_WITHIN, || {
            remoting::committed(&broker, "pullers", "pulled", 0) == Some(5)
        });
        assert_eq!(self.first.run("commit", &commit("7"))["before"], 5);

        let queue = [("name", "pull"), ("topic", "pulled"), ("broker", BROKER), ("queue", "1")];
        self.first.run("hold", &queue);
        // Messages for another queue must not end the long poll of this one.
        let other = [("queue", "0"), ("broker", BROKER)];
        sent.extend(self.send_with("pulled", "queue", "other", 5, &other));
        assert_eq!(self.first.held_answers(), [] as [serde_json::Value; 0]);
        let wake =
            self.send_with("pulled", "queue", "wake", 1, &[("queue", "1"), ("broker", BROKER)]);
        wait_until("the long poll ends", STEP_WITHIN, || !self.first.held_answers().is_empty());
        let mut answer = self.first.held_answers().remove(0);
        let held: Vec<Seen> = typed(answer["messages"].take());
        assert_eq!(answer["status"], "FOUND");
        exactly_once("long poll", &wake, &held);
        sent.extend(wake);

        let all = self.drain("pulled", "*");
        exactly_once("pull after all", &sent, &all);
        contiguous("pull after all", &all);
        for one in sent.iter().step_by(7) {
            let id = one.offset_id.as_deref().unwrap();
            let view = [("name", "pull"), ("topic", "pulled"), ("id", id)];
            let seen: Seen = typed(self.first.run("view", &view)["message"].take());
            exactly_once("view by id", std::slice::from_ref(one), &[seen]);
        }
    }

    fn pulls_lite(&mut self) {
        self.cluster.create_topic("lite", 4);
        let mut sent = self.send("lite", "sync", "lite", 40);
        let subscribe = |name| [("name", name), ("group", "lite_readers"), ("topic", "lite")];
        let poll = |name, count| [("name", name), ("count", count), ("withinMs", "60000")];
        self.first.run("lite", &subscribe("l1"));
        exactly_once("lite pull", &sent, &self.first.receive("poll", &poll("l1", "40")));
        self.first.run("shutdown", &[("name", "l1")]);
        self.cluster.wait_committed("lite_readers", "lite", 4);
        // The next one of the group goes on where the first one committed.
        let more = self.send("lite", "sync", "lite-more", 10);
        self.first.run("lite", &subscribe("l2"));
        exactly_once("lite pull goes on", &more, &self.first.receive("poll", &poll("l2", "10")));
        self.first.run("shutdown", &[("name", "l2")]);
        self.cluster.wait_committed("lite_readers", "lite", 4);
        sent.extend(more);
        let assign =
            [("name", "l3"), ("group", "lite_assigned"), ("topic", "lite"), ("assign", "true")];
        self.first.run("lite", &assign);
        exactly_once("assigned pull", &sent, &self.first.receive("poll", &poll("l3", "50")));
        self.first.run("shutdown", &[("name", "l3")]);
    }

    fn shares_a_group(&mut self) {
        // Nothing is in flight when the queues move: then nothing may come twice.
        self.cluster.wait_committed(GROUP, ALL, QUEUES);
        let servers = self.cluster.name_server.address();
        let mut second =
            Driver::start("second", self.version, self.headers, &servers, &self.cluster.work);
        second.run("push", &[("name", "b"), ("group", GROUP), ("topic", ALL)]);
        let mut taken: Vec<i32> = Vec::new();
        wait_until("the queues are shared out", STEP_WITHIN, || {
            let kept = self.first.held_queues("a", ALL);
            taken = second.held_queues("b", ALL);
            let all: BTreeSet<i32> = kept.iter().chain(&taken).copied().collect();
            kept.len() == 4 && taken.len() == 4 && all == (0..QUEUES).collect()
        });
        let sent = self.send(ALL, "sync", "shared", 80);
        self.sent.extend(sent);
        self.wait_both(&second);
        let both = [self.first.messages("a"), second.messages("b")].concat();
        exactly_once("two members", &self.sent, &both);
        for seen in second.messages("b") {
            assert!(taken.contains(&seen.queue), "b holds {taken:?} and got {seen:?}");
        }

        let before = second.message_count("b");
        self.start_load("taken_over");
        wait_until("b works under load", STEP_WITHIN, || second.message_count("b") > before + 50);
        second.kill();
        let acked = self.first.ack_count();
        wait_until("sends go on", STEP_WITHIN, || self.first.ack_count() > acked + 100);
        self.first.run("loadEnd", &[("name", "p")]);
        assert_eq!(self.first.failures(), [] as [serde_json::Value; 0]);
        let acks = self.first.acks();
        all_acknowledged("load", &acks, "SEND_OK");
        self.sent.extend(acks);
        self.wait_held("a", ALL, QUEUES);
        self.wait_both(&second);
        self.cluster.wait_committed(GROUP, ALL, QUEUES);
        self.check_takeover(&second, &taken);
    }

    /// Nothing is lost; what came twice came to the dead member first, from a queue it held, and
    /// once only to the member that took over.
    fn check_takeover(&self, second: &Driver, taken: &[i32]) {
        let (a, b) = (self.first.messages("a"), second.messages("b"));
        never_twice("the member that stays", &a);
        never_twice("the member that dies", &b);
        let both = [a, b].concat();
        all_there("both members", &self.sent, &both);
        for copies in by_body(&both).values().filter(|copies| copies.len() > 1) {
            assert!(
                taken.contains(&copies[0].queue),
                "twice, from a queue that stayed: {copies:?}"
            );
        }
    }

    fn start_load(&mut self, prefix: &str) {
        let queues = QUEUES.to_string();
        let load = [
            ("name", "p"),
            ("topic", ALL),
            ("broker", BROKER),
            ("prefix", prefix),
            ("threads", "2"),
            ("queues", queues.as_str()),
            ("size", "100"),
        ];
        self.first.run("load", &load);
    }

    fn wait_both(&self, second: &Driver) {
        wait_until("both members get all", STEP_WITHIN, || {
            let both = [self.first.messages("a"), second.messages("b")].concat();
            arrived(&self.sent, &both) == self.sent.len()
        });
    }

    fn goes_on_after_a_restart(&mut self) {
        self.cluster.wait_committed(GROUP, ALL, QUEUES);
        let broker = self.broker();
        let offsets = || -> Vec<Option<i64>> {
            (0..QUEUES).map(|queue| remoting::committed(&broker, GROUP, ALL, queue)).collect()
        };
        let before = offsets();
        let seen_before = self.first.message_count("a");
        self.cluster.broker.stop();
        self.cluster.broker.start();
        assert_eq!(offsets(), before, "offsets committed before a clean stop are there after it");

        // The application has not noticed more than a lost connection. All was committed before
        // the stop, so what it gets now is new, and each message once.
        let sent = self.send(ALL, "sync", "restarted", 40);
        self.sent.extend_from_slice(&sent);
        self.wait_arrival("a", &sent);
        self.cluster.wait_committed(GROUP, ALL, QUEUES);
        let new = self.first.messages("a").split_off(seen_before);
        exactly_once("the consumer that stayed", &sent, &new);

        // A new instance of the group starts behind it.
        self.first.run("shutdown", &[("name", "a")]);
        let sent = self.send(ALL, "sync", "successor", 10);
        self.sent.extend_from_slice(&sent);
        self.first.run("push", &[("name", "c"), ("group", GROUP), ("topic", ALL)]);
        self.wait_arrival("c", &sent);
        self.cluster.wait_committed(GROUP, ALL, QUEUES);
        exactly_once("the consumer that follows", &sent, &self.first.messages("c"));
        let stored = self.drain(ALL, "*");
        exactly_once("the topic in the end", &self.sent, &stored);
        contiguous("the topic in the end", &stored);
    }
}

// Each version on two of the four kinds of broker, each kind of broker with both header forms
// somewhere.

#[test]
fn client_4_9_8_json_headers_on_one_synced_shard() {
    suite("4.9.8", Headers::Json, Flush::Sync, 1);
}

#[test]
fn client_4_9_8_binary_headers_on_two_shards() {
    suite("4.9.8", Headers::Binary, Flush::Async, 2);
}

#[test]
fn client_5_3_3_json_headers_on_one_shard() {
    suite("5.3.3", Headers::Json, Flush::Async, 1);
}

#[test]
fn client_5_3_3_binary_headers_on_two_synced_shards() {
    suite("5.3.3", Headers::Binary, Flush::Sync, 2);
}

#[test]
fn client_5_5_0_json_headers_on_two_shards() {
    suite("5.5.0", Headers::Json, Flush::Async, 2);
}

#[test]
fn client_5_5_0_binary_headers_on_one_synced_shard() {
    suite("5.5.0", Headers::Binary, Flush::Sync, 1);
}
