//! `echo-floor`: the server that does nothing.

use std::time::{Duration, Instant};

use crate::command::{Failure, seconds};
use crate::floor::epoll::Floor;
use crate::floor::ring;
use crate::wire::address;

/// Flags of `echo-floor`.
#[derive(Debug, clap::Args)]
pub struct FloorArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, default_value = "127.0.0.1:10911")]
    pub addr: String,
    /// Serve from one thread with epoll, instead of RingMQ's own runtime on all processors
    #[arg(long)]
    pub epoll: bool,
    /// End after so many seconds; without it, run until killed
    #[arg(long, value_parser = seconds)]
    pub duration: Option<Duration>,
}

/// Serves. Whoever started it reads from the line where.
pub fn run(arguments: &FloorArguments) -> Result<(), Failure> {
    let address = address::resolve(&arguments.addr)?;
    let say = |address| println!("echo-floor listens on {address}, process {}", std::process::id());
    if !arguments.epoll {
        return Ok(ring::serve(address, arguments.duration, say)?);
    }
    let mut floor = Floor::bind(address)?;
    say(floor.address());
    let began = Instant::now();
    floor.run(|| arguments.duration.is_some_and(|limit| began.elapsed() >= limit))?;
    Ok(())
}
