//! What recovery does, decided from what is found. Pure, so that every case can be looked at.
//!
//! There are three moments at which something is decided, since evidence comes in this order:
//!
//! 1. [`plan`], before the log is read: from its segments, the mark of a clean stop, the
//!    checkpoint and the consume queues. What stands behind the end of the log cannot be asked
//!    yet: where the end is shows only the scan that is decided here.
//! 2. [`settle`], after the scan: from what stands behind the last record. A record that was torn
//!    and a sound one that belongs elsewhere are one case: both may be what a crash left, and both
//!    are cut.
//! 3. [`index_file`] and [`index_from`], once the log has its end: the index is derived from it, is
//!    followed up behind the first messages, and takes part in nothing before.
//!
//! Metadata (topics, groups, offsets) lies above the store and is decided by itself, from a file
//! and the copy of its predecessor ([`crate::config::kept::choose`]): it points nowhere in the log,
//! and nothing in the log tells what it was. Where it is refused no shard is opened.

use self::{Noted as N, QueuesFound as Q, QueuesUse as Use, ScanFrom as From};
use crate::message::record::RecordError;

/// Makes a table of decisions. The compiler sees to it that each case has a row; `$rows`, which
/// names the rows that hold for a case, lets the test see to it that none has two.
macro_rules! decide {
    (
        $(#[$doc:meta])*
        $name:ident, $rows:ident($($case:ident: $kind:ty),+) -> $outcome:ty {
            $($row:literal: $pattern:pat => $then:expr,)+
        }
    ) => {
        $(#[$doc])*
        pub(crate) fn $name($($case: $kind),+) -> $outcome {
            match ($($case),+) {
                $($pattern => $then,)+
            }
        }

        #[cfg(test)]
        fn $rows($($case: $kind),+) -> Vec<&'static str> {
            let (case, mut rows) = (($($case),+), Vec::new());
            $(if matches!(case, $pattern) {
                rows.push($row);
            })+
            rows
        }
    };
}

/// What is known of a shard before its log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// There is at least one segment.
    pub(crate) log: bool,
    /// The consume queues on disk.
    pub(crate) queues: QueuesFound,
    /// There is no `abort` file: whoever had the store last says that it closed it.
    pub(crate) clean: bool,
    /// Our part of the checkpoint.
    pub(crate) noted: Noted,
}

impl Evidence {
    /// Was it closed, and has nothing happened since? The mark of a clean stop without the
    /// checkpoint of one says that somebody removed `abort`.
    pub(crate) fn is_closed(self) -> bool {
        self.clean && self.noted != Noted::Open
    }
}

/// Our part of the checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noted {
    /// Written when the store was closed, and nothing has happened since as far as it can tell.
    Closed,
    /// None of ours, or void: RocketMQ has written since.
    Nothing,
    /// Written while the store was open.
    Open,
}

/// The consume queues on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueuesFound {
    /// None, or some of those that the summary lists are not there, or they turned out to lack
    /// messages before the scan.
    Missing,
    /// All that the summary lists, and it is the one that the checkpoint names.
    Summarised,
    /// Some, and no summary to compare them with.
    Unlisted,
}

/// Where the log is read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ScanFrom {
    /// From where it ended when it was closed: one look that nothing follows.
    ClosedEnd,
    /// From what the checkpoint says is in the queues.
    Dispatched,
    /// From its beginning.
    First,
    /// From the segment that RocketMQ's own checkpoint times lead to.
    JavaTime,
    /// From the last record that any queue has.
    LastUnit,
    /// It is not read: there is none.
    Nothing,
}

/// What becomes of the queues on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum QueuesUse {
    /// Their files are read, and cut to what lies before the scan.
    Keep,
    /// Their files are removed; the scan makes them anew.
    Rebuild,
    /// The same, and so are those of the index: beside the checkpoint of ours that rebuilding
    /// takes, RocketMQ's times would no longer tell what of the index is sound.
    RebuildWithIndex,
    /// The summary is believed; no file is read.
    Summary,
}

impl QueuesUse {
    /// Are they made anew?
    pub(crate) fn is_anew(self) -> bool {
        matches!(self, Self::Rebuild | Self::RebuildWithIndex)
    }
}

/// What recovery does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Where the log is read from.
    pub(crate) scan: ScanFrom,
    /// What becomes of the queues.
    pub(crate) queues: QueuesUse,
}

const fn scan(scan: ScanFrom, queues: QueuesUse) -> Plan {
    Plan { scan, queues }
}

/// Decides before the log is read.
pub(crate) fn plan(evidence: Evidence) -> Plan {
    before_scan(evidence.log, evidence.queues, evidence.clean, evidence.noted)
}

decide! {
    /// The rows of [`plan`].
    before_scan, before_scan_rows(log: bool, queues: QueuesFound, clean: bool, noted: Noted)
        -> Plan
    {
        // Nothing is derived from no log.
        "no log": (false, _, _, _) => scan(From::Nothing, Use::RebuildWithIndex),
        "queues lost": (true, Q::Missing, true, _) | (true, Q::Missing, false, N::Closed | N::Open)
            => scan(From::First, Use::Rebuild),
        "queues lost, RocketMQ killed": (true, Q::Missing, false, N::Nothing)
            => scan(From::First, Use::RebuildWithIndex),
        "closed": (true, Q::Summarised, true, N::Closed) => scan(From::ClosedEnd, Use::Summary),
        "closed, no summary": (true, Q::Unlisted, true, N::Closed)
            => scan(From::ClosedEnd, Use::Keep),
        // Its queues have every record, so the last one is near the end.
        "closed by RocketMQ": (true, Q::Summarised | Q::Unlisted, true, N::Nothing)
            => scan(From::LastUnit, Use::Keep),
        "killed, and the mark removed": (true, Q::Summarised | Q::Unlisted, true, N::Open)
            => scan(From::Dispatched, Use::Keep),
        "killed": (true, Q::Summarised | Q::Unlisted, false, N::Closed | N::Open)
            => scan(From::Dispatched, Use::Keep),
        "RocketMQ killed": (true, Q::Summarised | Q::Unlisted, false, N::Nothing)
            => scan(From::JavaTime, Use::Keep),
    }
}

/// What stands behind the last sound record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tail {
    /// The end lies before what was durable.
    Short,
    /// Nothing: the next segment is not made.
    Nothing,
    /// Zeros, as far as one looks for the next record.
    Zeros,
    /// Something that is no record of this place.
    Torn(RecordError),
}

/// What becomes of the rest of the last segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Settle {
    /// It is as it should be.
    Keep,
    /// It is made zeros, durably: a record of a length that fits would make what a crash has left
    /// behind it sound again.
    Clear,
    /// The store is not opened: cutting would lose what was acknowledged.
    Refuse,
}

decide! {
    /// Decides after the scan. `closed`: [`Evidence::is_closed`].
    settle, settle_rows(closed: bool, tail: Tail) -> Settle {
        "durable records lost": (_, Tail::Short) => Settle::Refuse,
        "full to the end": (_, Tail::Nothing) => Settle::Keep,
        "closed": (true, Tail::Zeros) => Settle::Keep,
        // Writes in flight reach the disk in any order: behind the zeros there may be others.
        "zeros after a kill": (false, Tail::Zeros) => Settle::Clear,
        "torn": (_, Tail::Torn(_)) => Settle::Clear,
    }
}

/// The index files that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexFound {
    /// None.
    Missing,
    /// They do not lead as far as the checkpoint says.
    Behind,
    /// They do.
    Whole,
}

/// From where on the log is read for the index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IndexFrom {
    /// From its beginning.
    First,
    /// From the last record that has an entry.
    LastEntry,
    /// From where the checkpoint says, or the last entry if that lies behind.
    Noted,
}

decide! {
    /// Is an index file believed? `later`: it has messages that were stored after the last one
    /// that RocketMQ's checkpoint says is durable in the index. Ours are synced in an order that
    /// leaves no header which counts too much.
    index_file, index_file_rows(clean: bool, noted: Noted, later: bool) -> bool {
        "closed": (true, _, _) => true,
        "ours": (false, N::Closed | N::Open, _) => true,
        "RocketMQ killed, synced before": (false, N::Nothing, false) => true,
        "RocketMQ killed, perhaps not synced": (false, N::Nothing, true) => false,
    }
}

decide! {
    /// Decides from where on the index follows the log.
    index_from, index_from_rows(noted: Noted, found: IndexFound) -> IndexFrom {
        "no index": (_, IndexFound::Missing) => IndexFrom::First,
        "whole": (N::Closed | N::Open, IndexFound::Whole) => IndexFrom::Noted,
        "behind": (N::Closed | N::Open, IndexFound::Behind) => IndexFrom::LastEntry,
        "of RocketMQ": (N::Nothing, IndexFound::Behind | IndexFound::Whole)
            => IndexFrom::LastEntry,
    }
}

#[cfg(test)]
mod tests;
