//! The name server from outside: what was asked of Java's, what is broken on purpose, and the
//! whole server over sockets.
#![allow(clippy::disallowed_methods, reason = "the test reads its fixtures and makes its folders")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

mod bench;
mod broken;
mod golden;
mod recording;
mod server;
