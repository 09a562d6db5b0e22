//! Where a consumer is sent whose messages are gone, or who is ahead of all there are.

use serde_json::json;

use super::Session;
use super::sends::{Message, to};
use crate::process::{STEP_WITHIN, wait_until};
use crate::remoting;

/// More than a segment of 128 KiB holds.
const SENT: usize = 80;

pub fn all(session: &mut Session) {
    session.topic("trimmed", "1", "1", "6");
    session.topic("untouched", "1", "1", "6");
    session.exchanges.clear();
    let body = vec![b'b'; 4000];
    for _ in 0..SENT {
        let sent = session.send("a message", &Message { body: &body, ..to("trimmed") });
        assert_eq!(sent.code, 0, "{}", sent.remark);
    }
    session.exchanges.clear();
    for offset in ["-1", "0", "79", "80", "81", "1000"] {
        session.pull_at(&format!("{offset} of 80"), "trimmed", offset);
    }
    for offset in ["-1", "0", "1"] {
        session.pull_at(&format!("{offset} of none"), "untouched", offset);
    }
    session.set("fileReservedTime", "0");
    session.ask("expired segments are removed", 329, &[], &[]);
    let broker = session.cluster.broker.address();
    // The segment in use is left: what it holds is for the broker to say.
    let min = || remoting::min_offset(&broker, "trimmed", 0);
    wait_until("messages are gone", STEP_WITHIN, || min() > 40);
    let min = min();
    let first = session.exchanges.len();
    for (what, offset) in [
        ("below all", -1),
        ("the first that was", 0),
        ("the last that is gone", min - 1),
        ("the first that is there", min),
        ("the last", 79),
        ("the end", 80),
        ("behind the end", 81),
    ] {
        session.pull_at(what, "trimmed", &offset.to_string());
    }
    // Where the segment in use begins differs from broker to broker.
    let names = [(min.to_string(), "the first"), ((min + 1).to_string(), "the second")];
    for exchange in session.exchanges.iter_mut().skip(first) {
        for field in ["minOffset", "nextBeginOffset"] {
            let value = &mut exchange["fields"][field];
            let name = names.iter().find(|(offset, _)| value.as_str() == Some(offset));
            if let Some((_, name)) = name {
                *value = json!(name);
            }
        }
    }
}
