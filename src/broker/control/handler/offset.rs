//! Offsets of groups: 14, 15, 43, 308, 314.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, Ask};
use crate::broker::control::handler::json;
use crate::limits::QUEUES_PER_TOPIC_MAX;
use crate::protocol::body::offsets::CorrectionOffsets;
use crate::protocol::code::response;
use crate::protocol::request::offset::{CloneOffsets, CorrectionOffset, OffsetReply, QueryOffset};
use crate::protocol::{FieldError, Fields};
use crate::rt::clock;

/// QUERY_CONSUMER_OFFSET. What is answered to a group without an offset decides where it starts.
pub async fn query(asked: &Asked<'_>) -> Outcome {
    let header = QueryOffset::from_fields(&asked.request.command.fields)?;
    let (group, topic, queue) = (header.consumer_group, header.topic, header.queue_id);
    let found = |offset| Answer::of_fields(OffsetReply { offset }.to_fields());
    // Whoever committed a negative one has none, as in Java.
    let known = asked.control.offset(group, topic, queue).filter(|offset| *offset >= 0);
    if let Some(offset) = known {
        return Ok(found(offset));
    }
    let remark = if header.zero_if_not_found == Some(false) {
        "Not found, do not set to zero, maybe this group boot first"
    } else if starts_at_zero(asked, topic, queue).await {
        return Ok(found(0));
    } else {
        "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first"
    };
    let refused = Answer::refused(response::QUERY_NOT_FOUND, remark);
    Err(refused.with_fields(Fields::empty()))
}

async fn starts_at_zero(asked: &Asked<'_>, topic: &str, queue: i32) -> bool {
    if asked.control.topics.borrow().get(topic).is_none() {
        return false;
    }
    let facts = facts::ask(asked.core, vec![Ask::bounds(&topic.into(), queue)]).await;
    let starts = facts.first().is_some_and(|fact| fact.min <= 0 && fact.max > 0);
    starts
        && facts::begins_within(asked.core, topic, queue, asked.control.config().pulls.memory_bytes)
            .await
}

/// UPDATE_CONSUMER_OFFSET, checked in Java's order: the group, the topic, the numbers.
pub fn update(asked: &Asked<'_>) -> Outcome {
    let fields = &asked.request.command.fields;
    let refused =
        |code, remark: String| Err(Answer::refused(code, remark).with_fields(Fields::empty()));
    let group = fields.required("consumerGroup")?;
    let topic = fields.required("topic")?;
    if asked.control.groups.borrow().get(group).is_none() {
        let remark = format!("Group {group} not exist!");
        return refused(response::SUBSCRIPTION_GROUP_NOT_EXIST, remark);
    }
    if asked.control.topics.borrow().get(topic).is_none() {
        return refused(response::TOPIC_NOT_EXIST, format!("Topic {topic} not exist!"));
    }
    let Some(queue) = number(fields, "queueId")? else {
        let remark = format!("QueueId is null, topic is {topic}");
        return refused(response::INVALID_PARAMETER, remark);
    };
    let Some(offset) = number(fields, "commitOffset")? else {
        let remark = format!("Offset is null, topic is {topic}");
        return refused(response::INVALID_PARAMETER, remark);
    };
    // Java takes any number. A topic may have had more queues than it has now, but never more than
    // any topic may have; without a bound one client could fill the memory.
    let Some(queue) = i32::try_from(queue).ok().filter(|id| (0..QUEUES_PER_TOPIC_MAX).contains(id))
    else {
        let remark = format!("QueueId {queue} is illegal, topic is {topic}");
        return refused(response::INVALID_PARAMETER, remark);
    };
    let done = Answer::of_fields(Fields::empty());
    let mut offsets = asked.control.offsets.borrow_mut();
    if offsets.has_reset(group, topic, queue) {
        return Ok(done.with_remark("Offset has been previously reset"));
    }
    offsets.commit(group, topic, queue, offset, clock::wall_ms());
    Ok(done)
}

/// GET_ALL_CONSUMER_OFFSET.
pub fn all(asked: &Asked<'_>) -> Outcome {
    Ok(json(&asked.control.offsets.borrow().tables()))
}

/// GET_ALL_DELAY_OFFSET: how far each delay level has come.
pub async fn delays(asked: &Asked<'_>) -> Outcome {
    asked.control.ask_delays(asked.core).await;
    Ok(json(&asked.control.delays.borrow().tables()))
}

/// QUERY_CORRECTION_OFFSET: the smallest offset of any group, for queues where that is not ahead
/// of the group to compare with.
pub fn correction(asked: &Asked<'_>) -> Outcome {
    let header = CorrectionOffset::from_fields(&asked.request.command.fields)?;
    let without: Vec<&str> = header.filter_groups.unwrap_or_default().split(',').collect();
    let offsets = asked.control.offsets.borrow();
    let mut smallest = offsets.smallest(header.topic, &without);
    for (queue, offset) in offsets.of_topic(header.compare_group, header.topic) {
        if let Some(smallest) = smallest.get_mut(&queue).filter(|smallest| **smallest > offset) {
            *smallest = i64::MAX;
        }
    }
    Ok(json(&CorrectionOffsets { offsets: smallest.into_iter().collect() }))
}

/// CLONE_GROUP_OFFSET: one group starts where another is.
pub fn copy(asked: &Asked<'_>) -> Outcome {
    let header = CloneOffsets::from_fields(&asked.request.command.fields)?;
    let control = asked.control;
    let topics = match header.topic.filter(|topic| !topic.trim().is_empty()) {
        Some(topic) => [topic.to_owned()].into(),
        None => control.offsets.borrow().topics_of(header.source_group),
    };
    let subscribed = |topic: &str| {
        let members = control.members.borrow();
        let group = members.consumer_group(header.source_group);
        group.is_none_or(|group| {
            group.subscriptions.is_empty() || group.subscriptions.contains_key(topic)
        })
    };
    let offline = header.offline.unwrap_or(false);
    for topic in topics {
        if control.topics.borrow().get(&topic).is_some() && (offline || subscribed(&topic)) {
            let mut offsets = control.offsets.borrow_mut();
            let now = clock::wall_ms();
            offsets.copy(header.source_group, header.target_group, &topic, now);
        }
    }
    Ok(Answer::done())
}

/// A number that may be absent. What is no number is refused, as a required one would be.
fn number(fields: &Fields, name: &'static str) -> Result<Option<i64>, FieldError> {
    let text = fields.get(name);
    text.map(|text| text.parse().map_err(|_| FieldError::not_a_number(name))).transpose()
}
