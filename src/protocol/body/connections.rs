//! Clients as tools see them.

use crate::protocol::body::bodies;
use crate::protocol::body::heartbeat::{ConsumeFromWhere, ConsumeType, MessageModel};
use crate::protocol::body::subscription::SubscriptionData;
use crate::protocol::fastjson::Table;

bodies! {
    /// One client. Java: `Connection`.
    pub struct Connection {
        /// `ip:port`
        client_addr: String = "clientAddr",
        client_id: String = "clientId",
        /// Name as in a header.
        language: String = "language",
        version: i32 = "version",
    }

    /// Response to 203. Java: `ConsumerConnection`.
    pub struct ConsumerConnections {
        connections: Vec<Connection> = "connectionSet",
        consume_from: ConsumeFromWhere = "consumeFromWhere",
        consume_type: ConsumeType = "consumeType",
        message_model: MessageModel = "messageModel",
        subscriptions: Table<String, SubscriptionData> = "subscriptionTable",
    }

    /// Response to 204. Java: `ProducerConnection`.
    pub struct ProducerConnections {
        connections: Vec<Connection> = "connectionSet",
    }

    /// Response to 328. Java: `ProducerTableInfo`.
    pub struct ProducerGroups {
        groups: Table<String, Vec<ProducerClient>> = "data",
    }

    /// One client of a producer group. Java: `ProducerInfo`.
    pub struct ProducerClient {
        client_id: String = "clientId",
        language: String = "language",
        last_update_timestamp: i64 = "lastUpdateTimestamp",
        /// `/ip:port`
        remote_ip: String = "remoteIP",
        version: i32 = "version",
    }
}
