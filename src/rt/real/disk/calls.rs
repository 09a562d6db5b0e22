//! The calls behind `rt::disk` that may block. Each runs on the core's thread for them.
#![expect(clippy::disallowed_methods, reason = "this is the place that touches the file system")]

use std::ffi::{CString, OsString};
use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use crate::rt::disk::{DiskUsage, Kind, Metadata};

/// A lock on a file, given up when dropped or when the process ends.
#[derive(Debug)]
pub struct FileLock {
    _fd: OwnedFd,
}

pub(in crate::rt) fn create_dir_all(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

pub(in crate::rt) fn list_dir(path: &Path) -> io::Result<Vec<OsString>> {
    let names: io::Result<Vec<_>> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect();
    let mut names = names?;
    names.sort();
    Ok(names)
}

pub(in crate::rt) fn exists(path: &Path) -> io::Result<bool> {
    path.try_exists()
}

pub(in crate::rt) fn metadata(path: &Path) -> io::Result<Metadata> {
    let found = fs::metadata(path)?;
    let kind = match (found.is_dir(), found.is_file()) {
        (true, _) => Kind::Directory,
        (_, true) => Kind::File,
        _ => Kind::Other,
    };
    let modified_ms = found.mtime().saturating_mul(1000) + found.mtime_nsec() / 1_000_000;
    Ok(Metadata { len: found.len(), kind, modified_ms })
}

pub(in crate::rt) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

pub(in crate::rt) fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)
}

pub(in crate::rt) fn copy_synced(from: &Path, to: &Path) -> io::Result<()> {
    fs::copy(from, to)?;
    fs::File::open(to)?.sync_all()
}

pub(in crate::rt) fn remove_file(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

pub(in crate::rt) fn remove_dir_all(path: &Path) -> io::Result<()> {
    fs::remove_dir_all(path)
}

pub(in crate::rt) fn sync_dir(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

pub(in crate::rt) fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
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
}

pub(in crate::rt) fn lock_file(path: &Path) -> io::Result<FileLock> {
    let mut options = fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    let file = options.open(path)?;
    lock(OwnedFd::from(file), libc::F_WRLCK)
}

pub(in crate::rt) fn lock_shared(path: &Path) -> io::Result<FileLock> {
    lock(OwnedFd::from(fs::File::open(path)?), libc::F_RDLCK)
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

pub(in crate::rt) fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    let mut content = Vec::new();
    fs::File::open(path)?.take(limit).read_to_end(&mut content)?;
    if content.len() > bytes_max {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(content)
}

/// Makes an empty file.
pub(in crate::rt) fn make_file(path: &Path) -> io::Result<()> {
    fs::File::create_new(path).map(|_| ())
}

/// Writes `bytes` at `at` into a file that is there, and gives it the length `len` if it has
/// another.
pub(in crate::rt) fn write_part(path: &Path, len: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
    let file = fs::OpenOptions::new().write(true).open(path)?;
    if file.metadata()?.len() != len {
        file.set_len(len)?;
    }
    file.write_all_at(bytes, at)
}

/// Makes a file with this content, in the place of one that is there, and syncs it.
pub(in crate::rt) fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
