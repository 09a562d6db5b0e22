//! One side of a comparison: which broker, and how it is started with an empty store.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use ringmq::protocol::{Command as Request, Fields};
use rustix::process::{Resource, getrlimit};
use rustix::thread::CpuSet;

use crate::compare::child::{ChildError, Server, free_port};
use crate::compare::java;
use crate::report;
use crate::wire::call::Caller;

/// How long a server may take to accept its first send.
const BOOT_TIMEOUT: Duration = Duration::from_secs(120);

/// How long one attempt at the first send may take.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(1);

/// Files and mappings of a broker in Java that are not queues: jars, sockets, threads, heap.
const FILES_BESIDE: u64 = 4_000;

/// A topic that every broker has at boot.
const BOOT_TOPIC: &str = "BenchmarkTest";

/// RingMQ's name in tables.
pub const RINGMQ: &str = "RingMQ";

/// The name in tables of Apache RocketMQ.
pub const JAVA: &str = "Java 5.5.0";

/// A broker that can be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// RingMQ: its binary, and lines for its `broker.conf` beside those that every side gets.
    RingMq(PathBuf, Vec<String>),
    /// Apache RocketMQ 5.5.0: its jars and the heap of its broker.
    Java(PathBuf, String),
    /// The server that does nothing: this program, on RingMQ's runtime or on epoll.
    Floor(PathBuf, Engine),
    /// A broker that somebody else runs.
    Address {
        /// Its name in tables.
        name: String,
        /// Where it listens.
        address: SocketAddr,
        /// Its process, if what it costs is to be measured.
        pid: Option<u32>,
    },
}

/// What the server that does nothing is served by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// RingMQ's runtime and its connections.
    Ring,
    /// One thread with epoll.
    Epoll,
}

/// When an acknowledgement is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flush {
    /// `ASYNC_FLUSH`: synced later.
    Async,
    /// `SYNC_FLUSH`: synced before.
    Sync,
}

impl Flush {
    /// Its value in `broker.conf`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Async => "ASYNC_FLUSH",
            Self::Sync => "SYNC_FLUSH",
        }
    }

    /// What a broker says that it does; the default of all brokers if it does not say.
    pub fn of(broker: SocketAddr) -> Self {
        match report::flush_type(broker).as_deref() {
            Some("SYNC_FLUSH") => Self::Sync,
            _ => Self::Async,
        }
    }
}

/// A running broker with its name server.
#[derive(Debug)]
pub struct Running {
    /// Where the broker listens.
    pub address: SocketAddr,
    /// From the start of the broker's process to its first acknowledgement.
    pub boot: Duration,
    /// None for a broker that somebody else runs.
    broker: Option<Server>,
    pid: Option<u32>,
    /// Declared behind the broker: a broker unregisters when it stops.
    nameserver: Option<Server>,
}

impl Running {
    /// The broker's process id, if it is known.
    pub fn pid(&self) -> Option<u32> {
        self.pid
    }

    /// Whether it was started here, so that its start and stop can be measured.
    pub fn is_ours(&self) -> bool {
        self.broker.is_some()
    }

    /// Ends the broker with SIGKILL; nothing if it was not started here.
    pub fn kill(mut self) -> Option<()> {
        self.broker.as_mut().map(Server::kill)
    }

    /// Fails if the broker has ended.
    pub fn check(&mut self) -> Result<(), ChildError> {
        self.broker.as_mut().map_or(Ok(()), Server::check)
    }

    /// Stops what was started; yields how long the broker took.
    pub fn stop(mut self) -> Duration {
        let took = self.broker.as_mut().map_or(Duration::ZERO, Server::stop);
        if let Some(nameserver) = &mut self.nameserver {
            nameserver.stop();
        }
        took
    }
}

impl Side {
    /// Its name in tables.
    pub fn name(&self) -> &str {
        match self {
            Self::RingMq(..) => RINGMQ,
            Self::Java(..) => JAVA,
            Self::Floor(_, Engine::Ring) => "do-nothing",
            Self::Floor(_, Engine::Epoll) => "do-nothing, epoll",
            Self::Address { name, .. } => name,
        }
    }

    /// What must be there before the first round.
    pub fn prepare(&self) -> Result<(), ChildError> {
        match self {
            Self::RingMq(binary, _) if !binary.exists() => {
                let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
                Err(ChildError::Start(binary.display().to_string(), missing))
            }
            Self::Java(jars, _) => java::fetch(jars),
            _ => Ok(()),
        }
    }

    /// Queues with messages that it can have at most, where that is known. Java maps the file of
    /// each and keeps it open; the rest is for what else it maps and opens.
    pub fn queues_max(&self) -> Option<u32> {
        let Self::Java(..) = self else { return None };
        let maps = fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
        let maps = maps.trim().parse::<u64>().unwrap_or(u64::MAX);
        let files = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        u32::try_from(maps.min(files).saturating_sub(FILES_BESIDE)).ok()
    }

    /// Starts it with an empty store in `directory` and waits for its first acknowledgement.
    pub fn start(
        &self,
        directory: &Path,
        flush: Flush,
        processors: Option<&CpuSet>,
    ) -> Result<Running, ChildError> {
        if let Self::Address { address, pid, .. } = self {
            if !first_send(*address) {
                return Err(ChildError::Silent(*address));
            }
            let (address, boot) = (*address, Duration::ZERO);
            return Ok(Running { address, boot, broker: None, pid: *pid, nameserver: None });
        }
        let file = |error| ChildError::File(directory.to_owned(), error);
        fs::create_dir_all(directory).map_err(file)?;
        let loopback = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let (names, port) = (free_port().map_err(file)?, free_port().map_err(file)?);
        let (names, address) = (loopback(names), loopback(port));
        self.configure(directory, flush, names, address).map_err(file)?;
        let (names_command, command) = self.commands(directory, address);
        let nameserver = match names_command {
            Some(command) => {
                let mut server = Server::start("namesrv", command, directory, processors)?;
                server.wait_listening(names, BOOT_TIMEOUT)?;
                Some(server)
            }
            None => None,
        };
        let began = Instant::now();
        let mut broker = Server::start("broker", command, directory, processors)?;
        let boot =
            broker.wait_until(BOOT_TIMEOUT, || first_send(address).then(|| began.elapsed()))?;
        let pid = Some(broker.pid());
        Ok(Running { address, boot, broker: Some(broker), pid, nameserver })
    }

    /// Writes the configuration: the same two files for every side.
    fn configure(
        &self,
        directory: &Path,
        flush: Flush,
        names: SocketAddr,
        address: SocketAddr,
    ) -> std::io::Result<()> {
        let store = directory.join("store");
        fs::create_dir_all(directory.join("conf"))?;
        let nameserver = format!("listenPort={}\nbindAddress=127.0.0.1\n", names.port());
        fs::write(directory.join("namesrv.conf"), nameserver)?;
        let mut broker = format!(
            "brokerClusterName=DefaultCluster\nbrokerName=broker-a\nbrokerId=0\n\
             brokerIP1=127.0.0.1\nlistenPort={}\nnamesrvAddr={names}\nstorePathRootDir={}\n\
             storePathCommitLog={}\nflushDiskType={}\nbrokerRole=ASYNC_MASTER\n\
             autoCreateTopicEnable=true\n",
            address.port(),
            store.display(),
            store.join("commitlog").display(),
            flush.name()
        );
        if let Self::RingMq(_, lines) = self {
            lines.iter().for_each(|line| broker.extend([line, "\n"]));
        }
        fs::write(directory.join("broker.conf"), broker)
    }

    /// What starts its name server, if it has one, and its broker.
    fn commands(&self, directory: &Path, address: SocketAddr) -> (Option<Command>, Command) {
        match self {
            Self::RingMq(binary, _) => {
                let server = |name, file| {
                    let mut command = Command::new(binary);
                    command.args([name, "-c"]).arg(directory.join(file));
                    command
                };
                (Some(server("namesrv", "namesrv.conf")), server("broker", "broker.conf"))
            }
            Self::Java(jars, heap) => {
                (Some(java::nameserver(jars, directory)), java::broker(jars, directory, heap))
            }
            Self::Floor(program, engine) => {
                let mut command = Command::new(program);
                command.args(["echo-floor", "--addr", &address.to_string()]);
                command.args((*engine == Engine::Epoll).then_some("--epoll"));
                (None, command)
            }
            Self::Address { name, .. } => unreachable!("{name} is not started here"),
        }
    }
}

/// Whether a broker acknowledges a message now.
fn first_send(address: SocketAddr) -> bool {
    let Ok(mut caller) = Caller::open(address, ATTEMPT_TIMEOUT) else { return false };
    let mut fields = Fields::absent();
    let values = [
        ("a", "benchmark_producer"),
        ("b", BOOT_TOPIC),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "0"),
        ("f", "0"),
        ("g", "1700000000000"),
        ("h", "0"),
        ("i", "WAIT\u{1}true\u{2}"),
        ("j", "0"),
        ("k", "false"),
        ("m", "false"),
    ];
    values.iter().for_each(|(key, value)| fields.push(key, value));
    let request = Request::request(310).with_fields(fields).with_body("first");
    caller.ask(request).is_ok_and(|answer| answer.code == 0)
}
