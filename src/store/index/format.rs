//! Bytes of an index file: its header, its hash slots, its entries. Layout in `FORMAT.md` (Java:
//! `IndexHeader`, `IndexFile`). Pure.

use crate::message::cursor::Cursor;
use crate::message::flags::Transaction;
use crate::message::properties::{KEYS, Properties, TAGS, UNIQ_KEY};
use crate::message::record::Record;
use crate::message::tag;
use crate::units::{PhysicalOffset, WallMillis};

/// Length of the header.
pub(crate) const HEADER_LEN: usize = 40;
/// Length of a hash slot.
pub(crate) const SLOT_LEN: usize = 4;
/// Length of an entry.
pub(crate) const ENTRY_LEN: usize = 20;

/// How many slots and entries each file of an index has (`maxHashSlotNum`, `maxIndexNum`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Hash slots, at least one.
    pub slots: u32,
    /// Entries, at least two: entry 0 is never used.
    pub entries: u32,
}

impl Default for Layout {
    /// Java's: files of 420,000,040 bytes.
    fn default() -> Self {
        Self { slots: 5_000_000, entries: 20_000_000 }
    }
}

impl Layout {
    /// Length of a file, in bytes.
    pub fn file_bytes(self) -> u64 {
        self.entry_at(self.entries)
    }

    /// The slot of a key.
    pub(crate) fn slot_of(self, hash: u32) -> u32 {
        hash % self.slots.max(1)
    }

    /// Where a slot stands in the file.
    pub(crate) fn slot_at(self, slot: u32) -> u64 {
        HEADER_LEN as u64 + SLOT_LEN as u64 * u64::from(slot)
    }

    /// Where an entry stands in the file.
    pub(crate) fn entry_at(self, entry: u32) -> u64 {
        self.slot_at(self.slots) + ENTRY_LEN as u64 * u64::from(entry)
    }
}

/// What is known of a file as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Header {
    /// Store time of the first message.
    pub(crate) begin_time: i64,
    /// Store time of the last message.
    pub(crate) end_time: i64,
    /// Where the first record starts.
    pub(crate) begin: u64,
    /// Where the last record starts.
    pub(crate) end: u64,
    /// Slots that are in use.
    pub(crate) used_slots: u32,
    /// The number of the next entry, from 1.
    pub(crate) next: u32,
}

impl Header {
    /// Of a file that follows one whose last message was stored at `time` and starts at `end`.
    pub(crate) fn following(time: i64, end: u64) -> Self {
        Self { begin_time: time, end_time: time, begin: end, end, used_slots: 0, next: 1 }
    }

    /// The bytes on disk.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_LEN);
        bytes.extend_from_slice(&self.begin_time.to_be_bytes());
        bytes.extend_from_slice(&self.end_time.to_be_bytes());
        bytes.extend_from_slice(&self.begin.to_be_bytes());
        bytes.extend_from_slice(&self.end.to_be_bytes());
        bytes.extend_from_slice(&self.used_slots.to_be_bytes());
        bytes.extend_from_slice(&self.next.to_be_bytes());
        bytes
    }

    /// Reads a header; `None` if it is cut short or says what cannot be in a file of this layout.
    /// One of zeros is that of a new file.
    pub(crate) fn decode(bytes: &[u8], layout: Layout) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        let mut header = Self {
            begin_time: cursor.i64()?,
            end_time: cursor.i64()?,
            begin: cursor.u64()?,
            end: cursor.u64()?,
            used_slots: cursor.u32()?,
            next: cursor.u32()?,
        };
        header.next = header.next.max(1);
        let sound = header.next <= layout.entries
            && header.used_slots < header.next
            && header.used_slots <= layout.slots
            && header.begin <= header.end
            && header.end >> 63 == 0
            && header.begin_time >= 0
            && header.end_time >= 0;
        sound.then_some(header)
    }

    /// Takes note of the entry of a message; returns the seconds that the entry carries.
    pub(crate) fn put(&mut self, offset: u64, time: WallMillis) -> u32 {
        let seconds = self.seconds(time);
        if self.next <= 1 {
            (self.begin, self.begin_time) = (offset, time.0);
        }
        self.next += 1;
        (self.end, self.end_time) = (offset, time.0);
        seconds
    }

    /// A store time as an entry carries it: whole seconds after the file's first.
    pub(crate) fn seconds(&self, time: WallMillis) -> u32 {
        if self.begin_time <= 0 {
            return 0;
        }
        let after = time.0.saturating_sub(self.begin_time) / 1000;
        u32::try_from(after.clamp(0, i64::from(i32::MAX))).unwrap_or(0)
    }

    /// The store time that an entry stands for, in milliseconds.
    pub(crate) fn time(&self, seconds: u32) -> i64 {
        self.begin_time.saturating_add(i64::from(seconds) * 1000)
    }

    /// Can there be messages of `range` (both ends included) in the file?
    pub(crate) fn overlaps(&self, range: (i64, i64)) -> bool {
        range.0 <= self.end_time && range.1 >= self.begin_time
    }
}

/// One key of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Hash of topic and key.
    pub(crate) hash: u32,
    /// Where the record starts.
    pub(crate) physical: PhysicalOffset,
    /// When it was stored, see [`Header::time`].
    pub(crate) seconds: u32,
    /// The next older entry of the same slot; 0 if there is none.
    pub(crate) older: u32,
}

impl Entry {
    /// The bytes on disk.
    pub(crate) fn encode(&self) -> [u8; ENTRY_LEN] {
        let mut bytes = [0; ENTRY_LEN];
        let (hash, rest) = bytes.split_at_mut(4);
        let (physical, rest) = rest.split_at_mut(8);
        let (seconds, older) = rest.split_at_mut(4);
        hash.copy_from_slice(&self.hash.to_be_bytes());
        physical.copy_from_slice(&self.physical.0.to_be_bytes());
        seconds.copy_from_slice(&self.seconds.to_be_bytes());
        older.copy_from_slice(&self.older.to_be_bytes());
        bytes
    }

    /// Reads an entry; `None` if the bytes end before it does.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut cursor = Cursor::new(bytes);
        Some(Self {
            hash: cursor.u32()?,
            physical: PhysicalOffset(cursor.u64()?),
            seconds: cursor.u32()?,
            older: cursor.u32()?,
        })
    }
}

/// What messages are looked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// Their unique key, or one of the others: both are in one space.
    Key(&'a str),
    /// Their tag, as RocketMQ has it since 5.5.
    Tag(&'a str),
}

impl Lookup<'_> {
    /// The hash that entries have (Java: `IndexFile.indexKeyHashMethod` of `topic#key`).
    pub(crate) fn hash(self, topic: &str) -> u32 {
        let hash = match self {
            Self::Key(key) => tag::hash_of([topic, "#", key]),
            Self::Tag(tag) => tag::hash_of([topic, "#T#", tag]),
        };
        // The smallest number has no absolute value; Java takes 0 for it.
        hash.checked_abs().map_or(0, i32::cast_unsigned)
    }
}

/// What a message is found by: its unique key, each of its other keys, its tag. Nothing of a record
/// that takes a transaction back (Java: `IndexService.buildIndex`).
pub(crate) fn lookups<'a>(record: &Record<'a>) -> impl Iterator<Item = Lookup<'a>> + use<'a> {
    let (mut unique, mut others, mut tag) = (None, "", None);
    if Transaction::of(record.sys_flag) != Transaction::Rollback {
        for (name, value) in Properties::new(record.properties).iter() {
            match name {
                UNIQ_KEY => unique = Some(value),
                KEYS => others = value,
                TAGS => tag = Some(value),
                _ => {}
            }
        }
    }
    let others = others.split(' ').filter(|key| !key.is_empty());
    unique.into_iter().chain(others).map(Lookup::Key).chain(tag.map(Lookup::Tag))
}
