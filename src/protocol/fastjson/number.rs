//! How Java writes floating point numbers.

use std::fmt::Write;

/// Smallest and first too large magnitude that `Double.toString` writes without an exponent.
const PLAIN: std::ops::Range<f64> = 1e-3..1e7;

/// The text of `Double.toString`: shortest digits that read back the same, at least one after the
/// point. Infinities and NaN, which JSON lacks, become `null` as in FastJSON.
pub(super) fn double_text(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || PLAIN.contains(&magnitude) {
        let mut text = format!("{value}");
        if !text.contains('.') {
            text.push_str(".0");
        }
        return text;
    }
    // Rust: `1.5e10`, `1e-5`. Java: `1.5E10`, `1.0E-5`.
    let text = format!("{value:e}");
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let point = if digits.contains('.') { "" } else { ".0" };
    let mut java = String::with_capacity(text.len() + 2);
    let written = write!(java, "{digits}{point}E{exponent}");
    debug_assert!(written.is_ok(), "writing to a String cannot fail");
    java
}

#[cfg(test)]
mod tests {
    use super::double_text;

    #[test]
    fn doubles_look_as_in_java() {
        let cases = [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.4, "0.4"),
            (0.2988345452734336, "0.2988345452734336"),
            (0.001, "0.001"),
            (0.0001, "1.0E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (1.25e-7, "1.25E-7"),
            (-123_456_789.5, "-1.234567895E8"),
            (f64::NAN, "null"),
        ];
        for (value, text) in cases {
            assert_eq!(double_text(value), text);
        }
    }
}
