//! F1 and I1: starts with a store that is there, and idling.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::command::Failure;
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge;
use crate::load::pull::{self, PullPlan};
use crate::load::send::SendPlan;
use crate::load::sizes::Sizes;
use crate::load::target::Target;
use crate::load::window::Span;
use crate::process::{Watched, mib};
use crate::scratch::Scratch;
use crate::workload::lab::Lab;

/// Bytes of the bodies that fill a store.
const FILL_BYTES: u32 = 64 * 1024;

/// Consumers that are parked.
const PARKED: u32 = 100;

fn needs_process() -> Failure {
    Failure::Faults("this needs the broker's process: give --pid, or let it be started".to_owned())
}

/// F1. The store is filled, the broker killed with SIGKILL and started again, stopped and started
/// once more.
pub fn restart(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for &bytes in &lab.extent.fills {
        let store = Scratch::at(lab.store());
        let host = lab.host_in(store.path(), lab.flush())?;
        let count = Some((bytes / u64::from(FILL_BYTES)).max(1));
        let plan = SendPlan {
            sizes: Sizes::one(usize::try_from(FILL_BYTES).unwrap_or(1)),
            depth: 32,
            span: Span { warm_up: Duration::ZERO, duration: None, count },
            ..host.plan(lab.time)
        };
        gauge::send(&plan, None)?;
        host.running.kill().ok_or_else(needs_process)?;
        let of = format!("F1 {:.1} GiB", mib(bytes) / 1024.0);
        for after in ["kill", "clean stop"] {
            let again = lab.host_in(store.path(), lab.flush())?;
            let boot = again.running.boot.as_secs_f64() * 1e3;
            let start = format!("{of}: {after} to first accepted send, ms");
            figures.push(figure(start, Better::Less, boot));
            if let Some(server) = again.server {
                let resident = mib(server.sample()?.resident);
                let memory = format!("{of}: resident after the {after}, MiB");
                figures.push(figure(memory, Better::Less, resident));
            }
            again.running.stop();
        }
    }
    Ok(figures)
}

/// I1. Of a broker that has just started, and had time to calm down.
pub fn idle(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host_in(&lab.store(), lab.flush())?;
    let server = host.server.ok_or_else(needs_process)?;
    let mut figures = Vec::new();
    if host.running.is_ours() {
        let boot = host.running.boot.as_secs_f64() * 1e3;
        figures.push(figure("I1 start to first accepted send, ms", Better::Less, boot));
    }
    std::thread::sleep(lab.warm_up);
    figures.extend(look(server, lab.part(2), "alone")?);
    let target = Target::new(host.running.address, "RingmqBenchIdle", PARKED);
    target.make_topic()?;
    let stop = Arc::new(AtomicBool::new(false));
    let starts = target.ends()?;
    let park = Some(stop.clone());
    let plan = PullPlan { connections: PARKED, park, ..PullPlan::new(target) };
    let ends = vec![i64::MAX; starts.len()];
    std::thread::scope(|scope| {
        let parked = scope.spawn(|| pull::run(&plan, &starts, &ends, &mut |_| {}, &mut |_, _| {}));
        let looked = look(server, lab.part(2), "100 parked consumers");
        stop.store(true, Ordering::Relaxed);
        let died = |_| Err(crate::load::target::LoadError::Worker);
        parked.join().unwrap_or_else(died)?;
        figures.extend(looked?);
        Ok::<_, Failure>(())
    })?;
    Ok(figures)
}

/// Looks at a process for a while.
fn look(server: Watched, time: Duration, state: &str) -> Result<Vec<Figure>, Failure> {
    let before = server.sample()?;
    std::thread::sleep(time);
    let after = server.sample()?;
    let busy = after.cpu.saturating_sub(before.cpu).as_secs_f64();
    let share = 100.0 * busy / time.as_secs_f64().max(1e-9);
    Ok(vec![
        figure(format!("I1 {state}: resident, MiB"), Better::Less, mib(after.resident)),
        figure(format!("I1 {state}: % of a core"), Better::Less, share),
    ])
}
