//! mqadmin's statistics of RocketMQ 5.5.0, which rest on the counters that metrics rest on.

use std::cell::Cell;

use crate::account::{all_acknowledged, arrived};
use crate::driver::{Driver, Headers};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{Cluster, Flush};

const TOPIC: &str = "counted";
const GROUP: &str = "counters";
const SENT: usize = 40;

/// The numbers of a row of statsAll: accumulation, rates in and out, messages of the day in and
/// out.
fn numbers(output: &str) -> Option<[f64; 5]> {
    let rows = output.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.into_iter().find(|row| row.starts_with(&[TOPIC, GROUP]))?;
    let numbers: Vec<f64> = row[2..].iter().map_while(|word| word.parse().ok()).collect();
    Some(numbers.try_into().unwrap_or_else(|_| panic!("not five numbers: {row:?}")))
}

#[test]
fn stats_all_shows_what_was_sent_and_consumed() {
    let cluster = Cluster::started("metrics", Flush::Async, 2, &[]);
    cluster.create_topic(TOPIC, 4);
    let servers = cluster.name_server.address();
    let mut driver = Driver::start("stats", "5.5.0", Headers::Json, &servers, &cluster.work);
    driver.run("push", &[("name", "c"), ("group", GROUP), ("topic", TOPIC)]);
    driver.run("producer", &[("name", "p")]);
    let count = SENT.to_string();
    let fields =
        [("name", "p"), ("topic", TOPIC), ("kind", "sync"), ("prefix", "m"), ("count", &count)];
    let sent = driver.send(&fields);
    all_acknowledged("m", &sent, "SEND_OK");
    wait_until("the group gets all", STEP_WITHIN, || arrived(&sent, &driver.messages("c")) == SENT);
    cluster.wait_committed(GROUP, TOPIC, 4);
    // Counters are sampled every ten seconds.
    let last = Cell::new(None);
    wait_until("statsAll counts all", STEP_WITHIN, || {
        last.set(numbers(&driver.admin(&format!("statsAll -t {TOPIC}"))));
        last.get().is_some_and(|[.., stored, got]| stored == 40.0 && got == 40.0)
    });
    let [behind, rate_in, rate_out, ..] = last.get().expect("it was waited for");
    assert_eq!(behind, 0.0);
    assert!(rate_in > 0.0 && rate_out > 0.0, "{rate_in} in, {rate_out} out");
}
