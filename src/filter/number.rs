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

/// A floating point number: decimal, hexadecimal, `NaN` or `Infinity`, with or without a sign,
/// maybe with a suffix of its type, blanks around it not counted.
pub(super) fn double(text: &str) -> Option<f64> {
    let trimmed = text.trim_matches(|c| c <= ' ');
    let unsigned = trimmed.strip_prefix(['+', '-']).unwrap_or(trimmed);
    let number = match unsigned {
        "NaN" => f64::NAN,
        "Infinity" => f64::INFINITY,
        _ => match unsigned.strip_prefix("0x").or_else(|| unsigned.strip_prefix("0X")) {
            Some(hexadecimal) => hexadecimal_double(hexadecimal)?,
            None => decimal(unsigned)?,
        },
    };
    Some(if trimmed.starts_with('-') { -number } else { number })
}

fn decimal(unsigned: &str) -> Option<f64> {
    let bare = unsigned.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(unsigned);
    let is_part = |byte: u8| byte.is_ascii_digit() || b".eE+-".contains(&byte);
    let starts = bare.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    (starts && bare.bytes().all(is_part)).then(|| bare.parse().ok())?
}

/// The number behind `0x`: digits with or without a point, and a power of two in decimal.
fn hexadecimal_double(text: &str) -> Option<f64> {
    let (digits, power) = text.split_once(['p', 'P'])?;
    let power = power.strip_suffix(['f', 'F', 'd', 'D']).unwrap_or(power);
    let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
    if unsigned.is_empty() || !unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    // Digits that do not fit any more leave a trace in the last bit, which decides ties.
    let (mut significand, mut beyond) = (0_u64, 0_i64);
    for digit in whole.chars().chain(fraction.chars()) {
        let digit = u64::from(digit.to_digit(16)?);
        if significand < 1 << 56 {
            significand = significand << 4 | digit;
        } else {
            significand |= u64::from(digit != 0);
            beyond += 4;
        }
    }
    let places = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    // A power that is out of range is far beyond what a double holds.
    let limit = if power.starts_with('-') { i64::MIN } else { i64::MAX };
    let power = power.parse().unwrap_or(limit);
    Some(scaled(significand, beyond.saturating_sub(places.saturating_mul(4)).saturating_add(power)))
}

/// The double nearest to `significand * 2^power`; of two that are, the even one.
fn scaled(significand: u64, power: i64) -> f64 {
    const DIGITS: i64 = 53;
    const POWER_MIN: i64 = -1074;
    let bits = i64::from(u64::BITS - significand.leading_zeros());
    // A subnormal number has fewer digits.
    let dropped = (bits - DIGITS).max(POWER_MIN.saturating_sub(power)).max(0);
    let Some(dropped) = u32::try_from(dropped).ok().filter(|dropped| *dropped <= u64::BITS) else {
        return 0.0;
    };
    let kept = significand.checked_shr(dropped).unwrap_or(0);
    let rest = significand - kept.checked_shl(dropped).unwrap_or(0);
    let half = 1_u64.checked_shl(dropped.wrapping_sub(1)).unwrap_or(0);
    let rounds_up = dropped > 0 && (rest > half || rest == half && kept % 2 == 1);
    let kept = kept + u64::from(rounds_up);
    let power = power.saturating_add(i64::from(dropped));
    if kept == 0 {
        return 0.0;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 2^53")]
    let kept = kept as f64;
    // Exact: the product has the digits that were kept.
    kept * power_of_two(power)
}

/// `2^power`, infinite above the largest; `power` is at least that of the least double.
fn power_of_two(power: i64) -> f64 {
    match u64::try_from(power.saturating_add(1074)) {
        Ok(above @ 0..52) => f64::from_bits(1 << above),
        Ok(above @ 52..2098) => f64::from_bits((above - 51) << 52),
        _ => f64::INFINITY,
    }
}

/// `Double.compare`: NaN equals itself and is above all, 0 is above -0.
pub(super) fn order_doubles(left: f64, right: f64) -> Ordering {
    match (left.is_nan(), right.is_nan()) {
        (false, false) => left.total_cmp(&right),
        (left, right) => left.cmp(&right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Java reads; its README says how it was made.
    const READ: &str = include_str!("../../tests/golden/filter-5.5.0/numbers.json");

    #[test]
    fn numbers_are_read_as_by_java() {
        type Row = (String, Option<i32>, Option<String>, Option<String>);
        let rows: Vec<Row> = serde_json::from_str(READ).unwrap();
        assert!(rows.len() > 1000);
        for (text, int, long, bits) in rows {
            assert_eq!(integer::<i32>(&text), int, "{text:?}");
            assert_eq!(integer(&text), long.map(|long| long.parse::<i64>().unwrap()), "{text:?}");
            let read = double(&text);
            // There are many NaNs, and no comparison can tell them apart.
            let canonical = |number: f64| if number.is_nan() { f64::NAN } else { number };
            let found = read.map(|number| format!("{:x}", canonical(number).to_bits()));
            assert_eq!(found, bits, "{text:?} is {read:?}");
        }
    }
}
