//! The calls behind `rt::disk` that may block. Each takes effect at one moment, or at several.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::Disk;
use super::fault::OpKind;
use super::names::{Directory, Node};
use crate::rt::disk::{DiskUsage, Kind, Metadata};
use crate::rt::sim::core::world;

/// A lock on a file, given up when dropped or when the process ends.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    /// Does it keep out all others?
    alone: bool,
}

impl Drop for FileLock {
    fn drop(&mut self) {
        let disk = disk();
        let mut state = disk.borrow();
        let held = (std::mem::take(&mut self.path), self.alone);
        if let Some(at) = state.locked.iter().position(|other| *other == held) {
            state.locked.swap_remove(at);
        }
    }
}

fn disk() -> Disk {
    world().disk.clone()
}

fn not_found() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

pub(in crate::rt) fn create_dir_all(path: &Path) -> io::Result<()> {
    if exists(path)? {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        create_dir_all(parent)?;
    }
    let work = |state: &mut super::State| {
        state.names.create(path, Node::Directory(Directory::default())).map(|_| ())
    };
    disk().borrow().at_once(OpKind::CreateDirectory, path, work)
}

pub(in crate::rt) fn list_dir(path: &Path) -> io::Result<Vec<OsString>> {
    disk().borrow().at_once(OpKind::Look, path, |state| state.names.list(path))
}

pub(in crate::rt) fn exists(path: &Path) -> io::Result<bool> {
    disk().borrow().at_once(OpKind::Look, path, |state| Ok(state.names.find(path).is_some()))
}

pub(in crate::rt) fn metadata(path: &Path) -> io::Result<Metadata> {
    disk().borrow().at_once(OpKind::Look, path, |state| {
        let node = state.names.find(path).and_then(|node| state.names.node(node));
        Ok(match node.ok_or_else(not_found)? {
            Node::Directory(_) => Metadata { len: 0, kind: Kind::Directory, modified_ms: 0 },
            Node::File(content) => {
                let modified_ms = content.modified_ms;
                Metadata { len: content.len(), kind: Kind::File, modified_ms }
            }
        })
    })
}

pub(in crate::rt) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    disk().borrow().at_once(OpKind::Rename, to, |state| state.names.rename(from, to))
}

pub(in crate::rt) fn hard_link(from: &Path, to: &Path) -> io::Result<()> {
    disk().borrow().at_once(OpKind::Link, to, |state| state.names.link(from, to))
}

pub(in crate::rt) fn copy_synced(from: &Path, to: &Path) -> io::Result<()> {
    write_synced(to, &read_file(from, usize::MAX)?)
}

pub(in crate::rt) fn remove_file(path: &Path) -> io::Result<()> {
    disk().borrow().at_once(OpKind::Remove, path, |state| state.names.remove(path))
}

/// One name after the other, so that a stop may leave some of them.
pub(in crate::rt) fn remove_dir_all(path: &Path) -> io::Result<()> {
    for name in list_dir(path)? {
        let inner = path.join(name);
        match metadata(&inner)?.kind {
            Kind::Directory => remove_dir_all(&inner)?,
            Kind::File | Kind::Other => remove_file(&inner)?,
        }
    }
    remove_file(path)
}

pub(in crate::rt) fn sync_dir(path: &Path) -> io::Result<()> {
    disk().borrow().at_once(OpKind::SyncDirectory, path, |state| {
        let node = state.names.find(path).ok_or_else(not_found)?;
        state.names.sync(node);
        Ok(())
    })
}

pub(in crate::rt) fn disk_usage(path: &Path) -> io::Result<DiskUsage> {
    disk().borrow().at_once(OpKind::Look, path, |state| {
        let total = state.faults.capacity.unwrap_or(1 << 40);
        let used: u64 = state.names.files().map(|(_, content)| content.used()).sum();
        Ok(DiskUsage { total, used: used.min(total) })
    })
}

pub(in crate::rt) fn lock_file(path: &Path) -> io::Result<FileLock> {
    let disk = disk();
    let mut state = disk.borrow();
    if state.names.find(path).is_none() {
        state.create_file(path)?;
    }
    lock(&mut state, path, true)
}

pub(in crate::rt) fn lock_shared(path: &Path) -> io::Result<FileLock> {
    let disk = disk();
    let mut state = disk.borrow();
    state.names.find(path).ok_or_else(not_found)?;
    lock(&mut state, path, false)
}

fn lock(state: &mut super::State, path: &Path, alone: bool) -> io::Result<FileLock> {
    if state.locked.iter().any(|(other, others_alone)| other == path && (alone || *others_alone)) {
        return Err(io::ErrorKind::WouldBlock.into());
    }
    state.locked.push((path.to_owned(), alone));
    Ok(FileLock { path: path.to_owned(), alone })
}

pub(in crate::rt) fn read_file(path: &Path, bytes_max: usize) -> io::Result<Vec<u8>> {
    disk().borrow().at_once(OpKind::Read, path, |state| {
        let node = state.names.find(path).ok_or_else(not_found)?;
        let content = state.names.file(node)?;
        if content.bytes().len() > bytes_max {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(content.bytes().to_vec())
    })
}

/// Makes an empty file.
pub(in crate::rt) fn make_file(path: &Path) -> io::Result<()> {
    disk().borrow().create_file(path).map(|_| ())
}

/// Writes `bytes` at `at` into a file that is there, and gives it the length `len` if it has
/// another.
pub(in crate::rt) fn write_part(path: &Path, len: u64, at: u64, bytes: &[u8]) -> io::Result<()> {
    let disk = disk();
    let mut state = disk.borrow();
    let node = state.names.find(path).ok_or_else(not_found)?;
    let open = |state: &mut super::State| state.names.file(node).map(|file| file.len());
    if state.at_once(OpKind::Open, path, open)? != len {
        state.set_len(node, path, len)?;
    }
    state.write_all(node, path, at, bytes)
}

/// Makes a file with this content, in the place of one that is there, and syncs it.
pub(in crate::rt) fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let disk = disk();
    let mut state = disk.borrow();
    let node = match state.names.find(path) {
        Some(node) => {
            state.set_len(node, path, 0)?;
            node
        }
        None => state.create_file(path)?,
    };
    state.write_all(node, path, 0, content)?;
    state.at_once(OpKind::Sync, path, |state| {
        let file = state.names.file(node)?;
        file.sync(file.horizon());
        Ok(())
    })
}
