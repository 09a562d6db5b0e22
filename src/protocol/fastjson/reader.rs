//! Reading the dialect: a serde deserializer straight over the text.

use std::borrow::Cow;
use std::fmt::Display;

use serde::de::{self, DeserializeOwned, DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::protocol::error::{BodyError, BodyFault};
use crate::protocol::escape::{plain_len, unescape};
use crate::protocol::fastjson::DEPTH_MAX;

impl de::Error for BodyError {
    fn custom<T: Display>(_: T) -> Self {
        Self { at: 0, why: BodyFault::Shape }
    }
}

/// A cursor over a text.
pub(super) struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: u32,
}

impl<'a> Reader<'a> {
    /// Reads a value that takes up the whole text.
    pub(super) fn whole<T: DeserializeOwned>(text: &'a [u8]) -> Result<T, BodyError> {
        let text = std::str::from_utf8(text)
            .map_err(|error| BodyError { at: error.valid_up_to(), why: BodyFault::NotUtf8 })?;
        let mut reader = Self { text, at: 0, depth: 0 };
        let value = T::deserialize(&mut reader).map_err(|error| match error {
            // Raised inside a type, which does not know where it is.
            BodyError { at: 0, why } => BodyError { at: reader.at, why },
            error => error,
        })?;
        reader.blanks();
        if reader.at == text.len() { Ok(value) } else { Err(reader.wrong()) }
    }

    fn wrong(&self) -> BodyError {
        BodyError { at: self.at, why: BodyFault::NotJson }
    }

    fn shape(&self) -> BodyError {
        BodyError { at: self.at, why: BodyFault::Shape }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// The first byte of the value that is next.
    fn start(&mut self) -> Result<u8, BodyError> {
        self.blanks();
        self.peek().ok_or(self.wrong())
    }

    fn expect(&mut self, byte: u8) -> Result<(), BodyError> {
        if self.start()? != byte {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    fn deeper<T>(
        &mut self,
        inside: impl FnOnce(&mut Self) -> Result<T, BodyError>,
    ) -> Result<T, BodyError> {
        if self.depth >= DEPTH_MAX {
            return Err(BodyError { at: self.at, why: BodyFault::TooDeep });
        }
        self.depth += 1;
        let value = inside(self)?;
        self.depth -= 1;
        Ok(value)
    }

    /// Whether the value that is next is `null`.
    fn is_null(&mut self) -> bool {
        self.blanks();
        let rest = self.text.as_bytes().get(self.at..).and_then(|rest| rest.strip_prefix(b"null"));
        rest.is_some_and(|rest| !rest.first().is_some_and(|&byte| is_bare(byte)))
    }

    fn null(&mut self) -> bool {
        let found = self.is_null();
        self.at += if found { 4 } else { 0 };
        found
    }

    /// A string in either kind of quotes.
    fn string(&mut self) -> Result<Cow<'a, str>, BodyError> {
        let quote = self.start()?;
        self.at += 1;
        let start = self.at;
        let mut kept: Option<String> = None;
        let mut plain = start;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at += plain_len(rest, quote);
            let end = self.peek().ok_or(self.wrong())?;
            let part = self.text.get(plain..self.at).unwrap_or_default();
            if end == quote {
                self.at += 1;
                let Some(mut kept) = kept else { return Ok(Cow::Borrowed(part)) };
                kept.push_str(part);
                return Ok(Cow::Owned(kept));
            }
            let kept = kept.get_or_insert_default();
            kept.push_str(part);
            let escape = unescape(self.text.as_bytes(), self.at + 1, kept);
            self.at = escape.ok_or(self.wrong())?;
            plain = self.at;
        }
    }

    /// A number, a word, or a key without quotes.
    fn bare(&mut self) -> Result<&'a str, BodyError> {
        self.blanks();
        let start = self.at;
        while self.peek().is_some_and(is_bare) {
            self.at += 1;
        }
        let part = self.text.get(start..self.at).unwrap_or_default();
        if part.is_empty() { Err(self.wrong()) } else { Ok(part) }
    }

    /// The text of a string, number or word.
    fn scalar(&mut self) -> Result<Cow<'a, str>, BodyError> {
        match self.start()? {
            b'"' | b'\'' => self.string(),
            b'{' | b'[' => Err(self.shape()),
            _ => self.bare().map(Cow::Borrowed),
        }
    }

    fn integer(&mut self) -> Result<i64, BodyError> {
        if self.null() {
            return Ok(0);
        }
        let at = self.at;
        let text = self.scalar()?;
        let text = text.trim();
        if let Ok(value) = text.parse() {
            return Ok(value);
        }
        // Empty texts are 0 to FastJSON, and a fraction is cut off.
        let float = if text.is_empty() { Some(0.0) } else { text.parse::<f64>().ok() };
        let whole = float.filter(|value| value.abs() < 9.0e18);
        let digits = whole.map(|value| format!("{:.0}", value.trunc()));
        let value = digits.and_then(|digits| digits.parse().ok());
        value.ok_or(BodyError { at, why: BodyFault::Shape })
    }

    fn float(&mut self) -> Result<f64, BodyError> {
        if self.null() {
            return Ok(0.0);
        }
        let text = self.scalar()?;
        text.trim().parse().map_err(|_| self.shape())
    }

    fn boolean(&mut self) -> Result<bool, BodyError> {
        if self.null() {
            return Ok(false);
        }
        let text = self.scalar()?;
        match text.as_ref() {
            "true" | "TRUE" | "1" | "Y" | "T" => Ok(true),
            "false" | "FALSE" | "0" | "N" | "F" | "" => Ok(false),
            _ => Err(self.shape()),
        }
    }

    /// Steps over any value.
    fn skip(&mut self) -> Result<(), BodyError> {
        match self.start()? {
            b'{' => self.deeper(|reader| {
                reader.at += 1;
                while reader.goes_on(b'}')? {
                    reader.skip()?;
                    reader.expect(b':')?;
                    reader.skip()?;
                }
                Ok(())
            }),
            b'[' => self.deeper(|reader| {
                reader.at += 1;
                while reader.goes_on(b']')? {
                    reader.skip()?;
                }
                Ok(())
            }),
            _ => self.scalar().map(|_| ()),
        }
    }

    /// Whether another element comes before the closing `end`, which is taken. Commas may be double
    /// or trailing, as in FastJSON.
    fn goes_on(&mut self, end: u8) -> Result<bool, BodyError> {
        let mut next = self.start()?;
        while next == b',' {
            self.at += 1;
            next = self.start()?;
        }
        if next == end {
            self.at += 1;
        }
        Ok(next != end)
    }

    /// After an element: a comma or the end must follow.
    fn separated(&mut self, end: u8) -> Result<(), BodyError> {
        let next = self.start()?;
        if next == b',' || next == end { Ok(()) } else { Err(self.wrong()) }
    }

    fn object<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, BodyError> {
        self.expect(b'{')?;
        self.deeper(|reader| visitor.visit_map(Elements { reader, end: b'}', first: true }))
    }

    fn list<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, BodyError> {
        self.expect(b'[')?;
        self.deeper(|reader| visitor.visit_seq(Elements { reader, end: b']', first: true }))
    }

    /// A map or struct: an object, nothing at all, or a text that holds an object.
    fn members<'de, V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value, BodyError> {
        if self.null() {
            return visitor.visit_map(de::value::MapDeserializer::new(NO_ENTRIES.into_iter()));
        }
        if !matches!(self.start()?, b'"' | b'\'') {
            return self.object(visitor);
        }
        let text = self.string()?;
        let depth = self.depth;
        Reader { text: &text, at: 0, depth }.object(visitor)
    }
}

const NO_ENTRIES: [(&str, &str); 0] = [];

const fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.' | b'_' | b'$') || byte >= 0x80
}

/// The elements of a list or object that is open.
struct Elements<'r, 'a> {
    reader: &'r mut Reader<'a>,
    end: u8,
    first: bool,
}

impl Elements<'_, '_> {
    fn goes_on(&mut self) -> Result<bool, BodyError> {
        if !self.first {
            self.reader.separated(self.end)?;
        }
        self.first = false;
        self.reader.goes_on(self.end)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, '_> {
    type Error = BodyError;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, BodyError> {
        if self.goes_on()? { seed.deserialize(&mut *self.reader).map(Some) } else { Ok(None) }
    }
}

impl<'de> MapAccess<'de> for Elements<'_, '_> {
    type Error = BodyError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, BodyError> {
        while self.goes_on()? {
            let key = self.reader.at;
            self.reader.skip()?;
            self.reader.expect(b':')?;
            if self.reader.null() {
                // A null member is an absent one: types need not expect it.
                continue;
            }
            self.reader.at = key;
            return seed.deserialize(&mut *self.reader).map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, BodyError> {
        self.reader.expect(b':')?;
        seed.deserialize(&mut *self.reader)
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
            visitor.visit_i64(self.integer()?)
        }
    )*};
}

impl<'de> de::Deserializer<'de> for &mut Reader<'_> {
    type Error = BodyError;

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self.start()? {
            b'{' => self.object(visitor),
            b'[' => self.list(visitor),
            b'"' | b'\'' => self.deserialize_str(visitor),
            _ => match self.bare()? {
                "null" => visitor.visit_unit(),
                "true" => visitor.visit_bool(true),
                "false" => visitor.visit_bool(false),
                text => match (text.parse(), text.parse()) {
                    (Ok(value), _) => visitor.visit_i64(value),
                    (_, Ok(value)) => visitor.visit_f64(value),
                    _ => visitor.visit_str(text),
                },
            },
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        visitor.visit_bool(self.boolean()?)
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        visitor.visit_f64(self.float()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        match self.scalar()? {
            Cow::Borrowed(text) => visitor.visit_str(text),
            Cow::Owned(text) => visitor.visit_string(text),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        // The key of a member that a struct does not know may be anything.
        if matches!(self.start()?, b'{' | b'[') {
            self.skip()?;
            return visitor.visit_str("");
        }
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        if self.null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        if self.null() {
            let none = std::iter::empty::<i64>();
            return visitor.visit_seq(de::value::SeqDeserializer::new(none));
        }
        self.list(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.members(visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        self.members(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, BodyError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, BodyError> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        char bytes byte_buf unit unit_struct tuple tuple_struct enum
    }
}
