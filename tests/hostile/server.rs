//! The binary as a child process in a folder of its own, on free loopback ports.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

/// What a start, or an end, may take on a busy machine.
const STEP_WITHIN: Duration = Duration::from_secs(40);

/// The name of every broker here.
pub const BROKER: &str = "calm-broker";

/// A port p such that p - 2 (fast), p and p + 1 are free; none is handed out twice.
fn free_port() -> u16 {
    const COUNT: u16 = 2_900;
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap();
    for _ in 0..COUNT {
        let slot = (start + NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        let port = 20_002 + slot * 4;
        if [port - 2, port, port + 1].iter().all(|p| TcpListener::bind(("127.0.0.1", *p)).is_ok()) {
            return port;
        }
    }
    panic!("no free ports on loopback");
}

/// Ports, files and a store.
pub struct Place {
    folder: tempfile::TempDir,
    /// The broker's port; its fast port is two below.
    pub broker: u16,
    /// The name server's port.
    pub names: u16,
}

impl Place {
    /// A fresh folder on the target disk.
    pub fn new() -> Self {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        Self { folder, broker: free_port(), names: free_port() }
    }

    /// A path in the folder.
    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store, unless a test says otherwise.
    pub fn store(&self) -> PathBuf {
        self.join("store")
    }

    /// `ringmq standalone` on the ports and `store`, with `lines` added to `broker.conf`.
    pub fn standalone(&self, store: &Path, lines: &str) -> Command {
        let broker = self.join("broker.conf");
        let names = self.join("namesrv.conf");
        let store = store.display();
        let text = format!(
            "brokerName={BROKER}\nbindAddress=127.0.0.1\nbrokerIP1=127.0.0.1\nlistenPort={}\n\
             namesrvAddr=127.0.0.1:{}\nstorePathRootDir={store}\n\
             storePathCommitLog={store}/commitlog\ndiskMaxUsedSpaceRatio=95\n\
             mappedFileSizeCommitLog=67108864\n{lines}",
            self.broker, self.names
        );
        fs::write(&broker, text).unwrap();
        let text = format!(
            "listenPort={}\nbindAddress=127.0.0.1\nkvConfigPath={}\nconfigStorePath={}\n",
            self.names,
            self.join("kv.json").display(),
            self.join("namesrv.properties").display()
        );
        fs::write(&names, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringmq"));
        command.arg("standalone").arg("-c").arg(broker).arg("--namesrvConfigFile").arg(names);
        command.env("HOME", self.folder.path()).env_remove("NAMESRV_ADDR");
        command.current_dir(self.folder.path());
        command
    }

    /// Starts [`Place::standalone`] on the own store and waits until it serves.
    pub fn serve(&self, words: &[&str]) -> Server {
        let mut command = self.standalone(&self.store(), "");
        command.args(words);
        let mut server = Server::start(command, &self.join("stderr"));
        server.wait_ready();
        server
    }
}

/// A running child; killed when it goes out of scope.
pub struct Server {
    child: Child,
    lines: Receiver<String>,
    errors: PathBuf,
}

impl Server {
    /// Starts `command`, its errors going to the file `errors`.
    pub fn start(mut command: Command, errors: &Path) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(fs::File::create(errors).unwrap());
        // SAFETY: prctl touches no memory of ours and may be called between fork and exec.
        unsafe {
            command.pre_exec(|| {
                // The child dies with the test thread even if that is killed.
                libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL);
                Ok(())
            });
        }
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
        let output = child.stdout.take().unwrap();
        let (say, lines) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Nobody listens any more once the server is up.
                let _ = say.send(line);
            }
        });
        Self { child, lines, errors: errors.to_owned() }
    }

    /// Waits for the line that says that the broker is up.
    pub fn wait_ready(&mut self) {
        assert!(self.comes_up(), "not up: {}", self.stderr());
    }

    /// Waits for that line; false if it ended, or time passed, before.
    pub fn comes_up(&mut self) -> bool {
        let end = Instant::now() + STEP_WITHIN;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) if line.starts_with("The broker[") => return true,
                Ok(_) => (),
                Err(_) => return false,
            }
        }
    }

    /// The process id.
    pub fn id(&self) -> libc::pid_t {
        libc::pid_t::try_from(self.child.id()).unwrap()
    }

    /// What it wrote to standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(&self.errors).unwrap()
    }

    /// Whether it still runs.
    pub fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Sends a signal and waits for the end.
    pub fn signal(&mut self, signal: libc::c_int) -> ExitStatus {
        // SAFETY: kill has no memory effects; the child is not reaped yet, so the id is its own.
        assert_eq!(unsafe { libc::kill(self.id(), signal) }, 0);
        self.wait_end()
    }

    /// Waits until it has ended, which its closed standard output tells.
    pub fn wait_end(&mut self) -> ExitStatus {
        let end = Instant::now() + STEP_WITHIN;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(_) => (),
                Err(RecvTimeoutError::Disconnected) => return self.child.wait().unwrap(),
                Err(RecvTimeoutError::Timeout) => panic!("it does not end: {}", self.stderr()),
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // Already gone is as good.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
