//! All queues of a shard, and the units on their way into them.

use std::collections::VecDeque;
use std::rc::Rc;

use rustc_hash::FxHashMap;
use slab::Slab;

use super::format::Unit;
use super::queue::Queue;
use crate::units::{QueueOffset, WallMillis};

/// Names a queue of the table; of no use once the queue is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct QueueKey {
    slot: u32,
    pub(crate) serial: u32,
}

/// A message became visible.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// Its topic.
    pub topic: Rc<str>,
    /// Its queue.
    pub queue_id: i32,
    /// Its ordinal.
    pub offset: QueueOffset,
    /// What its queue has of it.
    pub unit: Unit,
    /// When it was stored.
    pub stored_at: WallMillis,
}

/// How a record that recovery has read stands to its queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recovered {
    /// Messages before it are missing.
    Ahead,
    /// The queue is beyond it already: it began anew since, with its topic.
    Behind,
    /// It was the next one.
    Next,
}

/// A queue with units that no file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Dirty {
    pub(crate) key: QueueKey,
    /// Their records start at this byte of the log, or later.
    pub(crate) from: u64,
    /// They were stored then, or later.
    pub(crate) stored_at: WallMillis,
}

/// A unit whose record is not committed yet.
struct Pending {
    key: QueueKey,
    offset: i64,
    unit: Unit,
    stored_at: WallMillis,
}

/// The queues of one shard. Lives on the shard's core.
#[derive(Default)]
pub(crate) struct Table {
    topics: FxHashMap<Rc<str>, Vec<(i32, u32)>>,
    queues: Slab<Queue>,
    serial: u32,
    /// In the order of the log.
    pending: VecDeque<Pending>,
    /// The units in memory, in the order of the log: record end and queue.
    resident: VecDeque<(u64, QueueKey)>,
    /// The records in memory begin here.
    start: u64,
    /// Queues with units that no file has, each once, by where those begin in the log.
    dirty: VecDeque<Dirty>,
    /// How many such units there are.
    dirty_units: usize,
    /// When the last visible message was stored.
    visible_stored_at: Option<WallMillis>,
}

impl Table {
    /// The queue, if it exists.
    pub(crate) fn find(&self, topic: &str, id: i32) -> Option<QueueKey> {
        let queues = self.topics.get(topic)?;
        let at = queues.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, slot) = *queues.get(at)?;
        self.key_of(slot)
    }

    /// The queue; made empty if it does not exist.
    pub(crate) fn find_or_add(&mut self, topic: &str, id: i32) -> QueueKey {
        match self.find(topic, id) {
            Some(key) => key,
            None => self.add(topic, id, (0, 0), 0),
        }
    }

    /// Adds a queue whose messages `range` are in files; it must not exist.
    pub(crate) fn add(&mut self, topic: &str, id: i32, range: (i64, i64), end: u64) -> QueueKey {
        let name = match self.topics.get_key_value(topic) {
            Some((name, _)) => Rc::clone(name),
            None => Rc::from(topic),
        };
        self.serial += 1;
        let serial = self.serial;
        let queue = Queue::new(Rc::clone(&name), id, serial, range, end);
        // A table of 2^32 queues would not fit into memory.
        let slot = u32::try_from(self.queues.insert(queue)).unwrap_or(u32::MAX);
        let queues = self.topics.entry(name).or_default();
        let at = queues.partition_point(|(other, _)| *other < id);
        queues.insert(at, (id, slot));
        QueueKey { slot, serial }
    }

    /// The queue a key names, unless it was removed.
    pub(crate) fn get(&self, key: QueueKey) -> Option<&Queue> {
        self.queues.get(key.slot as usize).filter(|queue| queue.serial == key.serial)
    }

    /// The queue a key names, unless it was removed.
    pub(crate) fn get_mut(&mut self, key: QueueKey) -> Option<&mut Queue> {
        self.queues.get_mut(key.slot as usize).filter(|queue| queue.serial == key.serial)
    }

    /// The queue of a topic.
    pub(crate) fn queue(&self, topic: &str, id: i32) -> Option<&Queue> {
        self.get(self.find(topic, id)?)
    }

    /// All queues, in no order.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Queue> {
        self.queues.iter().map(|(_, queue)| queue)
    }

    /// All queues, in no order, with what names each.
    pub(crate) fn all_with_keys(&self) -> impl Iterator<Item = (QueueKey, &Queue)> {
        self.queues.iter().filter_map(|(slot, queue)| {
            let key = QueueKey { slot: u32::try_from(slot).ok()?, serial: queue.serial };
            Some((key, queue))
        })
    }

    /// The queues of a topic, by their number.
    pub(crate) fn of_topic(&self, topic: &str) -> impl Iterator<Item = &Queue> {
        let slots = self.topics.get(topic).into_iter().flatten();
        slots.filter_map(|(_, slot)| self.queues.get(*slot as usize))
    }

    /// All topics that have queues here, in no order.
    pub(crate) fn topics(&self) -> impl Iterator<Item = &Rc<str>> {
        self.topics.keys()
    }

    /// Removes the queues of a topic; the serial numbers they had.
    pub(crate) fn remove_topic(&mut self, topic: &str) -> Vec<u32> {
        let ids: Vec<i32> =
            self.topics.get(topic).into_iter().flatten().map(|(id, _)| *id).collect();
        let serials = ids.into_iter().filter_map(|id| self.remove(topic, id)).collect();
        self.topics.remove(topic);
        serials
    }

    /// Removes all queues.
    pub(crate) fn clear(&mut self) {
        *self = Self { serial: self.serial, ..Self::default() };
    }

    /// Takes the next ordinal of a queue for a record that `unit` describes.
    pub(crate) fn enqueue(&mut self, key: QueueKey, unit: Unit, stored_at: WallMillis) {
        let Some(queue) = self.get_mut(key) else { return };
        let offset = queue.next;
        queue.next += 1;
        self.pending.push_back(Pending { key, offset, unit, stored_at });
    }

    /// Makes visible what ends at or before byte `committed` of the log, and tells `each`.
    pub(crate) fn publish(&mut self, committed: u64, mut each: impl FnMut(Arrival)) {
        while let Some(pending) = self.pending.front() {
            if pending.unit.local_end() > committed {
                break;
            }
            let Some(Pending { key, offset, unit, stored_at }) = self.pending.pop_front() else {
                break;
            };
            self.visible_stored_at = Some(stored_at);
            // The queue may have been removed with its topic; its record stays in the log.
            if let Some(arrival) = self.push(key, offset, unit, stored_at) {
                each(arrival);
            }
        }
    }

    /// Puts a record that recovery has read into its queue, visible at once.
    pub(crate) fn recover(
        &mut self,
        (topic, id, offset): (&str, i32, i64),
        unit: Unit,
        stored_at: WallMillis,
    ) -> Recovered {
        let known = self.find(topic, id);
        let max = known.and_then(|key| self.get(key)).map(|queue| queue.max);
        let recovered = match max {
            None if offset == 0 => Recovered::Next,
            None => Recovered::Ahead,
            Some(max) if offset == max => Recovered::Next,
            Some(max) if offset > max => Recovered::Ahead,
            Some(_) => Recovered::Behind,
        };
        if recovered == Recovered::Next {
            let key = known.unwrap_or_else(|| self.add(topic, id, (0, 0), 0));
            if let Some(queue) = self.get_mut(key) {
                queue.next = offset + 1;
            }
            self.visible_stored_at = Some(stored_at);
            self.push(key, offset, unit, stored_at);
        }
        recovered
    }

    /// Removes one queue.
    pub(crate) fn remove(&mut self, topic: &str, id: i32) -> Option<u32> {
        let queues = self.topics.get_mut(topic)?;
        let at = queues.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, slot) = queues.remove(at);
        let queue = self.queues.try_remove(slot as usize)?;
        let unflushed = usize::try_from(queue.max - queue.flushed).unwrap_or(0);
        self.dirty_units = self.dirty_units.saturating_sub(unflushed);
        Some(queue.serial)
    }

    fn push(
        &mut self,
        key: QueueKey,
        offset: i64,
        unit: Unit,
        stored_at: WallMillis,
    ) -> Option<Arrival> {
        let queue = self.get_mut(key)?;
        debug_assert_eq!(queue.max, offset, "units become visible in order");
        queue.push(unit);
        let newly_dirty = !std::mem::replace(&mut queue.dirty, true);
        let from = unit.physical.local();
        let arrival = Arrival {
            topic: Rc::clone(&queue.topic),
            queue_id: queue.id,
            offset: QueueOffset(offset),
            unit,
            stored_at,
        };
        self.resident.push_back((unit.local_end(), key));
        self.dirty_units += 1;
        if newly_dirty {
            self.dirty.push_back(Dirty { key, from, stored_at });
        }
        Some(arrival)
    }

    /// Forgets units in memory whose records end at or before byte `start` of the log, as far as
    /// files have them; the others once they do.
    pub(crate) fn forget(&mut self, start: u64) {
        self.start = start;
        while let Some((_, key)) = self.resident.front().copied().filter(|(end, _)| *end <= start) {
            self.resident.pop_front();
            if let Some(queue) = self.get_mut(key) {
                queue.forget(start);
            }
        }
    }

    /// Units that no file has.
    pub(crate) fn dirty_units(&self) -> usize {
        self.dirty_units
    }

    /// When the last message that became visible was stored.
    pub(crate) fn visible_stored_at(&self) -> Option<WallMillis> {
        self.visible_stored_at
    }

    /// How many queues have units that no file has.
    pub(crate) fn dirty_queues(&self) -> usize {
        self.dirty.len()
    }

    /// Where in the log the first unit is that no file has; of no use while some queues are taken.
    pub(crate) fn first_dirty(&self) -> Option<Dirty> {
        self.dirty.front().copied()
    }

    /// Takes the queue whose units have waited longest for their file, to be written; it goes to
    /// [`Self::written`] or [`Self::put_back`] then.
    pub(crate) fn take_dirty(&mut self) -> Option<Dirty> {
        self.dirty.pop_front()
    }

    /// Puts back what was taken and could not be written, the last one first.
    pub(crate) fn put_back(&mut self, dirty: Dirty) {
        self.dirty.push_front(dirty);
    }

    /// Files have the units of a queue up to `flushed` now.
    pub(crate) fn set_flushed(&mut self, key: QueueKey, flushed: i64) {
        let Some(queue) = self.get_mut(key) else { return };
        let count = usize::try_from(flushed - queue.flushed).unwrap_or(0);
        queue.flushed = flushed;
        self.dirty_units = self.dirty_units.saturating_sub(count);
    }

    /// A queue that was taken is written. What it has got meanwhile was stored at `since` or
    /// later, and waits from now on.
    pub(crate) fn written(&mut self, key: QueueKey, since: WallMillis) {
        let start = self.start;
        let Some(queue) = self.get_mut(key) else { return };
        queue.forget(start);
        let more = queue.tail_from(queue.flushed).next();
        queue.dirty = more.is_some();
        if let Some(unit) = more {
            let dirty = Dirty { key, from: unit.physical.local(), stored_at: since };
            let at = self.dirty.partition_point(|other| other.from < dirty.from);
            self.dirty.insert(at, dirty);
        }
    }

    fn key_of(&self, slot: u32) -> Option<QueueKey> {
        let queue = self.queues.get(slot as usize)?;
        Some(QueueKey { slot, serial: queue.serial })
    }
}
