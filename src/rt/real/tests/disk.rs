use std::path::PathBuf;

use bytes::Bytes;

use super::*;
use crate::rt::buffer::{BLOCK_BYTES, ChunkPool};
use crate::rt::disk::{self, Durability, File, Open};

/// A directory on the file system of the build, which has O_DIRECT where the kernel's does.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in(env!("CARGO_MANIFEST_DIR")).unwrap()
}

async fn write_and_read_blocks(path: PathBuf, direct: bool) {
    let how = Open { direct, len: Some(1 << 20), ..Open::CREATE };
    let file = File::open(&path, how).await.unwrap();
    let pool = ChunkPool::new(4, 64 * 1024);
    let mut chunk = pool.take().unwrap();
    let first = pattern(5_000, 1);
    assert!(chunk.append(&first));
    let blocks = chunk.blocks(0);
    assert_eq!(blocks.len(), 2 * BLOCK_BYTES);
    file.write_at(vec![blocks], 0, Durability::Synced).await.unwrap();
    let second = pattern(10_000, 2);
    assert!(chunk.append(&second));
    let blocks = chunk.blocks(5_000);
    assert_eq!(blocks.len(), 3 * BLOCK_BYTES);
    file.write_at(vec![blocks], 4096, Durability::Written).await.unwrap();
    let read = file.read_at(16 * 1024, 0).await.unwrap();
    let mut expected = [first, second].concat();
    assert!(chunk.bytes(0..15_000) == expected);
    expected.resize(16 * 1024, 0);
    assert!(read == expected, "the blocks on disk are what was appended, padded with zeros");
    assert_eq!(file.len().unwrap(), 1 << 20);
}

#[test]
fn writes_blocks_on_every_ladder() {
    for rungs in every_ladder() {
        for direct in [false, true] {
            let directory = directory();
            let path = directory.path().join("log");
            on_core_with(rungs, move || write_and_read_blocks(path, direct));
        }
    }
}

#[test]
fn buffered_files_take_any_length_at_any_offset() {
    let directory = directory();
    let path = directory.path().join("queue");
    on_core(move || async move {
        let file = File::open(&path, Open::CREATE).await.unwrap();
        assert!(!file.is_direct());
        let mut expected = Vec::new();
        for len in [1, 20, 4095, 4097, 100_003] {
            let bytes = pattern(len, len as u64);
            file.write_small(bytes.clone(), expected.len() as u64).await.unwrap();
            expected.extend(bytes);
        }
        file.sync_data().await.unwrap();
        let read = file.read_at(expected.len() + 500, 0).await.unwrap();
        assert!(read == expected, "a read past the end is short");
        let middle = file.read_at(10, 4096).await.unwrap();
        assert_eq!(middle, expected[4096..4106]);
        assert_eq!(file.read_at(1, 1 << 40).await.unwrap(), Bytes::new());
    });
}

#[test]
fn cold_calls_do_what_their_names_say() {
    let directory = directory();
    let root = directory.path().to_owned();
    on_core(move || async move {
        let deep = root.join("a/b/c");
        disk::create_dir_all(&deep).await.unwrap();
        let path = deep.join("topics.json");
        disk::replace_file(&path, b"one".to_vec()).await.unwrap();
        disk::replace_file(&path, b"two".to_vec()).await.unwrap();
        disk::replace_file(&path, b"three".to_vec()).await.unwrap();
        assert_eq!(disk::read_file(&path, 5).await.unwrap(), b"three");
        let kept = deep.join("topics.json.bak");
        assert_eq!(disk::read_file(&kept, 100).await.unwrap(), b"two");
        assert_eq!(disk::list_dir(&deep).await.unwrap(), ["topics.json", "topics.json.bak"]);
        let long = disk::read_file(&path, 4).await.unwrap_err();
        assert_eq!(long.kind(), std::io::ErrorKind::FileTooLarge);
        assert_eq!(disk::metadata(&path).await.unwrap().len, 5);
        assert_eq!(disk::metadata(&deep).await.unwrap().kind, disk::Kind::Directory);
        disk::rename(&path, &deep.join("moved")).await.unwrap();
        assert!(!disk::exists(&path).await.unwrap());
        disk::remove_file(&deep.join("moved")).await.unwrap();
        disk::sync_dir(&deep).await.unwrap();
        disk::remove_dir_all(&root.join("a")).await.unwrap();
        assert!(!disk::exists(&deep).await.unwrap());
        let usage = disk::disk_usage(&root).await.unwrap();
        assert!(0 < usage.used && usage.used < usage.total, "{usage:?}");
    });
}

#[test]
fn a_lock_excludes_others_until_dropped() {
    let directory = directory();
    let path = directory.path().join("lock");
    on_core(move || async move {
        let held = disk::lock_file(&path).await.unwrap();
        let refused = disk::lock_file(&path).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::WouldBlock);
        drop(held);
        disk::lock_file(&path).await.unwrap();
    });
}
