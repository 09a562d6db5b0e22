//! Queues that a broker deals out (5.x), and batches of pop acknowledgements.

use crate::protocol::body::heartbeat::MessageModel;
use crate::protocol::body::{MessageQueue, bodies, names};
use crate::protocol::fastjson::Table;

names! {
    /// How a queue is read. Java: `MessageRequestMode`.
    pub enum RequestMode {
        Pull = "PULL",
        Pop = "POP",
    }
}

bodies! {
    /// Body of 400. Java: `QueryAssignmentRequestBody`.
    pub struct QueryAssignment {
        client_id: String = "clientId",
        consumer_group: String = "consumerGroup",
        message_model: MessageModel = "messageModel",
        /// `AVG` and others.
        strategy: Option<String> = "strategyName",
        topic: String = "topic",
    }

    /// Response to 400: `None` leaves a client as it is, an empty list takes all queues away. Java:
    /// `QueryAssignmentResponseBody`.
    pub struct Assignments {
        assignments: Option<Vec<Assignment>> = "messageQueueAssignments",
    }

    /// Java: `MessageQueueAssignment`.
    pub struct Assignment {
        attachments: Option<Table<String, String>> = "attachments",
        /// Queue −1: all of the broker.
        queue: MessageQueue = "messageQueue",
        mode: RequestMode = "mode",
    }

    /// Body of 401; value in the response to 402. Java: `SetMessageRequestModeRequestBody`.
    pub struct SetRequestMode {
        consumer_group: String = "consumerGroup",
        mode: RequestMode = "mode",
        pop_share_queues: i32 = "popShareQueueNum",
        topic: String = "topic",
    }

    /// Response to 402. Java: `MessageRequestModeSerializeWrapper`.
    pub struct RequestModes {
        /// Topic to group to mode.
        modes: Table<String, Table<String, SetRequestMode>> = "messageRequestModeMap",
    }

    /// Body of 200151. Java: `BatchAckMessageRequestBody`.
    pub struct BatchAck {
        acks: Vec<QueueAcks> = "acks",
        broker_name: Option<String> = "brokerName",
    }

    /// Acknowledgements of one pop. Java: `BatchAck`.
    pub struct QueueAcks {
        /// Base64 of a Java `BitSet`: offsets from the start offset on.
        bits: String = "b",
        consumer_group: String = "c",
        /// Milliseconds.
        invisible_ms: i64 = "it",
        pop_time: i64 = "pt",
        queue_id: i32 = "q",
        /// 0 normal topic, 1 and 2 retry topics.
        retry: String = "r",
        revive_queue_id: i32 = "rq",
        start_offset: i64 = "so",
        topic: String = "t",
    }
}
