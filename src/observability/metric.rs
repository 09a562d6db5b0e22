//! The names of everything that is exported, with type, unit and labels: this file and no other.
//!
//! What RocketMQ 5.5 exports has its name, its labels and its unit here (Java:
//! `BrokerMetricsConstant`, `DefaultStoreMetricsConstant`, `RemotingMetricsConstant`); the parts of
//! it that are not built, POP, timers, controller, are missing. What is RingMQ's own begins with
//! `ringmq_`, in base units: seconds and bytes.

/// How a value behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// It only grows, and begins anew with the process.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Counts by range.
    Histogram,
}

impl Kind {
    /// The word behind `# TYPE`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One metric: a family of samples that differ in their labels.
#[derive(Debug)]
pub struct Metric {
    /// The name, unit included.
    pub name: &'static str,
    /// How its values behave.
    pub kind: Kind,
    /// What it says, in one line.
    pub help: &'static str,
    /// The labels that its samples have beside those of every sample, in the order in which values
    /// are given.
    pub labels: &'static [&'static str],
}

/// Declares metrics, and the list of them all.
macro_rules! metrics {
    ($($constant:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $(
            #[doc = concat!("`", $name, "`: ", $help)]
            pub static $constant: Metric = Metric {
                name: $name,
                kind: Kind::$kind,
                help: $help,
                labels: &[$($label),*],
            };
        )*

        /// All of them.
        pub static ALL: &[&Metric] = &[$(&$constant),*];
    };
}

metrics! {
    PROCESSOR_WATERMARK = Gauge "rocketmq_processor_watermark" ["processor"]
        "Requests that wait: for room in a log (send), for an arrival (long_polling).";
    BROKER_PERMISSION = Gauge "rocketmq_broker_permission" []
        "brokerPermission: 4 read, 2 write.";
    TOPIC_NUMBER = Gauge "rocketmq_topic_number" [] "Topics, those of the broker included.";
    CONSUMER_GROUP_NUMBER = Gauge "rocketmq_consumer_group_number" []
        "Consumer groups, online or not.";

    MESSAGES_IN = Counter "rocketmq_messages_in_total" ["topic", "message_type", "is_system"]
        "Messages stored.";
    MESSAGES_OUT = Counter "rocketmq_messages_out_total"
        ["topic", "consumer_group", "is_system", "is_retry"]
        "Messages delivered.";
    THROUGHPUT_IN = Counter "rocketmq_throughput_in_total" ["topic", "message_type", "is_system"]
        "Bytes of records stored.";
    THROUGHPUT_OUT = Counter "rocketmq_throughput_out_total"
        ["topic", "consumer_group", "is_system", "is_retry"]
        "Bytes of records delivered.";
    MESSAGE_SIZE = Histogram "rocketmq_message_size" ["topic", "message_type", "is_system"]
        "Bytes of a record; of a batch, the average.";
    TOPIC_CREATE_TIME = Histogram "rocketmq_topic_create_execution_time_milliseconds"
        ["is_system", "invocation_status"]
        "Time that creating or changing a topic by request took.";
    GROUP_CREATE_TIME = Histogram "rocketmq_consumer_group_create_execution_time_milliseconds"
        ["is_system", "invocation_status"]
        "Time that creating or changing a consumer group by request took.";

    PRODUCER_CONNECTIONS = Gauge "rocketmq_producer_connections"
        ["language", "version", "protocol_type"]
        "Members of producer groups.";
    CONSUMER_CONNECTIONS = Gauge "rocketmq_consumer_connections"
        ["consumer_group", "language", "version", "consume_mode", "protocol_type", "is_system"]
        "Members of consumer groups.";

    CONSUMER_LAG = Gauge "rocketmq_consumer_lag_messages"
        ["consumer_group", "topic", "is_retry", "is_system"]
        "Messages that an online group has not consumed yet.";
    CONSUMER_LAG_LATENCY = Gauge "rocketmq_consumer_lag_latency_milliseconds"
        ["consumer_group", "topic", "is_retry", "is_system"]
        "Age of the oldest message that an online group has not consumed yet.";
    CONSUMER_INFLIGHT = Gauge "rocketmq_consumer_inflight_messages"
        ["consumer_group", "topic", "is_retry", "is_system"]
        "Messages that an online group has pulled and not consumed yet.";
    CONSUMER_QUEUEING_LATENCY = Gauge "rocketmq_consumer_queueing_latency_milliseconds"
        ["consumer_group", "topic", "is_retry", "is_system"]
        "Age of the oldest message that an online group has not pulled yet.";
    CONSUMER_READY = Gauge "rocketmq_consumer_ready_messages"
        ["consumer_group", "topic", "is_retry", "is_system"]
        "Messages that an online group has not pulled yet.";
    SENT_TO_DEAD_LETTERS = Counter "rocketmq_send_to_dlq_messages_total"
        ["consumer_group", "topic", "is_system"]
        "Messages given up for a group.";

    HALF_MESSAGES = Gauge "rocketmq_half_messages" ["topic"] "Half messages that are open.";
    COMMITTED = Counter "rocketmq_commit_messages_total" ["topic"] "Transactions committed.";
    ROLLED_BACK = Counter "rocketmq_rollback_messages_total" ["topic"] "Transactions rolled back.";
    FINISH_LATENCY = Histogram "rocketmq_finish_message_latency_milliseconds" ["topic"]
        "Age of transactions when they were committed, in seconds whatever the name says.";

    DELAY_LATENCY = Histogram "rocketmq_delay_message_latency_seconds"
        ["topic", "storage_type", "storage_medium"]
        "Delay that a message had asked for, counted when it was delivered.";

    STORAGE_SIZE = Gauge "rocketmq_storage_size_bytes" ["storage_type", "storage_medium"]
        "Bytes of the logs from their first to their last message.";
    FLUSH_BEHIND = Gauge "rocketmq_storage_flush_behind_bytes" ["storage_type", "storage_medium"]
        "Bytes of the logs that are not synced yet.";
    DISPATCH_BEHIND = Gauge "rocketmq_storage_dispatch_behind_bytes"
        ["storage_type", "storage_medium"]
        "Bytes of the logs that are not visible in their queues yet.";
    MESSAGE_RESERVE_TIME = Gauge "rocketmq_storage_message_reserve_time_milliseconds"
        ["storage_type", "storage_medium"]
        "Age of the oldest message.";

    RPC_LATENCY = Histogram "rocketmq_rpc_latency_milliseconds"
        ["protocol_type", "request_code", "response_code", "is_long_polling", "result"]
        "Time from a request to its answer.";

    BUILD = Gauge "ringmq_build_info" ["version"] "Always 1.";
    UPTIME = Gauge "ringmq_uptime_seconds" [] "Time since the server started.";
    CONNECTIONS = Gauge "ringmq_connections" ["core"] "Open connections.";
    CORE_BUSY = Counter "ringmq_core_busy_seconds_total" ["core"] "Time that a core did not sleep.";
    CORE_SLEEPS = Counter "ringmq_core_sleeps_total" ["core"]
        "How often a core found nothing to do.";
    RING_SUBMISSIONS = Counter "ringmq_ring_submissions_total" ["core"]
        "Operations that the kernel took.";
    RING_COMPLETIONS = Counter "ringmq_ring_completions_total" ["core"]
        "Operations that the kernel answered.";
    RING_SUBMIT_BATCH = Histogram "ringmq_ring_submit_batch" ["core"]
        "Operations that one system call gave to the kernel.";
    RING_COMPLETE_BATCH = Histogram "ringmq_ring_complete_batch" ["core"]
        "Operations that the kernel had answered when a core looked.";
    CORE_SLEEP_TIME = Histogram "ringmq_core_sleep_seconds" ["core"] "Length of a sleep.";
    MESH_BATCH = Histogram "ringmq_mesh_batch" ["core"]
        "Messages that a core took from another at once.";
    MESH_MESSAGES = Counter "ringmq_mesh_messages_total" ["core"]
        "Messages of a core to the others.";
    MESH_FULL = Counter "ringmq_mesh_full_total" ["core"]
        "Messages that found no room in the mesh at first.";
    MESH_WAITING = Gauge "ringmq_mesh_waiting" ["core"]
        "Messages of a core that wait for room in the mesh.";
    PULLS_PARKED = Gauge "ringmq_pulls_parked" ["core"] "Pulls that wait for an arrival.";
    PUT_FAILURES = Counter "ringmq_put_failures_total" []
        "Messages that were refused or could not be stored.";
    DELAY_LATENESS = Histogram "ringmq_delay_lateness_seconds" []
        "Time from when a delayed message was due until it was delivered.";
    COMMIT_LATENCY = Histogram "ringmq_commit_latency_seconds" ["shard"]
        "Time from the start of a write to its messages being visible.";
    COMMIT_RECORDS = Histogram "ringmq_commit_batch_records" ["shard"] "Messages of one write.";
    COMMIT_BYTES = Histogram "ringmq_commit_batch_bytes" ["shard"] "Bytes of one write.";
    LOG_CHUNKS = Gauge "ringmq_log_chunks" ["shard"] "Pieces of memory for the end of the log.";
    LOG_CHUNKS_USED = Gauge "ringmq_log_chunks_used" ["shard"]
        "Pieces of memory in use, for the log or by readers.";
    LOG_CHUNK_BYTES = Gauge "ringmq_log_chunk_bytes" ["shard"] "Bytes of a piece of memory.";
    SHARD_FAILED = Gauge "ringmq_shard_failed" ["shard"]
        "1 when a write failed and the log takes nothing any more.";

    NAMESRV_BROKERS = Gauge "ringmq_namesrv_brokers" [] "Brokers that are registered.";
    NAMESRV_TOPICS = Gauge "ringmq_namesrv_topics" [] "Topics that any broker has.";
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_name(text: &str) -> bool {
        text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    }

    #[test]
    fn names_follow_the_rules() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        for metric in ALL {
            assert!(is_name(metric.name) && metric.labels.iter().all(|label| is_name(label)));
            let counts = metric.name.ends_with("_total");
            assert_eq!(metric.kind == Kind::Counter, counts, "{}", metric.name);
            assert!(metric.help.ends_with('.') && !metric.help.contains(['\\', '\n']));
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
