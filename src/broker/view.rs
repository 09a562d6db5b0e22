//! What every core knows of topics, groups and subscriptions.
//!
//! The control plane on core 0 is the only writer. It sends each change to every core, itself
//! included, so that no core ever reads through a lock; a core may lag by the messages still on
//! their way to it.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::broker::wanted::Subscribed;
use crate::config::broker::BrokerConfig;
use crate::protocol::body::subscription::GroupConfig;
use crate::protocol::body::topic_config::TopicConfig;
use crate::rt::clock::Instant;

/// What the online members of a consumer group subscribe to, as far as a pull needs it.
#[derive(Clone, Debug, Default)]
pub struct GroupSubscriptions {
    /// By topic.
    pub topics: FxHashMap<String, Arc<Subscribed>>,
    /// Whether the group consumes in broadcasting mode.
    pub broadcasting: bool,
}

/// One change of the configuration. `None` means removed.
#[derive(Clone, Debug)]
pub enum Change {
    /// A topic was created, changed or deleted.
    Topic(Arc<str>, Option<Arc<TopicConfig>>),
    /// A consumer group's configuration was created, changed or deleted.
    Group(Arc<str>, Option<Arc<GroupConfig>>),
    /// The members of a consumer group subscribe to something else, or are all gone.
    Subscriptions(Arc<str>, Option<Arc<GroupSubscriptions>>),
    /// A member of a consumer group holds a queue for ordered consumption until this moment, if it
    /// does not renew that; `None`: none does.
    Locked(Arc<str>, Option<Instant>),
    /// The configuration was changed by request.
    Config(Arc<BrokerConfig>),
    /// `brokerPermission` is this now.
    BrokerPermission(i32),
    /// A consumer group is to go on at another offset of a queue: its next pull is answered with
    /// that one. `None`: it has been told.
    Reset {
        /// The group.
        group: Arc<str>,
        /// The topic.
        topic: Arc<str>,
        /// The queue.
        queue: i32,
        /// Where to go on.
        offset: Option<i64>,
    },
}

/// This core's copy of the configuration.
#[derive(Default)]
pub struct View {
    topics: FxHashMap<Arc<str>, Arc<TopicConfig>>,
    groups: FxHashMap<Arc<str>, Arc<GroupConfig>>,
    subscriptions: FxHashMap<Arc<str>, Arc<GroupSubscriptions>>,
    locked: FxHashMap<Arc<str>, Instant>,
    broker_permission: i32,
    resets: FxHashMap<(Arc<str>, Arc<str>, i32), i64>,
}

impl View {
    /// Applies a change, other than of the configuration, which [`Core`] keeps.
    ///
    /// [`Core`]: crate::broker::core::Core
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Config(_) => {}
            Change::Topic(name, value) => put(&mut self.topics, name, value),
            Change::Group(name, value) => put(&mut self.groups, name, value),
            Change::Subscriptions(name, value) => put(&mut self.subscriptions, name, value),
            Change::Locked(name, value) => put(&mut self.locked, name, value),
            Change::BrokerPermission(value) => self.broker_permission = value,
            Change::Reset { group, topic, queue, offset: Some(offset) } => {
                self.resets.insert((group, topic, queue), offset);
            }
            Change::Reset { group, topic, queue, offset: None } => {
                self.resets.remove(&(group, topic, queue));
            }
        }
    }

    /// The configuration of a topic.
    pub fn topic(&self, name: &str) -> Option<Arc<TopicConfig>> {
        self.topics.get(name).cloned()
    }

    /// The name and the configuration of a topic.
    pub fn named_topic(&self, name: &str) -> Option<(Arc<str>, Arc<TopicConfig>)> {
        let (name, topic) = self.topics.get_key_value(name)?;
        Some((name.clone(), topic.clone()))
    }

    /// The name of a topic, shared with all that know it.
    pub fn topic_name(&self, name: &str) -> Arc<str> {
        self.topics.get_key_value(name).map_or_else(|| name.into(), |(known, _)| known.clone())
    }

    /// The name of a consumer group, shared with all that know it.
    pub fn group_name(&self, name: &str) -> Arc<str> {
        self.groups.get_key_value(name).map_or_else(|| name.into(), |(known, _)| known.clone())
    }

    /// The configuration of a consumer group.
    pub fn group(&self, name: &str) -> Option<Arc<GroupConfig>> {
        self.groups.get(name).cloned()
    }

    /// What the online members of a consumer group subscribe to.
    pub fn subscriptions(&self, group: &str) -> Option<Arc<GroupSubscriptions>> {
        self.subscriptions.get(group).cloned()
    }

    /// Whether a consumer group consumes in order: a member of it holds a queue.
    pub fn is_locked(&self, group: &str, now: Instant) -> bool {
        self.locked.get(group).is_some_and(|until| now <= *until)
    }

    /// Where the group's next pull of a queue is to go on instead of where it asks for.
    pub fn reset(&self, group: &str, topic: &str, queue: i32) -> Option<i64> {
        if self.resets.is_empty() {
            return None;
        }
        self.resets.get(&(group.into(), topic.into(), queue)).copied()
    }

    /// `brokerPermission`: 4 read, 2 write.
    pub fn broker_permission(&self) -> i32 {
        self.broker_permission
    }
}

fn put<V>(table: &mut FxHashMap<Arc<str>, V>, name: Arc<str>, value: Option<V>) {
    match value {
        Some(value) => {
            table.insert(name, value);
        }
        None => {
            table.remove(&name);
        }
    }
}

/// Shared by everything on one core.
pub type SharedView = Rc<std::cell::RefCell<View>>;
