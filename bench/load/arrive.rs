//! Messages on their whole way: from when each was due at the producer to its receipt by a consumer
//! whose pulls are parked at the broker.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::load::marks::Marks;
use crate::load::pull::{self, PullPlan};
use crate::load::recent::Interval;
use crate::load::send::{self, Moment, SendPlan, Sent};
use crate::load::target::LoadError;
use crate::load::window::Measured;
use crate::wire::record::Record;
use crate::wire::unique;

/// How long messages that were acknowledged may take to arrive after the last send.
const ARRIVAL_TIMEOUT: Duration = Duration::from_secs(10);

/// Pause between two looks at what has arrived.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// Receipts kept at most, of 16 bytes each; a run that is longer is refused before it starts.
pub const RECEIPTS_MAX: u64 = 50_000_000;

/// What came of both ends.
#[derive(Debug)]
pub struct Arrived {
    /// The producer's end.
    pub sent: Sent,
    /// Nanoseconds from due to received, of the messages due in the window.
    pub latency: Histogram<u64>,
    /// Messages received.
    pub received: u64,
    /// Messages acknowledged and not received.
    pub lost: u64,
    /// Messages received more than once.
    pub repeated: u64,
    /// Pulls that went wrong.
    pub faults: u64,
}

/// A message that came.
#[derive(Clone, Copy, Debug)]
struct Receipt {
    id: [u8; unique::UNIQUE_ID_CHARS],
    at: Instant,
}

/// Runs a plan of sends, which must have a rate, one thread and keep its numbers, while a consumer
/// waits for them.
///
/// # Errors
/// Either end fails, or more messages would come than receipts are kept.
pub fn run(
    plan: &SendPlan,
    watch: &mut dyn FnMut(Moment),
    see: &mut dyn FnMut(&Interval),
) -> Result<Arrived, LoadError> {
    if plan.rate.is_none() || plan.threads != 1 || !plan.keep {
        return Err(LoadError::Flag("arrivals are told of one thread's sends at a given rate"));
    }
    let (stop, count) = (Arc::new(AtomicBool::new(false)), AtomicU64::new(0));
    let pulls = PullPlan {
        group: "ringmq_bench_arrivals".to_owned(),
        connections: plan.connections.min(plan.target.queues),
        park: Some(stop.clone()),
        ..PullPlan::new(plan.target.clone())
    };
    let starts = plan.target.ends()?;
    let ends = vec![i64::MAX; starts.len()];
    let consumer = || {
        let mut receipts = Vec::new();
        let mut take = |_: u32, record: &Record<'_>| {
            let id = record.property(b"UNIQ_KEY").and_then(|id| id.try_into().ok());
            let room = u64::try_from(receipts.len()).unwrap_or(u64::MAX) < RECEIPTS_MAX;
            if let Some(id) = id.filter(|_| room) {
                receipts.push(Receipt { id, at: Instant::now() });
                count.fetch_add(1, Ordering::Relaxed);
            }
        };
        let pulled = pull::run(&pulls, &starts, &ends, &mut |_| {}, &mut take);
        pulled.map(|pulled| (receipts, pulled.faults))
    };
    std::thread::scope(|scope| {
        let waiting = scope.spawn(consumer);
        let sent = send::run(plan, watch, see);
        let ended = Instant::now();
        let wanted = sent.as_ref().map_or(0, |sent| sent.acknowledged.count());
        while count.load(Ordering::Relaxed) < wanted
            && ended.elapsed() < ARRIVAL_TIMEOUT
            && !waiting.is_finished()
        {
            std::thread::sleep(LOOK_AGAIN);
        }
        stop.store(true, Ordering::Relaxed);
        let (receipts, faults) = waiting.join().unwrap_or(Err(LoadError::Worker))?;
        add_up(sent?, &receipts, faults)
    })
}

fn add_up(sent: Sent, receipts: &[Receipt], faults: u64) -> Result<Arrived, LoadError> {
    let mut latency = Measured::new()?.latency;
    let (mut seen, mut found, mut repeated) = (Marks::default(), 0, 0);
    for receipt in receipts {
        let Some(sequence) = sent.ids.sequence(&receipt.id) else { continue };
        let number = usize::try_from(sequence).unwrap_or(usize::MAX);
        if !seen.add(number) {
            repeated += 1;
            continue;
        }
        found += u64::from(sent.acknowledged.has(number));
        let due = sent.pace.due(sequence, u64::MAX);
        if (sent.measured.opened..sent.measured.closed).contains(&due) {
            latency.saturating_record(sent.clock.at(receipt.at).saturating_sub(due).max(1));
        }
    }
    let lost = sent.acknowledged.count().saturating_sub(found);
    Ok(Arrived { latency, received: seen.count(), lost, repeated, faults, sent })
}
