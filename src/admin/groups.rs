//! Consumer groups, and the clients of groups.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::config::address::HostPort;
use crate::protocol::body::MessageQueue;
use crate::protocol::body::connections::{
    ConsumerConnections, ProducerConnections, ProducerGroups,
};
use crate::protocol::body::running::RunningInfo;
use crate::protocol::body::stats::ConsumeStats;
use crate::protocol::body::subscription::{GroupConfig, GroupConfigList, GroupConfigs};
use crate::protocol::code::{request, response};
use crate::protocol::fastjson::{from_slice, to_vec};
use crate::protocol::request::client as asks;
use crate::protocol::request::group;
use crate::protocol::request::route::ValueKey;
use crate::protocol::{Command, Fields, version};

use super::client::{AdminError, Client};
use super::exports::listed;
use super::report::Report;
use super::words::{BROKER, CLUSTER, GROUP, Kind, NUMBERS, Need, TOPIC, Target, Verb, Word, Words};
use super::{offsets, topics};

/// What stands before a group in the name of the topic that its retries are in.
pub(super) const RETRY_PREFIX: &str = "%RETRY%";
/// What stands before a group in the name of the topic that its dead letters are in.
pub(super) const DEAD_PREFIX: &str = "%DLQ%";

/// As mqadmin's consumer commands spell it.
const CONSUMER_GROUP: Word = Word { java: "consumerGroup", ..GROUP };
const SMALL: Kind = Kind::Number(i32::MIN as i64, i32::MAX as i64);

pub(super) const GROUP_VERBS: &[Verb] = &[
    Verb {
        path: "group list",
        java: "",
        about: "List the consumer groups with their members and how far they are behind",
        words: &[],
        danger: "",
        run: |client, _| Box::pin(list(client)),
    },
    Verb {
        path: "group create",
        java: "updateSubGroup",
        about: "Make a consumer group, or change it",
        words: &[
            GROUP,
            BROKER,
            CLUSTER,
            Word::new(
                ("enabled", 's', "consumeEnable"),
                Kind::Truth,
                Need::Default("true"),
                "Whether it may consume",
            ),
            Word::new(
                ("from-min", 'm', "consumeFromMinEnable"),
                Kind::Truth,
                Need::Default("false"),
                "Whether it may start at the first message",
            ),
            Word::new(
                ("broadcast", 'd', "consumeBroadcastEnable"),
                Kind::Truth,
                Need::Default("false"),
                "Whether it may broadcast",
            ),
            Word::new(
                ("orderly", 'o', "consumeMessageOrderly"),
                Kind::Truth,
                Need::Option,
                "Whether it consumes in order",
            ),
            Word::new(
                ("retry-queues", 'q', "retryQueueNums"),
                SMALL,
                Need::Default("1"),
                "Queues of its retry topic",
            ),
            Word::new(
                ("retries", 'r', "retryMaxTimes"),
                SMALL,
                Need::Default("16"),
                "Retries before a message is a dead letter",
            ),
            Word::new(
                ("retry-policy", 'p', "groupRetryPolicy"),
                Kind::Text,
                Need::Option,
                "JSON: {\"type\":\"CUSTOMIZED\",\"customizedRetryPolicy\":{\"next\":[1000,5000]}}",
            ),
            Word::new(
                ("broker-id", 'i', "brokerId"),
                NUMBERS,
                Need::Default("0"),
                "The broker id to consume from",
            ),
            Word::new(
                ("slow-broker-id", 'w', "whichBrokerWhenConsumeSlowly"),
                NUMBERS,
                Need::Default("1"),
                "The broker id to consume from when slow",
            ),
            Word::new(
                ("notify", 'a', "notifyConsumerIdsChanged"),
                Kind::Truth,
                Need::Default("true"),
                "Whether members are told of each other at once",
            ),
            Word::long("attributes", Kind::Text, Need::Option, "Attributes: +name=value,-name"),
        ],
        danger: "",
        run: |client, words| Box::pin(create(client, words)),
    },
    Verb {
        path: "group create-list",
        java: "updateSubGroupList",
        about: "Make or change the groups of a file: what was exported, or a JSON array",
        words: &[
            Word::new(("file", 'f', "filename"), Kind::File, Need::Place, "The file"),
            BROKER,
            CLUSTER,
        ],
        danger: "",
        run: |client, words| Box::pin(create_list(client, words)),
    },
    Verb {
        path: "group config",
        java: "getConsumerConfig",
        about: "Show how a consumer group is configured",
        words: &[GROUP],
        danger: "",
        run: |client, words| Box::pin(config(client, words.text("group"))),
    },
    Verb {
        path: "group delete",
        java: "deleteSubGroup",
        about: "Delete a consumer group",
        words: &[
            GROUP,
            BROKER,
            CLUSTER,
            Word::new(
                ("offsets", 'r', "removeOffset"),
                Kind::Truth,
                Need::Default("false"),
                "Whether its offsets go too",
            ),
        ],
        danger: "consumer group {group} is deleted, with its retries and dead letters",
        run: |client, words| Box::pin(delete(client, words)),
    },
];

pub(super) const CLIENT_VERBS: &[Verb] = &[
    Verb {
        path: "consumer list",
        java: "consumerConnection",
        about: "List the members of a consumer group and what they subscribe to",
        words: &[CONSUMER_GROUP, BROKER],
        danger: "",
        run: |client, words| Box::pin(consumers(client, words)),
    },
    Verb {
        path: "consumer status",
        java: "consumerStatus",
        about: "Ask the members of a consumer group what they hold",
        words: &[
            CONSUMER_GROUP,
            Word::new(("client", 'i', "clientId"), Kind::Text, Need::Option, "Only this client"),
            BROKER,
            Word::new(
                ("jstack", 's', "jstack"),
                Kind::Switch,
                Need::Option,
                "With the stacks of its threads",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(consumer_status(client, words)),
    },
    Verb {
        path: "producer list",
        java: "producer",
        about: "List the producers of all groups that brokers know",
        words: &[Word { java: "broker", ..BROKER }],
        danger: "",
        run: |client, words| Box::pin(producers(client, words)),
    },
    Verb {
        path: "producer connections",
        java: "producerConnection",
        about: "List the producers of a group at the brokers of a topic",
        words: &[
            Word::new(
                ("group", 'g', "producerGroup"),
                Kind::Text,
                Need::Place,
                "The producer group",
            ),
            TOPIC,
        ],
        danger: "",
        run: |client, words| Box::pin(producer_connections(client, words)),
    },
];

/// The brokers that a group is at, through the route of its retry topic; all masters for a group
/// that has none yet.
async fn brokers_of(client: &Client, group: &str) -> Result<Vec<HostPort>, AdminError> {
    match client.masters_of(&format!("{RETRY_PREFIX}{group}")).await {
        Ok(found) => Ok(found.into_iter().map(|(_, place)| place).collect()),
        Err(AdminError::Refused { code: response::TOPIC_NOT_EXIST, .. }) => {
            client.masters(&Target::All).await
        }
        Err(other) => Err(other),
    }
}

/// The members of a group as one broker knows them; `None` while none is connected.
pub(super) async fn connections(
    client: &Client,
    broker: &HostPort,
    group: &str,
) -> Result<Option<ConsumerConnections>, AdminError> {
    let fields = asks::ConsumerGroup { consumer_group: group }.to_fields();
    match client.get(broker, request::GET_CONSUMER_CONNECTION_LIST, fields).await {
        Ok(found) => Ok(Some(found)),
        Err(AdminError::Refused { code: response::CONSUMER_NOT_ONLINE, .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// What there is to say of one group over all brokers.
#[derive(Default)]
struct Summary {
    members: usize,
    version: Option<i32>,
    kind: Option<&'static str>,
    model: Option<&'static str>,
    rate: f64,
    lag: i64,
}

pub(super) async fn list(client: &Client) -> Result<Report, AdminError> {
    let mut all: BTreeMap<String, Summary> = BTreeMap::new();
    for broker in client.masters(&Target::All).await? {
        for (group, _) in configs(client, &broker).await?.groups {
            let stats: ConsumeStats = offsets::stats(client, &broker, &group, None).await?;
            let found = connections(client, &broker, &group).await?;
            let summary = all.entry(group).or_default();
            summary.rate += stats.consume_tps;
            summary.lag += stats.offsets.iter().map(|(_, state)| offsets::lag(state)).sum::<i64>();
            let Some(found) = found else { continue };
            let versions = found.connections.iter().map(|one| one.version);
            summary.version = versions.chain(summary.version).min();
            // Each broker knows all members.
            summary.members = summary.members.max(found.connections.len());
            summary.kind = found.consume_type.name();
            summary.model = found.message_model.name();
        }
    }
    let columns = ["group", "members", "version", "type", "model", "rate", "lag"];
    let rows = all.into_iter().map(|(group, one)| {
        vec![
            group.into(),
            one.members.into(),
            one.version.map(version::name).into(),
            one.kind.into(),
            one.model.into(),
            one.rate.into(),
            one.lag.into(),
        ]
    });
    Ok(Report::of(&columns, rows))
}

async fn create(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let group = words.text("group");
    let plain = GroupConfig::default();
    let truth = |name: &str, otherwise| words.truth(name).unwrap_or(otherwise);
    let policy = words.get("retry-policy").map(|text| from_slice(text.as_bytes())).transpose()?;
    let attribute = |item: &str| match item.trim().split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (item.trim().to_owned(), String::new()),
    };
    let attributes = words.get("attributes").map(|text| text.split(',').map(attribute).collect());
    let config = GroupConfig {
        group: group.to_owned(),
        consume_enabled: truth("enabled", true),
        consume_from_min_enabled: truth("from-min", false),
        broadcast_enabled: truth("broadcast", false),
        consume_orderly: truth("orderly", false),
        retry_queues: words.small("retry-queues").unwrap_or(plain.retry_queues),
        retries_max: words.small("retries").unwrap_or(plain.retries_max),
        retry_policy: policy.unwrap_or_default(),
        broker_id: words.number("broker-id").unwrap_or(0),
        slow_broker_id: words.number("slow-broker-id").unwrap_or(1),
        notify_enabled: truth("notify", true),
        attributes: attributes.unwrap_or_default(),
        ..plain
    };
    let mut report = Report::new(&["broker", "group"]);
    for broker in client.masters(&words.target()).await? {
        let request = Command::request(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP);
        client.ask(&broker, request.with_body(to_vec(&config))).await?;
        report.push(vec![broker.to_string().into(), group.into()]);
    }
    Ok(report)
}

async fn create_list(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let groups: Vec<GroupConfig> = listed(words.text("file"), "subscriptionGroupTable")?;
    let mut report = Report::new(&["broker", "group"]);
    let body = to_vec(&GroupConfigList { groups: Some(groups.clone()) });
    for broker in client.masters(&words.target()).await? {
        let request = Command::request(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST);
        client.ask(&broker, request.with_body(body.clone())).await?;
        for one in &groups {
            report.push(vec![broker.to_string().into(), one.group.as_str().into()]);
        }
    }
    Ok(report)
}

/// All groups of a broker.
pub(super) async fn configs(
    client: &Client,
    broker: &HostPort,
) -> Result<GroupConfigs, AdminError> {
    client.get(broker, request::GET_ALL_SUBSCRIPTIONGROUP_CONFIG, Fields::absent()).await
}

/// A row for each member of the configuration, as the broker has it.
async fn config(client: &Client, group: &str) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(&Target::All).await? {
        let found = configs(client, &broker).await?;
        let Some(config) = found.groups.get(group) else { continue };
        let object: Map<String, Value> = from_slice(&to_vec(config))?;
        for (key, value) in object {
            report.push(vec![broker.to_string().into(), key.into(), value]);
        }
    }
    match report.is_empty() {
        true => Err(AdminError::NoSuchGroup { group: group.to_owned() }),
        false => Ok(report),
    }
}

/// The topics that are the group's alone go too, as with mqadmin.
async fn delete(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (group, target) = (words.text("group"), words.target());
    let header = group::DeleteGroup { group, clean_offset: Some(words.has("offsets")) };
    let mut report = Report::new(&["server", "deleted"]);
    for broker in client.masters(&target).await? {
        let request = Command::request(request::DELETE_SUBSCRIPTIONGROUP);
        client.ask(&broker, request.with_fields(header.to_fields())).await?;
        report.push(vec![broker.to_string().into(), group.into()]);
    }
    if matches!(target, Target::Broker(_)) {
        return Ok(report);
    }
    for prefix in [RETRY_PREFIX, DEAD_PREFIX] {
        let topic = format!("{prefix}{group}");
        report.append(topics::delete(client, &topic, &target).await?);
        let key = ValueKey { namespace: "ORDER_TOPIC_CONFIG", key: &topic }.to_fields();
        client.tell_name_servers(request::DELETE_KV_CONFIG, &key, &[]).await?;
    }
    Ok(report)
}

async fn consumers(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let group = words.text("group");
    let mut report = Report::new(&[
        "client",
        "address",
        "language",
        "version",
        "type",
        "model",
        "from",
        "subscriptions",
    ]);
    for broker in asked(client, words).await? {
        let Some(found) = connections(client, &broker, group).await? else { continue };
        let subscriptions = found.subscriptions.iter().map(|(topic, data)| {
            (topic.clone(), Value::from(data.expression.clone().unwrap_or_default()))
        });
        let subscriptions = Value::Object(subscriptions.collect());
        for one in found.connections {
            report.push(vec![
                one.client_id.into(),
                one.client_addr.into(),
                one.language.into(),
                version::name(one.version).into(),
                found.consume_type.name().into(),
                found.message_model.name().into(),
                found.consume_from.name().into(),
                subscriptions.clone(),
            ]);
        }
        // Each broker knows all members.
        break;
    }
    somebody(report, group)
}

/// What a member of a group says of itself.
pub(super) async fn running(
    client: &Client,
    broker: &HostPort,
    (group, client_id): (&str, &str),
    stacks: bool,
) -> Result<RunningInfo, AdminError> {
    let header =
        asks::RunningInfo { consumer_group: group, client_id, jstack_enable: Some(stacks) };
    client.get(broker, request::GET_CONSUMER_RUNNING_INFO, header.to_fields()).await
}

/// Which member of a group holds which queue.
pub(super) async fn holders(
    client: &Client,
    broker: &HostPort,
    group: &str,
) -> Result<Vec<(MessageQueue, String)>, AdminError> {
    let mut held = Vec::new();
    let found = connections(client, broker, group).await?;
    for one in found.map(|found| found.connections).unwrap_or_default() {
        let info = running(client, broker, (group, &one.client_id), false).await?;
        held.extend(info.queues.into_iter().map(|(queue, _)| (queue, one.client_id.clone())));
    }
    Ok(held)
}

/// The broker that was named, or those of the group.
async fn asked(client: &Client, words: &Words) -> Result<Vec<HostPort>, AdminError> {
    match words.broker() {
        Some(broker) => Ok(vec![broker]),
        None => brokers_of(client, words.text("group")).await,
    }
}

async fn consumer_status(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (group, only, stacks) = (words.text("group"), words.get("client"), words.has("jstack"));
    let columns = [
        "client",
        "version",
        "topic",
        "broker",
        "queue",
        "committed",
        "cached",
        "cached_mib",
        "locked",
        "dropped",
        "pulled_at",
        "consumed_at",
    ];
    let mut report = Report::new(if stacks { &["client", "stack"] } else { &columns });
    for broker in asked(client, words).await? {
        let Some(found) = connections(client, &broker, group).await? else { continue };
        let wanted = |id: &str| only.is_none_or(|only| only == id);
        for one in found.connections.into_iter().filter(|one| wanted(&one.client_id)) {
            let info = running(client, &broker, (group, &one.client_id), stacks).await?;
            match stacks {
                true => report.push(vec![one.client_id.into(), info.jstack.into()]),
                false => held(&mut report, &one.client_id, one.version, info),
            }
        }
        break;
    }
    somebody(report, group)
}

/// What members said, if there are any.
fn somebody(report: Report, group: &str) -> Result<Report, AdminError> {
    match report.is_empty() {
        true => Err(AdminError::NobodyThere { group: group.to_owned() }),
        false => Ok(report),
    }
}

/// The queues that one member holds.
fn held(report: &mut Report, client: &str, ordinal: i32, info: RunningInfo) {
    let mut queues: Vec<_> = info.queues.into_iter().collect();
    queues.sort_by(|(left, _), (right, _)| {
        (&left.topic, left.queue_id).cmp(&(&right.topic, right.queue_id))
    });
    for (queue, state) in queues {
        report.push(vec![
            client.into(),
            version::name(ordinal).into(),
            queue.topic.into(),
            queue.broker_name.into(),
            queue.queue_id.into(),
            state.commit_offset.into(),
            state.cached_messages.into(),
            state.cached_mib.into(),
            state.locked.into(),
            state.dropped.into(),
            state.last_pull_timestamp.into(),
            state.last_consume_timestamp.into(),
        ]);
    }
}

async fn producers(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report =
        Report::new(&["broker", "group", "client", "address", "language", "version", "seen_at"]);
    for broker in client.masters(&words.target()).await? {
        let code = request::GET_ALL_PRODUCER_INFO;
        let mut found: ProducerGroups = client.get(&broker, code, Fields::absent()).await?;
        found.groups.sort();
        for (group, clients) in found.groups {
            for one in clients {
                report.push(vec![
                    broker.to_string().into(),
                    group.as_str().into(),
                    one.client_id.into(),
                    one.remote_ip.into(),
                    one.language.into(),
                    version::name(one.version).into(),
                    one.last_update_timestamp.into(),
                ]);
            }
        }
    }
    Ok(report)
}

async fn producer_connections(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "client", "address", "language", "version"]);
    for (name, broker) in client.masters_of(words.text("topic")).await? {
        let fields = asks::ProducerGroup { producer_group: words.text("group") }.to_fields();
        let code = request::GET_PRODUCER_CONNECTION_LIST;
        let found: ProducerConnections = client.get(&broker, code, fields).await?;
        for one in found.connections {
            report.push(vec![
                name.as_str().into(),
                one.client_id.into(),
                one.client_addr.into(),
                one.language.into(),
                version::name(one.version).into(),
            ]);
        }
    }
    Ok(report)
}
