//! The line that shows how a run goes, on standard error, while it is a terminal.

use std::io::{IsTerminal, Write};

use crate::load::recent::Interval;
use crate::load::window::Percentiles;
use crate::report;

/// The line.
#[derive(Debug)]
pub struct Progress {
    terminal: bool,
}

impl Progress {
    /// Nothing shown yet.
    pub fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal() }
    }

    /// Shows an interval in place of the one before.
    pub fn show(&mut self, interval: &Interval) {
        self.put(&line(interval));
    }

    /// Removes the line.
    pub fn clear(&mut self) {
        self.put("");
    }

    /// A terminal that went away is no reason to end a measurement.
    fn put(&mut self, text: &str) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r{text}\x1b[K");
        }
    }
}

fn line(interval: &Interval) -> String {
    let seconds = |ns: u64| std::time::Duration::from_nanos(ns).as_secs_f64();
    let length = seconds(interval.ended.saturating_sub(interval.began));
    format!(
        "{:>6.0} s  {:>9.0} msgs/s  p99 {:.0} us",
        seconds(interval.ended),
        report::rate(interval.answered, length),
        Percentiles::of(&interval.latency).p99
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::window::Measured;

    #[test]
    fn the_line_has_rate_and_p99() {
        let mut latency = Measured::new().unwrap().latency;
        latency.record_n(250_000, 500).unwrap();
        let interval =
            Interval { latency, answered: 500, began: 1_500_000_000, ended: 2_000_000_000 };
        assert_eq!(line(&interval), "     2 s       1000 msgs/s  p99 250 us");
    }
}
