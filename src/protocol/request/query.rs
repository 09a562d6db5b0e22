//! Looking at stored messages.

use crate::protocol::request::headers;

headers! {
    /// QUERY_MESSAGE 12. Java: `QueryMessageRequestHeader`.
    pub struct QueryMessage<'a> {
        topic: &'a str = "topic",
        key: &'a str = "key",
        messages_max: i32 = "maxNum",
        begin_timestamp: i64 = "beginTimestamp",
        end_timestamp: i64 = "endTimestamp",
        /// 5.5: `K` key, `U` unique key, `T` tag.
        index_type: Option<&'a str> = "indexType",
        /// Set beside the header by every Java client; true makes the broker choose `maxNum`.
        unique_key: Option<bool> = "_UNIQUE_KEY_QUERY",
    }

    /// Response to 12, also to one that found nothing. Java: `QueryMessageResponseHeader`.
    pub struct QueryMessageReply {
        index_timestamp: i64 = "indexLastUpdateTimestamp",
        index_physical_offset: i64 = "indexLastUpdatePhyoffset",
    }

    /// VIEW_MESSAGE_BY_ID 33. Java: `ViewMessageRequestHeader`.
    pub struct ViewMessage<'a> {
        topic: Option<&'a str> = "topic",
        /// Physical offset.
        offset: i64 = "offset",
    }

    /// QUERY_CONSUME_QUEUE 321. Java: `QueryConsumeQueueRequestHeader`.
    pub struct QueryConsumeQueue<'a> {
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        /// Queue offset of the first entry.
        index: i64 = "index",
        /// Entries wanted.
        count: i32 = "count",
        consumer_group: Option<&'a str> = "consumerGroup",
    }

    /// VIEW_BROKER_STATS_DATA 315. Java: `ViewBrokerStatsDataRequestHeader`.
    pub struct ViewStats<'a> {
        stats_name: &'a str = "statsName",
        stats_key: &'a str = "statsKey",
    }

    /// RESUME_CHECK_HALF_MESSAGE 323. Java: `ResumeCheckHalfMessageRequestHeader`.
    pub struct ResumeCheck<'a> {
        topic: Option<&'a str> = "topic",
        msg_id: Option<&'a str> = "msgId",
    }
}
