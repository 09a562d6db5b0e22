//! Fetches that choose by properties: of records in memory, in files, and in both.

use std::path::Path;

use super::harness::{
    TestShard, bytes_of, fetch_from, message, on_core, open, scratch, settings, store,
};
use crate::limits::FILTER_READ_BYTES_MAX;
use crate::message::properties::Properties;
use crate::message::record::{Check, Record};
use crate::store::{Choice, GetStatus, NewMessage, NewTagsCode, Settings};

/// Takes messages with tags code 1 whose property `n` is a multiple.
struct Multiples(i64);

impl Choice for Multiples {
    fn takes_code(&self, tags_code: i64) -> bool {
        tags_code == 1
    }

    fn needs_properties(&self) -> bool {
        true
    }

    fn takes_properties(&self, properties: Properties<'_>) -> bool {
        let number: i64 = properties.get("n").unwrap().parse().unwrap();
        number % self.0 == 0
    }
}

/// A queue file that holds many units, so that one fetch may look at many.
fn wide(root: &Path) -> Settings {
    let mut settings = settings(root);
    settings.frozen.consume_queue_file_bytes = 20 * 1000;
    settings
}

async fn fill(shard: &TestShard, count: i64, body: impl Fn(i64) -> usize) {
    for number in 0..count {
        let properties = format!("other\u{1}x\u{2}n\u{1}{number}\u{2}");
        let body = vec![b'b'; body(number)];
        store(
            shard,
            NewMessage {
                properties: properties.as_bytes(),
                // Every fourth is of another tag.
                tags_code: NewTagsCode::Hash(i64::from(number % 4 != 0)),
                ..message("T", 0, &body)
            },
        )
        .await;
    }
}

/// Follows fetches from offset 0 to the end; the offsets of what they found.
async fn chosen(shard: &TestShard, choice: &Multiples) -> Vec<i64> {
    let (mut found, mut next) = (Vec::new(), 0);
    loop {
        let fetched = shard.get(fetch_from("T", 0, next), choice).await.unwrap();
        if fetched.status == GetStatus::OffsetOverflowOne {
            return found;
        }
        let empty = fetched.status == GetStatus::NoMatchedMessage;
        assert!(empty || fetched.status == GetStatus::Found, "{:?}", fetched.status);
        let bytes = bytes_of(&fetched).await;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (record, len) = Record::decode(rest, Check::Checksum).unwrap();
            found.push(record.queue_offset.0);
            rest = &rest[len..];
        }
        assert!(fetched.next.0 > next, "a fetch goes on");
        next = fetched.next.0;
    }
}

fn wanted(count: i64, multiple: i64) -> Vec<i64> {
    (0..count).filter(|number| number % 4 != 0 && number % multiple == 0).collect()
}

#[test]
fn takes_what_the_properties_say_wherever_records_lie() {
    const COUNT: i64 = 400;
    let root = scratch();
    let settings = wide(root.path());
    on_core(move || async move {
        // Some as long as several chunks, most far shorter than a window; eleven segments.
        let body = |number: i64| if number % 50 == 7 { 40_000 } else { 900 };
        let (shard, _) = open(&settings).await;
        fill(&shard, COUNT, body).await;
        for multiple in [1, 3, 7, 399, 1000] {
            // The older part is in files by now, the newer in memory.
            assert_eq!(chosen(&shard, &Multiples(multiple)).await, wanted(COUNT, multiple));
        }
        let last = shard.get_hot(fetch_from("T", 0, COUNT - 5), &Multiples(3)).unwrap();
        assert_eq!((last.count, last.next.0), (1, COUNT), "396 is of another tag");
        assert!(shard.get_hot(fetch_from("T", 0, 0), &Multiples(3)).is_none());
        shard.close().await;
        let (shard, _) = open(&settings).await;
        assert_eq!(chosen(&shard, &Multiples(3)).await, wanted(COUNT, 3), "all in files");
        shard.close().await;
    });
}

#[test]
fn one_fetch_reads_so_much_and_the_next_goes_on() {
    const BODY: usize = 40_000;
    let most = i64::try_from(FILTER_READ_BYTES_MAX).unwrap() / i64::try_from(BODY).unwrap();
    let root = scratch();
    let settings = wide(root.path());
    on_core(move || async move {
        let (shard, _) = open(&settings).await;
        // Those of another tag are not read.
        let count = 2 * most;
        fill(&shard, count, |_| BODY).await;
        shard.close().await;
        let (shard, _) = open(&settings).await;
        let first = shard.get(fetch_from("T", 0, 0), &Multiples(100_000)).await.unwrap();
        assert_eq!(first.status, GetStatus::NoMatchedMessage);
        assert!((most..most * 4 / 3 + 4).contains(&first.next.0), "{} of {count}", first.next.0);
        assert_eq!(chosen(&shard, &Multiples(count - 1)).await, vec![count - 1]);
        shard.close().await;
    });
}
