//! Offsets of groups.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::protocol::body::{DataVersion, MessageQueue, bodies};
use crate::protocol::fastjson::Table;

bodies! {
    /// Response to 43; the file `consumerOffset.json`. Java: `ConsumerOffsetSerializeWrapper`,
    /// `ConsumerOffsetManager`.
    pub struct ConsumerOffsets {
        data_version: Option<DataVersion> = "dataVersion",
        /// 5.5.
        group_topics: Option<Table<String, Vec<String>>> = "groupTopicMap",
        /// `topic@group` to queue to offset.
        offsets: Table<String, Table<i32, i64>> = "offsetTable",
        /// What was pulled, as opposed to consumed.
        pull_offsets: Option<Table<String, Table<i32, i64>>> = "pullOffsetTable",
    }

    /// Response to 45; the file `delayOffset.json`. Java: `DelayOffsetSerializeWrapper`.
    pub struct DelayOffsets {
        data_version: Option<DataVersion> = "dataVersion",
        /// Delay level to queue offset.
        offsets: Table<i32, i64> = "offsetTable",
    }

    /// Response to 222; body of 220 to all but C++ clients. Java: `ResetOffsetBody`. Both forms are
    /// read.
    pub struct ResetOffsets {
        offsets: QueueOffsets = "offsetTable",
    }

    /// Body of 220 to C++ clients. Java: `ResetOffsetBodyForC`.
    pub struct ResetOffsetList {
        offsets: Vec<QueueOffset> = "offsetTable",
    }

    /// A queue and an offset in it. Java: `MessageQueueForC`.
    pub struct QueueOffset {
        broker_name: String = "brokerName",
        offset: i64 = "offset",
        queue_id: i32 = "queueId",
        topic: String = "topic",
    }

    /// Response to 221 and 223. Java: `GetConsumerStatusBody`.
    pub struct ConsumerStatus {
        /// Client id to its offsets, in the broker's answer.
        consumers: Table<String, Table<MessageQueue, i64>> = "consumerTable",
        /// The client's own offsets, in its answer.
        queues: Table<MessageQueue, i64> = "messageQueueTable",
    }

    /// Response to 308. Java: `QueryCorrectionOffsetBody`.
    pub struct CorrectionOffsets {
        offsets: Table<i32, i64> = "correctionOffsets",
    }
}

/// Offsets by queue, read from a map with objects as keys or from a list.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct QueueOffsets(pub Table<MessageQueue, i64>);

impl From<&ResetOffsets> for ResetOffsetList {
    fn from(map: &ResetOffsets) -> Self {
        let entry = |(queue, &offset): (&MessageQueue, &i64)| QueueOffset {
            broker_name: queue.broker_name.clone(),
            offset,
            queue_id: queue.queue_id,
            topic: queue.topic.clone(),
        };
        Self { offsets: map.offsets.0.iter().map(entry).collect() }
    }
}

impl<'de> Deserialize<'de> for QueueOffsets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EitherForm)
    }
}

struct EitherForm;

impl<'de> Visitor<'de> for EitherForm {
    type Value = QueueOffsets;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a map or list of queues and offsets")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<QueueOffsets, A::Error> {
        let mut offsets = Table::new();
        while let Some((queue, offset)) = map.next_entry()? {
            offsets.push(queue, offset);
        }
        Ok(QueueOffsets(offsets))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<QueueOffsets, A::Error> {
        let mut offsets = Table::new();
        while let Some(entry) = seq.next_element::<QueueOffset>()? {
            let queue = MessageQueue::new(entry.topic, entry.broker_name, entry.queue_id);
            offsets.push(queue, entry.offset);
        }
        Ok(QueueOffsets(offsets))
    }
}
