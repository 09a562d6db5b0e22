//! The ids that a producer gives its messages (`UNIQ_KEY`; Java: `MessageClientIDSetter`), here
//! with the number of the message inside, so that whoever pulls it back knows which one it is.
//!
//! 32 upper-case hexadecimal digits: address 8, process 4, class-loader hash 8, milliseconds since
//! the month began 8, counter 4. The hash carries the upper 32 bits of the number, the counter the
//! lower 16, and the process tells one run from another.

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Characters of an id.
pub const UNIQUE_ID_CHARS: usize = 32;

const PROCESS_AT: usize = 8;
const UPPER_AT: usize = 12;
const TIME_AT: usize = 20;
const LOWER_AT: usize = 28;

/// Makes and recognises the ids of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UniqueIds {
    head: [u8; UPPER_AT],
    month_began_ms: u64,
}

impl UniqueIds {
    /// The ids of a run that is told from others by `run`.
    pub fn new(address: Ipv4Addr, run: u16) -> Self {
        let mut head = [b'0'; UPPER_AT];
        put_hex(&mut head, 0, 8, u64::from(u32::from(address)));
        put_hex(&mut head, PROCESS_AT, 4, u64::from(run));
        Self { head, month_began_ms: month_began_ms() }
    }

    /// The ids of this process, started now.
    pub fn of_this_run() -> Self {
        let process = std::process::id();
        let now = wall_ms();
        let mixed = u64::from(process).wrapping_mul(0x9e37_79b9) ^ (now >> 3);
        Self::new(Ipv4Addr::LOCALHOST, u16::try_from(mixed & 0xffff).unwrap_or_default())
    }

    /// The id of message `sequence` (48 bits), made at `now_ms`.
    pub fn id(&self, sequence: u64, now_ms: u64) -> [u8; UNIQUE_ID_CHARS] {
        let mut id = [b'0'; UNIQUE_ID_CHARS];
        if let Some(room) = id.first_chunk_mut() {
            *room = self.head;
        }
        put_hex(&mut id, UPPER_AT, 8, sequence >> 16);
        put_hex(&mut id, TIME_AT, 8, now_ms.saturating_sub(self.month_began_ms));
        put_hex(&mut id, LOWER_AT, 4, sequence);
        id
    }

    /// The number of a message of this run; `None` for an id of anybody else.
    pub fn sequence(&self, id: &[u8]) -> Option<u64> {
        if id.len() != UNIQUE_ID_CHARS || !id.starts_with(&self.head) {
            return None;
        }
        let upper = hex(id.get(UPPER_AT..TIME_AT)?)?;
        Some(upper << 16 | hex(id.get(LOWER_AT..)?)?)
    }
}

/// Milliseconds since 1970.
pub fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The first of this month, 00:00 local time.
fn month_began_ms() -> u64 {
    let began = jiff::Zoned::now().first_of_month().and_then(|day| day.start_of_day());
    began.map_or(0, |day| u64::try_from(day.timestamp().as_millisecond()).unwrap_or(0))
}

/// Writes the lowest `digits` hexadecimal digits of `value`.
fn put_hex(out: &mut [u8], at: usize, digits: usize, value: u64) {
    let Some(room) = out.get_mut(at..at + digits) else { return };
    let mut left = value;
    for byte in room.iter_mut().rev() {
        let nibble = u8::try_from(left & 0xf).unwrap_or_default();
        *byte = if nibble < 10 { b'0' + nibble } else { b'A' + nibble - 10 };
        left >>= 4;
    }
}

fn hex(digits: &[u8]) -> Option<u64> {
    digits
        .iter()
        .try_fold(0, |value, &digit| Some(value << 4 | u64::from(char::from(digit).to_digit(16)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_comes_back() {
        let ids = UniqueIds::new(Ipv4Addr::new(10, 0, 0, 255), 0xbeef);
        for sequence in [0, 1, 0xffff, 0x1_0000, 0xffff_ffff_ffff] {
            let id = ids.id(sequence, wall_ms());
            assert!(id.iter().all(|byte| b"0123456789ABCDEF".contains(byte)));
            assert!(id.starts_with(b"0A0000FFBEEF"));
            assert_eq!(ids.sequence(&id), Some(sequence));
        }
    }

    #[test]
    fn ids_of_others_are_not_ours() {
        let ids = UniqueIds::new(Ipv4Addr::LOCALHOST, 1);
        let other = UniqueIds::new(Ipv4Addr::LOCALHOST, 2);
        assert_eq!(ids.sequence(&other.id(5, wall_ms())), None);
        assert_eq!(ids.sequence(b""), None);
        assert_eq!(ids.sequence(&[b'G'; UNIQUE_ID_CHARS]), None);
    }

    #[test]
    fn the_time_is_counted_from_the_start_of_the_month() {
        let now = wall_ms();
        let id = UniqueIds::new(Ipv4Addr::LOCALHOST, 1).id(0, now);
        let since = hex(&id[TIME_AT..LOWER_AT]).unwrap();
        assert!(since < 32 * 24 * 3600 * 1000, "{since}");
    }
}
