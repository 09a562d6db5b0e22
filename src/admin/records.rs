//! Records as brokers hand them out: pulled from a queue, taken apart, and shown.

use std::borrow::Cow;
use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::read::ZlibDecoder;
use serde_json::{Map, Value};

use crate::config::address::HostPort;
use crate::limits::FRAME_BYTES_MAX;
use crate::message::flags::{COMPRESSED, COMPRESSION};
use crate::message::id::OffsetId;
use crate::message::properties::{self, Properties};
use crate::message::record::{Check, Record};
use crate::message::tag;
use crate::protocol::Command;
use crate::protocol::code::{request, response};
use crate::protocol::request::offset::{MaxOffset, MinOffset, OffsetReply, SearchOffset};
use crate::protocol::request::pull::{FLAG_SUBSCRIPTION, Pull, PullReply};

use super::client::{AdminError, Client};
use super::words::Words;

/// The group that tools pull as; every broker has it.
pub(super) const TOOLS_GROUP: &str = "TOOLS_CONSUMER";
/// Messages of one pull.
const PULL_MESSAGES: i32 = 32;

/// What [`row`] shows.
pub(super) const COLUMNS: [&str; 13] = [
    "topic",
    "broker",
    "queue",
    "offset",
    "id",
    "offset_id",
    "tags",
    "keys",
    "born_at",
    "stored_at",
    "reconsumed",
    "body",
    "properties",
];

/// Part of a queue.
pub(super) struct Range<'a> {
    /// Its topic.
    pub topic: &'a str,
    /// The queue.
    pub queue: i32,
    /// The first offset.
    pub from: i64,
    /// The first offset behind it.
    pub until: i64,
    /// Which tags, as in a subscription.
    pub tags: &'a str,
    /// As which group it is pulled.
    pub group: &'a str,
}

/// The records that stand one behind the other.
pub(super) fn records(mut bytes: &[u8]) -> Result<Vec<Record<'_>>, AdminError> {
    let mut all = Vec::new();
    while !bytes.is_empty() {
        let (record, length) = Record::decode(bytes, Check::Checksum)?;
        all.push(record);
        bytes = bytes.get(length..).unwrap_or_default();
    }
    Ok(all)
}

/// The broker's id of a record.
pub(super) fn offset_id_of(record: &Record<'_>) -> String {
    OffsetId::new(record.store_host, record.physical_offset).to_string()
}

/// The body as it was before its sender compressed it; as it is if that was not with zlib.
pub(super) fn body<'a>(record: &Record<'a>) -> Cow<'a, [u8]> {
    let is_zlib = [0, 0x300].contains(&(record.sys_flag & COMPRESSION));
    if record.sys_flag & COMPRESSED == 0 || !is_zlib {
        return record.body.into();
    }
    let mut bytes = Vec::new();
    let limit = u64::try_from(FRAME_BYTES_MAX).unwrap_or(u64::MAX);
    match ZlibDecoder::new(record.body).take(limit).read_to_end(&mut bytes) {
        Ok(_) => bytes.into(),
        Err(_) => record.body.into(),
    }
}

/// How bodies that are text may be written.
pub(super) const CHARSETS: [&str; 5] = [UTF_8, "US-ASCII", "ISO-8859-1", "UTF-16BE", "UTF-16LE"];
/// See [`CHARSETS`].
pub(super) const UTF_8: &str = "UTF-8";

/// The text that bytes are in one of [`CHARSETS`], if they are.
fn decoded(bytes: &[u8], charset: &str) -> Option<String> {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks();
        let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
        String::from_utf16(&units).ok().filter(|_| rest.is_empty())
    };
    match charset {
        "ISO-8859-1" => Some(bytes.iter().copied().map(char::from).collect()),
        "UTF-16BE" => wide(u16::from_be_bytes),
        "UTF-16LE" => wide(u16::from_le_bytes),
        _ => std::str::from_utf8(bytes).ok().map(str::to_owned),
    }
}

/// A record under [`COLUMNS`], with its body if there is a charset for it. A body that is no text
/// is base64.
pub(super) fn row(broker: &str, record: &Record<'_>, charset: Option<&str>) -> Vec<Value> {
    let all = Properties::new(record.properties);
    let pairs = all.iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
    let body = charset.map(|charset| {
        let bytes = body(record);
        decoded(&bytes, charset).unwrap_or_else(|| BASE64.encode(&bytes))
    });
    vec![
        record.topic.into(),
        broker.into(),
        record.queue_id.into(),
        record.queue_offset.0.into(),
        all.get(properties::UNIQ_KEY).into(),
        offset_id_of(record).into(),
        all.get(properties::TAGS).into(),
        all.get(properties::KEYS).into(),
        record.born_at.0.into(),
        record.stored_at.0.into(),
        record.reconsume_times.into(),
        body.into(),
        Value::Object(pairs.collect::<Map<_, _>>()),
    ]
}

/// Hands over the records of a part of a queue until `take` says that it is enough.
pub(super) async fn each(
    client: &Client,
    broker: &HostPort,
    range: &Range<'_>,
    mut take: impl FnMut(&Record<'_>) -> bool,
) -> Result<(), AdminError> {
    let wanted: Vec<&str> = tag::tags(range.tags).filter(|tag| *tag != "*").collect();
    let mut offset = range.from;
    while offset < range.until {
        let header = Pull {
            consumer_group: range.group,
            topic: range.topic,
            queue_id: range.queue,
            queue_offset: offset,
            messages_max: PULL_MESSAGES,
            sys_flag: FLAG_SUBSCRIPTION,
            subscription: Some(range.tags),
            ..Pull::default()
        };
        let asked = Command::request(request::PULL_MESSAGE).with_fields(header.to_fields());
        let answer = client.exchange(broker, asked).await?;
        match answer.code {
            response::SUCCESS => {}
            response::PULL_RETRY_IMMEDIATELY | response::PULL_OFFSET_MOVED => {}
            response::PULL_NOT_FOUND => return Ok(()),
            _ => return Err(AdminError::refused(broker, answer)),
        }
        // The broker compares hashes of tags only.
        for record in records(&answer.body)? {
            let own = Properties::new(record.properties).get(properties::TAGS).unwrap_or_default();
            let passes = wanted.is_empty() || wanted.contains(&own);
            if record.queue_offset.0 >= range.until || passes && !take(&record) {
                return Ok(());
            }
        }
        let next = PullReply::from_fields(&answer.fields)?.next_begin_offset;
        if next <= offset {
            return Ok(());
        }
        offset = next;
    }
    Ok(())
}

/// From where to where `--offset`, `--begin` and `--end` lead in a queue.
pub(super) async fn bounds(
    client: &Client,
    broker: &HostPort,
    topic: &str,
    queue_id: i32,
    words: &Words,
) -> Result<(i64, i64), AdminError> {
    let ask = async |code: i32, fields| {
        let answer = client.ask(broker, Command::request(code).with_fields(fields)).await?;
        Ok::<i64, AdminError>(OffsetReply::from_fields(&answer.fields)?.offset)
    };
    let search = async |timestamp: i64| {
        let header = SearchOffset { topic, queue_id, timestamp, boundary: None, broker_name: None };
        ask(request::SEARCH_OFFSET_BY_TIMESTAMP, header.to_fields()).await
    };
    let max = MaxOffset { topic, queue_id, committed: None, broker_name: None }.to_fields();
    let max = ask(request::GET_MAX_OFFSET, max).await?;
    let from = match (words.number("offset"), words.number("begin")) {
        (Some(offset), _) => offset,
        (None, Some(begin)) if begin >= 0 => search(begin).await?,
        (None, Some(_)) => max,
        (None, None) => {
            let min = MinOffset { topic, queue_id, broker_name: None }.to_fields();
            ask(request::GET_MIN_OFFSET, min).await?
        }
    };
    let until = match words.number("end") {
        Some(end) if end >= 0 => search(end).await?.saturating_add(1).min(max),
        _ => max,
    };
    Ok((from, until))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_in_the_charset_that_is_named() {
        let text = "h\u{e9}";
        for (charset, bytes) in [
            (UTF_8, &[b'h', 0xc3, 0xa9][..]),
            ("ISO-8859-1", &[b'h', 0xe9]),
            ("UTF-16BE", &[0, b'h', 0, 0xe9]),
            ("UTF-16LE", &[b'h', 0, 0xe9, 0]),
        ] {
            assert!(CHARSETS.contains(&charset));
            assert_eq!(decoded(bytes, charset).as_deref(), Some(text), "{charset}");
        }
        assert_eq!(decoded(&[0xe9], UTF_8), None);
        assert_eq!(decoded(&[0], "UTF-16BE"), None);
        assert_eq!(decoded(&[0xd8, 0], "UTF-16BE"), None);
    }
}
