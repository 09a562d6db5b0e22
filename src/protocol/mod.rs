//! RocketMQ's remoting protocol. Pure: bytes and values; no I/O, no clock, no async.
//!
//! The way in: [`frame::FrameSplitter`] cuts a byte stream into frames, [`command::Command`] reads
//! one frame into code, flags, [`fields::Fields`] and body without building a map, and the typed
//! headers and bodies turn fields and body bytes into values. The way out is the same backwards.
//!
//! Invariant: nothing a peer sends makes this room panic, recurse without bound or allocate more
//! than a small multiple of the bytes that really arrived.

pub mod body;
pub mod code;
pub mod command;
pub mod error;
mod escape;
pub mod fastjson;
pub mod fields;
pub mod frame;
pub mod fuzz;
mod header_binary;
mod header_json;
pub mod java;
pub mod language;
pub mod request;
pub mod version;

pub use command::{Command, Serialization};
pub use error::{
    BodyError, BodyFault, DecodeError, EncodeError, FieldError, FieldFault, FrameError,
};
pub use fields::{FieldList, Fields};
pub use frame::FrameSplitter;
pub use language::Language;
