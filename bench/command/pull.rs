//! `pull`: a backlog from front to back.

use std::path::PathBuf;
use std::time::Duration;

use serde::Serialize;

use crate::command::{Failure, Header, seconds};
use crate::gauge::Readings;
use crate::load::pull::{self, PullPlan};
use crate::load::target::Target;
use crate::load::window::Percentiles;
use crate::machine::Machine;
use crate::process::{Cost, Watched};
use crate::report;

/// Flags of `pull`.
#[derive(Clone, Debug, clap::Args)]
pub struct PullArguments {
    /// Broker to read from, host:port
    #[arg(long, conflicts_with = "namesrv")]
    pub addr: Option<String>,
    /// Name servers that know the broker, host:port;...
    #[arg(long, short = 'n')]
    pub namesrv: Option<String>,
    /// Topic
    #[arg(long, short, default_value = "RingmqBench")]
    pub topic: String,
    /// Queues to read, from 0 on, side by side
    #[arg(long, default_value_t = 8)]
    pub queues: u32,
    /// Messages asked for at a time
    #[arg(long, default_value_t = 32)]
    pub batch: u32,
    /// Connections; the queues are dealt among them
    #[arg(long, short, default_value_t = 4)]
    pub connections: u32,
    /// End after so many seconds even if there is more
    #[arg(long, value_parser = seconds)]
    pub duration: Option<Duration>,
    /// Seconds after which a queue without progress ends the run
    #[arg(long, value_parser = seconds, default_value = "10")]
    pub timeout: Duration,
    /// Form of the headers
    #[arg(long, value_enum, default_value = "binary")]
    pub header: Header,
    /// Consumer group
    #[arg(long, default_value = "benchmark_consumer")]
    pub group: String,
    /// Process of the broker, to measure what it costs
    #[arg(long)]
    pub pid: Option<u32>,
    /// Write the report as JSON
    #[arg(long)]
    pub json: Option<PathBuf>,
}

/// What `pull` reports.
#[derive(Clone, Debug, Serialize)]
pub struct PullReport {
    /// Where.
    pub machine: Machine,
    /// The broker.
    pub broker: String,
    /// Seconds from the first request to the last answer.
    pub seconds: f64,
    /// Messages pulled.
    pub messages: u64,
    /// Their rate.
    pub messages_per_second: f64,
    /// Messages in an average answer.
    pub messages_per_pull: f64,
    /// MiB of bodies of answers a second.
    pub mib_per_second: f64,
    /// Latency of a pull, microseconds.
    pub latency_us: Percentiles,
    /// What the broker's process cost.
    pub server: Option<Cost>,
    /// Messages out of order, unexpected answers, bytes that are no record.
    pub faults: u64,
    /// Messages that should have come and did not.
    pub missing: u64,
}

/// Runs and reports.
pub fn run(arguments: &PullArguments) -> Result<(), Failure> {
    let report = measure(arguments)?;
    println!("{}", report.machine.line());
    println!("{} in {:.3} s from {}", report.messages, report.seconds, report.broker);
    println!(
        "rate      {:.0} msgs/s, {:.0} MiB/s, {:.1} messages a pull",
        report.messages_per_second, report.mib_per_second, report.messages_per_pull
    );
    println!("latency   {}", report::percentiles(&report.latency_us));
    if let Some(cost) = &report.server {
        println!("server    {}", report::cost(cost));
    }
    println!("faults    {}, {} missing", report.faults, report.missing);
    if let Some(path) = &arguments.json {
        report::write(path, &report)?;
    }
    let cut_short = arguments.duration.is_some();
    if report.faults > 0 || report.missing > 0 && !cut_short {
        return Err(Failure::Faults("the backlog did not come whole and in order".to_owned()));
    }
    Ok(())
}

/// Runs the flags' plan.
pub fn measure(arguments: &PullArguments) -> Result<PullReport, Failure> {
    let addr = arguments.addr.as_deref();
    let namesrv = arguments.namesrv.as_deref();
    let target = Target::find(addr, namesrv, &arguments.topic, arguments.queues)?;
    let (starts, ends) = (target.starts()?, target.ends()?);
    let broker = target.broker.to_string();
    let plan = PullPlan {
        target,
        group: arguments.group.clone(),
        batch: arguments.batch,
        connections: arguments.connections,
        timeout: arguments.timeout,
        duration: arguments.duration,
        serialization: arguments.header.into(),
        park: None,
    };
    let mut readings = Readings::new(arguments.pid.map(Watched));
    let pulled = pull::run(&plan, &starts, &ends, &mut |_| readings.take(), &mut |_, _| {})?;
    let (messages, seconds) = (pulled.measured.answered, pulled.measured.seconds());
    Ok(PullReport {
        machine: Machine::this(),
        broker,
        seconds,
        messages,
        messages_per_second: report::rate(messages, seconds),
        messages_per_pull: report::ratio(messages, pulled.pulls),
        mib_per_second: crate::process::mib(pulled.bytes) / seconds.max(1e-9),
        latency_us: Percentiles::of(&pulled.measured.latency),
        server: readings.cost(messages),
        faults: pulled.faults,
        missing: pulled.missing,
    })
}
