//! Offsets of consumer groups.

use crate::protocol::Command;
use crate::protocol::body::offsets::ResetOffsets;
use crate::protocol::body::stats::ConsumeStats;
use crate::protocol::code::request;
use crate::protocol::fastjson::from_slice;
use crate::protocol::request::group;
use crate::protocol::request::offset::ResetOffset;

use super::Target;
use super::client::{AdminError, Client};
use super::report::Report;

pub(super) async fn show(
    client: &Client,
    group: &str,
    topic: Option<&str>,
) -> Result<Report, AdminError> {
    let brokers = match topic {
        Some(topic) => client.masters_of(topic).await?,
        None => client.masters(&Target::All).await?,
    };
    let mut report = Report::new(&["topic", "broker", "queue", "end", "consumed", "lag"]);
    for broker in brokers {
        let header = group::ConsumeStats { consumer_group: group, topic, topic_list: None };
        let request = Command::request(request::GET_CONSUME_STATS);
        let answer = client.ask(&broker, request.with_fields(header.to_fields())).await?;
        let stats: ConsumeStats = from_slice(&answer.body)?;
        let mut queues: Vec<_> = stats.offsets.into_iter().collect();
        queues.sort_by(|(left, _), (right, _)| {
            (&left.topic, left.queue_id).cmp(&(&right.topic, right.queue_id))
        });
        for (queue, state) in queues {
            report.row([
                queue.topic.into(),
                queue.broker_name.into(),
                queue.queue_id.into(),
                state.broker_offset.into(),
                state.consumer_offset.into(),
                state.broker_offset.saturating_sub(state.consumer_offset).into(),
            ]);
        }
    }
    Ok(report)
}

pub(super) async fn reset(
    client: &Client,
    group: &str,
    topic: &str,
    timestamp: i64,
) -> Result<Report, AdminError> {
    let header =
        ResetOffset { topic, group, queue_id: None, offset: None, timestamp, is_force: true };
    let mut report = Report::new(&["broker", "queue", "offset"]);
    for broker in client.masters_of(topic).await? {
        let request = Command::request(request::INVOKE_BROKER_TO_RESET_OFFSET);
        let answer = client.ask(&broker, request.with_fields(header.to_fields())).await?;
        let reset: ResetOffsets = from_slice(&answer.body)?;
        let mut queues: Vec<_> = reset.offsets.0.into_iter().collect();
        queues.sort_by_key(|(queue, _)| queue.queue_id);
        for (queue, offset) in queues {
            report.row([queue.broker_name.into(), queue.queue_id.into(), offset.into()]);
        }
    }
    Ok(report)
}
