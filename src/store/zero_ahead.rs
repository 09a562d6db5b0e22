//! Keeping the log ahead of its end filled with zeros.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind::QuotaExceeded, ErrorKind::StorageFull};
use std::rc::Rc;

use tracing::warn;

use super::commitlog::Zeros;
use super::error::Poison;
use super::shard::Shard;
use crate::rt::buffer::BLOCK_BYTES;
use crate::rt::disk::Durability;

/// Zeros written at once.
const STEP_BYTES: u64 = 1 << 20;

impl<A: 'static> Shard<A> {
    /// Fills the log ahead of its end, as far as it grows: nothing before the first message, and
    /// then twice what this run has appended, up to the limit in the settings.
    pub(super) async fn zero_loop(self: Rc<Self>) {
        let limit = self.settings.zero_ahead_bytes;
        let step = STEP_BYTES.min(self.segments.segment_bytes());
        let zeros = usize::try_from(step).ok().and_then(Zeros::new);
        let Some(zeros) = zeros.filter(|_| limit > 0) else { return };
        let began = self.committed();
        let mut zeroed = began;
        self.zero_trigger.set(began + 1);
        loop {
            self.ahead
                .until(|| (self.image.borrow().end() >= self.zero_trigger.get()).then_some(()))
                .await;
            let end = self.image.borrow().end();
            let window = (2 * (end - began)).clamp(step.min(limit), limit);
            // Only where there is room: zeros must not be what finds the disk full.
            let target = (end + window).min(self.reserved.get());
            match self.zero_to(&zeros, &mut zeroed, target).await {
                Ok(()) => {}
                Err(error) if matches!(error.kind(), StorageFull | QuotaExceeded) => {
                    // Only slower without: the log itself says when there is no room.
                    warn!(shard = self.id.0, %error, "the log is no longer filled ahead");
                    return;
                }
                Err(error) => {
                    // The commit must not go on with a segment whose sync has failed here.
                    return self.set_poison(Poison::new(self.id, "filling the log ahead", &error));
                }
            }
            self.zero_trigger.set(zeroed.saturating_sub(window / 2).max(end + 1));
        }
    }

    /// Fills the log with zeros from `zeroed`, or its end, up to `target`, where room is reserved.
    async fn zero_to(&self, zeros: &Zeros, zeroed: &mut u64, target: u64) -> io::Result<()> {
        let mut written = BTreeMap::new();
        loop {
            let start = self.free_from(*zeroed);
            if start >= target || self.is_closing() {
                break;
            }
            // It was made when room was reserved up to here.
            let segment = self.segments.start_of(start);
            let file = self.segments.file(segment).await?;
            if self.free_from(start) != start || self.is_closing() {
                // Meanwhile the log has come to this point.
                continue;
            }
            let len = zeros.len().min(segment + self.segments.segment_bytes() - start);
            // No await from the look at the end of the log to here, so that no commit that starts
            // from now on can overlap without waiting.
            self.zeroing.begin(start, start + len);
            let span = vec![zeros.span(len)];
            let outcome = file.write_at(span, start - segment, Durability::Written).await;
            self.zeroing.finish();
            outcome?;
            *zeroed = start + len;
            written.insert(segment, file);
        }
        // The kernel tells of a failure once: whoever hears of it ends the shard before another
        // sync of the log is believed.
        let _alone = self.syncing.pass().await;
        for file in written.into_values() {
            if let Err(error) = file.sync_data().await {
                self.set_poison(Poison::new(self.id, "syncing the log", &error));
                return Err(error);
            }
        }
        Ok(())
    }

    /// The first byte at or behind `from` that zeros may be written at: the log is not there yet,
    /// not even with the rest of its last block, which a commit writes too.
    fn free_from(&self, from: u64) -> u64 {
        from.max(self.image.borrow().end().next_multiple_of(BLOCK_BYTES as u64))
    }
}
