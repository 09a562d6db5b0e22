//! Requests of administrators with a field missing, of the wrong type, hostile or not theirs: each
//! gets the code and the words that Java gives, and what is refused changes nothing.
//!
//! `tests/golden/refusals-5.5.0/admin.json` has Java's answers. It is written anew by
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop admin_refusals`.

#[path = "admin_refusals/allowed.rs"]
mod allowed;
#[path = "admin_refusals/table.rs"]
mod table;

use serde_json::{Map, Value, json};

use crate::recorded;
use crate::remoting::Connection;
use crate::system::{Cluster, Flavor, Flush};

use allowed::otherwise;
use table::{REQUESTS, To};

/// What a field may be instead; nothing stands for its absence.
fn instead(value: &str) -> Vec<Option<String>> {
    let long = "a".repeat(300);
    let wrong: &[&str] = match value {
        "true" | "false" => &["", "maybe"],
        number if number.parse::<i64>().is_ok() => &["", "x", "-7", "99999999999999999999"],
        _ => &["", " ", "a b", "../../x", "%", "\u{540d}", &long],
    };
    std::iter::once(None).chain(wrong.iter().map(|text| Some((*text).to_owned()))).collect()
}

/// Fields that a request without any does not have.
const UNEXPECTED: [(&str, &str); 4] =
    [("topic", "../../x"), ("timestamp", "x"), ("queueId", "99999999999999999999"), ("\0", "\0")];

/// What a body may be instead.
const BODIES: [&str; 9] = [
    "",
    "{",
    "[]",
    "null",
    r#"{"topicName":{}}"#,
    "\u{1}\u{2}=\u{3}",
    "brokerConfigPath=x\nfileReservedTime=1\n",
    "configBlackList=x\n",
    "fileReservedTime=soon\n",
];

/// One request as it is sent, and how it is called in the golden file.
struct Variant {
    to: To,
    code: i32,
    fields: Vec<(&'static str, String)>,
    body: String,
    name: String,
}

/// A text in the name of a variant.
fn shown(text: &str) -> String {
    let short: String = text.chars().take(24).collect();
    format!("{short:?}")
}

fn variants() -> Vec<Variant> {
    let mut all = Vec::new();
    for &(to, code, good, body) in REQUESTS {
        let mut with = |name: String, fields: Vec<(&'static str, String)>, body: &str| {
            let name = format!("{code} {name}");
            all.push(Variant { to, code, fields, body: body.to_owned(), name });
        };
        let owned = |(name, value): &(&'static str, &str)| (*name, (*value).to_owned());
        for (changed, value) in good {
            for other in instead(value) {
                let fields = good.iter().filter_map(|field| match field.0 == *changed {
                    true => Some((*changed, other.clone()?)),
                    false => Some(owned(field)),
                });
                let shown = other.as_deref().map_or_else(|| "missing".to_owned(), shown);
                with(format!("{changed} {shown}"), fields.collect(), body);
            }
        }
        if good.is_empty() {
            for field in UNEXPECTED {
                let name = format!("unexpected {} {}", field.0, shown(field.1));
                with(name, vec![owned(&field)], body);
            }
        }
        if good.is_empty() || !body.is_empty() {
            for other in BODIES {
                with(format!("body {other:?}"), good.iter().map(owned).collect(), other);
            }
        }
    }
    all
}

const THROWN: &str = "(thrown)";

/// Java's answers to what it did not foresee are the text of an exception and where it was thrown:
/// of those the code is compared.
fn words(remark: &str) -> String {
    let line = remark.lines().next().unwrap_or_default();
    let class = line.split([':', ',']).next().unwrap_or_default();
    let thrown = line.starts_with("Cannot invoke ")
        || class.contains('.')
            && !class.contains(' ')
            && ["Exception", "Error"].iter().any(|end| class.contains(end));
    if thrown { THROWN.to_owned() } else { line.to_owned() }
}

/// CONSUMER_SEND_MSG_BACK: the group and its retry topic are made before the record is looked for,
/// as in Java.
const SEND_BACK: i32 = 36;

/// What requests of administrators change: topics, groups, offsets and settings.
fn state(client: &mut Connection) -> Vec<Vec<u8>> {
    let of = |code: i32| client.call(code, &[], &[]).expect("an answer").body;
    [21, 201, 43, 26].map(of).to_vec()
}

fn ask(cluster: &Cluster, variant: &Variant) -> (i64, String) {
    let address = match variant.to {
        To::Broker => cluster.broker.address(),
        To::NameServer => cluster.name_server.address(),
    };
    let fields: Vec<(&str, &str)> =
        variant.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut client = Connection::open(&address).expect("the server takes connections");
    let own = client.local().expect("it is connected").to_string();
    let reply = client.call(variant.code, &fields, variant.body.as_bytes());
    let reply = reply.unwrap_or_else(|error| panic!("{}: {error}", variant.name));
    let remark = reply.remark.replace(&address, "<server>").replace(&own, "<client>");
    (reply.code, words(&remark))
}

#[test]
fn refusals_of_administrators_requests_are_javas() {
    let cluster = Cluster::started("refusals", Flush::Async, 1, &[]);
    cluster.create_topic("Orders", 2);
    let mut client = Connection::open(&cluster.broker.address()).expect("it is there");
    let group = br#"{"groupName":"readers"}"#;
    assert_eq!(client.call(200, &[], group).expect("an answer").code, 0);

    let java = Flavor::under_test() == Flavor::Java;
    let (mut answers, mut before, mut changed) = (Map::new(), state(&mut client), Vec::new());
    for variant in variants() {
        let (code, words) = ask(&cluster, &variant);
        let after = state(&mut client);
        if code != 0 && !java && after != before && variant.code != SEND_BACK {
            changed.push(variant.name.clone());
        }
        before = after;
        let answer = format!("{code} {words}");
        assert_eq!(answers.insert(variant.name, json!(answer.trim_end())), None);
    }
    assert!(changed.is_empty(), "refused, and changed something: {changed:#?}");
    let is_meant = |name: &str, recorded: &Value, found: &Value| {
        let [recorded, (code, words)] = [recorded, found].map(|answer| {
            answer.as_str().and_then(|text| text.split_once(' ')).unwrap_or_default()
        });
        recorded == (code, THROWN) || otherwise(name, words).is_some()
    };
    recorded::compare_but("refusals-5.5.0/admin.json", &Value::Object(answers), is_meant);
}
