//! Consumer groups of a broker.

use crate::protocol::request::headers;

headers! {
    /// DELETE_SUBSCRIPTIONGROUP 207. Java: `DeleteSubscriptionGroupRequestHeader`.
    pub struct DeleteGroup<'a> {
        group: &'a str = "groupName",
        /// Whether its offsets go too.
        clean_offset: Option<bool> = "cleanOffset",
    }

    /// A request that names a group: GET_SUBSCRIPTIONGROUP_CONFIG 352, QUERY_TOPICS_BY_CONSUMER
    /// 343. Java: a class each.
    pub struct GroupName<'a> {
        group: &'a str = "group",
    }

    /// GET_ALL_SUBSCRIPTIONGROUP_CONFIG 201; 4.9 sends none of these. Java:
    /// `GetAllSubscriptionGroupRequestHeader` (5.3 and later).
    pub struct GetAllGroups<'a> {
        group_seq: Option<i32> = "groupSeq",
        data_version: Option<&'a str> = "dataVersion",
        groups_max: Option<i32> = "maxGroupNum",
    }

    /// Response to 201. Java: `GetAllSubscriptionGroupResponseHeader`.
    pub struct GetAllGroupsReply {
        total: Option<i32> = "totalGroupNum",
    }

    /// UPDATE_AND_GET_GROUP_FORBIDDEN 353. Java: `UpdateGroupForbiddenRequestHeader`.
    pub struct GroupForbidden<'a> {
        group: &'a str = "group",
        topic: &'a str = "topic",
        /// Absent: only look.
        readable: Option<bool> = "readable",
    }

    /// GET_CONSUME_STATS 208. Java: `GetConsumeStatsRequestHeader`.
    pub struct ConsumeStats<'a> {
        consumer_group: &'a str = "consumerGroup",
        /// Empty or absent: all that the group has offsets for.
        topic: Option<&'a str> = "topic",
        /// Separated by `;`.
        topic_list: Option<&'a str> = "topicList",
    }

    /// GET_BROKER_CONSUME_STATS 317. Java: `GetBrokerConsumeStatsRequestHeader` in effect; the
    /// client writes the field by hand.
    pub struct BrokerConsumeStats {
        /// Only ordered topics.
        is_order: bool = "isOrder",
    }

    /// QUERY_CONSUME_TIME_SPAN 303. Java: `QueryConsumeTimeSpanRequestHeader`.
    pub struct TimeSpan<'a> {
        topic: &'a str = "topic",
        group: &'a str = "group",
    }

    /// QUERY_SUBSCRIPTION_BY_CONSUMER 345. Java: `QuerySubscriptionByConsumerRequestHeader`.
    pub struct QuerySubscription<'a> {
        group: &'a str = "group",
        topic: Option<&'a str> = "topic",
    }
}
