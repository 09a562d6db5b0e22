//! A disk that is full: nothing is lost, nothing is poisoned, and there is a way back.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use super::harness::{
    SEGMENT_BYTES, TestShard, bodies, copy, files, message, on_core, open, remove, settings,
};
use crate::limits::DISK_HEADROOM_BYTES;
use crate::rt::clock;
use crate::store::{AppendError, Settings};

const BODY_BYTES: usize = 8 * 1024;

/// A file system in memory, of a size of its own, that only this thread and those that it starts
/// see.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    /// `None`, which is said, where this user may not have one.
    fn mount(mib: u64) -> Option<Self> {
        let folder = crate::rt::scratch::on_disk();
        let target = CString::new(folder.path().as_os_str().as_bytes()).unwrap();
        let size = CString::new(format!("size={mib}m")).unwrap();
        let private = libc::MS_REC | libc::MS_PRIVATE;
        let (tmpfs, none) = (c"tmpfs".as_ptr(), std::ptr::null());
        // SAFETY: terminated strings that outlive the calls; only this thread's mounts change.
        let mounted = unsafe {
            libc::unshare(libc::CLONE_NEWNS) == 0
                && libc::mount(none, c"/".as_ptr(), none, private, none.cast()) == 0
                && libc::mount(tmpfs, target.as_ptr(), tmpfs, 0, size.as_ptr().cast()) == 0
        };
        if !mounted {
            println!("skipped: no mount here: {}", std::io::Error::last_os_error());
        }
        mounted.then_some(Self { folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let target = CString::new(self.folder.path().as_os_str().as_bytes()).unwrap();
        // SAFETY: a terminated string; the mount is this thread's own.
        unsafe { libc::umount2(target.as_ptr(), libc::MNT_DETACH) };
    }
}

/// Appends until that is refused for good, each when the one before it is stored. The bodies of
/// those that were taken are added to `stored`.
async fn fill(shard: &TestShard, stored: &mut Vec<Vec<u8>>) -> AppendError {
    loop {
        let number = u32::try_from(stored.len()).unwrap();
        let body = number.to_be_bytes().repeat(BODY_BYTES / 4);
        match shard.append(&message("T", 0, &body)) {
            Ok(appended) => {
                shard.wait_committed(appended.record_end).await.unwrap();
                stored.push(body);
            }
            // More room is asked for; the answer is on its way.
            Err(AppendError::Busy) => clock::sleep(Duration::from_millis(1)).await,
            Err(error) => return error,
        }
    }
}

/// Waits until one more message is taken.
async fn wait_taken(shard: &TestShard, stored: &mut Vec<Vec<u8>>) {
    let body = b"after there was room".to_vec();
    let taken = async {
        loop {
            match shard.append(&message("T", 0, &body)) {
                Ok(appended) => return shard.wait_committed(appended.record_end).await.unwrap(),
                Err(AppendError::Busy | AppendError::Full { .. }) => {
                    clock::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    clock::timeout(Duration::from_secs(30), taken).await.unwrap();
    stored.push(body);
}

/// The last messages of the queue are these.
async fn check(shard: &TestShard, stored: &[Vec<u8>]) {
    let (min, max) = shard.range("T", 0).unwrap();
    assert_eq!(max.0, i64::try_from(stored.len()).unwrap());
    assert_eq!(bodies(shard, "T", 0).await, stored[usize::try_from(min.0).unwrap()..]);
}

#[test]
fn a_full_disk_refuses_serves_and_takes_again() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let settings = settings(&disk.path().join("store"));
    on_core(move || async move {
        let (shard, heard) = open(&settings).await;
        let mut stored = Vec::new();
        let refused = fill(&shard, &mut stored).await;
        assert!(matches!(refused, AppendError::Full { used_percent: 30.. }), "{refused}");
        assert!(stored.len() as u64 * BODY_BYTES as u64 > 6 << 20, "{}", stored.len());
        assert_eq!((shard.poison(), heard.poison.take()), (None, None));
        assert!(heard.rooms.get() > 0, "those who wait are told");
        check(&shard, &stored).await;
        // Clean-up makes room.
        for _ in 0..20 {
            let oldest = shard.oldest_segment().await.unwrap().unwrap();
            assert!(shard.remove_oldest(oldest).await.unwrap());
        }
        wait_taken(&shard, &mut stored).await;
        assert!(matches!(fill(&shard, &mut stored).await, AppendError::Full { .. }));
        check(&shard, &stored).await;
        // A store on a full disk is opened, and read; what was closed cleanly is clean.
        shard.close().await;
        let (shard, _) = open(&settings).await;
        assert!(shard.recovery().unwrap().clean);
        check(&shard, &stored).await;
        assert!(matches!(fill(&shard, &mut stored).await, AppendError::Full { .. }));
        check(&shard, &stored).await;
        shard.close().await;
    });
}

#[test]
fn queues_that_find_no_room_lose_nothing() {
    let Some(disk) = SmallDisk::mount(24) else { return };
    let elsewhere = crate::rt::scratch::on_disk();
    let mut settings = settings(&disk.path().join("store"));
    settings.checkpoint_interval = Duration::from_secs(3600);
    settings.queue_flush_interval = Duration::from_secs(3600);
    let (ballast, image) = (disk.path().join("ballast"), elsewhere.path().to_owned());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut stored = Vec::new();
        assert!(matches!(fill(&shard, &mut stored).await, AppendError::Full { .. }));
        // Somebody else takes even what the log leaves.
        fill_up(&ballast);
        let error = shard.flush_queues().await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
        assert!(shard.checkpoint(false).await.is_err());
        assert_eq!(shard.poison(), None);
        check(&shard, &stored).await;
        copy(&settings.root, &image);
        remove(&ballast);
        shard.checkpoint(false).await.unwrap();
        check(&shard, &stored).await;
        shard.close().await;
        // What had died there has everything in its log.
        let died = Settings { root: image, ..settings };
        let (shard, _) = open(&died).await;
        check(&shard, &stored).await;
        shard.close().await;
    });
}

#[test]
fn the_log_leaves_room_for_the_rest() {
    let mib = (DISK_HEADROOM_BYTES >> 20) + 2;
    let Some(disk) = SmallDisk::mount(mib) else { return };
    let settings = settings(&disk.path().join("store"));
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let refused = fill(&shard, &mut Vec::new()).await;
        assert!(matches!(refused, AppendError::Full { used_percent: ..15 }), "{refused}");
        let segments = files(&settings.root.join("commitlog")).len() as u64;
        assert!(segments * SEGMENT_BYTES <= 3 << 20, "{segments}");
        shard.close().await;
    });
}

/// Writes zeros until there is no room for a single block.
#[expect(clippy::disallowed_methods, reason = "a test fills a disk")]
fn fill_up(path: &Path) {
    use std::io::Write;
    let mut file = std::fs::File::create(path).unwrap();
    for len in [1 << 20, 4096] {
        while file.write_all(&vec![0; len]).is_ok() {}
    }
}
