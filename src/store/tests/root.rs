use super::harness::{on_core, write};
use crate::config::frozen::{Frozen, Wanted};
use crate::store::{OpenError, Root};

#[test]
fn a_store_is_taken_once_and_keeps_what_is_frozen() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().join("deep/store");
    on_core(move || async move {
        let wanted = Wanted { shards: Some(3), ..Wanted::default() };
        let first = Root::open(&path, &wanted, 2).await.unwrap();
        assert!(first.is_new());
        assert_eq!(first.frozen(), Frozen::new(&wanted, 2));
        let second = Root::open(&path, &wanted, 2).await;
        assert!(matches!(second, Err(OpenError::Locked(_))), "{second:?}");
        drop(first);
        let again = Root::open(&path, &Wanted::default(), 8).await.unwrap();
        assert_eq!((again.frozen().shards, again.is_new()), (3, false));
        drop(again);
        let other = Wanted { shards: Some(2), ..Wanted::default() };
        let refused = Root::open(&path, &other, 2).await;
        assert!(matches!(refused, Err(OpenError::Mismatch(_))), "{refused:?}");
        write(&path.join("config/ringmq.json"), b"{");
        let damaged = Root::open(&path, &Wanted::default(), 2).await;
        assert!(matches!(damaged, Err(OpenError::FrozenUnreadable { .. })), "{damaged:?}");
    });
}

#[test]
fn segments_that_are_not_whole_blocks_are_refused() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let wanted = Wanted { commit_log_segment_bytes: Some(1000), ..Wanted::default() };
        let refused = Root::open(&path, &wanted, 1).await;
        assert!(matches!(refused, Err(OpenError::SegmentBytes(1000))), "{refused:?}");
    });
}
