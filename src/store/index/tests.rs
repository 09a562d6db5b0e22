use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::store::recovery::Noted;
use crate::store::tests::harness::{files, on_core, read, scratch, write};
use crate::units::{ShardId, WallMillis};

const LAYOUT: Layout = Layout { slots: 7, entries: 16 };
const ALL: (i64, i64) = (0, i64::MAX);

/// Five keys share a second, those on both sides of the end of a file too: the first entry of a
/// file counts its seconds from the end of the file before, as in RocketMQ.
fn key(hash: u32, at: u64) -> Key {
    let second = i64::try_from(1 + (at + 3) / 5).unwrap();
    Key { hash, physical: PhysicalOffset(at * 100), stored_at: WallMillis(1000 * second) }
}

async fn opened(folder: &Path, noted: Option<(u64, u64)>) -> Index {
    let (indexed, last_indexed) = noted.unwrap_or_default();
    let noted = if noted.is_some() { Noted::Open } else { Noted::Nothing };
    let known = Known { clean: true, noted, indexed, last_indexed, java_time: 0 };
    Index::open(folder.to_owned(), ShardId(0), LAYOUT, known, 0..u64::MAX >> 17).await.unwrap()
}

fn put(index: &Index, keys: &[Key]) {
    index.waiting.borrow_mut().extend(keys);
    index.position.set(keys.last().unwrap().physical.0 + 100);
}

async fn found(index: &Index, hash: u32, range: (i64, i64), count_max: usize) -> Vec<u64> {
    let found = index.find(&Wanted { hash, range, count_max }).await.unwrap();
    found.hits.iter().map(|hit| hit.physical.0).collect()
}

#[test]
fn hashes_are_those_of_java() {
    assert_eq!(Lookup::Key("key1").hash("TopicTest"), 1_655_984_460);
    assert_eq!(Layout::default().slot_of(1_655_984_460), 984_460);
    assert_eq!(Layout::default().file_bytes(), 420_000_040);
    // `String.hashCode` of the whole is the smallest number: it has no absolute value.
    assert_eq!(crate::message::tag::hash("polygenelubricants"), i32::MIN);
    let inner = Lookup::Key("x").hash("");
    assert_eq!(inner, u32::from(b'#') * 31 + u32::from(b'x'));
    assert_eq!(Lookup::Key("schlüssel").hash("GoldTopic"), 1_538_645_051);
    assert_eq!(Lookup::Tag("TagA").hash("GoldTopic"), 1_191_680_694);
}

#[test]
fn a_header_that_cannot_be_is_none() {
    let sound = Header { begin_time: 1, end_time: 2, begin: 3, end: 4, used_slots: 5, next: 6 };
    assert_eq!(Header::decode(&sound.encode(), LAYOUT), Some(sound));
    let zeros = Header::decode(&[0; 40], LAYOUT).unwrap();
    assert_eq!(zeros, Header { next: 1, ..Header::default() });
    for wrong in [
        Header { next: 17, ..sound },
        Header { used_slots: 6, ..sound },
        Header { used_slots: 8, next: 10, ..sound },
        Header { begin: 5, ..sound },
        Header { end: 1 << 63, ..sound },
        Header { begin_time: -1, ..sound },
        Header { end_time: -1, ..sound },
    ] {
        assert_eq!(Header::decode(&wrong.encode(), LAYOUT), None, "{wrong:?}");
    }
    assert_eq!(Header::decode(&[0; 39], LAYOUT), None);
}

/// What a batch of keys and a look come to, over files that are full after 15 entries.
#[derive(Clone, Debug)]
enum Step {
    Put(Vec<u32>),
    Flush,
    Reopen,
    Find { hash: u32, from: i64, to: i64, count_max: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let hash = 0..24_u32;
    let step = prop_oneof![
        4 => proptest::collection::vec(hash.clone(), 1..12).prop_map(Step::Put),
        2 => Just(Step::Flush),
        1 => Just(Step::Reopen),
        4 => (hash, 0..80_i64, 0..80_i64, 1..20_usize).prop_map(|(hash, from, to, count_max)| {
            Step::Find { hash, from, to, count_max }
        }),
    ];
    proptest::collection::vec(step, 1..40)
}

fn agrees_with_a_plain_list(steps: Vec<Step>) {
    let folder = scratch();
    let path = folder.path().join("index");
    on_core(move || async move {
        let mut index = opened(&path, None).await;
        let mut model: Vec<Key> = Vec::new();
        for step in steps {
            match step {
                Step::Put(hashes) => {
                    let first = model.len() as u64;
                    let keys = (first..).zip(hashes).map(|(at, hash)| key(hash, at));
                    let keys: Vec<Key> = keys.collect();
                    put(&index, &keys);
                    model.extend(keys);
                }
                Step::Flush => index.flush().await.unwrap(),
                Step::Reopen => {
                    index.flush().await.unwrap();
                    let position = index.position();
                    let progress = index.progress();
                    drop(index);
                    index = opened(&path, Some((progress.indexed, progress.last))).await;
                    assert_eq!(index.position(), position);
                }
                Step::Find { hash, from, to, count_max } => {
                    let range = (from * 1000, to * 1000);
                    let fits = |key: &&Key| {
                        key.hash == hash && (range.0..=range.1).contains(&key.stored_at.0)
                    };
                    let wanted = model.iter().rev().filter(fits).take(count_max);
                    let wanted: Vec<u64> = wanted.map(|key| key.physical.0).collect();
                    assert_eq!(found(&index, hash, range, count_max).await, wanted);
                }
            }
        }
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn what_is_found_is_what_a_plain_list_has(steps in steps()) {
        agrees_with_a_plain_list(steps);
    }
}

/// A crash between the slots and the header: slots lead to entries that do not count.
#[test]
fn a_batch_that_was_cut_off_is_written_again_to_the_same_bytes() {
    let folder = scratch();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let index = opened(&path, None).await;
        let hashes = [3, 10, 4, 3].into_iter().cycle();
        let keys: Vec<Key> = hashes.zip(0..10).map(|(hash, at)| key(hash, at)).collect();
        put(&index, &keys[..4]);
        index.flush().await.unwrap();
        let file = path.join(&files(&path)[0].0);
        let before = read(&file);
        put(&index, &keys[4..]);
        index.flush().await.unwrap();
        let whole = read(&file);
        drop(index);

        let mut torn = whole.clone();
        torn[..40].copy_from_slice(&before[..40]);
        write(&file, &torn);
        let index = opened(&path, None).await;
        assert_eq!(index.position(), keys[3].physical.0, "the last that counts is looked at again");
        assert_eq!(found(&index, 3, ALL, 64).await, [300, 0]);
        put(&index, &keys[4..]);
        assert_eq!(found(&index, 3, ALL, 64).await, [800, 700, 400, 300, 0]);
        index.flush().await.unwrap();
        assert_eq!(found(&index, 10, ALL, 64).await, [900, 500, 100]);
        assert!(read(&file) == whole);
    });
}

#[test]
fn a_record_whose_keys_are_in_files_in_part_is_completed() {
    let folder = scratch();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let index = opened(&path, None).await;
        // The file is full in the middle of the last record's keys.
        let keys: Vec<Key> = (0..15).map(|at| key(at, u64::from(at.min(13)))).collect();
        put(&index, &keys);
        index.flush().await.unwrap();
        assert_eq!(files(&path).len(), 1);
        drop(index);
        let index = opened(&path, None).await;
        let mut partly = index.partly.borrow().clone();
        partly.sort_unstable();
        assert_eq!((index.position(), partly), (1300, vec![13, 14]));
    });
}

#[test]
fn names_go_up_whatever_the_clock_says() {
    let folder = scratch();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let late = path.join("99991231235959998");
        IndexFile::create(&late, LAYOUT, Header::following(0, 0)).await.unwrap();
        let index = opened(&path, None).await;
        let keys: Vec<Key> = (0..40).map(|at| key(1, at)).collect();
        put(&index, &keys);
        index.flush().await.unwrap();
        let names: Vec<String> = files(&path).into_iter().map(|(name, _)| name).collect();
        let wanted = ["99991231235959998", "99991231235959999", "99991231235960000"];
        assert_eq!(names, wanted);
        assert_eq!(found(&index, 1, ALL, 64).await.len(), 40);
    });
}

#[test]
fn a_name_is_the_moment_in_digits() {
    let time =
        LocalTime { year: 2026, month: 11, day: 21, hour: 8, minute: 3, second: 4, milli: 17 };
    assert_eq!(name_of(time), 20_261_121_080_304_017);
}

#[test]
fn files_before_the_log_go_but_for_the_newest() {
    let folder = scratch();
    let path = folder.path().to_owned();
    on_core(move || async move {
        let index = opened(&path, None).await;
        let keys: Vec<Key> = (0..40).map(|at| key(1, at)).collect();
        put(&index, &keys);
        index.flush().await.unwrap();
        assert_eq!(files(&path).len(), 3);
        assert_eq!(index.trim(1400).await.unwrap(), 0, "its last record starts there");
        assert_eq!(index.trim(1401).await.unwrap(), 1);
        assert_eq!(index.trim(u64::MAX).await.unwrap(), 1);
        assert_eq!(files(&path).len(), 1);
        assert_eq!(found(&index, 1, ALL, 64).await.len(), 10);
    });
}
