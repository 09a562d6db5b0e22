//! What is asked of the table. Lists come in the order in which Java walks its hash maps, so that
//! an answer is the same bytes.

use std::collections::{BTreeMap, BTreeSet};

use crate::protocol::body::TopicList;
use crate::protocol::body::route::{BrokerData, ClusterInfo, MemberGroup, QueueData, TopicRoute};
use crate::protocol::fastjson::Table;
use crate::protocol::java;

use super::{Group, MASTER_ID, PERM_WRITE, Routes, Rules};

/// Topics of this prefix tell brokers their group, and show it as it is.
const MEMBER_GROUP_PREFIX: &str = "rmq_sys_SYNC_BROKER_MEMBER_";

/// Set in [`super::Queues::sys_flag`] of a topic of a unit.
const FLAG_UNIT: i32 = 1;

/// Set in [`super::Queues::sys_flag`] of a topic that units subscribe to.
const FLAG_UNIT_SUBSCRIPTION: i32 = 1 << 1;

/// Sizes for which Java makes its tables, which show in the order of their entries.
const TOPICS_CAPACITY: usize = 1024;
const GROUPS_CAPACITY: usize = 128;
const CLUSTERS_CAPACITY: usize = 32;

/// Which topics of units are asked for (311, 312, 313).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnitTopics {
    /// Topics of a unit.
    Unit,
    /// Topics that units subscribe to.
    Subscribed,
    /// Topics that units subscribe to and that are of none.
    SubscribedOnly,
}

impl UnitTopics {
    fn takes(self, sys_flag: i32) -> bool {
        let unit = sys_flag & FLAG_UNIT != 0;
        let subscribed = sys_flag & FLAG_UNIT_SUBSCRIPTION != 0;
        match self {
            Self::Unit => unit,
            Self::Subscribed => subscribed,
            Self::SubscribedOnly => subscribed && !unit,
        }
    }
}

impl Group {
    /// The cluster of the first broker; of one name all are in one cluster.
    fn cluster(&self) -> &str {
        self.members.values().next().map_or("", |member| member.cluster.as_str())
    }

    fn addresses(&self) -> Table<i64, String> {
        let ids: Vec<i64> = self.members.keys().copied().collect();
        let order = long_order(&ids);
        let members = order.into_iter().filter_map(|id| self.members.get_key_value(&id));
        members.map(|(id, member)| (*id, member.address.clone())).collect()
    }

    fn data(&self, name: &str) -> BrokerData {
        BrokerData {
            addrs: self.addresses(),
            broker_name: name.to_owned(),
            cluster: self.cluster().to_owned(),
            enable_acting_master: self.acting_master,
            zone_name: self.zone.clone(),
        }
    }
}

impl Routes {
    /// The route of a topic (105), without its order configuration. `None` if no living broker has
    /// it.
    pub fn route(&self, topic: &str, rules: Rules) -> Option<TopicRoute> {
        let brokers = self.topics.get(topic)?;
        let names: Vec<&str> = brokers.keys().map(|name| &**name).collect();
        let mut route = TopicRoute::default();
        for name in java::map_order(&names) {
            let (Some(queues), Some(group)) = (brokers.get(name), self.groups.get(name)) else {
                continue;
            };
            route.queues.push(QueueData {
                broker_name: name.to_owned(),
                perm: queues.perm,
                read_queues: queues.read,
                topic_sys_flag: queues.sys_flag,
                write_queues: queues.write,
            });
            let mut data = group.data(name);
            let shows = rules.show_acting_master && !topic.starts_with(MEMBER_GROUP_PREFIX);
            if shows && group.acting_master && queues.perm & PERM_WRITE == 0 {
                show_acting_master(&mut data);
            }
            route.brokers.push(data);
        }
        route.filter_servers = self.filter_servers(&route.brokers);
        if let Some(mappings) = self.mappings.get(topic) {
            let names: Vec<&str> = mappings.keys().map(String::as_str).collect();
            let order = java::map_order(&names);
            let pairs = order.into_iter().filter_map(|name| mappings.get_key_value(name));
            route.mappings =
                Some(pairs.map(|(name, mapping)| (name.clone(), mapping.clone())).collect());
        }
        (!route.brokers.is_empty()).then_some(route)
    }

    fn filter_servers(&self, brokers: &[BrokerData]) -> Table<String, Vec<String>> {
        let mut found: BTreeMap<&str, &Vec<String>> = BTreeMap::new();
        for broker in brokers {
            let group = self.groups.get(broker.broker_name.as_str());
            for member in group.into_iter().flat_map(|group| group.members.values()) {
                if !member.filter_servers.is_empty() {
                    found.insert(&member.address, &member.filter_servers);
                }
            }
        }
        let addresses: Vec<&str> = found.keys().copied().collect();
        let order = java::map_order(&addresses);
        let pairs = order.into_iter().filter_map(|address| found.get_key_value(address));
        pairs.map(|(address, servers)| ((*address).to_owned(), (*servers).clone())).collect()
    }

    /// Clusters and the broker names in each.
    fn clusters(&self) -> BTreeMap<&str, BTreeSet<&str>> {
        let mut clusters: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (name, group) in &self.groups {
            for member in group.members.values() {
                clusters.entry(member.cluster.as_str()).or_default().insert(name);
            }
        }
        clusters
    }

    /// All brokers and clusters (106).
    pub fn cluster_info(&self) -> ClusterInfo {
        let names: Vec<&str> = self.groups.keys().map(|name| &**name).collect();
        let groups = concurrent_order(&names, Some(GROUPS_CAPACITY)).into_iter();
        let brokers = groups.filter_map(|name| Some((name, self.groups.get(name)?)));
        let clusters = self.clusters();
        let cluster_names: Vec<&str> = clusters.keys().copied().collect();
        let ordered = concurrent_order(&cluster_names, Some(CLUSTERS_CAPACITY)).into_iter();
        let sets = ordered.filter_map(|cluster| Some((cluster, clusters.get(cluster)?)));
        ClusterInfo {
            brokers: brokers.map(|(name, group)| (name.to_owned(), group.data(name))).collect(),
            clusters: sets.map(|(cluster, names)| (cluster.to_owned(), set_order(names))).collect(),
        }
    }

    /// The brokers of a name (901); none if it is unknown.
    pub fn member_group(&self, cluster: &str, name: &str) -> MemberGroup {
        MemberGroup {
            addrs: self.groups.get(name).map(Group::addresses).unwrap_or_default(),
            broker_name: name.to_owned(),
            cluster: cluster.to_owned(),
        }
    }

    /// All topics (206).
    pub fn topic_list(&self) -> TopicList {
        self.list(|_| true)
    }

    /// The topics that a cluster's brokers have (224).
    pub fn topics_of_cluster(&self, cluster: &str) -> TopicList {
        let names: BTreeSet<&str> =
            self.groups.iter().filter(|(_, g)| g.is_in(cluster)).map(|(name, _)| &**name).collect();
        self.list(|brokers| brokers.keys().any(|name| names.contains(&**name)))
    }

    /// Topics of units (311, 312, 313). As in Java, a topic is judged by its first broker.
    pub fn unit_topics(&self, which: UnitTopics) -> TopicList {
        self.list(|brokers| {
            let names: Vec<&str> = brokers.keys().map(|name| &**name).collect();
            let first = java::map_order(&names).first().and_then(|name| brokers.get(*name));
            first.is_some_and(|queues| which.takes(queues.sys_flag))
        })
    }

    /// Names that are topics by themselves: clusters and brokers, with one broker's address (304).
    pub fn system_topics(&self) -> TopicList {
        let clusters = self.clusters();
        let cluster_names: Vec<&str> = clusters.keys().copied().collect();
        let mut names: Vec<&str> = Vec::new();
        for cluster in concurrent_order(&cluster_names, Some(CLUSTERS_CAPACITY)) {
            names.push(cluster);
            names.extend(clusters.get(cluster).into_iter().flatten());
        }
        names = unique(names);
        let groups: Vec<&str> = self.groups.keys().map(|name| &**name).collect();
        let first = concurrent_order(&groups, Some(GROUPS_CAPACITY)).first().copied();
        let group = first.and_then(|name| self.groups.get(name));
        let address = group.map(Group::addresses).and_then(|a| a.into_iter().next());
        TopicList {
            broker_addr: address.map(|(_, address)| address),
            topics: owned(concurrent_order(&names, None)),
        }
    }

    fn list(
        &self,
        takes: impl Fn(&BTreeMap<std::rc::Rc<str>, super::Queues>) -> bool,
    ) -> TopicList {
        let chosen = self.topics.iter().filter(|(_, brokers)| takes(brokers));
        let names: Vec<&str> = chosen.map(|(topic, _)| topic.as_str()).collect();
        // Java walks its table of topics and puts them into a set of the default size.
        let names = concurrent_order(&names, Some(TOPICS_CAPACITY));
        TopicList { broker_addr: None, topics: owned(concurrent_order(&names, None)) }
    }
}

/// Shows the broker with the smallest id under the master's, which no broker has.
fn show_acting_master(data: &mut BrokerData) {
    let addresses: Vec<(i64, String)> = std::mem::take(&mut data.addrs).into_iter().collect();
    let min = addresses.iter().map(|(id, _)| *id).min();
    let shown: BTreeMap<i64, String> = addresses
        .into_iter()
        .map(|(id, address)| (if Some(id) == min { MASTER_ID } else { id }, address))
        .collect();
    data.addrs = shown.into_iter().collect();
}

fn owned(names: Vec<&str>) -> Vec<String> {
    names.into_iter().map(str::to_owned).collect()
}

fn unique(names: Vec<&str>) -> Vec<&str> {
    let mut seen = BTreeSet::new();
    names.into_iter().filter(|name| seen.insert(*name)).collect()
}

/// The order of a `HashSet<String>`.
fn set_order(names: &BTreeSet<&str>) -> Vec<String> {
    let names: Vec<&str> = names.iter().copied().collect();
    owned(java::map_order(&names))
}

/// The order of a `ConcurrentHashMap<String, _>` made for `initial` entries.
fn concurrent_order<'a>(names: &[&'a str], initial: Option<usize>) -> Vec<&'a str> {
    let hashes: Vec<i32> = names.iter().map(|name| java::string_hash(name)).collect();
    let order = java::walk_order(&hashes, java::concurrent_capacity(initial, names.len()));
    order.into_iter().filter_map(|at| names.get(at).copied()).collect()
}

/// The order of a `HashMap<Long, _>`.
fn long_order(ids: &[i64]) -> Vec<i64> {
    let hash = |id: &i64| {
        let bits = id.cast_unsigned();
        let [.., a, b, c, d] = (bits ^ bits >> 32).to_be_bytes();
        i32::from_be_bytes([a, b, c, d])
    };
    let hashes: Vec<i32> = ids.iter().map(hash).collect();
    let order = java::walk_order(&hashes, java::map_capacity(ids.len()));
    order.into_iter().filter_map(|at| ids.get(at).copied()).collect()
}
