//! The commands of the program.

use clap::{Parser, Subcommand, ValueEnum};
use ringmq::protocol::Serialization;

use crate::replica::{batch, consume, plain, transaction};

pub mod compare;
pub mod floor;
pub mod pull;
pub mod roofline;
pub mod send;
pub mod workload;

/// Measures RocketMQ-compatible brokers, over a wire client of its own.
#[derive(Debug, Parser)]
#[command(name = "ringmq-bench", version, about, max_term_width = 100)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Arguments {
    /// What to do; without it, a digest of all workloads in a minute.
    #[command(subcommand)]
    pub command: Option<Task>,
    /// The digest's broker.
    #[command(flatten)]
    pub place: workload::PlaceArguments,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Send messages at a given depth or rate, check every answer, and show rate and latency
    Send(send::SendArguments),
    /// Pull a backlog from front to back and show messages per second
    Pull(pull::PullArguments),
    /// RocketMQ's own benchmark producer: same flags, same lines (-h shows them)
    #[command(disable_help_flag = true)]
    Producer(ReplicaArguments),
    /// RocketMQ's own benchmark consumer
    #[command(disable_help_flag = true)]
    Consumer(ReplicaArguments),
    /// RocketMQ's own benchmark producer of batches
    #[command(disable_help_flag = true)]
    BatchProducer(ReplicaArguments),
    /// RocketMQ's own benchmark producer of transactions
    #[command(disable_help_flag = true)]
    TransactionProducer(ReplicaArguments),
    /// Measure brokers beside each other on the same cores and print a table
    Compare(compare::CompareArguments),
    /// Run workloads by name against a broker that is started, or one that runs
    Workload(workload::WorkloadArguments),
    /// Measure what this machine could do at best: the do-nothing server, disk and memory
    Roofline(roofline::RooflineArguments),
    /// Serve the same frames and do nothing with them: the roofline of any broker
    EchoFloor(floor::FloorArguments),
}

/// Flags that RocketMQ's benchmark has; they are not clap's.
#[derive(Debug, clap::Args)]
pub struct ReplicaArguments {
    /// As RocketMQ's benchmark takes them; -h shows them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub flags: Vec<String>,
}

/// How the headers of requests are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Header {
    /// The ROCKETMQ form, as RocketMQ's own benchmark sends
    Binary,
    /// JSON, as Java clients send by default
    Json,
}

impl From<Header> for Serialization {
    fn from(header: Header) -> Self {
        match header {
            Header::Binary => Self::Binary,
            Header::Json => Self::Json,
        }
    }
}

/// Why a command ended badly. The text goes to standard error, the status is 1.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The load.
    #[error("{0}")]
    Load(#[from] crate::load::target::LoadError),
    /// The watched process.
    #[error("{0}")]
    Process(#[from] crate::process::ProcessError),
    /// A flag of RocketMQ's benchmark.
    #[error("{0}")]
    Option(#[from] crate::replica::options::OptionError),
    /// A server that was started.
    #[error("{0}")]
    Child(#[from] crate::compare::child::ChildError),
    /// The server that does nothing.
    #[error("{0}")]
    Floor(#[from] crate::floor::ring::RingError),
    /// A file or socket.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The HdrHistogram log.
    #[error("HdrHistogram log: {0}")]
    Log(String),
    /// The JSON report.
    #[error("report: {0}")]
    Report(#[from] serde_json::Error),
    /// An address.
    #[error("{0}")]
    Address(#[from] crate::wire::address::AddressError),
    /// The run went through, and its books do not add up.
    #[error("{0}")]
    Faults(String),
}

/// Runs the command.
pub fn run(arguments: Arguments) -> Result<(), Failure> {
    let Some(task) = arguments.command else { return workload::digest(&arguments.place) };
    match task {
        Task::Send(arguments) => send::run(&arguments),
        Task::Pull(arguments) => pull::run(&arguments),
        Task::Producer(arguments) => plain::run(&arguments.flags),
        Task::Consumer(arguments) => consume::run(&arguments.flags),
        Task::BatchProducer(arguments) => batch::run(&arguments.flags),
        Task::TransactionProducer(arguments) => transaction::run(&arguments.flags),
        Task::Compare(arguments) => compare::run(&arguments),
        Task::Workload(arguments) => workload::run(&arguments),
        Task::Roofline(arguments) => roofline::run(&arguments),
        Task::EchoFloor(arguments) => floor::run(&arguments),
    }
}

/// Reads a positive number of seconds, which may have a fraction.
pub fn seconds(text: &str) -> Result<std::time::Duration, String> {
    let seconds: f64 = text.trim_end_matches('s').parse().map_err(|_| "not a number".to_owned())?;
    std::time::Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_agree_with_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn seconds_may_have_a_fraction() {
        assert_eq!(seconds("1.5"), Ok(std::time::Duration::from_millis(1500)));
        assert_eq!(seconds("2s"), Ok(std::time::Duration::from_secs(2)));
        assert!(seconds("-1").is_err() && seconds("x").is_err());
    }
}
