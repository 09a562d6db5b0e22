//! Where a workload runs: the broker, the time it has, and how large it may become.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::command::Failure;
use crate::compare::side::{Flush, Running, Side};
use crate::load::send::SendPlan;
use crate::load::target::Target;
use crate::load::window::Span;
use crate::process::Watched;

/// Queues of a topic under load.
pub const QUEUES: u32 = 8;

/// The surroundings of a workload.
#[derive(Debug)]
pub struct Lab {
    /// The broker.
    pub side: Side,
    /// Where stores are made.
    pub directory: PathBuf,
    /// Flush modes, for workloads that measure each.
    pub flushes: Vec<Flush>,
    /// Measured time of a workload.
    pub time: Duration,
    /// Queues and connections at most.
    pub most: u32,
    /// Bytes of the stores that are started again after a kill.
    pub fills: Vec<u64>,
    /// Brokers started so far.
    pub started: Cell<u32>,
}

/// A broker under a workload.
#[derive(Debug)]
pub struct Host {
    /// The broker.
    pub running: Running,
    /// Its process, if it is known.
    pub server: Option<Watched>,
    /// The topic under load.
    pub target: Target,
}

impl Lab {
    /// The measured time of each of `parts`.
    pub fn part(&self, parts: usize) -> Duration {
        self.time / u32::try_from(parts.max(1)).unwrap_or(u32::MAX)
    }

    /// A directory for a new store.
    pub fn store(&self) -> PathBuf {
        self.started.set(self.started.get() + 1);
        self.directory.join(self.started.get().to_string())
    }

    /// Starts the broker with an empty store; one at an address is taken as it is.
    pub fn host(&self, flush: Flush) -> Result<Host, Failure> {
        self.host_in(&self.store(), flush)
    }

    /// Starts the broker on the store in a directory.
    pub fn host_in(&self, store: &Path, flush: Flush) -> Result<Host, Failure> {
        let running = self.side.start(store, flush, None)?;
        let target = Target::new(running.address, "RingmqBench", QUEUES);
        target.make_topic()?;
        Ok(Host { server: running.pid().map(Watched), running, target })
    }

    /// The first of the flush modes, for workloads that measure one.
    pub fn flush(&self) -> Flush {
        self.flushes.first().copied().unwrap_or(Flush::Async)
    }
}

impl Host {
    /// Sends of 1 KiB, 64 in flight, for `time`, after an eighth of it as warm-up.
    pub fn plan(&self, time: Duration) -> SendPlan {
        let span = Span { warm_up: time / 8, duration: Some(time), count: None };
        SendPlan { span, ..SendPlan::new(self.target.clone()) }
    }
}
