//! What the disk does for one thread: aligned writes past the page cache, each durable before the
//! next begins, and sequential reads.

use std::fs::{File, OpenOptions};
use std::io::{self, IoSlice};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use rustix::fs::OFlags;
use rustix::io::{ReadWriteFlags, pwritev2};

use crate::load::clock::nanoseconds;
use crate::load::target::LoadError;
use crate::load::window::Measured;

/// What direct I/O asks of addresses, lengths and positions.
const ALIGNMENT: usize = 4096;

/// Bytes of one read.
const READ_BYTES: usize = 1024 * 1024;

/// Reads in flight, so that the disk is never without one.
const READERS: usize = 4;

/// How a write becomes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It need not: the write has reached the device's queue and come back.
    Direct,
    /// The write says so itself (`RWF_DSYNC`).
    Dsync,
    /// `fdatasync` follows it.
    Fdatasync,
}

impl Way {
    /// All, as tables show them.
    pub const ALL: [Self; 3] = [Self::Direct, Self::Dsync, Self::Fdatasync];

    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct write",
            Self::Dsync => "DSYNC write",
            Self::Fdatasync => "write + fdatasync",
        }
    }
}

/// Writes of one length in one way.
#[derive(Debug)]
pub struct Written {
    /// Nanoseconds of each.
    pub latency: Histogram<u64>,
    /// Bytes a second.
    pub bytes_per_second: f64,
}

/// A file filled with zeros, so that overwriting it changes no record of the file system, as a
/// broker's preallocated log. Removed when dropped.
#[derive(Debug)]
pub struct Disk {
    file: File,
    path: PathBuf,
    bytes: u64,
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Disk {
    /// Makes the file, `bytes` long (rounded down to whole MiB, at least one).
    ///
    /// # Errors
    /// The directory cannot be written, is full, or its file system knows no direct I/O.
    pub fn fill(directory: &Path, bytes: u64) -> io::Result<Self> {
        let path = directory.join("roofline");
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(true);
        let direct = i32::try_from(OFlags::DIRECT.bits()).unwrap_or(0);
        let file = options.custom_flags(direct).open(&path)?;
        let whole = u64::try_from(READ_BYTES).unwrap_or(1);
        let disk = Self { file, path, bytes: (bytes / whole).max(1) * whole };
        let mut room = Aligned::new(READ_BYTES);
        for position in (0..disk.bytes).step_by(READ_BYTES) {
            disk.file.write_all_at(room.bytes(), position)?;
        }
        disk.file.sync_all()?;
        Ok(disk)
    }

    /// Writes of `length` (a multiple of 4 KiB), one after the other over the whole file and again
    /// from its front, for `span`.
    pub fn write(&self, length: usize, way: Way, span: Duration) -> Result<Written, LoadError> {
        let mut room = Aligned::new(length);
        let room = room.bytes();
        room.fill(0x5a);
        let step = u64::try_from(length).unwrap_or(u64::MAX);
        let mut latency = Measured::new()?.latency;
        let (began, mut position) = (Instant::now(), 0);
        while began.elapsed() < span || latency.is_empty() {
            let start = Instant::now();
            self.write_once(room, position, way)?;
            latency.saturating_record(nanoseconds(start.elapsed()).max(1));
            position += step;
            if position + step > self.bytes {
                position = 0;
            }
        }
        let bytes = latency.len().saturating_mul(step);
        let bytes_per_second = crate::report::rate(bytes, began.elapsed().as_secs_f64());
        Ok(Written { latency, bytes_per_second })
    }

    fn write_once(&self, bytes: &[u8], position: u64, way: Way) -> io::Result<()> {
        if way == Way::Dsync {
            let slices = [IoSlice::new(bytes)];
            let count = pwritev2(&self.file, &slices, position, ReadWriteFlags::DSYNC)?;
            return if count == bytes.len() {
                Ok(())
            } else {
                Err(io::ErrorKind::WriteZero.into())
            };
        }
        self.file.write_all_at(bytes, position)?;
        if way == Way::Fdatasync { self.file.sync_data() } else { Ok(()) }
    }

    /// Bytes a second of reading the file from front to back, over and over for `span`.
    pub fn read(&self, span: Duration) -> io::Result<f64> {
        let next = AtomicU64::new(0);
        let step = u64::try_from(READ_BYTES).unwrap_or(u64::MAX);
        let began = Instant::now();
        let reader = || -> io::Result<()> {
            let mut room = Aligned::new(READ_BYTES);
            while began.elapsed() < span {
                let position = next.fetch_add(step, Ordering::Relaxed) % self.bytes;
                self.file.read_exact_at(room.bytes(), position)?;
            }
            Ok(())
        };
        std::thread::scope(|scope| {
            let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(reader)).collect();
            let died = || Err(io::Error::other("a reader panicked"));
            readers.into_iter().try_for_each(|thread| thread.join().unwrap_or_else(|_| died()))
        })?;
        let bytes = next.load(Ordering::Relaxed);
        Ok(crate::report::rate(bytes, began.elapsed().as_secs_f64()))
    }
}

/// Bytes at an address that direct I/O takes.
struct Aligned {
    memory: Vec<u8>,
    at: usize,
    length: usize,
}

impl Aligned {
    fn new(length: usize) -> Self {
        let memory = vec![0; length + ALIGNMENT];
        let at = memory.as_ptr().align_offset(ALIGNMENT);
        Self { memory, at, length }
    }

    fn bytes(&mut self) -> &mut [u8] {
        self.memory.get_mut(self.at..self.at + self.length).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_written_read_and_left_as_it_was() {
        let directory = tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap();
        let disk = Disk::fill(directory.path(), 3 << 20).unwrap();
        let moment = Duration::from_millis(1);
        for way in Way::ALL {
            let written = disk.write(8192, way, moment).unwrap();
            assert!(!written.latency.is_empty() && written.bytes_per_second > 0.0);
        }
        let stored = std::fs::read(&disk.path).unwrap();
        assert_eq!((stored.len(), stored[8191]), (3 << 20, 0x5a));
        assert!(disk.read(moment).unwrap() > 0.0);
        drop(disk);
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
