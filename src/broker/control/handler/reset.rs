//! INVOKE_BROKER_TO_RESET_OFFSET 222: a group goes to another place in a topic, whether it is
//! online or not.
//!
//! The new offsets are stored here, and each queue's next pull, or the one that waits, is answered
//! with its one (code 21). Until then what members commit for that queue does not count. Unless
//! `useServerSideResetOffset` is off: then the clients of the group do it.

use std::sync::Arc;

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, Ask, Fact};
use crate::broker::control::handler::{client_reset, json, queue_ids, queue_table};
use crate::broker::pull;
use crate::broker::view::Change;
use crate::protocol::body::MessageQueue;
use crate::protocol::body::offsets::{QueueOffsets, ResetOffsets};
use crate::protocol::code::response;
use crate::protocol::request::offset::ResetOffset;
use crate::rt::clock;
use crate::units::WallMillis;

/// Resets one queue or all of a topic, to an offset or to a time.
pub async fn reset(asked: &Asked<'_>) -> Outcome {
    let header = ResetOffset::from_fields(&asked.request.command.fields)?;
    let control = asked.control;
    if !control.config().groups.reset_on_broker {
        return client_reset::reset(asked, &header).await;
    }
    let missing = |code, what: &str, name: &str| {
        Answer::refused(code, format!("{what} {name} does not exist"))
    };
    let config = control.topics.borrow().get(header.topic);
    let no_topic = || missing(response::TOPIC_NOT_EXIST, "Topic", header.topic);
    let config = config.ok_or_else(no_topic)?;
    if control.groups.borrow().get(header.group).is_none() {
        let code = response::SUBSCRIPTION_GROUP_NOT_EXIST;
        return Err(missing(code, "Group", header.group));
    }
    let queues: Vec<i32> = match header.queue_id {
        Some(queue) if queue >= 0 => vec![queue],
        _ => queue_ids(config.read_queues).collect(),
    };
    if queues.is_empty() {
        return Err(Answer::refused(response::SYSTEM_ERROR, "No queues to reset."));
    }
    let topic: Arc<str> = header.topic.into();
    let asks = queues.iter().map(|queue| Ask {
        search: Some(WallMillis(header.timestamp)),
        ..Ask::bounds(&topic, *queue)
    });
    let facts = facts::ask(asked.core, asks.collect()).await;
    let offsets = targets(&header, &facts)?;
    let now = clock::wall_ms();
    for (queue, offset) in queues.iter().zip(&offsets) {
        control.offsets.borrow_mut().reset(header.group, header.topic, *queue, *offset, now);
        asked.core.publish(Change::Reset {
            group: header.group.into(),
            topic: topic.clone(),
            queue: *queue,
            offset: Some(*offset),
        });
    }
    facts::each_other(asked.core, |there| async move { pull::tell_resets(&there) }).await;
    pull::tell_resets(asked.core);
    let broker = &control.config().identity.name;
    let entry = |(queue, offset)| (MessageQueue::new(&*topic, broker.as_str(), queue), offset);
    let table = queue_table(queues.into_iter().zip(offsets).map(entry).collect());
    Ok(json(&ResetOffsets { offsets: QueueOffsets(table) }))
}

/// The new offset of each queue.
fn targets(header: &ResetOffset<'_>, facts: &[Fact]) -> Result<Vec<i64>, Answer> {
    let one = header.queue_id.is_some_and(|queue| queue >= 0);
    let Some(offset) = header.offset.filter(|offset| one && *offset != -1) else {
        return Ok(facts.iter().map(|fact| fact.found).collect());
    };
    let within = |fact: &Fact| (fact.min..=fact.max.saturating_add(1)).contains(&offset);
    if let Some(Fact { min, max, .. }) = facts.iter().find(|fact| !within(fact)) {
        let remark = format!("Target offset {offset} not in consume queue range [{min}-{max}]");
        return Err(Answer::refused(response::SYSTEM_ERROR, remark));
    }
    Ok(facts.iter().map(|_| offset).collect())
}
