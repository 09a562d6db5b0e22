//! Transactional messages (spec G; Java: `TransactionalMessageServiceImpl` and its neighbours).
//!
//! A prepared message is stored as a *half* message in a topic that nobody consumes. Its producer
//! ends it ([`end`]): the message is stored again for its real queue, or not, and an op record says
//! that the half message is done with ([`op`]). Those that nobody ends are asked about ([`check`]).
//!
//! Each shard has a half queue and an op queue of its own, and a half message lies in the shard of
//! its real queue. So half message, final message and op record of a transaction stand in one log,
//! in this order, and whatever a crash leaves of the log is a beginning of the story, not an
//! excerpt. With one shard that is Java's own layout: queue 0 of both topics.
//!
//! Invariant: a transaction ends once. Who ends, checks or gives it up takes it in the shard's
//! [`Table`] first; who finds it taken waits. When a broker starts, half messages without an op
//! record are looked for among the messages that were committed after them ([`recovery`]), so a
//! crash between a final message and its op record leaves no doubt either.
//!
//! Invariant: an end that is answered is stored: the final message of a commit, the op record of a
//! rollback.

mod check;
mod end;
mod half;
mod op;
mod records;
mod recovery;
mod resume;
mod table;
mod tally;

#[cfg(test)]
mod tests;

pub use end::receive;
pub use half::properties as half_properties;
pub use recovery::RecoveryError;
pub use resume::receive as receive_resume;
pub use tally::{Change, Tally};

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::broker::core::{CONTROL, Core, Ownership};
use crate::broker::put::{Stored, put};
use crate::broker::storage::Shard;
use crate::broker::transaction::op::OpMarks;
use crate::broker::transaction::table::{Table, Take};
use crate::message::properties::{Properties, REAL_TOPIC};
use crate::message::topic::{HALF_OP_TOPIC, HALF_TOPIC};
use crate::rt::event::Event;
use crate::rt::{clock, spawn};
use crate::store::{Arrival, Watch};
use crate::units::{QueueOffset, ShardId};

/// The consumer group under which it is kept how far half and op queues are settled, as Java does.
pub const GROUP: &str = "CID_RMQ_SYS_TRANS";

/// What is known of the transactions of one shard. Lives with the shard.
pub struct Ledger {
    half_queue: i32,
    op_queue: i32,
    table: RefCell<Table>,
    marks: RefCell<OpMarks>,
    tally: RefCell<Tally>,
    /// The table changed in a way that somebody may wait for.
    changed: Watch,
    /// There is an open half message.
    opened: Event,
    /// More is settled.
    moved: Event,
}

impl Ledger {
    /// Of a shard, before [`start`].
    pub fn new(ownership: Ownership, shard: ShardId) -> Self {
        Self {
            half_queue: ownership.queue_on(HALF_TOPIC, shard),
            op_queue: ownership.queue_on(HALF_OP_TOPIC, shard),
            table: RefCell::default(),
            marks: RefCell::default(),
            tally: RefCell::default(),
            changed: Watch::default(),
            opened: Event::new(),
            moved: Event::new(),
        }
    }

    /// A half message of the shard has become visible.
    pub fn arrived(&self, arrival: &Arrival) {
        self.table.borrow_mut().arrived(arrival.offset);
        self.opened.set();
    }

    /// A producer's half message with these properties was appended.
    pub fn begun(&self, properties: &[u8]) {
        if let Some(topic) = Properties::new(properties).get(REAL_TOPIC) {
            self.count(topic, 1);
        }
    }

    /// The number of open half messages of a topic changed.
    fn count(&self, topic: &str, by: i64) {
        self.tally.borrow_mut().note(topic, by, clock::wall_ms());
    }

    /// Whether so many half messages are open that no more are taken.
    pub fn is_full(&self) -> bool {
        self.table.borrow().is_full()
    }

    /// Takes a transaction by its first half record, once nobody else has it. `None`: it has ended.
    async fn take(&self, first: QueueOffset) -> Option<QueueOffset> {
        let take = || match self.table.borrow_mut().take(first) {
            Take::Taken(at) => Some(Some(at)),
            Take::Ended => Some(None),
            Take::Busy => None,
        };
        self.changed.until(take).await
    }

    fn give_back(&self, at: QueueOffset) {
        self.table.borrow_mut().give_back(at);
        self.changed.notify();
    }

    fn end(&self, at: QueueOffset) {
        self.table.borrow_mut().end(at);
        self.changed.notify();
    }

    fn renew(&self, old: QueueOffset, new: QueueOffset) {
        self.table.borrow_mut().renew(old, new);
        self.changed.notify();
    }

    /// Waits until an op record names the half record at `at`.
    async fn wait_written(&self, at: QueueOffset) {
        self.changed.until(|| (!self.table.borrow().holds(at)).then_some(())).await;
    }

    fn written(&self, batch: &[QueueOffset], stored: Stored) {
        self.table.borrow_mut().written(batch);
        if let Some(last) = batch.iter().max() {
            self.marks.borrow_mut().note(stored.queue_offset, *last);
        }
        self.changed.notify();
        self.moved.set();
    }

    /// Up to where half and op queue are settled.
    fn progress(&self) -> [QueueOffset; 2] {
        let settled = self.table.borrow().settled();
        [settled, self.marks.borrow_mut().settle(settled)]
    }
}

/// The shards of this core with their ledgers.
fn own(core: &Core) -> Vec<(Rc<Shard>, Rc<Ledger>)> {
    let rooms = core.rooms();
    rooms.into_iter().map(|room| (room.shard.clone(), room.transactions.clone())).collect()
}

/// How the numbers of open half messages changed in each shard of this core since the last call.
pub fn take_changes(core: &Core) -> Vec<BTreeMap<String, Change>> {
    own(core).into_iter().map(|(_, ledger)| ledger.tally.borrow_mut().take()).collect()
}

/// Finds out what became of the transactions in this core's shards, and takes care of them from
/// then on. Before any request comes in, when the control plane is there.
///
/// # Errors
/// The store cannot be read.
pub async fn start(core: &Rc<Core>) -> Result<(), RecoveryError> {
    for (shard, ledger) in own(core) {
        let offsets = recorded(core, &ledger).await;
        recovery::recover(&shard, &ledger, offsets).await?;
        let (with, of) = (core.clone(), ledger.clone());
        spawn::spawn(async move { write_ops(&with, &of).await }).detach();
        let (with, of) = (core.clone(), ledger.clone());
        spawn::spawn(async move { check::run(&with, &shard, &of).await }).detach();
        let with = core.clone();
        spawn::spawn(async move {
            loop {
                ledger.moved.wait().await;
                clock::sleep(with.config().groups.offsets_flush_interval).await;
                record(&with, &ledger).await;
            }
        })
        .detach();
    }
    Ok(())
}

/// Hands the control plane how far the queues of this core are settled, for the next start. To be
/// called when no request is in flight any more.
pub async fn stop(core: &Rc<Core>) {
    for (_, ledger) in own(core) {
        record(core, &ledger).await;
    }
}

async fn record(core: &Rc<Core>, ledger: &Ledger) {
    let [half, op] = ledger.progress();
    let offsets = [(HALF_TOPIC, ledger.half_queue, half), (HALF_OP_TOPIC, ledger.op_queue, op)];
    core.run_on(CONTROL, move |there| async move {
        let Some(control) = there.control() else { return };
        for (topic, queue, offset) in offsets {
            if offset.0 > control.offset(GROUP, topic, queue).unwrap_or(0) {
                control.commit_offset(GROUP, topic, queue, offset.0);
            }
        }
    })
    .await;
}

/// What [`record`] handed in last.
async fn recorded(core: &Rc<Core>, ledger: &Ledger) -> [Option<QueueOffset>; 2] {
    let queues = [(HALF_TOPIC, ledger.half_queue), (HALF_OP_TOPIC, ledger.op_queue)];
    core.run_on(CONTROL, move |there| async move {
        let control = there.control();
        queues.map(|(topic, queue)| control?.offset(GROUP, topic, queue).map(QueueOffset))
    })
    .await
}

/// Writes op records as long as the process runs.
async fn write_ops(core: &Rc<Core>, ledger: &Ledger) {
    loop {
        let bytes_max = || core.config().transactions.op_bytes_max;
        let take = || ledger.table.borrow_mut().take_ended(bytes_max());
        let batch = ledger.changed.until(take).await;
        match put(core, op::record(core, ledger.op_queue, &batch)).await {
            Ok(stored) => ledger.written(&batch, stored),
            Err(refusal) => {
                tracing::warn!(?refusal, "an op record is not stored; trying again");
                ledger.table.borrow_mut().put_back(batch);
                clock::sleep(op::PAUSE).await;
            }
        }
    }
}
