//! W1 to W4: sends.

use crate::command::Failure;
use crate::compare::side::Flush;
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge::{self, Gauged};
use crate::load::send::SendPlan;
use crate::load::sizes::Sizes;
use crate::workload::lab::Lab;

/// Body lengths of W1.
const SIZES: [usize; 3] = [128, 1024, 4096];

/// Numbers in flight of W2.
const DEPTHS: [u32; 6] = [1, 4, 16, 64, 256, 1024];

/// Messages in a batch of W3.
const BATCHES: [u32; 4] = [1, 8, 32, 128];

/// Batches in flight of W3.
const BATCHES_IN_FLIGHT: u32 = 16;

/// Sends in flight of an open loop at most.
pub const OPEN_DEPTH: u32 = 4096;

/// The latencies of a load.
pub fn tails_of(named: &dyn Fn(&str) -> String, sent: &Gauged) -> Vec<Figure> {
    let latency = sent.latency;
    let values = [
        ("p50, us", latency.p50),
        ("p99, us", latency.p99),
        ("p99.9, us", latency.p99_9),
        ("max, us", latency.max),
    ];
    values.map(|(what, value)| figure(named(what), Better::Less, value)).to_vec()
}

/// The rate of a load and what it cost.
pub fn rate_of(named: &dyn Fn(&str) -> String, sent: &Gauged) -> Vec<Figure> {
    let mut figures = vec![figure(named("msgs/s"), Better::More, sent.messages_per_second)];
    let cost = |cpu| figure(named("server CPU, us a message"), Better::Less, cpu);
    figures.extend(sent.cpu_us.map(cost));
    figures.extend(failed_of(named, sent));
    figures
}

/// How many sends failed, if any did.
fn failed_of(named: &dyn Fn(&str) -> String, sent: &Gauged) -> Option<Figure> {
    #[expect(clippy::cast_precision_loss, reason = "a count of failures is far below 2^53")]
    let failed = sent.failed as f64;
    (sent.failed > 0).then(|| figure(named("failed"), Better::Less, failed))
}

/// Runs `each` against a new broker in each flush mode.
fn in_each_mode(
    lab: &Lab,
    mut each: impl FnMut(Flush, &crate::workload::lab::Host) -> Result<Vec<Figure>, Failure>,
) -> Result<Vec<Figure>, Failure> {
    let mut figures = Vec::new();
    for &flush in &lab.flushes {
        figures.extend(each(flush, &lab.host(flush)?)?);
    }
    Ok(figures)
}

/// W1.
pub fn latency(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let time = lab.part(SIZES.len() * lab.flushes.len());
    in_each_mode(lab, |flush, host| {
        let mut figures = Vec::new();
        for bytes in SIZES {
            let sizes = Sizes::one(bytes);
            let plan = SendPlan { sizes, depth: 1, connections: 1, ..host.plan(time) };
            let sent = gauge::send(&plan, host.server)?;
            let named = |what: &str| format!("W1 {}, {bytes} B: {what}", flush.name());
            figures.extend(tails_of(&named, &sent));
        }
        Ok(figures)
    })
}

/// W2.
pub fn throughput(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let time = lab.part(DEPTHS.len() * lab.flushes.len());
    in_each_mode(lab, |flush, host| {
        let mut figures = Vec::new();
        for depth in DEPTHS {
            let plan = SendPlan { depth, connections: depth.min(4), ..host.plan(time) };
            let sent = gauge::send(&plan, host.server)?;
            let named = |what: &str| format!("W2 {}, {depth} in flight: {what}", flush.name());
            figures.extend(rate_of(&named, &sent));
        }
        Ok(figures)
    })
}

/// W3.
pub fn batches(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let time = lab.part(BATCHES.len() * lab.flushes.len());
    in_each_mode(lab, |flush, host| {
        let mut figures = Vec::new();
        for batch in BATCHES {
            let plan = SendPlan { batch, depth: BATCHES_IN_FLIGHT, ..host.plan(time) };
            let sent = gauge::send(&plan, host.server)?;
            let named = |what: &str| format!("W3 {}, {batch} a batch: {what}", flush.name());
            figures.extend(rate_of(&named, &sent));
        }
        Ok(figures)
    })
}

/// The parts of W4: the loads, and the maximum before them.
fn tail_parts(lab: &Lab) -> usize {
    (lab.extent.loads.len() + 1) * lab.flushes.len()
}

/// Sends a second of a warm broker at 64 in flight, for tails at percents of it.
///
/// # Errors
/// The broker does not start, or does not answer as it should.
pub fn maximum(lab: &Lab, flush: Flush) -> Result<Gauged, Failure> {
    let host = lab.host(flush)?;
    gauge::send(&host.plan(lab.part(tail_parts(lab))), host.server)
}

/// How a maximum is called.
pub fn maximum_of(flush: Flush, most: &Gauged) -> Vec<Figure> {
    rate_of(&|what| format!("W4 {}, maximum: {what}", flush.name()), most)
}

/// W4.
pub fn tails(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let time = lab.part(tail_parts(lab));
    in_each_mode(lab, |flush, host| {
        let mut figures = Vec::new();
        let most = match lab.maximum {
            Some(given) => given,
            None => {
                let most = gauge::send(&host.plan(time), host.server)?;
                figures.extend(maximum_of(flush, &most));
                most.messages_per_second
            }
        };
        for percent in &lab.extent.loads {
            let rate = Some(most * f64::from(*percent) / 100.0);
            let plan = SendPlan { rate, depth: OPEN_DEPTH, ..host.plan(time) };
            let sent = gauge::send(&plan, host.server)?;
            let named = |what: &str| format!("W4 {}, {percent} %: {what}", flush.name());
            figures.extend(tails_of(&named, &sent));
            figures.extend(failed_of(&named, &sent));
        }
        Ok(figures)
    })
}
