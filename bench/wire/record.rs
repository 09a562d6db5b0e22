//! Stored records as a pull returns them, read for what a load generator checks.

/// The magic of a record whose topic has an 8-bit length.
const MAGIC_V1: i32 = 0xDAA3_20A7_u32.cast_signed();

/// The magic of a record whose topic has a 16-bit length.
const MAGIC_V2: i32 = 0xDAA3_20AB_u32.cast_signed();

/// sysFlag: the born host is IPv6.
const BORN_HOST_V6: i32 = 0x10;

/// sysFlag: the store host is IPv6.
const STORE_HOST_V6: i32 = 0x20;

/// One record of a pull's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    /// Queue it stands in.
    pub queue: i32,
    /// Position in the queue.
    pub offset: i64,
    /// Position in the commit log.
    pub physical: i64,
    /// sysFlag bits.
    pub sys_flag: i32,
    /// When the producer made it, milliseconds since 1970.
    pub born_ms: i64,
    /// When the broker stored it, milliseconds since 1970.
    pub stored_ms: i64,
    /// How often it was given back.
    pub reconsume_times: i32,
    /// The body as it was sent.
    pub body: &'a [u8],
    /// The topic's name.
    pub topic: &'a [u8],
    /// `name 0x01 value 0x02`, repeated.
    pub properties: &'a [u8],
}

impl<'a> Record<'a> {
    /// The value of a property.
    pub fn property(&self, name: &[u8]) -> Option<&'a [u8]> {
        let items = self.properties.split(|&byte| byte == 2);
        let mut found = items.filter_map(|item| item.strip_prefix(name)?.strip_prefix(&[1]));
        found.next()
    }
}

/// The records of a pull's body, front to back. Ends at the end, or with one `Err` where bytes
/// stand that are no record.
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
}

/// Bytes in a pull's body that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a pull's body holds bytes that are no record")]
pub struct NoRecord;

impl<'a> Records<'a> {
    /// The records of `body`.
    pub fn new(body: &'a [u8]) -> Self {
        Self { rest: body }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<Record<'a>, NoRecord>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let found = first_record(self.rest);
        self.rest = found.map_or(&[], |(_, rest)| rest);
        Some(found.map(|(record, _)| record).ok_or(NoRecord))
    }
}

/// A cursor that has checked every length it steps over.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    fn i64(&mut self) -> Option<i64> {
        self.array().map(i64::from_be_bytes)
    }

    fn length16(&mut self) -> Option<usize> {
        self.array().map(u16::from_be_bytes).map(usize::from)
    }
}

fn first_record(bytes: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let total = usize::try_from(i32::from_be_bytes(*bytes.first_chunk()?)).ok()?;
    let (record, rest) = bytes.split_at_checked(total)?;
    let mut cursor = Cursor(record.get(4..)?);
    let magic = cursor.i32()?;
    if magic != MAGIC_V1 && magic != MAGIC_V2 {
        return None;
    }
    cursor.take(4)?;
    let queue = cursor.i32()?;
    cursor.take(4)?;
    let (offset, physical, sys_flag) = (cursor.i64()?, cursor.i64()?, cursor.i32()?);
    let born_ms = cursor.i64()?;
    cursor.take(if sys_flag & BORN_HOST_V6 == 0 { 8 } else { 20 })?;
    let stored_ms = cursor.i64()?;
    cursor.take(if sys_flag & STORE_HOST_V6 == 0 { 8 } else { 20 })?;
    let reconsume_times = cursor.i32()?;
    cursor.take(8)?;
    let body_bytes = usize::try_from(cursor.i32()?).ok()?;
    let body = cursor.take(body_bytes)?;
    let topic_bytes =
        if magic == MAGIC_V1 { usize::from(cursor.array::<1>()?[0]) } else { cursor.length16()? };
    let topic = cursor.take(topic_bytes)?;
    let properties_bytes = cursor.length16()?;
    let properties = cursor.take(properties_bytes)?;
    let record = Record {
        queue,
        offset,
        physical,
        sys_flag,
        born_ms,
        stored_ms,
        reconsume_times,
        body,
        topic,
        properties,
    };
    Some((record, rest))
}

/// Bytes as a broker stores them; the checksum and the hosts are left zero, and a length that has
/// no room in its field is cut to the greatest.
pub fn encode(record: &Record<'_>) -> Vec<u8> {
    let length32 = |part: &[u8]| u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes();
    let mut bytes = vec![0; 4];
    bytes.extend(MAGIC_V1.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(record.queue.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(record.offset.to_be_bytes());
    bytes.extend(record.physical.to_be_bytes());
    bytes.extend(record.sys_flag.to_be_bytes());
    bytes.extend(record.born_ms.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(record.stored_ms.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(record.reconsume_times.to_be_bytes());
    bytes.extend([0; 8]);
    bytes.extend(length32(record.body));
    bytes.extend(record.body);
    bytes.push(u8::try_from(record.topic.len()).unwrap_or(u8::MAX));
    bytes.extend(record.topic);
    bytes.extend(u16::try_from(record.properties.len()).unwrap_or(u16::MAX).to_be_bytes());
    bytes.extend(record.properties);
    let total = length32(&bytes);
    if let Some(room) = bytes.first_chunk_mut() {
        *room = total;
    }
    bytes
}

/// Gives an encoded record another place.
pub fn patch(bytes: &mut [u8], queue: i32, offset: i64) {
    for (at, value) in [(12, &queue.to_be_bytes()[..]), (20, &offset.to_be_bytes()[..])] {
        if let Some(room) = bytes.get_mut(at..at + value.len()) {
            room.copy_from_slice(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(offset: i64) -> Record<'static> {
        Record {
            queue: 3,
            offset,
            physical: 4096,
            sys_flag: 0,
            born_ms: 1_700_000_000_000,
            stored_ms: 1_700_000_000_001,
            reconsume_times: 2,
            body: b"body",
            topic: b"topic",
            properties: b"KEYS\x01k\x02UNIQ_KEY\x01ABC\x02WAIT\x01true\x02",
        }
    }

    #[test]
    fn records_stand_back_to_back() {
        let mut body = encode(&sample(7));
        body.extend(encode(&sample(8)));
        let read: Vec<_> = Records::new(&body).collect();
        assert_eq!(read, [Ok(sample(7)), Ok(sample(8))]);
    }

    #[test]
    fn a_patched_record_stands_elsewhere() {
        let mut bytes = encode(&sample(7));
        patch(&mut bytes, 5, 1 << 40);
        let moved = Record { queue: 5, offset: 1 << 40, ..sample(0) };
        assert_eq!(Records::new(&bytes).collect::<Vec<_>>(), [Ok(moved)]);
    }

    #[test]
    fn properties_are_found_by_their_whole_name() {
        let record = sample(0);
        assert_eq!(record.property(b"UNIQ_KEY"), Some(&b"ABC"[..]));
        assert_eq!(record.property(b"KEY"), None);
        assert_eq!(record.property(b"WAIT"), Some(&b"true"[..]));
        assert_eq!(record.property(b"TAGS"), None);
    }

    #[test]
    fn a_cut_record_is_an_error_and_ends_the_list() {
        let whole = encode(&sample(7));
        for length in 1..whole.len() {
            let read: Vec<_> = Records::new(&whole[..length]).collect();
            assert_eq!(read, [Err(NoRecord)], "{length}");
        }
    }
}
