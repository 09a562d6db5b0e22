//! `send`: messages at a given depth or rate, every answer checked.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::command::{Failure, Header, seconds};
use crate::gauge::Readings;
use crate::load::arrive::{self, Arrived};
use crate::load::ledger::Account;
use crate::load::recent::Interval;
use crate::load::send::{self, SendPlan};
use crate::load::sizes::Sizes;
use crate::load::target::{LoadError, Target};
use crate::load::verify::{self, Verified};
use crate::load::window::{Percentiles, Span};
use crate::machine::Machine;
use crate::output::hdr::Log;
use crate::output::plot;
use crate::output::progress::Progress;
use crate::process::{Cost, Watched};
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
    #[arg(long, short, default_value = "1024", conflicts_with = "sizes")]
    pub size: usize,
    /// Bytes of the bodies as a mixture, BYTES:WEIGHT,..., such as 128:50,1024:40,4096:10
    #[arg(long, value_name = "MIXTURE")]
    pub sizes: Option<Sizes>,
    /// Give the messages keys, this many different ones
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000_000))]
    pub keys: Option<u32>,
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
    /// Measure up to the receipt by a consumer whose pulls are parked at the broker (needs --rate)
    #[arg(long, requires = "rate", conflicts_with_all = ["count", "threads"])]
    pub arrivals: bool,
    /// Pull everything back afterwards and compare
    #[arg(long)]
    pub verify: bool,
    /// Process of the broker, to measure what it costs
    #[arg(long)]
    pub pid: Option<u32>,
    /// Write the report as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
    /// Write each second's latencies as an HdrHistogram log
    #[arg(long, value_name = "FILE")]
    pub hdr: Option<PathBuf>,
    /// Draw the latencies by percentile as SVG
    #[arg(long, value_name = "FILE")]
    pub svg: Option<PathBuf>,
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
    /// What a waiting consumer saw.
    pub arrivals: Option<Arrivals>,
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
            sizes: self.sizes.clone().unwrap_or_else(|| Sizes::one(self.size)),
            keys: self.keys,
            batch: 1,
            connections: self.connections.max(1),
            depth: self.depth.max(1),
            rate: self.rate,
            span: Span { warm_up: self.warmup, duration, count: self.count },
            timeout: self.timeout,
            serialization: self.header.into(),
            threads: self.threads.max(1),
            keep: self.verify || self.arrivals,
            live: self.hdr.is_some() || std::io::stderr().is_terminal(),
        })
    }
}

/// What the consumer saw whose pulls were parked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Arrivals {
    /// Messages received.
    pub received: u64,
    /// Messages acknowledged and not received.
    pub lost: u64,
    /// Messages received more than once.
    pub repeated: u64,
    /// Pulls that went wrong.
    pub faults: u64,
    /// From when a message was due to its receipt, microseconds.
    pub latency_us: Percentiles,
}

impl Arrivals {
    /// Of both ends of a run.
    pub fn of(arrived: &Arrived) -> Self {
        Self {
            received: arrived.received,
            lost: arrived.lost,
            repeated: arrived.repeated,
            faults: arrived.faults,
            latency_us: Percentiles::of(&arrived.latency),
        }
    }

    /// What is wrong in all.
    pub fn wrong(&self) -> u64 {
        self.lost + self.repeated + self.faults
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
    let watched = arguments.pid.map(Watched);
    if let Some(watched) = watched {
        watched.sample()?;
    }
    let mut readings = Readings::new(watched);
    let mut log = arguments.hdr.as_deref().map(Log::create).transpose()?;
    let mut progress = Progress::new();
    let mut watch = |_| readings.take();
    let mut see = |interval: &Interval| {
        progress.show(interval);
        if let Some(log) = &mut log {
            log.add(interval);
        }
    };
    let (sent, arrivals) = if arguments.arrivals {
        let arrived = arrive::run(&plan, &mut watch, &mut see)?;
        let arrivals = Arrivals::of(&arrived);
        (arrived.sent, Some(arrivals))
    } else {
        (send::run(&plan, &mut watch, &mut see)?, None)
    };
    progress.clear();
    log.map_or(Ok(()), Log::finish)?;
    if let Some(path) = &arguments.svg {
        std::fs::write(path, plot::percentiles(&sent.measured.latency))?;
    }
    let messages = sent.measured.answered;
    let verified = if arguments.verify { Some(verify::pull_back(&plan, &sent)?) } else { None };
    let seconds = sent.measured.seconds();
    Ok(SendReport {
        machine: Machine::this(),
        broker: plan.target.broker.to_string(),
        flush,
        seconds,
        messages,
        messages_per_second: report::rate(messages, seconds),
        latency_us: Percentiles::of(&sent.measured.latency),
        server: readings.cost(messages),
        account: sent.ledger.account(),
        arrivals,
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
    if let Some(arrivals) = &report.arrivals {
        println!("arrivals  {}", report::percentiles(&arrivals.latency_us));
        println!(
            "          {} received, {} lost, {} repeated",
            arrivals.received, arrivals.lost, arrivals.repeated
        );
    }
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
    if let Some(arrivals) = report.arrivals.filter(|arrivals| arrivals.wrong() > 0) {
        return Err(Failure::Faults(format!("what arrived is not what was sent: {arrivals:?}")));
    }
    match &report.verified {
        Some(verified) if verified.wrong() > 0 => {
            Err(Failure::Faults(format!("what was stored is not what was sent: {verified:?}")))
        }
        _ => Ok(()),
    }
}
