//! Requests by code and answer.

use std::time::Duration;

use rustc_hash::FxHashMap;

use crate::observability::histogram::{Bounds, Histogram};
use crate::protocol::code;

/// Bounds of the time until an answer, in microseconds (Java: `RemotingMetricsManager`).
pub const LATENCY_US: Bounds<9> =
    [1_000, 3_000, 5_000, 7_000, 10_000, 100_000, 1_000_000, 2_000_000, 3_000_000];

/// Stands for every code that has no name. Clients choose codes; names are few.
pub const UNKNOWN: i32 = -1;

/// What tells requests apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Call {
    /// The request's code, or [`UNKNOWN`].
    pub request: i32,
    /// The answer's code, or [`UNKNOWN`].
    pub response: i32,
    /// It was parked until something arrived or its time was up.
    pub parked: bool,
    /// Nothing was sent back.
    pub oneway: bool,
}

/// Time until the answer, by what tells requests apart. At most as many entries as there are
/// combinations of named codes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    table: FxHashMap<Call, Histogram<9>>,
}

impl Calls {
    /// One request was answered.
    pub(super) fn add(&mut self, call: Call, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(histogram) = self.table.get_mut(&call) {
            return histogram.record(&LATENCY_US, us, 1);
        }
        let named = Call {
            request: code::request::name(call.request).map_or(UNKNOWN, |_| call.request),
            response: code::response::name(call.response).map_or(UNKNOWN, |_| call.response),
            ..call
        };
        self.table.entry(named).or_default().record(&LATENCY_US, us, 1);
    }

    pub(super) fn merge(&mut self, other: Self) {
        for (call, histogram) in other.table {
            self.table.entry(call).or_default().merge(&histogram);
        }
    }

    /// All of them, in the order of their codes.
    pub fn sorted(&self) -> Vec<(Call, &Histogram<9>)> {
        let mut all: Vec<_> = self.table.iter().map(|(call, times)| (*call, times)).collect();
        all.sort_unstable_by_key(|(call, _)| *call);
        all
    }
}
