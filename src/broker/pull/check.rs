//! The checks of a pull, in Java's order (spec 2.3.1).

use crate::broker::core::Core;
use crate::broker::names::{self, PERM_READ};
use crate::broker::pull::Asked;
use crate::broker::pull::asked::{Expression, Says};
use crate::broker::reply::{Closed, Refusal};
use crate::broker::view::View;
use crate::broker::wanted::Wanted;
use crate::protocol::body::subscription::GroupConfig;
use crate::protocol::code::request;

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
pub fn check(core: &Core, asked: &Asked) -> Result<Wanted, Stop> {
    let view = core.view.borrow();
    if view.broker_permission() & PERM_READ == 0 {
        return Err(Refusal::Closed(Closed::Pulls, core.store_host.ip).into());
    }
    let lite = asked.client.code == request::LITE_PULL_MESSAGE;
    if lite && !core.config().pulls.lite {
        return Err(Refusal::Closed(Closed::LitePulls, core.store_host.ip).into());
    }
    let group = view.group(&asked.group).ok_or(Stop::GroupMissing)?;
    if !group.consume_enabled {
        return Err(Refusal::GroupDisabled(asked.group.to_string()).into());
    }
    let missing = || Refusal::PulledTopicMissing(asked.topic.to_string());
    let topic = view.topic(&asked.topic).ok_or_else(missing)?;
    if topic.perm & PERM_READ == 0 {
        return Err(Refusal::TopicNotReadable(asked.topic.to_string()).into());
    }
    if asked.queue < 0 || asked.queue >= topic.read_queues {
        let text = format!(
            "topic:[{}] topicConfig.readQueueNums:[{}] consumer:[/{}]",
            asked.topic, topic.read_queues, asked.client.origin.peer
        );
        return Err(Refusal::PullQueue(asked.queue, text).into());
    }
    let (kind, wanted) = match &asked.subscription {
        Says::Carried(expression) => expression.clone(),
        Says::Registered(version) => registered(&view, &group, asked, *version)?,
    };
    let Some(kind) = kind else { return Ok(wanted?) };
    let pulls = &core.config().pulls;
    if !pulls.property_filter {
        return Err(Refusal::FilterDisabled(kind).into());
    }
    match names::retry_group(&asked.topic).filter(|_| pulls.filter_retries) {
        Some(group) => Ok(Wanted::Retried(view.subscriptions(group))),
        None => Ok(wanted?),
    }
}

/// The subscription of the group's heartbeats.
fn registered(
    view: &View,
    group: &GroupConfig,
    asked: &Asked,
    version: i64,
) -> Result<Expression, Refusal> {
    let subscriptions = view.subscriptions(&asked.group).ok_or(Refusal::MembersMissing)?;
    if subscriptions.broadcasting && !group.broadcast_enabled {
        return Err(Refusal::BroadcastDisabled(asked.group.to_string()));
    }
    let subscribed = subscriptions.topics.get(&*asked.topic).ok_or(Refusal::SubscriptionMissing)?;
    if subscribed.version < version {
        return Err(Refusal::SubscriptionOutdated);
    }
    let wanted = subscribed.wanted.clone().map_err(Refusal::FilterMissing)?;
    Ok((subscribed.filter_kind.clone(), Ok(wanted)))
}
