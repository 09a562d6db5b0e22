//! The topics that every broker has when it starts (Java: `TopicConfigManager.init`).

use std::collections::BTreeSet;

use crate::broker::control::topics::{PERM_INHERIT, topic};
use crate::broker::names::{PERM_READ, PERM_WRITE};
use crate::config::broker::BrokerConfig;
use crate::message::topic::{
    BENCHMARK_TOPIC, CHECK_MAX_TIME_TOPIC, HALF_OP_TOPIC, HALF_TOPIC, OFFSET_MOVED_TOPIC,
    ROCKSDB_HALF_OP_TOPIC, ROCKSDB_HALF_TOPIC, SCHEDULE_TOPIC, SELF_TEST_TOPIC, SYSTEM_PREFIX,
    TEMPLATE_TOPIC, TIMER_TOPIC, TRACE_TOPIC,
};
use crate::protocol::body::topic_config::TopicConfig;

/// Queues of [`SCHEDULE_TOPIC`]: one for each delay level of RocketMQ.
const DELAY_LEVELS: i32 = 18;
/// `reviveQueueNum`, as Java has it.
const REVIVE_QUEUES: i32 = 8;

/// The topics to start with.
pub fn boot_topics(config: &BrokerConfig) -> Vec<TopicConfig> {
    const OPEN: i32 = PERM_READ | PERM_WRITE;
    let open_if = |open: bool| if open { OPEN | PERM_INHERIT } else { PERM_INHERIT };
    let (cluster, broker) = (&config.identity.cluster, &config.identity.name);
    let mut topics = vec![
        topic(SELF_TEST_TOPIC, 1, OPEN),
        topic(BENCHMARK_TOPIC, 1024, OPEN),
        topic(cluster, 16, open_if(config.topics.cluster_topic)),
        topic(broker, 1, open_if(config.topics.broker_topic)),
        topic(OFFSET_MOVED_TOPIC, 1, OPEN),
        topic(SCHEDULE_TOPIC, DELAY_LEVELS, OPEN),
        topic(&format!("{cluster}_REPLY_TOPIC"), 1, OPEN),
        topic(&format!("{SYSTEM_PREFIX}REVIVE_LOG_{cluster}"), REVIVE_QUEUES, OPEN),
        topic(&format!("{SYSTEM_PREFIX}SYNC_BROKER_MEMBER_{broker}"), 1, PERM_INHERIT),
        topic(HALF_TOPIC, 1, OPEN),
        topic(HALF_OP_TOPIC, 1, OPEN),
        topic(ROCKSDB_HALF_TOPIC, 1, OPEN),
        topic(ROCKSDB_HALF_OP_TOPIC, 1, OPEN),
        topic(TIMER_TOPIC, 1, OPEN),
    ];
    if config.topics.auto_create {
        let queues = i32::try_from(config.topics.default_queues).unwrap_or(i32::MAX);
        topics.push(topic(TEMPLATE_TOPIC, queues, OPEN | PERM_INHERIT));
    }
    if let Some(name) = &config.topics.trace_topic {
        topics.push(topic(name, 1, OPEN));
    }
    topics
}

/// Names that clients may neither create nor delete, whether the topics exist or not. Names with
/// [`SYSTEM_PREFIX`] are so as well.
pub fn system_topics(config: &BrokerConfig) -> BTreeSet<String> {
    let fixed = [
        TEMPLATE_TOPIC,
        SCHEDULE_TOPIC,
        BENCHMARK_TOPIC,
        HALF_TOPIC,
        TRACE_TOPIC,
        HALF_OP_TOPIC,
        CHECK_MAX_TIME_TOPIC,
        SELF_TEST_TOPIC,
        OFFSET_MOVED_TOPIC,
        ROCKSDB_HALF_TOPIC,
        ROCKSDB_HALF_OP_TOPIC,
        "CHECKPOINT_TOPIC",
    ];
    let mut names: BTreeSet<String> = fixed.into_iter().map(str::to_owned).collect();
    names.extend(boot_topics(config).into_iter().map(|topic| topic.topic));
    names
}
