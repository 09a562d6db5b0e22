//! Each rule by example; all of them together in seeded histories against [`model::Model`].

mod history;
mod model;

use std::time::Duration;

use super::query::UnitTopics;
use super::{Queues, Refusal, Registration, Routes, Rules, SILENCE_MAX};
use crate::limits::{ROUTE_BROKERS_MAX, ROUTE_ENTRIES_MAX};
use crate::net::ConnectionId;
use crate::protocol::body::DataVersion;
use crate::protocol::body::route::{QueueMappingInfo, TopicRoute};
use crate::units::CoreId;

impl Routes {
    /// What must hold after every operation.
    pub(super) fn check_invariant(&self) {
        let members: usize = self.groups.values().map(|group| group.members.len()).sum();
        assert_eq!(self.addresses.len(), members);
        for ((cluster, address), place) in &self.addresses {
            let member = &self.groups[&place.name].members[&place.id];
            assert_eq!((cluster, address), (&member.cluster, &member.address));
        }
        assert!(self.groups.values().all(|group| !group.members.is_empty()));
        let mut links = rustc_hash::FxHashMap::default();
        for member in self.groups.values().flat_map(|group| group.members.values()) {
            *links.entry(member.link).or_insert(0) += 1;
        }
        assert_eq!(self.links, links);
        assert_eq!(self.entries, self.topics.values().map(|brokers| brokers.len()).sum::<usize>());
        for brokers in self.topics.values() {
            assert!(!brokers.is_empty());
            assert!(brokers.keys().all(|name| self.groups.contains_key(name)));
        }
        assert!(self.mappings.keys().all(|topic| self.topics.contains_key(topic)));
    }
}

fn link(generation: u64) -> ConnectionId {
    ConnectionId { core: CoreId(0), slot: 0, generation }
}

fn version(counter: i64) -> DataVersion {
    DataVersion { counter, state_version: 0, timestamp: 1_700_000_000_000 }
}

fn queues(perm: i32) -> Queues {
    Queues { read: 4, write: 4, perm, sys_flag: 0 }
}

/// A registration of a broker with these topics, readable and writable.
fn broker(name: &str, id: i64, address: &str, topics: &[&str]) -> Registration {
    Registration {
        cluster: "C".to_owned(),
        name: name.to_owned(),
        id,
        address: address.to_owned(),
        ha_address: format!("{address}-ha"),
        zone: None,
        silence_max: None,
        acting_master: Some(false),
        version: version(1),
        topics: topics.iter().map(|topic| ((*topic).to_owned(), queues(6))).collect(),
        mappings: Vec::new(),
        filter_servers: Some(Vec::new()),
    }
}

/// A table after these registrations, each over a connection of its own, numbered from 0.
fn routes(registrations: &[Registration]) -> Routes {
    let mut routes = Routes::new();
    for (at, registration) in registrations.iter().enumerate() {
        register(&mut routes, registration.clone(), u64::try_from(at).unwrap());
    }
    routes
}

fn register(routes: &mut Routes, registration: Registration, over: u64) -> super::Registered {
    let registered =
        routes.register(registration, link(over), Duration::ZERO, Rules::default()).unwrap();
    routes.check_invariant();
    registered
}

fn route(routes: &Routes, topic: &str) -> Option<TopicRoute> {
    routes.route(topic, Rules::default())
}

fn perm(routes: &Routes, topic: &str) -> i32 {
    route(routes, topic).unwrap().queues[0].perm
}

/// Ids and addresses of the first broker name of a topic.
fn addresses(route: &TopicRoute) -> Vec<(i64, String)> {
    route.brokers[0].addrs.iter().map(|(id, address)| (*id, address.clone())).collect()
}

#[test]
fn a_slave_is_told_its_master() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"])]);
    let registered = register(&mut routes, broker("b", 1, "s", &["A", "B"]), 1);
    assert_eq!(registered.master, Some(("m".to_owned(), "m-ha".to_owned())));
    let registered = register(&mut routes, broker("b", 0, "m", &["A", "B"]), 0);
    assert_eq!(registered.master, None, "a master has none");
    let found = route(&routes, "A").unwrap();
    assert_eq!(addresses(&found), [(0, "m".to_owned()), (1, "s".to_owned())]);
}

#[test]
fn the_first_registration_must_be_whole() {
    let mut routes = Routes::new();
    let one = broker("b", 0, "m", &["A"]);
    let refused = routes.register(one.clone(), link(0), Duration::ZERO, Rules::default());
    assert_eq!(refused, Err(Refusal::OneTopicFirst));
    routes.check_invariant();
    assert_eq!(routes.cluster_info().brokers.len(), 0, "nothing is left of it");
    register(&mut routes, broker("b", 0, "m", &["A", "B"]), 0);
    register(&mut routes, Registration { version: version(2), ..broker("b", 0, "m", &["C"]) }, 0);
    assert!(route(&routes, "A").is_some(), "topics that are not named stay");
    assert!(route(&routes, "C").is_some());
    register(&mut routes, broker("e", 0, "e", &[]), 1);
}

#[test]
fn an_address_has_one_id() {
    let mut routes = routes(&[broker("b", 1, "s", &["A", "B"])]);
    register(&mut routes, broker("b", 0, "s", &["A", "B"]), 0);
    assert_eq!(addresses(&route(&routes, "A").unwrap()), [(0, "s".to_owned())]);
    // The same process under a new name leaves the old one.
    register(&mut routes, broker("b2", 0, "s", &["A", "B"]), 0);
    let found = route(&routes, "A").unwrap();
    assert_eq!(found.brokers.len(), 1);
    assert_eq!(found.brokers[0].broker_name, "b2");
}

#[test]
fn the_newer_state_keeps_the_id() {
    let newer = DataVersion { state_version: 5, ..version(1) };
    let old = Registration { version: newer, ..broker("b", 0, "old", &["A", "B"]) };
    let mut routes = routes(&[old, broker("b", 1, "s", &["A", "B"])]);
    // The slave thinks that it is the master now: it is neither.
    let registered = register(&mut routes, broker("b", 0, "s", &["A", "B"]), 1);
    assert!(registered.superseded);
    assert_eq!(addresses(&route(&routes, "A").unwrap()), [(0, "old".to_owned())]);
    assert_eq!(routes.version_of("C", "s"), None);
    assert_eq!(routes.members_of(link(1)), 0);
    // With the same state the newcomer wins, and the old one is nobody.
    let same = DataVersion { state_version: 5, ..version(2) };
    register(&mut routes, Registration { version: same, ..broker("b", 0, "new", &[]) }, 2);
    assert_eq!(addresses(&route(&routes, "A").unwrap()), [(0, "new".to_owned())]);
    assert_eq!(routes.version_of("C", "old"), None);
    assert_eq!(routes.connection_closed(link(0)), [], "its connection counts no more");
    assert!(route(&routes, "A").is_some());
}

#[test]
fn topics_change_with_the_version_or_where_they_are_missing() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"])]);
    let mut again = broker("b", 0, "m", &["A", "B", "C"]);
    again.topics[0].1.perm = 4;
    register(&mut routes, again.clone(), 0);
    assert_eq!(perm(&routes, "A"), 6, "same version");
    assert!(route(&routes, "C").is_some(), "not known before");
    again.version = version(2);
    register(&mut routes, again, 0);
    assert_eq!(perm(&routes, "A"), 4);
}

#[test]
fn slaves_change_topics_only_when_they_are_first_and_new() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"])]);
    register(&mut routes, broker("b", 1, "s", &["A", "B", "Slave"]), 1);
    assert!(route(&routes, "Slave").is_none(), "the master is there");
    routes.unregister("b", "m");
    let old = Registration { acting_master: None, ..broker("b", 1, "s", &["A", "Slave"]) };
    register(&mut routes, old, 1);
    assert!(route(&routes, "Slave").is_none(), "brokers before 5.0 say nothing");
    register(&mut routes, broker("b", 1, "s", &["A", "Slave"]), 1);
    assert_eq!(perm(&routes, "Slave"), 6);
    register(&mut routes, broker("b", 2, "s2", &["A", "Slave2"]), 2);
    assert!(route(&routes, "Slave2").is_none(), "not the first slave");
    let acting = Registration {
        acting_master: Some(true),
        version: version(9),
        ..broker("b", 1, "s", &["A"])
    };
    register(&mut routes, acting, 1);
    assert_eq!(perm(&routes, "A"), 4, "read-only while it acts");
    assert_eq!(perm(&routes, "Slave"), 6, "not named");
}

#[test]
fn an_acting_master_is_shown_under_the_masters_id() {
    let acting = |id, address| Registration {
        acting_master: Some(true),
        ..broker("b", id, address, &["A", "B", "rmq_sys_SYNC_BROKER_MEMBER_b"])
    };
    let mut routes = routes(&[acting(0, "m"), acting(1, "s1"), acting(2, "s2")]);
    let rules = Rules { show_acting_master: true, ..Rules::default() };
    let shown = |routes: &Routes, topic: &str, rules: Rules| {
        addresses(&routes.route(topic, rules).unwrap())
    };
    assert_eq!(shown(&routes, "A", rules).len(), 3, "the master is there");
    let changes = routes.unregister("b", "m");
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].min_id, changes[0].min_address.as_str()), (1, "s1"));
    assert_eq!(changes[0].offline_address.as_deref(), Some("m"));
    assert_eq!(changes[0].targets, ["s1", "s2"]);
    assert_eq!(perm(&routes, "A"), 4, "writes need a master");
    let plain = [(1, "s1".to_owned()), (2, "s2".to_owned())];
    let acted = [(0, "s1".to_owned()), (2, "s2".to_owned())];
    assert_eq!(shown(&routes, "A", Rules::default()), plain);
    assert_eq!(shown(&routes, "A", rules), acted);
    assert_eq!(shown(&routes, "rmq_sys_SYNC_BROKER_MEMBER_b", rules), plain);
    routes.add_write_permission("b");
    assert_eq!(shown(&routes, "A", rules), plain, "writable: nobody acts");
    let registered = register(&mut routes, acting(0, "m"), 0);
    let change = registered.min_id_change.unwrap();
    assert_eq!(change.targets, ["s1", "s2"], "those that were there are told");
    assert_eq!(change.ha_address.as_deref(), Some("m-ha"));
    assert_eq!(perm(&routes, "A"), 6);
}

#[test]
fn silence_is_judged_by_each_brokers_own_time() {
    let quick = Registration {
        silence_max: Some(Duration::from_secs(10)),
        ..broker("q", 0, "q", &["A", "B"])
    };
    let mut routes = routes(&[quick, broker("b", 0, "b", &["A", "B"])]);
    let seconds = Duration::from_secs;
    assert!(routes.expire(seconds(10)).0.is_empty(), "not before it is over");
    routes.heartbeat("C", "q", seconds(8));
    assert!(routes.expire(seconds(18)).0.is_empty());
    let (expired, _) = routes.expire(seconds(19));
    assert_eq!(expired.len(), 1);
    assert_eq!((expired[0].address.as_str(), expired[0].link), ("q", link(0)));
    routes.check_invariant();
    assert_eq!(route(&routes, "A").unwrap().brokers.len(), 1);
    assert!(routes.expire(SILENCE_MAX).0.is_empty());
    assert_eq!(routes.expire(SILENCE_MAX + Duration::from_millis(1)).0.len(), 1);
    assert!(route(&routes, "A").is_none());
}

#[test]
fn the_end_of_a_connection_is_that_of_all_brokers_on_it() {
    let mut routes = Routes::new();
    register(&mut routes, broker("a", 0, "a", &["A", "B"]), 7);
    register(&mut routes, broker("b", 0, "b", &["A", "B"]), 7);
    register(&mut routes, broker("c", 0, "c", &["A", "B"]), 8);
    routes.connection_closed(link(9));
    assert_eq!(route(&routes, "A").unwrap().brokers.len(), 3);
    routes.connection_closed(link(7));
    routes.check_invariant();
    assert_eq!(route(&routes, "A").unwrap().brokers[0].broker_name, "c");
    // A broker that came back over a new connection does not go with the old one.
    register(&mut routes, broker("c", 0, "c", &["A", "B"]), 10);
    routes.connection_closed(link(8));
    assert!(route(&routes, "A").is_some());
}

#[test]
fn a_complete_registration_removes_topics_only_where_that_is_set() {
    let rules = Rules { registration_is_complete: true, ..Rules::default() };
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"]), broker("c", 0, "c", &["A", "B"])]);
    register(&mut routes, broker("b", 0, "m", &["B", "C"]), 0);
    assert_eq!(route(&routes, "A").unwrap().queues.len(), 2);
    routes.register(broker("b", 0, "m", &["B"]), link(0), Duration::ZERO, rules).unwrap();
    routes.check_invariant();
    assert_eq!(route(&routes, "A").unwrap().queues.len(), 1, "the other broker's stays");
    assert!(route(&routes, "C").is_none());
}

#[test]
fn permissions_are_wiped_and_given_back() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"]), broker("c", 0, "c", &["A", "B"])]);
    routes.topics.get_mut("B").unwrap().get_mut("b").unwrap().perm = 7;
    assert_eq!(routes.wipe_write_permission("b"), 2);
    assert_eq!((perm(&routes, "A"), perm(&routes, "B")), (4, 5));
    assert_eq!(routes.add_write_permission("b"), 2);
    assert_eq!((perm(&routes, "A"), perm(&routes, "B")), (6, 6), "other bits are lost");
    assert_eq!(routes.wipe_write_permission("nobody"), 0);
}

#[test]
fn topics_are_deleted_everywhere_or_in_a_cluster() {
    let other = Registration { cluster: "D".to_owned(), ..broker("d", 0, "d", &["A", "B"]) };
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"]), other]);
    routes.delete_topic("A", Some("none"));
    assert_eq!(route(&routes, "A").unwrap().queues.len(), 2);
    routes.delete_topic("A", Some("C"));
    assert_eq!(route(&routes, "A").unwrap().queues[0].broker_name, "d");
    routes.delete_topic("B", None);
    assert!(route(&routes, "B").is_none());
    routes.delete_topic("B", None);
    routes.check_invariant();
}

#[test]
fn a_topic_is_registered_for_known_brokers_only() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"])]);
    let refused = routes.register_topic("T", &[("b", queues(6)), ("x", queues(6))]);
    assert_eq!(refused, Err(Refusal::UnknownBroker));
    assert!(route(&routes, "T").is_none());
    routes.register_topic("T", &[("b", queues(4))]).unwrap();
    assert_eq!(perm(&routes, "T"), 4);
    routes.check_invariant();
}

#[test]
fn a_static_topics_mapping_lives_as_long_as_the_topic() {
    let mapping = QueueMappingInfo { total_queues: 8, epoch: 3, ..QueueMappingInfo::default() };
    let mapped = |name: &str| Registration {
        mappings: vec![("A".to_owned(), name.to_owned(), mapping.clone())],
        ..broker(name, 0, name, &["A", "B"])
    };
    let mut routes = routes(&[mapped("b"), mapped("c")]);
    let found = route(&routes, "A").unwrap().mappings.unwrap();
    assert_eq!(found.get("b"), Some(&mapping));
    assert!(route(&routes, "B").unwrap().mappings.is_none());
    routes.unregister("b", "b");
    let found = route(&routes, "A").unwrap().mappings.unwrap();
    assert_eq!(found.len(), 2, "a broker that is down still has its queues");
    routes.unregister("c", "c");
    register(&mut routes, broker("c", 0, "c", &["A", "B"]), 1);
    assert!(route(&routes, "A").unwrap().mappings.is_none(), "the topic began anew");
}

#[test]
fn filter_servers_stay_until_others_are_named() {
    let servers = |list: Option<Vec<String>>| Registration {
        filter_servers: list,
        ..broker("b", 0, "m", &["A", "B"])
    };
    let mut routes = routes(&[servers(Some(vec!["f:1".to_owned()]))]);
    let found = |routes: &Routes| route(routes, "A").unwrap().filter_servers;
    assert_eq!(found(&routes).get("m"), Some(&vec!["f:1".to_owned()]));
    register(&mut routes, servers(None), 0);
    assert_eq!(found(&routes).len(), 1);
    register(&mut routes, servers(Some(Vec::new())), 0);
    assert!(found(&routes).is_empty());
}

#[test]
fn unit_topics_are_told_apart() {
    let mut unit = broker("b", 0, "m", &["None", "Unit", "Sub", "Both"]);
    for (at, flag) in [(1, 1), (2, 2), (3, 3)] {
        unit.topics[at].1.sys_flag = flag;
    }
    let routes = routes(&[unit]);
    let list = |which| {
        let mut topics = routes.unit_topics(which).topics;
        topics.sort();
        topics
    };
    assert_eq!(list(UnitTopics::Unit), ["Both", "Unit"]);
    assert_eq!(list(UnitTopics::Subscribed), ["Both", "Sub"]);
    assert_eq!(list(UnitTopics::SubscribedOnly), ["Sub"]);
}

#[test]
fn lists_cover_clusters_and_brokers() {
    let other = Registration { cluster: "D".to_owned(), ..broker("d", 0, "d", &["X", "B"]) };
    let routes = routes(&[broker("b", 0, "m", &["A", "B"]), other]);
    let sorted = |mut list: Vec<String>| {
        list.sort();
        list
    };
    assert_eq!(sorted(routes.topic_list().topics), ["A", "B", "X"]);
    assert_eq!(sorted(routes.topics_of_cluster("C").topics), ["A", "B"]);
    assert!(routes.topics_of_cluster("none").topics.is_empty());
    assert_eq!(sorted(routes.system_topics().topics), ["C", "D", "b", "d"]);
    assert!(routes.system_topics().broker_addr.is_some());
    assert_eq!(routes.cluster_info().clusters.get("D"), Some(&vec!["d".to_owned()]));
    assert!(routes.member_group("C", "none").addrs.is_empty());
}

#[test]
fn a_full_table_refuses_and_changes_nothing() {
    let mut routes = routes(&[broker("b", 0, "m", &["A", "B"])]);
    routes.entries = ROUTE_ENTRIES_MAX - 1;
    let more = broker("b", 0, "m", &["A", "B", "C", "D"]);
    let refused = routes.register(more, link(0), Duration::ZERO, Rules::default());
    assert_eq!(refused, Err(Refusal::Full));
    assert!(routes.register_topic("T", &[("b", queues(6))]).is_ok());
    assert_eq!(routes.register_topic("U", &[("b", queues(6))]), Err(Refusal::Full));
    routes.entries = 3;
    routes.check_invariant();
    for at in 1..ROUTE_BROKERS_MAX {
        let name = format!("b{at}");
        routes
            .register(broker(&name, 0, &name, &[]), link(0), Duration::ZERO, Rules::default())
            .unwrap();
    }
    let refused =
        routes.register(broker("x", 0, "x", &[]), link(0), Duration::ZERO, Rules::default());
    assert_eq!(refused, Err(Refusal::Full));
    register(&mut routes, broker("b", 0, "m", &["A", "B"]), 1);
}
