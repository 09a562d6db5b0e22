//! Requests of administrators with a field missing, of the wrong type or hostile: each gets the
//! code and the words that Java gives, and what is refused changes nothing.
//!
//! `tests/golden/refusals-5.5.0/admin.txt` has Java's answers, a line each. It is written anew by
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop admin_refusals`.

#[path = "admin_refusals/allowed.rs"]
mod allowed;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::remoting;
use crate::system::{Cluster, Flavor, Flush};

use allowed::otherwise;

/// Whom a request is for.
#[derive(Clone, Copy, PartialEq)]
enum To {
    Broker,
    NameServer,
}

use To::{Broker, NameServer};

/// A code, the fields of a request that makes sense, and its body. Numbers and truths are told by
/// their values.
type Request = (To, i32, &'static [(&'static str, &'static str)], &'static str);

const TOPIC: (&str, &str) = ("topic", "Orders");
const GROUP: (&str, &str) = ("group", "readers");
const CONSUMER: (&str, &str) = ("consumerGroup", "readers");
const QUEUE: (&str, &str) = ("queueId", "0");
const KEY: [(&str, &str); 2] = [("namespace", "room"), ("key", "one")];

const REQUESTS: &[Request] = &[
    (
        Broker,
        17,
        &[
            ("topic", "Made"),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "4"),
            ("writeQueueNums", "4"),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
            ("attributes", ""),
        ],
        "",
    ),
    (Broker, 18, &[], r#"{"topicConfigList":[{"topicName":"Made"}]}"#),
    (Broker, 215, &[("topic", "Gone")], ""),
    (Broker, 351, &[TOPIC], ""),
    (Broker, 202, &[TOPIC], ""),
    (Broker, 300, &[TOPIC], ""),
    (Broker, 200, &[], r#"{"groupName":"made"}"#),
    (Broker, 225, &[], r#"{"groupConfigList":[{"groupName":"made"}]}"#),
    (Broker, 207, &[("groupName", "gone"), ("cleanOffset", "false")], ""),
    (Broker, 352, &[GROUP], ""),
    (Broker, 208, &[CONSUMER, TOPIC], ""),
    (Broker, 317, &[("isOrder", "false")], ""),
    (Broker, 203, &[CONSUMER], ""),
    (Broker, 204, &[("producerGroup", "senders")], ""),
    (Broker, 307, &[CONSUMER, ("clientId", "nobody"), ("jstackEnable", "false")], ""),
    (Broker, 309, &[CONSUMER, ("clientId", "nobody"), ("msgId", "no-id"), TOPIC], ""),
    (Broker, 222, &[TOPIC, GROUP, ("queueId", "-1"), ("timestamp", "0"), ("isForce", "true")], ""),
    (Broker, 223, &[TOPIC, GROUP, ("clientAddr", "")], ""),
    (Broker, 303, &[TOPIC, GROUP], ""),
    (Broker, 308, &[("compareGroup", "readers"), TOPIC, ("filterGroups", "")], ""),
    (
        Broker,
        314,
        &[("srcGroup", "readers"), ("destGroup", "copies"), TOPIC, ("offline", "false")],
        "",
    ),
    (Broker, 343, &[GROUP], ""),
    (Broker, 345, &[GROUP, TOPIC], ""),
    (Broker, 321, &[TOPIC, QUEUE, ("index", "0"), ("count", "1")], ""),
    (Broker, 323, &[TOPIC, ("msgId", "no-id")], ""),
    (Broker, 25, &[], "fileReservedTime=48\n"),
    (Broker, 315, &[("statsName", "TOPIC_PUT_NUMS"), ("statsKey", "Orders")], ""),
    (Broker, 29, &[TOPIC, QUEUE, ("timestamp", "0")], ""),
    (Broker, 30, &[TOPIC, QUEUE], ""),
    (Broker, 31, &[TOPIC, QUEUE], ""),
    (Broker, 32, &[TOPIC, QUEUE], ""),
    (Broker, 33, &[TOPIC, ("offset", "0")], ""),
    (
        Broker,
        12,
        &[TOPIC, ("key", "none"), ("maxNum", "32"), ("beginTimestamp", "0"), ("endTimestamp", "1")],
        "",
    ),
    (Broker, 14, &[CONSUMER, TOPIC, QUEUE], ""),
    (Broker, 15, &[CONSUMER, TOPIC, QUEUE, ("commitOffset", "0")], ""),
    (Broker, 21, &[("topicSeq", "0"), ("maxTopicNum", "1")], ""),
    (Broker, 201, &[("groupSeq", "0"), ("maxGroupNum", "1")], ""),
    (NameServer, 100, &[KEY[0], KEY[1], ("value", "two")], ""),
    (NameServer, 101, &KEY, ""),
    (NameServer, 102, &KEY, ""),
    (NameServer, 219, &[KEY[0]], ""),
    (NameServer, 205, &[("brokerName", "nobody")], ""),
    (NameServer, 327, &[("brokerName", "nobody")], ""),
    (NameServer, 216, &[("topic", "Gone")], ""),
    (NameServer, 224, &[("cluster", "none")], ""),
    (NameServer, 105, &[TOPIC], ""),
    (NameServer, 318, &[], "needWaitForService=false\n"),
];

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

fn variants() -> Vec<Variant> {
    let mut all = Vec::new();
    for &(to, code, good, body) in REQUESTS {
        for (changed, value) in good {
            for other in instead(value) {
                let fields = good.iter().filter_map(|(name, value)| match name == changed {
                    true => Some((*name, other.clone()?)),
                    false => Some((*name, (*value).to_owned())),
                });
                let shown = other.as_ref().map_or_else(
                    || "missing".to_owned(),
                    |text| {
                        let short: String = text.chars().take(24).collect();
                        format!("{short:?}")
                    },
                );
                let name = format!("{code} {changed} {shown}");
                all.push(Variant {
                    to,
                    code,
                    fields: fields.collect(),
                    body: body.to_owned(),
                    name,
                });
            }
        }
        if !body.is_empty() {
            let with = |other: &&str| {
                let name = format!("{code} body {other:?}");
                Variant { to, code, fields: Vec::new(), body: (*other).to_owned(), name }
            };
            all.extend(BODIES.iter().map(with));
        }
    }
    all
}

/// Java's answers to what it did not foresee are the text of an exception and where it was thrown:
/// of those the code is compared.
fn words(remark: &str) -> String {
    let line = remark.lines().next().unwrap_or_default();
    let class = line.split([':', ',']).next().unwrap_or_default();
    let thrown = line.starts_with("Cannot invoke ")
        || class.contains('.')
            && !class.contains(' ')
            && ["Exception", "Error"].iter().any(|end| class.contains(end));
    if thrown { "(thrown)".to_owned() } else { line.to_owned() }
}

/// What requests of administrators change: topics, groups, offsets and settings.
fn state(cluster: &Cluster) -> Vec<Vec<u8>> {
    let broker = cluster.broker.address();
    let of = |code: i32| remoting::call(&broker, code, &[]).expect("an answer").body;
    [21, 201, 43, 26].map(of).to_vec()
}

fn ask(cluster: &Cluster, variant: &Variant) -> (i64, String) {
    let address = match variant.to {
        Broker => cluster.broker.address(),
        NameServer => cluster.name_server.address(),
    };
    let fields: Vec<(&str, &str)> =
        variant.fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let reply = remoting::call_with(&address, variant.code, &fields, variant.body.as_bytes());
    let reply = reply.unwrap_or_else(|error| panic!("{}: {error}", variant.name));
    let remark = reply.remark.replace(&address, "<server>");
    (reply.code, words(&remark))
}

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/refusals-5.5.0/admin.txt")
}

#[test]
fn refusals_of_administrators_requests_are_javas() {
    let cluster = Cluster::started("refusals", Flush::Async, 1, &[]);
    cluster.create_topic("Orders", 2);
    let broker = cluster.broker.address();
    let group = br#"{"groupName":"readers"}"#;
    assert_eq!(remoting::call_with(&broker, 200, &[], group).expect("an answer").code, 0);

    let java = Flavor::under_test() == Flavor::Java;
    let (mut lines, mut before, mut faults) = (String::new(), state(&cluster), Vec::new());
    let recorded = fs::read_to_string(golden()).unwrap_or_default();
    let recorded: BTreeSet<&str> = recorded.lines().collect();
    for variant in variants() {
        let (code, words) = ask(&cluster, &variant);
        let line = format!("{}: {code} {words}", variant.name);
        lines.push_str(&format!("{}\n", line.trim_end()));
        let after = state(&cluster);
        if code != 0 && !java && after != before {
            faults.push(format!("{line}\n  it was refused, and changed something"));
        }
        before = after;
        let thrown = format!("{}: {code} (thrown)", variant.name);
        let known = recorded.contains(line.trim_end()) || recorded.contains(thrown.as_str());
        if !known && otherwise(&variant.name, &words).is_none() {
            let start = format!("{}: ", variant.name);
            let wanted = recorded.iter().find(|line| line.starts_with(&start));
            faults.push(format!("{line}\n  recorded: {wanted:?}"));
        }
    }
    if std::env::var_os("RINGMQ_INTEROP_RECORD").is_some() {
        assert!(java, "what is recorded is Java's answer");
        fs::create_dir_all(golden().parent().expect("it is in a folder")).expect("a writable tree");
        fs::write(golden(), lines).expect("a writable tree");
        return;
    }
    assert!(faults.is_empty(), "{} are answered otherwise:\n{}", faults.len(), faults.join("\n"));
}
