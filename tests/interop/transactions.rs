//! Transactional producers: commit, rollback, outcomes that only a check finds out, and brokers
//! killed in between.

use std::collections::{BTreeMap, BTreeSet};

use crate::account::{by_body, exactly_once, never_twice};
use crate::crash::{next, seed};
use crate::driver::{Driver, Headers, Seen, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;
use crate::system::{Cluster, Flavor, Flush};

const TOPIC: &str = "transactions";
const GROUP: &str = "transactors";
const QUEUES: i32 = 4;
const HALF_TOPIC: &str = "RMQ_SYS_TRANS_HALF_TOPIC";
const GIVEN_UP_TOPIC: &str = "TRANS_CHECK_MAX_TIME_TOPIC";
/// The group under which a broker keeps how far it has come with transactions.
const OWN_GROUP: &str = "CID_RMQ_SYS_TRANS";
/// A client of 4.9 waits so long for an answer that a killed broker does not give any more.
const SEND_WITHIN_MS: &str = "4000";
const END_TRANSACTION: i32 = 37;
const RESUME_CHECK: i32 = 323;
/// `CHECK_IMMUNITY_TIME_IN_SECONDS`.
const IMMUNITY_SECONDS: i64 = 3;

/// Properties of a message as a consumer of Java 5.5.0 gets it (its store's committed records say
/// the same), without those that the consumer adds.
const COMMITTED: [&str; 10] = [
    "CLUSTER",
    "KEYS",
    "MSG_REGION",
    "PGROUP",
    "TAGS",
    "TRACE_ON",
    "TRAN_MSG",
    "UNIQ_KEY",
    "WAIT",
    "__transactionId__",
];
const CHECK_TIMES: &str = "TRANSACTION_CHECK_TIMES";
/// `transactionCheckMax`.
const CHECKS: &str = "3";

/// A cluster, and an application with the transactional producer `t`.
struct Suite {
    cluster: Cluster,
    driver: Driver,
    shards: u16,
}

impl Suite {
    fn started(version: &str, flush: Flush, shards: u16, settings: &[(&str, &str)]) -> Self {
        let name = format!("transactions-{version}-{flush:?}-{shards}-{}", settings.len());
        let shards = if Flavor::under_test() == Flavor::Java { 1 } else { shards };
        // Java's op records are late by default, which makes it ask about what has ended.
        let common = match Flavor::under_test() {
            Flavor::RingMq => vec![("flushConsumerOffsetInterval", "300")],
            Flavor::Java => vec![("transactionOpBatchInterval", "50")],
        };
        let cluster = Cluster::started(&name, flush, shards, &[&common[..], settings].concat());
        cluster.create_topic(TOPIC, QUEUES);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start("app", version, Headers::Json, &servers, &cluster.work);
        let producer = [("name", "t"), ("group", GROUP), ("timeout", SEND_WITHIN_MS)];
        driver.run("transactional", &producer);
        driver.run("pull", &[("name", "pull"), ("group", "lookers")]);
        driver.run("push", &[("name", "watch"), ("group", "watchers"), ("topic", TOPIC)]);
        Self { cluster, driver, shards }
    }

    fn transact(&mut self, prefix: &str, count: usize, plan: &str) -> Vec<Sent> {
        self.transact_by("t", prefix, count, plan, &[])
    }

    fn transact_by(
        &mut self,
        producer: &str,
        prefix: &str,
        count: usize,
        plan: &str,
        more: &[(&str, &str)],
    ) -> Vec<Sent> {
        let count = count.to_string();
        let mut fields = vec![
            ("name", producer),
            ("topic", TOPIC),
            ("prefix", prefix),
            ("count", count.as_str()),
            ("plan", plan),
        ];
        fields.extend_from_slice(more);
        let answer = self.driver.run("transact", &fields);
        serde_json::from_value(answer["acks"].clone()).expect("acks are what they are")
    }

    fn set(&mut self, key: &str, value: &str) {
        let broker = self.cluster.broker.address();
        self.driver.admin(&format!("updateBrokerConfig -b {broker} -k {key} -v {value}"));
    }

    fn drain(&mut self, topic: &str) -> Vec<Seen> {
        self.driver.receive("drain", &[("name", "pull"), ("topic", topic)])
    }

    fn checks(&mut self, prefix: &str) -> Vec<Seen> {
        let mut checks = self.driver.receive("checks", &[]);
        checks.retain(|check| check.body.starts_with(prefix));
        checks
    }

    /// Waits until no half message is open any more.
    fn wait_settled(&self) {
        let broker = self.cluster.broker.address();
        wait_until("no transaction is open", STEP_WITHIN, || {
            (0..i32::from(self.shards)).all(|queue| {
                let end = remoting::max_offset(&broker, HALF_TOPIC, queue);
                remoting::committed(&broker, OWN_GROUP, HALF_TOPIC, queue).unwrap_or(0) == end
            })
        });
    }

    /// Starts another producer, and waits until the broker can ask it.
    fn start_producer(&mut self, name: &str) {
        let before = remoting::producers(&self.cluster.broker.address(), GROUP);
        self.driver.run("transactional", &[("name", name), ("group", GROUP)]);
        // A producer makes itself known to the brokers it has sent to.
        self.transact_by(name, name, 1, "C", &[]);
        self.wait_producers(before + 1);
    }

    fn wait_producers(&self, count: usize) {
        let broker = self.cluster.broker.address();
        wait_until(&format!("the group has {count} producers"), STEP_WITHIN, || {
            remoting::producers(&broker, GROUP) == count
        });
    }

    fn wait_delivered(&self, prefix: &str, count: usize) {
        wait_until(&format!("{count} of {prefix} are delivered"), STEP_WITHIN, || {
            let seen = self.driver.messages("watch");
            let bodies: BTreeSet<&str> = seen.iter().map(|one| one.body.as_str()).collect();
            bodies.iter().filter(|body| body.starts_with(prefix)).count() == count
        });
    }
}

fn names(properties: &BTreeMap<String, String>) -> BTreeSet<&str> {
    const OF_THE_CONSUMER: [&str; 2] = ["MIN_OFFSET", "MAX_OFFSET"];
    properties.keys().map(String::as_str).filter(|key| !OF_THE_CONSUMER.contains(key)).collect()
}

/// The commands of a client on one cluster.
fn outcomes(version: &str, flush: Flush, shards: u16) {
    let quick = [
        ("transactionTimeOut", "500"),
        ("transactionCheckInterval", "500"),
        ("transactionCheckMax", CHECKS),
    ];
    let mut suite = Suite::started(version, flush, shards, &quick);
    ends_as_its_producer_says(&mut suite);
    honours_immunity_and_asks_another_producer(&mut suite);
    gives_up_after_so_many_checks(&mut suite);
    refuses_what_java_refuses(&mut suite);
    never_twice("in the end", &suite.drain(TOPIC));
}

fn ends_as_its_producer_says(suite: &mut Suite) {
    let committed = suite.transact("commit", 12, "C");
    suite.transact("rollback", 12, "R");
    let late = suite.transact("late", 6, "UC");
    let later = suite.transact("later", 3, "UUC");
    suite.transact("never", 6, "UR");
    for (prefix, count) in [("commit", 12), ("late-", 6), ("later-", 3)] {
        suite.wait_delivered(prefix, count);
    }
    suite.wait_settled();
    let stored = suite.drain(TOPIC);
    let bodies: BTreeSet<&str> = stored.iter().map(|one| one.body.as_str()).collect();
    let wanted = [&committed[..], &late, &later].concat();
    let wanted: BTreeSet<&str> = wanted.iter().map(|one| one.body.as_str()).collect();
    assert_eq!(bodies, wanted, "what was committed, and nothing else");
    never_twice("committed", &stored);
    let delivered = suite.driver.messages("watch");
    assert!(delivered.iter().all(|one| wanted.contains(one.body.as_str())), "{delivered:?}");

    let halves = suite.drain(HALF_TOPIC);
    let halves = by_body(&halves);
    let found = by_body(&stored);
    let plain = BTreeSet::from(COMMITTED);
    for sent in &committed {
        let seen = found[sent.body.as_str()][0];
        assert_eq!(names(&seen.properties), plain, "{seen:?}");
        assert_eq!((seen.sys_flag & 0xc, seen.flag), (0x8, 7), "a commit: {seen:?}");
        assert_eq!(Some(seen.queue), sent.queue, "the queue that the send was answered with");
        let half = halves[sent.body.as_str()][0];
        assert_eq!((half.physical, half.offset), (seen.prepared, sent.offset.unwrap()), "{seen:?}");
        assert_eq!(seen.properties["__transactionId__"], seen.id, "{seen:?}");
        assert_eq!(
            (seen.id.as_str(), seen.properties["PGROUP"].as_str()),
            (sent.id.as_deref().unwrap(), GROUP)
        );
    }
    let mut checked = plain;
    checked.insert(CHECK_TIMES);
    // A producer that takes its time is asked once more.
    for (sent, times) in late.iter().map(|s| (s, 1)).chain(later.iter().map(|s| (s, 2))) {
        let seen = found[sent.body.as_str()][0];
        assert_eq!(names(&seen.properties), checked, "{seen:?}");
        let asked: usize = seen.properties[CHECK_TIMES].parse().expect("a number");
        assert!(asked >= times, "{seen:?}");
        let mut renewed = halves[sent.body.as_str()].iter().skip(asked);
        assert!(renewed.any(|half| half.physical == seen.prepared), "{seen:?}");
    }
    let checks = suite.checks("");
    for check in &checks {
        assert_eq!((check.topic.as_str(), check.queue < QUEUES), (TOPIC, true), "{check:?}");
        assert_eq!(check.properties["REAL_TOPIC"], TOPIC, "{check:?}");
    }
    let asked = checks.len();
    assert!(asked >= 6 + 2 * 3 + 6, "as many questions as the plans leave open: {asked}");
}

fn honours_immunity_and_asks_another_producer(suite: &mut Suite) {
    let seconds = IMMUNITY_SECONDS.to_string();
    // Looks that come too early count as well.
    suite.set("transactionCheckMax", "1000");
    suite.start_producer("other");
    suite.transact_by("t", "immune", 5, "UC", &[("immunity", &seconds)]);
    // Somebody else is left to answer.
    suite.driver.run("shutdown", &[("name", "t")]);
    suite.wait_delivered("immune", 5);
    let checks = suite.checks("immune");
    assert_eq!(by_body(&checks).len(), 5, "{checks:?}");
    for check in checks {
        assert_eq!(check.consumer, "other", "{check:?}");
        assert!(check.stored - check.born >= IMMUNITY_SECONDS * 1000, "too early: {check:?}");
    }
    suite.start_producer("t");
    suite.driver.run("shutdown", &[("name", "other")]);
    suite.wait_producers(1);
    suite.set("transactionCheckMax", CHECKS);
}

fn gives_up_after_so_many_checks(suite: &mut Suite) {
    let lost = suite.transact("lost", 4, "U");
    suite.cluster.wait_route(GIVEN_UP_TOPIC, 1);
    let given_up = |suite: &mut Suite| {
        let mut seen = suite.drain(GIVEN_UP_TOPIC);
        seen.retain(|one| one.body.starts_with("lost"));
        seen
    };
    wait_until("all are given up", STEP_WITHIN, || given_up(suite).len() == lost.len());
    let seen = given_up(suite);
    never_twice("given up", &seen);
    for one in &seen {
        assert_eq!(one.properties[CHECK_TIMES], CHECKS, "{one:?}");
        assert_eq!(one.properties["REAL_TOPIC"], TOPIC, "{one:?}");
    }
    assert_eq!(suite.checks("lost").len(), 3 * lost.len());
    // An admin has them asked about once more, and now it is known.
    suite.driver.run("replan", &[("prefix", "lost"), ("plan", "C")]);
    let broker = suite.cluster.broker.address();
    for one in &seen {
        let fields = [("topic", GIVEN_UP_TOPIC), ("msgId", one.offset_id.as_str())];
        let reply = remoting::call(&broker, RESUME_CHECK, &fields).expect("an answer");
        assert_eq!((reply.code, reply.remark.as_str()), (0, ""));
    }
    suite.wait_delivered("lost", lost.len());
}

fn refuses_what_java_refuses(suite: &mut Suite) {
    let broker = suite.cluster.broker.address();
    let [sent] = &suite.transact("odd", 1, "U")[..] else { panic!("one was sent") };
    let offset = sent.offset.expect("an offset").to_string();
    let halves = suite.drain(HALF_TOPIC);
    let physical = by_body(&halves)[sent.body.as_str()][0].physical.to_string();
    let end = |group: &str, offset: &str, physical: &str, outcome: &str| {
        let fields = [
            ("producerGroup", group),
            ("tranStateTableOffset", offset),
            ("commitLogOffset", physical),
            ("commitOrRollback", outcome),
            ("fromTransactionCheck", "false"),
            ("msgId", ""),
        ];
        let reply = remoting::call(&broker, END_TRANSACTION, &fields).expect("an answer");
        (reply.code, reply.remark)
    };
    let refused = |remark: &str| (1, remark.to_owned());
    assert_eq!(end("other", &offset, &physical, "8"), refused("The producer group wrong"));
    assert_eq!(
        end(GROUP, "1000000", &physical, "12"),
        refused("The transaction state table offset wrong")
    );
    let missing = refused("Find prepared transaction message failed");
    assert_eq!(end(GROUP, &offset, "999999999", "8"), missing);
    assert_eq!(end(GROUP, &offset, &physical, "8"), (0, String::new()));
    suite.wait_delivered("odd", 1);
    if Flavor::under_test() == Flavor::RingMq {
        // Java would deliver it a second time.
        assert_eq!(end(GROUP, &offset, &physical, "8"), missing);
    }
    suite.set("rejectTransactionMessage", "true");
    let refused = suite.transact("refused", 1, "C");
    assert_eq!(refused[0].status, "REFUSED 16", "no permission for transactions");
    suite.set("rejectTransactionMessage", "false");
    suite.transact("taken", 1, "C");
    suite.wait_delivered("taken", 1);
}

/// Transactions under kills of the broker: all that were locally committed come out once, and none
/// of the others.
fn survives_kills(version: &str, flush: Flush, shards: u16) {
    const ROUNDS: u32 = 4;
    /// Transactions of a round before the kill: this many and a random number more.
    const BEGUN_MIN: usize = 50;
    const BEGUN_SPREAD: u64 = 300;
    let mut random = seed();
    println!("transactions-{version}: RINGMQ_INTEROP_SEED={random}");
    let quick = [
        ("transactionTimeOut", "300"),
        ("transactionCheckInterval", "300"),
        ("transactionCheckMax", "1000"),
        ("mappedFileSizeCommitLog", "1048576"),
    ];
    let mut suite = Suite::started(version, flush, shards, &quick);
    for round in 0..ROUNDS {
        let before = suite.driver.ack_count();
        let prefix = format!("round{round}");
        let load = [("name", "t"), ("topic", TOPIC), ("prefix", &prefix), ("threads", "4")];
        suite.driver.run("transactionLoad", &load);
        let more = BEGUN_MIN + usize::try_from(next(&mut random) % BEGUN_SPREAD).expect("small");
        wait_until("transactions are begun", STEP_WITHIN, || {
            suite.driver.ack_count() > before + more
        });
        suite.cluster.broker.kill();
        suite.driver.run("transactionLoadEnd", &[]);
        suite.cluster.broker.start();
    }
    let begun = suite.driver.acks();
    let committed: Vec<Sent> =
        begun.iter().filter(|one| one.status == "COMMIT_MESSAGE").cloned().collect();
    wait_until("all that was committed is there", STEP_WITHIN, || {
        let seen = suite.driver.messages("watch");
        let bodies: BTreeSet<&str> = seen.iter().map(|one| one.body.as_str()).collect();
        committed.iter().all(|one| bodies.contains(one.body.as_str()))
    });
    suite.wait_settled();
    let stored = suite.drain(TOPIC);
    println!("{version}: {} begun, {} committed", begun.len(), committed.len());
    exactly_once("after the kills", &committed, &stored);
    let wanted: BTreeSet<&str> = committed.iter().map(|one| one.body.as_str()).collect();
    let delivered = suite.driver.messages("watch");
    let stray = delivered.iter().find(|one| !wanted.contains(one.body.as_str()));
    assert!(stray.is_none(), "delivered, but never committed: {stray:?}");
}

#[test]
fn transactions_on_one_shard() {
    outcomes("4.9.8", Flush::Async, 1);
}

#[test]
fn transactions_on_two_synced_shards() {
    outcomes("5.5.0", Flush::Sync, 2);
}

#[test]
fn kill_among_transactions_on_one_shard() {
    survives_kills("4.9.8", Flush::Async, 1);
}

#[test]
fn kill_among_transactions_on_two_synced_shards() {
    survives_kills("5.5.0", Flush::Sync, 2);
}
