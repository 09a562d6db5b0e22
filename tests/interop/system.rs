//! The system under test: name servers and brokers as processes on loopback, RingMQ's or the Java
//! reference's, started, stopped, killed and started again on the same ports and store.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::process::{Process, START_WITHIN, STEP_WITHIN, WorkFolder, wait_until};
use crate::remoting;
use crate::toolchain::toolchain;

/// The cluster and broker name that every broker here has.
pub const CLUSTER: &str = "DefaultCluster";
/// See [`CLUSTER`].
pub const BROKER: &str = "broker-a";

/// Whose servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// This project's binary.
    RingMq,
    /// Apache RocketMQ 5.5.0.
    Java,
}

impl Flavor {
    /// RingMQ, unless `RINGMQ_INTEROP_TARGET=java` asks to prove a scenario on the reference.
    pub fn under_test() -> Self {
        match std::env::var("RINGMQ_INTEROP_TARGET").as_deref() {
            Ok("java") => Self::Java,
            Ok(other) if other != "ringmq" => {
                panic!("RINGMQ_INTEROP_TARGET is `{other}`; it may be `ringmq` or `java`")
            }
            _ => Self::RingMq,
        }
    }
}

/// When the broker acknowledges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// After the sync.
    Sync,
    /// After the write.
    Async,
}

/// A port p such that p - 2 (fast), p and p + 1 (high availability) are free on loopback. They lie
/// below the range that outgoing connections take theirs from, and no port is handed out twice.
pub fn free_port() -> u16 {
    const FIRST: u16 = 20_000;
    const STEP: u16 = 4;
    const COUNT: u16 = 3_000;
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let start = u16::try_from(std::process::id() % u32::from(COUNT)).expect("below COUNT");
    let next = NEXT.get_or_init(|| AtomicU16::new(start));
    for _ in 0..COUNT {
        let slot = next.fetch_add(1, Ordering::Relaxed) % COUNT;
        let port = FIRST + slot * STEP + 2;
        if [port - 2, port, port + 1].iter().all(|p| TcpListener::bind(("127.0.0.1", *p)).is_ok()) {
            return port;
        }
    }
    panic!("no free ports on loopback");
}

fn opens(address: &str) -> bool {
    TcpStream::connect(address).is_ok()
}

fn ringmq(arguments: &[&str], home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringmq"));
    command.args(arguments).env("HOME", home).current_dir(home);
    command
}

fn java_server(class: &str, heap: &str, home: &Path) -> Command {
    let mut command = toolchain().server();
    command.arg(format!("-Xmx{heap}")).arg("-XX:MaxDirectMemorySize=512m");
    command.arg(format!("-Duser.home={}", home.display())).args([
        "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
    ]);
    command.arg(class).env("ROCKETMQ_HOME", home.join("home")).current_dir(home);
    command
}

/// Waits for the line that says the server is up, then for its port.
fn wait_ready(process: &mut Process, flavor: Flavor, address: &str, port: u16) {
    // RocketMQ's own line, which scripts wait for; one for each server.
    process.wait_line("boot success", |line| {
        line.contains("boot success") && line.contains(&format!(":{port}"))
            || flavor == Flavor::Java && line.contains("boot success")
    });
    wait_until(&format!("{address} accepts"), START_WITHIN, || opens(address));
}

fn write_properties(path: &Path, pairs: &[(String, String)]) {
    let text: String = pairs.iter().map(|(key, value)| format!("{key}={value}\n")).collect();
    fs::write(path, text).expect("the work folder is writable");
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// One name server.
pub struct NameServer {
    flavor: Flavor,
    port: u16,
    folder: PathBuf,
    process: Option<Process>,
}

impl NameServer {
    /// A name server on `port`, not started yet.
    pub fn at(flavor: Flavor, port: u16, work: &WorkFolder) -> Self {
        Self { flavor, port, folder: work.path().to_owned(), process: None }
    }

    /// A running name server on a free port.
    pub fn started(flavor: Flavor, work: &WorkFolder) -> Self {
        let mut made = Self::at(flavor, free_port(), work);
        made.start();
        made
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Writes its configuration; yields the file.
    fn configure(&self) -> String {
        let name = format!("namesrv-{}", self.port);
        let conf = self.folder.join(format!("{name}.conf"));
        let own = |file: &str| self.folder.join(&name).join(file).display().to_string();
        write_properties(
            &conf,
            &pairs(&[
                ("listenPort", &self.port.to_string()),
                ("bindAddress", "127.0.0.1"),
                ("kvConfigPath", &own("kvConfig.json")),
                ("configStorePath", &own("namesrv.properties")),
            ]),
        );
        conf.display().to_string()
    }

    /// Starts it and waits until it answers.
    pub fn start(&mut self) {
        let conf = self.configure();
        let name = format!("namesrv-{}", self.port);
        let command = match self.flavor {
            Flavor::RingMq => ringmq(&["namesrv", "-c", &conf], &self.folder),
            Flavor::Java => {
                let class = "org.apache.rocketmq.namesrv.NamesrvStartup";
                let mut command = java_server(class, "128m", &self.folder);
                command.args(["-c", &conf]);
                command
            }
        };
        let process = self.process.insert(Process::start(&name, command, &self.folder, |_| ()));
        wait_ready(process, self.flavor, &format!("127.0.0.1:{}", self.port), self.port);
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("the name server runs").kill();
    }
}

/// What a broker is started with.
#[derive(Clone)]
pub struct BrokerSettings {
    /// Whose broker.
    pub flavor: Flavor,
    /// Where it listens and what it advertises.
    pub host: String,
    /// See `host`.
    pub port: u16,
    /// Name servers, parted by `;`.
    pub name_servers: String,
    /// storePathRootDir.
    pub store: PathBuf,
    /// flushDiskType.
    pub flush: Flush,
    /// Shards of a store that is made (RingMQ's key; Java ignores it).
    pub shards: u16,
    /// More lines for broker.conf.
    pub extra: Vec<(String, String)>,
}

/// One broker.
pub struct Broker {
    /// Changes take effect at the next start.
    pub settings: BrokerSettings,
    /// The configuration of the name server that runs in the same process, if one does.
    name_server_conf: Option<String>,
    folder: PathBuf,
    process: Option<Process>,
}

impl Broker {
    /// A broker, not started yet.
    pub fn new(settings: BrokerSettings, work: &WorkFolder) -> Self {
        let folder = work.path().to_owned();
        Self { settings, name_server_conf: None, folder, process: None }
    }

    /// `host:port`.
    pub fn address(&self) -> String {
        format!("{}:{}", self.settings.host, self.settings.port)
    }

    /// Starts it and waits until it takes connections and the first name server that answers
    /// knows it.
    pub fn start(&mut self) {
        let name = format!("broker-{}", self.settings.port);
        let conf = self.folder.join(format!("{name}.conf"));
        write_properties(&conf, &self.properties());
        let conf = conf.display().to_string();
        let command = match (self.settings.flavor, &self.name_server_conf) {
            (Flavor::RingMq, None) => ringmq(&["broker", "-c", &conf], &self.folder),
            (Flavor::RingMq, Some(other)) => {
                let words = ["standalone", "-c", &conf, "--namesrvConfigFile", other];
                ringmq(&words, &self.folder)
            }
            (Flavor::Java, _) => {
                let class = "org.apache.rocketmq.broker.BrokerStartup";
                let mut command = java_server(class, "512m", &self.folder);
                command.args(["-c", &conf]);
                command
            }
        };
        let address = self.address();
        let start = std::time::Instant::now();
        let process = self.process.insert(Process::start(&name, command, &self.folder, |_| ()));
        wait_ready(process, self.settings.flavor, &address, self.settings.port);
        println!("{address} started in {} ms", start.elapsed().as_millis());
        let servers: Vec<String> =
            self.settings.name_servers.split(';').map(str::to_owned).collect();
        wait_until("a name server knows the broker", STEP_WITHIN, || {
            servers.iter().any(|server| remoting::masters(server, "TBW102").contains(&address))
        });
    }

    fn properties(&self) -> Vec<(String, String)> {
        let settings = &self.settings;
        let store = settings.store.display().to_string();
        let flush = match settings.flush {
            Flush::Sync => "SYNC_FLUSH",
            Flush::Async => "ASYNC_FLUSH",
        };
        let mut list = pairs(&[
            ("brokerClusterName", CLUSTER),
            ("brokerName", BROKER),
            ("brokerId", "0"),
            ("brokerIP1", &settings.host),
            ("bindAddress", &settings.host),
            ("listenPort", &settings.port.to_string()),
            ("namesrvAddr", &settings.name_servers),
            ("storePathRootDir", &store),
            ("storePathCommitLog", &format!("{store}/commitlog")),
            ("flushDiskType", flush),
            ("brokerRole", "ASYNC_MASTER"),
            ("autoCreateTopicEnable", "true"),
            // A machine whose disk is nearly full is no reason for these tests to fail.
            ("diskMaxUsedSpaceRatio", "95"),
            ("cleanFileForciblyEnable", "false"),
        ]);
        match settings.flavor {
            Flavor::RingMq => list.push(("shards".to_owned(), settings.shards.to_string())),
            // The reference refuses sends that waited 200 ms, which a busy machine makes of any.
            Flavor::Java => list.extend(pairs(&[("waitTimeMillsInSendQueue", "30000")])),
        }
        list.extend(settings.extra.iter().cloned());
        list
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.process.take().expect("the broker runs").kill();
        // What a ring held the kernel closes a moment after the process is gone.
        wait_until("the port is free", STEP_WITHIN, || TcpListener::bind(self.address()).is_ok());
    }

    /// SIGTERM. RingMQ's broker then ends with status 0, the Java one with what the JVM makes of
    /// the signal.
    pub fn stop(&mut self) -> ExitStatus {
        let start = std::time::Instant::now();
        let status = self.process.take().expect("the broker runs").terminate();
        println!("{} stopped in {} ms", self.address(), start.elapsed().as_millis());
        if self.settings.flavor == Flavor::RingMq {
            assert!(status.success(), "the broker ended with {status} after SIGTERM");
        }
        status
    }
}

/// A name server and a broker that knows it, in a folder of their own.
pub struct Cluster {
    /// The broker.
    pub broker: Broker,
    /// The name server.
    pub name_server: NameServer,
    /// Where both live; last, so that it goes when they have.
    pub work: WorkFolder,
}

impl Cluster {
    /// A running cluster of the flavor under test, each server in a process of its own.
    pub fn started(name: &str, flush: Flush, shards: u16, extra: &[(&str, &str)]) -> Self {
        Self::started_in(WorkFolder::new(name), flush, shards, extra)
    }

    /// As [`Cluster::started`], in a folder that is there.
    pub fn started_in(work: WorkFolder, flush: Flush, shards: u16, extra: &[(&str, &str)]) -> Self {
        let name_server = NameServer::started(Flavor::under_test(), &work);
        Self::with(name_server, None, work, (flush, shards), extra)
    }

    /// As [`Cluster::started_in`], but in one process: `ringmq standalone`. Java has no such thing.
    pub fn standalone(work: WorkFolder, flush: Flush, shards: u16) -> Self {
        if Flavor::under_test() == Flavor::Java {
            return Self::started_in(work, flush, shards, &[]);
        }
        let name_server = NameServer::at(Flavor::RingMq, free_port(), &work);
        let conf = name_server.configure();
        Self::with(name_server, Some(conf), work, (flush, shards), &[])
    }

    fn with(
        name_server: NameServer,
        name_server_conf: Option<String>,
        work: WorkFolder,
        (flush, shards): (Flush, u16),
        extra: &[(&str, &str)],
    ) -> Self {
        let settings = BrokerSettings {
            flavor: Flavor::under_test(),
            host: "127.0.0.1".to_owned(),
            port: free_port(),
            name_servers: name_server.address(),
            store: work.join("store"),
            flush,
            shards,
            extra: pairs(extra),
        };
        let mut broker = Broker::new(settings, &work);
        broker.name_server_conf = name_server_conf;
        broker.start();
        Self { broker, name_server, work }
    }

    /// Creates a topic and waits until the name server serves its route.
    pub fn create_topic(&self, topic: &str, queues: i32) {
        remoting::create_topic(&self.broker.address(), topic, queues);
        self.wait_route(topic, queues);
    }

    /// Waits until the name server shows so many queues of a topic.
    pub fn wait_route(&self, topic: &str, queues: i32) {
        let server = self.name_server.address();
        wait_until(&format!("route of {topic}"), STEP_WITHIN, || {
            remoting::queue_count(&server, topic) == Some(queues)
        });
    }

    /// Whether a group has committed all there is of a topic.
    pub fn has_committed_all(&self, group: &str, topic: &str, queues: i32) -> bool {
        let broker = self.broker.address();
        (0..queues).all(|queue| {
            let end = remoting::max_offset(&broker, topic, queue);
            remoting::committed(&broker, group, topic, queue).unwrap_or(0) == end
        })
    }

    /// Waits until a group has committed all there is of a topic: nothing is in flight then.
    pub fn wait_committed(&self, group: &str, topic: &str, queues: i32) {
        wait_until(&format!("{group} commits {topic}"), STEP_WITHIN, || {
            self.has_committed_all(group, topic, queues)
        });
    }
}
