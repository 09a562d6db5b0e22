//! Starts the cores and the servers of a plan, and waits for their end.

use std::io;
use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

use crate::broker::message::Message;
use crate::broker::run::{self as broker, Failure};
use crate::config::Loaded;
use crate::config::nameserver::NameserverConfig;
use crate::nameserver::server::{Server, ServerError};
use crate::observability::log;
use crate::rt::event::Event;
use crate::rt::spawn::{self, Core, CorePlan};
use crate::rt::{disk, net, signal};
use crate::store::{OpenError, Poison, Root};
use crate::units::CoreId;

use super::banner::{self, Running};
use super::exit::StartFailure;
use super::plan::{Planned, StartPlan};
use super::say;
use super::supervisor::{Supervisor, Words};

/// Least room on the store's disk to start with: the metadata and a first window of the log.
const FREE_BYTES_MIN: u64 = 128 << 20;

/// The core on which everything that happens once happens.
pub(super) const FIRST: CoreId = CoreId(0);

/// Runs the plan until SIGTERM or SIGINT.
///
/// # Errors
/// The reason why it did not start, or why it stopped by itself.
pub fn start(plan: StartPlan) -> Result<(), StartFailure> {
    let format = if plan.log.json { log::Format::Json } else { log::Format::Plain };
    log::start(format, &plan.log.level);
    let cores = CorePlan { catch_signals: true, ..CorePlan::new(plan.cores.clone())? };
    let broker = plan.broker.as_ref().map(broker_plan).transpose()?;
    let words = Words::from_environment();
    let supervisor = Supervisor::new(&words).map_err(|source| StartFailure::Supervisor {
        name: words.socket.clone().unwrap_or_default(),
        source,
    })?;
    supervisor.status("starting");
    let outcome = Arc::new(OnceLock::new());
    let report = outcome.clone();
    let plan = Arc::new(plan);
    spawn::run_cores(cores, move |core: Core<Message>| async move {
        let first = core.id == FIRST;
        spawn::spawn(supervisor.clone().watch(core.id, core.count)).detach();
        let ended = run(core, &plan, broker, &supervisor).await;
        if first {
            // The first core runs once: nobody else reports.
            let _ = report.set(ended);
        }
    })?;
    match Arc::into_inner(outcome).and_then(OnceLock::into_inner) {
        Some(ended) => ended,
        None => unreachable!("the first core reports before the cores end"),
    }
}

fn broker_plan(
    planned: &Planned<crate::config::broker::BrokerConfig>,
) -> Result<broker::Plan, StartFailure> {
    let Planned { config, settings, file } = planned.clone();
    let advertised = resolve(&config.network.advertised, config.network.listen_port)?;
    let loaded = Loaded { config, settings, warnings: Vec::new() };
    Ok(broker::Plan { loaded, advertised, config_file: file })
}

/// The address of `brokerIP1`, which may be a name. Asked once, before the cores start.
fn resolve(host: &str, port: u16) -> Result<IpAddr, StartFailure> {
    if let Ok(ip) = host.parse() {
        return Ok(ip);
    }
    let failed = |source| StartFailure::Unexpected { what: format!("resolving {host}"), source };
    let found = (host, port).to_socket_addrs().map_err(failed)?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.sort_by_key(IpAddr::is_ipv6);
    Ok(addresses.first().copied().unwrap_or(Ipv4Addr::LOCALHOST.into()))
}

async fn run(
    core: Core<Message>,
    plan: &Arc<StartPlan>,
    broker: Option<broker::Plan>,
    supervisor: &Supervisor,
) -> Result<(), StartFailure> {
    if core.id != FIRST {
        return match broker {
            Some(broker) => {
                let root = broker.loaded.config.store.root.clone();
                let ended = broker::run(core.mesh, broker, |_| ()).await;
                ended.map_err(|error| failure(&root, error))
            }
            None => Ok(()),
        };
    }
    let stop = Rc::new(Event::new());
    let nameserver = match prepare(core.id, plan, broker.as_ref()).await {
        Ok(nameserver) => nameserver,
        Err(error) => {
            // The other cores run their part of the broker already, and wait for this one.
            broker::call_off(&core.mesh).await;
            return Err(error);
        }
    };
    let serving = nameserver.map(|server| {
        let stop = stop.clone();
        spawn::spawn(async move { server.serve(stop.wait()).await })
    });
    let cpus = core.cpus.clone();
    let ended = match broker {
        Some(broker) => {
            let ready = |ready: &broker::Ready| {
                let running = Running { cpus: &cpus, shards: ready.shards };
                say(false, banner::text(plan, running));
                warn_left_over();
                supervisor.ready(&banner::status(plan))
            };
            let root = broker.loaded.config.store.root.clone();
            let ended = broker::run(core.mesh, broker, ready).await;
            ended.map_err(|error| failure(&root, error))
        }
        None => {
            say(false, banner::text(plan, Running { cpus: &cpus, shards: 0 }));
            warn_left_over();
            let serving = supervisor.ready(&banner::status(plan));
            let waited = signal::termination().await;
            drop(serving);
            waited.map(|_| ()).map_err(|source| StartFailure::Unexpected {
                what: "waiting for signals".to_owned(),
                source,
            })
        }
    };
    stop.set();
    if let Some(serving) = serving {
        serving.await;
    }
    ended
}

/// Says which sockets the supervisor has opened in vain.
fn warn_left_over() {
    for address in net::left_over() {
        tracing::warn!(%address, "nothing serves this socket, which the supervisor has opened");
    }
}

/// What comes before the broker: the name server, if there is one, and a look at the store's disk.
async fn prepare(
    core: CoreId,
    plan: &StartPlan,
    broker: Option<&broker::Plan>,
) -> Result<Option<Server>, StartFailure> {
    let nameserver = match &plan.nameserver {
        Some(planned) => Some(start_nameserver(core, planned).await?),
        None => None,
    };
    if let Some(broker) = broker {
        check_room(&broker.loaded.config.store.root).await?;
    }
    Ok(nameserver)
}

async fn start_nameserver(
    core: CoreId,
    planned: &Planned<NameserverConfig>,
) -> Result<Server, StartFailure> {
    let Planned { config, settings, .. } = planned.clone();
    let loaded = Loaded { config, settings, warnings: Vec::new() };
    Server::start(core, loaded).await.map_err(|error| match error {
        ServerError::Listen { key, address, source } => {
            StartFailure::listening("name server", address, key, source)
        }
        ServerError::Kv(error) => StartFailure::StoreDamaged {
            path: planned.config.kv_path.clone(),
            what: error.to_string(),
        },
    })
}

/// Makes the store's directory, and sees that there is room to begin with. A store that is there
/// is opened however full the disk is: it can be read, and cleaned up.
async fn check_room(root: &Path) -> Result<(), StartFailure> {
    let storage = |source| StartFailure::storage(root.to_owned(), source);
    disk::create_dir_all(root).await.map_err(storage)?;
    if Root::exists(root).await.map_err(storage)? {
        return Ok(());
    }
    let usage = disk::disk_usage(root).await.map_err(storage)?;
    let free_bytes = usage.total.saturating_sub(usage.used);
    if free_bytes < FREE_BYTES_MIN {
        let path = root.to_owned();
        return Err(StartFailure::DiskFull { path, free_bytes, needed_bytes: FREE_BYTES_MIN });
    }
    Ok(())
}

/// What a broker whose store is in `root` failed with.
fn failure(root: &Path, failure: Failure) -> StartFailure {
    match failure {
        Failure::Listen { what, address, key, source } => {
            StartFailure::listening(what, address, key, source)
        }
        Failure::Metadata(error) => {
            StartFailure::StoreDamaged { path: error.path.clone(), what: error.to_string() }
        }
        Failure::Memory { directory, reason } => StartFailure::Memory { directory, reason },
        Failure::Open(error) => open_failure(root, error),
        Failure::Transactions(error) => {
            StartFailure::StoreDamaged { path: root.to_owned(), what: error.to_string() }
        }
        Failure::Poisoned(poison) => poisoned(poison),
        Failure::System { what, source } => {
            StartFailure::Unexpected { what: what.to_owned(), source }
        }
    }
}

pub(super) fn open_failure(root: &Path, error: OpenError) -> StartFailure {
    match error {
        OpenError::Damaged(_)
        | OpenError::Foreign(_)
        | OpenError::Length { .. }
        | OpenError::Missing(_)
        | OpenError::SegmentBytes(_) => {
            StartFailure::StoreDamaged { path: root.to_owned(), what: error.to_string() }
        }
        OpenError::FrozenUnreadable { path, source } => {
            StartFailure::FrozenUnreadable { path, why: source }
        }
        OpenError::Io { path, source } => StartFailure::storage(path, source),
        OpenError::Locked(path) => StartFailure::StoreLocked { path },
        OpenError::Mismatch(mismatch) => {
            StartFailure::FrozenDiffer { path: root.to_owned(), mismatch }
        }
    }
}

fn poisoned(poison: Poison) -> StartFailure {
    let source = match poison.errno {
        Some(errno) => io::Error::from_raw_os_error(errno),
        None => poison.kind.into(),
    };
    StartFailure::LogPoisoned { shard: poison.shard.0, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::ShardId;

    #[test]
    fn a_failed_write_is_told_with_its_shard() {
        let error = io::Error::from_raw_os_error(5);
        let told = poisoned(Poison::new(ShardId(3), "writing the log", &error)).to_string();
        assert!(told.starts_with("shard 3 stopped for good"), "{told}");
    }
}
