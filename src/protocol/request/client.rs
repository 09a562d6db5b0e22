//! Clients: their groups, and what a broker asks of them.

use crate::protocol::request::headers;

headers! {
    /// Response to HEART_BEAT 34, whose request has no header. Java 5.1.3 and later.
    pub struct HeartbeatReply {
        supports_v2: Option<bool> = "IS_SUPPORT_HEART_BEAT_V2",
        /// To a V2 heartbeat: send the full form again.
        subscription_changed: Option<bool> = "IS_SUB_CHANGE",
    }

    /// UNREGISTER_CLIENT 35. Java: `UnregisterClientRequestHeader`.
    pub struct UnregisterClient<'a> {
        client_id: &'a str = "clientID",
        producer_group: Option<&'a str> = "producerGroup",
        consumer_group: Option<&'a str> = "consumerGroup",
    }

    /// GET_CONSUMER_LIST_BY_GROUP 38, NOTIFY_CONSUMER_IDS_CHANGED 40 and
    /// GET_CONSUMER_CONNECTION_LIST 203, which all say nothing but a group. Java:
    /// `GetConsumerListByGroupRequestHeader` and two more.
    pub struct ConsumerGroup<'a> {
        consumer_group: &'a str = "consumerGroup",
    }

    /// GET_PRODUCER_CONNECTION_LIST 204. Java: `GetProducerConnectionListRequestHeader`.
    pub struct ProducerGroup<'a> {
        producer_group: &'a str = "producerGroup",
    }

    /// GET_CONSUMER_RUNNING_INFO 307, to the broker and on to the client. Java:
    /// `GetConsumerRunningInfoRequestHeader`.
    pub struct RunningInfo<'a> {
        consumer_group: &'a str = "consumerGroup",
        client_id: &'a str = "clientId",
        jstack_enable: Option<bool> = "jstackEnable",
    }

    /// CONSUME_MESSAGE_DIRECTLY 309, to the broker and on to the client. Java:
    /// `ConsumeMessageDirectlyResultRequestHeader`.
    pub struct ConsumeDirectly<'a> {
        consumer_group: &'a str = "consumerGroup",
        client_id: Option<&'a str> = "clientId",
        /// offsetMsgId
        msg_id: Option<&'a str> = "msgId",
        broker_name: Option<&'a str> = "brokerName",
        topic: Option<&'a str> = "topic",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        group_sys_flag: Option<i32> = "groupSysFlag",
    }
}
