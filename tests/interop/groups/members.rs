//! Members of groups, and what the configurations of groups and topics do.

use super::Suite;
use crate::account::exactly_once;
use crate::driver::Sent;
use crate::remoting;

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
    let committed = suite.committed("listeners", "broadcast", 2);
    assert_eq!(committed, [None, None], "the offsets are the clients'");
}

/// A group that may not consume, or not by broadcasting, gets nothing until it may.
pub fn configurations(suite: &mut Suite) {
    let broker = suite.cluster.broker.address();
    suite.topic("configured", 1);
    suite.admin(&format!("updateSubGroup -b {broker} -g stopped -s false"));
    suite.admin(&format!("updateSubGroup -b {broker} -g no_broadcast -d false -q 3"));
    suite.push("stopped", "stopped", "configured", &[]);
    suite.push("silenced", "no_broadcast", "configured", &[("model", "BROADCASTING")]);
    let sent = suite.send("configured", "configured", 5);
    suite.push("free", "free", "configured", &[]);
    suite.wait_arrival("free", &sent);
    let none: &[Sent] = &[];
    exactly_once("stopped", none, &suite.app.messages("stopped"));
    exactly_once("silenced", none, &suite.app.messages("silenced"));
    suite.admin(&format!("updateSubGroup -b {broker} -g stopped -s true"));
    suite.admin(&format!("updateSubGroup -b {broker} -g no_broadcast -d true"));
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

/// What only clients with options of 5.x ask is refused with a code that tells them so.
pub fn refused_requests(suite: &mut Suite) {
    suite.topic("refused", 1);
    let broker = suite.cluster.broker.address();
    let fields = [("topic", "refused"), ("recallHandle", "x"), ("producerGroup", "p")];
    for (request, code) in [(370, 16), (400, 3)] {
        let reply = remoting::call(&broker, request, &fields).expect("the broker answers");
        assert_eq!(reply.code, code, "{request}: {}", reply.remark);
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
