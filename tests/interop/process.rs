//! Child processes: started with their output kept, waited for by condition, ended by their id.

use std::fs::{File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::thread;
use std::time::{Duration, Instant};

use crate::toolchain::toolchain;

/// How often a condition is looked at while it is waited for.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// A process that was told to end and has not after this long has failed.
const END_WITHIN: Duration = Duration::from_secs(60);
/// What a JVM or a server may take on a busy machine until it says that it is ready.
pub const START_WITHIN: Duration = Duration::from_secs(90);
/// What any one step of a scenario may take on a busy machine.
pub const STEP_WITHIN: Duration = Duration::from_secs(60);

/// Looks at `condition` until it yields something; panics with `what` when time is out.
pub fn wait_for<T>(what: &str, within: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + within;
    loop {
        if let Some(value) = condition() {
            return value;
        }
        assert!(Instant::now() < end, "not within {within:?}: {what}");
        thread::sleep(LOOK_EVERY);
    }
}

/// Looks at `condition` until it holds; panics with `what` when time is out.
pub fn wait_until(what: &str, within: Duration, mut condition: impl FnMut() -> bool) {
    wait_for(what, within, || condition().then_some(()));
}

/// A child that is killed when it goes out of scope.
pub struct Process {
    name: String,
    child: Child,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Process {
    /// Starts `command`; its standard output is kept as lines (and handed to `on_line`), both
    /// outputs also end up in `<logs>/<name>.out` and `.err`.
    pub fn start(
        name: &str,
        mut command: Command,
        logs: &Path,
        mut on_line: impl FnMut(&str) + Send + 'static,
    ) -> Self {
        let errors = append(&logs.join(format!("{name}.err")));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
        // SAFETY: prctl is safe to call between fork and exec; it touches no memory of ours.
        unsafe {
            command.pre_exec(|| {
                // The child dies with the test thread even if that is killed.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{name}: {command:?}: {e}"));
        let output = child.stdout.take().expect("standard output is a pipe");
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let mut log = append(&logs.join(format!("{name}.out")));
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // The log is for whoever reads a failure; losing it must not fail the test.
                let _ = writeln!(log, "{line}");
                on_line(&line);
                kept.lock().expect("no reader of lines panics").push(line);
            }
        });
        Self { name: name.to_owned(), child, lines }
    }

    /// The number of the process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The writing end of the child's standard input; the child sees its end when it is dropped.
    pub fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().expect("standard input is a pipe and taken once")
    }

    /// What the child has printed so far.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no reader of lines panics").clone()
    }

    /// Waits until a line satisfies `wanted`; a child that ends before has failed.
    pub fn wait_line(&mut self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let name = self.name.clone();
        wait_for(&format!("{name} says {what}"), START_WITHIN, || {
            let ended = self.child.try_wait().expect("a child can be waited for");
            let found = self.lines().into_iter().find(|line| wanted(line));
            assert!(
                found.is_some() || ended.is_none(),
                "{name} ended ({ended:?}) before it said {what}: {:?}",
                self.lines()
            );
            found
        })
    }

    fn signal(&self, signal: libc::c_int) {
        let id = libc::pid_t::try_from(self.child.id()).expect("a process id is a pid_t");
        // SAFETY: kill has no memory effects; the child is not reaped yet, so the id is its own.
        assert_eq!(unsafe { libc::kill(id, signal) }, 0, "signal {signal} to {}", self.name);
    }

    /// SIGKILL, and waits until the process is gone.
    pub fn kill(&mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// SIGTERM; yields how it ended.
    pub fn terminate(&mut self) -> ExitStatus {
        self.signal(libc::SIGTERM);
        self.wait_end(END_WITHIN)
    }

    /// Waits for the process to end by itself.
    pub fn wait_end(&mut self, within: Duration) -> ExitStatus {
        let name = self.name.clone();
        wait_for(&format!("{name} ends"), within, || {
            self.child.try_wait().expect("a child can be waited for")
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Already gone is as good.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn append(path: &Path) -> File {
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Held by every test while it runs: shared, or alone by those that are sensitive to company.
static MACHINE: RwLock<()> = RwLock::new(());

enum Share {
    Shared { _guard: RwLockReadGuard<'static, ()> },
    Alone { _guard: RwLockWriteGuard<'static, ()> },
}

/// A fresh folder on the target disk: removed at the end, kept and named when the test fails.
pub struct WorkFolder {
    folder: Option<tempfile::TempDir>,
    _share: Share,
}

impl WorkFolder {
    /// Makes a folder whose name starts with `name`; other tests may run meanwhile.
    pub fn new(name: &str) -> Self {
        // A test that failed with the lock in its hands has left nothing half done.
        let guard = MACHINE.read().unwrap_or_else(PoisonError::into_inner);
        Self::made(name, Share::Shared { _guard: guard })
    }

    /// As [`WorkFolder::new`], when no other test of this program runs, and none may until it is
    /// dropped: for programs whose own time limits a busy machine would break.
    pub fn alone(name: &str) -> Self {
        let guard = MACHINE.write().unwrap_or_else(PoisonError::into_inner);
        Self::made(name, Share::Alone { _guard: guard })
    }

    fn made(name: &str, share: Share) -> Self {
        // Every test comes by here first: a machine without Java is told at once.
        toolchain();
        let folder = tempfile::Builder::new()
            .prefix(&format!("{name}-"))
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("the target folder is writable");
        // mqadmin of 4.9 wants a home with a log configuration in it.
        let conf = folder.path().join("home/conf");
        std::fs::create_dir_all(&conf).expect("a fresh folder is writable");
        std::fs::write(conf.join("logback_tools.xml"), "<configuration/>\n").expect("as above");
        Self { folder: Some(folder), _share: share }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.as_ref().expect("only drop takes it").path()
    }

    /// A path inside.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

impl Drop for WorkFolder {
    fn drop(&mut self) {
        if thread::panicking()
            && let Some(folder) = self.folder.take()
        {
            eprintln!("logs and stores of the failed test: {}", folder.keep().display());
        }
    }
}
