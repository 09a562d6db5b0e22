//! Between brokers and name servers, and between the brokers of a name.

use crate::protocol::request::headers;

headers! {
    /// REGISTER_BROKER 103. Java: `RegisterBrokerRequestHeader`.
    pub struct Register<'a> {
        broker_name: &'a str = "brokerName",
        /// `ip:port`
        broker_addr: &'a str = "brokerAddr",
        cluster_name: &'a str = "clusterName",
        /// `ip:port`
        ha_server_addr: &'a str = "haServerAddr",
        /// 0: master.
        broker_id: i64 = "brokerId",
        /// Replaces the name server's 120 s for this broker.
        heartbeat_timeout_ms: Option<i64> = "heartbeatTimeoutMillis",
        /// Absent: an old broker.
        enable_acting_master: Option<bool> = "enableActingMaster",
        /// 5.x says false also when the body is compressed: look at the body.
        compressed: Option<bool> = "compressed",
        /// CRC-32 of the body as sent, without its top bit; 0 is not checked.
        body_crc32: Option<i32> = "bodyCrc32",
        zone_name: Option<&'a str> = "__ZONE_NAME",
    }

    /// Response to 103. Java: `RegisterBrokerResponseHeader`.
    pub struct RegisterReply<'a> {
        /// The master's replication address, for a slave.
        ha_server_addr: Option<&'a str> = "haServerAddr",
        master_addr: Option<&'a str> = "masterAddr",
    }

    /// UNREGISTER_BROKER 104 and QUERY_DATA_VERSION 322. Java: `UnRegisterBrokerRequestHeader`,
    /// `QueryDataVersionRequestHeader`.
    pub struct BrokerIdentity<'a> {
        broker_name: &'a str = "brokerName",
        broker_addr: &'a str = "brokerAddr",
        cluster_name: &'a str = "clusterName",
        broker_id: i64 = "brokerId",
    }

    /// Response to 322. Java: `QueryDataVersionResponseHeader`.
    pub struct DataVersionReply {
        changed: bool = "changed",
    }

    /// BROKER_HEARTBEAT 904. Java: `BrokerHeartbeatRequestHeader`.
    pub struct BrokerHeartbeat<'a> {
        cluster_name: &'a str = "clusterName",
        broker_addr: &'a str = "brokerAddr",
        broker_name: &'a str = "brokerName",
        broker_id: Option<i64> = "brokerId",
        epoch: Option<i32> = "epoch",
        max_offset: Option<i64> = "maxOffset",
        confirm_offset: Option<i64> = "confirmOffset",
        /// Spelt unlike the registration's field.
        heartbeat_timeout_ms: Option<i64> = "heartbeatTimeoutMills",
        election_priority: Option<i32> = "electionPriority",
    }

    /// GET_BROKER_MEMBER_GROUP 901. Java: `GetBrokerMemberGroupRequestHeader`.
    pub struct MemberGroup<'a> {
        cluster_name: &'a str = "clusterName",
        broker_name: &'a str = "brokerName",
    }

    /// NOTIFY_MIN_BROKER_ID_CHANGE 905, name server to brokers. Java:
    /// `NotifyMinBrokerIdChangeRequestHeader`.
    pub struct MinBrokerIdChange<'a> {
        min_broker_id: Option<i64> = "minBrokerId",
        broker_name: Option<&'a str> = "brokerName",
        min_broker_addr: Option<&'a str> = "minBrokerAddr",
        offline_broker_addr: Option<&'a str> = "offlineBrokerAddr",
        ha_broker_addr: Option<&'a str> = "haBrokerAddr",
    }

    /// EXCHANGE_BROKER_HA_INFO 906 and its response. Java: `ExchangeHAInfoRequestHeader`,
    /// `ExchangeHAInfoResponseHeader`.
    pub struct ExchangeHaInfo<'a> {
        /// Absent: a question.
        master_ha_address: Option<&'a str> = "masterHaAddress",
        master_flush_offset: Option<i64> = "masterFlushOffset",
        master_address: Option<&'a str> = "masterAddress",
    }
}
