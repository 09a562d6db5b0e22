//! The whole server: sockets, files, time.

use std::cell::{Cell, RefCell};
use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use ringmq::config::Loaded;
use ringmq::config::nameserver::NameserverConfig;
use ringmq::nameserver::{Server, ServerError};
use ringmq::net::{CallError, Channel};
use ringmq::protocol::code::request as codes;
use ringmq::protocol::{Command, FrameSplitter};
use ringmq::rt::event::Event;
use ringmq::rt::net::{Listener, Stream};
use ringmq::rt::spawn::{self, Core, CorePlan, Cores};
use ringmq::units::CoreId;
use tempfile::TempDir;

use super::bench::{loaded, registration};

/// Far longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(30);

/// Runs one core, and fails when it did not come to its end.
fn on_core<F: Future<Output = ()> + 'static>(work: impl FnOnce() -> F + Send + Clone + 'static) {
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    let plan = CorePlan::new(Cores::Count(1)).unwrap();
    spawn::run_cores(plan, move |_: Core<()>| async move {
        work().await;
        end.store(true, Ordering::Release);
    })
    .unwrap();
    assert!(ended.load(Ordering::Acquire), "the test ran to its end");
}

/// A server in a folder of its own, on a port that the kernel chose.
struct Running {
    address: SocketAddr,
    stop: Rc<Event>,
    task: spawn::Task<()>,
}

fn configured(folder: &Path, more: &str) -> Loaded<NameserverConfig> {
    let folder = folder.display();
    let mut loaded = loaded(&format!(
        "bindAddress=127.0.0.1\nkvConfigPath={folder}/ns/kvConfig.json\n\
         configStorePath={folder}/ns.conf\n{more}"
    ));
    loaded.config.listen_port = 0;
    loaded
}

impl Running {
    async fn start(loaded: Loaded<NameserverConfig>) -> Self {
        let server = Server::start(CoreId(0), loaded).await.unwrap();
        let (address, stop) = (server.address(), Rc::new(Event::new()));
        let stopped = stop.clone();
        let task = spawn::spawn(async move {
            server.serve(async move { stopped.wait().await }).await;
        });
        Self { address, stop, task }
    }

    fn client(&self) -> Client {
        Client(Channel::new(CoreId(0), self.address))
    }

    async fn stop(self) {
        self.stop.set();
        self.task.await;
    }
}

struct Client(Channel);

impl Client {
    async fn call(&self, request: Command) -> Command {
        self.0.call(request, LIMIT).await.unwrap()
    }

    async fn value(&self, key: &str) -> Option<String> {
        let fields = [("namespace", "N"), ("key", key)].into_iter().collect();
        let reply = self.call(Command::request(codes::GET_KV_CONFIG).with_fields(fields)).await;
        reply.fields.get("value").map(str::to_owned)
    }

    async fn put(&self, key: &str, value: &str) -> Command {
        self.call(put(key, value)).await
    }

    async fn route(&self, topic: &str) -> i32 {
        let fields = [("topic", topic)].into_iter().collect();
        let request = Command::request(codes::GET_ROUTEINFO_BY_TOPIC).with_fields(fields);
        self.call(request).await.code
    }

    /// Asks until the topic is gone. Each question is a round trip, so the server gets its turn.
    async fn until_gone(&self, topic: &str) {
        while self.route(topic).await == 0 {}
    }
}

fn put(key: &str, value: &str) -> Command {
    let fields = [("namespace", "N"), ("key", key), ("value", value)].into_iter().collect();
    Command::request(codes::PUT_KV_CONFIG).with_fields(fields)
}

#[test]
fn a_broker_is_known_until_its_connection_closes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let (broker, client) = (server.client(), server.client());
        let reply = broker.call(registration("C", "b", "0", "127.0.0.1:1", &[])).await;
        assert_eq!(reply.code, 0);
        assert_eq!(client.route("b").await, 0);
        broker.0.close();
        client.until_gone("b").await;
        server.stop().await;
        let gone = client.0.call(Command::request(codes::GET_BROKER_CLUSTER_INFO), LIMIT).await;
        assert!(matches!(gone, Err(CallError::Unreachable | CallError::Closed)), "{gone:?}");
    });
}

#[test]
fn a_silent_broker_is_forgotten_and_its_connection_closed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let config = configured(&path, "scanNotActiveBrokerInterval=5\n");
        let server = Running::start(config).await;
        let quick = [("heartbeatTimeoutMillis", "20")];
        let stream = Stream::connect(server.address, LIMIT).await.unwrap();
        let request = registration("C", "b", "0", "127.0.0.1:1", &quick).encode().unwrap();
        stream.send(vec![request]).await.unwrap();
        let answer = stream.recv().await.unwrap();
        assert!(answer.is_some_and(|bytes| !bytes.is_empty()), "registered");
        assert!(stream.recv().await.unwrap().is_none(), "closed after its silence");
        server.client().until_gone("b").await;
        server.stop().await;
    });
}

#[test]
fn an_idle_connection_is_closed() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let mut config = configured(&path, "");
        config.config.sockets.idle_max = Duration::from_millis(20);
        let server = Running::start(config).await;
        let stream = Stream::connect(server.address, LIMIT).await.unwrap();
        assert!(stream.recv().await.unwrap().is_none());
        server.stop().await;
    });
}

#[test]
fn garbage_costs_only_its_own_connection() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        assert_eq!(client.route("none").await, 17);
        for garbage in [&b"GET / HTTP/1.1\r\n\r\n"[..], &[0xff; 64], &[0, 0, 0, 8, 0, 0, 0, 4, 1]] {
            let stream = Stream::connect(server.address, LIMIT).await.unwrap();
            stream.send(vec![Bytes::from_static(garbage)]).await.unwrap();
            // One that waits for the rest of its frame is closed from this side.
            if garbage.len() > 9 {
                assert!(stream.recv().await.unwrap().is_none());
            }
            assert_eq!(client.route("none").await, 17);
        }
        server.stop().await;
    });
}

#[test]
fn values_outlive_the_server() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        assert_eq!(client.put("k", "1").await.code, 0);
        let file = path.join("ns/kvConfig.json");
        let written = b"{\n\t\"configTable\":{\n\t\t\"N\":{\n\t\t\t\"k\":\"1\"\n\t\t}\n\t}\n}";
        assert_eq!(fs::read(&file).unwrap(), written, "answered when it was there");
        assert_eq!(client.put("k", "2").await.code, 0);
        let oneway = Command { flag: 2, ..put("k", "3") };
        client.0.tell(&oneway, LIMIT).await.unwrap();
        while client.value("k").await.as_deref() != Some("3") {}
        server.stop().await;

        let server = Running::start(configured(&path, "")).await;
        assert_eq!(server.client().value("k").await.as_deref(), Some("3"));
        server.stop().await;

        fs::write(&file, b"{\"configTable\":{\"N\":{\"k\":").unwrap();
        let server = Running::start(configured(&path, "")).await;
        assert_eq!(server.client().value("k").await.as_deref(), Some("2"), "the one before");
        server.stop().await;

        fs::write(path.join("ns/kvConfig.json.bak"), b"").unwrap();
        let error = Server::start(CoreId(0), configured(&path, "")).await.err().unwrap();
        assert!(matches!(error, ServerError::Kv(_)), "{error}");
        assert!(error.to_string().contains("damaged"));
        assert_eq!(fs::read(&file).unwrap(), b"{\"configTable\":{\"N\":{\"k\":", "left as it was");
    });
}

#[test]
fn many_changes_at_once_are_all_kept() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let clients: Vec<Rc<Client>> = (0..4).map(|_| Rc::new(server.client())).collect();
        let answered = Rc::new(Cell::new(0));
        let mut tasks = Vec::new();
        for at in 0..200 {
            let (client, answered) = (clients[at % 4].clone(), answered.clone());
            tasks.push(spawn::spawn(async move {
                assert_eq!(client.put(&format!("k{at}"), "v").await.code, 0);
                answered.set(answered.get() + 1);
            }));
        }
        for task in tasks {
            task.await;
        }
        assert_eq!(answered.get(), 200);
        server.stop().await;
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        for at in 0..200 {
            assert_eq!(client.value(&format!("k{at}")).await.as_deref(), Some("v"));
        }
        server.stop().await;
    });
}

#[test]
fn a_change_that_cannot_be_written_is_not_made() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        assert_eq!(client.put("k", "1").await.code, 0);
        // The folder becomes a file, so that nothing can be made in it.
        fs::rename(path.join("ns"), path.join("away")).unwrap();
        fs::write(path.join("ns"), b"").unwrap();
        let reply = client.put("k", "2").await;
        assert_eq!(reply.code, 1);
        assert!(reply.remark.unwrap().contains("could not be written"));
        assert_eq!(client.value("k").await.as_deref(), Some("1"));
        fs::remove_file(path.join("ns")).unwrap();
        assert_eq!(client.put("k", "3").await.code, 0, "and it goes on");
        server.stop().await;
    });
}

#[test]
fn the_configuration_is_changed_in_its_file_and_at_once() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        fs::write(path.join("ns.conf"), b"# kept\nenableAllTopicList=true\n").unwrap();
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        let change =
            |lines: &'static str| Command::request(codes::UPDATE_NAMESRV_CONFIG).with_body(lines);
        assert_eq!(client.call(change("kvConfigPath=/x\nenableAllTopicList=false")).await.code, 16);
        let list = || Command::request(codes::GET_ALL_TOPIC_LIST_FROM_NAMESERVER);
        assert_eq!(client.call(list()).await.code, 0);
        assert_eq!(client.call(change("enableAllTopicList=false\n")).await.code, 0);
        let refused = client.call(list()).await;
        assert_eq!((refused.code, refused.remark.as_deref()), (1, Some("disable")));
        let file = fs::read_to_string(path.join("ns.conf")).unwrap();
        assert!(file.contains("# kept\n") && file.contains("enableAllTopicList=false"), "{file}");
        let shown = client.call(Command::request(codes::GET_NAMESRV_CONFIG)).await;
        assert!(String::from_utf8_lossy(&shown.body).contains("\nenableAllTopicList=false\n"));
        server.stop().await;
    });
}

#[test]
fn a_taken_port_is_a_clear_error() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let taken = Listener::bind("127.0.0.1:0".parse().unwrap(), 1).unwrap();
        let mut config = configured(&path, "");
        config.config.listen_port = taken.address().port();
        let error = Server::start(CoreId(0), config).await.err().unwrap();
        let ServerError::Listen { address, source, .. } = error else { panic!("{error}") };
        assert_eq!(address, taken.address());
        assert_eq!(source.kind(), std::io::ErrorKind::AddrInUse);
    });
}

#[test]
fn brokers_are_told_when_the_smallest_id_changes() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "notifyMinBrokerIdChanged=true\n")).await;
        let slave = Listener::bind("127.0.0.1:0".parse().unwrap(), 8).unwrap();
        let slave_address = slave.address().to_string();
        let acting = [("enableActingMaster", "true")];
        let (first, second) = (server.client(), server.client());
        let reply = first.call(registration("C", "b", "0", "127.0.0.1:1", &acting)).await;
        assert_eq!(reply.code, 0);
        let reply = second.call(registration("C", "b", "1", &slave_address, &acting)).await;
        assert_eq!(reply.code, 0);
        assert_eq!(reply.fields.get("masterAddr"), Some("127.0.0.1:1"));
        first.0.close();

        let (socket, _) = slave.accept().await.unwrap();
        let stream = Stream::attach(socket);
        let mut splitter = FrameSplitter::new(1 << 20);
        let told = RefCell::new(None);
        while told.borrow().is_none() {
            let bytes = stream.recv().await.unwrap().expect("the notice comes");
            splitter.push(&bytes);
            if let Some(frame) = splitter.next().unwrap() {
                told.replace(Some(Command::decode(frame).unwrap()));
            }
        }
        let told = told.into_inner().unwrap();
        assert_eq!(told.code, codes::NOTIFY_MIN_BROKER_ID_CHANGE);
        assert!(told.is_oneway());
        assert_eq!(told.fields.get("minBrokerId"), Some("1"));
        assert_eq!(told.fields.get("minBrokerAddr"), Some(slave_address.as_str()));
        assert_eq!(told.fields.get("offlineBrokerAddr"), Some("127.0.0.1:1"));
        server.stop().await;
    });
}

#[test]
fn what_waits_for_the_disk_is_written_before_the_end() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let server = Running::start(configured(&path, "")).await;
        let client = server.client();
        for at in 0..50 {
            let oneway = Command { flag: 2, ..put(&format!("k{at}"), "v") };
            client.0.tell(&oneway, LIMIT).await.unwrap();
        }
        // The answer to this one says that those before it on the connection were taken in.
        assert_eq!(client.route("none").await, 17);
        server.stop().await;
        let server = Running::start(configured(&path, "")).await;
        for at in 0..50 {
            assert_eq!(server.client().value(&format!("k{at}")).await.as_deref(), Some("v"));
        }
        server.stop().await;
    });
}
