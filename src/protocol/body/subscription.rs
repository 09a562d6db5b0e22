//! Subscriptions, and the configurations of consumer groups.

use crate::protocol::body::{DataVersion, bodies};
use crate::protocol::fastjson::{Table, Value};

bodies! {
    /// What a group wants of a topic. Java: `SubscriptionData`.
    pub struct SubscriptionData {
        class_filter_mode: bool = "classFilterMode",
        /// Java hash codes of the tags.
        codes: Vec<i32> = "codeSet",
        /// `TAG` (also when absent) or `SQL92`.
        expression_type: Option<String> = "expressionType",
        /// `*`, tags joined by `||`, or SQL.
        expression: Option<String> = "subString",
        /// When it was made; of two, the larger counts.
        version: i64 = "subVersion",
        tags: Vec<String> = "tagsSet",
        topic: String = "topic",
    }

    /// Java: `SubscriptionGroupConfig`. Body of 200, response to 352.
    pub struct GroupConfig {
        attributes: Table<String, String> = "attributes",
        broker_id: i64 = "brokerId",
        broadcast_enabled: bool = "consumeBroadcastEnable" [true],
        consume_enabled: bool = "consumeEnable" [true],
        consume_from_min_enabled: bool = "consumeFromMinEnable" [true],
        consume_orderly: bool = "consumeMessageOrderly",
        /// Minutes.
        consume_timeout_minutes: i32 = "consumeTimeoutMinute" [15],
        group: String = "groupName",
        retry_policy: RetryPolicy = "groupRetryPolicy",
        group_sys_flag: i32 = "groupSysFlag",
        notify_enabled: bool = "notifyConsumerIdsChangedEnable" [true],
        retries_max: i32 = "retryMaxTimes" [16],
        retry_queues: i32 = "retryQueueNums" [1],
        /// Subscriptions that clients must match; `None`: any.
        subscriptions: Option<Vec<SimpleSubscription>> = "subscriptionDataSet",
        slow_broker_id: i64 = "whichBrokerWhenConsumeSlowly" [1],
    }

    /// When a message is delivered again (5.x). Java: `GroupRetryPolicy`.
    pub struct RetryPolicy {
        customized: Option<Value> = "customizedRetryPolicy",
        exponential: Option<Value> = "exponentialRetryPolicy",
        /// `CUSTOMIZED` or `EXPONENTIAL`.
        kind: String = "type" ["CUSTOMIZED".to_owned()],
    }

    /// Java: `SimpleSubscriptionData`.
    pub struct SimpleSubscription {
        expression: Option<String> = "expression",
        expression_type: Option<String> = "expressionType",
        topic: String = "topic",
        version: i64 = "version",
    }

    /// Response to 201; the file `subscriptionGroup.json`. Java: `SubscriptionGroupWrapper`.
    pub struct GroupConfigs {
        data_version: DataVersion = "dataVersion",
        /// Group to topic to bits that forbid.
        forbidden: Table<String, Table<String, i32>> = "forbiddenTable",
        groups: Table<String, GroupConfig> = "subscriptionGroupTable",
    }

    /// Body of 225. Java: `SubscriptionGroupList`.
    pub struct GroupConfigList {
        /// Absent is not empty: Java fails.
        groups: Option<Vec<GroupConfig>> = "groupConfigList",
    }

    /// Body of 46. Java: `CheckClientRequestBody`.
    pub struct CheckClient {
        client_id: String = "clientId",
        group: String = "group",
        namespace: Option<String> = "namespace",
        subscription: Option<SubscriptionData> = "subscriptionData",
    }

    /// Response to 345. Java: `QuerySubscriptionResponseBody`.
    pub struct QuerySubscriptionReply {
        group: Option<String> = "group",
        subscription: Option<SubscriptionData> = "subscriptionData",
        topic: Option<String> = "topic",
    }

    /// Response to 353. Java: `GroupForbidden`.
    pub struct GroupForbidden {
        group: String = "group",
        readable: bool = "readable",
        topic: String = "topic",
    }
}
