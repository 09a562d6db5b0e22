//! Java `.properties` text: read with line numbers, write, and change in place.
//!
//! Reads what `java.util.Properties.load(InputStream)` reads, and so the same values from the same
//! bytes: ISO-8859-1 with `\uXXXX`, comments with `#` and `!`, escapes, continued lines, the first
//! `=`, `:` or blank ends a key, the last of several equal keys wins.
//!
//! ```
//! use ringmq::config::properties::Properties;
//! let read = Properties::read(b"brokerName = broker-a\nbrokerName : broker-b\n").unwrap();
//! assert_eq!(read.get("brokerName"), Some("broker-b"));
//! ```

use std::fmt::Write as _;

#[cfg(test)]
mod tests;

/// What a text of properties holds. A value; no limits of its own, callers bound the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    /// Every entry in the order of the text, those that a later one replaces included.
    pub entries: Vec<Entry>,
}

/// One key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Escapes resolved.
    pub key: String,
    /// Escapes resolved; blanks at its end are kept, as Java keeps them.
    pub value: String,
    /// Line it starts on, from 1.
    pub line: u32,
    /// Lines it takes, more than 1 when continued.
    pub lines: u32,
    /// Whether it stands inside `<!-- -->`. To Java that is no comment: the words are keys.
    pub in_xml_comment: bool,
    /// Whether the text had bytes over 127 here, which are read as ISO-8859-1.
    pub has_high_bytes: bool,
}

/// Why a text cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SyntaxError {
    /// Java refuses such a file too.
    #[error("`\\u` is not followed by four hexadecimal digits")]
    BadEscape {
        /// Line of the entry, from 1.
        line: u32,
    },
    /// A zero byte: this is no text.
    #[error("the file is not text: it has a zero byte")]
    Binary {
        /// Line of the byte, from 1.
        line: u32,
    },
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For a file: whatever the reader would take as syntax is escaped, so it reads back equal.
    Escaped,
    /// For a reply, as Java writes it: nothing is escaped but line ends, since tools show it as is.
    Plain,
}

impl Properties {
    /// Reads a text.
    ///
    /// # Errors
    /// [`SyntaxError`], where Java would throw as well, and for text with a zero byte.
    pub fn read(text: &[u8]) -> Result<Self, SyntaxError> {
        let mut entries = Vec::new();
        let mut lines = Lines { rest: text, number: 0 };
        let mut in_xml_comment = false;
        while let Some((first, start)) = lines.next() {
            let first = trim_start(first);
            let opens = first.starts_with(b"<!--") && closes_later(first, lines.rest);
            in_xml_comment |= opens;
            let ends_comment = in_xml_comment && contains(first, b"-->");
            if !first.is_empty() && !matches!(first.first(), Some(b'#' | b'!')) {
                let (logical, count) = join(first, &mut lines);
                if logical.contains(&0) {
                    return Err(SyntaxError::Binary { line: start });
                }
                let (key, value) = split(&logical).ok_or(SyntaxError::BadEscape { line: start })?;
                entries.push(Entry {
                    key,
                    value,
                    line: start,
                    lines: count,
                    in_xml_comment,
                    has_high_bytes: logical.iter().any(|byte| *byte > 127),
                });
            }
            in_xml_comment &= !ends_comment;
        }
        Ok(Self { entries })
    }

    /// The value that holds: the last one given for this key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries.iter().rev().find(|entry| entry.key == key).map(|entry| entry.value.as_str())
    }

    /// The text with `changes` made to it: the entry that holds is replaced where it stands, a new
    /// key goes to the end, and comments and everything else stay as they are.
    ///
    /// # Errors
    /// As [`Properties::read`].
    pub fn edit(text: &[u8], changes: &[(&str, &str)]) -> Result<Vec<u8>, SyntaxError> {
        let read = Self::read(text)?;
        let mut edited = Vec::with_capacity(text.len());
        let mut lines = Lines { rest: text, number: 0 };
        let mut at = text;
        let mut skip_to = 0;
        while let Some((_, number)) = lines.next() {
            let whole = at.get(..at.len() - lines.rest.len()).unwrap_or_default();
            at = lines.rest;
            if number < skip_to {
                continue;
            }
            let replaced = changes.iter().find_map(|(key, value)| {
                let holds = read.entries.iter().rev().find(|entry| entry.key == *key)?;
                (holds.line == number).then_some((key, value, holds.lines))
            });
            match replaced {
                Some((key, value, count)) => {
                    edited.extend_from_slice(line(key, value, Style::Escaped).as_bytes());
                    skip_to = number + count;
                }
                None => edited.extend_from_slice(whole),
            }
        }
        let added = changes.iter().filter(|(key, _)| read.get(key).is_none());
        for (index, (key, value)) in added.enumerate() {
            if index == 0 {
                close(&mut edited);
            }
            edited.extend_from_slice(line(key, value, Style::Escaped).as_bytes());
        }
        Ok(edited)
    }
}

impl SyntaxError {
    /// The line at fault, from 1.
    pub const fn line(self) -> u32 {
        match self {
            Self::BadEscape { line } | Self::Binary { line } => line,
        }
    }
}

/// One entry as text, its line end included.
pub fn line(key: &str, value: &str, style: Style) -> String {
    let mut text = String::with_capacity(key.len() + value.len() + 2);
    match style {
        Style::Plain => {
            text.push_str(key);
            text.push('=');
            text.push_str(&value.replace('\n', "\\n").replace('\r', "\\r"));
        }
        Style::Escaped => {
            escape(&mut text, key, true);
            text.push('=');
            escape(&mut text, value, false);
        }
    }
    text.push('\n');
    text
}

fn escape(into: &mut String, text: &str, is_key: bool) {
    for (index, char) in text.chars().enumerate() {
        match char {
            '\\' => into.push_str("\\\\"),
            '\n' => into.push_str("\\n"),
            '\r' => into.push_str("\\r"),
            '\t' => into.push_str("\\t"),
            '\x0c' => into.push_str("\\f"),
            ' ' if is_key || index == 0 => into.push_str("\\ "),
            '=' | ':' | '#' | '!' | '<' if is_key => {
                into.push('\\');
                into.push(char);
            }
            ' '..='~' => into.push(char),
            _ => {
                for unit in char.encode_utf16(&mut [0; 2]) {
                    // Writing to a string cannot fail.
                    let _ = write!(into, "\\u{unit:04x}");
                }
            }
        }
    }
}

/// Natural lines with their numbers; `\n`, `\r` and `\r\n` end one.
struct Lines<'a> {
    rest: &'a [u8],
    number: u32,
}

impl<'a> Lines<'a> {
    fn next(&mut self) -> Option<(&'a [u8], u32)> {
        if self.rest.is_empty() {
            return None;
        }
        self.number = self.number.saturating_add(1);
        let end = self.rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let Some(end) = end else {
            return Some((std::mem::take(&mut self.rest), self.number));
        };
        let (line, after) = self.rest.split_at(end);
        self.rest = after.strip_prefix(b"\r\n").or(after.get(1..)).unwrap_or_default();
        Some((line, self.number))
    }
}

/// Joins the lines that `first` continues on, and counts them.
fn join(first: &[u8], lines: &mut Lines<'_>) -> (Vec<u8>, u32) {
    let mut logical = first.to_vec();
    let mut count = 1;
    while is_continued(&logical) {
        logical.pop();
        let Some((next, _)) = lines.next() else { break };
        logical.extend_from_slice(trim_start(next));
        count += 1;
    }
    (logical, count)
}

/// Ends the last line, and its continuation if it asks for one, so that a new entry can follow.
fn close(text: &mut Vec<u8>) {
    let ended = matches!(text.last(), None | Some(b'\n' | b'\r'));
    let last = text.trim_ascii_end();
    let continued = is_continued(last);
    if !ended {
        text.push(b'\n');
    }
    if continued {
        // Two, since the first may only make a lone `\r` a `\r\n`.
        text.extend_from_slice(b"\n\n");
    }
}

/// An odd number of backslashes at the end.
fn is_continued(line: &[u8]) -> bool {
    line.iter().rev().take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Key and value of a logical line, escapes resolved; `None` for a bad `\u`.
fn split(line: &[u8]) -> Option<(String, String)> {
    let mut escaped = false;
    let end = line.iter().position(|byte| {
        let ends = !escaped && (is_blank(*byte) || matches!(byte, b'=' | b':'));
        escaped = !escaped && *byte == b'\\';
        ends
    });
    let (key, after) = line.split_at(end.unwrap_or(line.len()));
    let after = trim_start(after);
    let value = match after.first() {
        Some(b'=' | b':') => trim_start(after.get(1..).unwrap_or_default()),
        _ => after,
    };
    Some((unescape(key)?, unescape(value)?))
}

/// Resolves escapes; `None` for a bad `\u`.
fn unescape(text: &[u8]) -> Option<String> {
    // UTF-16 units, since a character may be given as two `\u` escapes.
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            units.push(u16::from(byte));
            continue;
        }
        match bytes.next() {
            Some(b't') => units.push(u16::from(b'\t')),
            Some(b'n') => units.push(u16::from(b'\n')),
            Some(b'r') => units.push(u16::from(b'\r')),
            Some(b'f') => units.push(0x0c),
            Some(b'u') => {
                let mut unit = 0;
                for _ in 0..4 {
                    let digit = char::from(bytes.next()?).to_digit(16)?;
                    unit = unit << 4 | u16::try_from(digit).ok()?;
                }
                units.push(unit);
            }
            Some(other) => units.push(u16::from(other)),
            None => {}
        }
    }
    Some(String::from_utf16_lossy(&units))
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0c)
}

fn trim_start(line: &[u8]) -> &[u8] {
    let start = line.iter().position(|byte| !is_blank(*byte)).unwrap_or(line.len());
    line.get(start..).unwrap_or_default()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Whether `<!--` on this line has its `-->`, here or below. Without one it is no comment, and
/// what follows is meant.
fn closes_later(line: &[u8], rest: &[u8]) -> bool {
    contains(line, b"-->") || contains(rest, b"-->")
}
