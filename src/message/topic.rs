//! Names of topics that mean something to the system itself (Java: `TopicValidator`, `MixAll`).

/// Topics of messages to be consumed again, one for each group.
pub const RETRY_PREFIX: &str = "%RETRY%";
/// Topics of messages that were given up, one for each group.
pub const DEAD_LETTER_PREFIX: &str = "%DLQ%";
/// Topics with this prefix belong to the broker.
pub const SYSTEM_PREFIX: &str = "rmq_sys_";
/// Template for topics that are created by a send.
pub const TEMPLATE_TOPIC: &str = "TBW102";
/// Where messages with a delay level wait. The consume queue of each level has the time of delivery
/// in place of the hash of the tag.
pub const SCHEDULE_TOPIC: &str = "SCHEDULE_TOPIC_XXXX";
/// Where prepared transactional messages wait.
pub const HALF_TOPIC: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
/// What became of them.
pub const HALF_OP_TOPIC: &str = "RMQ_SYS_TRANS_OP_HALF_TOPIC";
/// Transactions that nobody could tell the outcome of.
pub const CHECK_MAX_TIME_TOPIC: &str = "TRANS_CHECK_MAX_TIME_TOPIC";
/// As [`HALF_TOPIC`], where Java keeps them in RocksDB.
pub const ROCKSDB_HALF_TOPIC: &str = "RMQ_SYS_ROCKSDB_TRANS_HALF_TOPIC";
/// As [`HALF_OP_TOPIC`], where Java keeps them in RocksDB.
pub const ROCKSDB_HALF_OP_TOPIC: &str = "RMQ_SYS_ROCKSDB_TRANS_OP_HALF_TOPIC";
/// Where messages with a delivery time of their own wait.
pub const TIMER_TOPIC: &str = "rmq_sys_wheel_timer";
/// For the broker's own tests.
pub const SELF_TEST_TOPIC: &str = "SELF_TEST_TOPIC";
/// For the benchmark of the official distribution.
pub const BENCHMARK_TOPIC: &str = "BenchmarkTest";
/// What clients with a trace did to messages.
pub const TRACE_TOPIC: &str = "RMQ_SYS_TRACE_TOPIC";
/// Notes of consumers whose offset was outside of the queue.
pub const OFFSET_MOVED_TOPIC: &str = "OFFSET_MOVED_EVENT";
