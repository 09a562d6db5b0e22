//! `workload`: the named ones, and the digest of all that runs when no command is given.

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

use crate::command::compare::FlushName;
use crate::command::{Failure, seconds};
use crate::compare::side::{Flush, Side};
use crate::compare::table::Table;
use crate::machine::Machine;
use crate::report;
use crate::roofline::survey::Survey;
use crate::roofline::{FORMULA, efficiency};
use crate::scratch::{Scratch, file_system};
use crate::wire::address;
use crate::workload::Workload;
use crate::workload::lab::{Extent, Lab};

/// Measured time of the digest: a minute with the starts of brokers between.
const DIGEST: Duration = Duration::from_secs(45);

/// Queues and connections of the digest at most.
const DIGEST_MOST: u32 = 1000;

/// Percents of the maximum at which the digest measures tails.
const DIGEST_LOADS: [u32; 5] = [10, 25, 50, 75, 90];

/// GiB of the store that the digest starts after a kill.
const DIGEST_GIGABYTES: f64 = 0.125;

/// Measured time of one workload.
pub const TIME_DEFAULT: Duration = Duration::from_secs(20);

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
    /// Seconds in which the roofline is measured, for efficiencies; 0 for none
    #[arg(long, value_parser = seconds, default_value = "5")]
    pub roofline: Duration,
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
    /// Seconds of load on a broker that was just started, before anything is measured
    #[arg(long, value_parser = seconds, default_value = "0")]
    pub warmup: Duration,
    /// How large
    #[command(flatten)]
    pub extent: ExtentArguments,
}

/// How large workloads become.
#[derive(Clone, Debug, clap::Args)]
pub struct ExtentArguments {
    /// Queues of Q1 and connections of C1 at most
    #[arg(long, default_value_t = 100_000)]
    pub most: u32,
    /// Percents of the maximum rate at which W4 measures
    #[arg(long, value_delimiter = ',', default_value = "10,25,50,75,90")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    pub loads: Vec<u32>,
    /// GiB of the stores of F1; the issue of speed asks for 1,10,20
    #[arg(long, value_delimiter = ',', default_value = "1")]
    pub gigabytes: Vec<f64>,
}

impl From<&ExtentArguments> for Extent {
    fn from(arguments: &ExtentArguments) -> Self {
        let ExtentArguments { most, loads, gigabytes } = arguments;
        let fills = gigabytes.iter().map(|count| bytes(*count)).collect();
        Self { most: *most, loads: loads.clone(), fills }
    }
}

/// What is measured, and how.
struct Measuring {
    names: Vec<Workload>,
    flushes: Vec<Flush>,
    time: Duration,
    warm_up: Duration,
    extent: Extent,
}

/// Runs and reports.
pub fn run(arguments: &WorkloadArguments) -> Result<(), Failure> {
    let measuring = Measuring {
        names: arguments.names.clone(),
        flushes: arguments.flush.iter().map(|name| (*name).into()).collect(),
        time: arguments.place.seconds.unwrap_or(TIME_DEFAULT),
        warm_up: arguments.warmup,
        extent: (&arguments.extent).into(),
    };
    let side = side(&arguments.place)?;
    for workload in &arguments.names {
        if let Some(why) = workload.impossible(&side) {
            let text = format!("{} cannot be measured here: {why}", workload.name());
            return Err(Failure::Faults(text));
        }
    }
    measure(&arguments.place, side, measuring)
}

/// Runs all of them for a short time each.
pub fn digest(place: &PlaceArguments) -> Result<(), Failure> {
    let side = side(place)?;
    let possible = |workload: &Workload| workload.impossible(&side).is_none();
    let names: Vec<Workload> = Workload::ALL.into_iter().filter(possible).collect();
    let count = u32::try_from(names.len()).unwrap_or(1).max(1);
    let measuring = Measuring {
        names,
        flushes: vec![Flush::Async, Flush::Sync],
        time: place.seconds.unwrap_or(DIGEST) / count,
        warm_up: Duration::ZERO,
        extent: Extent {
            most: DIGEST_MOST,
            loads: DIGEST_LOADS.to_vec(),
            fills: vec![bytes(DIGEST_GIGABYTES)],
        },
    };
    measure(place, side, measuring)
}

fn measure(place: &PlaceArguments, side: Side, measuring: Measuring) -> Result<(), Failure> {
    let Measuring { names, flushes, time, warm_up, extent } = measuring;
    side.prepare()?;
    let flushes = match &side {
        Side::Address { address, .. } => vec![Flush::of(*address)],
        _ => flushes,
    };
    let scratch = Scratch::make(&place.store.clone().unwrap_or_else(std::env::temp_dir))?;
    let name = side.name().to_owned();
    let mut table = Table::new("workload", &[&name]);
    let mut lab = Lab {
        side,
        directory: PathBuf::new(),
        flushes,
        time,
        warm_up,
        processors: None,
        extent,
        maximum: None,
        started: Cell::new(0),
        notes: RefCell::default(),
    };
    for workload in names {
        eprintln!("{}", workload.name());
        lab.directory = scratch.path().join(workload.name());
        table.add(0, workload.run(&lab)?);
        if !workload.leaves_many_files() {
            drop(Scratch::at(lab.directory.clone()));
        }
    }
    println!("{}, stores on {}\n", Machine::this().line(), file_system(scratch.path()));
    print!("{}", table.markdown());
    lab.notes.borrow().iter().for_each(|note| println!("\n- {note}"));
    let mut efficiencies = Vec::new();
    if !place.roofline.is_zero() {
        eprintln!("roofline");
        let (_, parts) = Survey::short(place.roofline, None).take(scratch.path())?;
        for flush in &lab.flushes {
            efficiencies.extend(efficiency::of(&table, &name, *flush, &parts));
        }
        println!("\n{}\n{FORMULA}", efficiency::markdown(&name, &efficiencies));
    }
    match &place.json {
        Some(path) => report::write(path, &(Machine::this(), table, efficiencies)),
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
