//! One broker's life: open, serve, stop.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use crate::broker::control::Control;
use crate::broker::control::pages::BrokerPages;
use crate::broker::control::persist::LoadError;
use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Message, Port};
use crate::broker::storage::{self, Follower, Shard, ShardRoom};
use crate::broker::transaction::RecoveryError;
use crate::broker::{inbox, listen, pull, transaction};
use crate::config::Loaded;
use crate::config::broker::{BrokerConfig, FlushMode, Network};
use crate::config::memory::AppendMemory;
use crate::message::record::Host;
use crate::net::http;
use crate::rt::disk::SyncMethod;
use crate::rt::memory::{self, Unfit};
use crate::rt::mesh::Mesh;
use crate::rt::net::Listener;
use crate::rt::spawn::Task;
use crate::rt::{clock, disk, signal, spawn};
use crate::store::{MEMORY_PREFIX, OpenError, Poison, RecoveryReport, Root, Settings};
use crate::units::{CoreId, ShardId};

/// What a broker is started with; the same on every core.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Its configuration.
    pub loaded: Loaded<BrokerConfig>,
    /// `brokerIP1`, resolved: the host of every record and offsetMsgId.
    pub advertised: IpAddr,
    /// Where changes of the configuration by request are kept: the file it was read from.
    pub config_file: Option<PathBuf>,
}

/// What is known once a broker serves.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where it listens: the main port, then the fast one.
    pub addresses: [SocketAddr; 2],
    /// How many shards the store has.
    pub shards: u16,
}

/// Why a broker did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A port cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// For what.
        what: &'static str,
        /// Where.
        address: SocketAddr,
        /// The key that sets the port.
        key: &'static str,
        /// Why.
        source: io::Error,
    },
    /// A configuration file of the store and its copy are damaged.
    #[error(transparent)]
    Metadata(#[from] LoadError),
    /// It cannot be found out which transactions are open.
    #[error(transparent)]
    Transactions(#[from] RecoveryError),
    /// Memory cannot be kept where it should be.
    #[error("appendMemory={}: {reason}", directory.display())]
    Memory {
        /// Where.
        directory: PathBuf,
        /// Why.
        reason: Unfit,
    },
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A write or sync of the store failed while it served.
    #[error(transparent)]
    Poisoned(#[from] Poison),
    /// Something else that the system refused.
    #[error("{what}: {source}")]
    System {
        /// What was being done.
        what: &'static str,
        /// Why.
        source: io::Error,
    },
}

/// How long connections have to take their last answers when the broker stops.
const GOODBYE: Duration = Duration::from_secs(3);

/// How long a port may still be taken when the broker starts. The sockets of a broker that was
/// killed outlive it for a moment: the kernel takes its rings apart in the background.
const PORT_WAIT: Duration = Duration::from_secs(3);

/// Time between two tries at a port that is taken.
const PORT_RETRY: Duration = Duration::from_millis(20);

/// How often connections are looked at for silence.
const IDLE_SWEEP: Duration = Duration::from_secs(5);

/// Runs one core of a broker until it is told to stop. On the control plane's core, `ready` is
/// called once requests are served, and what it returns is dropped as soon as they soon are not any
/// more; the others return when that one has stopped them.
///
/// # Errors
/// [`Failure`], on the control plane's core. What was acknowledged is in the store either way.
pub async fn run<S>(
    mesh: Mesh<Message>,
    plan: Plan,
    ready: impl FnOnce(&Ready) -> S,
) -> Result<(), Failure> {
    let config = Rc::new(plan.loaded.config.clone());
    let port = u32::from(config.network.listen_port);
    let core = Rc::new(Core::new(config, mesh, Host { ip: plan.advertised, port }));
    let inbox = spawn::spawn(inbox::run(core.clone()));
    spawn::spawn(answer_expired(core.clone())).detach();
    spawn::spawn(close_idle(core.clone())).detach();
    if core.id != CONTROL {
        inbox.await;
        return Ok(());
    }
    let outcome = lead(&core, plan, ready).await;
    core.stop_others().await;
    outcome
}

/// Ends the other cores of a broker that is not run after all. To be called on the control plane's
/// core, in place of [`run`].
pub async fn call_off(mesh: &Mesh<Message>) {
    for other in (0..mesh.count()).map(CoreId).filter(|other| *other != CONTROL) {
        mesh.send_wait(other, Message::Stop).await;
    }
}

/// What the control plane's core does: everything that happens once.
async fn lead<S>(
    core: &Rc<Core>,
    plan: Plan,
    ready: impl FnOnce(&Ready) -> S,
) -> Result<(), Failure> {
    // The ports first: a start that fails for one of them leaves the store as it is.
    let [main, fast] = bind(core).await?;
    let _pages = serve_pages(core, plan.advertised).await?;
    let addresses = [main.address(), fast.address()];
    let config = core.config();
    let store = &config.store;
    let root = Root::open(&store.root, &store.wanted, core.ownership().cores).await?;
    let shards = root.frozen().shards;
    let mut settings = storage::settings(&config, root.frozen());
    match config.store.flush {
        FlushMode::Sync => settings.sync = faster_sync(&store.root).await?,
        FlushMode::Async => settings.memory = append_memory(&store.append_memory)?,
    }
    let recovered = open_shards(core, settings).await?;
    recovered.iter().for_each(say_recovered);
    let config_path = store.root.join("config");
    disk::create_dir_all(&config_path).await.map_err(|source| Failure::System {
        what: "cannot make the store's config directory",
        source,
    })?;
    let control =
        Rc::new(Control::load(core.id, plan.loaded, &config_path, plan.config_file).await?);
    core.set_control(control.clone());
    control.start(core).await;
    control.start_schedule(core).await;
    for started in each_core(core, |there| async move { transaction::start(&there).await }).await {
        started?;
    }
    let accepting = [
        spawn::spawn(listen::accept(core.clone(), main, Port::Main)),
        spawn::spawn(listen::accept(core.clone(), fast, Port::Fast)),
    ];
    control.serves();
    let serving = ready(&Ready { addresses, shards });
    let outcome = until_stopped(core).await;
    drop(serving);
    control.unregister().await;
    for listener in accepting {
        listener.cancel().await;
    }
    each_core(core, |there| async move { there.schedule.stop().await }).await;
    each_core(core, |there| async move { say_goodbye(&there).await }).await;
    each_core(core, |there| async move { transaction::stop(&there).await }).await;
    control.stop(core).await;
    each_core(core, |there| async move { close_shards(&there).await }).await;
    outcome
}

async fn until_stopped(core: &Rc<Core>) -> Result<(), Failure> {
    let waiting = core.clone();
    let asked = spawn::spawn(async move {
        if let Err(source) = signal::termination().await {
            tracing::error!(%source, "cannot wait for signals");
            std::future::pending::<()>().await;
        }
        waiting.stopping.set();
    });
    core.stopping.wait().await;
    drop(asked);
    match core.failure.take() {
        Some(poison) => Err(poison.into()),
        None => Ok(()),
    }
}

/// Where the end of the log is kept in memory that outlives this process.
fn append_memory(wanted: &AppendMemory) -> Result<Option<PathBuf>, Failure> {
    match wanted {
        AppendMemory::Nowhere => Ok(None),
        AppendMemory::Directory(directory) => match memory::check_directory(directory) {
            Ok(()) => Ok(Some(tidied(directory.clone()))),
            Err(reason) => Err(Failure::Memory { directory: directory.clone(), reason }),
        },
        AppendMemory::Auto => match memory::usual_directory() {
            Ok(directory) => Ok(Some(tidied(directory))),
            Err(reason) => {
                tracing::info!(%reason, "not in /dev/shm: messages count as stored when written");
                Ok(None)
            }
        },
    }
}

/// The directory, without the memory of brokers that were killed and whose stores are gone.
fn tidied(directory: PathBuf) -> PathBuf {
    match memory::remove_unwanted(&directory, MEMORY_PREFIX) {
        Ok(0) => {}
        Ok(count) => {
            let directory = directory.display();
            tracing::info!(%directory, count, "removed the memory of stores that are gone");
        }
        Err(error) => {
            tracing::warn!(directory = %directory.display(), %error, "cannot be looked through");
        }
    }
    tracing::info!(
        directory = %directory.display(),
        "keeps the end of the log in memory that outlives the broker"
    );
    directory
}

/// Which way of making a write durable is faster on the disk of the store. Both promise the same.
async fn faster_sync(directory: &Path) -> Result<SyncMethod, Failure> {
    let found = match disk::probe(directory).await {
        Ok(found) => found,
        // A full disk: what there is is to be read.
        Err(error) if error.kind() == io::ErrorKind::StorageFull => {
            return Ok(SyncMethod::default());
        }
        Err(source) => {
            return Err(Failure::System { what: "cannot try the disk of the store", source });
        }
    };
    tracing::info!(
        direct = found.direct,
        data_sync = ?found.data_sync,
        write_then_sync = ?found.write_then_sync,
        takes = ?found.faster(),
        "tried the disk"
    );
    Ok(found.faster())
}

async fn open_shards(core: &Rc<Core>, settings: Settings) -> Result<Vec<RecoveryReport>, Failure> {
    let opened =
        each_core(core, |there| async move { open_own_shards(&there, settings).await }).await;
    let mut reports = Vec::new();
    for own in opened {
        reports.extend(own?);
    }
    reports.sort_by_key(|report| report.shard.0);
    Ok(reports)
}

/// Opens the shards of one core.
async fn open_own_shards(
    core: &Rc<Core>,
    settings: Settings,
) -> Result<Vec<RecoveryReport>, OpenError> {
    core.set_shards(settings.frozen.shards);
    let mut reports = Vec::new();
    for id in (0..settings.frozen.shards).map(ShardId) {
        if core.ownership().core_of(id) != core.id {
            continue;
        }
        let shard = Shard::open(settings.clone(), id, Rc::new(Follower::new(core))).await?;
        reports.extend(shard.recovery());
        core.add_shard(id, Rc::new(ShardRoom::new(shard, core.ownership())));
    }
    Ok(reports)
}

fn say_recovered(report: &RecoveryReport) {
    tracing::info!(
        shard = report.shard.0,
        clean = report.clean,
        log_start = report.log_start,
        scanned_from = report.scanned_from,
        log_end = report.log_end,
        scanned_bytes = report.log_end - report.scanned_from,
        records = report.records,
        cut_bytes = report.cut_bytes,
        torn = ?report.torn,
        queues = report.queues,
        took_ms = u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
        "opened a shard"
    );
}

async fn bind(core: &Core) -> Result<[Listener; 2], Failure> {
    let config = core.config();
    let network = &config.network;
    let at = |port| SocketAddr::new(network.sockets.bind, port);
    let main = listen("broker", "listenPort", network, at(network.listen_port)).await?;
    let fast = listen("broker", "listenPort", network, at(network.fast_port())).await?;
    Ok([main, fast])
}

/// Serves metrics and health, if they are wanted, until the task is dropped.
async fn serve_pages(core: &Rc<Core>, advertised: IpAddr) -> Result<Option<Task<()>>, Failure> {
    let config = core.config();
    let Some(pages) = &config.pages else { return Ok(None) };
    let address = SocketAddr::new(pages.host.unwrap_or(advertised), pages.port);
    let key = "metricsPromExporterPort";
    let listener = listen("metrics", key, &config.network, address).await?;
    tracing::info!(address = %listener.address(), "serving metrics and health over HTTP");
    let pages = Rc::new(BrokerPages::new(core.clone(), pages.labels.clone()));
    Ok(Some(spawn::spawn(http::serve(listener, pages))))
}

/// Binds a port. One that is taken is tried again for a moment: the kernel takes back the ports of
/// a broker that was killed only when its ring is gone.
async fn listen(
    what: &'static str,
    key: &'static str,
    network: &Network,
    address: SocketAddr,
) -> Result<Listener, Failure> {
    let until = clock::now() + PORT_WAIT;
    loop {
        match Listener::bind(address, network.sockets.backlog) {
            Err(taken) if taken.kind() == io::ErrorKind::AddrInUse && clock::now() < until => {
                clock::sleep(PORT_RETRY).await;
            }
            bound => {
                return bound.map_err(|source| Failure::Listen { what, address, key, source });
            }
        }
    }
}

/// Runs a job on every core at the same time, and waits for all of them.
async fn each_core<T, F>(
    core: &Rc<Core>,
    job: impl FnOnce(Rc<Core>) -> F + Clone + Send + 'static,
) -> Vec<T>
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    let tasks: Vec<_> = core
        .all_cores()
        .map(|there| {
            let (core, job) = (core.clone(), job.clone());
            spawn::spawn(async move { core.run_on(there, job).await })
        })
        .collect();
    let mut values = Vec::with_capacity(tasks.len());
    for task in tasks {
        values.push(task.await);
    }
    values
}

/// Answers what is in flight on this core, and closes its connections.
async fn say_goodbye(core: &Rc<Core>) {
    for pull in core.waiting_pulls.take_all() {
        pull::serve_last(core, pull);
    }
    let settled = async {
        while !core.is_settled() {
            clock::sleep(Duration::from_millis(5)).await;
        }
    };
    if clock::timeout(GOODBYE, settled).await.is_err() {
        tracing::warn!(core = core.id.0, "some clients did not take their last answers");
    }
    core.connections.close_all();
}

async fn close_shards(core: &Rc<Core>) {
    for shard in core.shards() {
        shard.close().await;
    }
}

async fn answer_expired(core: Rc<Core>) {
    loop {
        for pull in core.waiting_pulls.expired().await {
            pull::serve_last(&core, pull);
        }
    }
}

async fn close_idle(core: Rc<Core>) {
    loop {
        clock::sleep(IDLE_SWEEP).await;
        core.connections.close_idle(core.config().network.sockets.idle_max);
    }
}
