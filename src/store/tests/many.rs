//! Many queues: their files are behind, and nothing is.

use std::collections::BTreeMap;
use std::time::Duration;

use super::harness::{bodies, copy, message, on_core, open, settings, store};
use crate::store::Settings;
use crate::store::checkpoint::Checkpoint;
use crate::store::consumequeue::UNIT_BYTES;
use crate::store::flush::Reach;
use crate::store::names::Names;
use crate::units::ShardId;

/// More than are handed to the disk together, or synced one by one.
const QUEUES: i32 = 150;

/// Nothing is written of its own accord; of many queues each look writes ten.
fn slow(root: &std::path::Path) -> Settings {
    let mut settings = settings(root);
    settings.queue_flush_interval = Duration::from_secs(3600);
    settings.checkpoint_interval = Duration::from_secs(3600);
    settings.queue_flushes = 10;
    settings
}

/// The files of queues that are there.
#[expect(clippy::disallowed_methods, reason = "a test looks at files from outside")]
fn queue_files(settings: &Settings) -> usize {
    let topic = settings.root.join("consumequeue/T");
    std::fs::read_dir(topic).map_or(0, Iterator::count)
}

/// What each queue is to hold, when it has got `count` messages.
fn wanted(count: u8) -> BTreeMap<i32, Vec<Vec<u8>>> {
    (0..QUEUES).map(|queue| (queue, (0..count).map(|number| vec![number; 9]).collect())).collect()
}

async fn held(shard: &super::harness::TestShard) -> BTreeMap<i32, Vec<Vec<u8>>> {
    let mut held = BTreeMap::new();
    for queue in 0..QUEUES {
        held.insert(queue, bodies(shard, "T", queue).await);
    }
    held
}

async fn dispatched(settings: &Settings) -> u64 {
    let names = Names::new(&settings.root, 1, ShardId(0));
    let noted = Checkpoint::read(&names.checkpoint()).await.unwrap();
    noted.own.map_or(0, |own| own.dispatched)
}

#[test]
fn a_checkpoint_counts_no_queue_that_is_not_written_and_a_kill_loses_none() {
    let (root, image) = (super::harness::scratch(), super::harness::scratch());
    let (settings, image) = (slow(root.path()), image.path().to_owned());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut starts = Vec::new();
        for number in 0..2 {
            for queue in 0..QUEUES {
                let stored = store(&shard, message("T", queue, &[number; 9])).await;
                starts.push(stored.physical.local());
            }
        }
        assert_eq!(queue_files(&settings), 0);
        // One turn after the other: the longest waiting first.
        for turn in 1..=3usize {
            shard.make_checkpoint(Reach::Due, false).await.unwrap();
            assert_eq!(queue_files(&settings), 10 * turn);
            assert_eq!(dispatched(&settings).await, starts[10 * turn], "turn {turn}");
        }
        copy(&settings.root, &image);
        assert_eq!(held(&shard).await, wanted(2));
        // Whoever is far behind does not wait for a turn, here all of the first round.
        let lagging = shard.committed() - starts[QUEUES as usize];
        drop(shard);
        let died = Settings { root: image, queue_lag_bytes: lagging, ..settings };
        let (shard, _) = open(&died).await;
        let report = shard.recovery().unwrap();
        assert!(!report.clean);
        assert_eq!(held(&shard).await, wanted(2));
        shard.make_checkpoint(Reach::Due, false).await.unwrap();
        assert!(dispatched(&died).await >= starts[QUEUES as usize]);
        shard.close().await;
        assert_eq!(queue_files(&died), QUEUES as usize);
        let (shard, _) = open(&died).await;
        assert!(shard.recovery().unwrap().clean);
        assert_eq!(held(&shard).await, wanted(2));
        shard.close().await;
    });
}

#[test]
fn a_clean_stop_writes_fresh_queues_that_never_had_a_turn() {
    let root = super::harness::scratch();
    let settings = slow(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        for queue in 0..QUEUES {
            store(&shard, message("T", queue, &[0; 9])).await;
        }
        shard.close().await;
        assert_eq!(queue_files(&settings), QUEUES as usize);
        for queue in 0..QUEUES {
            let folder = settings.root.join(format!("consumequeue/T/{queue}"));
            let found = super::harness::files(&folder);
            let len = settings.frozen.consume_queue_file_bytes.next_multiple_of(UNIT_BYTES);
            assert_eq!(found, [("00000000000000000000".to_owned(), len)]);
        }
        let (shard, _) = open(&settings).await;
        assert!(shard.recovery().unwrap().clean);
        assert_eq!(held(&shard).await, wanted(1));
        shard.close().await;
    });
}

#[test]
fn a_queue_that_waits_for_its_file_does_not_keep_others_in_memory() {
    let root = super::harness::scratch();
    let mut settings = slow(root.path());
    settings.queue_flushes = 1;
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        for queue in 0..2 {
            store(&shard, message("T", queue, b"first")).await;
        }
        shard.make_checkpoint(Reach::Due, false).await.unwrap();
        let end = shard.committed();
        let begins = |queue| {
            let mut table = shard.table.borrow_mut();
            table.forget(end);
            table.queue("T", queue).map(|queue| queue.tail_start())
        };
        assert_eq!((begins(0), begins(1)), (Some(1), Some(0)), "a file has one of the two");
        shard.flush_queues().await.unwrap();
        assert_eq!(begins(1), Some(1));
        assert_eq!(bodies(&shard, "T", 1).await, [b"first"]);
        shard.close().await;
    });
}
