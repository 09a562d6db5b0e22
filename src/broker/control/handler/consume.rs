//! Progress of groups, for tools: 208, 300, 303, 317, 343, 345.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::broker::control::Control;
use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, Ask, At, Fact};
use crate::broker::control::handler::time_text::time_text;
use crate::broker::control::handler::{json, queue_ids, queue_table};
use crate::broker::control::history::Window;
use crate::protocol::body::stats::{
    BrokerConsumeStats, ConsumeStats, OffsetState, TimeSpan, TimeSpans,
};
use crate::protocol::body::subscription::QuerySubscriptionReply;
use crate::protocol::body::{GroupList, MessageQueue, TopicList};
use crate::protocol::code::response;
use crate::protocol::request::group::{
    BrokerConsumeStats as BrokerConsumeStatsHeader, ConsumeStats as ConsumeStatsHeader, GroupName,
    QuerySubscription, TimeSpan as TimeSpanHeader,
};
use crate::protocol::request::topic::TopicName;
use crate::rt::clock;

/// One queue of a group.
struct Place {
    topic: Arc<str>,
    queue: i32,
    consumed: i64,
    pulled: i64,
}

/// GET_CONSUME_STATS.
pub async fn stats(asked: &Asked<'_>) -> Outcome {
    let header = ConsumeStatsHeader::from_fields(&asked.request.command.fields)?;
    let control = asked.control;
    let given = |text: Option<&str>| text.is_some_and(|text| !text.trim().is_empty());
    let topics: BTreeSet<String> = if given(header.topic_list) {
        header.topic_list.unwrap_or_default().split(';').map(str::to_owned).collect()
    } else if given(header.topic) {
        header.topic.iter().map(|topic| (*topic).to_owned()).collect()
    } else {
        control.offsets.borrow().topics_of(header.consumer_group)
    };
    let mut places = Vec::new();
    let mut consume_tps = 0.0;
    for topic in topics {
        if let Some(queues) = places_of(control, header.consumer_group, &topic) {
            places.extend(queues);
            consume_tps += tps(control, header.consumer_group, &topic);
        }
    }
    let offsets = states(asked, header.consumer_group, places).await;
    Ok(json(&ConsumeStats { consume_tps, offsets: queue_table(offsets) }))
}

/// GET_BROKER_CONSUME_STATS: all groups, each with its topics.
pub async fn broker_stats(asked: &Asked<'_>) -> Outcome {
    let header = BrokerConsumeStatsHeader::from_fields(&asked.request.command.fields)?;
    let control = asked.control;
    let names: Vec<Arc<str>> =
        control.groups.borrow().iter().map(|(name, _)| name.clone()).collect();
    let (mut groups, mut total_diff, mut total_inflight_diff) = (Vec::new(), 0_i64, 0_i64);
    for group in names {
        let topics = control.offsets.borrow().topics_of(&group);
        let mut list = Vec::new();
        for topic in topics {
            let config = control.topics.borrow().get(&topic);
            let is_wanted = config.is_some_and(|topic| topic.order || !header.is_order);
            let Some(places) = places_of(control, &group, &topic).filter(|_| is_wanted) else {
                continue;
            };
            let offsets = states(asked, &group, places).await;
            for (_, state) in &offsets {
                total_diff += state.broker_offset - state.consumer_offset;
                total_inflight_diff += state.pull_offset - state.consumer_offset;
            }
            let consume_tps = tps(control, &group, &topic);
            list.push(ConsumeStats { consume_tps, offsets: queue_table(offsets) });
        }
        groups.push([(group.to_string(), list)].into_iter().collect());
    }
    let broker_addr = Some(control.registration.address().to_owned());
    Ok(json(&BrokerConsumeStats { broker_addr, groups, total_diff, total_inflight_diff }))
}

/// QUERY_TOPIC_CONSUME_BY_WHO: groups that subscribe to a topic now, or have offsets in it.
pub fn groups_of_topic(asked: &Asked<'_>) -> Outcome {
    let header = TopicName::from_fields(&asked.request.command.fields)?;
    let mut groups = asked.control.offsets.borrow().groups_of(header.topic);
    let members = asked.control.members.borrow();
    for (name, group) in members.consumer_groups() {
        if group.subscriptions.contains_key(header.topic) {
            groups.insert(name.to_owned());
        }
    }
    Ok(json(&GroupList { groups: groups.into_iter().collect() }))
}

/// QUERY_CONSUME_TIME_SPAN: from when to when there are messages, and where a group is.
pub async fn time_span(asked: &Asked<'_>) -> Outcome {
    let header = TimeSpanHeader::from_fields(&asked.request.command.fields)?;
    let missing = || {
        let remark = format!("topic[{}] not exist", header.topic);
        Answer::refused(response::TOPIC_NOT_EXIST, remark)
    };
    let config = asked.control.topics.borrow().get(header.topic).ok_or_else(missing)?;
    let topic: Arc<str> = header.topic.into();
    let consumed: Vec<i64> = queue_ids(config.write_queues)
        .map(|queue| asked.control.offset(header.group, header.topic, queue).unwrap_or(-1))
        .collect();
    let asks = queue_ids(config.write_queues).zip(&consumed).map(|(queue, consumed)| Ask {
        times: vec![At::First, At::Last, At::Offset(consumed - 1), At::Offset(*consumed)],
        ..Ask::bounds(&topic, queue)
    });
    let facts = facts::ask(asked.core, asks.collect()).await;
    let broker = &asked.control.config().identity.name;
    let spans = queue_ids(config.write_queues).zip(facts).zip(consumed);
    let spans = spans.map(|((queue, fact), consumed)| {
        let queue = MessageQueue::new(header.topic, broker.as_str(), queue);
        span(queue, &fact, consumed)
    });
    Ok(json(&TimeSpans { spans: spans.collect() }))
}

fn span(queue: MessageQueue, fact: &Fact, consumed: i64) -> TimeSpan {
    // Java: -1 where there is no message.
    let time = |place: usize| fact.times.get(place).copied().flatten().map_or(-1, |time| time.0);
    let (min, max) = (time(0), time(1));
    let at = if consumed > 0 { time(2) } else { min };
    let waits = consumed < fact.max && time(3) >= 0;
    TimeSpan {
        consumed: at,
        consumed_text: time_text(at),
        delay_ms: if waits { clock::wall_ms().0.saturating_sub(time(3)) } else { 0 },
        max,
        max_text: time_text(max),
        queue,
        min,
        min_text: time_text(min),
    }
}

/// QUERY_TOPICS_BY_CONSUMER: topics that a group has offsets in.
pub fn topics_of_group(asked: &Asked<'_>) -> Outcome {
    let header = GroupName::from_fields(&asked.request.command.fields)?;
    let topics = asked.control.offsets.borrow().topics_of(header.group);
    let broker_addr = Some(asked.control.registration.address().to_owned());
    Ok(json(&TopicList { broker_addr, topics: topics.into_iter().collect() }))
}

/// QUERY_SUBSCRIPTION_BY_CONSUMER: what a group that is online wants of a topic.
pub fn subscription(asked: &Asked<'_>) -> Outcome {
    let header = QuerySubscription::from_fields(&asked.request.command.fields)?;
    let members = asked.control.members.borrow();
    let group = members.consumer_group(header.group);
    let topic = header.topic.unwrap_or_default();
    Ok(json(&QuerySubscriptionReply {
        group: Some(header.group.to_owned()),
        subscription: group.and_then(|group| group.subscriptions.get(topic)).cloned(),
        topic: header.topic.map(str::to_owned),
    }))
}

/// The queues of a topic that a group reads; `None` if it reads none: the topic is gone, or the
/// group's online members do not subscribe to it.
fn places_of(control: &Control, group: &str, topic: &str) -> Option<Vec<Place>> {
    let config = control.topics.borrow().get(topic)?;
    let members = control.members.borrow();
    let subscribes = members.consumer_group(group).is_none_or(|group| {
        group.subscriptions.is_empty() || group.subscriptions.contains_key(topic)
    });
    if !subscribes {
        return None;
    }
    let (offsets, name) = (control.offsets.borrow(), Arc::<str>::from(topic));
    let place = |queue| {
        let consumed = offsets.committed(group, topic, queue).unwrap_or(0).max(0);
        let pulled = offsets.pulled_to(group, topic, queue).unwrap_or(0);
        Place { topic: name.clone(), queue, consumed, pulled }
    };
    Some(queue_ids(config.read_queues).map(place).collect())
}

async fn states(
    asked: &Asked<'_>,
    group: &str,
    places: Vec<Place>,
) -> Vec<(MessageQueue, OffsetState)> {
    let group = Some(Arc::<str>::from(group));
    let asks = places.iter().map(|place| Ask {
        times: vec![At::Offset(place.consumed - 1)],
        group: group.clone(),
        ..Ask::bounds(&place.topic, place.queue)
    });
    let facts = facts::ask(asked.core, asks.collect()).await;
    let broker = &asked.control.config().identity.name;
    let state = |(place, fact): (Place, Fact)| {
        let queue = MessageQueue::new(&*place.topic, broker.as_str(), place.queue);
        let state = OffsetState {
            broker_offset: fact.max,
            consumer_offset: place.consumed,
            last_timestamp: fact.time(0),
            // What was consumed was pulled; Java shows less than nothing in flight then.
            pull_offset: fact.pulled.unwrap_or(place.pulled).max(place.consumed),
        };
        (queue, state)
    };
    places.into_iter().zip(facts).map(state).collect()
}

fn tps(control: &Control, group: &str, topic: &str) -> f64 {
    let history = control.history.borrow();
    history.group(Window::Minute, topic, group, |count| count.messages).per_second
}
