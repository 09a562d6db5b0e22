//! Looking at closed stores: a sound one has no fault, and each flipped byte is named.

use std::path::{Path, PathBuf};

use super::golden;
use super::harness::{copy, files, message, on_core, open, read, remove, settings, store, write};
use super::index::{properties, store_keyed};
use crate::message::record::Record;
use crate::store::inspect::check::check;
use crate::store::inspect::dump::{Select, dump};
use crate::store::inspect::{Closed, Findings};
use crate::store::{Layout, NewMessage, OpenError};
use crate::units::PhysicalOffset;

const LAYOUT: Layout = Layout { slots: 7, entries: 64 };
const JAVA_LAYOUT: Layout = Layout { slots: 500, entries: 2000 };

async fn checked(root: &Path, layout: Layout) -> Findings {
    let store = Closed::open(root, layout).await.unwrap().unwrap();
    check(&store, 10, |_| ()).await.unwrap()
}

async fn dumped(root: &Path, layout: Layout, select: &Select) -> Vec<(u64, String, i64)> {
    let store = Closed::open(root, layout).await.unwrap().unwrap();
    let mut records = Vec::new();
    let take = |record: &Record<'_>, _: u32| {
        let offset = record.physical_offset.0;
        records.push((offset, record.topic.to_owned(), record.queue_offset.0));
        true
    };
    let any = dump(&store, select, take).await.unwrap();
    assert_eq!(any, !records.is_empty());
    records
}

fn newest(folder: &Path) -> PathBuf {
    folder.join(&files(folder).last().unwrap().0)
}

fn flip(path: &Path, at: usize) {
    let mut bytes = read(path);
    bytes[at] ^= 0x01;
    write(path, &bytes);
}

/// A closed store of 60 messages with keys; where they start.
async fn make(root: &Path) -> Vec<u64> {
    let (shard, _) = open(&settings(root)).await;
    let places = store_keyed(&shard, 0..60).await;
    shard.close().await;
    places
}

#[test]
fn a_sound_store_has_no_faults_and_is_left_as_it_is() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        make(&path).await;
        let before = files(&path);
        let findings = checked(&path, LAYOUT).await;
        assert_eq!((findings.fault_count, &findings.notes), (0, &Vec::new()), "{findings:?}");
        assert_eq!((findings.records, findings.units, findings.entries), (60, 60, 180));
        assert_eq!(files(&path), before);
        // As a crash leaves it.
        let (shard, _) = open(&settings(&path)).await;
        store_keyed(&shard, 60..70).await;
        let image = crate::rt::scratch::on_disk();
        copy(&path, image.path());
        shard.close().await;
        let findings = checked(image.path(), LAYOUT).await;
        assert_eq!((findings.fault_count, findings.records), (0, 70), "{findings:?}");
    });
}

/// Also when the queues, or the index, were made anew and begin with what the log still has.
#[test]
fn a_store_is_sound_after_a_clean_up() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let (shard, _) = open(&settings(&path)).await;
        store(&shard, message("once", 0, b"in the first segment only")).await;
        for at in 0..100 {
            let properties = properties(at);
            let new = NewMessage { properties: &properties, ..message("t", 0, &[b'x'; 4000]) };
            store(&shard, new).await;
        }
        for _ in 0..3 {
            let oldest = shard.oldest_segment().await.unwrap().unwrap();
            assert!(shard.remove_oldest(oldest).await.unwrap());
        }
        shard.close().await;
        let trimmed = checked(&path, LAYOUT).await;
        assert_eq!((trimmed.fault_count, &trimmed.notes), (0, &Vec::new()), "{trimmed:?}");
        assert!((10..90).contains(&trimmed.records), "{trimmed:?}");
        for lost in ["consumequeue", "index"] {
            remove(&path.join(lost));
            let (shard, _) = open(&settings(&path)).await;
            shard.close().await;
            let anew = checked(&path, LAYOUT).await;
            assert_eq!((anew.fault_count, anew.units), (0, trimmed.units), "{lost}: {anew:?}");
            assert_eq!(anew.entries, trimmed.entries, "{lost}: {anew:?}");
        }
    });
}

/// No answer that a record is not there where one may be.
#[test]
fn a_key_is_not_looked_for_in_files_of_other_sizes() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        make(&path).await;
        let other = Layout { slots: 8, entries: 64 };
        let store = Closed::open(&path, other).await.unwrap().unwrap();
        let select = Select::Key { topic: "T".into(), key: "k".into() };
        let error = dump(&store, &select, |_, _| true).await.unwrap_err();
        assert!(matches!(error, OpenError::Length { .. }), "{error}");
        let file = newest(&path.join("index"));
        assert!(Closed::open(&file, LAYOUT).await.unwrap().is_none(), "a file is no store");
    });
}

#[test]
fn each_damage_is_named() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let places = make(&path).await;
        let (log, queue, index) = ("commitlog", "consumequeue/t/0", "index");
        let third = usize::try_from(places[2]).unwrap();
        let at = places[2].to_string();
        // Slots begin at byte 40, entries at 68; entry 5 is the second key of the second message.
        let damages: [(&str, usize, &str); 12] = [
            (log, third + 90, &format!("record at {at}: the body's checksum is wrong")),
            (log, third + 4, &format!("record at {at}: no record starts here")),
            (log, third + 34, &format!("record at {at}: no record starts here")),
            (log, third + 20 + 7, "t/0 goes on with 3 at"),
            (log, third + 100 + 88 + 4 + 9, &format!("of no key of the record at {at}")),
            (queue, 7, "unit 0 of t/0 leads to 1, where no record begins"),
            (queue, 11, "unit 0 of t/0 says"),
            (queue, 19, "unit 0 of t/0 has the tags code 1 instead of 0"),
            (index, 43, "slot 0 of index/"),
            (index, 68 + 5 * 20 + 3, "entry 5 of index/"),
            (index, 68 + 5 * 20 + 11, "entry 5 of index/"),
            (index, 68 + 5 * 20 + 19, "entry 5 of index/"),
        ];
        for (folder, byte, wanted) in damages {
            let image = crate::rt::scratch::on_disk();
            copy(&path, image.path());
            let folder = image.path().join(folder);
            flip(&folder.join(&files(&folder)[0].0), byte);
            let findings = checked(image.path(), LAYOUT).await;
            assert!(findings.fault_count > 0, "byte {byte} of {}", folder.display());
            let named = findings.faults.iter().any(|fault| fault.contains(wanted));
            assert!(named, "no {wanted:?} for byte {byte} in {:#?}", findings.faults);
        }
    });
}

#[test]
fn missing_and_foreign_files_are_named() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        make(&path).await;
        let index = path.join("index");
        type Damage<'a> = (&'a dyn Fn(&Path), &'a str);
        let damages: [Damage<'_>; 5] = [
            (&|root| remove(&newest(&root.join("index"))), "and the checkpoint says"),
            (&|root| write(&root.join("index/notes"), b"mine"), "notes is no index file"),
            (&|root| write(&newest(&root.join("index")), b"cut"), "is no index file of 7 slots"),
            (&|root| write(&root.join("commitlog/notes"), b"mine"), "notes is no segment"),
            (&|root| remove(&newest(&root.join("consumequeue/t/0"))), "does not lead to its"),
        ];
        assert!(files(&index).len() > 1);
        for (damage, wanted) in damages {
            let image = crate::rt::scratch::on_disk();
            copy(&path, image.path());
            damage(image.path());
            let findings = checked(image.path(), LAYOUT).await;
            let named = findings.faults.iter().any(|fault| fault.contains(wanted));
            assert!(named, "no {wanted:?} in {:#?}", findings.faults);
        }
    });
}

#[test]
fn a_store_in_use_is_refused_and_one_looked_at_cannot_be_opened() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let wanted = crate::config::frozen::Wanted::default();
        let taken = crate::store::Root::open(&path, &wanted, 1).await.unwrap();
        let refused = Closed::open(&path, LAYOUT).await;
        assert!(matches!(refused, Err(OpenError::Locked(_))), "{refused:?}");
        drop(taken);
        let looked_at = Closed::open(&path, LAYOUT).await.unwrap();
        assert!(looked_at.is_some());
        let refused = crate::store::Root::open(&path, &wanted, 1).await;
        assert!(matches!(refused, Err(OpenError::Locked(_))), "{refused:?}");
        drop(looked_at);
        assert!(Closed::open(&path.join("none"), LAYOUT).await.unwrap().is_none());
        let empty = crate::rt::scratch::on_disk();
        assert!(Closed::open(empty.path(), LAYOUT).await.unwrap().is_none());
        assert_eq!(files(empty.path()), [], "nothing is made");
    });
}

#[test]
fn javas_store_is_sound_and_dumped() {
    let root = crate::rt::scratch::on_disk();
    golden::lay_out(&golden::folder().join("files"), root.path());
    let path = root.path().to_owned();
    on_core(move || async move {
        let findings = checked(&path, JAVA_LAYOUT).await;
        assert_eq!(findings.fault_count, 0, "{findings:#?}");
        assert_eq!(findings.entries, 270);
        let listing = golden::listing();
        let of_kind = |kind: &str| {
            let of = listing.iter().filter(|listed| listed["kind"] == kind);
            of.cloned().collect::<Vec<_>>()
        };
        let records = of_kind("record");
        assert_eq!(findings.records, records.len() as u64);
        let offset = |listed: &serde_json::Value| listed["physOffset"].as_u64().unwrap();
        let all = dumped(&path, JAVA_LAYOUT, &Select::Log(None)).await;
        let wanted: Vec<u64> = records.iter().map(offset).collect();
        assert_eq!(all.iter().map(|(at, _, _)| *at).collect::<Vec<_>>(), wanted);
        let one = Select::Offset(PhysicalOffset(wanted[3]));
        assert_eq!(dumped(&path, JAVA_LAYOUT, &one).await, all[3..4]);
        let none = Select::Offset(PhysicalOffset(wanted[3] + 1));
        assert_eq!(dumped(&path, JAVA_LAYOUT, &none).await, []);
        let (topic, queue) = ("GoldBig".to_owned(), 0);
        let units = of_kind("cq");
        let units = units.iter().filter(|unit| unit["topic"] == "GoldBig" && unit["queueId"] == 0);
        let wanted: Vec<u64> = units.skip(5).map(offset).collect();
        let found = dumped(&path, JAVA_LAYOUT, &Select::Queue { topic, queue, from: 5 }).await;
        assert_eq!(found.iter().map(|(at, _, _)| *at).collect::<Vec<_>>(), wanted);
        for listed in of_kind("key") {
            let (topic, key) = listed["key"].as_str().unwrap().split_once('#').unwrap();
            let select = Select::Key { topic: topic.to_owned(), key: key.to_owned() };
            let found = dumped(&path, JAVA_LAYOUT, &select).await;
            let offsets: Vec<u64> = found.iter().map(|(at, _, _)| *at).collect();
            let wanted = listed["physOffsets"].as_array().unwrap();
            let wanted: Vec<u64> = wanted.iter().map(|at| at.as_u64().unwrap()).collect();
            assert_eq!(offsets, wanted, "{listed}");
        }
    });
}
