//! Questions about queues and single records.

use bytes::{Bytes, BytesMut};

use super::consumequeue::{Queue, QueueName, Unit};
use super::error::{ReadError, read_io};
use super::shard::Shard;
use crate::message::record::{
    Check, PREFIX_BYTES, RECORD_BYTES_MIN, Record, STORED_AT_BYTES, prefix, stored_at,
};
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

/// Which of several messages a time stands for (Java: `BoundaryType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// The first message stored at or after the time; the end of the queue if there is none.
    Lower,
    /// The last message stored at or before the time; the first of the queue if there is none.
    Upper,
}

impl<A: 'static> Shard<A> {
    /// First message and end of a queue; `None` if there is no such queue.
    pub fn range(&self, topic: &str, queue_id: i32) -> Option<(QueueOffset, QueueOffset)> {
        let table = self.table.borrow();
        let queue = table.queue(topic, queue_id)?;
        Some((QueueOffset(queue.min), QueueOffset(queue.max)))
    }

    /// The queues of a topic, by their number, with first message and end of each.
    pub fn queues(&self, topic: &str) -> Vec<(i32, QueueOffset, QueueOffset)> {
        let table = self.table.borrow();
        let facts = |queue: &Queue| (queue.id, QueueOffset(queue.min), QueueOffset(queue.max));
        table.of_topic(topic).map(facts).collect()
    }

    /// The topics that have queues here.
    pub fn topics(&self) -> Vec<String> {
        self.table.borrow().topics().map(|topic| topic.to_string()).collect()
    }

    /// The unit of one message; `None` if the queue does not have it.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn unit(
        &self,
        topic: &str,
        queue_id: i32,
        offset: QueueOffset,
    ) -> Result<Option<Unit>, ReadError> {
        Ok(self.units(topic, queue_id, offset, 1).await?.first().copied())
    }

    /// The units of the messages from `offset` on, at most `most` and as far as they lie together;
    /// none if the first is not there.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn units(
        &self,
        topic: &str,
        queue_id: i32,
        offset: QueueOffset,
        most: usize,
    ) -> Result<Vec<Unit>, ReadError> {
        let (serial, in_files) = {
            let table = self.table.borrow();
            let Some(queue) = table.queue(topic, queue_id) else { return Ok(Vec::new()) };
            if offset.0 < queue.min || offset.0 >= queue.max {
                return Ok(Vec::new());
            }
            if offset.0 >= queue.tail_start() {
                return Ok(queue.tail_from(offset.0).take(most).collect());
            }
            (queue.serial, queue.tail_start() - offset.0)
        };
        let name = QueueName { serial, topic, id: queue_id };
        let count = u64::try_from(in_files).unwrap_or(0).min(most as u64);
        match self.queue_files.read(name, offset.0, count).await {
            // Removed meanwhile, with older messages or with the topic.
            Err(_) if self.range(topic, queue_id).is_none_or(|(min, _)| offset < min) => {
                Ok(Vec::new())
            }
            read => read.map_err(read_io(&self.names.queue(topic, queue_id))),
        }
    }

    /// As [`Shard::units`], and as far as they lie in one file of the queue, also where none has
    /// them yet (Java: `ConsumeQueue.iterateFrom`).
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn units_of_file(
        &self,
        topic: &str,
        queue_id: i32,
        offset: QueueOffset,
        most: usize,
    ) -> Result<Vec<Unit>, ReadError> {
        let in_file = self.queue_files.units_in_file(offset.0);
        let most = most.min(usize::try_from(in_file).unwrap_or(usize::MAX));
        self.units(topic, queue_id, offset, most).await
    }

    /// When a message was stored; `None` if it is not there.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn stored_at(
        &self,
        topic: &str,
        queue_id: i32,
        offset: QueueOffset,
    ) -> Result<Option<WallMillis>, ReadError> {
        let Some(unit) = self.unit(topic, queue_id, offset).await? else { return Ok(None) };
        if unit.is_filler() || unit.physical.local() < self.log_start() {
            return Ok(None);
        }
        let head = self.read_log(unit.physical.local(), STORED_AT_BYTES).await?;
        Ok(head.and_then(|head| stored_at(&head)))
    }

    /// The message that a time stands for, within the first message and the end of the queue.
    /// `None` if there is no such queue.
    ///
    /// # Errors
    /// A file could not be read.
    pub async fn offset_at(
        &self,
        topic: &str,
        queue_id: i32,
        time: WallMillis,
        boundary: Boundary,
    ) -> Result<Option<QueueOffset>, ReadError> {
        let Some((min, max)) = self.range(topic, queue_id) else { return Ok(None) };
        // The first message in `low..high` for which `after` holds; all before it are earlier.
        let (mut low, mut high) = (min.0, max.0);
        while low < high {
            let middle = low + (high - low) / 2;
            let stored = self.stored_at(topic, queue_id, QueueOffset(middle)).await?;
            let after = match (stored, boundary) {
                // Removed, so older than all that are there.
                (None, _) => false,
                (Some(stored), Boundary::Lower) => stored >= time,
                (Some(stored), Boundary::Upper) => stored > time,
            };
            if after {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        let found = match boundary {
            Boundary::Lower => low,
            Boundary::Upper => (low - 1).max(min.0),
        };
        Ok(Some(QueueOffset(found)))
    }

    /// The record at `physical`, as it is stored; `None` if no visible record can start there.
    ///
    /// # Errors
    /// A file could not be read; [`ReadError::NoRecord`] if what is there is no sound record.
    pub async fn record_at(&self, physical: PhysicalOffset) -> Result<Option<Bytes>, ReadError> {
        let at = physical.local();
        let visible = physical.shard() == self.id && at >= self.log_start();
        if !visible || at.saturating_add(RECORD_BYTES_MIN as u64) > self.committed() {
            return Ok(None);
        }
        let no_record = || ReadError::NoRecord(physical);
        let Some(head) = self.read_log(at, PREFIX_BYTES).await? else { return Ok(None) };
        let (size, _) = prefix(&head).ok_or_else(no_record)?;
        let size = usize::try_from(size).map_err(|_| no_record())?;
        let longest = self.settings.record_bytes_max.max(RECORD_BYTES_MIN);
        let segment_end = self.segments.start_of(at) + self.segments.segment_bytes();
        let end = at.saturating_add(size as u64);
        if size > longest || end > self.committed().min(segment_end) {
            return Err(no_record());
        }
        let Some(bytes) = self.read_log(at, size).await? else { return Ok(None) };
        let (record, _) = Record::decode(&bytes, Check::Shape).map_err(|_| no_record())?;
        if record.physical_offset != physical {
            return Err(no_record());
        }
        Ok(Some(bytes))
    }

    /// Bytes of the log, which must be committed and lie within one segment; `None` if that has
    /// been removed meanwhile.
    pub(super) async fn read_log(&self, at: u64, len: usize) -> Result<Option<Bytes>, ReadError> {
        if let Some(bytes) = self.read_memory(at, len) {
            return Ok(Some(bytes));
        }
        let start = self.segments.start_of(at);
        let path = self.segments.path(start);
        match self.segments.file(start).await {
            Ok(file) => file.read_at(len, at - start).await.map(Some).map_err(read_io(&path)),
            Err(_) if start < self.log_start() => Ok(None),
            Err(error) => Err(read_io(&path)(error)),
        }
    }

    /// Bytes of the log, if they are all in memory: in the image, or below it in windows.
    pub(super) fn read_memory(&self, at: u64, len: usize) -> Option<Bytes> {
        let image = self.image.borrow();
        let end = at + len as u64;
        let mut parts = Vec::new();
        let whole = if at >= image.start() {
            image.bytes(at, end, |bytes| parts.push(bytes))
        } else {
            end <= image.start() && self.windows.bytes(at, end, |bytes| parts.push(bytes))
        };
        if !whole || parts.len() == 1 {
            return parts.pop().filter(|_| whole);
        }
        let mut joined = BytesMut::with_capacity(len);
        parts.iter().for_each(|part| joined.extend_from_slice(part));
        Some(joined.freeze())
    }
}
