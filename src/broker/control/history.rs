//! Rates over the last minutes, hours and the day, from samples of the counters (Java:
//! `StatsItem`, `StoreStatsService`).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crate::broker::probe::{Count, Totals};
use crate::rt::clock::Instant;
use crate::units::WallMillis;

/// Time between two samples.
pub const SAMPLE_EVERY: Duration = Duration::from_secs(10);

/// Ten minutes of samples of the whole broker.
const BROKER_SAMPLES_MAX: usize = 61;

const DAY_MS: i64 = 24 * 3600 * 1000;

/// Which numbers a rate is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broker {
    /// Messages stored.
    Put,
    /// Pulls that found records.
    Found,
    /// Pulls that found nothing.
    Missed,
    /// All pulls.
    Pulls,
    /// Messages delivered.
    Delivered,
}

impl Broker {
    fn of(self, sample: &Sample) -> u64 {
        match self {
            Self::Put => sample.put,
            Self::Found => sample.found,
            Self::Missed => sample.missed,
            Self::Pulls => sample.found + sample.missed,
            Self::Delivered => sample.delivered,
        }
    }
}

/// One number of the counters, and how many requests it came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How much: messages, bytes, milliseconds.
    pub sum: u64,
    /// Requests; 0 where Java does not count them.
    pub times: u64,
}

/// What happened to one of them over a span of time (Java: `BrokerStatsItem`).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Span {
    /// How much was counted.
    pub sum: u64,
    /// Per second.
    pub per_second: f64,
    /// Per request.
    pub per_request: f64,
}

/// The three spans that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// The last minute, sampled every 10 s.
    Minute,
    /// The last hour, sampled every 10 min.
    Hour,
    /// The last day, sampled every hour.
    Day,
}

/// Totals at the turns of the last two days (Java: `msgPutTotalTodayMorning` and so on). Days
/// begin at midnight UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mornings {
    /// Messages stored until the beginning of yesterday.
    pub put_yesterday: u64,
    /// Messages stored until the beginning of today.
    pub put_today: u64,
    /// Messages delivered until the beginning of yesterday.
    pub got_yesterday: u64,
    /// Messages delivered until the beginning of today.
    pub got_today: u64,
}

/// Samples of the counters. Lives on core 0.
#[derive(Debug, Default)]
pub struct History {
    broker: VecDeque<(Instant, Sample)>,
    minute: Ring,
    hour: Ring,
    day: Ring,
    mornings: Mornings,
    today: Option<i64>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Sample {
    put: u64,
    found: u64,
    missed: u64,
    delivered: u64,
}

impl Sample {
    fn of(totals: &Totals) -> Self {
        Self {
            put: totals.put.messages,
            found: totals.found.times,
            missed: totals.missed,
            delivered: totals.found.messages,
        }
    }
}

/// Samples of one window, oldest first.
#[derive(Debug, Default)]
struct Ring {
    samples: VecDeque<(Instant, Arc<Totals>)>,
}

impl Ring {
    fn take(&mut self, now: Instant, totals: &Arc<Totals>, every: Duration, count: usize) {
        // A sample comes a little late rather than early; half a step is near enough.
        let is_due = self.samples.back().is_none_or(|(at, _)| now.since(*at) + every / 2 >= every);
        if is_due {
            self.samples.push_back((now, totals.clone()));
        }
        while self.samples.len() > count {
            self.samples.pop_front();
        }
    }

    fn last(&self) -> Option<&Totals> {
        self.samples.back().map(|(_, totals)| &**totals)
    }

    fn span(&self, of: impl Fn(&Totals) -> Option<Tally>) -> Span {
        let (Some((first_at, first)), Some((last_at, last))) =
            (self.samples.front(), self.samples.back())
        else {
            return Span::default();
        };
        let [before, after] = [first, last].map(|totals| of(totals).unwrap_or_default());
        let sum = after.sum.saturating_sub(before.sum);
        let seconds = last_at.since(*first_at).as_secs_f64();
        let times = after.times.saturating_sub(before.times);
        Span { sum, per_second: ratio(sum, seconds), per_request: ratio(sum, float(times)) }
    }
}

impl History {
    /// Takes a sample: what all cores have counted by `now`.
    pub fn sample(&mut self, mut totals: Totals, now: Instant, wall: WallMillis) {
        self.turn_day(&totals, wall);
        self.broker.push_back((now, Sample::of(&totals)));
        while self.broker.len() > BROKER_SAMPLES_MAX {
            self.broker.pop_front();
        }
        // Forty samples are kept: only of what spans are asked for.
        totals.topics.values_mut().for_each(|topic| topic.kinds = Vec::new());
        let totals = Arc::new(totals);
        self.minute.take(now, &totals, SAMPLE_EVERY, 7);
        self.hour.take(now, &totals, Duration::from_secs(600), 7);
        self.day.take(now, &totals, Duration::from_secs(3600), 25);
    }

    /// Totals at the turns of the days.
    pub fn mornings(&self) -> Mornings {
        self.mornings
    }

    /// Whether anything was counted by the last sample.
    pub fn knows(&self, of: impl Fn(&Totals) -> Option<Tally>) -> bool {
        self.minute.last().and_then(of).is_some()
    }

    /// What happened in the time of a window to what `of` picks.
    pub fn span(&self, window: Window, of: impl Fn(&Totals) -> Option<Tally>) -> Span {
        self.ring(window).span(of)
    }

    /// What was stored of a topic.
    pub fn topic(&self, window: Window, topic: &str, amount: impl Fn(&Count) -> u64) -> Span {
        let of = |put: Count| Tally { sum: amount(&put), times: put.times };
        self.span(window, |totals| totals.topics.get(topic).map(|totals| of(totals.put)))
    }

    /// What a group got of a topic.
    pub fn group(
        &self,
        window: Window,
        topic: &str,
        group: &str,
        amount: impl Fn(&Count) -> u64,
    ) -> Span {
        let of = |got: Count| Tally { sum: amount(&got), times: got.times };
        let found = |totals: &Totals| Some(of(totals.groups.get(topic)?.get(group)?.got));
        self.span(window, found)
    }

    /// Rates over the last 10, 60 and 600 seconds as Java prints them: separated by blanks, and of
    /// a span that the broker has not been up for only the blank.
    pub fn rates(&self, what: Broker, totals: &Totals, now: Instant) -> String {
        let current = what.of(&Sample::of(totals));
        let rate = |steps: usize| {
            let at = self.broker.len().checked_sub(steps)?;
            let (then, sample) = self.broker.get(at)?;
            let more = current.saturating_sub(what.of(sample));
            Some(ratio(more, now.since(*then).as_secs_f64()))
        };
        let shown = |steps| rate(steps).map(|rate| format!("{rate:?}")).unwrap_or_default();
        format!("{} {} {}", shown(1), shown(6), shown(60))
    }

    fn ring(&self, window: Window) -> &Ring {
        match window {
            Window::Minute => &self.minute,
            Window::Hour => &self.hour,
            Window::Day => &self.day,
        }
    }

    fn turn_day(&mut self, totals: &Totals, wall: WallMillis) {
        let day = wall.0.div_euclid(DAY_MS);
        if self.today.is_some_and(|today| today != day) {
            self.mornings = Mornings {
                put_yesterday: self.mornings.put_today,
                put_today: totals.put.messages,
                got_yesterday: self.mornings.got_today,
                got_today: totals.found.messages,
            };
        }
        self.today = Some(day);
    }
}

fn ratio(sum: u64, of: f64) -> f64 {
    if of > 0.0 { float(sum) / of } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people; counters stay below 2^53")]
fn float(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rt::clock;

    fn totals(messages: u64) -> Totals {
        let count = Count { messages, bytes: messages * 10, times: messages / 2 };
        let mut totals = Totals { put: count, found: count, ..Totals::default() };
        totals.topics.entry("T".into()).or_default().put = count;
        totals
    }

    fn put(totals: &Totals) -> Option<Tally> {
        totals.topics.get("T").map(|topic| Tally { sum: topic.put.bytes, times: topic.put.times })
    }

    #[test]
    fn rates_come_from_the_oldest_sample_of_a_window() {
        let start = clock::now();
        let mut history = History::default();
        assert!(!history.knows(put));
        for step in 0..10_u32 {
            let now = start + SAMPLE_EVERY * step;
            history.sample(totals(100 * u64::from(step)), now, WallMillis(0));
        }
        assert!(history.knows(put) && !history.knows(|_| None));
        let span = history.span(Window::Minute, put);
        assert_eq!((span.sum, span.per_second, span.per_request), (6000, 100.0, 20.0));
        assert_eq!(history.span(Window::Minute, |_| None), Span::default());
        assert_eq!(history.span(Window::Hour, put).sum, 0);
    }

    #[test]
    fn a_young_broker_shows_fewer_rates() {
        let start = clock::now();
        let mut history = History::default();
        assert_eq!(history.rates(Broker::Put, &totals(0), start), "  ");
        history.sample(totals(0), start, WallMillis(0));
        let later = start + Duration::from_secs(4);
        assert_eq!(history.rates(Broker::Put, &totals(6), later), "1.5  ");
        for step in 1..61_u32 {
            let now = start + SAMPLE_EVERY * step;
            history.sample(totals(20 * u64::from(step)), now, WallMillis(0));
        }
        let now = start + SAMPLE_EVERY * 61;
        let rates = history.rates(Broker::Delivered, &totals(20 * 61), now);
        assert_eq!(rates, "2.0 2.0 2.0");
    }

    #[test]
    fn mornings_are_kept_for_two_days() {
        let mut history = History::default();
        let now = clock::now();
        for (day, messages) in [(3, 5), (3, 8), (4, 10), (5, 30)] {
            history.sample(totals(messages), now, WallMillis(day * DAY_MS + 7));
        }
        let mornings = history.mornings();
        assert_eq!((mornings.put_yesterday, mornings.put_today), (10, 30));
        assert_eq!((mornings.got_yesterday, mornings.got_today), (10, 30));
    }
}
