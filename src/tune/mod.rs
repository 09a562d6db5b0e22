//! The machine under a broker: what its kernel is set to, what is wanted, and the way back.
//!
//! ```text
//! table (knobs) + machine (disks, cores, interfaces) -> survey -> check: say it
//!                                                            \-> apply: record, then change
//!                                                record -> revert: write back what was there
//! ```
//!
//! - [`table`] is the one place that says what is wanted and why.
//! - [`tree`] is the only file that touches `/proc` and `/sys`; its root can be another directory.
//! - [`survey`](mod@survey) decides which files there are, and what is wanted of each.
//! - [`change`] records and changes, and restores.
//! - [`probe`] measures disk and ring, and changes nothing.
//!
//! Invariant: no file is changed before its whole former text is on disk in the record.
//! Invariant: a record of an earlier boot is not written back: the kernel has forgotten what was
//! set, and numbers of interrupts may stand for other devices now.

pub mod change;
pub mod cpus;
pub mod device;
pub mod knob;
pub mod probe;
pub mod report;
pub mod survey;
pub mod table;
pub mod tree;

use std::io;
use std::path::PathBuf;

/// Why nothing was tuned, or brought back. One line each, with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum TuneError {
    /// The record is there and is none of ours.
    #[error(
        "the record {} cannot be understood: {why}; move it away, and nothing can be reverted",
        path.display()
    )]
    RecordForeign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The record cannot be read.
    #[error("the record {} cannot be read: {source}; allow this user to", path.display())]
    RecordUnreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The record cannot be written, so nothing was changed.
    #[error(
        "the record {} cannot be written, so no change is made: {source}; become root, or name \
         another file with --state", path.display()
    )]
    RecordUnwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk cannot be tried.
    #[error(
        "cannot try the disk in {}: {source}; give this user the right to write there, or name \
         another directory with --store", path.display()
    )]
    Probe {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Too little room to try the disk.
    #[error(
        "{} has {free_bytes} bytes free, and {needed_bytes} are needed to try the disk; free some, \
         or name another directory with --store", path.display()
    )]
    Room {
        /// The directory.
        path: PathBuf,
        /// Room left, in bytes.
        free_bytes: u64,
        /// Room needed, in bytes.
        needed_bytes: u64,
    },
}
