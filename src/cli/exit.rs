//! Exit statuses, and the failures behind them: one line each, what is wrong and what to do.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::admin::AdminError;
use crate::config::frozen::{DecodeError, Mismatch};
use crate::config::notice::{ConfigError, Origin};
use crate::rt::memory::Unfit;
use crate::rt::start::StartError;
use crate::tune::TuneError;

use super::file::FileError;

#[cfg(test)]
mod tests;

/// What the process ends with. The numbers are part of the interface and never change meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It did what was asked; a server was stopped by SIGTERM or SIGINT.
    Success = 0,
    /// Something no other status names.
    Unexpected = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The configuration is wrong, or its file cannot be read.
    Configuration = 3,
    /// io_uring is missing or switched off.
    IoUring = 4,
    /// Too little memory may be locked.
    LockedMemory = 5,
    /// A port is taken.
    PortTaken = 6,
    /// An address or port cannot be used here.
    Address = 7,
    /// Another process has the store open.
    StoreLocked = 8,
    /// The store was made with other frozen settings.
    FrozenSettings = 9,
    /// A directory cannot be written to.
    NotWritable = 10,
    /// The disk is too full.
    DiskFull = 11,
    /// The store is damaged where recovery cannot repair it.
    StoreDamaged = 12,
    /// A write or sync failed while running; the log stopped for good.
    LogPoisoned = 13,
    /// A core that was asked for cannot be used.
    Cores = 14,
    /// Too few files may be open.
    OpenFiles = 15,
    /// A check has found faults in a store.
    StoreFaults = 16,
    /// There is no store, or no such record in it.
    NotFound = 17,
    /// The machine is not tuned as wanted, or not back as it was.
    NotTuned = 18,
    /// A server that was to be asked does not answer.
    Unreachable = 19,
    /// A server refused what it was asked for.
    Refused = 20,
}

impl Exit {
    /// Every status, by number.
    pub const ALL: [Self; 21] = [
        Self::Success,
        Self::Unexpected,
        Self::Usage,
        Self::Configuration,
        Self::IoUring,
        Self::LockedMemory,
        Self::PortTaken,
        Self::Address,
        Self::StoreLocked,
        Self::FrozenSettings,
        Self::NotWritable,
        Self::DiskFull,
        Self::StoreDamaged,
        Self::LogPoisoned,
        Self::Cores,
        Self::OpenFiles,
        Self::StoreFaults,
        Self::NotFound,
        Self::NotTuned,
        Self::Unreachable,
        Self::Refused,
    ];

    /// The number.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// One line for `--help` and the README.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Success => "done, or stopped by SIGTERM or SIGINT",
            Self::Unexpected => "an error that no other status names",
            Self::Usage => "bad usage: the command line is wrong",
            Self::Configuration => "bad configuration: file, environment or value",
            Self::IoUring => "io_uring is absent, or disabled by sysctl or seccomp",
            Self::LockedMemory => "too little memory may be locked for the buffers",
            Self::PortTaken => "a port is taken by another process",
            Self::Address => "an address or port cannot be used on this machine",
            Self::StoreLocked => "the store is open in another process",
            Self::FrozenSettings => "the store was made with other frozen settings",
            Self::NotWritable => "a directory or file cannot be written to",
            Self::DiskFull => "the disk is too full",
            Self::StoreDamaged => "the store is damaged beyond what recovery repairs",
            Self::LogPoisoned => "a write or sync failed while running",
            Self::Cores => "a processor core that was asked for cannot be used",
            Self::OpenFiles => "too few files may be open",
            Self::StoreFaults => "the check has found faults in the store",
            Self::NotFound => "there is no store in that directory, or no such record in it",
            Self::NotTuned => "the machine is not tuned as wanted, or not back as it was",
            Self::Unreachable => "a server that was to be asked does not answer",
            Self::Refused => "a server refused what it was asked for",
        }
    }

    /// The table of all statuses, as `--help` shows it.
    pub fn table() -> String {
        let mut table = String::new();
        for exit in Self::ALL {
            // Writing to a string cannot fail.
            let _ = writeln!(table, "  {:>2}  {}", exit.code(), exit.meaning());
        }
        table
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// Why the process did not start, or did not go on. Each is shown as one line with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// An operation of `ringmq admin` failed.
    #[error("{0}")]
    Admin(#[from] AdminError),
    /// The address is not one of this machine, or the port needs a privilege.
    #[error(
        "cannot listen on {address} for the {what}: {source}; correct bindAddress or {key}, or for \
         a port below 1024 allow CAP_NET_BIND_SERVICE"
    )]
    Address {
        /// Who wanted to listen there.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The key that sets it.
        key: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The measuring program is not where it belongs.
    #[error(
        "cannot run {}: {source}; install ringmq-bench beside ringmq (cargo build --release \
         --package ringmq-bench)", path.display()
    )]
    BenchMissing {
        /// Where it belongs.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Settings that cannot be started with.
    #[error("{} settings are wrong", .0.len())]
    Configuration(Vec<ConfigError>),
    /// A configuration file cannot be read.
    #[error("{0}")]
    ConfigurationFile(FileError),
    /// The name servers to ask cannot be read.
    #[error("NAMESRV_ADDR is `{text}`; write HOST:PORT, several separated by semicolons")]
    NameServers {
        /// What was found.
        text: String,
    },
    /// What destroys something was not confirmed.
    #[error("nothing was done, since {danger}; confirm it with --yes")]
    NotConfirmed {
        /// What would be destroyed.
        danger: String,
    },
    /// Not enough room to start.
    #[error(
        "{} has {free_bytes} bytes free, and {needed_bytes} are needed to start; free some, or \
         name another directory with --store", path.display()
    )]
    DiskFull {
        /// A directory on that disk.
        path: PathBuf,
        /// Room left, in bytes.
        free_bytes: u64,
        /// Room needed, in bytes.
        needed_bytes: u64,
    },
    /// The store was made with other settings.
    #[error(
        "the store in {} was made with other settings: {mismatch}; remove {} from the \
         configuration, or name another directory with --store", path.display(), mismatch.key
    )]
    FrozenDiffer {
        /// The store's directory.
        path: PathBuf,
        /// The setting that differs.
        mismatch: Mismatch,
    },
    /// The frozen settings of the store cannot be read.
    #[error(
        "the settings of the store in {} cannot be read: {why}; restore that file from its copy, \
         or use the version that wrote it", path.display()
    )]
    FrozenUnreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: DecodeError,
    },
    /// A write or a sync failed; what was not acknowledged may be lost.
    #[error(
        "shard {shard} stopped for good, since a write to its log failed: {source}; check the \
         disk, then start again"
    )]
    LogPoisoned {
        /// The shard.
        shard: u16,
        /// What the system said.
        source: io::Error,
    },
    /// Memory cannot be kept where it should be.
    #[error(
        "appendMemory={}: {reason}; name another directory, or set appendMemory=none",
        directory.display()
    )]
    Memory {
        /// Where.
        directory: PathBuf,
        /// Why.
        reason: Unfit,
    },
    /// The system found no room, or no quota, for something.
    #[error(
        "no room for {}: {source}; free some, or name another directory with --store",
        path.display()
    )]
    NoRoom {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A directory or file cannot be written to.
    #[error(
        "cannot write to {}: {source}; give this user the right to, or name another directory \
         with --store", path.display()
    )]
    NotWritable {
        /// What was to be written.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A port is taken.
    #[error(
        "port {} for the {what} is taken (address {address}); stop the process that has it, or \
         set another {key}", address.port()
    )]
    PortTaken {
        /// Who wanted the port.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The key that sets it.
        key: &'static str,
    },
    /// The cores could not be started.
    #[error("{0}")]
    Runtime(#[from] StartError),
    /// The store is damaged.
    #[error("the store in {} is damaged: {what}; restore it from a copy", path.display())]
    StoreDamaged {
        /// The file or directory.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// No record is as it was asked for.
    #[error("the store in {} has no such record; name another one", path.display())]
    RecordMissing {
        /// The store's directory.
        path: PathBuf,
    },
    /// The parts of a store contradict each other.
    #[error(
        "the store in {} has {count} faults; what concerns consume queues and index alone is made \
         anew when those are moved away, the rest is restored from a copy", path.display()
    )]
    StoreFaults {
        /// The store's directory.
        path: PathBuf,
        /// How many.
        count: u64,
    },
    /// There is nothing to look at.
    #[error(
        "there is no store in {}; name the directory that has commitlog or shard-0 in it",
        path.display()
    )]
    StoreMissing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file of a store cannot be read.
    #[error("cannot read {}: {source}; allow this user to, or look at a copy", path.display())]
    StoreUnreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another process has the store open.
    #[error(
        "the store in {} is open in another process; stop that one, or name another directory \
         with --store", path.display()
    )]
    StoreLocked {
        /// The store's directory.
        path: PathBuf,
    },
    /// The environment names a supervisor that cannot be told anything.
    #[error("NOTIFY_SOCKET={} cannot be used: {source}; correct or unset it", name.display())]
    Supervisor {
        /// Its value.
        name: OsString,
        /// Why not.
        source: io::Error,
    },
    /// The machine cannot be tuned, or its disk not tried.
    #[error("{0}")]
    Tune(#[from] TuneError),
    /// Anything else.
    #[error("{what}: {source}; this should not happen, please report it")]
    Unexpected {
        /// What was being done.
        what: String,
        /// What the system said.
        source: io::Error,
    },
}

impl StartFailure {
    /// Sorts what `bind(2)` or `listen(2)` said. `what` wanted the port, `key` sets it.
    pub fn listening(
        what: &'static str,
        address: SocketAddr,
        key: &'static str,
        source: io::Error,
    ) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::PortTaken { what, address, key },
            io::ErrorKind::AddrNotAvailable | io::ErrorKind::PermissionDenied => {
                Self::Address { what, address, key, source }
            }
            _ => Self::Unexpected { what: format!("listening on {address}"), source },
        }
    }

    /// Sorts what the system said when the store, or a directory of it, was made or opened.
    pub fn storage(path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::NoRoom { path, source }
            }
            io::ErrorKind::AlreadyExists
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem => Self::NotWritable { path, source },
            _ => Self::Unexpected { what: format!("opening {}", path.display()), source },
        }
    }

    /// The status the process ends with.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Address { .. } => Exit::Address,
            Self::Admin(error) => of_admin(error),
            Self::Memory { .. } | Self::NameServers { .. } => Exit::Configuration,
            Self::NotConfirmed { .. } => Exit::Usage,
            Self::Configuration(errors) => match errors.iter().all(is_usage) {
                true => Exit::Usage,
                false => Exit::Configuration,
            },
            Self::ConfigurationFile(_) => Exit::Configuration,
            Self::DiskFull { .. } | Self::NoRoom { .. } => Exit::DiskFull,
            Self::FrozenDiffer { .. } => Exit::FrozenSettings,
            Self::FrozenUnreadable { .. } | Self::StoreDamaged { .. } => Exit::StoreDamaged,
            Self::LogPoisoned { .. } => Exit::LogPoisoned,
            Self::NotWritable { .. } => Exit::NotWritable,
            Self::PortTaken { .. } => Exit::PortTaken,
            Self::Runtime(error) => of_runtime(error),
            Self::RecordMissing { .. } | Self::StoreMissing { .. } => Exit::NotFound,
            Self::StoreFaults { .. } => Exit::StoreFaults,
            Self::StoreLocked { .. } => Exit::StoreLocked,
            Self::Supervisor { .. } => Exit::Configuration,
            Self::Tune(error) => of_tune(error),
            Self::BenchMissing { .. } | Self::StoreUnreadable { .. } | Self::Unexpected { .. } => {
                Exit::Unexpected
            }
        }
    }

    /// The line to show, with `prefix` before it; for settings a line for each that is wrong.
    pub fn lines(&self, prefix: &str) -> String {
        match self {
            Self::Configuration(errors) => {
                errors.iter().map(|error| format!("{prefix}{error}\n")).collect()
            }
            other => format!("{prefix}{other}\n"),
        }
    }
}

/// Whether the command line alone is to blame.
fn is_usage(error: &ConfigError) -> bool {
    matches!(error.origin, Origin::Flag(_))
}

fn of_admin(error: &AdminError) -> Exit {
    match error {
        AdminError::Missing { .. } => Exit::Usage,
        AdminError::Unreachable { .. } => Exit::Unreachable,
        AdminError::Body(_)
        | AdminError::Fields(_)
        | AdminError::NotAnAddress(_)
        | AdminError::Record(_) => Exit::Unexpected,
        AdminError::List(_) => Exit::Configuration,
        AdminError::Unwritable { .. } => Exit::NotWritable,
        AdminError::NoSuchBroker { .. }
        | AdminError::NoSuchCluster { .. }
        | AdminError::NoSuchGroup { .. }
        | AdminError::NoSuchKey { .. }
        | AdminError::NoSuchMessage { .. }
        | AdminError::NobodyThere { .. }
        | AdminError::Refused { .. } => Exit::Refused,
    }
}

fn of_runtime(error: &StartError) -> Exit {
    match error {
        StartError::Absent | StartError::Forbidden | StartError::OperationMissing { .. } => {
            Exit::IoUring
        }
        StartError::CoreUnavailable { .. } | StartError::TooManyCores { .. } => Exit::Cores,
        StartError::LockedMemory { .. } => Exit::LockedMemory,
        StartError::OpenFiles => Exit::OpenFiles,
        StartError::System { .. } => Exit::Unexpected,
        StartError::UnknownRung { .. } => Exit::Configuration,
    }
}

fn of_tune(error: &TuneError) -> Exit {
    match error {
        TuneError::RecordForeign { .. } | TuneError::RecordUnreadable { .. } => Exit::Configuration,
        TuneError::RecordUnwritable { .. } | TuneError::Probe { .. } => Exit::NotWritable,
        TuneError::Room { .. } => Exit::DiskFull,
    }
}
