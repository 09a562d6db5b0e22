//! `ringmq tune` as an operator meets it.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::kernel::Machine;

fn run(directory: &Path, words: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_ringmq"))
        .arg("tune")
        .args(words)
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn this_machine_is_checked_and_nothing_of_it_changed() {
    let place = tempfile::tempdir().unwrap();
    let (status, page, errors) = run(place.path(), &["check"]);
    assert!(matches!(status, Some(0 | 18)), "{status:?} {errors}");
    assert!(page.contains("vm.swappiness") && page.contains("as wanted"), "{page}");
    let (again, text, _) = run(place.path(), &["check", "--format", "json"]);
    assert_eq!(again, status);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let differs = json["rows"].as_array().unwrap().iter().any(|row| row["verdict"] == "DIFFERS");
    assert_eq!(status, Some(if differs { 18 } else { 0 }));
    let (_, would, errors) = run(place.path(), &["apply", "--dry-run", "--state", "record"]);
    assert_eq!(errors, "");
    assert!(!would.is_empty() && !place.path().join("record").exists());
    assert_eq!(run(place.path(), &["check"]).1, page);
}

#[test]
fn apply_and_revert_below_a_root() {
    let machine = Machine::new();
    // What the operator has to do would be all that is left.
    machine.put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
    machine.put("/proc/self/limits", "Max open files  65536 65536 files\n");
    let before = machine.all();
    let root = machine.root().to_str().unwrap();
    let (status, page, errors) = run(machine.root(), &["check", "--store", "/", "--root", root]);
    assert_eq!((status, errors.as_str()), (Some(18), ""), "{page}");
    let change = ["--root", root, "--state", "record.json"];
    let words = [&["apply", "--store", "/"][..], &change].concat();
    let (status, said, errors) = run(machine.root(), &words);
    assert_eq!((status, errors.as_str()), (Some(0), ""), "{said}");
    assert!(said.contains("changed  vm.swappiness: 60 -> 1\n"), "{said}");
    assert_eq!(run(machine.root(), &words), (Some(0), "nothing to change\n".into(), errors));
    let (status, page, _) = run(machine.root(), &["check", "--store", "/", "--root", root]);
    assert_eq!(status, Some(0), "{page}");
    let words = [&["revert"][..], &change].concat();
    let (status, said, errors) = run(machine.root(), &words);
    assert_eq!((status, errors.as_str()), (Some(0), ""), "{said}");
    for (path, text) in before {
        // No kernel is here to put the brackets back.
        let word = text.split(['[', ']']).nth(1).unwrap_or(&text);
        assert_eq!(machine.text(path).trim_end(), word.trim_end(), "{path}");
    }
    assert!(run(machine.root(), &words).1.contains("nothing to revert"));
}

#[test]
fn a_record_that_is_none_ends_with_status_3() {
    let machine = Machine::new();
    std::fs::write(machine.root().join("record"), "no record").unwrap();
    let words = ["revert", "--root", machine.root().to_str().unwrap(), "--state", "record"];
    let (status, said, errors) = run(machine.root(), &words);
    assert_eq!((status, said.as_str()), (Some(3), ""));
    assert!(
        errors.starts_with("ringmq: error: the record record cannot be understood"),
        "{errors}"
    );
}

#[test]
fn the_disk_is_tried_and_left_as_it_was() {
    let place = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let words = ["probe", "--store", "store", "--format", "json", "--shards", "2"];
    let (status, text, errors) = run(place.path(), &words);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let synced = json["synced"].as_array().unwrap();
    assert_eq!(synced.len(), 4);
    for row in synced {
        for way in ["dataSync", "writeThenSync"] {
            let (p50, p99) = (&row[way]["p50Us"], &row[way]["p99Us"]);
            assert!(p50.as_u64().unwrap() > 0 && p50.as_u64() <= p99.as_u64(), "{row}");
        }
    }
    assert!(json["echoes"][1]["perSecond"].as_u64().unwrap() > 0);
    assert!(json["readMibPerSecond"].as_u64().is_some());
    assert_eq!(json["mappedFileSizeCommitLog"].as_u64().unwrap().count_ones(), 1);
    assert_eq!(std::fs::read_dir(place.path().join("store")).unwrap().count(), 0);
}
