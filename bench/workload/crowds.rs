//! Q1 and C1: many queues, many connections.

use std::time::Duration;

use crate::command::Failure;
use crate::compare::visit::{Better, Figure, figure};
use crate::gauge::{self, Gauged};
use crate::load::send::SendPlan;
use crate::load::target::Target;
use crate::load::window::Span;
use crate::workload::lab::{Host, Lab};
use crate::workload::sends::rate_of;

/// Queues of Q1.
const QUEUES: [u32; 4] = [1, 1_000, 10_000, 100_000];

/// Connections of C1.
const CONNECTIONS: [u32; 4] = [10, 100, 1_000, 10_000];

/// How long the first messages into all queues may take, which make the queues' files.
const FIRST_LIMIT: Duration = Duration::from_secs(60);

/// Q1. The first message into each queue is measured apart from those that follow.
pub fn queues(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let counts: Vec<u32> = QUEUES.into_iter().filter(|count| *count <= lab.extent.most).collect();
    let (mut figures, mut alone) = (Vec::new(), None);
    for &queues in &counts {
        if let Some(most) = lab.side.queues_max().filter(|most| queues > *most) {
            let why = "the kernel's vm.max_map_count and the limit of open files allow about";
            lab.note(format!("Q1: no {queues} queues, {why} {most}"));
            break;
        }
        eprintln!("Q1: {queues} queues");
        let topic = format!("RingmqBenchQueues{queues}");
        let target = Target::spread(host.running.address, &topic, queues);
        target.make_topic()?;
        let named = |what: &str| format!("Q1 {queues} queues: {what}");
        if queues > 1 {
            let first = first_messages(&host, &target)?;
            figures.extend(rate_of(&|what| named(&format!("first messages, {what}")), &first));
            if first.messages + first.failed < u64::from(queues) {
                let (took, most) = (first.messages, FIRST_LIMIT.as_secs());
                lab.note(format!("Q1: {took} of {queues} queues got a message in {most} s"));
                break;
            }
        }
        // What follows the making of the files, as syncing them, belongs to the first messages.
        let mut plan = SendPlan { target, ..host.plan(lab.part(counts.len())) };
        plan.span.warm_up = plan.span.warm_up.max(lab.warm_up);
        let sent = gauge::send(&plan, host.server)?;
        figures.extend(rate_of(&named, &sent));
        figures.extend(beside(&format!("Q1 {queues} queues beside 1"), &sent, &mut alone));
    }
    Ok(figures)
}

/// One message into each queue.
fn first_messages(host: &Host, target: &Target) -> Result<Gauged, Failure> {
    let count = Some(u64::from(target.queues));
    let span = Span { warm_up: Duration::ZERO, duration: Some(FIRST_LIMIT), count };
    gauge::send(&SendPlan { span, ..SendPlan::new(target.clone()) }, host.server)
}

/// C1. Each connection has one send in flight.
pub fn connections(lab: &Lab) -> Result<Vec<Figure>, Failure> {
    let host = lab.host(lab.flush())?;
    let within = |count: &u32| *count <= lab.extent.most;
    let counts: Vec<u32> = CONNECTIONS.into_iter().filter(within).collect();
    let (mut figures, mut few) = (Vec::new(), None);
    for &connections in &counts {
        let time = lab.part(counts.len());
        let plan = SendPlan { connections, depth: connections, ..host.plan(time) };
        let sent = gauge::send(&plan, host.server)?;
        figures.extend(rate_of(&|what| format!("C1 {connections} connections: {what}"), &sent));
        let name = format!("C1 {connections} connections beside 10");
        figures.extend(beside(&name, &sent, &mut few));
    }
    Ok(figures)
}

/// The rate as a share of that of the first load, which this remembers.
fn beside(name: &str, sent: &Gauged, first: &mut Option<f64>) -> Option<Figure> {
    let rate = sent.messages_per_second;
    let Some(first) = *first else {
        *first = Some(rate);
        return None;
    };
    Some(figure(format!("{name}: send rate"), Better::More, rate / first.max(1.0)))
}
