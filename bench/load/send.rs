//! Sends: many in flight over several connections of one thread, each answer checked.

mod worker;

use std::time::Duration;

use ringmq::protocol::Serialization;

use crate::load::clock::Clock;
use crate::load::ledger::Ledger;
use crate::load::marks::Marks;
use crate::load::pace::Pace;
use crate::load::recent::{Interval, Tally};
use crate::load::send::worker::{Share, Worker};
use crate::load::sizes::Sizes;
use crate::load::target::{LoadError, Target};
use crate::load::window::{Measured, Span};
use crate::wire::unique::UniqueIds;

/// A run of sends.
#[derive(Clone, Debug)]
pub struct SendPlan {
    /// Where to.
    pub target: Target,
    /// Producer group named in each send.
    pub group: String,
    /// Bytes of the bodies.
    pub sizes: Sizes,
    /// Keys that the messages are spread over; none have a key otherwise.
    pub keys: Option<u32>,
    /// Messages in each request: 1, or that many as a batch.
    pub batch: u32,
    /// Connections of all workers together.
    pub connections: u32,
    /// Requests in flight of all workers together.
    pub depth: u32,
    /// Sends a second of all workers together; none for a closed loop.
    pub rate: Option<f64>,
    /// Warm-up and end.
    pub span: Span,
    /// After this long a request counts as unanswered.
    pub timeout: Duration,
    /// The header's form.
    pub serialization: Serialization,
    /// Threads.
    pub threads: u32,
    /// Whether to keep which messages were acknowledged, for [`crate::load::verify`].
    pub keep: bool,
    /// Whether to tell what each second brought.
    pub live: bool,
}

impl SendPlan {
    /// RocketMQ's producer in short: 1 KiB bodies, 64 in flight over four connections, for ten
    /// seconds.
    pub fn new(target: Target) -> Self {
        let duration = Some(Duration::from_secs(10));
        Self {
            target,
            group: "benchmark_producer".to_owned(),
            sizes: Sizes::one(1024),
            keys: None,
            batch: 1,
            connections: 4,
            depth: 64,
            rate: None,
            span: Span { warm_up: Duration::ZERO, duration, count: None },
            timeout: Duration::from_secs(10),
            serialization: Serialization::Binary,
            threads: 1,
            keep: false,
            live: false,
        }
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Sent {
    /// The measured window.
    pub measured: Measured,
    /// The books.
    pub ledger: Ledger,
    /// The numbers of the messages acknowledged, if they were to be kept.
    pub acknowledged: Marks,
    /// How the messages are told from others'.
    pub ids: UniqueIds,
    /// The run's clock.
    pub clock: Clock,
    /// When the first worker's sends were due.
    pub pace: Pace,
}

/// A moment of a run that its watcher is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Measuring starts.
    Opened,
    /// Measuring ends.
    Closed,
}

/// Runs the plan. `watch` is called on the first worker's thread when its window opens and closes,
/// and `see` about each second of all workers, if the plan says so.
pub fn run(
    plan: &SendPlan,
    watch: &mut dyn FnMut(Moment),
    see: &mut dyn FnMut(&Interval),
) -> Result<Sent, LoadError> {
    let bases = plan.target.ends()?;
    let ids = UniqueIds::of_this_run();
    let threads = plan.threads.clamp(1, plan.connections.max(1));
    let tally = Tally::new()?;
    let mut workers = Vec::new();
    for index in 0..threads {
        let share = Share { index, threads };
        workers.push(Worker::new(plan, share, &bases, ids, &tally)?);
    }
    // Ten thousand connections take a second to open, which is not the broker's time to answer.
    let clock = Clock::start();
    workers.iter_mut().for_each(|worker| worker.begin(clock));
    let mut first = workers.remove(0);
    let others = std::thread::scope(|scope| {
        let spawned: Vec<_> = workers
            .into_iter()
            .map(|mut worker| {
                scope.spawn(move || worker.run(&mut |_| {}, &mut |_| {}).map(|()| worker))
            })
            .collect();
        let ran = first.run(watch, see);
        let joined = spawned.into_iter().map(|thread| thread.join());
        let others: Vec<_> = joined.map(|end| end.unwrap_or(Err(LoadError::Worker))).collect();
        ran.map(|()| others)
    })?;
    let Worker { mut measured, mut ledger, mut acknowledged, pace, .. } = first;
    for other in others {
        let other = other?;
        measured.merge(&other.measured);
        ledger.merge(&other.ledger);
        acknowledged.merge(&other.acknowledged);
    }
    Ok(Sent { measured, ledger, acknowledged, ids, clock, pace })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::epoll::Floor;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Runs a plan against a server that does nothing, in this process.
    fn against_floor(change: impl FnOnce(&mut SendPlan)) -> (Sent, Vec<Moment>) {
        let mut floor = Floor::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let target = Target::new(floor.address(), "t", 3);
        let mut plan = SendPlan {
            sizes: Sizes::one(100),
            connections: 2,
            depth: 16,
            span: Span { warm_up: Duration::ZERO, duration: None, count: Some(10_000) },
            keep: true,
            ..SendPlan::new(target)
        };
        change(&mut plan);
        let over = AtomicBool::new(false);
        let mut moments = Vec::new();
        let sent = std::thread::scope(|scope| {
            let server = scope.spawn(|| floor.run(|| over.load(Ordering::Relaxed)));
            let sent = run(&plan, &mut |moment| moments.push(moment), &mut |_| {});
            over.store(true, Ordering::Relaxed);
            server.join().unwrap().unwrap();
            sent
        });
        (sent.unwrap(), moments)
    }

    #[test]
    fn each_send_of_a_count_is_answered_once() {
        for serialization in [Serialization::Json, Serialization::Binary] {
            let (sent, moments) = against_floor(|plan| plan.serialization = serialization);
            let account = sent.ledger.account();
            assert_eq!((account.acknowledged, account.faults(), account.failed()), (10_000, 0, 0));
            assert_eq!(sent.acknowledged.count(), 10_000);
            assert_eq!((sent.measured.answered, sent.measured.latency.len()), (10_000, 10_000));
            assert_eq!(moments, [Moment::Opened, Moment::Closed]);
            let queues: Vec<u64> =
                sent.ledger.queues().iter().map(|book| book.marks.count()).collect();
            assert_eq!(queues, [3334, 3333, 3333], "queues are used in turn");
        }
    }

    #[test]
    fn threads_share_the_count() {
        let (sent, moments) = against_floor(|plan| {
            plan.threads = 3;
            plan.connections = 4;
            plan.span.count = Some(10_001);
        });
        let account = sent.ledger.account();
        assert_eq!((account.acknowledged, account.faults()), (10_001, 0));
        assert_eq!(sent.acknowledged.count(), 10_001);
        assert_eq!(sent.acknowledged.end(), 10_001, "the numbers of the messages are dense");
        assert_eq!(moments.len(), 2, "one worker watches");
    }

    #[test]
    fn a_rate_is_held_for_the_time_given() {
        let (sent, _) = against_floor(|plan| {
            plan.rate = Some(2_000.0);
            plan.span = Span {
                warm_up: Duration::ZERO,
                duration: Some(Duration::from_secs(1)),
                count: None,
            };
        });
        let account = sent.ledger.account();
        // Sends that are due while the test is not scheduled go out late, not never.
        assert!((1_990..=2_001).contains(&account.acknowledged), "{account:?}");
        assert_eq!((account.faults(), account.failed()), (0, 0));
    }
}
