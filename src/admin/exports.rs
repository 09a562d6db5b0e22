//! What a cluster is made of as one document, in the shape that mqadmin writes to files.

use std::path::PathBuf;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::config::address::HostPort;
use crate::message::topic::{HALF_TOPIC, SCHEDULE_TOPIC};
use crate::protocol::body::topic_config::TopicConfigs;
use crate::protocol::body::{TopicList, properties};
use crate::protocol::code::request;
use crate::protocol::fastjson::{from_slice, to_vec};
use crate::protocol::{Command, Fields, version};
use crate::rt::{clock, disk};

use super::client::{AdminError, Client};
use super::cluster::{count, rate, runtime};
use super::groups::{configs, connections};
use super::report::Report;
use super::stats;
use super::words::{BROKER, CLUSTER, Kind, Need, Verb, Word, Words};

const FOLDER: Word = Word::new(
    ("folder", 'f', "filePath"),
    Kind::Text,
    Need::Option,
    "Write it to a file in this folder [default: show it]",
);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "cluster export metadata",
        java: "exportMetadata",
        about: "Export the configurations of topics and groups",
        words: &[
            CLUSTER,
            BROKER,
            FOLDER,
            Word::new(("topics", 't', "topic"), Kind::Switch, Need::Option, "Only the topics"),
            Word::new(
                ("groups", 'g', "subscriptionGroup"),
                Kind::Switch,
                Need::Option,
                "Only the groups",
            ),
            Word::new(
                ("special", 's', "specialTopic"),
                Kind::Switch,
                Need::Option,
                "Topics of retries and dead letters too",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(metadata(client, words)),
    },
    Verb {
        path: "cluster export configs",
        java: "exportConfigs",
        about: "Export the important settings of the brokers",
        words: &[CLUSTER, FOLDER],
        danger: "",
        run: |client, words| Box::pin(settings(client, words)),
    },
    Verb {
        path: "cluster export metrics",
        java: "exportMetrics",
        about: "Export how much the brokers do and how full they are",
        words: &[CLUSTER, FOLDER],
        danger: "",
        run: |client, words| Box::pin(metrics(client, words)),
    },
];

/// The settings that mqadmin exports.
const SETTINGS: [&str; 16] = [
    "brokerClusterName",
    "brokerId",
    "brokerName",
    "brokerRole",
    "fileReservedTime",
    "filterServerNums",
    "flushDiskType",
    "maxMessageSize",
    "messageDelayLevel",
    "msgTraceTopicName",
    "slaveReadEnable",
    "traceOn",
    "traceTopicEnable",
    "useTLS",
    "autoCreateTopicEnable",
    "autoCreateSubscriptionGroup",
];

/// The document itself, or where it was written to.
async fn ended(document: Value, words: &Words, file: &str) -> Result<Report, AdminError> {
    let Some(folder) = words.get("folder") else { return Ok(Report::Document(document)) };
    let path = PathBuf::from(folder).join(file);
    let failed = |source| AdminError::Unwritable { path: path.clone(), source };
    disk::create_dir_all(folder.as_ref()).await.map_err(failed)?;
    disk::replace_file(&path, format!("{document:#}\n").into_bytes()).await.map_err(failed)?;
    Ok(Report::of(&["file"], [vec![path.display().to_string().into()]]))
}

/// The configurations in a file: an array of them, or a document that was exported, in which they
/// are under `table`.
pub(super) fn listed<T: DeserializeOwned>(text: &str, table: &str) -> Result<Vec<T>, AdminError> {
    let mut value: Value = from_slice(text.as_bytes()).map_err(AdminError::List)?;
    if let Some(Value::Object(named)) = value.get_mut(table).map(Value::take) {
        value = named.into_iter().map(|(_, config)| config).collect();
    }
    from_slice(&to_vec(&value)).map_err(AdminError::List)
}

/// All topics of a broker.
pub(super) async fn topics(client: &Client, broker: &HostPort) -> Result<TopicConfigs, AdminError> {
    client.get(broker, request::GET_ALL_TOPIC_CONFIG, Fields::absent()).await
}

/// The topics of a broker that users made.
pub(super) async fn user_topics(
    client: &Client,
    broker: &HostPort,
    special: bool,
) -> Result<TopicConfigs, AdminError> {
    let code = request::GET_SYSTEM_TOPIC_LIST_FROM_BROKER;
    let system: TopicList = client.get(broker, code, Fields::absent()).await?;
    let mut all = topics(client, broker).await?;
    let is_special = |topic: &str| topic.starts_with("%RETRY%") || topic.starts_with("%DLQ%");
    let kept = std::mem::take(&mut all.topics).into_iter();
    all.topics = kept
        .filter(|(topic, _)| !system.topics.contains(topic) && (special || !is_special(topic)))
        .collect();
    Ok(all)
}

/// Adds what another broker has of the same: queues add up.
fn add(table: &mut Map<String, Value>, name: String, mut config: Value, sums: &[&str]) {
    if let Some(known) = table.get(&name) {
        for key in sums {
            let both = [known, &config].map(|one| one.get(key).and_then(Value::as_i64));
            if let (Some(slot), [Some(left), Some(right)]) = (config.get_mut(key), both) {
                *slot = left.saturating_add(right).into();
            }
        }
    }
    table.insert(name, config);
}

async fn metadata(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (mut topics, mut groups) = (Map::new(), Map::new());
    for broker in client.masters(&words.target()).await? {
        for (name, config) in user_topics(client, &broker, words.has("special")).await?.topics {
            let config = from_slice(&to_vec(&config))?;
            add(&mut topics, name, config, &["readQueueNums", "writeQueueNums"]);
        }
        for (name, config) in configs(client, &broker).await?.groups {
            let config = from_slice(&to_vec(&config))?;
            add(&mut groups, name, config, &["retryQueueNums"]);
        }
    }
    let mut document = Map::new();
    let (only_topics, only_groups) = (words.has("topics"), words.has("groups"));
    if !only_groups {
        document.insert("topicConfigTable".to_owned(), topics.into());
    }
    if !only_topics {
        document.insert("subscriptionGroupTable".to_owned(), groups.into());
    }
    document.insert("exportTime".to_owned(), clock::wall_ms().0.into());
    let file = match (only_topics, only_groups) {
        (true, _) => "topic.json",
        (false, true) => "subscriptionGroup.json",
        (false, false) => "metadata.json",
    };
    ended(document.into(), words, file).await
}

async fn settings(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (mut configs, mut masters, mut slaves) = (Map::new(), 0, 0);
    for (_, name, id, address) in client.members(words.get("cluster")).await? {
        if id != 0 {
            slaves += 1;
            continue;
        }
        masters += 1;
        let asked = Command::request(request::GET_BROKER_CONFIG);
        let answer = client.ask(&super::client::place(&address)?, asked).await?;
        let pairs = properties::parse(&String::from_utf8_lossy(&answer.body));
        let kept = pairs.into_iter().filter(|(key, _)| SETTINGS.contains(&key.as_str()));
        let kept: Map<_, _> = kept.map(|(key, value)| (key, value.into())).collect();
        configs.insert(name, kept.into());
    }
    let document = json!({
        "brokerConfigs": configs,
        "clusterScale": {
            "namesrvSize": client.name_servers().len(),
            "masterBrokerSize": masters,
            "slaveBrokerSize": slaves,
        },
    });
    ended(document, words, "configs.json").await
}

/// What one broker does: messages a second and in a day, by kind.
struct Work {
    rates: [f64; 4],
    days: [i64; 4],
}

const RATES: [&str; 4] = ["normalInTps", "normalOutTps", "transInTps", "scheduleInTps"];
const DAYS: [&str; 4] =
    ["normalOneDayInNum", "normalOneDayOutNum", "transOneDayInNum", "scheduleOneDayInNum"];

async fn metrics(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (mut brokers, mut rates, mut days) = (Map::new(), [0.0; 4], [0; 4]);
    for (_, name, id, address) in client.members(words.get("cluster")).await? {
        if id == 0 {
            let (value, work) = broker(client, &super::client::place(&address)?).await?;
            brokers.insert(name, value);
            rates.iter_mut().zip(work.rates).for_each(|(sum, one)| *sum += one);
            days.iter_mut().zip(work.days).for_each(|(sum, one)| *sum += one);
        }
    }
    let total = |name: &str| match name.split_at_checked(1) {
        Some((first, rest)) => format!("total{}{rest}", first.to_uppercase()),
        None => name.to_owned(),
    };
    let rates: Map<_, _> =
        RATES.iter().zip(rates).map(|(name, sum)| (total(name), sum.into())).collect();
    let days: Map<_, _> =
        DAYS.iter().zip(days).map(|(name, sum)| ((*name).to_owned(), sum.into())).collect();
    let document = json!({
        "evaluateReport": brokers,
        "totalData": { "totalTps": rates, "totalOneDayNum": days },
    });
    ended(document, words, "metrics.json").await
}

async fn broker(client: &Client, place: &HostPort) -> Result<(Value, Work), AdminError> {
    let facts = runtime(client, place).await?;
    let groups = configs(client, place).await?.groups;
    let mut clients = Vec::new();
    for (group, _) in groups.iter() {
        let Some(found) = connections(client, place, group).await? else { continue };
        let known = found.connections.iter();
        clients.extend(known.map(|one| format!("{}%{}", one.language, version::name(one.version))));
    }
    clients.sort();
    clients.dedup();
    let mut work = Work {
        rates: [rate(&facts, "putTps"), rate(&facts, "getTransferredTps"), 0.0, 0.0],
        days: ["Put", "Get", "", ""].map(|way| {
            let morning = |day: &str| count(&facts, &format!("msg{way}Total{day}Morning"));
            morning("Today").saturating_sub(morning("Yesterday"))
        }),
    };
    let kinds = [HALF_TOPIC, SCHEDULE_TOPIC];
    for (kind, (rate, day)) in kinds.iter().zip(work.rates.iter_mut().zip(&mut work.days).skip(2)) {
        if let Some(found) = stats::view(client, place, "TOPIC_PUT_NUMS", kind).await? {
            (*rate, *day) = (found.minute.tps, stats::day(&found));
        }
    }
    let named = |names: [&str; 4], values: [Value; 4]| {
        let pairs = names.into_iter().map(str::to_owned).zip(values);
        Value::Object(pairs.collect::<Map<_, _>>())
    };
    let text = |key: &str| facts.table.get(key).cloned();
    let value = json!({
        "runtimeEnv": {},
        "runtimeQuota": {
            "diskRatio": {
                "commitLogDiskRatio": text("commitLogDiskRatio"),
                "consumeQueueDiskRatio": text("consumeQueueDiskRatio"),
            },
            "tps": named(RATES, work.rates.map(Value::from)),
            "oneDayNum": named(DAYS, work.days.map(Value::from)),
            "messageAverageSize": text("putMessageAverageSize"),
            "topicSize": user_topics(client, place, false).await?.topics.len(),
            "groupSize": groups.len(),
        },
        "runtimeVersion": {
            "rocketmqVersion": version::name(version::OURS),
            "clientInfo": clients,
        },
    });
    Ok((value, work))
}
