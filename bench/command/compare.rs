//! `compare`: brokers beside each other on the same cores.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;

use crate::command::workload::{ExtentArguments, TIME_DEFAULT};
use crate::command::{Failure, seconds};
use crate::compare::child;
use crate::compare::java;
use crate::compare::side::{Engine, Flush, Side};
use crate::compare::table::Table;
use crate::compare::targets::{self, Seen, Target};
use crate::compare::turns::{self, Outcome, Plan};
use crate::compare::visit::Lengths;
use crate::machine::Machine;
use crate::report;
use crate::roofline::efficiency::{self, Efficiency};
use crate::roofline::{FORMULA, Parts};
use crate::scratch::{Scratch, file_system};
use crate::wire::address;
use crate::workload::Workload;

/// Measured time of each depth of a visit.
const LOAD_DEFAULT: Duration = Duration::from_secs(5);

/// A side, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideName {
    /// RingMQ, from --ringmq
    Ringmq,
    /// Apache RocketMQ 5.5.0, fetched through Maven
    Java,
    /// The server that does nothing, on RingMQ's runtime, as roofline
    Floor,
    /// The same from one thread with epoll
    FloorEpoll,
}

/// A flush mode, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FlushName {
    /// ASYNC_FLUSH
    Async,
    /// SYNC_FLUSH
    Sync,
}

impl From<FlushName> for Flush {
    fn from(name: FlushName) -> Self {
        match name {
            FlushName::Async => Self::Async,
            FlushName::Sync => Self::Sync,
        }
    }
}

/// Flags of `compare`.
#[derive(Clone, Debug, clap::Args)]
pub struct CompareArguments {
    /// Who takes part; ratios are of the first to each of the others
    #[arg(long, value_enum, value_delimiter = ',', default_value = "ringmq,java", num_args = 0..)]
    pub sides: Vec<SideName>,
    /// A broker that runs already, beside those of --sides; may be given again
    #[arg(long = "side", value_name = "NAME=HOST:PORT[,PID]")]
    pub addresses: Vec<String>,
    /// RingMQ's binary [default: beside this program]
    #[arg(long)]
    pub ringmq: Option<PathBuf>,
    /// A line for RingMQ's broker.conf, such as shards=1; may be given again
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub settings: Vec<String>,
    /// Flush modes
    #[arg(long, value_enum, value_delimiter = ',', default_value = "async,sync")]
    pub flush: Vec<FlushName>,
    /// Workloads to compare by, such as W1,R2; may be given again [default: sends at three depths
    /// and a pull of what they stored, from each broker's boot to its stop]
    #[arg(long = "workload", value_name = "NAME", value_enum, ignore_case = true)]
    #[arg(value_delimiter = ',')]
    pub workloads: Vec<Workload>,
    /// How large
    #[command(flatten)]
    pub extent: ExtentArguments,
    /// Rounds; each gives every side its turn in each flush mode
    #[arg(long, default_value_t = 3)]
    pub rounds: u32,
    /// Measured seconds: at each depth (5), or of each workload in all (20)
    #[arg(long, value_parser = seconds)]
    pub seconds: Option<Duration>,
    /// Seconds in which the roofline is measured in each round, for efficiencies; 0 for none
    #[arg(long, value_parser = seconds, default_value = "5")]
    pub roofline: Duration,
    /// Seconds of load before anything is measured, at 64 in flight
    #[arg(long, value_parser = seconds, default_value = "5")]
    pub warmup: Duration,
    /// Seconds of idling after the load that are measured
    #[arg(long, value_parser = seconds, default_value = "5")]
    pub idle: Duration,
    /// Seconds from the first send, and from the last pull, to the look at memory
    #[arg(long, value_parser = seconds, default_value = "2")]
    pub settle: Duration,
    /// Processors that every server runs on, such as 0-1 [default: all]
    #[arg(long)]
    pub cpus: Option<String>,
    /// Heap of the Java broker
    #[arg(long, default_value = "2g")]
    pub heap: String,
    /// Where the Java jars are kept [default: in the directory for temporary files]
    #[arg(long)]
    pub jars: Option<PathBuf>,
    /// Where the stores are made, and removed again [default: in the directory for temporary files]
    #[arg(long)]
    pub store: Option<PathBuf>,
    /// Write all numbers as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Write the tables to a file too
    #[arg(long)]
    pub markdown: Option<PathBuf>,
}

/// What `compare` reports.
#[derive(Clone, Debug, Serialize)]
pub struct CompareReport {
    /// Where.
    pub machine: Machine,
    /// File system of the stores.
    pub file_system: String,
    /// One for each flush mode.
    pub tables: Vec<Table>,
    /// What else is to be known of the tables.
    pub notes: Vec<String>,
    /// What rooflines are computed of, if they were measured.
    pub parts: Option<Parts>,
    /// The first side's figures beside their rooflines.
    pub efficiencies: Vec<Efficiency>,
    /// What RingMQ is to reach, as far as it was measured.
    pub targets: Vec<Target>,
}

/// Runs and reports.
pub fn run(arguments: &CompareArguments) -> Result<(), Failure> {
    let sides = sides(arguments)?;
    sides.iter().try_for_each(Side::prepare)?;
    let parent = arguments.store.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = Scratch::make(&parent)?;
    let plan = plan(arguments, sides)?;
    let Outcome { tables, parts, notes, failed } = turns::run(&plan, scratch.path())?;
    let first = plan.sides.first().map_or("", Side::name);
    let mut efficiencies = Vec::new();
    for ((flush, table), parts) in tables.iter().zip(parts.iter().cycle()) {
        efficiencies.extend(efficiency::of(table, first, *flush, parts));
    }
    let targets = Seen { tables: &tables, parts: parts.as_ref() }.targets();
    let report = CompareReport {
        machine: Machine::this(),
        file_system: file_system(scratch.path()),
        tables: tables.into_iter().map(|(_, table)| table).collect(),
        notes,
        parts,
        efficiencies,
        targets,
    };
    publish(arguments, &report, first)?;
    match failed {
        0 => Ok(()),
        _ => Err(Failure::Faults(format!("{failed} turns failed; see the notes"))),
    }
}

fn plan(arguments: &CompareArguments, sides: Vec<Side>) -> Result<Plan, Failure> {
    let seconds = |default| arguments.seconds.unwrap_or(default);
    Ok(Plan {
        sides,
        flushes: arguments.flush.iter().map(|name| Flush::from(*name)).collect(),
        rounds: arguments.rounds,
        workloads: arguments.workloads.clone(),
        lengths: Lengths {
            settle: arguments.settle,
            idle: arguments.idle,
            warm_up: arguments.warmup,
            load: seconds(LOAD_DEFAULT),
        },
        time: seconds(TIME_DEFAULT),
        extent: (&arguments.extent).into(),
        roofline: arguments.roofline,
        processors: arguments.cpus.as_deref().map(child::processors).transpose()?,
    })
}

fn publish(
    arguments: &CompareArguments,
    report: &CompareReport,
    first: &str,
) -> Result<(), Failure> {
    let mut text = format!("{}, stores on {}\n", report.machine.line(), report.file_system);
    text.push_str(&format!("`{}`\n", report.machine.command.join(" ")));
    for table in report.tables.iter().filter(|table| !table.rows.is_empty()) {
        text.extend(["\n", &table.markdown()]);
    }
    if !report.notes.is_empty() {
        text.push('\n');
        report.notes.iter().for_each(|note| text.extend(["- ", note, "\n"]));
    }
    if !report.efficiencies.is_empty() {
        let table = efficiency::markdown(first, &report.efficiencies);
        text.extend(["\n", &table, "\n```\n", FORMULA, "\n```\n"]);
    }
    if !report.targets.is_empty() {
        text.extend(["\n", &targets::markdown(&report.targets)]);
    }
    print!("{text}");
    if let Some(path) = &arguments.markdown {
        fs::write(path, &text)?;
    }
    match &arguments.json {
        Some(path) => report::write(path, report),
        None => Ok(()),
    }
}

fn sides(arguments: &CompareArguments) -> Result<Vec<Side>, Failure> {
    let program = std::env::current_exe()?;
    let beside = program.with_file_name("ringmq");
    let side = |name: &SideName| match name {
        SideName::Ringmq => {
            let binary = arguments.ringmq.clone().unwrap_or(beside.clone());
            Side::RingMq(binary, arguments.settings.clone())
        }
        SideName::Java => {
            let jars = arguments.jars.clone().unwrap_or_else(java::default_jars);
            Side::Java(jars, arguments.heap.clone())
        }
        SideName::Floor => Side::Floor(program.clone(), Engine::Ring),
        SideName::FloorEpoll => Side::Floor(program.clone(), Engine::Epoll),
    };
    let mut sides: Vec<Side> = arguments.sides.iter().map(side).collect();
    for text in &arguments.addresses {
        sides.push(address_side(text)?);
    }
    Ok(sides)
}

/// Reads `NAME=HOST:PORT[,PID]`.
fn address_side(text: &str) -> Result<Side, Failure> {
    let wrong = || Failure::Faults(format!("--side {text}: write NAME=HOST:PORT[,PID]"));
    let (name, rest) = text.split_once('=').ok_or_else(wrong)?;
    let (address, pid) = match rest.split_once(',') {
        Some((address, pid)) => (address, Some(pid.trim().parse().map_err(|_| wrong())?)),
        None => (rest, None),
    };
    Ok(Side::Address { name: name.trim().to_owned(), address: address::resolve(address)?, pid })
}
