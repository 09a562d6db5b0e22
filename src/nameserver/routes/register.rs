//! A broker registers (103).

use std::collections::BTreeSet;
use std::rc::Rc;
use std::time::Duration;

use thiserror::Error;

use crate::limits::{ROUTE_BROKERS_MAX, ROUTE_ENTRIES_MAX};
use crate::net::ConnectionId;
use crate::protocol::body::DataVersion;
use crate::protocol::body::route::QueueMappingInfo;

use super::{
    Group, MASTER_ID, Member, MinIdChange, PERM_WRITE, Place, Queues, Routes, Rules, SILENCE_MAX,
};

/// What a broker says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Registration {
    /// Its cluster.
    pub cluster: String,
    /// The name it shares with its slaves or its master.
    pub name: String,
    /// Its id under that name; 0 is the master.
    pub id: i64,
    /// `ip:port` for clients.
    pub address: String,
    /// `ip:port` for slaves.
    pub ha_address: String,
    /// Where it stands, for clients that prefer their own zone.
    pub zone: Option<String>,
    /// Silence after which it is to be forgotten, instead of [`SILENCE_MAX`].
    pub silence_max: Option<Duration>,
    /// Whether a slave may stand in for the master. Brokers before 5.0 do not say.
    pub acting_master: Option<bool>,
    /// Version of its topics.
    pub version: DataVersion,
    /// Topics, each once: all it has, or those that changed.
    pub topics: Vec<(String, Queues)>,
    /// Static topics, by topic and broker name.
    pub mappings: Vec<(String, String, QueueMappingInfo)>,
    /// `None`: as before.
    pub filter_servers: Option<Vec<String>>,
}

/// What a broker is told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Registered {
    /// Address and replication address of the master, for a slave that has one.
    pub master: Option<(String, String)>,
    /// A smaller id than all before appeared under the name.
    pub min_id_change: Option<MinIdChange>,
    /// Another live address holds the id and is of a newer state: the newcomer was passed over. It
    /// is not told, as in Java.
    pub superseded: bool,
}

/// Why a registration is refused. The table is then as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A broker has to register all its topics before it may register a single one, or the rest
    /// would be missing with its version taken as known.
    #[error("register broker failed")]
    OneTopicFirst,
    /// [`ROUTE_BROKERS_MAX`] or [`ROUTE_ENTRIES_MAX`].
    #[error("the name server's route table is full")]
    Full,
    /// A topic was registered for a broker name that is not there.
    #[error("a broker of the topic has not registered")]
    UnknownBroker,
}

impl Routes {
    /// Takes a registration in. `link` is the connection it came over, whose end is the broker's.
    ///
    /// # Errors
    /// [`Refusal`]; nothing is changed then.
    pub fn register(
        &mut self,
        registration: Registration,
        link: ConnectionId,
        now: Duration,
        rules: Rules,
    ) -> Result<Registered, Refusal> {
        if self.is_superseded(&registration) {
            self.drop_newcomer(&registration);
            return Ok(Registered { superseded: true, ..Registered::default() });
        }
        let known = self.groups.get(registration.name.as_str());
        let first = known.is_none_or(|group| !group.members.contains_key(&registration.id));
        if first && registration.topics.len() == 1 {
            return Err(Refusal::OneTopicFirst);
        }
        self.check_room(&registration)?;

        let (cluster, address) = (&registration.cluster, &registration.address);
        let changed = self.version_of(cluster, address).as_ref() != Some(&registration.version);
        let min_before = known.and_then(Group::min_id).unwrap_or(MASTER_ID);
        let name = self.settle(&registration, link, now);
        let write = self.topic_writer(&name, &registration);
        if let Some(mask) = write {
            self.take_topics(&name, &registration, rules, first || changed, mask);
        }
        Ok(self.result(&name, &registration, min_before))
    }

    /// Whether another live address holds the id with a newer state.
    fn is_superseded(&self, registration: &Registration) -> bool {
        let group = self.groups.get(registration.name.as_str());
        let holder = group.and_then(|group| group.members.get(&registration.id));
        holder.is_some_and(|holder| {
            holder.address != registration.address
                && holder.version.state_version > registration.version.state_version
        })
    }

    /// A broker whose id went to a newer one is nobody until it registers under another id.
    fn drop_newcomer(&mut self, registration: &Registration) {
        let own = self.own_places(registration);
        self.remove_members(own);
    }

    /// Where the broker of this registration stands now: by cluster and address, and by address
    /// under its name.
    fn own_places(&self, registration: &Registration) -> BTreeSet<Place> {
        let key = (registration.cluster.clone(), registration.address.clone());
        let mut places: BTreeSet<Place> = self.addresses.get(&key).cloned().into_iter().collect();
        if let Some((name, group)) = self.groups.get_key_value(registration.name.as_str()) {
            let same = group.members.iter().filter(|(_, m)| m.address == registration.address);
            places.extend(same.map(|(id, _)| Place { name: Rc::clone(name), id: *id }));
        }
        places
    }

    fn check_room(&self, registration: &Registration) -> Result<(), Refusal> {
        if self.addresses.len() >= ROUTE_BROKERS_MAX && self.own_places(registration).is_empty() {
            return Err(Refusal::Full);
        }
        let name = registration.name.as_str();
        let is_new = |topic: &str| self.topics.get(topic).is_none_or(|t| !t.contains_key(name));
        self.room_for(registration.topics.iter().filter(|(topic, _)| is_new(topic)).count())
    }

    pub(super) fn room_for(&self, entries: usize) -> Result<(), Refusal> {
        if self.entries.saturating_add(entries) > ROUTE_ENTRIES_MAX {
            return Err(Refusal::Full);
        }
        Ok(())
    }

    /// Puts the member in its one place. Whoever held its id, and wherever it stood before under
    /// another id or name, is gone: one address has one id.
    fn settle(
        &mut self,
        registration: &Registration,
        link: ConnectionId,
        now: Duration,
    ) -> Rc<str> {
        let name: Rc<str> = match self.groups.get_key_value(registration.name.as_str()) {
            Some((name, _)) => Rc::clone(name),
            None => Rc::from(registration.name.as_str()),
        };
        let mut filter_servers = Vec::new();
        let mut renamed = BTreeSet::new();
        for place in self.own_places(registration) {
            if place.name == name {
                let before = self.take_member(&place.name, place.id);
                filter_servers = before.map(|member| member.filter_servers).unwrap_or_default();
            } else {
                renamed.insert(place);
            }
        }
        self.remove_members(renamed);
        self.take_member(&name, registration.id);
        let member = Member {
            cluster: registration.cluster.clone(),
            address: registration.address.clone(),
            ha_address: registration.ha_address.clone(),
            filter_servers: registration.filter_servers.clone().unwrap_or(filter_servers),
            version: registration.version.clone(),
            link,
            last_seen: now,
            silence_max: registration.silence_max.unwrap_or(SILENCE_MAX),
        };
        self.insert_member(&name, registration.id, member);
        if let Some(group) = self.groups.get_mut(&name) {
            group.acting_master = registration.acting_master.unwrap_or(false);
            group.zone.clone_from(&registration.zone);
        }
        name
    }

    /// Whether this broker's topics count, and with which permissions: the master's do, and those
    /// of the first slave of brokers that know acting masters, read-only where it acts as one.
    fn topic_writer(&self, name: &str, registration: &Registration) -> Option<i32> {
        if registration.id == MASTER_ID {
            return Some(!0);
        }
        let acting = registration.acting_master?;
        let first_slave = self.groups.get(name).and_then(Group::min_id) == Some(registration.id);
        first_slave.then_some(if acting { !PERM_WRITE } else { !0 })
    }

    fn take_topics(
        &mut self,
        name: &Rc<str>,
        registration: &Registration,
        rules: Rules,
        all: bool,
        mask: i32,
    ) {
        if rules.registration_is_complete && registration.mappings.is_empty() {
            let named: BTreeSet<&str> =
                registration.topics.iter().map(|(topic, _)| topic.as_str()).collect();
            self.remove_queues(|topic, broker| broker == &**name && !named.contains(topic));
        }
        for (topic, queues) in &registration.topics {
            let brokers = self.topics.get(topic);
            if all || brokers.is_none_or(|brokers| !brokers.contains_key(name)) {
                self.put_queues(topic, name, Queues { perm: queues.perm & mask, ..*queues });
            }
        }
        for (topic, broker, mapping) in &registration.mappings {
            // Only of topics that have queues: their end is the mapping's.
            if self.topics.contains_key(topic) {
                let brokers = self.mappings.entry(topic.clone()).or_default();
                if all || !brokers.contains_key(broker) {
                    brokers.insert(broker.clone(), mapping.clone());
                }
            }
        }
    }

    fn result(&self, name: &Rc<str>, registration: &Registration, min_before: i64) -> Registered {
        let mut registered = Registered::default();
        let Some(group) = self.groups.get(name) else { return registered };
        if registration.id != MASTER_ID {
            let master = group.members.get(&MASTER_ID);
            registered.master =
                master.map(|master| (master.address.clone(), master.ha_address.clone()));
        }
        if registration.id < min_before {
            registered.min_id_change = MinIdChange::appeared(name, group);
        }
        registered
    }
}
