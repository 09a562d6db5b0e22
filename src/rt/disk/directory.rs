//! Names, directories and whole small files: cold calls, each on the core's blocking thread.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::{DiskUsage, FileLock, Metadata};
use crate::rt::backend::disk::calls;
use crate::rt::backend::spawn::blocking;

/// Makes a directory and those above it; no error if it is there.
///
/// # Errors
/// As `mkdir(2)`.
pub async fn create_dir_all(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || calls::create_dir_all(&path)).await
}

/// The names in a directory, sorted.
///
/// # Errors
/// As `opendir(3)`.
pub async fn list_dir(path: &Path) -> io::Result<Vec<OsString>> {
    let path = path.to_owned();
    blocking(move || calls::list_dir(&path)).await
}

/// Is there anything of this name?
///
/// # Errors
/// It cannot be told: no permission, a failing medium.
pub async fn exists(path: &Path) -> io::Result<bool> {
    let path = path.to_owned();
    blocking(move || calls::exists(&path)).await
}

/// What is known of a path.
///
/// # Errors
/// As `stat(2)`.
pub async fn metadata(path: &Path) -> io::Result<Metadata> {
    let path = path.to_owned();
    blocking(move || calls::metadata(&path)).await
}

/// Renames a file, replacing what has the new name. Durable after [`sync_dir`].
///
/// # Errors
/// As `rename(2)`.
pub async fn rename(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (from.to_owned(), to.to_owned());
    blocking(move || calls::rename(&from, &to)).await
}

/// Removes a file. Durable after [`sync_dir`].
///
/// # Errors
/// As `unlink(2)`.
pub async fn remove_file(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || calls::remove_file(&path)).await
}

/// Removes a directory with all that is in it.
///
/// # Errors
/// As `unlink(2)` and `rmdir(2)`.
pub async fn remove_dir_all(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    blocking(move || calls::remove_dir_all(&path)).await
}

/// How full the file system of `path` is, as `df` shows it.
///
/// # Errors
/// As `statvfs(3)`.
pub async fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
    let path = path.to_owned();
    blocking(move || calls::disk_usage(&path)).await
}

/// Locks byte 0 of a file, made if it is not there, against every other holder: RocketMQ's broker
/// does the same (`FileChannel.tryLock(0, 1, false)`), and so do others of this process.
///
/// # Errors
/// `WouldBlock` if somebody holds it; as `open(2)`.
pub async fn lock_file(path: &Path) -> io::Result<FileLock> {
    let path = path.to_owned();
    blocking(move || calls::lock_file(&path)).await
}

/// Locks byte 0 of a file that is there, for as long as nobody holds [`lock_file`] on it; any
/// number may hold this at once, and none may hold the other meanwhile. Nothing is written.
///
/// # Errors
/// `WouldBlock` if somebody holds it; as `open(2)`.
pub async fn lock_shared(path: &Path) -> io::Result<FileLock> {
    let path = path.to_owned();
    blocking(move || calls::lock_shared(&path)).await
}

/// The whole of a small file.
///
/// # Errors
/// As `open(2)` and `read(2)`; `FileTooLarge` if it holds more than `bytes_max`.
pub async fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    let path = path.to_owned();
    blocking(move || calls::read_file(&path, bytes_max)).await
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
    calls::write_synced(&new, content)?;
    if calls::exists(path)? {
        // A second name first, so that the file itself is never without one.
        let kept = beside(path, ".bak.tmp");
        let _left_over = calls::remove_file(&kept);
        if calls::hard_link(path, &kept).is_err() {
            // A file system without hard links.
            calls::copy_synced(path, &kept)?;
        }
        calls::rename(&kept, &beside(path, ".bak"))?;
    }
    calls::rename(&new, path)?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => calls::sync_dir(parent),
        _ => calls::sync_dir(Path::new(".")),
    }
}

/// `path` with `ending` added to its name.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
