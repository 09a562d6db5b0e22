//! Why a known key does not act. Each text ends a warning.

/// Waits for this part.
pub(super) const ACCESS: &str = "access control";
/// Waits for this part.
pub(super) const BATCH_QUEUES: &str = "batch consume queues";
/// Waits for this part.
pub(super) const BROADCAST: &str = "offsets of broadcasting groups";
/// Waits for this part.
pub(super) const CLIENT_RULES: &str = "the finer rules for clients";
/// Waits for this part.
pub(super) const COLD: &str = "cold data control";
/// Waits for this part.
pub(super) const COMPACTION: &str = "compacted topics";
/// Waits for this part.
pub(super) const CONTROLLER: &str = "controller and Raft modes";
/// Waits for this part.
pub(super) const EXPIRED_OFFSETS: &str = "clean-up of consumer offsets";
/// Waits for this part.
pub(super) const LMQ: &str = "light queues";
/// Waits for this part.
pub(super) const LOOKUP: &str = "finding name servers by DNS or address server";
/// Waits for this part.
pub(super) const MANY_PATHS: &str = "a log in several directories";
/// Waits for this part.
pub(super) const MESSAGE_TYPES: &str = "topic message types";
/// Waits for this part.
pub(super) const METADATA: &str = "splitting and versioning of metadata";
/// Waits for this part.
pub(super) const METRICS: &str = "metrics";
/// Waits for this part.
pub(super) const POP: &str = "POP consumption";
/// Waits for this part.
pub(super) const PROPERTY_CRC: &str = "the checksum of properties";
/// Waits for this part.
pub(super) const REPLICATION: &str = "replication";
/// Waits for this part.
pub(super) const SLOW_READERS: &str = "the guard against slow readers";
/// Waits for this part.
pub(super) const TIMER: &str = "timed delivery";
/// Waits for this part.
pub(super) const TLS: &str = "TLS";
/// Never acts.
pub(super) const ALWAYS_SAFE: &str = "what the index lacks is always read from the log";
/// Never acts.
pub(super) const COMMITTED_ONLY: &str = "consumers never see what is not committed";
/// Never acts.
pub(super) const FIXED_LIMIT: &str = "the limit is fixed";
/// Never acts.
pub(super) const FROM_FLAG: &str = "the file is the one given with -c";
/// Never acts.
pub(super) const GONE: &str = "RocketMQ itself dropped it";
/// Never acts.
pub(super) const GRACEFUL: &str = "a stop always finishes what is in flight";
/// Never acts.
pub(super) const NETTY: &str = "it tunes Netty, which is not used";
/// Never acts.
pub(super) const NO_AGE: &str =
    "no request is dropped by age; what is overloaded answers SYSTEM_BUSY";
/// Never acts.
pub(super) const NO_BITMAPS: &str =
    "filters look at the messages themselves, without bitmaps made ahead";
/// Never acts.
pub(super) const NO_BILLING: &str = "there are no billing statistics";
/// Never acts.
pub(super) const NO_CONTAINER: &str = "there is no broker container";
/// Never acts.
pub(super) const NO_ENVIRONMENTS: &str = "there are no named environments";
/// Never acts.
pub(super) const NO_HOME: &str = "nothing is read from an installation directory";
/// Never acts.
pub(super) const NO_LOG_FILES: &str = "the log goes to standard error";
/// Never acts.
pub(super) const NO_MMAP: &str = "files are not mapped and need no page tuning";
/// Never acts.
pub(super) const NO_PLUGINS: &str = "there are no store plug-ins";
/// Never acts.
pub(super) const ONE_STORE: &str = "there is one kind of store";
/// Never acts.
pub(super) const OP_AT_ONCE: &str = "op records are written at once";
/// Never acts.
pub(super) const OWN_RECOVERY: &str = "recovery works in another way and needs no tuning";
/// Never acts.
pub(super) const PIPELINED: &str = "deliveries are always pipelined, and tried until they succeed";
/// Never acts.
pub(super) const POISON: &str = "a failed sync always stops the log for good";
/// Never acts.
pub(super) const POOLS: &str = "each core runs one thread without locks; there are no pools";
/// Never acts.
pub(super) const READERS_KEEP: &str = "a removed file goes when the last reader has let it go";
/// Never acts.
pub(super) const ROCKS: &str = "RocksDB is not used";
/// Never acts.
pub(super) const SET_BY_BROKER: &str = "the broker sets it by itself";
/// Never acts.
pub(super) const WITH_SEGMENT: &str = "queue files go with the segment they point into";
/// Never acts.
pub(super) const ONE_INDEX: &str = "there is one kind of index";
