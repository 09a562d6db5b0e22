//! Numbers and times as Java prints and parses them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `%<width>.<decimals>f`: rounded half up from the shortest decimal that names the number, which
/// is what Java's formatter does and C's does not.
pub fn fixed(value: f64, width: usize, decimals: usize) -> String {
    let text = if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        rounded(value, decimals)
    };
    format!("{text:>width$}")
}

fn rounded(value: f64, decimals: usize) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let shortest = format!("{}", value.abs());
    let (whole, fraction) = shortest.split_once('.').unwrap_or((&shortest, ""));
    let kept: String =
        fraction.chars().chain("0".repeat(decimals).chars()).take(decimals).collect();
    let up = fraction.as_bytes().get(decimals).is_some_and(|&digit| digit >= b'5');
    let mut digits: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    let mut carry = up;
    for digit in digits.iter_mut().rev() {
        if carry {
            carry = *digit == b'9';
            *digit = if carry { b'0' } else { *digit + 1 };
        }
    }
    let digits = String::from_utf8(digits).unwrap_or_default();
    let carried = if carry { "1" } else { "" };
    let (whole, fraction) = digits.split_at_checked(whole.len()).unwrap_or((&digits, ""));
    let point = if decimals > 0 { "." } else { "" };
    format!("{sign}{carried}{whole}{point}{fraction}")
}

/// `yyyy-MM-dd HH:mm:ss,SSS` in local time (Java: `UtilAll.timeMillisToHumanString2`).
pub fn time(ms: u64) -> String {
    shown(ms, "%Y-%m-%d %H:%M:%S,%3f")
}

/// `HH:mm:ss,SSS` in local time.
pub fn time_of_day(ms: u64) -> String {
    shown(ms, "%H:%M:%S,%3f")
}

fn shown(ms: u64, format: &str) -> String {
    let ms = i64::try_from(ms).unwrap_or(i64::MAX);
    let time = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX);
    time.to_zoned(TimeZone::system()).strftime(format).to_string()
}

/// `Boolean.parseBoolean`: everything but "true" is false.
pub fn boolean(text: &str) -> bool {
    text.eq_ignore_ascii_case("true")
}

/// A whole number without a sign, which is no value of Java's for a boolean.
pub fn whole_number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// `(long) (delta / (double) ms * 1000)`.
pub fn per_second(delta: i64, ms: i64) -> i64 {
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "as Java: counts are below 2^53, and a quotient out of range saturates"
    )]
    let rate = (delta as f64 / ms as f64 * 1000.0) as i64;
    rate
}

/// `sum / (double) count`; NaN when there is none.
pub fn average(sum: i64, count: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "as Java: sums of milliseconds below 2^53")]
    let average = sum as f64 / count as f64;
    average
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_as_java_does() {
        let shown = [
            fixed(0.0, 7, 3),
            fixed(1.5, 7, 3),
            fixed(1.0005, 7, 3),
            fixed(0.9996, 7, 3),
            fixed(99.9999, 7, 3),
            fixed(12_345.678_95, 7, 3),
            fixed(f64::NAN, 7, 3),
            fixed(2.25, 3, 1),
            fixed(-0.5, 7, 3),
        ];
        let expected = [
            "  0.000",
            "  1.500",
            "  1.001",
            "  1.000",
            "100.000",
            "12345.679",
            "    NaN",
            "2.3",
            " -0.500",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn times_have_milliseconds_after_a_comma() {
        let shown = time(1_700_000_000_007);
        assert_eq!(shown.len(), "2023-11-14 22:13:20,007".len());
        assert!(shown.starts_with("2023-11-1") && shown.ends_with(":20,007"), "{shown}");
        assert!(time_of_day(1_700_000_000_007).ends_with(":20,007"));
    }

    #[test]
    fn only_true_is_true() {
        assert!(boolean("true") && boolean("TRUE"));
        assert!(!boolean("32") && !boolean("yes") && !boolean(""));
        assert_eq!(whole_number("32"), Some(32));
        assert_eq!(
            (whole_number("-1"), whole_number("true"), whole_number("")),
            (None, None, None)
        );
    }

    #[test]
    fn rates_are_cut_not_rounded() {
        assert_eq!(per_second(1999, 9000), 222);
        assert_eq!(per_second(0, 0), 0);
        assert!(average(0, 0).is_nan());
    }
}
