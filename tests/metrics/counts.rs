//! What is counted is what happened.

use std::thread;

use crate::page::{Metrics, get, pages_of, serve};
use crate::server::{Place, Server};
use crate::traffic::{Client, commit, heartbeat, pull, send, topic};

const MESSAGES: u32 = 600;

#[test]
fn a_scrape_under_load_counts_what_was_sent_and_delivered() {
    let place = Place::new();
    let mut server = serve(&place);
    let mut client = Client::new(place.broker);
    for name in ["Plain", "Ordered"] {
        client.call(topic(name, "4"));
    }
    client.call(heartbeat("readers", &["Plain".to_owned()]));
    let port = place.broker;
    let senders = ["Plain", "Ordered"].map(|name| {
        thread::spawn(move || {
            let properties = if name == "Ordered" { "__SHARDINGKEY\u{1}k\u{2}" } else { "" };
            let mut client = Client::new(port);
            let body = [b'x'; 2000];
            client.call_all((0..MESSAGES).map(|n| send(name, n % 4, properties, &body)));
        })
    });
    // Counters only grow while messages come in, and every page is whole.
    let (mut before, mut scrapes) = (0.0, 0);
    while scrapes < 3 || senders.iter().any(|sender| !sender.is_finished()) {
        let now = Metrics::of(&place).sum("rocketmq_messages_in_total", &[]);
        assert!(now >= before, "{now} after {before}");
        (before, scrapes) = (now, scrapes + 1);
    }
    for sender in senders {
        sender.join().unwrap();
    }
    let answer = client.call(pull("Plain", "readers", 0, "0", "0"));
    let next: f64 = answer.fields.get("nextBeginOffset").unwrap().parse().unwrap();
    assert!(next > 1.0);
    // The second pull commits what came before it.
    client.call(pull("Plain", "readers", 0, answer.fields.get("nextBeginOffset").unwrap(), "1"));

    let metrics = Metrics::of(&place);
    let sum = |name: &str, labels: &[(&str, &str)]| metrics.sum(name, labels);
    let all = f64::from(MESSAGES);
    for (name, kind) in [("Plain", "normal"), ("Ordered", "fifo")] {
        let labels = [("topic", name), ("message_type", kind), ("is_system", "false")];
        assert_eq!(sum("rocketmq_messages_in_total", &labels), all, "{name}");
        assert_eq!(sum("rocketmq_message_size_count", &labels), all, "{name}");
        let bytes = sum("rocketmq_throughput_in_total", &labels);
        assert!(bytes > all * 2000.0 && bytes < all * 2400.0, "{bytes}");
    }
    let group = [("topic", "Plain"), ("consumer_group", "readers")];
    let out = sum("rocketmq_messages_out_total", &group);
    assert!(out > next && out <= 2.0 * 32.0, "{out} in two pulls");
    assert!(sum("rocketmq_throughput_out_total", &group) > out * 2000.0);
    // One queue of four has an offset, 1; the others count as consumed, as in Java.
    assert_eq!(sum("rocketmq_consumer_lag_messages", &group), all / 4.0 - 1.0);
    let pulled = sum("rocketmq_consumer_inflight_messages", &group);
    assert_eq!(pulled + sum("rocketmq_consumer_ready_messages", &group), all / 4.0 - 1.0);
    assert_eq!(pulled, out - 1.0);
    assert!(sum("rocketmq_consumer_lag_latency_milliseconds", &group) > 0.0);
    let sends = [("request_code", "send_message"), ("response_code", "success")];
    assert_eq!(sum("rocketmq_rpc_latency_milliseconds_count", &sends), 2.0 * all);
    assert_eq!(sum("rocketmq_producer_connections", &[("language", "java")]), 1.0);
    let consumer = [("consumer_group", "readers"), ("consume_mode", "push")];
    assert_eq!(sum("rocketmq_consumer_connections", &consumer), 1.0);
    assert_eq!(sum("ringmq_commit_batch_records_sum", &[]), 2.0 * all);
    assert_eq!(sum("ringmq_commit_batch_bytes_sum", &[]), sum("rocketmq_storage_size_bytes", &[]));
    assert!(sum("rocketmq_storage_size_bytes", &[]) > 2.0 * all * 2000.0);
    assert!(sum("ringmq_ring_submissions_total", &[]) > 100.0);
    check_cores(&metrics);
    assert_eq!(sum("ringmq_shard_failed", &[]), 0.0);
    let created = [("is_system", "false"), ("invocation_status", "success")];
    let name = "rocketmq_topic_create_execution_time_milliseconds_count";
    assert_eq!(sum(name, &created), 2.0);
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

/// The histograms of the cores have counted what their counters have.
fn check_cores(metrics: &Metrics) {
    let sum = |name: &str| metrics.sum(name, &[]);
    for (counter, histogram) in [
        ("ringmq_ring_submissions_total", "ringmq_ring_submit_batch_sum"),
        ("ringmq_ring_completions_total", "ringmq_ring_complete_batch_sum"),
        ("ringmq_core_sleeps_total", "ringmq_core_sleep_seconds_count"),
    ] {
        assert_eq!(sum(histogram), sum(counter), "{histogram}");
    }
    let crossed = ["ringmq_mesh_messages_total", "ringmq_mesh_batch_sum"].map(sum);
    assert_eq!(crossed[0] > 0.0, crossed[1] > 0.0, "{crossed:?}");
}

#[test]
fn ten_thousand_queues_are_scraped_whole() {
    const TOPICS: u32 = 10;
    const QUEUES: u32 = 1_000;
    let place = Place::new();
    // Killed at the end: a clean one syncs ten thousand files, which is not what is asked here.
    let _server = serve(&place);
    let mut client = Client::new(place.broker);
    let topics: Vec<String> = (0..TOPICS).map(|n| format!("Wide{n}")).collect();
    client.call(heartbeat("wide", &topics));
    for name in &topics {
        client.call(topic(name, &QUEUES.to_string()));
        client.call_all((0..QUEUES).map(|queue| send(name, queue, "", b"m")));
        client.call_all((0..QUEUES).map(|queue| commit(name, "wide", queue, 0)));
    }
    let metrics = Metrics::of(&place);
    for name in &topics {
        let labels = [("topic", name.as_str())];
        assert_eq!(metrics.sum("rocketmq_messages_in_total", &labels), f64::from(QUEUES));
        let labels = [("topic", name.as_str()), ("consumer_group", "wide")];
        assert_eq!(metrics.sum("rocketmq_consumer_lag_messages", &labels), f64::from(QUEUES));
        assert_eq!(metrics.sum("rocketmq_consumer_ready_messages", &labels), f64::from(QUEUES));
    }
}

#[test]
fn pages_say_how_the_broker_is() {
    let place = Place::new();
    let mut server = serve(&place);
    for path in ["/livez", "/readyz"] {
        assert_eq!(get(&place, path), ("HTTP/1.1 200 OK".to_owned(), "ok\n".to_owned()));
    }
    let (_, version) = get(&place, "/version");
    assert!(version.starts_with("RingMQ ") && version.contains("commit"), "{version}");
    let (_, config) = get(&place, "/config");
    assert!(config.lines().any(|line| line == "metricsLabel=zone:z1"), "{config}");
    assert_eq!(get(&place, "/nothing").0, "HTTP/1.1 404 Not Found");
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

#[test]
fn delays_are_counted_when_messages_are_delivered() {
    let place = Place::new();
    let lines = pages_of(&place) + "messageDelayLevel=0s 1d\n";
    let mut server = Server::start(place.standalone(&place.store(), &lines), &place.join("stderr"));
    server.wait_ready();
    let mut client = Client::new(place.broker);
    client.call(topic("Later", "1"));
    client.call_all((0..3).map(|_| send("Later", 0, "DELAY\u{1}1\u{2}", b"soon")));
    client.call(send("Later", 0, "DELAY\u{1}2\u{2}", b"tomorrow"));
    let count = "rocketmq_delay_message_latency_seconds_count";
    let delivered = || Metrics::of(&place).sum(count, &[("topic", "Later")]);
    while delivered() < 3.0 {}
    let metrics = Metrics::of(&place);
    assert_eq!(metrics.sum(count, &[("topic", "Later")]), 3.0);
    assert_eq!(metrics.sum("ringmq_delay_lateness_seconds_count", &[]), 3.0);
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}
