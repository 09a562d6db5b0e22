//! One file: what those who read it see, and what would be there after a loss of power.

use std::collections::BTreeSet;

use super::fault::Survival;
use crate::rt::random::Stream;

/// What a disk writes whole or not at all, in bytes.
pub(super) const SECTOR_BYTES: u64 = 512;
/// What space is given out in, in bytes.
const BLOCK_BYTES: u64 = 4096;

/// A file.
#[derive(Default)]
pub(super) struct Content {
    live: Vec<u8>,
    durable: Vec<u8>,
    /// What happened to `live` and not to `durable`, in this order.
    pending: Vec<Effect>,
    /// Counts effects.
    next: u64,
    /// Blocks that take space.
    blocks: BTreeSet<u64>,
    pub(super) modified_ms: i64,
}

struct Effect {
    number: u64,
    /// A sync of it has failed: no other will save it.
    forsaken: bool,
    change: Change,
}

/// A change of a file.
enum Change {
    SetLen(u64),
    Write { at: u64, bytes: Vec<u8> },
}

/// An index of a file that is in memory.
pub(super) fn index(at: u64) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}

/// Puts `bytes` at `at` of an image, which grows if need be.
fn put(image: &mut Vec<u8>, at: u64, bytes: &[u8]) {
    let (start, end) = (index(at), index(at) + bytes.len());
    if image.len() < end {
        image.resize(end, 0);
    }
    if let Some(target) = image.get_mut(start..end) {
        target.copy_from_slice(bytes);
    }
}

/// The pieces of `at..at + len` that lie in one sector each.
pub(super) fn sectors(at: u64, len: u64) -> impl Iterator<Item = (u64, u64)> {
    let end = at + len;
    let mut next = at;
    std::iter::from_fn(move || {
        let start = next;
        next = end.min((start / SECTOR_BYTES + 1) * SECTOR_BYTES);
        (start < end).then_some((start, next))
    })
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        self.live.len() as u64
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.live
    }

    /// Bytes of disk it takes.
    pub(super) fn used(&self) -> u64 {
        self.blocks.len() as u64 * BLOCK_BYTES
    }

    /// Up to where `len` bytes at `at` can be written if `room` bytes of disk are left.
    pub(super) fn room_for(&self, at: u64, len: u64, mut room: u64) -> u64 {
        let end = at + len;
        let mut block = at / BLOCK_BYTES;
        while block * BLOCK_BYTES < end {
            if !self.blocks.contains(&block) {
                if room < BLOCK_BYTES {
                    return (block * BLOCK_BYTES).clamp(at, end) - at;
                }
                room -= BLOCK_BYTES;
            }
            block += 1;
        }
        len
    }

    fn occupy(&mut self, at: u64, len: u64) {
        self.blocks.extend(at / BLOCK_BYTES..(at + len).div_ceil(BLOCK_BYTES));
    }

    fn push(&mut self, change: Change) {
        self.next += 1;
        self.pending.push(Effect { number: self.next, forsaken: false, change });
    }

    /// Writes; durable after the next sync.
    pub(super) fn write(&mut self, at: u64, bytes: Vec<u8>) {
        put(&mut self.live, at, &bytes);
        self.occupy(at, bytes.len() as u64);
        self.push(Change::Write { at, bytes });
    }

    /// Writes durably. What was done to the length before is durable with it.
    pub(super) fn write_synced(&mut self, at: u64, bytes: &[u8]) {
        put(&mut self.live, at, bytes);
        self.occupy(at, bytes.len() as u64);
        let mut kept = Vec::new();
        for effect in std::mem::take(&mut self.pending) {
            match effect.change {
                Change::SetLen(len) => self.cut(&mut kept, len),
                Change::Write { .. } => kept.push(effect),
            }
        }
        put(&mut self.durable, at, bytes);
        overwrite(&mut kept, at, bytes.len() as u64);
        self.pending = kept;
    }

    /// Takes note that a length has become durable: what lay behind it is gone.
    fn cut(&mut self, kept: &mut Vec<Effect>, len: u64) {
        self.durable.resize(index(len), 0);
        overwrite(kept, len, u64::MAX - len);
    }

    pub(super) fn set_len(&mut self, len: u64) {
        if len != self.len() {
            self.live.resize(index(len), 0);
            self.blocks.split_off(&len.div_ceil(BLOCK_BYTES));
            self.push(Change::SetLen(len));
        }
    }

    /// What a sync that begins now is to save.
    pub(super) fn horizon(&self) -> u64 {
        self.next
    }

    /// A sync that began at `horizon` is done.
    pub(super) fn sync(&mut self, horizon: u64) {
        let mut kept = Vec::new();
        for effect in std::mem::take(&mut self.pending) {
            match &effect.change {
                _ if effect.number > horizon => kept.push(effect),
                Change::SetLen(len) => self.cut(&mut kept, *len),
                Change::Write { .. } if effect.forsaken => kept.push(effect),
                Change::Write { at, bytes } => {
                    put(&mut self.durable, *at, bytes);
                    overwrite(&mut kept, *at, bytes.len() as u64);
                }
            }
        }
        self.pending = kept;
    }

    /// A sync that began at `horizon` has failed: what it was to save never will be, though it
    /// can still be read.
    pub(super) fn fail_sync(&mut self, horizon: u64) {
        let covered = self.pending.iter_mut().filter(|effect| effect.number <= horizon);
        covered.for_each(|effect| effect.forsaken = true);
    }

    /// Power was lost. `in_flight` are writes that were not answered.
    pub(super) fn settle(
        &mut self,
        survival: Survival,
        in_flight: Vec<(u64, Vec<u8>)>,
        random: &mut Stream,
    ) {
        let pending = std::mem::take(&mut self.pending);
        let is_len = |effect: &&Effect| matches!(effect.change, Change::SetLen(_));
        let lens = pending.iter().filter(is_len).count() as u64;
        let mut lens_kept = match survival {
            Survival::Nothing => 0,
            Survival::Everything => lens,
            Survival::Torn | Survival::Whole => random.below(lens + 1),
        };
        let late = in_flight.into_iter().map(|(at, bytes)| Change::Write { at, bytes });
        for change in pending.into_iter().map(|effect| effect.change).chain(late) {
            match change {
                Change::SetLen(_) if lens_kept == 0 => break,
                Change::SetLen(len) => {
                    lens_kept -= 1;
                    self.durable.resize(index(len), 0);
                }
                Change::Write { at, bytes } => {
                    for_survivors(survival, at, &bytes, random, |at, part| {
                        put(&mut self.durable, at, part);
                    });
                }
            }
        }
        self.live.clone_from(&self.durable);
    }

    /// Some sectors of a write that was not answered, or of one that failed, are there.
    pub(super) fn write_part(&mut self, at: u64, bytes: &[u8], random: &mut Stream) {
        let mut parts = Vec::new();
        for_survivors(Survival::Torn, at, bytes, random, |at, part| {
            parts.push((at, part.to_vec()));
        });
        parts.into_iter().for_each(|(at, part)| self.write(at, part));
    }
}

/// Calls `keep` with what outlives the stop of a write that nobody waited for.
fn for_survivors(
    survival: Survival,
    at: u64,
    bytes: &[u8],
    random: &mut Stream,
    mut keep: impl FnMut(u64, &[u8]),
) {
    let whole = match survival {
        Survival::Nothing => return,
        Survival::Everything => true,
        Survival::Whole if random.below(2) == 0 => return,
        Survival::Whole => true,
        Survival::Torn => false,
    };
    // Now and then all of a write or nothing, so that long ones are not always torn.
    let odds = [0, 1, 1, 1, 2].get(index(random.below(5))).copied().unwrap_or(1);
    for (start, end) in sectors(at, bytes.len() as u64) {
        if whole || random.below(2) < odds {
            let part = bytes.get(index(start - at)..index(end - at)).unwrap_or_default();
            keep(start, part);
        }
    }
}

/// Takes `at..at + len` out of what is pending: it must not come back.
fn overwrite(pending: &mut Vec<Effect>, at: u64, len: u64) {
    let end = at.saturating_add(len);
    for effect in std::mem::take(pending) {
        let Change::Write { at: start, bytes } = &effect.change else {
            pending.push(effect);
            continue;
        };
        let stop = start + bytes.len() as u64;
        for (from, to) in [(*start, stop.min(at)), (end.max(*start), stop)] {
            if from < to {
                let bytes = bytes.get(index(from - start)..index(to - start)).unwrap_or_default();
                let change = Change::Write { at: from, bytes: bytes.to_vec() };
                pending.push(Effect { change, ..effect });
            }
        }
    }
}
