//! The name server: who is alive, and which queues a topic has.
//!
//! Name servers know nothing of each other. Brokers register with every one of them and clients
//! ask any; all a name server knows it is told again within a broker's registration period, so
//! nothing but the KV configuration is kept on disk.
//!
//! [`routes`] is the table, without time or I/O; [`kv`] the KV table; [`handler`] turns a request
//! into an answer; [`server`] is the part that has sockets, tasks and a clock.

mod expiry;
pub mod handler;
pub mod kv;
pub mod kv_file;
mod pages;
pub mod routes;
pub mod server;
pub mod writer;

pub use server::{Server, ServerError, serve};
