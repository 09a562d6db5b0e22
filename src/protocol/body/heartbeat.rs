//! What clients say of themselves, and the queue locks they ask for.

use crate::protocol::body::subscription::SubscriptionData;
use crate::protocol::body::{MessageQueue, bodies, names};

names! {
    /// Who starts a consumption. Java: `ConsumeType`.
    pub enum ConsumeType {
        /// Pull consumers.
        Actively = "CONSUME_ACTIVELY",
        /// Push consumers.
        Passively = "CONSUME_PASSIVELY",
        /// 5.x.
        Pop = "CONSUME_POP",
    }

    /// Who gets a message. Java: `MessageModel`.
    pub enum MessageModel {
        /// Every client of a group.
        Broadcasting = "BROADCASTING",
        /// One client of a group.
        Clustering = "CLUSTERING",
    }

    /// Where a group starts that has no offsets. Java: `ConsumeFromWhere`.
    pub enum ConsumeFromWhere {
        LastOffset = "CONSUME_FROM_LAST_OFFSET",
        /// Deprecated: as the first.
        LastOffsetAndMinWhenBootFirst = "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
        /// Deprecated: as the first.
        MinOffset = "CONSUME_FROM_MIN_OFFSET",
        /// Deprecated: as the first.
        MaxOffset = "CONSUME_FROM_MAX_OFFSET",
        FirstOffset = "CONSUME_FROM_FIRST_OFFSET",
        Timestamp = "CONSUME_FROM_TIMESTAMP",
    }
}

bodies! {
    /// Body of 34. Java: `HeartbeatData`. C++ clients write the enums as ordinals and leave sets
    /// out.
    pub struct Heartbeat {
        /// With a capital D, unlike elsewhere.
        client_id: String = "clientID",
        consumers: Vec<ConsumerData> = "consumerDataSet",
        /// 0: the first version of heartbeats.
        fingerprint: i32 = "heartbeatFingerprint",
        producers: Vec<ProducerData> = "producerDataSet",
        /// Keep the subscriptions known from the last full heartbeat.
        without_sub: bool = "withoutSub",
    }

    /// One consumer group of a client. Java: `ConsumerData`.
    pub struct ConsumerData {
        consume_from: ConsumeFromWhere = "consumeFromWhere",
        consume_type: ConsumeType = "consumeType",
        group: String = "groupName",
        message_model: MessageModel = "messageModel",
        subscriptions: Vec<SubscriptionData> = "subscriptionDataSet",
        unit_mode: bool = "unitMode",
    }

    /// One producer group of a client. Java: `ProducerData`.
    pub struct ProducerData {
        group: String = "groupName",
    }

    /// Response to 38. Java: `GetConsumerListByGroupResponseBody`.
    pub struct ConsumerList {
        client_ids: Vec<String> = "consumerIdList",
    }

    /// Body of 41 and 42. Java: `LockBatchRequestBody`, `UnlockBatchRequestBody`.
    pub struct LockQueues {
        client_id: String = "clientId",
        consumer_group: String = "consumerGroup",
        queues: Vec<MessageQueue> = "mqSet",
        /// 5.x.
        only_this_broker: bool = "onlyThisBroker",
    }

    /// Response to 41. Java: `LockBatchResponseBody`.
    pub struct LockedQueues {
        queues: Vec<MessageQueue> = "lockOKMQSet",
    }
}
