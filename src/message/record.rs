//! The stored record: layout in `store/FORMAT.md` (Java: `MessageExtEncoder`, `MessageDecoder`).
//!
//! ```text
//! 0 totalSize 4 | 4 magic 4 | 8 bodyCRC 4 | 12 queueId 4 | 16 flag 4 | 20 queueOffset 8
//! 28 physicalOffset 8 | 36 sysFlag 4 | 40 bornTimestamp 8 | 48 bornHost 8 or 20
//! storeTimestamp 8 | storeHost 8 or 20 | reconsumeTimes 4 | preparedTransactionOffset 8
//! bodyLength 4, body | topicLength 1 (V1) or 2 (V2), topic | propertiesLength 2, properties
//! ```

use std::net::{IpAddr, SocketAddr};

use thiserror::Error;

use super::cursor::Cursor;
use super::flags::{BORN_HOST_V6, STORE_HOST_V6};
use crate::limits::PROPERTIES_BYTES_MAX;
use crate::units::{PhysicalOffset, QueueOffset, WallMillis};

/// A record whose topic length has one byte.
pub const MAGIC_V1: u32 = 0xdaa3_20a7;
/// A record whose topic length has two bytes.
pub const MAGIC_V2: u32 = 0xdaa3_20ab;
/// What fills the end of a segment that the next record did not fit in.
pub const MAGIC_BLANK: u32 = 0xcbd4_3194;
/// `totalSize` and `magic`, which every entry of a log starts with.
pub const PREFIX_BYTES: usize = 8;
/// A V1 record with IPv4 hosts and nothing in it: the shortest there is.
pub const RECORD_BYTES_MIN: usize = 91;

/// Bytes in front of the body with two IPv6 hosts: the most there are.
const HEAD_BYTES_MAX: usize = 88 + 2 * 12;
/// Longest topic of a V1 record. Java reads the length as a signed byte.
const TOPIC_V1_BYTES_MAX: usize = 127;

/// The address of a client or a broker. The port has 32 bits on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    /// Its address; the family decides the width in the record.
    pub ip: IpAddr,
    /// Its port.
    pub port: u32,
}

impl From<SocketAddr> for Host {
    fn from(address: SocketAddr) -> Self {
        // A socket that takes both families shows IPv4 peers as mapped: they are IPv4 on disk.
        Self { ip: address.ip().to_canonical(), port: u32::from(address.port()) }
    }
}

impl From<Host> for SocketAddr {
    /// A port beyond 16 bits, which no client has, becomes 0.
    fn from(host: Host) -> Self {
        Self::new(host.ip, u16::try_from(host.port).unwrap_or(0))
    }
}

/// One message as the log holds it, its texts borrowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// The queue of its topic.
    pub queue_id: i32,
    /// The application's own flag.
    pub flag: i32,
    /// Ordinal in the queue; 0 for prepared and rollback records.
    pub queue_offset: QueueOffset,
    /// Where the record starts.
    pub physical_offset: PhysicalOffset,
    /// See [`super::flags`]. The two address-family bits follow the hosts when encoding.
    pub sys_flag: i32,
    /// When the client made it, by the client's clock.
    pub born_at: WallMillis,
    /// The client.
    pub born_host: Host,
    /// When the broker stored it.
    pub stored_at: WallMillis,
    /// The broker, as clients reach it.
    pub store_host: Host,
    /// How often it has been redelivered.
    pub reconsume_times: i32,
    /// On commit and rollback records: the half message's physical offset.
    pub prepared_transaction_offset: i64,
    /// The body as stored, maybe compressed.
    pub body: &'a [u8],
    /// The topic.
    pub topic: &'a str,
    /// The property string, see [`super::properties`].
    pub properties: &'a [u8],
}

/// Why a message cannot be a record.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EncodeError {
    /// The body or the whole is longer than a 31-bit length tells.
    #[error("the body is too long for a record")]
    BodyTooLong,
    /// More than 32,767 bytes of properties.
    #[error("the properties are longer than {PROPERTIES_BYTES_MAX} bytes")]
    PropertiesTooLong,
    /// More than 32,767 bytes of topic.
    #[error("the topic is too long for a record")]
    TopicTooLong,
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum RecordError {
    /// The body does not have the checksum in front of it.
    #[error("the body's checksum is wrong")]
    Checksum,
    /// The parts do not add up to the whole.
    #[error("the lengths in the record contradict each other")]
    Length,
    /// Neither of the two magic numbers.
    #[error("no record starts here")]
    Magic,
    /// The topic is not UTF-8.
    #[error("the topic is not text")]
    Topic,
    /// The bytes end before the record does.
    #[error("the record is cut off")]
    Truncated,
}

/// How much of a record to check when decoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Shape and the body's checksum.
    Checksum,
    /// Shape only.
    Shape,
}

/// The checksum that a record carries of its body: CRC-32 (IEEE), cut to 31 bits as Java does.
pub fn body_checksum(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7fff_ffff
}

/// The total size and the magic number in front of `bytes`; `None` if it is too short.
pub fn prefix(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut cursor = Cursor::new(bytes);
    Some((cursor.u32()?, cursor.u32()?))
}

impl<'a> Record<'a> {
    /// Length of the record, in bytes.
    ///
    /// # Errors
    /// Some part is longer than its length field tells.
    pub fn encoded_len(&self) -> Result<usize, EncodeError> {
        if self.properties.len() > PROPERTIES_BYTES_MAX {
            return Err(EncodeError::PropertiesTooLong);
        }
        if i16::try_from(self.topic.len()).is_err() {
            return Err(EncodeError::TopicTooLong);
        }
        let widths = host_bytes(self.born_host) + host_bytes(self.store_host);
        let topic = if self.is_v2() { 2 } else { 1 } + self.topic.len();
        let fixed = 72 + widths + topic + 2 + self.properties.len();
        let total = fixed.checked_add(self.body.len()).ok_or(EncodeError::BodyTooLong)?;
        i32::try_from(total).map(|_| total).map_err(|_| EncodeError::BodyTooLong)
    }

    /// Hands the encoded record to `put`, front to back, in a few pieces. Returns its length.
    ///
    /// # Errors
    /// As [`Record::encoded_len`]; then nothing was put.
    pub fn encode(&self, mut put: impl FnMut(&[u8])) -> Result<usize, EncodeError> {
        let total = self.encoded_len()?;
        let head = Head::of(self, total);
        put(head.bytes());
        put(self.body);
        // Lengths fit: `encoded_len` has checked them.
        if self.is_v2() {
            put(&u16::try_from(self.topic.len()).unwrap_or(0).to_be_bytes());
        } else {
            put(&u8::try_from(self.topic.len()).unwrap_or(0).to_be_bytes());
        }
        put(self.topic.as_bytes());
        put(&u16::try_from(self.properties.len()).unwrap_or(0).to_be_bytes());
        put(self.properties);
        Ok(total)
    }

    /// The encoded record, for tests and cold paths.
    ///
    /// # Errors
    /// As [`Record::encoded_len`].
    pub fn to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        let mut bytes = Vec::new();
        self.encode(|piece| bytes.extend_from_slice(piece))?;
        Ok(bytes)
    }

    /// The record at the front of `bytes`, and its length. What follows it is not looked at.
    ///
    /// # Errors
    /// Every other input; none panics, and nothing is allocated.
    pub fn decode(bytes: &'a [u8], check: Check) -> Result<(Self, usize), RecordError> {
        let (total, magic) = prefix(bytes).ok_or(RecordError::Truncated)?;
        let v2 = match magic {
            MAGIC_V1 => false,
            MAGIC_V2 => true,
            _ => return Err(RecordError::Magic),
        };
        let total = usize::try_from(total).map_err(|_| RecordError::Length)?;
        if total < RECORD_BYTES_MIN || i32::try_from(total).is_err() {
            return Err(RecordError::Length);
        }
        let whole = bytes.get(..total).ok_or(RecordError::Truncated)?;
        let mut cursor = Cursor::new(whole);
        let (record, checksum) = fields(&mut cursor, v2).ok_or(RecordError::Length)?;
        if !cursor.is_empty() {
            return Err(RecordError::Length);
        }
        let record = record.ok_or(RecordError::Topic)?;
        if check == Check::Checksum && body_checksum(record.body) != checksum {
            return Err(RecordError::Checksum);
        }
        Ok((record, total))
    }

    /// Is the topic too long for a V1 record?
    fn is_v2(&self) -> bool {
        self.topic.len() > TOPIC_V1_BYTES_MAX
    }
}

/// The fields behind the magic number. The outer `None`: the bytes ended; the inner: the topic is
/// not text.
fn fields<'a>(cursor: &mut Cursor<'a>, v2: bool) -> Option<(Option<Record<'a>>, u32)> {
    cursor.take(PREFIX_BYTES)?;
    let checksum = cursor.u32()?;
    let queue_id = cursor.i32()?;
    let flag = cursor.i32()?;
    let queue_offset = QueueOffset(cursor.i64()?);
    let physical_offset = PhysicalOffset(cursor.u64()?);
    let sys_flag = cursor.i32()?;
    let born_at = WallMillis(cursor.i64()?);
    let born_host = host(cursor, sys_flag & BORN_HOST_V6 != 0)?;
    let stored_at = WallMillis(cursor.i64()?);
    let store_host = host(cursor, sys_flag & STORE_HOST_V6 != 0)?;
    let reconsume_times = cursor.i32()?;
    let prepared_transaction_offset = cursor.i64()?;
    let body_len = usize::try_from(cursor.i32()?).ok()?;
    let body = cursor.take(body_len)?;
    let topic_len = if v2 { usize::try_from(cursor.i16()?).ok()? } else { cursor.u8()?.into() };
    let topic = cursor.take(topic_len)?;
    let properties_len = usize::try_from(cursor.i16()?).ok()?;
    let properties = cursor.take(properties_len)?;
    let record = std::str::from_utf8(topic).ok().map(|topic| Record {
        queue_id,
        flag,
        queue_offset,
        physical_offset,
        sys_flag,
        born_at,
        born_host,
        stored_at,
        store_host,
        reconsume_times,
        prepared_transaction_offset,
        body,
        topic,
        properties,
    });
    Some((record, checksum))
}

fn host(cursor: &mut Cursor<'_>, v6: bool) -> Option<Host> {
    let ip =
        if v6 { IpAddr::from(cursor.array::<16>()?) } else { IpAddr::from(cursor.array::<4>()?) };
    Some(Host { ip, port: cursor.u32()? })
}

fn host_bytes(host: Host) -> usize {
    if host.ip.is_ipv6() { 20 } else { 8 }
}

/// Where in an encoded record the store time stands, given its `sysFlag`.
pub const fn stored_at_offset(sys_flag: i32) -> usize {
    if sys_flag & BORN_HOST_V6 != 0 { 68 } else { 56 }
}

/// The store time in the first [`STORED_AT_BYTES`] bytes of an encoded record.
pub fn stored_at(head: &[u8]) -> Option<WallMillis> {
    let mut cursor = Cursor::new(head);
    cursor.take(36)?;
    let at = stored_at_offset(cursor.i32()?);
    let mut cursor = Cursor::new(head.get(at..)?);
    cursor.i64().map(WallMillis)
}

/// How many bytes of a record [`stored_at`] needs.
pub const STORED_AT_BYTES: usize = 76;

/// Everything in front of the body.
struct Head {
    bytes: [u8; HEAD_BYTES_MAX],
    len: usize,
}

impl Head {
    fn of(record: &Record<'_>, total: usize) -> Self {
        let mut sys_flag = record.sys_flag & !(BORN_HOST_V6 | STORE_HOST_V6);
        if record.born_host.ip.is_ipv6() {
            sys_flag |= BORN_HOST_V6;
        }
        if record.store_host.ip.is_ipv6() {
            sys_flag |= STORE_HOST_V6;
        }
        // Both lengths fit: `encoded_len` has checked them.
        let total = u32::try_from(total).unwrap_or(0);
        let body_len = u32::try_from(record.body.len()).unwrap_or(0);
        let mut head = Self { bytes: [0; HEAD_BYTES_MAX], len: 0 };
        head.put(&total.to_be_bytes());
        head.put(&if record.is_v2() { MAGIC_V2 } else { MAGIC_V1 }.to_be_bytes());
        head.put(&body_checksum(record.body).to_be_bytes());
        head.put(&record.queue_id.to_be_bytes());
        head.put(&record.flag.to_be_bytes());
        head.put(&record.queue_offset.0.to_be_bytes());
        head.put(&record.physical_offset.0.to_be_bytes());
        head.put(&sys_flag.to_be_bytes());
        head.put(&record.born_at.0.to_be_bytes());
        head.host(record.born_host);
        head.put(&record.stored_at.0.to_be_bytes());
        head.host(record.store_host);
        head.put(&record.reconsume_times.to_be_bytes());
        head.put(&record.prepared_transaction_offset.to_be_bytes());
        head.put(&body_len.to_be_bytes());
        head
    }

    fn put(&mut self, piece: &[u8]) {
        if let Some(target) = self.bytes.get_mut(self.len..self.len + piece.len()) {
            target.copy_from_slice(piece);
            self.len += piece.len();
        }
    }

    fn host(&mut self, host: Host) {
        match host.ip {
            IpAddr::V4(ip) => self.put(&ip.octets()),
            IpAddr::V6(ip) => self.put(&ip.octets()),
        }
        self.put(&host.port.to_be_bytes());
    }

    fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
