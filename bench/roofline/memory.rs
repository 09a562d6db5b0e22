//! What moving and checking bytes costs: a copy and a CRC-32 over it, as a stored body needs once.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Bytes that are copied, far more than any cache near a core holds.
const REGION_BYTES: usize = 64 * 1024 * 1024;

/// Bytes copied and checked at a time: what a message or a batch is.
const PIECE_BYTES: usize = 4096;

/// Bytes a second of one thread that copies each piece and computes the CRC-32 of the copy.
pub fn copy_and_check(span: Duration) -> f64 {
    let source = vec![0x5a_u8; REGION_BYTES];
    let mut copy = vec![0_u8; REGION_BYTES];
    let began = Instant::now();
    let mut bytes = 0_u64;
    while began.elapsed() < span {
        for (from, to) in source.chunks(PIECE_BYTES).zip(copy.chunks_mut(PIECE_BYTES)) {
            to.copy_from_slice(from);
            black_box(crc32fast::hash(to));
        }
        bytes += u64::try_from(REGION_BYTES).unwrap_or(0);
    }
    crate::report::rate(bytes, began.elapsed().as_secs_f64())
}
