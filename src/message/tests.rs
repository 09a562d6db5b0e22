use std::collections::BTreeMap;
use std::io::Read;
use std::net::SocketAddr;
use std::path::Path;

use proptest::prelude::*;

use super::batch::{self, BatchItem};
use super::flags::Transaction;
use super::id::{OffsetId, UniqueKeys, parse_offset_id};
use super::properties::{Properties, PropertiesEdit};
use super::record::{
    Check, Host, MAGIC_BLANK, Record, RecordError, body_checksum, prefix, stored_at,
    stored_at_offset,
};
use super::tag::{self, Subscription};
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

fn host(text: &str) -> Host {
    text.parse::<SocketAddr>().unwrap().into()
}

fn sample<'a>(topic: &'a str, born: &str, store: &str) -> Record<'a> {
    Record {
        queue_id: 3,
        flag: -7,
        queue_offset: QueueOffset(1 << 40),
        physical_offset: PhysicalOffset(1 << 50),
        sys_flag: 0x301,
        born_at: WallMillis(1_795_249_414_012),
        born_host: host(born),
        stored_at: WallMillis(1_795_249_414_145),
        store_host: host(store),
        reconsume_times: 2,
        prepared_transaction_offset: -1,
        body: b"hello world",
        topic,
        properties: b"KEYS\x01a b\x02TAGS\x01TagA\x02",
    }
}

fn unpacked(path: &Path) -> Vec<u8> {
    #[expect(clippy::disallowed_methods, reason = "fixtures are read without a core")]
    let packed = std::fs::read(path).unwrap();
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&packed[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn decodes_every_golden_record_as_java_does_and_encodes_it_back() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/store-5.5.0");
    let listing = String::from_utf8(unpacked(&folder.join("records.jsonl.gz"))).unwrap();
    let first = unpacked(&folder.join("files/commitlog/00000000000000000000.gz"));
    let second = unpacked(&folder.join("files/commitlog/00000000000001048576.gz"));
    let log = [first, second].concat();
    let mut at = 0;
    let mut count = 0;
    for line in listing.lines() {
        let want: serde_json::Value = serde_json::from_str(line).unwrap();
        match want["kind"].as_str().unwrap() {
            "record" => {
                assert_eq!(want["physOffset"].as_u64().unwrap(), at as u64);
                let (record, len) = Record::decode(&log[at..], Check::Checksum).unwrap();
                compare(&record, len, &want);
                assert_eq!(record.to_vec().unwrap(), &log[at..at + len]);
                assert_eq!(stored_at(&log[at..]), Some(record.stored_at));
                at += len;
                count += 1;
            }
            "blank" => {
                assert_eq!(want["physOffset"].as_u64().unwrap(), at as u64);
                let (size, magic) = prefix(&log[at..]).unwrap();
                assert_eq!((u64::from(size), magic), (want["size"].as_u64().unwrap(), MAGIC_BLANK));
                at += usize::try_from(size).unwrap();
            }
            "end" => assert_eq!(want["physOffset"].as_u64().unwrap(), at as u64),
            _ => {}
        }
    }
    assert!(count > 90, "{count} records");
    assert_eq!(Record::decode(&log[at..], Check::Checksum), Err(RecordError::Magic));
}

fn compare(record: &Record<'_>, len: usize, want: &serde_json::Value) {
    let number = |key: &str| want[key].as_i64().unwrap();
    assert_eq!(len as i64, number("storeSize"));
    assert_eq!(i64::from(body_checksum(record.body)), number("bodyCRC"));
    assert_eq!(record.topic, want["topic"].as_str().unwrap());
    assert_eq!(i64::from(record.queue_id), number("queueId"));
    assert_eq!(record.queue_offset.0, number("queueOffset"));
    assert_eq!(record.physical_offset.0 as i64, number("physOffset"));
    assert_eq!(i64::from(record.flag), number("flag"));
    assert_eq!(i64::from(record.sys_flag), number("sysFlag"));
    assert_eq!(record.born_at.0, number("bornTimestamp"));
    assert_eq!(record.born_host, host(want["bornHost"].as_str().unwrap()));
    assert_eq!(record.stored_at.0, number("storeTimestamp"));
    assert_eq!(record.store_host, host(want["storeHost"].as_str().unwrap()));
    assert_eq!(i64::from(record.reconsume_times), number("reconsumeTimes"));
    assert_eq!(record.prepared_transaction_offset, number("preparedTransactionOffset"));
    assert_eq!(record.body.len() as i64, number("storedBodyLen"));
    let id = want["offsetMsgId"].as_str().unwrap();
    assert_eq!(OffsetId::new(record.store_host, record.physical_offset).as_str(), id);
    assert_eq!(parse_offset_id(id), Ok((record.store_host, record.physical_offset)));
    let properties = Properties::new(record.properties);
    let found: BTreeMap<&str, &str> = properties.iter().collect();
    let listed: BTreeMap<&str, &str> = want["properties"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    assert_eq!(found, listed);
    assert_eq!(tag::tags_code(properties.get("TAGS")), number("tagHash"));
}

#[test]
fn all_host_forms_and_both_versions_round_trip() {
    let long = "t".repeat(200);
    for topic in ["T", &"t".repeat(127), &"t".repeat(128), &long] {
        for born in ["10.0.0.1:1", "[2001:db8::1]:65535"] {
            for store in ["127.0.0.2:30911", "[fe80::2]:10911"] {
                let record = sample(topic, born, store);
                let bytes = record.to_vec().unwrap();
                assert_eq!(record.encoded_len(), Ok(bytes.len()));
                let (decoded, len) = Record::decode(&bytes, Check::Checksum).unwrap();
                assert_eq!(len, bytes.len());
                let families = decoded.sys_flag & 0x30;
                assert_eq!(families & 0x10 != 0, born.starts_with('['));
                assert_eq!(families & 0x20 != 0, store.starts_with('['));
                assert_eq!(Record { sys_flag: 0x301, ..decoded }, record);
                let at = stored_at_offset(decoded.sys_flag);
                assert_eq!(bytes[at..at + 8], record.stored_at.0.to_be_bytes());
            }
        }
    }
}

#[test]
fn the_shortest_record_has_91_bytes() {
    let record =
        Record { body: b"", topic: "", properties: b"", ..sample("", "1.2.3.4:5", "1.2.3.4:5") };
    assert_eq!(record.encoded_len(), Ok(91));
}

#[test]
fn every_truncation_is_refused_and_trailing_bytes_are_left_alone() {
    let record = sample("Topic", "10.0.0.1:1", "[fe80::2]:10911");
    let mut bytes = record.to_vec().unwrap();
    for len in 0..bytes.len() {
        assert_eq!(Record::decode(&bytes[..len], Check::Shape), Err(RecordError::Truncated));
        // The same cut, with a total size that fits it: the fields no longer do.
        let mut cut = bytes[..len].to_vec();
        if let Some(size) = cut.get_mut(..4) {
            size.copy_from_slice(&u32::try_from(len).unwrap().to_be_bytes());
            assert!(Record::decode(&cut, Check::Shape).is_err(), "{len}");
        }
    }
    let len = bytes.len();
    bytes.extend_from_slice(b"next");
    assert_eq!(Record::decode(&bytes, Check::Checksum).unwrap().1, len);
}

#[test]
fn a_changed_body_fails_the_checksum_only_when_it_is_checked() {
    let record = sample("Topic", "10.0.0.1:1", "10.0.0.1:1");
    let mut bytes = record.to_vec().unwrap();
    bytes[90] ^= 1;
    assert_eq!(Record::decode(&bytes, Check::Checksum), Err(RecordError::Checksum));
    assert!(Record::decode(&bytes, Check::Shape).is_ok());
    assert_eq!(body_checksum(b"hello world"), 222_957_957);
    assert_eq!(body_checksum(b"123456789"), 1_274_296_614);
}

#[test]
fn tag_hashes_are_javas() {
    assert_eq!(tag::hash("TagA"), 2_598_919);
    assert_eq!(tag::hash("标签"), 857_175);
    assert_eq!(tag::hash("polygenelubricants"), i32::MIN);
    assert_eq!(tag::hash(""), 0);
    assert_eq!(tag::hash("TopicTest#key1"), -1_655_984_460);
    // A character beyond 16 bits counts as its two surrogates.
    assert_eq!(tag::hash("\u{1f600}"), 0xd83d * 31 + 0xde00);
    assert_eq!(tag::tags_code(None), 0);
}

#[test]
fn expressions_select_by_hash() {
    assert!(Subscription::parse("*").is_all());
    assert!(Subscription::parse("").is_all());
    let some = Subscription::parse(" TagA ||标签|| ||TagB");
    for (tag, want) in [("TagA", true), ("标签", true), ("TagB", true), ("TagC", false)] {
        assert_eq!(some.matches(tag::tags_code(Some(tag))), want, "{tag}");
    }
    assert!(!some.matches(0));
    assert!(!some.matches(i64::from(tag::hash("TagA")) + (1 << 32)));
    assert!(!Subscription::parse("||").matches(0));
    assert_eq!(Subscription::of_codes([3, 1, 3]).codes(), [1, 3]);
}

#[test]
fn properties_are_read_as_java_reads_them() {
    let cases: [(&str, &[(&str, &str)]); 8] = [
        ("", &[]),
        ("a\u{1}1\u{2}b\u{1}2\u{2}", &[("a", "1"), ("b", "2")]),
        ("a\u{1}1\u{2}b\u{1}2", &[("a", "1"), ("b", "2")]),
        ("a\u{1}\u{2}\u{1}1\u{2}b\u{1}2\u{2}", &[("b", "2")]),
        ("\u{2}\u{2}ab\u{2}c\u{1}1\u{2}", &[("c", "1")]),
        ("a\u{1}1\u{1}2\u{2}", &[("a", "1\u{1}2")]),
        ("a\u{1}1\u{2}a\u{1}2\u{2}", &[("a", "1"), ("a", "2")]),
        ("schlüssel\u{1}wért", &[("schlüssel", "wért")]),
    ];
    for (text, want) in cases {
        let found: Vec<(&str, &str)> = Properties::new(text.as_bytes()).iter().collect();
        assert_eq!(found, want, "{text:?}");
    }
    assert_eq!(Properties::new(b"a\x011\x02a\x012\x02").get("a"), Some("2"));
    assert_eq!(Properties::new(b"a\x01\xff\x02b\x012\x02").get("b"), Some("2"));
}

#[test]
fn edits_keep_what_they_do_not_touch() {
    let mut edit = PropertiesEdit::new(b"a\x011\x02b\x012");
    edit.push("c", "3");
    assert_eq!(edit.as_bytes(), b"a\x011\x02b\x012\x02c\x013\x02");
    assert!(edit.remove("a"));
    assert!(!edit.remove("a"));
    edit.set("b", "9");
    assert_eq!(edit.view().get("b"), Some("9"));
    assert_eq!(edit.into_bytes(), b"c\x013\x02b\x019\x02");
    let mut empty = PropertiesEdit::default();
    empty.push("x", "y");
    assert_eq!(empty.as_bytes(), b"x\x01y\x02");
}

#[test]
fn batches_are_taken_apart_and_every_cut_is_an_error() {
    let all = [
        BatchItem { flag: 1, body: b"one", properties: b"a\x011" },
        BatchItem { flag: -1, body: b"", properties: b"" },
        BatchItem { flag: 0, body: b"three", properties: b"TAGS\x01T\x02" },
    ];
    let mut body = Vec::new();
    let mut ends = vec![0];
    for item in all {
        batch::push(&mut body, item).unwrap();
        ends.push(body.len());
    }
    let found: Vec<BatchItem<'_>> = batch::items(&body).map(Result::unwrap).collect();
    assert_eq!(found, all);
    for cut in 0..body.len() {
        let outcome: Result<Vec<_>, _> = batch::items(&body[..cut]).collect();
        assert_eq!(outcome.is_ok(), ends.contains(&cut), "{cut}");
    }
    for size in [0u32, 3, 4, 21, u32::MAX] {
        let mut hostile = body.clone();
        hostile[..4].copy_from_slice(&size.to_be_bytes());
        assert!(batch::items(&hostile).next().unwrap().is_err(), "{size}");
    }
}

#[test]
fn transaction_types_and_their_place_in_queues() {
    for (bits, kind, queued) in [
        (0, Transaction::None, true),
        (4, Transaction::Prepared, false),
        (8, Transaction::Commit, true),
        (12, Transaction::Rollback, false),
    ] {
        assert_eq!(Transaction::of(0x301 | bits), kind);
        assert_eq!(kind.apply(0x30d), 0x301 | bits);
        assert_eq!(kind.is_queued(), queued);
    }
}

#[test]
fn offset_ids_of_other_shapes_are_refused() {
    let id = OffsetId::new(host("[2001:db8::1]:10911"), PhysicalOffset(77)).to_string();
    assert_eq!(id.len(), 56);
    assert_eq!(parse_offset_id(&id), Ok((host("[2001:db8::1]:10911"), PhysicalOffset(77))));
    let lower = id.to_lowercase();
    assert_eq!(parse_offset_id(&lower), parse_offset_id(&id));
    for len in 0..id.len() {
        assert_eq!(parse_offset_id(&id[..len]).is_ok(), len == 32, "{len}");
    }
    assert!(parse_offset_id(&"g".repeat(32)).is_err());
    assert!(parse_offset_id(&"é".repeat(16)).is_err());
}

#[test]
fn unique_keys_carry_the_time_since_the_month_began() {
    let mut keys = UniqueKeys::new("192.0.2.1".parse().unwrap(), 0x1234_5678, 0xabcd_ef01, 0);
    // Months begin at 2024-02-01, 2024-03-01 (after a leap day), 1970-01-01, 2100-03-01.
    for (month, inside) in [
        (1_706_745_600_000, 28 * 86_400_000),
        (1_709_251_200_000, 5),
        (0, 1_000),
        (4_107_542_400_000, 30 * 86_400_000),
    ] {
        let key = keys.next_key(WallMillis(month + inside));
        assert_eq!(&key[..20], "C00002015678ABCDEF01");
        assert_eq!(i64::from_str_radix(&key[20..28], 16).unwrap(), inside, "{month}");
    }
    assert_eq!(&keys.next_key(WallMillis(0))[28..], "0004");
    let mut local = UniqueKeys::new("::1".parse().unwrap(), 0, 0, 3_600_000);
    let key = local.next_key(WallMillis(1_706_745_600_000 - 3_600_000 + 9));
    assert_eq!((key.len(), &key[44..52]), (56, "00000009"));
}

proptest! {
    #[test]
    fn decoders_take_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _any = Record::decode(&bytes, Check::Checksum);
        let mut framed = bytes.clone();
        if framed.len() >= 91 {
            let len = u32::try_from(framed.len()).unwrap();
            framed[..4].copy_from_slice(&len.to_be_bytes());
            framed[4..8].copy_from_slice(&0xdaa3_20a7_u32.to_be_bytes());
            let _any = Record::decode(&framed, Check::Shape);
        }
        let _any: Vec<_> = batch::items(&bytes).collect();
        let _any: Vec<_> = Properties::new(&bytes).iter().collect();
        let _any = stored_at(&bytes);
    }

    #[test]
    fn records_round_trip(
        body in proptest::collection::vec(any::<u8>(), 0..200),
        topic in "[a-zA-Z%_-]{0,140}",
        properties in proptest::collection::vec(any::<u8>(), 0..100),
        numbers in any::<(i32, i32, i64, u64, i64, i64, i32, i64)>(),
    ) {
        let record = Record {
            queue_id: numbers.0,
            flag: numbers.1,
            queue_offset: QueueOffset(numbers.2),
            physical_offset: PhysicalOffset(numbers.3),
            sys_flag: 0,
            born_at: WallMillis(numbers.4),
            stored_at: WallMillis(numbers.5),
            reconsume_times: numbers.6,
            prepared_transaction_offset: numbers.7,
            body: &body,
            properties: &properties,
            ..sample(&topic, "10.1.2.3:4", "10.1.2.3:5")
        };
        let bytes = record.to_vec().unwrap();
        prop_assert_eq!(Record::decode(&bytes, Check::Checksum), Ok((record, bytes.len())));
    }
}
