//! From a directory to the disks under it, and from a device to its interrupts.

use std::path::Path;

use super::tree::{Tree, real};

/// Most layers of mapped devices (LVM on RAID on partitions) that are gone through.
const LAYERS_MAX: usize = 8;

/// The disks that hold `directory`, by the names they have in `/sys/block`; none for a file system
/// without a device. The directory need not exist: its nearest parent that does counts.
pub fn disks(tree: &dyn Tree, directory: &Path) -> Vec<String> {
    let mounts = tree.read("/proc/self/mountinfo").unwrap_or_default();
    let Some(device) = mounted_device(&mounts, &real(directory)) else { return Vec::new() };
    let mut found = Vec::new();
    leaves(tree, &device, LAYERS_MAX, &mut found);
    found.sort();
    found.dedup();
    found
}

/// The directory in `/sys` of the device that is mounted closest above `directory`.
fn mounted_device(mounts: &str, directory: &Path) -> Option<String> {
    // Fields: id, parent, major:minor, root, mount point, options..., "-", type, source, options.
    let mut best: Option<(usize, String)> = None;
    for line in mounts.lines() {
        let fields: Vec<&str> = line.split(' ').collect();
        let (Some(number), Some(point)) = (fields.get(2), fields.get(4)) else { continue };
        let point = point.replace("\\040", " ");
        if !directory.starts_with(&point) {
            continue;
        }
        let source = fields.iter().skip_while(|field| **field != "-").nth(2);
        let device = match (number.starts_with("0:"), source) {
            // File systems of many devices (btrfs) have a number of their own.
            (true, Some(source)) => match source.strip_prefix("/dev/") {
                Some(name) => format!("/sys/class/block/{name}"),
                None => String::new(),
            },
            _ => format!("/sys/dev/block/{number}"),
        };
        // Of two mounts on one point the later one is seen.
        if best.as_ref().is_none_or(|(length, _)| point.len() >= *length) {
            best = Some((point.len(), device));
        }
    }
    best.map(|(_, device)| device).filter(|device| !device.is_empty())
}

/// Goes down through partitions and mapped devices.
fn leaves(tree: &dyn Tree, device: &str, layers: usize, found: &mut Vec<String>) {
    let Ok(mut path) = tree.resolve(device) else { return };
    if tree.read(&format!("{path}/partition")).is_ok() {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        path = parent.to_owned();
    }
    let below = tree.list(&format!("{path}/slaves")).unwrap_or_default();
    if below.is_empty() || layers == 0 {
        found.extend(path.rsplit('/').next().map(str::to_owned));
        return;
    }
    for name in below {
        leaves(tree, &format!("{path}/slaves/{name}"), layers - 1, found);
    }
}

/// The interrupts of the device behind `path` in `/sys`: those of the nearest device above it that
/// has any of its own. None for virtual devices.
pub fn interrupts(tree: &dyn Tree, path: &str) -> Vec<String> {
    let Ok(mut at) = tree.resolve(path) else { return Vec::new() };
    while at.starts_with("/sys/devices/") {
        if let Ok(numbers) = tree.list(&format!("{at}/msi_irqs")) {
            return numbers;
        }
        at.truncate(at.rfind('/').unwrap_or(0));
    }
    Vec::new()
}

/// Network interfaces that are devices, which bridges and the loopback are not.
pub fn nics(tree: &dyn Tree) -> Vec<String> {
    let mut names = tree.list("/sys/class/net").unwrap_or_default();
    names.retain(|name| tree.list(&format!("/sys/class/net/{name}/device")).is_ok());
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_mount_above_a_directory_counts() {
        let mounts = "27 1 254:0 / / rw - ext4 /dev/vda rw\n\
                      30 27 259:2 / /data rw shared:1 - xfs /dev/nvme0n1p2 rw\n\
                      31 27 0:44 / /data/b rw - btrfs /dev/sdb rw\n\
                      32 27 0:45 / /tmp rw - tmpfs tmpfs rw\n\
                      33 27 8:1 / /with\\040blank rw - ext4 /dev/sda1 rw\n";
        for (directory, device) in [
            ("/home", Some("/sys/dev/block/254:0")),
            ("/data/store", Some("/sys/dev/block/259:2")),
            ("/database", Some("/sys/dev/block/254:0")),
            ("/data/b/c", Some("/sys/class/block/sdb")),
            ("/tmp/x", None),
            ("/with blank/x", Some("/sys/dev/block/8:1")),
        ] {
            let found = mounted_device(mounts, Path::new(directory));
            assert_eq!(found.as_deref(), device, "{directory}");
        }
    }
}
