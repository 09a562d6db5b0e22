//! What is to go wrong, and when.

use std::path::PathBuf;

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// Space is reserved.
    Allocate,
    /// A name comes into being: a file.
    CreateFile,
    /// A name comes into being: a directory.
    CreateDirectory,
    /// A second name for a file.
    Link,
    /// Names or facts are looked up.
    Look,
    /// A file is opened that is there.
    Open,
    /// Bytes are read.
    Read,
    /// A name is removed.
    Remove,
    /// A name is changed.
    Rename,
    /// A file is cut or extended.
    SetLen,
    /// A file is made durable.
    Sync,
    /// The names in a directory are made durable.
    SyncDirectory,
    /// Everything is made durable.
    SyncFileSystem,
    /// Bytes are written.
    Write,
    /// Bytes are written, durable when that is done.
    WriteSynced,
}

impl OpKind {
    /// Is it one after which something is durable?
    pub fn is_sync(self) -> bool {
        matches!(self, Self::Sync | Self::SyncDirectory | Self::SyncFileSystem | Self::WriteSynced)
    }

    /// Does it change anything, or make a change durable?
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Look | Self::Open | Self::Read)
    }
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Op {
    /// What it does.
    pub kind: OpKind,
    /// To what.
    pub path: PathBuf,
}

/// Where in an operation the machine stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before it does anything.
    Before,
    /// While it is in flight, if it takes time; else as `Before`.
    During,
    /// When it is done and nobody knows yet.
    After,
}

/// What becomes of the disk after a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// The process was killed.
    Kill,
    /// Power was lost.
    Power(Survival),
}

/// How much of what was not synced outlives a loss of power.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Survival {
    /// Nothing.
    Nothing,
    /// Each sector, and each change of a name, or not.
    Torn,
    /// Each whole write, and each change of a name up to some moment, or not.
    Whole,
    /// Everything.
    Everything,
}

impl Survival {
    /// Every way.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::Torn, Self::Whole, Self::Everything];
}

/// What is to go wrong. Operations have numbers from 0.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Stop at this operation.
    pub cut: Option<(usize, Moment)>,
    /// Let this operation fail, with this error number.
    pub fail: Option<(usize, i32)>,
    /// Let every operation that changes anything fail as well, after the one in `fail`.
    pub fail_on: bool,
    /// Of a thousand writes and reads, so many are cut short.
    pub short: u64,
    /// Of a thousand operations, so many take a hundred times as long.
    pub slow: u64,
    /// Bytes the disk has, in blocks of 4 KiB; `None`: enough.
    pub capacity: Option<u64>,
    /// Files cannot be written past the page cache.
    pub buffered: bool,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        cut: None,
        fail: None,
        fail_on: false,
        short: 0,
        slow: 0,
        capacity: None,
        buffered: false,
    };

    /// The error number operation `number` of `kind` fails with.
    pub(super) fn failure(&self, number: usize, kind: OpKind) -> Option<i32> {
        let (at, errno) = self.fail?;
        let fails = number == at || (self.fail_on && number > at && kind.is_change());
        fails.then_some(errno)
    }
}
