//! The two ids of a message: where it is (`offsetMsgId`), and the one its sender gave it.

use std::fmt;
use std::net::IpAddr;

use thiserror::Error;

use super::cursor::Cursor;
use super::record::Host;
use crate::units::{PhysicalOffset, WallMillis};

/// The text is no offset id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a message id of 32 or 56 hexadecimal digits")]
pub struct IdError;

/// Characters of an offset id of a host with an IPv6 address.
const OFFSET_ID_CHARS_MAX: usize = 56;

/// The id that the broker answers a send with: upper-case hex of store host (4 or 16 bytes), port
/// (4) and physical offset (8). 32 or 56 characters.
#[derive(Clone, Copy)]
pub struct OffsetId {
    text: [u8; OFFSET_ID_CHARS_MAX],
    len: usize,
}

impl OffsetId {
    /// The id of the record at `physical`, stored by `store_host`.
    pub fn new(store_host: Host, physical: PhysicalOffset) -> Self {
        let mut id = Self { text: [0; OFFSET_ID_CHARS_MAX], len: 0 };
        match store_host.ip {
            IpAddr::V4(ip) => id.push_hex(&ip.octets()),
            IpAddr::V6(ip) => id.push_hex(&ip.octets()),
        }
        id.push_hex(&store_host.port.to_be_bytes());
        id.push_hex(&physical.0.to_be_bytes());
        id
    }

    /// Its characters.
    pub fn as_str(&self) -> &str {
        let text = self.text.get(..self.len).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }

    fn push_hex(&mut self, bytes: &[u8]) {
        for digit in hex(bytes) {
            if let Some(free) = self.text.get_mut(self.len) {
                *free = digit;
                self.len += 1;
            }
        }
    }
}

impl fmt::Display for OffsetId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// Takes an offset id apart.
///
/// # Errors
/// The text is of another length, or not hexadecimal.
pub fn parse_offset_id(text: &str) -> Result<(Host, PhysicalOffset), IdError> {
    let bytes = parse_hex(text).ok_or(IdError)?;
    let mut cursor = Cursor::new(&bytes);
    let parsed = match bytes.len() {
        16 => cursor.array::<4>().map(IpAddr::from),
        28 => cursor.array::<16>().map(IpAddr::from),
        _ => None,
    };
    let ip = parsed.ok_or(IdError)?;
    let port = cursor.u32().ok_or(IdError)?;
    let offset = cursor.u64().ok_or(IdError)?;
    Ok((Host { ip, port }, PhysicalOffset(offset)))
}

/// Makes unique keys (`UNIQ_KEY`) as Java's `MessageClientIDSetter` does: address, process id (2
/// bytes), a number of this run (4), milliseconds since the month began (4), counter (2).
#[derive(Clone, Debug)]
pub struct UniqueKeys {
    prefix: String,
    utc_offset_ms: i64,
    counter: u16,
}

impl UniqueKeys {
    /// Keys of one process. `salt` tells runs and cores apart. `utc_offset_ms` is local time less
    /// UTC: readers of the key take the month to begin at local midnight.
    pub fn new(ip: IpAddr, process: u32, salt: u32, utc_offset_ms: i64) -> Self {
        let mut prefix = String::with_capacity(56);
        push_ip(&mut prefix, ip);
        push_hex(&mut prefix, &u16::try_from(process & 0xffff).unwrap_or(0).to_be_bytes());
        push_hex(&mut prefix, &salt.to_be_bytes());
        Self { prefix, utc_offset_ms, counter: 0 }
    }

    /// The next key: 32 or 56 characters.
    pub fn next_key(&mut self, now: WallMillis) -> String {
        let local = now.0.saturating_add(self.utc_offset_ms);
        let since_month = u32::try_from(local - month_start(local)).unwrap_or(0);
        let mut key = self.prefix.clone();
        push_hex(&mut key, &since_month.to_be_bytes());
        push_hex(&mut key, &self.counter.to_be_bytes());
        self.counter = self.counter.wrapping_add(1);
        key
    }
}

const DAY_MS: i64 = 24 * 3600 * 1000;

/// When the month of `local` began: civil date from day count, in 400-year eras that start on a
/// 1st of March, so that the leap day comes last.
fn month_start(local: i64) -> i64 {
    let day = local.div_euclid(DAY_MS);
    let of_era = (day + 719_468).rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let of_month = of_year - (153 * month + 2) / 5;
    (day - of_month) * DAY_MS
}

fn push_ip(text: &mut String, ip: IpAddr) {
    match ip {
        IpAddr::V4(ip) => push_hex(text, &ip.octets()),
        IpAddr::V6(ip) => push_hex(text, &ip.octets()),
    }
}

fn push_hex(text: &mut String, bytes: &[u8]) {
    text.extend(hex(bytes).map(char::from));
}

/// Two upper-case digits for each byte.
fn hex(bytes: &[u8]) -> impl Iterator<Item = u8> {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| match digit {
        0..10 => b'0' + digit,
        _ => b'A' + (digit - 10),
    })
}

fn parse_hex(text: &str) -> Option<Vec<u8>> {
    if text.len() > 56 || !text.len().is_multiple_of(2) {
        return None;
    }
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits?;
    let pairs = digits.chunks_exact(2);
    pairs.map(|pair| Some(pair.first()? << 4 | pair.last()?)).collect()
}
