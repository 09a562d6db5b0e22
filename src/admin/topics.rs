//! Topics.

use crate::config::address::HostPort;
use crate::protocol::Command;
use crate::protocol::body::route::{BrokerData, QueueData};
use crate::protocol::body::stats::TopicStats;
use crate::protocol::body::topic_config::{TopicConfig, TopicConfigList};
use crate::protocol::body::{GroupList, MessageQueue, TopicList};
use crate::protocol::code::request;
use crate::protocol::fastjson::{from_slice, to_vec};
use crate::protocol::request::route::{DeleteTopic, PutValue, ValueKey, ValueReply};
use crate::protocol::request::topic::{CreateTopic, TopicName};

use super::client::{self, AdminError, Client};
use super::exports::listed;
use super::report::Report;
use super::words::{BROKER, CLUSTER, Kind, Need, TOPIC, Target, Verb, Word, Words};

/// The topic that a topic is made after; every broker has it.
pub(super) const DEFAULT_TOPIC: &str = "TBW102";
/// Where name servers keep which topics are ordered.
const ORDER_NAMESPACE: &str = "ORDER_TOPIC_CONFIG";
/// Bits of `topicSysFlag` (Java: `TopicSysFlag`).
const UNIT: i32 = 1;
const UNIT_SUB: i32 = 2;

const QUEUES: Kind = Kind::Number(1, crate::limits::QUEUES_PER_TOPIC_MAX as i64);
const PERM: Kind = Kind::Number(0, 7);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "topic list",
        java: "topicList",
        about: "List the topics",
        words: &[Word::new(
            ("with-groups", 'c', "clusterModel"),
            Kind::Switch,
            Need::Option,
            "With their clusters and the groups that consume them",
        )],
        danger: "",
        run: |client, words| Box::pin(list(client, words)),
    },
    Verb {
        path: "topic route",
        java: "topicRoute",
        about: "Show where a topic's queues are",
        words: &[
            TOPIC,
            Word::new(
                ("list", 'l', "list"),
                Kind::Switch,
                Need::Option,
                "Taken for the sake of mqadmin: a list it is anyway",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(route(client, words.text("topic"))),
    },
    Verb {
        path: "topic clusters",
        java: "topicClusterList",
        about: "List the clusters that have a topic",
        words: &[TOPIC],
        danger: "",
        run: |client, words| Box::pin(clusters(client, words.text("topic"))),
    },
    Verb {
        path: "topic stats",
        java: "topicStatus",
        about: "Show the first and the last offset of each queue",
        words: &[TOPIC, Word { java: "cluster", help: "Only in this cluster", ..CLUSTER }],
        danger: "",
        run: |client, words| Box::pin(stats(client, words)),
    },
    Verb {
        path: "topic create",
        java: "updateTopic",
        about: "Make a topic, or change it",
        words: &[
            TOPIC,
            BROKER,
            CLUSTER,
            Word::long(
                "queues",
                QUEUES,
                Need::Option,
                "Queues on each broker, to read and to write",
            ),
            Word::new(
                ("read", 'r', "readQueueNums"),
                QUEUES,
                Need::Option,
                "Queues to read [default: 8]",
            ),
            Word::new(
                ("write", 'w', "writeQueueNums"),
                QUEUES,
                Need::Option,
                "Queues to write [default: 8]",
            ),
            Word::new(("perm", 'p', "perm"), PERM, Need::Default("6"), "4 read, 2 write, 6 both"),
            Word::new(
                ("order", 'o', "order"),
                Kind::Truth,
                Need::Default("false"),
                "Whether its messages are ordered",
            ),
            Word::new(
                ("unit", 'u', "unit"),
                Kind::Truth,
                Need::Default("false"),
                "Whether it is a unit's",
            ),
            Word::new(
                ("unit-sub", 's', "hasUnitSub"),
                Kind::Truth,
                Need::Default("false"),
                "Whether units subscribe to it",
            ),
            Word::new(
                ("attributes", 'a', "attributes"),
                Kind::Text,
                Need::Option,
                "Attributes: +name=value,-name",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(create(client, words)),
    },
    Verb {
        path: "topic create-list",
        java: "updateTopicList",
        about: "Make or change the topics of a file: what was exported, or a JSON array",
        words: &[
            Word::new(("file", 'f', "filename"), Kind::File, Need::Place, "The file"),
            BROKER,
            CLUSTER,
        ],
        danger: "",
        run: |client, words| Box::pin(create_list(client, words)),
    },
    Verb {
        path: "topic perm",
        java: "updateTopicPerm",
        about: "Allow or forbid reading and writing of a topic",
        words: &[
            TOPIC,
            Word::new(("perm", 'p', "perm"), PERM, Need::Place, "4 read, 2 write, 6 both"),
            BROKER,
            CLUSTER,
        ],
        danger: "",
        run: |client, words| Box::pin(change_perm(client, words)),
    },
    Verb {
        path: "topic delete",
        java: "deleteTopic",
        about: "Delete a topic with all its messages",
        words: &[TOPIC, BROKER, CLUSTER],
        danger: "topic {topic} and all its messages are deleted",
        run: |client, words| {
            Box::pin(async { delete(client, words.text("topic"), &words.target()).await })
        },
    },
    Verb {
        path: "topic order",
        java: "updateOrderConf",
        about: "Say on which brokers an ordered topic has how many queues",
        words: &[
            TOPIC,
            Word::new(
                ("method", 'm', "method"),
                Kind::OneOf(&["get", "put", "delete"]),
                Need::Place,
                "get, put or delete",
            ),
            Word::new(
                ("value", 'v', "orderConf"),
                Kind::Text,
                Need::MayPlace,
                "BROKER:N;BROKER:N, to put",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(order(client, words)),
    },
    Verb {
        path: "topic allocate",
        java: "allocateMQ",
        about: "Show how the queues of a topic fall to consumers",
        words: &[
            TOPIC,
            Word::new(
                ("consumers", 'i', "ipList"),
                Kind::Text,
                Need::Place,
                "Addresses of the consumers, with commas",
            ),
        ],
        danger: "",
        run: |client, words| Box::pin(allocate(client, words)),
    },
];

/// The topics that the name servers know, in order.
pub(super) async fn names(client: &Client) -> Result<Vec<String>, AdminError> {
    let request = Command::request(request::GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
    let mut list: TopicList = from_slice(&client.ask_name_server(request).await?.body)?;
    list.topics.sort();
    Ok(list.topics)
}

async fn list(client: &Client, words: &Words) -> Result<Report, AdminError> {
    if !words.has("with-groups") {
        let rows = names(client).await?.into_iter().map(|topic| vec![topic.into()]);
        return Ok(Report::of(&["topic"], rows));
    }
    let mut report = Report::new(&["cluster", "topic", "group"]);
    for topic in names(client).await? {
        let Ok(route) = client.route(&topic).await else { continue };
        let Some(first) = route.brokers.first() else { continue };
        let groups = groups_of(client, &topic).await?;
        for group in if groups.is_empty() { vec![String::new()] } else { groups } {
            report.push(vec![first.cluster.as_str().into(), topic.as_str().into(), group.into()]);
        }
    }
    Ok(report)
}

/// The groups that consume a topic.
pub(super) async fn groups_of(client: &Client, topic: &str) -> Result<Vec<String>, AdminError> {
    let mut groups = Vec::new();
    for (_, broker) in client.masters_of(topic).await? {
        let fields = TopicName { topic }.to_fields();
        let list: GroupList =
            client.get(&broker, request::QUERY_TOPIC_CONSUME_BY_WHO, fields).await?;
        groups.extend(list.groups);
    }
    groups.sort();
    groups.dedup();
    Ok(groups)
}

async fn route(client: &Client, topic: &str) -> Result<Report, AdminError> {
    let route = client.route(topic).await?;
    let mut report = Report::new(&["cluster", "broker", "id", "address", "read", "write", "perm"]);
    for queue in &route.queues {
        let of_name = |broker: &&BrokerData| broker.broker_name == queue.broker_name;
        for broker in route.brokers.iter().filter(of_name) {
            for (id, address) in broker.addrs.iter() {
                report.push(vec![
                    broker.cluster.as_str().into(),
                    broker.broker_name.as_str().into(),
                    (*id).into(),
                    address.as_str().into(),
                    queue.read_queues.into(),
                    queue.write_queues.into(),
                    queue.perm.into(),
                ]);
            }
        }
    }
    Ok(report)
}

async fn clusters(client: &Client, topic: &str) -> Result<Report, AdminError> {
    let route = client.route(topic).await?;
    let mut names: Vec<String> = route.brokers.into_iter().map(|broker| broker.cluster).collect();
    names.sort();
    names.dedup();
    Ok(Report::of(&["cluster"], names.into_iter().map(|name| vec![name.into()])))
}

/// The offsets of a topic on one broker, by queue.
pub(super) async fn offsets(
    client: &Client,
    broker: &HostPort,
    topic: &str,
) -> Result<TopicStats, AdminError> {
    client.get(broker, request::GET_TOPIC_STATS_INFO, TopicName { topic }.to_fields()).await
}

async fn stats(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "queue", "min", "max", "updated_at"]);
    let topic = words.text("topic");
    let members = match words.get("cluster") {
        Some(name) => client.masters(&Target::Cluster(name.to_owned())).await?,
        None => Vec::new(),
    };
    for (_, broker) in client.masters_of(topic).await? {
        if words.get("cluster").is_some() && !members.contains(&broker) {
            continue;
        }
        let mut queues: Vec<_> =
            offsets(client, &broker, topic).await?.offsets.into_iter().collect();
        queues.sort_by_key(|(queue, _)| queue.queue_id);
        for (queue, offset) in queues {
            report.push(vec![
                queue.broker_name.into(),
                queue.queue_id.into(),
                offset.min_offset.into(),
                offset.max_offset.into(),
                offset.last_update_timestamp.into(),
            ]);
        }
    }
    Ok(report)
}

/// Rows that say what a topic is now.
fn made<'a>(report: &mut Report, broker: &HostPort, header: &CreateTopic<'a>) {
    report.push(vec![
        broker.to_string().into(),
        header.topic.into(),
        header.read_queues.into(),
        header.write_queues.into(),
        header.perm.into(),
    ]);
}

const MADE: [&str; 5] = ["broker", "topic", "read", "write", "perm"];

async fn create(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let queues = |name: &str| words.small(name).or(words.small("queues")).unwrap_or(8);
    let flag = |name: &str, bit: i32| if words.has(name) { bit } else { 0 };
    let header = CreateTopic {
        topic: words.text("topic"),
        default_topic: DEFAULT_TOPIC,
        read_queues: queues("read"),
        write_queues: queues("write"),
        perm: words.small("perm").unwrap_or(6),
        filter_type: "SINGLE_TAG",
        topic_sys_flag: Some(flag("unit", UNIT) | flag("unit-sub", UNIT_SUB)),
        order: words.truth("order"),
        attributes: words.get("attributes"),
        force: None,
    };
    let mut report = Report::new(&MADE);
    let mut order = Vec::new();
    for broker in client.masters(&words.target()).await? {
        let request = Command::request(request::UPDATE_AND_CREATE_TOPIC);
        client.ask(&broker, request.with_fields(header.to_fields())).await?;
        order.push(format!("{}:{}", client.name_of(&broker).await?, header.write_queues));
        made(&mut report, &broker, &header);
    }
    if words.has("order") {
        put_order(client, header.topic, &order.join(";")).await?;
    }
    Ok(report)
}

async fn put_order(client: &Client, topic: &str, value: &str) -> Result<(), AdminError> {
    let header = PutValue { namespace: ORDER_NAMESPACE, key: topic, value };
    client.tell_name_servers(request::PUT_KV_CONFIG, &header.to_fields(), &[]).await
}

async fn create_list(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let topics: Vec<TopicConfig> = listed(words.text("file"), "topicConfigTable")?;
    let mut report = Report::new(&["broker", "topic"]);
    let body = to_vec(&TopicConfigList { topics: Some(topics.clone()) });
    for broker in client.masters(&words.target()).await? {
        let request = Command::request(request::UPDATE_AND_CREATE_TOPIC_LIST);
        client.ask(&broker, request.with_body(body.clone())).await?;
        for one in &topics {
            report.push(vec![broker.to_string().into(), one.topic.as_str().into()]);
        }
    }
    Ok(report)
}

/// All but the permission stays as the route says it is.
async fn change_perm(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (topic, perm) = (words.text("topic"), words.small("perm").unwrap_or(6));
    let route = client.route(topic).await?;
    let wanted = client.masters(&words.target()).await?;
    let mut report = Report::new(&MADE);
    for QueueData { broker_name, read_queues, write_queues, topic_sys_flag, .. } in &route.queues {
        let data = route.brokers.iter().find(|broker| broker.broker_name == *broker_name);
        let Some(address) = data.and_then(|broker| broker.addrs.get(&0)) else { continue };
        let broker = client::place(address)?;
        if !wanted.contains(&broker) {
            continue;
        }
        let header = CreateTopic {
            topic,
            default_topic: DEFAULT_TOPIC,
            read_queues: *read_queues,
            write_queues: *write_queues,
            perm,
            filter_type: "SINGLE_TAG",
            topic_sys_flag: Some(*topic_sys_flag),
            order: Some(false),
            attributes: None,
            force: None,
        };
        let request = Command::request(request::UPDATE_AND_CREATE_TOPIC);
        client.ask(&broker, request.with_fields(header.to_fields())).await?;
        made(&mut report, &broker, &header);
    }
    Ok(report)
}

/// Brokers first: one that still had it would tell the name servers again.
pub(super) async fn delete(
    client: &Client,
    topic: &str,
    target: &Target,
) -> Result<Report, AdminError> {
    let mut report = Report::new(&["server", "deleted"]);
    for broker in client.masters(target).await? {
        let request = Command::request(request::DELETE_TOPIC_IN_BROKER);
        client.ask(&broker, request.with_fields(TopicName { topic }.to_fields())).await?;
        report.push(vec![broker.to_string().into(), topic.into()]);
    }
    let cluster_name = match target {
        Target::Cluster(name) => Some(name.as_str()),
        Target::Broker(_) => return Ok(report),
        Target::All => None,
    };
    let fields = DeleteTopic { topic, cluster_name }.to_fields();
    client.tell_name_servers(request::DELETE_TOPIC_IN_NAMESRV, &fields, &[]).await?;
    for server in client.name_servers() {
        report.push(vec![server.to_string().into(), topic.into()]);
    }
    Ok(report)
}

async fn order(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (topic, value) = (words.text("topic"), words.text("value"));
    let key = ValueKey { namespace: ORDER_NAMESPACE, key: topic }.to_fields();
    let value = match words.text("method") {
        "put" if value.is_empty() => return Err(AdminError::Missing { what: "value" }),
        "put" => {
            put_order(client, topic, value).await?;
            value.to_owned()
        }
        "delete" => {
            client.tell_name_servers(request::DELETE_KV_CONFIG, &key, &[]).await?;
            String::new()
        }
        _ => {
            let asked = Command::request(request::GET_KV_CONFIG).with_fields(key);
            let answer = client.ask_name_server(asked).await?;
            ValueReply::from_fields(&answer.fields)?.value.unwrap_or_default().to_owned()
        }
    };
    Ok(Report::of(&["topic", "order"], [vec![topic.into(), value.into()]]))
}

/// As the average allocation does it: neighbouring queues, the first consumers one more.
async fn allocate(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let topic = words.text("topic");
    let mut queues = Vec::new();
    for data in client.route(topic).await?.queues {
        let ids = 0..data.read_queues;
        queues.extend(ids.map(|id| MessageQueue::new(topic, data.broker_name.as_str(), id)));
    }
    queues.sort_by(|left, right| {
        (&left.broker_name, left.queue_id).cmp(&(&right.broker_name, right.queue_id))
    });
    let mut consumers: Vec<&str> = words.text("consumers").split(',').map(str::trim).collect();
    consumers.sort_unstable();
    let (each, more) =
        (queues.len() / consumers.len().max(1), queues.len() % consumers.len().max(1));
    let mut report = Report::new(&["consumer", "broker", "queue"]);
    let mut rest = queues.into_iter();
    for (place, consumer) in consumers.into_iter().enumerate() {
        for queue in rest.by_ref().take(each + usize::from(place < more)) {
            report.push(vec![consumer.into(), queue.broker_name.into(), queue.queue_id.into()]);
        }
    }
    Ok(report)
}
