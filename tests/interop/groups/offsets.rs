//! Where groups start, and where operators move them.

use std::time::SystemTime;

use super::Suite;
use crate::account::{all_there, by_body, exactly_once};
use crate::driver::{Seen, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;
use crate::system::Flavor;

/// A group that was moved back to the time of one of its messages.
pub struct Moved {
    sent: Vec<Sent>,
    /// What was stored then or later comes again.
    from: i64,
    stored: Vec<Seen>,
}

/// Two groups that are online go back to the middle message: by the broker, or by their clients.
pub fn begin_reset(suite: &mut Suite) {
    suite.topic("moved", 2);
    // A client that resets its offsets does nothing else for ten seconds.
    for (group, client) in [("moved_by_broker", "pull"), ("moved_by_client", "moving")] {
        suite.push(group, group, "moved", &[("instance", client)]);
        suite.wait_held(group, "moved", 2);
    }
    let sent = suite.send("moved", "moved", 40);
    for group in ["moved_by_broker", "moved_by_client"] {
        exactly_once(group, &sent, &suite.wait_arrival(group, &sent));
        suite.cluster.wait_committed(group, "moved", 2);
    }
    let stored = suite.drain("moved");
    let middle = stored.iter().find(|one| one.body == "moved-20").expect("it was sent");
    let from = middle.stored;
    let reset = |group: &str| format!("resetOffsetByTime -g {group} -t moved -s {from}");
    let output = suite.admin(&reset("moved_by_broker"));
    assert!(output.contains("moved_by_broker"), "{output}");
    suite.update_config("useServerSideResetOffset", "false");
    suite.admin(&reset("moved_by_client"));
    suite.update_config("useServerSideResetOffset", "true");
    suite.moved = Some(Moved { sent, from, stored });
}

/// The offset of a time is that of the first message that was stored then or later.
pub fn times(suite: &mut Suite) {
    let broker = suite.cluster.broker.address();
    let stored = suite.moved.as_ref().expect("a reset has begun").stored.clone();
    for one in &stored {
        for time in [one.stored, one.stored + 1] {
            let since = stored.iter().filter(|it| it.queue == one.queue && it.stored >= time);
            let first = since.map(|it| it.offset).min();
            let end = || remoting::max_offset(&broker, "moved", one.queue);
            let found = remoting::offset_at(&broker, "moved", one.queue, time);
            assert_eq!(found, first.unwrap_or_else(end), "at {time} of {one:?}");
        }
    }
}

/// Exactly what was stored from that time on has come twice by now.
pub fn end_reset(suite: &mut Suite) {
    let Moved { sent, from, stored } = suite.moved.take().expect("a reset has begun");
    let again = |one: &&Seen| one.stored >= from;
    let wanted = stored.len() + stored.iter().filter(again).count();
    for group in ["moved_by_broker", "moved_by_client"] {
        wait_until(&format!("{group} gets the messages again"), STEP_WITHIN, || {
            suite.app.message_count(group) >= wanted
        });
        suite.cluster.wait_committed(group, "moved", 2);
        let seen = suite.app.messages(group);
        all_there(group, &sent, &seen);
        let found = by_body(&seen);
        for one in &stored {
            let times = if again(&one) { 2 } else { 1 };
            assert_eq!(found[one.body.as_str()].len(), times, "{group}: {one:?} since {from}");
        }
        suite.shutdown(group);
    }
}

/// New groups start with the first message, behind the last, or at a time.
pub fn starting_points(suite: &mut Suite) {
    if Flavor::under_test() == Flavor::Java {
        // Java asks the kernel whether the first message is in memory, and it is: then every new
        // group starts with it.
        return;
    }
    suite.topic("starts", 2);
    let mut early = suite.send("starts", "early", 10);
    // Clients give the time in whole seconds.
    let last = suite.drain("starts").iter().map(|one| one.stored).max().expect("ten messages");
    let second = last / 1000 + 1;
    wait_until("the next second", STEP_WITHIN, || {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        now.expect("the clock is past 1970").as_secs() > second.unsigned_abs()
    });
    let late = suite.send("starts", "late", 10);
    let time = suite.groups("time", &[("second", &(second + 1).to_string())]);
    let time = time["time"].as_str().expect("a text").to_owned();
    suite.push("first", "start_first", "starts", &[("from", "FIRST_OFFSET")]);
    suite.push("last", "start_last", "starts", &[("from", "LAST_OFFSET")]);
    suite.push("timed", "start_timed", "starts", &[("from", "TIMESTAMP"), ("time", &time)]);
    for name in ["first", "last", "timed"] {
        // A client holds a queue as soon as it knows where to start in it.
        suite.wait_held(name, "starts", 2);
    }
    let new = suite.send("starts", "new", 6);
    let since = [&late[..], &new].concat();
    exactly_once("last", &new, &suite.wait_arrival("last", &new));
    exactly_once("timestamp", &since, &suite.wait_arrival("timed", &since));
    early.extend(since);
    exactly_once("first", &early, &suite.wait_arrival("first", &early));
    for name in ["first", "last", "timed"] {
        suite.shutdown(name);
    }
}

/// A group that is offline skips what has piled up.
pub fn skips(suite: &mut Suite) {
    suite.topic("skipped", 2);
    let sent = suite.send("skipped", "consumed", 6);
    suite.push("skip", "skippers", "skipped", &[]);
    suite.wait_arrival("skip", &sent);
    suite.shutdown("skip");
    suite.cluster.wait_committed("skippers", "skipped", 2);
    suite.send("skipped", "piled-up", 10);
    suite.admin("skipAccumulatedMessage -g skippers -t skipped");
    assert_eq!(suite.committed("skippers", "skipped", 2), suite.ends("skipped", 2));
}

/// A group starts where another is.
pub fn clones(suite: &mut Suite) {
    let broker = suite.cluster.broker.address();
    suite.update_group("cloned", "");
    let output = suite.admin("cloneGroupOffset -s skippers -d cloned -t skipped -o true");
    assert!(output.contains("clone group offset success"), "{output}");
    let source = suite.committed("skippers", "skipped", 2);
    assert_eq!(suite.committed("cloned", "skipped", 2), source);
    let fields = [
        ("srcGroup", "skippers"),
        ("destGroup", "other"),
        ("topic", "skipped"),
        ("offline", "true"),
    ];
    let reply = remoting::call(&broker, 314, &fields).expect("the broker answers");
    assert_eq!(reply.code, 0, "{}", reply.remark);
    assert_eq!(suite.committed("other", "skipped", 2), source);
}

/// Tools move a group that is offline by storing its offsets themselves.
pub fn resets_as_of_old(suite: &mut Suite) {
    let first = suite.drain("skipped").iter().map(|one| one.stored).min().expect("messages");
    let time = first.to_string();
    let fields = [("group", "cloned"), ("topic", "skipped"), ("time", time.as_str())];
    assert_eq!(suite.groups("reset", &fields)["queues"], 2);
    assert_eq!(suite.committed("cloned", "skipped", 2), [Some(0), Some(0)]);
    // Where clients are to reset their offsets, a group without any is answered so (206), and
    // mqadmin goes the old way by itself.
    suite.update_group("other", "");
    suite.update_config("useServerSideResetOffset", "false");
    assert_ne!(suite.committed("other", "skipped", 2), [Some(0), Some(0)]);
    suite.admin(&format!("resetOffsetByTime -g other -t skipped -s {time}"));
    assert_eq!(suite.committed("other", "skipped", 2), [Some(0), Some(0)]);
    suite.update_config("useServerSideResetOffset", "true");
}

/// The group that skipped comes back. It is told of the reset, which some clients take long over.
pub fn begin_after_skip(suite: &mut Suite) {
    suite.unskipped = suite.send("skipped", "new", 4);
    suite.push("skipped_on", "skippers", "skipped", &[]);
}

/// It has got what came afterwards, and nothing else.
pub fn end_after_skip(suite: &mut Suite) {
    let sent = std::mem::take(&mut suite.unskipped);
    exactly_once("skipped", &sent, &suite.wait_arrival("skipped_on", &sent));
    suite.shutdown("skipped_on");
}
