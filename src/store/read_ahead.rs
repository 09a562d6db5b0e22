//! Reading the log ahead of readers that catch up: whole windows past the page cache, shared by
//! all queues whose records lie in them.

use std::io;
use std::rc::Rc;

use tracing::debug;

use super::fetch::Range;
use super::shard::Shard;

/// A window is read for one fetch if it finds this many ranges in it; a record alone is spliced.
const RANGES_WORTH_A_WINDOW: usize = 2;

/// Or one range of this many bytes.
const BYTES_WORTH_A_WINDOW: u64 = 8 * 1024;

impl<A: 'static> Shard<A> {
    /// Reads the windows that hold what `ranges` have below the image, as far as that is worth
    /// it: a reader goes on from the window before, or takes much of this one.
    pub(super) async fn bring(&self, ranges: &[Range]) {
        for (start, worth) in self.windows_of(ranges) {
            if self.windows.contains(start) {
                continue;
            }
            let before = start.checked_sub(self.windows.window_bytes());
            if worth || before.is_some_and(|before| self.windows.contains(before)) {
                self.load(start).await;
            }
        }
    }

    /// Whether any of `ranges` has left the image: its reader catches up.
    pub(super) fn is_behind(&self, ranges: &[Range]) -> bool {
        let image = self.image.borrow().start();
        ranges.iter().any(|range| range.start < image)
    }

    /// A reader has been served from a window up to `end`: the next may be wanted.
    pub(super) fn served_to(&self, end: u64) {
        let window = self.windows.start_of(end.saturating_sub(1));
        let next = window + self.windows.window_bytes();
        let half = window + self.windows.window_bytes() / 2;
        if end > half && !self.windows.contains(next) {
            self.next_window.set(Some(next));
            self.reading_on.notify();
        }
    }

    /// Reads windows that readers will want next.
    pub(super) async fn read_ahead_loop(self: Rc<Self>) {
        loop {
            let start = self.reading_on.until(|| self.next_window.take()).await;
            self.load(start).await;
        }
    }

    /// The windows below the image that `ranges` touch, and whether that alone is worth one.
    fn windows_of(&self, ranges: &[Range]) -> Vec<(u64, bool)> {
        let image = self.image.borrow().start();
        let mut windows: Vec<(u64, usize, u64)> = Vec::new();
        for range in ranges {
            let mut at = range.start;
            while at < range.end.min(image) {
                let start = self.windows.start_of(at);
                let stop = range.end.min(start + self.windows.window_bytes());
                match windows.iter_mut().find(|window| window.0 == start) {
                    Some((_, count, bytes)) => (*count, *bytes) = (*count + 1, *bytes + stop - at),
                    None => windows.push((start, 1, stop - at)),
                }
                at = stop;
            }
        }
        let worth = |count, bytes| count >= RANGES_WORTH_A_WINDOW || bytes >= BYTES_WORTH_A_WINDOW;
        windows.into_iter().map(|(start, count, bytes)| (start, worth(count, bytes))).collect()
    }

    async fn load(&self, start: u64) {
        // One at a time: what two readers want is read once.
        let _alone = self.loading.pass().await;
        if let Err(error) = self.try_load(start).await {
            // Who wanted it splices from the file, and tells the reader what is wrong with it.
            debug!(shard = self.id.0, start, %error, "a window of the log was not read");
        }
    }

    async fn try_load(&self, start: u64) -> io::Result<()> {
        let len = self.windows.window_bytes();
        let below = start >= self.log_start() && start + len <= self.image.borrow().start();
        if !below || self.windows.contains(start) {
            return Ok(());
        }
        let Some(chunk) = self.windows.room() else { return Ok(()) };
        let segment = self.segments.start_of(start);
        let file = self.segments.file(segment).await?;
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        let chunk = file.read_chunk(chunk, bytes, start - segment).await?;
        self.windows.keep(start, chunk);
        Ok(())
    }
}
