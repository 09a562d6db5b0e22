//! The summary of all queues that a clean stop leaves, so that a start need not look at each.
//!
//! Layout in `FORMAT.md`.

use super::table::Table;

/// What a summary begins with; the last digits are its version.
const MAGIC: &[u8; 8] = b"RINGQS02";

/// One queue of a summary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Summarised<'a> {
    pub(crate) topic: &'a str,
    pub(crate) id: i32,
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) log_end: u64,
}

/// The summary of `table` over a log that begins at byte `log_start`, and its checksum.
pub(crate) fn encode(table: &Table, log_start: u64) -> (Vec<u8>, u32) {
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&log_start.to_be_bytes());
    for queue in table.all() {
        // A topic was checked to be a name, of at most 255 bytes.
        let topic_len = u16::try_from(queue.topic.len()).unwrap_or(0);
        bytes.extend_from_slice(&topic_len.to_be_bytes());
        bytes.extend_from_slice(queue.topic.as_bytes());
        bytes.extend_from_slice(&queue.id.to_be_bytes());
        bytes.extend_from_slice(&queue.min.to_be_bytes());
        bytes.extend_from_slice(&queue.max.to_be_bytes());
        bytes.extend_from_slice(&queue.log_end.to_be_bytes());
    }
    let checksum = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&checksum.to_be_bytes());
    (bytes, checksum)
}

/// The queues in a summary; `None` if it is damaged, not the one with this checksum, or of a log
/// that did not begin at `log_start`: then queues may begin later than it says.
pub(crate) fn decode(bytes: &[u8], checksum: u32, log_start: u64) -> Option<Vec<Summarised<'_>>> {
    let (body, stored) = bytes.split_last_chunk::<4>()?;
    if u32::from_be_bytes(*stored) != checksum || crc32fast::hash(body) != checksum {
        return None;
    }
    let (start, mut rest) = body.strip_prefix(MAGIC)?.split_first_chunk::<8>()?;
    if u64::from_be_bytes(*start) != log_start {
        return None;
    }
    let mut queues = Vec::new();
    while !rest.is_empty() {
        let (queue, more) = decode_one(rest)?;
        queues.push(queue);
        rest = more;
    }
    Some(queues)
}

fn decode_one(bytes: &[u8]) -> Option<(Summarised<'_>, &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<2>()?;
    let (topic, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len)))?;
    let (id, rest) = rest.split_first_chunk::<4>()?;
    let (min, rest) = rest.split_first_chunk::<8>()?;
    let (max, rest) = rest.split_first_chunk::<8>()?;
    let (log_end, rest) = rest.split_first_chunk::<8>()?;
    let queue = Summarised {
        topic: std::str::from_utf8(topic).ok()?,
        id: i32::from_be_bytes(*id),
        min: i64::from_be_bytes(*min),
        max: i64::from_be_bytes(*max),
        log_end: u64::from_be_bytes(*log_end),
    };
    Some((queue, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_and_any_cut_or_changed_byte_voids_it() {
        let mut table = Table::default();
        table.add("T", 0, (0, 5), 500);
        table.add("%RETRY%g", 3, (7, 7), 12);
        let (bytes, checksum) = encode(&table, 77);
        let queues = decode(&bytes, checksum, 77).unwrap();
        assert_eq!(decode(&bytes, checksum, 78), None);
        let retry = Summarised { topic: "%RETRY%g", id: 3, min: 7, max: 7, log_end: 12 };
        assert_eq!(queues.len(), 2);
        assert!(queues.contains(&retry));
        for at in 0..bytes.len() {
            assert_eq!(decode(&bytes[..at], checksum, 77), None, "{at}");
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert_eq!(decode(&changed, checksum, 77), None, "{at}");
        }
        assert_eq!(decode(&bytes, !checksum, 77), None);
    }
}
