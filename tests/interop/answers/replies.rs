//! Replies to requests: passed on to who asked (326), and what the answer is when that fails.

use serde_json::json;

use super::Session;
use super::sends::{NAMES, SHORT_NAMES};

const HEARTBEAT: i32 = 34;
const SEND_REPLY: i32 = 324;
const SEND_REPLY_V2: i32 = 325;
/// Where replies are stored.
const REPLIES: &str = "DefaultCluster_REPLY_TOPIC";

/// The properties of a reply to a client.
fn properties(client: &str) -> String {
    let pairs = [
        ("CORRELATION_ID", "of-it"),
        ("MSG_TYPE", "reply"),
        ("REPLY_TO_CLIENT", client),
        ("TTL", "3000"),
        ("UNIQ_KEY", "7F00000100002A139A551234567800FF"),
        ("WAIT", "true"),
    ];
    pairs.map(|(key, value)| format!("{key}\u{1}{value}")).join("\u{2}")
}

fn values<'a>(topic: &'a str, queue: &'a str, properties: &'a str) -> [&'a str; 12] {
    let born = "1700000000000";
    ["repliers", topic, "TBW102", "4", queue, "0", born, "0", properties, "0", "false", "false"]
}

fn fields<'a>(topic: &'a str, properties: &'a str) -> Vec<(&'a str, &'a str)> {
    NAMES.into_iter().zip(values(topic, "0", properties)).collect()
}

pub fn all(session: &mut Session) {
    passes_on(session);
    let nobody = properties("nobody");
    session.ask("to a client that is not there", SEND_REPLY, &fields(REPLIES, &nobody), b"re");
    let no_client = "MSG_TYPE\u{1}reply";
    session.ask("to no client", SEND_REPLY, &fields(REPLIES, no_client), b"re");
    session.ask("to a topic that is not there", SEND_REPLY, &fields("no_reply", &nobody), b"re");
    session.ask("to a plain topic", SEND_REPLY, &fields("sent_to", &nobody), b"re");
    session.ask("to a bad topic", SEND_REPLY, &fields("two words", &nobody), b"re");
    let beyond: Vec<_> = NAMES.into_iter().zip(values(REPLIES, "5", &nobody)).collect();
    session.ask("to no queue", SEND_REPLY, &beyond, b"re");
    session.ask("how many are stored", 30, &[("topic", REPLIES), ("queueId", "0")], &[]);
    session.set("storeReplyMessageEnable", "false");
    session.ask("one that is not stored", SEND_REPLY, &fields(REPLIES, &nobody), b"re");
    session.set("storeReplyMessageEnable", "true");
    session.ask("as many", 30, &[("topic", REPLIES), ("queueId", "0")], &[]);
}

fn passes_on(session: &mut Session) {
    let mut asker = session.link();
    let beat = json!({
        "clientID": "asker", "consumerDataSet": [], "producerDataSet": [{ "groupName": "askers" }],
    });
    session.ask_on(&mut asker, "who asked", HEARTBEAT, &[], beat.to_string().as_bytes());
    let asked = properties("asker");
    let v2: Vec<_> = SHORT_NAMES.into_iter().zip(values(REPLIES, "0", &asked)).collect();
    for (code, fields) in [(SEND_REPLY, fields(REPLIES, &asked)), (SEND_REPLY_V2, v2)] {
        let mut replier = session.link();
        replier.send(code, &fields, b"the reply").expect("the broker reads");
        let pushed = session.told("it gets the reply", &mut asker);
        asker.answer(&pushed, &[]).expect("the broker reads");
        let reply = replier.reply().expect("the broker answers");
        session.answered("then who replied is answered", code, &reply);
    }
}
