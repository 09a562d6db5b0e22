//! Names, directories and whole small files: cold calls, each on the core's blocking thread.
#![expect(clippy::disallowed_methods, reason = "this is the place that touches the file system")]

use std::ffi::{CString, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::super::spawn::blocking;

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A device, a socket, a pipe.
    Other,
}

/// Facts about a path; symbolic links are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// Length in bytes.
    pub len: u64,
    /// What it is.
    pub kind: Kind,
    /// Last change of its content, in milliseconds since 1970.
    pub modified_ms: i64,
}

/// How full a file system is, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DiskUsage {
    /// Its size, less what is reserved for the superuser.
    pub total: u64,
    /// What is taken of that.
    pub used: u64,
}

/// A lock on a file, given up when dropped or when the process ends.
#[derive(Debug)]
pub struct FileLock {
    _fd: OwnedFd,
}

/// Makes a directory and those above it; no error if it is there.
///
/// # Errors
/// As `mkdir(2)`.
pub async fn create_dir_all(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || fs::create_dir_all(path)).await
}

/// The names in a directory, sorted.
///
/// # Errors
/// As `opendir(3)`.
pub async fn list_dir(path: &Path) -> io::Result<Vec<OsString>> {
    let path = path.to_owned();
    blocking(move || {
        let names: io::Result<Vec<_>> =
            fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect();
        let mut names = names?;
        names.sort();
        Ok(names)
    })
    .await
}

/// Is there anything of this name?
///
/// # Errors
/// It cannot be told: no permission, a failing medium.
pub async fn exists(path: &Path) -> io::Result<bool> {
    let path = path.to_owned();
    blocking(move || path.try_exists()).await
}

/// What is known of a path.
///
/// # Errors
/// As `stat(2)`.
pub async fn metadata(path: &Path) -> io::Result<Metadata> {
    let path = path.to_owned();
    blocking(move || {
        use std::os::unix::fs::MetadataExt;
        let found = fs::metadata(path)?;
        let kind = match (found.is_dir(), found.is_file()) {
            (true, _) => Kind::Directory,
            (_, true) => Kind::File,
            _ => Kind::Other,
        };
        let modified_ms = found.mtime().saturating_mul(1000) + found.mtime_nsec() / 1_000_000;
        Ok(Metadata { len: found.len(), kind, modified_ms })
    })
    .await
}

/// Renames a file, replacing what has the new name. Durable after [`sync_dir`].
///
/// # Errors
/// As `rename(2)`.
pub async fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || fs::rename(from, to)).await
}

/// Removes a file. Durable after [`sync_dir`].
///
/// # Errors
/// As `unlink(2)`.
pub async fn remove_file(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || fs::remove_file(path)).await
}

/// Removes a directory with all that is in it.
///
/// # Errors
/// As `unlink(2)` and `rmdir(2)`.
pub async fn remove_dir_all(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || fs::remove_dir_all(path)).await
}

/// Makes the names in a directory durable.
///
/// # Errors
/// As `fsync(2)`.
pub async fn sync_dir(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || sync_directory(&path)).await
}

/// How full the file system of `path` is, as `df` shows it.
///
/// # Errors
/// As `statvfs(3)`.
pub async fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
    let path = path.to_owned();
    blocking(move || {
        let path = CString::new(path.as_os_str().as_bytes())?;
        // SAFETY: a terminated path, and an all-zero structure that the call fills.
        let (result, found) = unsafe {
            let mut found: libc::statvfs = std::mem::zeroed();
            (libc::statvfs(path.as_ptr(), &raw mut found), found)
        };
        if result < 0 {
            return Err(io::Error::last_os_error());
        }
        let used = found.f_blocks.saturating_sub(found.f_bfree).saturating_mul(found.f_frsize);
        let free = found.f_bavail.saturating_mul(found.f_frsize);
        Ok(DiskUsage { total: used.saturating_add(free), used })
    })
    .await
}

/// Locks byte 0 of a file, made if it is not there, against every other holder: RocketMQ's broker
/// does the same (`FileChannel.tryLock(0, 1, false)`), and so do others of this process.
///
/// # Errors
/// `WouldBlock` if somebody holds it; as `open(2)`.
pub async fn lock_file(path: &Path) -> io::Result<FileLock> {
    let path = path.to_owned();
    blocking(move || {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = options.open(path)?;
        lock(OwnedFd::from(file), libc::F_WRLCK)
    })
    .await
}

/// Locks byte 0 of a file that is there, for as long as nobody holds [`lock_file`] on it; any
/// number may hold this at once, and none may hold the other meanwhile. Nothing is written.
///
/// # Errors
/// `WouldBlock` if somebody holds it; as `open(2)`.
pub async fn lock_shared(path: &Path) -> io::Result<FileLock> {
    let path = path.to_owned();
    blocking(move || lock(OwnedFd::from(fs::File::open(path)?), libc::F_RDLCK)).await
}

fn lock(fd: OwnedFd, kind: i32) -> io::Result<FileLock> {
    // SAFETY: an all-zero lock is valid; its process must be 0 for a lock of this kind.
    let result = unsafe {
        let mut lock: libc::flock = std::mem::zeroed();
        lock.l_type = i16::try_from(kind).unwrap_or(1);
        lock.l_len = 1;
        libc::fcntl(fd.as_raw_fd(), libc::F_OFD_SETLK, &raw const lock)
    };
    if result < 0 {
        return Err(match io::Error::last_os_error() {
            error if error.raw_os_error() == Some(libc::EACCES) => io::ErrorKind::WouldBlock.into(),
            error => error,
        });
    }
    Ok(FileLock { _fd: fd })
}

/// The whole of a small file.
///
/// # Errors
/// As `open(2)` and `read(2)`; `FileTooLarge` if it holds more than `bytes_max`.
pub async fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    blocking(move || {
        let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
        let mut content = Vec::new();
        fs::File::open(path)?.take(limit).read_to_end(&mut content)?;
        if content.len() > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content)
    })
    .await
}

/// Replaces the whole of a small file. At every moment, power loss included, `path` names either
/// the old or the new content, whole; the old stays as `<path>.bak`. One caller per path at a
/// time.
///
/// # Errors
/// As `open(2)`, `write(2)`, `fsync(2)` and `rename(2)`: then `path` is as it was.
pub async fn replace_file(path: &Path, content: Vec<u8>) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || replace(&path, &content)).await
}

fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = beside(path, ".tmp");
    let mut file = fs::File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file);
    if path.try_exists()? {
        // A second name first, so that the file itself is never without one.
        let kept = beside(path, ".bak.tmp");
        let _left_over = fs::remove_file(&kept);
        if fs::hard_link(path, &kept).is_err() {
            // A file system without hard links.
            fs::copy(path, &kept)?;
        }
        fs::rename(&kept, beside(path, ".bak"))?;
    }
    fs::rename(&new, path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_directory(parent),
        _ => sync_directory(Path::new(".")),
    }
}

/// `path` with `ending` added to its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn sync_directory(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}
