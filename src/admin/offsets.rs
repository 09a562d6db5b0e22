//! Offsets of consumer groups, and the consume queues they count in.

use crate::config::address::HostPort;
use crate::protocol::Command;
use crate::protocol::body::offsets::ResetOffsets;
use crate::protocol::body::stats::{ConsumeQueueReply, ConsumeStats, OffsetState};
use crate::protocol::code::request;
use crate::protocol::request::group;
use crate::protocol::request::offset::{CloneOffsets, ResetOffset};
use crate::protocol::request::query::QueryConsumeQueue;

use super::client::{AdminError, Client};
use super::groups;
use super::report::Report;
use super::words::{
    BROKER, CLUSTER_UNUSED, COUNTS, GROUP, Kind, NUMBERS, Need, QUEUE, QUEUE_IDS, TOPIC, Target,
    Verb, Word, Words,
};

const MOVES: &str = "the offsets of group {group} in topic {topic} are moved";
/// As mqadmin's commands about offsets spell it.
const MOVED: Word = Word { java: "group", ..GROUP };
const FORCE: Word = Word::new(
    ("force", 'f', "force"),
    Kind::Truth,
    Need::Default("true"),
    "Whether offsets may move forward too",
);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "offset show",
        java: "consumerProgress",
        about: "Show how far a group is; without one, all groups",
        words: &[
            Word { need: Need::MayPlace, ..GROUP },
            Word::new(("topic", 't', "topicName"), Kind::Text, Need::Option, "Only in this topic"),
            Word::new(
                ("clients", 's', "showClientIP"),
                Kind::Truth,
                Need::Default("false"),
                "With the client that holds each queue",
            ),
            CLUSTER_UNUSED,
        ],
        danger: "",
        run: |client, words| Box::pin(show(client, words)),
    },
    Verb {
        path: "offset reset",
        java: "resetOffsetByTime",
        about: "Move a group in a topic to a moment",
        words: &[
            MOVED,
            TOPIC,
            Word::new(
                ("to", 's', "timestamp"),
                Kind::Moment,
                Need::Flag,
                "Milliseconds since 1970, yyyy-MM-dd#HH:mm:ss:SSS, or now: the end of each queue",
            ),
            FORCE,
            CLUSTER_UNUSED,
            Word { java: "broker", ..BROKER },
            Word::new(("queue", 'q', "queue"), QUEUE_IDS, Need::Option, "Only this queue"),
            Word::new(
                ("offset", 'o', "offset"),
                NUMBERS,
                Need::Option,
                "To this offset of that queue",
            ),
        ],
        danger: MOVES,
        run: |client, words| Box::pin(reset(client, words, words.number("to").unwrap_or(-1))),
    },
    Verb {
        path: "offset skip",
        java: "skipAccumulatedMessage",
        about: "Move a group in a topic to the end of each queue",
        words: &[MOVED, TOPIC, FORCE, CLUSTER_UNUSED],
        danger: MOVES,
        run: |client, words| Box::pin(reset(client, words, -1)),
    },
    Verb {
        path: "offset clone",
        java: "cloneGroupOffset",
        about: "Give a group the offsets of another",
        words: &[
            Word::new(("source", 's', "srcGroup"), Kind::Text, Need::Place, "The group to copy"),
            Word::new(("group", 'd', "destGroup"), Kind::Text, Need::Place, "The group to change"),
            TOPIC,
            Word::new(
                ("offline", 'o', "offline"),
                Kind::Truth,
                Need::Default("false"),
                "Whether group or topic may be offline",
            ),
        ],
        danger: MOVES,
        run: |client, words| Box::pin(copy(client, words)),
    },
    Verb {
        path: "offset queue",
        java: "queryCq",
        about: "Show units of a consume queue",
        words: &[
            TOPIC,
            Word::new(("queue", 'q', "queue"), QUEUE_IDS, Need::Flag, QUEUE.help),
            Word::new(("index", 'i', "index"), NUMBERS, Need::Flag, "The first unit"),
            Word::new(("count", 'c', "count"), COUNTS, Need::Default("10"), "How many"),
            Word { java: "broker", ..BROKER },
            Word::new(
                ("group", 'g', "consumer"),
                Kind::Text,
                Need::Option,
                "Whose filter to apply",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(units(client, words)),
    },
];

/// How far a group is on one broker.
pub(super) async fn stats(
    client: &Client,
    broker: &HostPort,
    group: &str,
    topic: Option<&str>,
) -> Result<ConsumeStats, AdminError> {
    let header = group::ConsumeStats { consumer_group: group, topic, topic_list: None };
    client.get(broker, request::GET_CONSUME_STATS, header.to_fields()).await
}

/// Messages that are not consumed yet.
pub(super) fn lag(state: &OffsetState) -> i64 {
    state.broker_offset.saturating_sub(state.consumer_offset)
}

async fn show(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (Some(group), topic) = (words.get("group"), words.get("topic")) else {
        return groups::list(client).await;
    };
    let brokers = match topic {
        Some(topic) => {
            client.masters_of(topic).await?.into_iter().map(|(_, place)| place).collect()
        }
        None => client.masters(&Target::All).await?,
    };
    let mut report = Report::new(&[
        "topic",
        "broker",
        "queue",
        "client",
        "end",
        "consumed",
        "lag",
        "in_flight",
        "last_at",
    ]);
    for broker in brokers {
        let holders = match words.has("clients") {
            true => groups::holders(client, &broker, group).await?,
            false => Vec::new(),
        };
        let stats = stats(client, &broker, group, topic).await?;
        let mut queues: Vec<_> = stats.offsets.into_iter().collect();
        queues.sort_by(|(left, _), (right, _)| {
            (&left.topic, left.queue_id).cmp(&(&right.topic, right.queue_id))
        });
        for (queue, state) in queues {
            let holder = holders.iter().find(|(held, _)| *held == queue);
            let in_flight = state.pull_offset.saturating_sub(state.consumer_offset).max(0);
            report.push(vec![
                queue.topic.into(),
                queue.broker_name.into(),
                queue.queue_id.into(),
                holder.map(|(_, client)| client.as_str()).into(),
                state.broker_offset.into(),
                state.consumer_offset.into(),
                lag(&state).into(),
                in_flight.into(),
                state.last_timestamp.into(),
            ]);
        }
    }
    Ok(report)
}

async fn reset(client: &Client, words: &Words, timestamp: i64) -> Result<Report, AdminError> {
    let (topic, only) = (words.text("topic"), words.broker());
    let header = ResetOffset {
        topic,
        group: words.text("group"),
        queue_id: words.small("queue"),
        offset: words.number("offset"),
        timestamp,
        is_force: words.truth("force").unwrap_or(true),
    };
    let mut report = Report::new(&["broker", "queue", "offset"]);
    for (_, broker) in client.masters_of(topic).await? {
        if only.as_ref().is_some_and(|only| *only != broker) {
            continue;
        }
        let code = request::INVOKE_BROKER_TO_RESET_OFFSET;
        let reset: ResetOffsets = client.get(&broker, code, header.to_fields()).await?;
        let mut queues: Vec<_> = reset.offsets.0.into_iter().collect();
        queues.sort_by_key(|(queue, _)| queue.queue_id);
        for (queue, offset) in queues {
            report.push(vec![queue.broker_name.into(), queue.queue_id.into(), offset.into()]);
        }
    }
    Ok(report)
}

async fn copy(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (source, target, topic) = (words.text("source"), words.text("group"), words.text("topic"));
    let header = CloneOffsets {
        source_group: source,
        target_group: target,
        topic: Some(topic),
        offline: words.truth("offline"),
    };
    let mut report = Report::new(&["broker", "source", "group", "topic"]);
    for (name, broker) in client.masters_of(topic).await? {
        let request = Command::request(request::CLONE_GROUP_OFFSET);
        client.ask(&broker, request.with_fields(header.to_fields())).await?;
        report.push(vec![name.into(), source.into(), target.into(), topic.into()]);
    }
    Ok(report)
}

async fn units(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let topic = words.text("topic");
    let first = words.number("index").unwrap_or(0);
    let header = QueryConsumeQueue {
        topic,
        queue_id: words.small("queue").unwrap_or(0),
        index: first,
        count: words.small("count").unwrap_or(10),
        consumer_group: words.get("group"),
    };
    let brokers = match words.broker() {
        Some(broker) => vec![(client.name_of(&broker).await?, broker)],
        None => client.masters_of(topic).await?,
    };
    let mut report =
        Report::new(&["broker", "index", "physical_offset", "size", "tags_code", "passes"]);
    for (name, broker) in brokers {
        let code = request::QUERY_CONSUME_QUEUE;
        let found: ConsumeQueueReply = client.get(&broker, code, header.to_fields()).await?;
        for (unit, index) in found.entries.unwrap_or_default().into_iter().zip(first..) {
            report.push(vec![
                name.as_str().into(),
                index.into(),
                unit.physical_offset.into(),
                unit.size.into(),
                unit.tags_code.into(),
                unit.eval.into(),
            ]);
        }
    }
    Ok(report)
}
