//! Random histories against a plain map. A failing seed is printed.

use std::collections::BTreeMap;
use std::path::Path;

use super::harness::{TestShard, bodies, copy, message, on_core, open, scratch, settings};
use crate::store::{AppendError, Flush, Settings};

/// A small generator of numbers that a seed repeats.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

type Model = BTreeMap<(String, i32), Vec<Vec<u8>>>;

async fn compare(shard: &TestShard, model: &Model) {
    for ((topic, queue_id), want) in model {
        assert_eq!(&bodies(shard, topic, *queue_id).await, want, "{topic} {queue_id}");
    }
}

/// Appends some messages, of any size up to the largest, without waiting in between.
async fn append(shard: &TestShard, model: &mut Model, random: &mut Random) {
    let mut end = 0;
    for _ in 0..random.below(40) {
        let topic = format!("T{}", random.below(3));
        let queue_id = i32::try_from(random.below(3)).unwrap();
        let len = match random.below(10) {
            0 => random.below(47_000),
            1..4 => random.below(5_000),
            _ => random.below(200),
        };
        let byte = u8::try_from(random.below(256)).unwrap();
        let body = vec![byte; usize::try_from(len).unwrap()];
        match shard.append(&message(&topic, queue_id, &body)) {
            Ok(appended) => {
                let queue = model.entry((topic, queue_id)).or_default();
                assert_eq!(appended.queue_offset.0, queue.len() as i64);
                queue.push(body);
                end = appended.record_end;
            }
            Err(error) => {
                assert_eq!(error, AppendError::Busy);
                break;
            }
        }
    }
    shard.wait_committed(end).await.unwrap();
}

async fn history(seed: u64, root: &Path) {
    let mut random = Random(seed);
    let mut settings = settings(&root.join("0"));
    if random.below(2) == 0 {
        settings.flush = Flush::Async { interval: std::time::Duration::from_millis(3) };
    }
    settings.hot_bytes = [64, 128, 512][usize::try_from(random.below(3)).unwrap()] * 1024;
    let mut model = Model::new();
    let (mut shard, _) = open(&settings).await;
    for round in 1..12 {
        append(&shard, &mut model, &mut random).await;
        compare(&shard, &model).await;
        match random.below(4) {
            0 => {
                shard.close().await;
                shard = open(&settings).await.0;
                assert!(shard.recovery().unwrap().clean);
                compare(&shard, &model).await;
            }
            1 => {
                // The files as they are, while background work goes on, are a crash.
                let target = root.join(round.to_string());
                copy(&settings.root, &target);
                shard.close().await;
                settings = Settings { root: target, ..settings };
                shard = open(&settings).await.0;
                assert!(!shard.recovery().unwrap().clean);
                compare(&shard, &model).await;
            }
            2 => {
                let topic = format!("T{}", random.below(3));
                shard.delete_topic(&topic).await.unwrap();
                model.retain(|(other, _), _| *other != topic);
            }
            _ => {}
        }
    }
    shard.close().await;
}

#[test]
fn random_histories_match_a_plain_map() {
    for seed in 1..=12 {
        let root = scratch();
        let path = root.path().to_owned();
        println!("seed {seed}");
        on_core(move || async move { history(seed * 7919, &path).await });
    }
}
