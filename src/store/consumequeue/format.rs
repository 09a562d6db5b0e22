//! The consume queue unit: 20 bytes that say where a record is.

use crate::units::PhysicalOffset;

/// Length of a unit.
pub const UNIT_BYTES: u64 = 20;

/// Length of a unit, as a size of memory.
pub const UNIT_LEN: usize = 20;

/// Size in a unit that stands for no record: Java fills a queue with these up to the point where
/// its log begins.
const FILLER_SIZE: u32 = 0x7fff_ffff;

/// One message of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Where its record starts.
    pub physical: PhysicalOffset,
    /// Length of its record, in bytes.
    pub size: u32,
    /// Hash of its tag; the time of delivery in the queues of delayed messages.
    pub tags_code: i64,
}

impl Unit {
    /// Stands for no record.
    pub const FILLER: Self = Self { physical: PhysicalOffset(0), size: FILLER_SIZE, tags_code: 0 };

    /// The bytes on disk.
    pub fn encode(&self) -> [u8; UNIT_LEN] {
        let mut bytes = [0; UNIT_LEN];
        let (physical, rest) = bytes.split_at_mut(8);
        let (size, tags_code) = rest.split_at_mut(4);
        physical.copy_from_slice(&self.physical.0.to_be_bytes());
        size.copy_from_slice(&self.size.to_be_bytes());
        tags_code.copy_from_slice(&self.tags_code.to_be_bytes());
        bytes
    }

    /// Reads a unit; `None` where none was written (zeros), or what is there cannot be one.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (physical, rest) = bytes.split_first_chunk::<8>()?;
        let (size, rest) = rest.split_first_chunk::<4>()?;
        let (tags_code, _) = rest.split_first_chunk::<8>()?;
        let unit = Self {
            physical: PhysicalOffset(u64::from_be_bytes(*physical)),
            size: u32::from_be_bytes(*size),
            tags_code: i64::from_be_bytes(*tags_code),
        };
        let sane = unit.size > 0 && unit.size <= FILLER_SIZE && unit.physical.0 >> 63 == 0;
        sane.then_some(unit)
    }

    /// The units in `bytes`, up to the first that is none.
    pub fn decode_all(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        bytes.chunks_exact(UNIT_LEN).map_while(Self::decode)
    }

    /// Does it stand for no record?
    pub fn is_filler(&self) -> bool {
        self.size == FILLER_SIZE && self.physical.0 == 0
    }

    /// The byte behind its record, in the log of its shard.
    pub fn local_end(&self) -> u64 {
        self.physical.local() + u64::from(self.size)
    }
}
