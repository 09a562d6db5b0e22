//! What a consumer says of itself when a tool asks.

use crate::protocol::body::subscription::SubscriptionData;
use crate::protocol::body::{MessageQueue, bodies, names};
use crate::protocol::fastjson::{Table, Value};

names! {
    /// How a consumption that a tool asked for ended. Java: `CMResult`.
    pub enum ConsumeResult {
        Success = "CR_SUCCESS",
        Later = "CR_LATER",
        Rollback = "CR_ROLLBACK",
        Commit = "CR_COMMIT",
        ThrowException = "CR_THROW_EXCEPTION",
        ReturnNull = "CR_RETURN_NULL",
    }
}

bodies! {
    /// Response to 307. Java: `ConsumerRunningInfo`.
    pub struct RunningInfo {
        jstack: Option<String> = "jstack",
        pop_queues: Option<Table<MessageQueue, Value>> = "mqPopTable",
        queues: Table<MessageQueue, ProcessQueue> = "mqTable",
        /// `PROP_CLIENT_VERSION`, `PROP_CONSUME_TYPE` and whatever the consumer is set to.
        properties: Table<String, String> = "properties",
        status: Table<String, ConsumeStatus> = "statusTable",
        subscriptions: Vec<SubscriptionData> = "subscriptionSet",
        user_info: Option<Table<String, String>> = "userConsumerInfo",
    }

    /// What a client holds of one queue. Java: `ProcessQueueInfo`.
    pub struct ProcessQueue {
        cached_messages: i32 = "cachedMsgCount",
        cached_max_offset: i64 = "cachedMsgMaxOffset",
        cached_min_offset: i64 = "cachedMsgMinOffset",
        cached_mib: i32 = "cachedMsgSizeInMiB",
        commit_offset: i64 = "commitOffset",
        /// Misspelt on the wire.
        dropped: bool = "droped",
        last_consume_timestamp: i64 = "lastConsumeTimestamp",
        last_lock_timestamp: i64 = "lastLockTimestamp",
        last_pull_timestamp: i64 = "lastPullTimestamp",
        locked: bool = "locked",
        transaction_messages: i32 = "transactionMsgCount",
        transaction_max_offset: i64 = "transactionMsgMaxOffset",
        transaction_min_offset: i64 = "transactionMsgMinOffset",
        unlock_tries: i64 = "tryUnlockTimes",
    }

    /// Rates of one topic. Java: `ConsumeStatus`.
    pub struct ConsumeStatus {
        /// Messages in the last hour.
        failed_messages: i64 = "consumeFailedMsgs",
        failed_tps: f64 = "consumeFailedTPS",
        ok_tps: f64 = "consumeOKTPS",
        /// Milliseconds.
        consume_rt: f64 = "consumeRT",
        /// Milliseconds.
        pull_rt: f64 = "pullRT",
        pull_tps: f64 = "pullTPS",
    }

    /// Response to 309. Java: `ConsumeMessageDirectlyResult`.
    pub struct DirectResult {
        auto_commit: bool = "autoCommit" [true],
        result: ConsumeResult = "consumeResult",
        order: bool = "order",
        remark: Option<String> = "remark",
        spent_ms: i64 = "spentTimeMills",
    }
}
