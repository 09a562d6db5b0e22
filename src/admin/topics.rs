//! Topics.

use crate::protocol::Command;
use crate::protocol::body::route::BrokerData;
use crate::protocol::body::stats::TopicStats;
use crate::protocol::code::request;
use crate::protocol::fastjson::from_slice;
use crate::protocol::request::route::DeleteTopic;
use crate::protocol::request::topic::{CreateTopic, TopicName};

use super::Target;
use super::client::{AdminError, Client};
use super::report::Report;

/// The topic that a topic is made after; every broker has it.
const DEFAULT_TOPIC: &str = "TBW102";

/// A topic to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTopic {
    /// Its name.
    pub topic: String,
    /// Where.
    pub target: Target,
    /// Queues to read from.
    pub read_queues: i32,
    /// Queues to write to.
    pub write_queues: i32,
    /// Bits: 4 read, 2 write, 1 inherit.
    pub perm: i32,
    /// Whether its messages are ordered.
    pub order: bool,
}

pub(super) async fn route(client: &Client, topic: &str) -> Result<Report, AdminError> {
    let route = client.route(topic).await?;
    let mut report = Report::new(&["cluster", "broker", "id", "address", "read", "write", "perm"]);
    for queue in &route.queues {
        let of_name = |broker: &&BrokerData| broker.broker_name == queue.broker_name;
        for broker in route.brokers.iter().filter(of_name) {
            for (id, address) in broker.addrs.iter() {
                report.row([
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

pub(super) async fn stats(client: &Client, topic: &str) -> Result<Report, AdminError> {
    let mut report = Report::new(&["broker", "queue", "min", "max", "last update"]);
    for broker in client.masters_of(topic).await? {
        let request = Command::request(request::GET_TOPIC_STATS_INFO);
        let request = request.with_fields(TopicName { topic }.to_fields());
        let stats: TopicStats = from_slice(&client.ask(&broker, request).await?.body)?;
        let mut queues: Vec<_> = stats.offsets.into_iter().collect();
        queues.sort_by_key(|(queue, _)| queue.queue_id);
        for (queue, offset) in queues {
            report.row([
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

pub(super) async fn create(client: &Client, new: &NewTopic) -> Result<Report, AdminError> {
    let header = CreateTopic {
        topic: &new.topic,
        default_topic: DEFAULT_TOPIC,
        read_queues: new.read_queues,
        write_queues: new.write_queues,
        perm: new.perm,
        filter_type: "SINGLE_TAG",
        topic_sys_flag: Some(0),
        order: Some(new.order),
        attributes: None,
        force: None,
    };
    let mut report = Report::new(&["broker", "topic", "read", "write", "perm"]);
    for broker in client.masters(&new.target).await? {
        let request = Command::request(request::UPDATE_AND_CREATE_TOPIC);
        client.ask(&broker, request.with_fields(header.to_fields())).await?;
        report.row([
            broker.to_string().into(),
            new.topic.as_str().into(),
            new.read_queues.into(),
            new.write_queues.into(),
            new.perm.into(),
        ]);
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
        report.row([broker.to_string().into(), topic.into()]);
    }
    let cluster_name = match target {
        Target::Cluster(name) => Some(name.as_str()),
        Target::Broker(_) => return Ok(report),
        Target::All => None,
    };
    for server in client.name_servers() {
        let request = Command::request(request::DELETE_TOPIC_IN_NAMESRV);
        let fields = DeleteTopic { topic, cluster_name }.to_fields();
        client.ask(server, request.with_fields(fields)).await?;
        report.row([server.to_string().into(), topic.into()]);
    }
    Ok(report)
}
