//! What clients and tools ask of a name server.

use crate::protocol::request::headers;

headers! {
    /// GET_ROUTEINFO_BY_TOPIC 105. Java: `GetRouteInfoRequestHeader`.
    pub struct Route<'a> {
        topic: &'a str = "topic",
        /// Standard JSON whatever the version.
        standard_json: Option<bool> = "acceptStandardJsonOnly",
    }

    /// PUT_KV_CONFIG 100. Java: `PutKVConfigRequestHeader`.
    pub struct PutValue<'a> {
        namespace: &'a str = "namespace",
        key: &'a str = "key",
        value: &'a str = "value",
    }

    /// GET_KV_CONFIG 101 and DELETE_KV_CONFIG 102. Java: `GetKVConfigRequestHeader`,
    /// `DeleteKVConfigRequestHeader`.
    pub struct ValueKey<'a> {
        namespace: &'a str = "namespace",
        key: &'a str = "key",
    }

    /// Response to 101. Java: `GetKVConfigResponseHeader`.
    pub struct ValueReply<'a> {
        value: Option<&'a str> = "value",
    }

    /// GET_KVLIST_BY_NAMESPACE 219. Java: `GetKVListByNamespaceRequestHeader`.
    pub struct Namespace<'a> {
        namespace: &'a str = "namespace",
    }

    /// WIPE_WRITE_PERM_OF_BROKER 205 and ADD_WRITE_PERM_OF_BROKER 327. Java:
    /// `WipeWritePermOfBrokerRequestHeader`, `AddWritePermOfBrokerRequestHeader`.
    pub struct BrokerName<'a> {
        broker_name: &'a str = "brokerName",
    }

    /// Response to 205. Java: `WipeWritePermOfBrokerResponseHeader`.
    pub struct WipeReply {
        topics: i32 = "wipeTopicCount",
    }

    /// Response to 327. Java: `AddWritePermOfBrokerResponseHeader`.
    pub struct AddReply {
        topics: i32 = "addTopicCount",
    }

    /// GET_TOPICS_BY_CLUSTER 224. Java: `GetTopicsByClusterRequestHeader`.
    pub struct TopicsByCluster<'a> {
        cluster: &'a str = "cluster",
    }

    /// DELETE_TOPIC_IN_NAMESRV 216. Java: `DeleteTopicFromNamesrvRequestHeader`.
    pub struct DeleteTopic<'a> {
        topic: &'a str = "topic",
        /// Absent: from all brokers.
        cluster_name: Option<&'a str> = "clusterName",
    }
}
