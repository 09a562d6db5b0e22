//! `ringmq bench`: the measuring program that lies beside this one takes over.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::exit::StartFailure;

/// The program's name.
const PROGRAM: &str = "ringmq-bench";

/// Replaces this process by the measuring program. Comes back only with what went wrong.
pub fn become_it(words: &[OsString]) -> StartFailure {
    let own = std::env::current_exe();
    let path = own.map_or_else(|_| PathBuf::from(PROGRAM), |path| path.with_file_name(PROGRAM));
    let source: io::Error = Command::new(&path).args(words).exec();
    StartFailure::BenchMissing { path, source }
}
