//! Transactions.

use crate::protocol::body::{DataVersion, bodies};
use crate::protocol::fastjson::Table;

bodies! {
    /// The file `transactionMetrics`. Java: `TransactionMetricsSerializeWrapper`.
    pub struct HalfCounts {
        data_version: Option<DataVersion> = "dataVersion",
        /// By the topic that the messages are for.
        counts: Table<String, HalfCount> = "transactionCount",
    }

    /// Open half messages. Java: `TransactionMetrics.Metric`.
    pub struct HalfCount {
        count: i64 = "count",
        /// Of the last change, in milliseconds since the epoch.
        timestamp: i64 = "timeStamp",
    }
}
