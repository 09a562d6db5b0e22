//! What a crash may leave: any cut of the last bytes, stale bytes behind them, queues behind,
//! ahead or torn.

use std::path::Path;

use super::harness::{bodies, copy, message, on_core, open, read, scratch, settings, store, write};
use crate::message::record::RecordError;
use crate::store::{NewMessage, OpenError, Settings, Shard, Silent};
use crate::units::ShardId;

/// A store with some messages that died: its files as they were, and the end of each record.
async fn died(settings: &Settings, count: u8, target: &Path) -> Vec<u64> {
    let (shard, _) = open(settings).await;
    let mut ends = vec![0];
    for number in 0..count {
        let body = [number; 30];
        let queue_id = i32::from(number % 2);
        // The last byte of a record is then none that a torn write would leave as well.
        let sent = NewMessage { properties: b"k\x01v\x02", ..message("T", queue_id, &body) };
        ends.push(store(&shard, sent).await.record_end);
    }
    copy(&settings.root, target);
    shard.close().await;
    ends
}

fn want(count: usize, queue_id: usize) -> Vec<Vec<u8>> {
    (0..count)
        .filter(|number| number % 2 == queue_id)
        .map(|number| vec![u8::try_from(number).unwrap(); 30])
        .collect()
}

/// Opens a damaged store, checks that exactly the first `kept` messages are there, that it takes
/// more, and that it opens again.
async fn check(settings: &Settings, kept: usize) {
    let (shard, _) = open(settings).await;
    assert!(!shard.recovery().unwrap().clean);
    assert_eq!(bodies(&shard, "T", 0).await, want(kept, 0));
    assert_eq!(bodies(&shard, "T", 1).await, want(kept, 1));
    store(&shard, message("T", 0, b"after")).await;
    shard.close().await;
    let (shard, _) = open(settings).await;
    assert!(shard.recovery().unwrap().clean);
    assert_eq!(bodies(&shard, "T", 1).await, want(kept, 1));
    let mut all = want(kept, 0);
    all.push(b"after".to_vec());
    assert_eq!(bodies(&shard, "T", 0).await, all);
    shard.close().await;
}

fn undisturbed(root: &Path) -> Settings {
    // No checkpoint of its own accord: the whole log is in question after the crash.
    let mut settings = settings(root);
    settings.checkpoint_interval = std::time::Duration::from_secs(3600);
    settings
}

#[test]
fn every_cut_of_the_last_records_keeps_the_whole_ones() {
    let root = scratch();
    let image = scratch();
    let (settings, image) = (undisturbed(root.path()), image.path().to_owned());
    on_core(move || async move {
        let ends = died(&settings, 5, &image).await;
        let segment = "commitlog/00000000000000000000";
        let log = read(&image.join(segment));
        let (from, to) = (ends[3], ends[5]);
        for cut in from..=to {
            let target = scratch();
            copy(&image, target.path());
            let mut torn = log.clone();
            torn[usize::try_from(cut).unwrap()..].fill(0);
            write(&target.path().join(segment), &torn);
            let settings = Settings { root: target.path().to_owned(), ..settings.clone() };
            let kept = ends.iter().filter(|end| **end <= cut).count() - 1;
            check(&settings, kept).await;
        }
    });
}

#[test]
fn a_changed_byte_ends_the_log_there_and_nothing_behind_it_comes_back() {
    let root = scratch();
    let image = scratch();
    let (settings, image) = (undisturbed(root.path()), image.path().to_owned());
    on_core(move || async move {
        let ends = died(&settings, 8, &image).await;
        let segment = "commitlog/00000000000000000000";
        let log = read(&image.join(segment));
        for (at, error) in [(4, RecordError::Magic), (0, RecordError::Truncated)] {
            let target = scratch();
            copy(&image, target.path());
            let mut torn = log.clone();
            torn[usize::try_from(ends[4] + at).unwrap()] ^= 0x55;
            write(&target.path().join(segment), &torn);
            let settings = Settings { root: target.path().to_owned(), ..settings.clone() };
            let (shard, _) = open(&settings).await;
            let report = shard.recovery().unwrap();
            assert_eq!((report.log_end, report.torn), (ends[4], Some(error)));
            assert_eq!(report.cut_bytes, ends[8] - ends[4], "all that stood behind");
            let rest = read(&target.path().join(segment));
            let rest = &rest[usize::try_from(ends[4]).unwrap()..];
            assert!(rest.iter().all(|byte| *byte == 0), "stale records are gone");
            shard.close().await;
        }
        // The body of a record in the middle.
        let target = scratch();
        copy(&image, target.path());
        let mut torn = log.clone();
        torn[usize::try_from(ends[6] + 90).unwrap()] ^= 1;
        write(&target.path().join(segment), &torn);
        check(&Settings { root: target.path().to_owned(), ..settings.clone() }, 6).await;
    });
}

#[test]
fn queues_ahead_of_the_log_and_stale_units_are_cut() {
    let root = scratch();
    let image = scratch();
    let (settings, image) = (undisturbed(root.path()), image.path().to_owned());
    on_core(move || async move {
        let ends = died(&settings, 8, &image).await;
        let log = "commitlog/00000000000000000000";
        let mut torn = read(&image.join(log));
        torn[usize::try_from(ends[4]).unwrap()..].fill(0);
        write(&image.join(log), &torn);
        // Units of records that are gone, and one behind a hole.
        let queue = "consumequeue/T/0/00000000000000000000";
        super::harness::make_folder(&image.join("consumequeue/T/0"));
        let mut units = Vec::new();
        for number in [0usize, 2, 4, 6] {
            units.extend_from_slice(&ends[number].to_be_bytes());
            units.extend_from_slice(&121u32.to_be_bytes());
            units.extend_from_slice(&0u64.to_be_bytes());
        }
        units.resize(200, 0);
        units[140..152].copy_from_slice(&[0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 9]);
        write(&image.join(queue), &units);
        check(&Settings { root: image.clone(), ..settings.clone() }, 4).await;
        let units = read(&image.join(queue));
        assert!(units[60..].iter().all(|byte| *byte == 0), "two old units and one new");
    });
}

#[test]
fn damage_to_what_was_durable_is_refused_and_named() {
    let root = scratch();
    let settings = undisturbed(root.path());
    on_core(move || async move {
        let copied = scratch();
        let ends = died(&settings, 8, copied.path()).await;
        // Closed, then the queues are lost and a record in the middle is damaged.
        let segment = settings.root.join("commitlog/00000000000000000000");
        let mut log = read(&segment);
        log[usize::try_from(ends[3] + 90).unwrap()] ^= 1;
        write(&segment, &log);
        super::harness::remove(&settings.root.join("consumequeue"));
        // Each time: a refusal must not make the next start forget what was durable.
        for _ in 0..2 {
            let silent = std::rc::Rc::new(Silent);
            let opened = Shard::<()>::open(settings.clone(), ShardId(0), silent).await;
            let Err(OpenError::Damaged(at)) = opened else { panic!("it is refused") };
            assert_eq!(at.0, ends[3]);
            assert_eq!(read(&segment), log, "nothing is cut");
        }
    });
}
