//! The wire format against what Java wrote, and against what nobody should write.
#![allow(clippy::disallowed_methods, reason = "the fixtures are read from the source tree")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bodies;
mod codec;
mod dialect;
mod frames;
mod golden;
mod headers;
mod stream;
