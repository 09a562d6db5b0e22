//! Pulling.

use crate::protocol::request::headers;

/// [`Pull::sys_flag`]: `commit_offset` is to be stored.
pub const FLAG_COMMIT_OFFSET: i32 = 1;

/// [`Pull::sys_flag`]: hold the request while there is nothing.
pub const FLAG_SUSPEND: i32 = 1 << 1;

/// [`Pull::sys_flag`]: the subscription is in the header.
pub const FLAG_SUBSCRIPTION: i32 = 1 << 2;

/// [`Pull::sys_flag`]: filter by class (no longer exists).
pub const FLAG_CLASS_FILTER: i32 = 1 << 3;

/// [`Pull::sys_flag`]: sent by the lite pull consumer.
pub const FLAG_LITE_PULL: i32 = 1 << 4;

headers! {
    /// PULL_MESSAGE 11, LITE_PULL_MESSAGE 361. Java: `PullMessageRequestHeader`.
    pub struct Pull<'a> {
        consumer_group: &'a str = "consumerGroup",
        topic: &'a str = "topic",
        queue_id: i32 = "queueId",
        queue_offset: i64 = "queueOffset",
        messages_max: i32 = "maxMsgNums",
        /// See the `FLAG_` constants.
        sys_flag: i32 = "sysFlag",
        commit_offset: i64 = "commitOffset",
        /// How long the broker may hold the request, in milliseconds.
        suspend_ms_max: i64 = "suspendTimeoutMillis",
        /// Tag expression or SQL, if [`FLAG_SUBSCRIPTION`] is set.
        subscription: Option<&'a str> = "subscription",
        /// Compared with the heartbeat's if it is not.
        sub_version: i64 = "subVersion",
        /// `TAG` (also when absent) or `SQL92`.
        expression_type: Option<&'a str> = "expressionType",
        /// 5.x. Bytes of body wanted at most.
        bytes_max: Option<i32> = "maxMsgBytes",
        /// 5.x proxy.
        request_source: Option<i32> = "requestSource",
        /// 5.x proxy; misspelt on the wire.
        proxy_client_id: Option<&'a str> = "proxyFrowardClientId",
        broker_name: Option<&'a str> = "bname",
    }

    /// Response to a pull with code 0, 19, 20 or 21, which must have all four offsets. Java:
    /// `PullMessageResponseHeader`.
    pub struct PullReply {
        suggested_broker_id: i64 = "suggestWhichBrokerId",
        next_begin_offset: i64 = "nextBeginOffset",
        min_offset: i64 = "minOffset",
        max_offset: i64 = "maxOffset",
        /// Static topics only.
        offset_delta: Option<i64> = "offsetDelta",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        group_sys_flag: Option<i32> = "groupSysFlag",
    }

    /// What the response to a pull carries with code 16.
    pub struct PullRefusal {
        /// 1 broker, 2 group, 3 topic, 4 broadcast disabled.
        forbidden_type: Option<i32> = "forbiddenType",
        topic_sys_flag: Option<i32> = "topicSysFlag",
        group_sys_flag: Option<i32> = "groupSysFlag",
    }
}
