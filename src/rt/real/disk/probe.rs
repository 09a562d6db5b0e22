//! What the disk under a directory does well: tried, not guessed.

use std::io;
use std::path::Path;
use std::time::Duration;

use crate::rt::buffer::{Chunk, ChunkPool};
use crate::rt::clock::now;
use crate::rt::disk::{Durability, File, Open, SyncMethod, remove_file};
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
    let how = Open { direct: true, ..Open::CREATE };
    let mut data_sync = File::open(path, how).await?;
    let mut direct = data_sync.is_direct();
    // The first writes give the file its blocks, which is not what a prepared log does.
    match prepare(&data_sync, &mut chunk).await {
        // Opened for it and yet refused, as some file systems do.
        Err(error) if direct && error.raw_os_error() == Some(libc::EINVAL) => {
            direct = false;
            data_sync = File::open(path, Open { direct, ..how }).await?;
            prepare(&data_sync, &mut chunk).await?;
        }
        prepared => prepared?,
    }
    let how = Open { direct, sync: SyncMethod::WriteThenSync, ..how };
    let write_then_sync = File::open(path, how).await?;
    let mut times = [const { Vec::new() }; 2];
    // In turns, so that both meet the same disk.
    for round in 0..ROUNDS {
        let at = round * WRITE_BYTES % (FILE_BYTES - WRITE_BYTES);
        for (file, times) in [&data_sync, &write_then_sync].into_iter().zip(&mut times) {
            let span = chunk.span(at..at + WRITE_BYTES);
            let start = now();
            file.write_at(vec![span], at as u64, Durability::Synced).await?;
            times.push(start.elapsed());
        }
    }
    let [data_sync, write_then_sync] = times.map(median);
    Ok(DiskProbe { direct, data_sync, write_then_sync })
}

/// Writes the whole file twice over, synced.
async fn prepare(file: &File, chunk: &mut Chunk) -> io::Result<()> {
    for _ in 0..2 {
        file.write_at(vec![chunk.blocks(0)], 0, Durability::Synced).await?;
        file.sync_data().await?;
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
