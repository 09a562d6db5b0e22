//! Rates and counts of topics and groups, as brokers keep them.

use crate::config::address::HostPort;
use crate::protocol::body::stats::{StatsData, StatsItem};
use crate::protocol::code::{request, response};
use crate::protocol::request::query::ViewStats;

use super::client::{AdminError, Client};
use super::report::Report;
use super::words::{BROKER, CLUSTER, Kind, Need, Verb, Word, Words};
use super::{offsets, topics};

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "stats all",
        java: "statsAll",
        about: "Show rates and the messages of a day for topics and their groups",
        words: &[
            Word::new(
                ("active", 'a', "activeTopic"),
                Kind::Switch,
                Need::Option,
                "Only those in use",
            ),
            Word::new(("topic", 't', "topic"), Kind::Text, Need::Option, "Only this topic"),
        ],
        danger: "",
        run: |client, words| Box::pin(all(client, words)),
    },
    Verb {
        path: "stats show",
        java: "",
        about: "Show one of the brokers' statistics, such as TOPIC_PUT_NUMS of a topic",
        words: &[
            Word::long(
                "name",
                Kind::Text,
                Need::Place,
                "Its name: TOPIC_PUT_NUMS, GROUP_GET_NUMS, ...",
            ),
            Word::long("key", Kind::Text, Need::Place, "Of what: a topic, or TOPIC@GROUP"),
            BROKER,
            CLUSTER,
        ],
        danger: "",
        run: |client, words| Box::pin(show(client, words)),
    },
];

/// One of a broker's statistics; `None` if it keeps none of that name and key.
pub(super) async fn view(
    client: &Client,
    broker: &HostPort,
    stats_name: &str,
    stats_key: &str,
) -> Result<Option<StatsData>, AdminError> {
    let fields = ViewStats { stats_name, stats_key }.to_fields();
    match client.get(broker, request::VIEW_BROKER_STATS_DATA, fields).await {
        Ok(found) => Ok(Some(found)),
        Err(AdminError::Refused { code: response::SYSTEM_ERROR, .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The messages of the longest time that there is a number for (Java: `compute24HourSum`).
pub(super) fn day(stats: &StatsData) -> i64 {
    let sums = [&stats.day, &stats.hour, &stats.minute].map(|item: &StatsItem| item.sum);
    sums.into_iter().find(|sum| *sum != 0).unwrap_or(0)
}

/// Rate and messages of a day over all brokers of a topic.
async fn total(
    client: &Client,
    brokers: &[(String, HostPort)],
    name: &str,
    key: &str,
) -> Result<(f64, i64), AdminError> {
    let (mut rate, mut sum) = (0.0, 0);
    for (_, broker) in brokers {
        if let Some(stats) = view(client, broker, name, key).await? {
            rate += stats.minute.tps;
            sum += day(&stats);
        }
    }
    Ok((rate, sum))
}

async fn all(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let columns = ["topic", "group", "lag", "in_rate", "out_rate", "in_24h", "out_24h"];
    let mut report = Report::new(&columns);
    let names = match words.get("topic") {
        Some(topic) => vec![topic.to_owned()],
        None => topics::names(client).await?,
    };
    for topic in names {
        // What is named by brokers and clusters alone has no route.
        let brokers = match client.masters_of(&topic).await {
            Ok(brokers) => brokers,
            Err(AdminError::Refused { .. }) if words.get("topic").is_none() => continue,
            Err(other) => return Err(other),
        };
        let (in_rate, in_day) = total(client, &brokers, "TOPIC_PUT_NUMS", &topic).await?;
        if words.has("active") && in_day == 0 {
            continue;
        }
        let groups = topics::groups_of(client, &topic).await?;
        if groups.is_empty() {
            let (name, nothing) = (topic.as_str().into(), serde_json::Value::Null);
            report.push(vec![
                name,
                nothing.clone(),
                0.into(),
                in_rate.into(),
                nothing.clone(),
                in_day.into(),
                nothing,
            ]);
        }
        for group in groups {
            let mut lag = 0;
            for (_, broker) in &brokers {
                let stats = offsets::stats(client, broker, &group, Some(&topic)).await?;
                lag += stats.offsets.iter().map(|(_, state)| offsets::lag(state)).sum::<i64>();
            }
            let key = format!("{topic}@{group}");
            let (out_rate, out_day) = total(client, &brokers, "GROUP_GET_NUMS", &key).await?;
            report.push(vec![
                topic.as_str().into(),
                group.into(),
                lag.into(),
                in_rate.into(),
                out_rate.into(),
                in_day.into(),
                out_day.into(),
            ]);
        }
    }
    Ok(report)
}

async fn show(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "window", "sum", "rate", "average"]);
    for broker in client.masters(&words.target()).await? {
        let fields = ViewStats { stats_name: words.text("name"), stats_key: words.text("key") };
        let code = request::VIEW_BROKER_STATS_DATA;
        let found: StatsData = client.get(&broker, code, fields.to_fields()).await?;
        for (window, item) in [("minute", found.minute), ("hour", found.hour), ("day", found.day)] {
            report.push(vec![
                broker.to_string().into(),
                window.into(),
                item.sum.into(),
                item.tps.into(),
                item.average.into(),
            ]);
        }
    }
    Ok(report)
}
