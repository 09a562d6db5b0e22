//! The targets that RingMQ is built to reach, beside what a run measured of them.
//!
//! Ratios are of RingMQ to Java in the same round; what both sides are given is the same. A target
//! whose figures are not among the tables is not shown.

use std::fmt::Write as _;

use serde::Serialize;

use crate::compare::side::{Flush, JAVA, RINGMQ};
use crate::compare::table::{Table, median, number, ratios, spread};
use crate::roofline::{Parts, RECORD_OVERHEAD};

/// Bytes of the bodies that the targets are given for.
const BODY_BYTES: f64 = 1024.0;

/// How much longer than its bare write a durable send may take for its disk.
const DISK_ALLOWANCE: f64 = 1.3;

/// Sends at 64 in flight, as visits and as W2 call them.
const DEEP: [&str; 2] = ["send, 64 in flight: ", "W2 {}, 64 in flight: "];

/// Sends of 1 KiB at 1 in flight, as W1 and as visits call them.
const SHALLOW: [&str; 2] = ["W1 {}, 1024 B: ", "send, 1 in flight: "];

/// Pulls of what was just sent, as R1 and as visits call them.
const HOT: [&str; 2] = ["R1 hot tail, 32 a pull: ", "pull of the backlog: "];

/// One target.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Target {
    /// What is wanted.
    pub what: String,
    /// The least, or the most, that reaches it.
    pub bound: f64,
    /// Whether the bound is the least.
    pub more_is_better: bool,
    /// What was measured, by round.
    pub values: Vec<f64>,
}

impl Target {
    /// Whether the median reaches it.
    pub fn is_reached(&self) -> bool {
        let middle = median(&self.values);
        middle.is_some_and(|middle| match self.more_is_better {
            true => middle >= self.bound,
            false => middle <= self.bound,
        })
    }
}

/// The tables of a run, one for each flush mode, and what the machine could do.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The tables.
    pub tables: &'a [(Flush, Table)],
    /// The roofline's parts, if they were measured.
    pub parts: Option<&'a Parts>,
}

impl Seen<'_> {
    /// The figures of a side in a flush mode, under the first of the names that there is.
    fn figures(&self, flush: Flush, names: &[&str], what: &str, side: &str) -> &[f64] {
        let tables = self.tables.iter().filter(|(mode, _)| *mode == flush);
        let named = |name: &&str| format!("{}{what}", name.replace("{}", flush.name()));
        let found = tables
            .flat_map(|(_, table)| names.iter().map(move |name| table.values(&named(name), side)));
        found.into_iter().find(|values| !values.is_empty()).unwrap_or_default()
    }

    fn ratio(&self, flush: Flush, names: &[&str], what: &str) -> Vec<f64> {
        let of = |side| self.figures(flush, names, what, side);
        ratios(of(RINGMQ), of(JAVA))
    }

    /// A figure of our own, in whichever mode it was measured first.
    fn own(&self, what: &str) -> Vec<f64> {
        let mut modes = self.tables.iter().map(|(flush, _)| *flush);
        let of = |flush| self.figures(flush, &[what], "", RINGMQ);
        modes
            .find_map(|flush| Some(of(flush)).filter(|values| !values.is_empty()))
            .unwrap_or_default()
            .to_vec()
    }

    /// A ratio to Java, in whichever mode it was measured first.
    fn beside(&self, names: &[&str], what: &str) -> Vec<f64> {
        let mut modes = self.tables.iter().map(|(flush, _)| *flush);
        modes
            .find_map(|flush| {
                Some(self.ratio(flush, names, what)).filter(|values| !values.is_empty())
            })
            .unwrap_or_default()
    }

    /// What the run says of each target, in the order of their list.
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = self.sends();
        targets.extend(self.reads());
        targets.extend(self.crowds());
        targets.extend(self.lives());
        targets.retain(|target| !target.values.is_empty());
        targets
    }

    fn sends(&self) -> Vec<Target> {
        let (asynchronous, sync) = (Flush::Async, Flush::Sync);
        let rate = "msgs/s";
        let deep = |flush, what| self.ratio(flush, &DEEP, what);
        let own = |flush| self.figures(flush, &DEEP, rate, RINGMQ);
        let half = |flush: Flush, what: &str| {
            let name = format!("W4 {}, 50 %: ", flush.name());
            self.ratio(flush, &[name.as_str()], what)
        };
        let against = |best: &dyn Fn(&Parts) -> f64| match self.parts {
            Some(parts) => own(asynchronous).iter().map(|rate| rate / best(parts)).collect(),
            None => Vec::new(),
        };
        let cpu = "server CPU, us a message";
        let shallow = self.ratio(asynchronous, &SHALLOW, "p50, us");
        let record = BODY_BYTES + RECORD_OVERHEAD;
        vec![
            least("W2 ASYNC, 64 in flight: msgs/s, of Java's", 5.0, deep(asynchronous, rate)),
            most("W2 ASYNC, 64 in flight: CPU a message, of Java's", 0.1, deep(asynchronous, cpu)),
            least("W2 SYNC, 64 in flight: msgs/s, of Java's", 8.0, deep(sync, rate)),
            least("W2 SYNC / ASYNC of ourselves", 0.9, ratios(own(sync), own(asynchronous))),
            most("W1 ASYNC: p50, of Java's", 0.5, shallow),
            self.durable_send(),
            most(
                "W4 ASYNC at half of Java's maximum: p99.9",
                0.05,
                half(asynchronous, "p99.9, us"),
            ),
            most("W4 ASYNC at half of Java's maximum: max", 0.1, half(asynchronous, "max, us")),
            most("W4 SYNC at half of Java's maximum: p99.9", 0.05, half(sync, "p99.9, us")),
            most("W4 SYNC at half of Java's maximum: max", 0.1, half(sync, "max, us")),
            least("W2 ASYNC, of a do-nothing server's", 0.5, against(&|parts| parts.floor_send)),
            least("W2 ASYNC, of the roofline", 0.7, against(&|parts| parts.send(record, false))),
        ]
    }

    /// W1 SYNC has its bound from the same run.
    fn durable_send(&self) -> Target {
        let allowed = self.parts.map_or(f64::NAN, |parts| {
            parts.floor_p50 + DISK_ALLOWANCE * parts.dsync_of(BODY_BYTES + RECORD_OVERHEAD)
        });
        let what = match self.parts {
            Some(parts) => format!(
                "W1 SYNC: p50, us (do-nothing {} + {DISK_ALLOWANCE} x DSYNC {})",
                number(parts.floor_p50),
                number(parts.dsync_of(BODY_BYTES + RECORD_OVERHEAD))
            ),
            None => String::new(),
        };
        let measured = self.figures(Flush::Sync, &SHALLOW, "p50, us", RINGMQ);
        most(&what, allowed, if self.parts.is_some() { measured.to_vec() } else { Vec::new() })
    }

    fn reads(&self) -> Vec<Target> {
        let hot = |what| self.beside(&HOT, what);
        let poll = |what| self.beside(&["R2 intended send to parked long poll, 1000/s: "], what);
        vec![
            least("R1 hot backlog: msgs/s, of Java's", 2.0, hot("msgs/s")),
            most("R1: CPU a message, of Java's", 0.25, hot("server CPU, us a message")),
            most("R2 send to parked long poll: p50, of Java's", 0.2, poll("p50, us")),
            most("R2: p99.9, of Java's", 0.1, poll("p99.9, us")),
            most(
                "R3 the writer's p99 with a cold reader, of that without",
                1.5,
                self.own("R3 p99 of the writer, with / without reader"),
            ),
        ]
    }

    fn crowds(&self) -> Vec<Target> {
        let queues = |count| self.own(&format!("Q1 {count} queues beside 1: send rate"));
        let connections = self.own("C1 10000 connections beside 10: send rate");
        vec![
            least("Q1 10,000 queues beside 1: send rate", 0.9, queues(10_000)),
            least("Q1 100,000 queues beside 1: send rate", 0.8, queues(100_000)),
            least("C1 10,000 connections beside 10: send rate", 0.8, connections),
        ]
    }

    fn lives(&self) -> Vec<Target> {
        let first = |names: [&str; 2]| {
            let found = names.iter().map(|name| self.own(name));
            found.into_iter().find(|values| !values.is_empty()).unwrap_or_default()
        };
        let boot = ["I1 alone: resident, MiB", "resident at boot, MiB"];
        let idle = ["I1 alone: % of a core", "idle after the load, % of a core"];
        let start = ["start to first accepted send, ms", "I1 start to first accepted send, ms"];
        let full = "F1 20.0 GiB: clean stop to first accepted send, ms";
        vec![
            most("resident at boot, MiB", 64.0, first(boot)),
            most(
                "resident with 100 parked consumers, MiB",
                100.0,
                self.own("I1 100 parked consumers: resident, MiB"),
            ),
            most("idle, % of a core", 1.0, first(idle)),
            most("start to first accepted send, empty store, ms", 100.0, first(start)),
            most("the same, 20 GiB after a clean stop, ms", 200.0, self.own(full)),
        ]
    }
}

fn least(what: &str, bound: f64, values: Vec<f64>) -> Target {
    Target { what: what.to_owned(), bound, more_is_better: true, values }
}

fn most(what: &str, bound: f64, values: Vec<f64>) -> Target {
    Target { what: what.to_owned(), bound, more_is_better: false, values }
}

/// A table of them in Markdown.
pub fn markdown(targets: &[Target]) -> String {
    let mut text = "| target | wanted | measured | reached |\n|---|---:|---:|---|\n".to_owned();
    for target in targets {
        let sign = if target.more_is_better { ">=" } else { "<=" };
        let reached = if target.is_reached() { "yes" } else { "no" };
        let (bound, measured) = (number(target.bound), spread(&target.values));
        let _ = writeln!(text, "| {} | {sign} {bound} | {measured} | {reached} |", target.what);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::visit::{Better, figure};

    fn table(flush: Flush, rows: &[(&str, f64, f64)]) -> (Flush, Table) {
        let mut table = Table::new(flush.name(), &[RINGMQ, JAVA]);
        for (what, ours, javas) in rows {
            table.add(0, vec![figure(*what, Better::More, *ours)]);
            table.add(1, vec![figure(*what, Better::More, *javas)]);
        }
        (flush, table)
    }

    #[test]
    fn targets_are_judged_by_what_was_measured() {
        let parts = Parts {
            floor_send: 200.0,
            floor_p50: 50.0,
            dsync_p50: [(4, 100.0)].into(),
            copy: 1e12,
            write_async: 1e12,
            ..Parts::default()
        };
        let tables = [
            table(
                Flush::Async,
                &[
                    ("W2 ASYNC_FLUSH, 64 in flight: msgs/s", 100.0, 10.0),
                    ("W4 ASYNC_FLUSH, 50 %: p99.9, us", 10.0, 100.0),
                    ("C1 10000 connections beside 10: send rate", 0.7, 0.9),
                ],
            ),
            table(
                Flush::Sync,
                &[
                    ("send, 64 in flight: msgs/s", 95.0, 10.0),
                    ("W1 SYNC_FLUSH, 1024 B: p50, us", 180.0, 1.0),
                ],
            ),
        ];
        let seen = Seen { tables: &tables, parts: Some(&parts) };
        let expected = "\
| target | wanted | measured | reached |
|---|---:|---:|---|
| W2 ASYNC, 64 in flight: msgs/s, of Java's | >= 5.00 | 10.0 | yes |
| W2 SYNC, 64 in flight: msgs/s, of Java's | >= 8.00 | 9.50 | yes |
| W2 SYNC / ASYNC of ourselves | >= 0.90 | 0.95 | yes |
| W1 SYNC: p50, us (do-nothing 50.0 + 1.3 x DSYNC 100) | <= 180 | 180 | yes |
| W4 ASYNC at half of Java's maximum: p99.9 | <= 0.0500 | 0.10 | no |
| W2 ASYNC, of a do-nothing server's | >= 0.50 | 0.50 | yes |
| W2 ASYNC, of the roofline | >= 0.70 | 0.50 | no |
| C1 10,000 connections beside 10: send rate | >= 0.80 | 0.70 | no |
";
        assert_eq!(markdown(&seen.targets()), expected);
        let alone = Seen { parts: None, ..seen };
        assert!(alone.targets().iter().all(|target| !target.what.contains("DSYNC")));
    }
}
