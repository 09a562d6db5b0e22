//! One load, measured with what it cost the server.

use std::time::{Duration, Instant};

use crate::command::Failure;
use crate::compare::child::LOOK_AGAIN;
use crate::load::ledger::{Ledger, QueueBook};
use crate::load::pull::{self, PullPlan};
use crate::load::send::{self, SendPlan};
use crate::load::window::Percentiles;
use crate::process::{Cost, Sample, Watched};
use crate::report;

/// How long a broker may take to show in its queues what it has acknowledged.
const DISPATCH_LIMIT: Duration = Duration::from_secs(30);

/// What a load came to.
#[derive(Clone, Copy, Debug)]
pub struct Gauged {
    /// Messages acknowledged, or pulled, while it was measured.
    pub messages: u64,
    /// Messages a second.
    pub messages_per_second: f64,
    /// Microseconds of each request.
    pub latency: Percentiles,
    /// Microseconds of the server's processors for each message, if its process is known.
    pub cpu_us: Option<f64>,
    /// Sends refused or without an answer.
    pub failed: u64,
}

/// Takes a reading of the server at each moment of a run.
#[derive(Debug)]
pub struct Readings {
    server: Option<Watched>,
    samples: Vec<Sample>,
}

impl Readings {
    /// None yet.
    pub fn new(server: Option<Watched>) -> Self {
        Self { server, samples: Vec::new() }
    }

    /// Takes one.
    pub fn take(&mut self) {
        self.samples.extend(self.server.and_then(|server| server.sample().ok()));
    }

    /// The cost between the first and the last of two.
    pub fn cost(&self, messages: u64) -> Option<Cost> {
        match self.samples.as_slice() {
            [before, after] => Some(Cost::between(*before, *after, messages)),
            _ => None,
        }
    }
}

/// Sends.
///
/// # Errors
/// The run fails, or the broker's answers do not add up.
pub fn send(plan: &SendPlan, server: Option<Watched>) -> Result<Gauged, Failure> {
    let mut readings = Readings::new(server);
    let sent = send::run(plan, &mut |_| readings.take(), &mut |_| {})?;
    let account = sent.ledger.account();
    if account.faults() > 0 {
        return Err(Failure::Faults(format!("the answers do not add up: {account:?}")));
    }
    let messages = sent.measured.answered;
    wait_dispatched(plan, &sent.ledger)?;
    Ok(Gauged {
        messages,
        messages_per_second: report::rate(messages, sent.measured.seconds()),
        latency: Percentiles::of(&sent.measured.latency),
        cpu_us: readings.cost(messages).map(|cost| cost.cpu_us_per_message),
        failed: account.failed(),
    })
}

/// Waits until the queues end behind all that was acknowledged. Java's do so some time after, and
/// who asks before then for where a next load starts is told of places that are taken.
fn wait_dispatched(plan: &SendPlan, ledger: &Ledger) -> Result<(), Failure> {
    let behind = |(book, end): (&QueueBook, &i64)| {
        let stored = end.saturating_sub(book.base);
        usize::try_from(stored).is_ok_and(|stored| stored < book.marks.end())
    };
    let began = Instant::now();
    while ledger.queues().iter().zip(&plan.target.ends()?).any(behind) {
        if began.elapsed() > DISPATCH_LIMIT {
            let text = "the queues do not show what was acknowledged".to_owned();
            return Err(Failure::Faults(text));
        }
        std::thread::sleep(LOOK_AGAIN);
    }
    Ok(())
}

/// Pulls from `starts` to where the queues end now.
///
/// # Errors
/// The run fails, or something is missing or out of order.
pub fn pull(plan: &PullPlan, starts: &[i64], server: Option<Watched>) -> Result<Gauged, Failure> {
    let mut readings = Readings::new(server);
    let ends = plan.target.ends()?;
    let pulled = pull::run(plan, starts, &ends, &mut |_| readings.take(), &mut |_, _| {})?;
    if pulled.faults > 0 || pulled.missing > 0 && plan.duration.is_none() {
        let text = format!("{} faults, {} missing in the pull", pulled.faults, pulled.missing);
        return Err(Failure::Faults(text));
    }
    let messages = pulled.measured.answered;
    Ok(Gauged {
        messages,
        messages_per_second: report::rate(messages, pulled.measured.seconds()),
        latency: Percentiles::of(&pulled.measured.latency),
        cpu_us: readings.cost(messages).map(|cost| cost.cpu_us_per_message),
        failed: 0,
    })
}
