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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// To be delivered later.
    Delay,
    /// Ordered by a key of the sender's.
    Fifo,
    /// None of the others.
    #[default]
    Normal,
    /// Part of a transaction.
    Transaction,
}

impl Kind {
    /// Of a message with these properties.
    pub fn of(properties: &[u8]) -> Self {
        let mut signs = Signs::default();
        Properties::new(properties).iter().for_each(|(name, value)| signs.see(name, value));
        signs.kind()
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

/// What properties, seen one after the other, tell of the kind of their message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    transaction: bool,
    fifo: bool,
    delay: bool,
}

impl Signs {
    /// Takes note of one property.
    pub fn see(&mut self, name: &str, value: &str) {
        match name {
            "TRAN_MSG" => self.transaction = value.eq_ignore_ascii_case("true"),
            "__SHARDINGKEY" => self.fifo = true,
            name => self.delay |= DELAYS.contains(&name),
        }
    }

    /// What all that were seen come to.
    pub fn kind(self) -> Kind {
        match self {
            Self { transaction: true, .. } => Kind::Transaction,
            Self { fifo: true, .. } => Kind::Fifo,
            Self { delay: true, .. } => Kind::Delay,
            Self { .. } => Kind::Normal,
        }
    }
}
