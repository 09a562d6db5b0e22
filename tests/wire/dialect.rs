//! FastJSON's dialect, Java's hashes, properties text: what other peers than the recorded ones
//! write.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use ringmq::protocol::body::heartbeat::{
    ConsumeFromWhere, ConsumeType, Heartbeat, LockQueues, MessageModel,
};
use ringmq::protocol::body::offsets::{ResetOffsetList, ResetOffsets};
use ringmq::protocol::body::registration::{Registration, body_crc32};
use ringmq::protocol::body::route::{BrokerData, ClusterInfo, TopicRoute};
use ringmq::protocol::body::subscription::GroupConfig;
use ringmq::protocol::body::topic_config::TopicConfig;
use ringmq::protocol::body::{KeyValues, MessageQueue, properties};
use ringmq::protocol::fastjson::{DEPTH_MAX, Form, Table, Value, from_slice, to_vec, to_vec_as};
use ringmq::protocol::{BodyFault, java, version};

fn text<T: serde::Serialize>(value: &T) -> String {
    String::from_utf8(to_vec(value)).unwrap()
}

#[test]
fn a_heartbeat_of_a_cpp_client_is_read() {
    let body = br#"{"clientID":"cpp@1","consumerDataSet":[{"consumeFromWhere":4,"consumeType":1,
        "groupName":"g","messageModel":0,"subscriptionDataSet":[{"subString":"*",
        "subVersion":"1700000000000","topic":"T"}]}],"producerDataSet":[{"groupName":"p"}]}
    "#;
    let heartbeat: Heartbeat = from_slice(body).unwrap();
    let consumer = &heartbeat.consumers[0];
    assert_eq!(consumer.consume_from, ConsumeFromWhere::FirstOffset);
    assert_eq!(consumer.consume_type, ConsumeType::Passively);
    assert_eq!(consumer.message_model, MessageModel::Broadcasting);
    assert_eq!(consumer.subscriptions[0].version, 1_700_000_000_000);
    assert!(consumer.subscriptions[0].tags.is_empty());
    assert_eq!(heartbeat.producers[0].group, "p");
}

#[test]
fn a_heartbeat_of_a_go_client_is_read() {
    let body = br#"{"producerDataSet":[],"clientID":"go@1","consumerDataSet":[{"groupName":"g",
        "consumeType":"CONSUME_PASSIVELY","messageModel":"Clustering","unitMode":false,
        "consumeFromWhere":"SOMETHING_NEW","subscriptionDataSet":[{"classFilterMode":false,
        "topic":"T","subString":"a||b","tagsSet":["a","b"],"codeSet":[97,98],"subVersion":7,
        "expressionType":"TAG"}]}]}"#;
    let heartbeat: Heartbeat = from_slice(body).unwrap();
    let consumer = &heartbeat.consumers[0];
    assert_eq!(consumer.message_model, MessageModel::Clustering);
    assert_eq!(consumer.consume_from, ConsumeFromWhere::Unknown);
    assert_eq!(consumer.subscriptions[0].codes, [97, 98]);
    assert!(!text(&heartbeat).contains("consumeFromWhere"), "the unknown is left out");
}

#[test]
fn members_that_are_null_count_as_absent() {
    let config: TopicConfig =
        from_slice(b"{\"topicName\":\"T\",\"perm\":null,\"attributes\":null}").unwrap();
    assert_eq!((config.perm, config.read_queues), (6, 16));
    let group: GroupConfig =
        from_slice(b"{\"groupName\":\"g\",\"subscriptionDataSet\":null}").unwrap();
    assert_eq!((group.retries_max, group.subscriptions), (16, None));
    let lock: LockQueues = from_slice(b"{\"mqSet\":null,\"clientId\":\"c\"}").unwrap();
    assert!(lock.queues.is_empty());
}

#[test]
fn keys_of_any_kind_are_read() {
    for addrs in
        ["{0:\"a:1\",12:\"b:2\"}", "{\"0\":\"a:1\",\"12\":\"b:2\"}", "{'0':'a:1', '12':'b:2',}"]
    {
        let body = format!("{{brokerAddrs:{addrs},brokerName:\"n\"}}");
        let broker: BrokerData = from_slice(body.as_bytes()).unwrap();
        let expected = Table::from_iter([(0, "a:1".to_owned()), (12, "b:2".to_owned())]);
        assert_eq!(broker.addrs, expected, "{addrs}");
        assert_eq!(broker.broker_name, "n");
    }
    let queue = MessageQueue::new("t", "b", 3);
    let as_object = r#"{"offsetTable":{{"brokerName":"b","queueId":3,"topic":"t"}:42}}"#;
    let as_text =
        r#"{"offsetTable":{"{\"brokerName\":\"b\",\"queueId\":3,\"topic\":\"t\"}":"42"}}"#;
    let as_list = r#"{"offsetTable":[{"topic":"t","brokerName":"b","queueId":3,"offset":42}]}"#;
    for body in [as_object, as_text, as_list] {
        let offsets: ResetOffsets = from_slice(body.as_bytes()).unwrap();
        assert_eq!(offsets.offsets.0.get(&queue), Some(&42), "{body}");
        assert_eq!(text(&offsets), as_object);
        let list = ResetOffsetList::from(&offsets);
        let in_order =
            r#"{"offsetTable":[{"brokerName":"b","offset":42,"queueId":3,"topic":"t"}]}"#;
        assert_eq!(text(&list), in_order);
    }
}

#[test]
fn a_reference_is_read_as_nothing() {
    let body = br#"{"mqSet":[{"brokerName":"b","queueId":1,"topic":"t"},{"$ref":"$.mqSet[0]"}]}"#;
    let lock: LockQueues = from_slice(body).unwrap();
    assert_eq!(lock.queues, [MessageQueue::new("t", "b", 1), MessageQueue::default()]);
}

#[test]
fn scalars_are_read_in_any_clothes() {
    let body =
        br#"{"perm":"4","readQueueNums":8.0,"order":"true","topicName":12,"topicSysFlag":""}"#;
    let config: TopicConfig = from_slice(body).unwrap();
    assert_eq!((config.perm, config.read_queues, config.topic_sys_flag), (4, 8, 0));
    assert!(config.order);
    assert_eq!(config.topic, "12");
}

#[test]
fn texts_that_are_no_body_are_refused() {
    let refused = |body: &[u8]| from_slice::<Heartbeat>(body).unwrap_err().why;
    for body in [
        "",
        "not json",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1}}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":\"\\q\"}",
        "{\"a\":\"x}",
        "{\"consumerDataSet\":[}",
    ] {
        assert_eq!(refused(body.as_bytes()), BodyFault::NotJson, "{body}");
    }
    for body in [
        "[]",
        "1",
        "{\"clientID\":{}}",
        "{\"producerDataSet\":3}",
        "{\"heartbeatFingerprint\":\"x\"}",
        "{\"heartbeatFingerprint\":3000000000}",
        "{\"withoutSub\":\"maybe\"}",
    ] {
        let why = refused(body.as_bytes());
        assert!(matches!(why, BodyFault::Shape | BodyFault::NotJson), "{body}: {why:?}");
    }
    assert_eq!(refused(b"{\"clientID\":\"\xff\"}"), BodyFault::NotUtf8);
    let deep = usize::try_from(DEPTH_MAX).unwrap();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(from_slice::<Value>(nested(deep).as_bytes()).is_ok());
    for body in [nested(deep + 1), "[".repeat(1_000_000), "{\"a\":".repeat(1_000_000)] {
        assert_eq!(from_slice::<Value>(body.as_bytes()).unwrap_err().why, BodyFault::TooDeep);
        let unknown = format!("{{\"unknown\":{body}}}");
        assert_eq!(refused(unknown.as_bytes()), BodyFault::TooDeep);
    }
    // Objects as keys of objects as keys: each level is looked at twice, not twice as often.
    let keys = format!("{}{}", "{".repeat(60), "1".to_owned() + &":1}".repeat(60));
    assert!(from_slice::<Value>(keys.as_bytes()).is_ok());
}

#[test]
fn standard_json_quotes_what_javascript_cannot_hold() {
    let mut route = TopicRoute::default();
    let addrs = Table::from_iter([(0, "h:1".to_owned()), (1 << 60, "ü😀".to_owned())]);
    route.brokers.push(BrokerData { addrs, cluster: "c\"\u{1}".into(), ..Default::default() });
    let standard = String::from_utf8(route.encode_for(version::V4_9_4, false)).unwrap();
    let expected = "{\"0\":\"h:1\",\"1152921504606846976\":\"\\u00fc\\ud83d\\ude00\"}";
    assert!(standard.contains(expected), "{standard}");
    assert!(standard.is_ascii() && standard.contains("\"c\\\"\\u0001\""), "{standard}");
    serde_json::from_str::<serde_json::Value>(&standard).unwrap();
    let read: TopicRoute = from_slice(standard.as_bytes()).unwrap();
    assert_eq!(read, route);
    assert_eq!(route.encode_for(0, true), standard.as_bytes());
    let old = String::from_utf8(route.encode_for(399, false)).unwrap();
    assert!(old.contains("{0:\"h:1\",1152921504606846976:\"ü😀\"}"), "{old}");
    let numbers = Value::List(vec![Value::Integer((1 << 53) - 1), Value::Integer(1 << 53)]);
    let standard = to_vec_as(&numbers, Form::Standard);
    assert_eq!(standard, b"[9007199254740991,\"9007199254740992\"]");
    let queue = Table::from_iter([(MessageQueue::new("t", "b", 1), 2)]);
    let standard = String::from_utf8(to_vec_as(&queue, Form::Standard)).unwrap();
    assert_eq!(standard, r#"{"{\"brokerName\":\"b\",\"queueId\":1,\"topic\":\"t\"}":2}"#);
}

#[test]
fn go_can_split_broker_addresses_by_hand() {
    let broker = BrokerData { addrs: Table::from_iter([(0, "h:1".into())]), ..Default::default() };
    let info = ClusterInfo {
        brokers: Table::from_iter([("n".to_owned(), broker)]),
        clusters: Table::new(),
    };
    assert!(text(&info).contains("\"brokerAddrs\":{0:\"h:1\"},"), "no blanks");
}

#[test]
fn pretty_files_leave_no_empty_lines() {
    let nested =
        Table::from_iter([("a", Table::<&str, i32>::new()), ("b", Table::from_iter([("c", 1)]))]);
    let pretty = String::from_utf8(to_vec_as(&nested, Form::Pretty)).unwrap();
    assert_eq!(pretty, "{\n\t\"a\":{},\n\t\"b\":{\n\t\t\"c\":1\n\t}\n}");
    let queue = Table::from_iter([(MessageQueue::new("t", "b", 1), vec![1, 2])]);
    let pretty = String::from_utf8(to_vec_as(&queue, Form::Pretty)).unwrap();
    let key = r#"{"brokerName":"b","queueId":1,"topic":"t"}"#;
    assert_eq!(pretty, format!("{{\n\t{key}:[\n\t\t1,\n\t\t2\n\t]\n}}"));
}

#[test]
fn hashes_are_javas() {
    // Values of String.hashCode() as Java prints them.
    let cases = [
        ("", 0),
        ("a", 97),
        ("TagA", 2_598_919),
        ("Hello", 69_609_650),
        ("polygenelubricants", i32::MIN),
        ("标签", 857_175),
        ("😀", 1_772_899),
    ];
    for (text, hash) in cases {
        assert_eq!(java::string_hash(text), hash, "{text}");
    }
    assert_eq!(java::map_capacity(12), 16);
    assert_eq!(java::map_capacity(13), 32);
    assert_eq!(java::concurrent_capacity(None, 11), 16);
    assert_eq!(java::concurrent_capacity(None, 12), 32);
    assert_eq!(java::concurrent_capacity(Some(1024), 100), 2048);
    assert_eq!(java::map_order(&["b", "a", "c"]), ["a", "b", "c"]);
}

/// Queue 1 stands before queue 0 wherever Java lists the two of this topic.
#[test]
fn queues_stand_in_javas_order() {
    let queues = [0, 1].map(|id| MessageQueue::new("GoldTopic", "broker-a", id));
    let hashes = queues.each_ref().map(MessageQueue::java_hash);
    assert_eq!(java::walk_order(&hashes, java::map_capacity(2)), [1, 0]);
}

#[test]
fn version_ordinals_have_names() {
    let cases = [
        (0, "V0"),
        (213, "V4_0_0"),
        (317, "V4_5_2"),
        (399, "V4_9_3"),
        (409, "V4_9_8"),
        (413, "V5_0_0"),
        (475, "V5_3_1"),
        (478, "V5_3_3_SNAPSHOT"),
        (513, "V5_5_0"),
        (612, "HIGHER_VERSION"),
    ];
    for (ordinal, name) in cases {
        assert_eq!(version::name(ordinal), name);
    }
    assert_eq!(version::OURS, 513);
}

#[test]
fn properties_are_read_as_java_reads_them() {
    let text = "# comment\n! comment\n\n  a = 1 \nb:2\r\nc 3\nd\ne=x\\\n   y\n\
                f\\=g=\\u00e9\\t\\q\\\\\npath=C\\:\\\\data\nempty=\na=again";
    let pairs = properties::parse(text);
    let pairs: Vec<(&str, &str)> =
        pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected = [
        ("a", "1 "),
        ("b", "2"),
        ("c", "3"),
        ("d", ""),
        ("e", "xy"),
        ("f=g", "é\tq\\"),
        ("path", "C:\\data"),
        ("empty", ""),
        ("a", "again"),
    ];
    assert_eq!(pairs, expected);
}

#[test]
fn damaged_registrations_are_refused() {
    let mut registration = Registration::default();
    registration.filter_servers.push("f".into());
    for name in ["A", "B"] {
        let mut topic = TopicConfig { topic: name.into(), perm: 4, ..TopicConfig::default() };
        topic.attributes.push("k".to_owned(), "v w".to_owned());
        registration.topics.topics.push(name.into(), topic);
    }
    let body = registration.encode_compressed();
    assert_eq!(Registration::decode(&body, version::OURS).unwrap(), registration);
    assert_eq!(Registration::decode(b"", version::OURS).unwrap(), Registration::default());
    assert!(body_crc32(&body) >= 0);
    for at in 1..body.len() {
        assert!(Registration::decode(&body[..at], version::OURS).is_err(), "cut at {at}");
    }
    let mut plain = Vec::new();
    ZlibDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
    let decode = |plain: &[u8]| {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::fast());
        out.write_all(plain).unwrap();
        Registration::decode(&out.finish().unwrap(), version::OURS)
    };
    assert_eq!(decode(&plain).unwrap(), registration);
    // Brokers before 5.0 send no section of mappings: the four bytes of their count.
    let old = plain.len() - 4;
    for at in 0..plain.len() {
        assert_eq!(decode(&plain[..at]).is_ok(), at == old, "inner cut at {at}");
    }
    assert!(decode(&[&plain[..], &[0]].concat()).is_err(), "a byte more");
}

#[test]
fn tables_keep_their_order_and_find_the_last() {
    let body = br#"{"table":{"b":"1","a":"2","b":"3"}}"#;
    let values: KeyValues = from_slice(body).unwrap();
    assert_eq!(text(&values).as_bytes(), body);
    assert_eq!(values.table.get("b").map(String::as_str), Some("3"));
    let mut sorted = values.table.clone();
    sorted.sort();
    let keys: Vec<&str> = sorted.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["a", "b", "b"]);
}
