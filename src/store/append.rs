//! Appending: a message gets its offsets and its place in memory, at once.

use super::commitlog::{BLANK_BYTES, blank, fits, hides_torn_write};
use super::consumequeue::Unit;
use super::error::AppendError;
use super::names::is_topic_name;
use super::shard::Shard;
use crate::limits::QUEUE_UNITS_DIRTY_MAX;
use crate::message::flags::Transaction;
use crate::message::record::{Host, Record};
use crate::rt::clock;
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

/// A message to be stored. The store adds its offsets and the time.
#[derive(Clone, Copy, Debug)]
pub struct NewMessage<'a> {
    /// The topic it is stored under.
    pub topic: &'a str,
    /// The queue it is stored in, from 0.
    pub queue_id: i32,
    /// The application's own flag.
    pub flag: i32,
    /// See [`crate::message::flags`]; the bits for IPv6 hosts are set by the store. Prepared and
    /// rollback messages take no place in the queue.
    pub sys_flag: i32,
    /// When the client made it.
    pub born_at: WallMillis,
    /// The client.
    pub born_host: Host,
    /// This broker, as clients reach it.
    pub store_host: Host,
    /// How often it has been redelivered.
    pub reconsume_times: i32,
    /// The half message that a commit or rollback is about.
    pub prepared_transaction_offset: i64,
    /// The body, as it is to be stored.
    pub body: &'a [u8],
    /// The property string, as it is to be stored.
    pub properties: &'a [u8],
    /// What its unit in the queue carries.
    pub tags_code: NewTagsCode,
}

/// The tags code of a message to be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewTagsCode {
    /// The hash of its tag, see [`crate::message::tag::tags_code`].
    Hash(i64),
    /// This many milliseconds after it is stored: delayed messages.
    StoredPlus(i64),
}

/// Where a message has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Its ordinal in its queue; 0 if it took no place there.
    pub queue_offset: QueueOffset,
    /// Where its record starts.
    pub physical: PhysicalOffset,
    /// The byte behind its record, in the log of its shard: for [`Shard::on_commit`] and
    /// [`Shard::wait_committed`].
    pub record_end: u64,
    /// Length of its record, in bytes.
    pub size: u32,
    /// The time it was given.
    pub stored_at: WallMillis,
}

impl<A: 'static> Shard<A> {
    /// Appends a message to the log in memory. It is written by the next commit; see
    /// [`Shard::on_commit`] for how to learn of it. Never waits.
    ///
    /// # Errors
    /// [`AppendError`]; then nothing has changed.
    pub fn append(&self, message: &NewMessage<'_>) -> Result<Appended, AppendError> {
        self.check_writable()?;
        let size = self.check(message)?;
        self.reserve([size])?;
        let appended = self.put(message, size)?;
        self.told_appended();
        Ok(appended)
    }

    /// Appends messages one behind the other, all or none.
    ///
    /// # Errors
    /// [`AppendError`] of the first that cannot be stored; then nothing has changed.
    pub fn append_all(&self, messages: &[NewMessage<'_>]) -> Result<Vec<Appended>, AppendError> {
        self.check_writable()?;
        let sizes = messages.iter().map(|message| self.check(message));
        let sizes = sizes.collect::<Result<Vec<u64>, AppendError>>()?;
        self.reserve(sizes.iter().copied())?;
        let each = messages.iter().zip(sizes);
        let appended = each.map(|(message, size)| self.put(message, size)).collect();
        self.told_appended();
        appended
    }

    fn check_writable(&self) -> Result<(), AppendError> {
        if self.poison().is_some() {
            return Err(AppendError::Poisoned);
        }
        if self.is_closing() {
            return Err(AppendError::Closed);
        }
        if let Some(used_percent) = self.disk_full.get() {
            return Err(AppendError::Full { used_percent });
        }
        if self.table.borrow().dirty_units() >= QUEUE_UNITS_DIRTY_MAX {
            let full = |used_percent| AppendError::Full { used_percent };
            return Err(self.queues_full.get().map_or(AppendError::Busy, full));
        }
        Ok(())
    }

    /// The length of the message's record.
    fn check(&self, message: &NewMessage<'_>) -> Result<u64, AppendError> {
        if !is_topic_name(message.topic) || message.queue_id < 0 {
            return Err(AppendError::Topic);
        }
        if hides_torn_write(message.properties) {
            return Err(AppendError::Properties);
        }
        let size = self.record(message).encoded_len()?;
        let too_long = size > self.settings.record_bytes_max;
        if too_long || !fits(size as u64, self.segments.segment_bytes()) {
            return Err(AppendError::TooLong);
        }
        Ok(size as u64)
    }

    /// Makes sure that there is memory, and room on the disk, for records of these lengths, one
    /// behind the other.
    fn reserve(&self, sizes: impl IntoIterator<Item = u64>) -> Result<(), AppendError> {
        let mut image = self.image.borrow_mut();
        let segment_bytes = self.segments.segment_bytes();
        let (mut end, mut needed) = (image.end(), 0);
        for size in sizes {
            let remaining = segment_bytes - end % segment_bytes;
            if !fits(size, remaining) {
                // A blank, and what is lost of its chunk.
                needed += BLANK_BYTES + 2 * self.chunk_bytes;
                end += remaining;
            }
            needed += size;
            end += size;
        }
        self.check_room(end)?;
        image.reserve(needed, self.written()).map_err(|_| self.is_full())
    }

    /// Puts a message that was checked and reserved.
    fn put(&self, message: &NewMessage<'_>, size: u64) -> Result<Appended, AppendError> {
        let mut image = self.image.borrow_mut();
        let segment_bytes = self.segments.segment_bytes();
        let remaining = segment_bytes - image.end() % segment_bytes;
        if !fits(size, remaining) {
            let next = image.end() + remaining;
            image.put(&blank(remaining));
            image.skip_to(next);
        }
        let mut record = self.record(message);
        record.physical_offset = PhysicalOffset::new(self.id, image.end());
        let mut table = self.table.borrow_mut();
        let queued = Transaction::of(message.sys_flag).is_queued();
        let key = queued.then(|| table.find_or_add(message.topic, message.queue_id));
        if let Some(queue) = key.and_then(|key| table.get(key)) {
            record.queue_offset = QueueOffset(queue.next);
        }
        record.encode(|piece| image.put(piece))?;
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        if let Some(key) = key {
            let tags_code = match message.tags_code {
                NewTagsCode::Hash(hash) => hash,
                NewTagsCode::StoredPlus(delay) => record.stored_at.0.saturating_add(delay),
            };
            let unit = Unit { physical: record.physical_offset, size, tags_code };
            table.enqueue(key, unit, record.stored_at);
        }
        Ok(Appended {
            queue_offset: record.queue_offset,
            physical: record.physical_offset,
            record_end: image.end(),
            size,
            stored_at: record.stored_at,
        })
    }

    fn record<'a>(&self, message: &NewMessage<'a>) -> Record<'a> {
        Record {
            queue_id: message.queue_id,
            flag: message.flag,
            queue_offset: QueueOffset(0),
            physical_offset: PhysicalOffset(0),
            sys_flag: message.sys_flag,
            born_at: message.born_at,
            born_host: message.born_host,
            stored_at: clock::wall_ms(),
            store_host: message.store_host,
            reconsume_times: message.reconsume_times,
            prepared_transaction_offset: message.prepared_transaction_offset,
            body: message.body,
            topic: message.topic,
            properties: message.properties,
        }
    }
}
