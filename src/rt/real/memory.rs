//! Kept memory of real kernels: files of a tmpfs.
#![expect(clippy::disallowed_methods, reason = "tmpfs answers from memory: nothing here waits")]

use std::ffi::CString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::rt::buffer::Pages;
use crate::rt::memory::Kept;

/// The inode of the first PID namespace (`PROC_PID_INIT_INO` of the kernel).
const FIRST_PID_NAMESPACE: &str = "pid:[4026531836]";

/// Users below this number are the system's: logind removes what others leave in `/dev/shm` when
/// they log out (`RemoveIPC` of logind.conf).
const SYSTEM_USERS: u32 = 1000;

/// Memory of a file, mapped.
pub(crate) struct Mapped {
    pages: Pages,
    file: File,
}

impl Mapped {
    pub(crate) fn create(path: &Path, len: usize) -> io::Result<Self> {
        let file = opening().create_new(true).mode(0o600).open(path)?;
        let made = || {
            file.try_lock()?;
            check_memory(&file)?;
            file.set_len(len as u64)?;
            Pages::of_file(file.as_fd(), len)
        };
        match made() {
            Ok(pages) => Ok(Self { pages, file }),
            Err(error) => {
                let _left_over = fs::remove_file(path);
                Err(error)
            }
        }
    }

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Self::of(opening().open(path)?)
    }

    fn of(file: File) -> io::Result<Self> {
        let found = file.metadata()?;
        // SAFETY: geteuid cannot fail and takes nothing.
        let ours = found.uid() == unsafe { libc::geteuid() };
        if !ours || !found.is_file() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        check_memory(&file)?;
        let len = usize::try_from(found.len()).unwrap_or(usize::MAX);
        // Nothing cannot be mapped; of an empty file nothing is touched either.
        let pages = Pages::of_file(file.as_fd(), len.max(1))?;
        Ok(Self { pages, file })
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }

    pub(crate) fn reserve(&self, at: usize, len: usize) -> io::Result<()> {
        let offset = |bytes| libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge);
        // SAFETY: takes no pointers.
        match unsafe { libc::fallocate(self.file.as_raw_fd(), 0, offset(at)?, offset(len)?) } {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Symbolic links are not followed: the directory may be everybody's.
fn opening() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(libc::O_NOFOLLOW | libc::O_CLOEXEC);
    options
}

fn check_memory(file: &File) -> io::Result<()> {
    // SAFETY: an all-zero structure that the call fills.
    let (result, found) = unsafe {
        let mut found: libc::statfs = std::mem::zeroed();
        (libc::fstatfs(file.as_raw_fd(), &raw mut found), found)
    };
    match result {
        0 if found.f_type == libc::TMPFS_MAGIC => Ok(()),
        0 => Err(io::ErrorKind::Unsupported.into()),
        _ => Err(io::Error::last_os_error()),
    }
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

pub(crate) fn boot_id() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// Removes kept memory in `directory` that nobody wants any more: no process has it, and the file
/// that would name it does not, or is gone. How many there were. What cannot be looked at stays.
///
/// # Errors
/// As `opendir(3)`.
pub fn remove_unwanted(directory: &Path, prefix: &str) -> io::Result<usize> {
    let mut removed = 0;
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let named =
            path.file_name().is_some_and(|name| name.as_bytes().starts_with(prefix.as_bytes()));
        if named && is_unwanted(&path) && fs::remove_file(&path).is_ok() {
            removed += 1;
        }
    }
    Ok(removed)
}

/// Not so if it is just being made: its maker has locked it before it is whole.
fn is_unwanted(path: &Path) -> bool {
    let Ok(file) = opening().open(path) else { return false };
    if file.try_lock().is_err() {
        return false;
    }
    let Some(kept) = Mapped::of(file).ok().and_then(Kept::of) else { return false };
    let name = path.as_os_str().as_bytes();
    match fs::read(kept.wanted_by()) {
        Ok(text) => !text.windows(name.len()).any(|window| window == name),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

/// Why a directory is no place for memory that is to outlive the process.
#[derive(Debug, Error)]
pub enum Unfit {
    /// It keeps its files on a disk.
    #[error("its files are not kept in memory; it must be on a tmpfs")]
    NotMemory,
    /// It ends with the container.
    #[error("in a container it may end with the process")]
    Container,
    /// It ends with the session.
    #[error("what users leave there is removed when they log out")]
    User,
    /// It is not what the system started with.
    #[error("it is not that of the machine")]
    Private,
    /// It cannot be used.
    #[error("it cannot be used: {0}")]
    System(#[from] io::Error),
}

/// Can memory be kept in `directory`? Whether it outlives the process is for the caller to know.
///
/// # Errors
/// [`Unfit`].
pub fn check_directory(directory: &Path) -> Result<(), Unfit> {
    let file = File::open(directory)?;
    check_memory(&file).map_err(|error| match error.kind() {
        io::ErrorKind::Unsupported => Unfit::NotMemory,
        _ => Unfit::System(error),
    })?;
    let path = CString::new(directory.as_os_str().as_bytes()).map_err(io::Error::from)?;
    // SAFETY: a terminated path.
    match unsafe { libc::access(path.as_ptr(), libc::W_OK | libc::X_OK) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error().into()),
    }
}

/// The directory where memory outlives this process on most machines, if it does so here: that of
/// POSIX shared memory (`shm_overview(7)`).
///
/// # Errors
/// [`Unfit`]: in doubt it does not.
pub fn usual_directory() -> Result<PathBuf, Unfit> {
    let directory = PathBuf::from("/dev/shm");
    check_directory(&directory)?;
    if fs::read_link("/proc/self/ns/pid")?.as_os_str() != FIRST_PID_NAMESPACE {
        return Err(Unfit::Container);
    }
    // SAFETY: geteuid cannot fail and takes nothing.
    if unsafe { libc::geteuid() } >= SYSTEM_USERS {
        return Err(Unfit::User);
    }
    // That of the first process lasts as long as the machine runs.
    let mounts = fs::read_to_string("/proc/1/mountinfo")?;
    let device = fs::metadata(&directory)?.dev();
    let device = format!("{}:{}", libc::major(device), libc::minor(device));
    match mounted(&mounts, "/dev/shm") == Some(device.as_str()) {
        true => Ok(directory),
        false => Err(Unfit::Private),
    }
}

/// The device that is mounted at `path`, as `major:minor`, by the text of a `mountinfo`
/// (`proc_pid_mountinfo(5)`): of several the last, which hides the others.
fn mounted<'a>(mounts: &'a str, path: &str) -> Option<&'a str> {
    let mut fields = mounts.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields.rfind(|fields| fields.get(4) == Some(&path))?.get(2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_mounts_the_last_counts() {
        let mounts = "24 1 0:22 / /dev rw - devtmpfs none rw\n\
                      25 24 0:23 / /dev/shm rw,relatime - tmpfs tmpfs rw\n\
                      30 25 0:27 / /dev/shm rw,relatime shared:3 - tmpfs tmpfs rw\n";
        assert_eq!(mounted(mounts, "/dev/shm"), Some("0:27"));
        assert_eq!(mounted(mounts, "/dev"), Some("0:22"));
        assert_eq!(mounted(mounts, "/run"), None);
    }

    #[test]
    fn a_directory_on_a_disk_is_refused() {
        assert!(matches!(check_directory(Path::new("/proc")), Err(Unfit::NotMemory)));
        assert!(matches!(check_directory(Path::new("/nowhere")), Err(Unfit::System(_))));
    }
}
