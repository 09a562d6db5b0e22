//! One level: what is due is delivered, in the order it was stored.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::delay::Progress;
use crate::broker::names::SCHEDULE_GROUP;
use crate::broker::put::{self, Inside, Putting, put};
use crate::broker::storage::Shard;
use crate::limits::{DELAY_DELIVERIES_MAX, DELAY_DELIVERY_BYTES_MAX};
use crate::message::properties::{Properties, REAL_QID, REAL_TOPIC, TAGS};
use crate::message::record::{Check, Record};
use crate::message::tag;
use crate::message::topic::{HALF_TOPIC, SCHEDULE_TOPIC};
use crate::rt::clock::{self, Instant};
use crate::rt::event::Event;
use crate::store::{NewTagsCode, ReadError, Unit};
use crate::units::QueueOffset;

/// The longest sleep while something waits: the wall clock may have been set meanwhile.
const CLOCK_LOOK: Duration = Duration::from_secs(1);

/// The first pause after something failed (Java: `DELAY_FOR_A_WHILE`). Each further one is longer
/// by as much.
const RETRY_AFTER: Duration = Duration::from_millis(100);

/// The longest pause after something failed (Java: `DELAY_FOR_A_PERIOD`).
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);

/// What others see of a level.
pub struct Level {
    number: i32,
    delay_ms: i64,
    /// Everything before this offset is delivered.
    delivered_to: Cell<i64>,
    deliveries: Cell<u64>,
    arrival: Event,
    stop: Event,
    stopping: Cell<bool>,
}

impl Level {
    /// A level of which everything before `from` is delivered.
    pub fn new(number: i32, delay_ms: i64, from: i64) -> Self {
        Self {
            number,
            delay_ms,
            delivered_to: Cell::new(from),
            deliveries: Cell::new(0),
            arrival: Event::new(),
            stop: Event::new(),
            stopping: Cell::new(false),
        }
    }

    /// Its queue in the schedule topic.
    pub fn queue(&self) -> i32 {
        self.number - 1
    }

    /// A message has become visible in its queue.
    pub fn arrived(&self) {
        self.arrival.set();
    }

    /// How far it has come, in a queue that ends at `max`.
    pub fn progress(&self, max: QueueOffset) -> Progress {
        Progress {
            level: self.number,
            offset: self.delivered_to.get(),
            max: max.0,
            deliveries: self.deliveries.take(),
        }
    }

    /// Lets its task end.
    pub fn stop(&self) {
        self.stopping.set(true);
        self.stop.set();
        self.arrival.set();
    }
}

/// The task of a level.
pub struct Run {
    level: Rc<Level>,
    core: Rc<Core>,
    shard: Rc<Shard>,
    /// The next message to deliver.
    next: i64,
    under_way: VecDeque<UnderWay>,
    under_way_bytes: usize,
    cap: Option<Cap>,
}

/// A message that is being stored under its real topic.
struct UnderWay {
    offset: i64,
    unit: Unit,
    topic: Arc<str>,
    born_at: i64,
    putting: Putting,
}

/// The clock was set back, or the level is shorter than it was: messages before offset `until`
/// wait until `at` at the longest.
#[derive(Clone, Copy)]
struct Cap {
    until: i64,
    at: Instant,
}

/// What a look at the queue says.
enum Look {
    /// These are due, the next one first; at least one.
    Due(Vec<Unit>),
    /// There is nothing.
    Empty,
    /// The next one waits for this long.
    Waits(Duration),
}

impl Run {
    /// Goes on where `level` stands. `shard` holds its queue.
    pub fn new(level: Rc<Level>, core: Rc<Core>, shard: Rc<Shard>) -> Self {
        let next = level.delivered_to.get();
        let under_way = VecDeque::new();
        Self { level, core, shard, next, under_way, under_way_bytes: 0, cap: None }
    }

    /// Delivers until the level is stopped.
    pub async fn until_stopped(mut self) {
        let mut failures = 0;
        while !self.level.stopping.get() {
            match self.turn().await {
                Ok(()) => failures = 0,
                Err(error) => {
                    failures += 1;
                    tracing::error!(level = self.level.number, %error, "cannot read what waits");
                    self.pause(failures).await;
                }
            }
        }
        self.settle().await;
    }

    /// Delivers what is due; when there is nothing, waits until something may be.
    async fn turn(&mut self) -> Result<(), ReadError> {
        match self.look().await? {
            Look::Due(units) => return self.deliver(&units).await,
            Look::Empty => {
                self.settle().await;
                self.level.arrival.wait().await;
            }
            Look::Waits(wait) => {
                self.settle().await;
                let _time_or_stop =
                    clock::timeout(wait.min(CLOCK_LOOK), self.level.stop.wait()).await;
            }
        }
        Ok(())
    }

    async fn look(&mut self) -> Result<Look, ReadError> {
        let queue = self.level.queue();
        let Some((min, max)) = self.shard.range(SCHEDULE_TOPIC, queue) else {
            return Ok(Look::Empty);
        };
        if self.next < min.0 || self.next > max.0 {
            self.settle().await;
            let offset = self.next.clamp(min.0, max.0);
            tracing::error!(
                level = self.level.number,
                from = self.next,
                to = offset,
                "the progress of a delay level lies outside of its queue: corrected"
            );
            self.next = offset;
            self.level.delivered_to.set(offset);
        }
        if self.next == max.0 {
            return Ok(Look::Empty);
        }
        let from = QueueOffset(self.next);
        let units = self.shard.units(SCHEDULE_TOPIC, queue, from, DELAY_DELIVERIES_MAX).await?;
        let mut due = Vec::new();
        let mut bytes = 0;
        let mut first_wait = RETRY_AFTER;
        for (offset, unit) in (self.next..).zip(units) {
            let wait = self.wait_of(offset, max.0, unit.tags_code);
            if due.is_empty() {
                first_wait = wait;
            }
            if !wait.is_zero() || bytes > DELAY_DELIVERY_BYTES_MAX {
                break;
            }
            bytes += unit.size as usize;
            due.push(unit);
        }
        Ok(if due.is_empty() { Look::Waits(first_wait) } else { Look::Due(due) })
    }

    /// How long a message that is due at `deliver_at` by the wall clock still waits. The queue
    /// ends at `max`.
    fn wait_of(&mut self, offset: i64, max: i64, deliver_at: i64) -> Duration {
        let ahead = deliver_at.saturating_sub(clock::wall_ms().0);
        if ahead <= self.level.delay_ms {
            return millis(ahead);
        }
        let now = clock::now();
        let cap = self.cap.filter(|cap| offset < cap.until);
        let cap = cap.unwrap_or(Cap { until: max, at: now + millis(self.level.delay_ms) });
        self.cap = Some(cap);
        cap.at.since(now)
    }

    async fn deliver(&mut self, units: &[Unit]) -> Result<(), ReadError> {
        let records = self.shard.records(units).await?;
        for (unit, record) in units.iter().zip(records) {
            while self.is_full() {
                self.settle_first().await;
            }
            if self.level.stopping.get() {
                return Ok(());
            }
            let message = record.as_ref().and_then(real);
            match message {
                Some(message) => {
                    self.under_way_bytes += unit.size as usize;
                    let (topic, born_at) = (message.topic.clone(), message.born_timestamp);
                    let putting = put(&self.core, message);
                    let (offset, unit) = (self.next, *unit);
                    self.under_way.push_back(UnderWay { offset, unit, topic, born_at, putting });
                }
                None => tracing::error!(
                    level = self.level.number,
                    offset = self.next,
                    is_there = record.is_some(),
                    "a delayed message has no record, or one without a real topic: passed over"
                ),
            }
            self.next += 1;
        }
        Ok(())
    }

    fn is_full(&self) -> bool {
        self.under_way.len() >= DELAY_DELIVERIES_MAX
            || self.under_way_bytes > DELAY_DELIVERY_BYTES_MAX
    }

    /// Waits until everything that is under way is stored.
    async fn settle(&mut self) {
        while !self.under_way.is_empty() {
            self.settle_first().await;
        }
        // What was passed over counts as well.
        self.level.delivered_to.set(self.next);
    }

    /// Waits until the first message under way is stored, however often that takes. When the
    /// level is stopped meanwhile, it and those behind it are left for the next start.
    async fn settle_first(&mut self) {
        let Some(first) = self.under_way.pop_front() else { return };
        let UnderWay { offset, unit, topic, born_at, putting } = first;
        let mut outcome = putting.await;
        let mut failures = 0;
        while let Err(refusal) = outcome {
            if self.level.stopping.get() {
                self.next = offset;
                self.under_way.clear();
                self.under_way_bytes = 0;
                return;
            }
            failures += 1;
            let remark = refusal.remark();
            tracing::warn!(level = self.level.number, offset, %remark, "a delivery is tried again");
            self.pause(failures).await;
            outcome = self.put_again(&unit).await.unwrap_or(Err(refusal));
        }
        self.under_way_bytes -= unit.size as usize;
        self.level.delivered_to.set(offset + 1);
        self.level.deliveries.update(|count| count + 1);
        let due_at = unit.tags_code;
        let late = millis(clock::wall_ms().0.saturating_sub(due_at));
        self.core.probe.delayed(&topic, millis(due_at.saturating_sub(born_at)), late);
        if self.core.config().delays.count_reads {
            self.core.probe.read_inside(SCHEDULE_TOPIC, SCHEDULE_GROUP, u64::from(unit.size));
        }
    }

    /// `None` if the record cannot be read now.
    async fn put_again(&self, unit: &Unit) -> Option<put::Result> {
        let records = self.shard.records(std::slice::from_ref(unit)).await.ok()?;
        let message = records.first()?.as_ref().and_then(real)?;
        Some(put(&self.core, message).await)
    }

    /// Waits after this many failures in a row; not when the level is stopped.
    async fn pause(&self, failures: u32) {
        let wait = RETRY_AFTER.saturating_mul(failures).min(RETRY_AFTER_MAX);
        let _time_or_stop = clock::timeout(wait, self.level.stop.wait()).await;
    }
}

/// None for what lies in the past.
fn millis(ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(ms).unwrap_or(0))
}

/// The message that a record of the schedule topic stands for; `None` if it names none, or claims
/// to be half of a transaction. As in Java (`messageTimeUp`), its properties stay as they are.
fn real(stored: &Bytes) -> Option<Inside> {
    let (record, _) = Record::decode(stored, Check::Shape).ok()?;
    let properties = Properties::new(record.properties);
    let topic = properties.get(REAL_TOPIC).filter(|topic| *topic != HALF_TOPIC)?;
    let queue = properties.get(REAL_QID)?.parse().ok().filter(|queue| *queue >= 0)?;
    Some(Inside {
        topic: topic.into(),
        queue,
        flag: record.flag,
        sys_flag: record.sys_flag,
        born_timestamp: record.born_at.0,
        born_host: record.born_host.into(),
        store_host: Some(record.store_host),
        reconsume_times: record.reconsume_times,
        prepared_transaction_offset: 0,
        properties: stored.slice_ref(record.properties),
        body: stored.slice_ref(record.body),
        tags_code: NewTagsCode::Hash(tag::tags_code(properties.get(TAGS))),
    })
}
