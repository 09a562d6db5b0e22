use std::path::PathBuf;

use bytes::Bytes;

use super::*;
use crate::rt::buffer::{BLOCK_BYTES, ChunkPool};
use crate::rt::disk::{self, Durability, File, Open, SyncMethod};

/// A directory on the file system of the build, which has O_DIRECT where the kernel's does.
fn directory() -> tempfile::TempDir {
    crate::rt::scratch::on_disk()
}

async fn write_and_read_blocks(path: PathBuf, direct: bool, sync: SyncMethod) {
    let how = Open { direct, sync, len: Some(1 << 20), ..Open::CREATE };
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
    let chunk = file.read_chunk(pool.take().unwrap(), 16 * 1024, 0).await.unwrap();
    assert!(chunk.bytes(0..16 * 1024) == expected);
    let last = file.read_chunk(pool.take().unwrap(), 8 * 1024, (1 << 20) - 4096).await.unwrap();
    assert_eq!(last.len(), 4096, "a read ends with the file");
    let beyond = file.read_chunk(pool.take().unwrap(), 128 * 1024, 0).await;
    assert_eq!(beyond.err().map(|error| error.kind()), Some(std::io::ErrorKind::InvalidInput));
    assert_eq!(file.len().unwrap(), 1 << 20);
}

#[test]
fn writes_blocks_on_every_ladder() {
    for rungs in every_ladder() {
        for direct in [false, true] {
            for sync in [SyncMethod::DataSync, SyncMethod::WriteThenSync] {
                let directory = directory();
                let path = directory.path().join("log");
                on_core_with(rungs, move || write_and_read_blocks(path, direct, sync));
            }
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

#[test]
fn several_spans_are_written_one_behind_the_other() {
    for sync in [SyncMethod::DataSync, SyncMethod::WriteThenSync] {
        let directory = directory();
        let path = directory.path().join("log");
        on_core(move || async move {
            let file =
                File::open(&path, Open { direct: true, sync, ..Open::CREATE }).await.unwrap();
            let pool = ChunkPool::new(3, 2 * BLOCK_BYTES);
            let mut spans = Vec::new();
            let mut expected = Vec::new();
            for seed in 0..3 {
                let mut chunk = pool.take().unwrap();
                let bytes = pattern(2 * BLOCK_BYTES, seed);
                assert!(chunk.append(&bytes));
                assert!(!chunk.append(b"x"), "full");
                spans.push(chunk.blocks(0));
                expected.extend(bytes);
            }
            assert!(pool.take().is_none(), "all chunks are in use until they are written");
            file.write_at(spans, 4096, Durability::Synced).await.unwrap();
            assert_eq!(pool.available(), 3);
            assert!(file.read_at(expected.len(), 4096).await.unwrap() == expected);
        });
    }
}

#[test]
fn direct_files_refuse_what_is_not_whole_blocks() {
    let directory = directory();
    let path = directory.path().join("log");
    on_core(move || async move {
        let file = File::open(&path, Open { direct: true, ..Open::CREATE }).await.unwrap();
        assert!(file.is_direct(), "the file system of the build has O_DIRECT");
        let pool = ChunkPool::new(1, BLOCK_BYTES);
        let mut chunk = pool.take().unwrap();
        assert!(chunk.append(&[7; 100]));
        let cases = [(chunk.span(0..100), 0), (chunk.blocks(0), 100)];
        for (span, offset) in cases {
            let refused = file.write_at(vec![span], offset, Durability::Written).await;
            assert_eq!(refused.unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
        }
        assert!(file.is_empty().unwrap(), "nothing was written");
    });
}

#[test]
fn probing_a_directory_leaves_it_empty() {
    let directory = directory();
    let path = directory.path().to_owned();
    on_core(move || async move {
        let found = disk::probe(&path).await.unwrap();
        assert!(found.direct && found.data_sync.as_nanos() > 0, "{found:?}");
        assert!(found.write_then_sync.as_nanos() > 0);
        assert!(disk::list_dir(&path).await.unwrap().is_empty());
        let nowhere = path.join("missing");
        let error = disk::probe(&nowhere).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    });
}

#[test]
fn allocating_and_cutting_set_the_length() {
    let directory = directory();
    let path = directory.path().join("segment");
    on_core(move || async move {
        let file = File::open(&path, Open::CREATE).await.unwrap();
        file.allocate(0, 1 << 20).await.unwrap();
        assert_eq!(file.len().unwrap(), 1 << 20);
        file.set_len(10).await.unwrap();
        assert_eq!(file.read_at(100, 0).await.unwrap(), vec![0; 10]);
        let again = Open { create_new: true, ..Open::CREATE };
        let error = File::open(&path, again).await.unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::AlreadyExists);
        let reader = File::open(&path, Open::READ).await.unwrap();
        assert!(reader.write_small(vec![1], 0).await.is_err(), "opened for reading only");
    });
}
