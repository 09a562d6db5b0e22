//! Memory that outlives the process: what a killed one has left there, and what others did since.
#![expect(clippy::host_endian_bytes, reason = "such memory is of one machine")]

use std::path::Path;

use super::harness::{
    Heard, bodies, copy, message, on_core, open, read, scratch, settings, store, write,
};
use crate::rt::disk;
use crate::store::{Flush, Settings};
use std::time::Duration;

/// A store whose log is written only when somebody asks: everything else is in memory.
fn kept(root: &Path) -> Settings {
    let mut settings = settings(root);
    settings.root = root.join("store");
    settings.memory = Some(root.to_owned());
    settings.flush = Flush::Async { interval: Duration::from_secs(3600) };
    settings.checkpoint_interval = Duration::from_secs(3600);
    settings.queue_flush_interval = Duration::from_secs(3600);
    settings.index = None;
    settings
}

/// The files of kept memory in a directory.
async fn memories(root: &Path) -> Vec<std::path::PathBuf> {
    let names = disk::list_dir(root).await.unwrap();
    let names = names.into_iter().filter(|name| name.to_string_lossy().starts_with("ringmq-"));
    names.map(|name| root.join(name)).collect()
}

/// A store that was killed in the moment after it had acknowledged `count` messages: a copy of its
/// files before the log was written, and its memory.
async fn killed(settings: &Settings, count: u8, target: &Path) {
    let (shard, _) = open(settings).await;
    copy(&settings.root, &target.join("store"));
    for number in 0..count {
        store(&shard, message("T", 0, &[number; 30])).await;
    }
    let [memory] = &memories(settings.memory.as_ref().unwrap()).await[..] else {
        panic!("one shard has one memory")
    };
    let mut left = read(memory);
    // Whatever was written meanwhile: the copy of the files has nothing.
    left[NOTED..NOTED + 8].fill(0);
    shard.close().await;
    assert_eq!(memories(settings.memory.as_ref().unwrap()).await.len(), 0);
    write(memory, &left);
}

fn want(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|number| vec![number; 30]).collect()
}

/// Where it stands in the file of a memory up to where the log is written.
const NOTED: usize = 24;

/// Where the numbers of the first chunk stand.
const FIRST_FILLED: usize = 64 + 8;

fn filled(memory: &[u8]) -> usize {
    let bytes = memory[FIRST_FILLED..FIRST_FILLED + 8].try_into().unwrap();
    usize::try_from(u64::from_ne_bytes(bytes)).unwrap()
}

async fn reopened(settings: &Settings, root: &Path) -> Vec<Vec<u8>> {
    let settings = Settings { root: root.join("store"), ..settings.clone() };
    let (shard, _): (_, std::rc::Rc<Heard>) = open(&settings).await;
    let found = bodies(&shard, "T", 0).await;
    store(&shard, message("T", 0, b"after")).await;
    shard.close().await;
    found
}

#[test]
fn what_was_acknowledged_is_taken_from_memory() {
    let (root, image) = (scratch(), scratch());
    let (root, image) = (root.path().to_owned(), image.path().to_owned());
    on_core(move || async move {
        let settings = kept(&root);
        killed(&settings, 40, &image).await;
        assert_eq!(reopened(&settings, &image).await, want(40));
        assert_eq!(memories(&root).await.len(), 0);
    });
}

#[test]
fn a_record_that_was_being_put_into_memory_is_left_out() {
    let (root, image) = (scratch(), scratch());
    let (root, image) = (root.path().to_owned(), image.path().to_owned());
    on_core(move || async move {
        let settings = kept(&root);
        killed(&settings, 5, &image).await;
        let memory = memories(&root).await.remove(0);
        let whole = read(&memory);
        let record = filled(&whole) / 5;
        for cut in 1..=record {
            let mut torn = whole.clone();
            let len = (filled(&whole) - cut) as u64;
            torn[FIRST_FILLED..FIRST_FILLED + 8].copy_from_slice(&len.to_ne_bytes());
            write(&memory, &torn);
            let target = scratch();
            copy(&image.join("store"), &target.path().join("store"));
            // The last bytes of a record may be such that zeros behind it make it whole.
            let found = reopened(&settings, target.path()).await;
            assert!(found == want(4) || cut < 3 && found == want(5), "cut by {cut}");
        }
    });
}

#[test]
fn memory_that_is_gone_or_no_memory_of_ours_does_not_keep_a_store_shut() {
    let (root, image) = (scratch(), scratch());
    let (root, image) = (root.path().to_owned(), image.path().to_owned());
    on_core(move || async move {
        let settings = kept(&root);
        killed(&settings, 5, &image).await;
        let memory = memories(&root).await.remove(0);
        let whole = read(&memory);
        let mut magic = whole.clone();
        magic[0] ^= 1;
        let mut count = whole.clone();
        count[16] ^= 1;
        for damaged in [None, Some(&whole[..whole.len() - 4096]), Some(&magic), Some(&count)] {
            disk::remove_file(&memory).await.unwrap();
            if let Some(damaged) = damaged {
                write(&memory, damaged);
            }
            let target = scratch();
            copy(&image.join("store"), &target.path().join("store"));
            assert_eq!(reopened(&settings, target.path()).await, want(0));
            write(&memory, &whole);
        }
    });
}

#[test]
fn what_others_have_written_since_is_not_overwritten() {
    let (root, image) = (scratch(), scratch());
    let (root, image) = (root.path().to_owned(), image.path().to_owned());
    on_core(move || async move {
        let settings = kept(&root);
        killed(&settings, 5, &image).await;
        // A broker that leaves the file `abort` as it finds it.
        let other = Settings { root: image.join("store"), memory: None, ..settings.clone() };
        let abort = other.root.join("abort");
        let named = read(&abort);
        let memory = memories(&root).await.remove(0);
        let whole = read(&memory);
        write(&abort, b"1");
        let (shard, _) = open(&other).await;
        store(&shard, message("T", 0, b"other")).await;
        shard.sync().await.unwrap();
        let target = scratch();
        copy(&other.root, &target.path().join("store"));
        shard.close().await;
        write(&target.path().join("store").join("abort"), &named);
        write(&memory, &whole);
        assert_eq!(reopened(&settings, target.path()).await, [b"other".to_vec()]);
    });
}
