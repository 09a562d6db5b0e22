//! INVOKE_BROKER_TO_RESET_OFFSET 222 where offsets are not reset on the broker
//! (`useServerSideResetOffset=false`): the members of the group are told where to go on (220) and
//! store the offsets themselves, so it takes a group that is online (Java: `Broker2Client`).

use std::sync::Arc;

use crate::broker::control::answer::{Answer, NO_CODE_SET, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, Ask};
use crate::broker::control::handler::{json, queue_ids, queue_table};
use crate::broker::control::members::Member;
use crate::broker::message::Reply;
use crate::broker::reply::Refusal;
use crate::protocol::body::MessageQueue;
use crate::protocol::body::offsets::{QueueOffsets, ResetOffsetList, ResetOffsets};
use crate::protocol::code::{request as code, response};
use crate::protocol::request::offset::ResetOffset;
use crate::protocol::{Command, Language, fastjson, version};
use crate::units::WallMillis;

/// Finds each queue's new offset and tells the members.
pub(super) async fn reset(asked: &Asked<'_>, header: &ResetOffset<'_>) -> Outcome {
    let offsets = targets(asked, header).await?;
    tell(asked, header, &offsets)?;
    Ok(json(&offsets).with_remark(NO_CODE_SET))
}

/// The offset that each queue is to go on at. Without force a group only goes back.
async fn targets(asked: &Asked<'_>, header: &ResetOffset<'_>) -> Result<ResetOffsets, Answer> {
    let (control, topic, group) = (asked.control, header.topic, header.group);
    let config = control.topics.borrow().get(topic).ok_or_else(|| {
        let remark =
            format!("[reset-offset] reset offset failed, no topic in this broker. topic={topic}");
        Answer::refused(response::TOPIC_NOT_EXIST, remark)
    })?;
    let name: Arc<str> = topic.into();
    // Of negative times only -1 stands for the end; any other is before all messages.
    let time = if header.timestamp == -1 { -1 } else { header.timestamp.max(0) };
    let mut asks = Vec::new();
    let mut committed = Vec::new();
    for queue in queue_ids(config.write_queues) {
        committed.push(control.offset(group, topic, queue).ok_or_else(|| {
            // Java's spelling.
            let remark = format!("THe consumer group <{group}> not exist");
            Answer::refused(response::SYSTEM_ERROR, remark)
        })?);
        asks.push(Ask { search: Some(WallMillis(time)), ..Ask::bounds(&name, queue) });
    }
    let facts = facts::ask(asked.core, asks).await;
    let broker = &control.config().identity.name;
    let places = queue_ids(config.write_queues).zip(facts.iter().zip(committed));
    let entries = places.map(|(queue, (fact, committed))| {
        let offset = if header.is_force { fact.found } else { fact.found.min(committed) };
        (MessageQueue::new(topic, broker.as_str(), queue), offset)
    });
    Ok(ResetOffsets { offsets: QueueOffsets(queue_table(entries.collect())) })
}

/// Sends the offsets to the members of the group, one by one: those before one that is too old to
/// understand have got theirs.
fn tell(asked: &Asked<'_>, header: &ResetOffset<'_>, offsets: &ResetOffsets) -> Result<(), Answer> {
    let refused = |code, remark| Err(Answer::refused(code, remark));
    let members: Vec<Member> = {
        let members = asked.control.members.borrow();
        let online = members.consumer_group(header.group);
        online.map(|group| group.members().cloned().collect()).unwrap_or_default()
    };
    if members.is_empty() {
        let remark = format!(
            "Consumer not online, so can not reset offset, Group: {} Topic: {} Timestamp: {}",
            header.group, header.topic, header.timestamp
        );
        return refused(response::CONSUMER_NOT_ONLINE, remark);
    }
    // The form follows the language of who asks, not of who is told.
    let body = match asked.request.command.language {
        Language::Cpp => fastjson::to_vec(&ResetOffsetList::from(offsets)),
        _ => fastjson::to_vec(offsets),
    };
    let fields = ResetOffset { queue_id: Some(-1), offset: None, is_force: false, ..*header };
    let notice = Command::oneway(code::RESET_CONSUMER_CLIENT_OFFSET)
        .with_fields(fields.to_fields())
        .with_body(body);
    let too_long = |_| Answer::from(Refusal::Busy("the offsets do not fit a frame"));
    let frame = notice.encode().map_err(too_long)?;
    for member in members {
        if member.version < version::V3_0_7_SNAPSHOT {
            let name = version::name(member.version);
            let remark = format!("the client does not support this feature. version={name}");
            return refused(response::SYSTEM_ERROR, remark);
        }
        asked.core.reply_to(member.connection, Reply::Whole(frame.clone()));
    }
    Ok(())
}
