use std::net::{IpAddr, Ipv4Addr};

use super::*;
use crate::config::address::HostPort;
use crate::config::notice::Fault;
use crate::net::CallError;

fn address() -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9876)
}

fn error(kind: io::ErrorKind) -> io::Error {
    kind.into()
}

fn every_failure() -> Vec<(StartFailure, Exit)> {
    let path = || PathBuf::from("/data");
    let mismatch = Mismatch { key: "shards", stored: 2, wanted: 4 };
    let denied = || error(io::ErrorKind::PermissionDenied);
    let full = || error(io::ErrorKind::StorageFull);
    let taken = error(io::ErrorKind::AddrInUse);
    let (damage, foreign) = ("no record at 0".to_owned(), error(io::ErrorKind::AddrNotAvailable));
    let unanswered = AdminError::Unreachable {
        place: HostPort { host: "h".into(), port: 1 },
        source: CallError::TimedOut,
    };
    vec![
        (StartFailure::Admin(unanswered), Exit::Unreachable),
        (StartFailure::Admin(AdminError::NoSuchCluster { name: "c".into() }), Exit::Refused),
        (StartFailure::NameServers { text: "here".into() }, Exit::Configuration),
        (StartFailure::Memory { directory: path(), reason: Unfit::NotMemory }, Exit::Configuration),
        (StartFailure::NotConfirmed { danger: "it goes".into() }, Exit::Usage),
        (StartFailure::listening("broker", address(), "listenPort", taken), Exit::PortTaken),
        (StartFailure::listening("broker", address(), "bindAddress", foreign), Exit::Address),
        (StartFailure::listening("broker", address(), "listenPort", denied()), Exit::Address),
        (
            StartFailure::listening("broker", address(), "listenPort", error(io::ErrorKind::Other)),
            Exit::Unexpected,
        ),
        (StartFailure::storage(path(), denied()), Exit::NotWritable),
        (
            StartFailure::storage(path(), error(io::ErrorKind::ReadOnlyFilesystem)),
            Exit::NotWritable,
        ),
        (StartFailure::storage(path(), full()), Exit::DiskFull),
        (StartFailure::storage(path(), error(io::ErrorKind::Other)), Exit::Unexpected),
        (StartFailure::DiskFull { path: path(), free_bytes: 1, needed_bytes: 2 }, Exit::DiskFull),
        (StartFailure::StoreLocked { path: path() }, Exit::StoreLocked),
        (StartFailure::StoreUnreadable { path: path(), source: denied() }, Exit::Unexpected),
        (StartFailure::BenchMissing { path: path(), source: denied() }, Exit::Unexpected),
        (StartFailure::StoreMissing { path: path() }, Exit::NotFound),
        (StartFailure::RecordMissing { path: path() }, Exit::NotFound),
        (StartFailure::StoreFaults { path: path(), count: 2 }, Exit::StoreFaults),
        (StartFailure::FrozenDiffer { path: path(), mismatch }, Exit::FrozenSettings),
        (
            StartFailure::FrozenUnreadable { path: path(), why: DecodeError::Damaged },
            Exit::StoreDamaged,
        ),
        (StartFailure::StoreDamaged { path: path(), what: damage }, Exit::StoreDamaged),
        (StartFailure::LogPoisoned { shard: 1, source: full() }, Exit::LogPoisoned),
        (StartFailure::Runtime(StartError::Absent), Exit::IoUring),
        (StartFailure::Runtime(StartError::Forbidden), Exit::IoUring),
        (
            StartFailure::Runtime(StartError::LockedMemory { limit_bytes: 1, needed_bytes: 2 }),
            Exit::LockedMemory,
        ),
        (
            StartFailure::Runtime(StartError::CoreUnavailable { cpu: 9, allowed: "0-1".into() }),
            Exit::Cores,
        ),
        (StartFailure::Runtime(StartError::OpenFiles), Exit::OpenFiles),
        (StartFailure::Supervisor { name: "x".into(), source: denied() }, Exit::Configuration),
        (
            TuneError::RecordForeign { path: path(), why: "it is empty".to_owned() }.into(),
            Exit::Configuration,
        ),
        (
            TuneError::RecordUnreadable { path: path(), source: denied() }.into(),
            Exit::Configuration,
        ),
        (TuneError::RecordUnwritable { path: path(), source: denied() }.into(), Exit::NotWritable),
        (TuneError::Probe { path: path(), source: denied() }.into(), Exit::NotWritable),
        (TuneError::Room { path: path(), free_bytes: 1, needed_bytes: 2 }.into(), Exit::DiskFull),
    ]
}

#[test]
fn each_failure_is_one_line_with_its_remedy_and_its_status() {
    for (failure, exit) in every_failure() {
        let lines = failure.lines("ringmq: error: ");
        assert_eq!(failure.exit(), exit, "{lines}");
        assert_eq!(lines.lines().count(), 1, "{lines:?}");
        assert!(lines.ends_with('\n') && !lines.contains("  "), "{lines:?}");
        assert!(lines.contains("; "), "a remedy after the cause: {lines:?}");
    }
}

#[test]
fn wrong_settings_have_a_line_each_and_flags_are_usage() {
    let wrong = |origin| ConfigError {
        origin,
        key: "shards".to_owned(),
        value: "0".to_owned(),
        fault: Fault::Empty,
    };
    let file = Origin::File { name: "b.conf".to_owned(), line: 1 };
    let both = StartFailure::Configuration(vec![wrong(file), wrong(Origin::Flag("--shards"))]);
    assert_eq!(both.exit(), Exit::Configuration);
    assert_eq!(both.lines("x: ").lines().count(), 2);
    let flag = StartFailure::Configuration(vec![wrong(Origin::Flag("--shards"))]);
    assert_eq!(flag.exit(), Exit::Usage);
}

#[test]
fn statuses_are_listed_in_order_without_a_gap() {
    for (index, exit) in Exit::ALL.iter().enumerate() {
        assert_eq!(usize::from(exit.code()), index);
    }
    assert_eq!(Exit::table().lines().count(), Exit::ALL.len());
}

#[test]
fn the_readme_lists_every_status() {
    let readme = include_str!("../../../README.md");
    for exit in Exit::ALL {
        let row = format!("| {} | {} |", exit.code(), exit.meaning());
        assert!(readme.contains(&row), "the README lacks {row:?}");
    }
}
