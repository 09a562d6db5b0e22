//! The one place of this room that touches files: `/proc` and `/sys`, below a root that tests and
//! containers choose, and the record of what was changed.
#![expect(clippy::disallowed_methods, reason = "no core runs beside it that could be held up")]

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::limits::SETTINGS_FILE_BYTES_MAX;

/// Files that the kernel answers for. Paths are absolute and start with `/proc` or `/sys`.
pub trait Tree {
    /// The text of a file, at most [`SETTINGS_FILE_BYTES_MAX`] bytes of it.
    ///
    /// # Errors
    /// As `open(2)` and `read(2)`; `NotFound` where the machine lacks it.
    fn read(&self, path: &str) -> io::Result<String>;

    /// Writes `text` with one call, as the kernel wants its settings.
    ///
    /// # Errors
    /// As `open(2)` and `write(2)`. The file is not made when it is missing.
    fn write(&self, path: &str, text: &str) -> io::Result<()>;

    /// The names in a directory, numbers in the order of their value.
    ///
    /// # Errors
    /// As `opendir(3)`.
    fn list(&self, path: &str) -> io::Result<Vec<String>>;

    /// The path without symbolic links.
    ///
    /// # Errors
    /// As `realpath(3)`; `NotFound` too when it leads out of the root.
    fn resolve(&self, path: &str) -> io::Result<String>;
}

/// The files below a directory: `/` for this machine.
#[derive(Clone, Debug)]
pub struct Mounted {
    root: PathBuf,
}

impl Mounted {
    /// The tree whose `/proc` and `/sys` are in `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }
}

impl Tree for Mounted {
    fn read(&self, path: &str) -> io::Result<String> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(SETTINGS_FILE_BYTES_MAX).unwrap_or(u64::MAX);
        fs::File::open(self.at(path))?.take(limit).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn write(&self, path: &str, text: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let mut file = options.write(true).truncate(true).open(self.at(path))?;
        file.write_all(text.as_bytes())
    }

    fn list(&self, path: &str) -> io::Result<Vec<String>> {
        let names = fs::read_dir(self.at(path))?
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
        // By length first: 9 before 10, rx-9 before rx-10.
        names.sort_by(|left, right| left.len().cmp(&right.len()).then(left.cmp(right)));
        Ok(names)
    }

    fn resolve(&self, path: &str) -> io::Result<String> {
        let root = fs::canonicalize(&self.root)?;
        let found = fs::canonicalize(self.at(path))?;
        let inside = found.strip_prefix(root).map_err(|_| io::ErrorKind::NotFound)?;
        Ok(format!("/{}", inside.display()))
    }
}

/// The whole of a file of at most [`SETTINGS_FILE_BYTES_MAX`] bytes; `None` if it is not there.
///
/// # Errors
/// As `open(2)` and `read(2)`; `FileTooLarge`.
pub(super) fn load(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match fs::File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let limit = u64::try_from(SETTINGS_FILE_BYTES_MAX).unwrap_or(u64::MAX);
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    match bytes.len() > SETTINGS_FILE_BYTES_MAX {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(Some(bytes)),
    }
}

/// Makes `path` hold `bytes`, durably: the old content or the new, at every moment.
///
/// # Errors
/// As `mkdir(2)`, `open(2)`, `write(2)`, `fsync(2)` and `rename(2)`.
pub(super) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(directory)?;
    let mut new = path.as_os_str().to_owned();
    new.push(".tmp");
    let mut file = fs::File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    fs::File::open(directory)?.sync_all()
}

/// Removes a file.
///
/// # Errors
/// As `unlink(2)`.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// The path without symbolic links, as far as it exists.
pub(super) fn real(path: &Path) -> PathBuf {
    let mut exists = path;
    loop {
        match (fs::canonicalize(exists), exists.parent()) {
            (Ok(real), _) => return real.join(path.strip_prefix(exists).unwrap_or(Path::new(""))),
            (Err(_), Some(parent)) => exists = parent,
            (Err(_), None) => return path.to_owned(),
        }
    }
}
