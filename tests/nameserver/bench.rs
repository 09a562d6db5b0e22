//! A name server without sockets and files, and the state that a recording was made in.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use ringmq::config::host::Host;
use ringmq::config::nameserver::NameserverConfig;
use ringmq::config::{Configuration, Loaded, Sources};
use ringmq::nameserver::handler::{NameServer, Outcome, Pending};
use ringmq::nameserver::kv::{KvChange, KvTable, ORDER_NAMESPACE};
use ringmq::net::ConnectionId;
use ringmq::protocol::body::TopicList;
use ringmq::protocol::body::registration::Registration;
use ringmq::protocol::body::route::{QueueData, TopicRoute};
use ringmq::protocol::body::topic_config::TopicConfig;
use ringmq::protocol::code::request as codes;
use ringmq::protocol::{Command, fastjson, version};
use ringmq::units::CoreId;

/// The configuration file of the recording, with the paths of the recording.
const RECORDED: &str = "listenPort=29876\nbindAddress=127.0.0.1\n\
                        kvConfigPath=/opt/rocketmq-data/namesrv/kvConfig.json\n\
                        configStorePath=/opt/rocketmq-data/ns.conf\n";

/// The broker of the recording, which is there before anything is asked.
const BROKER: &str = "broker-a";

/// The connection of the broker that was there before the file begins.
const EARLIER: u64 = 1000;

pub fn link(generation: u64) -> ConnectionId {
    ConnectionId { core: CoreId(0), slot: 0, generation }
}

/// A configuration from the text of a file.
pub fn loaded(file: &str) -> Loaded<NameserverConfig> {
    let host = Host {
        name: Some("host".to_owned()),
        home: "/home/user".to_owned(),
        cpus: 2,
        memory_bytes: 8 << 30,
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        namesrv_addr: None,
        rocketmq_home: Some("/opt/rocketmq-data/home".to_owned()),
    };
    let file = Some(("namesrv.conf", file.as_bytes()));
    NameserverConfig::load(Sources { host, assumed: BTreeMap::new(), file, flags: Vec::new() })
        .unwrap()
}

pub struct Bench {
    pub server: NameServer,
    pub now: Duration,
    opaque: i32,
}

impl Bench {
    pub fn new(file: &str) -> Self {
        let server = NameServer::new(loaded(file), KvTable::default());
        Self { server, now: Duration::ZERO, opaque: 1_000_000 }
    }

    /// With the configuration of the recording.
    pub fn recorded() -> Self {
        Self::new(RECORDED)
    }

    /// The answer, after what has to reach a file "did"; `None` where none is due.
    pub fn handle(&mut self, request: &Command, over: u64) -> Option<Command> {
        let Outcome { reply, pending, .. } = self.server.handle(request, link(over), self.now);
        match pending {
            None => {}
            Some(Pending::Kv(change)) => {
                let (table, results) = self.server.changed([&change]);
                assert_eq!(results, [Ok(())]);
                self.server.take_values(table);
            }
            Some(Pending::Configuration(lines)) => {
                let updated = self.server.updated(&lines).unwrap();
                self.server.configure(updated);
            }
        }
        (!request.is_oneway()).then_some(reply)
    }

    /// Asks and expects success.
    pub fn ask(&mut self, request: Command) -> Command {
        self.opaque += 1;
        let reply = self.handle(&request.with_opaque(self.opaque), EARLIER).unwrap();
        assert_eq!(reply.code, 0, "{:?}", reply.remark);
        reply
    }

    /// The namespace of the order configuration is there and empty.
    pub fn order_namespace(&mut self) {
        for change in [
            KvChange::Put {
                namespace: ORDER_NAMESPACE.to_owned(),
                key: "T".to_owned(),
                value: "b:1".to_owned(),
            },
            KvChange::Delete { namespace: ORDER_NAMESPACE.to_owned(), key: "T".to_owned() },
        ] {
            let (table, _) = self.server.changed([&change]);
            self.server.take_values(table);
        }
    }

    /// Sets a value of the KV configuration.
    pub fn put_value(&mut self, namespace: &str, key: &str, value: &str) {
        let [namespace, key, value] = [namespace, key, value].map(str::to_owned);
        let (table, _) = self.server.changed([&KvChange::Put { namespace, key, value }]);
        self.server.take_values(table);
    }

    pub fn topics(&mut self) -> BTreeSet<String> {
        let reply = self.ask(Command::request(codes::GET_ALL_TOPIC_LIST_FROM_NAMESERVER));
        let list: TopicList = fastjson::from_slice(&reply.body).unwrap();
        list.topics.into_iter().collect()
    }

    pub fn delete_topic(&mut self, topic: &str) {
        let fields = [("topic", topic)].into_iter().collect();
        self.ask(Command::request(codes::DELETE_TOPIC_IN_NAMESRV).with_fields(fields));
    }

    /// Puts the queues of a topic.
    pub fn put_queues(&mut self, topic: &str, queues: Vec<QueueData>) {
        let route = TopicRoute { queues, ..TopicRoute::default() };
        let request = Command::request(codes::REGISTER_TOPIC_IN_NAMESRV)
            .with_fields([("topic", topic)].into_iter().collect())
            .with_body(fastjson::to_vec(&route));
        self.ask(request);
    }

    /// A broker over a connection of its own, with the topics of [`registration`].
    pub fn broker(&mut self, cluster: &str, name: &str, id: &str, address: &str, over: u64) {
        let reply = self.handle(&registration(cluster, name, id, address, &[]), over).unwrap();
        assert_eq!(reply.code, 0, "{:?}", reply.remark);
    }

    /// The state that Java's answer speaks of, where the recording does not show how it came about:
    /// topics and values of earlier files. Client files come from a session in which permissions
    /// were wiped and given back (`changed`).
    pub fn catch_up(&mut self, request: &Command, reply: &Command, changed: bool) {
        match request.code {
            codes::GET_ROUTEINFO_BY_TOPIC if reply.code == 0 => {
                let route: TopicRoute = fastjson::from_slice(&reply.body).unwrap();
                let topic = request.fields.get("topic").unwrap();
                if changed || !self.topics().contains(topic) {
                    self.put_queues(topic, route.queues);
                }
            }
            codes::GET_ALL_TOPIC_LIST_FROM_NAMESERVER => {
                let list: TopicList = fastjson::from_slice(&reply.body).unwrap();
                let listed: BTreeSet<String> = list.topics.into_iter().collect();
                for topic in self.topics().difference(&listed) {
                    self.delete_topic(topic);
                }
                for topic in listed.difference(&self.topics()) {
                    self.put_queues(topic, vec![queues(BROKER)]);
                }
            }
            codes::WIPE_WRITE_PERM_OF_BROKER | codes::ADD_WRITE_PERM_OF_BROKER => {
                if request.fields.get("brokerName") != Some(BROKER) {
                    return;
                }
                let counts = ["wipeTopicCount", "addTopicCount"];
                let count = counts.iter().find_map(|field| reply.fields.get(field)).unwrap();
                let count: usize = count.parse().unwrap();
                for at in self.topics().len()..count {
                    self.put_queues(&format!("Earlier{at}"), vec![queues(BROKER)]);
                }
            }
            codes::GET_KV_CONFIG if reply.code == 0 => {
                let field = |name: &str| request.fields.get(name).unwrap().to_owned();
                let value = reply.fields.get("value").unwrap().to_owned();
                self.put_value(&field("namespace"), &field("key"), &value);
            }
            _ => {}
        }
    }

    /// The broker of the recording with the topics of its start.
    pub fn broker_of_the_recording(&mut self) {
        let boot = super::recording::file("broker-5.5.0/boot.jsonl");
        let request = &boot.exchanges[0].request;
        assert_eq!((request.code, request.version), (codes::REGISTER_BROKER, version::OURS));
        self.handle(request, EARLIER).unwrap();
    }
}

/// A broker registers the topics of its name and `Other`. `more` fields are added.
pub fn registration(
    cluster: &str,
    name: &str,
    id: &str,
    address: &str,
    more: &[(&str, &str)],
) -> Command {
    let mut body = Registration::default();
    for topic in [name, "Other"] {
        let config = TopicConfig { topic: topic.to_owned(), ..TopicConfig::default() };
        body.topics.topics.push(topic.to_owned(), config);
    }
    let usual = [
        ("clusterName", cluster),
        ("brokerName", name),
        ("brokerId", id),
        ("brokerAddr", address),
        ("haServerAddr", "127.0.0.1:1"),
        ("enableActingMaster", "false"),
    ];
    Command::request(codes::REGISTER_BROKER)
        .with_fields(usual.into_iter().chain(more.iter().copied()).collect())
        .with_body(fastjson::to_vec(&body))
}

pub fn queues(broker: &str) -> QueueData {
    QueueData {
        broker_name: broker.to_owned(),
        perm: 6,
        read_queues: 4,
        write_queues: 4,
        ..QueueData::default()
    }
}
