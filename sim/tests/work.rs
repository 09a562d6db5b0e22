//! Stores with tiny files, and what is done to them.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use ringmq_sim::config::frozen::{Frozen, Wanted};
use ringmq_sim::message::properties::Properties;
use ringmq_sim::rt::clock;
use ringmq_sim::rt::disk::SyncMethod;
use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::spawn::{Task, spawn};
use ringmq_sim::store::{
    AppendError, Flush, Layout, NewMessage, NewTagsCode, OpenError, Root, Settings, Shard,
};
use ringmq_sim::units::{ShardId, WallMillis};

use crate::witness::{Sent, Witness};

pub const SEGMENT_BYTES: u64 = 16 * 1024;
const QUEUE_FILE_BYTES: u64 = 200;
/// Between two syncs of a store that acknowledges before.
pub const FLUSH_INTERVAL: Duration = Duration::from_millis(3);

/// How a store is run.
#[derive(Clone, Copy, Debug)]
pub struct Mode {
    pub synced: bool,
    pub sync: SyncMethod,
    pub shards: u16,
    /// Are all records equally long? Then what a crash left behind the end of the log fits in
    /// again when the log has grown.
    pub same_length: bool,
    /// Are segments and queues removed that are old?
    pub cleaning: bool,
    /// Is there memory that outlives the process?
    pub kept: bool,
}

impl Mode {
    pub const SYNC: Self = Self {
        synced: true,
        sync: SyncMethod::DataSync,
        shards: 1,
        same_length: false,
        cleaning: false,
        kept: false,
    };
    pub const LINKED: Self = Self { sync: SyncMethod::WriteThenSync, ..Self::SYNC };
    pub const ASYNC: Self = Self { synced: false, ..Self::SYNC };
    pub const KEPT: Self = Self { kept: true, ..Self::ASYNC };
    pub const ALL: [Self; 4] = [Self::SYNC, Self::LINKED, Self::ASYNC, Self::KEPT];

    /// The same, and what is old is removed.
    pub fn with_clean_up(self) -> Self {
        Self { cleaning: true, ..self }
    }

    /// How many rounds of work a life of the history has that is cut off everywhere.
    pub fn rounds(self) -> u64 {
        if self.cleaning { 40 } else { 18 }
    }

    fn settings(self) -> Settings {
        let frozen = Frozen {
            shards: self.shards,
            commit_log_segment_bytes: SEGMENT_BYTES,
            consume_queue_file_bytes: QUEUE_FILE_BYTES,
        };
        let mut settings = Settings::new(root(), frozen);
        let flush = Flush::Async { interval: FLUSH_INTERVAL };
        settings.flush = if self.synced { Flush::Sync } else { flush };
        settings.sync = self.sync;
        settings.memory = self.kept.then(|| PathBuf::from("/memory"));
        settings.hot_bytes = 2 * SEGMENT_BYTES;
        settings.buffer_bytes = 4 * SEGMENT_BYTES;
        settings.record_bytes_max = 12 * 1024;
        settings.zero_ahead_bytes = 2 * SEGMENT_BYTES;
        settings.room_bytes = SEGMENT_BYTES;
        settings.index = Some(Layout { slots: 7, entries: 16 });
        settings.queue_flush_interval = Duration::from_millis(2);
        settings.checkpoint_interval = Duration::from_millis(5);
        // Of the few queues there are, one at a time, so that checkpoints find others unwritten.
        settings.queue_flushes = 1;
        settings.queue_lag_bytes = 2 * SEGMENT_BYTES;
        if self.synced && self.sync == SyncMethod::DataSync {
            settings.queue_syncs = 2;
        }
        settings
    }
}

pub fn root() -> PathBuf {
    Path::new("/data/store").to_owned()
}

/// An open store. The root goes last.
pub struct Store {
    pub shard: Rc<Shard<u64>>,
    mode: Mode,
    witness: Rc<Witness>,
    /// What removes something now, or was the last to.
    cleaner: RefCell<Option<Task<()>>>,
    closing: Rc<Cell<bool>>,
    _root: Root,
}

impl Store {
    pub async fn open(mode: Mode, witness: &Rc<Witness>) -> Result<Self, OpenError> {
        let settings = mode.settings();
        let wanted = Wanted {
            shards: Some(mode.shards),
            commit_log_segment_bytes: Some(SEGMENT_BYTES),
            consume_queue_file_bytes: Some(QUEUE_FILE_BYTES),
        };
        let root = Root::open(&settings.root, &wanted, 1).await?;
        witness.new_life();
        let last = ShardId(mode.shards - 1);
        let shard = Shard::open(settings, last, Rc::clone(witness) as Rc<_>).await?;
        witness.taken_over();
        let (cleaner, closing) = (RefCell::default(), Rc::default());
        Ok(Self { shard, mode, witness: Rc::clone(witness), cleaner, closing, _root: root })
    }

    /// Closes it; what is being removed may come before, after or in between.
    pub async fn close(&self) {
        self.closing.set(true);
        self.shard.close().await;
        self.no_cleaner().await;
    }

    /// Waits for the end of what removes something.
    async fn no_cleaner(&self) {
        let cleaner = self.cleaner.borrow_mut().take();
        if let Some(cleaner) = cleaner {
            cleaner.await;
        }
    }

    /// Removes something that is old, while others go on.
    async fn clean_up(&self, random: &mut Stream) {
        let expired = random.below(3) == 0;
        self.no_cleaner().await;
        let (shard, witness) = (Rc::clone(&self.shard), Rc::clone(&self.witness));
        let closing = Rc::clone(&self.closing);
        let cleaner = spawn(async move {
            match expired {
                true => remove_expired_queues(&shard, &witness, &closing).await,
                false => remove_oldest(&shard, &witness).await,
            }
        });
        self.cleaner.replace(Some(cleaner));
    }

    /// Appends a message of random length, whose content its number tells.
    pub fn append(&self, witness: &Witness, random: &mut Stream) -> Result<u64, AppendError> {
        let mut message = Draft::new(random, witness, self.mode);
        let appended = self.shard.append(&message.new_message())?;
        let number = message.note(appended, witness);
        self.shard.on_commit(appended.record_end, number);
        Ok(number)
    }

    /// Appends several at once.
    pub fn append_all(&self, witness: &Witness, random: &mut Stream) -> Result<(), AppendError> {
        let mut drafts: Vec<Draft> =
            (0..1 + random.below(5)).map(|_| Draft::new(random, witness, self.mode)).collect();
        let messages: Vec<NewMessage<'_>> = drafts.iter().map(Draft::new_message).collect();
        let appended = self.shard.append_all(&messages)?;
        drop(messages);
        for (draft, appended) in drafts.iter_mut().zip(appended) {
            let number = draft.note(appended, witness);
            self.shard.on_commit(appended.record_end, number);
        }
        Ok(())
    }
}

/// Removes the oldest segment, if there is one that may go.
async fn remove_oldest(shard: &Shard<u64>, witness: &Witness) {
    let Ok(Some(oldest)) = shard.oldest_segment().await else { return };
    let end = oldest.start.local() + SEGMENT_BYTES;
    witness.removing(end);
    if shard.remove_oldest(oldest).await.is_ok_and(|gone| gone) {
        witness.removed(end);
    }
}

/// Removes the queues that nothing is left of.
async fn remove_expired_queues(shard: &Shard<u64>, witness: &Witness, closing: &Cell<bool>) {
    let expired = witness.expiring(shard);
    let removed = shard.remove_expired_queues(|_| false).await;
    // None by one that is closing.
    if removed.is_ok() && !closing.get() {
        witness.expired(expired);
    }
}

/// A message before it has its place.
struct Draft {
    queue: (String, i32),
    body: Vec<u8>,
    properties: Vec<u8>,
}

impl Draft {
    fn new(random: &mut Stream, witness: &Witness, mode: Mode) -> Self {
        let number = witness.sent.borrow().len() as u64;
        // Queues that nobody sends to for a while, so that nothing is left of some.
        let resting = if mode.cleaning { number / 16 % 4 * 2 } else { 0 };
        let queue = (format!("T{}", resting + random.below(2)), random.below(2) as i32);
        let len = match random.below(8) {
            _ if mode.same_length => 700,
            0 => random.below(9_000),
            1 => 0,
            2..4 => random.below(1_500),
            _ => random.below(200),
        };
        let salt = random.below(1 << 32);
        let pattern = [number.to_be_bytes(), salt.to_be_bytes()].concat();
        let body: Vec<u8> = pattern.iter().copied().cycle().take(len as usize).collect();
        let mut properties = format!("KEYS\u{1}k{number:04}-{salt:010}");
        if !mode.same_length && random.below(6) == 0 {
            properties += "\u{2}long\u{1}";
            properties.extend(std::iter::repeat_n('x', random.below(2_500) as usize));
        }
        Self { queue, body, properties: properties.into_bytes() }
    }

    fn new_message(&self) -> NewMessage<'_> {
        let host = std::net::SocketAddr::from(([127, 0, 0, 1], 10911)).into();
        NewMessage {
            topic: &self.queue.0,
            queue_id: self.queue.1,
            flag: 0,
            sys_flag: 0,
            born_at: WallMillis(1),
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: &self.body,
            properties: &self.properties,
            tags_code: NewTagsCode::Hash(0),
        }
    }

    fn note(&mut self, appended: ringmq_sim::store::Appended, witness: &Witness) -> u64 {
        debug_assert!(Properties::new(&self.properties).get("KEYS").is_some());
        let (queue, body) = (self.queue.clone(), std::mem::take(&mut self.body));
        let properties = std::mem::take(&mut self.properties);
        witness.sent(Sent { queue, body, properties, appended })
    }
}

/// Some rounds of sends, with pauses in which the background has its turn. Ends early if the
/// shard takes nothing any more.
pub async fn some_work(store: &Store, witness: &Witness, random: &mut Stream, rounds: u64) {
    for _ in 0..rounds {
        let several = random.below(3) == 0;
        loop {
            let outcome = match several {
                true => store.append_all(witness, random),
                false => store.append(witness, random).map(|_| ()),
            };
            match outcome {
                // More room is asked for; the answer is on its way.
                Err(AppendError::Busy) => clock::sleep(Duration::from_millis(1)).await,
                Ok(()) | Err(AppendError::Full { .. }) => break,
                Err(AppendError::Poisoned) => return,
                Err(error) => panic!("{error}"),
            }
        }
        if store.mode.cleaning && random.below(3) == 0 {
            store.clean_up(random).await;
        }
        match random.below(8) {
            0 => clock::sleep(Duration::from_millis(random.below(8))).await,
            1..4 => {
                let end = witness.sent.borrow().last().map_or(0, |last| last.appended.record_end);
                let _poisoned = store.shard.wait_committed(end).await;
            }
            _ => {}
        }
    }
}

/// Two lives of a store, each closed: the history that is cut off everywhere.
pub async fn two_lives(mode: Mode, seed: u64, witness: Rc<Witness>) {
    let mut random = Stream::new(seed);
    for _ in 0..2 {
        let Ok(store) = Store::open(mode, &witness).await else { return };
        some_work(&store, &witness, &mut random, mode.rounds()).await;
        store.close().await;
        if witness.poison.borrow().is_some() {
            // The process ends then.
            return;
        }
    }
}
