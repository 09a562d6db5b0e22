//! RocketMQ's benchmark, and more, over a wire client of its own.
//!
//! ```text
//! ringmq-bench send -n 127.0.0.1:9876 --depth 64 --connections 4 --verify
//! ringmq-bench send --addr 127.0.0.1:10911 --rate 10000 --depth 4096 --pid $(pgrep -x ringmq)
//! ringmq-bench pull --addr 127.0.0.1:10911
//! ringmq-bench echo-floor --addr 127.0.0.1:10911      the roofline: the same frames, nothing done
//! ringmq-bench compare --markdown table.md            RingMQ beside Java, interleaved rounds
//! ringmq-bench producer -n 127.0.0.1:9876 -w 64 -s 1024     RocketMQ's own, same flags and lines
//! ```
//!
//! Rooms: [`wire`] moves frames, [`load`] makes and checks load, [`floor`] answers it at the least
//! cost, [`compare`] starts servers and visits them in turn, [`replica`] is RocketMQ's benchmark,
//! [`command`] reads flags and prints. Nothing here shares code with the broker but its codec, so a
//! mistake of the broker's own is not repeated in what judges it.
#![allow(
    clippy::disallowed_methods,
    reason = "a program beside the broker, with threads of its own"
)]
#![allow(clippy::disallowed_types, reason = "a program beside the broker, with sockets of its own")]

use std::process::ExitCode;

use clap::Parser;

mod command;
mod compare;
mod floor;
mod gauge;
mod load;
mod machine;
mod output;
mod process;
mod replica;
mod report;
mod roofline;
mod scratch;
mod wire;
mod workload;

/// As the broker's: the server that does nothing hands memory from core to core like it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match command::run(command::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringmq-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
