//! Sends: many in flight over several connections of one thread, each answer checked.

use std::num::NonZeroU64;
use std::time::Duration;

use ringmq::protocol::Serialization;

use crate::load::clock::{Clock, nanoseconds};
use crate::load::flight::{Flight, Flights};
use crate::load::ledger::Ledger;
use crate::load::letter::Letters;
use crate::load::marks::Marks;
use crate::load::pace::Pace;
use crate::load::recent::{Interval, Recent, Tally};
use crate::load::sizes::Sizes;
use crate::load::target::{CALL_TIMEOUT, LoadError, Target};
use crate::load::window::{Measured, Span};
use crate::wire::connection::{Connection, Filled};
use crate::wire::poll::{Poll, Ready};
use crate::wire::reply;
use crate::wire::template::SendPatch;
use crate::wire::unique::{UniqueIds, wall_ms};

/// How often overdue requests are looked for.
const OVERDUE_SCAN: u64 = 200_000_000;

/// Bytes queued on one connection before it is flushed within a round, so that what is in flight
/// starts to travel while more is prepared.
const FLUSH_BYTES: usize = 128 * 1024;

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
    let clock = Clock::start();
    let threads = plan.threads.clamp(1, plan.connections.max(1));
    let tally = Tally::new()?;
    let mut workers = Vec::new();
    for index in 0..threads {
        let share = Share { index, threads };
        workers.push(Worker::new(plan, share, clock, &bases, ids, &tally)?);
    }
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

/// Which part of the plan a worker does.
#[derive(Clone, Copy, Debug)]
struct Share {
    index: u32,
    threads: u32,
}

impl Share {
    /// This worker's part of a whole, such that the parts add up.
    fn of(self, whole: u64) -> u64 {
        let (index, threads) = (u64::from(self.index), u64::from(self.threads));
        whole / threads + u64::from(index < whole % threads)
    }

    fn of32(self, whole: u32) -> u32 {
        u32::try_from(self.of(u64::from(whole))).unwrap_or(whole)
    }
}

/// One connection of a worker.
struct Lane {
    connection: Connection,
    room: u32,
    wants_output: bool,
    open: bool,
}

/// One thread's part of a run.
struct Worker<'a> {
    plan: &'a SendPlan,
    share: Share,
    clock: Clock,
    poll: Poll,
    lanes: Vec<Lane>,
    turn: usize,
    flights: Flights,
    letters: Letters,
    ids: UniqueIds,
    pace: Pace,
    /// Sends that this worker is to make.
    limit: u64,
    started: u64,
    next_scan: u64,
    open: bool,
    measured: Measured,
    ledger: Ledger,
    acknowledged: Marks,
    recent: Option<Recent<'a>>,
}

impl<'a> Worker<'a> {
    fn new(
        plan: &'a SendPlan,
        share: Share,
        clock: Clock,
        bases: &[i64],
        ids: UniqueIds,
        tally: &'a Tally,
    ) -> Result<Self, LoadError> {
        let poll = Poll::new()?;
        let (count, depth) = (share.of32(plan.connections).max(1), share.of32(plan.depth).max(1));
        let mut lanes = Vec::new();
        for index in 0..count {
            let connection = Connection::open(plan.target.broker, CALL_TIMEOUT)?;
            poll.watch(connection.descriptor(), lanes.len(), false)?;
            // In an open loop whatever connection has room takes the next send.
            let part = Share { index, threads: count }.of32(depth);
            let room = if plan.rate.is_some() { depth } else { part };
            lanes.push(Lane { connection, room, wants_output: false, open: true });
        }
        let limit = plan.span.count.map_or(u64::MAX, |count| share.of(count));
        let rate = |rate: f64| Pace::open(rate / f64::from(share.threads), clock.now());
        Ok(Self {
            plan,
            share,
            clock,
            poll,
            lanes,
            turn: 0,
            flights: Flights::new(depth),
            letters: Letters::new(plan)?,
            ids,
            pace: plan.rate.map_or(Pace::Closed, rate),
            limit,
            started: 0,
            next_scan: OVERDUE_SCAN,
            open: false,
            measured: Measured::new()?,
            ledger: Ledger::new(bases),
            acknowledged: Marks::default(),
            recent: plan.live.then(|| Recent::new(tally)).transpose()?,
        })
    }

    fn run(
        &mut self,
        watch: &mut dyn FnMut(Moment),
        see: &mut dyn FnMut(&Interval),
    ) -> Result<(), LoadError> {
        // Waits of some microseconds must not be rounded up to the kernel's default of 50.
        let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
        let mut ready = Vec::new();
        loop {
            let now = self.clock.now();
            self.turn_window(now, watch);
            let sending = self.has_more(now);
            if sending {
                self.start_sends(now)?;
            } else if self.flights.len() == 0 {
                break;
            }
            self.flush()?;
            self.scan(now, see);
            if self.lanes.iter().all(|lane| !lane.open) {
                break;
            }
            self.poll.wait(&mut ready, Some(self.patience(sending)))?;
            for event in &ready {
                self.receive(*event)?;
            }
        }
        self.turn_window(u64::MAX, watch);
        let now = self.clock.now();
        if let Some(recent) = &mut self.recent {
            recent.share(now, self.share.index == 0, true, see);
        }
        let late = u64::try_from(self.flights.abandon(|_| true).len()).unwrap_or(u64::MAX);
        self.ledger.lose(late.saturating_add(self.unsent()));
        Ok(())
    }

    /// Sends of an open loop that were due and never left.
    fn unsent(&self) -> u64 {
        let closes = self.plan.span.closes().min(self.clock.now());
        let due = |number: &u64| self.pace.due(*number, u64::MAX) < closes;
        let rest = (self.started..self.limit).take_while(due).count();
        u64::try_from(rest).unwrap_or(u64::MAX)
    }

    /// Opens and closes the window when its time has come; `u64::MAX` stands for the end of the
    /// run.
    fn turn_window(&mut self, now: u64, watch: &mut dyn FnMut(Moment)) {
        let span = &self.plan.span;
        if !self.open && self.measured.opened == 0 && now >= span.opens() {
            self.measured.opened = now.min(self.clock.now()).max(1);
            self.open = true;
            watch(Moment::Opened);
        }
        let counted = self.started >= self.limit && self.flights.len() == 0;
        if self.open && (now >= span.closes() || counted) {
            self.measured.closed = self.clock.now();
            self.open = false;
            watch(Moment::Closed);
        }
    }

    /// Whether there are sends to come. In an open loop those that were due in time go out even if
    /// they are late, for else a stall at the end would not be seen; but not for ever.
    fn has_more(&self, now: u64) -> bool {
        let closes = self.plan.span.closes();
        let end = closes.saturating_add(nanoseconds(self.plan.timeout));
        self.started < self.limit && self.pace.due(self.started, now) < closes && now < end
    }

    /// Starts what is due, as far as there is room.
    fn start_sends(&mut self, now: u64) -> Result<(), LoadError> {
        let born_ms = wall_ms();
        while self.started < self.limit && self.flights.has_room() {
            let due = self.pace.due(self.started, now);
            if due > now || due >= self.plan.span.closes() {
                break;
            }
            let Some(lane) = self.next_lane() else { break };
            self.start(due, born_ms, lane);
        }
        Ok(())
    }

    /// The next connection in turn that is open and has room.
    fn next_lane(&mut self) -> Option<usize> {
        for _ in 0..self.lanes.len() {
            let at = self.turn;
            let lane = self.lanes.get(at)?;
            if lane.open && lane.room > 0 {
                // A connection is filled up before the next one's turn: fewer, larger writes.
                if lane.room == 1 || self.plan.rate.is_some() {
                    self.turn = (at + 1) % self.lanes.len();
                }
                return Some(at);
            }
            self.turn = (at + 1) % self.lanes.len();
        }
        None
    }

    fn start(&mut self, due: u64, born_ms: u64, at: usize) {
        let sequence = self.started * u64::from(self.share.threads) + u64::from(self.share.index);
        let queue = sequence % u64::from(self.plan.target.queues);
        let queue = u32::try_from(queue).unwrap_or_default();
        let (Some(letter), Some(lane)) =
            (self.letters.pick(queue, sequence), self.lanes.get_mut(at))
        else {
            return;
        };
        let flight = Flight { sequence, due, queue, lane: at };
        let Some(opaque) = self.flights.start(flight) else { return };
        let unique = self.ids.id(sequence, born_ms);
        let patch = SendPatch { opaque, born_ms, unique, key: letter.key };
        letter.template.append(lane.connection.out(), &patch, letter.body);
        lane.room -= 1;
        self.started += 1;
        if lane.connection.out().len() >= FLUSH_BYTES && !lane.wants_output {
            // A failure shows again in the flush that ends the round.
            let _ = lane.connection.flush();
        }
    }

    fn flush(&mut self) -> Result<(), LoadError> {
        for at in 0..self.lanes.len() {
            let Some(lane) = self.lanes.get_mut(at).filter(|lane| lane.open) else { continue };
            if !lane.connection.has_output() {
                continue;
            }
            let Ok(done) = lane.connection.flush() else {
                self.close(at)?;
                continue;
            };
            if done == lane.wants_output {
                lane.wants_output = !done;
                self.poll.change(lane.connection.descriptor(), at, !done)?;
            }
        }
        Ok(())
    }

    /// How long to wait for answers at most.
    fn patience(&self, sending: bool) -> Duration {
        let now = self.clock.now();
        let mut until = self.next_scan;
        if sending {
            let closes = self.plan.span.closes();
            until = if now < closes { until.min(closes) } else { until };
            if !self.open && self.measured.opened == 0 {
                until = until.min(self.plan.span.opens());
            }
            if self.plan.rate.is_some() && self.flights.has_room() {
                until = until.min(self.pace.due(self.started, now));
            }
        }
        Duration::from_nanos(until.saturating_sub(now))
    }

    fn receive(&mut self, event: Ready) -> Result<(), LoadError> {
        if !event.readable {
            return Ok(());
        }
        let Some(lane) = self.lanes.get_mut(event.token).filter(|lane| lane.open) else {
            return Ok(());
        };
        match lane.connection.fill() {
            Ok(Filled::Bytes(_)) => {}
            Ok(Filled::Nothing) => return Ok(()),
            Ok(Filled::Closed) | Err(_) => return self.close(event.token),
        }
        let now = self.clock.now();
        while let Some(lane) = self.lanes.get_mut(event.token) {
            let Some(frame) = lane.connection.next_frame()? else { break };
            let Some(head) = reply::read(frame) else {
                return self.close(event.token);
            };
            if !head.is_response() {
                continue;
            }
            let Some(flight) = self.flights.land(head.opaque) else {
                self.ledger.unknown();
                continue;
            };
            lane.room += 1;
            if head.code == 0 {
                let offset = head.offset.filter(|_| head.queue == Some(i64::from(flight.queue)));
                for message in 0..i64::from(self.plan.batch) {
                    self.ledger.acknowledge(flight.queue, offset.map(|first| first + message));
                }
                if self.plan.keep {
                    self.acknowledged.add(usize::try_from(flight.sequence).unwrap_or(usize::MAX));
                }
            } else {
                self.ledger.refuse(head.code);
            }
            if self.open {
                self.measured.answered += u64::from(head.code == 0) * u64::from(self.plan.batch);
            }
            let measures = self.measured.opened > 0 && flight.due >= self.measured.opened;
            let took = now.saturating_sub(flight.due).max(1);
            if measures && head.code == 0 {
                self.measured.latency.saturating_record(took);
                if let Some(recent) = &mut self.recent {
                    recent.record(took, self.plan.batch);
                }
            }
        }
        Ok(())
    }

    /// Gives up a connection and what is in flight on it.
    fn close(&mut self, at: usize) -> Result<(), LoadError> {
        if let Some(lane) = self.lanes.get_mut(at).filter(|lane| lane.open) {
            lane.open = false;
            self.poll.forget(lane.connection.descriptor())?;
        }
        let lost = self.flights.abandon(|flight| flight.lane == at).len();
        self.ledger.lose(u64::try_from(lost).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Gives up requests that wait too long.
    fn scan(&mut self, now: u64, see: &mut dyn FnMut(&Interval)) {
        if now < self.next_scan {
            return;
        }
        if let Some(recent) = &mut self.recent {
            recent.share(now, self.share.index == 0, false, see);
        }
        self.next_scan = now + OVERDUE_SCAN;
        let timeout = nanoseconds(self.plan.timeout);
        for flight in self.flights.abandon(|flight| now.saturating_sub(flight.due) > timeout) {
            self.ledger.lose(1);
            if let Some(lane) = self.lanes.get_mut(flight.lane) {
                lane.room += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::epoll::Floor;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Runs a plan against a server that does nothing, in this process.
    fn against_floor(change: impl FnOnce(&mut SendPlan)) -> (Sent, Vec<Moment>) {
        let mut floor = Floor::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let target = Target { broker: floor.address(), topic: "t".to_owned(), queues: 3 };
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

    #[test]
    fn a_server_that_goes_away_leaves_its_sends_unanswered() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let target =
            Target { broker: listener.local_addr().unwrap(), topic: "t".to_owned(), queues: 1 };
        let plan = SendPlan {
            sizes: Sizes::one(1),
            connections: 1,
            depth: 4,
            span: Span { warm_up: Duration::ZERO, duration: None, count: Some(100) },
            ..SendPlan::new(target)
        };
        let tally = Tally::new().unwrap();
        let share = Share { index: 0, threads: 1 };
        let ids = UniqueIds::of_this_run();
        let mut worker = Worker::new(&plan, share, Clock::start(), &[0], ids, &tally).unwrap();
        drop(listener.accept().unwrap());
        worker.run(&mut |_| {}, &mut |_| {}).unwrap();
        let account = worker.ledger.account();
        assert_eq!((account.acknowledged, account.faults()), (0, 0));
        assert!((1..=4).contains(&account.unanswered), "{account:?}");
    }

    #[test]
    fn shares_add_up() {
        for threads in 1..5 {
            for whole in 0..20 {
                let parts = (0..threads).map(|index| Share { index, threads }.of(whole));
                assert_eq!(parts.sum::<u64>(), whole);
            }
        }
    }
}
