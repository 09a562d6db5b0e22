//! `workload`: the named ones, and the digest of all that runs when no command is given.

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

use crate::command::compare::FlushName;
use crate::command::{Failure, seconds};
use crate::compare::side::{Flush, Side};
use crate::compare::table::Table;
use crate::machine::Machine;
use crate::report;
use crate::scratch::{Scratch, file_system};
use crate::wire::address;
use crate::workload::Workload;
use crate::workload::lab::Lab;

/// Measured time of the digest: a minute with the starts of brokers between.
const DIGEST: Duration = Duration::from_secs(45);

/// Queues and connections of the digest at most.
const DIGEST_MOST: u32 = 1000;

/// GiB of the store that the digest starts after a kill.
const DIGEST_GIGABYTES: f64 = 0.125;

/// Measured time of one workload.
const TIME_DEFAULT: Duration = Duration::from_secs(20);

/// Which broker, and what comes of it.
#[derive(Clone, Debug, clap::Args)]
pub struct PlaceArguments {
    /// A broker that runs, host:port, instead of starting one
    #[arg(long)]
    pub addr: Option<String>,
    /// Process of the broker at --addr, to measure what it costs
    #[arg(long, requires = "addr")]
    pub pid: Option<u32>,
    /// RingMQ's binary, to be started on an empty store [default: beside this program]
    #[arg(long, value_name = "PATH", conflicts_with = "addr")]
    pub binary: Option<PathBuf>,
    /// A line for RingMQ's broker.conf, such as shards=1; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE", conflicts_with = "addr")]
    pub settings: Vec<String>,
    /// Where stores are made, and removed again [default: in the directory for temporary files]
    #[arg(long)]
    pub store: Option<PathBuf>,
    /// Measured seconds: of each workload (20), of the digest in all (45)
    #[arg(long, value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// Write all numbers as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// Flags of `workload`.
#[derive(Clone, Debug, clap::Args)]
pub struct WorkloadArguments {
    /// Which
    #[arg(value_enum, ignore_case = true, required = true)]
    pub names: Vec<Workload>,
    /// Broker and report
    #[command(flatten)]
    pub place: PlaceArguments,
    /// Flush modes of a broker that is started; workloads other than W1 to W4 take the first
    #[arg(long, value_enum, value_delimiter = ',', default_value = "async,sync")]
    pub flush: Vec<FlushName>,
    /// Queues of Q1 and connections of C1 at most
    #[arg(long, default_value_t = 65_536)]
    pub most: u32,
    /// GiB of the stores of F1; the issue of speed asks for 1,10,20
    #[arg(long, value_delimiter = ',', default_value = "1")]
    pub gigabytes: Vec<f64>,
}

/// Runs and reports.
pub fn run(arguments: &WorkloadArguments) -> Result<(), Failure> {
    let flushes = arguments.flush.iter().map(|name| (*name).into()).collect();
    let time = arguments.place.seconds.unwrap_or(TIME_DEFAULT);
    let gigabytes = &arguments.gigabytes;
    measure(&arguments.place, &arguments.names, flushes, time, arguments.most, gigabytes)
}

/// Runs all of them for a short time each.
pub fn digest(place: &PlaceArguments) -> Result<(), Failure> {
    let can = |workload: &Workload| match place.addr {
        Some(_) if *workload == Workload::Restart => false,
        Some(_) => place.pid.is_some() || !workload.needs_process(),
        None => true,
    };
    let names: Vec<Workload> = Workload::ALL.into_iter().filter(can).collect();
    let count = u32::try_from(names.len()).unwrap_or(1).max(1);
    let time = place.seconds.unwrap_or(DIGEST) / count;
    let flushes = vec![Flush::Async, Flush::Sync];
    measure(place, &names, flushes, time, DIGEST_MOST, &[DIGEST_GIGABYTES])
}

fn measure(
    place: &PlaceArguments,
    names: &[Workload],
    flushes: Vec<Flush>,
    time: Duration,
    most: u32,
    gigabytes: &[f64],
) -> Result<(), Failure> {
    let side = side(place)?;
    side.prepare()?;
    let flushes = match &side {
        Side::Address { address, .. } => vec![Flush::of(*address)],
        _ => flushes,
    };
    let scratch = Scratch::make(&place.store.clone().unwrap_or_else(std::env::temp_dir))?;
    let title = side.name().to_owned();
    let mut table = Table::new("workload", &[&title]);
    let mut lab = Lab {
        side,
        directory: PathBuf::new(),
        flushes,
        time,
        most,
        fills: gigabytes.iter().map(|count| bytes(*count)).collect(),
        started: Cell::new(0),
    };
    for workload in names {
        eprintln!("{}", workload.name());
        let directory = Scratch::at(scratch.path().join(workload.name()));
        lab.directory = directory.path().to_owned();
        table.add(0, workload.run(&lab)?);
    }
    println!("{}, stores on {}\n", Machine::this().line(), file_system(scratch.path()));
    print!("{}", table.markdown());
    match &place.json {
        Some(path) => report::write(path, &(Machine::this(), table)),
        None => Ok(()),
    }
}

fn side(place: &PlaceArguments) -> Result<Side, Failure> {
    if let Some(addr) = &place.addr {
        let address = address::resolve(addr)?;
        return Ok(Side::Address { name: addr.clone(), address, pid: place.pid });
    }
    let beside = std::env::current_exe()?.with_file_name("ringmq");
    Ok(Side::RingMq(place.binary.clone().unwrap_or(beside), place.settings.clone()))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
fn bytes(gigabytes: f64) -> u64 {
    (gigabytes * 1024.0 * 1024.0 * 1024.0) as u64
}
