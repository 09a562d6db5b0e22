use std::rc::Rc;
use std::time::Duration;

use super::harness::{
    Heard, SEGMENT_BYTES, bodies, fetch_from, message, on_core, open, scratch, settings, store,
};
use crate::store::{AppendError, Flush, GetStatus, NewMessage, NewTagsCode, Payload, Shard};
use crate::units::{PhysicalOffset, QueueOffset, ShardId};

#[test]
fn a_message_is_visible_when_it_is_committed_and_not_before() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, heard) = open(&settings).await;
        let appended = shard.append(&message("T", 0, b"one")).unwrap();
        assert_eq!(appended.queue_offset, QueueOffset(0));
        assert_eq!(appended.physical.0, 0);
        shard.on_commit(appended.record_end, 7);
        let early = shard.get_hot(fetch_from("T", 0, 0), &|_: i64| true).unwrap();
        assert_eq!(early.status, GetStatus::NoMessageInQueue);
        assert!(heard.acked.borrow().is_empty());

        shard.wait_committed(appended.record_end).await.unwrap();
        let found = shard.get_hot(fetch_from("T", 0, 0), &|_: i64| true).unwrap();
        assert_eq!((found.status, found.count, found.next.0), (GetStatus::Found, 1, 1));
        assert!(matches!(found.parts[..], [Payload::Memory(_)]));
        assert_eq!(bodies(&shard, "T", 0).await, [b"one"]);
        assert_eq!(*heard.acked.borrow(), [7]);
        assert_eq!(*heard.arrived.borrow(), [("T".to_owned(), 0, 0)]);
        shard.close().await;
    });
}

#[test]
fn units_of_one_file_are_told_apart_before_there_is_a_file() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        for number in 0..25u8 {
            store(&shard, message("T", 0, &[number])).await;
        }
        // Ten units each.
        for (from, count) in [(0, 10), (8, 2), (10, 10), (20, 5), (24, 1), (25, 0)] {
            let units = shard.units_of_file("T", 0, QueueOffset(from), 100).await.unwrap();
            assert_eq!(units.len(), count, "from {from}");
        }
        let few = shard.units_of_file("T", 0, QueueOffset(3), 4).await.unwrap();
        assert_eq!(few.len(), 4);
        shard.close().await;
    });
}

#[test]
fn segments_are_rolled_and_records_lie_across_chunks() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let mut want = Vec::new();
        for number in 0..40u8 {
            let body = vec![number; 1000 * usize::from(number)];
            store(&shard, message("T", 3, &body)).await;
            want.push(body);
        }
        assert!(shard.committed() > 8 * super::harness::SEGMENT_BYTES);
        assert_eq!(bodies(&shard, "T", 3).await, want);
        let longest = vec![0; 48 * 1024];
        assert_eq!(shard.append(&message("T", 3, &longest)), Err(AppendError::TooLong));
        for topic in ["", ".", "..", "a/b", "a\0b"] {
            assert_eq!(shard.append(&message(topic, 0, b"")), Err(AppendError::Topic));
        }
        shard.close().await;
        let closed = shard.append(&message("T", 3, b""));
        assert_eq!(closed, Err(AppendError::Closed));
    });
}

#[test]
fn appends_between_commits_share_one_and_acks_come_in_order() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, heard) = open(&settings).await;
        let mut end = 0;
        for number in 0..100 {
            let appended = shard.append(&message("T", number % 4, b"body")).unwrap();
            shard.on_commit(appended.record_end, number.unsigned_abs().into());
            end = appended.record_end;
        }
        assert_eq!(shard.committed(), 0);
        shard.wait_committed(end).await.unwrap();
        assert_eq!(shard.committed(), end);
        assert_eq!(*heard.acked.borrow(), (0..100).collect::<Vec<u64>>());
        assert_eq!(heard.arrived.borrow().len(), 100);
        shard.close().await;
    });
}

#[test]
fn a_log_without_memory_is_busy_and_recovers() {
    let root = crate::rt::scratch::on_disk();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let body = vec![1; 40 * 1024];
        let mut end = 0;
        let refused = loop {
            match shard.append(&message("T", 0, &body)) {
                Ok(appended) => end = appended.record_end,
                Err(error) => break error,
            }
            assert!(end < 64 << 20, "memory is bounded");
        };
        assert_eq!(refused, AppendError::Busy);
        shard.wait_committed(end).await.unwrap();
        store(&shard, message("T", 0, &body)).await;
        shard.close().await;
    });
}

#[test]
fn a_batch_is_stored_whole_over_segments_or_not_at_all() {
    let root = scratch();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let large: Vec<Vec<u8>> = (0..4).map(|number| vec![number; 40 * 1024]).collect();
        let mut batch: Vec<NewMessage<'_>> =
            large.iter().map(|body| message("T", 0, body)).collect();
        let appended = shard.append_all(&batch).unwrap();
        let starts: Vec<u64> = appended.iter().map(|it| it.physical.0).collect();
        let segments = [0, SEGMENT_BYTES, 2 * SEGMENT_BYTES, 3 * SEGMENT_BYTES];
        assert_eq!(starts, segments, "each needs a segment of its own");
        let offsets: Vec<i64> = appended.iter().map(|it| it.queue_offset.0).collect();
        assert_eq!(offsets, [0, 1, 2, 3]);
        shard.wait_committed(appended[3].record_end).await.unwrap();
        assert_eq!(bodies(&shard, "T", 0).await, large);

        batch.push(message("a/b", 0, b""));
        assert_eq!(shard.append_all(&batch), Err(AppendError::Topic));
        batch.pop();
        let too_many = batch.repeat(40);
        assert_eq!(shard.append_all(&too_many), Err(AppendError::Busy));
        let next = store(&shard, message("T", 0, b"next")).await;
        assert_eq!(next.queue_offset, QueueOffset(4), "nothing of the refused ones is there");
        shard.close().await;
    });
}

#[test]
fn shards_have_their_own_folders_and_physical_offsets() {
    let root = scratch();
    let mut settings = settings(root.path());
    settings.frozen.shards = 2;
    on_core(move || async move {
        let second = PhysicalOffset::new(ShardId(1), 0);
        for reopened in [false, true] {
            let mut shards = Vec::new();
            for id in [0, 1] {
                let heard = Rc::new(Heard::default());
                shards.push(Shard::open(settings.clone(), ShardId(id), heard).await.unwrap());
            }
            if !reopened {
                store(&shards[0], message("T", 0, b"in the first")).await;
                let appended = store(&shards[1], message("T", 1, b"in the second")).await;
                assert_eq!(appended.physical, second);
            }
            assert_eq!(bodies(&shards[0], "T", 0).await, [b"in the first"]);
            assert_eq!(bodies(&shards[1], "T", 1).await, [b"in the second"]);
            assert!(shards[1].record_at(second).await.unwrap().is_some());
            assert_eq!(shards[0].record_at(second).await.unwrap(), None);
            for shard in shards {
                shard.close().await;
            }
        }
        // 1 << 48 has 15 digits; the name has 20.
        assert!(settings.root.join("shard-1/commitlog/00000281474976710656").exists());
        assert!(settings.root.join("shard-0/consumequeue/T/0").exists());
    });
}

#[test]
fn delays_count_from_the_store_time_and_half_records_take_no_place() {
    let root = scratch();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        let delayed =
            NewMessage { tags_code: NewTagsCode::StoredPlus(5000), ..message("S", 2, b"later") };
        let appended = store(&shard, delayed).await;
        let unit = shard.unit("S", 2, QueueOffset(0)).await.unwrap().unwrap();
        assert_eq!(unit.tags_code, appended.stored_at.0 + 5000);
        for sys_flag in [0x4, 0xc] {
            let half = NewMessage { sys_flag, ..message("H", 0, b"half") };
            let appended = store(&shard, half).await;
            assert_eq!(appended.queue_offset, QueueOffset(0));
            assert!(shard.record_at(appended.physical).await.unwrap().is_some());
        }
        assert_eq!(shard.range("H", 0), None);
        let commit = NewMessage { sys_flag: 0x8, ..message("H", 0, b"committed") };
        store(&shard, commit).await;
        assert_eq!(bodies(&shard, "H", 0).await, [b"committed"]);
        shard.close().await;
    });
}

#[test]
fn what_is_behind_is_told_in_bytes() {
    let root = crate::rt::scratch::on_disk();
    let mut settings = settings(root.path());
    // Nothing syncs by itself, not even a checkpoint.
    settings.flush = Flush::Async { interval: Duration::from_secs(3600) };
    settings.checkpoint_interval = Duration::from_secs(3600);
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        assert_eq!((shard.unsynced_bytes(), shard.undispatched_bytes()), (0, 0));
        let end = shard.append(&message("T", 0, b"written later")).unwrap().record_end;
        assert_eq!((shard.unsynced_bytes(), shard.undispatched_bytes()), (end, end));
        shard.wait_committed(end).await.unwrap();
        assert_eq!((shard.unsynced_bytes(), shard.undispatched_bytes()), (end, 0));
        shard.sync_log().await.unwrap();
        assert_eq!((shard.unsynced_bytes(), shard.undispatched_bytes()), (0, 0));
        shard.close().await;
    });
}
