//! The official benchmark programs of Apache RocketMQ 5.5.0, each for a bounded run.

use std::time::Duration;

use crate::process::{Process, START_WITHIN, WorkFolder, wait_until};
use crate::remoting;
use crate::system::{Cluster, Flush};
use crate::toolchain::toolchain;

const TOPIC: &str = "benchmark";
const GROUP: &str = "benchmark_readers";
const QUEUES: i32 = 8;
const QUANTITY: i64 = 20_000;
/// For the whole run on a busy machine.
const RUN_WITHIN: Duration = Duration::from_secs(180);

fn program(name: &str, cluster: &Cluster, arguments: &[&str]) -> Process {
    let mut command = toolchain().client("5.5.0");
    command.arg(format!("-Duser.home={}", cluster.work.path().display()));
    command.arg(format!("org.apache.rocketmq.example.benchmark.{name}"));
    command.args(["-n", &cluster.name_server.address(), "-t", TOPIC]).args(arguments);
    command.env("ROCKETMQ_HOME", cluster.work.join("home")).current_dir(cluster.work.path());
    Process::start(name, command, cluster.work.path(), |_| ())
}

/// The number behind `label` in a line of a program.
fn number(line: &str, label: &str) -> i64 {
    let rest = line.split(label).nth(1).unwrap_or_else(|| panic!("no `{label}` in `{line}`"));
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or_else(|e| panic!("`{label}` in `{line}`: {e}"))
}

fn stored(cluster: &Cluster) -> i64 {
    let broker = cluster.broker.address();
    (0..QUEUES).map(|queue| remoting::max_offset(&broker, TOPIC, queue)).sum()
}

fn consumed(cluster: &Cluster) -> i64 {
    let broker = cluster.broker.address();
    let of = |queue| remoting::committed(&broker, GROUP, TOPIC, queue).unwrap_or(0);
    (0..QUEUES).map(of).sum()
}

fn run(name: &str, cluster: &Cluster, producer: &[&str]) {
    cluster.create_topic(TOPIC, QUEUES);
    let mut consumer = program("Consumer", cluster, &["-g", GROUP, "-p", "false", "-ri", "1000"]);
    consumer.wait_line("that it has started", |line| line.contains("Consumer Started"));
    let broker = cluster.broker.address();
    wait_until("the consumer is a member of its group", START_WITHIN, || {
        remoting::members(&broker, GROUP).len() == 1
    });

    let quantity = QUANTITY.to_string();
    let arguments = [&["-q", &quantity, "-s", "1024", "-k", "true", "-l", "4"][..], producer];
    let mut sender = program("Producer", cluster, &arguments.concat());
    let status = sender.wait_end(RUN_WITHIN);
    assert!(status.success(), "the benchmark producer ended with {status}: {:?}", sender.lines());
    let last = sender.wait_line("its summary", |line| line.starts_with("[Complete]"));
    println!("{name}: {last}");
    assert_eq!(number(&last, "Send Total: "), QUANTITY, "{last}");
    assert_eq!(number(&last, "Send Failed: "), 0, "{last}");
    assert_eq!(number(&last, "Response Failed: "), 0, "{last}");

    assert_eq!(stored(cluster), QUANTITY, "what the broker stored is what the producer sent");
    wait_until("the consumer has got all", RUN_WITHIN, || consumed(cluster) == QUANTITY);
    // It reports once a second; the first report comes when it has ten seconds to look back on.
    let report = consumer.wait_line("a report", |line| line.contains("Consume Fail: "));
    println!("{name}: {report}");
    for line in consumer.lines().iter().filter(|line| line.contains("Consume Fail: ")) {
        assert_eq!(number(line, "Consume Fail: "), 0, "{line}");
    }
    let retries = format!("%RETRY%{GROUP}");
    assert_eq!(remoting::max_offset(&broker, &retries, 0), 0, "no message had to come again");
    assert_eq!(consumed(cluster), QUANTITY, "and it has got no more than that");
    consumer.kill();
}

/// Some transactions are rolled back, and of some only a check finds out what becomes of them.
fn run_transactions(name: &str, cluster: &Cluster) {
    cluster.create_topic(TOPIC, QUEUES);
    let arguments = ["-w", "4", "-s", "512", "-sr", "0.1", "-su", "0.2", "-cr", "0.3"];
    let arguments = [&arguments[..], &["-ri", "1000"]].concat();
    let mut producer = program("TransactionProducer", cluster, &arguments);
    let has_checked = |line: &str| line.contains("Send TPS: ") && number(line, " Check: ") > 0;
    wait_until("it was asked about transactions", RUN_WITHIN, || {
        producer.lines().iter().any(|line| has_checked(line))
    });
    let reports = producer.lines();
    for line in reports.iter().filter(|line| line.contains("Send TPS: ")) {
        println!("{name}: {line}");
        assert_eq!(number(line, "Send Failed: "), 0, "{line}");
        assert_eq!(number(line, "UnexpectedCheck: "), 0, "{line}");
    }
    producer.kill();
    assert!(stored(cluster) > 0, "what was committed is there");
}

#[test]
fn benchmark_program_of_transactions() {
    let name = "benchmark-transactions";
    let settings = [("transactionTimeOut", "1000"), ("transactionCheckInterval", "3000")];
    run_transactions(
        name,
        &Cluster::started_in(WorkFolder::alone(name), Flush::Sync, 2, &settings),
    );
}

#[test]
fn benchmark_programs_on_synced_shards() {
    let name = "benchmark-synced";
    run(name, &Cluster::started_in(WorkFolder::alone(name), Flush::Sync, 2, &[]), &["-w", "8"]);
}

#[test]
fn benchmark_programs_on_one_process() {
    let name = "benchmark-standalone";
    run(name, &Cluster::standalone(WorkFolder::alone(name), Flush::Async, 1), &["-w", "16"]);
}
