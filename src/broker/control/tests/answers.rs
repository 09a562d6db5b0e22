//! Answers compared with those of a Java broker, byte for byte where they do not depend on time.

use std::collections::BTreeSet;

use crate::broker::control::tests::broker::{Broker, on_broker, request};
use crate::broker::control::tests::golden::{exchanges, frames};
use crate::protocol::Command;
use crate::protocol::body::KeyValues;
use crate::protocol::body::connections::ConsumerConnections;
use crate::protocol::code::request as code;
use crate::protocol::fastjson::from_slice;

macro_rules! recorded {
    ($file:literal) => {
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/", $file))
    };
}

/// Code, remark, fields, whether there is a set of fields at all, body.
type Seen<'a> = (i32, Option<&'a str>, Vec<(&'a str, &'a str)>, bool, &'a str);

/// What a client sees of an answer.
fn seen(answer: &Command) -> Seen<'_> {
    let fields = answer.fields.iter().collect();
    let body = std::str::from_utf8(&answer.body).unwrap();
    (answer.code, answer.remark.as_deref(), fields, answer.fields.is_present(), body)
}

async fn replay(broker: &Broker, exchanges: &[(Command, Command)]) {
    assert!(!exchanges.is_empty(), "something was recorded");
    for (request, theirs) in exchanges {
        let ours = broker.ask(request).await;
        assert_eq!(seen(&ours), seen(theirs), "to {request:?}");
        assert_eq!(ours.opaque, request.opaque);
    }
}

#[test]
fn topics_are_created_and_refused_as_by_java() {
    on_broker("", |broker| async move {
        let file = recorded!("raw-5.5.0/create-topic-errors.jsonl");
        replay(&broker, &exchanges(file, &[code::UPDATE_AND_CREATE_TOPIC])).await;
        let file = recorded!("raw-5.5.0/delete-topic-errors.jsonl");
        replay(&broker, &exchanges(file, &[code::DELETE_TOPIC_IN_BROKER])).await;
        let made = broker.control.topics.borrow().get("GoldAttr").unwrap();
        assert_eq!((made.read_queues, made.write_queues), (0, 0));
    });
}

#[test]
fn offsets_are_answered_as_by_java() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("GoldTopic", "graw").await;
        let file = recorded!("raw-5.5.0/offsets.jsonl");
        let codes = [code::QUERY_CONSUMER_OFFSET, code::UPDATE_CONSUMER_OFFSET];
        // The first finds a message in the recorded broker's store, which this one has not.
        replay(&broker, &exchanges(file, &codes)[1..]).await;
        let all = broker.ask(&request(code::GET_ALL_CONSUMER_OFFSET, &[], "")).await;
        let body = std::str::from_utf8(&all.body).unwrap();
        assert!(
            body.ends_with("\"offsetTable\":{\"GoldTopic@graw\":{0:1}},\"pullOffsetTable\":{}}")
        );
    });
}

#[test]
fn clients_and_locks_are_answered_as_by_java() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("GoldTopic", "graw").await;
        let codes = [
            code::GET_CONSUMER_LIST_BY_GROUP,
            code::GET_CONSUMER_CONNECTION_LIST,
            code::GET_PRODUCER_CONNECTION_LIST,
            code::UNREGISTER_CLIENT,
            code::GET_CONSUMER_RUNNING_INFO,
            code::LOCK_BATCH_MQ,
            code::UNLOCK_BATCH_MQ,
        ];
        let file = recorded!("raw-5.5.0/clients.jsonl");
        replay(&broker, &exchanges(file, &codes)).await;
        let resets = exchanges(file, &[code::INVOKE_BROKER_TO_RESET_OFFSET]);
        // The third finds messages.
        replay(&broker, &resets[..2]).await;
    });
}

#[test]
fn looking_things_up_is_answered_as_by_java() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("GoldTopic", "graw").await;
        let codes = [
            code::GET_TOPIC_CONFIG,
            code::GET_SUBSCRIPTIONGROUP_CONFIG,
            code::GET_TOPIC_STATS_INFO,
            code::GET_CONSUME_STATS,
            code::QUERY_TOPICS_BY_CONSUMER,
            code::QUERY_SUBSCRIPTION_BY_CONSUMER,
            code::GET_ALL_PRODUCER_INFO,
        ];
        let file = recorded!("raw-5.5.0/broker-admin.jsonl");
        replay(&broker, &exchanges(file, &codes)).await;
        let lists = exchanges(file, &[code::GET_SYSTEM_TOPIC_LIST_FROM_BROKER]);
        let names = |answer: &Command| -> BTreeSet<String> {
            let list: crate::protocol::body::TopicList = from_slice(&answer.body).unwrap();
            list.topics.into_iter().collect()
        };
        let (request, theirs) = &lists[0];
        assert_eq!(names(&broker.ask(request).await), names(theirs));
    });
}

#[test]
fn whole_tables_are_answered_in_pages_as_by_java() {
    on_broker("", |broker| async move {
        for (code, total, parts) in [
            (
                code::GET_ALL_TOPIC_CONFIG,
                "totalTopicNum",
                [("topicSeq", "0"), ("maxTopicNum", "2")],
            ),
            (
                code::GET_ALL_SUBSCRIPTIONGROUP_CONFIG,
                "totalGroupNum",
                [("groupSeq", "0"), ("maxGroupNum", "2")],
            ),
        ] {
            let whole = broker.ask(&request(code, &[], "")).await;
            let page = broker.ask(&request(code, &parts, "")).await;
            assert_eq!(whole.fields.get(total), page.fields.get(total));
            let entries = |answer: &Command| {
                let text = std::str::from_utf8(&answer.body).unwrap();
                text.matches("\"attributes\":").count()
            };
            assert_eq!(entries(&whole).to_string(), whole.fields.get(total).unwrap());
            assert_eq!(entries(&page), 2);
        }
    });
}

#[test]
fn heartbeats_of_every_client_are_taken() {
    on_broker("", |broker| async move {
        let files = [
            recorded!("client-4.9.8/json/orderly-start.jsonl"),
            recorded!("client-4.9.8/json/lite-pull.jsonl"),
            recorded!("client-4.9.8/rocketmq/heartbeat-producer.jsonl"),
            recorded!("client-5.3.3/json/pull-consumer.jsonl"),
            recorded!("client-5.5.0/json/lite-pull.jsonl"),
        ];
        for file in files {
            replay_heartbeats(&broker, file).await;
        }
        let members = broker.control.members.borrow();
        for group in ["gorder_498j", "glite_498j", "gpull_533j", "glite_550j"] {
            assert!(members.consumer_group(group).is_some(), "{group}");
            assert!(broker.control.groups.borrow().get(group).is_some(), "{group}");
            let retry = broker.control.topics.borrow().get(&format!("%RETRY%{group}"));
            assert_eq!(retry.unwrap().perm, 6, "{group}");
        }
        assert_eq!(members.producers("gp_498r").count(), 1);
        let known = broker.core.view.borrow().subscriptions("gorder_498j").unwrap();
        assert_eq!(known.topics.len(), 2);
    });
}

async fn replay_heartbeats(broker: &Broker, file: &str) {
    let beats = exchanges(file, &[code::HEART_BEAT]);
    assert!(!beats.is_empty());
    for (request, theirs) in beats {
        let ours = broker.ask(&request).await;
        assert_eq!(seen(&ours), seen(&theirs), "to {request:?}");
    }
}

#[test]
fn odd_heartbeats_are_answered_with_javas_codes() {
    on_broker("", |broker| async move {
        let beats =
            exchanges(recorded!("raw-5.5.0/heartbeat-odd-bodies.jsonl"), &[code::HEART_BEAT]);
        assert!(beats.len() >= 3);
        for (request, theirs) in beats {
            let ours = broker.ask(&request).await;
            assert_eq!(ours.code, theirs.code, "to {:?}", request.body);
            assert_eq!(seen(&ours).2, seen(&theirs).2, "to {:?}", request.body);
        }
        let members = broker.control.members.borrow();
        assert!(members.consumer_groups().any(|(_, group)| !group.subscriptions.is_empty()));
    });
}

#[test]
fn a_consumer_is_listed_as_by_java() {
    on_broker("", |broker| async move {
        let file = recorded!("client-5.5.0/json/admin-consumerConnection.jsonl");
        let (request, theirs) = exchanges(file, &[code::GET_CONSUMER_CONNECTION_LIST]).remove(0);
        // The heartbeat that stands behind the recorded answer.
        let text = std::str::from_utf8(&theirs.body).unwrap();
        let table = text.split("\"subscriptionTable\":").nth(1).unwrap();
        let subscriptions: Vec<&str> = table
            .split("{\"classFilterMode\"")
            .skip(1)
            .map(|part| part.split('}').next().unwrap())
            .collect();
        let list: Vec<String> =
            subscriptions.iter().map(|part| format!("{{\"classFilterMode\"{part}}}")).collect();
        let beat = format!(
            "{{\"clientID\":\"127.0.0.1@admcons_550j\",\"consumerDataSet\":[{{\"consumeFromWhere\":\
             \"CONSUME_FROM_LAST_OFFSET\",\"consumeType\":\"CONSUME_PASSIVELY\",\"groupName\":\
             \"gadm_550j\",\"messageModel\":\"CLUSTERING\",\"subscriptionDataSet\":[{}]}}]}}",
            list.join(",")
        );
        let heartbeat = super::broker::request(code::HEART_BEAT, &[], &beat);
        assert_eq!(broker.ask(&heartbeat).await.code, 0);
        let ours = broker.ask(&request).await;
        let listed = |answer: &Command| {
            let mut listed: ConsumerConnections = from_slice(&answer.body).unwrap();
            // The order of a hash map.
            listed.subscriptions.sort();
            listed
        };
        assert_eq!((ours.code, listed(&ours)), (theirs.code, listed(&theirs)));
    });
}

#[test]
fn runtime_information_has_every_key_that_tools_read() {
    on_broker("", |broker| async move {
        let file = recorded!("client-5.5.0/json/admin-clusterList.jsonl");
        let (request, theirs) = exchanges(file, &[code::GET_BROKER_RUNTIME_INFO]).remove(0);
        let keys = |answer: &Command| -> BTreeSet<String> {
            let table: KeyValues = from_slice(&answer.body).unwrap();
            let keys = table.table.into_iter().map(|(key, _)| key);
            keys.filter(|key| !key.contains('/')).collect()
        };
        let ours = keys(&broker.ask(&request).await);
        let missing: Vec<String> =
            keys(&theirs).into_iter().filter(|key| !ours.contains(key)).collect();
        // Of the log, which this broker has not, and of delayed delivery.
        let expected = [
            "commitLogDirCapacity",
            "commitLogDiskRatio",
            "commitLogMaxOffset",
            "commitLogMinOffset",
            "consumeQueueDiskRatio",
            "dispatchBehindBytes",
            "earliestMessageTimeStamp",
            "remainHowManyDataToFlush",
            "scheduleMessageOffset_1",
        ];
        assert_eq!(missing, expected);
    });
}

#[test]
fn what_is_not_built_says_so() {
    on_broker("", |broker| async move {
        let file = recorded!("raw-5.5.0/unsupported-code-broker.jsonl");
        let all: Vec<i32> = frames(file).iter().map(|(_, command)| command.code).collect();
        replay(&broker, &exchanges(file, &all)).await;
    });
}

#[test]
fn a_reset_counts_until_the_group_was_told() {
    on_broker("", |broker| async move {
        broker.with_topic_and_group("T", "g").await;
        let commit =
            [("topic", "T"), ("consumerGroup", "g"), ("queueId", "1"), ("commitOffset", "7")];
        let commit = request(code::UPDATE_CONSUMER_OFFSET, &commit, "");
        assert_eq!(broker.ask(&commit).await.code, 0);
        let reset = [("topic", "T"), ("group", "g"), ("timestamp", "-1"), ("isForce", "true")];
        let reset = broker.ask(&request(code::INVOKE_BROKER_TO_RESET_OFFSET, &reset, "")).await;
        assert_eq!(seen(&reset).0, 0);
        assert_eq!(seen(&reset).4.matches("\"queueId\"").count(), 2);
        assert_eq!(broker.core.view.borrow().reset("g", "T", 1), Some(0));
        assert_eq!(
            broker.ask(&commit).await.remark.as_deref(),
            Some("Offset has been previously reset")
        );
        broker.control.commit_offset("g", "T", 1, 9);
        assert_eq!(broker.control.offset("g", "T", 1), Some(0));
        broker.control.reset_told(&broker.core, "g", "T", 1);
        assert_eq!(broker.core.view.borrow().reset("g", "T", 1), None);
        assert_eq!(broker.ask(&commit).await.remark, None);
        assert_eq!(broker.control.offset("g", "T", 1), Some(7));
        let delete = [("groupName", "g"), ("cleanOffset", "true")];
        assert_eq!(broker.ask(&request(code::DELETE_SUBSCRIPTIONGROUP, &delete, "")).await.code, 0);
        assert_eq!(broker.core.view.borrow().reset("g", "T", 0), None);
        assert_eq!(broker.control.offset("g", "T", 1), None);
    });
}
