//! Clients and queue locks: 35, 38, 41, 42, 46, 203, 204, 328.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::{body, json, optional_body, queue_set, text_table};
use crate::broker::control::members::{ConsumerGroup, Member};
use crate::broker::reply::Refusal;
use crate::broker::wanted::{Wanted, filter_kind};
use crate::protocol::Fields;
use crate::protocol::body::connections::{
    Connection, ConsumerConnections, ProducerClient, ProducerConnections, ProducerGroups,
};
use crate::protocol::body::heartbeat::{ConsumerList, LockQueues, LockedQueues};
use crate::protocol::body::subscription::CheckClient;
use crate::protocol::code::response;
use crate::protocol::request::client::{
    ConsumerGroup as ConsumerGroupHeader, ProducerGroup, UnregisterClient,
};
use crate::rt::clock;

/// UNREGISTER_CLIENT: the client leaves the groups it names.
pub async fn unregister(asked: &Asked<'_>) -> Outcome {
    let header = UnregisterClient::from_fields(&asked.request.command.fields)?;
    let connection = asked.request.origin.connection;
    if let Some(group) = header.producer_group {
        asked.control.members.borrow_mut().producer_leaves(group, connection);
    }
    if let Some(group) = header.consumer_group {
        let left = asked.control.members.borrow_mut().consumer_leaves(group, connection);
        if let Some(effect) = left {
            asked.control.apply_members(asked.core, group, effect);
        }
    }
    Ok(Answer::of_fields(Fields::empty()))
}

/// GET_CONSUMER_LIST_BY_GROUP.
pub fn consumer_ids(asked: &Asked<'_>) -> Outcome {
    let header = ConsumerGroupHeader::from_fields(&asked.request.command.fields)?;
    let group = header.consumer_group;
    let members = asked.control.members.borrow();
    match members.consumer_group(group) {
        Some(online) => {
            let client_ids = online.client_ids().into_iter().map(str::to_owned).collect();
            Ok(json(&ConsumerList { client_ids }).with_fields(Fields::empty()))
        }
        None => {
            let remark = format!("no consumer for this group, {group}");
            Err(Answer::refused(response::SYSTEM_ERROR, remark).with_fields(Fields::empty()))
        }
    }
}

/// CHECK_CLIENT_CONFIG: whether the broker can filter as a consumer wants.
pub fn check(asked: &Asked<'_>) -> Outcome {
    let check: Option<CheckClient> = optional_body(asked)?;
    let subscription = check.and_then(|check| check.subscription);
    let Some(subscription) = subscription else { return Ok(Answer::done()) };
    let Some(kind) = filter_kind(subscription.expression_type.as_deref()) else {
        return Ok(Answer::done());
    };
    if !asked.control.config().pulls.property_filter {
        return Err(Refusal::FilterDisabled(kind.to_owned()).into());
    }
    let expression = subscription.expression.as_deref().unwrap_or_default();
    Wanted::compile(kind, expression).map_err(Refusal::FilterSyntax)?;
    Ok(Answer::done())
}

/// LOCK_BATCH_MQ.
pub fn lock(asked: &Asked<'_>) -> Outcome {
    let wanted = locks(asked)?;
    let held = asked.control.locks.borrow_mut().lock(
        &wanted.consumer_group,
        &wanted.client_id,
        wanted.queues,
        clock::now(),
    );
    asked.control.tell_locked(asked.core, &wanted.consumer_group);
    Ok(json(&LockedQueues { queues: queue_set(held) }))
}

/// UNLOCK_BATCH_MQ.
pub fn unlock(asked: &Asked<'_>) -> Outcome {
    let LockQueues { consumer_group, client_id, queues, .. } = locks(asked)?;
    asked.control.locks.borrow_mut().unlock(&consumer_group, &client_id, &queues);
    asked.control.tell_locked(asked.core, &consumer_group);
    Ok(Answer::done())
}

fn locks(asked: &Asked<'_>) -> Result<LockQueues, Answer> {
    let wanted: LockQueues = body(asked)?;
    if wanted.consumer_group.is_empty() || wanted.client_id.is_empty() {
        return Err(Refusal::Body("consumerGroup and clientId must be given").into());
    }
    Ok(wanted)
}

/// GET_CONSUMER_CONNECTION_LIST.
pub fn consumers(asked: &Asked<'_>) -> Outcome {
    let header = ConsumerGroupHeader::from_fields(&asked.request.command.fields)?;
    let members = asked.control.members.borrow();
    match members.consumer_group(header.consumer_group) {
        Some(group) => Ok(json(&connections(group))),
        None => {
            let remark = format!("the consumer group[{}] not online", header.consumer_group);
            Err(Answer::refused(response::CONSUMER_NOT_ONLINE, remark))
        }
    }
}

fn connections(group: &ConsumerGroup) -> ConsumerConnections {
    let subscriptions = group.subscriptions.iter().map(|(k, v)| (k.clone(), v.clone())).collect();
    ConsumerConnections {
        connections: group.members().map(connection).collect(),
        consume_from: group.manner.consume_from,
        consume_type: group.manner.consume_type,
        message_model: group.manner.message_model,
        subscriptions: text_table(subscriptions),
    }
}

/// GET_PRODUCER_CONNECTION_LIST.
pub fn producers(asked: &Asked<'_>) -> Outcome {
    let header = ProducerGroup::from_fields(&asked.request.command.fields)?;
    let members = asked.control.members.borrow();
    let connections: Vec<Connection> =
        members.producers(header.producer_group).map(connection).collect();
    if connections.is_empty() {
        let remark = format!("the producer group[{}] not exist", header.producer_group);
        return Err(Answer::refused(response::SYSTEM_ERROR, remark));
    }
    Ok(json(&ProducerConnections { connections }))
}

/// GET_ALL_PRODUCER_INFO.
pub fn all_producers(asked: &Asked<'_>) -> Answer {
    let members = asked.control.members.borrow();
    let groups = members
        .producer_groups()
        .map(|(group, members)| (group.to_owned(), members.into_iter().map(producer).collect()));
    json(&ProducerGroups { groups: text_table(groups.collect()) })
}

fn connection(member: &Member) -> Connection {
    Connection {
        client_addr: member.peer.to_string(),
        client_id: member.client.clone(),
        language: member.language.name().to_owned(),
        version: member.version,
    }
}

fn producer(member: &Member) -> ProducerClient {
    ProducerClient {
        client_id: member.client.clone(),
        language: member.language.name().to_owned(),
        last_update_timestamp: member.seen_wall.0,
        remote_ip: format!("/{}", member.peer),
        version: member.version,
    }
}
