//! VIEW_BROKER_STATS_DATA 315: what happened to a topic, and to it for a group.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::json;
use crate::broker::control::history::{History, Span, Window};
use crate::broker::probe::Count;
use crate::protocol::body::stats::{StatsData, StatsItem};
use crate::protocol::code::response;
use crate::protocol::request::query::ViewStats;

/// Answers the items that are counted: stored by topic, delivered by topic and group.
pub fn view(asked: &Asked<'_>) -> Outcome {
    let header = ViewStats::from_fields(&asked.request.command.fields)?;
    let history = asked.control.history.borrow();
    let span = |window| of_item(&history, header.stats_name, header.stats_key, window);
    match (span(Window::Minute), span(Window::Hour), span(Window::Day)) {
        (Some(minute), Some(hour), Some(day)) => {
            let [minute, hour, day] = [minute, hour, day].map(item);
            Ok(json(&StatsData { day, hour, minute }))
        }
        _ => {
            let (name, key) = (header.stats_name, header.stats_key);
            let remark = format!("The stats <{name}> <{key}> not exist");
            Err(Answer::refused(response::SYSTEM_ERROR, remark))
        }
    }
}

/// What is known of an item; `None` if it was never counted.
fn of_item(history: &History, name: &str, key: &str, window: Window) -> Option<Span> {
    let amount: fn(&Count) -> u64 = match name {
        "TOPIC_PUT_NUMS" | "GROUP_GET_NUMS" => |count| count.messages,
        "TOPIC_PUT_SIZE" | "GROUP_GET_SIZE" => |count| count.bytes,
        _ => return None,
    };
    if name.starts_with("TOPIC_") {
        return history.has_topic(key).then(|| history.topic(window, key, amount));
    }
    let (topic, group) = key.split_once('@')?;
    history.has_group(topic, group).then(|| history.group(window, topic, group, amount))
}

fn item(span: Span) -> StatsItem {
    StatsItem {
        average: span.per_request,
        sum: i64::try_from(span.sum).unwrap_or(i64::MAX),
        tps: span.per_second,
    }
}
