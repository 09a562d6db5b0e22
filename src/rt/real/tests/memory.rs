//! Kept memory on a real tmpfs.
#![expect(clippy::disallowed_methods, reason = "a test looks at files from outside")]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::rt::buffer::{BLOCK_BYTES, ChunkPool};
use crate::rt::memory::{Kept, remove_unwanted};

use super::on_core;

fn tmpfs() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").unwrap()
}

/// Memory of four chunks in `root`, wanted by the file `owner` there.
fn make(root: &Path) -> (PathBuf, Kept) {
    let path = root.join("ringmq-1");
    let kept = Kept::create(&path, &root.join("owner"), (4, 2), BLOCK_BYTES).unwrap();
    (path, kept)
}

#[test]
fn what_is_filled_is_there_for_whoever_opens_it() {
    let root = tmpfs();
    let root = root.path().to_owned();
    on_core(move || async move {
        let (path, kept) = make(&root);
        let pool = ChunkPool::kept(kept);
        let mut chunks: Vec<_> = (0..4).map(|_| pool.take().unwrap()).collect();
        assert!(pool.take().is_none());
        for (chunk, label) in chunks.iter_mut().zip([30, 10, 20]) {
            chunk.label(label);
            assert!(chunk.append(&[u8::try_from(label).unwrap(); 7]));
            assert!(chunk.append(b"more"));
        }
        pool.note(15);
        let parts = |path: &Path| -> Vec<(u64, Vec<u8>)> {
            let left = Kept::open(path).unwrap().unwrap();
            assert_eq!(left.noted(), 15);
            left.parts().into_iter().map(|(label, bytes)| (label, bytes.to_vec())).collect()
        };
        let want = |label: u8| (u64::from(label), [&[label; 7][..], b"more"].concat());
        assert_eq!(parts(&path), [want(10), want(20), want(30)]);
        // A chunk that is used again is nothing before it has a label.
        chunks.remove(1);
        let again = pool.take().unwrap();
        assert_eq!(parts(&path), [want(20), want(30)]);
        again.label(40);
        assert_eq!(parts(&path), [want(20), want(30)], "nothing of it is filled");
    });
}

#[test]
fn only_files_that_are_whole_are_opened() {
    let root = tmpfs();
    let (path, kept) = make(root.path());
    let taken = Kept::create(&path, root.path(), (4, 2), BLOCK_BYTES).err().unwrap();
    assert_eq!(taken.kind(), io::ErrorKind::AlreadyExists);
    drop(kept);
    let whole = fs::read(&path).unwrap();
    for len in [0, 63, 64, whole.len() - BLOCK_BYTES, whole.len() - 1] {
        fs::write(&path, &whole[..len]).unwrap();
        assert!(Kept::open(&path).unwrap().is_none(), "{len}");
    }
    for at in 0..24 {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x80;
        fs::write(&path, &damaged).unwrap();
        assert!(Kept::open(&path).unwrap().is_none(), "{at}");
    }
    fs::remove_file(&path).unwrap();
    assert!(Kept::open(&path).unwrap().is_none());
    fs::write(root.path().join("other"), &whole).unwrap();
    std::os::unix::fs::symlink(root.path().join("other"), &path).unwrap();
    assert!(Kept::open(&path).is_err(), "links are not followed");
}

#[test]
fn memory_that_nobody_wants_is_removed_and_no_other() {
    let root = tmpfs();
    let owner = root.path().join("owner");
    let remove = || remove_unwanted(root.path(), "ringmq-").unwrap();
    let (path, kept) = make(root.path());
    assert_eq!(remove(), 0, "a process has it");
    drop(kept);
    fs::write(&owner, format!("4711\nmemory {}\n", path.display())).unwrap();
    assert_eq!(remove(), 0, "it is named");
    fs::write(root.path().join("ringmq-2"), b"not whole").unwrap();
    fs::write(root.path().join("others"), fs::read(&path).unwrap()).unwrap();
    fs::write(&owner, b"4711").unwrap();
    assert_eq!(remove(), 1);
    assert!(!path.exists() && root.path().join("ringmq-2").exists());
    let (path, kept) = make(root.path());
    drop(kept);
    fs::remove_file(&owner).unwrap();
    assert_eq!(remove(), 1, "its store is gone");
    assert!(!path.exists() && root.path().join("others").exists());
}
