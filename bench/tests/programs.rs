//! The program as it is started: every command once, short and bounded, against the server that
//! does nothing. Speed is not judged here.
#![allow(clippy::disallowed_methods, reason = "a test beside the broker")]
#![allow(clippy::disallowed_types, reason = "a test beside the broker")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Once;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::Deserializer;
use hdrhistogram::serialization::interval_log::{IntervalLogIterator, LogEntry};
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_ringmq-bench");

/// A server that does nothing; stopped when it is dropped, and by itself after a while.
struct Floor {
    child: Child,
    address: String,
}

impl Floor {
    fn start() -> Self {
        Self::start_on(&[])
    }

    fn start_on(engine: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["echo-floor", "--addr", "127.0.0.1:0", "--duration", "120"]).args(engine);
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

/// RingMQ's binary, built as this test was.
fn ringmq() -> PathBuf {
    static BUILT: Once = Once::new();
    let beside = Path::new(PROGRAM).with_file_name("ringmq");
    BUILT.call_once(|| {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--package", "ringmq", "--bin", "ringmq"]);
        let release = beside.parent().is_some_and(|folder| folder.ends_with("release"));
        cargo.args(release.then_some("--release"));
        cargo.arg("--target-dir").arg(beside.ancestors().nth(2).unwrap());
        assert!(cargo.status().expect("cargo starts").success());
    });
    beside
}

/// A broker on an empty store; killed when it is dropped.
struct Broker {
    child: Child,
    address: String,
}

impl Broker {
    fn start(binary: &Path, directory: &Path) -> Self {
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port));
        // The fast port and that of HA lie beside the broker's.
        let all_free = |port: &u16| free(port - 2).is_ok() && free(port + 1).is_ok();
        let found = || free(0).unwrap().local_addr().unwrap().port();
        let port = std::iter::repeat_with(found).find(all_free).unwrap();
        let conf = directory.join("broker.conf");
        let text = format!("listenPort={port}\nbrokerIP1=127.0.0.1\n");
        std::fs::write(&conf, text).unwrap();
        let mut command = Command::new(binary);
        command.arg("broker").arg("-c").arg(&conf).arg("--store").arg(directory.join("store"));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let booted =
            |line: &std::io::Result<String>| line.as_ref().unwrap().contains("boot success");
        assert!(lines.any(|line| booted(&line)), "the broker boots");
        Self { child, address: format!("127.0.0.1:{port}") }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sends_leave_a_log_and_a_picture() {
    let floor = Floor::start();
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let (hdr, svg, json) = (file("log"), file("svg"), file("json"));
    let sizes = ["--sizes", "128:50,1024:40,4096:10", "--keys", "10"];
    let to = ["--addr", &floor.address, "--count", "3000", "--warmup", "0"];
    let files = ["--hdr", &hdr, "--svg", &svg, "--json", &json];
    let sent = run(&[&["send"], &sizes[..], &to, &files].concat());
    assert!(sent.status.success(), "{sent:?}");
    let log = std::fs::read(hdr).unwrap();
    let mut deserializer = Deserializer::new();
    let mut messages = 0;
    for entry in IntervalLogIterator::new(&log) {
        let LogEntry::Interval(interval) = entry.expect("a line of a log") else { continue };
        let bytes = BASE64.decode(interval.encoded_histogram()).unwrap();
        let histogram: Histogram<u64> = deserializer.deserialize(&mut bytes.as_slice()).unwrap();
        messages += histogram.len();
    }
    assert_eq!(messages, 3000, "each message is in one interval");
    assert!(std::fs::read_to_string(svg).unwrap().contains("3000 messages"));
    let refused = run(&["send", "--addr", &floor.address, "--sizes", "128:0"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("BYTES:WEIGHT"));
}

#[test]
fn roofline_measures_and_leaves_nothing() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = directory.path().to_str().unwrap();
    let output = run(&["roofline", "--seconds", "0.5", "--file-mib", "2", "--store", store]);
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output);
    for row in [
        "| do-nothing, 64 in flight: msgs/s |",
        "| DSYNC write, 4 KiB: p99, us |",
        "| write + fdatasync, 256 KiB: p50, us |",
        "| sequential read, MiB/s |",
        "| copy + crc32, MiB/s |",
        "| roofline of sends, SYNC: msgs/s |",
        "efficiency  = measured / roofline",
    ] {
        assert!(printed.contains(row), "{row} in\n{printed}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn workloads_run_against_a_broker_that_they_start() {
    let binary = ringmq();
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let store = directory.path().to_str().unwrap();
    let bounds = ["--seconds", "0.3", "--gigabytes", "0.01", "--flush", "async"];
    let bounds = [&bounds[..], &["--roofline", "0.3", "--warmup", "0.1"]].concat();
    let names = ["w3", "R2", "F1", "I1", "w2"];
    let place = ["--binary", binary.to_str().unwrap(), "--store", store];
    let output = run(&[&["workload"], &names[..], &bounds, &place].concat());
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output);
    for row in [
        "| workload | RingMQ |",
        "| W3 ASYNC_FLUSH, 128 a batch: msgs/s |",
        "| R2 intended send to parked long poll, 1000/s: p99.9, us |",
        "| F1 0.0 GiB: kill to first accepted send, ms |",
        "| F1 0.0 GiB: clean stop to first accepted send, ms |",
        "| I1 100 parked consumers: resident, MiB |",
        "| RingMQ | measured | roofline | efficiency |\n|---|---:|---:|---:|\n| W2 ASYNC_FLUSH, 64",
        "efficiency  = measured / roofline",
    ] {
        assert!(printed.contains(row), "{row} in\n{printed}");
    }
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_broker_that_runs_takes_the_digest_and_a_side() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let broker = Broker::start(&ringmq(), directory.path());
    let digest = run(&["--addr", &broker.address, "--seconds", "1", "--roofline", "0"]);
    assert!(digest.status.success(), "{digest:?}");
    let printed = text(&digest);
    for row in [
        "| W1 ASYNC_FLUSH, 4096 B: p99.9, us |",
        "| W2 ASYNC_FLUSH, 1024 in flight: msgs/s |",
        "| W4 ASYNC_FLUSH, 90 %: p99.9, us |",
        "| R1 hot tail, 32 a pull: msgs/s |",
        "| R3 p99 of the writer, with / without reader |",
        "| Q1 1000 queues: msgs/s |",
        "| C1 1000 connections: msgs/s |",
    ] {
        assert!(printed.contains(row), "{row} in\n{printed}");
    }
    assert!(!printed.contains("F1"), "its process is not ours to kill");
    let refused = run(&["workload", "F1", "--addr", &broker.address]);
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(said.contains("F1 cannot be measured here: its process is not ours to kill"), "{said}");
    let floor = Floor::start();
    let side = format!("mine={},{}", floor.address, floor.child.id());
    let all = [&["compare", "--sides", "floor", "--side", &side, "--rounds", "1"], &SHORT[..]];
    let output = run(&all.concat());
    assert!(output.status.success(), "{output:?}");
    let printed = text(&output);
    let row = "| ASYNC_FLUSH | do-nothing | mine | do-nothing / mine |";
    assert!(printed.contains(row), "{printed}");
    let wrong = run(&["compare", "--sides", "floor", "--side", "mine"]);
    assert!(String::from_utf8_lossy(&wrong.stderr).contains("NAME=HOST:PORT"), "{wrong:?}");
}

#[test]
fn arrivals_and_books_add_up_at_a_broker() {
    let binary = ringmq();
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let broker = Broker::start(&binary, directory.path());
    let json = directory.path().join("report.json");
    let to = ["--addr", &broker.address, "--warmup", "0", "--verify", "--json"];
    let to = [&to[..], &[json.to_str().unwrap()]].concat();
    let read = || -> Value { serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap() };
    let sizes = ["--sizes", "10:1,5000:1", "--keys", "7", "--count", "2000"];
    let sent = run(&[&["send"], &sizes[..], &to].concat());
    assert!(sent.status.success(), "{sent:?}");
    assert_eq!(read()["verified"]["found"], 2000);
    let paced = ["--rate", "500", "--duration", "1", "--arrivals"];
    let sent = run(&[&["send"], &paced[..], &to].concat());
    assert!(sent.status.success(), "{sent:?}");
    let report = read();
    assert_eq!(report["arrivals"]["lost"], 0);
    assert_eq!(report["arrivals"]["received"], report["account"]["acknowledged"]);
    assert!(report["arrivals"]["latency_us"]["p50"].as_f64().unwrap() > 0.0);
}

#[test]
fn what_was_not_stored_fails_verification() {
    let floor = Floor::start();
    let to = ["--addr", &floor.address, "--count", "100", "--warmup", "0", "--verify"];
    let sent = run(&[&["send"][..], &to].concat());
    assert_eq!(sent.status.code(), Some(1), "the server kept none of the messages");
    assert!(String::from_utf8_lossy(&sent.stderr).contains("lost: 100"), "{sent:?}");
}

/// The parts of a visit, each as short as it can be.
const SHORT: [&str; 8] =
    ["--seconds", "0.2", "--warmup", "0.1", "--idle", "0.1", "--settle", "0.1"];

#[test]
fn sides_take_turns_at_workloads() {
    let binary = ringmq();
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let place =
        ["--ringmq", binary.to_str().unwrap(), "--store", directory.path().to_str().unwrap()];
    let json = directory.path().join("report.json");
    let named = ["--workload", "w1,W4", "--workload", "R2,Q1", "--workload", "C1"];
    let bounds = ["--most", "1000", "--loads", "50", "--rounds", "1", "--flush", "async"];
    let times = ["--seconds", "0.3", "--warmup", "0.1", "--roofline", "0.3"];
    let to = ["compare", "--sides", "ringmq,floor,floor-epoll", "--side", "gone=127.0.0.1:1"];
    let report = ["--json", json.to_str().unwrap()];
    let output = run(&[&to[..], &place, &named, &bounds, &times, &report].concat());
    let (printed, said) = (text(&output), String::from_utf8_lossy(&output.stderr).into_owned());
    assert_eq!(output.status.code(), Some(1), "one side is not there: {said}");
    for row in [
        "| ASYNC_FLUSH | RingMQ | do-nothing | do-nothing, epoll | gone | RingMQ / do-nothing |",
        "| W1 ASYNC_FLUSH, 4096 B: p99.9, us |",
        "| W4 ASYNC_FLUSH, maximum: msgs/s |",
        "| W4 ASYNC_FLUSH, 50 %: max, us |",
        "| R2 intended send to parked long poll, 1000/s: p50, us |",
        "| Q1 1000 queues: first messages, msgs/s |",
        "| Q1 1000 queues beside 1: send rate |",
        "| C1 1000 connections beside 10: send rate |",
        "- W4 ASYNC_FLUSH: percents of ",
        "- do-nothing, ASYNC_FLUSH: R2: not of this side, it keeps nothing",
        "- gone, ASYNC_FLUSH: round 1 of 1, C1: failed: the broker at 127.0.0.1:1 accepts no",
        "| W1 ASYNC_FLUSH, 1024 B: p50, us |",
    ] {
        assert!(printed.contains(row), "{row} in\n{printed}");
    }
    assert!(said.contains("6 turns failed; see the notes"), "{said}");
    let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
    assert!(report["parts"]["floor_send"].as_f64().unwrap() > 0.0, "{report}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "only the report stays");
    for (flags, why) in [
        (["--workload", "W9"], "possible values: W1, W2"),
        (["--loads", "0"], "0 is not in 1..=100"),
        (["--cpus", "b"], "b is no list of processors"),
    ] {
        let refused = run(&[&["compare", "--sides", "floor"][..], &flags].concat());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(why), "{said}");
    }
}

#[test]
fn the_do_nothing_server_answers_alike_on_either_engine() {
    let floors = [Floor::start_on(&[]), Floor::start_on(&["--epoll"])];
    for floor in &floors {
        let directory = tempfile::tempdir().unwrap();
        let json = directory.path().join("report.json");
        let to = ["--addr", &floor.address, "--json", json.to_str().unwrap()];
        for shape in [&["--sizes", "10:1,3000:1"][..], &["--threads", "2"], &["--header", "json"]] {
            let load = ["send", "--count", "700", "--warmup", "0", "--queues", "5"];
            let sent = run(&[&load[..], shape, &to].concat());
            assert!(sent.status.success(), "{sent:?}");
        }
        let pulled = run(&[&["pull", "--queues", "5"][..], &to].concat());
        assert!(pulled.status.success(), "{pulled:?}");
        let report: Value = serde_json::from_slice(&std::fs::read(&json).unwrap()).unwrap();
        assert_eq!((&report["messages"], &report["missing"]), (&2100.into(), &0.into()));
    }
    let taken = run(&["echo-floor", "--addr", &floors[1].address]);
    assert_eq!(taken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&taken.stderr).contains("in use"), "{taken:?}");
}

#[test]
fn compare_prints_a_table() {
    let directory = tempfile::tempdir().unwrap();
    let store = directory.path().to_str().unwrap();
    let rounds = ["--rounds", "2", "--roofline", "0.3"];
    let all = [&["compare", "--sides", "floor,floor", "--store", store][..], &SHORT, &rounds];
    let output = run(&all.concat());
    assert!(output.status.success(), "{output:?}");
    let table = text(&output);
    for row in [
        "| ASYNC_FLUSH | do-nothing | do-nothing | do-nothing / do-nothing |",
        "| SYNC_FLUSH |",
        "| start to first accepted send, ms |",
        "| send, 64 in flight: msgs/s |",
        "| pull of the backlog: msgs/s |",
        "| idle after the load, % of a core |",
        "| do-nothing | measured | roofline | efficiency |",
        "| SYNC_FLUSH, send, 1 in flight: p50, us |",
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

#[test]
fn ringmq_bench_is_this_program() {
    let binary = ringmq();
    let mut command = Command::new(&binary);
    let output = command.args(["bench", "producer", "-h"]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, run(&["producer", "-h"]).stdout);
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let alone = directory.path().join("ringmq");
    std::fs::hard_link(&binary, &alone).unwrap();
    let output = Command::new(&alone).args(["bench", "--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("install ringmq-bench beside ringmq"), "{said}");
}
