//! QUERY_ASSIGNMENT 400 (5.x): clients that leave it to brokers to share out the queues of a topic
//! (`clientRebalance=false`; Java: `QueryAssignmentProcessor`). They have no other way, so that a
//! refusal would leave them without messages. All queues are dealt out to be pulled from.

use std::ops::Range;

use crate::broker::control::answer::Outcome;
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::{body, json, queue_ids};
use crate::broker::names::PERM_READ;
use crate::broker::reply::Refusal;
use crate::protocol::body::MessageQueue;
use crate::protocol::body::assignment::{Assignment, Assignments, QueryAssignment, RequestMode};
use crate::protocol::body::heartbeat::MessageModel;
use crate::protocol::body::route::{QueueData, TopicRoute};

/// Answers the queues of one client, or nothing when they cannot be told: then it keeps what it
/// has. The queues of a topic are those of all brokers, as the name servers know them.
pub async fn query(asked: &Asked<'_>) -> Outcome {
    let wanted: QueryAssignment = body(asked)?;
    if wanted.topic.is_empty() {
        return Err(Refusal::Body("topic must be given").into());
    }
    let route = asked.control.registration.route(&wanted.topic).await;
    let all = route.map(|route| readable(&route, &wanted.topic));
    let share = all.and_then(|all| share(asked, &wanted, all));
    let assignment = |queue| Assignment { attachments: None, queue, mode: RequestMode::Pull };
    let assignments = share.map(|queues| queues.into_iter().map(assignment).collect());
    Ok(json(&Assignments { assignments }))
}

/// The queues that can be read, in the order in which all clients and brokers share them out.
fn readable(route: &TopicRoute, topic: &str) -> Vec<MessageQueue> {
    let mut brokers: Vec<_> =
        route.queues.iter().filter(|queues| queues.perm & PERM_READ != 0).collect();
    brokers.sort_by(|one, other| one.broker_name.cmp(&other.broker_name));
    let of_broker = |queues: &&QueueData| {
        let name = queues.broker_name.clone();
        queue_ids(queues.read_queues).map(move |id| MessageQueue::new(topic, name.as_str(), id))
    };
    brokers.iter().flat_map(of_broker).collect()
}

fn share(
    asked: &Asked<'_>,
    wanted: &QueryAssignment,
    all: Vec<MessageQueue>,
) -> Option<Vec<MessageQueue>> {
    let deals_out = asked.control.config().groups.share_out_queues;
    if wanted.message_model == MessageModel::Broadcasting || !deals_out {
        return Some(all);
    }
    let members = asked.control.members.borrow();
    let clients = members.consumer_group(&wanted.consumer_group)?.client_ids();
    let place = clients.iter().position(|client| *client == wanted.client_id);
    let count = clients.len();
    match (wanted.strategy.as_deref()?, place) {
        ("AVG" | "AVG_BY_CIRCLE", None) => Some(Vec::new()),
        ("AVG", Some(place)) => {
            all.get(average(all.len(), count, place)).map(<[MessageQueue]>::to_vec)
        }
        ("AVG_BY_CIRCLE", Some(place)) => {
            Some(all.into_iter().skip(place).step_by(count).collect())
        }
        _ => None,
    }
}

/// Which of so many queues the client at this place gets, of so many (at least one): each as many
/// as the next, the first ones one more (Java: `AllocateMessageQueueAveragely`).
fn average(queues: usize, clients: usize, place: usize) -> Range<usize> {
    let (each, more) = (queues / clients, queues % clients);
    let start = place * each + place.min(more);
    start..start + each + usize::from(place < more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_even_and_leave_nothing_out() {
        assert_eq!([0, 1].map(|place| average(9, 2, place)), [0..5, 5..9]);
        assert_eq!([0, 1, 2].map(|place| average(8, 3, place)), [0..3, 3..6, 6..8]);
        assert_eq!([0, 1, 2].map(|place| average(2, 3, place)), [0..1, 1..2, 2..2]);
    }
}
