//! Offsets: stored, looked up, cloned, and moved by operators, on the broker and by the clients.

use std::collections::BTreeSet;

use serde_json::json;

use super::Session;
use super::groups::{consumer, subscription};
use super::sends::{Message, to};
use crate::remoting::Connection;

const PULL: i32 = 11;
const QUERY: i32 = 14;
const UPDATE: i32 = 15;
const SEARCH: i32 = 29;
const MAX: i32 = 30;
const MIN: i32 = 31;
const RESET: i32 = 222;
const STATUS: i32 = 223;
const CORRECTION: i32 = 308;
const CLONE: i32 = 314;
/// In each queue.
const SENT: usize = 4;

impl Session {
    fn committed(&mut self, what: &str, group: &str, topic: &str, queue: &str) {
        let fields = [("consumerGroup", group), ("topic", topic), ("queueId", queue)];
        self.ask(what, QUERY, &fields, &[]);
    }

    fn commit(&mut self, what: &str, group: &str, topic: &str, queue: &str, offset: &str) {
        let fields = [
            ("consumerGroup", group),
            ("topic", topic),
            ("queueId", queue),
            ("commitOffset", offset),
        ];
        self.ask(what, UPDATE, &fields, &[]);
    }

    /// A pull of all tags.
    pub fn pull_at(&mut self, what: &str, topic: &str, offset: &str) {
        let fields = [
            ("consumerGroup", "moving"),
            ("topic", topic),
            ("queueId", "0"),
            ("queueOffset", offset),
            ("maxMsgNums", "1"),
            ("sysFlag", "4"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "0"),
            ("subscription", "*"),
            ("subVersion", "0"),
        ];
        let mut reply = self.link().call(PULL, &fields, &[]).expect("the broker answers");
        // Records hold times and addresses.
        reply.body.clear();
        self.answered(what, PULL, &reply);
    }

    fn reset(&mut self, what: &str, more: &[(&str, &str)]) {
        let mut fields = vec![("group", "moving"), ("topic", "moved"), ("isForce", "true")];
        for (key, value) in more {
            fields.retain(|(known, _)| known != key);
            fields.push((key, value));
        }
        self.ask(what, RESET, &fields, &[]);
    }
}

pub fn all(session: &mut Session) {
    session.topic("moved", "2", "2", "6");
    for number in 0..2 * SENT {
        let queue = (number % 2).to_string();
        let sent = session.send("a message", &Message { queue: &queue, ..to("moved") });
        assert_eq!(sent.code, 0, "{}", sent.remark);
    }
    session.group("the group that is moved", &json!({ "groupName": "moving" }));
    looks_up(session);
    stores(session);
    resets_on_the_broker(session);
    resets_by_clients(session);
    asks_clients(session);
    clones(session);
}

fn looks_up(session: &mut Session) {
    for (what, topic, queue) in [
        ("a queue", "moved", "0"),
        ("a queue beyond the last", "moved", "9"),
        ("a topic that is not there", "nosuch", "0"),
    ] {
        let fields = [("topic", topic), ("queueId", queue)];
        session.ask(&format!("the end of {what}"), MAX, &fields, &[]);
        session.ask(&format!("the start of {what}"), MIN, &fields, &[]);
        for time in ["0", "-1", "9999999999999"] {
            let fields = [&fields[..], &[("timestamp", time)]].concat();
            session.ask(&format!("the offset of {time} in {what}"), SEARCH, &fields, &[]);
        }
    }
}

fn stores(session: &mut Session) {
    session.committed("nothing is stored yet", "moving", "moved", "0");
    let fields = [
        ("consumerGroup", "moving"),
        ("topic", "moved"),
        ("queueId", "0"),
        ("setZeroIfNotFound", "false"),
    ];
    session.ask("and that shall not be zero", QUERY, &fields, &[]);
    session.commit("an offset", "moving", "moved", "0", "2");
    session.committed("it is stored", "moving", "moved", "0");
    session.commit("a smaller one", "moving", "moved", "0", "1");
    session.committed("which holds", "moving", "moved", "0");
    session.commit("behind the end", "moving", "moved", "1", "1000");
    session.committed("which holds too", "moving", "moved", "1");
    session.commit("a negative one", "moving", "moved", "1", "-5");
    session.committed("which is none", "moving", "moved", "1");
    session.commit("of no group", "nobody", "moved", "0", "1");
    session.commit("of no topic", "moving", "nosuch", "0", "1");
    let fields = [("consumerGroup", "moving"), ("topic", "moved"), ("queueId", "0")];
    session.ask("no offset", UPDATE, &fields, &[]);
    session.ask("no queue", UPDATE, &fields[..2], &[]);
    session.commit("to go on with", "moving", "moved", "0", "3");
    session.commit("to go on with", "moving", "moved", "1", "4");
}

/// By default the broker moves a group; where it goes on it says to each queue's next pull.
fn resets_on_the_broker(session: &mut Session) {
    session.reset("all to the start", &[("timestamp", "0")]);
    session.committed("it is there", "moving", "moved", "0");
    session.commit("what a member stores meanwhile", "moving", "moved", "0", "4");
    session.committed("does not count", "moving", "moved", "0");
    session.pull_at("a member is told", "moved", "4");
    session.commit("then it does", "moving", "moved", "0", "2");
    session.committed("it is stored", "moving", "moved", "0");
    session.pull_at("a pull as always", "moved", "2");
    session.reset("all to the end", &[("timestamp", "-1")]);
    session.reset("far into the future", &[("timestamp", "9999999999999")]);
    session
        .reset("one queue to an offset", &[("timestamp", "0"), ("queueId", "1"), ("offset", "2")]);
    session.committed("it is there", "moving", "moved", "1");
    session.reset(
        "one queue behind the end",
        &[("timestamp", "0"), ("queueId", "1"), ("offset", "77")],
    );
    session.reset("a queue that is not there", &[("timestamp", "0"), ("queueId", "9")]);
    session.reset("not by force", &[("timestamp", "9999999999999"), ("isForce", "false")]);
    session.reset("a topic that is not there", &[("timestamp", "0"), ("topic", "nosuch")]);
    session.reset("a group that is not there", &[("timestamp", "0"), ("group", "unheard_of")]);
}

fn member(session: &mut Session) -> Connection {
    let mut member = session.link();
    let subscribed = consumer("moving", &[subscription("moved", "*", 1)]);
    session.beat("a member", &mut member, "mover", &subscribed);
    session.told("it is told of itself", &mut member);
    member
}

/// The members are told where to go on, and store that themselves.
fn resets_by_clients(session: &mut Session) {
    session.set("useServerSideResetOffset", "false");
    session.reset("while nobody is online", &[("timestamp", "0")]);
    let mut member = member(session);
    session.reset("by its member", &[("timestamp", "0")]);
    session.told("it is told where to go on", &mut member);
    session.committed("the broker stores nothing", "moving", "moved", "1");
    session
        .reset("forwards, not by force", &[("timestamp", "9999999999999"), ("isForce", "false")]);
    session.told("then it stays", &mut member);
    session.reset("a group without offsets", &[("timestamp", "0"), ("group", "plain")]);
    session.reset("a topic that is not there", &[("timestamp", "0"), ("topic", "nosuch")]);
    session.set("useServerSideResetOffset", "true");
}

/// INVOKE_BROKER_TO_GET_CONSUMER_STATUS: the broker asks the members.
fn asks_clients(session: &mut Session) {
    let mut member = member(session);
    let mut operator = session.link();
    let fields = [("group", "moving"), ("topic", "moved"), ("clientAddr", "")];
    operator.send(STATUS, &fields, &[]).expect("the broker reads");
    let asked = session.told("a member is asked for its offsets", &mut member);
    let table = b"{\"consumerTable\":{},\"messageQueueTable\":{}}";
    member.answer(&asked, table).expect("the broker reads");
    let reply = operator.reply().expect("the broker answers");
    session.answered("what it says is passed on", STATUS, &reply);
    let nobody = [("group", "nobody"), ("topic", "moved"), ("clientAddr", "")];
    session.ask("of a group that is not online", STATUS, &nobody, &[]);
    session.code_alone();
}

fn clones(session: &mut Session) {
    let clone = |session: &mut Session, what: &str, from: &str, to: &str, topic: &str| {
        let fields = [("srcGroup", from), ("destGroup", to), ("topic", topic), ("offline", "true")];
        session.ask(what, CLONE, &fields, &[]);
    };
    clone(session, "one topic", "moving", "copied", "moved");
    session.committed("it is there", "copied", "moved", "0");
    clone(session, "of nobody", "nobody", "copied", "moved");
    session.committed("nothing has changed", "copied", "moved", "0");
    let fields = [("filterGroups", ""), ("compareGroup", "moving"), ("topic", "moved")];
    session.ask("the smallest of all groups", CORRECTION, &fields, &[]);
    let groups: BTreeSet<&str> = ["moving", "copied"].into();
    let filtered = groups.into_iter().collect::<Vec<_>>().join(",");
    let fields = [("filterGroups", filtered.as_str()), ("compareGroup", "x"), ("topic", "moved")];
    session.ask("without some", CORRECTION, &fields, &[]);
}
