//! What the outside world knows of a store, and what must therefore be there after a crash.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::time::Duration;

use ringmq_sim::message::record::{Check, Record};
use ringmq_sim::rt::clock::{self, Instant};
use ringmq_sim::rt::sim::Machine;
use ringmq_sim::store::{
    Appended, Arrival, Fetch, Fetched, GetStatus, Listener, Payload, Poison, Shard,
};
use ringmq_sim::units::{QueueOffset, ShardId};

use crate::work::FLUSH_INTERVAL;

/// What an acknowledgement may be old at most and yet be lost with the power, if writes are synced
/// later: the interval, and what three syncs of some segments each take at worst.
pub const ASYNC_LOSS: Duration = FLUSH_INTERVAL.saturating_add(Duration::from_millis(6));

/// A queue.
pub type Queue = (String, i32);

/// A message that was sent, whatever became of it.
#[derive(Clone, Debug)]
pub struct Sent {
    pub queue: Queue,
    pub body: Vec<u8>,
    pub properties: Vec<u8>,
    pub appended: Appended,
}

/// Keeps the books. What a process says after it was cut off is heard by nobody.
pub struct Witness {
    pub machine: Rc<Machine>,
    pub sent: RefCell<Vec<Sent>>,
    /// For each queue, by offset, what was sent there.
    queues: RefCell<BTreeMap<Queue, Vec<usize>>>,
    /// By number in `sent`: when it was acknowledged.
    pub acked: RefCell<BTreeMap<u64, Instant>>,
    /// How many messages of each queue a consumer may have got.
    seen: RefCell<BTreeMap<Queue, i64>>,
    /// Acknowledged by a process that was killed before it had to sync, and not taken over since.
    unsynced: RefCell<BTreeSet<u64>>,
    pub refused: RefCell<BTreeSet<u64>>,
    pub poison: RefCell<Option<Poison>>,
    /// Clean-up has removed the log up to the first byte, durably, and begun to up to the second.
    removed: Cell<(u64, u64)>,
    /// Queues whose removal has begun, with what was sent there before: they may begin anew.
    expiring: RefCell<BTreeMap<Queue, Vec<usize>>>,
}

impl Witness {
    pub fn new(machine: &Rc<Machine>) -> Rc<Self> {
        Rc::new(Self {
            machine: Rc::clone(machine),
            sent: RefCell::default(),
            queues: RefCell::default(),
            acked: RefCell::default(),
            seen: RefCell::default(),
            unsynced: RefCell::default(),
            refused: RefCell::default(),
            poison: RefCell::default(),
            removed: Cell::default(),
            expiring: RefCell::default(),
        })
    }

    /// A message was appended; the number to leave as its acknowledgement.
    pub fn sent(&self, sent: Sent) -> u64 {
        let mut all = self.sent.borrow_mut();
        let number = all.len();
        let mut queues = self.queues.borrow_mut();
        let queue = queues.entry(sent.queue.clone()).or_default();
        if sent.appended.queue_offset.0 == 0 && self.expiring.borrow().contains_key(&sent.queue) {
            let left =
                |number: &usize| all[*number].appended.physical.local() >= self.removed.get().1;
            assert!(!queue.iter().any(left), "{:?} begins anew, and has messages", sent.queue);
            queue.clear();
            self.seen.borrow_mut().remove(&sent.queue);
        }
        assert_eq!(sent.appended.queue_offset.0, queue.len() as i64, "offsets have no gaps");
        queue.push(number);
        all.push(sent);
        number as u64
    }

    /// A new process begins: what is refused or poisoned is so no more.
    pub fn new_life(&self) {
        self.refused.borrow_mut().clear();
        *self.poison.borrow_mut() = None;
    }

    /// A process that syncs what it has acknowledged within `age` has come to its end.
    ///
    /// Nothing of that kind matters where each write is synced.
    pub fn died(&self, age: Duration, now: Instant) {
        let acked = self.acked.borrow();
        let young = acked.iter().filter(|(_, acked)| now.since(**acked) <= age);
        self.unsynced.borrow_mut().extend(young.map(|(number, _)| *number));
    }

    /// A process has taken over what there was: it counts as stored, and is durable.
    pub fn taken_over(&self) {
        self.unsynced.borrow_mut().clear();
    }

    /// Power was lost: what was not synced was not promised to be there.
    pub fn forget_unsynced(&self) {
        let unsynced = std::mem::take(&mut *self.unsynced.borrow_mut());
        self.acked.borrow_mut().retain(|number, _| !unsynced.contains(number));
        self.seen.borrow_mut().clear();
    }

    /// Clean-up is about to remove the log up to byte `end`.
    pub fn removing(&self, end: u64) {
        let (gone, going) = self.removed.get();
        self.removed.set((gone, going.max(end)));
    }

    /// It has.
    pub fn removed(&self, end: u64) {
        if !self.machine.is_cut() {
            self.removed.set((end, self.removed.get().1));
        }
    }

    /// Clean-up is about to remove the queues that nothing is left of: those.
    pub fn expiring(&self, shard: &Shard<u64>) -> Vec<Queue> {
        let queues = self.queues.borrow();
        let left = |numbers: &Vec<usize>| self.gone(numbers, shard.log_start()) < numbers.len();
        let expired = queues.iter().filter(|(_, numbers)| !numbers.is_empty() && !left(numbers));
        let expired = expired.map(|(queue, numbers)| (queue.clone(), numbers.clone()));
        let expired: BTreeMap<Queue, Vec<usize>> = expired.collect();
        self.expiring.borrow_mut().extend(expired.clone());
        expired.into_keys().collect()
    }

    /// It has, but for those that were sent to before their turn came.
    pub fn expired(&self, expired: Vec<Queue>) {
        if self.machine.is_cut() {
            return;
        }
        let mut queues = self.queues.borrow_mut();
        for queue in expired {
            let before = self.expiring.borrow_mut().remove(&queue).unwrap_or_default();
            let numbers = queues.entry(queue.clone()).or_default();
            if *numbers == before {
                numbers.clear();
                self.seen.borrow_mut().remove(&queue);
            }
        }
    }

    /// How many of `numbers`, which are in the order of the log, lie before byte `log_start`.
    fn gone(&self, numbers: &[usize], log_start: u64) -> usize {
        let sent = self.sent.borrow();
        numbers.partition_point(|number| sent[*number].appended.physical.local() < log_start)
    }

    /// Tells, by what is there, whether queues are removed whose removal was cut short. Those that
    /// are may yet come back with the next loss of power.
    fn decide_expired(&self, shard: &Shard<u64>) {
        let mut queues = self.queues.borrow_mut();
        self.expiring.borrow_mut().retain(|queue, before| {
            let numbers = queues.entry(queue.clone()).or_default();
            let there = shard.range(&queue.0, queue.1).map(|(min, max)| (min.0, max.0));
            if numbers.starts_with(before) {
                // It did not begin anew before the stop.
                if numbers == before && there.is_none() {
                    numbers.clear();
                    self.seen.borrow_mut().remove(queue);
                    return true;
                }
                return false;
            }
            let begins = self.gone(numbers, shard.log_start()) as i64;
            if there.is_some_and(|(min, max)| min > begins && max == before.len() as i64) {
                // It has the numbers before: none of the new ones counted as stored.
                let acked = self.acked.borrow();
                let mut new = numbers[begins as usize..].iter();
                assert!(!new.any(|number| acked.contains_key(&(*number as u64))), "{queue:?}");
                numbers.clone_from(before);
                return false;
            }
            true
        });
    }

    /// Compares a store with the books: what was acknowledged is there, once, at its place, with
    /// every byte; so is what a consumer may have got; what else there is was sent, and in that
    /// order. Of what clean-up may remove, each queue lacks what lies before the log, and only
    /// that. From then on the books say what is there.
    pub async fn check(&self, shard: &Shard<u64>) {
        self.decide_expired(shard);
        let log_start = shard.log_start();
        let (gone, going) = self.removed.get();
        assert!(gone <= log_start && log_start <= going, "{gone} <= {log_start} <= {going}");
        self.removed.set((log_start, log_start));
        let mut queues = self.queues.borrow().clone();
        let mut missing_from = u64::MAX;
        let mut found_to = 0;
        for (queue, numbers) in &mut queues {
            let min = self.gone(numbers, log_start);
            let found = records(shard, queue, min as i64).await;
            let sent = self.sent.borrow();
            let end = min + found.len();
            assert!(end <= numbers.len(), "{queue:?} has more than was sent");
            for (bytes, number) in found.iter().zip(&numbers[min..]) {
                compare(bytes, &sent[*number], *number);
                found_to = found_to.max(sent[*number].appended.record_end);
            }
            let seen = self.seen.borrow().get(queue).copied().unwrap_or(0);
            assert!(end as i64 >= seen, "{queue:?}: {end} of {seen} seen");
            for number in numbers.split_off(end) {
                let lost = &sent[number].appended;
                let acked = self.acked.borrow().contains_key(&(number as u64));
                assert!(!acked, "acknowledged and gone: message {number}, {lost:?} of {queue:?}");
                missing_from = missing_from.min(lost.physical.local());
            }
            let range = shard.range(&queue.0, queue.1).map_or((0, 0), |(min, max)| (min.0, max.0));
            assert_eq!(range, (min as i64, end as i64), "range of {queue:?}");
        }
        assert!(found_to <= missing_from, "a hole in the log at {missing_from}");
        for topic in shard.topics() {
            for (id, min, max) in shard.queues(&topic) {
                let known = queues.contains_key(&(topic.clone(), id));
                assert!(known || (min.0, max.0) == (0, 0), "{topic} {id} was never sent to");
            }
        }
        let acked: Vec<u64> = self.acked.borrow().keys().copied().collect();
        for number in acked {
            let sent = self.sent.borrow()[number as usize].clone();
            if sent.appended.physical.local() < log_start {
                self.acked.borrow_mut().remove(&number);
                continue;
            }
            let bytes = shard.record_at(sent.appended.physical).await.unwrap();
            compare(&bytes.expect("an acknowledged record"), &sent, number as usize);
        }
        *self.queues.borrow_mut() = queues;
    }
}

fn compare(bytes: &[u8], sent: &Sent, number: usize) {
    let (record, len) = Record::decode(bytes, Check::Checksum).expect("a sound record");
    let appended = sent.appended;
    assert_eq!(len, bytes.len());
    assert_eq!(record.queue_offset, appended.queue_offset, "message {number}");
    assert_eq!(record.physical_offset, appended.physical, "message {number}");
    assert_eq!((record.topic, record.queue_id), (sent.queue.0.as_str(), sent.queue.1));
    assert!(record.body == sent.body, "body of message {number}");
    assert!(record.properties == sent.properties, "properties of message {number}");
    assert_eq!(record.stored_at, appended.stored_at, "message {number}");
}

/// All records of a queue from its first message on, as a consumer gets them.
async fn records(shard: &Shard<u64>, (topic, queue_id): &Queue, min: i64) -> Vec<Vec<u8>> {
    let mut records: Vec<Vec<u8>> = Vec::new();
    loop {
        let offset = QueueOffset(min + records.len() as i64);
        let (count_max, bytes_max) = (32, u64::MAX);
        let fetch = Fetch { topic, queue_id: *queue_id, offset, count_max, bytes_max };
        let fetched = shard.get(fetch, &|_: i64| true).await.unwrap();
        if fetched.status != GetStatus::Found {
            let ends = [GetStatus::OffsetOverflowOne, GetStatus::NoMessageInQueue];
            let range = shard.range(topic, *queue_id);
            let status = fetched.status;
            assert!(
                ends.contains(&status),
                "{status:?} at {topic} {queue_id} {offset:?}, {range:?}"
            );
            return records;
        }
        let bytes = bytes_of(&fetched).await;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (_, len) = Record::decode(rest, Check::Checksum).expect("sound records");
            let (record, more) = rest.split_at(len);
            records.push(record.to_vec());
            rest = more;
        }
        assert_eq!(min + records.len() as i64, fetched.next.0);
    }
}

async fn bytes_of(fetched: &Fetched) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in &fetched.parts {
        match part {
            Payload::Memory(memory) => bytes.extend_from_slice(memory),
            Payload::File { file, offset, len } => {
                bytes.extend_from_slice(&file.read_at(*len as usize, *offset).await.unwrap());
            }
        }
    }
    bytes
}

impl Listener<u64> for Witness {
    fn acked(&self, acks: Vec<u64>) {
        if self.machine.is_cut() {
            return;
        }
        assert!(self.poison.borrow().is_none(), "acknowledged after a failure");
        let now = clock::now();
        self.acked.borrow_mut().extend(acks.into_iter().map(|ack| (ack, now)));
    }

    fn arrived(&self, arrival: &Arrival) {
        if !self.machine.is_cut() {
            let queue = (arrival.topic.to_string(), arrival.queue_id);
            self.seen.borrow_mut().insert(queue, arrival.offset.0 + 1);
        }
    }

    fn poisoned(&self, poison: Poison, acks: Vec<u64>) {
        if !self.machine.is_cut() {
            if self.poison.borrow_mut().replace(poison).is_none() {
                // From here on nothing is synced any more.
                self.died(ASYNC_LOSS, clock::now());
            }
            self.refused.borrow_mut().extend(acks);
        }
    }

    fn room(&self, _shard: ShardId) {}
}
