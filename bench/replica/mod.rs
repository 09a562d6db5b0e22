//! RocketMQ's own benchmark, replicated: producer, batch producer, transaction producer, consumer
//! (Java: `org.apache.rocketmq.example.benchmark`), with the same flags, defaults, topics and
//! printed lines, so that scripts which start them and read them work.
//!
//! Each of Java's threads is a lane here that has one message in flight; one thread drives all of
//! them over one connection to each broker, as a Java client has. Two things differ on purpose.
//! `-a 32 -c 1000000`, which many guides give, is taken the way they mean it: whole numbers are
//! threads and messages, where Java reads both as false. And a producer without a route waits a
//! second instead of failing in a tight loop.

pub mod batch;
pub mod compression;
pub mod consume;
pub mod consumer;
pub mod groups;
pub mod java_text;
pub mod lines;
pub mod links;
pub mod message;
pub mod options;
pub mod plain;
pub mod queues;
pub mod rebalance;
pub mod routes;
pub mod sender;
pub mod snapshots;
pub mod transaction;
