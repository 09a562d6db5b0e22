//! Q1 and C1: many queues, many connections.

use crate::command::Failure;
use crate::compare::visit::Figure;
use crate::gauge;
use crate::load::send::SendPlan;
use crate::load::target::Target;
use crate::workload::lab::Lab;
use crate::workload::sends::rate_of;

/// Queues of Q1; a topic has no more.
const QUEUES: [u32; 4] = [1, 1_000, 10_000, 65_536];

/// Connections of C1.
const CONNECTIONS: [u32; 4] = [10, 100, 1_000, 10_000];

/// Q1.
pub fn queues(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let counts: Vec<u32> = QUEUES.into_iter().filter(|count| *count <= lab.most).collect();
    let mut figures = Vec::new();
    for queues in &counts {
        let topic = format!("RingmqBenchQueues{queues}");
        let target = Target::spread(host.running.address, &topic, *queues);
        target.make_topic()?;
        let plan = SendPlan { target, ..host.plan(lab.part(counts.len())) };
        let sent = gauge::send(&plan, host.server)?;
        figures.extend(rate_of(&|what| format!("Q1 {queues} queues: {what}"), &sent));
    }
    Ok(figures)
}

/// C1. Each connection has one send in flight.
pub fn connections(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let counts: Vec<u32> = CONNECTIONS.into_iter().filter(|count| *count <= lab.most).collect();
    let mut figures = Vec::new();
    for &connections in &counts {
        let time = lab.part(counts.len());
        let plan = SendPlan { connections, depth: connections, ..host.plan(time) };
        let sent = gauge::send(&plan, host.server)?;
        figures.extend(rate_of(&|what| format!("C1 {connections} connections: {what}"), &sent));
    }
    Ok(figures)
}
