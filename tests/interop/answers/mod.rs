//! Answers that are subtle, request by request: refusals and limits of sends, groups that clients
//! share and their locks, offsets that move, replies. Each is what Java 5.5.0 answers.
//!
//! What it answers is kept in `tests/golden/groups-5.5.0`; `RINGMQ_INTEROP_TARGET=java
//! RINGMQ_INTEROP_RECORD=1 cargo test --test interop answers_on_one` records it anew.

mod batches;
mod groups;
mod locks;
mod offsets;
mod replies;
mod sends;
mod trimmed;

use serde_json::{Map, Value, json};

use crate::recorded;
use crate::remoting::{Connection, Frame, Reply};
use crate::system::{Cluster, Flush};

/// `maxMessageSize` of the brokers here.
const BODY_MAX: usize = 4096;
/// What is longer is told by its length alone.
const SHOWN: usize = 400;

/// A broker that is asked, and what it said.
struct Session {
    cluster: Cluster,
    exchanges: Vec<Value>,
}

impl Session {
    fn link(&self) -> Connection {
        Connection::open(&self.cluster.broker.address()).expect("the broker takes connections")
    }

    /// Asks on a connection of its own.
    fn ask(&mut self, what: &str, code: i32, fields: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut link = self.link();
        self.ask_on(&mut link, what, code, fields, body)
    }

    fn ask_on(
        &mut self,
        link: &mut Connection,
        what: &str,
        code: i32,
        fields: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let reply = link.call(code, fields, body).unwrap_or_else(|e| panic!("{what}: {e}"));
        self.answered(what, code, &reply);
        reply
    }

    fn answered(&mut self, what: &str, code: i32, reply: &Reply) {
        let fields = self.even(&Value::Object(reply.fields.clone()));
        let remark = self.even(&json!(reply.remark));
        self.exchanges.push(json!({
            "what": what, "request": code, "code": reply.code, "remark": remark,
            "fields": fields, "body": self.body(&reply.body),
        }));
    }

    /// Of the last answer the code alone counts: Java tells where in its code an exception was
    /// thrown, where RingMQ says what is wrong with the request.
    fn code_alone(&mut self) {
        let last = self.exchanges.last_mut().and_then(Value::as_object_mut);
        last.expect("there is one")
            .retain(|part, _| ["what", "request", "code"].contains(&part.as_str()));
    }

    /// What the broker tells a client.
    fn told(&mut self, what: &str, link: &mut Connection) -> Frame {
        let told = link.asked(|_| true).unwrap_or_else(|| panic!("{what}: nothing is told"));
        let mut fields = self.even(&told.header["extFields"]);
        if let Some(properties) = fields["properties"].as_str() {
            let mut pairs: Vec<&str> = properties.split_terminator('\u{2}').collect();
            pairs.sort_unstable();
            fields["properties"] = json!(pairs);
        }
        let body = self.body(&told.body);
        self.exchanges.push(
            json!({ "what": what, "told": told.header["code"], "fields": fields, "body": body }),
        );
        told
    }

    /// Asks for something that is only a step on the way.
    fn done(&self, code: i32, fields: &[(&str, &str)], body: &[u8]) -> Reply {
        let reply = self.link().call(code, fields, body).expect("the broker answers");
        assert_eq!(reply.code, 0, "{code} {fields:?}: {}", reply.remark);
        reply
    }

    fn set(&self, key: &str, value: &str) {
        self.done(25, &[], format!("{key}={value}\n").as_bytes());
    }

    fn body(&self, body: &[u8]) -> Value {
        if body.is_empty() {
            return Value::Null;
        }
        let value =
            serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)));
        self.even(&value)
    }

    /// Without what differs from run to run; the order of lists says nothing.
    fn even(&self, value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let even = |(key, part): (&String, &Value)| (key.clone(), self.even(part));
                Value::Object(members.iter().map(even).collect::<Map<_, _>>())
            }
            Value::Array(list) => {
                let mut list: Vec<Value> = list.iter().map(|part| self.even(part)).collect();
                list.sort_by_key(Value::to_string);
                Value::Array(list)
            }
            Value::Number(number) if is_time(&number.to_string()) => json!("<millis>"),
            Value::String(text) => json!(self.even_text(text)),
            other => other.clone(),
        }
    }

    fn even_text(&self, text: &str) -> String {
        if text.len() > SHOWN {
            return format!("<{} bytes>", text.len());
        }
        let named = text
            .replace(&self.cluster.broker.address(), "<broker>")
            .replace(&self.cluster.name_server.address(), "<namesrv>");
        let is_part =
            |character: char| character.is_ascii_alphanumeric() || ".:".contains(character);
        let mut out = String::new();
        let mut rest = named.as_str();
        while let Some(start) = rest.find(is_part) {
            out.push_str(&rest[..start]);
            let word = &rest[start..];
            let end = word.find(|character| !is_part(character)).unwrap_or(word.len());
            out.push_str(stands_for(&word[..end]));
            rest = &word[end..];
        }
        out + rest
    }
}

fn is_time(word: &str) -> bool {
    word.len() == 13 && word.starts_with('1') && word.bytes().all(|byte| byte.is_ascii_digit())
}

/// What a word stands for in every run.
fn stands_for(word: &str) -> &str {
    // A broker's id, or a client's on IPv4 or IPv6.
    let is_id = [32, 56].contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    match () {
        () if is_time(word) => "<millis>",
        () if word.starts_with("127.0.0.1:") => "<client>",
        () if is_id => "<id>",
        () => word,
    }
}

/// Asks one thing after the other.
type Part = fn(&mut Session);

/// The parts, each with the file of what the reference answered.
const PARTS: [(&str, Part); 7] = [
    ("sends", sends::all),
    ("batches", batches::all),
    ("groups", groups::all),
    ("locks", locks::all),
    ("offsets", offsets::all),
    ("replies", replies::all),
    // Last: it removes what the others stored.
    ("trimmed", trimmed::all),
];

fn session(shards: u16) {
    let body_max = BODY_MAX.to_string();
    let extra = [
        ("maxMessageSize", body_max.as_str()),
        ("mappedFileSizeCommitLog", "131072"),
        ("cleanResourceInterval", "100"),
        ("timerWheelEnable", "false"),
    ];
    let cluster = Cluster::started(&format!("answers-{shards}"), Flush::Async, shards, &extra);
    let mut session = Session { cluster, exchanges: Vec::new() };
    let mut differing = String::new();
    for (name, part) in PARTS {
        part(&mut session);
        let exchanges = Value::Array(std::mem::take(&mut session.exchanges));
        let file = format!("groups-5.5.0/{name}.json");
        differing += &recorded::differences(&file, &exchanges, |_, _, _| false);
    }
    assert!(differing.is_empty(), "{differing}");
}

#[test]
fn answers_on_one_shard() {
    session(1);
}

#[test]
fn answers_on_two_shards() {
    session(2);
}
