//! Measures the disk of a store and the ring, and says what to set. Runs on one core, like the
//! part of a broker that one core is.
//!
//! Bounds: at most [`FILE_BYTES`] on disk and about 350 MiB written; each part ends at its own
//! time limit, all together within 15 s unless a single call takes longer.

use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::rt::buffer::{Chunk, ChunkPool};
use crate::rt::disk::{self, DiskUsage, Durability, File, Open, SyncMethod};
use crate::rt::net::{Listener, Stream};
use crate::rt::{clock, random, spawn};

use super::TuneError;

/// Bytes of the file that is written, synced and read.
pub const FILE_BYTES: u64 = 256 << 20;

/// Sizes of synced writes, in bytes: a lone message, and groups of them.
const SIZES: [usize; 4] = [4 << 10, 16 << 10, 64 << 10, 256 << 10];
/// Synced writes of each size and method, and how long they may take.
const ROUNDS: usize = 64;
const ROUNDS_LIMIT: Duration = Duration::from_millis(600);
/// Bytes of each sequential write or read.
const PIECE_BYTES: usize = 1 << 20;
/// Sequential writes in flight, and reads.
const PIECES: usize = 4;
/// How long the sequential parts may take, each.
const SEQUENTIAL_LIMIT: Duration = Duration::from_secs(3);
/// How long echoes are counted, for each number of connections.
const ECHO_TIME: Duration = Duration::from_millis(700);
/// Connections that echo at the same time.
const ECHO_CONNECTIONS: [usize; 2] = [1, 16];
/// Bytes of an echo: a small message.
const ECHO_BYTES: usize = 1024;
/// How long a connection to this machine may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);

/// RocketMQ's `mappedFileSizeCommitLog`, in bytes.
const SEGMENT_BYTES: u64 = 1 << 30;
/// Smallest segment that is advised, in bytes.
const SEGMENT_BYTES_MIN: u64 = 64 << 20;
/// Segments that a full disk should have: one is what expires at a time.
const SEGMENTS_WANTED: u64 = 50;

/// What was measured.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Writes go past the page cache.
    pub direct: bool,
    /// Synced writes over blocks that are there, by size.
    pub synced: Vec<Synced>,
    /// Sequential writing with one sync at the end, and reading, in MiB a second.
    pub write_mib_s: u64,
    /// See `write_mib_s`.
    pub read_mib_s: u64,
    /// Room on the disk.
    pub usage: DiskUsage,
    /// Echoes by number of connections.
    pub echoes: Vec<Echoes>,
}

/// Synced writes of one size, in microseconds.
#[derive(Clone, Copy, Debug)]
pub struct Synced {
    /// Bytes of each write.
    pub bytes: usize,
    /// The write itself syncs (RWF_DSYNC).
    pub data_sync: Spread,
    /// A write, and a sync linked to it.
    pub write_then_sync: Spread,
}

/// Middle and tail, in microseconds.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spread {
    /// Half take no longer.
    pub p50_us: u64,
    /// 99 of 100 take no longer.
    pub p99_us: u64,
}

/// Echoes of 1 KiB over loopback, both ends on one core.
#[derive(Clone, Copy, Debug)]
pub struct Echoes {
    /// Connections, with one echo in flight each.
    pub connections: usize,
    /// Echoes a second.
    pub per_second: u64,
    /// How long each took.
    pub took: Spread,
}

/// Measures. The file in `directory`, which is made if needed, has no name any more as soon as it
/// is open: nothing is left behind, however this ends.
///
/// # Errors
/// The directory cannot be written to, or has too little room.
pub async fn probe(directory: &Path) -> Result<Measured, TuneError> {
    let failed = |source| TuneError::Probe { path: directory.to_owned(), source };
    disk::create_dir_all(directory).await.map_err(failed)?;
    let usage = disk::disk_usage(directory).await.map_err(failed)?;
    let free_bytes = usage.total.saturating_sub(usage.used);
    let needed_bytes = 2 * FILE_BYTES;
    if free_bytes < needed_bytes {
        return Err(TuneError::Room { path: directory.to_owned(), free_bytes, needed_bytes });
    }
    let direct = disk::probe(directory).await.map_err(failed)?.direct;
    let files = Files::open(directory, direct).await.map_err(failed)?;
    let pool = ChunkPool::new(PIECES + 1, PIECE_BYTES);
    let chunk = noise(&pool).map_err(failed)?;
    let (write_mib_s, bytes) = files.write_all(&chunk).await.map_err(failed)?;
    let mut synced = Vec::new();
    for size in SIZES {
        synced.push(files.synced(&chunk, size).await.map_err(failed)?);
    }
    let read_mib_s = files.read_all(&pool, bytes).await.map_err(failed)?;
    let mut echoes = Vec::new();
    for connections in ECHO_CONNECTIONS {
        echoes.push(echo(connections).await.map_err(failed)?);
    }
    Ok(Measured { direct, synced, write_mib_s, read_mib_s, usage, echoes })
}

/// One file, opened for both ways of syncing.
struct Files {
    data_sync: File,
    write_then_sync: File,
}

impl Files {
    async fn open(directory: &Path, direct: bool) -> io::Result<Self> {
        let path = directory.join(format!(".tune-probe-{:016x}", random::u64()));
        let how = Open { direct, ..Open::CREATE };
        let data_sync = File::open(&path, how).await;
        let other = Open { sync: SyncMethod::WriteThenSync, ..how };
        let write_then_sync = File::open(&path, other).await;
        disk::remove_file(&path).await?;
        Ok(Self { data_sync: data_sync?, write_then_sync: write_then_sync? })
    }

    /// Fills the file as far as the time limit allows: MiB a second, and bytes.
    async fn write_all(&self, chunk: &Chunk) -> io::Result<(u64, u64)> {
        let start = clock::now();
        let mut at = 0;
        while at < FILE_BYTES && start.elapsed() < SEQUENTIAL_LIMIT {
            let spans = (0..PIECES).map(|_| chunk.span(0..PIECE_BYTES)).collect();
            self.data_sync.write_at(spans, at, Durability::Written).await?;
            at += (PIECES * PIECE_BYTES) as u64;
        }
        self.data_sync.sync_data().await?;
        Ok((per_second(at, start.elapsed()) >> 20, at))
    }

    /// Times synced writes of `bytes`, both ways in turns so that both meet the same disk.
    async fn synced(&self, chunk: &Chunk, bytes: usize) -> io::Result<Synced> {
        let start = clock::now();
        let mut times = [const { Vec::new() }; 2];
        for round in 0..ROUNDS {
            if start.elapsed() > 2 * ROUNDS_LIMIT {
                break;
            }
            let from = round * bytes % PIECE_BYTES;
            for (file, times) in
                [&self.data_sync, &self.write_then_sync].into_iter().zip(&mut times)
            {
                let span = chunk.span(from..from + bytes);
                let start = clock::now();
                file.write_at(vec![span], from as u64, Durability::Synced).await?;
                times.push(start.elapsed());
            }
        }
        let [data_sync, write_then_sync] = times.map(spread);
        Ok(Synced { bytes, data_sync, write_then_sync })
    }

    /// Reads what was written, several pieces at a time: MiB a second.
    async fn read_all(&self, pool: &ChunkPool, bytes: u64) -> io::Result<u64> {
        let start = clock::now();
        let readers: Vec<_> = (0..PIECES as u64)
            .map(|reader| {
                let (file, pool) = (self.data_sync.clone(), pool.clone());
                spawn::spawn(async move { read_part(&file, &pool, reader, bytes).await })
            })
            .collect();
        let mut read = 0;
        for reader in readers {
            read += reader.await?;
        }
        Ok(per_second(read, start.elapsed()) >> 20)
    }
}

/// Every [`PIECES`]th piece from the `reader`th on: bytes read.
async fn read_part(file: &File, pool: &ChunkPool, reader: u64, bytes: u64) -> io::Result<u64> {
    let start = clock::now();
    let mut at = reader * PIECE_BYTES as u64;
    let mut read = 0;
    while at < bytes && start.elapsed() < SEQUENTIAL_LIMIT {
        let chunk = pool.take().ok_or(io::ErrorKind::OutOfMemory)?;
        read += file.read_chunk(chunk, PIECE_BYTES, at).await?.len() as u64;
        at += (PIECES * PIECE_BYTES) as u64;
    }
    Ok(read)
}

/// A chunk of bytes that no disk can make smaller.
fn noise(pool: &ChunkPool) -> io::Result<Chunk> {
    let mut chunk = pool.take().ok_or(io::ErrorKind::OutOfMemory)?;
    while chunk.append(&random::u64().to_be_bytes()) {}
    Ok(chunk)
}

/// Counts echoes over `connections` connections.
async fn echo(connections: usize) -> io::Result<Echoes> {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), 64)?;
    let address = listener.address();
    let mut servers = Vec::new();
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Rc::new(Stream::connect(address, CONNECT_LIMIT).await?));
        let (socket, _) = listener.accept().await?;
        servers.push(spawn::spawn(serve(Stream::attach(socket))));
    }
    let start = clock::now();
    let callers: Vec<_> =
        clients.iter().map(|stream| spawn::spawn(call(stream.clone(), start))).collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await?);
    }
    let elapsed = start.elapsed();
    drop(clients);
    for server in servers {
        server.await?;
    }
    let per_second = per_second(times.len() as u64, elapsed);
    Ok(Echoes { connections, per_second, took: spread(times) })
}

async fn serve(stream: Stream) -> io::Result<()> {
    while let Some(bytes) = stream.recv().await? {
        stream.send(vec![bytes.into_bytes()]).await?;
    }
    Ok(())
}

/// Sends and waits for what comes back, again and again.
async fn call(stream: Rc<Stream>, start: clock::Instant) -> io::Result<Vec<Duration>> {
    let message = bytes::Bytes::from(vec![b'x'; ECHO_BYTES]);
    let mut times = Vec::new();
    while start.elapsed() < ECHO_TIME {
        let sent = clock::now();
        stream.send(vec![message.clone()]).await?;
        let mut left = ECHO_BYTES;
        while left > 0 {
            let got = stream.recv().await?.ok_or(io::ErrorKind::UnexpectedEof)?;
            left = left.saturating_sub(got.len());
        }
        times.push(sent.elapsed());
    }
    Ok(times)
}

fn spread(mut times: Vec<Duration>) -> Spread {
    times.sort_unstable();
    let at = |of_100: usize| {
        let index = (times.len() * of_100 / 100).min(times.len().saturating_sub(1));
        let time = times.get(index).copied().unwrap_or_default();
        u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
    };
    Spread { p50_us: at(50), p99_us: at(99) }
}

fn per_second(count: u64, time: Duration) -> u64 {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    count.saturating_mul(1_000_000) / micros
}

impl Measured {
    /// The way of syncing that took less time for a group of a few messages.
    pub fn sync_method(&self) -> SyncMethod {
        let group = self.group();
        match group.data_sync.p50_us <= group.write_then_sync.p50_us {
            true => SyncMethod::DataSync,
            false => SyncMethod::WriteThenSync,
        }
    }

    /// Median of a synced group of a few messages, in microseconds, the faster way.
    pub fn sync_us(&self) -> u64 {
        let group = self.group();
        group.data_sync.p50_us.min(group.write_then_sync.p50_us)
    }

    /// The row for 16 KiB.
    fn group(&self) -> Synced {
        let none = Spread::default();
        let none = Synced { bytes: 0, data_sync: none, write_then_sync: none };
        self.synced.get(1).copied().unwrap_or(none)
    }

    /// The `mappedFileSizeCommitLog` for a store of `shards` logs that may fill this disk:
    /// RocketMQ's 1 GiB, less where a disk would hold too few of them to expire evenly.
    pub fn segment_bytes(&self, shards: u16) -> u64 {
        let most = self.usage.total / SEGMENTS_WANTED / u64::from(shards.max(1));
        let mut bytes = SEGMENT_BYTES;
        while bytes > most && bytes > SEGMENT_BYTES_MIN {
            bytes /= 2;
        }
        bytes
    }
}
