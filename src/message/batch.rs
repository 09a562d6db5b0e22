//! The body of a batch: messages back to back, without topic and time (Java: `MessageBatch`).
//!
//! ```text
//! totalSize 4 | magic 4 | bodyCRC 4 | flag 4 | bodyLength 4, body | propertiesLength 2, properties
//! ```

use thiserror::Error;

use super::cursor::Cursor;

/// One message of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchItem<'a> {
    /// The application's flag.
    pub flag: i32,
    /// Its body.
    pub body: &'a [u8],
    /// Its own property string.
    pub properties: &'a [u8],
}

/// The bytes are no batch: an item is cut off, or its lengths do not add up.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("the body of the batch is malformed")]
pub struct BatchError;

/// The messages of a batch body, in order. After an error there are no more.
pub fn items(body: &[u8]) -> impl Iterator<Item = Result<BatchItem<'_>, BatchError>> {
    let mut cursor = Cursor::new(body);
    let mut failed = false;
    std::iter::from_fn(move || {
        if failed || cursor.is_empty() {
            return None;
        }
        let item = parse_item(&mut cursor).ok_or(BatchError);
        failed = item.is_err();
        Some(item)
    })
}

fn parse_item<'a>(cursor: &mut Cursor<'a>) -> Option<BatchItem<'a>> {
    let total = usize::try_from(cursor.i32()?).ok()?;
    let mut inner = Cursor::new(cursor.take(total.checked_sub(4)?)?);
    inner.take(8)?;
    let flag = inner.i32()?;
    let body_len = usize::try_from(inner.i32()?).ok()?;
    let body = inner.take(body_len)?;
    let properties_len = usize::try_from(inner.i16()?).ok()?;
    let properties = inner.take(properties_len)?;
    inner.is_empty().then_some(BatchItem { flag, body, properties })
}

/// Appends one message to a batch body.
///
/// # Errors
/// Some part is longer than its length field tells; then nothing is appended.
pub fn push(out: &mut Vec<u8>, item: BatchItem<'_>) -> Result<(), BatchError> {
    let properties_len = i16::try_from(item.properties.len()).map_err(|_| BatchError)?;
    let body_len = i32::try_from(item.body.len()).map_err(|_| BatchError)?;
    let total = item.body.len() + item.properties.len() + 22;
    let total = i32::try_from(total).map_err(|_| BatchError)?;
    out.extend_from_slice(&total.to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&item.flag.to_be_bytes());
    out.extend_from_slice(&body_len.to_be_bytes());
    out.extend_from_slice(item.body);
    out.extend_from_slice(&properties_len.to_be_bytes());
    out.extend_from_slice(item.properties);
    Ok(())
}
