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
    _server: Server,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

impl Running {
    fn start() -> Self {
        let place = Place::new();
        let server = place.serve(&[]);
        Self { place, _server: server }
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
