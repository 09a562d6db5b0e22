//! An open file: opening, reading, and what concerns the whole of it.

use std::fmt;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use io_uring::{opcode, squeue, types};

use super::super::bridge::local;
use super::super::op::{Operation, check};
use super::super::spawn::blocking;
use crate::rt::buffer::Span;
use crate::rt::disk::{Open, SyncMethod, Writing};

/// Most bytes one read asks the kernel for.
const READ_BYTES_MAX: usize = 1 << 30;
/// Most bytes one write asks the kernel for; whole blocks.
const WRITE_BYTES_MAX: u32 = 1 << 30;

/// An open file. `Send` and `Sync`, cheap to clone, usable on every core; closed when the last
/// clone and the last operation on it are gone.
#[derive(Clone)]
pub struct File {
    pub(super) inner: Arc<Descriptors>,
}

/// The descriptors of one file.
pub(super) struct Descriptors {
    /// Reads, and buffered writes. The kernel drops what it had cached of a range that is written
    /// directly, so reads through this one see direct writes.
    pub(super) buffered: OwnedFd,
    /// Direct writes, and reads into chunks.
    pub(super) direct: Option<OwnedFd>,
    pub(super) sync: SyncMethod,
    path: PathBuf,
}

impl File {
    /// Opens `path`.
    ///
    /// # Errors
    /// As `open(2)` and `ftruncate(2)`. A file system without O_DIRECT is no error.
    pub async fn open(path: &Path, how: Open) -> io::Result<Self> {
        let path = path.to_owned();
        let inner = blocking(move || open(path, how)).await?;
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Do writes go past the page cache? If so they must be whole blocks.
    pub fn is_direct(&self) -> bool {
        self.inner.direct.is_some()
    }

    /// The path it was opened by.
    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// Its length, in bytes.
    ///
    /// # Errors
    /// As `fstat(2)`.
    pub fn len(&self) -> io::Result<u64> {
        // SAFETY: an all-zero `stat` is valid, and the call only writes into it.
        let (result, stat) = unsafe {
            let mut stat: libc::stat = std::mem::zeroed();
            (libc::fstat(self.inner.buffered.as_raw_fd(), &raw mut stat), stat)
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(u64::try_from(stat.st_size).unwrap_or(0))
    }

    /// One read behind what `buffer` holds, which is the file from `offset` on.
    pub(in crate::rt) async fn read_some(
        &self,
        buffer: Vec<u8>,
        len: usize,
        offset: u64,
    ) -> (io::Result<usize>, Vec<u8>) {
        let have = buffer.len();
        let want = (len - have).min(READ_BYTES_MAX);
        let mut keep = Box::new((buffer, self.clone()));
        let target = keep.0.spare_capacity_mut().as_mut_ptr().cast::<u8>();
        let want = u32::try_from(want).unwrap_or(u32::MAX);
        let entry = opcode::Read::new(types::Fd(self.as_raw_buffered()), target, want);
        let entry = entry.offset(offset + have as u64).build();
        // SAFETY: `want` bytes of spare capacity lie at `target`; `keep` owns them and the file.
        let (result, keep) = unsafe { Operation::submit(&local(), keep, entry) }.await;
        let (mut buffer, _) = *keep;
        let read = check(result);
        if let Ok(read) = read {
            // SAFETY: the kernel filled that many bytes of the spare capacity.
            unsafe { buffer.set_len(have + read) };
        }
        (read, buffer)
    }

    /// How its writes are made durable.
    pub(in crate::rt) fn sync_method(&self) -> SyncMethod {
        self.inner.sync
    }

    /// Starts one write of `keep`'s span, less its first `done` bytes, for the file offset `at`;
    /// with `synced` it is durable when it is done. Yields how much was written.
    pub(in crate::rt) fn start_write(
        &self,
        keep: Box<Writing>,
        done: usize,
        at: u64,
        synced: bool,
    ) -> impl Future<Output = (io::Result<usize>, Box<Writing>)> + use<> {
        let flags = if synced { libc::RWF_DSYNC } else { 0 };
        let entry = self.write_entry(&keep.span, done, at, flags);
        // SAFETY: the span keeps its memory mapped and its filled part unchanged; padding that
        // changes meanwhile is written again when it matters.
        let operation = unsafe { Operation::submit(&local(), keep, entry) };
        async move {
            let (result, keep) = operation.await;
            (check(result), keep)
        }
    }

    /// Starts one write with a sync linked to it, which the kernel starts when all of it is
    /// written. Yields how much was written, and the outcome of the sync; `None` if it is not
    /// certain that the sync came after the write.
    pub(in crate::rt) async fn write_linked_sync(
        &self,
        keep: Box<Writing>,
        at: u64,
    ) -> (io::Result<usize>, Box<Writing>, Option<io::Result<()>>) {
        let local = local();
        let before = local.partial_submissions();
        let write = self.write_entry(&keep.span, 0, at, 0);
        let sync = opcode::Fsync::new(self.target()).flags(types::FsyncFlags::DATASYNC).build();
        // SAFETY: as in `start_write`; the sync points to no memory.
        let (write, sync) = unsafe { Operation::submit_linked(&local, keep, write, sync) };
        let (written, keep) = write.await;
        let (synced, _) = sync.await;
        // The kernel may have taken the two apart, and then they ran at the same time.
        let apart = local.partial_submissions() != before;
        let synced = match check(synced) {
            Ok(_) if apart => None,
            outcome => Some(outcome.map(|_| ())),
        };
        (check(written), keep, synced)
    }

    /// The descriptor that writes.
    fn target(&self) -> types::Fd {
        types::Fd(self.inner.direct.as_ref().unwrap_or(&self.inner.buffered).as_raw_fd())
    }

    fn write_entry(&self, span: &Span, done: usize, at: u64, flags: i32) -> squeue::Entry {
        // SAFETY: `done` is at most the span's length.
        let start = unsafe { span.as_ptr().add(done) };
        let len = u32::try_from(span.len() - done).unwrap_or(u32::MAX).min(WRITE_BYTES_MAX);
        match span.registered() {
            Some(table) => {
                let write = opcode::WriteFixed::new(self.target(), start, len, table);
                write.offset(at).rw_flags(flags).build()
            }
            None => {
                opcode::Write::new(self.target(), start, len).offset(at).rw_flags(flags).build()
            }
        }
    }

    /// Makes what was written durable, with the length needed to read it (fdatasync).
    ///
    /// # Errors
    /// The sync failed: what was written since the last one may be lost, and asking again does
    /// not bring it back. Nothing is retried here.
    pub async fn sync_data(&self) -> io::Result<()> {
        self.sync(types::FsyncFlags::DATASYNC).await
    }

    /// Starts to write out what was written, without waiting for the end of that: a sync that comes
    /// later has less to do. Promises nothing, and takes no error from the sync.
    pub async fn start_writeback(&self) {
        let fd = types::Fd(self.as_raw_buffered());
        // Of length 0: all of it.
        let entry = opcode::SyncFileRange::new(fd, 0).flags(libc::SYNC_FILE_RANGE_WRITE).build();
        // SAFETY: it points to no memory.
        let started = unsafe { Operation::submit(&local(), Box::new(self.clone()), entry) };
        let _outcome = started.await;
    }

    async fn sync(&self, what: types::FsyncFlags) -> io::Result<()> {
        let fd = types::Fd(self.as_raw_buffered());
        let entry = opcode::Fsync::new(fd).flags(what).build();
        // SAFETY: a sync points to no memory.
        let synced = unsafe { Operation::submit(&local(), Box::new(self.clone()), entry) };
        check(synced.await.0).map(|_| ())
    }

    /// Reserves disk space for `len` bytes at `offset`, extending the file if it is shorter.
    ///
    /// # Errors
    /// As `fallocate(2)`: ENOSPC; EOPNOTSUPP where the file system cannot.
    pub async fn allocate(&self, offset: u64, len: u64) -> io::Result<()> {
        let fd = types::Fd(self.as_raw_buffered());
        let entry = opcode::Fallocate::new(fd, len).offset(offset).build();
        // SAFETY: an allocation points to no memory.
        let done = unsafe { Operation::submit(&local(), Box::new(self.clone()), entry) };
        check(done.await.0).map(|_| ())
    }

    /// Cuts the file to `len` bytes, or extends it with a hole.
    ///
    /// # Errors
    /// As `ftruncate(2)`.
    pub async fn set_len(&self, len: u64) -> io::Result<()> {
        let file = self.clone();
        blocking(move || truncate(file.inner.buffered.as_fd(), len)).await
    }

    pub(super) fn as_raw_buffered(&self) -> i32 {
        self.inner.buffered.as_raw_fd()
    }

    /// The descriptor that reads, for splicing.
    pub(crate) fn readable(&self) -> BorrowedFd<'_> {
        self.inner.buffered.as_fd()
    }
}

/// Makes the names in a directory durable.
///
/// # Errors
/// As `open(2)` and `fsync(2)`.
pub async fn sync_dir(path: &Path) -> io::Result<()> {
    let folder = File::open(path, Open::READ).await?;
    folder.sync(types::FsyncFlags::empty()).await
}

impl fmt::Debug for File {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mode = if self.is_direct() { ", direct" } else { "" };
        write!(out, "File({}{mode})", self.inner.path.display())
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the place that opens files")]
fn open(path: PathBuf, how: Open) -> io::Result<Descriptors> {
    let mut options = std::fs::OpenOptions::new();
    options.read(how.read || !how.write).write(how.write);
    options.create(how.create).create_new(how.create_new);
    let buffered = OwnedFd::from(options.open(&path)?);
    if let Some(len) = how.len {
        truncate(buffered.as_fd(), len)?;
    }
    let direct = (how.direct && how.write).then(|| {
        let mut options = std::fs::OpenOptions::new();
        let options = options.read(how.read).write(true);
        options.custom_flags(libc::O_DIRECT).open(&path).map(OwnedFd::from)
    });
    let direct = match direct {
        None => None,
        Some(Ok(fd)) => Some(fd),
        Some(Err(error)) if error.raw_os_error() == Some(libc::EINVAL) => None,
        Some(Err(error)) => return Err(error),
    };
    Ok(Descriptors { buffered, direct, sync: how.sync, path })
}

fn truncate(fd: BorrowedFd<'_>, len: u64) -> io::Result<()> {
    let len = i64::try_from(len).map_err(|_| io::Error::from_raw_os_error(libc::EFBIG))?;
    // SAFETY: no pointers.
    if unsafe { libc::ftruncate(fd.as_raw_fd(), len) } < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}
