//! Who is alive and which queues a topic has: a plain table (Java: `RouteInfoManager`).
//!
//! No I/O and no clock: callers pass the time in. A broker is known by cluster and address; it is
//! one member of its broker name, under one id. Everything here follows from the last registration
//! of each member, so nothing is stored: a name server that starts anew is told all of it again
//! within one registration period.
//!
//! Invariant: `addresses` names exactly the members of `groups`, `links` counts them, a group has
//! at least one member, and every queue entry belongs to a group that exists.

mod leave;
mod query;
mod register;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::net::ConnectionId;
use crate::protocol::body::DataVersion;
use crate::protocol::body::route::QueueMappingInfo;

pub use leave::{Expired, MinIdChange};
pub use query::UnitTopics;
pub use register::{Refusal, Registered, Registration};

/// The id of a master among the brokers of one name.
pub const MASTER_ID: i64 = 0;

/// Silence after which a broker is forgotten, when its registration names no other time.
pub const SILENCE_MAX: Duration = Duration::from_secs(120);

/// May be written to. Permission bits of a topic; see also [`PERM_READ`].
pub const PERM_WRITE: i32 = 1 << 1;

/// May be read from.
pub const PERM_READ: i32 = 1 << 2;

/// What of the configuration changes the rules of the table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `deleteTopicWithBrokerRegistration`: a registration is the broker's whole list of topics.
    pub registration_is_complete: bool,
    /// `supportActingMaster`: where the master is gone, its first slave is shown as the master.
    pub show_acting_master: bool,
}

/// The queues of one topic on one broker name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queues {
    /// Queues that consumers read.
    pub read: i32,
    /// Queues that producers write.
    pub write: i32,
    /// [`PERM_READ`], [`PERM_WRITE`], 1 inherit, 8 priority.
    pub perm: i32,
    /// 1 unit, 2 unit subscription.
    pub sys_flag: i32,
}

/// The brokers of one name: a master and its slaves.
#[derive(Debug, Default)]
struct Group {
    zone: Option<String>,
    /// Whether a slave may stand in for the master.
    acting_master: bool,
    members: BTreeMap<i64, Member>,
}

impl Group {
    fn min_id(&self) -> Option<i64> {
        self.members.keys().next().copied()
    }

    fn id_of(&self, address: &str) -> Option<i64> {
        self.members.iter().find(|(_, member)| member.address == address).map(|(id, _)| *id)
    }
}

/// One broker process.
#[derive(Debug)]
struct Member {
    cluster: String,
    /// `ip:port`
    address: String,
    /// `ip:port` of its replication stream.
    ha_address: String,
    filter_servers: Vec<String>,
    /// Of its topics, as last registered.
    version: DataVersion,
    /// The connection its last registration came over.
    link: ConnectionId,
    last_seen: Duration,
    silence_max: Duration,
}

/// Where a member stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    name: Rc<str>,
    id: i64,
}

/// The table. Lives on one core.
#[derive(Debug, Default)]
pub struct Routes {
    groups: BTreeMap<Rc<str>, Group>,
    /// Cluster and address of each member.
    addresses: BTreeMap<(String, String), Place>,
    /// How many members registered over each connection.
    links: FxHashMap<ConnectionId, u32>,
    topics: BTreeMap<String, BTreeMap<Rc<str>, Queues>>,
    /// Sum of the lengths of the maps in `topics`.
    entries: usize,
    /// Static topics: topic, then broker name. Outlives the broker as long as the topic has queues.
    mappings: BTreeMap<String, BTreeMap<String, QueueMappingInfo>>,
}

impl Routes {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Members and topics.
    pub fn counts(&self) -> (usize, usize) {
        (self.addresses.len(), self.topics.len())
    }

    /// The member of this cluster and address.
    fn member(&self, cluster: &str, address: &str) -> Option<&Member> {
        let place = self.addresses.get(&(cluster.to_owned(), address.to_owned()))?;
        self.groups.get(&place.name)?.members.get(&place.id)
    }

    /// Notes that a broker is alive (322, 904). An unknown one is passed over, as in Java.
    pub fn heartbeat(&mut self, cluster: &str, address: &str, now: Duration) {
        let key = (cluster.to_owned(), address.to_owned());
        let Some(place) = self.addresses.get(&key) else { return };
        let group = self.groups.get_mut(&place.name);
        if let Some(member) = group.and_then(|group| group.members.get_mut(&place.id)) {
            member.last_seen = now;
        }
    }

    /// The version of a broker's topics as last registered; `None` if it is unknown.
    pub fn version_of(&self, cluster: &str, address: &str) -> Option<DataVersion> {
        self.member(cluster, address).map(|member| member.version.clone())
    }

    /// How many brokers registered over this connection and are still known.
    pub fn members_of(&self, link: ConnectionId) -> u32 {
        self.links.get(&link).copied().unwrap_or(0)
    }

    fn insert_member(&mut self, name: &Rc<str>, id: i64, member: Member) {
        let key = (member.cluster.clone(), member.address.clone());
        *self.links.entry(member.link).or_insert(0) += 1;
        self.addresses.insert(key, Place { name: Rc::clone(name), id });
        self.groups.entry(Rc::clone(name)).or_default().members.insert(id, member);
    }

    /// Takes a member out and leaves its group, even an empty one, and its topics.
    fn take_member(&mut self, name: &str, id: i64) -> Option<Member> {
        let member = self.groups.get_mut(name)?.members.remove(&id)?;
        self.addresses.remove(&(member.cluster.clone(), member.address.clone()));
        if let Some(count) = self.links.get_mut(&member.link) {
            *count -= 1;
            if *count == 0 {
                self.links.remove(&member.link);
            }
        }
        Some(member)
    }

    fn put_queues(&mut self, topic: &str, name: &Rc<str>, queues: Queues) {
        let brokers = match self.topics.get_mut(topic) {
            Some(brokers) => brokers,
            None => self.topics.entry(topic.to_owned()).or_default(),
        };
        if brokers.insert(Rc::clone(name), queues).is_none() {
            self.entries += 1;
        }
    }

    /// Removes entries by topic and broker name, and what is left of topics without any.
    fn remove_queues(&mut self, gone: impl Fn(&str, &str) -> bool) {
        let mut removed = 0;
        self.topics.retain(|topic, brokers| {
            let before = brokers.len();
            brokers.retain(|name, _| !gone(topic, name));
            removed += before - brokers.len();
            !brokers.is_empty()
        });
        self.entries -= removed;
        let topics = &self.topics;
        self.mappings.retain(|topic, _| topics.contains_key(topic));
    }

    /// Forgets a topic (216), in all clusters or with the brokers of one.
    pub fn delete_topic(&mut self, topic: &str, cluster: Option<&str>) {
        let Some(brokers) = self.topics.get_mut(topic) else { return };
        let before = brokers.len();
        match cluster {
            None => brokers.clear(),
            Some(cluster) => {
                let groups = &self.groups;
                let inside = |name: &str| groups.get(name).is_some_and(|g| g.is_in(cluster));
                brokers.retain(|name, _| !inside(name));
            }
        }
        self.entries -= before - brokers.len();
        if let Some(mappings) = self.mappings.get_mut(topic) {
            mappings.retain(|name, _| brokers.contains_key(name.as_str()));
        }
        if brokers.is_empty() {
            self.topics.remove(topic);
            self.mappings.remove(topic);
        }
    }

    /// Puts or replaces the queues of a topic on brokers that are known (217). One unknown broker
    /// refuses all of them: Java keeps those before it, which leaves half a topic.
    ///
    /// # Errors
    /// The table is full, or one of the brokers is not known; nothing is changed then.
    pub fn register_topic(
        &mut self,
        topic: &str,
        queues: &[(&str, Queues)],
    ) -> Result<(), Refusal> {
        let mut known = Vec::with_capacity(queues.len());
        for (name, queues) in queues {
            let Some((name, _)) = self.groups.get_key_value(*name) else {
                return Err(Refusal::UnknownBroker);
            };
            known.push((Rc::clone(name), *queues));
        }
        self.room_for(topic_entries(self, topic, &known))?;
        for (name, queues) in known {
            self.put_queues(topic, &name, queues);
        }
        Ok(())
    }

    /// Takes the write permission off every topic of a broker name (205). Returns of how many.
    pub fn wipe_write_permission(&mut self, name: &str) -> i32 {
        self.change_permissions(name, |perm| perm & !PERM_WRITE)
    }

    /// Makes every topic of a broker name readable and writable (327). As in Java, other bits are
    /// lost. Returns how many topics it has.
    pub fn add_write_permission(&mut self, name: &str) -> i32 {
        self.change_permissions(name, |_| PERM_READ | PERM_WRITE)
    }

    fn change_permissions(&mut self, name: &str, change: impl Fn(i32) -> i32) -> i32 {
        let mut count = 0;
        for queues in self.topics.values_mut().filter_map(|brokers| brokers.get_mut(name)) {
            queues.perm = change(queues.perm);
            count += 1;
        }
        count
    }
}

impl Group {
    /// Whether one of the brokers is in this cluster.
    fn is_in(&self, cluster: &str) -> bool {
        self.members.values().any(|member| member.cluster == cluster)
    }
}

/// How many entries a topic would gain.
fn topic_entries(routes: &Routes, topic: &str, queues: &[(Rc<str>, Queues)]) -> usize {
    let Some(brokers) = routes.topics.get(topic) else { return queues.len() };
    queues.iter().filter(|(name, _)| !brokers.contains_key(name)).count()
}
