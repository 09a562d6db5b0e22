//! What the tests of the store share: a core to run on, small settings, messages, and a reader.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::path::Path;
use std::rc::Rc;
use std::sync::mpsc;
use std::time::Duration;

use crate::config::frozen::Frozen;
use crate::message::record::{Check, Record};
use crate::rt::clock;
pub(crate) use crate::rt::scratch::in_memory as scratch;
use crate::rt::spawn::{Core, CorePlan, Cores, run_cores};
use crate::store::{
    AppendError, Appended, Arrival, Fetch, Fetched, Flush, GetStatus, Layout, Listener, NewMessage,
    NewTagsCode, Payload, Poison, Settings, Shard,
};
use crate::units::{QueueOffset, ShardId, WallMillis};

pub(crate) const SEGMENT_BYTES: u64 = 64 * 1024;
pub(crate) const QUEUE_FILE_BYTES: u64 = 200;

/// Runs `body` on a core of its own and returns what it returns.
pub(crate) fn on_core<T, F, B>(body: B) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
    B: FnOnce() -> F + Send + Clone + 'static,
{
    let (sender, receiver) = mpsc::channel();
    let plan = CorePlan::new(Cores::Count(1)).unwrap();
    run_cores(plan, move |_core: Core<()>| async move {
        sender.send(body().await).unwrap();
    })
    .unwrap();
    receiver.recv().unwrap()
}

/// One shard with tiny files.
pub(crate) fn settings(root: &Path) -> Settings {
    let frozen = Frozen {
        shards: 1,
        commit_log_segment_bytes: SEGMENT_BYTES,
        consume_queue_file_bytes: QUEUE_FILE_BYTES,
    };
    let mut settings = Settings::new(root.to_owned(), frozen);
    settings.flush = Flush::Sync;
    settings.hot_bytes = 256 * 1024;
    settings.buffer_bytes = 256 * 1024;
    settings.record_bytes_max = 48 * 1024;
    // More than all messages that memory can hold, so that a burst of appends finds room.
    settings.room_bytes = 1 << 20;
    settings.index = Some(Layout { slots: 7, entries: 64 });
    settings.queue_flush_interval = Duration::from_millis(5);
    settings.checkpoint_interval = Duration::from_millis(20);
    settings
}

/// What a shard told.
#[derive(Default)]
pub(crate) struct Heard {
    pub(super) acked: RefCell<Vec<u64>>,
    pub(super) arrived: RefCell<Vec<(String, i32, i64)>>,
    pub(super) refused: RefCell<Vec<u64>>,
    pub(super) poison: RefCell<Option<Poison>>,
    pub(super) rooms: Cell<u64>,
}

impl Listener<u64> for Heard {
    fn acked(&self, acks: Vec<u64>) {
        self.acked.borrow_mut().extend(acks);
    }

    fn arrived(&self, arrival: &Arrival) {
        let told = (arrival.topic.to_string(), arrival.queue_id, arrival.offset.0);
        self.arrived.borrow_mut().push(told);
    }

    fn room(&self, _shard: ShardId) {
        self.rooms.update(|rooms| rooms + 1);
    }

    fn poisoned(&self, poison: Poison, acks: Vec<u64>) {
        *self.poison.borrow_mut() = Some(poison);
        self.refused.borrow_mut().extend(acks);
    }
}

pub(crate) type TestShard = Rc<Shard<u64>>;

pub(crate) async fn open(settings: &Settings) -> (TestShard, Rc<Heard>) {
    let heard = Rc::new(Heard::default());
    let listener: Rc<dyn Listener<u64>> = heard.clone();
    let shard = Shard::open(settings.clone(), ShardId(0), listener).await.unwrap();
    (shard, heard)
}

/// A message of `topic` with this body.
pub(crate) fn message<'a>(topic: &'a str, queue_id: i32, body: &'a [u8]) -> NewMessage<'a> {
    let host = std::net::SocketAddr::from(([127, 0, 0, 1], 10911)).into();
    NewMessage {
        topic,
        queue_id,
        flag: 0,
        sys_flag: 0,
        born_at: WallMillis(1),
        born_host: host,
        store_host: host,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body,
        properties: b"",
        tags_code: NewTagsCode::Hash(0),
    }
}

/// Appends, when there is room, and waits until it counts as stored.
pub(crate) async fn store(shard: &TestShard, message: NewMessage<'_>) -> Appended {
    let appended = loop {
        match shard.append(&message) {
            // More room is asked for; the answer is on its way.
            Err(AppendError::Busy) => clock::sleep(Duration::from_millis(1)).await,
            appended => break appended.unwrap(),
        }
    };
    shard.wait_committed(appended.record_end).await.unwrap();
    appended
}

pub(crate) fn fetch_from(topic: &str, queue_id: i32, offset: i64) -> Fetch<'_> {
    let offset = QueueOffset(offset);
    Fetch { topic, queue_id, offset, count_max: 32, bytes_max: u64::MAX }
}

/// The bytes of a reply.
pub(crate) async fn bytes_of(fetched: &Fetched) -> Vec<u8> {
    let mut bytes = Vec::new();
    for part in &fetched.parts {
        match part {
            Payload::Memory(memory) => bytes.extend_from_slice(memory),
            Payload::File { file, offset, len } => {
                let read = file.read_at(usize::try_from(*len).unwrap(), *offset).await.unwrap();
                bytes.extend_from_slice(&read);
            }
        }
    }
    assert_eq!(bytes.len() as u64, fetched.bytes);
    bytes
}

/// Bodies of a whole queue, read by fetches, each record checked.
pub(crate) async fn bodies(shard: &TestShard, topic: &str, queue_id: i32) -> Vec<Vec<u8>> {
    let mut bodies = Vec::new();
    let Some((min, _)) = shard.range(topic, queue_id) else { return bodies };
    let mut next = min.0;
    loop {
        let fetched = shard.get(fetch_from(topic, queue_id, next), &|_: i64| true).await.unwrap();
        if fetched.status != GetStatus::Found {
            let ends = [GetStatus::OffsetOverflowOne, GetStatus::NoMessageInQueue];
            assert!(ends.contains(&fetched.status), "{:?} at {next}", fetched.status);
            return bodies;
        }
        let bytes = bytes_of(&fetched).await;
        let mut rest = &bytes[..];
        let mut offset = next;
        while !rest.is_empty() {
            let (record, len) = Record::decode(rest, Check::Checksum).unwrap();
            assert_eq!((record.topic, record.queue_id), (topic, queue_id));
            assert_eq!(record.queue_offset.0, offset);
            bodies.push(record.body.to_vec());
            rest = &rest[len..];
            offset += 1;
        }
        assert_eq!(offset, fetched.next.0);
        next = offset;
    }
}

/// Names and lengths of the files in a folder, sorted.
#[expect(clippy::disallowed_methods, reason = "a test looks at files from outside")]
pub(crate) fn files(folder: &Path) -> Vec<(String, u64)> {
    let mut found: Vec<(String, u64)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.file_type().unwrap().is_file())
        .map(|entry| (entry.file_name().into_string().unwrap(), entry.metadata().unwrap().len()))
        .collect();
    found.sort();
    found
}

/// Copies a folder with everything in it, holes included.
#[expect(clippy::disallowed_methods, reason = "a test makes the image of a crash")]
pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "a test damages a store")]
pub(crate) fn remove(path: &Path) {
    if path.is_dir() {
        std::fs::remove_dir_all(path).unwrap();
    } else {
        std::fs::remove_file(path).unwrap();
    }
}

#[expect(clippy::disallowed_methods, reason = "a test damages a store")]
pub(crate) fn write(path: &Path, content: &[u8]) {
    std::fs::write(path, content).unwrap();
}

#[expect(clippy::disallowed_methods, reason = "a test looks at files from outside")]
pub(crate) fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "a test lays out a store")]
pub(crate) fn make_folder(path: &Path) {
    std::fs::create_dir_all(path).unwrap();
}
