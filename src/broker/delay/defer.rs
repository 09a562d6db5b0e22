//! From a message that is to wait to what is stored instead (Java:
//! `HookUtils.transformDelayLevelMessage`).

use std::num::ParseIntError;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::delay::DelayLevels;
use crate::message::properties::{DELAY, Properties, PropertiesEdit, REAL_QID, REAL_TOPIC, TAGS};
use crate::message::record::Record;
use crate::message::tag;
use crate::message::topic::SCHEDULE_TOPIC;
use crate::store::{NewTagsCode, TagsCode};

/// Java takes these away from a message that has a level as well.
const TIMER_PROPERTIES: [&str; 3] = ["TIMER_DELIVER_MS", "TIMER_DELAY_SEC", "TIMER_DELAY_MS"];

/// What Java takes for the delay of a level that there is not, in milliseconds.
const UNKNOWN_LEVEL_MS: i64 = 1000;

/// How a message that waits is stored. Everything else stays as the sender gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deferred {
    /// The schedule topic.
    pub topic: Arc<str>,
    /// The queue of its level.
    pub queue: i32,
    /// With the real topic and queue.
    pub properties: Bytes,
    /// When it is due.
    pub tags_code: NewTagsCode,
}

/// The level a message asks for: 0 or less is none.
///
/// # Errors
/// The property is no number; Java fails the request.
pub fn level_of(delay: Option<&str>) -> Result<i32, ParseIntError> {
    delay.map_or(Ok(0), str::parse)
}

/// Defers a message for `topic` and `queue` by `level`, which is 1 or more; one above the highest
/// is taken for that.
pub fn defer(
    levels: &DelayLevels,
    level: i32,
    (topic, queue): (&str, i32),
    properties: &[u8],
) -> Deferred {
    let mut edit = PropertiesEdit::new(properties);
    let clamped = levels.clamp(level);
    if edit.view().get(DELAY).is_none_or(|text| text.parse() != Ok(clamped)) {
        edit.set(DELAY, &clamped.to_string());
    }
    for name in TIMER_PROPERTIES {
        if edit.view().contains(name) {
            edit.remove(name);
        }
    }
    edit.set(REAL_TOPIC, topic);
    edit.set(REAL_QID, &queue.to_string());
    Deferred {
        topic: SCHEDULE_TOPIC.into(),
        queue: clamped - 1,
        properties: edit.into_bytes().into(),
        tags_code: NewTagsCode::StoredPlus(delay_ms(levels, clamped)),
    }
}

/// The tags codes of stored records, as those who stored them gave them: when it is due for a
/// record that waits, the hash of its tag for the others (Java:
/// `CommitLog.checkMessageAndReturnSize`).
pub fn tags_code(levels: DelayLevels) -> TagsCode {
    Arc::new(move |record: &Record<'_>| {
        let properties = Properties::new(record.properties);
        let level = match record.topic {
            SCHEDULE_TOPIC => level_of(properties.get(DELAY)).unwrap_or(0),
            _ => 0,
        };
        if level > 0 {
            record.stored_at.0.saturating_add(delay_ms(&levels, levels.clamp(level)))
        } else {
            tag::tags_code(properties.get(TAGS))
        }
    })
}

fn delay_ms(levels: &DelayLevels, level: i32) -> i64 {
    levels.delay_ms(level).unwrap_or(UNKNOWN_LEVEL_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::record::Host;
    use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

    fn levels() -> DelayLevels {
        "1s 5s 10s".parse().unwrap()
    }

    #[test]
    fn topic_and_queue_are_kept_as_properties() {
        let sent = b"TAGS\x01a\x02DELAY\x012\x02REAL_TOPIC\x01forged\x02\
            TIMER_DELAY_SEC\x019\x02WAIT\x01true";
        let deferred = defer(&levels(), 2, ("T", 3), sent);
        assert_eq!((&*deferred.topic, deferred.queue), (SCHEDULE_TOPIC, 1));
        assert_eq!(deferred.tags_code, NewTagsCode::StoredPlus(5_000));
        let wanted =
            b"TAGS\x01a\x02DELAY\x012\x02WAIT\x01true\x02REAL_TOPIC\x01T\x02REAL_QID\x013\x02";
        assert_eq!(deferred.properties, wanted[..]);
    }

    #[test]
    fn a_level_above_the_highest_is_the_highest() {
        let deferred = defer(&levels(), 99, ("T", 0), b"DELAY\x0199\x02");
        assert_eq!((deferred.queue, deferred.tags_code), (2, NewTagsCode::StoredPlus(10_000)));
        assert_eq!(Properties::new(&deferred.properties).get(DELAY), Some("3"));
        assert_eq!(level_of(Some("7")), Ok(7));
        assert_eq!((level_of(None), level_of(Some("-1"))), (Ok(0), Ok(-1)));
        assert!(level_of(Some("soon")).is_err());
    }

    #[test]
    fn recovery_finds_the_code_that_the_sender_gave() {
        let code = tags_code(levels());
        let host = Host { ip: [127, 0, 0, 1].into(), port: 1 };
        let record = |topic, properties| Record {
            queue_id: 1,
            flag: 0,
            queue_offset: QueueOffset(0),
            physical_offset: PhysicalOffset(0),
            sys_flag: 0,
            born_at: WallMillis(1),
            born_host: host,
            stored_at: WallMillis(1_000_000),
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: b"b",
            topic,
            properties,
        };
        let hash = tag::tags_code(Some("a"));
        assert_eq!(code(&record(SCHEDULE_TOPIC, b"TAGS\x01a\x02DELAY\x012\x02")), 1_005_000);
        assert_eq!(code(&record(SCHEDULE_TOPIC, b"TAGS\x01a\x02DELAY\x0118\x02")), 1_010_000);
        assert_eq!(code(&record(SCHEDULE_TOPIC, b"TAGS\x01a\x02")), hash);
        // As delivered: the level is still among its properties.
        assert_eq!(code(&record("T", b"TAGS\x01a\x02DELAY\x012\x02")), hash);
    }
}
