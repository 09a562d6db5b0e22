//! What this machine could do at best, and what a broker makes of it.
//!
//! A send costs at least what a server that does nothing pays for its frame, one copy with a CRC-32
//! of what is stored, and its share of the disk. The first two take turns on the cores, the disk
//! works beside them; see [`FORMULA`].

use std::collections::BTreeMap;

use crate::compare::table::median;

pub mod disk;
pub mod efficiency;
pub mod memory;
pub mod survey;

/// How a roofline is computed, as it is printed and as PERF.md gives it.
pub const FORMULA: &str = "\
send msgs/s = min(1 / (1 / do-nothing + bytes / copy), fastest write bytes/s / bytes)
send p50    = do-nothing p50 at depth 1 + bytes / copy; SYNC_FLUSH: + DSYNC p50 of its blocks
pull msgs/s = min(do-nothing, read bytes/s / bytes); of a hot tail: do-nothing
bytes       = body + 170 (record)
efficiency  = measured / roofline (of a latency: roofline / measured)";

/// What a stored record has beside its body, with the properties of our sends and a short topic.
pub const RECORD_OVERHEAD: f64 = 170.0;

/// Bytes of a block of the disk, the least that a write takes.
const BLOCK_BYTES: f64 = 4096.0;

/// The parts a roofline is made of.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Parts {
    /// Sends a second that a server doing nothing answers.
    pub floor_send: f64,
    /// Microseconds of a send that it answers, one in flight: half are faster.
    pub floor_p50: f64,
    /// Messages a second that it yields to pulls.
    pub floor_pull: f64,
    /// Bytes a second of one thread's copy and CRC-32.
    pub copy: f64,
    /// Bytes a second of durable writes, the fastest length and way.
    pub write_sync: f64,
    /// The same without asking for durability.
    pub write_async: f64,
    /// Microseconds of a DSYNC write by its length in KiB: half are faster.
    pub dsync_p50: BTreeMap<usize, f64>,
    /// Bytes a second of sequential reads.
    pub read: f64,
}

impl Parts {
    /// Of several rounds the median of each part; nothing of none.
    pub fn median(rounds: &[Self]) -> Option<Self> {
        let first = rounds.first()?;
        let of = |part: &dyn Fn(&Self) -> f64| {
            let values: Vec<f64> = rounds.iter().map(part).collect();
            median(&values).unwrap_or_default()
        };
        let dsync = |kib: &usize| of(&|parts| parts.dsync_p50.get(kib).copied().unwrap_or(0.0));
        Some(Self {
            floor_send: of(&|parts| parts.floor_send),
            floor_p50: of(&|parts| parts.floor_p50),
            floor_pull: of(&|parts| parts.floor_pull),
            copy: of(&|parts| parts.copy),
            write_sync: of(&|parts| parts.write_sync),
            write_async: of(&|parts| parts.write_async),
            dsync_p50: first.dsync_p50.keys().map(|kib| (*kib, dsync(kib))).collect(),
            read: of(&|parts| parts.read),
        })
    }

    /// Sends a second of records of `bytes` that could be stored, `sync` durable before the answer.
    pub fn send(&self, bytes: f64, sync: bool) -> f64 {
        let disk = if sync { self.write_sync } else { self.write_async };
        (1.0 / (1.0 / self.floor_send + bytes / self.copy)).min(disk / bytes)
    }

    /// Microseconds of a send of a record of `bytes`, one in flight, `sync` durable before the
    /// answer.
    pub fn send_p50(&self, bytes: f64, sync: bool) -> f64 {
        let durable = if sync { self.dsync_of(bytes) } else { 0.0 };
        self.floor_p50 + 1e6 * bytes / self.copy + durable
    }

    /// Microseconds of a DSYNC write of the blocks that hold `bytes`, or of the shortest longer one
    /// that was measured.
    pub fn dsync_of(&self, bytes: f64) -> f64 {
        let kib = (bytes / BLOCK_BYTES).ceil() * BLOCK_BYTES / 1024.0;
        let holds =
            |length: usize| u32::try_from(length).is_ok_and(|length| f64::from(length) >= kib);
        let mut lengths = self.dsync_p50.iter().filter(|(length, _)| holds(**length));
        lengths.next().map_or(f64::NAN, |(_, p50)| *p50)
    }

    /// Messages a second of records of `bytes` that could be pulled from the disk.
    pub fn pull(&self, bytes: f64) -> f64 {
        self.floor_pull.min(self.read / bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            floor_send: 1000.0,
            floor_p50: 50.0,
            floor_pull: 5000.0,
            copy: 1e6,
            write_sync: 1e5,
            write_async: 1e9,
            dsync_p50: [(4, 70.0), (8, 80.0)].into(),
            read: 1e6,
        }
    }

    #[test]
    fn the_scarcest_part_bounds() {
        let parts = parts();
        assert_eq!(parts.send(1000.0, false), 500.0);
        assert_eq!(parts.send(1000.0, true), 100.0);
        assert_eq!((parts.pull(1000.0), parts.pull(10.0)), (1000.0, 5000.0));
    }

    #[test]
    fn a_durable_send_waits_for_its_blocks() {
        let parts = parts();
        assert_eq!(parts.send_p50(1000.0, false), 1050.0);
        assert_eq!(parts.send_p50(1000.0, true), 1120.0);
        assert_eq!((parts.dsync_of(4096.0), parts.dsync_of(4097.0)), (70.0, 80.0));
        assert!(parts.dsync_of(9000.0).is_nan(), "no such write was measured");
    }

    #[test]
    fn one_bad_round_does_not_move_the_parts() {
        let slow = Parts { floor_send: 1.0, dsync_p50: [(4, 9e9), (8, 9e9)].into(), ..parts() };
        assert_eq!(Parts::median(&[parts(), slow, parts()]), Some(parts()));
        assert_eq!(Parts::median(&[]), None);
    }
}
