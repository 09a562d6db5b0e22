//! The `extFields` of a command: named texts.

use std::fmt;

use bytes::Bytes;

use crate::limits::HEADER_FIELDS_MAX;
use crate::protocol::error::{DecodeError, FieldError};
use crate::protocol::java;

/// Fields kept without an allocation: a send has 13, a signed pull of a stream consumer 16.
const INLINE: usize = 16;

/// Set in [`Span::start`] when the bytes are in `text` and not in `source`. Both are shorter than a
/// frame, whose length leaves this bit free.
const IN_TEXT: u32 = 1 << 31;

/// Room for a typical reply's fields, reserved with the first field pushed.
const TEXT_BYTES_MIN: usize = 256;

/// A piece of a command's header, or of the text that was unescaped or pushed beside it.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    start: u32,
    len: u32,
}

#[derive(Clone, Copy, Default)]
struct Entry {
    key: Span,
    value: Span,
}

/// Named texts in the order received or pushed.
///
/// A decoded command's fields are slices of its frame; only texts with escapes are copied. No field
/// at all and an empty set differ on the wire (JSON): absent, or `"extFields":{}`. Lookups run over
/// the list, which is short. Of a name that occurs twice the last one counts, as in Java.
#[derive(Clone, Default)]
pub struct Fields {
    present: bool,
    inline_len: usize,
    inline: [Entry; INLINE],
    more: Vec<Entry>,
    source: Bytes,
    text: Vec<u8>,
}

impl Fields {
    /// No set of fields: the key `extFields` is left out.
    pub fn absent() -> Self {
        Self::default()
    }

    /// A set without fields yet: `"extFields":{}`.
    pub fn empty() -> Self {
        Self { present: true, ..Self::default() }
    }

    /// Adds a field. The value goes out as it is.
    pub fn push(&mut self, key: &str, value: &str) {
        let entry = Entry { key: self.keep(key.as_bytes()), value: self.keep(value.as_bytes()) };
        self.present = true;
        self.push_entry(entry);
    }

    /// Adds a field if there is a value, as Java leaves null members out.
    pub fn push_some(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.push(key, value);
        }
    }

    /// Adds a number in decimal.
    pub fn push_number(&mut self, key: &str, value: impl Into<i64>) {
        self.push(key, Decimal::new(value.into()).as_str());
    }

    /// Adds `true` or `false`.
    pub fn push_bool(&mut self, key: &str, value: bool) {
        self.push(key, if value { "true" } else { "false" });
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&str> {
        let entries = self.more.iter().rev().chain(self.inline_entries().iter().rev());
        let mut found = entries.filter(|entry| self.bytes(entry.key) == key.as_bytes());
        found.next().map(|entry| self.text(entry.value))
    }

    /// The value of a field that must be there.
    ///
    /// # Errors
    /// The field is missing.
    pub fn required(&self, key: &'static str) -> Result<&str, FieldError> {
        self.get(key).ok_or(FieldError::missing(key))
    }

    /// All fields, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let entries = self.inline_entries().iter().chain(&self.more);
        entries.map(|entry| (self.text(entry.key), self.text(entry.value)))
    }

    /// The same fields in the order in which a Java map with a table of `capacity` is walked (see
    /// [`java::map_capacity`]). Peers do not care; comparisons byte for byte do.
    pub fn in_java_order(&self, capacity: usize) -> Self {
        let pairs: Vec<(&str, &str)> = self.iter().collect();
        let hashes: Vec<i32> = pairs.iter().map(|(key, _)| java::string_hash(key)).collect();
        let order = java::walk_order(&hashes, capacity);
        let sorted = order.into_iter().filter_map(|at| pairs.get(at).copied()).collect();
        Self { present: self.present, ..sorted }
    }

    /// Whether there is a set at all, be it empty.
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.inline_len + self.more.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The fields of a header, whose bytes are `source`. [`add`](Self::add) fills it.
    pub(super) fn of_source(source: Bytes) -> Self {
        Self { source, ..Self::default() }
    }

    /// A present set, as of now.
    pub(super) fn set_present(&mut self) {
        self.present = true;
    }

    /// Adds what a decoder found.
    pub(super) fn add(&mut self, key: Span, value: Span) -> Result<(), DecodeError> {
        if self.len() >= HEADER_FIELDS_MAX {
            return Err(DecodeError::TooManyFields);
        }
        self.present = true;
        self.push_entry(Entry { key, value });
        Ok(())
    }

    /// The span of bytes `start..end` of the source.
    pub(super) fn source_span(start: usize, end: usize) -> Span {
        // Both are positions in a frame, which has 24 bits.
        let start32 = u32::try_from(start).unwrap_or(u32::MAX >> 1);
        Span { start: start32, len: u32::try_from(end.saturating_sub(start)).unwrap_or(0) }
    }

    /// Keeps bytes that are not in the source; they must be UTF-8.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> Span {
        if self.text.capacity() == 0 {
            self.text.reserve(bytes.len().max(TEXT_BYTES_MIN));
        }
        let start = self.text.len();
        self.text.extend_from_slice(bytes);
        self.span_since(start)
    }

    /// The text beside the source, for a decoder that unescapes into it.
    pub(super) fn kept(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    /// The span of what was kept since the text had `start` bytes.
    pub(super) fn span_since(&self, start: usize) -> Span {
        let Span { start, len } = Self::source_span(start, self.text.len());
        Span { start: start | IN_TEXT, len }
    }

    /// The text of a span of this set.
    pub(super) fn text(&self, span: Span) -> &str {
        // The decoders check whole headers for UTF-8 and cut them at ASCII characters.
        std::str::from_utf8(self.bytes(span)).unwrap_or_default()
    }

    fn push_entry(&mut self, entry: Entry) {
        match self.inline.get_mut(self.inline_len) {
            Some(free) => {
                *free = entry;
                self.inline_len += 1;
            }
            None => self.more.push(entry),
        }
    }

    fn inline_entries(&self) -> &[Entry] {
        self.inline.get(..self.inline_len).unwrap_or_default()
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let all: &[u8] = if span.start & IN_TEXT == 0 { &self.source } else { &self.text };
        let start = (span.start & !IN_TEXT) as usize;
        all.get(start..start + span.len as usize).unwrap_or_default()
    }
}

impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.present {
            formatter.debug_map().entries(self.iter()).finish()
        } else {
            formatter.write_str("absent")
        }
    }
}

impl PartialEq for Fields {
    /// Same fields in the same order.
    fn eq(&self, other: &Self) -> bool {
        self.present == other.present && self.iter().eq(other.iter())
    }
}

impl Eq for Fields {}

impl<'a> FromIterator<(&'a str, &'a str)> for Fields {
    fn from_iter<I: IntoIterator<Item = (&'a str, &'a str)>>(pairs: I) -> Self {
        let mut fields = Self::empty();
        for (key, value) in pairs {
            fields.push(key, value);
        }
        fields
    }
}

/// Digits of an integer, made without an allocation.
pub(super) struct Decimal {
    digits: [u8; 20],
    start: usize,
}

impl Decimal {
    /// The decimal text of `value`.
    pub(super) fn new(value: i64) -> Self {
        let mut digits = [0; 20];
        let mut start = digits.len();
        let mut rest = value.unsigned_abs();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            let low = u8::try_from(rest % 10).unwrap_or(0);
            *digit = b'0' + low;
            start = at;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        if value < 0 {
            // An i64 has at most 19 digits, so there is room for the sign.
            start -= 1;
            if let Some(first) = digits.get_mut(start) {
                *first = b'-';
            }
        }
        Self { digits, start }
    }

    /// The text.
    pub(super) fn as_str(&self) -> &str {
        std::str::from_utf8(self.digits.get(self.start..).unwrap_or_default()).unwrap_or_default()
    }
}
