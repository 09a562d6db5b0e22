//! Topic configurations.

use crate::protocol::body::route::QueueMappingInfo;
use crate::protocol::body::{DataVersion, bodies};
use crate::protocol::fastjson::{Table, Value};

bodies! {
    /// Java: `TopicConfig`. Response to 351.
    pub struct TopicConfig {
        /// 5.x: `message.type`, `queue.type`, `cleanup.policy` and others.
        attributes: Table<String, String> = "attributes",
        /// 351 only, for static topics.
        mapping: Option<Value> = "mappingDetail",
        order: bool = "order",
        /// Bits: 4 read, 2 write, 1 inherit.
        perm: i32 = "perm" [6],
        read_queues: i32 = "readQueueNums" [16],
        /// `SINGLE_TAG` or `MULTI_TAG`.
        filter_type: String = "topicFilterType" ["SINGLE_TAG".to_owned()],
        topic: String = "topicName",
        topic_sys_flag: i32 = "topicSysFlag",
        write_queues: i32 = "writeQueueNums" [16],
    }

    /// Response to 21; part of a registration; the file `topics.json`. Java:
    /// `TopicConfigSerializeWrapper`, `TopicConfigAndMappingSerializeWrapper`.
    pub struct TopicConfigs {
        data_version: DataVersion = "dataVersion",
        /// 5.x on the wire; not in the file.
        mapping_data_version: Option<DataVersion> = "mappingDataVersion",
        topics: Table<String, TopicConfig> = "topicConfigTable",
        /// Static topics.
        mapping_details: Option<Table<String, Value>> = "topicQueueMappingDetailMap",
        /// Static topics.
        mapping_infos: Option<Table<String, QueueMappingInfo>> = "topicQueueMappingInfoMap",
    }

    /// Body of 18. Java: `CreateTopicListRequestBody`.
    pub struct TopicConfigList {
        /// Absent is not empty: Java fails.
        topics: Option<Vec<TopicConfig>> = "topicConfigList",
    }
}
