//! What a pull asks for, decoded once.

use std::sync::Arc;
use std::time::Duration;

use crate::broker::message::{Client, Request};
use crate::broker::reply::Refusal;
use crate::broker::view::View;
use crate::broker::wanted::{Wanted, filter_kind};
use crate::limits::PULL_SUSPEND_MS_MAX;
use crate::message::tag::Subscription;
use crate::protocol::FieldError;
use crate::protocol::request::pull::{FLAG_COMMIT_OFFSET, FLAG_SUBSCRIPTION, FLAG_SUSPEND, Pull};
use crate::units::QueueOffset;

/// A pull. All of it can cross cores; of the frame it came in nothing is kept, so that one which
/// waits takes little.
#[derive(Debug)]
pub struct Asked {
    /// Whom to answer.
    pub client: Client,
    /// For whom.
    pub group: Arc<str>,
    /// From where.
    pub topic: Arc<str>,
    /// From where; perhaps none of the topic's.
    pub queue: i32,
    /// The first message wanted.
    pub offset: QueueOffset,
    /// Most messages wanted: one at least, whatever is asked for, as in Java.
    pub count_max: u32,
    /// Most bytes wanted.
    pub bytes_max: u64,
    /// How far the group has come, if that is to be stored.
    pub committed: Option<i64>,
    /// How long it may wait for a message, if it may.
    pub patience: Option<Duration>,
    /// Which messages are wanted.
    pub subscription: Says,
}

/// Which messages a pull wants.
#[derive(Debug)]
pub enum Says {
    /// Those it says itself.
    Carried(Expression),
    /// Those of its group's heartbeats, of this version at least.
    Registered(i64),
}

/// An expression of type TAG if there is no other, and what it wants, or why it cannot be read.
pub type Expression = (Option<String>, Result<Wanted, Refusal>);

impl Asked {
    /// Reads a request. `view` lends the names that it knows.
    ///
    /// # Errors
    /// A field of the header is missing or cannot be read.
    pub fn of(request: &Request, view: &View) -> Result<Self, FieldError> {
        let header = Pull::from_fields(&request.command.fields)?;
        let has = |flag| header.sys_flag & flag != 0;
        let patience = u64::try_from(header.suspend_ms_max).unwrap_or(0).min(PULL_SUSPEND_MS_MAX);
        let bytes_max = header.bytes_max.and_then(|most| u64::try_from(most).ok());
        Ok(Self {
            client: Client::of(request),
            group: view.group_name(header.consumer_group),
            topic: view.topic_name(header.topic),
            queue: header.queue_id,
            offset: QueueOffset(header.queue_offset),
            count_max: u32::try_from(header.messages_max).unwrap_or(0).max(1),
            bytes_max: bytes_max.unwrap_or(u64::MAX),
            committed: Some(header.commit_offset)
                .filter(|offset| has(FLAG_COMMIT_OFFSET) && *offset >= 0),
            patience: has(FLAG_SUSPEND).then_some(Duration::from_millis(patience)),
            subscription: match has(FLAG_SUBSCRIPTION) {
                true => Says::Carried(carried(&header)),
                false => Says::Registered(header.sub_version),
            },
        })
    }
}

/// The subscription that the pull carries. Java 5.5.0 means to refuse what it cannot read as well,
/// and sends everything instead.
fn carried(header: &Pull<'_>) -> Expression {
    let Some(kind) = filter_kind(header.expression_type) else {
        let tags = Subscription::parse(header.subscription.unwrap_or("*"));
        return (None, Ok(Wanted::Tagged(tags)));
    };
    let wanted = Wanted::compile(kind, header.subscription.unwrap_or_default());
    (Some(kind.to_owned()), wanted.map_err(Refusal::FilterSyntax))
}
