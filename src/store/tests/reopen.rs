use std::path::Path;

use super::harness::{
    QUEUE_FILE_BYTES, SEGMENT_BYTES, bodies, copy, fetch_from, message, on_core, open, settings,
    store,
};
use crate::store::{Boundary, GetStatus, OpenError, Settings, Shard, Silent};
use crate::units::{QueueOffset, ShardId, WallMillis};

/// Stores `count` messages of `T`, one third in each of three queues, and closes.
async fn fill(settings: &Settings, count: u32) {
    let (shard, _) = open(settings).await;
    for number in 0..count {
        let body = number.to_be_bytes().repeat(500);
        let queue_id = i32::try_from(number % 3).unwrap();
        store(&shard, message("T", queue_id, &body)).await;
    }
    shard.close().await;
}

fn expected(count: u32, queue_id: u32) -> Vec<Vec<u8>> {
    (0..count)
        .filter(|number| number % 3 == queue_id)
        .map(|number| number.to_be_bytes().repeat(500))
        .collect()
}

#[test]
fn a_closed_store_opens_without_a_scan_and_goes_on() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        fill(&settings, 100).await;
        let (shard, _) = open(&settings).await;
        let report = shard.recovery().unwrap();
        assert!(report.clean && !report.rebuilt && report.torn.is_none());
        assert_eq!((report.records, report.queues), (0, 3));
        assert_eq!(report.scanned_from, report.log_end);
        for queue_id in 0..3 {
            let queue = i32::try_from(queue_id).unwrap();
            assert_eq!(bodies(&shard, "T", queue).await, expected(100, queue_id));
        }
        let next = store(&shard, message("T", 0, b"more")).await;
        assert_eq!(next.queue_offset, QueueOffset(34));
        shard.close().await;
        let (shard, _) = open(&settings).await;
        assert_eq!(bodies(&shard, "T", 0).await.last().unwrap(), b"more");
        shard.close().await;
    });
}

#[test]
fn files_have_rocketmqs_names_and_lengths() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    let path = root.path().to_owned();
    on_core(move || async move { fill(&settings, 100).await });
    let log = super::harness::files(&path.join("commitlog"));
    assert_eq!(log.first().unwrap(), &("00000000000000000000".to_owned(), SEGMENT_BYTES));
    assert_eq!(log.get(1).unwrap(), &("00000000000000065536".to_owned(), SEGMENT_BYTES));
    let queue = super::harness::files(&path.join("consumequeue/T/1"));
    let names: Vec<&str> = queue.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names[..2], ["00000000000000000000", "00000000000000000200"]);
    assert!(queue.iter().all(|(_, len)| *len == QUEUE_FILE_BYTES));
    assert!(!path.join("abort").exists());
    assert_eq!(
        super::harness::files(&path).iter().find(|it| it.0 == "checkpoint").unwrap().1,
        4096
    );
}

#[test]
fn queues_are_made_anew_when_they_are_missing() {
    for (gone, rebuilt) in [("consumequeue", true), ("consumequeue/T", true), ("checkpoint", false)]
    {
        let root = crate::rt::scratch::on_disk();
        let settings = settings(root.path());
        let path = root.path().join(gone);
        on_core(move || async move {
            fill(&settings, 90).await;
            super::harness::remove(&path);
            let (shard, _) = open(&settings).await;
            let report = shard.recovery().unwrap();
            assert_eq!(report.rebuilt, rebuilt, "{gone}");
            for queue_id in 0..3 {
                let queue = i32::try_from(queue_id).unwrap();
                assert_eq!(bodies(&shard, "T", queue).await, expected(90, queue_id));
            }
            shard.close().await;
        });
    }
}

#[test]
fn a_store_whose_process_died_is_read_from_its_checkpoint() {
    let root = crate::rt::scratch::on_disk();
    let copied = crate::rt::scratch::on_disk();
    let (settings, target) = (settings(root.path()), copied.path().to_owned());
    on_core(move || async move {
        fill(&settings, 60).await;
        let (shard, _) = open(&settings).await;
        for number in 60..75u32 {
            let body = number.to_be_bytes().repeat(500);
            let queue_id = i32::try_from(number % 3).unwrap();
            store(&shard, message("T", queue_id, &body)).await;
        }
        copy(&settings.root, &target);
        shard.close().await;
        let died = Settings { root: target, ..settings };
        let (shard, _) = open(&died).await;
        let report = shard.recovery().unwrap();
        assert!(!report.clean && !report.rebuilt);
        assert!(report.records <= 15, "{report:?}");
        for queue_id in 0..3 {
            let queue = i32::try_from(queue_id).unwrap();
            assert_eq!(bodies(&shard, "T", queue).await, expected(75, queue_id));
        }
        shard.close().await;
    });
}

#[test]
fn statuses_and_next_offsets_are_rocketmqs() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        fill(&settings, 30).await;
        let (shard, _) = open(&settings).await;
        let cases = [
            (0, 0, GetStatus::Found, 8),
            (0, 9, GetStatus::Found, 10),
            (0, 10, GetStatus::OffsetOverflowOne, 10),
            (0, 11, GetStatus::OffsetOverflowBadly, 10),
            (0, -1, GetStatus::OffsetTooSmall, 0),
            (7, 5, GetStatus::NoMessageInQueue, 0),
        ];
        for (queue_id, offset, status, next) in cases {
            let mut fetch = fetch_from("T", queue_id, offset);
            fetch.count_max = 8;
            let fetched = shard.get(fetch, &|_: i64| true).await.unwrap();
            assert_eq!((fetched.status, fetched.next.0), (status, next), "{queue_id} {offset}");
        }
        let none = shard.get(fetch_from("T", 0, 2), &|_: i64| false).await.unwrap();
        assert_eq!((none.status, none.next.0), (GetStatus::NoMatchedMessage, 10));
        let mut small = fetch_from("T", 0, 0);
        small.bytes_max = 1;
        let one = shard.get(small, &|_: i64| true).await.unwrap();
        assert_eq!((one.count, one.next.0), (1, 1));
        shard.close().await;
    });
}

#[test]
fn times_lead_to_messages() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        fill(&settings, 30).await;
        let (shard, _) = open(&settings).await;
        let at = |time: i64, boundary| {
            let shard = shard.clone();
            async move {
                let found = shard.offset_at("T", 1, WallMillis(time), boundary).await.unwrap();
                found.unwrap().0
            }
        };
        assert_eq!(at(0, Boundary::Lower).await, 0);
        assert_eq!(at(0, Boundary::Upper).await, 0);
        assert_eq!(at(i64::MAX, Boundary::Lower).await, 10);
        assert_eq!(at(i64::MAX, Boundary::Upper).await, 9);
        for offset in 0..10 {
            let stored = shard.stored_at("T", 1, QueueOffset(offset)).await.unwrap().unwrap();
            let lower = at(stored.0, Boundary::Lower).await;
            let upper = at(stored.0, Boundary::Upper).await;
            assert!(lower <= offset && offset <= upper);
            for same in lower..=upper {
                let other = shard.stored_at("T", 1, QueueOffset(same)).await.unwrap();
                assert_eq!(other, Some(stored));
            }
        }
        assert_eq!(shard.offset_at("none", 0, WallMillis(0), Boundary::Lower).await.unwrap(), None);
        shard.close().await;
    });
}

#[test]
fn a_deleted_topic_begins_anew() {
    let root = crate::rt::scratch::on_disk();
    let copied = crate::rt::scratch::on_disk();
    let (settings, target) = (settings(root.path()), copied.path().to_owned());
    on_core(move || async move {
        fill(&settings, 60).await;
        let (shard, _) = open(&settings).await;
        store(&shard, message("Other", 0, b"stays")).await;
        shard.delete_topic("T").await.unwrap();
        assert_eq!(shard.range("T", 0), None);
        assert!(!settings.root.join("consumequeue/T").exists());
        let anew = store(&shard, message("T", 0, b"anew")).await;
        assert_eq!(anew.queue_offset, QueueOffset(0));
        copy(&settings.root, &target);
        shard.close().await;
        for died in [settings.clone(), Settings { root: target, ..settings }] {
            let (shard, _) = open(&died).await;
            assert_eq!(bodies(&shard, "T", 0).await, [b"anew"]);
            assert_eq!(shard.range("T", 1), None);
            assert_eq!(bodies(&shard, "Other", 0).await, [b"stays"]);
            shard.close().await;
        }
    });
}

#[test]
fn what_does_not_belong_there_is_named_and_refused() {
    let cases: [(&str, usize); 5] = [
        ("commitlog/notes.txt", 3),
        ("commitlog/00000000000000000077", 64 * 1024),
        ("commitlog/00000000000099942400", 64 * 1024),
        ("consumequeue/T/0/00000000000000000007", 200),
        ("consumequeue/stray", 1),
    ];
    for (name, len) in cases {
        let root = crate::rt::scratch::on_disk();
        let settings = settings(root.path());
        let path: &Path = &root.path().join(name);
        let path = path.to_owned();
        on_core(move || async move {
            fill(&settings, 30).await;
            super::harness::remove(&settings.root.join("ringmq.queues"));
            super::harness::write(&path, &vec![0; len]);
            let opened = Shard::<()>::open(settings, ShardId(0), std::rc::Rc::new(Silent)).await;
            let error = opened.err().expect("it is refused");
            let named = matches!(error, OpenError::Foreign(_) | OpenError::Missing(_));
            assert!(named, "{name}: {error}");
            assert!(path.exists(), "nothing is removed");
        });
    }
}
