//! Pulls of a backlog: every queue is read from front to back, one request in flight for each, as a
//! consumer does.

use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringmq::protocol::{Command, Fields, Serialization};

use crate::load::clock::{Clock, nanoseconds};
use crate::load::flight::{Flight, Flights};
use crate::load::send::Moment;
use crate::load::target::{CALL_TIMEOUT, LoadError, Target};
use crate::load::window::Measured;
use crate::wire::connection::{Connection, Filled};
use crate::wire::poll::{Poll, Ready};
use crate::wire::record::{Record, Records};
use crate::wire::reply::{self, Head};

/// PULL_MESSAGE.
const PULL_MESSAGE: i32 = 11;

/// Pull sysFlag: the subscription is in the request. It neither commits nor waits.
const SUBSCRIPTION: i64 = 4;

/// Pull sysFlag: wait for a message.
const SUSPEND: i64 = 2;

/// How long a parked pull waits, as Java's consumers ask.
const SUSPEND_MS: i64 = 15_000;

/// How often a reader with parked pulls looks whether it is to stop.
const STOP_LOOK: u64 = 20_000_000;

/// PULL_RETRY_IMMEDIATELY: nothing matched, go on behind it.
const RETRY_AT_ONCE: i32 = 20;

/// PULL_NOT_FOUND: the end of the queue.
const NOT_FOUND: i32 = 19;

/// Messages that are not sent to consumers yet (a broker dispatches behind its acknowledgements)
/// are asked for again after this long.
const AGAIN_AFTER: u64 = 2_000_000;

/// A run of pulls.
#[derive(Clone, Debug)]
pub struct PullPlan {
    /// Where from.
    pub target: Target,
    /// Consumer group named in each pull.
    pub group: String,
    /// Messages asked for at a time.
    pub batch: u32,
    /// Connections; the queues are dealt among them.
    pub connections: u32,
    /// The run ends without the rest when a queue makes no progress for so long.
    pub timeout: Duration,
    /// The run ends after so long, if given.
    pub duration: Option<Duration>,
    /// The header's form.
    pub serialization: Serialization,
    /// Pulls wait at the broker for messages to come, until this is set; the ends are then ignored.
    pub park: Option<Arc<AtomicBool>>,
}

impl PullPlan {
    /// RocketMQ's consumer in short: 32 messages at a time over four connections, to the end.
    pub fn new(target: Target) -> Self {
        Self {
            target,
            group: "benchmark_consumer".to_owned(),
            batch: 32,
            connections: 4,
            timeout: Duration::from_secs(15),
            duration: None,
            serialization: Serialization::Binary,
            park: None,
        }
    }

    fn stopped(&self) -> bool {
        self.park.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed))
    }
}

/// What came of a run.
#[derive(Debug)]
pub struct Pulled {
    /// Latency of each pull; `answered` is the number of messages.
    pub measured: Measured,
    /// Answers with messages.
    pub pulls: u64,
    /// Bytes of the bodies of these answers.
    pub bytes: u64,
    /// Messages out of order, answers with an unexpected code, or bytes that are no record.
    pub faults: u64,
    /// Messages that should have come and did not.
    pub missing: u64,
}

/// One queue being read.
#[derive(Clone, Copy, Debug)]
struct Cursor {
    next: i64,
    end: i64,
    lane: usize,
    /// When to ask again, for a queue that had nothing new.
    again: Option<u64>,
    moved: u64,
}

impl Cursor {
    fn done(&self) -> bool {
        self.next >= self.end
    }
}

/// Reads all queues from `starts` up to `ends`; each message is shown to `see`.
pub fn run(
    plan: &PullPlan,
    starts: &[i64],
    ends: &[i64],
    watch: &mut dyn FnMut(Moment),
    see: &mut dyn FnMut(u32, &Record<'_>),
) -> Result<Pulled, LoadError> {
    let mut reader = Reader::new(plan, starts, ends)?;
    reader.pulled.measured.opened = reader.clock.now();
    watch(Moment::Opened);
    reader.run(see)?;
    reader.pulled.measured.closed = reader.clock.now();
    watch(Moment::Closed);
    if plan.park.is_some() {
        return Ok(reader.pulled);
    }
    let rest = reader.cursors.iter().map(|cursor| (cursor.end - cursor.next).max(0));
    reader.pulled.missing = rest.filter_map(|rest| u64::try_from(rest).ok()).sum();
    Ok(reader.pulled)
}

struct Reader<'a> {
    plan: &'a PullPlan,
    clock: Clock,
    poll: Poll,
    lanes: Vec<Connection>,
    cursors: Vec<Cursor>,
    flights: Flights,
    pulled: Pulled,
}

impl<'a> Reader<'a> {
    fn new(plan: &'a PullPlan, starts: &[i64], ends: &[i64]) -> Result<Self, LoadError> {
        let poll = Poll::new()?;
        let mut lanes = Vec::new();
        for token in 0..usize::try_from(plan.connections.max(1)).unwrap_or(1) {
            let connection = Connection::open(plan.target.broker, CALL_TIMEOUT)?;
            poll.watch(connection.descriptor(), token, false)?;
            lanes.push(connection);
        }
        let cursor = |(at, (&next, &end))| {
            let lane = usize::checked_rem(at, lanes.len()).unwrap_or(0);
            Cursor { next, end, lane, again: Some(0), moved: 0 }
        };
        let cursors: Vec<_> = starts.iter().zip(ends).enumerate().map(cursor).collect();
        let depth = u32::try_from(cursors.len()).unwrap_or(u32::MAX);
        let measured = Measured::new()?;
        let pulled = Pulled { measured, pulls: 0, bytes: 0, faults: 0, missing: 0 };
        let clock = Clock::start();
        Ok(Self { plan, clock, poll, lanes, cursors, flights: Flights::new(depth), pulled })
    }

    fn run(&mut self, see: &mut dyn FnMut(u32, &Record<'_>)) -> Result<(), LoadError> {
        let mut ready = Vec::new();
        let timeout = nanoseconds(self.plan.timeout);
        let ends = self.plan.duration.map_or(u64::MAX, nanoseconds);
        loop {
            let now = self.clock.now();
            let stuck = |cursor: &Cursor| !cursor.done() && now > cursor.moved + timeout;
            let all = self.cursors.iter().all(Cursor::done);
            let stuck = self.plan.park.is_none() && self.cursors.iter().any(stuck);
            if all || now >= ends || stuck || self.plan.stopped() {
                return Ok(());
            }
            self.ask_again(now)?;
            for (token, lane) in self.lanes.iter_mut().enumerate() {
                let had = lane.has_output();
                if had && lane.flush()? {
                    self.poll.change(lane.descriptor(), token, false)?;
                } else if had {
                    self.poll.change(lane.descriptor(), token, true)?;
                }
            }
            let again = self.cursors.iter().filter_map(|cursor| cursor.again).min();
            let look = if self.plan.park.is_some() { STOP_LOOK } else { timeout };
            let until = again.unwrap_or(now + look).min(now + look).min(ends);
            let patience = Duration::from_nanos(until.saturating_sub(self.clock.now()));
            self.poll.wait(&mut ready, Some(patience))?;
            for event in &ready {
                self.receive(*event, see)?;
            }
        }
    }

    /// Asks for the queues whose turn has come.
    fn ask_again(&mut self, now: u64) -> Result<(), LoadError> {
        for queue in 0..self.cursors.len() {
            let Some(cursor) = self.cursors.get_mut(queue) else { continue };
            if cursor.again.is_some_and(|again| again <= now) {
                cursor.again = None;
                if !cursor.done() {
                    self.ask(queue, now)?;
                }
            }
        }
        Ok(())
    }

    fn ask(&mut self, queue: usize, now: u64) -> Result<(), LoadError> {
        let id = u32::try_from(queue).unwrap_or(u32::MAX);
        let Some(cursor) = self.cursors.get(queue).copied() else { return Ok(()) };
        let flight = Flight { sequence: 0, due: now, queue: id, lane: cursor.lane };
        let Some(opaque) = self.flights.start(flight) else { return Ok(()) };
        let mut fields = Fields::absent();
        fields.push("consumerGroup", &self.plan.group);
        let (topic, place) = self.plan.target.named(id);
        fields.push("topic", topic);
        fields.push_number("queueId", place);
        fields.push_number("queueOffset", cursor.next);
        fields.push_number("maxMsgNums", self.plan.batch);
        let (wait, suspend) = if self.plan.park.is_some() { (SUSPEND, SUSPEND_MS) } else { (0, 0) };
        fields.push_number("sysFlag", SUBSCRIPTION | wait);
        fields.push_number("commitOffset", 0);
        fields.push_number("suspendTimeoutMillis", suspend);
        fields.push("subscription", "*");
        fields.push_number("subVersion", 0);
        fields.push("expressionType", "TAG");
        fields.push_number("maxMsgBytes", i32::MAX);
        let mut request = Command::request(PULL_MESSAGE).with_fields(fields);
        request.opaque = i32::try_from(opaque).unwrap_or(0);
        request.serialization = self.plan.serialization;
        let frame = request.encode()?;
        if let Some(lane) = self.lanes.get_mut(cursor.lane) {
            lane.out().extend_from_slice(&frame);
        }
        Ok(())
    }

    fn receive(
        &mut self,
        event: Ready,
        see: &mut dyn FnMut(u32, &Record<'_>),
    ) -> Result<(), LoadError> {
        let Some(lane) = self.lanes.get_mut(event.token) else { return Ok(()) };
        if !event.readable {
            return Ok(());
        }
        match lane.fill()? {
            Filled::Bytes(_) => {}
            Filled::Nothing => return Ok(()),
            Filled::Closed => return Err(std::io::Error::from(ErrorKind::UnexpectedEof).into()),
        }
        let now = self.clock.now();
        while let Some(frame) = self.lanes.get_mut(event.token).map(Connection::next_frame) {
            let Some(frame) = frame? else { break };
            let Some(head) = reply::read(frame) else {
                return Err(std::io::Error::from(ErrorKind::InvalidData).into());
            };
            if !head.is_response() {
                continue;
            }
            let Some(flight) = self.flights.land(head.opaque) else {
                self.pulled.faults += 1;
                continue;
            };
            let index = usize::try_from(flight.queue).unwrap_or(usize::MAX);
            let Some(cursor) = self.cursors.get_mut(index) else { continue };
            let waited = now.saturating_sub(flight.due).max(1);
            self.pulled.measured.latency.saturating_record(waited);
            take(&head, cursor, flight.queue, now, &mut self.pulled, see);
        }
        self.ask_again(self.clock.now())
    }
}

/// Takes one answer, and says through the cursor when to ask again.
fn take(
    head: &Head<'_>,
    cursor: &mut Cursor,
    queue: u32,
    now: u64,
    pulled: &mut Pulled,
    see: &mut dyn FnMut(u32, &Record<'_>),
) {
    match head.code {
        0 => {
            pulled.pulls += 1;
            pulled.bytes += u64::try_from(head.body.len()).unwrap_or(0);
            for record in Records::new(head.body) {
                let Ok(record) = record else {
                    pulled.faults += 1;
                    break;
                };
                // Positions of a queue have no gaps.
                pulled.faults += u64::from(record.offset != cursor.next);
                pulled.measured.answered += 1;
                cursor.next = record.offset + 1;
                cursor.moved = now;
                see(queue, &record);
            }
            cursor.again = Some(now);
        }
        RETRY_AT_ONCE => {
            cursor.next = head.next.unwrap_or(cursor.next).max(cursor.next);
            cursor.again = Some(now);
        }
        NOT_FOUND => cursor.again = Some(now + AGAIN_AFTER),
        _ => {
            pulled.faults += 1;
            cursor.end = cursor.next;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::record;

    fn cursor() -> Cursor {
        Cursor { next: 5, end: 10, lane: 0, again: None, moved: 0 }
    }

    fn nothing() -> Pulled {
        Pulled { measured: Measured::new().unwrap(), pulls: 0, bytes: 0, faults: 0, missing: 0 }
    }

    fn stored(offset: i64) -> Vec<u8> {
        record::encode(&Record {
            queue: 0,
            offset,
            physical: 0,
            sys_flag: 0,
            born_ms: 0,
            stored_ms: 0,
            reconsume_times: 0,
            body: b"b",
            topic: b"t",
            properties: b"",
        })
    }

    /// Takes an answer; yields the queue's next position, when it is asked again, and the faults.
    fn taken(code: i32, next: Option<i64>, body: &[u8]) -> (i64, Option<u64>, u64) {
        let (mut cursor, mut pulled) = (cursor(), nothing());
        let head = Head { code, next, body, ..Head::default() };
        take(&head, &mut cursor, 0, 1_000, &mut pulled, &mut |_, _| {});
        (cursor.next, cursor.again, pulled.faults)
    }

    #[test]
    fn answers_move_the_queue() {
        let both = [stored(5), stored(6)].concat();
        assert_eq!(taken(0, Some(7), &both), (7, Some(1_000), 0));
        assert_eq!(taken(RETRY_AT_ONCE, Some(9), b""), (9, Some(1_000), 0));
        assert_eq!(taken(NOT_FOUND, Some(5), b""), (5, Some(1_000 + AGAIN_AFTER), 0));
        assert_eq!(taken(1, None, b""), (5, None, 1));
    }

    #[test]
    fn gaps_repeats_and_broken_records_are_faults() {
        assert_eq!(taken(0, Some(7), &stored(6)).2, 1);
        assert_eq!(taken(0, Some(7), &[stored(5), stored(5)].concat()).2, 1);
        assert_eq!(taken(0, Some(7), &stored(5)[1..]).2, 1);
    }
}
