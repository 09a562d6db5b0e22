//! Levels on a store of their own, without clients.

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::{Deferred, Schedule, defer};
use crate::broker::core::Core;
use crate::broker::one_shard;
use crate::broker::put::{Inside, put};
use crate::message::properties::{PropertiesEdit, TAGS};
use crate::message::record::{Check, Host, Record};
use crate::message::tag;
use crate::message::topic::SCHEDULE_TOPIC;
use crate::rt::clock;
use crate::store::NewTagsCode;
use crate::units::{QueueOffset, ShardId};

/// Level 1 waits not at all, level 2 until long after the test.
const LEVELS: &str = "messageDelayLevel=0s 1d\n";

fn on_core<F: Future<Output = ()> + 'static>(
    work: impl FnOnce(Rc<Core>) -> F + Send + Clone + 'static,
) {
    one_shard::run(LEVELS, work);
}

fn message(topic: &str, queue: i32, properties: Bytes, tags_code: NewTagsCode) -> Inside {
    Inside {
        topic: topic.into(),
        queue,
        flag: 7,
        sys_flag: 0,
        born_timestamp: 42,
        born_host: ([10, 0, 0, 1], 4_711).into(),
        store_host: Some(Host { ip: [10, 0, 0, 2].into(), port: 1 }),
        reconsume_times: 3,
        prepared_transaction_offset: 0,
        properties,
        body: Bytes::from_static(b"body"),
        tags_code,
    }
}

/// Stores a message that is to be delivered to queue 1 of topic T.
async fn send(core: &Rc<Core>, level: i32, tag: &str) {
    let mut properties = PropertiesEdit::default();
    properties.push(TAGS, tag);
    let levels = &core.config().delays.levels;
    let Deferred { topic, queue, properties, tags_code } =
        defer(levels, level, ("T", 1), properties.as_bytes());
    put(core, message(&topic, queue, properties, tags_code)).await.unwrap();
}

fn start(core: &Rc<Core>, offset: i64) {
    Schedule::start(core, &BTreeMap::from([(1, offset)]));
}

/// Waits until so many messages are delivered; yields their records in order.
async fn delivered(core: &Rc<Core>, count: i64) -> Vec<Bytes> {
    let shard = core.shard(ShardId(0)).unwrap();
    while shard.range("T", 1).is_none_or(|(_, max)| max.0 < count) {
        clock::sleep(Duration::from_millis(1)).await;
    }
    let most = usize::try_from(count).unwrap();
    let units = shard.units("T", 1, QueueOffset(0), most).await.unwrap();
    shard.records(&units).await.unwrap().into_iter().map(Option::unwrap).collect()
}

fn tags(records: &[Bytes]) -> Vec<String> {
    let tag = |record: &Bytes| {
        let (record, _) = Record::decode(record, Check::Checksum).unwrap();
        let properties = crate::message::properties::Properties::new(record.properties);
        properties.get(TAGS).unwrap().to_owned()
    };
    records.iter().map(tag).collect()
}

#[test]
fn what_is_due_is_delivered_in_order_as_it_was_and_the_rest_is_not() {
    on_core(|core| async move {
        for number in 0..300 {
            send(&core, 1, &number.to_string()).await;
        }
        send(&core, 2, "later").await;
        start(&core, 0);
        // As they come, too.
        for number in 300..400 {
            send(&core, 1, &number.to_string()).await;
        }
        let records = delivered(&core, 400).await;
        assert_eq!(tags(&records), (0..400).map(|n| n.to_string()).collect::<Vec<_>>());
        let shard = core.shard(ShardId(0)).unwrap();
        let unit = shard.unit("T", 1, QueueOffset(5)).await.unwrap().unwrap();
        assert_eq!(unit.tags_code, tag::tags_code(Some("5")));
        let (record, _) = Record::decode(&records[5], Check::Checksum).unwrap();
        assert_eq!((record.flag, record.reconsume_times, record.born_at.0), (7, 3, 42));
        assert_eq!(record.store_host, Host { ip: [10, 0, 0, 2].into(), port: 1 });
        core.schedule.stop().await;
        let progress = core.schedule.progress(&core);
        let of =
            |level: usize| (progress[level].level, progress[level].offset, progress[level].max);
        assert_eq!((of(0), of(1)), ((1, 400, 400), (2, 0, 1)));
        assert_eq!(progress[0].deliveries, 400);
        assert_eq!(
            shard.range("T", 1).unwrap().1,
            QueueOffset(400),
            "nothing twice, nothing early"
        );
    });
}

#[test]
fn it_goes_on_where_it_was_noted_to_be() {
    on_core(|core| async move {
        for number in 0..10 {
            send(&core, 1, &number.to_string()).await;
        }
        start(&core, 7);
        assert_eq!(tags(&delivered(&core, 3).await), ["7", "8", "9"]);
    });
}

#[test]
fn progress_beyond_the_end_is_corrected() {
    on_core(|core| async move {
        send(&core, 1, "lost").await;
        start(&core, 1_000);
        while core.schedule.progress(&core)[0].offset != 1 {
            clock::sleep(Duration::from_millis(1)).await;
        }
        send(&core, 1, "next").await;
        assert_eq!(tags(&delivered(&core, 1).await), ["next"]);
    });
}

#[test]
fn what_cannot_be_delivered_is_passed_over() {
    on_core(|core| async move {
        let nowhere = Bytes::from_static(b"TAGS\x01a\x02DELAY\x011\x02");
        let half = b"REAL_TOPIC\x01RMQ_SYS_TRANS_HALF_TOPIC\x02REAL_QID\x010\x02";
        for properties in [nowhere, Bytes::from_static(half)] {
            let due = NewTagsCode::StoredPlus(0);
            put(&core, message(SCHEDULE_TOPIC, 0, properties, due)).await.unwrap();
        }
        send(&core, 1, "good").await;
        start(&core, 0);
        assert_eq!(tags(&delivered(&core, 1).await), ["good"]);
    });
}

/// As when the clock was set back after the messages were stored: no level waits longer than it
/// is long.
#[test]
fn a_time_beyond_the_level_counts_as_its_end() {
    on_core(|core| async move {
        let levels = &core.config().delays.levels;
        for tag in ["a", "b"] {
            let properties = Bytes::from(format!("TAGS\x01{tag}\x02"));
            let waits = defer(levels, 1, ("T", 1), &properties);
            let far = NewTagsCode::StoredPlus(86_400_000);
            put(&core, message(&waits.topic, waits.queue, waits.properties, far)).await.unwrap();
        }
        start(&core, 0);
        assert_eq!(tags(&delivered(&core, 2).await), ["a", "b"]);
    });
}
