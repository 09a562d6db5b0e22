//! Kept memory of a simulated machine: there until power is lost.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::core::world;
use crate::rt::buffer::Pages;

/// Memory under a path, shared by the processes of a machine.
pub(crate) struct Mapped {
    pages: Arc<Pages>,
}

/// The memory that a machine keeps, and how often it was started.
#[derive(Default)]
pub(super) struct Memory {
    files: std::collections::BTreeMap<PathBuf, Arc<Pages>>,
    boots: u64,
}

impl Memory {
    /// The machine has lost its power.
    pub(super) fn lose(&mut self) {
        self.files.clear();
        self.boots += 1;
    }

    /// How many files there are.
    pub(super) fn count(&self) -> usize {
        self.files.len()
    }
}

fn with<T>(work: impl FnOnce(&mut Memory) -> T) -> T {
    world().disk.with_memory(work)
}

impl Mapped {
    pub(crate) fn create(path: &Path, len: usize) -> io::Result<Self> {
        with(|memory| {
            if memory.files.contains_key(path) {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let pages = Arc::new(Pages::new(len));
            memory.files.insert(path.to_owned(), Arc::clone(&pages));
            Ok(Self { pages })
        })
    }

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let pages = with(|memory| memory.files.get(path).cloned());
        Ok(Self { pages: pages.ok_or(io::ErrorKind::NotFound)? })
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }

    pub(crate) fn reserve(&self, _at: usize, _len: usize) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn remove(path: &Path) -> io::Result<()> {
    let removed = with(|memory| memory.files.remove(path));
    removed.map(|_| ()).ok_or_else(|| io::ErrorKind::NotFound.into())
}

pub(crate) fn boot_id() -> io::Result<String> {
    Ok(with(|memory| format!("boot-{}", memory.boots)))
}
