//! Names, types and labels are RocketMQ's, and what is written about them uses them as they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use ringmq::observability::metric::{ALL, Kind};

use crate::page::{Metrics, serve};
use crate::server::Place;
use crate::traffic::{Client, heartbeat, pull, send, topic};

/// Labels that every sample of a broker has.
const COMMON: [&str; 4] = ["cluster", "node_id", "node_type", "otel_scope_name"];

/// What Java exports and RingMQ does not, since the part is not built.
const NOT_BUILT: [&str; 2] = ["rocketmq_pop_", "rocketmq_timer_"];

/// Labels that Java sets for POP only and RingMQ for every consumer.
const MORE_LABELS: [(&str, &str); 2] =
    [("rocketmq_messages_out_total", "is_retry"), ("rocketmq_throughput_out_total", "is_retry")];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Type and labels by name, as a Java broker exported them.
fn java() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let text = fs::read_to_string(root().join("tests/golden/metrics-5.5.0.txt")).unwrap();
    let rows = text.lines().filter(|line| !line.starts_with('#'));
    let row = |line: &str| {
        let parts: Vec<&str> = line.split(' ').collect();
        let labels = parts[2].split(',').map(str::to_owned).collect();
        (parts[0].to_owned(), (parts[1].to_owned(), labels))
    };
    rows.map(row).collect()
}

#[test]
fn names_types_and_labels_are_those_of_java() {
    let java = java();
    assert!(java.len() > 30);
    for (name, (kind, labels)) in &java {
        let ours = ALL.iter().find(|metric| metric.name == name);
        if NOT_BUILT.iter().any(|start| name.starts_with(start)) {
            assert!(ours.is_none(), "{name} is exported now");
            continue;
        }
        let ours = ours.unwrap_or_else(|| panic!("{name} is missing"));
        assert_eq!(ours.kind.word(), kind, "{name}");
        let own = ours.labels.iter().filter(|label| !MORE_LABELS.contains(&(ours.name, label)));
        let own: BTreeSet<String> = own.chain(&COMMON).map(|label| (*label).to_owned()).collect();
        assert_eq!(&own, labels, "{name}");
    }
}

#[test]
fn a_page_has_the_labels_of_the_table() {
    let place = Place::new();
    let mut server = serve(&place);
    let mut client = Client::new(place.broker);
    client.call(topic("Labels", "1"));
    client.call(heartbeat("readers", &["Labels".to_owned()]));
    client.call(send("Labels", 0, "", b"body"));
    client.call(pull("Labels", "readers", 0, "0", "0"));
    let found = Metrics::of(&place).labels();
    assert!(found.contains_key("rocketmq_messages_out_total"), "{found:?}");
    for (name, labels) in found {
        let base = ["_sum", "_count"].iter().find_map(|suffix| name.strip_suffix(suffix));
        let known = |name: &str| ALL.iter().find(|metric| metric.name == name);
        let metric = known(&name).or_else(|| known(base?));
        let metric = metric.unwrap_or_else(|| panic!("{name} is not in the table"));
        let mut expected: Vec<&str> = metric.labels.iter().chain(&COMMON).copied().collect();
        expected.push("zone");
        expected.sort_unstable();
        assert_eq!(labels, expected, "{name}");
    }
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

/// The metrics that a text names.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("rocketmq_") || word.starts_with("ringmq_")).collect()
}

#[test]
fn dashboard_and_alerts_name_what_is_exported() {
    let folder = root().join("docs/metrics");
    let dashboard = fs::read_to_string(folder.join("dashboard.json")).unwrap();
    serde_json::from_str::<serde_json::Value>(&dashboard).unwrap();
    let alerts = fs::read_to_string(folder.join("alerts.yml")).unwrap();
    let is_exported = |word: &str| {
        ALL.iter().any(|metric| match word.strip_prefix(metric.name) {
            Some("") => metric.kind != Kind::Histogram,
            Some("_bucket" | "_sum" | "_count") => metric.kind == Kind::Histogram,
            _ => false,
        })
    };
    for (file, text) in
        [(Path::new("dashboard.json"), &dashboard), (Path::new("alerts.yml"), &alerts)]
    {
        let named = named(text);
        assert!(named.len() > 5, "{}: {named:?}", file.display());
        for word in named {
            assert!(is_exported(word), "{}: {word} is not exported", file.display());
        }
    }
}
