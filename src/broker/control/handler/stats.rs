//! VIEW_BROKER_STATS_DATA 315: what happened to a topic, to it for a group, to the broker.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::json;
use crate::broker::control::history::{Span, Tally, Window};
use crate::broker::probe::{Count, GroupTotals, Times, Totals};
use crate::protocol::body::stats::{StatsData, StatsItem};
use crate::protocol::code::response;
use crate::protocol::request::query::ViewStats;

/// Answers the items that are counted (Java: `BrokerStatsManager`). Those that nothing happened to
/// do not exist, as in Java; nor do the two that Java keeps apart as moments, GROUP_GET_FALL_SIZE
/// and GROUP_GET_FALL_TIME.
pub fn view(asked: &Asked<'_>) -> Outcome {
    let header = ViewStats::from_fields(&asked.request.command.fields)?;
    let (name, key) = (header.stats_name, header.stats_key);
    let config = asked.control.config();
    let cluster = config.identity.cluster.as_str();
    let of = |totals: &Totals| tally(totals, cluster, name, key);
    let history = asked.control.history.borrow();
    if !history.knows(of) {
        let remark = format!("The stats <{name}> <{key}> not exist");
        return Err(Answer::refused(response::SYSTEM_ERROR, remark));
    }
    let windows = [Window::Minute, Window::Hour, Window::Day];
    let [minute, hour, day] = windows.map(|window| item(history.span(window, of)));
    Ok(json(&StatsData { day, hour, minute }))
}

/// What is known of an item; `None` if it was never counted.
fn tally(totals: &Totals, cluster: &str, name: &str, key: &str) -> Option<Tally> {
    let broker = |sum| (key == cluster).then_some(Tally { sum, times: 0 });
    match name {
        "BROKER_PUT_NUMS" => broker(totals.put.messages),
        "BROKER_GET_NUMS" => broker(totals.found.messages),
        "TOPIC_PUT_NUMS" => totals.topics.get(key).map(|topic| messages(&topic.put)),
        "TOPIC_PUT_SIZE" => totals.topics.get(key).map(|topic| bytes(&topic.put)),
        "TOPIC_PUT_LATENCY" => {
            let (queue, topic) = queue(key)?;
            totals.topics.get(topic)?.queues.of(queue).map(times)
        }
        "GROUP_GET_NUMS" => group(totals, key).map(|group| messages(&group.got)),
        "GROUP_GET_SIZE" => group(totals, key).map(|group| bytes(&group.got)),
        "GROUP_GET_LATENCY" => {
            let (queue, key) = queue(key)?;
            group(totals, key)?.queues.of(queue).map(times)
        }
        "SNDBCK_PUT_NUMS" => group(totals, key).and_then(|group| once(group.sent_back)),
        "DLQ_PUT_NUMS" => group(totals, key).and_then(|group| once(group.dead_lettered)),
        _ => None,
    }
}

/// `topic@group`. A topic has no `@`.
fn group<'a>(totals: &'a Totals, key: &str) -> Option<&'a GroupTotals> {
    let (topic, group) = key.split_once('@')?;
    totals.groups.get(topic)?.get(group)
}

/// `queue@rest`.
fn queue(key: &str) -> Option<(i32, &str)> {
    let (queue, rest) = key.split_once('@')?;
    Some((queue.parse().ok()?, rest))
}

fn messages(count: &Count) -> Tally {
    Tally { sum: count.messages, times: count.times }
}

fn bytes(count: &Count) -> Tally {
    Tally { sum: count.bytes, times: count.times }
}

fn times(times: Times) -> Tally {
    Tally { sum: times.ms, times: times.times }
}

/// Of messages that come one by one.
fn once(messages: u64) -> Option<Tally> {
    (messages > 0).then_some(Tally { sum: messages, times: messages })
}

fn item(span: Span) -> StatsItem {
    StatsItem {
        average: span.per_request,
        sum: i64::try_from(span.sum).unwrap_or(i64::MAX),
        tps: span.per_second,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_has_its_key() {
        let put = Count { messages: 9, bytes: 90, times: 3 };
        let mut totals = Totals { put, ..Totals::default() };
        totals.topics.entry("T".into()).or_default().put = totals.put;
        let groups = totals.groups.entry("T".into()).or_default();
        let group = groups.entry("g".into()).or_default();
        group.got = Count { messages: 4, bytes: 40, times: 2 };
        group.sent_back = 1;
        let of = |name, key| tally(&totals, "C", name, key).map(|tally| (tally.sum, tally.times));
        assert_eq!(of("BROKER_PUT_NUMS", "C"), Some((9, 0)));
        assert_eq!(of("BROKER_PUT_NUMS", "D"), None);
        assert_eq!(of("TOPIC_PUT_SIZE", "T"), Some((90, 3)));
        assert_eq!(of("GROUP_GET_NUMS", "T@g"), Some((4, 2)));
        assert_eq!(of("SNDBCK_PUT_NUMS", "T@g"), Some((1, 1)));
        assert_eq!(of("DLQ_PUT_NUMS", "T@g"), None);
        assert_eq!(of("GROUP_GET_NUMS", "T"), None);
        assert_eq!(of("TOPIC_PUT_LATENCY", "x@T"), None);
        assert_eq!(of("TOPIC_PUT_LATENCY", "0@T"), None);
        assert_eq!(of("no such item", "T"), None);
    }
}
