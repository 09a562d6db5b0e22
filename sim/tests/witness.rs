//! What the outside world knows of a store, and what must therefore be there after a crash.

use std::cell::RefCell;
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
/// later: the interval, and what two syncs take at worst.
pub const ASYNC_LOSS: Duration = FLUSH_INTERVAL.saturating_add(Duration::from_millis(4));

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
    machine: Rc<Machine>,
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
        })
    }

    /// A message was appended; the number to leave as its acknowledgement.
    pub fn sent(&self, sent: Sent) -> u64 {
        let mut all = self.sent.borrow_mut();
        let number = all.len();
        let mut queues = self.queues.borrow_mut();
        let queue = queues.entry(sent.queue.clone()).or_default();
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

    /// Compares a store with the books: what was acknowledged is there, once, at its place, with
    /// every byte; so is what a consumer may have got; what else there is was sent, and in that
    /// order. From then on the books say what is there.
    pub async fn check(&self, shard: &Shard<u64>) {
        let mut queues = self.queues.borrow().clone();
        let mut missing_from = u64::MAX;
        let mut found_to = 0;
        for (queue, numbers) in &mut queues {
            let found = records(shard, queue).await;
            let sent = self.sent.borrow();
            assert!(found.len() <= numbers.len(), "{queue:?} has more than was sent");
            for (bytes, number) in found.iter().zip(numbers.iter()) {
                compare(bytes, &sent[*number], *number);
                found_to = found_to.max(sent[*number].appended.record_end);
            }
            let seen = self.seen.borrow().get(queue).copied().unwrap_or(0);
            assert!(found.len() as i64 >= seen, "{queue:?}: {} of {seen} seen", found.len());
            for number in numbers.split_off(found.len()) {
                let gone = &sent[number].appended;
                let acked = self.acked.borrow().contains_key(&(number as u64));
                assert!(!acked, "acknowledged and gone: message {number}, {gone:?} of {queue:?}");
                missing_from = missing_from.min(gone.physical.local());
            }
        }
        assert!(found_to <= missing_from, "a hole in the log at {missing_from}");
        for topic in shard.topics() {
            for (id, min, max) in shard.queues(&topic) {
                let known = queues.get(&(topic.clone(), id)).map_or(0, Vec::len);
                assert_eq!((min.0, max.0), (0, known as i64), "range of {topic} {id}");
            }
        }
        let acked: Vec<u64> = self.acked.borrow().keys().copied().collect();
        for number in acked {
            let sent = self.sent.borrow()[number as usize].clone();
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

/// All records of a queue, as a consumer gets them.
async fn records(shard: &Shard<u64>, (topic, queue_id): &Queue) -> Vec<Vec<u8>> {
    let mut records: Vec<Vec<u8>> = Vec::new();
    loop {
        let offset = QueueOffset(records.len() as i64);
        let (count_max, bytes_max) = (32, u64::MAX);
        let fetch = Fetch { topic, queue_id: *queue_id, offset, count_max, bytes_max };
        let fetched = shard.get(fetch, &|_: i64| true).await.unwrap();
        if fetched.status != GetStatus::Found {
            let ends = [GetStatus::OffsetOverflowOne, GetStatus::NoMessageInQueue];
            assert!(ends.contains(&fetched.status), "{:?} at {offset:?}", fetched.status);
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
        assert_eq!(records.len() as i64, fetched.next.0);
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
