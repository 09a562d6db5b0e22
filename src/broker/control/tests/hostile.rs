//! Requests that no client sends.

use crate::broker::control::tests::broker::{on_broker, request};
use crate::protocol::code::request as code;

/// Every code that the control plane answers.
const CODES: &[i32] = &[
    14, 15, 17, 18, 21, 25, 26, 28, 34, 35, 38, 41, 42, 43, 46, 200, 201, 202, 203, 204, 207, 208,
    215, 222, 223, 225, 300, 303, 305, 307, 308, 309, 314, 315, 317, 328, 343, 345, 351,
];

#[test]
fn missing_and_wrong_fields_change_nothing() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("T", "g").await;
        let before = broker.state();
        let huge = "x".repeat(100_000);
        let values = ["", " ", "abc", "-1", "99999999999999999999", "\u{0}\u{ffff}@", &huge];
        let names = [
            "topic",
            "consumerGroup",
            "group",
            "groupName",
            "producerGroup",
            "clientId",
            "clientID",
            "queueId",
            "commitOffset",
            "timestamp",
            "isForce",
            "offset",
            "msgId",
            "statsName",
            "statsKey",
            "defaultTopic",
            "readQueueNums",
            "writeQueueNums",
            "perm",
            "order",
            "topicFilterType",
            "attributes",
            "srcGroup",
            "destGroup",
            "compareGroup",
            "isOrder",
            "topicSeq",
            "maxTopicNum",
            "groupSeq",
            "maxGroupNum",
            "cleanOffset",
            "topicList",
        ];
        for &code in CODES {
            broker.ask(&request(code, &[], "")).await;
            for value in values {
                let fields: Vec<_> = names.iter().map(|name| (*name, value)).collect();
                broker.ask(&request(code, &fields, "")).await;
            }
            for body in
                ["{", "[]", "null", "\"\"", "{\"topicConfigList\":[{}]}", "\u{1}\u{2}", "=\n=="]
            {
                broker.ask(&request(code, &[], body)).await;
            }
            assert_eq!(broker.state(), before, "code {code}");
        }
    });
}

#[test]
fn numbers_of_queues_are_bounded() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("T", "g").await;
        for queues in ["-1", "65537", "2147483647"] {
            let fields = [
                ("topic", "Wide"),
                ("defaultTopic", "TBW102"),
                ("readQueueNums", queues),
                ("writeQueueNums", "1"),
                ("perm", "6"),
                ("topicFilterType", "SINGLE_TAG"),
            ];
            assert_eq!(broker.ask(&request(17, &fields, "")).await.code, 29, "{queues}");
            let body = format!("{{\"groupName\":\"h\",\"retryQueueNums\":{queues}}}");
            assert_eq!(broker.ask(&request(200, &[], &body)).await.code, 29, "{queues}");
            let fields = [
                ("topic", "T"),
                ("consumerGroup", "g"),
                ("queueId", queues),
                ("commitOffset", "1"),
            ];
            assert_eq!(broker.ask(&request(15, &fields, "")).await.code, 29, "{queues}");
        }
        assert!(broker.control.topics.borrow().get("Wide").is_none());
        assert!(broker.control.groups.borrow().get("h").is_none());
    });
}

#[test]
fn a_heartbeat_cannot_fill_the_memory() {
    on_broker("", |broker| async move {
        let groups: Vec<String> =
            (0..10_000).map(|at| format!("{{\"groupName\":\"g{at}\"}}")).collect();
        for set in ["producerDataSet", "consumerDataSet"] {
            let body = format!("{{\"clientID\":\"c\",\"{set}\":[{}]}}", groups.join(","));
            assert_eq!(broker.ask(&request(code::HEART_BEAT, &[], &body)).await.code, 1);
        }
        let members = broker.control.members.borrow();
        assert_eq!(members.producer_groups().count(), 0);
        assert_eq!(members.consumer_groups().count(), 0);
    });
}
