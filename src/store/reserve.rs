//! Room on the disk for what the log will hold, taken before it is needed: no commit of what was
//! appended can find the disk full. Where there is none, nothing is appended until there is.

use std::io;
use std::rc::Rc;
use std::time::Duration;

use tracing::{info, warn};

use super::error::{AppendError, Poison};
use super::shard::Shard;
use crate::limits::DISK_HEADROOM_BYTES;
use crate::rt::clock;
use crate::rt::disk::{self, DiskUsage};

/// How often a full disk is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

impl<A: 'static> Shard<A> {
    /// Keeps room reserved ahead of the end of the log: at least what the settings say, and up to
    /// what they let be filled with zeros when this run appends much.
    pub(super) async fn reserve_loop(self: Rc<Self>) {
        let began = self.committed();
        loop {
            self.ahead.until(|| self.wants_room().then_some(())).await;
            let end = self.image.borrow().end().max(self.room_wanted.get());
            let least = self.room_bytes();
            let window =
                (2 * (end - began)).clamp(least, least.max(self.settings.zero_ahead_bytes));
            match self.reserve_to(end + window).await {
                Ok(()) => {
                    if self.no_room.take().is_some() {
                        info!(shard = self.id.0, "there is room for the log again");
                    }
                    let trigger = self.reserved.get().saturating_sub(window / 2);
                    self.room_trigger.set(trigger.max(end + 1));
                    self.listener.room(self.id);
                }
                Err(error) if is_full(&error) => {
                    self.found_no_room(&error).await;
                    self.listener.room(self.id);
                    clock::sleep(ASK_AGAIN).await;
                }
                Err(error) => {
                    return self.set_poison(Poison::new(self.id, "making a segment", &error));
                }
            }
        }
    }

    /// Reserves what a shard is opened with. A full disk is no error: it is opened to be read.
    pub(super) async fn reserve_first(&self) -> io::Result<()> {
        let end = self.committed();
        self.reserved.set(end);
        self.room_trigger.set(end);
        match self.reserve_to(end + self.room_bytes()).await {
            Ok(()) => self.room_trigger.set(end + self.room_bytes() / 2),
            Err(error) if is_full(&error) => self.found_no_room(&error).await,
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// May the log grow to byte `end`?
    pub(super) fn check_room(&self, end: u64) -> Result<(), AppendError> {
        if end <= self.reserved.get() {
            return Ok(());
        }
        self.room_wanted.set(end.max(self.room_wanted.get()));
        self.ahead.notify();
        match self.no_room.get() {
            Some(used_percent) => Err(AppendError::Full { used_percent }),
            None => Err(AppendError::Busy),
        }
    }

    fn wants_room(&self) -> bool {
        self.room_wanted.get() > self.reserved.get()
            || self.image.borrow().end() >= self.room_trigger.get()
    }

    /// What is reserved ahead at least: two of the longest records, whatever the settings say.
    fn room_bytes(&self) -> u64 {
        let records = 2 * (self.settings.record_bytes_max as u64 + self.chunk_bytes);
        self.settings.room_bytes.max(records)
    }

    /// Reserves up to byte `target` of the log, in pieces, so that all there is can be used. The
    /// segments are made.
    async fn reserve_to(&self, target: u64) -> io::Result<()> {
        while self.reserved.get() < target {
            let from = self.reserved.get();
            let segment = self.segments.start_of(from);
            let segment_end = segment + self.segments.segment_bytes();
            let len = (target - from).min(self.room_bytes()).min(segment_end - from);
            let usage = disk::disk_usage(self.segments.folder()).await?;
            // Not tried: some file systems keep what they could get of a piece that they refuse.
            if free(usage) < len + DISK_HEADROOM_BYTES {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let file = self.segments.writable(segment).await?;
            match file.allocate(from - segment, len).await {
                // A file system that cannot: there a full disk is a failed write.
                Err(error) if error.kind() == io::ErrorKind::Unsupported => {}
                allocated => allocated?,
            }
            self.reserved.set(from + len);
        }
        Ok(())
    }

    async fn found_no_room(&self, error: &io::Error) {
        let used_percent = self.disk_used_percent().await.unwrap_or(100);
        if self.no_room.replace(Some(used_percent)).is_none() {
            warn!(shard = self.id.0, %error, used_percent, "no room for the log: it takes nothing");
        }
    }

    /// How full the disk of the log or that of the queues is, whichever is fuller, in percent
    /// rounded up (Java: `UtilAll.getDiskPartitionSpaceUsedPercent`).
    ///
    /// # Errors
    /// As `statvfs(3)`.
    pub async fn disk_used_percent(&self) -> io::Result<u8> {
        let log = percent(disk::disk_usage(self.segments.folder()).await?);
        match disk::disk_usage(&self.names.consume_queues()).await {
            Ok(queues) => Ok(log.max(percent(queues))),
            // There is no queue yet.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(log),
            Err(error) => Err(error),
        }
    }

    /// From now on nothing is appended, the disk being this full; or `None`: appends are taken
    /// again.
    pub fn set_disk_full(&self, used_percent: Option<u8>) {
        self.disk_full.set(used_percent);
        self.listener.room(self.id);
    }
}

/// Is it an error that goes away once there is room?
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn free(usage: DiskUsage) -> u64 {
    usage.total.saturating_sub(usage.used)
}

fn percent(usage: DiskUsage) -> u8 {
    let total = u128::from(usage.total.max(1));
    let percent = (u128::from(usage.used) * 100).div_ceil(total);
    u8::try_from(percent).unwrap_or(100).min(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_started_percent_counts() {
        let of = |used, total| percent(DiskUsage { used, total });
        assert_eq!((of(0, 1000), of(1, 1000), of(900, 1000), of(901, 1000)), (0, 1, 90, 91));
        assert_eq!((of(u64::MAX, u64::MAX), of(0, 0)), (100, 0));
    }
}
