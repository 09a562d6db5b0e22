//! RingMQ's own keys. RocketMQ ignores them, so one file serves both.

use crate::limits::SHARDS_MAX;

use super::{Key, Kind, UNSET, int, text};

const CORES: &str = "cores to run on, as 0-1 or 0,2,4; all that are allowed when not set";

const APPEND_MEMORY: &str = "where ASYNC_FLUSH keeps what is not written yet, so that it outlives \
    the broker: a directory on a tmpfs, auto (/dev/shm, where that lasts as long as the machine \
    runs), or none, then the write is waited for; auto when not set";

/// What `logLevel` may be.
pub const LOG_LEVELS: [&str; 5] = ["error", "warn", "info", "debug", "trace"];
/// What `logFormat` may be.
pub const LOG_FORMATS: [&str; 2] = ["plain", "json"];

// Without a default, so that the listings of all settings are those of RocketMQ.
const LOG_LEVEL: Key = Key::new("logLevel", Kind::Choice(&LOG_LEVELS), UNSET)
    .live()
    .acts("what is logged; info when not set");
const LOG_FORMAT: Key = Key::new("logFormat", Kind::Choice(&LOG_FORMATS), UNSET)
    .acts("how standard error is written to; plain when not set");

/// Keys of a broker.
pub(super) static OWN: &[Key] = &[
    text("cores", UNSET).important().acts(CORES),
    int("shards", UNSET)
        .range(1, SHARDS_MAX as i64)
        .important()
        .frozen()
        .acts("logs the store is made of; one per core when not set"),
    text("appendMemory", UNSET).acts(APPEND_MEMORY),
    LOG_LEVEL,
    LOG_FORMAT,
];

/// Keys of a name server.
pub(super) static OWN_NAMESERVER: &[Key] =
    &[text("cores", UNSET).important().acts(CORES), LOG_LEVEL, LOG_FORMAT];
