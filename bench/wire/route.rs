//! Where the queues of a topic are: the name server's answer to 105, and the few requests that make
//! a topic and ask for its bounds.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use ringmq::protocol::{Command, Fields};
use serde::Deserialize;

use crate::wire::address::{self, AddressError};
use crate::wire::call::{CallError, Caller};

/// GET_ROUTEINFO_BY_TOPIC.
pub const GET_ROUTE: i32 = 105;

/// UPDATE_AND_CREATE_TOPIC.
const UPDATE_TOPIC: i32 = 17;

/// GET_MAX_OFFSET.
const GET_MAX_OFFSET: i32 = 30;

/// GET_MIN_OFFSET.
const GET_MIN_OFFSET: i32 = 31;

/// The perm bit of queues that can be written.
pub const PERM_WRITE: i32 = 2;

/// The perm bit of queues that can be read.
pub const PERM_READ: i32 = 4;

/// Java: `TopicRouteData`, as far as it is used here.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Route {
    /// One entry for each broker name.
    #[serde(default)]
    pub queue_datas: Vec<QueueData>,
    /// The brokers that are alive.
    #[serde(default)]
    pub broker_datas: Vec<BrokerData>,
}

/// Java: `QueueData`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct QueueData {
    /// Name of a broker group.
    pub broker_name: String,
    /// Queues that can be read.
    pub read_queue_nums: u32,
    /// Queues that can be written.
    pub write_queue_nums: u32,
    /// Bits: 4 read, 2 write, 1 inherit.
    pub perm: i32,
}

/// Java: `BrokerData`.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct BrokerData {
    /// Name of a broker group.
    pub broker_name: String,
    /// Address by broker id; "0" is the master.
    pub broker_addrs: BTreeMap<String, String>,
}

/// A route that leads nowhere.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// No name server answered, or it refused.
    #[error(transparent)]
    Call(#[from] CallError),
    /// An address of the route.
    #[error(transparent)]
    Address(#[from] AddressError),
    /// The body is no route.
    #[error("the name server's answer is no route: {0}")]
    Body(#[from] serde_json::Error),
    /// No master can be written or read.
    #[error("no broker serves topic {0}")]
    NoBroker(String),
}

impl Route {
    /// Reads the body of an answer to 105 in standard JSON.
    pub fn parse(body: &[u8]) -> Result<Self, serde_json::Error> {
        let mut route: Self = serde_json::from_slice(body)?;
        route.queue_datas.sort_by(|a, b| a.broker_name.cmp(&b.broker_name));
        Ok(route)
    }

    /// The address of a broker group's master.
    pub fn master(&self, broker: &str) -> Option<&str> {
        let data = self.broker_datas.iter().find(|data| data.broker_name == broker)?;
        data.broker_addrs.get("0").map(String::as_str)
    }

    /// The broker groups with a master and all bits of `perm`, with their master's address.
    pub fn masters(&self, perm: i32) -> impl Iterator<Item = (&QueueData, &str)> {
        let open = self.queue_datas.iter().filter(move |data| data.perm & perm == perm);
        open.filter_map(|data| Some((data, self.master(&data.broker_name)?)))
    }
}

/// The route of a topic, `None` where the name server knows none (17).
pub fn route(nameserver: &mut Caller, topic: &str) -> Result<Option<Route>, RouteError> {
    let mut fields = Fields::absent();
    fields.push("topic", topic);
    match nameserver.call_body(Command::request(GET_ROUTE).with_fields(fields)) {
        Ok(body) => Ok(Some(Route::parse(&body)?)),
        Err(CallError::Refused { code: 17, .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The first master that serves `topic`, or that would create it.
pub fn first_master(nameserver: &mut Caller, topic: &str) -> Result<SocketAddr, RouteError> {
    for name in [topic, "TBW102"] {
        let Some(route) = route(nameserver, name)? else { continue };
        if let Some((_, master)) = route.masters(PERM_WRITE).next() {
            return Ok(address::resolve(master)?);
        }
    }
    Err(RouteError::NoBroker(topic.to_owned()))
}

/// Creates a topic on a broker, or changes its number of queues.
pub fn make_topic(broker: &mut Caller, topic: &str, queues: u32) -> Result<(), CallError> {
    let mut fields = Fields::absent();
    fields.push("topic", topic);
    fields.push("defaultTopic", "TBW102");
    fields.push_number("readQueueNums", queues);
    fields.push_number("writeQueueNums", queues);
    fields.push("perm", "6");
    fields.push("topicFilterType", "SINGLE_TAG");
    fields.push("topicSysFlag", "0");
    fields.push("order", "false");
    broker.call(Command::request(UPDATE_TOPIC).with_fields(fields)).map(|_| ())
}

fn queue_fields(topic: &str, queue: u32) -> Fields {
    let mut fields = Fields::absent();
    fields.push("topic", topic);
    fields.push_number("queueId", queue);
    fields
}

/// The request for where the next message of a queue would be.
pub fn max_offset(topic: &str, queue: u32) -> Command {
    Command::request(GET_MAX_OFFSET).with_fields(queue_fields(topic, queue))
}

/// The request for where the first message of a queue is.
pub fn min_offset(topic: &str, queue: u32) -> Command {
    Command::request(GET_MIN_OFFSET).with_fields(queue_fields(topic, queue))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_read_and_asked() {
        let body = concat!(
            r#"{"brokerDatas":[{"brokerAddrs":{"0":"127.0.0.1:1","1":"127.0.0.1:2"},"#,
            r#""brokerName":"b","cluster":"c","enableActingMaster":false},"#,
            r#"{"brokerAddrs":{"1":"127.0.0.1:3"},"brokerName":"a","cluster":"c"}],"#,
            r#""filterServerTable":{},"queueDatas":["#,
            r#"{"brokerName":"b","perm":6,"readQueueNums":8,"topicSysFlag":0,"#,
            r#""writeQueueNums":4},{"brokerName":"a","perm":6,"readQueueNums":1,"#,
            r#""topicSysFlag":0,"writeQueueNums":1}]}"#
        );
        let route = Route::parse(body.as_bytes()).unwrap();
        assert_eq!(route.master("b"), Some("127.0.0.1:1"));
        assert_eq!(route.master("a"), None, "only a slave is alive");
        let masters: Vec<_> = route.masters(PERM_WRITE).collect();
        assert_eq!(masters.len(), 1);
        assert_eq!((masters[0].0.write_queue_nums, masters[0].1), (4, "127.0.0.1:1"));
        assert_eq!(route.masters(4 | 8).count(), 0);
    }
}
