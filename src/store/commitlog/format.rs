//! What a segment holds: records back to back, and a blank at the end of a full one.

use crate::message::record::{MAGIC_BLANK, PREFIX_BYTES};
use crate::rt::buffer::BLOCK_BYTES;

/// Length of the entry that says that the rest of a segment is not used: its length and magic.
pub(crate) const BLANK_BYTES: u64 = PREFIX_BYTES as u64;

/// What a disk writes whole or not at all, in bytes.
pub(crate) const SECTOR_BYTES: u64 = SECTOR_LEN as u64;

/// The same, as a size of memory.
pub(crate) const SECTOR_LEN: usize = 512;

/// Could a record with these properties look as if a part of them had not been written? Recovery
/// would end the log there, and lose what comes behind.
pub(crate) fn hides_torn_write(properties: &[u8]) -> bool {
    let zeros = |part: &[u8]| part.len() >= SECTOR_LEN && part.iter().all(|byte| *byte == 0);
    // Hardly ever is there a zero at all.
    properties.contains(&0)
        && (properties.last() == Some(&0) || properties.chunk_by(|a, b| a == b).any(zeros))
}

/// Does a record of `len` bytes fit where `remaining` bytes of a segment are left? A blank must
/// always fit behind it.
pub(crate) const fn fits(len: u64, remaining: u64) -> bool {
    len + BLANK_BYTES <= remaining
}

/// The blank entry in front of `remaining` unused bytes, itself included.
pub(crate) fn blank(remaining: u64) -> [u8; PREFIX_BYTES] {
    let size = u32::try_from(remaining).unwrap_or(u32::MAX);
    let mut bytes = [0; PREFIX_BYTES];
    let (front, back) = bytes.split_at_mut(4);
    front.copy_from_slice(&size.to_be_bytes());
    back.copy_from_slice(&MAGIC_BLANK.to_be_bytes());
    bytes
}

/// Size of the chunks that the end of a log is held in: they must divide a segment and be whole
/// blocks. `None` if there is no such size.
pub(crate) fn chunk_bytes(segment_bytes: u64) -> Option<usize> {
    const CHUNK_BYTES_MAX: u64 = 256 * 1024;
    let largest = 1 << segment_bytes.trailing_zeros().min(63);
    let chosen = CHUNK_BYTES_MAX.min(largest);
    let whole = segment_bytes > 0 && chosen >= BLOCK_BYTES as u64;
    whole.then(|| usize::try_from(chosen).ok()).flatten()
}
