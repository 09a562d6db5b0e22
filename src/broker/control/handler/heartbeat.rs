//! HEART_BEAT 34: who is there, and what they subscribe to.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::body;
use crate::broker::control::members::{ConsumerBeat, Manner, Member};
use crate::broker::control::topics::{SYS_FLAG_UNIT_SUBSCRIBED, topic};
use crate::broker::names::{self, PERM_READ, PERM_WRITE};
use crate::broker::reply::Refusal;
use crate::limits::{HEARTBEAT_ENTRIES_MAX, SYSTEM_TOPIC_BYTES_MAX};
use crate::protocol::body::heartbeat::{ConsumeType, ConsumerData, Heartbeat};
use crate::protocol::body::topic_config::TopicConfig;
use crate::protocol::request::client::HeartbeatReply;
use crate::rt::clock;

/// Takes in a heartbeat. Its groups and retry topics are there, and every core knows the
/// subscriptions, before it is answered; members of changed groups are told before as well.
pub async fn heartbeat(asked: &Asked<'_>) -> Outcome {
    let beat: Heartbeat = body(asked)?;
    check(&beat)?;
    let fingerprint = (beat.fingerprint != 0).then_some(beat.fingerprint);
    let member = Member {
        connection: asked.request.origin.connection,
        peer: asked.request.origin.peer,
        client: beat.client_id,
        language: asked.request.command.language,
        version: asked.request.command.version,
        seen: clock::now(),
        seen_wall: clock::wall_ms(),
    };
    let mut has_changed = false;
    // Java answers "changed" to every heartbeat of the first form.
    let mut asks_for_all = fingerprint.is_none();
    let refuse_pull = asked.control.config().groups.refuse_pull_consumers;
    for data in beat.consumers {
        if refuse_pull && data.consume_type == ConsumeType::Actively {
            continue;
        }
        if let Some((changed, asks)) = consumer(asked, &member, data, fingerprint, beat.without_sub)
        {
            has_changed |= changed;
            asks_for_all |= asks;
        }
    }
    for data in beat.producers {
        let is_name = !data.group.is_empty() && data.group.len() <= SYSTEM_TOPIC_BYTES_MAX;
        if is_name {
            asked.control.members.borrow_mut().producer_beat(&data.group, &member);
        }
    }
    if has_changed {
        asked.control.settle_and_register(asked.core).await?;
    }
    let reply =
        HeartbeatReply { supports_v2: Some(true), subscription_changed: Some(asks_for_all) };
    Ok(Answer::of_fields(reply.to_fields()))
}

/// Takes in one consumer group: whether anything is to be settled, and whether the client is to
/// send everything again. `None` if the group neither exists nor may be made; Java passes over it
/// in silence.
fn consumer(
    asked: &Asked<'_>,
    member: &Member,
    data: ConsumerData,
    fingerprint: Option<i32>,
    without_subscriptions: bool,
) -> Option<(bool, bool)> {
    let (core, control) = (asked.core, asked.control);
    let now = member.seen_wall;
    let group = control.groups.borrow_mut().ensure(&data.group, now)?;
    control.apply_group(core, &group);
    let ordered = {
        let topics = control.topics.borrow();
        let is_ordered = |topic: &str| topics.get(topic).is_some_and(|topic| topic.order);
        data.subscriptions.iter().any(|subscription| is_ordered(&subscription.topic))
    };
    let retry = TopicConfig {
        order: ordered,
        topic_sys_flag: if data.unit_mode { SYS_FLAG_UNIT_SUBSCRIBED } else { 0 },
        ..topic(&names::retry_topic(&data.group), group.group.retry_queues, PERM_READ | PERM_WRITE)
    };
    let retry = control.topics.borrow_mut().ensure(retry, now);
    control.apply_topic(core, &retry);
    let beat = ConsumerBeat {
        manner: Manner {
            consume_type: data.consume_type,
            message_model: data.message_model,
            consume_from: data.consume_from,
        },
        // Only the second form leaves subscriptions out.
        subscriptions: (fingerprint.is_none() || !without_subscriptions)
            .then_some(data.subscriptions),
        group: data.group,
        fingerprint,
    };
    let name = beat.group.clone();
    let effect = control.members.borrow_mut().consumer_beat(member, beat);
    control.apply_members(core, &name, effect);
    let changed = group.is_changed || retry.is_changed || effect.resubscribed;
    Some((changed, effect.fingerprint_changed))
}

/// Checks what would stay: a frame has room for millions of groups.
fn check(beat: &Heartbeat) -> Result<(), Refusal> {
    let subscriptions = beat.consumers.iter().map(|data| data.subscriptions.len());
    let entries = beat.producers.len() + beat.consumers.len() + subscriptions.sum::<usize>();
    if entries > HEARTBEAT_ENTRIES_MAX {
        return Err(Refusal::Body("too many groups and subscriptions in one heartbeat"));
    }
    let mut subscriptions = beat.consumers.iter().flat_map(|data| &data.subscriptions);
    if subscriptions.any(|subscription| subscription.topic.is_empty()) {
        return Err(Refusal::Body("a subscription names no topic"));
    }
    Ok(())
}
