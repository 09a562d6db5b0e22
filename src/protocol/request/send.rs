//! Sending, and what follows from it: retries, transactions, replies, recalls.

use crate::protocol::fields::Fields;
use crate::protocol::request::{Value, headers};

headers! {
    /// SEND_MESSAGE 10, SEND_REPLY_MESSAGE 324 (full names); SEND_MESSAGE_V2 310,
    /// SEND_BATCH_MESSAGE 320, SEND_REPLY_MESSAGE_V2 325 (one-letter names). Java:
    /// `SendMessageRequestHeader`, `SendMessageRequestHeaderV2`. Both sets of names are read
    /// whatever the code; [`Send::to_fields`] writes the short ones.
    pub struct Send<'a> {
        producer_group: &'a str = "a" | "producerGroup",
        topic: &'a str = "b" | "topic",
        /// Template for a topic that does not exist yet: `TBW102`.
        default_topic: &'a str = "c" | "defaultTopic",
        /// Queues of such a topic, at most.
        default_topic_queues: i32 = "d" | "defaultTopicQueueNums",
        /// Negative: any queue.
        queue_id: i32 = "e" | "queueId",
        /// Bits: compressed 1, transaction 0xC, compression type 0x700.
        sys_flag: i32 = "f" | "sysFlag",
        /// Milliseconds since 1970.
        born_timestamp: i64 = "g" | "bornTimestamp",
        /// The user's own.
        flag: i32 = "h" | "flag",
        /// `name 0x01 value 0x02` repeated; the last 0x02 may be missing.
        properties: Option<&'a str> = "i" | "properties",
        reconsume_times: Option<i32> = "j" | "reconsumeTimes",
        unit_mode: Option<bool> = "k" | "unitMode",
        /// Counts for retry topics only.
        max_reconsume_times: Option<i32> = "l" | "maxReconsumeTimes",
        /// This, and not the code, says that the body is a batch.
        batch: Option<bool> = "m" | "batch",
        broker_name: Option<&'a str> = "n" | "bname" | "brokerName",
    }

    /// Response to a send, also with codes 10, 11 and 12. Java: `SendMessageResponseHeader`.
    pub struct SendReply<'a> {
        /// offsetMsgId; for a batch all of them with commas between.
        msg_id: &'a str = "msgId",
        queue_id: i32 = "queueId",
        /// Of a batch, the first one's. Of a half message, the one in the half topic.
        queue_offset: i64 = "queueOffset",
        /// UNIQ_KEY, if the message has one.
        transaction_id: Option<&'a str> = "transactionId",
        batch_uniq_id: Option<&'a str> = "batchUniqId",
        /// On timer messages, if recalls are allowed.
        recall_handle: Option<&'a str> = "recallHandle",
        region: Option<&'a str> = "MSG_REGION",
        trace_on: Option<bool> = "TRACE_ON",
    }

    /// What the response to a refused send still carries: clients read the fields unchecked.
    pub struct SendRefusal<'a> {
        region: Option<&'a str> = "MSG_REGION",
        trace_on: Option<bool> = "TRACE_ON",
    }

    /// CONSUMER_SEND_MSG_BACK 36. Java: `ConsumerSendMsgBackRequestHeader`.
    pub struct SendBack<'a> {
        /// Physical offset of the record.
        offset: i64 = "offset",
        group: &'a str = "group",
        /// 0: the broker chooses; negative: to the dead letters.
        delay_level: i32 = "delayLevel",
        origin_msg_id: Option<&'a str> = "originMsgId",
        origin_topic: Option<&'a str> = "originTopic",
        unit_mode: Option<bool> = "unitMode",
        max_reconsume_times: Option<i32> = "maxReconsumeTimes",
        broker_name: Option<&'a str> = "bname",
    }

    /// END_TRANSACTION 37. Java: `EndTransactionRequestHeader`.
    pub struct EndTransaction<'a> {
        topic: Option<&'a str> = "topic",
        producer_group: &'a str = "producerGroup",
        /// Queue offset of the half message, out of its send's response.
        queue_offset: i64 = "tranStateTableOffset",
        /// Physical offset of the half message, out of its offsetMsgId.
        physical_offset: i64 = "commitLogOffset",
        /// 0 unknown, 8 commit, 12 rollback.
        outcome: i32 = "commitOrRollback",
        from_check: Option<bool> = "fromTransactionCheck",
        /// UNIQ_KEY of the message.
        msg_id: Option<&'a str> = "msgId",
        transaction_id: Option<&'a str> = "transactionId",
        broker_name: Option<&'a str> = "bname",
    }

    /// CHECK_TRANSACTION_STATE 39, broker to producer. Java: `CheckTransactionStateRequestHeader`.
    pub struct CheckTransaction<'a> {
        /// The half topic, not the real one.
        topic: Option<&'a str> = "topic",
        queue_offset: i64 = "tranStateTableOffset",
        physical_offset: i64 = "commitLogOffset",
        /// UNIQ_KEY of the message.
        msg_id: Option<&'a str> = "msgId",
        transaction_id: Option<&'a str> = "transactionId",
        offset_msg_id: Option<&'a str> = "offsetMsgId",
        broker_name: Option<&'a str> = "bname",
    }

    /// PUSH_REPLY_MESSAGE_TO_CLIENT 326, broker to requester. Java: `ReplyMessageRequestHeader`.
    pub struct PushReply<'a> {
        producer_group: &'a str = "producerGroup",
        topic: &'a str = "topic",
        default_topic: &'a str = "defaultTopic",
        default_topic_queues: i32 = "defaultTopicQueueNums",
        queue_id: i32 = "queueId",
        sys_flag: i32 = "sysFlag",
        born_timestamp: i64 = "bornTimestamp",
        flag: i32 = "flag",
        properties: Option<&'a str> = "properties",
        reconsume_times: Option<i32> = "reconsumeTimes",
        unit_mode: Option<bool> = "unitMode",
        /// `ip:port`
        born_host: &'a str = "bornHost",
        /// `ip:port`
        store_host: &'a str = "storeHost",
        store_timestamp: i64 = "storeTimestamp",
    }

    /// RECALL_MESSAGE 370. Java: `RecallMessageRequestHeader`.
    pub struct Recall<'a> {
        producer_group: Option<&'a str> = "producerGroup",
        topic: &'a str = "topic",
        /// URL-safe base64 of `v1 topic brokerName deliverTimestamp uniqId`.
        recall_handle: &'a str = "recallHandle",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to 370. Java: `RecallMessageResponseHeader`.
    pub struct RecallReply<'a> {
        msg_id: &'a str = "msgId",
        region: Option<&'a str> = "MSG_REGION",
    }
}

impl Send<'_> {
    /// The fields under their full names, for codes 10 and 324.
    pub fn to_long_fields(&self) -> Fields {
        let mut out = Fields::empty();
        out.push("producerGroup", self.producer_group);
        out.push("topic", self.topic);
        out.push("defaultTopic", self.default_topic);
        out.push_number("defaultTopicQueueNums", self.default_topic_queues);
        out.push_number("queueId", self.queue_id);
        out.push_number("sysFlag", self.sys_flag);
        out.push_number("bornTimestamp", self.born_timestamp);
        out.push_number("flag", self.flag);
        let push = &mut |name: &str, value: &str| out.push(name, value);
        self.properties.write("properties", push);
        self.reconsume_times.write("reconsumeTimes", push);
        self.unit_mode.write("unitMode", push);
        self.max_reconsume_times.write("maxReconsumeTimes", push);
        self.batch.write("batch", push);
        self.broker_name.write("bname", push);
        out
    }
}
