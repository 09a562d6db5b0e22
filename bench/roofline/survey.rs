//! Measures the parts of a roofline: the server that does nothing, the disk, and memory.

use std::path::Path;
use std::time::Duration;

use rustix::thread::CpuSet;

use crate::command::Failure;
use crate::compare::side::{Engine, Flush, Side};
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge;
use crate::load::pull::PullPlan;
use crate::load::send::SendPlan;
use crate::load::sizes::Sizes;
use crate::load::target::{LoadError, Target};
use crate::load::window::{Percentiles, Span};
use crate::process::{Watched, mib};
use crate::roofline::disk::{Disk, Way};
use crate::roofline::{Parts, memory};
use crate::scratch::Scratch;

/// Queues of the topic that the server which does nothing is sent to, as of those under load.
const QUEUES: u32 = 8;

/// What is measured, and for how long.
#[derive(Clone, Debug)]
pub struct Survey<'a> {
    /// Seconds in all.
    pub time: Duration,
    /// Length of the file that is written and read.
    pub file_bytes: u64,
    /// Bytes of a body.
    pub size: usize,
    /// Messages in flight against the server that does nothing.
    pub depth: u32,
    /// Lengths of writes, in KiB.
    pub lengths: &'a [usize],
    /// How they are written.
    pub ways: &'a [Way],
    /// Processors of the server that does nothing, if not all.
    pub processors: Option<&'a CpuSet>,
}

impl Survey<'_> {
    /// What belongs into a run that measures brokers: 1 KiB bodies, 64 in flight, and the writes
    /// that hold one message or many.
    pub fn short(time: Duration, processors: Option<&CpuSet>) -> Survey<'_> {
        Survey {
            time,
            file_bytes: 64 << 20,
            size: 1024,
            depth: 64,
            lengths: &[4, 8, 64, 256],
            ways: &[Way::Direct, Way::Dsync],
            processors,
        }
    }

    /// Each of the writes takes as long as reading, memory and each of two depths.
    fn each(&self) -> Duration {
        let parts = self.lengths.len() * self.ways.len() + 4;
        self.time / u32::try_from(parts).unwrap_or(u32::MAX)
    }

    /// Measures all of it; what it writes is in `directory`, and removed again.
    pub fn take(&self, directory: &Path) -> Result<(Vec<Figure>, Parts), Failure> {
        let directory = Scratch::at(directory.join("roofline"));
        let mut parts = Parts::default();
        let mut figures = self.floor(directory.path(), &mut parts)?;
        figures.extend(self.disk(directory.path(), &mut parts)?);
        parts.copy = memory::copy_and_check(self.each());
        figures.push(figure("copy + crc32, MiB/s", Better::More, rounded_mib(parts.copy)));
        Ok((figures, parts))
    }

    fn floor(&self, directory: &Path, parts: &mut Parts) -> Result<Vec<Figure>, Failure> {
        let side = Side::Floor(std::env::current_exe()?, Engine::Ring);
        let running = side.start(directory, Flush::Async, self.processors)?;
        let server = running.pid().map(Watched);
        let target = Target::new(running.address, "RingmqBench", QUEUES);
        let (each, mut figures) = (self.each(), Vec::new());
        for (depth, connections) in [(1, 1), (self.depth, 4)] {
            let span = Span { warm_up: each / 8, duration: Some(each), count: None };
            let sizes = Sizes::one(self.size);
            let plan =
                SendPlan { sizes, depth, connections, span, ..SendPlan::new(target.clone()) };
            let sent = gauge::send(&plan, server)?;
            let named = |what: &str| format!("do-nothing, {depth} in flight: {what}");
            figures.push(figure(named("msgs/s"), Better::More, sent.messages_per_second));
            figures.push(figure(named("p50, us"), Better::Less, sent.latency.p50));
            figures.push(figure(named("p99, us"), Better::Less, sent.latency.p99));
            let cpu = sent.cpu_us.unwrap_or(f64::NAN);
            figures.push(figure(named("server CPU, us a message"), Better::Less, cpu));
            if depth == 1 {
                parts.floor_p50 = sent.latency.p50;
            }
            parts.floor_send = sent.messages_per_second;
        }
        let starts: Vec<i64> = (0..QUEUES).map(|_| 0).collect();
        let pulled = gauge::pull(&PullPlan::new(target), &starts, server)?;
        figures.push(figure("do-nothing, pull: msgs/s", Better::More, pulled.messages_per_second));
        parts.floor_pull = pulled.messages_per_second;
        Ok(figures)
    }

    fn disk(&self, directory: &Path, parts: &mut Parts) -> Result<Vec<Figure>, Failure> {
        let disk = Disk::fill(directory, self.file_bytes)?;
        let mut figures = Vec::new();
        for &way in self.ways {
            for &kib in self.lengths {
                let written = disk.write(kib * 1024, way, self.each())?;
                let latency = Percentiles::of(&written.latency);
                let named = |what: &str| format!("{}, {kib} KiB: {what}", way.name());
                figures.push(figure(named("p50, us"), Better::Less, latency.p50));
                figures.push(figure(named("p99, us"), Better::Less, latency.p99));
                let rate = written.bytes_per_second;
                figures.push(figure(named("MiB/s"), Better::More, rounded_mib(rate)));
                match way {
                    Way::Direct => parts.write_async = parts.write_async.max(rate),
                    _ => parts.write_sync = parts.write_sync.max(rate),
                }
                if way == Way::Dsync {
                    parts.dsync_p50.insert(kib, latency.p50);
                }
            }
        }
        parts.read = disk.read(self.each()).map_err(LoadError::from)?;
        figures.push(figure("sequential read, MiB/s", Better::More, rounded_mib(parts.read)));
        Ok(figures)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate in bytes")]
fn rounded_mib(bytes_per_second: f64) -> f64 {
    mib(bytes_per_second as u64)
}
