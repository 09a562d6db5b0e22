//! `ringmq admin`, and the binary under the name `mqadmin`, at running servers: what they print,
//! what changes, and with which status they end.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the driver of processes is threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "other tests use the rest of the server")]

#[path = "hostile/server.rs"]
mod server;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use server::{Place, Server};

/// A running broker and name server.
struct Running {
    place: Place,
    server: Server,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Running {
    fn start() -> Self {
        let place = Place::new();
        let server = place.serve(&["--shards", "1"]);
        Self { place, server }
    }

    fn run(&self, program: &Path, words: &[&str]) -> Output {
        Command::new(program)
            .args(words)
            .env("NAMESRV_ADDR", format!("127.0.0.1:{}", self.place.names))
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    fn admin(&self, words: &[&str]) -> Output {
        let words = [&["admin"], words].concat();
        self.run(Path::new(env!("CARGO_BIN_EXE_ringmq")), &words)
    }

    /// The rows of an operation that must succeed.
    fn rows(&self, words: &[&str]) -> Vec<Value> {
        let output = self.admin(&[words, &["--format", "json"]].concat());
        assert!(output.status.success(), "{words:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Must end with `status` and one line that has all `parts`.
    fn fails(&self, words: &[&str], status: i32, parts: &[&str]) {
        let output = self.admin(words);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{words:?}: {said}");
        assert_eq!(text(&output.stdout), "", "{words:?}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert!(parts.iter().all(|part| said.contains(part)), "{parts:?} in {said}");
    }
}

fn column(rows: &[Value], name: &str) -> Vec<Value> {
    rows.iter().map(|row| row[name].clone()).collect()
}

#[test]
fn topics_are_made_shown_and_deleted() {
    let running = Running::start();
    let broker = format!("127.0.0.1:{}", running.place.broker);
    let listed = running.rows(&["cluster", "list"]);
    assert_eq!(column(&listed, "address"), [json!(broker)]);

    running.rows(&["topic", "create", "orders", "--queues", "3"]);
    let route = running.rows(&["topic", "route", "orders"]);
    assert_eq!(route.len(), 1);
    assert_eq!((&route[0]["read"], &route[0]["write"]), (&json!(3), &json!(3)));
    let stats = running.rows(&["topic", "stats", "orders"]);
    assert_eq!(column(&stats, "queue"), [0, 1, 2]);
    assert!(column(&running.rows(&["topic", "list"]), "topic").contains(&json!("orders")));

    // Nobody is there to be asked.
    running.fails(&["topic", "delete", "orders"], 2, &["orders", "--yes"]);
    assert_eq!(running.rows(&["topic", "route", "orders"]), route);
    running.rows(&["topic", "delete", "orders", "--yes"]);
    running.fails(&["topic", "route", "orders"], 20, &["orders", "(code 17)"]);
}

/// A line of `ringmq admin`, and what a column of its first row is; `*` for whatever.
const LINES: [(&str, &str, &str); 44] = [
    ("topic create orders --queues 2", "write", "2"),
    ("topic list --with-groups", "cluster", "DefaultCluster"),
    ("topic clusters orders", "cluster", "DefaultCluster"),
    ("topic perm orders 4", "perm", "4"),
    ("topic perm orders 6", "perm", "6"),
    ("topic order orders put NAME:2", "order", "NAME:2"),
    ("topic order orders get", "order", "NAME:2"),
    ("topic order orders delete", "order", ""),
    ("topic allocate orders 1.1.1.1,2.2.2.2", "consumer", "1.1.1.1"),
    ("message send orders one --queue 0 --key k1 --tag A", "status", "SEND_OK"),
    ("message send orders two --queue 1 --broker-name NAME", "queue", "1"),
    ("message by-key orders k1", "body", "one"),
    ("message by-offset orders --broker-name NAME --queue 1 --offset 0", "body", "two"),
    ("message print orders --tags A", "body", "one"),
    ("message print-queue orders --broker-name NAME --queue 0 --count-tags true", "tag", "A"),
    ("message consume orders --broker-name NAME --queue 1 --offset 0", "body", "two"),
    ("message send-times orders --amount 1", "sent", "true"),
    ("message send-status NAME --amount 1", "sent", "true"),
    ("cluster send-times --amount 1", "failed", "0"),
    ("cluster list", "id", "0"),
    ("cluster list --totals", "in_today", "5"),
    ("offset queue orders --queue 0 --index 0", "tags_code", "65"),
    ("group create readers --retries 3", "group", "readers"),
    ("group config readers", "key", "attributes"),
    ("group create copies", "group", "copies"),
    ("group list", "members", "0"),
    ("offset reset readers orders --to 0 --yes", "offset", "0"),
    ("offset show readers", "lag", "*"),
    ("offset skip readers orders --yes", "queue", "0"),
    ("offset show readers --topic orders", "lag", "0"),
    ("offset clone readers copies orders --yes", "group", "copies"),
    ("broker status", "key", "EndTransactionQueueSize"),
    ("broker clean queues", "done", "true"),
    ("broker clean topics", "done", "true"),
    ("broker clean log --yes", "done", "true"),
    ("namesrv config set needWaitForService false", "value", "false"),
    ("namesrv config get", "key", "bindAddress"),
    ("namesrv kv put room one two", "value", "two"),
    ("namesrv kv list room", "value", "two"),
    ("namesrv kv delete room one --yes", "value", ""),
    ("namesrv wipe-write-perm NAME --yes", "broker", "NAME"),
    ("namesrv add-write-perm NAME", "broker", "NAME"),
    // What has been counted is sampled every ten seconds.
    ("stats all --topic orders", "in_24h", "*"),
    ("group delete copies --offsets true --yes", "deleted", "copies"),
];

/// Those that need a client that is connected, a file, or a look of their own.
const ELSEWHERE: [&str; 19] = [
    "broker config get",
    "broker config set",
    "broker lag",
    "cluster export configs",
    "cluster export metadata",
    "cluster export metrics",
    "consumer list",
    "consumer status",
    "group create-list",
    "message by-unique-key",
    "message get",
    "message trace",
    "monitor",
    "producer connections",
    "producer list",
    "stats show",
    "top",
    "topic create-list",
    "topic delete",
];

#[test]
fn every_operation_does_what_it_says() {
    let running = Running::start();
    let listed = running.rows(&["cluster", "list"]);
    let name = listed[0]["broker"].as_str().unwrap();
    for (line, key, wanted) in LINES {
        let (line, wanted) = (line.replace("NAME", name), wanted.replace("NAME", name));
        let rows = running.rows(&line.split(' ').collect::<Vec<_>>());
        let found = match &rows.first().unwrap_or_else(|| panic!("{line}: no row"))[key] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        assert!(wanted == "*" || found == wanted, "{line}: {key} is {found}");
    }
    for verb in ringmq::admin::verbs() {
        let tried = LINES
            .iter()
            .any(|(line, ..)| format!("{line} ").starts_with(&format!("{} ", verb.path)));
        let known = tried
            || ELSEWHERE.contains(&verb.path)
            || ["topic route", "topic stats"].contains(&verb.path);
        assert!(known, "{} is not tried", verb.path);
    }
}

#[test]
fn what_is_listed_in_files_is_made_and_exported() {
    let running = Running::start();
    let (topics, groups) = (running.place.join("topics"), running.place.join("groups"));
    std::fs::write(&topics, r#"[{"topicName": "a", "readQueueNums": 3, "writeQueueNums": 3}]"#)
        .unwrap();
    std::fs::write(&groups, r#"[{"groupName": "g", "retryMaxTimes": 7}]"#).unwrap();
    running.rows(&["topic", "create-list", topics.to_str().unwrap()]);
    running.rows(&["group", "create-list", groups.to_str().unwrap()]);
    let folder = running.place.join("export");
    let folder = folder.to_str().unwrap();
    for (what, file) in
        [("metadata", "metadata.json"), ("configs", "configs.json"), ("metrics", "metrics.json")]
    {
        let shown: Value =
            serde_json::from_slice(&running.admin(&["cluster", "export", what]).stdout).unwrap();
        let rows = running.rows(&["cluster", "export", what, "--folder", folder]);
        let path = Path::new(folder).join(file);
        assert_eq!(rows[0]["file"], path.to_str().unwrap());
        let mut written: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        if what == "metadata" {
            assert_eq!(written["topicConfigTable"]["a"]["readQueueNums"], 3);
            assert_eq!(written["subscriptionGroupTable"]["g"]["retryMaxTimes"], 7);
            written["exportTime"] = shown["exportTime"].clone();
        }
        assert_eq!(written, shown, "{what}");
    }
    // What was exported can be brought back.
    running.rows(&["topic", "delete", "a", "--yes"]);
    running.rows(&["group", "delete", "g", "--yes"]);
    let exported = Path::new(folder).join("metadata.json");
    running.rows(&["topic", "create-list", exported.to_str().unwrap()]);
    running.rows(&["group", "create-list", exported.to_str().unwrap()]);
    assert_eq!(running.rows(&["topic", "route", "a"])[0]["read"], 3);
    let group = running.rows(&["group", "config", "g"]);
    let retries = group.iter().find(|row| row["key"] == "retryMaxTimes").unwrap();
    assert_eq!(retries["value"], 7);

    let output = running.admin(&["topic", "create-list", "/nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("/nowhere does not exist; correct its path"));
    std::fs::write(&topics, "orders").unwrap();
    running.fails(&["topic", "create-list", topics.to_str().unwrap()], 3, &["JSON array"]);
}

#[test]
fn messages_are_found_by_both_ids() {
    let running = Running::start();
    running.rows(&["topic", "create", "orders", "--queues", "1"]);
    let sent = running.rows(&["message", "send", "orders", "one"]);
    let [id, offset_id] = ["id", "offset_id"].map(|key| sent[0][key].as_str().unwrap().to_owned());
    for words in [
        ["message", "get", &id, "-t", "orders"].as_slice(),
        &["message", "get", &offset_id, "-t", "orders"],
        &["message", "by-unique-key", "orders", &id],
    ] {
        let found = running.rows(words);
        assert_eq!((&found[0]["body"], &found[0]["id"]), (&json!("one"), &json!(id)), "{words:?}");
    }
    let resent = |id: &str, from: &str, to: &str| {
        let before = column(&running.rows(&["topic", "stats", to]), "max")[0].as_i64().unwrap();
        running.rows(&["message", "get", id, "-t", from, "--resend", "true"]);
        assert_eq!(column(&running.rows(&["topic", "stats", to]), "max"), [before + 1], "{from}");
    };
    resent(&id, "orders", "orders");
    resent(&offset_id, "orders", "orders");
    // What a group has given up is for that group alone.
    for topic in ["%DLQ%readers", "%RETRY%readers"] {
        running.rows(&["topic", "create", topic, "--queues", "1"]);
    }
    let dead = running.rows(&["message", "send", "%DLQ%readers", "dead"]);
    resent(dead[0]["id"].as_str().unwrap(), "%DLQ%readers", "%RETRY%readers");
    let wide = ["message", "get", &id, "-t", "orders", "--charset", "utf-16be"];
    // Three bytes are no text of two-byte units.
    assert_eq!(running.rows(&wide)[0]["body"], "b25l");
    let refused = running.admin(&["message", "print", "orders", "--charset", "GBK"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("write one of UTF-8"), "{refused:?}");
    running.fails(&["message", "get", "no-id", "-t", "orders"], 20, &["no-id", "topic and key"]);
    running.fails(&["message", "by-key", "orders", "none"], 20, &["none"]);
    running.fails(&["message", "send", "orders", "x", "--broker-name", "b"], 20, &["no broker b"]);
    running.fails(&["consumer", "list", "nobody"], 20, &["nobody", "start one"]);
    running.fails(&["group", "config", "nobody"], 20, &["nobody", "group list"]);
    running.fails(&["topic", "order", "orders", "put"], 2, &["value is missing"]);
}

#[test]
fn the_live_view_has_brokers_cores_topics_and_groups() {
    let running = Running::start();
    running.rows(&["topic", "create", "orders", "--queues", "1"]);
    running.rows(&["message", "send", "orders", "one"]);
    running.rows(&["group", "create", "readers"]);
    running.rows(&["offset", "reset", "readers", "orders", "--to", "0", "--yes"]);
    let shown = running.rows(&["top", "--interval", "1"]);
    let broker = format!("127.0.0.1:{}", running.place.broker);
    let row = |what: &str| shown.iter().find(|row| row["what"] == what);
    assert_eq!(row("broker").unwrap()["name"], broker);
    let busy = row("core").unwrap()["busy_percent"].as_f64().unwrap();
    assert!((0.0..=100.0).contains(&busy), "{busy}");
    assert_eq!(row("topic").unwrap()["name"], "orders");
    let lags = running.rows(&["broker", "lag"]);
    assert_eq!((&lags[0]["group"], &lags[0]["lag"]), (&json!("readers"), &json!(1)));
    assert_eq!(row("group").unwrap()["lag"], 1);
    let shown = |words: &[&str]| {
        let rounds = ["monitor", "--rounds", "2", "--interval", "1"];
        let output = running.admin(&[&rounds[..], words].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout).lines().filter(|line| line.contains("readers")).count()
    };
    // It has consumed nothing, which is later than any delay.
    assert_eq!([shown(&[]), shown(&["--level", "2"]), shown(&["--delay", "9999"])], [2, 0, 2]);
    let behind = running.rows(&["monitor", "--rounds", "1"]);
    let row = ["topic", "undone", "undone_in_one_queue"].map(|name| behind[0][name].clone());
    assert_eq!(row, [json!("orders"), json!(1), json!(1)]);
}

#[test]
fn settings_are_shown_and_changed() {
    let running = Running::start();
    running.rows(&["broker", "config", "set", "fileReservedTime", "41"]);
    let found = running.rows(&["broker", "config", "get", "fileReservedTime"]);
    assert_eq!(column(&found, "value"), ["41"]);
    running.fails(&["broker", "config", "get", "noSuchKey"], 20, &["noSuchKey"]);
    let status = running.rows(&["broker", "status"]);
    assert!(column(&status, "key").contains(&json!("putTps")));
    running.fails(&["topic", "list", "-n", "127.0.0.1:1"], 19, &["127.0.0.1:1"]);
    running.fails(&["topic", "create", "t", "-c", "none"], 20, &["none", "cluster list"]);
    running.fails(&["offset", "reset", "g", "t", "--to", "now"], 2, &["--yes"]);
}

#[test]
fn the_name_mqadmin_takes_the_flags_of_mqadmin() {
    let running = Running::start();
    let link = running.place.join("mqadmin");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_ringmq"), &link).unwrap();
    let clusters = running.rows(&["cluster", "list"]);
    let cluster = clusters[0]["cluster"].as_str().unwrap();
    let run = |line: &str| {
        let output = running.run(&link, &line.split(' ').collect::<Vec<_>>());
        assert!(output.status.success(), "{line}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    run(&format!("updateTopic -c {cluster} -t orders -r 4 -w 2 -o true"));
    let shown = run("topicRoute -t orders");
    let words: Vec<&str> = shown.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(words[4..], ["4", "2", "6"]);
    run(&format!("deleteTopic -c {cluster} -t orders"));
    assert!(!run("topicList").lines().any(|line| line == "orders"));
}

#[test]
fn the_queues_of_deleted_and_of_unknown_topics_are_removed() {
    let mut running = Running::start();
    let queues = |topic: &str| running.place.store().join("consumequeue").join(topic);
    let [deleted, unknown] = ["deleted", "unknown"].map(queues);
    for topic in ["deleted", "unknown"] {
        running.rows(&["topic", "create", topic, "--queues", "1"]);
        running.rows(&["message", "send", topic, "one"]);
    }
    // As a store may be that lost a configuration: nobody knows the topic, its queues are there.
    assert!(running.server.signal(libc::SIGTERM).success());
    let file = running.place.store().join("config/topics.json");
    let mut topics: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    topics["topicConfigTable"].as_object_mut().unwrap().remove("unknown").unwrap();
    std::fs::write(&file, topics.to_string()).unwrap();
    running.server = running.place.serve(&[]);

    assert!(deleted.is_dir() && unknown.is_dir());
    running.rows(&["topic", "delete", "deleted", "--yes"]);
    assert!(!deleted.exists() && unknown.is_dir());
    running.rows(&["broker", "clean", "topics"]);
    assert!(!unknown.exists());
}

/// Commands of mqadmin for parts that are not built: their names start so.
const UNBUILT: [&str; 41] = [
    "addBroker",
    "checkRocksdb",
    "cleanBrokerMetadata",
    "clusterAcl",
    "copyAcl",
    "copyUser",
    "createAcl",
    "createUser",
    "deleteAcl",
    "deleteUser",
    "dumpCompactionLog",
    "electMaster",
    "exportMetadataInRocksDB",
    "exportPopRecord",
    "getAcl",
    "getBrokerEpoch",
    "getBrokerLite",
    "getColdData",
    "getController",
    "getLite",
    "getParentTopic",
    "getSyncStateSet",
    "getUser",
    "haStatus",
    "listAcl",
    "listUser",
    "remappingStaticTopic",
    "removeBroker",
    "removeColdData",
    "resetMasterFlushOffset",
    "rocksDB",
    "setCommitLogReadAhead",
    "setConsumeMode",
    "switchTimerEngine",
    "triggerLite",
    "updateAcl",
    "updateColdData",
    "updateController",
    "updateGlobalWhiteAddr",
    "updateStaticTopic",
    "updateUser",
];

/// Letters that mean something else with 4.9.8.
const OLD: [(&str, &str); 1] = [("resetOffsetByTime", "c")];

#[test]
fn the_name_mqadmin_takes_every_option_of_mqadmin() {
    let command = ringmq::cli::args::definition("mqadmin");
    let mut lacking = Vec::new();
    for version in ["4.9.8", "5.3.3", "5.5.0"] {
        let golden = format!("tests/golden/mqadmin-{version}/options.txt");
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(golden));
        let mut count = 0;
        for line in text.unwrap().lines() {
            let mut words = line.split(' ');
            let name = words.next().unwrap();
            let Some(ours) = command.find_subcommand(name) else {
                let known = UNBUILT.iter().any(|start| name.starts_with(start));
                assert!(known, "mqadmin {version} has {name}");
                continue;
            };
            count += 1;
            for option in words {
                let (letter, rest) = option.trim_start_matches('-').split_once("/--").unwrap();
                if letter == "n" || OLD.contains(&(name, letter)) {
                    continue;
                }
                let long = rest.trim_end_matches(['=', '!']);
                let taken = ours.get_arguments().any(|arg| {
                    let named =
                        arg.get_long() == Some(long) || long.contains('_') || letter == "null";
                    let lettered = arg.get_short().is_some_and(|own| letter == own.to_string());
                    (lettered || letter == "null" && arg.get_long() == Some(long)) && named
                });
                if !taken {
                    lacking.push(format!("{version}: {name} {option}"));
                }
            }
        }
        assert!(count > 40, "{count} commands of {version} are taken");
    }
    assert!(lacking.is_empty(), "options that are not taken:\n{}", lacking.join("\n"));
}
