//! What this machine could do at best, and what a broker makes of it.
//!
//! A send costs at least what a server that does nothing pays for its frame, one copy with a CRC-32
//! of what is stored, and its share of the disk. The first two take turns on the cores, the disk
//! works beside them; see [`FORMULA`].

pub mod disk;
pub mod memory;

/// How a roofline is computed, as it is printed and as PERF.md gives it.
pub const FORMULA: &str = "\
send msgs/s = min(1 / (1 / do-nothing + bytes / copy), fastest write bytes/s / bytes)
send p50    = do-nothing p50 at depth 1 + write p50 of the block that holds the message
pull msgs/s = min(do-nothing, read bytes/s / bytes)
bytes       = body + 170 (record)
efficiency  = measured / roofline (of a latency: roofline / measured)";

/// What a stored record has beside its body, with the properties of our sends and a short topic.
pub const RECORD_OVERHEAD: f64 = 170.0;

/// The parts a roofline is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct Parts {
    /// Sends a second that a server doing nothing answers.
    pub floor_send: f64,
    /// Messages a second that it yields to pulls.
    pub floor_pull: f64,
    /// Bytes a second of one thread's copy and CRC-32.
    pub copy: f64,
    /// Bytes a second of durable writes, the fastest length and way.
    pub write_sync: f64,
    /// The same without asking for durability.
    pub write_async: f64,
    /// Bytes a second of sequential reads.
    pub read: f64,
}

impl Parts {
    /// Sends a second of records of `bytes` that could be stored, `sync` durable before the answer.
    pub fn send(&self, bytes: f64, sync: bool) -> f64 {
        let disk = if sync { self.write_sync } else { self.write_async };
        (1.0 / (1.0 / self.floor_send + bytes / self.copy)).min(disk / bytes)
    }

    /// Messages a second of records of `bytes` that could be pulled from the disk.
    pub fn pull(&self, bytes: f64) -> f64 {
        self.floor_pull.min(self.read / bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scarcest_part_bounds() {
        let parts = Parts {
            floor_send: 1000.0,
            floor_pull: 5000.0,
            copy: 1e6,
            write_sync: 1e5,
            write_async: 1e9,
            read: 1e6,
        };
        assert_eq!(parts.send(1000.0, false), 500.0);
        assert_eq!(parts.send(1000.0, true), 100.0);
        assert_eq!((parts.pull(1000.0), parts.pull(10.0)), (1000.0, 5000.0));
    }
}
