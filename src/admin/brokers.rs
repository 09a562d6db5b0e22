//! Brokers: what they say of themselves, their settings, and their clean-up.

use crate::protocol::body::properties;
use crate::protocol::body::stats::{BrokerConsumeStats, ConsumeStats};
use crate::protocol::code::request;
use crate::protocol::request::group;
use crate::protocol::{Command, Fields};

use super::client::{AdminError, Client};
use super::cluster::runtime;
use super::offsets::lag;
use super::report::Report;
use super::words::{BROKER, CLUSTER, Kind, NUMBERS, Need, UNUSED, Verb, Word, Words};

/// As mqadmin's commands that clean up spell it.
const CLEANED: Word = Word { java: "cluster", ..CLUSTER };

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "broker status",
        java: "brokerStatus",
        about: "Show what brokers say of themselves",
        words: &[BROKER, CLUSTER],
        danger: "",
        run: |client, words| Box::pin(status(client, words)),
    },
    Verb {
        path: "broker lag",
        java: "brokerConsumeStats",
        about: "Show how far all groups are at brokers",
        words: &[
            BROKER,
            Word::new(
                ("order", 'o', "order"),
                Kind::Truth,
                Need::Default("false"),
                "Only ordered topics",
            ),
            Word::new(("timeout", 't', "timeoutMillis"), NUMBERS, Need::Option, UNUSED),
            Word::new(
                ("level", 'l', "level"),
                NUMBERS,
                Need::Default("0"),
                "Only from this lag on",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(lags(client, words)),
    },
    Verb {
        path: "broker config get",
        java: "getBrokerConfig",
        about: "Show the settings in force",
        words: &[
            Word::new(("key", 'k', "key"), Kind::Text, Need::MayPlace, "Only this one"),
            BROKER,
            CLUSTER,
        ],
        danger: "",
        run: |client, words| Box::pin(config_get(client, words)),
    },
    Verb {
        path: "broker config set",
        java: "updateBrokerConfig",
        about: "Change a setting; what can change at run time does at once",
        words: &[
            Word::new(("key", 'k', "key"), Kind::Text, Need::Place, "Its name"),
            Word::new(("value", 'v', "value"), Kind::Text, Need::Place, "Its value"),
            BROKER,
            CLUSTER,
            Word::new(
                ("slaves", 'a', "updateAllBroker"),
                Kind::Truth,
                Need::Option,
                "Taken for the sake of mqadmin: there are no slaves",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(config_set(client, words)),
    },
    Verb {
        path: "broker clean queues",
        java: "cleanExpiredCQ",
        about: "Remove files of consume queues whose messages are gone",
        words: &[BROKER, CLEANED],
        danger: "",
        run: |client, words| Box::pin(clean(client, words, request::CLEAN_EXPIRED_CONSUMEQUEUE)),
    },
    Verb {
        path: "broker clean topics",
        java: "cleanUnusedTopic",
        about: "Remove what is left of topics that were deleted",
        words: &[BROKER, CLEANED],
        danger: "",
        run: |client, words| Box::pin(clean(client, words, request::CLEAN_UNUSED_TOPIC)),
    },
    Verb {
        path: "broker clean log",
        java: "deleteExpiredCommitLog",
        about: "Remove segments of the log that are past their time, now and not at deleteWhen",
        words: &[BROKER, CLEANED],
        danger: "messages older than fileReservedTime are deleted",
        run: |client, words| Box::pin(clean(client, words, request::DELETE_EXPIRED_COMMITLOG)),
    },
];

async fn status(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(&words.target()).await? {
        let mut facts = runtime(client, &broker).await?.table;
        facts.sort();
        for (key, value) in facts {
            report.push(vec![broker.to_string().into(), key.into(), value.into()]);
        }
    }
    Ok(report)
}

async fn lags(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report =
        Report::new(&["topic", "group", "broker", "queue", "end", "consumed", "lag", "last_at"]);
    let level = words.number("level").unwrap_or(0);
    for broker in client.masters(&words.target()).await? {
        for (group, stats) in all_lags(client, &broker, words.has("order")).await? {
            for (queue, state) in stats.offsets.into_iter().filter(|(_, one)| lag(one) >= level) {
                report.push(vec![
                    queue.topic.into(),
                    group.as_str().into(),
                    queue.broker_name.into(),
                    queue.queue_id.into(),
                    state.broker_offset.into(),
                    state.consumer_offset.into(),
                    lag(&state).into(),
                    state.last_timestamp.into(),
                ]);
            }
        }
    }
    Ok(report)
}

/// How far each group is at a broker.
pub(super) async fn all_lags(
    client: &Client,
    broker: &crate::config::address::HostPort,
    is_order: bool,
) -> Result<Vec<(String, ConsumeStats)>, AdminError> {
    let fields = group::BrokerConsumeStats { is_order }.to_fields();
    let found: BrokerConsumeStats =
        client.get(broker, request::GET_BROKER_CONSUME_STATS, fields).await?;
    let groups = found.groups.into_iter().flatten();
    Ok(groups
        .flat_map(|(group, all)| all.into_iter().map(move |one| (group.clone(), one)))
        .collect())
}

async fn config_get(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(&words.target()).await? {
        let answer = client.ask(&broker, Command::request(request::GET_BROKER_CONFIG)).await?;
        let mut pairs = properties::parse(&String::from_utf8_lossy(&answer.body));
        pairs.sort();
        pairs.retain(|(name, _)| words.get("key").is_none_or(|key| key == name));
        if let (Some(key), true) = (words.get("key"), pairs.is_empty()) {
            return Err(AdminError::NoSuchKey { key: key.to_owned(), broker });
        }
        for (key, value) in pairs {
            report.push(vec![broker.to_string().into(), key.into(), value.into()]);
        }
    }
    Ok(report)
}

async fn config_set(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (key, value) = (words.text("key"), words.text("value"));
    let body = properties::format([(key, value)]);
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(&words.target()).await? {
        let request = Command::request(request::UPDATE_BROKER_CONFIG);
        client.ask(&broker, request.with_body(body.clone().into_bytes())).await?;
        report.push(vec![broker.to_string().into(), key.into(), value.into()]);
    }
    Ok(report)
}

async fn clean(client: &Client, words: &Words, code: i32) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "done"]);
    for broker in client.masters(&words.target()).await? {
        client.ask(&broker, Command::request(code).with_fields(Fields::absent())).await?;
        report.push(vec![broker.to_string().into(), true.into()]);
    }
    Ok(report)
}
