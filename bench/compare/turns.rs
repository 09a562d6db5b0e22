//! The turns of the sides, and what came of them.

use std::cell::{Cell, RefCell};
use std::path::Path;
use std::time::Duration;

use rustix::thread::CpuSet;

use crate::command::Failure;
use crate::compare::side::{Flush, Side};
use crate::compare::table::Table;
use crate::compare::visit::{self, Figure, Lengths};
use crate::roofline::Parts;
use crate::roofline::survey::Survey;
use crate::scratch::Scratch;
use crate::workload::Workload;
use crate::workload::lab::{Extent, Lab};
use crate::workload::sends;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who.
    pub sides: Vec<Side>,
    /// Flush modes.
    pub flushes: Vec<Flush>,
    /// Rounds.
    pub rounds: u32,
    /// By which workloads; by visits, if there are none.
    pub workloads: Vec<Workload>,
    /// How long the parts of a visit last.
    pub lengths: Lengths,
    /// How long a workload measures.
    pub time: Duration,
    /// How large workloads become.
    pub extent: Extent,
    /// How long the roofline is measured in each round; not at all if zero.
    pub roofline: Duration,
    /// Processors of the servers, if not all.
    pub processors: Option<CpuSet>,
}

/// What was measured.
#[derive(Debug)]
pub struct Outcome {
    /// A table for each flush mode.
    pub tables: Vec<(Flush, Table)>,
    /// The medians of the roofline's parts, if they were measured.
    pub parts: Option<Parts>,
    /// What else is to be known: how rates were found, what was left out, what failed.
    pub notes: Vec<String>,
    /// Turns that failed.
    pub failed: u32,
}

/// Gives all sides their turns. A turn that fails is noted and costs no other turn.
///
/// # Errors
/// The roofline cannot be measured.
pub fn run(plan: &Plan, directory: &Path) -> Result<Outcome, Failure> {
    let names: Vec<&str> = plan.sides.iter().map(Side::name).collect();
    let table = |flush: &Flush| (*flush, Table::new(flush.name(), &names));
    let tables = plan.flushes.iter().map(table).collect();
    let outcome = Outcome { tables, parts: None, notes: Vec::new(), failed: 0 };
    let mut turns = Turns { plan, directory, taken: 0, outcome };
    let maxima: Vec<Option<f64>> = plan.flushes.iter().map(|flush| turns.maximum(*flush)).collect();
    let mut rooflines = Vec::new();
    for round in 1..=plan.rounds {
        if !plan.roofline.is_zero() {
            eprintln!("round {round} of {}: roofline", plan.rounds);
            let survey = Survey::short(plan.roofline, plan.processors.as_ref());
            rooflines.push(survey.take(directory)?.1);
        }
        for (flush, maximum) in plan.flushes.iter().zip(&maxima) {
            turns.round(round, *flush, *maximum);
        }
    }
    let mut outcome = turns.outcome;
    outcome.parts = Parts::median(&rooflines);
    Ok(outcome)
}

struct Turns<'a> {
    plan: &'a Plan,
    directory: &'a Path,
    /// Turns so far; each has a directory of its own.
    taken: u32,
    outcome: Outcome,
}

impl Turns<'_> {
    /// The rate whose percents W4 sends at, the same to all sides: the maximum of the slowest.
    fn maximum(&mut self, flush: Flush) -> Option<f64> {
        if !self.plan.workloads.contains(&Workload::Tails) {
            return None;
        }
        let mut slowest: Option<(f64, &str)> = None;
        for (index, side) in self.plan.sides.iter().enumerate() {
            let mut rate = None;
            self.turn(flush, index, None, "W4, maximum", |lab| {
                let most = sends::maximum(lab, flush)?;
                rate = Some(most.messages_per_second);
                Ok(sends::maximum_of(flush, &most))
            });
            if let Some(rate) = rate.filter(|rate| slowest.is_none_or(|(least, _)| *rate < least)) {
                slowest = Some((rate, side.name()));
            }
        }
        let (rate, name) = slowest?;
        self.outcome.notes.push(format!(
            "W4 {}: percents of {rate:.0} msgs/s to every side, what {name}, the slowest, took at \
             64 in flight before the first round",
            flush.name()
        ));
        Some(rate)
    }

    fn round(&mut self, round: u32, flush: Flush, maximum: Option<f64>) {
        let plan = self.plan;
        let sides = 0..plan.sides.len();
        for index in sides.clone().filter(|_| plan.workloads.is_empty()) {
            self.turn(flush, index, None, &format!("round {round} of {}", plan.rounds), |lab| {
                let (processors, store) = (lab.processors.as_ref(), lab.store());
                visit::visit(&lab.side, flush, &store, processors, &plan.lengths)
            });
        }
        for workload in &plan.workloads {
            for index in sides.clone() {
                let what = format!("round {round} of {}, {}", plan.rounds, workload.name());
                self.turn(flush, index, Some(*workload), &what, |lab| {
                    if let Some(why) = workload.impossible(&lab.side) {
                        lab.note(format!("{}: not of this side, {why}", workload.name()));
                        return Ok(Vec::new());
                    }
                    lab.maximum = maximum;
                    workload.run(lab)
                });
            }
        }
    }

    /// One turn of one side at a workload, or a visit, which is measured by `measure`.
    fn turn(
        &mut self,
        flush: Flush,
        index: usize,
        workload: Option<Workload>,
        what: &str,
        measure: impl FnOnce(&mut Lab) -> Result<Vec<Figure>, Failure>,
    ) {
        let Some(side) = self.plan.sides.get(index) else { return };
        // A broker that somebody else runs flushes as it does.
        if matches!(side, Side::Address { address, .. } if Flush::of(*address) != flush) {
            return;
        }
        eprintln!("{what}: {}, {}", flush.name(), side.name());
        self.taken += 1;
        let directory = self.directory.join(self.taken.to_string());
        let mut lab = Lab {
            side: side.clone(),
            directory: directory.clone(),
            flushes: vec![flush],
            time: self.plan.time,
            warm_up: self.plan.lengths.warm_up,
            processors: self.plan.processors,
            extent: self.plan.extent.clone(),
            maximum: None,
            started: Cell::new(0),
            notes: RefCell::default(),
        };
        let measured = measure(&mut lab);
        if !workload.is_some_and(Workload::leaves_many_files) {
            drop(Scratch::at(directory));
        }
        let mut notes = lab.notes.into_inner();
        match measured {
            Ok(figures) => {
                let tables = &mut self.outcome.tables;
                let table = tables.iter_mut().find(|(mode, _)| *mode == flush);
                table.into_iter().for_each(|(_, table)| table.add(index, figures.clone()));
            }
            Err(failure) => {
                eprintln!("{what}: {failure}");
                self.outcome.failed += 1;
                notes.push(format!("{what}: failed: {failure}"));
            }
        }
        for note in notes {
            let note = format!("{}, {}: {note}", side.name(), flush.name());
            if !self.outcome.notes.contains(&note) {
                self.outcome.notes.push(note);
            }
        }
    }
}
