//! A value as Java reads it, and what RocketMQ would pass over in silence.

use std::fmt;

use super::key::Kind;

/// A value of a known key.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A number with a fraction.
    Double(f64),
    /// A whole number, of 32 or 64 bits in Java.
    Integer(i64),
    /// Text, or the word of a choice.
    Text(String),
}

/// A value that Java takes for something else than it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No number to Java; it keeps the default.
    NotANumber(Kind),
    /// None of the words; Java keeps the default.
    NotOneOf(&'static [&'static str]),
    /// Neither `true` nor `false`; Java takes it as false.
    NotTrueOrFalse,
}

/// What became of a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// What Java sets; `None` when it skips the key.
    pub value: Option<Value>,
    /// Set when that is worth a warning.
    pub doubt: Option<Doubt>,
}

impl Value {
    /// Reads `text` as Java's `MixAll.properties2Object` does for a setter of this kind.
    pub fn parse(kind: Kind, text: &str) -> Parsed {
        let number = |value: Option<Self>| {
            let doubt = value.is_none().then_some(Doubt::NotANumber(kind));
            Parsed { value, doubt }
        };
        match kind {
            Kind::Boolean => {
                let value = text.eq_ignore_ascii_case("true");
                let clear = value || text.eq_ignore_ascii_case("false");
                let doubt = (!clear).then_some(Doubt::NotTrueOrFalse);
                Parsed { value: Some(Self::Boolean(value)), doubt }
            }
            Kind::Choice(words) => {
                let text = trim(text);
                let value = words.contains(&text).then(|| Self::Text(text.to_owned()));
                let doubt = value.is_none().then_some(Doubt::NotOneOf(words));
                Parsed { value, doubt }
            }
            Kind::Double => number(parse_double(text).map(Self::Double)),
            Kind::Int => {
                number(text.parse::<i32>().ok().map(|value| Self::Integer(i64::from(value))))
            }
            Kind::Long => number(text.parse::<i64>().ok().map(Self::Integer)),
            Kind::Text => Parsed { value: Some(Self::Text(trim(text).to_owned())), doubt: None },
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            // The debug form has a fraction at all times, as Java's has.
            Self::Double(value) => write!(f, "{value:?}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Text(value) => f.write_str(value),
        }
    }
}

/// Java's `String.trim`: everything up to the blank, control characters included.
fn trim(text: &str) -> &str {
    text.trim_matches(|char| char <= ' ')
}

/// Java's `Double.parseDouble` but for hexadecimal digits: blanks around and a `d` or `f` behind
/// are fine.
fn parse_double(text: &str) -> Option<f64> {
    let text = trim(text);
    let digits = text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text);
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn int(text: &str) -> Option<Value> {
        Value::parse(Kind::Int, text).value
    }

    #[test]
    fn numbers_are_strict() {
        assert_eq!(int("48"), Some(Value::Integer(48)));
        assert_eq!(int("+48"), Some(Value::Integer(48)));
        assert_eq!(int("-1"), Some(Value::Integer(-1)));
        for text in ["48 ", " 48", "", "4_8", "0x10", "4.0", "2147483648", "+", "four"] {
            let parsed = Value::parse(Kind::Int, text);
            assert_eq!(parsed.value, None, "{text:?}");
            assert_eq!(parsed.doubt, Some(Doubt::NotANumber(Kind::Int)), "{text:?}");
        }
        assert_eq!(Value::parse(Kind::Long, "2147483648").value, Some(Value::Integer(1 << 31)));
        assert_eq!(Value::parse(Kind::Long, "9223372036854775808").value, None);
    }

    #[test]
    fn only_true_is_true() {
        for (text, value, clear) in [
            ("true", true, true),
            ("TRUE", true, true),
            ("tRue", true, true),
            ("false", false, true),
            ("true ", false, false),
            ("yes", false, false),
            ("1", false, false),
            ("", false, false),
        ] {
            let parsed = Value::parse(Kind::Boolean, text);
            assert_eq!(parsed.value, Some(Value::Boolean(value)), "{text:?}");
            assert_eq!(parsed.doubt.is_none(), clear, "{text:?}");
        }
    }

    #[test]
    fn text_and_words_are_trimmed_and_words_are_exact() {
        let kind = Kind::Choice(&["SYNC_FLUSH", "ASYNC_FLUSH"]);
        assert_eq!(Value::parse(kind, "SYNC_FLUSH ").value, Some(Value::Text("SYNC_FLUSH".into())));
        assert_eq!(Value::parse(kind, "sync_flush").value, None);
        assert_eq!(Value::parse(Kind::Text, " a b\t").value, Some(Value::Text("a b".into())));
    }

    #[test]
    fn doubles_read_and_show_as_in_java() {
        let shown = |text| Value::parse(Kind::Double, text).value.map(|value| value.to_string());
        assert_eq!(shown("0.8").as_deref(), Some("0.8"));
        assert_eq!(shown(" 8000 ").as_deref(), Some("8000.0"));
        assert_eq!(shown("1d").as_deref(), Some("1.0"));
        assert_eq!(shown("inf"), None);
        assert_eq!(shown(""), None);
    }
}
