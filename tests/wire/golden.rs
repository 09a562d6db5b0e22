//! The recorded frames and the recorder's comment on them.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Frames the recording has; a folder that went missing would make the tests pass for nothing.
const RECORDS: usize = 1591;

/// One line of a frame file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    pub kind: String,
    pub code: Option<i32>,
    pub name: Option<String>,
    pub reply_to: Option<i32>,
    pub serialize: Option<String>,
    pub header: Map<String, Value>,
    pub body_len: usize,
    frame: String,
}

/// A recorded frame.
#[derive(Debug)]
pub struct Record {
    /// File and line, for messages.
    pub place: String,
    pub line: Line,
    pub frame: Bytes,
}

impl Record {
    pub fn is_bad(&self) -> bool {
        self.line.kind == "bad"
    }

    pub fn is_response(&self) -> bool {
        self.line.kind == "response"
    }

    /// Made by the recorder's own script and not by a Java peer.
    pub fn is_handmade(&self) -> bool {
        let script = self.place.starts_with("raw-") || self.place.contains("-requests.jsonl");
        script && !self.is_response()
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// All recorded frames, in order of file name and line.
pub fn all() -> Vec<Record> {
    let mut folders = vec![root()];
    let mut files = Vec::new();
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
    let records: Vec<Record> = files.iter().flat_map(|file| records_of(file)).collect();
    assert_eq!(records.len(), RECORDS, "the recording is complete");
    records
}

fn records_of(file: &Path) -> Vec<Record> {
    let name = file.strip_prefix(root()).unwrap().display().to_string();
    let text = fs::read_to_string(file).unwrap();
    let record = |(number, line): (usize, &str)| {
        let line: Line = serde_json::from_str(line).unwrap();
        let frame = Bytes::from(STANDARD.decode(&line.frame).unwrap());
        Record { place: format!("{name}:{}", number + 1), line, frame }
    };
    text.lines().enumerate().map(record).collect()
}
