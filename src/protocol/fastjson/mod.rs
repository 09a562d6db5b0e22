//! The JSON that Java peers write: FastJSON's dialect.
//!
//! It is JSON but for the keys of maps: `{0:"a"}` where the map has numbers for keys, and
//! `{{"brokerName":"b","queueId":0,"topic":"t"}:1}` where it has objects. Types read and write it
//! through serde.
//!
//! Reading takes any order of keys, unknown keys, single quotes, keys without quotes, numbers and
//! booleans in quotes, `null` for anything (a member that is `null` counts as absent), and objects
//! that stand in a string as keys. A `{"$ref":"…"}` is read as an object without known members:
//! nothing is looked up.
//!
//! Writing leaves out members that are `None`, as Java leaves out null. Members of a struct go out
//! in the order they are declared; Java's is alphabetical.
//!
//! Invariant: reading allocates no more than the values of the bytes that are there, and nests at
//! most [`DEPTH_MAX`] deep.

mod number;
mod reader;
mod table;
mod value;
mod writer;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::error::BodyError;

pub use table::Table;
pub use value::Value;

/// How deep a text may nest. RocketMQ's own bodies nest 6 deep.
pub const DEPTH_MAX: u32 = 64;

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// No blanks; keys as Java's default has them. What nearly all bodies are.
    Compact,
    /// Tabs and line breaks, none at the end: RocketMQ's `config/*.json` files. Keys as above.
    Pretty,
    /// Standard JSON without blanks: all keys in quotes, ASCII only, integers past 2^53 in quotes.
    /// Java calls it browser-compatible; routes go out in it.
    Standard,
}

/// Reads a value out of a whole text.
///
/// # Errors
/// The text is not JSON in the sense above, or has another shape than `T`.
pub fn from_slice<T: DeserializeOwned>(text: &[u8]) -> Result<T, BodyError> {
    reader::Reader::whole(text)
}

/// Writes a value without blanks.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Vec<u8> {
    to_vec_as(value, Form::Compact)
}

/// Writes a value in the form wanted.
pub fn to_vec_as<T: Serialize + ?Sized>(value: &T, form: Form) -> Vec<u8> {
    writer::write(value, form)
}
