//! Popping (5.x). The codes need JSON headers: they do not fit into 16 bits.

use crate::protocol::request::headers;

headers! {
    /// POP_MESSAGE 200050. Java: `PopMessageRequestHeader`.
    pub struct Pop<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        /// −1: any.
        queue_id: i32 = "queueId",
        messages_max: i32 = "maxMsgNums",
        /// Milliseconds.
        invisible_ms: i64 = "invisibleTime",
        /// Milliseconds the broker may hold the request.
        poll_ms: i64 = "pollTime",
        born_timestamp: i64 = "bornTime",
        /// Where a new group starts: 0 first message, 1 end.
        init_mode: i32 = "initMode",
        expression_type: Option<&'a str> = "expType",
        expression: Option<&'a str> = "exp",
        order: Option<bool> = "order",
        attempt_id: Option<&'a str> = "attemptId",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to a pop. Java: `PopMessageResponseHeader`.
    pub struct PopReply<'a> {
        pop_time: i64 = "popTime",
        invisible_ms: i64 = "invisibleTime",
        revive_queue_id: i32 = "reviveQid",
        /// Messages left behind.
        rest: i64 = "restNum",
        start_offsets: Option<&'a str> = "startOffsetInfo",
        msg_offsets: Option<&'a str> = "msgOffsetInfo",
        order_counts: Option<&'a str> = "orderCountInfo",
    }

    /// ACK_MESSAGE 200051. Java: `AckMessageRequestHeader`.
    pub struct Ack<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        /// The record's POP_CK.
        extra_info: &'a str = "extraInfo",
        offset: i64 = "offset",
        broker_name: Option<&'a str> = "bname",
    }

    /// CHANGE_MESSAGE_INVISIBLETIME 200053. Java: `ChangeInvisibleTimeRequestHeader`.
    pub struct ChangeInvisible<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        extra_info: &'a str = "extraInfo",
        offset: i64 = "offset",
        invisible_ms: i64 = "invisibleTime",
        /// 5.5.
        suspend: Option<bool> = "suspend",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 200053. Java: `ChangeInvisibleTimeResponseHeader`.
    pub struct ChangeInvisibleReply {
        pop_time: i64 = "popTime",
        invisible_ms: i64 = "invisibleTime",
        revive_queue_id: i32 = "reviveQid",
    }

    /// PEEK_MESSAGE 200052. Java: `PeekMessageRequestHeader`.
    pub struct Peek<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        messages_max: i32 = "maxMsgNums",
        broker_name: Option<&'a str> = "bname",
    }

    /// NOTIFICATION 200054. Java: `NotificationRequestHeader`.
    pub struct Notification<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        poll_ms: i64 = "pollTime",
        born_timestamp: i64 = "bornTime",
        order: Option<bool> = "order",
        attempt_id: Option<&'a str> = "attemptId",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 200054. Java: `NotificationResponseHeader`.
    pub struct NotificationReply {
        has_msg: bool = "hasMsg",
        polling_full: Option<bool> = "pollingFull",
    }

    /// POLLING_INFO 200055. Java: `PollingInfoRequestHeader`.
    pub struct PollingInfo<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 200055. Java: `PollingInfoResponseHeader`.
    pub struct PollingInfoReply {
        polling: i32 = "pollingNum",
    }
}
