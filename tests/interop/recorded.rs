//! What the reference was recorded to do, under `tests/golden`, beside what is done now.
//!
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop NAME` writes the
//! files of a test anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::system::Flavor;

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// Whether files are to be written anew.
pub fn is_asked_for() -> bool {
    let asked = std::env::var_os("RINGMQ_INTEROP_RECORD").is_some();
    assert!(!asked || Flavor::under_test() == Flavor::Java, "what is recorded is Java's");
    asked
}

/// Writes the file `name` below `tests/golden` anew, if that is asked for.
pub fn write(name: &str, found: &str) {
    if is_asked_for() {
        let file = file(name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a writable tree");
        fs::write(&file, found).expect("a writable tree");
    }
}

/// What the file `name` below `tests/golden` has; recorded before from `found`, if that is asked
/// for.
pub fn text(name: &str, found: &str) -> String {
    write(name, found);
    let file = file(name);
    fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

/// What was found is what the file `name` below `tests/golden` has.
pub fn compare(name: &str, found: &Value) {
    compare_but(name, found, |_, _, _| false);
}

/// As [`compare`], but for the parts that differ on purpose: `is_meant` gets the key of each part
/// that differs, what was recorded and what was found.
pub fn compare_but(name: &str, found: &Value, is_meant: impl Fn(&str, &Value, &Value) -> bool) {
    let differing = differences(name, found, is_meant);
    assert!(differing.is_empty(), "{differing}");
}

/// The parts in which what was found differs from the file `name` below `tests/golden`, and is not
/// meant to.
pub fn differences(
    name: &str,
    found: &Value,
    is_meant: impl Fn(&str, &Value, &Value) -> bool,
) -> String {
    let pretty = serde_json::to_string_pretty(found).expect("a value is text") + "\n";
    let recorded: Value =
        serde_json::from_str(&text(name, &pretty)).expect("what is recorded is JSON");
    let (wanted, found) = (parts(&recorded), parts(found));
    let none = &Value::Null;
    let mut differing: String = wanted
        .iter()
        .map(|(key, wanted)| (key, *wanted, found.get(key).copied().unwrap_or(none)))
        .filter(|(key, wanted, found)| wanted != found && !is_meant(key, wanted, found))
        .map(|(key, wanted, found)| {
            format!("--- {name}, {key}: recorded\n{wanted:#}\n--- found\n{found:#}\n")
        })
        .collect();
    for key in found.keys().filter(|key| !wanted.contains_key(*key)) {
        differing.push_str(&format!("--- {name}, {key}: not recorded\n"));
    }
    differing
}

/// The members of an object, or of a list by their places.
fn parts(value: &Value) -> BTreeMap<String, &Value> {
    match value {
        Value::Object(members) => members.iter().map(|(key, part)| (key.clone(), part)).collect(),
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, part)| (at.to_string(), part)).collect()
        }
        other => BTreeMap::from([(String::new(), other)]),
    }
}
