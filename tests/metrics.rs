//! Metrics and health pages of the real binary: what they count, what they are called, and what a
//! client cannot do to them.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the clients are threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "metrics/counts.rs"]
mod counts;
#[path = "metrics/http.rs"]
mod http;
#[path = "metrics/logs.rs"]
mod logs;
#[path = "metrics/names.rs"]
mod names;
#[path = "metrics/page.rs"]
mod page;
#[path = "hostile/server.rs"]
mod server;
#[path = "metrics/traffic.rs"]
mod traffic;
