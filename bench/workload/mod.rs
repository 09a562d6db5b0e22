//! Workloads by name: what RingMQ is measured by, each the same everywhere and bounded in time.

use clap::ValueEnum;

use crate::command::Failure;
use crate::compare::side::Side;
use crate::compare::visit::Figure;
use crate::workload::lab::Lab;

mod crowds;
pub mod lab;
mod lives;
mod reads;
pub mod sends;

/// A workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Workload {
    /// Send latency, one in flight: 128 B, 1 KiB, 4 KiB
    #[value(name = "W1")]
    SendLatency,
    /// Send throughput over 1 to 1024 in flight
    #[value(name = "W2")]
    SendThroughput,
    /// Batches of 1 to 128 messages
    #[value(name = "W3")]
    Batches,
    /// Tails at --loads percent of the broker's maximum; in `compare`, of the slowest side's
    #[value(name = "W4")]
    Tails,
    /// Pull of what was just sent
    #[value(name = "R1")]
    HotTail,
    /// From intended send to arrival at a parked long poll, at 1000/s
    #[value(name = "R2")]
    LongPoll,
    /// Catching up from the front while others write at 50 % of the maximum
    #[value(name = "R3")]
    ColdCatchUp,
    /// Sends over 1 to 100,000 queues, at most 10,000 in a topic; first messages apart
    #[value(name = "Q1")]
    Queues,
    /// Sends over 10 to 10,000 connections
    #[value(name = "C1")]
    Connections,
    /// Starts after a kill and after a clean stop, with a store of --gigabytes
    #[value(name = "F1")]
    Restart,
    /// Memory and processor time of an idle broker, alone and with 100 parked consumers
    #[value(name = "I1")]
    Idle,
}

impl Workload {
    /// All, in the order of the digest.
    pub const ALL: [Self; 11] = [
        Self::SendLatency,
        Self::SendThroughput,
        Self::Batches,
        Self::Tails,
        Self::HotTail,
        Self::LongPoll,
        Self::ColdCatchUp,
        Self::Queues,
        Self::Connections,
        Self::Restart,
        Self::Idle,
    ];

    /// Its short name.
    pub fn name(self) -> String {
        self.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
    }

    /// Why a side cannot have this workload, if it cannot.
    pub fn impossible(self, side: &Side) -> Option<&'static str> {
        match (self, side) {
            (Self::Restart, Side::Address { .. }) => Some("its process is not ours to kill"),
            (Self::Idle, Side::Address { pid: None, .. }) => Some("its process is not known"),
            (Self::LongPoll | Self::ColdCatchUp | Self::Restart, Side::Floor(..)) => {
                Some("it keeps nothing")
            }
            _ => None,
        }
    }

    /// Whether its stores have so many files that removing them takes long, and would be in the
    /// way of what is measured next. They are removed when all is reported.
    pub fn leaves_many_files(self) -> bool {
        self == Self::Queues
    }

    /// Runs it.
    ///
    /// # Errors
    /// The broker does not start, or does not answer as it should.
    pub fn run(self, lab: &Lab) -> Result<Vec<Figure>, Failure> {
        match self {
            Self::SendLatency => sends::latency(lab),
            Self::SendThroughput => sends::throughput(lab),
            Self::Batches => sends::batches(lab),
            Self::Tails => sends::tails(lab),
            Self::HotTail => reads::hot_tail(lab),
            Self::LongPoll => reads::long_poll(lab),
            Self::ColdCatchUp => reads::cold_catch_up(lab),
            Self::Queues => crowds::queues(lab),
            Self::Connections => crowds::connections(lab),
            Self::Restart => lives::restart(lab),
            Self::Idle => lives::idle(lab),
        }
    }
}
