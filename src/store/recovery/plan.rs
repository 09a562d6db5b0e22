//! What recovery does, decided from what is found. Pure, so that every case can be looked at.

/// What is known of a shard before its log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Evidence {
    /// There is no `abort` file: whoever had the store last says that it closed it.
    pub(crate) clean: bool,
    /// There is at least one segment.
    pub(crate) log: bool,
    /// Our part of the checkpoint.
    pub(crate) noted: Noted,
    /// The consume queues on disk.
    pub(crate) queues: QueuesFound,
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
    /// None, or some of those that the summary lists are not there.
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
    /// The summary is believed; no file is read.
    Summary,
}

/// What recovery does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Where the log is read from.
    pub(crate) scan: ScanFrom,
    /// What becomes of the queues.
    pub(crate) queues: QueuesUse,
    /// Is the log behind its end possibly not zeros? Then it is made so.
    pub(crate) clear_rest: bool,
}

/// The decision. The rows are read from the top; the test shows that each case has one.
pub(crate) fn plan(evidence: Evidence) -> Plan {
    let Evidence { clean, log, noted, queues } = evidence;
    let (scan, queues) = match (log, queues, clean, noted) {
        // A queue without a log points nowhere.
        (false, _, _, _) => (ScanFrom::Nothing, QueuesUse::Rebuild),
        (true, QueuesFound::Missing, _, _) => (ScanFrom::First, QueuesUse::Rebuild),
        (true, QueuesFound::Summarised, true, Noted::Closed) => {
            (ScanFrom::ClosedEnd, QueuesUse::Summary)
        }
        (true, QueuesFound::Unlisted, true, Noted::Closed) => {
            (ScanFrom::ClosedEnd, QueuesUse::Keep)
        }
        // RocketMQ closed it: its queues have every record, so the last one is near the end.
        (true, _, true, Noted::Nothing) => (ScanFrom::LastUnit, QueuesUse::Keep),
        // The mark of a clean stop without the checkpoint of one: somebody removed `abort`.
        (true, _, true, Noted::Open) => (ScanFrom::Dispatched, QueuesUse::Keep),
        (true, _, false, Noted::Open | Noted::Closed) => (ScanFrom::Dispatched, QueuesUse::Keep),
        (true, _, false, Noted::Nothing) => (ScanFrom::JavaTime, QueuesUse::Keep),
    };
    let closed = clean && noted != Noted::Open;
    Plan { scan, queues, clear_rest: !closed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every_case() -> Vec<Evidence> {
        let mut cases = Vec::new();
        for clean in [false, true] {
            for log in [false, true] {
                for noted in [Noted::Closed, Noted::Nothing, Noted::Open] {
                    for queues in
                        [QueuesFound::Missing, QueuesFound::Summarised, QueuesFound::Unlisted]
                    {
                        cases.push(Evidence { clean, log, noted, queues });
                    }
                }
            }
        }
        cases
    }

    #[test]
    fn every_case_keeps_the_rules() {
        let cases = every_case();
        assert_eq!(cases.len(), 36);
        for case in cases {
            let plan = plan(case);
            // Without a log nothing is read, and with one it always is.
            assert_eq!(plan.scan == ScanFrom::Nothing, !case.log, "{case:?}");
            // Only a scan of the whole log can make queues anew.
            let whole = matches!(plan.scan, ScanFrom::First | ScanFrom::Nothing);
            assert_eq!(plan.queues == QueuesUse::Rebuild, whole, "{case:?}");
            // A summary counts only after a clean stop that named it.
            if plan.queues == QueuesUse::Summary {
                assert!(case.clean && case.noted == Noted::Closed, "{case:?}");
                assert_eq!(case.queues, QueuesFound::Summarised);
            }
            // What the checkpoint does not say is not used.
            if case.noted == Noted::Nothing {
                assert_ne!(plan.scan, ScanFrom::Dispatched, "{case:?}");
            }
            if plan.scan == ScanFrom::ClosedEnd {
                assert!(case.clean && case.noted == Noted::Closed, "{case:?}");
            }
            // After anything but a clean stop stale bytes are cleared.
            if !case.clean || case.noted == Noted::Open {
                assert!(plan.clear_rest, "{case:?}");
            }
        }
    }

    #[test]
    fn the_usual_cases() {
        let case = |clean, noted, queues| {
            let plan = plan(Evidence { clean, log: true, noted, queues });
            (plan.scan, plan.queues)
        };
        let ours = case(true, Noted::Closed, QueuesFound::Summarised);
        assert_eq!(ours, (ScanFrom::ClosedEnd, QueuesUse::Summary));
        let crashed = case(false, Noted::Open, QueuesFound::Unlisted);
        assert_eq!(crashed, (ScanFrom::Dispatched, QueuesUse::Keep));
        let java = case(true, Noted::Nothing, QueuesFound::Unlisted);
        assert_eq!(java, (ScanFrom::LastUnit, QueuesUse::Keep));
        let java_crashed = case(false, Noted::Nothing, QueuesFound::Unlisted);
        assert_eq!(java_crashed, (ScanFrom::JavaTime, QueuesUse::Keep));
        let lost_queues = case(true, Noted::Closed, QueuesFound::Missing);
        assert_eq!(lost_queues, (ScanFrom::First, QueuesUse::Rebuild));
    }
}
