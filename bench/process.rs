//! What a server process costs, by its id: processor time and resident memory from `/proc`.

use std::fs;
use std::time::Duration;

use serde::Serialize;

/// The kernel counts resident memory in KiB in `status`.
const KIB: u64 = 1024;

/// A reading of one process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sample {
    /// Processor time of all its threads, user and system, dead ones included. The kernel rounds it
    /// to a clock tick, 10 ms.
    pub cpu: Duration,
    /// Resident bytes now.
    pub resident: u64,
    /// Most resident bytes ever.
    pub resident_max: u64,
}

/// A process that is measured while others load it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched(pub u32);

/// Why a process cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    /// It is gone, or nobody may look.
    #[error("cannot read /proc/{0}: {1}")]
    Gone(u32, std::io::Error),
    /// The kernel's text is not as expected.
    #[error("/proc/{0} has no {1}")]
    Lacks(u32, &'static str),
}

impl Watched {
    /// Reads it.
    pub fn sample(self) -> Result<Sample, ProcessError> {
        let Self(pid) = self;
        let read = |name: &str| {
            let text = fs::read_to_string(format!("/proc/{pid}/{name}"));
            text.map_err(|error| ProcessError::Gone(pid, error))
        };
        let ticks = cpu_ticks(&read("stat")?).ok_or(ProcessError::Lacks(pid, "cpu time"))?;
        let status = read("status")?;
        let bytes = |key: &'static str| {
            let kib = status_kib(&status, key).ok_or(ProcessError::Lacks(pid, key))?;
            Ok(kib * KIB)
        };
        let per_second = rustix::param::clock_ticks_per_second().max(1);
        Ok(Sample {
            cpu: Duration::from_nanos(ticks.saturating_mul(1_000_000_000 / per_second)),
            resident: bytes("VmRSS:")?,
            resident_max: bytes("VmHWM:")?,
        })
    }
}

/// Fields 14 and 15 of `stat`: user and system time. The name before them may hold blanks and
/// parentheses; the last parenthesis ends it.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, after) = stat.rsplit_once(')')?;
    let mut fields = after.split_ascii_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn status_kib(status: &str, key: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

/// What a window of load cost a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Cost {
    /// Processor seconds.
    pub cpu_seconds: f64,
    /// Processor microseconds for each message answered.
    pub cpu_us_per_message: f64,
    /// Resident MiB before.
    pub resident_before_mib: f64,
    /// Resident MiB after.
    pub resident_after_mib: f64,
    /// Most resident MiB ever.
    pub resident_max_mib: f64,
}

impl Cost {
    /// Of the readings before and after `messages`.
    pub fn between(before: Sample, after: Sample, messages: u64) -> Self {
        let cpu = after.cpu.saturating_sub(before.cpu).as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^53")]
        let per_message = if messages == 0 { 0.0 } else { cpu * 1e6 / messages as f64 };
        Self {
            cpu_seconds: cpu,
            cpu_us_per_message: per_message,
            resident_before_mib: mib(before.resident),
            resident_after_mib: mib(after.resident),
            resident_max_mib: mib(after.resident_max),
        }
    }
}

/// Bytes as MiB.
pub fn mib(bytes: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
    let bytes = bytes as f64;
    bytes / 1024.0 / 1024.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 500 0 0 0 70 30 0 0 20 0 1 0 99 1 1";
        assert_eq!(cpu_ticks(stat), Some(100));
        assert_eq!(cpu_ticks("42 (a) S 1"), None);
    }

    #[test]
    fn this_process_costs_something() {
        let me = Watched(std::process::id());
        let before = me.sample().unwrap();
        assert!(before.resident > 100 * KIB && before.resident_max >= before.resident);
        let began = std::time::Instant::now();
        let mut state = 1_u64;
        let mut after = before;
        while after.cpu < before.cpu + Duration::from_millis(30) {
            for _ in 0..100_000 {
                state = std::hint::black_box(state.wrapping_mul(6_364_136_223_846_793_005));
            }
            after = me.sample().unwrap();
            assert!(began.elapsed() < Duration::from_secs(60), "busy work costs time");
        }
        let cost = Cost::between(before, after, 1000);
        assert!((cost.cpu_us_per_message - cost.cpu_seconds * 1000.0).abs() < 1e-6);
        assert!(cost.cpu_us_per_message >= 30.0);
        assert!(Watched(u32::MAX).sample().is_err());
    }
}
