//! What sort of message it is, as metrics tell them apart.

use crate::message::properties::Properties;
use crate::observability::histogram::Bounds;

/// Bounds of the sizes of records, in bytes (Java: `BrokerMetricsManager.messageSizeBuckets`).
pub const SIZE_BYTES: Bounds<6> = [1 << 10, 4 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20];

/// Properties of a message that is to be delivered later.
const DELAYS: [&str; 5] =
    ["__STARTDELIVERTIME", "DELAY", "TIMER_DELIVER_MS", "TIMER_DELAY_SEC", "TIMER_DELAY_MS"];

/// What sort of message it is (Java: `TopicMessageType`, by
/// `BrokerMetricsManager.getMessageType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// To be delivered later.
    Delay,
    /// Ordered by a key of the sender's.
    Fifo,
    /// None of the others.
    Normal,
    /// Part of a transaction.
    Transaction,
}

impl Kind {
    /// Of a message with these properties.
    pub fn of(properties: &[u8]) -> Self {
        let (mut fifo, mut delay) = (false, false);
        for (name, value) in Properties::new(properties).iter() {
            match name {
                "TRAN_MSG" if value.eq_ignore_ascii_case("true") => return Self::Transaction,
                "__SHARDINGKEY" => fifo = true,
                name => delay |= DELAYS.contains(&name),
            }
        }
        match (fifo, delay) {
            (true, _) => Self::Fifo,
            (false, true) => Self::Delay,
            (false, false) => Self::Normal,
        }
    }

    /// The value of the label `message_type`.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Delay => "delay",
            Self::Fifo => "fifo",
            Self::Normal => "normal",
            Self::Transaction => "transaction",
        }
    }
}
