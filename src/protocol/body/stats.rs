//! Progress and rates, for tools.

use crate::protocol::body::subscription::SubscriptionData;
use crate::protocol::body::{MessageQueue, bodies};
use crate::protocol::fastjson::Table;

bodies! {
    /// Response to 202. Java: `TopicStatsTable`.
    pub struct TopicStats {
        offsets: Table<MessageQueue, TopicOffset> = "offsetTable",
        /// 5.x. Messages put a second.
        put_tps: Option<f64> = "topicPutTps",
    }

    /// One queue of a topic. Java: `TopicOffset`.
    pub struct TopicOffset {
        /// Milliseconds since 1970; 0 if the queue is empty.
        last_update_timestamp: i64 = "lastUpdateTimestamp",
        max_offset: i64 = "maxOffset",
        min_offset: i64 = "minOffset",
    }

    /// Response to 208. Java: `ConsumeStats`.
    pub struct ConsumeStats {
        /// Messages consumed a second.
        consume_tps: f64 = "consumeTps",
        offsets: Table<MessageQueue, OffsetState> = "offsetTable",
    }

    /// A group in one queue. Java: `OffsetWrapper`.
    pub struct OffsetState {
        broker_offset: i64 = "brokerOffset",
        consumer_offset: i64 = "consumerOffset",
        /// Store time of the last message consumed, in milliseconds.
        last_timestamp: i64 = "lastTimestamp",
        pull_offset: i64 = "pullOffset",
    }

    /// Response to 317. Java: `ConsumeStatsList`.
    pub struct BrokerConsumeStats {
        broker_addr: Option<String> = "brokerAddr",
        groups: Vec<Table<String, Vec<ConsumeStats>>> = "consumeStatsList",
        total_diff: i64 = "totalDiff",
        total_inflight_diff: i64 = "totalInflightDiff",
    }

    /// Response to 303. Java: `QueryConsumeTimeSpanBody`.
    pub struct TimeSpans {
        spans: Vec<TimeSpan> = "consumeTimeSpanSet",
    }

    /// How far a group is in one queue, in milliseconds since 1970 and as text
    /// (`2026-11-21#08:09:47:262`). Java: `QueueTimeSpan`.
    pub struct TimeSpan {
        consumed: i64 = "consumeTimeStamp",
        consumed_text: String = "consumeTimeStampStr",
        /// Milliseconds.
        delay_ms: i64 = "delayTime",
        max: i64 = "maxTimeStamp",
        max_text: String = "maxTimeStampStr",
        queue: MessageQueue = "messageQueue",
        min: i64 = "minTimeStamp",
        min_text: String = "minTimeStampStr",
    }

    /// Response to 315. Java: `BrokerStatsData`.
    pub struct StatsData {
        day: StatsItem = "statsDay",
        hour: StatsItem = "statsHour",
        minute: StatsItem = "statsMinute",
    }

    /// Java: `BrokerStatsItem`.
    pub struct StatsItem {
        /// Average per call.
        average: f64 = "avgpt",
        sum: i64 = "sum",
        tps: f64 = "tps",
    }

    /// Response to 321. Java: `QueryConsumeQueueResponseBody`.
    pub struct ConsumeQueueReply {
        filter_data: Option<String> = "filterData",
        max_index: i64 = "maxQueueIndex",
        min_index: i64 = "minQueueIndex",
        entries: Option<Vec<ConsumeQueueEntry>> = "queueData",
        subscription: Option<SubscriptionData> = "subscriptionData",
    }

    /// One unit of a consume queue. Java: `ConsumeQueueData`.
    pub struct ConsumeQueueEntry {
        bit_map: Option<String> = "bitMap",
        /// Whether the group's filter lets it pass.
        eval: bool = "eval",
        extend_data: Option<String> = "extendDataJson",
        msg: Option<String> = "msg",
        physical_offset: i64 = "physicOffset",
        size: i32 = "physicSize",
        tags_code: i64 = "tagsCode",
    }
}
