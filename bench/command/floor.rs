//! `echo-floor`: the server that does nothing.

use std::time::{Duration, Instant};

use crate::command::{Failure, seconds};
use crate::floor::Floor;
use crate::wire::address;

/// Flags of `echo-floor`.
#[derive(Debug, clap::Args)]
pub struct FloorArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:10911")]
    pub addr: String,
    /// End after so many seconds; without it, run until killed
    #[arg(long, value_parser = seconds)]
    pub duration: Option<Duration>,
}

/// Serves.
pub fn run(arguments: &FloorArguments) -> Result<(), Failure> {
    let mut floor = Floor::bind(address::resolve(&arguments.addr)?)?;
    println!("echo-floor listens on {}, process {}", floor.address(), std::process::id());
    let began = Instant::now();
    floor.run(|| arguments.duration.is_some_and(|limit| began.elapsed() >= limit))?;
    Ok(())
}
