//! Groups as their clients and operators see them: configurations, heartbeats, members that
//! subscribe differently, and what a pull is refused for.

use serde_json::{Value, json};

use super::Session;
use crate::remoting::Connection;

const PULL: i32 = 11;
const HEARTBEAT: i32 = 34;
const UNREGISTER: i32 = 35;
const MEMBERS: i32 = 38;
const CHECK_CONFIG: i32 = 46;
const UPDATE_GROUP: i32 = 200;
const CONNECTIONS: i32 = 203;
const DELETE_GROUP: i32 = 207;
const GROUP: i32 = 352;
const RECALL: i32 = 370;

/// One subscription of a consumer.
pub fn subscription(topic: &str, expression: &str, version: i64) -> Value {
    let kind = if expression.contains('=') { "SQL92" } else { "TAG" };
    let tags: Vec<&str> =
        expression.split("||").map(str::trim).filter(|tag| *tag != "*" && kind == "TAG").collect();
    json!({
        "topic": topic, "subString": expression, "subVersion": version, "expressionType": kind,
        "classFilterMode": false, "tagsSet": tags, "codeSet": [],
    })
}

/// A consumer in a heartbeat.
pub fn consumer(group: &str, subscriptions: &[Value]) -> Value {
    json!({
        "groupName": group, "consumeType": "CONSUME_PASSIVELY", "messageModel": "CLUSTERING",
        "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "unitMode": false,
        "subscriptionDataSet": subscriptions,
    })
}

/// The heartbeat of a client with one consumer.
pub fn heartbeat(client: &str, consumer: &Value) -> Vec<u8> {
    let beat = json!({
        "clientID": client, "consumerDataSet": [consumer], "producerDataSet": [],
    });
    beat.to_string().into_bytes()
}

impl Session {
    /// UPDATE_AND_CREATE_SUBSCRIPTIONGROUP.
    pub fn group(&mut self, what: &str, config: &Value) {
        self.ask(what, UPDATE_GROUP, &[], config.to_string().as_bytes());
    }

    /// A heartbeat on a member's connection.
    pub fn beat(&mut self, what: &str, link: &mut Connection, client: &str, consumer: &Value) {
        self.ask_on(link, what, HEARTBEAT, &[], &heartbeat(client, consumer));
    }

    fn pull(&mut self, what: &str, more: &[(&str, &str)]) {
        let mut fields = vec![
            ("consumerGroup", "pulling"),
            ("topic", "subscribed"),
            ("queueId", "0"),
            ("queueOffset", "0"),
            ("maxMsgNums", "32"),
            ("sysFlag", "0"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "0"),
            ("subVersion", "10"),
        ];
        for (key, value) in more {
            fields.retain(|(known, _)| known != key);
            fields.push((key, value));
        }
        self.ask(what, PULL, &fields, &[]);
    }
}

pub fn all(session: &mut Session) {
    session.topic("subscribed", "2", "2", "6");
    configurations(session);
    checks(session);
    conflicts(session);
    pulls(session);
    leaves(session);
}

fn configurations(session: &mut Session) {
    let long = "g".repeat(256);
    let names = ["", "two words", "a/b", "größe", "TOOLS_CONSUMER", "CID_RMQ_SYS_X", &long];
    for name in names {
        let what = format!("a group `{name:.20}` of {} bytes", name.len());
        session.group(&what, &json!({ "groupName": name }));
    }
    session.group("a group with a name alone", &json!({ "groupName": "plain" }));
    session.ask("it", GROUP, &[("group", "plain")], &[]);
    let config = json!({
        "groupName": "full", "consumeEnable": false, "consumeFromMinEnable": false,
        "consumeBroadcastEnable": false, "consumeMessageOrderly": true, "retryQueueNums": 3,
        "retryMaxTimes": 5, "brokerId": 0, "whichBrokerWhenConsumeSlowly": 2,
        "notifyConsumerIdsChangedEnable": false, "groupSysFlag": 1, "consumeTimeoutMinute": 20,
    });
    session.group("a group with all there is", &config);
    session.ask("it", GROUP, &[("group", "full")], &[]);
    session.group("its name alone", &json!({ "groupName": "full" }));
    session.ask("it", GROUP, &[("group", "full")], &[]);
    session.ask("a configuration that is none", UPDATE_GROUP, &[], b"{");
    session.code_alone();
    session.ask("a group that is not there", GROUP, &[("group", "nosuch")], &[]);
    session.ask("it is deleted", DELETE_GROUP, &[("groupName", "nosuch")], &[]);
    session.ask("one that is there", DELETE_GROUP, &[("groupName", "full")], &[]);
    session.ask("it is gone", GROUP, &[("group", "full")], &[]);
}

/// CHECK_CLIENT_CONFIG, with and without filters by properties.
fn checks(session: &mut Session) {
    let check = |session: &mut Session, what: &str, expression: &str| {
        let body = json!({
            "clientId": "checked", "group": "checkers", "namespace": "",
            "subscriptionData": subscription("subscribed", expression, 1),
        });
        session.ask(what, CHECK_CONFIG, &[], body.to_string().as_bytes());
    };
    for enabled in ["false", "true"] {
        session.set("enablePropertyFilter", enabled);
        for (what, expression) in [("tags", "a || b"), ("SQL", "a = 1"), ("bad SQL", "a == ")] {
            check(session, &format!("{what}, enablePropertyFilter={enabled}"), expression);
            if what == "bad SQL" {
                session.code_alone();
            }
        }
    }
    session.ask("no body", CHECK_CONFIG, &[], b"");
    session.ask("no subscription", CHECK_CONFIG, &[], b"{}");
    session.set("enablePropertyFilter", "false");
}

/// Members of one group that subscribe differently.
fn conflicts(session: &mut Session) {
    let connections = |session: &mut Session, what: &str| {
        let reply = session.ask(what, CONNECTIONS, &[("consumerGroup", "mixed")], &[]);
        assert_eq!(reply.code, 0, "{what}: {}", reply.remark);
    };
    let members = |session: &mut Session, what: &str| {
        session.ask(what, MEMBERS, &[("consumerGroup", "mixed")], &[]);
    };
    members(session, "no members yet");
    let (mut first, mut second) = (session.link(), session.link());
    let of =
        |topic, expression, version| consumer("mixed", &[subscription(topic, expression, version)]);
    session.beat("one subscribes", &mut first, "first", &of("subscribed", "a", 10));
    session.told("it is told of itself", &mut first);
    connections(session, "one member");
    session.beat("another, otherwise", &mut second, "second", &of("subscribed", "b || c", 20));
    session.told("the first is told", &mut first);
    session.told("the second is told", &mut second);
    connections(session, "the newer subscription holds");
    session.beat("the first again", &mut first, "first", &of("subscribed", "a", 10));
    connections(session, "the older one does not come back");
    let broadcasting = json!({
        "groupName": "mixed", "consumeType": "CONSUME_ACTIVELY", "messageModel": "BROADCASTING",
        "consumeFromWhere": "CONSUME_FROM_LAST_OFFSET", "unitMode": false,
        "subscriptionDataSet": [subscription("subscribed", "a", 10)],
    });
    session.beat("the first as another kind", &mut first, "first", &broadcasting);
    connections(session, "the kind of the last heartbeat holds");
    session.beat("the second as it was", &mut second, "second", &of("subscribed", "b || c", 20));
    session.beat("the second of another topic", &mut second, "second", &of("other", "*", 30));
    session.told("that is news for the first", &mut first);
    connections(session, "what the last heartbeat lacks is gone");
    session.beat("the second as it was", &mut second, "second", &of("subscribed", "b || c", 20));
    members(session, "both are members");
    let leave = [("clientID", "second"), ("consumerGroup", "mixed")];
    session.ask_on(&mut second, "the second leaves", UNREGISTER, &leave, &[]);
    members(session, "one is left");
    let quiet = json!({ "groupName": "quiet", "notifyConsumerIdsChangedEnable": false });
    session.group("a group that tells nobody", &quiet);
    let subscribed = consumer("quiet", &[subscription("subscribed", "*", 1)]);
    session.beat("a member of it", &mut second, "second", &subscribed);
    session.ask_on(&mut second, "it is a member", MEMBERS, &[("consumerGroup", "quiet")], &[]);
    session.beat("a group nobody made", &mut second, "second", &consumer("made_by_beat", &[]));
    session.ask("it is made", GROUP, &[("group", "made_by_beat")], &[]);
    session.ask_on(&mut second, "odd heartbeat", HEARTBEAT, &[], b"{\"clientID\":\"odd\"}");
}

/// What pulls are refused for.
fn pulls(session: &mut Session) {
    let mut member = session.link();
    let subscribed = consumer("pulling", &[subscription("subscribed", "a", 10)]);
    session.beat("a member", &mut member, "member", &subscribed);
    session.pull("as subscribed", &[]);
    session.pull("an older subscription", &[("subVersion", "9")]);
    session.pull("a newer subscription", &[("subVersion", "11")]);
    session.pull("its own subscription", &[("sysFlag", "4"), ("subscription", "b")]);
    session.pull("a topic it has not subscribed", &[("topic", "sent_to")]);
    session.pull("a topic that is not there", &[("topic", "nosuch")]);
    session.pull("no such queue", &[("queueId", "2")]);
    session.pull("a queue for writing", &[("topic", "narrow"), ("queueId", "3"), ("sysFlag", "4")]);
    session.pull("a queue below all", &[("queueId", "-1")]);
    session.pull("no number of a queue", &[("queueId", "first")]);
    session.code_alone();
    session.pull("a topic for writing", &[("topic", "write_only"), ("sysFlag", "4")]);
    session.pull("nobody's group", &[("consumerGroup", "absent")]);
    let sql = [("sysFlag", "4"), ("expressionType", "SQL92"), ("subscription", "a = 1")];
    session.pull("SQL, which is off", &sql);
    session.set("brokerPermission", "2");
    session.pull("a broker of perm 2", &[]);
    session.set("brokerPermission", "6");
    session.group("it may not consume", &json!({ "groupName": "pulling", "consumeEnable": false }));
    session.pull("while that holds", &[]);
    let config = json!({ "groupName": "pulling", "consumeBroadcastEnable": false });
    session.group("it may, but not by broadcasting", &config);
    session.pull("which it does not", &[]);
    let broadcasting = json!({
        "groupName": "pulling", "consumeType": "CONSUME_PASSIVELY", "messageModel": "BROADCASTING",
        "consumeFromWhere": "CONSUME_FROM_FIRST_OFFSET", "unitMode": false,
        "subscriptionDataSet": [subscription("subscribed", "a", 10)],
    });
    session.beat("now it does", &mut member, "member", &broadcasting);
    session.pull("and is refused", &[]);
}

fn leaves(session: &mut Session) {
    let handle = [("producerGroup", "p"), ("topic", "subscribed"), ("recallHandle", "none")];
    session.ask("a message is called back", RECALL, &handle, &[]);
    let mut nobody = session.link();
    let leave = [("clientID", "nobody"), ("consumerGroup", "nobodys"), ("producerGroup", "none")];
    session.ask_on(&mut nobody, "who was never there leaves", UNREGISTER, &leave, &[]);
}
