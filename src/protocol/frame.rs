//! Cutting a byte stream into frames.
//!
//! ```text
//!  0        4                       8            8+h              4+n
//!  | i32 n  | u8 type | u24 h       | header (h) | body (n-4-h)   |
//! ```
//!
//! The limit is on the whole frame, its first four bytes included, and exact (Java hands
//! `frameMaxLength` to Netty's `LengthFieldBasedFrameDecoder`).

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::protocol::command::Serialization;
use crate::protocol::error::FrameError;

/// Bytes of the length that starts a frame. The length does not count them.
pub(super) const LENGTH_BYTES: usize = 4;

/// Bytes before the header: the frame's length, then type and header length.
pub(super) const PREFIX_BYTES: usize = 8;

/// Room that a splitter asks for at least, so that small reads do not each grow the buffer.
const GROW_BYTES_MIN: usize = 16 * 1024;

/// Where the parts of one frame are, counted from its first byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub serialization: Serialization,
    pub header: Range<usize>,
    pub body: Range<usize>,
}

/// Splits one connection's bytes into frames. Lives with its connection, on one core.
///
/// Memory: what was pushed and not yet taken, nothing that an unchecked length asks for. Call
/// [`next`](Self::next) until it yields nothing after each push; then at most one unfinished frame
/// is held, which `limit` bounds. The frames yielded share the buffer without a copy, so one that
/// is kept for long keeps the reads around it alive too: copy what is to stay.
#[derive(Debug)]
pub struct FrameSplitter {
    buffer: BytesMut,
    limit: usize,
    failed: Option<FrameError>,
}

impl FrameSplitter {
    /// A splitter for frames of at most `limit` bytes, the first length included; see
    /// [`crate::limits::FRAME_BYTES_MAX`].
    pub fn new(limit: usize) -> Self {
        Self { buffer: BytesMut::new(), limit, failed: None }
    }

    /// Takes bytes as they came from the peer. After a failure they are dropped.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.buffer.capacity() - self.buffer.len() < bytes.len() {
            self.buffer.reserve(bytes.len().max(GROW_BYTES_MIN));
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole frame, its first length included, or `None` while it is unfinished.
    ///
    /// # Errors
    /// A [`FrameError`] as soon as the first eight bytes show it, without waiting for the
    /// rest. It is final: every later call yields it again.
    #[expect(clippy::should_implement_trait, reason = "an iterator would end; this one goes on")]
    pub fn next(&mut self) -> Result<Option<Bytes>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        match frame_bytes(&self.buffer, self.limit) {
            Ok(Some(length)) if length <= self.buffer.len() => {
                Ok(Some(self.buffer.split_to(length).freeze()))
            }
            Ok(_) => Ok(None),
            Err(error) => {
                self.failed = Some(error);
                self.buffer = BytesMut::new();
                Err(error)
            }
        }
    }

    /// Bytes pushed that are not yet part of a frame taken.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }
}

fn word(bytes: &[u8], at: usize) -> Option<[u8; 4]> {
    bytes.get(at..)?.first_chunk().copied()
}

/// Length of the frame that `bytes` starts with, or `None` if that is not known yet. Checks
/// whatever part of the prefix is there.
fn frame_bytes(bytes: &[u8], limit: usize) -> Result<Option<usize>, FrameError> {
    let Some(first) = word(bytes, 0) else { return Ok(None) };
    let length = i32::from_be_bytes(first);
    let inner = usize::try_from(length).map_err(|_| FrameError::TooShort(length))?;
    if inner < PREFIX_BYTES - LENGTH_BYTES {
        return Err(FrameError::TooShort(length));
    }
    if inner > limit.saturating_sub(LENGTH_BYTES) {
        return Err(FrameError::TooLong(length));
    }
    if let Some(second) = word(bytes, LENGTH_BYTES) {
        header_bytes(length, second)?;
    }
    Ok(Some(LENGTH_BYTES + inner))
}

/// Serialization and header length out of the second word of a frame of `length` bytes.
fn header_bytes(length: i32, second: [u8; 4]) -> Result<(Serialization, usize), FrameError> {
    let [kind, high, middle, low] = second;
    let serialization =
        Serialization::from_byte(kind).ok_or(FrameError::SerializationUnknown(kind))?;
    let header = u32::from_be_bytes([0, high, middle, low]);
    if i64::from(header) > i64::from(length) - 4 {
        return Err(FrameError::HeaderTooLong { header, frame: length });
    }
    let bytes =
        usize::try_from(header).map_err(|_| FrameError::HeaderTooLong { header, frame: length })?;
    Ok((serialization, bytes))
}

/// The parts of `frame`, which must be exactly one frame. No limit on its length: it is here
/// already.
pub(super) fn layout(frame: &[u8]) -> Result<Layout, FrameError> {
    let given = frame.len();
    let short = FrameError::WrongLength { expected: PREFIX_BYTES, given };
    let expected = frame_bytes(frame, usize::MAX)?.ok_or(short)?;
    if expected != given {
        return Err(FrameError::WrongLength { expected, given });
    }
    let length = i32::from_be_bytes(word(frame, 0).ok_or(short)?);
    let (serialization, header) = header_bytes(length, word(frame, LENGTH_BYTES).ok_or(short)?)?;
    let end = PREFIX_BYTES + header;
    Ok(Layout { serialization, header: PREFIX_BYTES..end, body: end..given })
}
