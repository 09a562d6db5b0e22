//! The recorded talk of clients and brokers with a Java name server.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ringmq::protocol::Command;
use serde::Deserialize;

/// Requests to the name server in the recording; fewer means that a file is missing.
const REQUESTS: usize = 190;

#[derive(Deserialize)]
struct Line {
    conn: String,
    dir: String,
    kind: String,
    frame: String,
}

/// A request and Java's answer.
pub struct Exchange {
    /// File, and number of the request in it from 1.
    pub place: String,
    /// `c1` and so on: a connection of the file.
    pub connection: u64,
    pub request: Command,
    /// `None`: none came.
    pub reply: Option<Command>,
}

/// One file, in order.
pub struct Recording {
    pub file: String,
    pub exchanges: Vec<Exchange>,
}

/// Every file in which something is asked of the name server.
pub fn all() -> Vec<Recording> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders = vec![root.clone()];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "jsonl") {
                files.push(path);
            }
        }
    }
    files.sort();
    let read = files.iter().map(|path| {
        let file = path.strip_prefix(&root).unwrap().display().to_string();
        Recording { exchanges: exchanges(&file, &fs::read_to_string(path).unwrap()), file }
    });
    let all: Vec<Recording> = read.filter(|recording| !recording.exchanges.is_empty()).collect();
    let requests: usize = all.iter().map(|recording| recording.exchanges.len()).sum();
    assert_eq!(requests, REQUESTS, "the recording is complete");
    all
}

/// One file by name.
pub fn file(name: &str) -> Recording {
    all().into_iter().find(|recording| recording.file == name).expect("the file is there")
}

fn exchanges(file: &str, text: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line).unwrap();
        if !line.dir.contains("namesrv") {
            continue;
        }
        let frame = Bytes::from(STANDARD.decode(line.frame).unwrap());
        let command = Command::decode(frame).unwrap();
        if line.kind == "response" {
            let asked = exchanges.last_mut().expect("an answer follows its request");
            assert_eq!(command.opaque, asked.request.opaque);
            asked.reply = Some(command);
        } else {
            exchanges.push(Exchange {
                place: format!("{file} #{}", exchanges.len() + 1),
                connection: line.conn.trim_start_matches('c').parse().unwrap(),
                request: command,
                reply: None,
            });
        }
    }
    exchanges
}
