//! The body of a broker's registration (103), plain and compressed.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

use crate::limits::REGISTRATION_BYTES_MAX;
use crate::protocol::body::route::QueueMappingInfo;
use crate::protocol::body::topic_config::{TopicConfig, TopicConfigs};
use crate::protocol::body::{DataVersion, bodies};
use crate::protocol::error::{BodyError, BodyFault};
use crate::protocol::fastjson::{Table, from_slice, to_vec};
use crate::protocol::version;

/// First byte of zlib data. No JSON text starts so.
const ZLIB_START: u8 = 0x78;

bodies! {
    /// Body of 103. Java: `RegisterBrokerBody`.
    pub struct Registration {
        filter_servers: Vec<String> = "filterServerList",
        topics: TopicConfigs = "topicConfigSerializeWrapper",
    }
}

/// What `bodyCrc32` holds for a body, given the bytes as sent. 0 means that nobody checks.
pub fn body_crc32(body: &[u8]) -> i32 {
    // Java's `UtilAll.crc32` drops the sign bit.
    (crc32fast::hash(body) & 0x7fff_ffff).cast_signed()
}

impl Registration {
    /// Reads a body sent by a broker of `version`, compressed or not: the header's own word on that
    /// is wrong in 5.x. No body at all is an empty registration, as for Java.
    ///
    /// # Errors
    /// The body is no registration, or inflates to more than [`REGISTRATION_BYTES_MAX`].
    pub fn decode(body: &[u8], version: i32) -> Result<Self, BodyError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        if body.first() == Some(&ZLIB_START) {
            return Self::decode_parts(&inflate(body)?);
        }
        if version < version::V3_0_11 {
            let topics = from_slice(body)?;
            return Ok(Self { filter_servers: Vec::new(), topics });
        }
        from_slice::<Option<Self>>(body)?.ok_or(BodyError { at: 0, why: BodyFault::Shape })
    }

    /// The compressed body that a broker of our version sends. Loses `topicSysFlag` and `order`.
    pub fn encode_compressed(&self) -> Vec<u8> {
        let mut out = ZlibEncoder::new(Vec::new(), Compression::best());
        let written = out.write_all(&self.encode_parts());
        debug_assert!(written.is_ok(), "memory takes every byte");
        out.finish().unwrap_or_default()
    }

    fn encode_parts(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_block(&to_vec(&self.topics.data_version), &mut out);
        put_length(self.topics.topics.len(), &mut out);
        for (_, topic) in self.topics.topics.iter() {
            put_block(topic_text(topic).as_bytes(), &mut out);
        }
        put_block(&to_vec(&self.filter_servers), &mut out);
        let mappings = self.topics.mapping_infos.as_ref();
        put_length(mappings.map_or(0, Table::len), &mut out);
        for (_, info) in mappings.into_iter().flat_map(Table::iter) {
            put_block(&to_vec(info), &mut out);
        }
        out
    }

    fn decode_parts(bytes: &[u8]) -> Result<Self, BodyError> {
        let mut reader = Blocks { bytes, at: 0 };
        let data_version: DataVersion = from_slice(reader.block()?)?;
        let mut topics = Table::new();
        for _ in 0..reader.length()? {
            let topic = reader.topic()?;
            topics.push(topic.topic.clone(), topic);
        }
        let filter_servers = from_slice(reader.block()?)?;
        let mut infos: Table<String, QueueMappingInfo> = Table::new();
        // Brokers before 5.0 end here.
        if reader.at < bytes.len() {
            for _ in 0..reader.length()? {
                let info: QueueMappingInfo = from_slice(reader.block()?)?;
                infos.push(info.topic.clone().unwrap_or_default(), info);
            }
        }
        if reader.at != bytes.len() {
            return Err(reader.wrong());
        }
        let mapping_infos = (!infos.is_empty()).then_some(infos);
        let topics = TopicConfigs { data_version, topics, mapping_infos, ..Default::default() };
        Ok(Self { filter_servers, topics })
    }
}

fn inflate(body: &[u8]) -> Result<Vec<u8>, BodyError> {
    let wrong = BodyError { at: 0, why: BodyFault::Compression };
    let limit = u64::try_from(REGISTRATION_BYTES_MAX).map_err(|_| wrong)?;
    let mut plain = Vec::new();
    let mut decoder = ZlibDecoder::new(body).take(limit + 1);
    decoder.read_to_end(&mut plain).map_err(|_| wrong)?;
    if plain.len() > REGISTRATION_BYTES_MAX { Err(wrong) } else { Ok(plain) }
}

fn put_length(length: usize, out: &mut Vec<u8>) {
    // Our own tables are far below 2^31 entries.
    out.extend_from_slice(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
}

fn put_block(bytes: &[u8], out: &mut Vec<u8>) {
    put_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

/// Java: `TopicConfig.encode`.
fn topic_text(topic: &TopicConfig) -> String {
    let TopicConfig { read_queues, write_queues, perm, filter_type, .. } = topic;
    let attributes = String::from_utf8(to_vec(&topic.attributes)).unwrap_or_default();
    format!("{} {read_queues} {write_queues} {perm} {filter_type} {attributes}", topic.topic)
}

/// Java: `TopicConfig.decode`. `None` if a part is missing or a number is none.
fn topic_of_text(text: &str) -> Option<TopicConfig> {
    let mut parts = text.splitn(6, ' ');
    Some(TopicConfig {
        topic: parts.next()?.to_owned(),
        read_queues: parts.next()?.parse().ok()?,
        write_queues: parts.next()?.parse().ok()?,
        perm: parts.next()?.parse().ok()?,
        filter_type: parts.next()?.to_owned(),
        // Absent before 5.0; damaged attributes are dropped as Java drops them.
        attributes: parts
            .next()
            .and_then(|json| from_slice(json.as_bytes()).ok())
            .unwrap_or_default(),
        ..TopicConfig::default()
    })
}

/// A cursor over length-prefixed blocks.
struct Blocks<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Blocks<'a> {
    fn wrong(&self) -> BodyError {
        BodyError { at: self.at, why: BodyFault::Length }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], BodyError> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count).ok_or(self.wrong())?;
        self.at += count;
        Ok(taken)
    }

    fn length(&mut self) -> Result<usize, BodyError> {
        let wrong = self.wrong();
        let bytes = self.take(4)?.first_chunk().ok_or(wrong)?;
        usize::try_from(i32::from_be_bytes(*bytes)).map_err(|_| wrong)
    }

    fn block(&mut self) -> Result<&'a [u8], BodyError> {
        let length = self.length()?;
        self.take(length)
    }

    fn topic(&mut self) -> Result<TopicConfig, BodyError> {
        let at = self.at;
        let wrong = |why| BodyError { at, why };
        let text = std::str::from_utf8(self.block()?).map_err(|_| wrong(BodyFault::NotUtf8))?;
        topic_of_text(text).ok_or(wrong(BodyFault::Shape))
    }
}
