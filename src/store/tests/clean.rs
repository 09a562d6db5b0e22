//! Clean-up: what goes with a segment, who may read meanwhile, and what a crash leaves of it.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use super::harness::{
    TestShard, bodies, bytes_of, copy, fetch_from, files, message, on_core, open, remove, settings,
    store,
};
use crate::message::record::{Check, Record};
use crate::rt::spawn::spawn;
use crate::store::{Fetch, GetStatus, Payload, Settings};
use crate::units::{QueueOffset, WallMillis};

const QUEUES: i32 = 3;

/// What was stored: by queue, the physical offset of each message and its body.
#[derive(Clone, Default)]
struct Model {
    queues: Vec<Vec<(u64, Vec<u8>)>>,
}

impl Model {
    /// The first message of a queue whose record is at or behind `log_start`.
    fn min(&self, queue: usize, log_start: u64) -> usize {
        self.queues[queue].iter().take_while(|(at, _)| *at < log_start).count()
    }

    async fn add(&mut self, shard: &TestShard, count: u32) {
        self.queues.resize(usize::try_from(QUEUES).unwrap(), Vec::new());
        for number in 0..count {
            let queue = i32::try_from(number).unwrap() % QUEUES;
            let messages = &mut self.queues[usize::try_from(queue).unwrap()];
            let body = (number + count).to_be_bytes().repeat(1000);
            let stored = store(shard, message("T", queue, &body)).await;
            assert_eq!(stored.queue_offset.0, i64::try_from(messages.len()).unwrap());
            messages.push((stored.physical.0, body));
        }
    }

    /// Everything behind the start of the log is there, and nothing before it.
    async fn check(&self, shard: &TestShard) {
        for (queue, messages) in self.queues.iter().enumerate() {
            let min = self.min(queue, shard.log_start());
            let queue = i32::try_from(queue).unwrap();
            let (first, end) = shard.range("T", queue).unwrap();
            let want = (min, messages.len()).map_both(|number| i64::try_from(number).unwrap());
            assert_eq!((first.0, end.0), want, "queue {queue}");
            let kept: Vec<&Vec<u8>> = messages[min..].iter().map(|(_, body)| body).collect();
            assert_eq!(bodies(shard, "T", queue).await.iter().collect::<Vec<_>>(), kept);
            if min > 0 {
                let below =
                    shard.get(fetch_from("T", queue, first.0 - 1), &|_: i64| true).await.unwrap();
                assert_eq!((below.status, below.next), (GetStatus::OffsetTooSmall, first));
                let gone = shard.stored_at("T", queue, QueueOffset(first.0 - 1)).await.unwrap();
                assert_eq!(gone, None);
            }
            let at = shard.offset_at("T", queue, WallMillis(0), crate::store::Boundary::Lower);
            assert_eq!(at.await.unwrap(), Some(first));
        }
    }
}

trait MapBoth<T> {
    fn map_both<U>(self, with: impl Fn(T) -> U) -> (U, U);
}

impl<T> MapBoth<T> for (T, T) {
    fn map_both<U>(self, with: impl Fn(T) -> U) -> (U, U) {
        (with(self.0), with(self.1))
    }
}

/// No memory of older records, and no checkpoint or flush of its own accord.
fn cold(root: &Path) -> Settings {
    let mut settings = settings(root);
    settings.hot_bytes = 0;
    settings.queue_flush_interval = Duration::from_secs(3600);
    settings.checkpoint_interval = Duration::from_secs(3600);
    settings
}

async fn remove_one(shard: &TestShard) {
    let oldest = shard.oldest_segment().await.unwrap().expect("there is one to remove");
    assert!(shard.remove_oldest(oldest).await.unwrap());
    assert!(!shard.remove_oldest(oldest).await.unwrap(), "it is gone");
}

fn queue_files(root: &Path, queue: i32) -> Vec<String> {
    let found = files(&root.join("consumequeue/T").join(queue.to_string()));
    found.into_iter().map(|(name, _)| name).collect()
}

#[test]
fn segments_go_with_what_points_into_them() {
    let root = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        store(&shard, message("Once", 0, b"in the first segment only")).await;
        let mut model = Model::default();
        model.add(&shard, 100).await;
        let segments = files(&settings.root.join("commitlog"));
        let mut removed = 0;
        while shard.oldest_segment().await.unwrap().is_some() {
            remove_one(&shard).await;
            removed += 1;
            model.check(&shard).await;
            assert_eq!(files(&settings.root.join("commitlog"))[0], segments[removed]);
            // An expired queue keeps its numbers.
            assert_eq!(shard.range("Once", 0), Some((QueueOffset(1), QueueOffset(1))));
        }
        assert!(removed > 4, "{removed}");
        for queue in 0..QUEUES {
            // Ten units each; the last file stays, whatever is in it.
            let min = model.min(usize::try_from(queue).unwrap(), shard.log_start());
            assert_eq!(queue_files(&settings.root, queue)[0], format!("{:020}", min / 10 * 200));
        }
        model.add(&shard, 10).await;
        model.check(&shard).await;
        shard.close().await;
        let (shard, _) = open(&settings).await;
        assert_eq!(shard.recovery().unwrap().records, 0, "nothing had to be read");
        model.check(&shard).await;
        assert_eq!(store(&shard, message("Once", 0, b"again")).await.queue_offset, QueueOffset(1));
        shard.close().await;
    });
}

#[test]
fn a_crash_at_any_step_of_the_removal_is_recovered() {
    let root = crate::rt::scratch::on_disk();
    let image = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    let image = image.path().to_owned();
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        store(&shard, message("Once", 0, b"in the first segment only")).await;
        let mut model = Model::default();
        model.add(&shard, 100).await;
        // The checkpoint that a removal makes first; then nothing, the segment, or all is gone.
        shard.checkpoint(false).await.unwrap();
        copy(&settings.root, &image.join("before"));
        copy(&settings.root, &image.join("between"));
        for segment in 0..3 {
            remove(&image.join(format!("between/commitlog/{:020}", segment * 64 * 1024)));
        }
        for _ in 0..3 {
            remove_one(&shard).await;
        }
        copy(&settings.root, &image.join("after"));
        let log_start = shard.log_start();
        shard.close().await;
        for (step, start) in [("before", 0), ("between", log_start), ("after", log_start)] {
            let died = Settings { root: image.join(step), ..settings.clone() };
            let (shard, _) = open(&died).await;
            let report = shard.recovery().unwrap();
            assert!(!report.clean && !report.rebuilt, "{step}");
            assert_eq!(shard.log_start(), start, "{step}");
            let mut model = model.clone();
            model.check(&shard).await;
            for queue in 0..QUEUES {
                let min = model.min(usize::try_from(queue).unwrap(), start);
                let first = format!("{:020}", min / 10 * 200);
                assert_eq!(queue_files(&died.root, queue)[0], first, "{step}");
            }
            let once = i64::from(start > 0);
            assert_eq!(shard.range("Once", 0), Some((QueueOffset(once), QueueOffset(1))), "{step}");
            model.add(&shard, 9).await;
            model.check(&shard).await;
            shard.close().await;
        }
    });
}

#[test]
fn segments_that_were_removed_by_hand_are_not_missed() {
    let root = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut model = Model::default();
        model.add(&shard, 60).await;
        shard.close().await;
        remove(&settings.root.join(format!("commitlog/{:020}", 0)));
        let (shard, _) = open(&settings).await;
        assert!(shard.recovery().unwrap().clean);
        model.check(&shard).await;
        shard.close().await;
    });
}

#[test]
fn queues_made_anew_over_a_log_that_begins_late_are_read_back() {
    let root = crate::rt::scratch::on_disk();
    let image = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    let image = image.path().to_owned();
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut model = Model::default();
        model.add(&shard, 60).await;
        remove_one(&shard).await;
        let within = model.min(0, shard.log_start()) % 10;
        assert_ne!(within, 0, "the first queue begins within a file");
        shard.close().await;
        remove(&settings.root.join("consumequeue"));
        let (shard, _) = open(&settings).await;
        assert!(shard.recovery().unwrap().rebuilt);
        model.check(&shard).await;
        shard.checkpoint(false).await.unwrap();
        copy(&settings.root, &image);
        shard.close().await;
        // Read back from files by a start after a crash, and no record is left to help.
        let died = Settings { root: image, ..settings };
        let (shard, _) = open(&died).await;
        let report = shard.recovery().unwrap();
        assert_eq!((report.rebuilt, report.records), (false, 0));
        model.check(&shard).await;
        shard.close().await;
    });
}

#[test]
fn readers_are_not_disturbed_by_the_removal() {
    let root = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut model = Model::default();
        model.add(&shard, 100).await;
        let lone = Fetch { count_max: 1, ..fetch_from("T", 0, 0) };
        let held = shard.get(lone, &|_: i64| true).await.unwrap();
        assert!(matches!(held.parts[0], Payload::File { .. }), "from the file");
        let before = bytes_of(&held).await;
        // Readers at the border, all the time that it moves.
        let readers: Vec<_> = (0..QUEUES)
            .map(|queue| {
                let (shard, model) = (Rc::clone(&shard), model.clone());
                spawn(async move { read_at_border(&shard, &model, queue).await })
            })
            .collect();
        while shard.oldest_segment().await.unwrap().is_some() {
            remove_one(&shard).await;
        }
        for reader in readers {
            assert!(reader.await > 0, "it read while segments were removed");
        }
        assert_eq!(bytes_of(&held).await, before, "what was given out stays readable");
        shard.close().await;
    });
}

/// Fetches the first message of a queue until no segment can be removed any more; how often.
async fn read_at_border(shard: &TestShard, model: &Model, queue: i32) -> usize {
    let messages = &model.queues[usize::try_from(queue).unwrap()];
    let mut reads = 0;
    let mut offset = 0;
    while shard.oldest_segment().await.unwrap().is_some() {
        let fetched = shard.get(fetch_from("T", queue, offset), &|_: i64| true).await.unwrap();
        reads += 1;
        match fetched.status {
            GetStatus::Found => {
                let bytes = bytes_of(&fetched).await;
                let (first, _) = Record::decode(&bytes, Check::Checksum).unwrap();
                assert_eq!(first.queue_offset, QueueOffset(offset));
                assert_eq!(first.body, messages[usize::try_from(offset).unwrap()].1);
            }
            GetStatus::OffsetTooSmall => {
                assert!(fetched.next.0 > offset);
                offset = fetched.next.0;
            }
            // Never that something is being removed: it is there or it was before.
            other => panic!("{other:?} at {offset}"),
        }
    }
    reads
}

#[test]
fn expired_queues_begin_anew_when_that_is_asked_for() {
    let root = crate::rt::scratch::on_disk();
    let settings = cold(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        for topic in ["Once", "System"] {
            store(&shard, message(topic, 0, b"in the first segment only")).await;
        }
        let mut model = Model::default();
        model.add(&shard, 60).await;
        assert_eq!(shard.remove_expired_queues(|_| false).await.unwrap(), 0);
        remove_one(&shard).await;
        let removed = shard.remove_expired_queues(|topic| topic == "System").await.unwrap();
        assert_eq!((removed, shard.range("Once", 0)), (1, None));
        assert!(!settings.root.join("consumequeue/Once").exists());
        assert_eq!(shard.range("System", 0), Some((QueueOffset(1), QueueOffset(1))));
        model.check(&shard).await;
        assert_eq!(store(&shard, message("Once", 0, b"anew")).await.queue_offset, QueueOffset(0));
        assert_eq!(bodies(&shard, "Once", 0).await, [b"anew"]);
        shard.close().await;
    });
}
