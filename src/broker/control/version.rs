//! Data versions: when a table was last changed, and how often.

use crate::protocol::body::DataVersion;
use crate::units::WallMillis;

/// The version of a table that is made now.
pub(super) fn version_at(now: WallMillis) -> DataVersion {
    DataVersion { timestamp: now.0, ..DataVersion::default() }
}

/// The table has changed (Java: `DataVersion.nextVersion`).
pub(super) fn next(version: &mut DataVersion, now: WallMillis) {
    version.counter += 1;
    version.timestamp = now.0;
}
