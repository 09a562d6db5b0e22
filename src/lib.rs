//! RingMQ: Apache RocketMQ's name server and broker, thread-per-core on io_uring.

pub mod limits;
pub mod units;

pub mod message;
pub mod protocol;

pub mod config;
pub mod rt;
pub mod store;

pub mod net;

pub mod broker;
pub mod nameserver;

pub mod cli;
