//! RingMQ's own keys. RocketMQ ignores them, so one file serves both.

use crate::limits::SHARDS_MAX;

use super::{Key, UNSET, int, text};

const CORES: &str = "cores to run on, as 0-1 or 0,2,4; all that are allowed when not set";

/// Keys of a broker.
pub(super) static OWN: &[Key] = &[
    text("cores", UNSET).important().acts(CORES),
    int("shards", UNSET)
        .range(1, SHARDS_MAX as i64)
        .important()
        .frozen()
        .acts("logs the store is made of; one per core when not set"),
];

/// Keys of a name server.
pub(super) static OWN_NAMESERVER: &[Key] = &[text("cores", UNSET).important().acts(CORES)];
