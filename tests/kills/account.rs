//! The books of the outside world, and their comparison with the broker.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fmt, fs};

use ringmq::message::record::Record;

use crate::load::{Connection, QUEUES, body_of};

/// What a sender, or a consumer, was told of a message.
#[derive(Clone, Debug)]
pub struct Told {
    /// The queue.
    pub queue: usize,
    /// The ordinal it has there.
    pub offset: u64,
    /// Where its record starts.
    pub physical: u64,
    /// Its text.
    pub body: Vec<u8>,
}

/// Something that cannot be taken back.
pub enum Event {
    /// A send was acknowledged.
    Acked(Told),
    /// A consumer has got a message.
    Seen(Told),
}

/// All that was acknowledged or seen, over all kills.
#[derive(Default)]
pub struct Account {
    acked: Vec<Told>,
    seen: BTreeMap<(usize, u64), Told>,
    stored: [u64; QUEUES],
    removed: u64,
}

impl Account {
    /// Takes note.
    pub fn note(&mut self, event: Event) {
        match event {
            Event::Acked(told) => self.acked.push(told),
            Event::Seen(told) => {
                let place = (told.queue, told.offset);
                let before = self.seen.insert(place, told);
                assert!(before.is_none(), "{place:?} is given out once per round");
            }
        }
    }

    /// Where a consumer goes on that has seen everything so far.
    pub fn next_offsets(&self) -> [u64; QUEUES] {
        self.stored
    }

    /// Reads every queue from its first message to its end and compares. What was acknowledged or
    /// seen may be missing if its record lies before the log, and only then.
    pub fn check(&mut self, port: u16, store: &Path) {
        let starts = log_starts(store);
        let mut connection = Connection::new(port).unwrap();
        let mut texts: BTreeMap<Vec<u8>, (usize, u64, u64)> = BTreeMap::new();
        let mut first = [0; QUEUES];
        for (queue, first) in first.iter_mut().enumerate() {
            let (min, max) = connection.range(queue);
            let mut next = min;
            while next < max {
                let (bytes, _) = connection.pull(queue, next).unwrap();
                assert!(!bytes.is_empty(), "no messages at {next} of {min} to {max}");
                for (record, body) in records(&bytes) {
                    assert_eq!(record.queue_offset.0, i64::try_from(next).unwrap(), "a gap");
                    assert_eq!(body, body_of(&body), "every byte of it");
                    let physical = record.physical_offset.0;
                    let start = starts.get(&(physical >> 48)).expect("a shard of the store");
                    assert!(physical >= *start, "{queue} {next} points before its log");
                    let other = texts.insert(body, (queue, next, physical));
                    assert_eq!(other, None, "stored twice, also at {queue} {next}");
                    next += 1;
                }
            }
            assert_eq!(next, max, "end of queue {queue}");
            (*first, self.stored[queue]) = (min, max);
        }
        for told in self.acked.iter().chain(self.seen.values()) {
            if told.physical < *starts.get(&(told.physical >> 48)).expect("a shard") {
                assert!(told.offset < first[told.queue], "before the log: {told:?}");
                continue;
            }
            let place = (told.queue, told.offset, told.physical);
            assert_eq!(texts.get(&told.body), Some(&place), "acknowledged or seen: {told:?}");
        }
        self.removed = log_bytes_removed(store);
    }

    /// How many bytes of log were removed so far.
    pub fn removed(&self) -> u64 {
        self.removed
    }
}

/// How many bytes of log are removed.
pub fn log_bytes_removed(store: &Path) -> u64 {
    log_starts(store).values().map(|start| start & ((1 << 48) - 1)).sum()
}

/// The first byte of the log of each shard, by the names of segments.
fn log_starts(store: &Path) -> BTreeMap<u64, u64> {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let shards = entries(store).map(|entry| entry.path().join("commitlog"));
    let logs: Vec<PathBuf> = shards.chain([store.join("commitlog")]).collect();
    let first = |log: &PathBuf| {
        let names = entries(log).map(|entry| entry.file_name().into_string().unwrap());
        names.map(|name| name.parse::<u64>().unwrap()).min()
    };
    logs.iter().filter_map(first).map(|start| (start >> 48, start)).collect()
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
        let (acked, seen, removed) = (self.acked.len(), self.seen.len(), self.removed);
        write!(out, "{acked} acknowledged, {seen} seen, {stored} stored, {removed} bytes removed")
    }
}
