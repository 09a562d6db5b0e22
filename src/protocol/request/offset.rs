//! Offsets of queues and of groups in them.

use crate::protocol::request::headers;

headers! {
    /// QUERY_CONSUMER_OFFSET 14. Java: `QueryConsumerOffsetRequestHeader`.
    pub struct QueryOffset<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        /// Never sent by the clients seen.
        zero_if_not_found: Option<bool> = "setZeroIfNotFound",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 14, 29, 30 and 31.
    pub struct OffsetReply {
        offset: i64 = "offset",
    }

    /// UPDATE_CONSUMER_OFFSET 15, mostly oneway. Java: `UpdateConsumerOffsetRequestHeader`.
    pub struct UpdateOffset<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        commit_offset: i64 = "commitOffset",
        broker_name: Option<&'a str> = "bname",
    }

    /// SEARCH_OFFSET_BY_TIMESTAMP 29. Java: `SearchOffsetRequestHeader`.
    pub struct SearchOffset<'a> {
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        timestamp: i64 = "timestamp",
        /// 5.x. `LOWER` (also when absent) or `UPPER`, in any case.
        boundary: Option<&'a str> = "boundaryType",
        broker_name: Option<&'a str> = "bname",
    }

    /// GET_MAX_OFFSET 30. Java: `GetMaxOffsetRequestHeader`.
    pub struct MaxOffset<'a> {
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        /// Absent means true.
        committed: Option<bool> = "committed",
        broker_name: Option<&'a str> = "bname",
    }

    /// GET_MIN_OFFSET 31 and GET_EARLIEST_MSG_STORETIME 32. Java: `GetMinOffsetRequestHeader`,
    /// `GetEarliestMsgStoretimeRequestHeader`.
    pub struct MinOffset<'a> {
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 32. Java: `GetEarliestMsgStoretimeResponseHeader`.
    pub struct TimestampReply {
        /// −1 if there is none.
        timestamp: i64 = "timestamp",
    }

    /// CLONE_GROUP_OFFSET 314. Java: `CloneGroupOffsetRequestHeader`.
    pub struct CloneOffsets<'a> {
        source_group: &'a str = "srcGroup",
        target_group: &'a str = "destGroup",
        topic: Option<&'a str> = "topic",
        offline: Option<bool> = "offline",
    }

    /// INVOKE_BROKER_TO_RESET_OFFSET 222 (tool to broker) and RESET_CONSUMER_CLIENT_OFFSET 220
    /// (broker to client). Java: `ResetOffsetRequestHeader`.
    pub struct ResetOffset<'a> {
        topic: &'a str = "topic",
        group: &'a str = "group",
        /// −1 (also when absent): all.
        queue_id: Option<i32> = "queueId",
        /// Counts only together with a queue.
        offset: Option<i64> = "offset",
        /// −1: the end of each queue.
        timestamp: i64 = "timestamp",
        is_force: bool = "isForce",
    }

    /// INVOKE_BROKER_TO_GET_CONSUMER_STATUS 223 and GET_CONSUMER_STATUS_FROM_CLIENT 221. Java:
    /// `GetConsumerStatusRequestHeader`.
    pub struct ConsumerStatus<'a> {
        topic: &'a str = "topic",
        group: &'a str = "group",
        /// Client id asked for; absent or empty: all. Not passed on with 221.
        client_addr: Option<&'a str> = "clientAddr",
    }

    /// QUERY_CORRECTION_OFFSET 308. Java: `QueryCorrectionOffsetHeader`.
    pub struct CorrectionOffset<'a> {
        /// Comma-separated.
        filter_groups: Option<&'a str> = "filterGroups",
        compare_group: &'a str = "compareGroup",
        topic: &'a str = "topic",
    }
}
