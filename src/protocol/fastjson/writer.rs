//! Writing the dialect: a serde serializer into bytes.

use std::fmt::{self, Display};

use bytes::BufMut;
use serde::ser::{self, Impossible, Serialize};

use crate::protocol::escape::{put_quoted, put_quoted_ascii};
use crate::protocol::fastjson::Form;
use crate::protocol::fastjson::number::double_text;
use crate::protocol::fields::Decimal;

/// Largest magnitude of the integers that a reader with nothing but doubles holds exactly.
const EXACT_MAX: u64 = (1 << 53) - 1;

/// Writes a value. Bodies are made of structs, maps, lists, texts, numbers and booleans; anything
/// else is our own mistake.
pub(super) fn write<T: Serialize + ?Sized>(value: &T, form: Form) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), form, depth: 0, nothing: false };
    let written = value.serialize(&mut writer);
    assert!(written.is_ok(), "a body of a kind that JSON cannot hold");
    writer.out
}

/// A type that has no place in a body.
#[derive(Debug)]
pub(super) struct Unwritable;

impl Display for Unwritable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a type that has no place in a body")
    }
}

impl std::error::Error for Unwritable {}

impl ser::Error for Unwritable {
    fn custom<T: Display>(_: T) -> Self {
        Self
    }
}

/// Where a text is put together.
pub(super) struct Writer {
    out: Vec<u8>,
    form: Form,
    depth: usize,
    /// Whether the value just written was nothing, so that its member is taken back.
    nothing: bool,
}

impl Writer {
    fn text(&mut self, text: &str) {
        match self.form {
            Form::Compact | Form::Pretty => put_quoted(text, &mut self.out),
            Form::Standard => put_quoted_ascii(text, &mut self.out),
        }
    }

    /// An integer below `EXACT_MAX` or not in the form for readers that lose digits.
    fn integer(&mut self, digits: &str, magnitude: u64) {
        let quoted = self.form == Form::Standard && magnitude > EXACT_MAX;
        if quoted {
            self.text(digits);
        } else {
            self.out.put_slice(digits.as_bytes());
        }
    }

    /// A key: texts in quotes; numbers and objects bare, or in quotes where standard JSON is
    /// wanted.
    fn key<T: Serialize + ?Sized>(&mut self, key: &T) {
        let bare = write(key, Form::Compact);
        let is_text = bare.first() == Some(&b'"');
        match (self.form, is_text) {
            (Form::Compact | Form::Pretty, _) => self.out.put_slice(&bare),
            (Form::Standard, true) => self.out.put_slice(&write(key, Form::Standard)),
            (Form::Standard, false) => {
                put_quoted_ascii(&String::from_utf8_lossy(&bare), &mut self.out);
            }
        }
        self.out.put_u8(b':');
    }

    fn new_line(&mut self) {
        if self.form == Form::Pretty {
            self.out.put_u8(b'\n');
            self.out.put_bytes(b'\t', self.depth);
        }
    }

    fn open(&mut self, bracket: u8, end: u8) -> Compound<'_> {
        self.out.put_u8(bracket);
        self.depth += 1;
        Compound { writer: self, end, filled: false, mark: 0 }
    }
}

/// A list, map or struct that is open.
pub(super) struct Compound<'w> {
    writer: &'w mut Writer,
    end: u8,
    filled: bool,
    mark: usize,
}

impl Compound<'_> {
    /// Starts an element, which [`finish_member`](Self::finish_member) may take back.
    fn start(&mut self) {
        self.mark = self.writer.out.len();
        if self.filled {
            self.writer.out.put_u8(b',');
        }
        self.writer.new_line();
    }

    fn finish_member(&mut self) {
        if self.writer.nothing {
            self.writer.out.truncate(self.mark);
            self.writer.nothing = false;
        } else {
            self.filled = true;
        }
    }

    fn close(self) {
        self.writer.depth -= 1;
        if self.filled {
            self.writer.new_line();
        }
        self.writer.out.put_u8(self.end);
    }
}

impl ser::SerializeSeq for Compound<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        self.start();
        value.serialize(&mut *self.writer)?;
        self.writer.nothing = false;
        self.filled = true;
        Ok(())
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Compound<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unwritable> {
        self.start();
        self.writer.key(key);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unwritable> {
        value.serialize(&mut *self.writer)?;
        self.finish_member();
        Ok(())
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Compound<'_> {
    type Ok = ();
    type Error = Unwritable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        self.start();
        self.writer.text(key);
        self.writer.out.put_u8(b':');
        value.serialize(&mut *self.writer)?;
        self.finish_member();
        Ok(())
    }

    fn end(self) -> Result<(), Unwritable> {
        self.close();
        Ok(())
    }
}

macro_rules! integers {
    ($($method:ident $kind:ty;)*) => {$(
        fn $method(self, value: $kind) -> Result<(), Unwritable> {
            self.serialize_i64(i64::from(value))
        }
    )*};
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = Unwritable;
    type SerializeSeq = Compound<'w>;
    type SerializeMap = Compound<'w>;
    type SerializeStruct = Compound<'w>;
    type SerializeTuple = Impossible<(), Unwritable>;
    type SerializeTupleStruct = Impossible<(), Unwritable>;
    type SerializeTupleVariant = Impossible<(), Unwritable>;
    type SerializeStructVariant = Impossible<(), Unwritable>;

    integers! {
        serialize_i8 i8; serialize_i16 i16; serialize_i32 i32;
        serialize_u8 u8; serialize_u16 u16; serialize_u32 u32;
    }

    fn serialize_bool(self, value: bool) -> Result<(), Unwritable> {
        self.out.put_slice(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_i64(self, value: i64) -> Result<(), Unwritable> {
        self.integer(Decimal::new(value).as_str(), value.unsigned_abs());
        Ok(())
    }

    fn serialize_u64(self, value: u64) -> Result<(), Unwritable> {
        self.integer(&value.to_string(), value);
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Unwritable> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Unwritable> {
        self.out.put_slice(double_text(value).as_bytes());
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Unwritable> {
        self.text(value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Unwritable> {
        self.text(value);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unwritable> {
        Err(Unwritable)
    }

    fn serialize_none(self) -> Result<(), Unwritable> {
        self.out.put_slice(b"null");
        self.nothing = true;
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unwritable> {
        self.serialize_none()
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Unwritable> {
        self.serialize_none()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), Unwritable> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unwritable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Unwritable> {
        Err(Unwritable)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Compound<'w>, Unwritable> {
        Ok(self.open(b'[', b']'))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Compound<'w>, Unwritable> {
        Ok(self.open(b'{', b'}'))
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Compound<'w>, Unwritable> {
        Ok(self.open(b'{', b'}'))
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleStruct, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unwritable> {
        Err(Unwritable)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unwritable> {
        Err(Unwritable)
    }
}
