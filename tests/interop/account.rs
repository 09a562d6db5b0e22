//! Every message accounted for, by its body.

use std::collections::{BTreeMap, BTreeSet};

use crate::driver::{Seen, Sent};

/// How many faults a failure names; the rest is counted.
const NAMED: usize = 8;

fn fail_if(what: &str, faults: &[String]) {
    let named = faults.iter().take(NAMED).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(faults.is_empty(), "{what}: {} faults:\n  {named}", faults.len());
}

/// The messages of each body.
pub fn by_body(seen: &[Seen]) -> BTreeMap<&str, Vec<&Seen>> {
    let mut found: BTreeMap<&str, Vec<&Seen>> = BTreeMap::new();
    for message in seen {
        found.entry(&message.body).or_default().push(message);
    }
    found
}

/// How many of `sent` were seen at least once.
pub fn arrived(sent: &[Sent], seen: &[Seen]) -> usize {
    let bodies: BTreeSet<&str> = seen.iter().map(|message| message.body.as_str()).collect();
    sent.iter().filter(|message| bodies.contains(message.body.as_str())).count()
}

/// Why a message is not what was sent; empty when it is.
fn difference(sent: &Sent, seen: &Seen) -> String {
    let mut why = String::new();
    let mut differs = |what: &str, same: bool| {
        if !same {
            why.push_str(what);
            why.push(' ');
        }
    };
    differs("length", sent.length == seen.length);
    differs("crc", sent.crc == seen.crc);
    differs("tag", sent.tag == seen.tag);
    differs("queue", sent.queue.is_none_or(|queue| queue == seen.queue));
    differs("offset", sent.offset.is_none_or(|offset| offset == seen.offset));
    differs("id", sent.id.as_ref().is_none_or(|id| *id == seen.id));
    differs("offset id", sent.offset_id.as_ref().is_none_or(|id| *id == seen.offset_id));
    why
}

/// Every message sent was seen, whole and at the place that was acknowledged, and nothing else
/// was; how often is for the caller to say.
pub fn all_there(what: &str, sent: &[Sent], seen: &[Seen]) {
    let found = by_body(seen);
    let wanted: BTreeMap<&str, &Sent> = sent.iter().map(|one| (one.body.as_str(), one)).collect();
    assert_eq!(wanted.len(), sent.len(), "{what}: the test sent a body twice");
    let mut faults = Vec::new();
    for (body, one) in &wanted {
        match found.get(body) {
            None => faults.push(format!("{body} never came: {one:?}")),
            Some(copies) => {
                for copy in copies {
                    let why = difference(one, copy);
                    if !why.is_empty() {
                        faults.push(format!("{body} came with another {why}: {copy:?} {one:?}"));
                    }
                }
            }
        }
    }
    faults.extend(
        found
            .keys()
            .filter(|body| !wanted.contains_key(*body))
            .map(|b| format!("{b} was not sent")),
    );
    fail_if(what, &faults);
}

/// As [`all_there`], and nothing twice.
pub fn exactly_once(what: &str, sent: &[Sent], seen: &[Seen]) {
    all_there(what, sent, seen);
    never_twice(what, seen);
}

/// No body came twice.
pub fn never_twice(what: &str, seen: &[Seen]) {
    let faults: Vec<String> = by_body(seen)
        .iter()
        .filter(|(_, copies)| copies.len() > 1)
        .map(|(body, copies)| format!("{body} came {} times: {copies:?}", copies.len()))
        .collect();
    fail_if(what, &faults);
}

/// Every send was acknowledged as stored.
pub fn all_acknowledged(what: &str, sent: &[Sent], status: &str) {
    let faults: Vec<String> = sent
        .iter()
        .filter(|one| one.status != status)
        .map(|one| format!("{} ended {}", one.body, one.status))
        .collect();
    fail_if(what, &faults);
}

/// The offsets acknowledged in each queue are 0, 1, 2, ... without a gap.
pub fn dense_from_zero(what: &str, sent: &[Sent]) {
    let mut queues: BTreeMap<i32, Vec<i64>> = BTreeMap::new();
    for one in sent {
        let queue = one.queue.unwrap_or_else(|| panic!("{what}: {} has no place", one.body));
        queues.entry(queue).or_default().extend(one.offset);
    }
    for (queue, mut offsets) in queues {
        offsets.sort_unstable();
        let count = i64::try_from(offsets.len()).expect("few messages");
        assert_eq!(offsets, (0..count).collect::<Vec<_>>(), "{what}: offsets of queue {queue}");
    }
}

/// Within each queue the offsets rise one by one from the first, in the order given.
pub fn contiguous(what: &str, seen: &[Seen]) {
    let mut last: BTreeMap<i32, i64> = BTreeMap::new();
    for message in seen {
        if let Some(before) = last.insert(message.queue, message.offset) {
            assert_eq!(message.offset, before + 1, "{what}: after offset {before}: {message:?}");
        }
    }
}

/// Messages of one order key lie in one queue and came in the order they were sent.
pub fn ordered(what: &str, sent: &[Sent], seen: &[Seen], orders: usize) {
    let places: BTreeMap<&str, usize> =
        seen.iter().enumerate().map(|(at, message)| (message.body.as_str(), at)).collect();
    for order in 0..orders {
        let chain: Vec<&Sent> = sent.iter().skip(order).step_by(orders).collect();
        let queues: BTreeSet<Option<i32>> = chain.iter().map(|one| one.queue).collect();
        assert_eq!(queues.len(), 1, "{what}: order key {order} went to queues {queues:?}");
        let came: Vec<usize> = chain.iter().map(|one| places[one.body.as_str()]).collect();
        assert!(came.is_sorted(), "{what}: order key {order} came as {came:?}");
    }
}
