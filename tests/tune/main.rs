//! Tuning a machine that is a directory: what is found, changed, and brought back.
#![allow(clippy::disallowed_methods, reason = "the tests make the files that are tuned")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod binary;
mod change;
mod check;
mod kernel;
mod scripts;
