//! Operations of an administrator, over the protocol that RocketMQ's own tools speak.
//!
//! ```text
//! words -> Operation -> requests to name servers and brokers -> Report -> table, JSON or YAML
//! ```
//!
//! A broker that is not named is found as mqadmin finds it: through the name server. What changes
//! something is asked of every master of the cluster; what fails is said with what to do next.

mod client;
mod offsets;
mod report;
mod topics;

pub use client::{AdminError, Client};
pub use report::{Format, Report};

use crate::config::address::HostPort;
use crate::protocol::Command;
use crate::protocol::body::properties;
use crate::protocol::body::route::ClusterInfo;
use crate::protocol::body::{KeyValues, TopicList};
use crate::protocol::code::request;
use crate::protocol::fastjson::from_slice;

/// Which brokers an operation is for: one by its address, or the masters of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// `host:port`.
    Broker(HostPort),
    /// The name of a cluster.
    Cluster(String),
    /// The masters of all clusters.
    All,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Clusters and their brokers.
    ClusterList,
    /// Topics that the name servers know.
    TopicList,
    /// Where a topic's queues are.
    TopicRoute(String),
    /// How far each queue of a topic goes.
    TopicStats(String),
    /// Makes a topic, or changes it.
    TopicCreate(topics::NewTopic),
    /// Removes a topic with what is in it.
    TopicDelete {
        /// The topic.
        topic: String,
        /// Where.
        target: Target,
    },
    /// How far a group is in its topics.
    OffsetShow {
        /// The group.
        group: String,
        /// Only in this topic.
        topic: Option<String>,
    },
    /// Moves a group in a topic to a moment.
    OffsetReset {
        /// The group.
        group: String,
        /// The topic.
        topic: String,
        /// Milliseconds since 1970; −1 is the end of each queue.
        timestamp: i64,
    },
    /// What a broker says of itself.
    BrokerStatus(Target),
    /// The settings in force.
    ConfigGet {
        /// Of whom.
        target: Target,
        /// Only this one.
        key: Option<String>,
    },
    /// Changes a setting.
    ConfigSet {
        /// Of whom.
        target: Target,
        /// Its name.
        key: String,
        /// Its value.
        value: String,
    },
}

pub use topics::NewTopic;

impl Operation {
    /// What it destroys or changes for good, if it does: to be confirmed first.
    pub fn danger(&self) -> Option<String> {
        match self {
            Self::TopicDelete { topic, .. } => {
                Some(format!("topic {topic} and all its messages are deleted"))
            }
            Self::OffsetReset { group, topic, .. } => {
                Some(format!("the offsets of group {group} in topic {topic} are moved"))
            }
            _ => None,
        }
    }

    /// Does it.
    ///
    /// # Errors
    /// [`AdminError`]. What was done before the error stays done.
    pub async fn run(&self, client: &Client) -> Result<Report, AdminError> {
        match self {
            Self::ClusterList => cluster_list(client).await,
            Self::TopicList => topic_list(client).await,
            Self::TopicRoute(topic) => topics::route(client, topic).await,
            Self::TopicStats(topic) => topics::stats(client, topic).await,
            Self::TopicCreate(new) => topics::create(client, new).await,
            Self::TopicDelete { topic, target } => topics::delete(client, topic, target).await,
            Self::OffsetShow { group, topic } => {
                offsets::show(client, group, topic.as_deref()).await
            }
            Self::OffsetReset { group, topic, timestamp } => {
                offsets::reset(client, group, topic, *timestamp).await
            }
            Self::BrokerStatus(target) => broker_status(client, target).await,
            Self::ConfigGet { target, key } => config_get(client, target, key.as_deref()).await,
            Self::ConfigSet { target, key, value } => config_set(client, target, key, value).await,
        }
    }
}

/// Clusters by name, brokers by name, members by id.
async fn cluster_list(client: &Client) -> Result<Report, AdminError> {
    let info: ClusterInfo = client.cluster().await?;
    let mut report = Report::new(&["cluster", "broker", "id", "address", "version"]);
    let mut clusters = info.clusters;
    clusters.sort();
    for (cluster, brokers) in clusters.iter() {
        let mut brokers: Vec<&String> = brokers.iter().collect();
        brokers.sort();
        for broker in brokers {
            let Some(data) = info.brokers.get(broker) else { continue };
            for (id, address) in data.addrs.iter() {
                let runtime = runtime(client, &client::place(address)?).await?;
                let version = runtime.table.get("brokerVersionDesc").cloned();
                report.row([
                    cluster.as_str().into(),
                    broker.as_str().into(),
                    (*id).into(),
                    address.as_str().into(),
                    version.unwrap_or_default().into(),
                ]);
            }
        }
    }
    Ok(report)
}

async fn topic_list(client: &Client) -> Result<Report, AdminError> {
    let request = Command::request(request::GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
    let answer = client.ask_name_server(request).await?;
    let mut list: TopicList = from_slice(&answer.body)?;
    list.topics.sort();
    let mut report = Report::new(&["topic"]);
    for topic in list.topics {
        report.row([topic.into()]);
    }
    Ok(report)
}

async fn runtime(client: &Client, broker: &HostPort) -> Result<KeyValues, AdminError> {
    let request = Command::request(request::GET_BROKER_RUNTIME_INFO);
    Ok(from_slice(&client.ask(broker, request).await?.body)?)
}

async fn broker_status(client: &Client, target: &Target) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(target).await? {
        let mut facts = runtime(client, &broker).await?.table;
        facts.sort();
        for (key, value) in facts {
            report.row([broker.to_string().into(), key.into(), value.into()]);
        }
    }
    Ok(report)
}

async fn config_get(
    client: &Client,
    target: &Target,
    key: Option<&str>,
) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(target).await? {
        let answer = client.ask(&broker, Command::request(request::GET_BROKER_CONFIG)).await?;
        let mut pairs = properties::parse(&String::from_utf8_lossy(&answer.body));
        pairs.sort();
        pairs.retain(|(name, _)| key.is_none_or(|key| key == name));
        if let (Some(key), true) = (key, pairs.is_empty()) {
            return Err(AdminError::NoSuchKey { key: key.to_owned(), broker });
        }
        for (key, value) in pairs {
            report.row([broker.to_string().into(), key.into(), value.into()]);
        }
    }
    Ok(report)
}

async fn config_set(
    client: &Client,
    target: &Target,
    key: &str,
    value: &str,
) -> Result<Report, AdminError> {
    let body = properties::format([(key, value)]);
    let mut report = Report::new(&["broker", "key", "value"]);
    for broker in client.masters(target).await? {
        let request = Command::request(request::UPDATE_BROKER_CONFIG);
        client.ask(&broker, request.with_body(body.clone().into_bytes())).await?;
        report.row([broker.to_string().into(), key.into(), value.into()]);
    }
    Ok(report)
}
