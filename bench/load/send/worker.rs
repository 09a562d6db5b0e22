//! One thread's part of a run of sends.

use std::collections::VecDeque;
use std::num::NonZeroU64;
use std::time::Duration;

use crate::load::clock::{Clock, nanoseconds};
use crate::load::flight::{Flight, Flights};
use crate::load::ledger::Ledger;
use crate::load::letter::Letters;
use crate::load::marks::Marks;
use crate::load::pace::Pace;
use crate::load::recent::{Interval, Recent, Tally};
use crate::load::send::{Moment, SendPlan};
use crate::load::target::{CALL_TIMEOUT, LoadError};
use crate::load::window::Measured;
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

/// Which part of the plan a worker does.
#[derive(Clone, Copy, Debug)]
pub(super) struct Share {
    /// The worker's number.
    pub(super) index: u32,
    /// Workers in all.
    pub(super) threads: u32,
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
    /// Whether it is among those that are to be flushed.
    written: bool,
    wants_output: bool,
    open: bool,
}

impl Lane {
    fn has_room(&self) -> bool {
        self.room > 0
    }
}

/// One thread's part of a run.
pub(super) struct Worker<'a> {
    plan: &'a SendPlan,
    share: Share,
    clock: Clock,
    poll: Poll,
    lanes: Vec<Lane>,
    /// Connections with room, in the order of their turns.
    vacant: VecDeque<usize>,
    /// Connections that have output since they were flushed.
    written: Vec<usize>,
    flights: Flights,
    letters: Letters,
    ids: UniqueIds,
    pub(super) pace: Pace,
    /// Sends that this worker is to make.
    limit: u64,
    started: u64,
    next_scan: u64,
    open: bool,
    pub(super) measured: Measured,
    pub(super) ledger: Ledger,
    pub(super) acknowledged: Marks,
    recent: Option<Recent<'a>>,
}

impl<'a> Worker<'a> {
    /// Connects. Nothing is due before [`begin`](Self::begin).
    pub(super) fn new(
        plan: &'a SendPlan,
        share: Share,
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
            lanes.push(Lane { connection, room, written: false, wants_output: false, open: true });
        }
        let limit = plan.span.count.map_or(u64::MAX, |count| share.of(count));
        Ok(Self {
            plan,
            share,
            clock: Clock::start(),
            poll,
            vacant: (0..lanes.len())
                .filter(|at| lanes.get(*at).is_some_and(Lane::has_room))
                .collect(),
            written: Vec::new(),
            lanes,
            flights: Flights::new(depth),
            letters: Letters::new(plan)?,
            ids,
            pace: Pace::Closed,
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

    /// Counts time by `clock` from now on.
    pub(super) fn begin(&mut self, clock: Clock) {
        self.clock = clock;
        if let Some(rate) = self.plan.rate {
            self.pace = Pace::open(rate / f64::from(self.share.threads), clock.now());
        }
    }

    pub(super) fn run(
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
        while let Some(&at) = self.vacant.front() {
            let lane = self.lanes.get(at)?;
            if !lane.open {
                self.vacant.pop_front();
                continue;
            }
            // A connection is filled up before the next one's turn: fewer, larger writes.
            if lane.room == 1 {
                self.vacant.pop_front();
            } else if self.plan.rate.is_some() {
                self.vacant.rotate_left(1);
            }
            return Some(at);
        }
        None
    }

    /// One more send has room on a connection.
    fn give_room(&mut self, at: usize) {
        if let Some(lane) = self.lanes.get_mut(at) {
            if lane.room == 0 {
                self.vacant.push_back(at);
            }
            lane.room += 1;
        }
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
        let patch = SendPatch { opaque, born_ms, queue: letter.queue, unique, key: letter.key };
        letter.template.append(lane.connection.out(), &patch, letter.body);
        lane.room -= 1;
        self.started += 1;
        if !lane.written {
            lane.written = true;
            self.written.push(at);
        }
        if lane.connection.out().len() >= FLUSH_BYTES && !lane.wants_output {
            // A failure shows again in the flush that ends the round.
            let _ = lane.connection.flush();
        }
    }

    /// Writes what was queued. A connection that takes no more is tried again when it does.
    fn flush(&mut self) -> Result<(), LoadError> {
        while let Some(at) = self.written.pop() {
            self.flush_lane(at)?;
        }
        Ok(())
    }

    fn flush_lane(&mut self, at: usize) -> Result<(), LoadError> {
        let Some(lane) = self.lanes.get_mut(at).filter(|lane| lane.open) else { return Ok(()) };
        lane.written = false;
        let Ok(done) = lane.connection.flush() else { return self.close(at) };
        if done == lane.wants_output {
            lane.wants_output = !done;
            self.poll.change(lane.connection.descriptor(), at, !done)?;
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
        if event.writable {
            self.flush_lane(event.token)?;
        }
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
            if head.code == 0 {
                let (_, queue) = self.plan.target.place(flight.queue);
                let offset = head.offset.filter(|_| head.queue == Some(i64::from(queue)));
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
            self.give_room(event.token);
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
            self.give_room(flight.lane);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::sizes::Sizes;
    use crate::load::target::Target;
    use crate::load::window::Span;

    #[test]
    fn a_server_that_goes_away_leaves_its_sends_unanswered() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let target = Target::new(listener.local_addr().unwrap(), "t", 1);
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
        let mut worker = Worker::new(&plan, share, &[0], ids, &tally).unwrap();
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
