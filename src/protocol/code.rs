//! Request and response codes (Java: `RequestCode`, `ResponseCode`). Codes are plain numbers: an
//! unknown one is kept, and answered by code 3.

/// Declares the codes of one direction, and the table that gives them their names back.
macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal;)*) => {
        $($(#[$doc])* pub const $name: i32 = $code;)*

        /// All codes above with their names, ascending.
        pub const ALL: &[(i32, &str)] = &[$(($code, stringify!($name)),)*];

        /// The Java name of a code, for logs and metrics.
        pub fn name(code: i32) -> Option<&'static str> {
            let at = ALL.binary_search_by_key(&code, |(known, _)| *known).ok()?;
            ALL.get(at).map(|(_, name)| *name)
        }
    };
}

/// What is asked for.
pub mod request {
    codes! {
        /// Store one message; header with full field names (Go clients, old clients).
        SEND_MESSAGE = 10;
        /// Fetch records of one queue, held while there are none.
        PULL_MESSAGE = 11;
        /// Records by key or unique key.
        QUERY_MESSAGE = 12;
        /// Declared in Java, without a handler.
        QUERY_BROKER_OFFSET = 13;
        /// A group's offset of one queue.
        QUERY_CONSUMER_OFFSET = 14;
        /// Commit a group's offset of one queue.
        UPDATE_CONSUMER_OFFSET = 15;
        /// Create or change a topic.
        UPDATE_AND_CREATE_TOPIC = 17;
        /// Create or change several topics.
        UPDATE_AND_CREATE_TOPIC_LIST = 18;
        /// The topic table of a broker.
        GET_ALL_TOPIC_CONFIG = 21;
        /// Declared in Java, without a handler.
        GET_TOPIC_CONFIG_LIST = 22;
        /// Declared in Java, without a handler.
        GET_TOPIC_NAME_LIST = 23;
        /// Change broker settings; properties text.
        UPDATE_BROKER_CONFIG = 25;
        /// Broker settings as properties text.
        GET_BROKER_CONFIG = 26;
        /// Declared in Java, without a handler.
        TRIGGER_DELETE_FILES = 27;
        /// Counters and gauges of a broker as a table of texts.
        GET_BROKER_RUNTIME_INFO = 28;
        /// The offset of a queue at a time.
        SEARCH_OFFSET_BY_TIMESTAMP = 29;
        /// The offset after a queue's last message.
        GET_MAX_OFFSET = 30;
        /// The offset of a queue's first message.
        GET_MIN_OFFSET = 31;
        /// Store time of a queue's first message.
        GET_EARLIEST_MSG_STORETIME = 32;
        /// One record by its physical offset.
        VIEW_MESSAGE_BY_ID = 33;
        /// A client's producers, consumers and subscriptions.
        HEART_BEAT = 34;
        /// A client leaves a group.
        UNREGISTER_CLIENT = 35;
        /// Have a message delivered again later, or dead-lettered.
        CONSUMER_SEND_MSG_BACK = 36;
        /// Commit or roll back a half message.
        END_TRANSACTION = 37;
        /// Ids of a group's clients.
        GET_CONSUMER_LIST_BY_GROUP = 38;
        /// Broker asks a producer about a half message.
        CHECK_TRANSACTION_STATE = 39;
        /// Broker tells a group's clients to rebalance.
        NOTIFY_CONSUMER_IDS_CHANGED = 40;
        /// Lock queues for ordered consumption.
        LOCK_BATCH_MQ = 41;
        /// Give locked queues back.
        UNLOCK_BATCH_MQ = 42;
        /// A slave reads all group offsets.
        GET_ALL_CONSUMER_OFFSET = 43;
        /// A slave reads the delay levels' offsets.
        GET_ALL_DELAY_OFFSET = 45;
        /// Check a subscription before it is used.
        CHECK_CLIENT_CONFIG = 46;
        /// Declared in Java, without a handler.
        GET_CLIENT_CONFIG = 47;
        /// ACL 1 administration, up to 5.3.2.
        UPDATE_AND_CREATE_ACL_CONFIG = 50;
        /// ACL 1 administration, up to 5.3.2.
        DELETE_ACL_CONFIG = 51;
        /// ACL 1 administration, up to 5.3.2.
        GET_BROKER_CLUSTER_ACL_INFO = 52;
        /// ACL 1 administration, up to 5.3.2.
        UPDATE_GLOBAL_WHITE_ADDRS_CONFIG = 53;
        /// ACL 1 administration, up to 5.1.
        GET_BROKER_CLUSTER_ACL_CONFIG = 54;
        /// A slave reads the timer's check point; binary body.
        GET_TIMER_CHECK_POINT = 60;
        /// A slave reads the timer's counters.
        GET_TIMER_METRICS = 61;
        /// Set a value in the name server.
        PUT_KV_CONFIG = 100;
        /// Read a value from the name server.
        GET_KV_CONFIG = 101;
        /// Remove a value from the name server.
        DELETE_KV_CONFIG = 102;
        /// A broker's topics and addresses.
        REGISTER_BROKER = 103;
        /// A broker leaves.
        UNREGISTER_BROKER = 104;
        /// The brokers and queues of a topic.
        GET_ROUTEINFO_BY_TOPIC = 105;
        /// All brokers and clusters.
        GET_BROKER_CLUSTER_INFO = 106;
        /// Create or change a consumer group.
        UPDATE_AND_CREATE_SUBSCRIPTIONGROUP = 200;
        /// The group table of a broker.
        GET_ALL_SUBSCRIPTIONGROUP_CONFIG = 201;
        /// Offsets of all queues of a topic.
        GET_TOPIC_STATS_INFO = 202;
        /// Clients and subscriptions of a group.
        GET_CONSUMER_CONNECTION_LIST = 203;
        /// Clients of a producer group.
        GET_PRODUCER_CONNECTION_LIST = 204;
        /// Take writing off a broker's queues.
        WIPE_WRITE_PERM_OF_BROKER = 205;
        /// Names of all topics.
        GET_ALL_TOPIC_LIST_FROM_NAMESERVER = 206;
        /// Remove a consumer group.
        DELETE_SUBSCRIPTIONGROUP = 207;
        /// Progress of a group.
        GET_CONSUME_STATS = 208;
        /// Declared in Java, without a handler.
        SUSPEND_CONSUMER = 209;
        /// Declared in Java, without a handler.
        RESUME_CONSUMER = 210;
        /// Declared in Java, without a handler.
        RESET_CONSUMER_OFFSET_IN_CONSUMER = 211;
        /// Declared in Java, without a handler.
        RESET_CONSUMER_OFFSET_IN_BROKER = 212;
        /// Declared in Java, without a handler.
        ADJUST_CONSUMER_THREAD_POOL = 213;
        /// Declared in Java, without a handler.
        WHO_CONSUME_THE_MESSAGE = 214;
        /// Remove a topic from a broker.
        DELETE_TOPIC_IN_BROKER = 215;
        /// Remove a topic from the name server.
        DELETE_TOPIC_IN_NAMESRV = 216;
        /// Add a topic to the name server.
        REGISTER_TOPIC_IN_NAMESRV = 217;
        /// All values of a namespace of the name server.
        GET_KVLIST_BY_NAMESPACE = 219;
        /// Broker tells a client to move its offsets.
        RESET_CONSUMER_CLIENT_OFFSET = 220;
        /// Broker asks a client for its offsets.
        GET_CONSUMER_STATUS_FROM_CLIENT = 221;
        /// Reset a group's offsets.
        INVOKE_BROKER_TO_RESET_OFFSET = 222;
        /// Ask a group's clients for their offsets.
        INVOKE_BROKER_TO_GET_CONSUMER_STATUS = 223;
        /// Names of a cluster's topics.
        GET_TOPICS_BY_CLUSTER = 224;
        /// Create or change several consumer groups.
        UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST = 225;
        /// Groups that consume a topic.
        QUERY_TOPIC_CONSUME_BY_WHO = 300;
        /// Declared in Java, without a handler.
        REGISTER_FILTER_SERVER = 301;
        /// Declared in Java, without a handler.
        REGISTER_MESSAGE_FILTER_CLASS = 302;
        /// How far behind a group is, in time.
        QUERY_CONSUME_TIME_SPAN = 303;
        /// Names of clusters and brokers, which are topics.
        GET_SYSTEM_TOPIC_LIST_FROM_NS = 304;
        /// Names of a broker's own topics.
        GET_SYSTEM_TOPIC_LIST_FROM_BROKER = 305;
        /// Remove consume queues of expired records.
        CLEAN_EXPIRED_CONSUMEQUEUE = 306;
        /// A consumer's view of itself.
        GET_CONSUMER_RUNNING_INFO = 307;
        /// Lowest offsets over groups.
        QUERY_CORRECTION_OFFSET = 308;
        /// Have a client consume one record now.
        CONSUME_MESSAGE_DIRECTLY = 309;
        /// Store one message or a batch; header with one-letter field names.
        SEND_MESSAGE_V2 = 310;
        /// Names of unit topics.
        GET_UNIT_TOPIC_LIST = 311;
        /// Names of topics with unit subscriptions.
        GET_HAS_UNIT_SUB_TOPIC_LIST = 312;
        /// Names of non-unit topics with unit subscriptions.
        GET_HAS_UNIT_SUB_UNUNIT_TOPIC_LIST = 313;
        /// Copy a group's offsets to another.
        CLONE_GROUP_OFFSET = 314;
        /// One statistics item.
        VIEW_BROKER_STATS_DATA = 315;
        /// Remove consume queues of topics that are gone.
        CLEAN_UNUSED_TOPIC = 316;
        /// Progress of all groups.
        GET_BROKER_CONSUME_STATS = 317;
        /// Change name server settings; properties text.
        UPDATE_NAMESRV_CONFIG = 318;
        /// Name server settings as properties text.
        GET_NAMESRV_CONFIG = 319;
        /// Store a batch; header with one-letter field names.
        SEND_BATCH_MESSAGE = 320;
        /// Raw entries of a consume queue.
        QUERY_CONSUME_QUEUE = 321;
        /// Does the name server know this version of a broker's topics; also a heartbeat.
        QUERY_DATA_VERSION = 322;
        /// Check a half message again.
        RESUME_CHECK_HALF_MESSAGE = 323;
        /// Answer of request-reply; full field names.
        SEND_REPLY_MESSAGE = 324;
        /// Answer of request-reply; one-letter field names.
        SEND_REPLY_MESSAGE_V2 = 325;
        /// Broker hands the answer to the requester.
        PUSH_REPLY_MESSAGE_TO_CLIENT = 326;
        /// Give writing back to a broker's queues.
        ADD_WRITE_PERM_OF_BROKER = 327;
        /// All producer groups and clients.
        GET_ALL_PRODUCER_INFO = 328;
        /// Remove expired commit log files now.
        DELETE_EXPIRED_COMMITLOG = 329;
        /// Topics that a group has offsets for.
        QUERY_TOPICS_BY_CONSUMER = 343;
        /// A group's subscription to a topic.
        QUERY_SUBSCRIPTION_BY_CONSUMER = 345;
        /// The configuration of a topic.
        GET_TOPIC_CONFIG = 351;
        /// The configuration of a group.
        GET_SUBSCRIPTIONGROUP_CONFIG = 352;
        /// Forbid or allow a group a topic.
        UPDATE_AND_GET_GROUP_FORBIDDEN = 353;
        /// Compare consume queues of two kinds of store.
        CHECK_ROCKSDB_CQ_WRITE_PROGRESS = 354;
        /// Write metadata as JSON files.
        EXPORT_ROCKSDB_CONFIG_TO_JSON = 355;
        /// Pull of the lite pull consumer.
        LITE_PULL_MESSAGE = 361;
        /// Take back a timer message.
        RECALL_MESSAGE = 370;
        /// Queues the broker assigns to a client.
        QUERY_ASSIGNMENT = 400;
        /// Choose pull or pop for a group and topic.
        SET_MESSAGE_REQUEST_MODE = 401;
        /// A slave reads the modes of 401.
        GET_ALL_MESSAGE_REQUEST_MODE = 402;
        /// Create or change a static topic.
        UPDATE_AND_CREATE_STATIC_TOPIC = 513;
        /// Addresses of one broker name.
        GET_BROKER_MEMBER_GROUP = 901;
        /// Start a broker in a container.
        ADD_BROKER = 902;
        /// Stop a broker of a container.
        REMOVE_BROKER = 903;
        /// A broker is alive.
        BROKER_HEARTBEAT = 904;
        /// Name server tells brokers who is the smallest.
        NOTIFY_MIN_BROKER_ID_CHANGE = 905;
        /// Master and slave tell each other addresses and offsets.
        EXCHANGE_BROKER_HA_INFO = 906;
        /// State of replication.
        GET_BROKER_HA_STATUS = 907;
        /// Move a slave's idea of the master's offset.
        RESET_MASTER_FLUSH_OFFSET = 908;
        /// Controller: change the set of in-sync replicas.
        CONTROLLER_ALTER_SYNC_STATE_SET = 1001;
        /// Controller: elect a master.
        CONTROLLER_ELECT_MASTER = 1002;
        /// Controller: register a replica.
        CONTROLLER_REGISTER_BROKER = 1003;
        /// Controller: who is master.
        CONTROLLER_GET_REPLICA_INFO = 1004;
        /// Controller: who leads.
        CONTROLLER_GET_METADATA_INFO = 1005;
        /// Controller: replicas of broker names.
        CONTROLLER_GET_SYNC_STATE_DATA = 1006;
        /// Epochs of a replica.
        GET_BROKER_EPOCH_CACHE = 1007;
        /// Controller tells replicas their role.
        NOTIFY_BROKER_ROLE_CHANGED = 1008;
        /// Controller settings.
        UPDATE_CONTROLLER_CONFIG = 1009;
        /// Controller settings.
        GET_CONTROLLER_CONFIG = 1010;
        /// Controller: forget replicas.
        CLEAN_BROKER_DATA = 1011;
        /// Controller: next free replica id.
        CONTROLLER_GET_NEXT_BROKER_ID = 1012;
        /// Controller: take a replica id.
        CONTROLLER_APPLY_BROKER_ID = 1013;
        /// Set cold-read thresholds of groups.
        UPDATE_COLD_DATA_FLOW_CTR_CONFIG = 2001;
        /// Remove a cold-read threshold.
        REMOVE_COLD_DATA_FLOW_CTR_CONFIG = 2002;
        /// Show cold-read thresholds.
        GET_COLD_DATA_FLOW_CTR_INFO = 2003;
        /// Choose read-ahead of the commit log.
        SET_COMMITLOG_READ_MODE = 2004;
        /// ACL 2 administration.
        AUTH_CREATE_USER = 3001;
        /// ACL 2 administration.
        AUTH_UPDATE_USER = 3002;
        /// ACL 2 administration.
        AUTH_DELETE_USER = 3003;
        /// ACL 2 administration.
        AUTH_GET_USER = 3004;
        /// ACL 2 administration.
        AUTH_LIST_USER = 3005;
        /// ACL 2 administration.
        AUTH_CREATE_ACL = 3006;
        /// ACL 2 administration.
        AUTH_UPDATE_ACL = 3007;
        /// ACL 2 administration.
        AUTH_DELETE_ACL = 3008;
        /// ACL 2 administration.
        AUTH_GET_ACL = 3009;
        /// ACL 2 administration.
        AUTH_LIST_ACL = 3010;
        /// Fetch records and hide them for a while.
        POP_MESSAGE = 200050;
        /// Acknowledge a popped record.
        ACK_MESSAGE = 200051;
        /// Look at records without hiding them.
        PEEK_MESSAGE = 200052;
        /// Hide a popped record for another while.
        CHANGE_MESSAGE_INVISIBLETIME = 200053;
        /// Wait until there is something to pop.
        NOTIFICATION = 200054;
        /// How many pops wait.
        POLLING_INFO = 200055;
        /// Move pop records back to the default store.
        POP_ROLLBACK = 200056;
        /// Acknowledge several popped records.
        BATCH_ACK_MESSAGE = 200151;
    }
}

/// How it went.
pub mod response {
    codes! {
        /// Done.
        SUCCESS = 0;
        /// An exception of any kind. Senders try another broker.
        SYSTEM_ERROR = 1;
        /// Overload. Senders try again.
        SYSTEM_BUSY = 2;
        /// No handler for the code on this port.
        REQUEST_CODE_NOT_SUPPORTED = 3;
        /// Declared, unused.
        TRANSACTION_FAILED = 4;
        /// Stored; not synced in time.
        FLUSH_DISK_TIMEOUT = 10;
        /// Stored; no usable slave.
        SLAVE_NOT_AVAILABLE = 11;
        /// Stored; not replicated in time.
        FLUSH_SLAVE_TIMEOUT = 12;
        /// Over a limit or against a batch or timer rule.
        MESSAGE_ILLEGAL = 13;
        /// Store shut down or full, or a slave. Senders try again.
        SERVICE_NOT_AVAILABLE = 14;
        /// 5.x proxy only.
        VERSION_NOT_SUPPORTED = 15;
        /// Broker, topic or group permission, or a setting that must not be changed.
        NO_PERMISSION = 16;
        /// No such topic, or no route.
        TOPIC_NOT_EXIST = 17;
        /// Declared, unused.
        TOPIC_EXIST_ALREADY = 18;
        /// Nothing at the offset yet.
        PULL_NOT_FOUND = 19;
        /// Records were scanned and none matched.
        PULL_RETRY_IMMEDIATELY = 20;
        /// The offset is outside the queue, or was reset.
        PULL_OFFSET_MOVED = 21;
        /// No such key, offset or value.
        QUERY_NOT_FOUND = 22;
        /// A filter expression does not compile.
        SUBSCRIPTION_PARSE_FAILED = 23;
        /// The group's subscription is not known yet.
        SUBSCRIPTION_NOT_EXIST = 24;
        /// The broker knows an older subscription.
        SUBSCRIPTION_NOT_LATEST = 25;
        /// No such group.
        SUBSCRIPTION_GROUP_NOT_EXIST = 26;
        /// No filter data for an SQL92 subscription yet.
        FILTER_DATA_NOT_EXIST = 27;
        /// Filter data older than the subscription.
        FILTER_DATA_NOT_LATEST = 28;
        /// A name, queue or number that can never be right (5.2 and later).
        INVALID_PARAMETER = 29;
        /// Declared, unused.
        TRANSACTION_SHOULD_COMMIT = 200;
        /// Declared, unused.
        TRANSACTION_SHOULD_ROLLBACK = 201;
        /// Declared, unused.
        TRANSACTION_STATE_UNKNOW = 202;
        /// Declared, unused.
        TRANSACTION_STATE_GROUP_WRONG = 203;
        /// Never from an open-source broker.
        NO_BUYER_ID = 204;
        /// Never from an open-source broker.
        NOT_IN_CURRENT_UNIT = 205;
        /// The group has no live client.
        CONSUMER_NOT_ONLINE = 206;
        /// A client did not answer the broker in time.
        CONSUME_MSG_TIMEOUT = 207;
        /// An acknowledged offset is outside the queue.
        NO_MESSAGE = 208;
        /// Too many pops wait. (4.9: updating an ACL account failed.)
        POLLING_FULL = 209;
        /// Nothing to pop in time. (4.9: deleting an ACL account failed.)
        POLLING_TIMEOUT = 210;
        /// No such broker in a container. (4.9: changing an ACL white list failed.)
        BROKER_NOT_EXIST = 211;
        /// Declared, unused.
        BROKER_DISPATCH_NOT_COMPLETE = 212;
        /// Tools only.
        BROADCAST_CONSUMPTION = 213;
        /// Never from an open-source broker.
        FLOW_CONTROL = 215;
        /// A static topic's queue is led elsewhere.
        NOT_LEADER_FOR_QUEUE = 501;
        /// A transaction after its immunity time, or a bad recall handle.
        ILLEGAL_OPERATION = 604;
        /// The server is shutting down: reconnect and try again.
        GO_AWAY = 1500;
        /// Controller.
        CONTROLLER_FENCED_MASTER_EPOCH = 2000;
        /// Controller.
        CONTROLLER_FENCED_SYNC_STATE_SET_EPOCH = 2001;
        /// Controller.
        CONTROLLER_INVALID_MASTER = 2002;
        /// Controller.
        CONTROLLER_INVALID_REPLICAS = 2003;
        /// Controller.
        CONTROLLER_MASTER_NOT_AVAILABLE = 2004;
        /// Controller.
        CONTROLLER_INVALID_REQUEST = 2005;
        /// Controller.
        CONTROLLER_BROKER_NOT_ALIVE = 2006;
        /// Controller.
        CONTROLLER_NOT_LEADER = 2007;
        /// Controller.
        CONTROLLER_BROKER_METADATA_NOT_EXIST = 2008;
        /// Controller.
        CONTROLLER_INVALID_CLEAN_BROKER_METADATA = 2009;
        /// Controller.
        CONTROLLER_BROKER_NEED_TO_BE_REGISTERED = 2010;
        /// Controller.
        CONTROLLER_MASTER_STILL_EXIST = 2011;
        /// Controller.
        CONTROLLER_ELECT_MASTER_FAILED = 2012;
        /// Controller.
        CONTROLLER_ALTER_SYNC_STATE_SET_FAILED = 2013;
        /// Controller.
        CONTROLLER_BROKER_ID_INVALID = 2014;
        /// Controller.
        CONTROLLER_JRAFT_INTERNAL_ERROR = 2015;
        /// Controller.
        CONTROLLER_BROKER_LIVE_INFO_NOT_EXISTS = 2016;
        /// ACL 2 administration.
        USER_NOT_EXIST = 3001;
        /// ACL 2 administration.
        POLICY_NOT_EXIST = 3002;
    }
}
