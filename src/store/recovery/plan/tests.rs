//! Every combination of evidence has one row of each table, and the tables do not contradict each
//! other.

use super::*;
use crate::config::kept::{Choice, Found, choose};

/// One combination of everything that recovery may find.
#[derive(Clone, Copy, Debug)]
struct Case {
    evidence: Evidence,
    tail: Tail,
    index: IndexFound,
    later: bool,
    file: Found,
    copy: Found,
}

const BOTH: [bool; 2] = [false, true];
const TAILS: [Tail; 4] =
    [Tail::Short, Tail::Nothing, Tail::Zeros, Tail::Torn(RecordError::Checksum)];
const INDEXES: [IndexFound; 3] = [IndexFound::Missing, IndexFound::Behind, IndexFound::Whole];
const FILES: [Found; 3] = [Found::Missing, Found::Damaged, Found::Whole];

fn every_evidence() -> impl Iterator<Item = Evidence> {
    let noted = [Noted::Closed, Noted::Nothing, Noted::Open];
    let queues = [QueuesFound::Missing, QueuesFound::Summarised, QueuesFound::Unlisted];
    BOTH.into_iter().flat_map(move |log| {
        queues.into_iter().flat_map(move |queues| {
            BOTH.into_iter().flat_map(move |clean| {
                noted.map(|noted| Evidence { log, queues, clean, noted }).into_iter()
            })
        })
    })
}

fn every_case() -> impl Iterator<Item = Case> {
    every_evidence().flat_map(|evidence| {
        TAILS.into_iter().flat_map(move |tail| {
            INDEXES.into_iter().flat_map(move |index| {
                BOTH.into_iter().flat_map(move |later| {
                    FILES.into_iter().flat_map(move |file| {
                        FILES.map(|copy| Case { evidence, tail, index, later, file, copy })
                    })
                })
            })
        })
    })
}

#[test]
fn every_combination_has_exactly_one_row() {
    let mut cases = 0;
    let mut rows = std::collections::BTreeSet::new();
    for case in every_case() {
        let Evidence { log, queues, clean, noted } = case.evidence;
        for (table, found) in [
            ("plan", before_scan_rows(log, queues, clean, noted)),
            ("settle", settle_rows(case.evidence.is_closed(), case.tail)),
            ("index file", index_file_rows(clean, noted, case.later)),
            ("index", index_from_rows(noted, case.index)),
        ] {
            assert_eq!(found.len(), 1, "{table}: {found:?} for {case:?}");
            rows.extend(found.into_iter().map(|row| (table, row)));
        }
        cases += 1;
    }
    assert_eq!(cases, 2 * 3 * 2 * 3 * 4 * 3 * 2 * 3 * 3);
    assert_eq!(rows.len(), 9 + 5 + 4 + 4, "no row is without a case");
}

#[test]
fn every_combination_keeps_the_rules() {
    for case in every_case() {
        let evidence = case.evidence;
        let plan = plan(evidence);
        let settle = settle(evidence.is_closed(), case.tail);
        // Without a log nothing is read, and with one it always is.
        assert_eq!(plan.scan == ScanFrom::Nothing, !evidence.log, "{case:?}");
        // Only a scan of the whole log can make queues anew.
        let whole = matches!(plan.scan, ScanFrom::First | ScanFrom::Nothing);
        assert_eq!(plan.queues.is_anew(), whole, "{case:?}");
        // What says that the store was closed is used only where nothing says otherwise.
        if plan.queues == QueuesUse::Summary || plan.scan == ScanFrom::ClosedEnd {
            assert!(evidence.is_closed() && evidence.noted == Noted::Closed, "{case:?}");
        }
        if plan.queues == QueuesUse::Summary {
            assert_eq!(evidence.queues, QueuesFound::Summarised, "{case:?}");
        }
        // What the checkpoint does not say is not used.
        let nothing = evidence.noted == Noted::Nothing;
        let from = index_from(evidence.noted, case.index);
        assert!(!nothing || plan.scan != ScanFrom::Dispatched, "{case:?}");
        assert!(!nothing || from != IndexFrom::Noted, "{case:?}");
        // Nothing durable is ever cut, and whatever else a kill has left is.
        assert_eq!(settle == Settle::Refuse, case.tail == Tail::Short, "{case:?}");
        if !evidence.is_closed() && case.tail == Tail::Zeros {
            assert_eq!(settle, Settle::Clear, "{case:?}");
        }
        assert!(settle != Settle::Keep || !matches!(case.tail, Tail::Torn(_)), "{case:?}");
        // An index file that is not believed is RocketMQ's, and gone before our checkpoint is
        // there in its place.
        if !index_file(evidence.clean, evidence.noted, case.later) {
            assert!(nothing && !evidence.clean && case.later, "{case:?}");
            assert_ne!(plan.queues, QueuesUse::Rebuild, "{case:?}");
        }
        // Metadata is never silently empty where there was some.
        let found = |wanted| case.file == wanted || case.copy == wanted;
        let choice = choose(case.file, case.copy);
        assert_eq!(matches!(choice, Choice::File | Choice::Copy), found(Found::Whole), "{case:?}");
        if choice == Choice::Nothing {
            assert!(!found(Found::Damaged), "{case:?}");
        }
    }
}
