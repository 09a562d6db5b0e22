//! Sends prepared once, so that each costs a copy and a few patches.

use std::net::Ipv4Addr;

use ringmq::protocol::{Command, EncodeError, Fields, Serialization};

use crate::wire::unique::{UNIQUE_ID_CHARS, UniqueIds};

/// The lowest opaque that [`SendTemplate`] writes; all have ten digits and fit 31 bits.
pub const OPAQUE_BASE: u32 = 1_000_000_000;

/// Opaques from [`OPAQUE_BASE`] on that keep ten digits and 31 bits.
pub const OPAQUE_COUNT: u32 = 1_000_000_000;

/// Where the opaque stands in a binary frame: after both lengths, code, language and version.
const BINARY_OPAQUE_AT: usize = 13;

/// A time of thirteen digits, as all are until the year 2286.
const BORN_PLACEHOLDER: u64 = 1_000_000_000_000;

/// A key that each send replaces by that of its own number.
pub const KEY_PLACEHOLDER: &str = "key-000000000";

/// Where the digits of a key start.
const KEY_DIGITS_AT: usize = 4;

/// SEND_MESSAGE_V2.
const SEND_MESSAGE_V2: i32 = 310;

/// SEND_BATCH_MESSAGE.
const SEND_BATCH_MESSAGE: i32 = 320;

/// What all sends of one template have in common.
#[derive(Clone, Debug)]
pub struct SendShape<'a> {
    /// Producer group.
    pub group: &'a str,
    /// Topic.
    pub topic: &'a str,
    /// Digits of the id of the queue, which each send names. A queue's id stands in a frame with no
    /// more digits than it has.
    pub queue_digits: usize,
    /// Queues that the broker creates the topic with if it is new.
    pub default_queues: u32,
    /// sysFlag bits: 1 compressed body, 4 half message.
    pub sys_flag: i32,
    /// Properties beside the unique id, in the order they go out.
    pub properties: &'a [(&'a str, &'a str)],
    /// Whether the message has an id of its own (a batch of 4.9 has none).
    pub unique: bool,
    /// Whether the body is a batch.
    pub batch: bool,
    /// Name of the broker, as clients since 4.9.8 send it.
    pub broker: Option<&'a str>,
    /// How the header is written.
    pub serialization: Serialization,
}

/// The frame of a send up to its body, with the places that change from one send to the next.
#[derive(Clone, Debug)]
pub struct SendTemplate {
    head: Vec<u8>,
    binary: bool,
    opaque_at: usize,
    born_at: usize,
    queue_at: usize,
    queue_digits: usize,
    unique_at: Option<usize>,
    key_at: Option<usize>,
}

/// What is new in each send.
#[derive(Clone, Copy, Debug)]
pub struct SendPatch {
    /// From [`OPAQUE_BASE`], less than [`OPAQUE_COUNT`] above it.
    pub opaque: u32,
    /// Milliseconds since 1970.
    pub born_ms: u64,
    /// The queue; its id has the digits that the template was made for.
    pub queue: u32,
    /// The message's unique id.
    pub unique: [u8; UNIQUE_ID_CHARS],
    /// The number of its key, if the properties have [`KEY_PLACEHOLDER`].
    pub key: u32,
}

impl SendTemplate {
    /// Prepares sends of bodies of exactly `body_bytes`.
    ///
    /// # Errors
    /// No peer takes a frame of that length.
    pub fn new(shape: &SendShape<'_>, body_bytes: usize) -> Result<Self, EncodeError> {
        let placeholder = UniqueIds::new(Ipv4Addr::BROADCAST, 0xffff).id(0, 0);
        let mut properties = String::new();
        let unique = std::str::from_utf8(&placeholder).unwrap_or_default();
        let own = shape.unique.then_some(("UNIQ_KEY", unique));
        for (name, value) in own.iter().chain(shape.properties) {
            properties.extend([*name, "\u{1}", *value, "\u{2}"]);
        }
        let code = if shape.batch { SEND_BATCH_MESSAGE } else { SEND_MESSAGE_V2 };
        let mut command = Command::request(code).with_fields(fields(shape, &properties));
        command.opaque = i32::try_from(OPAQUE_BASE).unwrap_or_default();
        command.serialization = shape.serialization;
        let head = command.encode_header(body_bytes)?.to_vec();
        let binary = head.get(4) == Some(&Serialization::Binary.byte());
        let born = BORN_PLACEHOLDER.to_string();
        let keyed = shape.properties.iter().any(|(_, value)| *value == KEY_PLACEHOLDER);
        let key_at = memchr::memmem::rfind(&head, KEY_PLACEHOLDER.as_bytes());
        let opaque_at = if binary {
            BINARY_OPAQUE_AT
        } else {
            let key = b"\"opaque\":";
            memchr::memmem::rfind(&head, key).map_or(0, |at| at + key.len())
        };
        Ok(Self {
            binary,
            opaque_at,
            born_at: memchr::memmem::find(&head, born.as_bytes()).unwrap_or(0),
            queue_at: queue_at(&head, binary, shape.queue_digits),
            queue_digits: shape.queue_digits,
            unique_at: memchr::memmem::find(&head, &placeholder).filter(|_| shape.unique),
            key_at: key_at.filter(|_| keyed).map(|at| at + KEY_DIGITS_AT),
            head,
        })
    }

    /// Appends one send. `body` has the length the template was made for.
    pub fn append(&self, out: &mut Vec<u8>, patch: &SendPatch, body: &[u8]) {
        let start = out.len();
        out.reserve(self.head.len() + body.len());
        out.extend_from_slice(&self.head);
        let head = out.get_mut(start..).unwrap_or_default();
        if self.binary {
            put(head, self.opaque_at, &patch.opaque.to_be_bytes());
        } else {
            put_decimal(head, self.opaque_at, 10, u64::from(patch.opaque));
        }
        put_decimal(head, self.born_at, 13, patch.born_ms);
        put_decimal(head, self.queue_at, self.queue_digits, u64::from(patch.queue));
        if let Some(at) = self.unique_at {
            put(head, at, &patch.unique);
        }
        if let Some(at) = self.key_at {
            put_decimal(head, at, 9, u64::from(patch.key));
        }
        out.extend_from_slice(body);
    }
}

fn fields(shape: &SendShape<'_>, properties: &str) -> Fields {
    let mut fields = Fields::absent();
    fields.push("a", shape.group);
    fields.push("b", shape.topic);
    fields.push("c", "TBW102");
    fields.push_number("d", shape.default_queues);
    fields.push("e", &"1".repeat(shape.queue_digits));
    fields.push_number("f", shape.sys_flag);
    fields.push_number("g", i64::try_from(BORN_PLACEHOLDER).unwrap_or_default());
    fields.push("h", "0");
    fields.push("i", properties);
    fields.push("j", "0");
    fields.push("k", "false");
    fields.push_bool("m", shape.batch);
    fields.push_some("n", shape.broker);
    fields
}

fn put(head: &mut [u8], at: usize, bytes: &[u8]) {
    if let Some(room) = head.get_mut(at..at + bytes.len()) {
        room.copy_from_slice(bytes);
    }
}

/// Writes the lowest `digits` decimal digits.
fn put_decimal(head: &mut [u8], at: usize, digits: usize, value: u64) {
    let mut left = value;
    for digit in head.get_mut(at..at + digits).unwrap_or_default().iter_mut().rev() {
        *digit = b'0' + u8::try_from(left % 10).unwrap_or_default();
        left /= 10;
    }
}

/// Where the queue's id stands: behind its key and, in the binary form, its length. What comes
/// before it are names, which have neither quotes nor zero bytes.
fn queue_at(head: &[u8], binary: bool, digits: usize) -> usize {
    let length = u8::try_from(digits).unwrap_or_default();
    let key: &[u8] = if binary { &[0, 1, b'e', 0, 0, 0, length] } else { b"\"e\":\"" };
    memchr::memmem::find(head, key).map_or(0, |at| at + key.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn shape(serialization: Serialization) -> SendShape<'static> {
        SendShape {
            group: "group",
            // Digits that look like the placeholders must not be patched.
            topic: "topic1000000000",
            queue_digits: 2,
            default_queues: 8,
            sys_flag: 0,
            properties: &[("WAIT", "true"), ("KEYS", KEY_PLACEHOLDER), ("TAGS", "a\"b")],
            unique: true,
            batch: false,
            broker: Some("broker-a"),
            serialization,
        }
    }

    #[test]
    fn a_patched_send_reads_back() {
        let ids = UniqueIds::new(Ipv4Addr::LOCALHOST, 7);
        let body = vec![b'x'; 1024];
        for serialization in [Serialization::Json, Serialization::Binary] {
            let template = SendTemplate::new(&shape(serialization), body.len()).unwrap();
            let mut out = b"before".to_vec();
            let unique = ids.id(99, 1_700_000_000_123);
            let born_ms = 1_700_000_000_123;
            let patch = SendPatch { opaque: 1_234_567_890, born_ms, queue: 17, unique, key: 42 };
            template.append(&mut out, &patch, &body);
            let command = Command::decode(Bytes::copy_from_slice(&out[6..])).unwrap();
            assert_eq!(command.serialization, serialization);
            assert_eq!((command.code, command.opaque), (310, 1_234_567_890));
            assert_eq!(command.body, body);
            let get = |key| command.fields.get(key).unwrap();
            assert_eq!((get("b"), get("e"), get("d")), ("topic1000000000", "17", "8"));
            assert_eq!((get("g"), get("m"), get("n")), ("1700000000123", "false", "broker-a"));
            let expected = format!(
                "UNIQ_KEY\u{1}{}\u{2}WAIT\u{1}true\u{2}KEYS\u{1}key-000000042\u{2}\
                 TAGS\u{1}a\"b\u{2}",
                std::str::from_utf8(&unique).unwrap()
            );
            assert_eq!(get("i"), expected);
        }
    }

    #[test]
    fn a_batch_names_itself() {
        let shape = SendShape { batch: true, unique: false, ..shape(Serialization::Binary) };
        let template = SendTemplate::new(&shape, 3).unwrap();
        let mut out = Vec::new();
        let born_ms = 1_700_000_000_000;
        let patch = SendPatch { opaque: OPAQUE_BASE, born_ms, queue: 90, unique: [0; 32], key: 0 };
        template.append(&mut out, &patch, b"abc");
        let command = Command::decode(Bytes::from(out)).unwrap();
        assert_eq!((command.code, command.fields.get("m")), (320, Some("true")));
        assert_eq!(
            command.fields.get("i"),
            Some("WAIT\u{1}true\u{2}KEYS\u{1}key-000000000\u{2}TAGS\u{1}a\"b\u{2}")
        );
    }
}
