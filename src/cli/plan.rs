//! From the words of the command line to a plan that can be started: files read, modes' defaults
//! put in, everything checked.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use crate::config::address::HostPort;
use crate::config::broker::BrokerConfig;
use crate::config::cores::CoreList;
use crate::config::nameserver::NameserverConfig;
use crate::config::notice::{Cause, Origin, Warning};
use crate::config::observability::Log;
use crate::config::settings::Settings;
use crate::config::{Configuration, Loaded, Sources};
use crate::rt::spawn::Cores;

use super::args::{BrokerArgs, Invocation, LogArgs, NameserverArgs, StandaloneArgs};
use super::exit::StartFailure;
use super::file;
use super::machine::Machine;

#[cfg(test)]
mod tests;

/// What to start. Everything in it is checked; what only the system can refuse comes next.
#[derive(Clone, Debug)]
pub struct StartPlan {
    /// Which servers.
    pub mode: Mode,
    /// The broker, in [`Mode::Broker`] and [`Mode::Standalone`].
    pub broker: Option<Planned<BrokerConfig>>,
    /// The name server, in [`Mode::Nameserver`] and [`Mode::Standalone`].
    pub nameserver: Option<Planned<NameserverConfig>>,
    /// What is logged, and how.
    pub log: Log,
    /// Processor cores to run on.
    pub cores: Cores,
}

/// Which servers run in the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A broker.
    Broker,
    /// A name server.
    Nameserver,
    /// Both.
    Standalone,
}

/// One server's configuration.
#[derive(Clone, Debug)]
pub struct Planned<C> {
    /// The checked values.
    pub config: C,
    /// All settings by key, for listing and for changes by request.
    pub settings: Settings,
    /// The configuration file, absolute, to which changes are written; `None` without one.
    pub file: Option<PathBuf>,
}

/// What came of an invocation.
#[derive(Clone, Debug)]
pub enum Prepared {
    /// Text for standard output (`-p`, `-m`); then the process ends.
    Print(String),
    /// Something to start.
    Start(Box<StartPlan>),
}

/// Prepares an invocation. Each doubtful setting goes to `warn`, in the order of its file.
///
/// # Errors
/// A configuration that cannot be read or started with.
pub fn prepare(
    invocation: &Invocation,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Prepared, StartFailure> {
    match invocation {
        Invocation::Broker(args) => broker(args, machine, warn),
        Invocation::Nameserver(args) => nameserver(args, machine, warn),
        Invocation::Standalone(args) => standalone(args, machine, warn),
    }
}

fn broker(
    args: &BrokerArgs,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Prepared, StartFailure> {
    let mut flags = broker_flags(args.store.as_deref(), args.shards, machine);
    if let Some(servers) = &args.name_servers {
        flags.push(("namesrvAddr", servers.clone(), "-n"));
    }
    flags.extend(core_flag(args.cores.as_ref()));
    flags.extend(log_flags(&args.log));
    let file = args.config.as_deref();
    let planned: Planned<BrokerConfig> = load(file, Mine::default(), flags, machine, warn)?;
    if args.print || args.print_important {
        return Ok(Prepared::Print(planned.settings.print(!args.print)));
    }
    let cores = cores(planned.config.cores.as_ref(), Cores::All);
    let log = planned.config.log.clone();
    let plan =
        StartPlan { mode: Mode::Broker, broker: Some(planned), nameserver: None, log, cores };
    Ok(Prepared::Start(Box::new(plan)))
}

fn nameserver(
    args: &NameserverArgs,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Prepared, StartFailure> {
    if args.name_servers.is_some() {
        warn(&Warning {
            origin: Origin::Flag("-n"),
            key: "namesrvAddr".to_owned(),
            cause: Cause::Ignored("name servers know nothing of each other"),
        });
    }
    let mut mine = Mine::default();
    if let Some(store) = &args.store {
        mine = nameserver_defaults(&absolute(store, machine));
    }
    let flags = core_flag(args.cores.as_ref()).into_iter().chain(log_flags(&args.log)).collect();
    let planned = load_nameserver(args.config.as_deref(), mine, flags, machine, warn)?;
    if args.print {
        return Ok(Prepared::Print(planned.settings.print(false)));
    }
    // Its work is small and its state is one: one core.
    let first = planned.config.cores.as_ref().and_then(|list| list.numbers().first().copied());
    let cores = first.map_or(Cores::Count(1), |first| Cores::Listed(vec![usize::from(first)]));
    let log = planned.config.log.clone();
    let plan =
        StartPlan { mode: Mode::Nameserver, broker: None, nameserver: Some(planned), log, cores };
    Ok(Prepared::Start(Box::new(plan)))
}

fn standalone(
    args: &StandaloneArgs,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Prepared, StartFailure> {
    let mut machine = machine.clone();
    if machine.host.namesrv_addr.take().is_some() {
        warn(&Warning {
            origin: Origin::Environment("NAMESRV_ADDR"),
            key: "namesrvAddr".to_owned(),
            cause: Cause::Ignored("a standalone broker registers with its own name server"),
        });
    }
    let store = absolute(args.store.as_deref().unwrap_or("ringmq-data"), &machine);
    let nameserver = load_nameserver(
        args.nameserver_config.as_deref(),
        nameserver_defaults(&store),
        Flags::new(),
        &machine,
        warn,
    )?;
    let own = own_address(&nameserver.config);
    let mut mine = Mine::from([("storePathRootDir", store), ("namesrvAddr", own.to_string())]);
    if args.config.is_none() {
        // Nothing says where clients are, so they are here: they need no route to this machine.
        mine.insert("brokerIP1", Ipv4Addr::LOCALHOST.to_string());
        mine.insert("brokerIP2", Ipv4Addr::LOCALHOST.to_string());
    }
    let mut flags = broker_flags(args.store.as_deref(), args.shards, &machine);
    flags.extend(core_flag(args.cores.as_ref()));
    flags.extend(log_flags(&args.log));
    let file = args.config.as_deref();
    let mut broker: Planned<BrokerConfig> =
        load(file, mine.clone(), flags.clone(), &machine, warn)?;
    if !broker.config.network.name_servers.contains(&own) {
        let others = broker.config.network.name_servers.iter().map(|other| format!(";{other}"));
        let servers = others.fold(own.to_string(), |list, other| list + &other);
        flags.push(("namesrvAddr", servers, "standalone"));
        broker = load(file, mine, flags, &machine, &mut |_| {})?;
    }
    if args.print || args.print_important {
        let print = |settings: &Settings| settings.print(!args.print);
        return Ok(Prepared::Print(format!(
            "# name server\n{}# broker\n{}",
            print(&nameserver.settings),
            print(&broker.settings)
        )));
    }
    let cores = cores(broker.config.cores.as_ref(), Cores::All);
    let log = broker.config.log.clone();
    let (broker, nameserver) = (Some(broker), Some(nameserver));
    let plan = StartPlan { mode: Mode::Standalone, broker, nameserver, log, cores };
    Ok(Prepared::Start(Box::new(plan)))
}

/// Defaults of a mode: key and value.
type Mine = BTreeMap<&'static str, String>;
/// Settings by flag: key, value, flag.
type Flags = Vec<(&'static str, String, &'static str)>;

fn load_nameserver(
    file: Option<&str>,
    mine: Mine,
    mut flags: Flags,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Planned<NameserverConfig>, StartFailure> {
    if let Some(file) = file {
        // As in RocketMQ, changes by request go to the file that was given.
        flags.push(("configStorePath", absolute(file, machine), "-c"));
    }
    load(file, mine, flags, machine, warn)
}

fn load<C: Configuration>(
    file: Option<&str>,
    mut mine: Mine,
    flags: Flags,
    machine: &Machine,
    warn: &mut dyn FnMut(&Warning),
) -> Result<Planned<C>, StartFailure> {
    mine.extend(machine.log.clone().map(|level| ("logLevel", level)));
    let text = file.map(|path| file::read(path).map(|text| (path, text))).transpose();
    let text = text.map_err(StartFailure::ConfigurationFile)?;
    let sources = Sources {
        host: machine.host.clone(),
        assumed: mine,
        file: text.as_ref().map(|(path, text)| (*path, text.as_slice())),
        flags,
    };
    let Loaded { config, settings, warnings } =
        C::load(sources).map_err(StartFailure::Configuration)?;
    warnings.iter().for_each(warn);
    let file = file.map(|path| absolute(path, machine).into());
    Ok(Planned { config, settings, file })
}

fn broker_flags(store: Option<&str>, shards: Option<u16>, machine: &Machine) -> Flags {
    let mut flags = Flags::new();
    if let Some(store) = store {
        // The whole store goes there, wherever the file puts its parts.
        let root = absolute(store, machine);
        flags.push(("storePathCommitLog", format!("{root}/commitlog"), "--store"));
        flags.push(("storePathRootDir", root, "--store"));
    }
    if let Some(shards) = shards {
        flags.push(("shards", shards.to_string(), "--shards"));
    }
    flags
}

fn core_flag(cores: Option<&CoreList>) -> Option<(&'static str, String, &'static str)> {
    cores.map(|cores| ("cores", cores.to_string(), "--cores"))
}

fn log_flags(args: &LogArgs) -> Flags {
    let level = args.level.clone().map(|level| ("logLevel", level, "--log"));
    let format = args.format.clone().map(|format| ("logFormat", format, "--log-format"));
    level.into_iter().chain(format).collect()
}

fn nameserver_defaults(store: &str) -> Mine {
    Mine::from([
        ("kvConfigPath", format!("{store}/namesrv/kvConfig.json")),
        ("configStorePath", format!("{store}/namesrv/namesrv.properties")),
    ])
}

/// Where a broker of this process reaches this name server.
fn own_address(config: &NameserverConfig) -> HostPort {
    let bind = config.sockets.bind;
    let host = if bind.is_unspecified() { IpAddr::V4(Ipv4Addr::LOCALHOST) } else { bind };
    HostPort { host: host.to_string(), port: config.listen_port }
}

fn cores(listed: Option<&CoreList>, otherwise: Cores) -> Cores {
    match listed {
        Some(list) => Cores::Listed(list.numbers().iter().copied().map(usize::from).collect()),
        None => otherwise,
    }
}

/// A path below the directory the process was started in, without a slash at its end.
fn absolute(path: &str, machine: &Machine) -> String {
    let joined = machine.directory.join(path.strip_prefix("./").unwrap_or(path));
    let text = joined.to_string_lossy();
    match text.trim_end_matches('/') {
        "" => "/".to_owned(),
        trimmed => trimmed.to_owned(),
    }
}
