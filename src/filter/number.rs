//! Numbers in texts, as `Integer.valueOf`, `Long.valueOf` and `Double.valueOf` read them.

use std::cmp::Ordering;
use std::str::FromStr;

/// The zeros of the decimal digits of Unicode's basic plane (JDK 17); nine more follow each.
const ZEROS: &[u16] = &[
    0x0660, 0x06f0, 0x07c0, 0x0966, 0x09e6, 0x0a66, 0x0ae6, 0x0b66, 0x0be6, 0x0c66, 0x0ce6, 0x0d66,
    0x0de6, 0x0e50, 0x0ed0, 0x0f20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90,
    0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10,
];

/// A decimal integer with or without a sign; `None` if it is anything else or does not fit.
pub(super) fn integer<T: FromStr>(text: &str) -> Option<T> {
    if text.is_ascii() {
        return text.parse().ok();
    }
    text.chars().map(as_ascii).collect::<Option<String>>()?.parse().ok()
}

/// A digit of any script as the one of ASCII; what is ASCII stays.
fn as_ascii(c: char) -> Option<char> {
    if c.is_ascii() {
        return Some(c);
    }
    let unit = u16::try_from(u32::from(c)).ok()?;
    let zero = ZEROS.get(ZEROS.partition_point(|zero| *zero <= unit).checked_sub(1)?)?;
    char::from_digit(u32::from(unit - zero), 10)
}

/// A floating point number: decimal, `NaN` or `Infinity`, with or without a sign, maybe with a
/// suffix of its type, blanks around it not counted.
pub(super) fn double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let number = match unsigned {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => decimal(unsigned)?,
    };
    Some(if trimmed.starts_with('-') { -number } else { number })
}

fn decimal(unsigned: &str) -> Option<f64> {
    let bare = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
    let is_part = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    let starts = bare.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (starts && bare.bytes().all(is_part)).then(|| bare.parse().ok())?
}

/// `Double.compare`: NaN equals itself and is above all, 0 is above -0.
pub(super) fn order_doubles(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.total_cmp(&right),
        (left, right) => left.cmp(&right),
    }
}
