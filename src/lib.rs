//! RingMQ: Apache RocketMQ's name server and broker, thread-per-core on io_uring.
//!
//! This page is the architecture: what there is, where it is, and what must stay true.
//!
//! # From above
//!
//! One process runs one pinned executor on each core it is given. A core owns connections and
//! shards; a **shard** is one commit log with the consume queues derived from it. Which shard a
//! queue belongs to is a pure function of its topic, its id and the number of shards, which is
//! frozen when a store is made. Nothing is locked: cores send each other messages over a bounded
//! mesh ([`rt::mesh`]).
//!
//! ```text
//!  socket -> net::Connection -> broker dispatch -+-> owner of the queue: send, pull, offsets of it
//!            (frames, replies)   (code -> core)  +-> core 0: broker::control (topics, groups,
//!                                                    members, offsets, locks, registration)
//!  owner:  store::Shard::append -> memory -> group commit (O_DIRECT) -> visible in its queue
//!            -> acknowledgements leave, parked pulls wake
//! ```
//!
//! # Where things are
//!
//! | room | what | imports |
//! |---|---|---|
//! | [`units`], [`limits`] | numbers that must not be mixed up; every maximum | |
//! | [`message`] | the stored record, which is also what a pull returns. Pure | |
//! | [`filter`] | SQL92 expressions over the properties of a message. Pure | message |
//! | [`protocol`] | frames, commands, typed headers and bodies, FastJSON's dialect. Pure | |
//! | [`config`] | RocketMQ's configuration files to checked values. Pure | |
//! | [`observability`] | names of metrics, histograms, Prometheus' text, the log | rt |
//! | [`rt`] | the seam: the only room that names glommio and io-uring | |
//! | [`tune`] | the machine: knobs of the kernel and why, and what its disk can do | rt |
//! | [`store`] | log, queues, recovery; formats in its documentation | message rt config |
//! | [`net`] | connections, their outbox, calls of ours in flight | protocol rt config |
//! | [`nameserver`] | routes, KV configuration, expiry | net and below |
//! | [`broker`] | data path on every core, control plane on core 0 | all of the above |
//! | [`admin`] | operations of an administrator, as a client of running servers | net and below |
//! | [`cli`] | command line, start, exit statuses | all |
//!
//! `tests/tidy.rs` holds the table of imports to the source; in one package that test is the
//! border between the rooms.
//!
//! # The way of a send
//!
//! The connection's core decodes the frame, checks the request in Java's order and prepares it
//! (`broker::send`); texts and body stay slices of the frame. It crosses to the core that owns the
//! queue if that is another. There the record is encoded straight into the chunk of memory that is
//! the end of the log, and the answer is encoded too, since its offsets are known. The committer
//! writes what gathered during the write before it; when that counts as stored, answers leave in
//! the order of the log and the records become visible to consumers.
//!
//! # The way of a pull
//!
//! The owner looks the records up in the consume queue. What is near the end of the log leaves
//! from memory, the chunks themselves being what is sent. A reader that catches up is served from
//! windows of the log that are read ahead of it, past the page cache; a lone older record leaves by
//! splice from its segment. Such readers of a shard go one by one, and slower while somebody
//! writes to it. Where nothing is there the request is parked on the owner, and the arrival itself
//! wakes it.
//!
//! # What must stay true
//!
//! - Invariant: nothing is acknowledged, and nothing is visible to a consumer, before its record
//!   counts as stored: in a file or in memory that outlives the process for ASYNC_FLUSH, durable
//!   for SYNC_FLUSH.
//! - Invariant: a write or sync that failed is never tried again. The shard takes and acknowledges
//!   nothing any more, and the process ends with a status of its own.
//! - Invariant: nothing is appended for which the disk has not given room before; a full disk
//!   refuses sends until there is, and is no failed write.
//! - Invariant: requests of one connection for one queue are appended in the order they came.
//! - Invariant: core 0 alone changes topics, groups, members and consumer offsets. The other cores
//!   see copies, told in order; a change is on its way to them before its answer is.
//! - Invariant: everything a peer can make grow has a maximum in [`limits`].
//! - Invariant: no lock and no shared counter on the path of a message.
//! - Absent on purpose: thread pools, page cache as a buffer of writes, a scan that looks for
//!   arrivals.

// The unit tests are those of `ringmq`: they rely on real files.
#![cfg(not(all(test, feature = "sim")))]

pub mod limits;
pub mod units;

pub mod filter;
pub mod message;
// What a network needs is not there with the simulated runtime, which has none.
#[cfg(not(feature = "sim"))]
pub mod protocol;

pub mod config;
pub mod rt;

pub mod observability;

pub mod store;
#[cfg(not(feature = "sim"))]
pub mod tune;

#[cfg(not(feature = "sim"))]
pub mod net;

#[cfg(not(feature = "sim"))]
pub mod admin;
#[cfg(not(feature = "sim"))]
pub mod broker;
#[cfg(not(feature = "sim"))]
pub mod nameserver;

#[cfg(not(feature = "sim"))]
pub mod cli;
