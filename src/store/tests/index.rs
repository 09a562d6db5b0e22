//! The index of a shard: it has every key of every committed record, whatever happened to it.

use std::path::Path;

use super::golden;
use super::harness::{
    TestShard, copy, files, message, on_core, open, read, remove, settings, store, write,
};
use crate::message::flags::Transaction;
use crate::store::{Lookup, NewMessage};

const ALL: (i64, i64) = (0, i64::MAX);

async fn found(shard: &TestShard, topic: &str, key: &str) -> Vec<u64> {
    let found = shard.find(topic, Lookup::Key(key), ALL, 64).await.unwrap();
    found.hits.iter().map(|hit| hit.physical.0).collect()
}

pub(super) fn properties(at: u32) -> Vec<u8> {
    format!("UNIQ_KEY\u{1}U{at}\u{2}KEYS\u{1}K{at}  all\u{2}").into_bytes()
}

/// Stores messages `range`, with keys; where each was put.
pub(super) async fn store_keyed(shard: &TestShard, range: std::ops::Range<u32>) -> Vec<u64> {
    let mut places = Vec::new();
    for at in range {
        let properties = properties(at);
        let new = NewMessage { properties: &properties, ..message("t", 0, &[b'x'; 100]) };
        places.push(store(shard, new).await.physical.0);
    }
    places
}

/// Every message has its own keys, and shares one with the others.
async fn has_all(shard: &TestShard, places: &[u64]) {
    for (at, place) in places.iter().enumerate() {
        assert_eq!(found(shard, "t", &format!("U{at}")).await, [*place]);
        assert_eq!(found(shard, "t", &format!("K{at}")).await, [*place]);
    }
    let newest: Vec<u64> = places.iter().rev().take(64).copied().collect();
    assert_eq!(found(shard, "t", "all").await, newest);
    assert_eq!(found(shard, "other", "all").await, [0; 0]);
}

fn index_bytes(root: &Path) -> Vec<Vec<u8>> {
    let folder = root.join("index");
    files(&folder).iter().map(|(name, _)| read(&folder.join(name))).collect()
}

#[test]
fn a_message_is_found_as_soon_as_it_is_acknowledged() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let (shard, _) = open(&settings(&path)).await;
        let mut places = Vec::new();
        for at in 0..100 {
            places.extend(store_keyed(&shard, at..at + 1).await);
            assert_eq!(found(&shard, "t", &format!("K{at}")).await, [places[at as usize]]);
        }
        has_all(&shard, &places).await;
        let taken_back = properties(0);
        let sys_flag = Transaction::Rollback.apply(0);
        store(&shard, NewMessage { properties: &taken_back, sys_flag, ..message("t", 0, b"") })
            .await;
        has_all(&shard, &places).await;
        shard.close().await;

        let (shard, _) = open(&settings(&path)).await;
        has_all(&shard, &places).await;
        shard.close().await;
        // 303 keys in files of 63.
        assert_eq!(files(&path.join("index")).len(), 5);
    });
}

#[test]
fn a_missing_or_damaged_index_is_made_anew_to_the_same_bytes() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = settings(&path);
        let (shard, _) = open(&settings).await;
        // Over two segments.
        let places = store_keyed(&shard, 0..330).await;
        shard.close().await;
        let whole = index_bytes(&path);
        let folder = path.join("index");
        let file = |at: usize| folder.join(&files(&folder)[at].0);
        let wrong_header = |file: &Path| {
            let mut bytes = read(file);
            bytes[36] = 0x7f;
            write(file, &bytes);
        };
        let damages: [&dyn Fn(); 5] = [
            &|| remove(&folder),
            &|| remove(&file(whole.len() - 1)),
            &|| write(&file(1), b"short"),
            &|| wrong_header(&file(2)),
            &|| write(&folder.join("20990101000000000"), &[0xff; 40 + 28 + 64 * 20]),
        ];
        for damage in damages {
            damage();
            let (shard, _) = open(&settings).await;
            has_all(&shard, &places).await;
            shard.close().await;
            // One batch of the rest fills the files just as many small ones did.
            assert!(index_bytes(&path) == whole);
        }
    });
}

#[test]
fn a_crash_at_any_moment_loses_no_key() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = settings(&path);
        let (shard, _) = open(&settings).await;
        let mut places = Vec::new();
        for round in 0..4 {
            places.extend(store_keyed(&shard, round * 25..round * 25 + 25).await);
            let image = crate::rt::scratch::on_disk();
            copy(&path, image.path());
            let after = super::harness::settings(image.path());
            let (crashed, _) = open(&after).await;
            has_all(&crashed, &places).await;
            crashed.close().await;
        }
        shard.close().await;
    });
}

/// With the queues gone, a checkpoint of ours takes the place of RocketMQ's before the index is
/// looked at.
#[test]
fn an_index_that_rocketmq_may_not_have_synced_is_made_anew() {
    for queues_too in [false, true] {
        let root = crate::rt::scratch::on_disk();
        let path = root.path().to_owned();
        on_core(move || async move {
            let settings = settings(&path);
            let (shard, _) = open(&settings).await;
            let places = store_keyed(&shard, 0..100).await;
            shard.close().await;
            // Killed before it noted that anything is durable.
            write(&path.join("abort"), b"1");
            write(&path.join("checkpoint"), &[0; 4096]);
            let (name, _) = files(&path.join("index"))[0].clone();
            let file = path.join("index").join(name);
            let mut bytes = read(&file);
            // The first entry, behind the header, seven slots and the entry that is never used.
            bytes[40 + 7 * 4 + 20..][..4].fill(0x11);
            write(&file, &bytes);
            if queues_too {
                remove(&path.join("consumequeue"));
            }
            let (shard, _) = open(&settings).await;
            assert_eq!(shard.recovery().unwrap().rebuilt, queues_too);
            has_all(&shard, &places).await;
            shard.close().await;
        });
    }
}

#[test]
fn a_foreign_file_among_those_of_the_index_is_left_alone() {
    let root = crate::rt::scratch::on_disk();
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = settings(&path);
        let (shard, _) = open(&settings).await;
        store_keyed(&shard, 0..3).await;
        shard.close().await;
        let foreign = path.join("index/notes.txt");
        write(&foreign, b"mine");
        let listener: std::rc::Rc<dyn crate::store::Listener<u64>> =
            std::rc::Rc::new(crate::store::Silent);
        let id = crate::units::ShardId(0);
        let refused = crate::store::Shard::open(settings, id, listener).await;
        let error = refused.err().unwrap().to_string();
        assert!(error.contains("notes.txt"), "{error}");
        assert_eq!(read(&foreign), b"mine");
    });
}

#[test]
fn javas_index_is_read_and_made_anew_to_the_same_bytes() {
    let root = crate::rt::scratch::on_disk();
    golden::lay_out(&golden::folder().join("files"), root.path());
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = golden::adopt(&path).await;
        let java = index_bytes(&path);
        for rebuilt in [false, true] {
            if rebuilt {
                remove(&path.join("index"));
            }
            let (shard, _) = open(&settings).await;
            let mut looked = 0;
            for listed in golden::listing().iter().filter(|listed| listed["kind"] == "key") {
                let (topic, key) = listed["key"].as_str().unwrap().split_once('#').unwrap();
                let wanted = listed["physOffsets"].as_array().unwrap();
                let wanted: Vec<u64> = wanted.iter().map(|at| at.as_u64().unwrap()).collect();
                assert_eq!(found(&shard, topic, key).await, wanted, "{listed}");
                looked += 1;
            }
            assert!(looked > 100, "{looked}");
            shard.close().await;
            assert!(index_bytes(&path) == java, "rebuilt: {rebuilt}");
        }
    });
}
