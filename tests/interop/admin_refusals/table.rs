//! The requests that are sent with something wrong.

/// Whom a request is for.
#[derive(Clone, Copy)]
pub enum To {
    /// The broker.
    Broker,
    /// The name server.
    NameServer,
}

use To::{Broker, NameServer};

/// A code, the fields of a request that makes sense, and its body. Numbers and truths are told by
/// their values.
pub type Request = (To, i32, &'static [(&'static str, &'static str)], &'static str);

const TOPIC: (&str, &str) = ("topic", "Orders");
const GROUP: (&str, &str) = ("group", "readers");
const CONSUMER: (&str, &str) = ("consumerGroup", "readers");
const QUEUE: (&str, &str) = ("queueId", "0");
const KEY: [(&str, &str); 2] = [("namespace", "room"), ("key", "one")];

const LOCK: &str = r#"{"consumerGroup":"readers","clientId":"c",
    "mqSet":[{"topic":"Orders","brokerName":"broker-a","queueId":0}]}"#;

/// The requests of the README's tables; what ends transactions is among their own records.
pub const REQUESTS: &[Request] = &[
    (
        Broker,
        17,
        &[
            ("topic", "Made"),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "4"),
            ("writeQueueNums", "4"),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
            ("attributes", ""),
        ],
        "",
    ),
    (Broker, 18, &[], r#"{"topicConfigList":[{"topicName":"Made"}]}"#),
    (Broker, 215, &[("topic", "Gone")], ""),
    (Broker, 351, &[TOPIC], ""),
    (Broker, 202, &[TOPIC], ""),
    (Broker, 300, &[TOPIC], ""),
    (Broker, 200, &[], r#"{"groupName":"made"}"#),
    (Broker, 225, &[], r#"{"groupConfigList":[{"groupName":"made"}]}"#),
    (Broker, 207, &[("groupName", "gone"), ("cleanOffset", "false")], ""),
    (Broker, 352, &[GROUP], ""),
    (Broker, 208, &[CONSUMER, TOPIC], ""),
    (Broker, 317, &[("isOrder", "false")], ""),
    (Broker, 203, &[CONSUMER], ""),
    (Broker, 204, &[("producerGroup", "senders")], ""),
    (Broker, 307, &[CONSUMER, ("clientId", "nobody"), ("jstackEnable", "false")], ""),
    (Broker, 309, &[CONSUMER, ("clientId", "nobody"), ("msgId", "no-id"), TOPIC], ""),
    (Broker, 222, &[TOPIC, GROUP, ("queueId", "-1"), ("timestamp", "0"), ("isForce", "true")], ""),
    (Broker, 223, &[TOPIC, GROUP, ("clientAddr", "")], ""),
    (Broker, 303, &[TOPIC, GROUP], ""),
    (Broker, 308, &[("compareGroup", "readers"), TOPIC, ("filterGroups", "")], ""),
    (
        Broker,
        314,
        &[("srcGroup", "readers"), ("destGroup", "copies"), TOPIC, ("offline", "false")],
        "",
    ),
    (Broker, 343, &[GROUP], ""),
    (Broker, 345, &[GROUP, TOPIC], ""),
    (Broker, 321, &[TOPIC, QUEUE, ("index", "0"), ("count", "1")], ""),
    (Broker, 323, &[TOPIC, ("msgId", "no-id")], ""),
    (Broker, 25, &[], "fileReservedTime=48\n"),
    (Broker, 315, &[("statsName", "TOPIC_PUT_NUMS"), ("statsKey", "Orders")], ""),
    (Broker, 29, &[TOPIC, QUEUE, ("timestamp", "0")], ""),
    (Broker, 30, &[TOPIC, QUEUE], ""),
    (Broker, 31, &[TOPIC, QUEUE], ""),
    (Broker, 32, &[TOPIC, QUEUE], ""),
    (Broker, 33, &[TOPIC, ("offset", "0")], ""),
    (
        Broker,
        12,
        &[TOPIC, ("key", "none"), ("maxNum", "32"), ("beginTimestamp", "0"), ("endTimestamp", "1")],
        "",
    ),
    (Broker, 14, &[CONSUMER, TOPIC, QUEUE], ""),
    (Broker, 15, &[CONSUMER, TOPIC, QUEUE, ("commitOffset", "0")], ""),
    (Broker, 21, &[("topicSeq", "0"), ("maxTopicNum", "1")], ""),
    (Broker, 201, &[("groupSeq", "0"), ("maxGroupNum", "1")], ""),
    (NameServer, 100, &[KEY[0], KEY[1], ("value", "two")], ""),
    (NameServer, 101, &KEY, ""),
    (NameServer, 102, &KEY, ""),
    (NameServer, 219, &[KEY[0]], ""),
    (NameServer, 205, &[("brokerName", "nobody")], ""),
    (NameServer, 327, &[("brokerName", "nobody")], ""),
    (NameServer, 216, &[("topic", "Gone")], ""),
    (NameServer, 224, &[("cluster", "none")], ""),
    (NameServer, 105, &[TOPIC], ""),
    (NameServer, 318, &[], "needWaitForService=false\n"),
    // Without parameters: what is sent beside is passed over.
    (Broker, 26, &[], ""),
    (Broker, 28, &[], ""),
    (Broker, 43, &[], ""),
    (Broker, 45, &[], ""),
    (Broker, 305, &[], ""),
    (Broker, 306, &[], ""),
    (Broker, 316, &[], ""),
    (Broker, 328, &[], ""),
    (Broker, 329, &[], ""),
    (NameServer, 106, &[], ""),
    (NameServer, 206, &[], ""),
    (NameServer, 304, &[], ""),
    (NameServer, 311, &[], ""),
    (NameServer, 312, &[], ""),
    (NameServer, 313, &[], ""),
    (NameServer, 319, &[], ""),
    // Of clients.
    (Broker, 34, &[], r#"{"clientID":"c","consumerDataSet":[],"producerDataSet":[]}"#),
    (
        Broker,
        35,
        &[("clientID", "c"), ("producerGroup", "senders"), ("consumerGroup", "readers")],
        "",
    ),
    (Broker, 36, &[("offset", "0"), GROUP, ("delayLevel", "1"), ("originTopic", "Orders")], ""),
    (Broker, 38, &[CONSUMER], ""),
    (Broker, 41, &[], LOCK),
    (Broker, 42, &[], LOCK),
    (
        Broker,
        46,
        &[],
        r#"{"clientId":"c","group":"readers","subscriptionData":{"topic":"Orders"}}"#,
    ),
    (Broker, 370, &[("producerGroup", "senders"), TOPIC, ("recallHandle", "none")], ""),
    (
        Broker,
        400,
        &[],
        r#"{"topic":"Orders","consumerGroup":"readers","clientId":"c",
            "strategyName":"AVG","messageModel":"CLUSTERING"}"#,
    ),
    (
        Broker,
        11,
        &[
            CONSUMER,
            TOPIC,
            QUEUE,
            ("queueOffset", "0"),
            ("maxMsgNums", "1"),
            ("sysFlag", "4"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "0"),
            ("subscription", "*"),
            ("subVersion", "0"),
            ("expressionType", "TAG"),
        ],
        "",
    ),
    (
        Broker,
        10,
        &[
            ("producerGroup", "senders"),
            TOPIC,
            ("defaultTopic", "TBW102"),
            ("defaultTopicQueueNums", "4"),
            QUEUE,
            ("sysFlag", "0"),
            ("bornTimestamp", "1"),
            ("flag", "0"),
            ("properties", ""),
            ("reconsumeTimes", "0"),
            ("unitMode", "false"),
            ("batch", "false"),
        ],
        "body",
    ),
    (
        Broker,
        310,
        &[
            ("a", "senders"),
            ("b", "Orders"),
            ("c", "TBW102"),
            ("d", "4"),
            ("e", "0"),
            ("f", "0"),
            ("g", "1"),
            ("h", "0"),
            ("i", ""),
            ("j", "0"),
            ("k", "false"),
            ("m", "false"),
        ],
        "body",
    ),
    // Of brokers.
    (
        NameServer,
        103,
        &[
            ("brokerName", "other"),
            ("brokerAddr", "127.0.0.9:1"),
            ("clusterName", "others"),
            ("haServerAddr", "127.0.0.9:2"),
            ("brokerId", "0"),
            ("compressed", "false"),
            ("bodyCrc32", "0"),
        ],
        r#"{"topicConfigSerializeWrapper":{"dataVersion":{"counter":1,"timestamp":1},
            "topicConfigTable":{}}}"#,
    ),
    (
        NameServer,
        322,
        &[
            ("brokerName", "other"),
            ("brokerAddr", "127.0.0.9:1"),
            ("clusterName", "others"),
            ("brokerId", "0"),
        ],
        r#"{"counter":1,"timestamp":1}"#,
    ),
    (
        NameServer,
        904,
        &[("clusterName", "others"), ("brokerAddr", "127.0.0.9:1"), ("brokerName", "other")],
        "",
    ),
    (NameServer, 901, &[("clusterName", "others"), ("brokerName", "other")], ""),
    (
        NameServer,
        104,
        &[
            ("brokerName", "other"),
            ("brokerAddr", "127.0.0.9:1"),
            ("clusterName", "others"),
            ("brokerId", "0"),
        ],
        "",
    ),
    (NameServer, 217, &[("topic", "Told")], r#"{"queueDatas":[],"brokerDatas":[]}"#),
    // Known to neither.
    (Broker, 999, &[TOPIC], ""),
    (NameServer, 998, &[TOPIC], ""),
];
