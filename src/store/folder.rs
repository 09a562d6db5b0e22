//! Making and removing directories so that power loss does not undo it.

use std::io;
use std::path::Path;

use crate::rt::disk;

/// Makes the directory `path` and those above it. Its name is durable then, also if an earlier
/// call was cut short.
///
/// # Errors
/// As `mkdir(2)` and `fsync(2)`.
pub(super) async fn make(path: &Path) -> io::Result<()> {
    let mut missing = Vec::new();
    for folder in path.ancestors().filter(|folder| !folder.as_os_str().is_empty()) {
        if disk::exists(folder).await? {
            // An earlier call may have been cut short between the two.
            sync_parent(folder).await?;
            break;
        }
        missing.push(folder);
    }
    // Each is durable before the next is made, so that whatever is there has a durable parent.
    for folder in missing.into_iter().rev() {
        disk::create_dir_all(folder).await?;
        sync_parent(folder).await?;
    }
    Ok(())
}

/// Removes the directory `path` with what is in it, durably; no error if it is not there.
///
/// # Errors
/// As `unlink(2)`, `rmdir(2)` and `fsync(2)`.
pub(super) async fn remove(path: &Path) -> io::Result<()> {
    match disk::remove_dir_all(path).await {
        Ok(()) => sync_parent(path).await,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes the name of `path` durable. A parent that this user may not read was not ours to make.
///
/// # Errors
/// As `fsync(2)`.
pub(super) async fn sync_parent(path: &Path) -> io::Result<()> {
    let parent = match path.parent() {
        None => return Ok(()),
        Some(parent) if parent.as_os_str().is_empty() => Path::new("."),
        Some(parent) => parent,
    };
    match disk::sync_dir(parent).await {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => Ok(()),
        synced => synced,
    }
}
