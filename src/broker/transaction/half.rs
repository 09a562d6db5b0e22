//! Half messages, and what is made of them (Java: `TransactionalMessageBridge`,
//! `EndTransactionProcessor`).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::put::Inside;
use crate::message::flags::Transaction;
use crate::message::properties::{
    DELAY, Properties, PropertiesEdit, REAL_QID, REAL_TOPIC, TAGS, UNIQ_KEY, WAIT,
};
use crate::message::record::{Check, Host, Record};
use crate::message::tag;
use crate::message::topic::{CHECK_MAX_TIME_TOPIC, HALF_TOPIC};
use crate::store::NewTagsCode;
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

/// Property: the producer group, any member of which may be asked.
pub const PRODUCER_GROUP: &str = "PGROUP";
/// Property: how often a half message has been checked.
pub const CHECK_TIMES: &str = "TRANSACTION_CHECK_TIMES";
/// Property: seconds before the first check.
const CHECK_IMMUNITY: &str = "CHECK_IMMUNITY_TIME_IN_SECONDS";
/// Property: where the first half record of a transaction is in the half queue, on later ones.
const FIRST_OFFSET: &str = "TRAN_PREPARED_QUEUE_OFFSET";
/// Property: the same as `UNIQ_KEY`.
const TRANSACTION_ID: &str = "__transactionId__";

/// The properties of a half message for a queue, from those that an ordinary message would be
/// stored with.
///
/// A delay level is dropped, as Java's own producers do: Java's broker would delay the half
/// message and forget what it was for.
pub fn properties(ordinary: &[u8], topic: &str, queue: i32) -> Bytes {
    const REPLACED: [&str; 5] = [TRANSACTION_ID, REAL_TOPIC, REAL_QID, FIRST_OFFSET, DELAY];
    let sent = Properties::new(ordinary);
    let mut edit = without(sent, &REPLACED);
    if let Some(key) = sent.get(UNIQ_KEY) {
        edit.push(TRANSACTION_ID, key);
    }
    edit.push(REAL_TOPIC, topic);
    edit.push(REAL_QID, &queue.to_string());
    edit.into_bytes().into()
}

fn without(properties: Properties<'_>, names: &[&str]) -> PropertiesEdit {
    let mut edit = PropertiesEdit::default();
    for (name, value) in properties.iter().filter(|(name, _)| !names.contains(name)) {
        edit.push(name, value);
    }
    edit
}

/// A record of the half queue.
#[derive(Clone, Copy, Debug)]
pub struct Half<'a> {
    /// The whole record.
    pub record: Record<'a>,
    bytes: &'a Bytes,
    properties: Properties<'a>,
}

impl<'a> Half<'a> {
    /// Reads a stored record; `None` if it is none, or not a half message for some queue.
    pub fn of(bytes: &'a Bytes) -> Option<Self> {
        Self::in_topic(HALF_TOPIC, bytes)
    }

    /// As [`Half::of`], of a half message that was given up.
    pub fn of_given_up(bytes: &'a Bytes) -> Option<Self> {
        Self::in_topic(CHECK_MAX_TIME_TOPIC, bytes)
    }

    fn in_topic(topic: &str, bytes: &'a Bytes) -> Option<Self> {
        let (record, _) = Record::decode(bytes, Check::Shape).ok()?;
        let half = Self { record, bytes, properties: Properties::new(record.properties) };
        (record.topic == topic && half.target().is_some()).then_some(half)
    }

    /// Where the message is to go.
    pub fn target(&self) -> Option<(&'a str, i32)> {
        let topic = self.properties.get(REAL_TOPIC)?;
        let queue = self.properties.get(REAL_QID)?.parse().ok().filter(|queue| *queue >= 0)?;
        Some((topic, queue))
    }

    /// The first half record of the transaction: this one, unless it was stored anew.
    pub fn first(&self) -> QueueOffset {
        let first = self.properties.get(FIRST_OFFSET).and_then(|text| text.parse().ok());
        first.map_or(self.record.queue_offset, QueueOffset)
    }

    /// The producer group.
    pub fn group(&self) -> Option<&'a str> {
        self.properties.get(PRODUCER_GROUP)
    }

    /// The client's id of the message.
    pub fn unique_key(&self) -> Option<&'a str> {
        self.properties.get(UNIQ_KEY)
    }

    /// Time since it was made, by the clocks of its producer and of this machine.
    pub fn age_ms(&self, now: WallMillis) -> i64 {
        now.0.saturating_sub(self.record.born_at.0)
    }

    /// The time before the first check that the message asks for, in milliseconds. A number that
    /// cannot be read stands for `timeout`.
    pub fn immunity_ms(&self, timeout: Duration) -> Option<i64> {
        let text = self.properties.get(CHECK_IMMUNITY)?;
        let asked = text.parse::<i64>().ok().filter(|seconds| *seconds != -1);
        let otherwise = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
        Some(asked.map_or(otherwise, |seconds| seconds.saturating_mul(1000)))
    }

    /// How often it was looked at and stored anew; `None` if never.
    pub fn checks(&self) -> Option<i32> {
        // Java takes a number that it cannot read for -1.
        self.properties.get(CHECK_TIMES).map(|text| text.parse().unwrap_or(-1))
    }

    /// The message as consumers get it. `prepared`: the half record that stands for it.
    pub fn committed(&self, prepared: PhysicalOffset) -> Option<Inside> {
        let (topic, queue) = self.target()?;
        let mut properties = self.as_java();
        properties.remove(REAL_TOPIC);
        properties.remove(REAL_QID);
        let message = self.inside(topic, queue, properties);
        Some(Inside {
            sys_flag: Transaction::Commit.apply(message.sys_flag),
            prepared_transaction_offset: prepared.0.cast_signed(),
            ..message
        })
    }

    /// The half message stored anew because its producer is asked, as looked at `checks` times.
    pub fn renewed(&self, queue: i32, checks: i32) -> Inside {
        let mut edit = without(self.properties, &[FIRST_OFFSET]);
        edit.set(CHECK_TIMES, &checks.to_string());
        edit.push(FIRST_OFFSET, &self.first().0.to_string());
        self.inside(HALF_TOPIC, queue, edit)
    }

    /// As [`Half::renewed`], because it is too early to ask.
    pub fn deferred(&self, queue: i32, checks: i32) -> Inside {
        let renewed = self.renewed(queue, checks);
        let mut edit = PropertiesEdit::new(&renewed.properties);
        // The message does not mean it, but that is how Java stores it.
        edit.set(WAIT, "false");
        Inside { properties: edit.into_bytes().into(), ..renewed }
    }

    /// The half message as a new one, not checked yet.
    pub fn resumed(&self, queue: i32) -> Inside {
        let mut edit = without(self.properties, &[FIRST_OFFSET]);
        edit.set(CHECK_TIMES, "0");
        self.inside(HALF_TOPIC, queue, edit)
    }

    /// The half message given up, as looked at `checks` times.
    pub fn given_up(&self, checks: i32) -> Inside {
        let mut properties = self.as_java();
        properties.set(CHECK_TIMES, &checks.to_string());
        self.inside(CHECK_MAX_TIME_TOPIC, 0, properties)
    }

    /// The record that a producer is asked about: topic and queue are the real ones, and `WAIT` is
    /// what Java's own put of the renewed half message makes it.
    pub fn asked(&self) -> Option<Vec<u8>> {
        let (topic, queue_id) = self.target()?;
        let mut properties = self.as_java();
        properties.set(WAIT, "false");
        let properties = properties.as_bytes();
        Record { topic, queue_id, properties, ..self.record }.to_vec().ok()
    }

    /// The properties that Java's half message has: the first offset only where it asks for an
    /// immunity time.
    fn as_java(&self) -> PropertiesEdit {
        match self.properties.contains(CHECK_IMMUNITY) {
            true => PropertiesEdit::new(self.record.properties),
            false => without(self.properties, &[FIRST_OFFSET]),
        }
    }

    fn inside(&self, topic: &str, queue: i32, properties: PropertiesEdit) -> Inside {
        let Record { flag, sys_flag, born_at, born_host, reconsume_times, body, .. } = self.record;
        Inside {
            topic: Arc::from(topic),
            queue,
            flag,
            sys_flag,
            born_timestamp: born_at.0,
            born_host: address(born_host),
            store_host: Some(self.record.store_host),
            reconsume_times,
            prepared_transaction_offset: 0,
            tags_code: NewTagsCode::Hash(tag::tags_code(properties.view().get(TAGS))),
            properties: properties.into_bytes().into(),
            body: self.bytes.slice_ref(body),
        }
    }
}

/// A record's host as an address; a port that cannot be one becomes 0.
fn address(host: Host) -> SocketAddr {
    SocketAddr::new(host.ip, u16::try_from(host.port).unwrap_or(0))
}
