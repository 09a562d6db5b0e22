//! RocketMQ's benchmark, and more, over a wire client of its own.
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
mod load;
mod machine;
mod process;
mod replica;
mod report;
mod wire;

fn main() -> ExitCode {
    match command::run(command::Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("ringmq-bench: {failure}");
            ExitCode::FAILURE
        }
    }
}
