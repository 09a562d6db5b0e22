//! Messages: looking them up, and printing queues.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use serde_json::Value;

use super::client::{AdminError, Client};
use super::records::{self, COLUMNS, Range, UTF_8, records, row};
use super::report::Report;
use super::send::{Message, send};
use super::words::{
    CLUSTER_UNUSED, COUNTS, Kind, NUMBERS, Need, QUEUE, TOPIC, Target, UNUSED, Verb, Word, Words,
};
use super::{groups, offsets, topics};
use crate::config::address::HostPort;
use crate::message::id::parse_offset_id;
use crate::message::properties::{self, Properties};
use crate::message::record::Record;
use crate::message::tag::Subscription;
use crate::protocol::Command;
use crate::protocol::body::running::DirectResult;
use crate::protocol::code::{request, response};
use crate::protocol::request::client::ConsumeDirectly;
use crate::protocol::request::query::{QueryMessage, ViewMessage};

const BEGIN: Word = Word::new(
    ("begin", 'b', "beginTimestamp"),
    Kind::Moment,
    Need::Option,
    "From this moment on: milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS",
);
const END: Word =
    Word::new(("end", 'e', "endTimestamp"), Kind::Moment, Need::Option, "Up to this moment");
const MEMBER: Word = Word::new(
    ("client", 'd', "clientId"),
    Kind::Text,
    Need::Option,
    "Have this member of the group consume it now",
);
const MEMBER_GROUP: Word =
    Word::new(("group", 'g', "consumerGroup"), Kind::Text, Need::Option, "The consumer group");
/// As mqadmin's look-ups of single messages spell it.
const FORMAT: Word = Word { short: Some('f'), java: "bodyFormat", ..CHARSET };
const EXPRESSION: Word = Word::new(
    ("tags", 's', "subExpression"),
    Kind::Text,
    Need::Default("*"),
    "Only with these tags: A || B",
);
const CHARSET: Word = Word::new(
    ("charset", 'c', "charsetName"),
    Kind::OneOf(&records::CHARSETS),
    Need::Default("UTF-8"),
    "How bodies are written: UTF-8, ISO-8859-1, UTF-16BE or UTF-16LE; else they are base64",
);
const WITH_BODY: Word =
    Word::new(("body", 'd', "printBody"), Kind::Truth, Need::Default("true"), "With the bodies");
const BROKER_NAME: Word =
    Word::new(("broker-name", 'b', "brokerName"), Kind::Text, Need::Flag, "The broker, by name");

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "message get",
        java: "queryMsgById",
        about: "Show the message with an id, and which groups have consumed it",
        words: &[
            Word::new(
                ("id", 'i', "msgId"),
                Kind::Text,
                Need::Place,
                "The broker's id or the sender's",
            ),
            Word { need: Need::Flag, ..TOPIC },
            MEMBER_GROUP,
            MEMBER,
            Word::new(
                ("resend", 's', "sendMessage"),
                Kind::Truth,
                Need::Default("false"),
                "Send it again, as a new message",
            ),
            Word::new(("unit", 'u', "unitName"), Kind::Text, Need::Option, UNUSED),
            FORMAT,
            CLUSTER_UNUSED,
        ],
        danger: "",
        run: |client, words| Box::pin(by_id(client, words)),
    },
    Verb {
        path: "message by-key",
        java: "queryMsgByKey",
        about: "Show the messages with a key",
        words: &[
            TOPIC,
            Word::new(("key", 'k', "msgKey"), Kind::Text, Need::Place, "The key"),
            BEGIN,
            END,
            Word::new(("count", 'm', "maxNum"), COUNTS, Need::Default("64"), "How many at most"),
            Word::new(
                ("key-type", 'p', "keyType"),
                Kind::OneOf(&["K", "U", "T"]),
                Need::Default("K"),
                "Of which index: keys, senders' ids, tags",
            ),
            Word::new(("last", 'l', "lastKey"), Kind::Text, Need::Option, UNUSED),
            CLUSTER_UNUSED,
        ],
        danger: "",
        run: |client, words| Box::pin(by_key(client, words)),
    },
    Verb {
        path: "message by-unique-key",
        java: "queryMsgByUniqueKey",
        about: "Show the message with its sender's id",
        words: &[
            TOPIC,
            Word::new(("id", 'i', "msgId"), Kind::Text, Need::Place, "The sender's id"),
            MEMBER_GROUP,
            MEMBER,
            Word::new(
                ("all", 'a', "showAll"),
                Kind::Switch,
                Need::Option,
                "All with that id, up to 32",
            ),
            Word { short: Some('s'), java: "startTime", ..BEGIN },
            Word { java: "endTime", ..END },
            CLUSTER_UNUSED,
        ],
        danger: "",
        run: |client, words| Box::pin(by_unique_key(client, words)),
    },
    Verb {
        path: "message by-offset",
        java: "queryMsgByOffset",
        about: "Show the message at an offset of a queue",
        words: &[
            TOPIC,
            BROKER_NAME,
            QUEUE,
            Word::new(("offset", 'o', "offset"), NUMBERS, Need::Flag, "Its offset"),
            FORMAT,
            Word::new(("route", 'r', "routeTopic"), Kind::Text, Need::Option, UNUSED),
        ],
        danger: "",
        run: |client, words| Box::pin(by_offset(client, words)),
    },
    Verb {
        path: "message print",
        java: "printMsg",
        about: "Show the messages of a topic",
        words: &[
            TOPIC,
            CHARSET,
            EXPRESSION,
            BEGIN,
            END,
            WITH_BODY,
            Word::new(("parent", 'l', "lmqParentTopic"), Kind::Text, Need::Option, UNUSED),
        ],
        danger: "",
        run: |client, words| Box::pin(print(client, words)),
    },
    Verb {
        path: "message print-queue",
        java: "printMsgByQueue",
        about: "Show the messages of a queue, or count them by tag",
        words: &[
            TOPIC,
            Word { short: Some('a'), ..BROKER_NAME },
            QUEUE,
            CHARSET,
            EXPRESSION,
            BEGIN,
            END,
            Word::new(
                ("messages", 'p', "printMsg"),
                Kind::Truth,
                Need::Default("true"),
                "Show the messages",
            ),
            WITH_BODY,
            Word::new(
                ("count-tags", 'f', "calculate"),
                Kind::Truth,
                Need::Default("false"),
                "Count by tag instead",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(print(client, words)),
    },
    Verb {
        path: "message consume",
        java: "consumeMessage",
        about: "Show messages from an offset or a moment on, without moving any group",
        words: &[
            TOPIC,
            Word { need: Need::Option, ..BROKER_NAME },
            Word { need: Need::Option, ..QUEUE },
            Word::new(("offset", 'o', "offset"), NUMBERS, Need::Option, "From this offset on"),
            MEMBER_GROUP,
            Word { short: Some('s'), ..BEGIN },
            END,
            Word::new(
                ("count", 'c', "MessageNumber"),
                COUNTS,
                Need::Default("128"),
                "How many at most",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(print(client, words)),
    },
];

/// The index of senders' ids.
const UNIQUE: &str = "U";

/// From when to when `--begin` and `--end` say.
fn period(words: &Words) -> (i64, i64) {
    let end = words.number("end").filter(|end| *end >= 0);
    (words.number("begin").unwrap_or(0), end.unwrap_or(i64::MAX))
}

/// What an index query asks for.
struct Query<'a> {
    topic: &'a str,
    key: &'a str,
    count: i32,
    begin: i64,
    end: i64,
    kind: &'a str,
}

/// The records that the brokers of a topic have under a key, each with its broker's name.
async fn query(client: &Client, asked: &Query<'_>) -> Result<Vec<(String, Bytes)>, AdminError> {
    let header = QueryMessage {
        topic: asked.topic,
        key: asked.key,
        messages_max: asked.count,
        begin_timestamp: asked.begin,
        end_timestamp: asked.end,
        index_type: Some(asked.kind),
        unique_key: Some(asked.kind == UNIQUE),
    };
    let mut found = Vec::new();
    for (name, broker) in client.masters_of(asked.topic).await? {
        let request = Command::request(request::QUERY_MESSAGE);
        match client.ask(&broker, request.with_fields(header.to_fields())).await {
            Ok(answer) => found.push((name, answer.body)),
            Err(AdminError::Refused { code: response::QUERY_NOT_FOUND, .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

/// Whether a record has a key: others with its hash may come along.
fn has_key(record: &Record<'_>, asked: &Query<'_>) -> bool {
    let properties = Properties::new(record.properties);
    let of = |name: &str| properties.get(name).unwrap_or_default();
    match asked.kind {
        UNIQUE => of(properties::UNIQ_KEY) == asked.key,
        "T" => of(properties::TAGS) == asked.key,
        _ => of(properties::KEYS).split(' ').any(|one| one == asked.key),
    }
}

async fn by_key(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (begin, end) = period(words);
    let asked = Query {
        topic: words.text("topic"),
        key: words.text("key"),
        count: words.small("count").unwrap_or(64),
        begin,
        end,
        kind: words.get("key-type").unwrap_or("K"),
    };
    let mut report = Report::new(&COLUMNS);
    for (broker, bytes) in query(client, &asked).await? {
        let found = records(&bytes)?;
        for record in found.iter().filter(|record| has_key(record, &asked)) {
            report.push(row(&broker, record, Some(charset(words))));
        }
    }
    found(report, asked.key)
}

/// What was found, if it was.
fn found(report: Report, what: &str) -> Result<Report, AdminError> {
    match report.is_empty() {
        true => Err(AdminError::NoSuchMessage { what: what.to_owned() }),
        false => Ok(report),
    }
}

/// How bodies are written, where that can be said.
fn charset(words: &Words) -> &str {
    words.get("charset").unwrap_or(UTF_8)
}

/// What mqadmin shows of one message besides itself.
const DETAILS: &str = "groups";

async fn by_unique_key(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (topic, id) = (words.text("topic"), words.text("id"));
    let (begin, end) = period(words);
    let asked = Query { topic, key: id, count: 32, begin, end, kind: UNIQUE };
    let mut report = Report::new(&[&COLUMNS[..], &[DETAILS]].concat());
    for (broker, bytes) in query(client, &asked).await? {
        let found = records(&bytes)?;
        let limit = if words.has("all") { usize::MAX } else { 1 };
        for record in found.iter().filter(|record| has_key(record, &asked)).take(limit) {
            report.push(details(client, words, &broker, record).await?);
            if words.has("resend") {
                resend(client, &client.place_of(&broker).await?, record).await?;
            }
        }
    }
    found(report, id)
}

/// The id is the broker's if it leads to a broker of this cluster, else the sender's.
async fn by_id(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let id = words.text("id");
    let Ok((host, offset)) = parse_offset_id(id) else {
        return Err(AdminError::NoSuchMessage { what: id.to_owned() });
    };
    let host = SocketAddr::from(host).to_string();
    let masters = client.masters(&Target::All).await?;
    let Some(broker) = masters.into_iter().find(|place| place.to_string() == host) else {
        return by_unique_key(client, words).await;
    };
    let header = ViewMessage {
        topic: words.get("topic"),
        offset: i64::try_from(offset.0).unwrap_or(i64::MAX),
    };
    let asked = Command::request(request::VIEW_MESSAGE_BY_ID);
    let answer = client.ask(&broker, asked.with_fields(header.to_fields())).await?;
    let name = client.name_of(&broker).await?;
    let mut report = Report::new(&[&COLUMNS[..], &[DETAILS]].concat());
    for record in records(&answer.body)? {
        report.push(details(client, words, &name, &record).await?);
        if words.has("resend") {
            resend(client, &broker, &record).await?;
        }
    }
    found(report, id)
}

async fn resend(client: &Client, broker: &HostPort, record: &Record<'_>) -> Result<(), AdminError> {
    send(client, broker, &Message::again(record), -1).await?;
    Ok(())
}

/// A message with what became of it; consumed once more first, if that is asked for.
async fn details(
    client: &Client,
    words: &Words,
    broker: &str,
    record: &Record<'_>,
) -> Result<Vec<Value>, AdminError> {
    let mut values = row(broker, record, Some(charset(words)));
    values.push(match (words.get("group"), words.get("client")) {
        (Some(group), Some(member)) => consume_now(client, broker, record, group, member).await?,
        _ => track(client, broker, record).await?,
    });
    Ok(values)
}

async fn consume_now(
    client: &Client,
    broker: &str,
    record: &Record<'_>,
    group: &str,
    member: &str,
) -> Result<Value, AdminError> {
    let id = records::offset_id_of(record);
    let header = ConsumeDirectly {
        consumer_group: group,
        client_id: Some(member),
        msg_id: Some(&id),
        broker_name: Some(broker),
        topic: Some(record.topic),
        topic_sys_flag: None,
        group_sys_flag: None,
    };
    let place = client.place_of(broker).await?;
    let code = request::CONSUME_MESSAGE_DIRECTLY;
    let result: DirectResult = client.get(&place, code, header.to_fields()).await?;
    Ok(serde_json::json!({
        "group": group,
        "client": member,
        "result": result.result.name(),
        "remark": result.remark,
        "spent_ms": result.spent_ms,
    }))
}

/// For each group of the topic whether it has consumed the message, in mqadmin's words.
async fn track(client: &Client, broker: &str, record: &Record<'_>) -> Result<Value, AdminError> {
    let mut states = serde_json::Map::new();
    let place = client.place_of(broker).await?;
    for group in topics::groups_of(client, record.topic).await? {
        let state = match groups::connections(client, &place, &group).await? {
            None => "NOT_ONLINE",
            Some(found) => {
                let stats = offsets::stats(client, &place, &group, Some(record.topic)).await?;
                let here =
                    stats.offsets.iter().find(|(queue, _)| queue.queue_id == record.queue_id);
                let subscription = found.subscriptions.get(record.topic);
                let expression = subscription.and_then(|data| data.expression.as_deref());
                let tag = Properties::new(record.properties).get(properties::TAGS);
                let wanted = Subscription::parse(expression.unwrap_or("*"));
                let passes = wanted.matches(crate::message::tag::tags_code(tag));
                match here {
                    Some((_, state)) if state.consumer_offset > record.queue_offset.0 => {
                        if passes {
                            "CONSUMED"
                        } else {
                            "CONSUMED_BUT_FILTERED"
                        }
                    }
                    _ => "NOT_CONSUME_YET",
                }
            }
        };
        states.insert(group, state.into());
    }
    Ok(Value::Object(states))
}

async fn by_offset(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let offset = words.number("offset").unwrap_or(0);
    let range = Range {
        topic: words.text("topic"),
        queue: words.small("queue").unwrap_or(0),
        from: offset,
        until: offset.saturating_add(1),
        tags: "*",
        group: records::TOOLS_GROUP,
    };
    let broker = words.text("broker-name");
    let place = client.place_of(broker).await?;
    let mut report = Report::new(&COLUMNS);
    records::each(client, &place, &range, |record| {
        report.push(row(broker, record, Some(charset(words))));
        false
    })
    .await?;
    found(report, &format!("offset {offset}"))
}

/// `message print`, `print-queue` and `consume`: which queues, from where to where, and what of it.
async fn print(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (topic, only) = (words.text("topic"), words.small("queue"));
    let tags = words.get("tags").unwrap_or("*");
    let mut left =
        words.small("count").map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(0));
    let (mut report, mut counts) = (Report::new(&COLUMNS), BTreeMap::new());
    let counted = words.has("count-tags");
    let group = words.get("group").unwrap_or(records::TOOLS_GROUP);
    let shown = words.truth("messages").unwrap_or(true);
    let with_body = words.truth("body").unwrap_or(true);
    let charset = with_body.then(|| charset(words));
    if let Some(name) = words.get("broker-name") {
        client.place_of(name).await?;
    }
    for data in client.route(topic).await?.queues {
        if words.get("broker-name").is_some_and(|name| name != data.broker_name) {
            continue;
        }
        let place = client.place_of(&data.broker_name).await?;
        for queue in (0..data.read_queues).filter(|queue| only.is_none_or(|only| only == *queue)) {
            let (from, until) = records::bounds(client, &place, topic, queue, words).await?;
            let range = Range { topic, queue, from, until, tags, group };
            records::each(client, &place, &range, |record| {
                if left == 0 {
                    return false;
                }
                left -= 1;
                let tag = Properties::new(record.properties).get(properties::TAGS);
                match counted {
                    true => *counts.entry(tag.unwrap_or_default().to_owned()).or_insert(0_u64) += 1,
                    false if shown => report.push(row(&data.broker_name, record, charset)),
                    false => {}
                }
                left > 0
            })
            .await?;
        }
    }
    if counted {
        let rows = counts.into_iter().map(|(tag, count)| vec![tag.into(), count.into()]);
        return Ok(Report::of(&["tag", "count"], rows));
    }
    Ok(report)
}
