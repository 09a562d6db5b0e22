//! Numbers as they are printed and written.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;

use ringmq::protocol::Command;
use serde::Serialize;

use crate::command::Failure;
use crate::load::target::CALL_TIMEOUT;
use crate::load::window::Percentiles;
use crate::process::Cost;
use crate::wire::call::Caller;

/// GET_BROKER_CONFIG.
const GET_BROKER_CONFIG: i32 = 26;

/// Messages a second.
pub fn rate(messages: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let messages = messages as f64;
    if seconds > 0.0 { messages / seconds } else { 0.0 }
}

/// A quotient; 0 where nothing was counted.
pub fn ratio(count: u64, of: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
    let (count, of) = (count as f64, of as f64);
    if of > 0.0 { count / of } else { 0.0 }
}

/// One line of latencies.
pub fn percentiles(latency: &Percentiles) -> String {
    format!(
        "p50 {:.0} us, p99 {:.0} us, p99.9 {:.0} us, max {:.0} us, mean {:.0} us",
        latency.p50, latency.p99, latency.p99_9, latency.max, latency.mean
    )
}

/// One line of what a server cost.
pub fn cost(cost: &Cost) -> String {
    format!(
        "{:.2} us of CPU a message ({:.2} s), resident MiB {:.1}, then {:.1}, at most {:.1}",
        cost.cpu_us_per_message,
        cost.cpu_seconds,
        cost.resident_before_mib,
        cost.resident_after_mib,
        cost.resident_max_mib
    )
}

/// Writes a report as indented JSON.
pub fn write(path: &Path, report: &impl Serialize) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(report)?;
    text.push('\n');
    Ok(fs::write(path, text)?)
}

/// The broker's `flushDiskType`, if it tells its configuration.
pub fn flush_type(broker: SocketAddr) -> Option<String> {
    let mut caller = Caller::open(broker, CALL_TIMEOUT).ok()?;
    let body = caller.call_body(Command::request(GET_BROKER_CONFIG)).ok()?;
    let text = std::str::from_utf8(&body).ok()?;
    let mut lines = text.lines().filter_map(|line| line.split_once('='));
    lines.find(|(key, _)| key.trim() == "flushDiskType").map(|(_, value)| value.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_counted_is_no_rate() {
        assert_eq!((rate(10, 2.0), rate(10, 0.0), ratio(9, 3), ratio(1, 0)), (5.0, 0.0, 3.0, 0.0));
    }
}
