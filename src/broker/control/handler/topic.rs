//! Topics: 17, 18, 21, 202, 215, 305, 351.

use std::rc::Rc;
use std::sync::Arc;

use crate::broker::control::answer::{Answer, NO_CODE_SET, Outcome};
use crate::broker::control::apply::not_written;
use crate::broker::control::attributes::{self, AttributeFault, MESSAGE_TYPE};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, Ask, At};
use crate::broker::control::handler::{body, json, queue_ids, queue_table};
use crate::broker::control::history::Window;
use crate::broker::control::persist::ConfigFile;
use crate::broker::control::version::version_at;
use crate::broker::core::Core;
use crate::broker::names;
use crate::broker::reply::Refusal;
use crate::broker::view::Change;
use crate::limits::{QUEUES_PER_TOPIC_MAX, TOPICS_MAX};
use crate::protocol::FieldError;
use crate::protocol::body::stats::{TopicOffset, TopicStats};
use crate::protocol::body::topic_config::{TopicConfig, TopicConfigList, TopicConfigs};
use crate::protocol::body::{MessageQueue, TopicList};
use crate::protocol::code::response;
use crate::protocol::fastjson::Table;
use crate::protocol::request::topic::{
    CreateTopic, GetAllTopicConfig, GetAllTopicConfigReply, GetTopicConfig, TopicName,
};
use crate::rt::clock;

/// UPDATE_AND_CREATE_TOPIC.
pub async fn update(asked: &Asked<'_>) -> Outcome {
    let header = CreateTopic::from_fields(&asked.request.command.fields)?;
    check_name(asked, header.topic)?;
    if !["SINGLE_TAG", "MULTI_TAG"].contains(&header.filter_type) {
        let remark = format!("topicFilterType = [{}] value invalid", header.filter_type);
        return Err(Answer::refused(response::SYSTEM_ERROR, remark));
    }
    let attributes = attributes::parse(header.attributes.unwrap_or_default());
    let config = TopicConfig {
        attributes: attributes.map_err(bad_attribute)?,
        mapping: None,
        order: header.order.unwrap_or(false),
        perm: header.perm,
        read_queues: header.read_queues,
        filter_type: header.filter_type.to_owned(),
        topic: header.topic.to_owned(),
        topic_sys_flag: header.topic_sys_flag.unwrap_or(0),
        write_queues: header.write_queues,
    };
    create(asked, config)?;
    asked.control.settle_and_register(asked.core).await?;
    Ok(Answer::done().with_remark(NO_CODE_SET))
}

/// UPDATE_AND_CREATE_TOPIC_LIST. All are checked before the first is created.
pub async fn update_list(asked: &Asked<'_>) -> Outcome {
    let list: TopicConfigList = body(asked)?;
    let topics = list.topics.ok_or(Refusal::Body("the list is missing"))?;
    for config in &topics {
        check_name(asked, &config.topic)?;
    }
    for config in topics {
        create(asked, TopicConfig { mapping: None, ..config })?;
    }
    asked.control.settle_and_register(asked.core).await?;
    Ok(Answer::done().with_remark(NO_CODE_SET))
}

/// DELETE_TOPIC_IN_BROKER: the topic, its offsets and its queues. Its records stay in the log until
/// that is cleaned.
pub async fn delete(asked: &Asked<'_>) -> Outcome {
    // To Java a missing one is blank.
    let topic = asked.request.command.fields.get("topic").unwrap_or_default();
    if topic.trim().is_empty() {
        let remark = names::NameFault::Blank.to_string();
        return Err(Answer::refused(response::INVALID_PARAMETER, remark));
    }
    check_system(asked, topic)?;
    let groups = asked.control.offsets.borrow().groups_of(topic);
    for group in groups {
        // Where the messages of this topic go that a group popped and did not acknowledge.
        delete_one(asked, &names::retry_topic(&format!("{group}_{topic}"))).await;
    }
    delete_one(asked, topic).await;
    asked.control.settle(asked.core).await.map_err(|error| not_written(&error))?;
    Ok(Answer::done())
}

/// GET_TOPIC_CONFIG.
pub fn config(asked: &Asked<'_>) -> Outcome {
    let header = GetTopicConfig::from_fields(&asked.request.command.fields)?;
    match asked.control.topics.borrow().get(header.topic) {
        Some(topic) => Ok(json(&*topic)),
        None => Err(Answer::refused(
            response::TOPIC_NOT_EXIST,
            format!("No topic in this broker. topic: {}", header.topic),
        )),
    }
}

/// GET_ALL_TOPIC_CONFIG: the whole table, or a page of it in the order of names.
pub fn all(asked: &Asked<'_>) -> Outcome {
    let header = GetAllTopicConfig::from_fields(&asked.request.command.fields)?;
    let topics = asked.control.topics.borrow();
    let page = page(header.topic_seq, header.topics_max, ["topicSeq", "maxTopicNum"])?;
    let tables = TopicConfigs {
        mapping_data_version: Some(version_at(asked.control.booted.1)),
        mapping_details: Some(Table::new()),
        mapping_infos: Some(Table::new()),
        ..topics.tables(page)
    };
    let total = i32::try_from(topics.iter().len()).ok();
    Ok(json(&tables).with_fields(GetAllTopicConfigReply { total }.to_fields()))
}

/// GET_SYSTEM_TOPIC_LIST_FROM_BROKER.
pub fn system_list(asked: &Asked<'_>) -> Answer {
    let topics = asked.control.topics.borrow().system_names().map(str::to_owned).collect();
    json(&TopicList { broker_addr: None, topics })
}

/// GET_TOPIC_STATS_INFO.
pub async fn stats(asked: &Asked<'_>) -> Outcome {
    let header = TopicName::from_fields(&asked.request.command.fields)?;
    let missing = || {
        let remark = format!("topic[{}] not exist", header.topic);
        Answer::refused(response::TOPIC_NOT_EXIST, remark)
    };
    let config = asked.control.topics.borrow().get(header.topic).ok_or_else(missing)?;
    let topic: Arc<str> = header.topic.into();
    let queues = queue_ids(config.write_queues.max(config.read_queues));
    let asks =
        queues.clone().map(|queue| Ask { times: vec![At::Last], ..Ask::bounds(&topic, queue) });
    let facts = facts::ask(asked.core, asks.collect()).await;
    let broker = &asked.control.config().identity.name;
    let entries = queues.zip(facts).map(|(queue, fact)| {
        let offset = TopicOffset {
            last_update_timestamp: fact.time(0),
            max_offset: fact.max,
            min_offset: fact.min.max(0),
        };
        (MessageQueue::new(header.topic, broker.as_str(), queue), offset)
    });
    let put = asked.control.history.borrow().topic(Window::Minute, header.topic, |c| c.messages);
    let offsets = queue_table(entries.collect());
    Ok(json(&TopicStats { offsets, put_tps: Some(put.per_second) }))
}

/// Which places belong to the page that starts at `first` and has `count` entries; `names` are the
/// fields they came in. Without a count all do.
pub(super) fn page(
    first: Option<i32>,
    count: Option<i32>,
    names: [&'static str; 2],
) -> Result<impl Fn(usize) -> bool, FieldError> {
    let number =
        |value: i32, name| usize::try_from(value).map_err(|_| FieldError::not_a_number(name));
    let [first_name, count_name] = names;
    let places = match count {
        None => 0..usize::MAX,
        Some(count) => {
            let first = number(first.ok_or(FieldError::missing(first_name))?, first_name)?;
            first..first.saturating_add(number(count, count_name)?)
        }
    };
    Ok(move |place| places.contains(&place))
}

/// The answer to attributes that cannot be changed so.
pub(super) fn bad_attribute(fault: AttributeFault) -> Answer {
    Answer::refused(response::SYSTEM_ERROR, fault.0)
}

fn check_name(asked: &Asked<'_>, topic: &str) -> Result<(), Answer> {
    names::check_topic(topic).map_err(Refusal::from)?;
    check_system(asked, topic)
}

fn check_system(asked: &Asked<'_>, topic: &str) -> Result<(), Answer> {
    let protects = asked.control.config().topics.protect_system_topics;
    if protects && asked.control.topics.borrow().is_system(topic) {
        let remark = format!("The topic[{topic}] is conflict with system topic.");
        return Err(Answer::refused(response::INVALID_PARAMETER, remark));
    }
    Ok(())
}

/// Creates or changes a topic whose name is good. Whether anything changed.
fn create(asked: &Asked<'_>, config: TopicConfig) -> Result<(), Answer> {
    let invalid = |remark| Err(Answer::refused(response::INVALID_PARAMETER, remark));
    // Java takes any number; every queue costs memory here and there.
    let sane = 0..=QUEUES_PER_TOPIC_MAX;
    if !sane.contains(&config.read_queues) || !sane.contains(&config.write_queues) {
        return invalid("The number of queues is out of range.");
    }
    let message_type = config.attributes.get(format!("+{MESSAGE_TYPE}").as_str());
    if message_type.is_some_and(|kind| kind == "MIXED") {
        return invalid("MIXED message type is not supported.");
    }
    let mut topics = asked.control.topics.borrow_mut();
    if topics.iter().len() >= TOPICS_MAX && topics.get(&config.topic).is_none() {
        return Err(Refusal::Busy("too many topics").into());
    }
    let ensured = topics.update(config, clock::wall_ms()).map_err(bad_attribute)?;
    drop(topics);
    asked.control.apply_topic(asked.core, &ensured);
    Ok(())
}

async fn delete_one(asked: &Asked<'_>, topic: &str) {
    let control = asked.control;
    if !control.topics.borrow_mut().remove(topic, clock::wall_ms()) {
        return;
    }
    control.files.changed(ConfigFile::Topics);
    let untold = control.offsets.borrow_mut().remove_topic(topic);
    control.apply_untold(asked.core, untold);
    // Published first: no core takes a send for it once its queues are gone.
    asked.core.publish(Change::Topic(topic.into(), None));
    forget_everywhere(asked.core, topic).await;
}

/// Drops what all cores have of a topic.
pub(super) async fn forget_everywhere(core: &Rc<Core>, topic: &str) {
    let (here, there) = (topic.to_owned(), topic.to_owned());
    facts::each_other(core, |core| forget(core, there)).await;
    forget(core.clone(), here).await;
}

/// Drops what one core has of a topic: queues and counters. Its records stay in the log until
/// that is cleaned up.
async fn forget(core: Rc<Core>, topic: String) {
    core.probe.forget_topic(&topic);
    for shard in core.shards() {
        if let Err(error) = shard.delete_topic(&topic).await {
            tracing::error!(topic, %error, "the queues of a deleted topic could not be removed");
        }
    }
}
