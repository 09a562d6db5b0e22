//! Routes and clusters: what a name server answers.

use crate::protocol::body::bodies;
use crate::protocol::fastjson::{Form, Table, to_vec_as};
use crate::protocol::version;

bodies! {
    /// Response to 105; body of 217. Java: `TopicRouteData`.
    pub struct TopicRoute {
        brokers: Vec<BrokerData> = "brokerDatas",
        /// Always empty nowadays.
        filter_servers: Table<String, Vec<String>> = "filterServerTable",
        /// `brokerA:4;brokerB:4`
        order_topic_conf: Option<String> = "orderTopicConf",
        queues: Vec<QueueData> = "queueDatas",
        /// Static topics only.
        mappings: Option<Table<String, QueueMappingInfo>> = "topicQueueMappingByBroker",
    }

    /// The addresses of one broker name. Java: `BrokerData`.
    pub struct BrokerData {
        /// Broker id to `ip:port`; 0 is the master.
        addrs: Table<i64, String> = "brokerAddrs",
        broker_name: String = "brokerName",
        cluster: String = "cluster",
        enable_acting_master: bool = "enableActingMaster",
        zone_name: Option<String> = "zoneName",
    }

    /// A topic's queues on one broker name. Java: `QueueData`.
    pub struct QueueData {
        broker_name: String = "brokerName",
        /// Bits: 4 read, 2 write, 1 inherit.
        perm: i32 = "perm",
        read_queues: i32 = "readQueueNums",
        topic_sys_flag: i32 = "topicSysFlag",
        write_queues: i32 = "writeQueueNums",
    }

    /// Where a static topic's queues are. Java: `TopicQueueMappingInfo`.
    pub struct QueueMappingInfo {
        broker_name: Option<String> = "bname",
        /// Global queue id to local.
        current_ids: Table<i32, i32> = "currIdMap",
        dirty: bool = "dirty",
        epoch: i64 = "epoch",
        scope: Option<String> = "scope",
        topic: Option<String> = "topic",
        total_queues: i32 = "totalQueues",
    }

    /// Response to 106. Java: `ClusterInfo`.
    pub struct ClusterInfo {
        brokers: Table<String, BrokerData> = "brokerAddrTable",
        clusters: Table<String, Vec<String>> = "clusterAddrTable",
    }

    /// Response to 901. Java: `GetBrokerMemberGroupResponseBody`.
    pub struct MemberGroupReply {
        group: MemberGroup = "brokerMemberGroup",
    }

    /// The members of a broker name. Java: `BrokerMemberGroup`.
    pub struct MemberGroup {
        addrs: Table<i64, String> = "brokerAddrs",
        broker_name: String = "brokerName",
        cluster: String = "cluster",
    }
}

impl TopicRoute {
    /// The body of a response to 105, in the form that a requester of this version understands.
    ///
    /// Old clients, Go and C++ among them, get Java's own form with bare broker ids.
    pub fn encode_for(&self, requester_version: i32, standard_json: bool) -> Vec<u8> {
        let standard = standard_json || requester_version >= version::V4_9_4;
        to_vec_as(self, if standard { Form::Standard } else { Form::Compact })
    }
}
