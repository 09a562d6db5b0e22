//! Group commit: what was appended while one commit was under way is the next.

use std::rc::Rc;
use std::time::Duration;

use super::error::Poison;
use super::settings::Flush;
use super::shard::Shard;
use crate::rt::clock::{self, Instant};
use crate::rt::spawn::spawn;

impl<A: 'static> Shard<A> {
    /// Leaves an acknowledgement that is handed to [`super::Listener::acked`] once everything up
    /// to byte `record_end` of the shard's log counts as stored, or to
    /// [`super::Listener::poisoned`]. Acknowledgements are released in the order of these calls.
    pub fn on_commit(&self, record_end: u64, ack: A) {
        if let Some(poison) = self.poison() {
            self.listener.poisoned(poison, vec![ack]);
        } else if record_end <= self.committed() && self.acks.borrow().is_empty() {
            self.listener.acked(vec![ack]);
        } else {
            self.acks.borrow_mut().push_back((record_end, ack));
        }
    }

    /// Waits until everything up to byte `record_end` of the shard's log counts as stored.
    ///
    /// # Errors
    /// The shard was poisoned first.
    pub async fn wait_committed(&self, record_end: u64) -> Result<(), Poison> {
        self.progress
            .until(|| {
                if record_end <= self.committed() {
                    return Some(Ok(()));
                }
                self.poison().map(Err)
            })
            .await
    }

    /// Commits until the shard is closing and everything is committed, or it is poisoned.
    pub(super) async fn commit_loop(self: Rc<Self>) {
        loop {
            let more = self
                .arrival
                .until(|| {
                    let more = self.image.borrow().end() > self.committed();
                    (more || self.is_closing()).then_some(more)
                })
                .await;
            if !more {
                return;
            }
            let (from, began) = (self.committed(), clock::now());
            match self.write().await {
                Ok(end) => self.settle(from, end, began),
                Err(poison) => return self.set_poison(poison),
            }
        }
    }

    /// As [`Shard::commit_loop`], where memory outlives the process: what was appended counts as
    /// stored at once, and is written a while later.
    pub(super) async fn keep_loop(self: Rc<Self>) {
        let writer = spawn(Rc::clone(&self).write_loop());
        loop {
            let end = self
                .arrival
                .until(|| {
                    let end = self.image.borrow().end();
                    let over = self.is_closing() || self.poison().is_some();
                    (over || end > self.committed()).then_some(end)
                })
                .await;
            if self.poison().is_some() || end == self.committed() {
                break;
            }
            self.settle(self.committed(), end, clock::now());
            self.told_committed(end);
        }
        // A failure was told to the listener.
        let _poison = self.wait_written(self.committed()).await;
        writer.cancel().await;
    }

    /// Everything up to `end` counts as stored now; it was `from` before this commit began.
    fn settle(&self, from: u64, end: u64, began: Instant) {
        self.set_committed(end);
        if self.settings.flush == Flush::Sync {
            self.durable.set(end);
        }
        let mut arrivals = Vec::new();
        let start = {
            let mut image = self.image.borrow_mut();
            image.trim(self.settings.hot_bytes, self.written());
            image.start()
        };
        {
            let mut table = self.table.borrow_mut();
            table.publish(end, |arrival| arrivals.push(arrival));
            table.forget(start);
        }
        let records = arrivals.len() as u64;
        self.counts.borrow_mut().commit(end - from, records, began.elapsed());
        if self.is_pressing() {
            self.pressure.notify();
        }
        if end >= self.checkpoint_trigger.get() {
            self.grown.notify();
        }
        let acked = {
            let mut acks = self.acks.borrow_mut();
            let count = acks.iter().take_while(|(record_end, _)| *record_end <= end).count();
            acks.drain(..count).map(|(_, ack)| ack).collect::<Vec<A>>()
        };
        self.progress.notify();
        // Outside of any borrow: the listener may call back.
        if !acked.is_empty() {
            self.listener.acked(acked);
        }
        for arrival in &arrivals {
            self.listener.arrived(arrival);
        }
    }

    /// Syncs, every so often, what was only written.
    pub(super) async fn sync_loop(self: Rc<Self>, interval: Duration) {
        loop {
            clock::sleep(interval).await;
            if self.poison().is_some() {
                return;
            }
            if let Err(poison) = self.sync_log().await {
                self.set_poison(poison);
                return;
            }
        }
    }

    /// Makes everything durable that counts as stored now.
    ///
    /// # Errors
    /// It failed, now or before: the shard takes nothing any more.
    pub async fn sync(&self) -> Result<(), Poison> {
        if let Some(poison) = self.poison() {
            return Err(poison);
        }
        self.sync_log().await.inspect_err(|poison| self.set_poison(*poison))
    }

    /// As [`Shard::sync`], for those that see to the poison themselves.
    pub(super) async fn sync_log(&self) -> Result<(), Poison> {
        let _alone = self.syncing.pass().await;
        if let Some(poison) = self.poison() {
            return Err(poison);
        }
        let end = self.committed();
        self.wait_written(end).await?;
        let starts = std::mem::take(&mut *self.unsynced.borrow_mut());
        for start in starts {
            let failed = |error| Poison::new(self.id, "syncing the log", &error);
            let file = self.segments.file(start).await.map_err(failed)?;
            file.sync_data().await.map_err(failed)?;
        }
        self.durable.set(end.max(self.durable.get()));
        Ok(())
    }

    /// Stops the shard for good. What is left to be acknowledged never will be.
    pub(super) fn set_poison(&self, poison: Poison) {
        if self.poison().is_some() {
            return;
        }
        self.poisoned.set(Some(poison));
        let acks: Vec<A> = self.acks.borrow_mut().drain(..).map(|(_, ack)| ack).collect();
        self.progress.notify();
        self.arrival.notify();
        self.writing.more.notify();
        self.listener.poisoned(poison, acks);
    }
}
