//! Ordered consumption by two processes under load: order holds in each queue while a message is
//! tried again in place, the broker is killed, members come and go, and one is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::account::{all_there, arrived};
use crate::driver::{Driver, Headers, Seen};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{BROKER, Cluster, Flush};

const TOPIC: &str = "in_order";
const QUEUES: i32 = 4;
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

/// A message that fails is tried again before anything else of its queue.
fn check_retried_in_place(seen: &[Seen]) {
    let of_queue: Vec<&Seen> = seen.iter().filter(|one| one.queue == 0).collect();
    let bodies: Vec<&str> = of_queue.iter().take(5).map(|one| one.body.as_str()).collect();
    assert_eq!(bodies, ["before-0", "failing-0", "failing-0", "failing-0", "after-0"]);
    let tries: Vec<i64> = of_queue[1..4].iter().map(|one| one.reconsumed).collect();
    assert_eq!(tries, [0, 1, 2]);
}

#[test]
fn order_holds_while_members_and_the_broker_are_killed() {
    let mut cluster = Cluster::started("orderly", Flush::Async, 2, &[]);
    cluster.create_topic(TOPIC, QUEUES);
    let servers = cluster.name_server.address();
    let start = |name: &str| Driver::start(name, "5.5.0", Headers::Json, &servers, &cluster.work);
    let (mut first, mut second) = (start("first"), start("second"));
    first.run("producer", &[("name", "p")]);
    let mut sent = Vec::new();
    for prefix in ["before", "failing", "after"] {
        let fields = [("name", "p"), ("kind", "queue"), ("topic", TOPIC), ("prefix", prefix)];
        let place = [("broker", BROKER), ("queue", "0"), ("count", "1")];
        sent.extend(first.send(&[&fields[..], &place].concat()));
    }
    join(&mut first, "a");
    wait_until("a gets what was sent before", STEP_WITHIN, || first.message_count("a") >= 5);
    check_retried_in_place(&first.messages("a"));

    join(&mut second, "b");
    wait_until("the queues are shared out", STEP_WITHIN, || {
        first.held_queues("a", TOPIC).len() == 2 && second.held_queues("b", TOPIC).len() == 2
    });
    let load = [
        ("name", "p"),
        ("topic", TOPIC),
        ("broker", BROKER),
        ("prefix", "load"),
        ("threads", "2"),
        ("queues", "4"),
    ];
    first.run("load", &load);
    wait_more("a works", &first, "a");
    wait_more("b works", &second, "b");

    cluster.broker.kill();
    cluster.broker.start();
    wait_more("a works after the broker was killed", &first, "a");
    wait_more("b works after the broker was killed", &second, "b");

    join(&mut second, "c");
    wait_more("c works", &second, "c");
    second.run("shutdown", &[("name", "c")]);

    wait_more("b works still", &second, "b");
    second.kill();
    let acked = first.ack_count();
    wait_until("sends go on", STEP_WITHIN, || first.ack_count() > acked + 100);
    first.run("loadEnd", &[("name", "p")]);
    sent.extend(first.acks());
    let all =
        |first: &Driver| [first.messages("a"), second.messages("b"), second.messages("c")].concat();
    wait_until("the member left gets all", TAKEOVER_WITHIN, || {
        arrived(&sent, &all(&first)) == sent.len()
    });
    check(&sent, &first, &second);
}

fn check(sent: &[crate::driver::Sent], first: &Driver, second: &Driver) {
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
    }
}
