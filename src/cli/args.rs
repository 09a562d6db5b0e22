//! What the command line says. One definition for `ringmq` and for the names `mqbroker`,
//! `mqnamesrv` and `mqadmin`, under which it takes what RocketMQ's scripts take.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::config::address::HostPort;
use crate::config::cores::CoreList;
use crate::config::key::{LOG_FORMATS, LOG_LEVELS};
use crate::limits::SHARDS_MAX;

use crate::admin::Operation;

use self::admin::{AdminFlags, AdminWords};
use self::store::StoreWords;
use self::tune::TuneWords;
use super::VERSION;
use super::exit::Exit;

pub mod admin;
pub mod store;
pub mod tune;

#[cfg(test)]
mod tests;

/// What to run, checked as far as the words go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Invocation {
    /// A broker.
    Broker(BrokerArgs),
    /// A name server.
    Nameserver(NameserverArgs),
    /// Both in one process.
    Standalone(StandaloneArgs),
}

/// What came of the words.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// Something to run.
    Run(Invocation),
    /// An operation on running servers.
    Admin {
        /// What.
        operation: Operation,
        /// How.
        flags: AdminFlags,
        /// Whether it is asked before something is destroyed; mqadmin does not.
        asks: bool,
    },
    /// Something to do with a store that no broker runs on.
    Store(StoreWords),
    /// Something to do with the machine.
    Tune(TuneWords),
    /// Something to measure, in the words of `ringmq-bench`.
    Bench(Vec<OsString>),
    /// Help, the version, or what is wrong; then the process ends.
    Say {
        /// What to say.
        text: StyledStr,
        /// The status to end with; [`Exit::Usage`] is said on standard error.
        exit: Exit,
    },
}

#[derive(Parser)]
#[command(
    name = "ringmq",
    version = VERSION,
    about = "A message broker and name server that RocketMQ applications use unchanged",
    long_about = "A message broker and name server that RocketMQ applications use unchanged.\n\n\
        Without a command it runs name server and broker in one process, for this machine:\n\
        clients connect to localhost:9876. Each server of a cluster has its own command.",
    propagate_version = true,
    args_conflicts_with_subcommands = true
)]
struct Line {
    #[command(subcommand)]
    command: Option<Words>,
    #[command(flatten)]
    standalone: StandaloneArgs,
}

#[derive(Subcommand)]
enum Words {
    /// Run name server and broker in one process (the default).
    Standalone(StandaloneArgs),
    /// Run a name server.
    Namesrv(NameserverArgs),
    /// Run a broker.
    Broker(BrokerArgs),
    /// Look at running servers, and change their topics, offsets and settings.
    Admin(AdminWords),
    /// Look at a store that no broker runs on.
    #[command(subcommand)]
    Store(StoreWords),
    /// Look at the machine under a broker, and tune it.
    #[command(subcommand)]
    Tune(TuneWords),
    /// Measure brokers with ringmq-bench, which lies beside this program.
    #[command(disable_help_flag = true)]
    Bench(BenchArgs),
}

/// The words of `ringmq bench`: those of `ringmq-bench`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct BenchArgs {
    /// As ringmq-bench takes them; --help shows them.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<OsString>,
}

/// Flags about the log, which all servers share.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct LogArgs {
    /// What is logged; can be changed at run time by the key logLevel [default: info].
    #[arg(long = "log", value_name = "LEVEL", value_parser = LOG_LEVELS)]
    pub level: Option<String>,
    /// How the log is written [default: plain].
    #[arg(long = "log-format", value_name = "FORMAT", value_parser = LOG_FORMATS)]
    pub format: Option<String>,
}

/// Flags of `ringmq broker` and of `mqbroker`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct BrokerArgs {
    /// Configuration file: RocketMQ's broker.conf, unchanged.
    #[arg(short = 'c', long = "configFile", alias = "config", value_name = "FILE")]
    pub config: Option<String>,
    /// Name servers to register with, as HOST:PORT;HOST:PORT.
    #[arg(short = 'n', long = "namesrvAddr", value_name = "ADDRESSES", value_parser = servers)]
    pub name_servers: Option<String>,
    /// Print all effective settings and end.
    #[arg(short = 'p', long = "printConfigItem")]
    pub print: bool,
    /// Print the important effective settings and end.
    #[arg(short = 'm', long = "printImportantConfig")]
    pub print_important: bool,
    /// Directory of the store, commit log included.
    #[arg(long, value_name = "DIR", value_parser = directory)]
    pub store: Option<String>,
    /// Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed].
    #[arg(long, value_name = "CORES")]
    pub cores: Option<CoreList>,
    /// Logs a new store is made of; frozen with it [default: one per core].
    #[arg(long, value_name = "N", value_parser = shards())]
    pub shards: Option<u16>,
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `ringmq namesrv` and of `mqnamesrv`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct NameserverArgs {
    /// Configuration file: RocketMQ's namesrv.conf, unchanged.
    #[arg(short = 'c', long = "configFile", alias = "config", value_name = "FILE")]
    pub config: Option<String>,
    /// Taken for the sake of RocketMQ's scripts; a name server knows no other.
    #[arg(short = 'n', long = "namesrvAddr", value_name = "ADDRESSES", value_parser = servers)]
    pub name_servers: Option<String>,
    /// Print all effective settings and end.
    #[arg(short = 'p', long = "printConfigItem")]
    pub print: bool,
    /// Directory that its own files are kept below.
    #[arg(long, value_name = "DIR", value_parser = directory)]
    pub store: Option<String>,
    /// The processor core to run on; of several the first [default: the first that is allowed].
    #[arg(long, value_name = "CORES")]
    pub cores: Option<CoreList>,
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Flags of `ringmq standalone` and of a bare `ringmq`.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct StandaloneArgs {
    /// Configuration file of the broker: RocketMQ's broker.conf, unchanged.
    #[arg(short = 'c', long = "configFile", alias = "config", value_name = "FILE")]
    pub config: Option<String>,
    /// Configuration file of the name server: RocketMQ's namesrv.conf, unchanged.
    #[arg(long = "namesrvConfigFile", alias = "namesrv-config", value_name = "FILE")]
    pub nameserver_config: Option<String>,
    /// Print all effective settings and end.
    #[arg(short = 'p', long = "printConfigItem")]
    pub print: bool,
    /// Print the important effective settings and end.
    #[arg(short = 'm', long = "printImportantConfig")]
    pub print_important: bool,
    /// Directory of the store [default: ./ringmq-data].
    #[arg(long, value_name = "DIR", value_parser = directory)]
    pub store: Option<String>,
    /// Processor cores to run on, such as 0-1 or 0,2,4 [default: all that are allowed].
    #[arg(long, value_name = "CORES")]
    pub cores: Option<CoreList>,
    /// Logs a new store is made of; frozen with it [default: one per core].
    #[arg(long, value_name = "N", value_parser = shards())]
    pub shards: Option<u16>,
    /// The log.
    #[command(flatten)]
    pub log: LogArgs,
}

/// Reads the words. The first is the name it runs under: `mqbroker`, `mqnamesrv` and `mqadmin`, as
/// links to this program, are their commands.
pub fn parse(words: impl IntoIterator<Item = OsString>) -> Parsed {
    let words: Vec<OsString> = words.into_iter().collect();
    let name = words.first().and_then(|word| Path::new(word).file_name());
    let command = accepted(name.and_then(|name| name.to_str()).unwrap_or_default());
    let read = command.clone().try_get_matches_from(&words).and_then(|matches| {
        Ok(match command.get_name() {
            "mqbroker" => Parsed::Run(Invocation::Broker(BrokerArgs::from_arg_matches(&matches)?)),
            "mqnamesrv" => {
                Parsed::Run(Invocation::Nameserver(NameserverArgs::from_arg_matches(&matches)?))
            }
            "mqadmin" => {
                let AdminWords { flags, operation } = AdminWords::from_arg_matches(&matches)?;
                Parsed::Admin { operation, flags, asks: false }
            }
            _ => {
                let line = Line::from_arg_matches(&matches)?;
                Parsed::Run(match line.command {
                    None => Invocation::Standalone(line.standalone),
                    Some(Words::Standalone(args)) => Invocation::Standalone(args),
                    Some(Words::Namesrv(args)) => Invocation::Nameserver(args),
                    Some(Words::Broker(args)) => Invocation::Broker(args),
                    Some(Words::Admin(AdminWords { flags, operation })) => {
                        return Ok(Parsed::Admin { operation, flags, asks: true });
                    }
                    Some(Words::Store(words)) => return Ok(Parsed::Store(words)),
                    Some(Words::Tune(words)) => return Ok(Parsed::Tune(words)),
                    Some(Words::Bench(args)) => return Ok(Parsed::Bench(args.words)),
                })
            }
        })
    });
    match read {
        Ok(parsed) => parsed,
        Err(error) => {
            let asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
            let exit = if asked { Exit::Success } else { Exit::Usage };
            Parsed::Say { text: error.render(), exit }
        }
    }
}

/// What is taken under a name: the definition, and mqadmin's names for what `ringmq admin` does.
pub fn accepted(name: &str) -> clap::Command {
    let command = definition(name);
    match command.get_name() {
        "ringmq" => command.mut_subcommand("admin", admin::with_java_names),
        _ => command,
    }
}

/// The definition of the command line under a name; manual pages and completions come from it.
pub fn definition(name: &str) -> clap::Command {
    let command = match name {
        "mqbroker" => BrokerArgs::augment_args(clap::Command::new("mqbroker"))
            .version(VERSION)
            .about("Run a RingMQ broker, with the flags of RocketMQ's mqbroker"),
        "mqnamesrv" => NameserverArgs::augment_args(clap::Command::new("mqnamesrv"))
            .version(VERSION)
            .about("Run a RingMQ name server, with the flags of RocketMQ's mqnamesrv"),
        "mqadmin" => admin::mqadmin(clap::Command::new("mqadmin"))
            .version(VERSION)
            .about("Administer running servers, with the flags of RocketMQ's mqadmin"),
        _ => Line::command(),
    };
    command.after_help("--help has examples and the exit statuses.").after_long_help(format!(
        "Examples:\n{EXAMPLES}\nEnvironment:\n{ENVIRONMENT}\nExit statuses:\n{}",
        Exit::table()
    ))
}

const EXAMPLES: &str = "  \
  ringmq
      name server and broker for this machine, store in ./ringmq-data
  ringmq namesrv -c namesrv.conf
      a name server
  ringmq broker -c broker.conf -n \"10.0.0.1:9876;10.0.0.2:9876\"
      a broker of a cluster with two name servers
  ringmq broker -c broker.conf -p
      check a configuration: print what holds, warn about the rest
  ringmq admin topic create orders --queues 16 -n 10.0.0.1:9876
      make a topic on all masters
  ringmq admin offset show readers --format json
      how far a consumer group is
  ringmq store check /data/store
      verify a store, RingMQ's or RocketMQ's, that no broker runs on
  ringmq store dump /data/store --topic orders --key 4711
      records as JSON lines
  ringmq tune check --store /data/ringmq
      what this machine is set to, what is wanted, and why
  ringmq bench --seconds 30
      measure this machine's broker with every workload, for half a minute
  ln -s ringmq mqbroker; ./mqbroker -c broker.conf
      take the place of RocketMQ's own script
";

const ENVIRONMENT: &str = "  \
  NAMESRV_ADDR  name servers of a broker when neither -n nor the file names any, and those that
                admin asks without -n
  RINGMQ_LOG    what is logged when neither --log nor the file says it
";

fn servers(text: &str) -> Result<String, &'static str> {
    match HostPort::parse_list(text) {
        Ok(list) if !list.is_empty() => Ok(text.to_owned()),
        _ => Err("write HOST:PORT, several separated by semicolons and quoted"),
    }
}

fn directory(text: &str) -> Result<String, &'static str> {
    match text.is_empty() {
        true => Err("name a directory"),
        false => Ok(text.to_owned()),
    }
}

fn shards() -> clap::builder::RangedI64ValueParser<u16> {
    clap::value_parser!(u16).range(1..=i64::from(SHARDS_MAX))
}
