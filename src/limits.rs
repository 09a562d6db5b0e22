//! Every maximum, in one place, with what it is derived from.

/// Largest frame taken from a peer, its own 4-byte length included.
/// Java: `com.rocketmq.remoting.frameMaxLength`, 16 MiB.
pub const FRAME_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Largest header of a frame: its length has 24 bits.
pub const HEADER_BYTES_MAX: usize = (1 << 24) - 1;

/// Most `extFields` a command may carry. Java has no such limit; its largest header has about 20.
pub const HEADER_FIELDS_MAX: usize = 256;

/// Longest topic name that a client may use, in bytes (Java: `TopicValidator`).
pub const TOPIC_BYTES_MAX: usize = 127;

/// Longest topic name that the broker itself may make (`%RETRY%` and `%DLQ%` of a long group).
pub const SYSTEM_TOPIC_BYTES_MAX: usize = 255;

/// Longest group name, in bytes (Java: `Validators.CHARACTER_MAX_LENGTH` of 5.x).
pub const GROUP_BYTES_MAX: usize = 120;

/// Longest properties string of a message, in bytes (an i16 length on disk).
pub const PROPERTIES_BYTES_MAX: usize = 32_767;

/// Most cores one process runs on. Bounds the mesh: one ring of messages per ordered pair.
pub const CORES_MAX: u16 = 64;

/// Most shards one store has. Bounded by the 16 bits of a physical offset, minus its sign.
pub const SHARDS_MAX: u16 = 1024;

/// Most connections that live on one core.
pub const CONNECTIONS_PER_CORE_MAX: usize = 65_536;

/// Bytes queued for a peer above which nothing more is read from it. One reply may pass it: a pull
/// takes at most 256 KiB of records, a query a few MiB.
pub const CONNECTION_OUTBOX_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Most pieces of memory in one send. Linux takes 1024 (`UIO_MAXIOV`).
pub const SEND_PARTS_MAX: usize = 256;

/// Most requests of ours that wait for answers on one connection.
pub const CALLS_IN_FLIGHT_MAX: usize = 4096;

/// Memory taken at once for headers and properties strings, in bytes. A connection that does not
/// take a short answer keeps this much from being let go.
pub const ARENA_PIECE_BYTES: usize = 16 * 1024;

/// Messages waiting for room in the mesh to one core at which new requests for it are refused.
pub const POSTS_WAITING_MAX: usize = 16_384;

/// Longest time that a pull is parked, in milliseconds. Java's clients ask for 20 s at the most.
pub const PULL_SUSPEND_MS_MAX: u64 = 120_000;

/// Most bytes that a compressed registration may inflate to. A topic takes about 60, so this is a
/// million topics.
pub const REGISTRATION_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Largest file of configuration that is read. A million topics take about 250 MiB.
pub const CONFIG_FILE_BYTES_MAX: usize = 1 << 30;

/// Most queues that a topic may have on one broker. Java has no limit; its largest topic has 1024.
pub const QUEUES_PER_TOPIC_MAX: i32 = 65_536;

/// Most topics of one broker.
pub const TOPICS_MAX: usize = 1_000_000;

/// Most consumer groups of one broker.
pub const GROUPS_MAX: usize = 1_000_000;

/// Most groups and subscriptions in one heartbeat.
pub const HEARTBEAT_ENTRIES_MAX: usize = 8192;

/// Most queues that are locked for ordered consumption at once.
pub const QUEUE_LOCKS_MAX: usize = 1_000_000;

/// Most delay levels of one broker. RocketMQ has 18; each is one task and one queue.
pub const DELAY_LEVELS_MAX: usize = 128;

/// Deliveries of one delay level that have begun and do not count as stored yet. A write that takes
/// 100 ms on a busy disk then still leaves room for 20,000 a second.
pub const DELAY_DELIVERIES_MAX: usize = 2048;

/// Bytes of records that one delay level is about to deliver; one record may pass it.
pub const DELAY_DELIVERY_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Most consume queue units of one shard that no file has yet; then its log takes nothing until
/// they are written, which is begun at half as many. 24 bytes each in memory, and 16 more to forget
/// them in order: 80 MiB.
pub const QUEUE_UNITS_DIRTY_MAX: usize = 1 << 21;

/// Most keys of one shard that wait for their index file, 24 bytes each; writing them takes some
/// 20 bytes each for a moment. 12 MiB.
pub const INDEX_KEYS_WAITING_MAX: usize = 1 << 18;

/// Most bytes of records in the answer to a query by key; one record is returned even if it is
/// longer.
pub const QUERY_REPLY_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Most messages in the answer to a query by key (`maxMsgsNumBatch` at most).
pub const QUERY_MESSAGES_MAX: i64 = 1024;

/// Most units in the answer to a query of a consume queue; each takes some 70 bytes of text.
pub const QUERY_UNITS_MAX: usize = 16_384;

/// Most bytes that a record has beside its body: topic, properties and fixed fields. Java 5.x
/// allows the same (`CommitLog`, 64 KiB above `maxMessageSize`).
pub const RECORD_ENVELOPE_BYTES_MAX: usize = 64 * 1024;

/// Bytes that the log leaves free on its disk, for queues, index, metadata and checkpoints.
pub const DISK_HEADROOM_BYTES: u64 = 16 << 20;
/// Most half messages of one shard that are open at once; then no more are taken. 32 bytes each in
/// memory, and as many again for those that were checked: 64 MiB.
pub const TRANSACTIONS_OPEN_MAX: usize = 1 << 20;

/// Longest file of settings that is read at start, in bytes. RocketMQ's longest has 15 KiB.
pub const SETTINGS_FILE_BYTES_MAX: usize = 1 << 20;

/// Most brokers a name server knows. One takes some kilobytes.
pub const ROUTE_BROKERS_MAX: usize = 16_384;

/// Most entries of a name server's route table: one per topic and broker name, of some 150 bytes.
pub const ROUTE_ENTRIES_MAX: usize = 1 << 22;

// Four brokers with as many topics as a broker can have.
const _: () = assert!(ROUTE_ENTRIES_MAX >= 4 * TOPICS_MAX);

/// Longest cluster name, broker name, address or zone that a name server takes, in bytes.
pub const BROKER_TEXT_BYTES_MAX: usize = 255;

/// Most filter servers of one broker.
pub const FILTER_SERVERS_MAX: usize = 64;

/// Bytes of all keys and values of a name server's KV configuration. Six times as many, when each
/// is escaped, still leave room in a frame.
pub const KV_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Largest `kvConfig.json` that is read: a full table with every byte escaped.
pub const KV_FILE_BYTES_MAX: usize = 6 * KV_BYTES_MAX + 1024 * 1024;

/// Largest properties file that a change by request edits.
pub const PROPERTIES_FILE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of changes that wait for a name server's files; one more is refused as busy.
pub const NAMESERVER_WRITES_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Brokers that a name server holds connections of its own to.
pub const NAMESERVER_CHANNELS_MAX: usize = 1024;

/// Most pulls that one core parks (`pullThreadPoolQueueCapacity` at most).
pub const PULLS_PARKED_MAX: usize = 1 << 18;

/// Bytes of frames that have not come in whole yet, over all connections of a core. Whoever adds
/// more is closed: half a frame is cheap to send, and 10,000 of 16 MiB would not fit anywhere.
pub const UNFINISHED_BYTES_PER_CORE_MAX: usize = 16 * FRAME_BYTES_MAX;

/// Longest SQL92 filter expression, in bytes. Java has no limit; this is a list of a thousand keys,
/// and as many operations as one message may cost.
pub const FILTER_BYTES_MAX: usize = 16 * 1024;

/// Most parentheses, signs and NOTs of a filter expression within each other: its parser recurses.
/// Java parses until its stack ends.
pub const FILTER_DEPTH_MAX: usize = 128;

/// Most bytes of records that one pull reads from files to look at their properties. The next pull
/// goes on where it stopped.
pub const FILTER_READ_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes a second that readers behind the memory of one shard are answered with while others write
/// to it. Five times what 25,000 messages of 1 KiB a second bring, so that readers still catch up,
/// and half of what a core can copy into sockets beside its other work.
pub const CATCH_UP_BYTES_PER_SECOND_MAX: u64 = 160 << 20;

/// Pairs of topic and group that one core counts deliveries for; later ones count in the sums only.
/// One takes some 150 bytes, and samples of a day keep 40 copies.
pub const STATS_PAIRS_MAX: usize = 1 << 16;

/// Queues of one topic, or of one group of it, whose times one core keeps apart.
pub const STATS_QUEUES_MAX: usize = 1024;

/// Largest head of an HTTP request: its line and headers. A scraper sends some 300 bytes.
pub const HTTP_HEAD_BYTES_MAX: usize = 8 * 1024;

/// Most headers of an HTTP request.
pub const HTTP_HEADERS_MAX: usize = 64;

/// Open HTTP connections; one more is closed at once.
pub const HTTP_CONNECTIONS_MAX: usize = 64;

/// Scrapes under way at once; one more is told to come back.
pub const SCRAPES_MAX: usize = 4;

/// Log lines of one kind that one core writes in ten seconds, errors aside.
pub const LOG_LINES_MAX: u32 = 20;

/// Store times of messages that one scrape reads, each perhaps from disk. Groups beyond it show how
/// many messages they are behind, and not how long.
pub const SCRAPE_TIMES_MAX: usize = 4096;

/// Topics that one look of `ringmq admin top` asks a broker for.
pub const TOP_TOPICS_MAX: usize = 1000;
