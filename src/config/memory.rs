//! Where the end of the log may be kept in memory.

use std::path::PathBuf;

use super::settings::Settings;

/// Memory that outlives the broker (`appendMemory`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum AppendMemory {
    /// `auto`, or not set: in the machine's shared memory, where it outlives the broker.
    #[default]
    Auto,
    /// `none`: nowhere.
    Nowhere,
    /// In this directory.
    Directory(PathBuf),
}

/// The `appendMemory` setting.
pub(super) fn append_memory(settings: &Settings) -> AppendMemory {
    let given = settings.value("appendMemory").map(|value| value.to_string());
    match given.as_deref() {
        None | Some("" | "auto") => AppendMemory::Auto,
        Some("none") => AppendMemory::Nowhere,
        Some(directory) => AppendMemory::Directory(directory.into()),
    }
}
