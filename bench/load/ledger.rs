//! The books of a run: which positions of which queue a broker acknowledged, and what it refused.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::load::marks::Marks;

/// An acknowledged position further than this behind the queue's start is taken for nonsense, so
/// that a broken broker cannot make the books grow without bound. 2^34 positions are 2 GiB of
/// books.
const POSITIONS_MAX: i64 = 1 << 34;

/// The acknowledged positions of one queue.
#[derive(Clone, Debug, Default)]
pub struct QueueBook {
    /// Where the queue ended before the run.
    pub base: i64,
    /// Positions from `base` on.
    pub marks: Marks,
}

/// What became of the sends of a run. Each worker has its own; [`merge`](Self::merge) adds them up.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    queues: Vec<QueueBook>,
    refused: BTreeMap<i32, u64>,
    duplicates: u64,
    strays: u64,
    unknown: u64,
    unanswered: u64,
}

/// The sums of a ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// Sends answered with code 0 and a position that nobody else got.
    pub acknowledged: u64,
    /// Sends refused, by response code.
    pub refused: BTreeMap<i32, u64>,
    /// Sends without an answer in time, or whose connection ended.
    pub unanswered: u64,
    /// Positions given to two sends.
    pub duplicates: u64,
    /// Positions before the queue's start or absurdly far behind it, or no position at all.
    pub strays: u64,
    /// Answers to no request.
    pub unknown_answers: u64,
    /// Positions that no acknowledged send has, below one that was acknowledged.
    pub holes: u64,
}

impl Account {
    /// What is wrong with the acknowledgements themselves. Holes are no fault where other sends
    /// were refused or unanswered, which may hold those positions.
    pub fn faults(&self) -> u64 {
        let settled = self.unanswered == 0 && self.refused.is_empty();
        let holes = if settled { self.holes } else { 0 };
        // An answer that comes after its request was given up belongs to no request any more.
        let unknown = self.unknown_answers.saturating_sub(self.unanswered);
        self.duplicates + self.strays + unknown + holes
    }

    /// Sends that were not acknowledged.
    pub fn failed(&self) -> u64 {
        self.unanswered + self.refused.values().sum::<u64>()
    }
}

impl Ledger {
    /// Books for queues that end at these positions now.
    pub fn new(bases: &[i64]) -> Self {
        let queues = bases.iter().map(|&base| QueueBook { base, marks: Marks::default() });
        Self { queues: queues.collect(), ..Self::default() }
    }

    /// An acknowledgement with code 0.
    pub fn acknowledge(&mut self, queue: u32, offset: Option<i64>) {
        let queue = usize::try_from(queue).ok().and_then(|queue| self.queues.get_mut(queue));
        let Some((book, offset)) = queue.zip(offset) else {
            self.strays += 1;
            return;
        };
        let position = offset.saturating_sub(book.base);
        match usize::try_from(position).ok().filter(|_| position < POSITIONS_MAX) {
            Some(position) if book.marks.add(position) => {}
            Some(_) => self.duplicates += 1,
            None => self.strays += 1,
        }
    }

    /// An answer with another code.
    pub fn refuse(&mut self, code: i32) {
        *self.refused.entry(code).or_default() += 1;
    }

    /// An answer to no request.
    pub fn unknown(&mut self) {
        self.unknown += 1;
    }

    /// Sends given up.
    pub fn lose(&mut self, count: u64) {
        self.unanswered += count;
    }

    /// The books of the queues, by queue id.
    pub fn queues(&self) -> &[QueueBook] {
        &self.queues
    }

    /// Adds the books of another worker of the same run.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.queues.iter_mut().zip(&other.queues) {
            self.duplicates += mine.marks.merge(&theirs.marks);
        }
        for (code, count) in &other.refused {
            *self.refused.entry(*code).or_default() += count;
        }
        self.duplicates += other.duplicates;
        self.strays += other.strays;
        self.unknown += other.unknown;
        self.unanswered += other.unanswered;
    }

    /// The sums.
    pub fn account(&self) -> Account {
        let holes = |book: &QueueBook| {
            u64::try_from(book.marks.end()).unwrap_or(u64::MAX) - book.marks.count()
        };
        Account {
            acknowledged: self.queues.iter().map(|book| book.marks.count()).sum(),
            refused: self.refused.clone(),
            unanswered: self.unanswered,
            duplicates: self.duplicates,
            strays: self.strays,
            unknown_answers: self.unknown,
            holes: self.queues.iter().map(holes).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dense_positions_are_no_fault() {
        let mut ledger = Ledger::new(&[100, 0]);
        for offset in [102, 100, 101] {
            ledger.acknowledge(0, Some(offset));
        }
        ledger.acknowledge(1, Some(0));
        let account = ledger.account();
        assert_eq!((account.acknowledged, account.holes, account.faults()), (4, 0, 0));
    }

    #[test]
    fn every_wrong_answer_is_a_fault() {
        let mut ledger = Ledger::new(&[100]);
        ledger.acknowledge(0, Some(100));
        ledger.acknowledge(0, Some(100));
        ledger.acknowledge(0, Some(99));
        ledger.acknowledge(0, Some(i64::MAX));
        ledger.acknowledge(0, None);
        ledger.acknowledge(7, Some(100));
        ledger.acknowledge(0, Some(102));
        ledger.unknown();
        let account = ledger.account();
        assert_eq!((account.duplicates, account.strays), (1, 4));
        assert_eq!((account.holes, account.unknown_answers), (1, 1));
        assert_eq!(account.faults(), 7);
    }

    #[test]
    fn a_hole_may_belong_to_a_send_without_an_answer() {
        let mut ledger = Ledger::new(&[0]);
        ledger.acknowledge(0, Some(1));
        assert_eq!(ledger.account().faults(), 1);
        ledger.lose(1);
        assert_eq!((ledger.account().faults(), ledger.account().failed()), (0, 1));
    }

    #[test]
    fn workers_that_got_the_same_position_show() {
        let mut ledger = Ledger::new(&[0]);
        let mut other = Ledger::new(&[0]);
        ledger.acknowledge(0, Some(0));
        other.acknowledge(0, Some(0));
        other.acknowledge(0, Some(1));
        other.refuse(2);
        ledger.merge(&other);
        let account = ledger.account();
        assert_eq!((account.acknowledged, account.duplicates), (2, 1));
        assert_eq!(account.refused, BTreeMap::from([(2, 1)]));
    }
}
