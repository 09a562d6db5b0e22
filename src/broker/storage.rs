//! The broker's shards: how they are opened, and what follows when one has stored something.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::{Rc, Weak};

use crate::broker::core::{CONTROL, Core, Ownership};
use crate::broker::delay;
use crate::broker::pull;
use crate::broker::send::{self, Ack, Prepared};
use crate::broker::transaction::Ledger;
use crate::config::broker::{BrokerConfig, FlushMode};
use crate::config::frozen::Frozen;
use crate::limits::RECORD_ENVELOPE_BYTES_MAX;
use crate::message::topic::{HALF_TOPIC, SCHEDULE_TOPIC};
use crate::rt::spawn;
use crate::store::{Arrival, FetchLimits, Flush, Layout, Listener, Poison, Settings};
use crate::units::ShardId;

/// A shard of the broker: what waits for it to store something is an [`Ack`].
pub type Shard = crate::store::Shard<Ack>;

/// A shard, and the sends that found no room in its memory. One core.
pub struct ShardRoom {
    /// The shard.
    pub shard: Rc<Shard>,
    /// In order. While there are any, later sends queue behind them.
    pub waiting: RefCell<VecDeque<Prepared>>,
    /// Appended and not answered yet.
    pub unanswered: Cell<usize>,
    /// The transactions whose messages are for queues of the shard.
    pub transactions: Rc<Ledger>,
}

impl ShardRoom {
    /// Nothing waits.
    pub fn new(shard: Rc<Shard>, ownership: Ownership) -> Self {
        let transactions = Rc::new(Ledger::new(ownership, shard.id()));
        Self { shard, waiting: RefCell::default(), unanswered: Cell::new(0), transactions }
    }

    /// Whether every send has been answered.
    pub fn is_settled(&self) -> bool {
        self.unanswered.get() == 0 && self.waiting.borrow().is_empty()
    }
}

/// Answers sends and wakes pulls as the shards of one core store things.
pub struct Follower {
    core: Weak<Core>,
}

impl Follower {
    /// Of the shards of `core`.
    pub fn new(core: &Rc<Core>) -> Self {
        Self { core: Rc::downgrade(core) }
    }
}

impl Listener<Ack> for Follower {
    fn acked(&self, acks: Vec<Ack>) {
        let Some(core) = self.core.upgrade() else { return };
        send::acknowledge(&core, acks);
    }

    fn arrived(&self, arrival: &Arrival) {
        let Some(core) = self.core.upgrade() else { return };
        if !core.waiting_pulls.is_empty() {
            pull::wake(&core, arrival);
        }
        if *arrival.topic == *SCHEDULE_TOPIC {
            core.schedule.arrived(arrival.queue_id);
        }
        if *arrival.topic == *HALF_TOPIC
            && let Some(room) = core.room_of(HALF_TOPIC, arrival.queue_id)
        {
            room.transactions.arrived(arrival);
        }
    }

    fn room(&self, shard: ShardId) {
        let Some(core) = self.core.upgrade() else { return };
        send::append_waiting_on(&core, shard);
    }

    fn poisoned(&self, poison: Poison, acks: Vec<Ack>) {
        let Some(core) = self.core.upgrade() else { return };
        tracing::error!(%poison, "a shard has failed: nothing more is acknowledged");
        send::refuse_unstored(&core, acks);
        spawn::spawn(async move {
            core.run_on(CONTROL, move |there| async move { there.fail(poison) }).await;
        })
        .detach();
    }
}

/// The settings of a store that was made with `frozen`.
pub fn settings(config: &BrokerConfig, frozen: Frozen) -> Settings {
    let pulls = &config.pulls;
    let defaults = Settings::new(config.store.root.clone(), frozen);
    Settings {
        flush: match config.store.flush {
            FlushMode::Sync => Flush::Sync,
            FlushMode::Async => Flush::Async { interval: config.store.flush_interval },
        },
        record_bytes_max: config.sends.body_bytes_max + RECORD_ENVELOPE_BYTES_MAX,
        queue_flush_interval: config.store.queue_flush_interval,
        index: config
            .store
            .index
            .map(|index| Layout { slots: index.slots, entries: index.entries }),
        fetch: FetchLimits {
            near_bytes: pulls.memory_bytes,
            near_count: pulls.memory_count_max,
            near_reply_bytes: pulls.memory_bytes_max as u64,
            far_count: pulls.disk_count_max,
            far_reply_bytes: pulls.disk_bytes_max as u64,
            scan_entries: u32::try_from(pulls.filter_bytes_max / 20).unwrap_or(u32::MAX),
        },
        tags_code: delay::tags_code(config.delays.levels.clone()),
        ..defaults
    }
}
