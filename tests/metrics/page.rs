//! A server with pages, and one page of it.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use prometheus_parse::{Sample, Scrape, Value};

use crate::server::{Place, Server};

/// What a page may take on a busy machine.
const PAGE_WITHIN: Duration = Duration::from_secs(60);

/// Configuration of a broker whose pages are beside its own port.
pub fn pages_of(place: &Place) -> String {
    format!(
        "metricsExporterType=PROM\nmetricsPromExporterPort={}\nmetricsLabel=zone:z1\n",
        port(place)
    )
}

/// The port of the pages.
pub fn port(place: &Place) -> u16 {
    place.broker + 1
}

/// A server with pages, ready.
pub fn serve(place: &Place) -> Server {
    let command = place.standalone(&place.store(), &pages_of(place));
    let mut server = Server::start(command, &place.join("stderr"));
    server.wait_ready();
    server
}

/// A connection to the pages.
pub fn connect(place: &Place) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port(place))).unwrap();
    stream.set_read_timeout(Some(PAGE_WITHIN)).unwrap();
    stream
}

/// Sends `request` on a connection of its own and reads all that comes until its end.
pub fn exchange(place: &Place, request: &[u8]) -> String {
    let mut stream = connect(place);
    // The server may have answered and closed before it has read everything.
    let _ = stream.write_all(request);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// A page by HTTP/1.0: its status line and its body.
pub fn get(place: &Place, path: &str) -> (String, String) {
    let answer = exchange(place, format!("GET {path} HTTP/1.0\r\n\r\n").as_bytes());
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer:?}"));
    (head.lines().next().unwrap().to_owned(), body.to_owned())
}

/// The metrics, parsed.
pub struct Metrics {
    scrape: Scrape,
}

impl Metrics {
    /// As they are now.
    pub fn of(place: &Place) -> Self {
        let (status, body) = get(place, "/metrics");
        assert_eq!(status, "HTTP/1.1 200 OK");
        let scrape = Scrape::parse(body.lines().map(|line| Ok(line.to_owned()))).unwrap();
        // The parser passes over what it cannot read.
        let parsed: usize = scrape.samples.iter().map(lines_of).sum();
        assert_eq!(parsed, body.lines().filter(|line| !line.starts_with('#')).count());
        Self { scrape }
    }

    /// The sum of the samples of a name that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |sample: &Sample| {
            labels.iter().all(|(label, value)| sample.labels.get(label) == Some(value))
        };
        let found = self.scrape.samples.iter().filter(|one| one.metric == name && has(one));
        let value = |sample: &Sample| match &sample.value {
            Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => *value,
            other => panic!("{name} is {other:?}: ask for its _count or _sum"),
        };
        found.map(value).sum()
    }

    /// The names of all labels, by the name of the metric.
    pub fn labels(&self) -> BTreeMap<String, Vec<String>> {
        let samples = self.scrape.samples.iter();
        let entry = |sample: &Sample| {
            let mut names: Vec<String> = sample.labels.keys().cloned().collect();
            names.sort_unstable();
            (sample.metric.clone(), names)
        };
        samples.map(entry).collect()
    }
}

fn lines_of(sample: &Sample) -> usize {
    match &sample.value {
        Value::Histogram(buckets) => buckets.len(),
        _ => 1,
    }
}
