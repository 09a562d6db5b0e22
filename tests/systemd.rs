//! The units in `systemd/`: that systemd understands them, how exposed it finds them, and that they
//! say what the binary needs.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const UNITS: [&str; 3] =
    ["ringmq-broker.service", "ringmq-broker@.service", "ringmq-namesrv.service"];

/// Each belongs to the service of its name.
const SOCKETS: [&str; 2] = ["ringmq-broker.socket", "ringmq-namesrv.socket"];

/// Highest exposure that `systemd-analyze security` may find, in tenths: it says "OK" below 2.
const EXPOSURE_MAX: &str = "16";

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("systemd")
}

fn unit(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

/// Runs `systemd-analyze` on copies of the units that start the binary of this build; `None`, with
/// a word about it, where there is no such program.
fn analyze(words: &[&str], name: &str) -> Option<Output> {
    let place = tempfile::tempdir().unwrap();
    for name in UNITS.iter().chain(&SOCKETS) {
        let text = unit(name).replace("/usr/bin/ringmq", env!("CARGO_BIN_EXE_ringmq"));
        fs::write(place.path().join(name), text).unwrap();
    }
    match Command::new("systemd-analyze").args(words).arg(place.path().join(name)).output() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no systemd-analyze here");
            None
        }
        output => Some(output.unwrap()),
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr[..]].concat()).into_owned()
}

#[test]
fn systemd_understands_every_line() {
    for name in UNITS.iter().chain(&SOCKETS) {
        let Some(output) = analyze(&["verify", "--man=no"], name) else { return };
        // What it does not understand is a warning, and no failure.
        assert_eq!((output.status.code(), said(&output).as_str()), (Some(0), ""), "{name}");
    }
}

#[test]
fn systemd_finds_little_exposed() {
    for name in UNITS {
        let threshold = format!("--threshold={EXPOSURE_MAX}");
        let words = ["security", "--offline=true", "--no-pager", &threshold];
        let Some(output) = analyze(&words, name) else { return };
        assert_eq!(output.status.code(), Some(0), "{name}: {}", said(&output));
    }
}

#[test]
fn each_unit_gives_what_the_binary_needs() {
    for name in UNITS {
        let text = unit(name);
        for line in [
            "Type=notify",
            "WatchdogSec=30",
            "LimitMEMLOCK=infinity",
            "LimitNOFILE=1048576",
            "SystemCallFilter=@system-service io_uring_setup io_uring_enter io_uring_register",
            "ProtectSystem=strict",
            "MemorySwapMax=0",
        ] {
            assert!(text.lines().any(|own| own == line), "{name} lacks {line}");
        }
        let start = text.lines().find_map(|line| line.strip_prefix("ExecStart=/usr/bin/ringmq "));
        let words = start.unwrap().replace("/etc/ringmq/", "/nonexistent/");
        let output = Command::new(env!("CARGO_BIN_EXE_ringmq"))
            .args(words.split(' '))
            .arg("-p")
            .output()
            .unwrap();
        // The words are right, and the file they name is not there.
        assert_eq!(output.status.code(), Some(3), "{name}: {}", said(&output));
    }
}

#[test]
fn one_broker_of_several_is_run_like_the_only_one() {
    let one = unit("ringmq-broker.service");
    let several = one
        .replace("RingMQ broker", "RingMQ broker %i")
        .replace("/etc/ringmq/broker.conf", "/etc/ringmq/%i.conf")
        .replace("ringmq/broker", "ringmq/%i");
    assert_eq!(unit("ringmq-broker@.service"), several);
}

#[test]
fn sockets_are_those_that_the_servers_ask_for() {
    let ports = |name: &str| -> Vec<u16> {
        let lines = unit(name);
        let ports = lines.lines().filter_map(|line| line.strip_prefix("ListenStream="));
        ports.map(|port| port.parse().unwrap()).collect()
    };
    let listens = |file: &str| -> u16 {
        let lines = fs::read_to_string(folder().join("etc").join(file)).unwrap();
        let port = lines.lines().find_map(|line| line.strip_prefix("listenPort="));
        port.unwrap().parse().unwrap()
    };
    let broker = listens("broker.conf");
    // Main and fast port.
    assert_eq!(ports("ringmq-broker.socket"), [broker, broker - 2]);
    assert_eq!(ports("ringmq-namesrv.socket"), [listens("namesrv.conf")]);
    assert_eq!(ports("ringmq-broker@a.socket.example"), [10911, 10909]);
}
