//! The wire client: RocketMQ's frames at the least cost, so that one thread outruns any broker.
//!
//! A send is a copy of a prepared head with three places patched ([`template`]), a reply is read
//! for its code, its opaque and a few numbers and for nothing else ([`reply`]), and a
//! [`connection`] moves whole batches of both with one system call each way. Whoever drives it
//! waits on many connections with one [`poll`]. Requests that are no load go through [`call`] and
//! the library's own codec.

pub mod address;
pub mod call;
pub mod connection;
pub mod poll;
pub mod record;
pub mod reply;
pub mod route;
pub mod template;
pub mod unique;
