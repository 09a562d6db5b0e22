//! Pulling a run's messages back: everything acknowledged is there, once, where it was said to be.

use std::time::Duration;

use serde::Serialize;

use crate::load::letter;
use crate::load::marks::Marks;
use crate::load::pull::{self, PullPlan};
use crate::load::send::{SendPlan, Sent};
use crate::load::target::LoadError;

/// A queue without progress for so long has lost what is missing.
const PATIENCE: Duration = Duration::from_secs(15);

/// What pulling back showed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Acknowledged messages that were pulled.
    pub found: u64,
    /// Messages acknowledged and not found.
    pub lost: u64,
    /// Messages found more than once.
    pub repeated: u64,
    /// Messages found where the broker had acknowledged no position.
    pub misplaced: u64,
    /// Messages with another body than the one sent.
    pub damaged: u64,
    /// Messages found though nobody acknowledged them; no fault.
    pub unacknowledged: u64,
    /// Pulls that went wrong.
    pub faults: u64,
}

impl Verified {
    /// What is wrong in all.
    pub fn wrong(&self) -> u64 {
        self.lost + self.repeated + self.misplaced + self.damaged + self.faults
    }
}

/// Pulls what `sent` says was stored. The plan must have kept its numbers.
pub fn pull_back(plan: &SendPlan, sent: &Sent) -> Result<Verified, LoadError> {
    let books = sent.ledger.queues();
    let starts: Vec<i64> = books.iter().map(|book| book.base).collect();
    let end = |book: &crate::load::ledger::QueueBook| {
        book.base + i64::try_from(book.marks.end()).unwrap_or(i64::MAX)
    };
    let ends: Vec<i64> = books.iter().map(end).collect();
    let pulls = PullPlan {
        group: "ringmq_bench_verify".to_owned(),
        connections: plan.connections,
        timeout: PATIENCE,
        serialization: plan.serialization,
        ..PullPlan::new(plan.target.clone())
    };
    let body = letter::body(plan.sizes.lengths().max().unwrap_or(0));
    let mut seen = Marks::default();
    let mut verified = Verified::default();
    let pulled = pull::run(&pulls, &starts, &ends, &mut |_| {}, &mut |queue, record| {
        let id = record.property(b"UNIQ_KEY").unwrap_or_default();
        let Some(sequence) = sent.ids.sequence(id) else { return };
        let number = usize::try_from(sequence).unwrap_or(usize::MAX);
        let first = seen.add(number);
        verified.repeated += u64::from(!first);
        verified.damaged += u64::from(body.get(..plan.sizes.of(sequence)) != Some(record.body));
        if !sent.acknowledged.has(number) {
            verified.unacknowledged += 1;
            return;
        }
        verified.found += u64::from(first);
        let book = usize::try_from(queue).ok().and_then(|queue| books.get(queue));
        let at = book.and_then(|book| usize::try_from(record.offset - book.base).ok());
        let acknowledged = book.zip(at).is_some_and(|(book, at)| book.marks.has(at));
        verified.misplaced += u64::from(!acknowledged);
    })?;
    verified.faults = pulled.faults;
    verified.lost = sent.acknowledged.count() - verified.found;
    Ok(verified)
}
