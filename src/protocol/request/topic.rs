//! Topics of a broker.

use crate::protocol::request::headers;

headers! {
    /// UPDATE_AND_CREATE_TOPIC 17. Java: `CreateTopicRequestHeader`.
    pub struct CreateTopic<'a> {
        topic: &'a str = "topic",
        default_topic: &'a str = "defaultTopic",
        read_queues: i32 = "readQueueNums",
        write_queues: i32 = "writeQueueNums",
        /// Bits: 4 read, 2 write, 1 inherit.
        perm: i32 = "perm",
        /// `SINGLE_TAG` or `MULTI_TAG`.
        filter_type: &'a str = "topicFilterType",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        order: Option<bool> = "order",
        /// `+key=value,-key`; empty for none.
        attributes: Option<&'a str> = "attributes",
        force: Option<bool> = "force",
    }

    /// A request that names a topic: DELETE_TOPIC_IN_BROKER 215, GET_TOPIC_STATS_INFO 202,
    /// QUERY_TOPIC_CONSUME_BY_WHO 300, REGISTER_TOPIC_IN_NAMESRV 217. Java: a class each.
    pub struct TopicName<'a> {
        topic: &'a str = "topic",
    }

    /// GET_TOPIC_CONFIG 351. Java: `GetTopicConfigRequestHeader`.
    pub struct GetTopicConfig<'a> {
        topic: &'a str = "topic",
        /// Whether a static topic's mapping is left out.
        lo: Option<bool> = "lo",
    }

    /// GET_ALL_TOPIC_CONFIG 21; 4.9 sends none of these and wants the whole table. Java:
    /// `GetAllTopicConfigRequestHeader` (5.3 and later).
    pub struct GetAllTopicConfig<'a> {
        /// First topic wanted, by number.
        topic_seq: Option<i32> = "topicSeq",
        /// JSON text of the data version that the pages belong to.
        data_version: Option<&'a str> = "dataVersion",
        /// Topics wanted at most.
        topics_max: Option<i32> = "maxTopicNum",
    }

    /// Response to 21. Java: `GetAllTopicConfigResponseHeader`.
    pub struct GetAllTopicConfigReply {
        total: Option<i32> = "totalTopicNum",
    }

    /// Response to GET_BROKER_CONFIG 26. Java: `GetBrokerConfigResponseHeader`.
    pub struct BrokerConfigReply<'a> {
        /// JSON text of a data version.
        version: &'a str = "version",
    }
}
