//! Ordered consumption by two processes under load: order holds in each queue while a message is
//! tried again in place, the broker is killed at random, members come and go, and one is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::account::{all_there, arrived};
use crate::crash::{next, seed};
use crate::driver::{Driver, Headers, Seen, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{BROKER, Cluster, Flush};

const TOPIC: &str = "in_order";
const QUEUES: i32 = 4;
const KILLS: usize = 3;
/// Messages that the members get before a kill: at most so many.
const KILL_SPREAD: u64 = 300;
/// A member that was killed keeps its queues for the 60 s of its locks.
const TAKEOVER_WITHIN: Duration = Duration::from_secs(150);

fn join(app: &mut Driver, name: &str) {
    let fields = [
        ("do", "push"),
        ("name", name),
        ("group", "orderly"),
        ("topic", TOPIC),
        ("orderly", "true"),
        ("fails", "failing"),
        ("times", "2"),
    ];
    app.run("groups", &fields);
}

fn wait_more(what: &str, app: &Driver, name: &str) {
    let before = app.message_count(name);
    wait_until(what, STEP_WITHIN, || app.message_count(name) > before + 20);
}

/// In what one member got of one queue, nothing is left out but what others have got; what comes
/// again comes with all that follows it.
fn check_order(name: &str, seen: &[Seen], by_others: &BTreeSet<(i32, i64)>) {
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for message in seen {
        let Some(before) = last.insert(message.queue, message.offset) else { continue };
        for skipped in before + 1..message.offset {
            let elsewhere = by_others.contains(&(message.queue, skipped));
            assert!(elsewhere, "{name} skipped {skipped} before {message:?}");
        }
    }
}

/// A member goes back in a queue only when it was disturbed there: once by what befell the broker
/// or the group, and once more when that is undone.
fn check_repeats(name: &str, seen: &[Seen], disturbances: usize) {
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    let mut repeats: BTreeMap<i32, usize> = BTreeMap::new();
    for message in seen.iter().filter(|one| one.reconsumed == 0) {
        let before = last.insert(message.queue, message.offset);
        if before.is_some_and(|before| before >= message.offset) {
            *repeats.entry(message.queue).or_default() += 1;
        }
    }
    println!("{name} went back {repeats:?}");
    assert!(repeats.values().all(|count| *count <= 2 * disturbances), "{name}: {repeats:?}");
}

/// A message that fails is tried again before anything else of its queue.
fn check_retried_in_place(seen: &[Seen]) {
    let of_queue: Vec<&Seen> = seen.iter().filter(|one| one.queue == 0).collect();
    let bodies: Vec<&str> = of_queue.iter().take(5).map(|one| one.body.as_str()).collect();
    assert_eq!(bodies, ["before-0", "failing-0", "failing-0", "failing-0", "after-0"]);
    let tries: Vec<i64> = of_queue[1..4].iter().map(|one| one.reconsumed).collect();
    assert_eq!(tries, [0, 1, 2]);
}

/// Two processes with members of one group, and a producer in the first.
struct Members {
    cluster: Cluster,
    first: Driver,
    second: Driver,
    sent: Vec<Sent>,
    /// How often queues may have changed hands, or a member may have lost its place in one.
    disturbances: usize,
}

impl Members {
    fn started(version: &str, flush: Flush, shards: u16) -> Self {
        let cluster = Cluster::started(&format!("orderly-{shards}"), flush, shards, &[]);
        cluster.create_topic(TOPIC, QUEUES);
        let servers = cluster.name_server.address();
        let start =
            |name: &str| Driver::start(name, version, Headers::Json, &servers, &cluster.work);
        let (first, second) = (start("first"), start("second"));
        Self { cluster, first, second, sent: Vec::new(), disturbances: 0 }
    }

    /// The first is tried with a message that fails, then shares the queues with the second.
    fn join_both(&mut self) {
        self.first.run("producer", &[("name", "p")]);
        for prefix in ["before", "failing", "after"] {
            let fields = [("name", "p"), ("kind", "queue"), ("topic", TOPIC), ("prefix", prefix)];
            let place = [("broker", BROKER), ("queue", "0"), ("count", "1")];
            self.sent.extend(self.first.send(&[&fields[..], &place].concat()));
        }
        join(&mut self.first, "a");
        let first = &self.first;
        wait_until("a gets what was sent before", STEP_WITHIN, || first.message_count("a") >= 5);
        check_retried_in_place(&self.first.messages("a"));
        join(&mut self.second, "b");
        self.disturbances += 1;
        wait_until("the queues are shared out", STEP_WITHIN, || {
            self.first.held_queues("a", TOPIC).len() == 2
                && self.second.held_queues("b", TOPIC).len() == 2
        });
    }

    fn start_load(&mut self) {
        let load = [
            ("name", "p"),
            ("topic", TOPIC),
            ("broker", BROKER),
            ("prefix", "load"),
            ("threads", "2"),
            ("queues", "4"),
            // More would only keep the machine busy: the members wait for each other, not for it.
            ("paceMs", "5"),
        ];
        self.first.run("load", &load);
    }

    /// Kills the broker at random moments, between which both members work.
    fn kill_broker(&mut self, random: &mut u64) {
        for _ in 0..KILLS {
            let more = usize::try_from(next(random) % KILL_SPREAD).expect("small");
            let before = self.first.message_count("a") + self.second.message_count("b");
            wait_until("the members work", STEP_WITHIN, || {
                self.first.message_count("a") + self.second.message_count("b") > before + more
            });
            self.cluster.broker.kill();
            self.cluster.broker.start();
            self.disturbances += 1;
            wait_more("a works after the broker was killed", &self.first, "a");
            wait_more("b works after the broker was killed", &self.second, "b");
        }
    }

    /// A third member comes and goes.
    fn come_and_go(&mut self) {
        join(&mut self.second, "c");
        wait_more("c works", &self.second, "c");
        self.second.run("shutdown", &[("name", "c")]);
        self.disturbances += 2;
        wait_more("b works still", &self.second, "b");
    }

    fn end_load(&mut self) {
        let acked = self.first.ack_count();
        let first = &self.first;
        wait_until("sends go on", STEP_WITHIN, || first.ack_count() > acked + 100);
        self.first.run("loadEnd", &[("name", "p")]);
        self.sent.extend(self.first.acks());
    }

    /// Everybody has got all, in order.
    fn settle(&self) {
        wait_until("the members get all", TAKEOVER_WITHIN, || {
            let (first, second) = (&self.first, &self.second);
            let all = [first.messages("a"), second.messages("b"), second.messages("c")].concat();
            arrived(&self.sent, &all) == self.sent.len()
        });
        check(&self.sent, &self.first, &self.second, self.disturbances);
    }
}

#[test]
fn order_holds_while_members_and_the_broker_are_killed() {
    let mut random = seed();
    println!("orderly-2: RINGMQ_INTEROP_SEED={random}");
    let mut members = Members::started("5.5.0", Flush::Async, 2);
    members.join_both();
    members.start_load();
    members.kill_broker(&mut random);
    members.come_and_go();
    // Its queues stay locked for as long as its locks last.
    members.second.kill();
    members.disturbances += 1;
    members.end_load();
    members.settle();
}

#[test]
fn order_holds_on_one_synced_shard_that_is_killed() {
    let mut random = seed();
    println!("orderly-1: RINGMQ_INTEROP_SEED={random}");
    let mut members = Members::started("4.9.8", Flush::Sync, 1);
    members.join_both();
    members.start_load();
    members.kill_broker(&mut random);
    // With the broker the locks of a member go that has died just before.
    members.second.kill();
    members.cluster.broker.kill();
    members.cluster.broker.start();
    members.disturbances += 2;
    members.end_load();
    members.settle();
}

fn check(sent: &[Sent], first: &Driver, second: &Driver, disturbances: usize) {
    let members =
        [("a", first.messages("a")), ("b", second.messages("b")), ("c", second.messages("c"))];
    // A send that failed because the broker was killed may have been stored all the same.
    let known: BTreeSet<&str> = sent.iter().map(|one| one.body.as_str()).collect();
    let all = members.iter().flat_map(|(_, seen)| seen);
    let acknowledged: Vec<Seen> =
        all.filter(|one| known.contains(one.body.as_str())).cloned().collect();
    all_there("all members", sent, &acknowledged);
    for (name, seen) in &members {
        let others = members.iter().filter(|(other, _)| other != name);
        let by_others: BTreeSet<(i32, i64)> =
            others.flat_map(|(_, seen)| seen.iter().map(|one| (one.queue, one.offset))).collect();
        check_order(name, seen, &by_others);
        check_repeats(name, seen, disturbances);
    }
}
