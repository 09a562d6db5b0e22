//! mqadmin of every version: the daily look-ups, judged by what they print.

use std::fs;

use crate::account::{all_acknowledged, arrived};
use crate::driver::{Driver, Headers, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;
use crate::system::{BROKER, CLUSTER, Cluster, Flavor, Flush};
use crate::toolchain::CLIENT_VERSIONS;

/// Queues of the topic before and after it is changed.
const QUEUES: [i32; 2] = [3, 4];
const SENT: i64 = 12;
const BACKLOG: i64 = 8;

/// mqadmin of one version, with a topic and a group of its own.
struct Operator<'a> {
    cluster: &'a Cluster,
    driver: Driver,
    version: &'static str,
    topic: String,
    group: String,
    sent: Vec<Sent>,
}

/// The words of the first line that starts with `words`.
fn row(output: &str, words: &[&str]) -> Vec<String> {
    let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let found = rows.into_iter().find(|row| row.starts_with(words));
    found
        .unwrap_or_else(|| panic!("no row {words:?} in:\n{output}"))
        .iter()
        .map(|word| (*word).to_owned())
        .collect()
}

/// What stands behind `key` and a `:` or `=`.
fn value(output: &str, key: &str) -> String {
    let parts = |line: &str| {
        let (name, value) = line.split_once([':', '='])?;
        (name.trim() == key).then(|| value.trim().to_owned())
    };
    let found = output.lines().find_map(parts);
    found.unwrap_or_else(|| panic!("no `{key}` in:\n{output}"))
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

impl<'a> Operator<'a> {
    fn start(cluster: &'a Cluster, version: &'static str, headers: Headers) -> Self {
        let servers = cluster.name_server.address();
        let name = format!("mqadmin-{version}");
        let mut driver = Driver::start(&name, version, headers, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        let suffix = version.replace('.', "_");
        let (topic, group) = (format!("topic_{suffix}"), format!("group_{suffix}"));
        Self { cluster, driver, version, topic, group, sent: Vec::new() }
    }

    fn broker(&self) -> String {
        self.cluster.broker.address()
    }

    fn admin(&mut self, arguments: &str) -> String {
        let output = self.driver.admin(arguments);
        // 4.9.8 reads what Java 5.5.0 does not say any more, and fails there.
        let reads = ["clusterList", "exportConfigs", "exportMetrics"];
        let known = self.is_forgotten() && reads.iter().any(|one| arguments.starts_with(one));
        let fine = known || arguments.contains("NoSuch") || !output.contains("Exception");
        assert!(fine, "mqadmin {} {arguments}:\n{output}", self.version);
        output
    }

    /// Whether Java's broker no longer serves this version.
    fn is_forgotten(&self) -> bool {
        self.version == "4.9.8" && Flavor::under_test() == Flavor::Java
    }

    fn send(&mut self, prefix: &str, count: i64) {
        let count = count.to_string();
        let fields = [
            ("name", "p"),
            ("topic", self.topic.as_str()),
            ("kind", "sync"),
            ("prefix", prefix),
            ("count", count.as_str()),
            ("tags", "TagQ"),
            ("keys", "true"),
        ];
        let sent = self.driver.send(&fields);
        all_acknowledged(prefix, &sent, "SEND_OK");
        self.sent.extend(sent);
    }

    /// How many messages queue `queue` has got.
    fn count_in(&self, queue: i32) -> i64 {
        let count = self.sent.iter().filter(|one| one.queue == Some(queue)).count();
        i64::try_from(count).expect("few messages")
    }

    fn makes_a_topic(&mut self, queues: i32) {
        let topic = self.topic.clone();
        let output =
            self.admin(&format!("updateTopic -c {CLUSTER} -t {topic} -r {queues} -w {queues}"));
        assert!(
            output.contains(&format!("create topic to {} success.", self.broker())),
            "{output}"
        );
        let config =
            format!("topicName={topic}, readQueueNums={queues}, writeQueueNums={queues}, perm=RW-");
        assert!(output.contains(&config), "{output}");
        self.cluster.wait_route(&topic, queues);
        let route = without_blanks(&self.admin(&format!("topicRoute -t {topic}")));
        let parts = [
            format!("\"brokerAddrs\":{{0:\"{}\"}}", self.broker()),
            format!("\"brokerName\":\"{BROKER}\",\"cluster\":\"{CLUSTER}\""),
            format!("\"perm\":6,\"readQueueNums\":{queues},"),
            format!("\"topicSysFlag\":0,\"writeQueueNums\":{queues}}}"),
        ];
        for part in parts {
            assert!(route.contains(&part), "no {part} in {route}");
        }
    }

    fn lists_topics(&mut self) {
        let topics = self.admin("topicList");
        let topics: Vec<&str> = topics.lines().collect();
        let retry = format!("%RETRY%{}", self.group);
        let mut wanted =
            vec![self.topic.as_str(), &retry, "TBW102", "SELF_TEST_TOPIC", "BenchmarkTest"];
        wanted.extend([CLUSTER, BROKER, "OFFSET_MOVED_EVENT", "SCHEDULE_TOPIC_XXXX"]);
        for topic in wanted {
            assert!(topics.contains(&topic), "no {topic} in {topics:?}");
        }
        let none = self.admin("topicRoute -t NoSuchTopic");
        let said = "No topic route info in name server for the topic: NoSuchTopic";
        assert!(none.contains(said), "{none}");
    }

    fn shows_the_cluster(&mut self) {
        let broker = self.broker();
        let listed = self.admin("clusterList");
        let words = row(&listed, &[CLUSTER, BROKER, "0", &broker]);
        assert!(words[4].starts_with('V'), "the broker's version in {words:?}");

        let folder = self.cluster.work.path().display().to_string();
        for (command, file) in [("exportConfigs", "configs"), ("exportMetrics", "metrics")] {
            let output = self.admin(&format!("{command} -c {CLUSTER} -f {folder}"));
            let said = format!("export {folder}/{file}.json success");
            assert!(self.is_forgotten() || output.contains(&said), "{output}");
        }

        let status = self.admin(&format!("brokerStatus -b {broker}"));
        assert!(value(&status, "brokerVersionDesc").starts_with('V'), "{status}");
        let number = |key: &str| -> i64 {
            value(&status, key).parse().unwrap_or_else(|e| panic!("{key}: {e}:\n{status}"))
        };
        assert!(number("msgPutTotalTodayNow") >= SENT, "{status}");
        assert!(number("commitLogMaxOffset") > 0, "{status}");
        assert_eq!(number("commitLogMinOffset"), 0, "{status}");
        assert!(number("bootTimestamp") > 0, "{status}");
        assert!(value(&status, "runtime").contains("days"), "{status}");
        let rates = value(&status, "putTps");
        let first = rates.split(' ').next().unwrap_or_default();
        assert!(first.parse::<f64>().is_ok(), "putTps {rates}");

        let config = self.admin(&format!("getBrokerConfig -b {broker}"));
        let settings = &self.cluster.broker.settings;
        for (key, wanted) in [
            ("brokerName", BROKER),
            ("brokerClusterName", CLUSTER),
            ("brokerIP1", "127.0.0.1"),
            ("listenPort", &settings.port.to_string()),
            ("namesrvAddr", &settings.name_servers),
            ("storePathRootDir", &settings.store.display().to_string()),
            ("flushDiskType", "ASYNC_FLUSH"),
            ("autoCreateTopicEnable", "true"),
            ("defaultTopicQueueNums", "8"),
            ("maxMessageSize", "4194304"),
        ] {
            assert_eq!(value(&config, key), wanted, "{key}");
        }
    }

    fn shows_offsets(&mut self, queues: i32) {
        let topic = self.topic.clone();
        let status = self.admin(&format!("topicStatus -t {topic}"));
        for queue in 0..queues {
            let end = self.count_in(queue).to_string();
            row(&status, &[BROKER, &queue.to_string(), "0", &end]);
        }
    }

    fn shows_progress(&mut self) {
        let (topic, group) = (self.topic.clone(), self.group.clone());
        let consumed: Vec<i64> = (0..QUEUES[0]).map(|queue| self.count_in(queue)).collect();
        let check = |output: &str, ends: &[i64]| {
            for (queue, (end, at)) in ends.iter().zip(&consumed).enumerate() {
                let numbers = [end.to_string(), at.to_string(), (end - at).to_string()];
                let [end, at, behind] = numbers.each_ref().map(String::as_str);
                row(output, &[&topic, BROKER, &queue.to_string(), end, at, behind]);
            }
            let behind: i64 = ends.iter().zip(&consumed).map(|(end, at)| end - at).sum();
            assert!(output.contains(&format!("Diff Total: {behind}\n")), "{output}");
        };
        let online = self.admin(&format!("consumerProgress -g {group}"));
        check(&online, &consumed);
        let version = format!("V{}", self.version.replace('.', "_"));
        let all = self.admin("consumerProgress");
        row(&all, &[&group, "1", &version, "PUSH", "CLUSTERING"]);

        self.driver.run("shutdown", &[("name", "c")]);
        self.send("backlog", BACKLOG);
        let ends: Vec<i64> = (0..QUEUES[0]).map(|queue| self.count_in(queue)).collect();
        let offline = self.admin(&format!("consumerProgress -g {group}"));
        check(&offline, &ends);
        let all = self.admin("consumerProgress");
        row(&all, &[&group, "0", "OFFLINE"]);
    }

    /// 4.9.8 takes the id alone, later versions want the topic too.
    fn shows_a_message(&mut self) {
        let one = self.sent[0].clone();
        let id = one.offset_id.expect("it was acknowledged");
        let topic = self.topic.clone();
        let of_topic = if self.version == "4.9.8" { String::new() } else { format!("-t {topic} ") };
        let output = self.admin(&format!("queryMsgById {of_topic}-i {id}"));
        for (key, wanted) in [
            ("OffsetID", id.as_str()),
            ("Topic", &topic),
            ("Tags", "[TagQ]"),
            ("Keys", &format!("[key-{}]", one.body)),
            ("Queue ID", &one.queue.expect("as above").to_string()),
            ("Queue Offset", &one.offset.expect("as above").to_string()),
            ("Reconsume Times", "0"),
            ("Store Host", &self.broker()),
        ] {
            assert_eq!(value(&output, key), wanted, "{key} in\n{output}");
        }
        let body = fs::read_to_string(value(&output, "Message Body Path"));
        assert_eq!(body.expect("mqadmin writes the body to a file"), one.body);
        let track = format!("consumerGroup={}, trackType=CONSUMED, exceptionDesc=null", self.group);
        assert!(output.contains(&track), "no {track} in\n{output}");
    }

    fn deletes_the_topic(&mut self) {
        let topic = self.topic.clone();
        let output = self.admin(&format!("deleteTopic -c {CLUSTER} -t {topic}"));
        let broker = format!("delete topic [{topic}] from cluster [{CLUSTER}] success.");
        let server = format!("delete topic [{topic}] from NameServer success.");
        assert!(output.contains(&broker) && output.contains(&server), "{output}");
        let servers = self.cluster.name_server.address();
        assert!(remoting::route(&servers, &topic).is_none(), "{topic} has a route still");
        assert!(!self.admin("topicList").lines().any(|line| line == topic), "{topic} is listed");
    }

    fn operate(mut self) {
        self.makes_a_topic(QUEUES[0]);
        self.send("looked-at", SENT);
        let push = [("name", "c"), ("group", self.group.as_str()), ("topic", self.topic.as_str())];
        self.driver.run("push", &push);
        wait_until("the group gets all", STEP_WITHIN, || {
            arrived(&self.sent, &self.driver.messages("c")) == self.sent.len()
        });
        self.cluster.wait_committed(&self.group, &self.topic, QUEUES[0]);
        self.lists_topics();
        self.shows_the_cluster();
        self.shows_offsets(QUEUES[0]);
        self.shows_a_message();
        self.shows_progress();
        self.makes_a_topic(QUEUES[1]);
        self.shows_offsets(QUEUES[1]);
        self.deletes_the_topic();
    }
}

#[test]
fn mqadmin_of_every_version() {
    let cluster = Cluster::started("mqadmin", Flush::Async, 2, &[]);
    for version in CLIENT_VERSIONS {
        let headers = if version == "5.3.3" { Headers::Binary } else { Headers::Json };
        Operator::start(&cluster, version, headers).operate();
        println!("mqadmin {version} done");
    }
}
