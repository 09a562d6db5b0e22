//! What the reference was recorded to do, under `tests/golden`, beside what is done now.
//!
//! `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop NAME` writes the
//! file of a test anew.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::system::Flavor;

/// Compares what was found, part by part, with the file `name` below `tests/golden`; records it
/// instead when that is asked for.
pub fn compare(name: &str, found: &Value) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("RINGMQ_INTEROP_RECORD").is_some() {
        assert_eq!(Flavor::under_test(), Flavor::Java, "what is recorded is Java's");
        let text = serde_json::to_string_pretty(found).expect("a value is text") + "\n";
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a writable tree");
        fs::write(&file, text).expect("a writable tree");
    }
    let text = fs::read_to_string(&file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    let recorded: Value = serde_json::from_str(&text).expect("what is recorded is JSON");
    let differing: String = parts(&recorded)
        .into_iter()
        .filter(|(at, wanted)| found.pointer(at) != Some(*wanted))
        .map(|(at, wanted)| {
            let found = found.pointer(&at).unwrap_or(&Value::Null);
            format!("--- {at}: recorded\n{wanted:#}\n--- found\n{found:#}\n")
        })
        .collect();
    assert!(differing.is_empty(), "otherwise than {name}:\n{differing}");
    assert_eq!(parts(&recorded).len(), parts(found).len(), "as many parts as in {name}");
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
