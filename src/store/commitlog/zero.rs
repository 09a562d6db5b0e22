//! Zeros written ahead of the end of the log: the first write into a part of a file that is
//! merely reserved costs a change of the file system's own records, which a send must not wait
//! for.

use std::cell::Cell;

use crate::store::watch::Watch;

/// The range being filled with zeros. A commit must not overlap it: the zeros could come last.
#[derive(Default)]
pub(crate) struct Zeroing {
    range: Cell<Option<(u64, u64)>>,
    done: Watch,
}

impl Zeroing {
    /// Waits until no zeros are on their way into `start..end`.
    pub(crate) async fn wait_clear(&self, start: u64, end: u64) {
        self.done
            .until(|| {
                let overlaps = |(from, to): (u64, u64)| from < end && start < to;
                (!self.range.get().is_some_and(overlaps)).then_some(())
            })
            .await;
    }

    /// Zeros are on their way into `start..end`; [`Zeroing::finish`] must follow.
    pub(crate) fn begin(&self, start: u64, end: u64) {
        self.range.set(Some((start, end)));
    }

    /// They have arrived.
    pub(crate) fn finish(&self) {
        self.range.set(None);
        self.done.notify();
    }
}
