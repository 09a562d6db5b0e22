use super::*;
use crate::broker::control::tests::golden::{configuration, frames};
use crate::message::topic::SCHEDULE_TOPIC;
use crate::protocol::body::registration::Registration;
use crate::protocol::code::request;
use crate::protocol::fastjson;

const NOW: WallMillis = WallMillis(1_000);

fn boot(config: &str) -> Topics {
    Topics::boot(&configuration(config).config, None, NOW)
}

fn wanted(topic: &str) -> Wanted<'_> {
    Wanted { topic, template: TEMPLATE_TOPIC, queues: 4, sys_flag: 0 }
}

fn attributes(pairs: &[(&str, &str)]) -> fastjson::Table<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn a_broker_starts_with_the_topics_that_java_registers() {
    let recorded = include_str!("../../../../tests/golden/broker-5.5.0/boot.jsonl");
    let registered = frames(recorded)
        .into_iter()
        .find(|(_, command)| command.code == request::REGISTER_BROKER)
        .map(|(_, command)| Registration::decode(&command.body, command.version).unwrap())
        .unwrap();
    let mut theirs = registered.topics.topics;
    theirs.sort();
    let ours = boot("").tables(|_| true).topics;
    assert_eq!(ours, theirs);
    assert_eq!(registered.topics.data_version.counter, boot("").version().counter);
}

#[test]
fn the_configuration_shapes_the_first_topics() {
    let topics = boot(
        "autoCreateTopicEnable=false\nclusterTopicEnable=false\ntraceTopicEnable=true\n\
         brokerTopicEnable=false",
    );
    assert!(topics.get(TEMPLATE_TOPIC).is_none());
    assert_eq!(topics.get("DefaultCluster").unwrap().perm, PERM_INHERIT);
    assert_eq!(topics.get("broker-a").unwrap().perm, PERM_INHERIT);
    assert_eq!(topics.get("RMQ_SYS_TRACE_TOPIC").unwrap().write_queues, 1);
    assert!(topics.is_system(TEMPLATE_TOPIC) && topics.is_system("rmq_sys_anything"));
    assert!(topics.is_system("broker-a") && !topics.is_system("GoldTopic"));
}

#[test]
fn a_send_makes_a_topic_after_its_template() {
    let mut topics = boot("");
    let made = topics.for_send(wanted("T"), WallMillis(2_000)).unwrap();
    assert!(made.is_changed);
    let topic = made.topic;
    assert_eq!((topic.read_queues, topic.write_queues, topic.perm), (4, 4, 6));
    assert_eq!((topics.version().counter, topics.version().timestamp), (1, 2_000));
    assert!(!topics.for_send(wanted("T"), NOW).unwrap().is_changed);
    let many = topics.for_send(Wanted { queues: 64, ..wanted("U") }, NOW).unwrap();
    assert_eq!(many.topic.write_queues, 8, "not more than the template has");
    let none = topics.for_send(Wanted { queues: -3, ..wanted("V") }, NOW).unwrap();
    assert_eq!(none.topic.write_queues, 0);
}

#[test]
fn without_a_template_only_retry_topics_are_made() {
    let mut topics = boot("autoCreateTopicEnable=false");
    assert!(topics.for_send(wanted("T"), NOW).is_none());
    assert!(topics.for_send(Wanted { template: SCHEDULE_TOPIC, ..wanted("T") }, NOW).is_none());
    let retry = topics.for_send(wanted("%RETRY%g"), NOW).unwrap();
    assert_eq!((retry.topic.write_queues, retry.topic.perm), (1, 6));
    let cluster = topics.for_send(Wanted { template: "DefaultCluster", ..wanted("T") }, NOW);
    assert_eq!(cluster.unwrap().topic.write_queues, 4);
    let mut topics = boot("");
    topics.set_auto_create(false);
    assert!(topics.for_send(wanted("T"), NOW).is_none(), "the template is there, and closed");
}

#[test]
fn what_a_group_needs_is_made_once_and_follows_its_order_flag() {
    let mut topics = boot("");
    let retry = topic("%RETRY%g", 1, PERM_READ | PERM_WRITE);
    assert!(topics.ensure(retry.clone(), NOW).is_changed);
    assert!(!topics.ensure(TopicConfig { perm: 4, ..retry.clone() }, NOW).is_changed);
    let ordered = topics.ensure(TopicConfig { order: true, perm: 4, ..retry }, NOW);
    assert!(ordered.is_changed && ordered.topic.order);
    assert_eq!(ordered.topic.perm, 6);
}

#[test]
fn an_update_keeps_the_attributes_it_does_not_name() {
    let mut topics = boot("");
    let plain = topic("T", 2, 6);
    let with =
        |changes: &[(&str, &str)]| TopicConfig { attributes: attributes(changes), ..plain.clone() };
    topics.update(with(&[("+message.type", "FIFO")]), NOW).unwrap();
    assert_eq!(topics.get("T").unwrap().attributes, attributes(&[("message.type", "FIFO")]));
    let wider = TopicConfig { write_queues: 8, ..plain.clone() };
    let updated = topics.update(wider.clone(), NOW).unwrap();
    assert_eq!(updated.topic.attributes, attributes(&[("message.type", "FIFO")]));
    assert_eq!(updated.topic.write_queues, 8);
    let before = topics.version().clone();
    assert!(topics.update(with(&[("+nosuch", "1")]), NOW).is_err());
    assert_eq!((topics.version(), topics.get("T").unwrap().write_queues), (&before, 8));
    topics.update(with(&[("-message.type", "")]), NOW).unwrap();
    let again = topics.update(plain, NOW).unwrap();
    assert!(!again.is_changed, "the same once more is no change");
}

#[test]
fn a_removed_topic_is_gone_and_counted() {
    let mut topics = boot("");
    topics.update(topic("T", 2, 6), NOW).unwrap();
    let before = topics.version().counter;
    assert!(topics.remove("T", NOW));
    assert!(!topics.remove("T", NOW));
    assert!(topics.get("T").is_none());
    assert_eq!(topics.version().counter, before + 1);
}

#[test]
fn javas_file_is_taken_in_and_written_as_java_would() {
    let file = include_bytes!("../../../../tests/golden/store-5.5.0/files/config/topics.json");
    let read: TopicConfigs = fastjson::from_slice(file).unwrap();
    let topics = Topics::boot(&configuration("").config, Some(read), NOW);
    assert_eq!(topics.version().counter, 9);
    let written = fastjson::to_vec_as(&topics.tables(|_| true), fastjson::Form::Pretty);
    assert_eq!(sorted_lines(&written), sorted_lines(file));
}

/// Java's order of the entries is that of its hash table, ours that of the names.
fn sorted_lines(text: &[u8]) -> Vec<String> {
    let text = std::str::from_utf8(text).unwrap();
    let mut lines: Vec<String> =
        text.lines().map(|line| line.trim_end_matches(',').to_owned()).collect();
    lines.sort();
    lines
}
