//! Sending messages, one or many with a look at the clock.

use crate::config::address::HostPort;
use crate::message::properties::{self, PropertiesEdit};
use crate::message::record::Record;
use crate::protocol::Command;
use crate::protocol::code::{request, response};
use crate::protocol::request::send::{Send, SendReply};
use crate::rt::clock;

use super::client::{AdminError, Client};
use super::groups::{DEAD_PREFIX, RETRY_PREFIX};
use super::report::Report;
use super::topics::DEFAULT_TOPIC;
use super::words::{COUNTS, Kind, NUMBERS, Need, QUEUE_IDS, TOPIC, UNUSED, Verb, Word, Words};

/// The producer group that tools send with (Java: `MixAll.TOOLS_PRODUCER_GROUP` in effect).
const PRODUCER_GROUP: &str = "TOOLS_PRODUCER";

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "message send",
        java: "sendMessage",
        about: "Send one message",
        words: &[
            TOPIC,
            Word::new(("body", 'p', "body"), Kind::Text, Need::Place, "Its body"),
            Word::new(
                ("key", 'k', "key"),
                Kind::Text,
                Need::Option,
                "Its keys, with blanks between them",
            ),
            Word::new(("tag", 'c', "tags"), Kind::Text, Need::Option, "Its tag"),
            Word::new(("broker-name", 'b', "broker"), Kind::Text, Need::Option, "To this broker"),
            Word::new(("queue", 'i', "qid"), QUEUE_IDS, Need::Option, "To this queue"),
            Word::new(("trace", 'm', "msgTraceEnable"), Kind::Truth, Need::Option, UNUSED),
        ],
        danger: "",
        run: |client, words| Box::pin(one(client, words)),
    },
    Verb {
        path: "message send-times",
        java: "checkMsgSendRT",
        about: "Send messages to the queues of a topic in turn and show how long each takes",
        words: &[
            TOPIC,
            Word::new(("amount", 'a', "amount"), COUNTS, Need::Default("100"), "Messages"),
            Word::new(("size", 's', "size"), NUMBERS, Need::Default("128"), "Bytes of each"),
        ],
        danger: "",
        run: |client, words| Box::pin(to_topic(client, words)),
    },
    Verb {
        path: "message send-status",
        java: "sendMsgStatus",
        about: "Send messages to a broker and show how long each takes",
        words: &[
            Word::new(
                ("broker-name", 'b', "brokerName"),
                Kind::Text,
                Need::Place,
                "The broker, by name",
            ),
            Word::new(("size", 's', "messageSize"), NUMBERS, Need::Default("128"), "Bytes of each"),
            Word::new(("amount", 'c', "count"), COUNTS, Need::Default("50"), "Messages"),
        ],
        danger: "",
        run: |client, words| Box::pin(to_broker(client, words)),
    },
];

/// A message to be sent; its id it gets then.
pub(super) struct Message {
    topic: String,
    properties: PropertiesEdit,
    flag: i32,
    body: Vec<u8>,
}

impl Message {
    fn new(topic: &str, body: impl Into<Vec<u8>>) -> Self {
        let mut properties = PropertiesEdit::default();
        properties.push(properties::WAIT, "true");
        Self { topic: topic.to_owned(), properties, flag: 0, body: body.into() }
    }

    /// The message of a record once more: one that a group has given up goes to that group again,
    /// by its retry topic.
    pub(super) fn again(record: &Record<'_>) -> Self {
        let mut properties = PropertiesEdit::new(record.properties);
        properties.remove(properties::UNIQ_KEY);
        let topic = match record.topic.strip_prefix(DEAD_PREFIX) {
            Some(group) => format!("{RETRY_PREFIX}{group}"),
            None => record.topic.to_owned(),
        };
        Self { topic, properties, flag: record.flag, body: super::records::body(record).to_vec() }
    }
}

/// Where a message is.
pub(super) struct Stored {
    id: String,
    status: &'static str,
    queue: i32,
    offset: i64,
    offset_id: String,
}

/// Sends a message to a queue of a broker; −1 leaves the queue to the broker.
pub(super) async fn send(
    client: &Client,
    broker: &HostPort,
    message: &Message,
    queue: i32,
) -> Result<Stored, AdminError> {
    let id = client.unique_key();
    let mut properties = message.properties.clone();
    properties.set(properties::UNIQ_KEY, &id);
    let header = Send {
        producer_group: PRODUCER_GROUP,
        topic: &message.topic,
        default_topic: DEFAULT_TOPIC,
        default_topic_queues: 4,
        queue_id: queue,
        born_timestamp: clock::wall_ms().0,
        flag: message.flag,
        properties: Some(std::str::from_utf8(properties.as_bytes()).unwrap_or_default()),
        ..Send::default()
    };
    let asked = Command::request(request::SEND_MESSAGE_V2).with_fields(header.to_fields());
    let answer = client.exchange(broker, asked.with_body(message.body.clone())).await?;
    let status = match answer.code {
        response::SUCCESS => "SEND_OK",
        response::FLUSH_DISK_TIMEOUT => "FLUSH_DISK_TIMEOUT",
        response::FLUSH_SLAVE_TIMEOUT => "FLUSH_SLAVE_TIMEOUT",
        response::SLAVE_NOT_AVAILABLE => "SLAVE_NOT_AVAILABLE",
        _ => return Err(AdminError::refused(broker, answer)),
    };
    let reply = SendReply::from_fields(&answer.fields)?;
    let (queue, offset) = (reply.queue_id, reply.queue_offset);
    Ok(Stored { id, status, queue, offset, offset_id: reply.msg_id.to_owned() })
}

async fn one(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let topic = words.text("topic");
    let mut message = Message::new(topic, words.text("body"));
    for (name, word) in [(properties::KEYS, "key"), (properties::TAGS, "tag")] {
        if let Some(value) = words.get(word) {
            message.properties.push(name, value);
        }
    }
    let (name, broker) = match words.get("broker-name") {
        Some(name) => (name.to_owned(), client.place_of(name).await?),
        None => {
            let first = client.masters_of(topic).await?.into_iter().next();
            first.ok_or_else(|| AdminError::NoSuchBroker { name: topic.to_owned() })?
        }
    };
    let stored = send(client, &broker, &message, words.small("queue").unwrap_or(-1)).await?;
    let columns = ["broker", "queue", "offset", "status", "id", "offset_id"];
    let values = vec![
        name.into(),
        stored.queue.into(),
        stored.offset.into(),
        stored.status.into(),
        stored.id.into(),
        stored.offset_id.into(),
    ];
    Ok(Report::of(&columns, [values]))
}

/// How long one message took.
pub(super) struct Sent {
    queue: i32,
    /// Milliseconds; none if it failed.
    pub ms: Option<f64>,
}

/// Sends messages of so many bytes to a broker, the queues in turn.
pub(super) async fn send_times(
    client: &Client,
    broker: &HostPort,
    topic: &str,
    amount: i32,
    size: i64,
) -> Result<Vec<Sent>, AdminError> {
    let name = client.name_of(broker).await?;
    let route = client.route(topic).await?;
    let queues = route.queues.iter().find(|data| data.broker_name == name);
    let queues = queues.map_or(1, |data| data.write_queues.max(1));
    let message = Message::new(topic, vec![b'a'; usize::try_from(size).unwrap_or(0)]);
    let mut times = Vec::new();
    for turn in 0..amount {
        let began = clock::now();
        let queue = turn.rem_euclid(queues);
        let outcome = send(client, broker, &message, queue).await;
        let ms = outcome.ok().map(|_| began.elapsed().as_secs_f64() * 1000.0);
        times.push(Sent { queue, ms });
    }
    Ok(times)
}

async fn to_topic(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let topic = words.text("topic");
    let brokers = client.masters_of(topic).await?;
    times(client, words, topic, &brokers).await
}

/// To the topic that every broker has under its own name.
async fn to_broker(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let name = words.text("broker-name");
    let place = client.place_of(name).await?;
    times(client, words, name, &[(name.to_owned(), place)]).await
}

async fn times(
    client: &Client,
    words: &Words,
    topic: &str,
    brokers: &[(String, HostPort)],
) -> Result<Report, AdminError> {
    let (amount, size) = (words.small("amount").unwrap_or(0), words.number("size").unwrap_or(0));
    let mut report = Report::new(&["broker", "queue", "sent", "ms"]);
    for (name, broker) in brokers {
        for one in send_times(client, broker, topic, amount, size).await? {
            let sent = one.ms.is_some();
            report.push(vec![name.as_str().into(), one.queue.into(), sent.into(), one.ms.into()]);
        }
    }
    Ok(report)
}
