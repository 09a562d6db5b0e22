//! The rules of shape, checked from the first commit and with no list of exceptions.
//!
//! File, function and line length; which room may import which; words that make bad names.
#![allow(clippy::disallowed_methods, reason = "this test reads the source tree itself")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const FILE_LINES_MAX: usize = 600;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

/// Which rooms a room may import. `units` and `limits` are open to all.
const LAYERS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("limits", &[]),
    ("message", &[]),
    ("filter", &["message"]),
    ("protocol", &[]),
    ("config", &[]),
    ("rt", &[]),
    ("tune", &["rt"]),
    ("observability", &["rt"]),
    ("store", &["message", "rt", "observability", "config"]),
    ("net", &["protocol", "rt", "observability", "config"]),
    ("broker", &["message", "filter", "protocol", "rt", "store", "net", "observability", "config"]),
    ("nameserver", &["net", "protocol", "message", "rt", "observability", "config"]),
    ("client", &["net", "protocol", "message", "rt", "observability", "config"]),
    ("admin", &["message", "net", "protocol", "rt", "config"]),
    (
        "cli",
        &[
            "message",
            "protocol",
            "rt",
            "tune",
            "store",
            "net",
            "observability",
            "config",
            "broker",
            "nameserver",
            "client",
            "admin",
        ],
    ),
];

/// Endings that say nothing about what a thing is.
const NAME_ENDINGS_BANNED: &[&str] = &["Impl", "Manager", "Service", "Util", "Utils", "Helper"];
const FILE_NAMES_BANNED: &[&str] = &["misc.rs", "util.rs", "utils.rs", "helper.rs", "common.rs"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> =
        ["src", "bench", "sim", "tests"].iter().map(|name| root().join(name)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("a folder of the source tree is readable") {
            let path = entry.expect("a directory entry is readable").path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "the source tree has Rust files");
    found
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn report(rule: &str, faults: &[String]) {
    assert!(faults.is_empty(), "{rule}:\n  {}", faults.join("\n  "));
}

#[test]
fn files_and_lines_are_short() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{}: {lines} lines", shown(&path)));
        }
        for (number, line) in text.lines().enumerate() {
            if line.chars().count() > LINE_COLUMNS_MAX {
                faults.push(format!("{}:{}: too wide", shown(&path), number + 1));
            }
        }
    }
    report("files have at most 600 lines of at most 100 columns; split by responsibility", &faults);
}

/// The line on which each function starts, with its length. Relies on rustfmt: a body ends at the
/// first `}` that stands at the indentation of its `fn`.
fn functions(text: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (start, line) in lines.iter().enumerate() {
        let body = line.trim_start();
        let indent = line.len() - body.len();
        let starts = ["fn ", "pub fn ", "async fn ", "pub async fn ", "unsafe fn ", "const fn "];
        let is_function = starts.iter().any(|word| body.starts_with(word))
            || (body.starts_with("pub") && body.contains(" fn ") && !body.starts_with("pub use"));
        if !is_function {
            continue;
        }
        let end = lines.iter().enumerate().skip(start).find(|(_, other)| {
            let inner = other.trim_start();
            other.len() - inner.len() == indent
                && (inner == "}" || inner.ends_with(';') || inner.ends_with("{}"))
        });
        if let Some((end, _)) = end {
            found.push((start + 1, end - start + 1));
        }
    }
    found
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for path in rust_files() {
        for (line, length) in functions(&fs::read_to_string(&path).unwrap()) {
            if length > FUNCTION_LINES_MAX {
                faults.push(format!("{}:{line}: {length} lines", shown(&path)));
            }
        }
    }
    report("functions have at most 70 lines", &faults);
}

/// Code lines of a file: no comments, no string-only lines.
fn code_lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .map(|(number, line)| (number + 1, line.trim()))
        .filter(|(_, line)| !line.starts_with("//") && !line.starts_with('"'))
}

fn room_of(path: &Path) -> Option<String> {
    let inner = path.strip_prefix(root().join("src")).ok()?;
    let first = inner.components().next()?.as_os_str().to_str()?;
    Some(first.trim_end_matches(".rs").to_owned())
}

#[test]
fn imports_go_down_only() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut faults = Vec::new();
    for path in rust_files() {
        let Some(room) = room_of(&path) else { continue };
        if room == "lib" || room == "main" {
            continue;
        }
        let Some(allowed) = layers.get(room.as_str()) else {
            faults.push(format!("{}: room `{room}` is not in the list of layers", shown(&path)));
            continue;
        };
        let text = fs::read_to_string(&path).unwrap();
        for (line, code) in code_lines(&text) {
            for part in code.split("crate::").skip(1) {
                let end = part.find(|c: char| !c.is_alphanumeric() && c != '_');
                let target = &part[..end.unwrap_or(part.len())];
                let open = target == room || target == "units" || target == "limits";
                if !target.is_empty() && !open && !allowed.contains(&target) {
                    faults.push(format!("{}:{line}: {room} imports {target}", shown(&path)));
                }
            }
        }
    }
    report("imports go downward only (see LAYERS)", &faults);
}

#[test]
fn only_the_runtime_names_its_backend() {
    let mut faults = Vec::new();
    for path in rust_files() {
        if room_of(&path).as_deref() == Some("rt") || path.ends_with("tests/tidy.rs") {
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for (line, code) in code_lines(&text) {
            for word in ["glommio", "io_uring::"] {
                if code.contains(word) {
                    faults.push(format!("{}:{line}: names {word}", shown(&path)));
                }
            }
        }
    }
    report("glommio and io-uring are named in src/rt/ only", &faults);
}

#[test]
fn names_say_what_a_thing_is() {
    let mut faults = Vec::new();
    for path in rust_files() {
        let file = path.file_name().unwrap().to_str().unwrap();
        if FILE_NAMES_BANNED.contains(&file) {
            faults.push(format!("{}: name it after what it holds", shown(&path)));
        }
        let text = fs::read_to_string(&path).unwrap();
        for (line, code) in code_lines(&text) {
            for keyword in ["struct ", "enum ", "trait "] {
                let Some(at) = code.find(keyword) else { continue };
                let starts_word = at == 0 || code[..at].ends_with(' ');
                let name: String = code[at + keyword.len()..]
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                if starts_word && NAME_ENDINGS_BANNED.iter().any(|end| name.ends_with(end)) {
                    faults.push(format!("{}:{line}: {name}", shown(&path)));
                }
            }
        }
    }
    report("a type or file is named after what it is", &faults);
}

#[test]
fn nothing_is_left_unfinished() {
    let leftovers = [concat!("#[ig", "nore"), concat!("FIX", "ME"), concat!("TO", "DO")];
    let mut faults = Vec::new();
    for path in rust_files() {
        let text = fs::read_to_string(&path).unwrap();
        for (number, line) in text.lines().enumerate() {
            if leftovers.iter().any(|word| line.contains(word)) {
                faults.push(format!("{}:{}: {}", shown(&path), number + 1, line.trim()));
            }
        }
    }
    report("no ignored tests and no leftovers", &faults);
}
