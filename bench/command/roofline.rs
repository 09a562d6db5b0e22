//! `roofline`: what this machine could do at best.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::command::{Failure, seconds};
use crate::compare::side::{Engine, Flush, Running, Side};
use crate::compare::table::Table;
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge;
use crate::load::pull::PullPlan;
use crate::load::send::SendPlan;
use crate::load::target::{LoadError, Target};
use crate::load::window::{Percentiles, Span};
use crate::machine::Machine;
use crate::process::{Watched, mib};
use crate::report;
use crate::roofline::disk::{Disk, Way};
use crate::roofline::{FORMULA, Parts, RECORD_OVERHEAD, memory};
use crate::scratch::{Scratch, file_system};

/// Lengths of the batches that a log writes, in KiB.
const BATCHES_KIB: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];

/// Parts of the measuring that last equally long: the writes, and reading, memory, two depths.
const PARTS: u32 = 7 * 3 + 4;

/// Flags of `roofline`.
#[derive(Clone, Debug, clap::Args)]
pub struct RooflineArguments {
    /// Where the file is made, and removed again [default: in the directory for temporary files]
    #[arg(long)]
    pub store: Option<PathBuf>,
    /// Length of the file in MiB
    #[arg(long, default_value_t = 256, value_parser = clap::value_parser!(u64).range(1..=65_536))]
    pub file_mib: u64,
    /// Seconds that all measuring takes
    #[arg(long, value_parser = seconds, default_value = "25")]
    pub seconds: Duration,
    /// Bytes of a body
    #[arg(long, short, default_value_t = 1024)]
    pub size: usize,
    /// Messages in flight against the do-nothing server
    #[arg(long, short, default_value_t = 64)]
    pub depth: u32,
    /// Write the report as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// What `roofline` reports.
#[derive(Clone, Debug, Serialize)]
pub struct RooflineReport {
    /// Where.
    pub machine: Machine,
    /// File system of the file.
    pub file_system: String,
    /// All figures.
    pub table: Table,
    /// What rooflines are computed of.
    pub parts: Parts,
}

/// Measures and reports.
pub fn run(arguments: &RooflineArguments) -> Result<(), Failure> {
    let parent = arguments.store.clone().unwrap_or_else(std::env::temp_dir);
    let scratch = Scratch::make(&parent)?;
    let each = arguments.seconds / PARTS;
    let mut parts = Parts::default();
    let mut table = Table::new("roofline", &["this machine"]);
    table.add(0, floor(arguments, &scratch, each, &mut parts)?);
    table.add(0, disk(arguments, &scratch, each, &mut parts)?);
    parts.copy = memory::copy_and_check(each);
    table.add(0, vec![figure("copy + crc32, MiB/s", Better::More, rounded_mib(parts.copy))]);
    let bytes = f64::from(u32::try_from(arguments.size).unwrap_or(u32::MAX)) + RECORD_OVERHEAD;
    table.add(
        0,
        vec![
            figure("roofline of sends, ASYNC: msgs/s", Better::More, parts.send(bytes, false)),
            figure("roofline of sends, SYNC: msgs/s", Better::More, parts.send(bytes, true)),
            figure("roofline of pulls from the disk: msgs/s", Better::More, parts.pull(bytes)),
        ],
    );
    let file_system = file_system(scratch.path());
    let report = RooflineReport { machine: Machine::this(), file_system, table, parts };
    println!("{}, file on {}\n", report.machine.line(), report.file_system);
    print!("{}", report.table.markdown());
    println!("\n{FORMULA}");
    match &arguments.json {
        Some(path) => report::write(path, &report),
        None => Ok(()),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate in bytes")]
fn rounded_mib(bytes_per_second: f64) -> f64 {
    mib(bytes_per_second as u64)
}

fn floor(
    arguments: &RooflineArguments,
    scratch: &Scratch,
    each: Duration,
    parts: &mut Parts,
) -> Result<Vec<Figure>, Failure> {
    let side = Side::Floor(std::env::current_exe()?, Engine::Ring);
    let running: Running = side.start(&scratch.path().join("floor"), Flush::Async, None)?;
    let server = running.pid().map(Watched);
    let target = Target::new(running.address, "RingmqBench", 8);
    let mut figures = Vec::new();
    for (depth, connections) in [(1, 1), (arguments.depth, 4)] {
        let span = Span { warm_up: each / 8, duration: Some(each), count: None };
        let sizes = crate::load::sizes::Sizes::one(arguments.size);
        let plan = SendPlan { sizes, depth, connections, span, ..SendPlan::new(target.clone()) };
        let sent = gauge::send(&plan, server)?;
        let named = |what: &str| format!("do-nothing, {depth} in flight: {what}");
        figures.push(figure(named("msgs/s"), Better::More, sent.messages_per_second));
        figures.push(figure(named("p50, us"), Better::Less, sent.latency.p50));
        figures.push(figure(named("p99, us"), Better::Less, sent.latency.p99));
        let cpu = sent.cpu_us.unwrap_or(f64::NAN);
        figures.push(figure(named("server CPU, us a message"), Better::Less, cpu));
        parts.floor_send = sent.messages_per_second;
    }
    let pulled = gauge::pull(&PullPlan::new(target), &[0; 8], server)?;
    figures.push(figure("do-nothing, pull: msgs/s", Better::More, pulled.messages_per_second));
    parts.floor_pull = pulled.messages_per_second;
    Ok(figures)
}

fn disk(
    arguments: &RooflineArguments,
    scratch: &Scratch,
    each: Duration,
    parts: &mut Parts,
) -> Result<Vec<Figure>, Failure> {
    let disk = Disk::fill(scratch.path(), arguments.file_mib << 20)?;
    let mut figures = Vec::new();
    for way in Way::ALL {
        for kib in BATCHES_KIB {
            let written = disk.write(kib * 1024, way, each)?;
            let latency = Percentiles::of(&written.latency);
            let named = |what: &str| format!("{}, {kib} KiB: {what}", way.name());
            figures.push(figure(named("p50, us"), Better::Less, latency.p50));
            figures.push(figure(named("p99, us"), Better::Less, latency.p99));
            let rate = rounded_mib(written.bytes_per_second);
            figures.push(figure(named("MiB/s"), Better::More, rate));
            match way {
                Way::Direct => parts.write_async = parts.write_async.max(written.bytes_per_second),
                _ => parts.write_sync = parts.write_sync.max(written.bytes_per_second),
            }
        }
    }
    parts.read = disk.read(each).map_err(LoadError::from)?;
    figures.push(figure("sequential read, MiB/s", Better::More, rounded_mib(parts.read)));
    Ok(figures)
}
