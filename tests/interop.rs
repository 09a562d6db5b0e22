//! Unmodified Apache RocketMQ applications against RingMQ: the Java clients and mqadmin of 4.9.8,
//! 5.3.3 and 5.5.0, the official benchmark programs, and the Java servers beside ours.
//!
//! JDK 17 and Maven are needed; without them every test fails and says so. The jars are fetched
//! once into the target folder, the driver of `tests/interop/java` is compiled there too.
//!
//! - One scenario: `cargo test --test interop kill_under -- --nocapture`.
//! - `RINGMQ_INTEROP_TARGET=java` runs the same scenarios against the Java 5.5.0 reference: what
//!   fails there is a fault of the test.
//! - `RINGMQ_INTEROP_SEED=N` repeats the moments at which brokers were killed.
//! - A test that fails keeps its folder (stores, configurations, outputs, logs) and names it.
#![allow(clippy::disallowed_methods, reason = "a test drives processes and files itself")]
#![allow(clippy::disallowed_types, reason = "the driver of processes is threaded and blocking")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[path = "interop/account.rs"]
mod account;
#[path = "interop/admin.rs"]
mod admin;
#[path = "interop/admin_refusals.rs"]
mod admin_refusals;
#[path = "interop/answers/mod.rs"]
mod answers;
#[path = "interop/benchmark.rs"]
mod benchmark;
#[path = "interop/clients.rs"]
mod clients;
#[path = "interop/crash.rs"]
mod crash;
#[path = "interop/driver.rs"]
mod driver;
#[path = "interop/filters.rs"]
mod filters;
#[path = "interop/groups/mod.rs"]
mod groups;
#[path = "interop/lookups.rs"]
mod lookups;
#[path = "interop/metrics.rs"]
mod metrics;
#[path = "interop/mqadmin/mod.rs"]
mod mqadmin;
#[path = "interop/nameservers.rs"]
mod nameservers;
#[path = "interop/orderly.rs"]
mod orderly;
#[path = "interop/process.rs"]
mod process;
#[path = "interop/raw.rs"]
mod raw;
#[path = "interop/recorded.rs"]
mod recorded;
#[path = "interop/refusals.rs"]
mod refusals;
#[path = "interop/remoting.rs"]
mod remoting;
#[path = "interop/retention.rs"]
mod retention;
#[path = "interop/retries.rs"]
mod retries;
#[path = "interop/rooms.rs"]
mod rooms;
#[path = "interop/stores.rs"]
mod stores;
#[path = "interop/system.rs"]
mod system;
#[path = "interop/toolchain.rs"]
mod toolchain;
#[path = "interop/transaction_records.rs"]
mod transaction_records;
#[path = "interop/transactions.rs"]
mod transactions;
