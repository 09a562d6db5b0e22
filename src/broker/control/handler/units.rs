//! The units of a consume queue, for tools: 321 (spec 2.9).

use crate::broker::control::answer::{Answer, NO_CODE_SET, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::{json, queue_ids};
use crate::limits::QUERY_UNITS_MAX;
use crate::protocol::body::stats::{ConsumeQueueEntry, ConsumeQueueReply};
use crate::protocol::code::response;
use crate::protocol::request::query::QueryConsumeQueue;
use crate::store::Unit;
use crate::units::QueueOffset;

/// QUERY_CONSUME_QUEUE: units from an offset on, as far as they lie in one file (Java:
/// `AdminBrokerProcessor.queryConsumeQueue`).
pub async fn query(asked: &Asked<'_>) -> Outcome {
    let header = QueryConsumeQueue::from_fields(&asked.request.command.fields)?;
    let (topic, queue) = (header.topic.to_owned(), header.queue_id);
    let (offset, count) = (QueueOffset(header.index), usize::try_from(header.count).unwrap_or(0));
    let owner = asked.core.owner_of(&topic, queue);
    let looked = asked.core.run_on(owner, move |there| async move {
        let shard = there.shard_of(&topic, queue)?;
        let (min, max) = shard.range(&topic, queue)?;
        let units = shard.units_of_file(&topic, queue, offset, count.min(QUERY_UNITS_MAX)).await;
        let there = offset >= min && offset < max;
        Some((min, max, units.ok().filter(|_| there)))
    });
    let name = format!("{queue}@{}", header.topic);
    // A queue that never got anything has no files here; Java makes them.
    let empty = (QueueOffset(0), QueueOffset(0), None);
    let nothing = is_configured(asked, header.topic, queue).then_some(empty);
    let Some((min, max, units)) = looked.await.or(nothing) else {
        return Err(Answer::refused(response::SYSTEM_ERROR, format!("{name} is not exist!")));
    };
    let Some(units) = units else {
        let remark = format!("Index {} of {name} is not exist!", offset.0);
        return Ok(Answer::done().with_remark(remark));
    };
    let mut reply = ConsumeQueueReply {
        min_index: min.0,
        max_index: max.0,
        entries: Some(units.iter().map(entry).collect()),
        ..ConsumeQueueReply::default()
    };
    if let Some(group) = header.consumer_group {
        let members = asked.control.members.borrow();
        let online = members.consumer_group(group);
        reply.subscription =
            online.and_then(|group| group.subscriptions.get(header.topic)).cloned();
        reply.filter_data = Some(match reply.subscription {
            // What Java prints of a group without a filter of its own.
            Some(_) => "null".to_owned(),
            None => format!("{group}@{} is not online!", header.topic),
        });
    }
    Ok(json(&reply).with_remark(NO_CODE_SET))
}

fn is_configured(asked: &Asked<'_>, topic: &str, queue: i32) -> bool {
    let topic = asked.control.topics.borrow().get(topic);
    topic.is_some_and(|topic| queue_ids(topic.read_queues.max(topic.write_queues)).contains(&queue))
}

fn entry(unit: &Unit) -> ConsumeQueueEntry {
    ConsumeQueueEntry {
        physical_offset: i64::try_from(unit.physical.0).unwrap_or(i64::MAX),
        size: i32::try_from(unit.size).unwrap_or(i32::MAX),
        tags_code: unit.tags_code,
        ..ConsumeQueueEntry::default()
    }
}
