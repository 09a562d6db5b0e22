//! Look-ups on a store that a Java broker wrote: what its own index, queues and log hold is found,
//! in answers that have the shape of the recorded ones (`tests/golden`).
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the driver of processes is threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "hostile/server.rs"]
#[allow(dead_code, reason = "other tests use the rest")]
mod server;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::GzDecoder;
use ringmq::protocol::code::{request, response};
use ringmq::protocol::{Command, Fields};
use serde_json::Value;
use server::{Place, Server};

/// The sizes the store was made with, and no clean-up of messages from long ago.
const SIZES: &str = "mappedFileSizeCommitLog=1048576\nmappedFileSizeConsumeQueue=20000\n\
                     mappedFileSizeTimerLog=102400\nmaxHashSlotNum=500\nmaxIndexNum=2000\n\
                     fileReservedTime=87600\nshards=1\n";
const SEGMENT_BYTES: usize = 1 << 20;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn unpack(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        match name.strip_suffix(".gz") {
            _ if path.is_dir() => unpack(&path, &to.join(name)),
            Some(plain) => fs::write(to.join(plain), unpacked(&path)).unwrap(),
            None => drop(fs::copy(&path, to.join(name)).unwrap()),
        }
    }
}

/// The requests of one code in a recorded file, each with its answer.
fn recorded(file: &str, code: i32) -> Vec<(Command, Command)> {
    let file = BufReader::new(File::open(golden().join(file)).unwrap());
    let mut exchanges = Vec::new();
    let mut asked = None;
    for line in file.lines() {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        let frame = STANDARD.decode(line["frame"].as_str().unwrap()).unwrap();
        let Ok(command) = Command::decode(Bytes::from(frame)) else { continue };
        match asked.take() {
            Some(request) if command.is_response() => exchanges.push((request, command)),
            _ => asked = (!command.is_response() && command.code == code).then_some(command),
        }
    }
    assert!(!exchanges.is_empty(), "something was recorded");
    exchanges
}

fn sorted(fields: &Fields) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The recorded request with other fields, those that are named.
fn with(request: &Command, named: &[(&str, &str)]) -> Command {
    let mut fields = sorted(&request.fields);
    fields.extend(named.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let fields: Fields =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    request.clone().with_fields(fields)
}

/// A broker on the store, what Java says is in it, and its log.
struct Java {
    stream: TcpStream,
    /// Records, queue entries, keys of the index: as the listing has them.
    lines: Vec<Value>,
    log: Vec<u8>,
    _server: Server,
    _place: Place,
}

impl Java {
    fn served() -> Self {
        let place = Place::new();
        unpack(&golden().join("store-5.5.0/files"), &place.store());
        let segments = place.store().join("commitlog");
        let log = ["00000000000000000000", "00000000000001048576"].map(|name| {
            let bytes = fs::read(segments.join(name)).unwrap();
            assert_eq!(bytes.len(), SEGMENT_BYTES);
            bytes
        });
        let command = place.standalone(&place.store(), SIZES);
        let mut server = Server::start(command, &place.join("stderr"));
        server.wait_ready();
        let stream = TcpStream::connect(("127.0.0.1", place.broker)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        let listing = unpacked(&golden().join("store-5.5.0/records.jsonl.gz"));
        let lines = listing.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap());
        let lines = lines.collect();
        Self { stream, lines, log: log.concat(), _server: server, _place: place }
    }

    fn lines(&self, kind: &str) -> Vec<Value> {
        let lines = self.lines.iter().filter(|line| line["kind"] == kind);
        lines.cloned().collect()
    }

    /// The bytes of the record that starts there.
    fn record(&self, at: &Value) -> &[u8] {
        let rest = &self.log[usize::try_from(at.as_u64().unwrap()).unwrap()..];
        let size = u32::from_be_bytes(*rest.first_chunk().unwrap());
        &rest[..usize::try_from(size).unwrap()]
    }

    fn ask(&mut self, command: &Command) -> Command {
        self.stream.write_all(&command.encode().unwrap()).unwrap();
        let mut frame = vec![0; 4];
        self.stream.read_exact(&mut frame).unwrap();
        let length = u32::from_be_bytes(*frame.first_chunk().unwrap());
        frame.resize(4 + usize::try_from(length).unwrap(), 0);
        self.stream.read_exact(&mut frame[4..]).unwrap();
        let answer = Command::decode(Bytes::from(frame)).unwrap();
        assert_eq!(answer.opaque, command.opaque);
        answer
    }

    /// Every key that Java's index has leads to the records it has for it, and to no other.
    fn finds_by_key(&mut self) {
        let (like, answered) = recorded("client-5.5.0/json/query-by-key.jsonl", 12).remove(0);
        let index = self.lines("index").remove(0);
        let keys = self.lines("key");
        assert!(keys.len() > 100, "the listing names {} keys", keys.len());
        for line in keys {
            let (topic, key) = line["key"].as_str().unwrap().split_once('#').unwrap();
            let (key, by) = match key.strip_prefix("T#") {
                Some(tag) => (tag, "T"),
                None => (key, "K"),
            };
            let last = i64::MAX.to_string();
            let asked = with(
                &like,
                &[
                    ("topic", topic),
                    ("key", key),
                    ("indexType", by),
                    ("maxNum", "64"),
                    ("endTimestamp", &last),
                ],
            );
            let mut places: Vec<Value> = line["physOffsets"].as_array().unwrap().clone();
            places.sort_by_key(Value::as_u64);
            let records: Vec<&[u8]> = places.iter().map(|at| self.record(at)).collect();
            let records = records.concat();
            let answer = self.ask(&asked);
            assert_eq!((answer.code, &answer.remark), (answered.code, &answered.remark), "{line}");
            assert!(answer.body[..] == records[..], "{line}: {} bytes", answer.body.len());
            let fields = sorted(&answer.fields);
            assert!(fields.keys().eq(sorted(&answered.fields).keys()), "{fields:?}");
            for (field, listed) in [
                ("indexLastUpdateTimestamp", "endTimestamp"),
                ("indexLastUpdatePhyoffset", "endPhyOffset"),
            ] {
                assert_eq!(fields[field], index[listed].to_string(), "{line}");
            }
        }
    }

    /// Nothing found is told as Java tells it.
    fn finds_nothing(&mut self) {
        let mut count = 0;
        for file in [
            "client-4.9.8/json/view-message-bad.jsonl",
            "client-4.9.8/rocketmq/query-by-key-none.jsonl",
            "client-5.3.3/json/query-by-key-none.jsonl",
            "client-5.5.0/json/query-by-key-none.jsonl",
            "client-5.5.0/json/admin-queryMsgByKey-none.jsonl",
            "raw-5.5.0/lookups.jsonl",
        ] {
            let exchanges = recorded(file, request::QUERY_MESSAGE);
            let none =
                exchanges.iter().filter(|(_, theirs)| theirs.code == response::QUERY_NOT_FOUND);
            for (asked, theirs) in none {
                let ours = self.ask(asked);
                assert_eq!((ours.code, &ours.remark), (theirs.code, &theirs.remark), "{file}");
                assert_eq!(sorted(&ours.fields), sorted(&theirs.fields), "{file}");
                assert!(ours.body.is_empty(), "{file}");
                count += 1;
            }
        }
        assert_eq!(count, 6);
    }

    /// The entries of every queue, in the very text that Java makes of them.
    fn lists_queues(&mut self) {
        let (like, answered) = recorded("client-5.5.0/json/admin-queryCq.jsonl", 321).remove(0);
        let theirs: Value = serde_json::from_slice(&answered.body).unwrap();
        let max = theirs["maxQueueIndex"].as_u64().unwrap();
        let entries = theirs["queueData"].as_array().unwrap().iter();
        let entries = entries.map(|entry| {
            let value = |key: &str| entry[key].clone();
            (value("physicOffset"), value("physicSize"), value("tagsCode"))
        });
        assert_eq!(answered.body, listed(max, entries), "so it is written");
        let mut queues: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
        for entry in self.lines("cq") {
            let topic = entry["topic"].as_str().unwrap().to_owned();
            queues.entry((topic, entry["queueId"].to_string())).or_default().push(entry);
        }
        for ((topic, queue), entries) in queues {
            let fields = [("topic", topic.as_str()), ("queueId", &queue), ("count", "32")];
            let answer = self.ask(&with(&like, &fields));
            let max = entries.len() as u64;
            let shown = entries.iter().take(32).map(|entry| {
                let value = |key: &str| entry[key].clone();
                (value("physOffset"), value("size"), value("tagsCode"))
            });
            assert_eq!((answer.code, &answer.remark), (answered.code, &answered.remark));
            let text = String::from_utf8_lossy(&answer.body);
            assert_eq!(text, listed(max, shown), "{topic}/{queue}");
        }
    }

    /// 33: each record by its place.
    fn views_records(&mut self) {
        for line in self.lines("record") {
            let at = line["physOffset"].to_string();
            let fields: Fields = [("offset", at.as_str())].into_iter().collect();
            let answer =
                self.ask(&Command::request(request::VIEW_MESSAGE_BY_ID).with_fields(fields));
            assert_eq!(answer.code, response::SUCCESS, "{line}");
            assert!(answer.body[..] == *self.record(&line["physOffset"]), "{line}");
        }
    }

    /// 29: for each store time, and the millisecond on both sides, the first message that is not
    /// older; of messages that share a millisecond the first, or with UPPER the last.
    fn searches_by_time(&mut self) {
        let mut queues: BTreeMap<(String, String), Vec<i64>> = BTreeMap::new();
        for record in self.lines("record") {
            let topic = record["topic"].as_str().unwrap().to_owned();
            let times = queues.entry((topic, record["queueId"].to_string())).or_default();
            assert_eq!(record["queueOffset"].as_u64(), Some(times.len() as u64), "{record}");
            times.push(record["storeTimestamp"].as_i64().unwrap());
        }
        for ((topic, queue), times) in queues {
            for time in times.iter().flat_map(|time| [time - 1, *time, time + 1]) {
                let lower = times.partition_point(|stored| *stored < time);
                if lower == times.len() {
                    continue;
                }
                let is_stored = times[lower] == time;
                let upper = times.partition_point(|stored| *stored <= time);
                let boundaries = [("LOWER", lower), ("UPPER", upper.saturating_sub(1))];
                let count = if is_stored { 2 } else { 1 };
                for (boundary, wanted) in boundaries.into_iter().take(count) {
                    let time = time.to_string();
                    let fields = [
                        ("topic", topic.as_str()),
                        ("queueId", &queue),
                        ("timestamp", &time),
                        ("boundaryType", boundary),
                    ];
                    let asked = Command::request(request::SEARCH_OFFSET_BY_TIMESTAMP);
                    let answer = self.ask(&asked.with_fields(fields.into_iter().collect()));
                    let offset = answer.fields.get("offset").map(str::to_owned);
                    assert_eq!(offset, Some(wanted.to_string()), "{fields:?} of {times:?}");
                }
            }
        }
    }
}

/// The body of an answer to 321, as Java writes it.
fn listed(max: u64, entries: impl Iterator<Item = (Value, Value, Value)>) -> String {
    let entries = entries.map(|(at, size, tags)| {
        format!(r#"{{"eval":false,"physicOffset":{at},"physicSize":{size},"tagsCode":{tags}}}"#)
    });
    let entries = entries.collect::<Vec<_>>().join(",");
    format!(r#"{{"maxQueueIndex":{max},"minQueueIndex":0,"queueData":[{entries}]}}"#)
}

#[test]
fn what_java_stored_and_indexed_is_found() {
    let mut java = Java::served();
    java.finds_by_key();
    java.finds_nothing();
    java.lists_queues();
    java.views_records();
    java.searches_by_time();
}
