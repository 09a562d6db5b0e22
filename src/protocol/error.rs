//! What a peer can get wrong. All are small and `Copy`: they end as a response code or as a closed
//! connection, never as a text that grows with the input.

use thiserror::Error;

/// Bytes that are not a frame. The stream cannot be trusted any further: close the connection, as
/// Java does, without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The header does not fit into its frame.
    #[error("a header of {header} bytes in a frame of {frame}")]
    HeaderTooLong {
        /// The 24-bit header length.
        header: u32,
        /// Length of the frame, its own four bytes left out.
        frame: i32,
    },
    /// The high byte of the second word is neither 0 (JSON) nor 1 (binary).
    #[error("unknown serialization type {0:#04x}")]
    SerializationUnknown(u8),
    /// The first length is over the limit.
    #[error("a frame of {0} bytes is over the limit")]
    TooLong(i32),
    /// The first length is negative or leaves no room for the second.
    #[error("a frame cannot have {0} bytes")]
    TooShort(i32),
    /// The bytes given as one frame are fewer or more than its length says.
    #[error("a frame of {expected} bytes was given as {given}")]
    WrongLength {
        /// Bytes of the frame by its own length field, that field included.
        expected: usize,
        /// Bytes given.
        given: usize,
    },
}

/// A frame whose header cannot be read. Close the connection, as for a [`FrameError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DecodeError {
    /// The lengths around the header are wrong.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// A number of the JSON header is not an integer of 32 bits.
    #[error("header key {0} is not a 32-bit integer")]
    NotANumber(&'static str),
    /// The JSON header breaks off or is no JSON object; the byte is counted in the header.
    #[error("the header is not JSON at byte {0}")]
    NotJson(usize),
    /// The header, or a text in it, is not UTF-8.
    #[error("the header is not UTF-8")]
    NotUtf8,
    /// More `extFields` than [`crate::limits::HEADER_FIELDS_MAX`].
    #[error("too many header fields")]
    TooManyFields,
    /// A length inside the binary header points outside it, or bytes are left over.
    #[error("the binary header breaks off at byte {0}")]
    Truncated(usize),
}

/// A command that has no frame. Ours to prevent, but a reply's size can follow from a request, so
/// it is answered rather than asserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// Header and body together exceed [`crate::limits::FRAME_BYTES_MAX`].
    #[error("a frame of {0} bytes is over the limit")]
    FrameTooLong(usize),
    /// The header exceeds [`crate::limits::HEADER_BYTES_MAX`].
    #[error("a header of {0} bytes is over the limit")]
    HeaderTooLong(usize),
}

/// A header field that is missing or does not hold what its name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("header field {field}: {why}")]
pub struct FieldError {
    /// The field's name on the wire.
    pub field: &'static str,
    /// What is wrong with it.
    pub why: FieldFault,
}

/// What is wrong with a header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum FieldFault {
    /// A required field is absent.
    #[error("missing")]
    Missing,
    /// Not an integer, or one outside the field's range.
    #[error("not a number of its type")]
    NotANumber,
}

impl FieldError {
    /// The error for a required field that is absent.
    pub const fn missing(field: &'static str) -> Self {
        Self { field, why: FieldFault::Missing }
    }

    /// The error for a field that holds no number of its type.
    pub const fn not_a_number(field: &'static str) -> Self {
        Self { field, why: FieldFault::NotANumber }
    }
}

/// A body that does not hold what its code promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the body is wrong near byte {at}: {why}")]
pub struct BodyError {
    /// Where it was noticed.
    pub at: usize,
    /// What is wrong.
    pub why: BodyFault,
}

/// What is wrong with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyFault {
    /// Compressed data that is damaged, or inflates to more than is allowed.
    #[error("not zlib data of an allowed size")]
    Compression,
    /// It breaks off, or bytes are left over.
    #[error("too short or too long")]
    Length,
    /// Not JSON, not even in the FastJSON dialect.
    #[error("not JSON")]
    NotJson,
    /// Not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// JSON of another shape: a text where an object should be, a number out of range.
    #[error("unexpected shape")]
    Shape,
    /// Nested deeper than any body.
    #[error("nested too deep")]
    TooDeep,
}
