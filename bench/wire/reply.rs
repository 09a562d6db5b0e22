//! Reading the few numbers of a reply that a load generator wants, in one pass and without a copy.

use memchr::{memchr, memchr2};

use crate::wire::connection::PREFIX_BYTES;

/// Bytes of the binary header before its remark.
const BINARY_FIXED_BYTES: usize = 17;

/// What a reply (or a request of the broker's) says, as far as it is read here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Head<'a> {
    /// Response code, or request code when [`is_response`](Self::is_response) is false.
    pub code: i32,
    /// The request it answers.
    pub opaque: i32,
    /// Bit 0: response. Bit 1: oneway.
    pub flag: i32,
    /// `queueId` of a send's reply.
    pub queue: Option<i64>,
    /// `queueOffset` of a send's reply.
    pub offset: Option<i64>,
    /// `nextBeginOffset` of a pull's reply.
    pub next: Option<i64>,
    /// `maxOffset` of a pull's reply.
    pub max: Option<i64>,
    /// `offset` of the answer to an offset query.
    pub answer_offset: Option<i64>,
    /// `msgId` of a send's reply.
    pub message_id: Option<&'a [u8]>,
    /// What follows the header.
    pub body: &'a [u8],
}

impl<'a> Head<'a> {
    /// Whether it answers a request.
    pub fn is_response(&self) -> bool {
        self.flag & 1 != 0
    }

    fn field(&mut self, key: &[u8], value: &'a [u8]) {
        let room = match key {
            b"msgId" => {
                self.message_id = Some(value);
                return;
            }
            b"queueOffset" => &mut self.offset,
            b"queueId" => &mut self.queue,
            b"nextBeginOffset" => &mut self.next,
            b"maxOffset" => &mut self.max,
            b"offset" => &mut self.answer_offset,
            _ => return,
        };
        *room = number(value);
    }
}

/// Reads one whole frame; `None` if it is no frame of RocketMQ's.
pub fn read(frame: &[u8]) -> Option<Head<'_>> {
    let (prefix, rest) = frame.split_first_chunk::<PREFIX_BYTES>()?;
    let [_, _, _, _, kind, high, middle, low] = *prefix;
    let header_bytes = usize::try_from(u32::from_be_bytes([0, high, middle, low])).ok()?;
    let (header, body) = rest.split_at_checked(header_bytes)?;
    let mut head = Head { body, ..Head::default() };
    match kind {
        0 => read_json(header, &mut head)?,
        1 => read_binary(header, &mut head)?,
        _ => return None,
    }
    Some(head)
}

/// A decimal number, as the fields of a command hold it.
fn number(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() || digits.len() > 18 {
        // One digit more could overflow: leave that to the library.
        return std::str::from_utf8(text).ok()?.parse().ok();
    }
    let mut value = 0_i64;
    for &digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value * 10 + i64::from(digit - b'0');
    }
    Some(if negative { -value } else { value })
}

fn read_binary<'a>(header: &'a [u8], head: &mut Head<'a>) -> Option<()> {
    let (fixed, mut rest) = header.split_first_chunk::<BINARY_FIXED_BYTES>()?;
    let [c1, c2, _, _, _, o1, o2, o3, o4, f1, f2, f3, f4, remark @ ..] = *fixed;
    head.code = i32::from(i16::from_be_bytes([c1, c2]));
    head.opaque = i32::from_be_bytes([o1, o2, o3, o4]);
    head.flag = i32::from_be_bytes([f1, f2, f3, f4]);
    rest = rest.get(usize::try_from(i32::from_be_bytes(remark)).ok()?..)?;
    let (_, mut block) = rest.split_first_chunk::<4>()?;
    while let Some((length, after)) = block.split_first_chunk::<2>() {
        let (key, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        let (length, after) = after.split_first_chunk::<4>()?;
        let length = usize::try_from(i32::from_be_bytes(*length)).ok()?;
        let (value, after) = after.split_at_checked(length)?;
        head.field(key, value);
        block = after;
    }
    Some(())
}

/// Steps from string to string: a header holds objects of texts and numbers only, and a name that
/// is wanted stands nowhere else than as a key.
fn read_json<'a>(header: &'a [u8], head: &mut Head<'a>) -> Option<()> {
    let mut rest = header;
    while let Some((text, after)) = next_string(rest)? {
        let Some(after) = after.strip_prefix(b":") else {
            rest = after;
            continue;
        };
        let room = match text {
            b"code" => &mut head.code,
            b"opaque" => &mut head.opaque,
            b"flag" => &mut head.flag,
            _ => {
                rest = after;
                if after.first() == Some(&b'"') {
                    let (value, after) = next_string(after)??;
                    head.field(text, value);
                    rest = after;
                }
                continue;
            }
        };
        let digits = |byte: &u8| !byte.is_ascii_digit() && *byte != b'-';
        let end = after.iter().position(digits)?;
        let (value, after) = after.split_at_checked(end)?;
        *room = i32::try_from(number(value)?).ok()?;
        rest = after;
    }
    Some(())
}

/// The next string, without its quotes and with its escapes left in, and what follows it.
fn next_string(text: &[u8]) -> Option<Option<(&[u8], &[u8])>> {
    let Some(open) = memchr(b'"', text) else { return Some(None) };
    let inner = text.get(open + 1..)?;
    let mut at = 0;
    loop {
        at += memchr2(b'"', b'\\', inner.get(at..)?)?;
        if inner.get(at) == Some(&b'"') {
            return Some(Some((inner.get(..at)?, inner.get(at + 1..)?)));
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ringmq::protocol::{Command, Fields, Serialization};

    fn reply(serialization: Serialization) -> Command {
        let mut fields = Fields::absent();
        fields.push("queueId", "3");
        fields.push("msgId", "7F00000100002A9F0000000000000000");
        fields.push("TRACE_ON", "true");
        fields.push("queueOffset", "1234567");
        fields.push("nextBeginOffset", "-5");
        let reply = Command::reply_to(-77, serialization, 2).with_fields(fields);
        reply.with_remark("a \"remark\" \\ with \"queueOffset\": traps").with_body("body")
    }

    #[test]
    fn both_headers_are_read() {
        for serialization in [Serialization::Json, Serialization::Binary] {
            let frame = reply(serialization).encode().unwrap();
            let expected = Head {
                code: 2,
                opaque: -77,
                flag: 1,
                queue: Some(3),
                offset: Some(1_234_567),
                next: Some(-5),
                max: None,
                answer_offset: None,
                message_id: Some(b"7F00000100002A9F0000000000000000"),
                body: b"body",
            };
            assert_eq!(read(&frame), Some(expected), "{serialization:?}");
        }
    }

    #[test]
    fn a_header_of_a_java_broker_is_read() {
        let header = concat!(
            r#"{"code":0,"extFields":{"queueId":"0","transactionId":"7F","queueOffset":"42","#,
            r#""TRACE_ON":"true"},"flag":1,"language":"JAVA","opaque":1000000007,"#,
            r#""serializeTypeCurrentRPC":"JSON","version":513}"#
        );
        let mut frame = u32::try_from(header.len() + 4).unwrap().to_be_bytes().to_vec();
        frame.extend(u32::try_from(header.len()).unwrap().to_be_bytes());
        frame.extend(header.as_bytes());
        let head = read(&frame).unwrap();
        assert_eq!((head.code, head.opaque, head.flag), (0, 1_000_000_007, 1));
        assert_eq!((head.queue, head.offset, head.body), (Some(0), Some(42), &b""[..]));
    }

    #[test]
    fn no_truncation_panics_and_none_is_taken_for_whole() {
        for serialization in [Serialization::Json, Serialization::Binary] {
            let frame = reply(serialization).encode().unwrap();
            let header = frame.len() - 4;
            for length in 0..header {
                let mut cut = frame[..length].to_vec();
                assert_eq!(read(&cut), None, "{length}");
                if let Some(room) = cut.get_mut(5..8) {
                    // The same cut, with a header length that agrees: it must not panic.
                    room.copy_from_slice(&u32::try_from(length - 8).unwrap().to_be_bytes()[1..]);
                    let _ = read(&cut);
                }
            }
        }
    }

    #[test]
    fn numbers_at_the_edges() {
        assert_eq!(number(b"0"), Some(0));
        assert_eq!(number(i64::MAX.to_string().as_bytes()), Some(i64::MAX));
        assert_eq!(number(i64::MIN.to_string().as_bytes()), Some(i64::MIN));
        assert_eq!(number(b"9223372036854775808"), None);
        assert_eq!(number(b""), None);
        assert_eq!(number(b"-"), None);
        assert_eq!(number(b"1a"), None);
    }
}
