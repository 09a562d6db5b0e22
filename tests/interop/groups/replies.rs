//! Requests and replies, and traces.

use serde_json::{Value, json};

use super::Suite;
use crate::account::exactly_once;
use crate::driver::typed;
use crate::process::{STEP_WITHIN, wait_until};

/// Where replies are stored.
const REPLIES: &str = "DefaultCluster_REPLY_TOPIC";

/// A reply that clients compress.
const LARGE: usize = 20_000;

/// The requester and who replies are two clients, each on a connection of its own.
pub fn requests(suite: &mut Suite) {
    suite.topic("questions", 2);
    suite.groups("producer", &[("name", "asker"), ("instance", "asking")]);
    // Each reply is sent once, whatever becomes of it.
    let answerer = [("name", "answerer"), ("instance", "answering"), ("retries", "0")];
    suite.groups("producer", &answerer);
    let replier = [
        ("name", "replier"),
        ("group", "repliers"),
        ("topic", "questions"),
        ("producer", "answerer"),
        ("size", "20000"),
    ];
    suite.groups("replier", &replier);
    let asks: Vec<(String, &str)> =
        (0..6).map(|n| (format!("q{n}"), if n % 2 == 0 { "false" } else { "true" })).collect();
    for (body, asynchronous) in &asks {
        let fields = [("name", "asker"), ("topic", "questions"), ("body", body.as_str())];
        let answer = suite.groups("request", &[&fields[..], &[("async", asynchronous)]].concat());
        let reply = answer["reply"].as_str().unwrap_or_else(|| panic!("{body}: {answer}"));
        assert!(reply.starts_with(&format!("re:{body}.")) && reply.len() == LARGE, "{answer}");
        let properties = &answer["properties"];
        for (key, value) in [("MSG_TYPE", "reply"), ("MSG_REGION", "DefaultRegion")] {
            assert_eq!(properties[key], value, "{properties}");
        }
        assert!(properties["PUSH_REPLY_TIME"].is_string(), "{properties}");
    }
    let mut sent = replies_sent(suite, asks.len());
    sent.sort_by_key(|reply| reply["offset"].as_i64());
    let stored = suite.drain(REPLIES);
    assert_eq!(stored.len(), asks.len(), "each reply is stored once");
    for (at, (sent, stored)) in sent.iter().zip(&stored).enumerate() {
        assert_eq!(sent["status"], "SEND_OK", "{sent}");
        assert_eq!(sent["offset"], at, "{sent}");
        assert_eq!(sent["offsetId"], stored.offset_id.as_str(), "{sent} {stored:?}");
        assert_eq!(stored.properties["MSG_TYPE"], "reply", "{stored:?}");
        assert!(!stored.properties.contains_key("CLUSTER"), "{stored:?}");
    }
}

/// Replies to clients that are gone, or were never there, are answered with an error; they are
/// stored all the same, unless that is switched off.
pub fn replies_to_nobody(suite: &mut Suite) {
    let before = replies_sent(suite, 0).len();
    suite.shutdown("asker");
    let gone = suite.app.run("groups", &[("do", "producer"), ("name", "q"), ("instance", "gone")]);
    let gone = gone["client"].as_str().expect("a client id").to_owned();
    suite.shutdown("q");
    let stored = suite.drain(REPLIES).len();
    ask_for(suite, "nobody", "nobody");
    ask_for(suite, "late", &gone);
    let replies = replies_sent(suite, before + 2);
    for (body, client) in [("nobody", "nobody"), ("late", &gone)] {
        let reply = replies.iter().find(|reply| reply["to"] == body).expect("it was sent");
        assert_eq!(reply["code"], 1, "{reply}");
        let remark = format!("push reply message fail, channel of <{client}> not found.");
        assert!(reply["remark"].as_str().is_some_and(|text| text.contains(&remark)), "{reply}");
    }
    assert_eq!(suite.drain(REPLIES).len(), stored + 2);
    suite.update_config("storeReplyMessageEnable", "false");
    ask_for(suite, "unstored", "nobody");
    replies_sent(suite, before + 3);
    assert_eq!(suite.drain(REPLIES).len(), stored + 2);
    suite.update_config("storeReplyMessageEnable", "true");
    suite.shutdown("replier");
}

/// Sends what a request of that client looks like.
fn ask_for(suite: &mut Suite, body: &str, client: &str) {
    let fields = [("name", "p"), ("topic", "questions"), ("body", body), ("as", client)];
    suite.groups("request", &fields);
}

/// What became of the replies so far, once there are so many.
fn replies_sent(suite: &mut Suite, count: usize) -> Vec<Value> {
    let mut replies: Vec<Value> = Vec::new();
    wait_until(&format!("{count} replies are sent"), STEP_WITHIN, || {
        replies = typed(suite.groups("replies", &[])["replies"].take());
        replies.len() >= count
    });
    replies
}

/// A producer and a consumer with traces on leave records of what they did, and mqadmin finds them.
pub fn traces(suite: &mut Suite) {
    suite.topic("traced", 1);
    suite.groups("producer", &[("name", "tp"), ("group", "traced_p"), ("trace", "true")]);
    suite.push("tc", "traced_c", "traced", &[("trace", "true")]);
    let sent = suite.send_by("tp", "traced", "traced", 3, &[("keys", "true")]);
    exactly_once("traced", &sent, &suite.wait_arrival("tc", &sent));
    for one in &sent {
        let id = one.id.clone().expect("it was acknowledged");
        wait_until("the trace of a message is stored", STEP_WITHIN, || {
            let answer = suite.groups("bodies", &[("topic", "RMQ_SYS_TRACE_TOPIC")]);
            let records: Vec<String> = typed(json!(answer["records"]));
            ["Pub", "SubBefore", "SubAfter"].iter().all(|kind| {
                records.iter().any(|record| record.starts_with(kind) && record.contains(&id))
            })
        });
    }
    let stored = suite.drain("RMQ_SYS_TRACE_TOPIC");
    let keyed = |id: &String| stored.iter().any(|one| one.properties["KEYS"].contains(id));
    assert!(sent.iter().all(|one| one.id.as_ref().is_some_and(keyed)), "{stored:?}");
    for one in &sent {
        let id = one.id.as_ref().expect("as above");
        let output = suite.app.admin(&format!("queryMsgTraceById -i {id}"));
        let row = |kind: &str, group: &str| {
            let words = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            let mut rows = words.filter(|words| words.starts_with(&[kind, group]));
            rows.any(|words| words.last() == Some(&"success"))
        };
        assert!(row("Pub", "traced_p") && row("Sub", "traced_c"), "{output}");
    }
    // Not before: clients lose traces that are on their way when they leave.
    suite.shutdown("tp");
    suite.shutdown("tc");
}
