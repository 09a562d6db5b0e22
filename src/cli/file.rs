//! Reads a small file before any core runs.

use std::io::{self, Read};
use std::path::Path;

use crate::limits::SETTINGS_FILE_BYTES_MAX;

/// Why a file cannot be read, in one line with a remedy.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is a directory.
    #[error("{0} is a directory; name the file itself")]
    Directory(String),
    /// This user may not read it.
    #[error("{0} cannot be read: permission denied; let this user read it")]
    Denied(String),
    /// It is not there.
    #[error("{0} does not exist; correct its path")]
    Missing(String),
    /// It is too long to be a configuration.
    #[error("{0} is longer than {SETTINGS_FILE_BYTES_MAX} bytes; it is not what is wanted here")]
    TooLong(String),
    /// Anything else.
    #[error("{path} cannot be read: {source}; check the disk it is on")]
    Unreadable {
        /// As it was named.
        path: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The whole of a file of at most [`SETTINGS_FILE_BYTES_MAX`] bytes. `path` is as it was named, and
/// stands in messages. A pipe will do.
pub fn read(path: &str) -> Result<Vec<u8>, FileError> {
    contents(Path::new(path)).map_err(|source| match source.kind() {
        io::ErrorKind::FileTooLarge => FileError::TooLong(path.to_owned()),
        io::ErrorKind::IsADirectory => FileError::Directory(path.to_owned()),
        io::ErrorKind::NotFound => FileError::Missing(path.to_owned()),
        io::ErrorKind::PermissionDenied => FileError::Denied(path.to_owned()),
        _ => FileError::Unreadable { path: path.to_owned(), source },
    })
}

#[expect(clippy::disallowed_methods, reason = "no core runs yet, so none can be held up")]
fn contents(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(SETTINGS_FILE_BYTES_MAX).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    match bytes.len() > SETTINGS_FILE_BYTES_MAX {
        true => Err(io::ErrorKind::FileTooLarge.into()),
        false => Ok(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(path: &str) -> String {
        read(path).unwrap_err().to_string()
    }

    #[test]
    fn faults_are_told_apart() {
        assert!(text("/no/such/file").contains("does not exist"));
        assert!(text("/").contains("is a directory"));
        assert!(text("/dev/zero").contains("longer than"));
        assert!(text("a\0b").contains("cannot be read"));
        assert!(!read("/proc/self/status").unwrap().is_empty());
    }
}
