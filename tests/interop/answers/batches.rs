//! Batches at and beyond their limits.

use super::sends::{Message, to};
use super::{BODY_MAX, Session};

/// SEND_BATCH_MESSAGE.
const SEND_BATCH: i32 = 320;

/// A message as it stands in a batch: its length, a magic, a crc, a flag, and body and properties,
/// each behind its length.
fn item(body: usize, properties: &str) -> Vec<u8> {
    let total = u32::try_from(4 * 5 + body + 2 + properties.len()).expect("small");
    let mut item = Vec::new();
    for word in [total, 0, 0, 0, u32::try_from(body).expect("small")] {
        item.extend(word.to_be_bytes());
    }
    item.extend(vec![b'b'; body]);
    item.extend(u16::try_from(properties.len()).expect("short").to_be_bytes());
    item.extend(properties.as_bytes());
    item
}

fn batch<'a>(topic: &'a str, body: &'a [u8]) -> Message<'a> {
    Message { code: SEND_BATCH, is_batch: true, body, ..to(topic) }
}

pub fn all(session: &mut Session) {
    session.topic("batched_to", "1", "1", "6");
    let two = [item(1, "a\u{1}b"), item(1, "")].concat();
    session.send("two messages", &batch("batched_to", &two));
    let more = [&two[..], &[0]].concat();
    for (what, body) in
        [("no message", &[][..]), ("cut short", &two[..two.len() - 1]), ("a byte more", &more)]
    {
        session.send(what, &batch("batched_to", body));
        session.code_alone();
    }
    // The whole of it counts as a body.
    let frame = item(0, "").len();
    let largest = item(BODY_MAX - frame, "");
    session.send("as large as a body may be", &batch("batched_to", &largest));
    session.send("one byte larger", &batch("batched_to", &item(BODY_MAX - frame + 1, "")));
    session.code_alone();
    let parts = [item(BODY_MAX / 2, ""), item(BODY_MAX / 2, "")].concat();
    session.send("two that are too large together", &batch("batched_to", &parts));
    session.code_alone();
    for (what, properties) in [
        ("a delay level for all", "DELAY\u{1}2\u{2}WAIT\u{1}true"),
        ("an idle delay level for all", "DELAY\u{1}0\u{2}WAIT\u{1}true"),
        ("a delay of seconds for all", "TIMER_DELAY_SEC\u{1}2"),
    ] {
        session.send(what, &Message { properties, ..batch("batched_to", &two) });
    }
    let delayed = [item(1, "DELAY\u{1}2"), item(1, "")].concat();
    session.send("a delay level for one", &batch("batched_to", &delayed));
    session.send("to a retry topic", &batch("%RETRY%senders", &two));
    session.send("to a long topic", &batch(&"t".repeat(128), &two));
    session.send("to no queue", &Message { queue: "7", ..batch("batched_to", &two) });
    session.topic("read_only_batch", "1", "1", "4");
    session.send("to a topic for reading", &batch("read_only_batch", &two));
    let long = format!("k\u{1}{}", "v".repeat(PROPERTIES_MAX - 1));
    let message = Message { properties: &long, ..batch("batched_to", &two) };
    session.send("long properties for all", &message);
    // By whoever says so in the header alone.
    session.send("as one message", &Message { is_batch: false, ..batch("batched_to", &two) });
    session.send("with the code of one", &Message { code: 10, ..batch("batched_to", &two) });
    session.ask("how many there are", 30, &[("topic", "batched_to"), ("queueId", "0")], &[]);
}

/// `Short.MAX_VALUE`.
const PROPERTIES_MAX: usize = 32_767;
