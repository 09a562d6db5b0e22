//! Folders for tests. They go with the process, however it ends: a core that panics ends it at
//! once (see `real::panic`), and then nothing of the process is left to remove them.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use tempfile::{Builder, TempDir};

/// Where this process has its folders.
struct Places {
    disk: PathBuf,
    memory: PathBuf,
    /// A shell that removes both when its standard input ends: when we hold the other end no more.
    _watcher: Child,
}

impl Places {
    fn make() -> Self {
        let place = |parent: &Path| {
            let made = Builder::new().prefix("ringmq-test-").tempdir_in(parent);
            made.expect("a folder can be made").keep()
        };
        let program = std::env::current_exe().expect("the program has a place");
        let disk = place(program.parent().expect("it is in a folder"));
        let memory = Path::new("/dev/shm");
        let memory = if memory.is_dir() { place(memory) } else { disk.clone() };
        let watcher = Command::new("sh")
            .args(["-c", "read -r _; rm -rf -- \"$@\"", "sh"])
            .args([&disk, &memory])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            // What ends the tests from the terminal is not for it.
            .process_group(0)
            .spawn()
            .expect("a shell can be started");
        Self { disk, memory, _watcher: watcher }
    }

    fn of_this_process() -> &'static Self {
        static MADE: OnceLock<Places> = OnceLock::new();
        MADE.get_or_init(Self::make)
    }
}

fn folder_in(place: &Path) -> TempDir {
    tempfile::tempdir_in(place).expect("a folder can be made")
}

/// A folder beside the program of the tests, where a file system in memory is least likely.
pub(crate) fn on_disk() -> TempDir {
    folder_in(&Places::of_this_process().disk)
}

/// A folder in memory where that can be had, else as [`on_disk`]: for stores that are opened very
/// often, since each opening and closing syncs a few times.
pub(crate) fn in_memory() -> TempDir {
    folder_in(&Places::of_this_process().memory)
}
