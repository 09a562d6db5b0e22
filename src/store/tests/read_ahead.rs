//! Readers behind the image.

use std::cell::Cell;
use std::rc::Rc;

use super::harness::{bytes_of, fetch_from, message, on_core, open, settings, store};
use crate::rt::spawn::{spawn, yield_now};
use crate::store::{Fetch, Payload, Settings};

const BODY_BYTES: usize = 1_000;
const PER_QUEUE: u32 = 300;

/// Messages of three queues in turn, most of them behind the image.
async fn fill(settings: &Settings) -> super::harness::TestShard {
    let (shard, _) = open(settings).await;
    for number in 0..3 * PER_QUEUE {
        let body = number.to_be_bytes().repeat(BODY_BYTES / 4);
        store(&shard, message("T", i32::try_from(number % 3).unwrap(), &body)).await;
    }
    shard
}

fn in_memory(parts: &[Payload]) -> bool {
    parts.iter().all(|part| matches!(part, Payload::Memory(_)))
}

#[test]
fn a_reader_of_many_records_is_served_from_memory_and_a_lone_record_from_its_file() {
    let root = crate::rt::scratch::on_disk();
    let mut settings = settings(root.path());
    settings.hot_bytes = 64 * 1024;
    on_core(move || async move {
        let shard = fill(&settings).await;
        let lone = Fetch { count_max: 1, ..fetch_from("T", 1, 100) };
        let fetched = shard.get(lone, &|_: i64| true).await.unwrap();
        assert!(!in_memory(&fetched.parts), "one record is not worth a window");
        let many = fetch_from("T", 1, 100);
        assert!(shard.get_hot(many, &|_: i64| true).is_none(), "its window is not there yet");
        let first = shard.get(many, &|_: i64| true).await.unwrap();
        assert!(in_memory(&first.parts) && first.count > 1);
        let again = shard.get(lone, &|_: i64| true).await.unwrap();
        assert!(in_memory(&again.parts), "its window is there by now");
        let (first, again) = (bytes_of(&first).await, bytes_of(&again).await);
        assert!(first.starts_with(&again), "the same record by both ways");
        assert_eq!(bytes_of(&fetched).await, again);
        shard.close().await;
    });
}

#[test]
fn readers_of_all_queues_find_every_record_with_room_for_a_single_window() {
    let root = crate::rt::scratch::on_disk();
    let mut settings = settings(root.path());
    settings.hot_bytes = 64 * 1024;
    settings.cold_bytes = 64 * 1024;
    on_core(move || async move {
        let shard = fill(&settings).await;
        for queue in 0..3_u32 {
            let id = i32::try_from(queue).unwrap();
            let bodies = super::harness::bodies(&shard, "T", id).await;
            let numbers = (0..3 * PER_QUEUE).filter(|number| number % 3 == queue);
            let expected: Vec<_> =
                numbers.map(|number| number.to_be_bytes().repeat(BODY_BYTES / 4)).collect();
            assert!(bodies == expected);
        }
        shard.close().await;
    });
}

#[test]
fn of_readers_that_catch_up_one_is_answered_in_a_turn_of_the_core() {
    let root = tempfile::tempdir().unwrap();
    let mut settings = settings(root.path());
    settings.hot_bytes = 64 * 1024;
    on_core(move || async move {
        let shard = fill(&settings).await;
        let asked = fetch_from("T", 1, 100);
        // What they read is in memory from here on.
        let first = shard.get(asked, &|_: i64| true).await.unwrap();
        assert!(first.count > 1);
        let turns = Rc::new(Cell::new(0));
        let counted = turns.clone();
        let counting = spawn(async move {
            loop {
                counted.update(|turns| turns + 1);
                yield_now().await;
            }
        });
        let readers: Vec<_> = (0..4)
            .map(|_| {
                let (shard, turns) = (shard.clone(), turns.clone());
                spawn(async move {
                    let fetched = shard.get(asked, &|_: i64| true).await.unwrap();
                    assert!(in_memory(&fetched.parts));
                    turns.get()
                })
            })
            .collect();
        let mut answered = Vec::new();
        for reader in readers {
            answered.push(reader.await);
        }
        assert!(answered.is_sorted_by(|one, next| one < next), "in turn, and apart: {answered:?}");
        counting.cancel().await;
        shard.close().await;
    });
}
