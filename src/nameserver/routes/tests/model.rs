//! The same rules over flat lists, without an index: what [`super::super::Routes`] must equal after
//! any history.

use std::time::Duration;

use crate::nameserver::routes::{
    MASTER_ID, PERM_WRITE, Queues, Registration, Routes, Rules, SILENCE_MAX,
};
use crate::net::ConnectionId;

#[derive(Clone, Debug, PartialEq)]
struct Broker {
    name: String,
    id: i64,
    last: Registration,
    filter_servers: Vec<String>,
    link: ConnectionId,
    seen: Duration,
}

/// Brokers in the order they came, entries `(topic, broker name, queues)`.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    brokers: Vec<Broker>,
    /// Broker names under which the last registration allowed an acting master.
    acting: Vec<String>,
    entries: Vec<(String, String, Queues)>,
}

impl Model {
    fn of_name<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Broker> {
        self.brokers.iter().filter(move |broker| broker.name == name)
    }

    fn min_id(&self, name: &str) -> Option<i64> {
        self.of_name(name).map(|broker| broker.id).min()
    }

    fn acts(&self, name: &str) -> bool {
        self.acting.iter().any(|acting| acting == name)
    }

    fn has(&self, topic: &str, name: &str) -> bool {
        self.entries.iter().any(|(t, n, _)| t == topic && n == name)
    }

    /// Whether it was accepted.
    pub(super) fn register(
        &mut self,
        new: &Registration,
        link: ConnectionId,
        now: Duration,
        rules: Rules,
    ) -> bool {
        let same_place =
            |b: &Broker| b.last.cluster == new.cluster && b.last.address == new.address;
        let same_name = |b: &Broker| b.name == new.name && b.last.address == new.address;
        let holder = self.of_name(&new.name).find(|b| b.id == new.id).cloned();
        let newer = |b: &Broker| b.last.version.state_version > new.version.state_version;
        if holder.as_ref().is_some_and(|b| b.last.address != new.address && newer(b)) {
            self.remove(|b| same_place(b) || same_name(b));
            return true;
        }
        let first = holder.is_none();
        if first && new.topics.len() == 1 {
            return false;
        }
        let known = self.brokers.iter().find(|b| same_place(b));
        let changed = known.is_none_or(|b| b.last.version != new.version);
        let before = self.brokers.iter().filter(|b| same_name(b)).max_by_key(|b| b.id);
        let kept = before.map(|b| b.filter_servers.clone()).unwrap_or_default();
        self.remove(|b| same_place(b) && b.name != new.name);
        self.brokers.retain(|b| !(same_name(b) || (b.name == new.name && b.id == new.id)));
        self.brokers.push(Broker {
            name: new.name.clone(),
            id: new.id,
            last: new.clone(),
            filter_servers: new.filter_servers.clone().unwrap_or(kept),
            link,
            seen: now,
        });
        self.acting.retain(|name| *name != new.name);
        if new.acting_master == Some(true) {
            self.acting.push(new.name.clone());
        }
        let slave = new.acting_master.is_some() && self.min_id(&new.name) == Some(new.id);
        if new.id == MASTER_ID || slave {
            self.take_topics(new, rules, first || changed);
        }
        true
    }

    fn take_topics(&mut self, new: &Registration, rules: Rules, all: bool) {
        if rules.registration_is_complete && new.mappings.is_empty() {
            let named = |topic: &str| new.topics.iter().any(|(t, _)| t == topic);
            self.entries.retain(|(topic, name, _)| *name != new.name || named(topic));
        }
        for (topic, queues) in &new.topics {
            if all || !self.has(topic, &new.name) {
                let mut queues = *queues;
                if new.id != MASTER_ID && new.acting_master == Some(true) {
                    queues.perm &= !PERM_WRITE;
                }
                self.entries.retain(|(t, n, _)| !(t == topic && *n == new.name));
                self.entries.push((topic.clone(), new.name.clone(), queues));
            }
        }
    }

    fn remove(&mut self, gone: impl Fn(&Broker) -> bool) {
        let names: Vec<String> =
            self.brokers.iter().filter(|b| gone(b)).map(|b| b.name.clone()).collect();
        self.brokers.retain(|b| !gone(b));
        for name in names {
            match self.min_id(&name) {
                None => {
                    self.entries.retain(|(_, n, _)| *n != name);
                    self.acting.retain(|n| *n != name);
                }
                Some(id) if id > MASTER_ID && self.acts(&name) => {
                    self.permissions(&name, |p| p & !PERM_WRITE);
                }
                Some(_) => {}
            }
        }
    }

    pub(super) fn permissions(&mut self, name: &str, change: impl Fn(i32) -> i32) {
        for (_, _, queues) in self.entries.iter_mut().filter(|(_, n, _)| n == name) {
            queues.perm = change(queues.perm);
        }
    }

    pub(super) fn unregister(&mut self, name: &str, address: &str) {
        self.remove(|b| b.name == name && b.last.address == address);
    }

    pub(super) fn connection_closed(&mut self, link: ConnectionId) {
        self.remove(|b| b.link == link);
    }

    pub(super) fn expire(&mut self, now: Duration) {
        self.remove(|b| now.saturating_sub(b.seen) > b.last.silence_max.unwrap_or(SILENCE_MAX));
    }

    pub(super) fn heartbeat(&mut self, cluster: &str, address: &str, now: Duration) {
        for broker in &mut self.brokers {
            if broker.last.cluster == cluster && broker.last.address == address {
                broker.seen = now;
            }
        }
    }

    pub(super) fn delete_topic(&mut self, topic: &str, cluster: Option<&str>) {
        let inside: Vec<&str> = self
            .brokers
            .iter()
            .filter(|b| cluster.is_none_or(|cluster| b.last.cluster == cluster))
            .map(|b| b.name.as_str())
            .collect();
        self.entries.retain(|(t, n, _)| t != topic || !inside.contains(&n.as_str()));
    }

    /// Whether it was accepted.
    pub(super) fn register_topic(&mut self, topic: &str, name: &str, queues: Queues) -> bool {
        let known = self.of_name(name).next().is_some();
        if known {
            self.entries.retain(|(t, n, _)| !(t == topic && n == name));
            self.entries.push((topic.to_owned(), name.to_owned(), queues));
        }
        known
    }

    /// Compares everything that can be asked of the table.
    pub(super) fn check(&self, routes: &Routes, topics: &[String]) {
        routes.check_invariant();
        let mut expected: Vec<(String, i64, String, Vec<String>)> = self
            .brokers
            .iter()
            .map(|b| (b.name.clone(), b.id, b.last.address.clone(), b.filter_servers.clone()))
            .collect();
        expected.sort();
        let found: Vec<(String, i64, String, Vec<String>)> = routes
            .groups
            .iter()
            .flat_map(|(name, group)| group.members.iter().map(move |(id, m)| (name, id, m)))
            .map(|(name, id, m)| {
                (name.to_string(), *id, m.address.clone(), m.filter_servers.clone())
            })
            .collect();
        assert_eq!(found, expected);
        for topic in topics {
            let mut expected: Vec<(&str, Queues)> = self
                .entries
                .iter()
                .filter(|(t, _, _)| t == topic)
                .map(|(_, name, queues)| (name.as_str(), *queues))
                .collect();
            expected.sort_by_key(|(name, _)| *name);
            let route = routes.route(topic, Rules::default());
            assert_eq!(route.is_some(), !expected.is_empty(), "{topic}");
            let mut found: Vec<(&str, Queues)> = route
                .iter()
                .flat_map(|route| &route.queues)
                .map(|data| {
                    let queues = Queues {
                        read: data.read_queues,
                        write: data.write_queues,
                        perm: data.perm,
                        sys_flag: data.topic_sys_flag,
                    };
                    (data.broker_name.as_str(), queues)
                })
                .collect();
            found.sort_by_key(|(name, _)| *name);
            assert_eq!(found, expected, "{topic}");
        }
        for broker in &self.brokers {
            let version = routes.version_of(&broker.last.cluster, &broker.last.address);
            assert_eq!(version, Some(broker.last.version.clone()));
            let group = &routes.groups[broker.name.as_str()];
            assert_eq!(group.acting_master, self.acts(&broker.name));
        }
    }
}
