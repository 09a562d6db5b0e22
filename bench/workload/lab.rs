//! Where a workload runs: the broker, the time it has, and how large it may become.

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::thread::CpuSet;

use crate::command::Failure;
use crate::compare::side::{Flush, Running, Side};
use crate::gauge;
use crate::load::pull::PullPlan;
use crate::load::send::SendPlan;
use crate::load::target::Target;
use crate::load::window::Span;
use crate::process::Watched;

/// Queues of a topic under load.
pub const QUEUES: u32 = 8;

/// How large workloads become.
#[derive(Clone, Debug)]
pub struct Extent {
    /// Queues and connections at most.
    pub most: u32,
    /// Percent of the maximum at which tails are measured.
    pub loads: Vec<u32>,
    /// Bytes of the stores that are started again after a kill.
    pub fills: Vec<u64>,
}

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
    /// Load, or idling, before anything is measured: a JVM compiles what is hot.
    pub warm_up: Duration,
    /// Processors that the broker runs on, if not all.
    pub processors: Option<CpuSet>,
    /// How large.
    pub extent: Extent,
    /// Sends a second that tails are measured at percents of, if not the broker's own maximum.
    pub maximum: Option<f64>,
    /// Brokers started so far.
    pub started: Cell<u32>,
    /// What could not be measured, and why.
    pub notes: RefCell<Vec<String>>,
}

/// A broker under a workload; killed when dropped, if it was started for it.
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

    /// Starts the broker with an empty store and warms it up; one at an address is taken as it is.
    pub fn host(&self, flush: Flush) -> Result<Host, Failure> {
        let host = self.host_in(&self.store(), flush)?;
        if !self.warm_up.is_zero() {
            self.warm(&host)?;
        }
        Ok(host)
    }

    /// Starts the broker on the store in a directory, cold.
    pub fn host_in(&self, store: &Path, flush: Flush) -> Result<Host, Failure> {
        let running = self.side.start(store, flush, self.processors.as_ref())?;
        let target = Target::new(running.address, "RingmqBench", QUEUES);
        target.make_topic()?;
        Ok(Host { server: running.pid().map(Watched), running, target })
    }

    /// Sends at the full depth to a topic of its own, and pulls it back.
    fn warm(&self, host: &Host) -> Result<(), Failure> {
        let target = Target::new(host.running.address, "RingmqBenchWarmUp", QUEUES);
        target.make_topic()?;
        let starts = target.ends()?;
        let span = Span { warm_up: Duration::ZERO, duration: Some(self.warm_up), count: None };
        gauge::send(&SendPlan { span, ..SendPlan::new(target.clone()) }, None)?;
        let duration = Some(self.warm_up / 2);
        gauge::pull(&PullPlan { duration, ..PullPlan::new(target) }, &starts, None)?;
        Ok(())
    }

    /// Says what could not be measured.
    pub fn note(&self, what: String) {
        self.notes.borrow_mut().push(what);
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
