//! The checks of a pull, in Java's order (spec 2.3.1).

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::names::PERM_READ;
use crate::broker::reply::Refusal;
use crate::message::tag::Subscription;
use crate::protocol::code::request;
use crate::protocol::request::pull::{FLAG_SUBSCRIPTION, Pull};

/// What stands in the way of a pull.
#[derive(Debug)]
pub enum Stop {
    /// It is refused.
    Refused(Refusal),
    /// The group is unknown: the control plane may create it.
    GroupMissing,
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// Checks a pull on the core that owns its queue, and says what it wants.
///
/// # Errors
/// [`Stop`].
pub fn check(core: &Core, asked: &Request, header: &Pull<'_>) -> Result<Subscription, Stop> {
    let view = core.view.borrow();
    if view.broker_permission() & PERM_READ == 0 {
        return Err(Refusal::BrokerNotReadable.into());
    }
    let lite = asked.command.code == request::LITE_PULL_MESSAGE;
    if lite && !core.config().pulls.lite {
        return Err(Refusal::LitePullDisabled.into());
    }
    let group = view.group(header.consumer_group).ok_or(Stop::GroupMissing)?;
    if !group.consume_enabled {
        return Err(Refusal::GroupDisabled(header.consumer_group.to_owned()).into());
    }
    let missing = || Refusal::PulledTopicMissing(header.topic.to_owned());
    let topic = view.topic(header.topic).ok_or_else(missing)?;
    if topic.perm & PERM_READ == 0 {
        return Err(Refusal::TopicNotReadable(header.topic.to_owned()).into());
    }
    if header.queue_id < 0 || header.queue_id >= topic.read_queues {
        let text = format!(
            "topic:[{}] topicConfig.readQueueNums:[{}] consumer:[/{}]",
            header.topic, topic.read_queues, asked.origin.peer
        );
        return Err(Refusal::PullQueue(header.queue_id, text).into());
    }
    let kind = header.expression_type.unwrap_or("TAG");
    if header.sys_flag & FLAG_SUBSCRIPTION != 0 {
        if kind == "SQL92" {
            return Err(Refusal::FilterDisabled(kind.to_owned()).into());
        }
        return Ok(Subscription::parse(header.subscription.unwrap_or("*")));
    }
    let subscriptions =
        view.subscriptions(header.consumer_group).ok_or(Refusal::SubscriptionMissing)?;
    if subscriptions.broadcasting && !group.broadcast_enabled {
        return Err(Refusal::BroadcastDisabled(header.consumer_group.to_owned()).into());
    }
    let subscription =
        subscriptions.topics.get(header.topic).ok_or(Refusal::SubscriptionMissing)?;
    if subscription.version < header.sub_version {
        return Err(Refusal::SubscriptionOutdated.into());
    }
    if subscription.expression_type.as_deref() == Some("SQL92") {
        return Err(Refusal::FilterDisabled("SQL92".to_owned()).into());
    }
    if subscription.expression.as_deref() == Some("*") || subscription.codes.is_empty() {
        return Ok(Subscription::ALL);
    }
    Ok(Subscription::of_codes(subscription.codes.iter().copied()))
}
