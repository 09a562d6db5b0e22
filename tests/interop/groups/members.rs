//! Members of groups, and what the configurations of groups and topics do.

use serde_json::json;

use super::Suite;
use crate::account::exactly_once;
use crate::driver::Sent;
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting::{self, Connection};
use crate::system::BROKER;

const HEARTBEAT: i32 = 34;

/// Every member gets every message, and one that comes back goes on where it was.
pub fn broadcasts(suite: &mut Suite) {
    let of = |name| [("model", "BROADCASTING"), ("instance", name)];
    suite.topic("broadcast", 2);
    for name in ["b1", "b2"] {
        suite.push(name, "listeners", "broadcast", &of(name));
        suite.wait_held(name, "broadcast", 2);
    }
    let mut sent = suite.send("broadcast", "to-all", 20);
    for name in ["b1", "b2"] {
        exactly_once(name, &sent, &suite.wait_arrival(name, &sent));
    }
    suite.shutdown("b1");
    let missed = suite.send("broadcast", "missed", 6);
    suite.push("b1", "listeners", "broadcast", &of("b1"));
    sent.extend(missed);
    for name in ["b1", "b2"] {
        exactly_once(name, &sent, &suite.wait_arrival(name, &sent));
        suite.shutdown(name);
    }
    // Java says 0 for none.
    let committed = suite.committed("listeners", "broadcast", 2);
    let none = committed.iter().all(|offset| offset.unwrap_or(0) == 0);
    assert!(none, "the offsets are the clients': {committed:?}");
}

/// A group that may not consume, or not by broadcasting, gets nothing until it may.
pub fn configurations(suite: &mut Suite) {
    suite.topic("configured", 1);
    suite.update_group("stopped", ",\"consumeEnable\":false");
    suite.update_group("no_broadcast", ",\"consumeBroadcastEnable\":false,\"retryQueueNums\":3");
    suite.push("stopped", "stopped", "configured", &[]);
    suite.push("silenced", "no_broadcast", "configured", &[("model", "BROADCASTING")]);
    let sent = suite.send("configured", "configured", 5);
    suite.push("free", "free", "configured", &[]);
    suite.wait_arrival("free", &sent);
    let none: &[Sent] = &[];
    exactly_once("stopped", none, &suite.app.messages("stopped"));
    exactly_once("silenced", none, &suite.app.messages("silenced"));
    suite.update_group("stopped", "");
    suite.update_group("no_broadcast", ",\"retryQueueNums\":3");
    for name in ["stopped", "silenced"] {
        exactly_once(name, &sent, &suite.wait_arrival(name, &sent));
    }
    let servers = suite.cluster.name_server.address();
    let queues = remoting::queue_count(&servers, "%RETRY%no_broadcast");
    assert_eq!(queues, Some(3), "the retry topic has as many queues as the group wants");
    for name in ["stopped", "silenced", "free"] {
        suite.shutdown(name);
    }
}

/// Of members that subscribe differently the one that did so last decides what the broker hands
/// out, and each takes of that only what it wants itself.
pub fn begin_dispute(suite: &mut Suite) {
    suite.topic("disputed", 2);
    // Each has its queue from the start: a member that gains or loses one subscribes anew.
    for (name, queue, more) in
        [("older", 0, &[("tags", "A")][..]), ("newer", 1, &[("tags", "B"), ("instance", "newer")])]
    {
        let queues = format!("{BROKER}:{queue}");
        let place = [("strategy", "CONFIG"), ("queues", queues.as_str())];
        suite.push(name, "disputers", "disputed", &[&place[..], more].concat());
        wait_until("it has its queue", STEP_WITHIN, || {
            suite.app.held_queues(name, "disputed") == [queue]
        });
    }
    let mut sent = Vec::new();
    for queue in ["0", "1"] {
        let place = [("kind", "queue"), ("broker", BROKER), ("queue", queue), ("tags", "A,B")];
        let fields = [("name", "p"), ("topic", "disputed"), ("prefix", queue), ("count", "8")];
        sent.extend(suite.app.send(&[&fields[..], &place].concat()));
    }
    sent.retain(|one| one.tag == "B" && one.queue == Some(1));
    exactly_once("what the newer wants", &sent, &suite.wait_arrival("newer", &sent));
    suite.shutdown("newer");
}

/// Who takes nothing of what it gets has gone past it, though clients notice that late.
pub fn end_dispute(suite: &mut Suite) {
    suite.cluster.wait_committed("disputers", "disputed", 2);
    suite.shutdown("older");
    let none: &[Sent] = &[];
    exactly_once("the older gets nothing", none, &suite.app.messages("older"));
}

/// A member that is silent holds queues, though its connection is there.
pub fn begin_silence(suite: &mut Suite) {
    suite.topic("haunted", 2);
    suite.push("haunted", "haunted", "haunted", &[]);
    suite.wait_held("haunted", "haunted", 2);
    let mut silent = Connection::open(&suite.cluster.broker.address()).expect("it takes them");
    let subscription = json!({
        "topic": "haunted", "subString": "*", "subVersion": 1, "expressionType": "TAG",
        "tagsSet": [], "codeSet": [],
    });
    let beat = json!({ "clientID": "silent", "producerDataSet": [], "consumerDataSet": [{
        "groupName": "haunted", "consumeType": "CONSUME_PASSIVELY", "messageModel": "CLUSTERING",
        "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "subscriptionDataSet": [subscription],
    }] });
    let reply = silent.call(HEARTBEAT, &[], beat.to_string().as_bytes());
    assert_eq!(reply.expect("the broker answers").code, 0);
    suite.silent = Some(silent);
    wait_until("the queues are shared out", STEP_WITHIN, || {
        suite.app.held_queues("haunted", "haunted").len() == 1
    });
}

/// `channelExpiredTimeout` later it is no member any more, and the others are told.
pub fn end_silence(suite: &mut Suite) {
    suite.wait_held("haunted", "haunted", 2);
    let broker = suite.cluster.broker.address();
    assert_eq!(remoting::members(&broker, "haunted").len(), 1);
    suite.silent.take().expect("its connection was kept");
    suite.shutdown("haunted");
}

/// Tools ask a member for its state (307), and have it consume one message (309).
pub fn questions_passed_on(suite: &mut Suite) {
    suite.topic("asked", 1);
    let client = suite.push("asked", "asked_group", "asked", &[]);
    suite.wait_held("asked", "asked", 1);
    let sent = suite.send("asked", "asked", 2);
    suite.wait_arrival("asked", &sent);
    let output = suite.admin(&format!("consumerStatus -g asked_group -i {client}"));
    for part in ["#Consumer Subscription#", "#Consumer Offset#", "#Consumer RT&TPS#"] {
        assert!(output.contains(part), "no {part} in\n{output}");
    }
    let id = sent[0].offset_id.clone().expect("it was acknowledged");
    let of_topic = if suite.version == "4.9.8" { "" } else { "-t asked " };
    let output = suite.admin(&format!("queryMsgById {of_topic}-i {id} -g asked_group -d {client}"));
    assert!(output.contains("consumeResult=CR_SUCCESS"), "{output}");
    let body = &sent[0].body;
    let seen = suite.app.messages("asked");
    assert_eq!(seen.iter().filter(|one| one.body == *body).count(), 2, "once more by request");
    suite.shutdown("asked");
}

/// Clients may leave it to the broker to share out the queues.
pub fn assignments(suite: &mut Suite) {
    suite.topic("assigned", 5);
    for (name, strategy) in [("s1", "AVG"), ("s2", "AVG"), ("t1", "AVG_BY_CIRCLE")] {
        let more = [("serverRebalance", "true"), ("instance", name), ("strategy", strategy)];
        suite.push(name, &format!("assigned_by_{strategy}"), "assigned", &more);
    }
    wait_until("the queues are shared out", STEP_WITHIN, || {
        let mut held = |name| suite.app.held_queues(name, "assigned");
        held("s1") == [0, 1, 2] && held("s2") == [3, 4] && held("t1") == [0, 1, 2, 3, 4]
    });
    let sent = suite.send("assigned", "assigned", 15);
    exactly_once("alone", &sent, &suite.wait_arrival("t1", &sent));
    let mut seen = Vec::new();
    wait_until("both get all", STEP_WITHIN, || {
        seen = [suite.app.messages("s1"), suite.app.messages("s2")].concat();
        seen.len() >= sent.len()
    });
    exactly_once("shared", &sent, &seen);
    for name in ["s1", "s2", "t1"] {
        suite.shutdown(name);
    }
}

/// The kind of messages that a topic takes is kept and told.
pub fn message_types(suite: &mut Suite) {
    let broker = suite.cluster.broker.address();
    let update = format!("updateTopic -b {broker} -t typed -r 2 -w 2");
    suite.admin(&format!("{update} -a +message.type=FIFO"));
    let attributes = || {
        let reply = remoting::call(&broker, 351, &[("topic", "typed"), ("lo", "true")]);
        reply.expect("the broker answers").json()["attributes"].clone()
    };
    assert_eq!(attributes()["message.type"], "FIFO", "{}", attributes());
    suite.admin(&update);
    assert_eq!(attributes()["message.type"], "FIFO", "what a change does not name stays");
    let refused = suite.app.admin(&format!("{update} -a +message.type=NOSUCH"));
    assert!(refused.contains("value is not in set"), "{refused}");
}
