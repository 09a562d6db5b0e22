//! Op records: which half records are done with (Java: `TransactionalOpBatchService`).
//!
//! The body names places in the half queue in decimal, each with a comma behind it; Java up to 5.0
//! writes one without a comma. Java gathers them for three seconds. Here they are written at once,
//! in one record with all that ended during the write before.

use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use crate::broker::core::Core;
use crate::broker::put::Inside;
use crate::message::properties::{PropertiesEdit, TAGS, WAIT};
use crate::message::tag;
use crate::message::topic::HALF_OP_TOPIC;
use crate::rt::clock;
use crate::store::NewTagsCode;
use crate::units::QueueOffset;

/// The tag of op records.
const REMOVE_TAG: &str = "d";

/// How long to wait before an op record that was not stored is tried again.
pub const PAUSE: Duration = Duration::from_secs(1);

/// The op record that names `ended`.
pub fn record(core: &Rc<Core>, queue: i32, ended: &[QueueOffset]) -> Inside {
    let mut properties = PropertiesEdit::default();
    properties.push(TAGS, REMOVE_TAG);
    properties.push(WAIT, "true");
    let host = core.store_host;
    Inside {
        topic: Arc::from(HALF_OP_TOPIC),
        queue,
        flag: 0,
        sys_flag: 0,
        born_timestamp: clock::wall_ms().0,
        born_host: (host.ip, u16::try_from(host.port).unwrap_or(0)).into(),
        store_host: None,
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        properties: properties.into_bytes().into(),
        body: body(ended).into(),
        tags_code: NewTagsCode::Hash(tag::tags_code(Some(REMOVE_TAG))),
    }
}

fn body(ended: &[QueueOffset]) -> Vec<u8> {
    ended.iter().flat_map(|at| format!("{},", at.0).into_bytes()).collect()
}

/// The places that an op record's body names.
pub fn parse(body: &[u8]) -> impl Iterator<Item = QueueOffset> {
    let numbers =
        body.split(|byte| *byte == b',').filter_map(|text| std::str::from_utf8(text).ok());
    numbers.filter_map(|text| text.trim().parse().ok()).map(QueueOffset)
}

/// Which op records may be forgotten: those all of whose half records lie before the first that is
/// not settled. Neighbours are remembered together.
#[derive(Debug, Default)]
pub struct OpMarks {
    marks: VecDeque<Mark>,
    next: QueueOffset,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    start: QueueOffset,
    end: QueueOffset,
    /// Behind the last half record that these op records name.
    covers: QueueOffset,
}

/// Op records that are remembered together.
const MARK_RECORDS: i64 = 64;

impl OpMarks {
    /// None is needed before `next`.
    pub fn starting_at(next: QueueOffset) -> Self {
        Self { marks: VecDeque::new(), next }
    }

    /// An op record at `at` names half records, the last of them `last`.
    pub fn note(&mut self, at: QueueOffset, last: QueueOffset) {
        let (end, covers) = (QueueOffset(at.0 + 1), QueueOffset(last.0 + 1));
        match self.marks.back_mut() {
            Some(mark) if end.0 - mark.start.0 <= MARK_RECORDS => {
                mark.end = end;
                mark.covers = mark.covers.max(covers);
            }
            _ => self.marks.push_back(Mark { start: at, end, covers }),
        }
    }

    /// The first op record that is needed when half records before `settled` are not.
    pub fn settle(&mut self, settled: QueueOffset) -> QueueOffset {
        while let Some(mark) = self.marks.front().filter(|mark| mark.covers <= settled) {
            self.next = mark.end;
            self.marks.pop_front();
        }
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_of_a_body_are_read() {
        let read = |body: &str| parse(body.as_bytes()).map(|at| at.0).collect::<Vec<_>>();
        assert_eq!(read("12"), [12], "Java up to 5.0");
        assert_eq!(read("12,13,"), [12, 13]);
        assert_eq!(read(",x,5,"), [5]);
        assert_eq!(body(&[QueueOffset(12), QueueOffset(3)]), b"12,3,");
    }

    #[test]
    fn op_records_are_needed_as_long_as_one_of_their_half_records() {
        let mut marks = OpMarks::starting_at(QueueOffset(5));
        marks.note(QueueOffset(5), QueueOffset(9));
        marks.note(QueueOffset(6), QueueOffset(2));
        assert_eq!(marks.settle(QueueOffset(9)), QueueOffset(5));
        assert_eq!(marks.settle(QueueOffset(10)), QueueOffset(7));
        for at in 7..7 + MARK_RECORDS + 1 {
            marks.note(QueueOffset(at), QueueOffset(at + 10));
        }
        assert_eq!(marks.marks.len(), 2, "64 op records are remembered together");
        assert_eq!(marks.settle(QueueOffset(17 + MARK_RECORDS)), QueueOffset(7 + MARK_RECORDS));
    }
}
