//! The two ids of a message: where it is (`offsetMsgId`), and the one its sender gave it.

use std::fmt::Write;
use std::net::IpAddr;

use thiserror::Error;

use super::cursor::Cursor;
use super::record::Host;
use crate::units::{PhysicalOffset, WallMillis};

/// The text is no offset id.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("not a message id of 32 or 56 hexadecimal digits")]
pub struct IdError;

/// The id that the broker answers a send with: upper-case hex of store host (4 or 16 bytes), port
/// (4) and physical offset (8). 32 or 56 characters.
pub fn offset_id(store_host: Host, physical: PhysicalOffset) -> String {
    let mut text = String::with_capacity(56);
    push_ip(&mut text, store_host.ip);
    push_hex(&mut text, &store_host.port.to_be_bytes());
    push_hex(&mut text, &physical.0.to_be_bytes());
    text
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
    for byte in bytes {
        // Writing into a string cannot fail.
        let _written = write!(text, "{byte:02X}");
    }
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
