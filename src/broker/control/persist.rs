//! The files of the control plane: those of `config` under the store, in Java's own form, replaced
//! whole and crash-safely (Java: `ConfigManager`).

use std::cell::Cell;
use std::io;
use std::path::{Path, PathBuf};

use crate::broker::control::watermark::Watermark;
use crate::config::kept::{Choice, Content, choose};
use crate::limits::CONFIG_FILE_BYTES_MAX;
use crate::rt::disk;

/// One of the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigFile {
    /// `delayOffset.json`
    DelayOffsets,
    /// `consumerOffset.json`
    Offsets,
    /// `subscriptionGroup.json`
    Groups,
    /// `topics.json`
    Topics,
    /// `transactionMetrics`
    HalfCounts,
}

impl ConfigFile {
    /// Its name in the directory.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DelayOffsets => "delayOffset.json",
            Self::Offsets => "consumerOffset.json",
            Self::Groups => "subscriptionGroup.json",
            Self::Topics => "topics.json",
            Self::HalfCounts => "transactionMetrics",
        }
    }
}

/// Neither a file nor the copy kept of its predecessor can be read.
#[derive(Debug, thiserror::Error)]
#[error("{path} cannot be read, nor can {path}.bak: {why}; restore one of them, or move both away \
         to start without what they held", path = path.display())]
pub struct LoadError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
}

/// The files, each written by one write at a time. Lives on core 0.
///
/// Changes that come while a write is under way are in the next one, which serves all who wait.
#[derive(Debug)]
pub struct ConfigFiles {
    directory: PathBuf,
    delay_offsets: Slot,
    offsets: Slot,
    groups: Slot,
    topics: Slot,
    half_counts: Slot,
}

#[derive(Debug, Default)]
struct Slot {
    /// Changes so far.
    changed: Cell<u64>,
    /// How many of them the file holds.
    written: Watermark,
    writing: Cell<bool>,
    attempts: Watermark,
}

impl ConfigFiles {
    /// The files of a directory, which must exist.
    pub fn new(directory: PathBuf) -> Self {
        Self {
            directory,
            delay_offsets: Slot::default(),
            offsets: Slot::default(),
            groups: Slot::default(),
            topics: Slot::default(),
            half_counts: Slot::default(),
        }
    }

    /// Where they are.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Notes that what the file is to hold has changed.
    pub fn changed(&self, file: ConfigFile) {
        let slot = self.slot(file);
        slot.changed.set(slot.changed.get() + 1);
    }

    /// Whether a change is not in the file yet.
    pub fn is_behind(&self, file: ConfigFile) -> bool {
        let slot = self.slot(file);
        slot.written.value() < slot.changed.get()
    }

    /// Resolves when the file holds every change noted so far. `text` is asked for the whole
    /// content when a write starts.
    ///
    /// # Errors
    /// The write that should have held the changes failed. They stay noted: a later call writes
    /// them.
    pub async fn write(&self, file: ConfigFile, text: impl Fn() -> Vec<u8>) -> io::Result<()> {
        let slot = self.slot(file);
        let wanted = slot.changed.get();
        while slot.written.value() < wanted {
            let attempts = slot.attempts.value();
            if slot.writing.get() {
                slot.attempts.reached(attempts + 1).await;
                continue;
            }
            let _turn = Turn::take(slot);
            let covered = slot.changed.get();
            let path = self.directory.join(file.name());
            disk::replace_file(&path, text()).await.inspect_err(|error| {
                tracing::error!(path = %path.display(), %error, "cannot write configuration");
            })?;
            slot.written.raise(covered);
        }
        Ok(())
    }

    /// Reads a file, or the copy of its predecessor when it is missing, empty or damaged. `None`
    /// when neither is there.
    ///
    /// # Errors
    /// One is there and neither can be read: going on would overwrite them.
    pub async fn load<T, E: std::fmt::Display>(
        &self,
        file: ConfigFile,
        read: impl Fn(&[u8]) -> Result<T, E>,
    ) -> Result<Option<T>, LoadError> {
        let path = self.directory.join(file.name());
        let copy_path = self.directory.join(format!("{}.bak", file.name()));
        let file = load_one(&path, &read).await;
        // A copy that cannot be read matters only where it is needed.
        let copy = match &file {
            Content::Whole(_) => Content::Missing,
            _ => load_one(&copy_path, &read).await,
        };
        match choose(file.found(), copy.found()) {
            Choice::File => Ok(file.whole()),
            Choice::Nothing => Ok(None),
            Choice::Copy => {
                let (path, copy_path) = (path.display(), copy_path.display());
                let why = file.damage();
                tracing::warn!(%path, ?why, copy = %copy_path, "configuration taken from the copy");
                Ok(copy.whole())
            }
            Choice::Refuse => {
                let why = copy.damage().or(file.damage()).unwrap_or_default();
                Err(LoadError { path, why })
            }
        }
    }

    fn slot(&self, file: ConfigFile) -> &Slot {
        match file {
            ConfigFile::DelayOffsets => &self.delay_offsets,
            ConfigFile::Offsets => &self.offsets,
            ConfigFile::Groups => &self.groups,
            ConfigFile::Topics => &self.topics,
            ConfigFile::HalfCounts => &self.half_counts,
        }
    }
}

/// The right to write; given back also when the writer's task is dropped.
struct Turn<'a>(&'a Slot);

impl<'a> Turn<'a> {
    fn take(slot: &'a Slot) -> Self {
        slot.writing.set(true);
        Self(slot)
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.writing.set(false);
        self.0.attempts.raise(self.0.attempts.value() + 1);
    }
}

async fn load_one<T, E: std::fmt::Display>(
    path: &Path,
    read: &impl Fn(&[u8]) -> Result<T, E>,
) -> Content<T, String> {
    match disk::read_file(path, CONFIG_FILE_BYTES_MAX).await {
        Ok(bytes) if bytes.is_empty() => Content::Missing,
        Ok(bytes) => match read(&bytes) {
            Ok(value) => Content::Whole(value),
            Err(error) => Content::Damaged(error.to_string()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Content::Missing,
        Err(error) => Content::Damaged(error.to_string()),
    }
}
