//! The log: every record of a shard, in the order of arrival.

mod format;
mod image;
mod segment;
mod windows;
mod zero;

pub(crate) use self::format::{
    BLANK_BYTES, SECTOR_BYTES, SECTOR_LEN, blank, chunk_bytes, fits, hides_torn_write,
};
pub(crate) use self::image::{Image, Run};
pub(crate) use self::segment::Segments;
pub(crate) use self::windows::Windows;
pub(crate) use self::zero::{Zeroing, Zeros};
