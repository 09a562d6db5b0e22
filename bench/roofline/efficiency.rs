//! What a broker makes of the machine: its figures beside their rooflines.

use std::fmt::Write as _;

use serde::Serialize;

use crate::compare::side::Flush;
use crate::compare::table::{Table, median, number};
use crate::roofline::{Parts, RECORD_OVERHEAD};

/// A figure with its roofline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Efficiency {
    /// What was measured.
    pub what: String,
    /// The median of the rounds.
    pub measured: f64,
    /// What the machine allows.
    pub roofline: f64,
    /// The part of it that was reached.
    pub efficiency: f64,
}

/// What a figure is bounded by.
#[derive(Clone, Copy, Debug)]
enum Bound {
    /// Sends a second of 1 KiB.
    Rate,
    /// Latency of sends of a body so long.
    P50(u32),
    /// Messages a second that were stored long ago.
    Pull,
    /// Messages a second that were stored just now.
    HotPull,
}

/// The lines of a table that have a roofline; `{}` stands for the flush mode.
const BOUNDS: [(&str, Bound); 10] = [
    ("send, 1 in flight: p50, us", Bound::P50(1024)),
    ("send, 64 in flight: msgs/s", Bound::Rate),
    ("pull of the backlog: msgs/s", Bound::Pull),
    ("W1 {}, 128 B: p50, us", Bound::P50(128)),
    ("W1 {}, 1024 B: p50, us", Bound::P50(1024)),
    ("W1 {}, 4096 B: p50, us", Bound::P50(4096)),
    ("W2 {}, 64 in flight: msgs/s", Bound::Rate),
    ("W4 {}, maximum: msgs/s", Bound::Rate),
    ("R1 hot tail, 32 a pull: msgs/s", Bound::HotPull),
    ("R3 cold reader: msgs/s", Bound::Pull),
];

/// The efficiencies of one side's figures in a table that was measured in `flush`.
pub fn of(table: &Table, side: &str, flush: Flush, parts: &Parts) -> Vec<Efficiency> {
    let of = |(name, bound): &(&str, Bound)| {
        let row = name.replace("{}", flush.name());
        let measured = median(table.values(&row, side))?;
        let sync = flush == Flush::Sync;
        let bytes = |body: u32| f64::from(body) + RECORD_OVERHEAD;
        let roofline = match bound {
            Bound::Rate => parts.send(bytes(1024), sync),
            Bound::P50(body) => parts.send_p50(bytes(*body), sync),
            Bound::Pull => parts.pull(bytes(1024)),
            Bound::HotPull => parts.floor_pull,
        };
        let efficiency = match bound {
            Bound::P50(_) => roofline / measured,
            _ => measured / roofline,
        };
        let what = if *name == row { format!("{}, {row}", flush.name()) } else { row };
        Some(Efficiency { what, measured, roofline, efficiency })
    };
    BOUNDS.iter().filter_map(of).collect()
}

/// A table of them in Markdown.
pub fn markdown(side: &str, lines: &[Efficiency]) -> String {
    let mut text = format!("| {side} | measured | roofline | efficiency |\n|---|---:|---:|---:|\n");
    for Efficiency { what, measured, roofline, efficiency } in lines {
        let shown = [measured, roofline, efficiency].map(|value| number(*value));
        let _ = writeln!(text, "| {what} | {} |", shown.join(" | "));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::visit::{Better, figure};

    #[test]
    fn rates_and_latencies_are_parts_of_their_rooflines() {
        let parts = Parts {
            floor_send: 1e9,
            floor_p50: 60.0,
            floor_pull: 100.0,
            copy: 1e12,
            write_sync: 1194.0 * 1000.0,
            write_async: 1194.0 * 4000.0,
            dsync_p50: [(4, 40.0)].into(),
            read: 1194.0 * 50.0,
        };
        let mut table = Table::new("T", &["R"]);
        for (what, value) in [
            ("W2 SYNC_FLUSH, 64 in flight: msgs/s", 500.0),
            ("W1 SYNC_FLUSH, 1024 B: p50, us", 200.0),
            ("R1 hot tail, 32 a pull: msgs/s", 25.0),
            ("pull of the backlog: msgs/s", 25.0),
            ("anything else", 1.0),
        ] {
            table.add(0, vec![figure(what, Better::More, value)]);
        }
        let shown = markdown("R", &of(&table, "R", Flush::Sync, &parts));
        let expected = "\
| R | measured | roofline | efficiency |
|---|---:|---:|---:|
| SYNC_FLUSH, pull of the backlog: msgs/s | 25.0 | 50.0 | 0.50 |
| W1 SYNC_FLUSH, 1024 B: p50, us | 200 | 100 | 0.50 |
| W2 SYNC_FLUSH, 64 in flight: msgs/s | 500 | 1000 | 0.50 |
| SYNC_FLUSH, R1 hot tail, 32 a pull: msgs/s | 25.0 | 100 | 0.25 |
";
        assert_eq!(shown, expected);
        assert!(of(&table, "other", Flush::Sync, &parts).is_empty());
    }
}
