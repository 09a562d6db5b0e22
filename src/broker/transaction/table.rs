//! Which half messages of one shard are open. Pure.

use std::collections::{BTreeMap, VecDeque};

use rustc_hash::FxHashMap;

use crate::limits::TRANSACTIONS_OPEN_MAX;
use crate::units::QueueOffset;

/// The half records of one shard that no op record names yet, by their place in the half queue.
///
/// A transaction is known by its *first* half record. A check stores the half message anew at the
/// end of the queue, so a later record stands for it from then on; the ones before are ended.
///
/// Invariant: of the records with one first, at most one is open or taken.
#[derive(Debug, Default)]
pub struct Table {
    halves: BTreeMap<QueueOffset, Half>,
    /// What stands for a transaction whose first record does not any more.
    renewed: FxHashMap<QueueOffset, QueueOffset>,
    /// Ended, in that order, and in no op record.
    ended: VecDeque<QueueOffset>,
    /// Behind the last record seen.
    next: QueueOffset,
}

#[derive(Clone, Copy, Debug)]
struct Half {
    first: QueueOffset,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Nobody has said what becomes of it.
    Open,
    /// It is being committed, checked or given up.
    Taken,
    /// It stands for nothing any more; an op record is to say so.
    Ended,
}

/// What [`Table::take`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// The record that stands for the transaction: it is the caller's to end or to give back.
    Taken(QueueOffset),
    /// Somebody else has it; ask again when the table has changed.
    Busy,
    /// It was committed, rolled back or given up.
    Ended,
}

impl Table {
    /// An empty table of a queue that is settled up to `next`.
    pub fn starting_at(next: QueueOffset) -> Self {
        Self { next, ..Self::default() }
    }

    /// A half message has become visible.
    pub fn arrived(&mut self, at: QueueOffset) {
        self.seen(at);
        self.halves.insert(at, Half { first: at, state: State::Open });
    }

    /// There is a half record at `at`, open or not.
    pub fn seen(&mut self, at: QueueOffset) {
        self.next = self.next.max(QueueOffset(at.0 + 1));
    }

    /// A half record that was visible before the start; of those of one transaction, in order.
    pub fn loaded(&mut self, at: QueueOffset, first: QueueOffset) {
        self.arrived(at);
        match self.standing(first).filter(|old| *old != at) {
            Some(old) => self.renew(old, at),
            None => self.stand(at, first),
        }
    }

    /// The record at `at` stands for the transaction that began at `first`.
    fn stand(&mut self, at: QueueOffset, first: QueueOffset) {
        if let Some(half) = self.halves.get_mut(&at).filter(|_| at != first) {
            half.first = first;
            self.renewed.insert(first, at);
        }
    }

    /// Takes the transaction whose first half record is at `first`.
    pub fn take(&mut self, first: QueueOffset) -> Take {
        let at = self.renewed.get(&first).copied().unwrap_or(first);
        let Some(half) = self.halves.get_mut(&at) else { return Take::Ended };
        match half.state {
            State::Open => {
                half.state = State::Taken;
                Take::Taken(at)
            }
            State::Taken => Take::Busy,
            State::Ended => Take::Ended,
        }
    }

    /// Takes the half record at `at`, if it stands for an open transaction.
    pub fn take_at(&mut self, at: QueueOffset) -> bool {
        match self.halves.get_mut(&at).filter(|half| half.state == State::Open) {
            Some(half) => {
                half.state = State::Taken;
                true
            }
            None => false,
        }
    }

    /// Nothing came of it: the record that was taken is open again.
    pub fn give_back(&mut self, at: QueueOffset) {
        if let Some(half) = self.halves.get_mut(&at) {
            half.state = State::Open;
        }
    }

    /// The transaction that the record at `at` stands for has ended.
    pub fn end(&mut self, at: QueueOffset) {
        if let Some(half) = self.halves.get_mut(&at).filter(|half| half.state != State::Ended) {
            half.state = State::Ended;
            self.renewed.remove(&half.first);
            self.ended.push_back(at);
        }
    }

    /// The half message was stored anew: what stood at `old` is at `new` now.
    pub fn renew(&mut self, old: QueueOffset, new: QueueOffset) {
        let Some(first) = self.halves.get(&old).map(|half| half.first) else { return };
        self.end(old);
        self.stand(new, first);
    }

    /// The record that stands for the transaction that began at `first`, if one is known.
    pub fn standing(&self, first: QueueOffset) -> Option<QueueOffset> {
        let at = self.renewed.get(&first).copied().unwrap_or(first);
        self.halves.get(&at).filter(|half| half.state != State::Ended).map(|_| at)
    }

    /// Open records from `from` on, at most `count`.
    pub fn open_from(&self, from: QueueOffset, count: usize) -> Vec<QueueOffset> {
        let open = self.halves.range(from..).filter(|(_, half)| half.state == State::Open);
        open.map(|(at, _)| *at).take(count).collect()
    }

    /// The first ended records for an op record: as many as their numbers take `bytes_max` bytes,
    /// at least one. `None` if there are none.
    pub fn take_ended(&mut self, bytes_max: usize) -> Option<Vec<QueueOffset>> {
        let mut bytes = 0;
        let count = self.ended.iter().take_while(|at| {
            let fits = bytes < bytes_max;
            bytes += at.0.to_string().len() + 1;
            fits
        });
        let count = count.count().max(1).min(self.ended.len());
        (count > 0).then(|| self.ended.drain(..count).collect())
    }

    /// The op record for these was not stored.
    pub fn put_back(&mut self, batch: Vec<QueueOffset>) {
        for at in batch.into_iter().rev() {
            self.ended.push_front(at);
        }
    }

    /// An op record names these.
    pub fn written(&mut self, batch: &[QueueOffset]) {
        for at in batch {
            self.halves.remove(at);
        }
    }

    /// Whether a record is in no op record yet.
    pub fn holds(&self, at: QueueOffset) -> bool {
        self.halves.contains_key(&at)
    }

    /// Up to where every record is in an op record.
    pub fn settled(&self) -> QueueOffset {
        self.halves.keys().next().copied().unwrap_or(self.next)
    }

    /// Whether every record is in an op record.
    pub fn is_empty(&self) -> bool {
        self.halves.is_empty()
    }

    /// Whether no more half messages are to be taken from producers.
    pub fn is_full(&self) -> bool {
        self.halves.len() >= TRANSACTIONS_OPEN_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(offset: i64) -> QueueOffset {
        QueueOffset(offset)
    }

    fn table(arrived: i64) -> Table {
        let mut table = Table::starting_at(at(0));
        (0..arrived).for_each(|offset| table.arrived(at(offset)));
        table
    }

    #[test]
    fn a_transaction_ends_once() {
        let mut table = table(2);
        assert_eq!(table.take(at(0)), Take::Taken(at(0)));
        assert_eq!(table.take(at(0)), Take::Busy);
        table.give_back(at(0));
        assert_eq!(table.take(at(0)), Take::Taken(at(0)));
        table.end(at(0));
        assert_eq!(table.take(at(0)), Take::Ended);
        assert_eq!(table.take_ended(100), Some(vec![at(0)]));
        table.end(at(0));
        assert_eq!(table.take_ended(100), None, "ended twice is ended once");
        table.written(&[at(0)]);
        assert_eq!(table.take(at(0)), Take::Ended);
        assert_eq!(table.settled(), at(1));
    }

    #[test]
    fn all_records_of_a_transaction_lead_to_the_one_that_stands_for_it() {
        let mut table = table(2);
        for (old, new) in [(0, 2), (2, 3)] {
            assert_eq!(table.take(at(0)), Take::Taken(at(old)));
            table.arrived(at(new));
            assert_eq!(table.take(at(0)), Take::Busy, "while it is stored anew");
            table.renew(at(old), at(new));
        }
        assert_eq!(table.standing(at(0)), Some(at(3)));
        assert_eq!(table.take(at(0)), Take::Taken(at(3)));
        table.end(at(3));
        assert_eq!((table.take(at(0)), table.standing(at(0))), (Take::Ended, None));
        assert_eq!(table.take_ended(100), Some(vec![at(0), at(2), at(3)]));
        table.written(&[at(0), at(2), at(3)]);
        assert_eq!(table.settled(), at(1), "the other transaction is open");
        assert!(table.renewed.is_empty(), "nothing is kept of what has ended");
    }

    #[test]
    fn of_records_that_were_there_before_the_last_of_a_transaction_stands() {
        let mut table = Table::starting_at(at(4));
        for (offset, first) in [(4, 4), (5, 1), (6, 4), (7, 1)] {
            table.loaded(at(offset), at(first));
        }
        assert_eq!(table.open_from(at(0), 9), [at(6), at(7)]);
        assert_eq!(table.take_ended(100), Some(vec![at(4), at(5)]));
        assert_eq!(
            (table.take(at(1)), table.take(at(4))),
            (Take::Taken(at(7)), Take::Taken(at(6)))
        );
    }

    #[test]
    fn what_is_not_in_an_op_record_holds_the_queue_back() {
        let mut table = table(3);
        for offset in [1, 0] {
            assert_eq!(table.take(at(offset)), Take::Taken(at(offset)));
            table.end(at(offset));
        }
        let batch = table.take_ended(1).unwrap();
        assert_eq!(batch, [at(1)], "as many as fit");
        table.written(&batch);
        assert_eq!((table.settled(), table.holds(at(1))), (at(0), false));
        let batch = table.take_ended(1).unwrap();
        table.put_back(batch);
        let batch = table.take_ended(100).unwrap();
        table.written(&batch);
        assert_eq!(table.settled(), at(2));
        assert_eq!(table.open_from(at(0), 9), [at(2)]);
        table.end(at(2));
        table.written(&[at(2)]);
        assert_eq!((table.settled(), table.is_empty()), (at(3), true));
    }
}
