//! Which clients are there, in which groups, and what they subscribe to (Java: `ConsumerManager`,
//! `ConsumerGroupInfo`, `ProducerManager`).

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use crate::net::ConnectionId;
use crate::protocol::Language;
use crate::protocol::body::heartbeat::{ConsumeFromWhere, ConsumeType, MessageModel};
use crate::protocol::body::subscription::SubscriptionData;
use crate::rt::clock::Instant;
use crate::units::WallMillis;

/// A client's connection as a member of one group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The connection that its heartbeats come through.
    pub connection: ConnectionId,
    /// Its address.
    pub peer: SocketAddr,
    /// The client id that it gave.
    pub client: String,
    /// The language that its heartbeats are marked with.
    pub language: Language,
    /// The version ordinal of its heartbeats.
    pub version: i32,
    /// When its last heartbeat came, for its lease.
    pub seen: Instant,
    /// The same by the wall clock, for tools.
    pub seen_wall: WallMillis,
}

/// How the members of a group consume, as the last heartbeat of any of them said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manner {
    /// Who starts a consumption.
    pub consume_type: ConsumeType,
    /// Who gets a message.
    pub message_model: MessageModel,
    /// Where it starts without offsets.
    pub consume_from: ConsumeFromWhere,
}

impl Manner {
    /// Whether every member gets every message.
    pub fn is_broadcasting(&self) -> bool {
        self.message_model == MessageModel::Broadcasting
    }
}

/// A consumer group with at least one member.
#[derive(Clone, Debug, Default)]
pub struct ConsumerGroup {
    /// How it consumes.
    pub manner: Manner,
    /// What it subscribes to, by topic.
    pub subscriptions: BTreeMap<String, SubscriptionData>,
    members: BTreeMap<ConnectionId, Member>,
    /// Fingerprint of the last V2 heartbeat.
    fingerprint: Option<i32>,
}

impl ConsumerGroup {
    /// Its members, by connection.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// Its client ids, each once, sorted. A client that has just connected anew may for a moment
    /// be there with two connections.
    pub fn client_ids(&self) -> Vec<&str> {
        let ids: BTreeSet<&str> = self.members().map(|member| member.client.as_str()).collect();
        ids.into_iter().collect()
    }
}

/// One consumer group of a heartbeat.
#[derive(Clone, Debug)]
pub struct ConsumerBeat {
    /// The group.
    pub group: String,
    /// How the client consumes.
    pub manner: Manner,
    /// All that it subscribes to; `None` when the heartbeat leaves it out (V2) and what is known
    /// stays.
    pub subscriptions: Option<Vec<SubscriptionData>>,
    /// The fingerprint of a V2 heartbeat.
    pub fingerprint: Option<i32>,
}

/// What a heartbeat or a departure did to a consumer group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// Members or subscribed topics differ from before: the members are to be told, unless the
    /// group broadcasts.
    pub regrouped: bool,
    /// What a pull must know of the group differs from before.
    pub resubscribed: bool,
    /// The fingerprint differs from the last one: the client is asked for its full subscription.
    pub fingerprint_changed: bool,
}

/// All groups with members. Lives on core 0.
#[derive(Debug, Default)]
pub struct Members {
    consumers: BTreeMap<String, ConsumerGroup>,
    producers: BTreeMap<String, BTreeMap<ConnectionId, Member>>,
    /// The connection of each client in any producer group, by client id; of two the later.
    producer_clients: BTreeMap<String, ConnectionId>,
    /// Connections that are, or were, in any group: most that end are in none.
    known: BTreeSet<ConnectionId>,
}

impl Members {
    /// Takes in one consumer group of a heartbeat.
    pub fn consumer_beat(&mut self, member: &Member, beat: ConsumerBeat) -> Effect {
        self.known.insert(member.connection);
        let is_new = !self.consumers.contains_key(&beat.group);
        let group = self.consumers.entry(beat.group).or_default();
        let mut effect = Effect { resubscribed: is_new, ..Effect::default() };
        effect.resubscribed |= group.manner.is_broadcasting() != beat.manner.is_broadcasting();
        group.manner = beat.manner;
        if let Some(fingerprint) = beat.fingerprint {
            let before = group.fingerprint.replace(fingerprint);
            // Java forgets nothing and so never asks here. A group that came back empty would then
            // stay without subscriptions.
            let unknown = before.is_none() && beat.subscriptions.is_none();
            effect.fingerprint_changed = unknown || before.is_some_and(|b| b != fingerprint);
        }
        effect.regrouped = group.members.insert(member.connection, member.clone()).is_none();
        if let Some(subscriptions) = beat.subscriptions {
            let (topics_changed, any_changed) = group.subscribe(subscriptions);
            effect.regrouped |= topics_changed;
            effect.resubscribed |= any_changed;
        }
        effect
    }

    /// Takes in one producer group of a heartbeat.
    pub fn producer_beat(&mut self, group: &str, member: &Member) {
        self.known.insert(member.connection);
        if self.producer_client(&member.client) != Some(member.connection) {
            self.producer_clients.insert(member.client.clone(), member.connection);
        }
        match self.producers.get_mut(group) {
            Some(members) => {
                members.insert(member.connection, member.clone());
            }
            None => {
                let members = BTreeMap::from([(member.connection, member.clone())]);
                self.producers.insert(group.to_owned(), members);
            }
        }
    }

    /// A client leaves a consumer group. `None` if it was no member.
    pub fn consumer_leaves(&mut self, group: &str, connection: ConnectionId) -> Option<Effect> {
        let left = self.consumers.get_mut(group)?;
        left.members.remove(&connection)?;
        let resubscribed = left.members.is_empty();
        if resubscribed {
            self.consumers.remove(group);
        }
        Some(Effect { regrouped: true, resubscribed, fingerprint_changed: false })
    }

    /// A client leaves a producer group.
    pub fn producer_leaves(&mut self, group: &str, connection: ConnectionId) {
        let Some(members) = self.producers.get_mut(group) else { return };
        let Some(left) = members.remove(&connection) else { return };
        if members.is_empty() {
            self.producers.remove(group);
        }
        if !self.producers.values().any(|members| members.contains_key(&connection)) {
            self.forget_producer_client(&left);
        }
    }

    /// A connection has ended: it leaves every group. Returns the consumer groups it was in.
    pub fn connection_ends(&mut self, connection: ConnectionId) -> Vec<(String, Effect)> {
        if !self.known.remove(&connection) {
            return Vec::new();
        }
        let mut left = None;
        self.producers.retain(|_, members| {
            left = members.remove(&connection).or(left.take());
            !members.is_empty()
        });
        if let Some(left) = left {
            self.forget_producer_client(&left);
        }
        let groups = self.consumers.iter().filter(|(_, g)| g.members.contains_key(&connection));
        let names: Vec<String> = groups.map(|(name, _)| name.clone()).collect();
        names
            .into_iter()
            .filter_map(|name| {
                let effect = self.consumer_leaves(&name, connection)?;
                Some((name, effect))
            })
            .collect()
    }

    /// `left` is in no producer group any more.
    fn forget_producer_client(&mut self, left: &Member) {
        // A client that has connected anew stays reachable when its old connection ends.
        if self.producer_client(&left.client) == Some(left.connection) {
            self.producer_clients.remove(&left.client);
        }
    }

    /// The connections whose last heartbeat for any group is older than `lease`. They are to be
    /// closed, and leave by [`Members::connection_ends`].
    pub fn lapsed(&self, now: Instant, lease: Duration) -> BTreeSet<ConnectionId> {
        let consumers = self.consumers.values().flat_map(|group| group.members.values());
        let producers = self.producers.values().flat_map(BTreeMap::values);
        consumers
            .chain(producers)
            .filter(|member| now.since(member.seen) > lease)
            .map(|member| member.connection)
            .collect()
    }

    /// A consumer group that has members.
    pub fn consumer_group(&self, group: &str) -> Option<&ConsumerGroup> {
        self.consumers.get(group)
    }

    /// All consumer groups that have members.
    pub fn consumer_groups(&self) -> impl Iterator<Item = (&str, &ConsumerGroup)> {
        self.consumers.iter().map(|(name, group)| (name.as_str(), group))
    }

    /// The member of a consumer group with this client id.
    pub fn consumer(&self, group: &str, client: &str) -> Option<&Member> {
        // Of two connections of one client the later one is alive.
        self.consumers.get(group)?.members().filter(|m| m.client == client).last()
    }

    /// The members of a producer group; none if there is no such group.
    pub fn producers(&self, group: &str) -> impl Iterator<Item = &Member> {
        self.producers.get(group).into_iter().flat_map(BTreeMap::values)
    }

    /// The connection of the producer with this client id (Java: `ProducerManager.findChannel`).
    pub fn producer_client(&self, client: &str) -> Option<ConnectionId> {
        self.producer_clients.get(client).copied()
    }

    /// All producer groups with their members.
    pub fn producer_groups(&self) -> impl Iterator<Item = (&str, Vec<&Member>)> {
        self.producers.iter().map(|(name, members)| (name.as_str(), members.values().collect()))
    }
}

impl ConsumerGroup {
    /// Takes over what a member subscribes to: newer versions replace, topics it does not name go.
    /// Returns whether the set of topics changed, and whether anything did.
    fn subscribe(&mut self, subscriptions: Vec<SubscriptionData>) -> (bool, bool) {
        let (mut topics_changed, mut any_changed) = (false, false);
        let mut named = BTreeSet::new();
        for subscription in subscriptions {
            named.insert(subscription.topic.clone());
            match self.subscriptions.get_mut(&subscription.topic) {
                None => {
                    topics_changed = true;
                    self.subscriptions.insert(subscription.topic.clone(), subscription);
                }
                Some(known) if known.version < subscription.version => {
                    any_changed = true;
                    *known = subscription;
                }
                Some(_) => {}
            }
        }
        let before = self.subscriptions.len();
        self.subscriptions.retain(|topic, _| named.contains(topic));
        topics_changed |= self.subscriptions.len() != before;
        (topics_changed, any_changed || topics_changed)
    }
}

#[cfg(test)]
mod tests;
