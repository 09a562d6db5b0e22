//! What the disk under a directory does well: tried, not guessed.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::super::clock::now;
use super::directory::remove_file;
use super::file::{File, Open};
use super::write::{Durability, SyncMethod};
use crate::rt::buffer::ChunkPool;
use crate::rt::random;

/// Bytes of the file that is written over and over.
const FILE_BYTES: usize = 256 * 1024;
/// Bytes of each timed write: a group of a few messages.
const WRITE_BYTES: usize = 16 * 1024;
/// Timed writes per method; the median counts.
const ROUNDS: usize = 9;

/// What was found in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskProbe {
    /// Writes can go past the page cache. Not so on tmpfs of older kernels and some overlays:
    /// files are buffered there, which promises the same and costs a copy.
    pub direct: bool,
    /// Median of a synced write of 16 KiB over existing blocks, the write itself syncing.
    pub data_sync: Duration,
    /// The same with a write and a linked fdatasync.
    pub write_then_sync: Duration,
}

impl DiskProbe {
    /// The method that took less time.
    pub fn faster(&self) -> SyncMethod {
        if self.data_sync <= self.write_then_sync {
            SyncMethod::DataSync
        } else {
            SyncMethod::WriteThenSync
        }
    }
}

/// Tries both ways of a synced write in `directory`, in a file that is removed again. Takes some
/// twenty synced writes.
///
/// # Errors
/// The directory cannot be written to or synced.
pub async fn probe(directory: &Path) -> io::Result<DiskProbe> {
    let path = directory.join(format!(".probe-{:016x}", random::u64()));
    let measured = measure(&path).await;
    let removed = remove_file(&path).await;
    let measured = measured?;
    removed.map(|()| measured)
}

async fn measure(path: &Path) -> io::Result<DiskProbe> {
    let pool = ChunkPool::new(1, FILE_BYTES);
    let mut chunk = pool.take().ok_or(io::ErrorKind::OutOfMemory)?;
    chunk.unfilled().fill(0);
    chunk.advance(FILE_BYTES);
    let mut medians = [Duration::ZERO; 2];
    let mut direct = true;
    let methods = [SyncMethod::DataSync, SyncMethod::WriteThenSync];
    for (method, median) in methods.into_iter().zip(&mut medians) {
        let how = Open { direct, sync: method, ..Open::CREATE };
        let mut file = File::open(path, how).await?;
        direct = file.is_direct();
        // The first write gives the file its blocks, which is not what a prepared log does.
        let first = file.write_at(vec![chunk.blocks(0)], 0, Durability::Synced).await;
        if let (Err(error), true) = (&first, direct) {
            // Opened for it and yet refused, as some file systems do.
            if error.raw_os_error() != Some(libc::EINVAL) {
                return Err(io::Error::from(error.kind()));
            }
            direct = false;
            file = File::open(path, Open { direct, ..how }).await?;
            file.write_at(vec![chunk.blocks(0)], 0, Durability::Synced).await?;
        } else {
            first?;
        }
        let mut times = Vec::with_capacity(ROUNDS);
        for round in 0..ROUNDS {
            let at = round * WRITE_BYTES % (FILE_BYTES - WRITE_BYTES);
            let span = chunk.span(at..at + WRITE_BYTES);
            let start = now();
            file.write_at(vec![span], at as u64, Durability::Synced).await?;
            times.push(start.elapsed());
        }
        times.sort();
        *median = times.get(ROUNDS / 2).copied().unwrap_or_default();
    }
    let [data_sync, write_then_sync] = medians;
    Ok(DiskProbe { direct, data_sync, write_then_sync })
}
