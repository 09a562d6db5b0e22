//! What a consumer wants of a topic's messages (Java: `ExpressionMessageFilter` and
//! `ExpressionForRetryMessageFilter`).
//!
//! A filter lives and dies with the subscription that names it: it is read when a heartbeat brings
//! a newer subscription, and told to every core together with it. Java keeps filters beside the
//! subscriptions, and for a day after the last member has gone (`consumerFilter.json`), so that
//! bitmaps made while nobody was there stay of use; there are no bitmaps here, and members say
//! what they want when they come back.

use std::sync::Arc;

use crate::broker::view::GroupSubscriptions;
use crate::filter::Filter;
use crate::message::properties::{Properties, RETRY_TOPIC};
use crate::message::tag::Subscription;
use crate::protocol::body::subscription::SubscriptionData;
use crate::store::Choice;

/// Which messages are wanted. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// By tag.
    Tagged(Subscription),
    /// By properties.
    Filtered(Arc<Filter>),
    /// By what the group wants of the topic that a message is retried for (`filterSupportRetry`);
    /// all if the group has no members.
    Retried(Option<Arc<GroupSubscriptions>>),
}

/// A subscription as far as pulls need it.
#[derive(Clone, Debug)]
pub struct Subscribed {
    /// When it was made.
    pub version: i64,
    /// Its expression type, unless that is TAG.
    pub filter_kind: Option<String>,
    /// What it wants, or why that cannot be read.
    pub wanted: Result<Wanted, String>,
}

impl Subscribed {
    /// Reads a subscription of a heartbeat.
    pub fn new(data: &SubscriptionData) -> Self {
        let filter_kind = filter_kind(data.expression_type.as_deref());
        let expression = data.expression.as_deref().unwrap_or_default();
        let wanted = match filter_kind {
            Some(kind) => Wanted::compile(kind, expression),
            None if expression == "*" || data.codes.is_empty() || data.class_filter_mode => {
                Ok(Wanted::Tagged(Subscription::ALL))
            }
            None => Ok(Wanted::Tagged(Subscription::of_codes(data.codes.iter().copied()))),
        };
        Self { version: data.version, filter_kind: filter_kind.map(str::to_owned), wanted }
    }
}

impl Wanted {
    /// Reads an expression of a type other than TAG.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub fn compile(kind: &str, expression: &str) -> Result<Self, String> {
        if kind != "SQL92" {
            return Err(format!("there are no filters of type {kind}"));
        }
        let filter = Filter::compile(expression).map_err(|fault| fault.to_string())?;
        Ok(Self::Filtered(Arc::new(filter)))
    }
}

/// An expression type, unless it is TAG, which an absent or empty one means as well.
pub fn filter_kind(expression_type: Option<&str>) -> Option<&str> {
    expression_type.filter(|kind| !kind.is_empty() && *kind != "TAG")
}

impl Choice for Wanted {
    fn takes_code(&self, tags_code: i64) -> bool {
        match self {
            Self::Tagged(tags) => tags.matches(tags_code),
            Self::Filtered(_) | Self::Retried(_) => true,
        }
    }

    fn needs_properties(&self) -> bool {
        match self {
            Self::Tagged(_) | Self::Retried(None) => false,
            Self::Filtered(_) | Self::Retried(Some(_)) => true,
        }
    }

    fn takes_properties(&self, properties: Properties<'_>) -> bool {
        match self {
            Self::Tagged(_) | Self::Retried(None) => true,
            Self::Filtered(filter) => filter.matches(properties),
            Self::Retried(Some(subscriptions)) => {
                let subscribed =
                    properties.get(RETRY_TOPIC).and_then(|topic| subscriptions.topics.get(topic));
                match subscribed.map(|subscribed| &subscribed.wanted) {
                    Some(Ok(Self::Filtered(filter))) => filter.matches(properties),
                    _ => true,
                }
            }
        }
    }
}
