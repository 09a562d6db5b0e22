//! What the committer of one shard counts.

use std::time::Duration;

use crate::observability::histogram::{Bounds, Histogram};

/// Bounds of the time that a commit takes, in microseconds: 50 us to 1 s.
pub const LATENCY_US: Bounds<14> = [
    50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000,
    1_000_000,
];

/// Bounds of the bytes of a commit: 1 KiB to 16 MiB.
pub const BATCH_BYTES: Bounds<8> =
    [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20, 4 << 20, 16 << 20];

/// Bounds of the records of a commit.
pub const BATCH_RECORDS: Bounds<8> = [1, 4, 16, 64, 256, 1024, 4096, 16_384];

/// The commits of one shard since it was opened, and how it stands. A copy, to be sent anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommitCounts {
    /// Time from the start of a write to its records being visible, see [`LATENCY_US`].
    pub latency: Histogram<14>,
    /// Bytes of log per commit, see [`BATCH_BYTES`].
    pub bytes: Histogram<8>,
    /// Messages per commit, see [`BATCH_RECORDS`].
    pub records: Histogram<8>,
}

impl CommitCounts {
    /// One commit is done.
    pub(super) fn commit(&mut self, bytes: u64, records: u64, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.latency.record(&LATENCY_US, us, 1);
        self.bytes.record(&BATCH_BYTES, bytes, 1);
        self.records.record(&BATCH_RECORDS, records, 1);
    }
}

/// How far one shard is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The first byte of its log that is still there.
    pub start: u64,
    /// Up to here its messages count as stored and are visible.
    pub committed: u64,
    /// Up to here messages were appended.
    pub appended: u64,
    /// Up to here nothing waits for a sync of its own.
    pub durable: u64,
}

/// The memory of one shard's log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Memory {
    /// Chunks there are.
    pub chunks: usize,
    /// Chunks in use, by the end of the log, by what is being read or by what is being written.
    pub chunks_used: usize,
    /// Bytes of a chunk.
    pub chunk_bytes: usize,
}
