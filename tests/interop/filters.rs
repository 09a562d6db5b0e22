//! Consumers that select messages by SQL92 and by tag, with the oldest and the newest client.

use crate::account::{arrived, exactly_once};
use crate::driver::{Driver, Headers, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting::{Reply, call};
use crate::system::{BROKER, Cluster, Flavor, Flush};

const QUEUES: i32 = 4;
const PULL: i32 = 11;
const LITE_PULL: i32 = 361;
const FOUND: i64 = 0;
const RETRY_IMMEDIATELY: i64 = 20;
const SUBSCRIPTION_PARSE_FAILED: i64 = 23;
const SQL: &str = "number BETWEEN 10 AND 39 AND city = '北京' AND none IS NULL";

/// One client version on a cluster.
struct Suite<'a> {
    cluster: &'a Cluster,
    topic: String,
    driver: Driver,
    sent: Vec<Sent>,
}

fn suites(shards: u16) {
    let name = format!("filters-{shards}");
    let on = [("enablePropertyFilter", "true")];
    let cluster = Cluster::started(&name, Flush::Async, shards, &on);
    for (at, version) in ["4.9.8", "5.5.0"].into_iter().enumerate() {
        let topic = format!("filtered_{at}");
        cluster.create_topic(&topic, QUEUES);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start(version, version, Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        driver.run("pull", &[("name", "pull"), ("group", &format!("pullers_{at}"))]);
        let mut suite = Suite { cluster: &cluster, topic, driver, sent: Vec::new() };
        suite.pushes();
        suite.pulls();
        suite.refuses();
    }
}

/// The number that a message was given as a property: what its body ends with.
fn number(sent: &Sent) -> u32 {
    sent.body.rsplit('-').next().and_then(|end| end.parse().ok()).expect("bodies are numbered")
}

impl Suite<'_> {
    fn send(&mut self, more: &[(&str, &str)]) {
        let topic = self.topic.clone();
        let fields = [("name", "p"), ("topic", &topic), ("properties", "true"), ("tags", "A,B,C")];
        self.sent.extend(self.driver.send(&[&fields, more].concat()));
    }

    fn wanted_by_sql(&self) -> Vec<Sent> {
        let wanted = |one: &&Sent| (10..40).contains(&number(one));
        self.sent.iter().filter(wanted).cloned().collect()
    }

    fn wanted_by_tag(&self) -> Vec<Sent> {
        self.sent.iter().filter(|one| one.tag != "C").cloned().collect()
    }

    /// Both consumers wait before the first message comes, so each is woken by what it wants.
    fn pushes(&mut self) {
        let topic = self.topic.clone();
        let groups = [format!("sql_{topic}"), format!("tag_{topic}")];
        let sql = [("name", "sql"), ("group", &groups[0]), ("topic", &topic), ("sql", SQL)];
        let tag = [("name", "tag"), ("group", &groups[1]), ("topic", &topic), ("tags", "A || B")];
        for consumer in [sql, tag] {
            let answer = self.driver.run("filteredPush", &consumer);
            assert!(answer.get("refused").is_none(), "{answer}");
        }
        self.send(&[("kind", "sync"), ("prefix", "spread"), ("count", "60")]);
        for queue in ["0", "1", "2", "3"] {
            // The last message of each queue is wanted: when it has come, all has been looked at.
            let prefix = format!("last{queue}");
            let place = [("queue", queue), ("broker", BROKER), ("from", "30"), ("tags", "A")];
            self.send(
                &[&place[..], &[("kind", "queue"), ("prefix", &prefix), ("count", "1")]].concat(),
            );
        }
        for (name, group, wanted) in
            [("sql", &groups[0], self.wanted_by_sql()), ("tag", &groups[1], self.wanted_by_tag())]
        {
            wait_until(&format!("{name} gets {}", wanted.len()), STEP_WITHIN, || {
                arrived(&wanted, &self.driver.messages(name)) == wanted.len()
            });
            // It stores its offsets when it leaves; what it was to get, it has got then.
            self.driver.run("shutdown", &[("name", name)]);
            self.cluster.wait_committed(group, &topic, QUEUES);
            exactly_once(name, &wanted, &self.driver.messages(name));
        }
    }

    fn pulls(&mut self) {
        let topic = self.topic.clone();
        let queue = [("name", "pull"), ("topic", topic.as_str())];
        let mut drain =
            |selector| self.driver.receive("filteredDrain", &[&queue[..], &[selector]].concat());
        let by_sql = drain(("sql", SQL));
        let by_tag = drain(("tags", "B||A"));
        // A number that is none fails the evaluation: nothing is taken.
        let failing = drain(("sql", "city > 5 OR number >= 0"));
        exactly_once("pull by SQL", &self.wanted_by_sql(), &by_sql);
        exactly_once("pull by tag", &self.wanted_by_tag(), &by_tag);
        assert_eq!(failing.len(), 0, "{failing:?}");
    }

    fn refuses(&mut self) {
        let topic = self.topic.clone();
        let bad = [("name", "bad"), ("group", "bad"), ("topic", &topic), ("sql", "number >> 1")];
        let answer = self.driver.run("filteredPush", &bad);
        let refused = answer["refused"].as_str().expect("it does not start");
        for part in ["CODE: 23", "line 1, column 9"] {
            assert!(refused.contains(part), "{part} is not in {refused}");
        }
        // Java means to refuse a pull with such an expression too, and sends it everything.
        if Flavor::under_test() == Flavor::RingMq {
            assert!(refused.contains("where a value is expected"), "{refused}");
            for code in [PULL, LITE_PULL] {
                let found = self.pull_raw(code, "number = 10 OR number = 30");
                assert!([FOUND, RETRY_IMMEDIATELY].contains(&found.code), "{}", found.remark);
                let refused = self.pull_raw(code, "number >> 1");
                assert_eq!(refused.code, SUBSCRIPTION_PARSE_FAILED, "{}", refused.remark);
                assert!(refused.remark.ends_with("line 1, column 9"), "{}", refused.remark);
            }
        }
    }

    /// A pull that carries its expression.
    fn pull_raw(&self, code: i32, sql: &str) -> Reply {
        let fields = [
            ("consumerGroup", "raw"),
            ("topic", &self.topic),
            ("queueId", "0"),
            ("queueOffset", "0"),
            ("maxMsgNums", "32"),
            ("sysFlag", "4"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "0"),
            ("subVersion", "0"),
            ("expressionType", "SQL92"),
            ("subscription", sql),
        ];
        call(&self.cluster.broker.address(), code, &fields).expect("the broker answers")
    }
}

#[test]
fn select_messages_on_one_shard() {
    suites(1);
}

#[test]
fn select_messages_on_two_shards() {
    suites(2);
}
