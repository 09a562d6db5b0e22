//! Offsets that the clients of a group reset, compared with a Java broker.

use crate::broker::control::tests::broker::{Broker, on_broker, request};
use crate::broker::control::tests::golden::frames;
use crate::broker::control::tests::groups_online::listen;
use crate::broker::control::tests::peers::{LIMIT, Noting, connect};
use crate::net::Connection;
use crate::protocol::code::{request as code, response};
use crate::protocol::{Command, Language};

/// What a Java 5.5.0 broker and its client said to each other: 222, its answer, 220.
const RECORDED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/golden/client-5.5.0/json/admin-resetOffset-clientside.jsonl"
));

const CLIENT_MODE: &str = "useServerSideResetOffset=false\n";

async fn join(client: &Connection, version: i32) {
    let body = "{\"clientID\":\"a\",\"consumerDataSet\":[{\"groupName\":\"gadm_550j\"}]}";
    let beat = Command { version, ..request(code::HEART_BEAT, &[], body) };
    assert_eq!(client.call(beat, LIMIT).await.unwrap().code, 0);
}

async fn commit(broker: &Broker, queue: &str, offset: &str) {
    let fields = [
        ("topic", "GoldTopic"),
        ("consumerGroup", "gadm_550j"),
        ("queueId", queue),
        ("commitOffset", offset),
    ];
    assert_eq!(broker.ask(&request(code::UPDATE_CONSUMER_OFFSET, &fields, "")).await.code, 0);
}

fn reset(force: &str) -> Command {
    let fields = [
        ("topic", "GoldTopic"),
        ("group", "gadm_550j"),
        ("timestamp", "1795244996477"),
        ("isForce", force),
    ];
    request(code::INVOKE_BROKER_TO_RESET_OFFSET, &fields, "")
}

fn pushed(command: &Command) -> bool {
    command.code == code::RESET_CONSUMER_CLIENT_OFFSET
}

#[test]
fn members_are_told_as_by_java() {
    on_broker(CLIENT_MODE, |broker| async move {
        broker.with_topic_and_group("GoldTopic", "gadm_550j").await;
        commit(&broker, "0", "9").await;
        commit(&broker, "1", "6").await;
        let address = listen(&broker);
        let at_client = Noting::new(|_| None);
        let client = connect(address, &at_client).await;
        join(&client, 513).await;
        let all = frames(RECORDED);
        let [(_, question), (_, answer), (_, notice)] = &all[..] else { panic!("{all:?}") };
        let ours = broker.ask(question).await;
        assert_eq!((ours.code, &ours.remark, &ours.body), (0, &answer.remark, &answer.body));
        let told = at_client.wait_for(pushed).await;
        let mut fields: Vec<_> = told.fields.iter().collect();
        let mut theirs: Vec<_> = notice.fields.iter().collect();
        fields.sort_unstable();
        theirs.sort_unstable();
        assert_eq!(fields, theirs);
        assert_eq!((told.is_oneway(), &told.body), (true, &notice.body));
        assert_eq!(broker.control.offset("gadm_550j", "GoldTopic", 0), Some(9), "the client's");

        let cpp = Command { language: Language::Cpp, ..question.clone() };
        assert_eq!(broker.ask(&cpp).await.code, 0);
        let told = at_client.wait_for(pushed).await;
        let text = std::str::from_utf8(&told.body).unwrap();
        let entry = |queue| {
            format!(
                "{{\"brokerName\":\"broker-a\",\"offset\":0,\"queueId\":{queue},\"topic\":\
                 \"GoldTopic\"}}"
            )
        };
        assert_eq!(text, format!("{{\"offsetTable\":[{},{}]}}", entry(1), entry(0)));
    });
}

#[test]
fn who_cannot_be_told_is_named() {
    on_broker(CLIENT_MODE, |broker| async move {
        let answer = broker.ask(&reset("true")).await;
        assert_eq!(answer.code, response::TOPIC_NOT_EXIST);
        broker.with_topic_and_group("GoldTopic", "gadm_550j").await;
        commit(&broker, "0", "9").await;
        let answer = broker.ask(&reset("true")).await;
        let remark = "THe consumer group <gadm_550j> not exist";
        assert_eq!((answer.code, answer.remark.as_deref()), (1, Some(remark)));
        commit(&broker, "1", "9").await;
        let answer = broker.ask(&reset("true")).await;
        let remark = "Consumer not online, so can not reset offset, Group: gadm_550j Topic: \
                      GoldTopic Timestamp: 1795244996477";
        assert_eq!((answer.code, answer.remark.as_deref()), (206, Some(remark)));
        let client = connect(listen(&broker), &Noting::new(|_| None)).await;
        join(&client, 27).await;
        let answer = broker.ask(&reset("true")).await;
        assert_eq!(answer.code, 1);
        let remark = answer.remark.unwrap();
        assert!(remark.starts_with("the client does not support this feature."), "{remark}");
    });
}
