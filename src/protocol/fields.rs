//! The `extFields` of a command: named texts.

use std::fmt;
use std::ops::Range;

use bytes::Bytes;

use crate::limits::HEADER_FIELDS_MAX;
use crate::protocol::error::{DecodeError, FieldError};
use crate::protocol::java;

/// Takes the name and the value of a field.
pub(crate) type Take<'a> = &'a mut dyn FnMut(&str, &str);

/// What the fields of a command can be written from.
pub trait FieldList {
    /// Whether there is a set at all, be it empty.
    fn is_present(&self) -> bool {
        true
    }

    /// Hands over all fields, in order.
    fn each(&self, take: &mut dyn FnMut(&str, &str));
}

/// Fields kept without an allocation: a send has 13, a signed pull of a stream consumer 16.
const INLINE: usize = 16;

/// Set in [`Span::start`] when the bytes are in `text` and not in `source`. Both are shorter than a
/// frame, whose length leaves this bit free.
const IN_TEXT: u32 = 1 << 31;

/// Room for a typical reply's fields, reserved with the first field pushed.
const TEXT_BYTES_MIN: usize = 256;

/// A piece of a command's header, or of the text that was unescaped or pushed beside it. Belongs to
/// the [`Fields`] that made it.
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
    /// The header. Invariant: every span into it is UTF-8, as [`Fields::span`] has checked.
    source: Bytes,
    /// Whether all of it is UTF-8.
    is_text: bool,
    text: String,
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
        let entry = Entry { key: self.keep(key), value: self.keep(value) };
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
        let mut found = entries.filter(|entry| self.text(entry.key) == key);
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

    /// The fields of a header that is not all text. [`add`](Self::add) fills it.
    pub(super) fn of_bytes(source: Bytes) -> Self {
        Self { source, ..Self::default() }
    }

    /// The fields of a header that is all text, with the same bytes as a text for proof.
    pub(super) fn of_text(source: Bytes, text: &str) -> Self {
        let is_text = std::ptr::eq(&raw const *source, text.as_bytes());
        Self { source, is_text, ..Self::default() }
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

    /// The span of bytes `start..end` of the header.
    pub(super) fn span(&self, start: usize, end: usize) -> Result<Span, DecodeError> {
        let is_utf8 = if self.is_text {
            // Not inside a character of a longer text, at neither end.
            let is_cut = |at| self.source.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
            !is_cut(start) && !is_cut(end) && start <= end && end <= self.source.len()
        } else {
            self.source.get(start..end).is_some_and(|bytes| std::str::from_utf8(bytes).is_ok())
        };
        if is_utf8 { Ok(Span::new(start, end)) } else { Err(DecodeError::NotUtf8) }
    }

    /// Keeps a text that is not in the header.
    pub(super) fn keep(&mut self, text: &str) -> Span {
        let start = self.kept().len();
        self.text.push_str(text);
        self.span_since(start)
    }

    /// The text beside the header, for a decoder that unescapes into it.
    pub(super) fn kept(&mut self) -> &mut String {
        if self.text.capacity() == 0 {
            self.text.reserve(TEXT_BYTES_MIN);
        }
        &mut self.text
    }

    /// The span of what was kept since the text had `start` bytes.
    pub(super) fn span_since(&self, start: usize) -> Span {
        let Span { start, len } = Span::new(start, self.text.len());
        Span { start: start | IN_TEXT, len }
    }

    /// The text of a span of this set.
    pub(super) fn text(&self, span: Span) -> &str {
        let range = span.range();
        if span.start & IN_TEXT != 0 {
            return self.text.get(range).unwrap_or_default();
        }
        let bytes = self.source.get(range).unwrap_or_default();
        debug_assert!(std::str::from_utf8(bytes).is_ok(), "a span of another header");
        // SAFETY: spans without the mark are made in `span` alone, which has found these bytes of
        // the same, immutable header to be UTF-8: checked by themselves, or cut between characters
        // out of a text. Checking again with every look would cost a third of a send's parsing.
        unsafe { std::str::from_utf8_unchecked(bytes) }
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
}

impl FieldList for Fields {
    fn is_present(&self) -> bool {
        self.present
    }

    fn each(&self, take: &mut dyn FnMut(&str, &str)) {
        self.iter().for_each(|(name, value)| take(name, value));
    }
}

impl Span {
    /// Both are positions in a frame or in text of about its length, which has 24 bits.
    fn new(start: usize, end: usize) -> Self {
        let len = u32::try_from(end.saturating_sub(start)).unwrap_or(0);
        u32::try_from(start).map_or_else(|_| Self::default(), |start| Self { start, len })
    }

    fn range(self) -> Range<usize> {
        let start = (self.start & !IN_TEXT) as usize;
        start..start + self.len as usize
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
