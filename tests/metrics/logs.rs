//! The log: its forms, and its level at run time.

use std::net::TcpStream;

use ringmq::limits::LOG_LINES_MAX;

use crate::server::{Place, Server};
use crate::traffic::{Client, configure};

fn start(place: &Place, words: &[&str]) -> Server {
    let mut command = place.standalone(&place.store(), "");
    command.args(words).env_remove("RINGMQ_LOG").env_remove("JOURNAL_STREAM");
    let mut server = Server::start(command, &place.join("stderr"));
    server.wait_ready();
    server
}

/// What was logged: all but what was said before the log began.
fn logged(server: &Server) -> String {
    let said = server.stderr();
    let lines = said.lines().filter(|line| !line.starts_with("ringmq: warning: "));
    lines.map(|line| format!("{line}\n")).collect()
}

#[test]
fn json_lines_are_objects() {
    let place = Place::new();
    let mut server = start(&place, &["--log-format", "json"]);
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0));
    let said = logged(&server);
    let lines: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    let opened = lines.iter().find(|line| line["message"] == "opened a shard").expect(&said);
    assert_eq!((&opened["level"], &opened["shard"]), (&"INFO".into(), &0.into()));
    assert!(opened["timestamp_ms"].as_i64().is_some_and(|ms| ms > 1_700_000_000_000));
}

#[test]
fn the_level_changes_at_run_time_and_lines_of_one_kind_are_bounded() {
    let place = Place::new();
    let mut server = start(&place, &["--log", "warn"]);
    assert_eq!(logged(&server), "", "nothing to warn of");
    let mut client = Client::new(place.broker);
    client.call(configure("logLevel=debug\n"));
    // Far more ends of connections than lines about them.
    let most = usize::try_from(LOG_LINES_MAX).unwrap();
    for _ in 0..20 * most {
        drop(TcpStream::connect(("127.0.0.1", place.broker)).unwrap());
    }
    let ends = |server: &Server| server.stderr().matches("connection ended").count();
    while ends(&server) == 0 {}
    client.call(configure("logLevel=error\n"));
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0));
    let said = server.stderr();
    assert!(said.contains("configuration changed by request"), "{said}");
    let cores = std::thread::available_parallelism().unwrap().get();
    // A core may have begun a second window of ten seconds on a busy machine, and a third.
    assert!(ends(&server) <= 3 * most * cores, "{said}");
}
