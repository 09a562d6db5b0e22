//! What the reference was recorded to do, under `tests/golden`, beside what is done now.
//!
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop NAME` writes the
//! file of a test anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::system::Flavor;

/// What was found is what the file `name` below `tests/golden` has.
pub fn compare(name: &str, found: &Value) {
    let differing = differences(name, found);
    assert!(differing.is_empty(), "{differing}");
}

/// The parts in which what was found differs from the file `name` below `tests/golden`. Records it
/// before when that is asked for.
pub fn differences(name: &str, found: &Value) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("RINGMQ_INTEROP_RECORD").is_some() {
        assert_eq!(Flavor::under_test(), Flavor::Java, "what is recorded is Java's");
        let text = serde_json::to_string_pretty(found).expect("a value is text") + "\n";
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a writable tree");
        fs::write(&file, text).expect("a writable tree");
    }
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let recorded: Value = serde_json::from_str(&text).expect("what is recorded is JSON");
    let (wanted, count) = (parts(&recorded), parts(found).len());
    let mut differing: String = wanted
        .iter()
        .filter(|(at, wanted)| found.pointer(at) != Some(*wanted))
        .map(|(at, wanted)| {
            let found = found.pointer(at).unwrap_or(&Value::Null);
            format!("--- {name}{at}: recorded\n{wanted:#}\n--- found\n{found:#}\n")
        })
        .collect();
    if wanted.len() != count {
        differing.push_str(&format!("{name} has {} parts, not {count}\n", wanted.len()));
    }
    differing
}

/// The members of an object, or of a list, by their places.
fn parts(value: &Value) -> Vec<(String, &Value)> {
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match value {
        Value::Object(members) => {
            members.iter().map(|(key, part)| (format!("/{}", escaped(key)), part)).collect()
        }
        Value::Array(list) => {
            list.iter().enumerate().map(|(at, part)| (format!("/{at}"), part)).collect()
        }
        other => vec![(String::new(), other)],
    }
}
