//! R1 to R3: pulls.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::command::Failure;
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge;
use crate::load::arrive;
use crate::load::pull::PullPlan;
use crate::load::send::SendPlan;
use crate::load::window::Percentiles;
use crate::workload::lab::Lab;
use crate::workload::sends::{OPEN_DEPTH, rate_of, tails_of};

/// Messages a second of R2.
const ARRIVAL_RATE: f64 = 1000.0;

/// R1.
pub fn hot_tail(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let starts = host.target.ends()?;
    gauge::send(&host.plan(lab.part(2)), host.server)?;
    let duration = Some(lab.part(2));
    let plan = PullPlan { duration, ..PullPlan::new(host.target.clone()) };
    let pulled = gauge::pull(&plan, &starts, host.server)?;
    Ok(rate_of(&|what| format!("R1 hot tail, 32 a pull: {what}"), &pulled))
}

/// R2.
pub fn long_poll(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let rate = Some(ARRIVAL_RATE);
    let plan = SendPlan { rate, depth: OPEN_DEPTH, keep: true, ..host.plan(lab.time) };
    let arrived = arrive::run(&plan, &mut |_| {}, &mut |_| {})?;
    if arrived.lost + arrived.repeated + arrived.faults > 0 {
        let text = format!(
            "{} lost, {} repeated, {} faults among the arrivals",
            arrived.lost, arrived.repeated, arrived.faults
        );
        return Err(Failure::Faults(text));
    }
    let latency = Percentiles::of(&arrived.latency);
    let values = [("p50", latency.p50), ("p99", latency.p99), ("p99.9", latency.p99_9)];
    let named = |what| format!("R2 intended send to parked long poll, 1000/s: {what}, us");
    Ok(values.map(|(what, value)| figure(named(what), Better::Less, value)).to_vec())
}

/// R3.
pub fn cold_catch_up(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let starts = host.target.ends()?;
    let most = gauge::send(&host.plan(lab.part(3)), host.server)?;
    let rate = Some(most.messages_per_second / 2.0);
    let plan = SendPlan { rate, depth: OPEN_DEPTH, ..host.plan(lab.part(3)) };
    let alone = gauge::send(&plan, host.server)?;
    let stop = Arc::new(AtomicBool::new(false));
    let reads = PullPlan { duration: Some(lab.part(3)), ..PullPlan::new(host.target.clone()) };
    let (beside, messages, pulls) = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let (mut rates, mut pulls) = (0.0, 0.0);
            while !stop.load(Ordering::Relaxed) {
                let pulled = gauge::pull(&reads, &starts, None)?;
                rates += pulled.messages_per_second;
                pulls += 1.0;
            }
            Ok((rates, pulls))
        });
        let beside = gauge::send(&plan, host.server);
        stop.store(true, Ordering::Relaxed);
        let died = || Err(Failure::Faults("the reader panicked".to_owned()));
        let (messages, pulls): (f64, f64) = reader.join().unwrap_or_else(|_| died())?;
        Ok::<_, Failure>((beside?, messages, pulls))
    })?;
    let mut figures = tails_of(&|what| format!("R3 writer at 50 %, alone: {what}"), &alone);
    figures
        .extend(tails_of(&|what| format!("R3 writer at 50 %, beside a reader: {what}"), &beside));
    let ratio = beside.latency.p99 / alone.latency.p99.max(1.0);
    figures.push(figure("R3 p99 of the writer, with / without reader", Better::Less, ratio));
    figures.push(figure("R3 cold reader: msgs/s", Better::More, messages / pulls.max(1.0)));
    Ok(figures)
}
