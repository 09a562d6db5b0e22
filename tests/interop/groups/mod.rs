//! What groups and the applications in them do beside sending and receiving: requests and replies,
//! broadcasting, starting points, offsets moved by operators, configurations, limits, traces.

mod limits;
mod members;
mod offsets;
mod replies;

use serde_json::Value;

use crate::account::{all_acknowledged, arrived};
use crate::driver::{Driver, Headers, Seen, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting::{self, Connection};
use crate::system::{Cluster, Flush};

/// `maxMessageSize` of the brokers here.
const BODY_MAX: &str = "262144";

/// A part of a suite.
type Step = fn(&mut Suite);

/// One client version on one cluster; the application has the producer `p`, the pull consumer
/// `pull`, and a client `moving`.
struct Suite {
    cluster: Cluster,
    version: &'static str,
    app: Driver,
    /// A reset that is on its way: clients take ten seconds and more to carry one out.
    moved: Option<offsets::Moved>,
    /// What a group has to get that skipped all before.
    unskipped: Vec<Sent>,
    /// The connection of a member that has nothing more to say.
    silent: Option<Connection>,
}

fn suite(version: &'static str, headers: Headers, shards: u16, steps: &[(&str, Step)]) {
    let name = format!("groups-{version}-{shards}");
    let extra = [
        ("traceTopicEnable", "true"),
        ("maxMessageSize", BODY_MAX),
        // Nothing counts as in memory: a new group starts where it says.
        ("accessMessageInMemoryMaxRatio", "0"),
        // Ten times as long as these clients are silent at most.
        ("channelExpiredTimeout", "20000"),
    ];
    let cluster = Cluster::started(&name, Flush::Async, shards, &extra);
    let servers = cluster.name_server.address();
    let mut app = Driver::start("app", version, headers, &servers, &cluster.work);
    app.run("producer", &[("name", "p")]);
    app.run("pull", &[("name", "pull"), ("group", "pullers")]);
    app.run("groups", &[("do", "producer"), ("name", "moving"), ("instance", "moving")]);
    let mut suite =
        Suite { cluster, version, app, moved: None, unskipped: Vec::new(), silent: None };
    for (title, step) in steps {
        let start = std::time::Instant::now();
        step(&mut suite);
        println!("{name}: {title}: {} ms", start.elapsed().as_millis());
    }
}

impl Suite {
    fn groups(&mut self, what: &str, fields: &[(&str, &str)]) -> Value {
        self.app.run("groups", &[&[("do", what)], fields].concat())
    }

    fn topic(&self, topic: &str, queues: i32) {
        self.cluster.create_topic(topic, queues);
    }

    fn send(&mut self, topic: &str, prefix: &str, count: usize) -> Vec<Sent> {
        self.send_by("p", topic, prefix, count, &[])
    }

    fn send_by(
        &mut self,
        producer: &str,
        topic: &str,
        prefix: &str,
        count: usize,
        more: &[(&str, &str)],
    ) -> Vec<Sent> {
        let count = count.to_string();
        let fields =
            [("name", producer), ("topic", topic), ("prefix", prefix), ("count", count.as_str())];
        let kind = [("kind", "sync")];
        let sent = self.app.send(&[&fields[..], &kind, more].concat());
        all_acknowledged(prefix, &sent, "SEND_OK");
        sent
    }

    fn push(&mut self, name: &str, group: &str, topic: &str, more: &[(&str, &str)]) -> String {
        // On the client of the pull consumer, unless `more` says otherwise: a client stores offsets
        // ten seconds after its start for the first time.
        let shared = [("name", name), ("group", group), ("topic", topic), ("instance", "pull")];
        let answer = self.groups("push", &[&shared[..], more].concat());
        answer["client"].as_str().expect("a client id").to_owned()
    }

    fn shutdown(&mut self, name: &str) {
        self.app.run("shutdown", &[("name", name)]);
    }

    fn wait_arrival(&self, name: &str, sent: &[Sent]) -> Vec<Seen> {
        let mut seen = Vec::new();
        wait_until(&format!("{name} gets {} messages", sent.len()), STEP_WITHIN, || {
            seen = self.app.messages(name);
            arrived(sent, &seen) == sent.len()
        });
        seen
    }

    fn wait_held(&mut self, name: &str, topic: &str, queues: i32) {
        let all: Vec<i32> = (0..queues).collect();
        wait_until(&format!("{name} holds all queues of {topic}"), STEP_WITHIN, || {
            self.app.held_queues(name, topic) == all
        });
    }

    fn drain(&mut self, topic: &str) -> Vec<Seen> {
        self.app.receive("drain", &[("name", "pull"), ("topic", topic)])
    }

    fn committed(&self, group: &str, topic: &str, queues: i32) -> Vec<Option<i64>> {
        let broker = self.cluster.broker.address();
        (0..queues).map(|queue| remoting::committed(&broker, group, topic, queue)).collect()
    }

    fn ends(&self, topic: &str, queues: i32) -> Vec<Option<i64>> {
        let broker = self.cluster.broker.address();
        (0..queues).map(|queue| Some(remoting::max_offset(&broker, topic, queue))).collect()
    }

    fn admin(&mut self, arguments: &str) -> String {
        let output = self.app.admin(arguments);
        assert!(!output.contains("Exception: "), "mqadmin {} {arguments}:\n{output}", self.version);
        output
    }

    /// A request as mqadmin makes it, without the seconds that mqadmin takes to start and end.
    fn operate(&self, code: i32, fields: &[(&str, &str)], body: &str) {
        let broker = self.cluster.broker.address();
        let reply = remoting::call_with(&broker, code, fields, body.as_bytes());
        let reply = reply.unwrap_or_else(|e| panic!("request {code}: {e}"));
        assert_eq!(reply.code, 0, "request {code} {fields:?} {body}: {}", reply.remark);
    }

    fn update_config(&self, key: &str, value: &str) {
        self.operate(25, &[], &format!("{key}={value}\n"));
    }

    fn update_group(&self, group: &str, more: &str) {
        self.operate(200, &[], &format!("{{\"groupName\":\"{group}\"{more}}}"));
    }

    fn update_topic(&self, topic: &str, read: i32, write: i32, perm: i32) {
        let [reads, writes, perms] = [read, write, perm].map(|number| number.to_string());
        let fields = [
            ("topic", topic),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", &reads),
            ("writeQueueNums", &writes),
            ("perm", &perms),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ];
        self.operate(17, &fields, "");
        let servers = self.cluster.name_server.address();
        wait_until("the route is the new one", STEP_WITHIN, || {
            let route = remoting::route(&servers, topic).unwrap_or_default();
            let queues = &route["queueDatas"][0];
            queues["readQueueNums"] == read
                && queues["writeQueueNums"] == write
                && queues["perm"] == perm
        });
    }
}

/// What every client version does. Resets come first, since clients take long over them, and are
/// looked at last.
const EVERYWHERE: [(&str, Step); 23] = [
    ("a member falls silent", members::begin_silence),
    ("members disagree", members::begin_dispute),
    ("a reset by the broker begins", offsets::begin_reset),
    ("offsets by time", offsets::times),
    ("requests and replies", replies::requests),
    ("replies nobody waits for", replies::replies_to_nobody),
    ("starting points", offsets::starting_points),
    ("skipping", offsets::skips),
    ("cloning", offsets::clones),
    ("an old reset of a group that is offline", offsets::resets_as_of_old),
    ("a group goes on behind what it skipped", offsets::begin_after_skip),
    ("broadcasting", members::broadcasts),
    ("group configurations", members::configurations),
    ("selectors", limits::selectors),
    ("batches", limits::batches),
    ("refusals", limits::refuses),
    ("queues that come and go", limits::queue_counts),
    ("permissions of topics", limits::permissions),
    ("flow control", limits::flow_control),
    ("what came after was not skipped", offsets::end_after_skip),
    ("the disagreement is over", members::end_dispute),
    ("the silent member is forgotten", members::end_silence),
    ("the reset has been carried out", offsets::end_reset),
];

#[test]
fn groups_of_4_9_8_on_one_shard() {
    let own: [(&str, Step); 2] =
        [("a trace", replies::traces), ("questions passed on", members::questions_passed_on)];
    suite("4.9.8", Headers::Json, 1, &[&own[..], &EVERYWHERE].concat());
}

#[test]
fn groups_of_5_5_0_on_two_shards() {
    let own: [(&str, Step); 5] = [
        ("a trace", replies::traces),
        ("questions passed on", members::questions_passed_on),
        ("compression", limits::compression),
        ("assignments by the broker", members::assignments),
        ("message types of topics", members::message_types),
    ];
    suite("5.5.0", Headers::Json, 2, &[&own[..], &EVERYWHERE].concat());
}
