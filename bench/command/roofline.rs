//! `roofline`: what this machine could do at best.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::command::{Failure, seconds};
use crate::compare::table::Table;
use crate::compare::visit::{Better, figure};
use crate::machine::Machine;
use crate::report;
use crate::roofline::disk::Way;
use crate::roofline::survey::Survey;
use crate::roofline::{FORMULA, Parts, RECORD_OVERHEAD};
use crate::scratch::{Scratch, file_system};

/// Lengths of the batches that a log writes, in KiB.
const BATCHES_KIB: [usize; 7] = [4, 8, 16, 32, 64, 128, 256];

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
    let survey = Survey {
        time: arguments.seconds,
        file_bytes: arguments.file_mib << 20,
        size: arguments.size,
        depth: arguments.depth,
        lengths: &BATCHES_KIB,
        ways: &Way::ALL,
        processors: None,
    };
    let (figures, parts) = survey.take(scratch.path())?;
    let mut table = Table::new("roofline", &["this machine"]);
    table.add(0, figures);
    let bytes = f64::from(u32::try_from(arguments.size).unwrap_or(u32::MAX)) + RECORD_OVERHEAD;
    let p50 = |sync| parts.send_p50(bytes, sync);
    table.add(
        0,
        vec![
            figure("roofline of sends, ASYNC: msgs/s", Better::More, parts.send(bytes, false)),
            figure("roofline of sends, SYNC: msgs/s", Better::More, parts.send(bytes, true)),
            figure("roofline of a send, ASYNC: p50, us", Better::Less, p50(false)),
            figure("roofline of a send, SYNC: p50, us", Better::Less, p50(true)),
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
