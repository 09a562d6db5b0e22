//! The checkpoint file: RocketMQ's five numbers, and where this store's recovery may begin.
//!
//! Layout in `FORMAT.md`. RocketMQ writes only its own 40 bytes, which our checksum covers: once
//! it has stored anything, what we noted no longer counts.

use std::io;
use std::path::Path;

use crate::rt::disk::{self, File, Open};

/// Length of the file.
const FILE_BYTES: usize = 4096;
/// Bytes of RocketMQ's numbers.
const JAVA_BYTES: usize = 40;
/// Where our part begins.
const OWN_START: usize = 2048;
/// Bytes of our part in front of its checksum: magic, dispatched, log end, indexed, last indexed,
/// flags, summary.
const OWN_BYTES: usize = 8 + 8 + 8 + 8 + 8 + 4 + 4;
/// What our part begins with; the last digits are its version.
const OWN_MAGIC: u64 = u64::from_be_bytes(*b"RINGMQ02");
/// Flag: the store was closed.
const CLOSED: u32 = 1;

/// What a checkpoint says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checkpoint {
    /// Store time of the last message in the log that is durable.
    pub(crate) log_stored_at: i64,
    /// Store time of the last message whose unit is durable.
    pub(crate) queue_stored_at: i64,
    /// Store time of the last message whose keys are durable in the index.
    pub(crate) index_stored_at: i64,
    /// RocketMQ's other numbers: master's flushed offset, confirmed offset. Kept.
    pub(crate) others: [i64; 2],
    /// Ours; `None` if RocketMQ wrote last, or the file is damaged.
    pub(crate) own: Option<Own>,
}

/// What we note beside RocketMQ's numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Own {
    /// Every unit of a record that ends at or before this byte of the log is durable.
    pub(crate) dispatched: u64,
    /// The log is durable up to here at least; when the store was closed, it ends here.
    pub(crate) log_end: u64,
    /// The keys of every record that ends at or before this byte of the log are durable.
    pub(crate) indexed: u64,
    /// Where the last record starts that index files have.
    pub(crate) last_indexed: u64,
    /// The store was closed, and left a summary of all queues with this checksum.
    pub(crate) closed: Option<u32>,
}

impl Checkpoint {
    /// The time from which RocketMQ scans its log after a crash.
    pub(crate) fn java_time(&self) -> i64 {
        (self.log_stored_at.min(self.queue_stored_at) - 3000).max(0)
    }

    /// The whole file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FILE_BYTES);
        let times = [self.log_stored_at, self.queue_stored_at, self.index_stored_at];
        for number in times.iter().chain(&self.others) {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.resize(OWN_START, 0);
        if let Some(own) = self.own {
            bytes.extend_from_slice(&OWN_MAGIC.to_be_bytes());
            bytes.extend_from_slice(&own.dispatched.to_be_bytes());
            bytes.extend_from_slice(&own.log_end.to_be_bytes());
            bytes.extend_from_slice(&own.indexed.to_be_bytes());
            bytes.extend_from_slice(&own.last_indexed.to_be_bytes());
            let flags = if own.closed.is_some() { CLOSED } else { 0 };
            bytes.extend_from_slice(&flags.to_be_bytes());
            bytes.extend_from_slice(&own.closed.unwrap_or(0).to_be_bytes());
            bytes.extend_from_slice(&checksum(&bytes).unwrap_or(0).to_be_bytes());
        }
        bytes.resize(FILE_BYTES, 0);
        bytes
    }

    /// Reads a file, whatever it holds.
    pub(crate) fn decode(bytes: &[u8]) -> Self {
        let number = |at: usize| {
            let found = bytes.get(at * 8..).and_then(|rest| rest.first_chunk::<8>());
            found.map_or(0, |found| i64::from_be_bytes(*found))
        };
        Self {
            log_stored_at: number(0),
            queue_stored_at: number(1),
            index_stored_at: number(2),
            others: [number(3), number(4)],
            own: decode_own(bytes),
        }
    }

    /// Reads the file at `path`; all zeros if there is none.
    ///
    /// # Errors
    /// As `open(2)` and `read(2)`.
    pub(crate) async fn read(path: &Path) -> io::Result<Self> {
        match disk::read_file(path, 1 << 20).await {
            Ok(bytes) => Ok(Self::decode(&bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error),
        }
    }

    /// Writes the file at `path`, durably, in place: a write cut short leaves a wrong checksum,
    /// and recovery then begins earlier.
    ///
    /// # Errors
    /// As `open(2)`, `write(2)` and `fdatasync(2)`.
    pub(crate) async fn write(&self, path: &Path) -> io::Result<()> {
        let file = File::open(path, Open { len: Some(FILE_BYTES as u64), ..Open::CREATE }).await?;
        file.write_small(self.encode(), 0).await?;
        file.sync_data().await
    }
}

fn decode_own(bytes: &[u8]) -> Option<Own> {
    let own = bytes.get(OWN_START..OWN_START + OWN_BYTES + 4)?;
    let (magic, rest) = own.split_first_chunk::<8>()?;
    let (dispatched, rest) = rest.split_first_chunk::<8>()?;
    let (log_end, rest) = rest.split_first_chunk::<8>()?;
    let (indexed, rest) = rest.split_first_chunk::<8>()?;
    let (last_indexed, rest) = rest.split_first_chunk::<8>()?;
    let (flags, rest) = rest.split_first_chunk::<4>()?;
    let (summary, rest) = rest.split_first_chunk::<4>()?;
    let (stored, _) = rest.split_first_chunk::<4>()?;
    let sound = u64::from_be_bytes(*magic) == OWN_MAGIC
        && checksum(bytes) == Some(u32::from_be_bytes(*stored));
    let closed = u32::from_be_bytes(*flags) & CLOSED != 0;
    let own = Own {
        dispatched: u64::from_be_bytes(*dispatched),
        log_end: u64::from_be_bytes(*log_end),
        indexed: u64::from_be_bytes(*indexed),
        last_indexed: u64::from_be_bytes(*last_indexed),
        closed: closed.then_some(u32::from_be_bytes(*summary)),
    };
    sound.then_some(own)
}

/// Of RocketMQ's numbers and our part.
fn checksum(bytes: &[u8]) -> Option<u32> {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(bytes.get(..JAVA_BYTES)?);
    hasher.update(bytes.get(OWN_START..OWN_START + OWN_BYTES)?);
    Some(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(closed: Option<u32>) -> Checkpoint {
        Checkpoint {
            log_stored_at: 1_795_249_437_447,
            queue_stored_at: 1_795_249_437_000,
            index_stored_at: 1,
            others: [2, 3],
            own: Some(Own { dispatched: 77, log_end: 99, indexed: 66, last_indexed: 55, closed }),
        }
    }

    #[test]
    fn reads_back_and_any_changed_byte_that_matters_voids_our_part() {
        for closed in [None, Some(0xdead_beef)] {
            let want = sample(closed);
            let bytes = want.encode();
            assert_eq!(bytes.len(), FILE_BYTES);
            assert_eq!(Checkpoint::decode(&bytes), want);
            for at in (0..JAVA_BYTES).chain(OWN_START..OWN_START + OWN_BYTES + 4) {
                let mut changed = bytes.clone();
                changed[at] ^= 0x40;
                assert_eq!(Checkpoint::decode(&changed).own, None, "{at}");
            }
            for len in 0..OWN_START + OWN_BYTES + 4 {
                assert_eq!(Checkpoint::decode(&bytes[..len]).own, None, "{len}");
            }
        }
    }

    #[test]
    fn javas_time_is_three_seconds_before_the_older_number() {
        assert_eq!(sample(None).java_time(), 1_795_249_434_000);
        assert_eq!(Checkpoint::default().java_time(), 0);
    }
}
