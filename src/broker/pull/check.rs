//! The checks of a pull, in Java's order (spec 2.3.1).

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::names::{self, PERM_READ};
use crate::broker::reply::{Closed, Refusal};
use crate::broker::view::View;
use crate::broker::wanted::{Wanted, filter_kind};
use crate::message::tag::Subscription;
use crate::protocol::body::subscription::GroupConfig;
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
pub fn check(core: &Core, asked: &Request, header: &Pull<'_>) -> Result<Wanted, Stop> {
    let view = core.view.borrow();
    if view.broker_permission() & PERM_READ == 0 {
        return Err(Refusal::Closed(Closed::Pulls, core.store_host.ip).into());
    }
    let lite = asked.command.code == request::LITE_PULL_MESSAGE;
    if lite && !core.config().pulls.lite {
        return Err(Refusal::Closed(Closed::LitePulls, core.store_host.ip).into());
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
    let (kind, wanted) = if header.sys_flag & FLAG_SUBSCRIPTION != 0 {
        carried(header)?
    } else {
        registered(&view, &group, header)?
    };
    let Some(kind) = kind else { return Ok(wanted) };
    let pulls = &core.config().pulls;
    if !pulls.property_filter {
        return Err(Refusal::FilterDisabled(kind).into());
    }
    Ok(match names::retry_group(header.topic).filter(|_| pulls.filter_retries) {
        Some(group) => Wanted::Retried(view.subscriptions(group)),
        None => wanted,
    })
}

/// An expression type other than TAG, and what is wanted.
type Asked = (Option<String>, Wanted);

/// The subscription that the pull carries. Java 5.5.0 means to refuse what it cannot read as well,
/// and sends everything instead.
fn carried(header: &Pull<'_>) -> Result<Asked, Refusal> {
    let Some(kind) = filter_kind(header.expression_type) else {
        let tags = Subscription::parse(header.subscription.unwrap_or("*"));
        return Ok((None, Wanted::Tagged(tags)));
    };
    let wanted = Wanted::compile(kind, header.subscription.unwrap_or_default());
    Ok((Some(kind.to_owned()), wanted.map_err(Refusal::FilterSyntax)?))
}

/// The subscription of the group's heartbeats.
fn registered(view: &View, group: &GroupConfig, header: &Pull<'_>) -> Result<Asked, Refusal> {
    let subscriptions = view.subscriptions(header.consumer_group).ok_or(Refusal::MembersMissing)?;
    if subscriptions.broadcasting && !group.broadcast_enabled {
        return Err(Refusal::BroadcastDisabled(header.consumer_group.to_owned()));
    }
    let subscribed = subscriptions.topics.get(header.topic).ok_or(Refusal::SubscriptionMissing)?;
    if subscribed.version < header.sub_version {
        return Err(Refusal::SubscriptionOutdated);
    }
    let wanted = subscribed.wanted.clone().map_err(Refusal::FilterMissing)?;
    Ok((subscribed.filter_kind.clone(), wanted))
}
