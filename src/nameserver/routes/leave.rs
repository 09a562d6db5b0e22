//! A broker goes: it says so (104), its connection closes, or it falls silent.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use crate::net::ConnectionId;

use super::{Group, MASTER_ID, Member, PERM_WRITE, Place, Routes};

/// The smallest id under a broker name changed, which the brokers of that name are told where
/// `notifyMinBrokerIdChanged` is set (905).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MinIdChange {
    /// The broker name.
    pub name: String,
    /// The smallest id now.
    pub min_id: i64,
    /// Its address.
    pub min_address: String,
    /// The broker that went, if it is that.
    pub offline_address: Option<String>,
    /// The newcomer's replication address, if it is that.
    pub ha_address: Option<String>,
    /// Who is told.
    pub targets: Vec<String>,
}

/// A broker that was forgotten because it was silent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// Its address.
    pub address: String,
    /// The connection it registered over, which is of no use any more.
    pub link: ConnectionId,
    /// The silence it was allowed.
    pub silence_max: Duration,
}

impl MinIdChange {
    /// A newcomer has the smallest id: the others are told.
    pub(super) fn appeared(name: &str, group: &Group) -> Option<Self> {
        let (min_id, min) = group.members.first_key_value()?;
        let others = group.members.values().filter(|member| member.address != min.address);
        let mut targets: Vec<String> = others.map(|member| member.address.clone()).collect();
        if targets.is_empty() {
            targets.push(min.address.clone());
        }
        Some(Self {
            name: name.to_owned(),
            min_id: *min_id,
            min_address: min.address.clone(),
            offline_address: None,
            ha_address: Some(min.ha_address.clone()),
            targets,
        })
    }

    /// The broker with the smallest id went: all that are left are told.
    fn disappeared(name: &str, group: &Group, address: String) -> Option<Self> {
        let (min_id, min) = group.members.first_key_value()?;
        Some(Self {
            name: name.to_owned(),
            min_id: *min_id,
            min_address: min.address.clone(),
            offline_address: Some(address),
            ha_address: None,
            targets: group.members.values().map(|member| member.address.clone()).collect(),
        })
    }
}

impl Routes {
    /// Forgets a broker that says it goes. Its address counts, under whatever id.
    pub fn unregister(&mut self, name: &str, address: &str) -> Vec<MinIdChange> {
        let Some((name, group)) = self.groups.get_key_value(name) else { return Vec::new() };
        let place = group.id_of(address).map(|id| Place { name: Rc::clone(name), id });
        self.remove_members(place.into_iter().collect())
    }

    /// Forgets every broker that registered over a connection that closed. (Java forgets one.)
    pub fn connection_closed(&mut self, link: ConnectionId) -> Vec<MinIdChange> {
        if !self.links.contains_key(&link) {
            return Vec::new();
        }
        let places = self.places(|_, member| member.link == link);
        self.remove_members(places)
    }

    /// Forgets every broker that was silent for longer than it may be.
    pub fn expire(&mut self, now: Duration) -> (Vec<Expired>, Vec<MinIdChange>) {
        let silent = |member: &Member| now.saturating_sub(member.last_seen) > member.silence_max;
        let mut expired = Vec::new();
        for member in self.groups.values().flat_map(|group| group.members.values()) {
            if silent(member) {
                expired.push(Expired {
                    address: member.address.clone(),
                    link: member.link,
                    silence_max: member.silence_max,
                });
            }
        }
        if expired.is_empty() {
            return (expired, Vec::new());
        }
        let places = self.places(|_, member| silent(member));
        (expired, self.remove_members(places))
    }

    fn places(&self, chosen: impl Fn(i64, &Member) -> bool) -> BTreeSet<Place> {
        let mut places = BTreeSet::new();
        for (name, group) in &self.groups {
            let ids = group.members.iter().filter(|(id, member)| chosen(**id, member));
            places.extend(ids.map(|(id, _)| Place { name: Rc::clone(name), id: *id }));
        }
        places
    }

    /// Takes members out, with the groups that become empty and the queues of those. Where a
    /// master goes whose slave may act for it, its topics become read-only.
    pub(super) fn remove_members(&mut self, places: BTreeSet<Place>) -> Vec<MinIdChange> {
        let mut removed = BTreeSet::new();
        let mut reduced = BTreeSet::new();
        let mut min_gone = BTreeMap::new();
        for Place { name, id } in places {
            let was_min = self.groups.get(&name).and_then(Group::min_id) == Some(id);
            let Some(member) = self.take_member(&name, id) else { continue };
            if self.groups.get(&name).is_some_and(|group| group.members.is_empty()) {
                self.groups.remove(&name);
                removed.insert(name);
            } else {
                if was_min {
                    min_gone.insert(Rc::clone(&name), member.address);
                }
                reduced.insert(name);
            }
        }
        if !removed.is_empty() {
            self.remove_queues(|_, name| removed.contains(name));
        }
        for name in &reduced {
            let group = self.groups.get(name);
            if group.is_some_and(|g| g.acting_master && g.min_id() > Some(MASTER_ID)) {
                self.change_permissions(name, |perm| perm & !PERM_WRITE);
            }
        }
        let told = min_gone.into_iter().filter_map(|(name, address)| {
            let group = self.groups.get(&name).filter(|group| group.acting_master)?;
            MinIdChange::disappeared(&name, group, address)
        });
        told.collect()
    }
}
