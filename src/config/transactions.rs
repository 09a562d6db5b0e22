//! How transactional messages are checked and counted.

use std::time::Duration;

use super::settings::Settings;

/// Transactional messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transactions {
    /// `transactionTimeOut`: age at which a half message is checked.
    pub timeout: Duration,
    /// `transactionCheckInterval`: time between two checks of the same half message.
    pub check_interval: Duration,
    /// `transactionCheckMax`: checks after which a half message is given up.
    pub checks_max: i32,
    /// `transactionMetricFlushInterval`: time between writes of `transactionMetrics`.
    pub counts_flush_interval: Duration,
    /// `enableTransactionMetrics`: metrics of transactions are shown.
    pub metrics: bool,
    /// `transactionOpMsgMaxSize`: body of an op record at which no more is added to it.
    pub op_bytes_max: usize,
}

pub(super) fn transactions(settings: &Settings) -> Transactions {
    Transactions {
        timeout: settings.millis("transactionTimeOut"),
        check_interval: settings.millis("transactionCheckInterval"),
        checks_max: settings.number("transactionCheckMax"),
        counts_flush_interval: settings.millis("transactionMetricFlushInterval"),
        metrics: settings.boolean("enableTransactionMetrics"),
        op_bytes_max: settings.number("transactionOpMsgMaxSize"),
    }
}
