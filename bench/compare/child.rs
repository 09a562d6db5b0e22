//! Server processes that this program starts, and stops by their id.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};
use rustix::thread::CpuSet;

/// How long a server may take to end after it was asked to.
const STOP_TIMEOUT: Duration = Duration::from_secs(30);

/// Pause between two looks at something that is not ready yet.
pub const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Lines of a server's output shown when it fails.
const OUTPUT_LINES: usize = 20;

/// Why a server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// The program cannot be started.
    #[error("cannot start {0}: {1}")]
    Start(String, std::io::Error),
    /// A file of its directory.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// It ended before it was ready.
    #[error("{0} ended early ({1}); its last output:\n{2}")]
    Ended(String, std::process::ExitStatus, String),
    /// It did not become ready in time.
    #[error("{0} was not ready in time; its last output:\n{1}")]
    Late(String, String),
    /// A broker that somebody else runs takes no message.
    #[error("the broker at {0} accepts no message")]
    Silent(SocketAddr),
    /// Not a list of processors.
    #[error("{0} is no list of processors such as 0-3,6")]
    Processors(String),
}

/// A running server. Dropping it kills it and waits for its end: what it would still write is
/// thrown away with its directory, and a broker in Java takes a quarter of a minute to stop.
#[derive(Debug)]
pub struct Server {
    child: Child,
    name: String,
    output: PathBuf,
}

impl Server {
    /// Starts `command` on `processors` (all, if none are named), its output in `directory`.
    pub fn start(
        name: &str,
        mut command: Command,
        directory: &Path,
        processors: Option<&CpuSet>,
    ) -> Result<Self, ChildError> {
        let output = directory.join(format!("{name}.out"));
        let file = |error| ChildError::File(output.clone(), error);
        let out = File::create(&output).map_err(file)?;
        let errors = out.try_clone().map_err(file)?;
        command.stdin(Stdio::null()).stdout(out).stderr(errors);
        let processors = processors.copied();
        let prepare = move || {
            rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
            if let Some(processors) = &processors {
                rustix::thread::sched_setaffinity(None, processors)?;
            }
            Ok(())
        };
        // SAFETY: between fork and exec the closure makes two system calls and touches only what it
        // owns: no allocation, no lock.
        unsafe { command.pre_exec(prepare) };
        let program = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().map_err(|error| ChildError::Start(program, error))?;
        Ok(Self { child, name: name.to_owned(), output })
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Fails if it has ended.
    pub fn check(&mut self) -> Result<(), ChildError> {
        match self.child.try_wait() {
            Ok(Some(status)) => {
                Err(ChildError::Ended(self.name.clone(), status, self.last_output()))
            }
            _ => Ok(()),
        }
    }

    /// Looks at `ready` until it yields something, while the server runs and time is left.
    pub fn wait_until<T>(
        &mut self,
        limit: Duration,
        mut ready: impl FnMut() -> Option<T>,
    ) -> Result<T, ChildError> {
        let began = Instant::now();
        loop {
            if let Some(found) = ready() {
                return Ok(found);
            }
            self.check()?;
            if began.elapsed() > limit {
                return Err(ChildError::Late(self.name.clone(), self.last_output()));
            }
            std::thread::sleep(LOOK_AGAIN);
        }
    }

    /// Waits until something listens there.
    pub fn wait_listening(&mut self, at: SocketAddr, limit: Duration) -> Result<(), ChildError> {
        self.wait_until(limit, || TcpStream::connect_timeout(&at, limit).ok()).map(|_| ())
    }

    /// Asks it to end, waits, and kills it if it does not. Yields how long it took.
    pub fn stop(&mut self) -> Duration {
        let began = Instant::now();
        // A child that was not waited for keeps its id, so the signal cannot hit another process.
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), self.id()) {
            let _ = rustix::process::kill_process(pid, Signal::TERM);
            while matches!(self.child.try_wait(), Ok(None)) {
                if began.elapsed() > STOP_TIMEOUT {
                    self.kill();
                    break;
                }
                std::thread::sleep(LOOK_AGAIN);
            }
        }
        began.elapsed()
    }

    /// Ends it at once, as a crash would, and waits.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn id(&self) -> Option<Pid> {
        i32::try_from(self.child.id()).ok().and_then(Pid::from_raw)
    }

    fn last_output(&self) -> String {
        let text = fs::read_to_string(&self.output).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines.get(lines.len().saturating_sub(OUTPUT_LINES)..).unwrap_or_default().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port on loopback such that it, the one before the last (fast port) and the next one (HA) are
/// free now.
pub fn free_port() -> std::io::Result<u16> {
    loop {
        let found = TcpListener::bind("127.0.0.1:0")?;
        let port = found.local_addr()?.port();
        let Some(beside) = port.checked_sub(2).zip(port.checked_add(1)) else { continue };
        let free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(beside.0) && free(beside.1) {
            return Ok(port);
        }
    }
}

/// Reads a list of processors such as `0-3,6`, as taskset takes it.
pub fn processors(list: &str) -> Result<CpuSet, ChildError> {
    let wrong = || ChildError::Processors(list.to_owned());
    let mut set = CpuSet::new();
    for item in list.split(',') {
        let (first, last) = item.split_once('-').unwrap_or((item, item));
        let first: usize = first.trim().parse().map_err(|_| wrong())?;
        let last: usize = last.trim().parse().map_err(|_| wrong())?;
        if first > last || last >= CpuSet::MAX_CPU {
            return Err(wrong());
        }
        (first..=last).for_each(|cpu| set.set(cpu));
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ringmq-bench-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        path
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_server_is_stopped_by_its_id() {
        let directory = scratch("stop");
        let mut server = Server::start("s", shell("exec sleep 600"), &directory, None).unwrap();
        server.check().unwrap();
        assert!(server.stop() < STOP_TIMEOUT);
        assert!(server.check().is_err());
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn an_early_end_shows_the_last_output() {
        let directory = scratch("early");
        let mut server =
            Server::start("s", shell("echo port taken; exit 3"), &directory, None).unwrap();
        let failed = server.wait_until(Duration::from_secs(30), || None::<()>).unwrap_err();
        assert!(failed.to_string().contains("port taken"), "{failed}");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn a_server_runs_on_its_processors() {
        let directory = scratch("processors");
        let one = processors("0").unwrap();
        let script = "grep Cpus_allowed_list /proc/self/status; exit 1";
        let mut server = Server::start("s", shell(script), &directory, Some(&one)).unwrap();
        let failed = server.wait_until(Duration::from_secs(30), || None::<()>).unwrap_err();
        assert!(failed.to_string().contains("Cpus_allowed_list:\t0"), "{failed}");
        fs::remove_dir_all(directory).unwrap();
    }

    #[test]
    fn lists_of_processors() {
        let set = processors("0-1, 3").unwrap();
        let members: Vec<usize> = (0..5).filter(|&cpu| set.is_set(cpu)).collect();
        assert_eq!(members, [0, 1, 3]);
        for wrong in ["", "a", "2-1", "0-", "99999"] {
            assert!(processors(wrong).is_err(), "{wrong}");
        }
    }
}
