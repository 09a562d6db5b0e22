//! The program as it is started: every command once, short and bounded, against the server that
//! does nothing. Speed is not judged here.
#![allow(clippy::disallowed_methods, reason = "a test beside the broker")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ringmq-bench");

/// A server that does nothing; stopped when it is dropped, and by itself after a while.
struct Floor {
    child: Child,
    address: String,
}

impl Floor {
    fn start() -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["echo-floor", "--addr", "127.0.0.1:0", "--duration", "120"]);
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output is piped");
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let address = line.split("listens on ").nth(1).expect("an address");
        let address = address.split(',').next().expect("an address").to_owned();
        Self { child, address }
    }
}

impl Drop for Floor {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().expect("the program runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn send_and_pull_report_what_they_measured() {
    let floor = Floor::start();
    let directory = tempfile::tempdir().unwrap();
    let report = directory.path().join("report.json");
    let (json, pid) = (report.to_str().unwrap(), floor.child.id().to_string());
    let to = ["--addr", &floor.address, "--pid", &pid, "--json", json];
    let sent = run(&[&["send", "--count", "5000", "--warmup", "0"][..], &to].concat());
    assert!(sent.status.success(), "{sent:?}");
    let read = || -> Value { serde_json::from_slice(&std::fs::read(&report).unwrap()).unwrap() };
    let sent = read();
    assert_eq!(sent["account"]["acknowledged"], 5000);
    assert_eq!(sent["messages"], 5000);
    assert!(sent["latency_us"]["p50"].as_f64().unwrap() > 0.0);
    assert!(sent["server"]["resident_after_mib"].as_f64().unwrap() > 0.0);
    assert!(!sent["machine"]["kernel"].as_str().unwrap().is_empty());
    let pulled = run(&[&["pull"][..], &to].concat());
    assert!(pulled.status.success(), "{pulled:?}");
    let pulled = read();
    assert_eq!(
        (&pulled["messages"], &pulled["faults"], &pulled["missing"]),
        (&Value::from(5000), &Value::from(0), &Value::from(0))
    );
}

#[test]
fn what_was_not_stored_fails_verification() {
    let floor = Floor::start();
    let to = ["--addr", &floor.address, "--count", "100", "--warmup", "0", "--verify"];
    let sent = run(&[&["send"][..], &to].concat());
    assert_eq!(sent.status.code(), Some(1), "the server kept none of the messages");
    assert!(String::from_utf8_lossy(&sent.stderr).contains("lost: 100"), "{sent:?}");
}

#[test]
fn compare_prints_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().to_str().unwrap();
    let short = [
        "--seconds",
        "0.2",
        "--warmup",
        "0.1",
        "--idle",
        "0.1",
        "--settle",
        "0.1",
        "--rounds",
        "2",
    ];
    let all = [&["compare", "--sides", "floor,floor", "--store", store][..], &short].concat();
    let output = run(&all);
    assert!(output.status.success(), "{output:?}");
    let table = text(&output);
    for row in [
        "| ASYNC_FLUSH | do-nothing | do-nothing | do-nothing / do-nothing |",
        "| SYNC_FLUSH |",
        "| start to first accepted send, ms |",
        "| send, 64 in flight: msgs/s |",
        "| pull of the backlog: msgs/s |",
        "| idle after the load, % of a core |",
    ] {
        assert!(table.contains(row), "{row} in\n{table}");
    }
    let left = std::fs::read_dir(directory.path()).unwrap().count();
    assert_eq!(left, 0, "stores are removed");
}

#[test]
fn the_replica_takes_javas_flags_and_ends_with_javas_line() {
    let floor = Floor::start();
    let output = run(&["producer", "-n", &floor.address, "-a", "8", "-c", "500", "-t", "T"]);
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output);
    assert!(printed.starts_with("topic: T, threadCount: 8, messageSize: 128, "), "{printed}");
    let last = printed.lines().last().unwrap();
    assert!(last.starts_with("[Complete] Send Total: 500 "), "{last}");
    let refused = run(&["producer", "-p", "5"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("Unrecognized option: -p"));
}
