//! Directories for stores that are made and removed again, and what lies below them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// A directory that is removed in the end.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    /// A new directory of this process below `parent`, or below the one for temporary files.
    pub fn make(parent: &Path) -> io::Result<Self> {
        let scratch = Self(parent.join(format!("ringmq-bench-{}", std::process::id())));
        fs::create_dir_all(&scratch.0)?;
        Ok(scratch)
    }

    /// A directory that somebody else makes, removed with everything in it.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The kind of file system that holds a path: of all mount points above it the longest.
pub fn file_system(path: &Path) -> String {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mounts = fs::read_to_string("/proc/mounts").unwrap_or_default();
    let parsed = mounts.lines().filter_map(|line| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?, fields.next()?))
    });
    let above = parsed.filter(|(point, _)| path.starts_with(point));
    let longest = above.max_by_key(|(point, _)| point.len());
    longest.map_or("unknown", |(_, kind)| kind).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_system_of_proc_is_proc() {
        assert_eq!(file_system(Path::new("/proc/self/status")), "proc");
        assert_ne!(file_system(&std::env::temp_dir()), "unknown");
    }
}
