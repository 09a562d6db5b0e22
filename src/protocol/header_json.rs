//! The JSON form of a header, read and written by hand: this is on the path of every message.
//!
//! Written as Java writes it: compact, top-level keys sorted, absent ones left out. Read from
//! anyone: any order, unknown keys, numbers and booleans as field values, blanks.

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

use crate::protocol::command::{Command, Serialization};
use crate::protocol::error::DecodeError;
use crate::protocol::escape::{plain_len, put_quoted, unescape};
use crate::protocol::fields::{Decimal, FieldList, Fields, Span};
use crate::protocol::language::Language;

/// How deep an unknown value may nest before the header is refused.
const DEPTH_MAX: u32 = 32;

/// Appends the header.
pub(super) fn encode(command: &Command, fields: &impl FieldList, out: &mut BytesMut) {
    out.put_slice(b"{\"code\":");
    put_number(command.code, out);
    if fields.is_present() {
        out.put_slice(b",\"extFields\":{");
        let mut first = true;
        fields.each(&mut |key, value| {
            if !std::mem::take(&mut first) {
                out.put_u8(b',');
            }
            put_quoted(key, out);
            out.put_u8(b':');
            put_quoted(value, out);
        });
        out.put_u8(b'}');
    }
    out.put_slice(b",\"flag\":");
    put_number(command.flag, out);
    out.put_slice(b",\"language\":\"");
    out.put_slice(command.language.name().as_bytes());
    out.put_slice(b"\",\"opaque\":");
    put_number(command.opaque, out);
    if let Some(remark) = &command.remark {
        out.put_slice(b",\"remark\":");
        put_quoted(remark, out);
    }
    out.put_slice(b",\"serializeTypeCurrentRPC\":\"JSON\",\"version\":");
    put_number(command.version, out);
    out.put_u8(b'}');
}

fn put_number(value: i32, out: &mut BytesMut) {
    out.put_slice(Decimal::new(i64::from(value)).as_str().as_bytes());
}

/// Reads a header. The result has no body yet. What the header leaves out is 0, as in Java.
pub(super) fn decode(header: Bytes) -> Result<Command, DecodeError> {
    let bytes = header.clone();
    let text = std::str::from_utf8(&bytes).map_err(|_| DecodeError::NotUtf8)?;
    let mut reader = Reader { text, at: 0 };
    let mut command = Command {
        code: 0,
        language: Language::Java,
        version: 0,
        opaque: 0,
        flag: 0,
        remark: None,
        fields: Fields::of_text(header, text),
        body: Bytes::new(),
        serialization: Serialization::Json,
    };
    reader.object(|reader| {
        let key = reader.string(&mut command.fields)?;
        reader.colon()?;
        let key = known_key(command.fields.text(key));
        read_member(key, reader, &mut command)
    })?;
    reader.blanks();
    if reader.at != text.len() {
        return Err(reader.wrong());
    }
    Ok(command)
}

/// The top-level keys that mean something. `serializeTypeCurrentRPC` does not: the frame's type
/// byte is what counts.
#[derive(Clone, Copy)]
enum Key {
    Code,
    ExtFields,
    Flag,
    Language,
    Opaque,
    Remark,
    Unknown,
    Version,
}

fn known_key(text: &str) -> Key {
    match text {
        "code" => Key::Code,
        "extFields" => Key::ExtFields,
        "flag" => Key::Flag,
        "language" => Key::Language,
        "opaque" => Key::Opaque,
        "remark" => Key::Remark,
        "version" => Key::Version,
        _ => Key::Unknown,
    }
}

fn read_member(
    key: Key,
    reader: &mut Reader<'_>,
    command: &mut Command,
) -> Result<(), DecodeError> {
    match key {
        Key::Code => command.code = reader.integer("code")?,
        Key::Flag => command.flag = reader.integer("flag")?,
        Key::Opaque => command.opaque = reader.integer("opaque")?,
        Key::Version => command.version = reader.integer("version")?,
        Key::Language => {
            if let Some(name) = reader.value(&mut command.fields)? {
                command.language = language(command.fields.text(name));
            }
        }
        Key::Remark => {
            let remark = reader.value(&mut command.fields)?;
            command.remark = remark.map(|span| Cow::Owned(command.fields.text(span).to_owned()));
        }
        Key::ExtFields => read_fields(reader, &mut command.fields)?,
        Key::Unknown => reader.skip(0)?,
    }
    Ok(())
}

/// A language by name, or by ordinal as Java also takes it.
fn language(text: &str) -> Language {
    text.parse().map_or_else(|_| Language::from_name(text), Language::from_byte)
}

fn read_fields(reader: &mut Reader<'_>, fields: &mut Fields) -> Result<(), DecodeError> {
    if reader.null()? {
        return Ok(());
    }
    fields.set_present();
    reader.object(|reader| {
        let key = reader.string(fields)?;
        reader.colon()?;
        match reader.value(fields)? {
            Some(value) => fields.add(key, value),
            // Java's map would hold a null, which reads like no entry.
            None => Ok(()),
        }
    })
}

/// A cursor over a header.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn wrong(&self) -> DecodeError {
        DecodeError::NotJson(self.at)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8) -> Result<(), DecodeError> {
        if self.peek() != Some(byte) {
            return Err(self.wrong());
        }
        self.at += 1;
        Ok(())
    }

    /// A colon with the blanks around it.
    fn colon(&mut self) -> Result<(), DecodeError> {
        self.blanks();
        self.expect(b':')?;
        self.blanks();
        Ok(())
    }

    /// An object; `member` reads each key, colon and value.
    fn object(
        &mut self,
        mut member: impl FnMut(&mut Self) -> Result<(), DecodeError>,
    ) -> Result<(), DecodeError> {
        self.blanks();
        self.expect(b'{')?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            member(self)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => break,
                _ => return Err(self.wrong()),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Takes the word `null` if it is next.
    fn null(&mut self) -> Result<bool, DecodeError> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        let start = self.at;
        self.word();
        if self.text.get(start..self.at) == Some("null") { Ok(true) } else { Err(self.wrong()) }
    }

    /// Steps over a number, `true`, `false` or `null`.
    fn word(&mut self) {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
    }

    /// A value as text: a string's content, anything else as it stands; `null` is nothing.
    fn value(&mut self, fields: &mut Fields) -> Result<Option<Span>, DecodeError> {
        if self.peek() == Some(b'"') {
            return self.string(fields).map(Some);
        }
        let start = self.at;
        self.skip(0)?;
        let absent = self.text.get(start..self.at) == Some("null");
        if absent { Ok(None) } else { fields.span(start, self.at).map(Some) }
    }

    /// An integer, also one in quotes; `null` is 0.
    fn integer(&mut self, key: &'static str) -> Result<i32, DecodeError> {
        let start = self.at;
        self.skip(0)?;
        let token = self.text.get(start..self.at).unwrap_or_default();
        if token == "null" {
            return Ok(0);
        }
        let token = token.strip_prefix('"').unwrap_or(token);
        let token = token.strip_suffix('"').unwrap_or(token);
        token.parse().map_err(|_| DecodeError::NotANumber(key))
    }

    /// Steps over any value inside `depth` others.
    fn skip(&mut self, depth: u32) -> Result<(), DecodeError> {
        if depth > DEPTH_MAX {
            return Err(self.wrong());
        }
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => self.object(|reader| {
                reader.skip_string()?;
                reader.colon()?;
                reader.skip(depth + 1)
            }),
            Some(b'[') => self.skip_array(depth),
            Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                let start = self.at;
                self.word();
                let token = self.text.get(start..self.at).unwrap_or_default();
                if is_word(token) { Ok(()) } else { Err(self.wrong()) }
            }
            _ => Err(self.wrong()),
        }
    }

    fn skip_array(&mut self, depth: u32) -> Result<(), DecodeError> {
        self.expect(b'[')?;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            self.skip(depth + 1)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => break,
                _ => return Err(self.wrong()),
            }
        }
        self.at += 1;
        Ok(())
    }

    /// Moves to the next quote or backslash of a string.
    fn plain_part(&mut self) -> Result<u8, DecodeError> {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        self.at += plain_len(rest, b'"');
        self.peek().ok_or(self.wrong())
    }

    fn skip_string(&mut self) -> Result<(), DecodeError> {
        self.expect(b'"')?;
        while self.plain_part()? == b'\\' {
            self.at = self.text.len().min(self.at + 2);
        }
        self.at += 1;
        Ok(())
    }

    /// A string: where it is, or, if it has escapes, where its text is kept.
    fn string(&mut self, fields: &mut Fields) -> Result<Span, DecodeError> {
        self.expect(b'"')?;
        let start = self.at;
        if self.plain_part()? == b'"' {
            self.at += 1;
            return fields.span(start, self.at - 1);
        }
        let kept = fields.kept();
        let kept_start = kept.len();
        kept.push_str(self.text.get(start..self.at).unwrap_or_default());
        loop {
            let escape = unescape(self.text.as_bytes(), self.at + 1, kept);
            self.at = escape.ok_or(self.wrong())?;
            let plain = self.at;
            let end = self.plain_part()?;
            kept.push_str(self.text.get(plain..self.at).unwrap_or_default());
            if end == b'"' {
                break;
            }
        }
        self.at += 1;
        Ok(fields.span_since(kept_start))
    }
}

/// Whether a token is one of the words or starts as a number does.
fn is_word(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    matches!(token, "true" | "false" | "null") || digits.starts_with(|c: char| c.is_ascii_digit())
}
