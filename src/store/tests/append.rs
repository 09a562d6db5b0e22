use super::harness::{bodies, fetch_from, message, on_core, open, settings, store};
use crate::store::{AppendError, GetStatus, Payload};
use crate::units::QueueOffset;

#[test]
fn a_message_is_visible_when_it_is_committed_and_not_before() {
    let root = tempfile::tempdir().unwrap();
    let settings = settings(root.path());
    on_core(move || async move {
        let (shard, heard) = open(&settings).await;
        let appended = shard.append(&message("T", 0, b"one")).unwrap();
        assert_eq!(appended.queue_offset, QueueOffset(0));
        assert_eq!(appended.physical.0, 0);
        shard.on_commit(appended.record_end, 7);
        let early = shard.get_hot(fetch_from("T", 0, 0), |_| true).unwrap();
        assert_eq!(early.status, GetStatus::NoMessageInQueue);
        assert!(heard.acked.borrow().is_empty());

        shard.wait_committed(appended.record_end).await.unwrap();
        let found = shard.get_hot(fetch_from("T", 0, 0), |_| true).unwrap();
        assert_eq!((found.status, found.count, found.next.0), (GetStatus::Found, 1, 1));
        assert!(matches!(found.parts[..], [Payload::Memory(_)]));
        assert_eq!(bodies(&shard, "T", 0).await, [b"one"]);
        assert_eq!(*heard.acked.borrow(), [7]);
        assert_eq!(*heard.arrived.borrow(), [("T".to_owned(), 0, 0)]);
        shard.close().await;
    });
}

#[test]
fn segments_are_rolled_and_records_lie_across_chunks() {
    let root = tempfile::tempdir().unwrap();
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
    let root = tempfile::tempdir().unwrap();
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
    let root = tempfile::tempdir().unwrap();
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
