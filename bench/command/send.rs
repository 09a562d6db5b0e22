//! `send`: messages at a given depth or rate, every answer checked.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::command::{Failure, Header, seconds};
use crate::load::ledger::Account;
use crate::load::send::{self, Moment, SendPlan};
use crate::load::target::{LoadError, Target};
use crate::load::verify::{self, Verified};
use crate::load::window::{Percentiles, Span};
use crate::machine::Machine;
use crate::process::{Cost, Sample, Watched};
use crate::report;

/// Length of the measured part when neither a length nor a count is given.
const DURATION_DEFAULT: Duration = Duration::from_secs(10);

/// Flags of `send`.
#[derive(Clone, Debug, clap::Args)]
pub struct SendArguments {
    /// Broker to load, host:port
    #[arg(long, conflicts_with = "namesrv")]
    pub addr: Option<String>,
    /// Name servers that know the broker, host:port;...
    #[arg(long, short = 'n')]
    pub namesrv: Option<String>,
    /// Topic; created with --queues queues
    #[arg(long, short, default_value = "RingmqBench")]
    pub topic: String,
    /// Queues of the topic that get messages, in turn
    #[arg(long, default_value_t = 8)]
    pub queues: u32,
    /// Leave the topic as it is
    #[arg(long)]
    pub keep_topic: bool,
    /// Bytes of each body
    #[arg(long, short, default_value_t = 1024)]
    pub size: usize,
    /// Connections
    #[arg(long, short, default_value_t = 4)]
    pub connections: u32,
    /// Messages in flight over all connections; with --rate the most there can be
    #[arg(long, short, default_value_t = 64)]
    pub depth: u32,
    /// Messages a second, whatever the broker does; latency counts from when each was due
    #[arg(long, short)]
    pub rate: Option<f64>,
    /// Measured seconds (10 unless --count is given)
    #[arg(long, value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Messages to send in all
    #[arg(long)]
    pub count: Option<u64>,
    /// Seconds of load before measuring
    #[arg(long, value_parser = seconds, default_value = "1")]
    pub warmup: Duration,
    /// Seconds after which a message counts as unanswered
    #[arg(long, value_parser = seconds, default_value = "10")]
    pub timeout: Duration,
    /// Threads of the generator
    #[arg(long, default_value_t = 1)]
    pub threads: u32,
    /// Form of the headers
    #[arg(long, value_enum, default_value = "binary")]
    pub header: Header,
    /// Producer group
    #[arg(long, default_value = "benchmark_producer")]
    pub group: String,
    /// Say that the broker is to flush before it answers: checked against its configuration
    #[arg(long)]
    pub sync: bool,
    /// Pull everything back afterwards and compare
    #[arg(long)]
    pub verify: bool,
    /// Process of the broker, to measure what it costs
    #[arg(long)]
    pub pid: Option<u32>,
    /// Write the report as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// What `send` reports.
#[derive(Clone, Debug, Serialize)]
pub struct SendReport {
    /// Where.
    pub machine: Machine,
    /// The broker.
    pub broker: String,
    /// The broker's `flushDiskType`, if it said.
    pub flush: Option<String>,
    /// Measured seconds.
    pub seconds: f64,
    /// Messages answered in them.
    pub messages: u64,
    /// Their rate.
    pub messages_per_second: f64,
    /// From due to answered, microseconds.
    pub latency_us: Percentiles,
    /// What the broker's process cost.
    pub server: Option<Cost>,
    /// The books of the whole run, warm-up included.
    pub account: Account,
    /// What pulling back showed.
    pub verified: Option<Verified>,
}

impl SendArguments {
    /// The plan these flags describe.
    pub fn plan(&self) -> Result<SendPlan, LoadError> {
        if self.size == 0 {
            return Err(LoadError::Flag("--size: a broker refuses empty bodies"));
        }
        let addr = self.addr.as_deref();
        let target = Target::find(addr, self.namesrv.as_deref(), &self.topic, self.queues)?;
        let endless = self.duration.is_none() && self.count.is_none();
        let duration = if endless { Some(DURATION_DEFAULT) } else { self.duration };
        Ok(SendPlan {
            target,
            group: self.group.clone(),
            size: self.size,
            connections: self.connections.max(1),
            depth: self.depth.max(1),
            rate: self.rate,
            span: Span { warm_up: self.warmup, duration, count: self.count },
            timeout: self.timeout,
            serialization: self.header.into(),
            threads: self.threads.max(1),
            keep: self.verify,
        })
    }
}

/// Runs and reports.
pub fn run(arguments: &SendArguments) -> Result<(), Failure> {
    let report = measure(arguments)?;
    print(&report);
    if let Some(path) = &arguments.json {
        report::write(path, &report)?;
    }
    judge(&report)
}

/// Runs the flags' plan.
pub fn measure(arguments: &SendArguments) -> Result<SendReport, Failure> {
    let plan = arguments.plan()?;
    if !arguments.keep_topic {
        plan.target.make_topic()?;
    }
    let flush = report::flush_type(plan.target.broker);
    if arguments.sync && flush.as_deref() != Some("SYNC_FLUSH") {
        return Err(
            LoadError::Flag("--sync: the broker does not say flushDiskType=SYNC_FLUSH").into()
        );
    }
    let mut samples: Vec<Sample> = Vec::new();
    let watched = arguments.pid.map(Watched);
    if let Some(watched) = watched {
        watched.sample()?;
    }
    let sent = send::run(&plan, &mut |moment| {
        let reading = watched.and_then(|watched| watched.sample().ok());
        debug_assert!(matches!(moment, Moment::Opened | Moment::Closed));
        samples.extend(reading);
    })?;
    let messages = sent.measured.answered;
    let server = match samples.as_slice() {
        [before, after] => Some(Cost::between(*before, *after, messages)),
        _ => None,
    };
    let verified = if plan.keep { Some(verify::pull_back(&plan, &sent)?) } else { None };
    let seconds = sent.measured.seconds();
    Ok(SendReport {
        machine: Machine::this(),
        broker: plan.target.broker.to_string(),
        flush,
        seconds,
        messages,
        messages_per_second: report::rate(messages, seconds),
        latency_us: Percentiles::of(&sent.measured.latency),
        server,
        account: sent.ledger.account(),
        verified,
    })
}

fn print(report: &SendReport) {
    println!("{}", report.machine.line());
    println!("{} in {:.3} s against {}", report.messages, report.seconds, report.broker);
    println!("rate      {:.0} msgs/s", report.messages_per_second);
    println!("latency   {}", report::percentiles(&report.latency_us));
    if let Some(cost) = &report.server {
        println!("server    {}", report::cost(cost));
    }
    let account = &report.account;
    println!(
        "answers   {} acknowledged, {} refused, {} unanswered, {} faults",
        account.acknowledged,
        account.refused.values().sum::<u64>(),
        account.unanswered,
        account.faults()
    );
    if let Some(verified) = &report.verified {
        println!(
            "verified  {} found, {} lost, {} repeated, {} misplaced, {} damaged",
            verified.found, verified.lost, verified.repeated, verified.misplaced, verified.damaged
        );
    }
}

/// A run with anything wrong in its books fails, however fast it was.
fn judge(report: &SendReport) -> Result<(), Failure> {
    let account = &report.account;
    if account.acknowledged == 0 || account.faults() > 0 || account.failed() > 0 {
        return Err(Failure::Faults(format!("the answers do not add up: {account:?}")));
    }
    match &report.verified {
        Some(verified) if verified.wrong() > 0 => {
            Err(Failure::Faults(format!("what was stored is not what was sent: {verified:?}")))
        }
        _ => Ok(()),
    }
}
