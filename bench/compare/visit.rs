//! One visit: a broker started with an empty store, measured from boot to the last pull, stopped.

use std::path::Path;
use std::time::Duration;

use rustix::thread::CpuSet;

use crate::command::Failure;
use crate::compare::side::{Flush, Side};
use crate::gauge;
use crate::load::pull::PullPlan;
use crate::load::send::SendPlan;
use crate::load::target::Target;
use crate::load::window::Span;
use crate::process::{Watched, mib};

/// Numbers in flight that are measured, with the connections they go over.
pub const DEPTHS: &[(u32, u32)] = &[(1, 1), (16, 4), (64, 4)];

/// Queues of the topic under load.
const QUEUES: u32 = 8;

/// How long each part of a visit lasts.
#[derive(Clone, Copy, Debug)]
pub struct Lengths {
    /// From the first acknowledgement, and from the last pull, to the look at memory.
    pub settle: Duration,
    /// Idling, after all load.
    pub idle: Duration,
    /// Load at the greatest depth before anything is measured: a JVM compiles what is hot.
    pub warm_up: Duration,
    /// Load at each depth.
    pub load: Duration,
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// More is better.
    More,
    /// Less is better.
    Less,
}

/// One measured number.
#[derive(Clone, Debug, PartialEq)]
pub struct Figure {
    /// What was measured, with its unit.
    pub what: String,
    /// Which way is better.
    pub better: Better,
    /// The number.
    pub value: f64,
}

/// Shorthand for lists of them.
pub fn figure(what: impl Into<String>, better: Better, value: f64) -> Figure {
    Figure { what: what.into(), better, value }
}

/// Visits one side.
pub fn visit(
    side: &Side,
    flush: Flush,
    directory: &Path,
    processors: Option<&CpuSet>,
    lengths: &Lengths,
) -> Result<Vec<Figure>, Failure> {
    let mut running = side.start(directory, flush, processors)?;
    let server = running.pid().map(Watched);
    let mut figures = Vec::new();
    if running.is_ours() {
        let boot = running.boot.as_secs_f64() * 1e3;
        figures.push(figure("start to first accepted send, ms", Better::Less, boot));
        std::thread::sleep(lengths.settle);
        figures.extend(resident("resident at boot, MiB", server)?);
    }
    let target = Target::new(running.address, "RingmqBench", QUEUES);
    target.make_topic()?;
    let starts = target.ends()?;
    if let Some(&(depth, connections)) = DEPTHS.last() {
        load(&target, depth, connections, lengths.warm_up, server)?;
    }
    for &(depth, connections) in DEPTHS {
        figures.extend(load(&target, depth, connections, lengths.load, server)?);
        running.check()?;
    }
    figures.extend(backlog(&target, &starts, server)?);
    std::thread::sleep(lengths.settle);
    figures.extend(resident("resident after, MiB", server)?);
    if let Some(server) = server {
        let before = server.sample()?;
        std::thread::sleep(lengths.idle);
        let idle = server.sample()?.cpu.saturating_sub(before.cpu).as_secs_f64();
        let share = 100.0 * idle / lengths.idle.as_secs_f64().max(1e-9);
        figures.push(figure("idle after the load, % of a core", Better::Less, share));
    }
    if running.is_ours() {
        let stop = running.stop().as_secs_f64() * 1e3;
        figures.push(figure("stop, ms", Better::Less, stop));
    }
    Ok(figures)
}

fn resident(what: &str, server: Option<Watched>) -> Result<Option<Figure>, Failure> {
    let sample = server.map(Watched::sample).transpose()?;
    Ok(sample.map(|sample| figure(what, Better::Less, mib(sample.resident))))
}

fn load(
    target: &Target,
    depth: u32,
    connections: u32,
    duration: Duration,
    server: Option<Watched>,
) -> Result<Vec<Figure>, Failure> {
    let plan = SendPlan {
        connections,
        depth,
        span: Span { warm_up: duration / 8, duration: Some(duration), count: None },
        ..SendPlan::new(target.clone())
    };
    let sent = gauge::send(&plan, server)?;
    let named = |what: &str| format!("send, {depth} in flight: {what}");
    let cost = |cpu| figure(named("server CPU, us a message"), Better::Less, cpu);
    let mut figures = vec![
        figure(named("msgs/s"), Better::More, sent.messages_per_second),
        figure(named("p50, us"), Better::Less, sent.latency.p50),
        figure(named("p99, us"), Better::Less, sent.latency.p99),
        figure(named("p99.9, us"), Better::Less, sent.latency.p99_9),
    ];
    figures.extend(sent.cpu_us.map(cost));
    #[expect(clippy::cast_precision_loss, reason = "a count of failures is far below 2^53")]
    figures.push(figure(named("failed"), Better::Less, sent.failed as f64));
    Ok(figures)
}

/// Pulls everything that the visit stored.
fn backlog(
    target: &Target,
    starts: &[i64],
    server: Option<Watched>,
) -> Result<Vec<Figure>, Failure> {
    let plan = PullPlan::new(target.clone());
    let pulled = gauge::pull(&plan, starts, server)?;
    let rate = pulled.messages_per_second;
    let mut figures = vec![figure("pull of the backlog: msgs/s", Better::More, rate)];
    let named = "pull of the backlog: server CPU, us a message";
    figures.extend(pulled.cpu_us.map(|cpu| figure(named, Better::Less, cpu)));
    Ok(figures)
}
