//! Messages by key, by id and by offset: mqadmin's look-ups, on one log and on two, after a kill,
//! and without an index; and the operator's own look at the store.

use std::fs;
use std::process::{Command, Output};

use crate::account::all_acknowledged;
use crate::driver::{Driver, Headers, Sent};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{Cluster, Flavor, Flush};

const QUEUES: i32 = 4;
const SENT: &str = "8";

fn has(output: &str, what: &str, command: &str) {
    assert!(output.contains(what), "no {what} in the output of {command}:\n{output}");
}

/// Where a message is in the log, as its offset id says.
fn physical(offset_id: &str) -> u64 {
    u64::from_str_radix(&offset_id[offset_id.len() - 16..], 16).expect("an id is hexadecimal")
}

/// mqadmin of one version, and the messages that it sent and looks for.
struct Operator {
    driver: Driver,
    version: &'static str,
    broker: String,
    topic: String,
    sent: Vec<Sent>,
}

impl Operator {
    fn start(cluster: &Cluster, version: &'static str) -> Self {
        let servers = cluster.name_server.address();
        let name = format!("lookups-{version}");
        let mut driver = Driver::start(&name, version, Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        let broker = cluster.broker.address();
        Self { driver, version, broker, topic: String::new(), sent: Vec::new() }
    }

    fn send(&mut self, topic: &str) {
        let prefix = format!("of-{}", self.version);
        let fields = [
            ("name", "p"),
            ("topic", topic),
            ("kind", "sync"),
            ("prefix", prefix.as_str()),
            ("count", SENT),
            ("tags", "TagQ"),
            ("keys", "true"),
        ];
        self.sent = self.driver.send(&fields);
        all_acknowledged(&prefix, &self.sent, "SEND_OK");
        topic.clone_into(&mut self.topic);
    }

    fn admin(&mut self, arguments: &str) -> String {
        self.driver.admin(arguments)
    }

    /// By key and by unique key, each message.
    fn finds_by_keys(&mut self) {
        let topic = self.topic.clone();
        for one in [self.sent[0].clone(), self.sent[self.sent.len() - 1].clone()] {
            let (id, place) = (one.id.expect("acknowledged"), one.offset.expect("as above"));
            let by_key = format!("queryMsgByKey -t {topic} -k key-{}", one.body);
            let output = self.admin(&by_key);
            let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
            // 5.5 shows a fourth column: its client's own name of the entry.
            let rows = rows.filter(|row| row.first() == Some(&id.as_str()));
            let rows: Vec<_> = rows.map(|row| row[..3].to_vec()).collect();
            let queue = one.queue.expect("as above").to_string();
            assert_eq!(rows, [[&id, queue.as_str(), &place.to_string()]], "{by_key}:\n{output}");
        }
        let one = self.sent[1].clone();
        let by_unique_key =
            format!("queryMsgByUniqueKey -t {topic} -i {}", one.id.expect("as above"));
        let output = self.admin(&by_unique_key);
        let physical = physical(&one.offset_id.expect("as above"));
        let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
        let rows: Vec<_> = rows.filter(|row| row.starts_with(&["CommitLog", "Offset:"])).collect();
        assert_eq!(rows, [["CommitLog", "Offset:", &physical.to_string()]], "{output}");
        has(&output, &format!("[key-{}]", one.body), &by_unique_key);
        let none = self.admin(&format!("queryMsgByKey -t {topic} -k nosuchkey"));
        assert!(!none.lines().any(|line| line.contains(" 0 ")), "{none}");
    }

    /// By what the broker told of them.
    fn finds_by_places(&mut self) {
        let topic = self.topic.clone();
        let one = self.sent[3].clone();
        let (queue, offset) = (one.queue.expect("acknowledged"), one.offset.expect("as above"));
        let id = one.offset_id.expect("as above");
        let named = if self.version == "4.9.8" { String::new() } else { format!("-t {topic} ") };
        // One of each queue: two logs have some each.
        for one in &self.sent[..4] {
            let id = one.offset_id.as_ref().expect("as above");
            let by_id = format!("queryMsgById {named}-i {id}");
            has(&self.driver.admin(&by_id), &format!("key-{}", one.body), &by_id);
        }

        let name = crate::system::BROKER;
        let by_offset = format!("queryMsgByOffset -t {topic} -b {name} -i {queue} -o {offset}");
        has(&self.admin(&by_offset), &format!("key-{}", one.body), &by_offset);

        let cq = format!("queryCq -t {topic} -q {queue} -i {offset} -c 1 -b {}", self.broker);
        let units = self.admin(&cq);
        has(&units, &format!("physicOffset={},", physical(&id)), &cq);

        let print = format!("printMsg -t {topic}");
        let printed = self.admin(&print);
        for one in &self.sent {
            has(&printed, one.id.as_ref().expect("acknowledged"), &print);
            has(&printed, &one.body, &print);
        }
    }
}

fn store(cluster: &Cluster, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringmq"));
    command.arg("store").arg(words[0]).arg(&cluster.broker.settings.store).args(&words[1..]);
    command.output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8(text).expect("text")
}

/// The store is sound, and has the messages.
fn looked_at_closed(cluster: &Cluster, topic: &str, sent: &[Sent]) {
    let checked = store(cluster, &["check"]);
    assert_eq!(checked.status.code(), Some(0), "{}", said(&checked));
    let one = &sent[0];
    let key = format!("key-{}", one.body);
    let dumped = store(cluster, &["dump", "--topic", topic, "--key", &key]);
    let text = said(&dumped);
    assert_eq!(text.lines().count(), 1, "{text}");
    let record: serde_json::Value = serde_json::from_str(&text).expect("a line of JSON");
    assert_eq!(record["offsetMsgId"], one.offset_id.as_deref().expect("acknowledged"));
    assert_eq!(record["properties"]["KEYS"], key);
    let missing = store(cluster, &["dump", "--topic", topic, "--key", "nosuchkey"]);
    assert_eq!(missing.status.code(), Some(17), "{}", said(&missing));
}

fn remove_index(cluster: &Cluster) {
    let root = &cluster.broker.settings.store;
    let shards = (0..2).map(|shard| root.join(format!("shard-{shard}")));
    let removed = shards.chain([root.clone()]).map(|folder| folder.join("index"));
    let removed = removed.filter(|index| index.exists());
    let removed = removed.map(|index| fs::remove_dir_all(index).expect("it can be removed"));
    assert!(removed.count() > 0, "there was an index");
}

/// What a store of so many logs has is found, whatever befalls the broker.
fn finds_messages(cluster: &mut Cluster, [first, second]: &mut [Operator; 2], shards: u16) {
    let topic = format!("looked_up_{shards}");
    cluster.create_topic(&topic, QUEUES);
    for operator in [&mut *first, &mut *second] {
        operator.send(&topic);
        operator.finds_by_keys();
        operator.finds_by_places();
    }
    cluster.broker.kill();
    cluster.broker.start();
    second.finds_by_keys();
    if Flavor::under_test() == Flavor::Java {
        return;
    }
    let refused = store(cluster, &["check"]);
    assert_eq!(refused.status.code(), Some(8), "{}", said(&refused));
    cluster.broker.stop();
    looked_at_closed(cluster, &topic, &second.sent);
    remove_index(cluster);
    cluster.broker.start();
    let key = format!("key-{}", first.sent[0].body);
    let id = first.sent[0].id.clone().expect("acknowledged");
    wait_until("the index is there again", STEP_WITHIN, || {
        first.admin(&format!("queryMsgByKey -t {topic} -k {key}")).contains(&id)
    });
    first.finds_by_keys();
    cluster.broker.stop();
    looked_at_closed(cluster, &topic, &first.sent);
}

/// One after the other on the same address, so that both share the applications.
#[test]
fn mqadmin_finds_messages_on_one_log_and_on_two() {
    let mut cluster = Cluster::started("lookups", Flush::Async, 1, &[]);
    let mut operators = ["4.9.8", "5.5.0"].map(|version| Operator::start(&cluster, version));
    finds_messages(&mut cluster, &mut operators, 1);
    if Flavor::under_test() == Flavor::Java {
        return;
    }
    cluster.broker.settings.store = cluster.work.join("store-of-two");
    cluster.broker.settings.shards = 2;
    cluster.broker.start();
    finds_messages(&mut cluster, &mut operators, 2);
}
