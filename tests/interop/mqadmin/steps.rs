//! The session: which commands, in which order, and what of their output may differ.

use super::differences::Rule::{self, Items, Only, Order, Value, Values, Without, Word};

/// The topic of the session.
pub const TOPIC: &str = "Orders";
/// Its queues.
pub const QUEUES: i32 = 2;
/// The group that consumes it.
pub const GROUP: &str = "readers";

/// One step.
pub enum Act {
    /// Waits until the name server serves the topic's route.
    Route,
    /// Sends messages `prefix-0`, ... with tag `TagA` and keys `key-prefix-0`, ... to a queue.
    Send {
        /// The queue.
        queue: i32,
        /// The start of their bodies.
        prefix: &'static str,
        /// How many.
        count: usize,
    },
    /// Starts a consumer, and waits until it has consumed and committed all.
    Consume,
    /// Waits until the broker's statistics, samples of every ten seconds, have what was sent and
    /// consumed.
    Counted,
    /// Ends the consumer.
    Leave,
    /// Runs mqadmin with these arguments; see [`Rule`].
    Admin(&'static str, &'static [Rule]),
    /// Does this, but not with 4.9.8.
    Since5(&'static Act),
    /// Notes what a file of the run's folder has in it.
    File(&'static str, &'static [Rule]),
    /// Waits until the files of the topic's queues are there, or are gone.
    Queues {
        /// Which of the two.
        there: bool,
    },
}

use Act::{Admin, Consume, Counted, File, Leave, Queues, Route, Send, Since5};

/// What a consumer commits for its retry topic depends on how long it lives.
const RETRIES: Rule = Without("%RETRY%readers", "there once the client has looked for retries");
const RATE: &[Rule] = &[Value("Consume TPS", "a rate over ten seconds"), RETRIES];
const RATES: &[Rule] =
    &[Word(3, "readers", "a rate over a minute"), Word(4, "readers", "a rate over a minute")];
const RUNNING: &[Rule] = &[Word(3, "@c#", "a file named after the time")];
const PROPERTIES: &[Rule] = &[Items("roperties", "a hash table of the broker, in Java's")];
const SEND_TIMES: &[Rule] = &[Word(3, "true", "a duration"), Value("Avg RT", "a duration")];
const LOAD: &[Rule] = &[
    Word(5, "<broker>", "a rate"),
    Word(6, "<broker>", "a rate"),
    Word(7, "<broker>", "no timers"),
    Word(11, "<broker>", "hours since the oldest message"),
    Word(12, "<broker>", "how full the disk is"),
];

const PRODUCERS: &[Rule] = &[
    Order("as the table of connections has them"),
    Without("@STREAM", "the tool itself, if its heartbeat was there first"),
];
const METADATA: &[Rule] = &[Value("\"exportTime\"", "now")];
const CONFIGS: &[Rule] =
    &[Without("filterServerNums", "kept from 4.9, whose exportConfigs fails without")];
const METRICS: &[Rule] = &[
    Value("\"totalNormalInTps\"", "a rate"),
    Value("\"normalInTps\"", "a rate"),
    Value("\"commitLogDiskRatio\"", "how full the disk is"),
    Value("\"consumeQueueDiskRatio\"", "how full the disk is"),
];
const ALL_RATES: &[Rule] = &[
    Order("a name server lists topics as its hash table has them"),
    Word(3, "readers", "a rate over a minute"),
    Word(4, "readers", "a rate over a minute"),
    Without("ROCKSDB", "no store on RocksDB"),
    Without("rmq_sys_REVIVE_LOG", "no POP consumption"),
    Without("rmq_sys_wheel_timer", "no timers"),
    Without("rmq_sys_SYNC_BROKER_MEMBER", "no slaves"),
];

/// Topics of what RingMQ does not have.
const UNBUILT: &[Rule] = &[
    Order("a name server lists topics as its hash table has them"),
    Without("ROCKSDB", "no store on RocksDB"),
    Without("rmq_sys_REVIVE_LOG", "no POP consumption"),
    Without("rmq_sys_wheel_timer", "no timers"),
    Without("rmq_sys_SYNC_BROKER_MEMBER", "no slaves"),
];

const STATUS: &[Rule] = &[
    Without("timer", "no timers"),
    Without("brokerVersion  ", "kept from 4.9, where exporters read it"),
    Without("getTransferedTps", "kept from 4.9, whose clusterList fails without"),
    Without("coreBusyMillis", "RingMQ's own"),
    Values("rates, times, sizes of queues and of the disk"),
];

/// The session.
pub const STEPS: &[Act] = &[
    Admin("updateTopic -c {cluster} -t Orders -r 2 -w 2", &[]),
    Route,
    Admin("updateSubGroup -c {cluster} -g readers -r 5", &[]),
    Admin("sendMessage -t Orders -p first -b {name} -i 0", &[]),
    Send { queue: 0, prefix: "b", count: 1 },
    Send { queue: 1, prefix: "c", count: 2 },
    Admin("topicList", UNBUILT),
    Admin("topicRoute -t Orders", &[]),
    Admin("topicRoute -t Orders -l", &[]),
    Admin("topicRoute -t NoSuch", &[]),
    Admin("topicStatus -t Orders", &[]),
    Admin("topicClusterList -t Orders", &[]),
    Admin("updateTopicPerm -t Orders -b {broker} -p 4", &[]),
    Admin("updateTopicPerm -t Orders -b {broker} -p 6", &[]),
    Admin("queryMsgByKey -t Orders -k key-c-0", &[]),
    Admin("queryMsgByKey -t Orders -k none", &[]),
    Admin("queryMsgByUniqueKey -t Orders -i {key}", PROPERTIES),
    Admin("queryMsgByOffset -t Orders -b {name} -i 1 -o 1", PROPERTIES),
    Admin("printMsg -t Orders -d true", PROPERTIES),
    Admin("printMsgByQueue -t Orders -a {name} -i 0 -p true -d true", PROPERTIES),
    Admin("consumeMessage -t Orders -b {name} -i 0 -o 0 -c 2", PROPERTIES),
    Admin("queryCq -t Orders -q 1 -i 0 -c 10 -b {broker}", &[]),
    Consume,
    Admin("consumerConnection -g readers", &[]),
    Admin("consumerProgress -g readers", RATE),
    Admin("consumerProgress -g readers -t Orders", RATE),
    Admin("consumerProgress -g readers -s true", RATE),
    Admin("consumerStatus -g readers", RUNNING),
    Admin("getConsumerConfig -g readers", &[]),
    Admin("producerConnection -g nobody -t Orders", &[]),
    Admin("producerConnection -g producers -t Orders", &[]),
    Admin("producer -b {broker}", PRODUCERS),
    Since5(&Admin("queryMsgById -t Orders -i {id}", PROPERTIES)),
    Admin("queryMsgById -i {id}", PROPERTIES),
    Admin("brokerConsumeStats -b {broker}", &[RETRIES]),
    Counted,
    Admin("statsAll -t Orders", RATES),
    Admin("statsAll", ALL_RATES),
    Leave,
    Admin("consumerProgress -g readers", RATE),
    Admin("resetOffsetByTime -g readers -t Orders -s 0", &[]),
    Admin("consumerProgress -g readers", RATE),
    Admin("skipAccumulatedMessage -g readers -t Orders", &[]),
    Admin("consumerProgress -g readers", RATE),
    Admin("cloneGroupOffset -s readers -d clones -t Orders", &[]),
    Admin("updateSubGroup -c {cluster} -g clones", &[]),
    Admin("cloneGroupOffset -s readers -d clones -t Orders", &[]),
    Admin("allocateMQ -t Orders -i 127.0.0.1,127.0.0.2", &[]),
    Since5(&Admin("clusterList", LOAD)),
    Admin("clusterList -m", &[]),
    Admin("brokerStatus -b {broker}", STATUS),
    Admin("updateBrokerConfig -b {broker} -k fileReservedTime -v 47", &[]),
    Admin("getBrokerConfig -b {broker}", &[Only("fileReservedTime", "paths")]),
    Admin("updateNamesrvConfig -k needWaitForService -v false", &[]),
    Admin("getNamesrvConfig", &[Order("as the table has them"), Only("needWait", "paths")]),
    Admin("updateKvConfig -s room -k one -v two", &[]),
    Admin("deleteKvConfig -s room -k one", &[]),
    Admin("updateOrderConf -t Orders -m put -v {name}:2", &[]),
    Admin("updateOrderConf -t Orders -m get", &[]),
    Admin("updateOrderConf -t Orders -m delete", &[]),
    Admin("wipeWritePerm -b {name}", &[]),
    Admin("addWritePerm -b {name}", &[]),
    Admin("sendMsgStatus -b {name} -s 16 -c 2", &[Value("rt", "a duration")]),
    Admin("checkMsgSendRT -t Orders -a 2 -s 16", SEND_TIMES),
    Admin("exportMetadata -c {cluster} -f {folder}", &[]),
    File("metadata.json", METADATA),
    // The commands of 4.9.8 fail at Java 5.5.0, whose answers lack what they read.
    Since5(&Admin("exportConfigs -c {cluster} -f {folder}", &[])),
    Since5(&File("configs.json", CONFIGS)),
    Since5(&Admin("exportMetrics -c {cluster} -f {folder}", &[])),
    Since5(&File("metrics.json", METRICS)),
    Admin("updateTopicList -b {broker} -f {folder}/none", &[]),
    Admin("updateSubGroupList -b {broker} -f {folder}/none", &[]),
    Queues { there: true },
    Admin("cleanExpiredCQ -c {cluster}", &[]),
    Admin("deleteExpiredCommitLog -c {cluster}", &[]),
    Admin("deleteSubGroup -c {cluster} -g readers", &[]),
    Admin("deleteTopic -c {cluster} -t Orders", &[]),
    Queues { there: false },
    Admin("cleanUnusedTopic -c {cluster}", &[]),
    Admin("topicStatus -t Orders", &[]),
];
