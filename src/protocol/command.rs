//! One command: what a frame holds (Java: `RemotingCommand`).

use std::borrow::Cow;

use bytes::{BufMut, Bytes, BytesMut};

use crate::limits::{FRAME_BYTES_MAX, HEADER_BYTES_MAX};
use crate::protocol::error::{DecodeError, EncodeError};
use crate::protocol::fields::{FieldList, Fields};
use crate::protocol::frame::{self, LENGTH_BYTES, PREFIX_BYTES};
use crate::protocol::language::Language;
use crate::protocol::{header_binary, header_json, version};

/// Set in [`Command::flag`] of a response.
const FLAG_RESPONSE: i32 = 1;

/// Set in [`Command::flag`] of a request that wants no response.
const FLAG_ONEWAY: i32 = 1 << 1;

/// How the header of a frame is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Serialization {
    /// JSON text: the default of every peer, and all that C++ clients take.
    #[default]
    Json,
    /// The `ROCKETMQ` form, with 16 bits for code and version.
    Binary,
}

impl Serialization {
    /// The serialization of a frame's type byte.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0 => Some(Self::Json),
            1 => Some(Self::Binary),
            _ => None,
        }
    }

    /// Its type byte.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Json => 0,
            Self::Binary => 1,
        }
    }
}

/// A request or a response, read from a frame or about to become one.
///
/// Lives on any thread; fields and body of a decoded command share the frame's memory. Cloning
/// copies the field list (some hundred bytes) and no body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Request code, or response code; see [`crate::protocol::code`]. Unknown values are kept.
    pub code: i32,
    /// Who wrote it.
    pub language: Language,
    /// The writer's version ordinal; see [`crate::protocol::version`].
    pub version: i32,
    /// Ties a response to its request, per writer and not per connection; may be negative.
    pub opaque: i32,
    /// Bit 0: response. Bit 1: oneway. Other bits are kept.
    pub flag: i32,
    /// Text for people, mostly in error responses. Also set in many successful ones.
    pub remark: Option<Cow<'static, str>>,
    /// The `extFields`.
    pub fields: Fields,
    /// What follows the header. Empty and absent are the same.
    pub body: Bytes,
    /// The form it came in or is to go out in. A command that the binary form cannot hold goes out
    /// as JSON whatever this says.
    pub serialization: Serialization,
}

impl Command {
    /// A two-way request without fields (set `opaque` before it is sent), in JSON. It speaks as
    /// Java does: the version ordinal only has a meaning there, and peers know no other server.
    pub fn request(code: i32) -> Self {
        Self {
            code,
            language: Language::Java,
            version: version::OURS,
            opaque: 0,
            flag: 0,
            remark: None,
            fields: Fields::absent(),
            body: Bytes::new(),
            serialization: Serialization::Json,
        }
    }

    /// A request that is not answered, not even with an error.
    pub fn oneway(code: i32) -> Self {
        Self { flag: FLAG_ONEWAY, ..Self::request(code) }
    }

    /// The response to `request`, in the request's serialization, without fields.
    pub fn reply(request: &Self, code: i32) -> Self {
        Self::reply_to(request.opaque, request.serialization, code)
    }

    /// The response to a request of which only these two facts are left.
    pub fn reply_to(opaque: i32, serialization: Serialization, code: i32) -> Self {
        Self { opaque, serialization, flag: FLAG_RESPONSE, ..Self::request(code) }
    }

    /// With this text for people.
    #[must_use]
    pub fn with_remark(self, remark: impl Into<Cow<'static, str>>) -> Self {
        Self { remark: Some(remark.into()), ..self }
    }

    /// With these fields.
    #[must_use]
    pub fn with_fields(self, fields: Fields) -> Self {
        Self { fields, ..self }
    }

    /// With this body.
    #[must_use]
    pub fn with_body(self, body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// With this correlation number.
    #[must_use]
    pub fn with_opaque(self, opaque: i32) -> Self {
        Self { opaque, ..self }
    }

    /// Reads one whole frame, its first length included (as [`FrameSplitter`] yields it).
    ///
    /// Fields and body become slices of `frame`. Allocates once if a field has escapes (in JSON the
    /// properties of every send do) and once for a remark; more only past 16 fields.
    ///
    /// # Errors
    /// The frame's lengths or its header are wrong; the connection is to be closed.
    ///
    /// [`FrameSplitter`]: crate::protocol::FrameSplitter
    pub fn decode(frame: Bytes) -> Result<Self, DecodeError> {
        let layout = frame::layout(&frame)?;
        let body = if layout.body.is_empty() { Bytes::new() } else { frame.slice(layout.body) };
        let header = frame.slice(layout.header);
        let mut command = match layout.serialization {
            Serialization::Json => header_json::decode(header)?,
            Serialization::Binary => header_binary::decode(header)?,
        };
        command.body = body;
        command.serialization = layout.serialization;
        Ok(command)
    }

    /// Whether it answers a request. A peer decides from this bit alone.
    pub const fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }

    /// Whether it must not be answered. Go clients leave the bit out and drop the answer.
    pub const fn is_oneway(&self) -> bool {
        self.flag & FLAG_ONEWAY != 0
    }

    /// Appends the whole frame to `out`.
    ///
    /// # Errors
    /// The frame would be longer than any peer takes; `out` is then as it was.
    pub fn encode_into(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.reserve(PREFIX_BYTES + self.header_bytes_likely() + self.body.len());
        self.encode_header_into(&self.fields, self.body.len(), out)?;
        out.extend_from_slice(&self.body);
        Ok(())
    }

    /// Appends the start of a frame, up to where a body of `body_bytes` follows that is sent from
    /// elsewhere. Its fields are `fields`; the command's own, and its own body, are left out.
    ///
    /// # Errors
    /// As [`encode_into`](Self::encode_into).
    pub fn encode_header_into(
        &self,
        fields: &impl FieldList,
        body_bytes: usize,
        out: &mut BytesMut,
    ) -> Result<(), EncodeError> {
        let start = out.len();
        let binary =
            self.serialization == Serialization::Binary && header_binary::holds(self, fields);
        let serialization = if binary { Serialization::Binary } else { Serialization::Json };
        // A length that no peer takes, until the true one is known.
        out.put_bytes(0xff, PREFIX_BYTES);
        match serialization {
            Serialization::Json => header_json::encode(self, fields, out),
            Serialization::Binary => header_binary::encode(self, fields, out),
        }
        let header = out.len() - start - PREFIX_BYTES;
        let total = PREFIX_BYTES.saturating_add(header).saturating_add(body_bytes);
        let lengths = prefix(serialization, header, total);
        match (&lengths, out.get_mut(start..start + PREFIX_BYTES)) {
            (Ok(bytes), Some(room)) => room.copy_from_slice(bytes),
            _ => out.truncate(start),
        }
        lengths.map(|_| ())
    }

    /// The whole frame.
    ///
    /// # Errors
    /// As [`encode_into`](Self::encode_into).
    pub fn encode(&self) -> Result<Bytes, EncodeError> {
        let mut out = BytesMut::new();
        self.encode_into(&mut out)?;
        Ok(out.freeze())
    }

    /// The start of a frame, up to where a body of `body_bytes` follows that is sent from
    /// elsewhere. The command's own body is left out.
    ///
    /// # Errors
    /// As [`encode_into`](Self::encode_into).
    pub fn encode_header(&self, body_bytes: usize) -> Result<Bytes, EncodeError> {
        let mut out = BytesMut::with_capacity(PREFIX_BYTES + self.header_bytes_likely());
        self.encode_header_into(&self.fields, body_bytes, &mut out)?;
        Ok(out.freeze())
    }

    /// A guess that is rarely too small: the names and punctuation of a JSON header with few
    /// fields.
    fn header_bytes_likely(&self) -> usize {
        256 + self.fields.len() * 32
    }
}

/// The first eight bytes of a frame of `total` bytes.
fn prefix(
    serialization: Serialization,
    header: usize,
    total: usize,
) -> Result<[u8; PREFIX_BYTES], EncodeError> {
    if header > HEADER_BYTES_MAX {
        return Err(EncodeError::HeaderTooLong(header));
    }
    if total > FRAME_BYTES_MAX {
        return Err(EncodeError::FrameTooLong(total));
    }
    let length = u32::try_from(total - LENGTH_BYTES).map_err(|_| EncodeError::FrameTooLong(total));
    let header32 = u32::try_from(header).map_err(|_| EncodeError::HeaderTooLong(header));
    let [a, b, c, d] = length?.to_be_bytes();
    let [_, high, middle, low] = header32?.to_be_bytes();
    Ok([a, b, c, d, serialization.byte(), high, middle, low])
}
