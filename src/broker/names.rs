//! Names of topics and groups: what is allowed, and what is derived from them.
//!
//! Java: `TopicValidator`, `MixAll`, `KeyBuilder`.

use crate::limits::{SYSTEM_TOPIC_BYTES_MAX, TOPIC_BYTES_MAX};
use crate::message::topic::{
    CHECK_MAX_TIME_TOPIC, DEAD_LETTER_PREFIX, HALF_OP_TOPIC, HALF_TOPIC, OFFSET_MOVED_TOPIC,
    RETRY_PREFIX, SCHEDULE_TOPIC, SELF_TEST_TOPIC,
};

/// The group that deliveries of delayed messages are counted for, as reads.
pub const SCHEDULE_GROUP: &str = "SCHEDULE_CONSUMER";

/// Bit of a topic's or the broker's permission: it may be written to. Java: `PermName`.
pub const PERM_WRITE: i32 = 2;
/// Bit of a topic's or the broker's permission: it may be read from.
pub const PERM_READ: i32 = 4;

/// Why a name is refused, in Java's words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Nothing but white space.
    #[error("The specified topic is blank.")]
    Blank,
    /// A character that is not allowed.
    #[error(
        "The specified topic: {0}, contains illegal characters, allowing only ^[%|a-zA-Z0-9_-]+$"
    )]
    Characters(String),
    /// Longer than [`TOPIC_BYTES_MAX`].
    #[error("The specified topic: {0}, is longer than topic max length: {TOPIC_BYTES_MAX}")]
    Length(String),
    /// A group's own topic, longer than [`SYSTEM_TOPIC_BYTES_MAX`].
    #[error(
        "The specified topic is DLQ or Retry topic: {0}, and it's longer than topic max length: \
         {SYSTEM_TOPIC_BYTES_MAX}"
    )]
    GroupTopicLength(String),
}

/// Checks a topic name.
///
/// # Errors
/// [`NameFault`].
pub fn check_topic(name: &str) -> Result<(), NameFault> {
    if name.trim().is_empty() {
        return Err(NameFault::Blank);
    }
    if !name.bytes().all(is_name_byte) {
        return Err(NameFault::Characters(name.to_owned()));
    }
    let own = name.starts_with(RETRY_PREFIX) || name.starts_with(DEAD_LETTER_PREFIX);
    match own {
        true if name.len() > SYSTEM_TOPIC_BYTES_MAX => {
            Err(NameFault::GroupTopicLength(name.to_owned()))
        }
        false if name.len() > TOPIC_BYTES_MAX => Err(NameFault::Length(name.to_owned())),
        _ => Ok(()),
    }
}

/// Whether a byte may stand in the name of a topic or group.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'%' | b'|' | b'_' | b'-')
}

/// Whether clients may not send to this topic (spec 5.6).
pub fn is_protected(topic: &str) -> bool {
    [
        SCHEDULE_TOPIC,
        HALF_TOPIC,
        HALF_OP_TOPIC,
        CHECK_MAX_TIME_TOPIC,
        SELF_TEST_TOPIC,
        OFFSET_MOVED_TOPIC,
    ]
    .contains(&topic)
}

/// The group whose retry topic this is.
pub fn retry_group(topic: &str) -> Option<&str> {
    topic.strip_prefix(RETRY_PREFIX)
}

/// The retry topic of a group.
pub fn retry_topic(group: &str) -> String {
    format!("{RETRY_PREFIX}{group}")
}

/// The dead letter topic of a group.
pub fn dead_letter_topic(group: &str) -> String {
    format!("{DEAD_LETTER_PREFIX}{group}")
}
