//! The binary form of a header (Java: `RocketMQSerializable`).
//!
//! ```text
//! i16 code | u8 language | i16 version | i32 opaque | i32 flag
//! i32 remark length | remark | i32 length of the fields | fields
//! field: i16 key length | key | i32 value length | value
//! ```

use std::borrow::Cow;
use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};

use crate::protocol::command::{Command, Serialization};
use crate::protocol::error::DecodeError;
use crate::protocol::fields::{FieldList, Fields};
use crate::protocol::language::Language;

/// Whether the binary form can hold this command; its code and version have 16 bits, and so has the
/// length of a field's name.
pub(super) fn holds(command: &Command, fields: &impl FieldList) -> bool {
    let mut names_fit = true;
    fields.each(&mut |key, _| names_fit &= i16::try_from(key.len()).is_ok());
    names_fit && i16::try_from(command.code).is_ok() && i16::try_from(command.version).is_ok()
}

/// Appends the header of a command that [`holds`].
pub(super) fn encode(command: &Command, fields: &impl FieldList, out: &mut BytesMut) {
    out.put_i16(i16::try_from(command.code).unwrap_or_default());
    out.put_u8(command.language.byte());
    out.put_i16(i16::try_from(command.version).unwrap_or_default());
    out.put_i32(command.opaque);
    out.put_i32(command.flag);
    put_text(command.remark.as_deref().unwrap_or_default(), out);
    let mut block = 0;
    fields.each(&mut |key, value| block += 6 + key.len() + value.len());
    out.put_i32(length32(block));
    fields.each(&mut |key, value| {
        out.put_i16(i16::try_from(key.len()).unwrap_or_default());
        out.put_slice(key.as_bytes());
        put_text(value, out);
    });
}

fn put_text(text: &str, out: &mut BytesMut) {
    out.put_i32(length32(text.len()));
    out.put_slice(text.as_bytes());
}

/// A length that does not fit makes a frame that is refused for its size afterwards.
fn length32(length: usize) -> i32 {
    i32::try_from(length).unwrap_or(i32::MAX)
}

/// Reads a header. The result has no body yet.
pub(super) fn decode(header: Bytes) -> Result<Command, DecodeError> {
    let bytes = header.clone();
    let mut reader = Reader { header: &bytes, at: 0 };
    let code = i32::from(reader.i16()?);
    let language = Language::from_byte(reader.u8()?);
    let version = i32::from(reader.i16()?);
    let opaque = reader.i32()?;
    let flag = reader.i32()?;
    let remark_len = reader.length()?;
    let remark = reader.text(remark_len)?;
    let remark = (!remark.is_empty()).then(|| Cow::Owned(remark.to_owned()));
    let block = reader.length()?;
    if block != bytes.len() - reader.at {
        return Err(DecodeError::Truncated(reader.at));
    }
    let mut fields = Fields::of_bytes(header);
    while reader.at < bytes.len() {
        let key_len = reader.i16()?;
        let key_len = usize::try_from(key_len).map_err(|_| DecodeError::Truncated(reader.at))?;
        let key = reader.part(key_len)?;
        let value_len = reader.length()?;
        let value = reader.part(value_len)?;
        let key = fields.span(key.start, key.end)?;
        let value = fields.span(value.start, value.end)?;
        fields.add(key, value)?;
    }
    Ok(Command {
        code,
        language,
        version,
        opaque,
        flag,
        remark,
        fields,
        body: Bytes::new(),
        serialization: Serialization::Binary,
    })
}

/// A cursor over a header. Every length is checked before it is used.
struct Reader<'a> {
    header: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let rest = self.header.get(self.at..).unwrap_or_default();
        let taken = rest.get(..count).ok_or(DecodeError::Truncated(self.at))?;
        self.at += count;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let at = self.at;
        self.take(N)?.first_chunk().copied().ok_or(DecodeError::Truncated(at))
    }

    fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn i16(&mut self) -> Result<i16, DecodeError> {
        Ok(i16::from_be_bytes(self.array()?))
    }

    fn i32(&mut self) -> Result<i32, DecodeError> {
        Ok(i32::from_be_bytes(self.array()?))
    }

    /// A length of 32 bits; a negative one is as wrong as one that is too large.
    fn length(&mut self) -> Result<usize, DecodeError> {
        let at = self.at;
        usize::try_from(self.i32()?).map_err(|_| DecodeError::Truncated(at))
    }

    fn text(&mut self, count: usize) -> Result<&'a str, DecodeError> {
        std::str::from_utf8(self.take(count)?).map_err(|_| DecodeError::NotUtf8)
    }

    /// Where the next `count` bytes are.
    fn part(&mut self, count: usize) -> Result<Range<usize>, DecodeError> {
        let start = self.at;
        self.take(count)?;
        Ok(start..self.at)
    }
}
