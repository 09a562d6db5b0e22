//! The store that Java 5.5.0 wrote and closed.

use std::io::Read;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::harness::{
    TestShard, bodies, bytes_of, fetch_from, message, on_core, open, read, settings, store, write,
};
use crate::config::frozen::Wanted;
use crate::message::properties::Properties;
use crate::message::record::{Check, Record};
use crate::message::topic::SCHEDULE_TOPIC;
use crate::store::{Boundary, GetStatus, Layout, Root, Settings};
use crate::units::{PhysicalOffset, QueueOffset};

pub(super) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store-5.5.0")
}

pub(super) fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&read(path)[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

#[expect(clippy::disallowed_methods, reason = "a test lays out a store")]
pub(super) fn lay_out(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            lay_out(&entry.path(), &target);
        } else if target.extension().is_some_and(|ending| ending == "gz") {
            write(&target.with_extension(""), &unpacked(&entry.path()));
        } else {
            write(&target, &read(&entry.path()));
        }
    }
}

pub(super) fn listing() -> Vec<Value> {
    let text = String::from_utf8(unpacked(&folder().join("records.jsonl.gz"))).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Settings as a broker finds them: the file sizes come from the files, and delayed messages have
/// their delivery time in the queue.
pub(super) async fn adopt(root: &Path) -> Settings {
    let taken = Root::open(root, &Wanted::default(), 2).await.unwrap();
    assert_eq!(taken.frozen().shards, 1);
    assert_eq!(taken.frozen().commit_log_segment_bytes, 1 << 20);
    assert_eq!(taken.frozen().consume_queue_file_bytes, 20_000);
    let index = Some(Layout { slots: 500, entries: 2000 });
    let mut settings = Settings { frozen: taken.frozen(), index, ..settings(root) };
    let by_tag = settings.tags_code;
    settings.tags_code = std::sync::Arc::new(move |record: &Record<'_>| {
        let delayed = Properties::new(record.properties).get("DELAY").is_some();
        if record.topic == SCHEDULE_TOPIC && delayed {
            record.stored_at.0 + 1000
        } else {
            by_tag(record)
        }
    });
    settings
}

async fn compare(shard: &TestShard, listing: &[Value]) {
    let number = |value: &Value, key: &str| value[key].as_i64().unwrap();
    let mut units = 0;
    for listed in listing.iter().filter(|listed| listed["kind"] == "cq") {
        let topic = listed["topic"].as_str().unwrap();
        let queue_id = i32::try_from(number(listed, "queueId")).unwrap();
        let offset = QueueOffset(number(listed, "queueOffset"));
        let unit = shard.unit(topic, queue_id, offset).await.unwrap().unwrap();
        assert_eq!(unit.physical.0 as i64, number(listed, "physOffset"));
        assert_eq!(i64::from(unit.size), number(listed, "size"));
        assert_eq!(unit.tags_code, number(listed, "tagsCode"), "{listed}");
        let mut fetch = fetch_from(topic, queue_id, offset.0);
        fetch.count_max = 1;
        let fetched = shard.get(fetch, &|_: i64| true).await.unwrap();
        assert_eq!((fetched.status, fetched.count), (GetStatus::Found, 1));
        let bytes = bytes_of(&fetched).await;
        let (record, _) = Record::decode(&bytes, Check::Checksum).unwrap();
        assert_eq!(record.physical_offset, unit.physical);
        units += 1;
    }
    assert!(units > 80, "{units}");
    for listed in listing.iter().filter(|listed| listed["kind"] == "record") {
        let physical = PhysicalOffset(listed["physOffset"].as_u64().unwrap());
        let bytes = shard.record_at(physical).await.unwrap().unwrap();
        let (record, size) = Record::decode(&bytes, Check::Checksum).unwrap();
        assert_eq!(size as i64, number(listed, "storeSize"));
        assert_eq!(record.queue_offset.0, number(listed, "queueOffset"));
        assert_eq!(record.topic, listed["topic"].as_str().unwrap());
    }
    let end = listing.iter().find(|listed| listed["kind"] == "end").unwrap();
    let end = PhysicalOffset(end["physOffset"].as_u64().unwrap());
    let more = shard.committed() > end.0;
    assert_eq!(shard.record_at(end).await.unwrap().is_some(), more);
}

#[test]
fn every_record_and_unit_that_java_lists_is_served() {
    let root = crate::rt::scratch::on_disk();
    lay_out(&folder().join("files"), root.path());
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = adopt(&path).await;
        let listing = listing();
        let end = listing.iter().find(|listed| listed["kind"] == "end").unwrap();
        let end = end["physOffset"].as_u64().unwrap();
        let (shard, _) = open(&settings).await;
        let report = shard.recovery().unwrap();
        assert!(report.clean && !report.rebuilt && report.torn.is_none(), "{report:?}");
        assert_eq!((report.log_end, report.records), (end, 0), "only the tail is looked at");
        compare(&shard, &listing).await;

        let (_, max) = shard.range("GoldBig", 0).unwrap();
        let more = store(&shard, message("GoldBig", 0, b"after java")).await;
        assert_eq!((more.queue_offset, more.physical.0), (max, end));
        assert_eq!(bodies(&shard, "GoldBig", 0).await.last().unwrap(), b"after java");
        let first = shard.stored_at("GoldBig", 0, QueueOffset(0)).await.unwrap().unwrap();
        let found = shard.offset_at("GoldBig", 0, first, Boundary::Lower).await.unwrap();
        assert_eq!(found, Some(QueueOffset(0)));
        shard.close().await;

        let (shard, _) = open(&settings).await;
        assert_eq!(shard.recovery().unwrap().records, 0);
        compare(&shard, &listing).await;
        shard.close().await;
    });
}

#[test]
fn its_queues_are_made_anew_from_its_log_as_java_made_them() {
    let root = crate::rt::scratch::on_disk();
    lay_out(&folder().join("files"), root.path());
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = adopt(&path).await;
        super::harness::remove(&path.join("consumequeue"));
        let (shard, _) = open(&settings).await;
        assert!(shard.recovery().unwrap().rebuilt);
        compare(&shard, &listing()).await;
        shard.close().await;
        // The same files, byte for byte.
        for listed in listing().iter().filter(|listed| listed["kind"] == "cq") {
            let (topic, id) = (listed["topic"].as_str().unwrap(), &listed["queueId"]);
            let name = format!("consumequeue/{topic}/{id}/00000000000000000000");
            let java = unpacked(&folder().join(format!("files/{name}.gz")));
            assert_eq!(read(&path.join(&name)), java, "{name}");
        }
    });
}

#[test]
fn a_crash_of_java_is_recovered_from_its_checkpoint_times() {
    let root = crate::rt::scratch::on_disk();
    lay_out(&folder().join("files"), root.path());
    write(&root.path().join("abort"), b"1");
    let path = root.path().to_owned();
    on_core(move || async move {
        let settings = adopt(&path).await;
        let (shard, _) = open(&settings).await;
        let report = shard.recovery().unwrap();
        assert!(!report.clean && !report.rebuilt && report.records > 0, "{report:?}");
        compare(&shard, &listing()).await;
        shard.close().await;
    });
}
