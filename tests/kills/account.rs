//! The books of the outside world, and their comparison with the broker.

use std::collections::BTreeMap;
use std::fmt;

use ringmq::message::record::Record;

use crate::load::{Connection, QUEUES, body_of};

/// What a sender was told.
#[derive(Clone, Debug)]
pub struct Acked {
    /// The queue.
    pub queue: usize,
    /// The ordinal it was given there.
    pub offset: u64,
    /// Its physical offset, from the message id.
    pub physical: u64,
    /// Its text.
    pub body: Vec<u8>,
}

/// Something that cannot be taken back.
pub enum Event {
    /// A send was acknowledged.
    Acked(Acked),
    /// A consumer has got a message: queue, ordinal, text.
    Seen(usize, u64, Vec<u8>),
}

/// All that was acknowledged or seen, over all kills.
#[derive(Default)]
pub struct Account {
    acked: Vec<Acked>,
    seen: BTreeMap<(usize, u64), Vec<u8>>,
    stored: [u64; QUEUES],
}

impl Account {
    /// Takes note.
    pub fn note(&mut self, event: Event) {
        match event {
            Event::Acked(acked) => self.acked.push(acked),
            Event::Seen(queue, offset, body) => {
                let before = self.seen.insert((queue, offset), body);
                assert_eq!(before, None, "{queue} {offset} is given out once per round");
            }
        }
    }

    /// Where a consumer goes on that has seen everything so far.
    pub fn next_offsets(&self) -> [u64; QUEUES] {
        self.stored
    }

    /// Reads every queue from its first message to its end and compares.
    pub fn check(&mut self, port: u16) {
        let mut connection = Connection::new(port).unwrap();
        let mut texts: BTreeMap<Vec<u8>, (usize, u64)> = BTreeMap::new();
        let mut physical = BTreeMap::new();
        for queue in 0..QUEUES {
            let mut next = 0;
            loop {
                let bytes = connection.pull(queue, next).unwrap();
                if bytes.is_empty() {
                    break;
                }
                for (record, body) in records(&bytes) {
                    assert_eq!(record.queue_offset.0, i64::try_from(next).unwrap(), "a gap");
                    assert_eq!(body, body_of(&body), "every byte of it");
                    let place = (queue, next);
                    let other = texts.insert(body, place);
                    assert_eq!(other, None, "stored twice, also at {place:?}");
                    physical.insert(place, record.physical_offset.0);
                    next += 1;
                }
            }
            assert_eq!(connection.max_offset(queue), next, "end of queue {queue}");
            self.stored[queue] = next;
        }
        for acked in &self.acked {
            let place = (acked.queue, acked.offset);
            assert_eq!(texts.get(&acked.body), Some(&place), "acknowledged: {acked:?}");
            assert_eq!(physical.get(&place), Some(&acked.physical), "acknowledged: {acked:?}");
        }
        for (place, body) in &self.seen {
            assert_eq!(texts.get(body), Some(place), "a consumer has got it");
        }
    }
}

/// The records of a pull's answer with their bodies, checksums compared.
pub fn records(bytes: &[u8]) -> Vec<(Record<'_>, Vec<u8>)> {
    let mut rest = bytes;
    let mut found = Vec::new();
    while !rest.is_empty() {
        let check = ringmq::message::record::Check::Checksum;
        let (record, len) = Record::decode(rest, check).expect("a sound record");
        found.push((record, record.body.to_vec()));
        rest = &rest[len..];
    }
    found
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stored: u64 = self.stored.iter().sum();
        write!(out, "{} acknowledged, {} seen, {stored} stored", self.acked.len(), self.seen.len())
    }
}
