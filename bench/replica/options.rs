//! Flags in the style of Java's commons-cli, which knows short names of several letters: `-ak x`,
//! `-ak=x`, `-w64`, `--threadCount 64`, `--threadCount=64`, and long names cut short where no other
//! one starts so.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use crate::replica::java_text;

/// One flag. All but `-h` take a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Short name.
    pub short: &'static str,
    /// Long name.
    pub long: &'static str,
    /// What it means, with its default.
    pub help: &'static str,
}

/// Shorthand for the tables.
pub const fn flag(short: &'static str, long: &'static str, help: &'static str) -> Flag {
    Flag { short, long, help }
}

/// The flags that every program has.
pub const COMMON: &[Flag] = &[
    flag("h", "help", "Print help"),
    flag("n", "namesrvAddr", "Name server address list, eg: '192.168.0.1:9876;192.168.0.2:9876'"),
    flag("ri", "reportInterval", "The number of ms between reports, Default: 10000"),
];

/// Why a command line is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionError {
    /// No such flag.
    #[error("Unrecognized option: {0}")]
    Unknown(String),
    /// The value is missing.
    #[error("Missing argument for option: {0}")]
    NoValue(&'static str),
    /// A shortened long name fits several.
    #[error("Ambiguous option: '{0}'")]
    Ambiguous(String),
    /// The value is no number.
    #[error("For input string: \"{value}\" (-{flag})")]
    NotANumber {
        /// The flag.
        flag: &'static str,
        /// Its value.
        value: String,
    },
    /// A value that is known and not served.
    #[error("-{flag} {value}: {why}")]
    NotServed {
        /// The flag.
        flag: &'static str,
        /// Its value.
        value: String,
        /// Why.
        why: &'static str,
    },
}

/// The values given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    given: BTreeMap<&'static str, String>,
}

impl Values {
    /// Reads a command line.
    pub fn parse(flags: &[Flag], arguments: &[String]) -> Result<Self, OptionError> {
        let mut values = Self::default();
        let mut rest = arguments.iter();
        while let Some(word) = rest.next() {
            // What does not look like a flag is left over; Java's programs ignore it.
            let Some(name) = word.strip_prefix('-').filter(|name| !name.is_empty()) else {
                continue;
            };
            let (flag, attached) = find(flags, name, word)?;
            let value = match attached {
                Some(value) => value,
                None if flag.short == "h" => String::new(),
                None => {
                    let next = rest.next().filter(|next| !is_flag(flags, next));
                    next.cloned().ok_or(OptionError::NoValue(flag.short))?
                }
            };
            values.given.insert(flag.short, value.trim().to_owned());
        }
        Ok(values)
    }

    /// Whether a flag was given.
    pub fn has(&self, flag: &str) -> bool {
        self.given.contains_key(flag)
    }

    /// A value as it was given.
    pub fn text(&self, flag: &str) -> Option<&str> {
        self.given.get(flag).map(String::as_str)
    }

    /// A text with its default.
    pub fn text_or(&self, flag: &str, default: &str) -> String {
        self.text(flag).unwrap_or(default).to_owned()
    }

    /// A number with its default.
    pub fn number<T: FromStr>(&self, flag: &'static str, default: T) -> Result<T, OptionError> {
        let Some(value) = self.text(flag) else { return Ok(default) };
        value.parse().map_err(|_| OptionError::NotANumber { flag, value: value.to_owned() })
    }

    /// A boolean, false by default.
    pub fn boolean(&self, flag: &str) -> bool {
        self.text(flag).is_some_and(java_text::boolean)
    }
}

/// The flag that a word without its first dash names, and the value that hangs on it.
fn find<'a>(
    flags: &'a [Flag],
    name: &str,
    word: &str,
) -> Result<(&'a Flag, Option<String>), OptionError> {
    let (long_only, name) = match name.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, name),
    };
    let (name, attached) = match name.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (name, None),
    };
    let exact = |flag: &&Flag| flag.long == name || !long_only && flag.short == name;
    if let Some(flag) = flags.iter().find(exact) {
        return Ok((flag, attached));
    }
    let cut: Vec<&Flag> = flags.iter().filter(|flag| flag.long.starts_with(name)).collect();
    match cut.as_slice() {
        [flag] => return Ok((flag, attached)),
        [_, _, ..] if long_only => return Err(OptionError::Ambiguous(word.to_owned())),
        _ => {}
    }
    // The longest short name that starts the word has the rest as its value.
    let starts = flags.iter().filter(|flag| !long_only && name.starts_with(flag.short));
    let longest = starts.max_by_key(|flag| flag.short.len());
    let flag = longest.ok_or_else(|| OptionError::Unknown(word.to_owned()))?;
    let rest = name.get(flag.short.len()..).unwrap_or_default();
    let value = attached.map_or(rest.to_owned(), |value| format!("{rest}={value}"));
    if flag.short == "h" {
        return Err(OptionError::Unknown(word.to_owned()));
    }
    Ok((flag, Some(value)))
}

fn is_flag(flags: &[Flag], word: &str) -> bool {
    let negative_number = word.parse::<f64>().is_ok();
    let name = word.strip_prefix('-').filter(|name| !name.is_empty() && !negative_number);
    name.is_some_and(|name| find(flags, name, word).is_ok())
}

/// The help text of a program.
pub fn help(program: &str, flags: &[Flag]) -> String {
    let mut text = format!("usage: {program} [flags]\n");
    for flag in flags {
        let value = if flag.short == "h" { "" } else { " <arg>" };
        let names = format!("-{},--{}{value}", flag.short, flag.long);
        let _ = writeln!(text, " {names:<32} {}", flag.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: &[Flag] = &[
        flag("h", "help", ""),
        flag("w", "threadCount", ""),
        flag("t", "topic", ""),
        flag("a", "aclEnable", ""),
        flag("ak", "accessKey", ""),
    ];

    fn parse(words: &str) -> Result<Values, OptionError> {
        let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
        Values::parse(FLAGS, &words)
    }

    #[test]
    fn all_ways_to_give_a_value() {
        for words in [
            "-w 64",
            "-w64",
            "-w=64",
            "--threadCount 64",
            "--threadCount=64",
            "-threadCount 64",
            "--thr 64",
        ] {
            assert_eq!(parse(words).unwrap().text("w"), Some("64"), "{words}");
        }
        let values = parse("-a true -ak key -t x y").unwrap();
        assert_eq!((values.text("a"), values.text("ak")), (Some("true"), Some("key")));
        assert_eq!(values.text("t"), Some("x"));
    }

    #[test]
    fn wrong_lines_are_refused_as_java_says() {
        assert_eq!(parse("-p 5").unwrap_err().to_string(), "Unrecognized option: -p");
        assert_eq!(parse("-w").unwrap_err().to_string(), "Missing argument for option: w");
        assert_eq!(parse("-w -t x").unwrap_err(), OptionError::NoValue("w"));
        assert_eq!(parse("--t 5").unwrap_err(), OptionError::Ambiguous("--t".to_owned()));
        let values = parse("-w x").unwrap();
        assert!(values.number("w", 1_u32).is_err());
        assert_eq!(parse("-w -1").unwrap().text("w"), Some("-1"));
    }

    #[test]
    fn help_needs_no_value() {
        assert!(parse("-h").unwrap().has("h"));
        assert!(parse("--help").unwrap().has("h"));
        assert!(help("x", FLAGS).contains("-ak,--accessKey <arg>"));
    }
}
