//! How far online groups are behind (Java: `ConsumerLagCalculator`).
//!
//! Only the topics that a group with members subscribes to are looked at, and of those only the
//! bounds of their queues, which are in memory. Store times are read where something is left to
//! consume, and at most [`SCRAPE_TIMES_MAX`] of them.

use std::rc::Rc;
use std::sync::Arc;

use crate::broker::control::Control;
use crate::broker::control::facts::{self, Ask, At};
use crate::broker::core::Core;
use crate::broker::names;
use crate::broker::probe::{Pace, Totals};
use crate::limits::SCRAPE_TIMES_MAX;
use crate::rt::clock;

/// Queues that are asked for at once.
const ASKED_AT_ONCE: usize = 256;

/// One group and one topic.
pub(super) struct Lag {
    pub group: String,
    pub topic: Arc<str>,
    /// Messages not consumed.
    pub behind: i64,
    /// Messages pulled and not consumed.
    pub in_flight: i64,
    /// Messages not pulled.
    pub ready: i64,
    /// Store time of the oldest message not consumed; `None` without one.
    oldest_behind: Option<i64>,
    /// Store time of the oldest message not pulled; `None` without one.
    oldest_ready: Option<i64>,
    /// Not all store times were read.
    unknown: bool,
    write_queues: i32,
}

impl Lag {
    /// Age of the oldest message not consumed, in milliseconds; `None` if it is not known.
    pub(super) fn behind_ms(&self, now: i64) -> Option<i64> {
        (!self.unknown).then(|| self.oldest_behind.map_or(0, |at| now.saturating_sub(at).max(0)))
    }

    /// Age of the oldest message not pulled, in milliseconds; `None` if it is not known.
    pub(super) fn ready_ms(&self, now: i64) -> Option<i64> {
        (!self.unknown).then(|| self.oldest_ready.map_or(0, |at| now.saturating_sub(at).max(0)))
    }
}

/// One queue of one of them.
struct Place {
    lag: usize,
    queue: i32,
    committed: Option<i64>,
    pulled: Option<i64>,
}

/// All online groups with the topics they subscribe to.
pub(super) async fn look(core: &Rc<Core>, control: &Control, totals: &Totals) -> Vec<Lag> {
    let mut lags = subscribed(control);
    let mut places = Vec::new();
    let mut pace = Pace::every(16);
    for (at, lag) in lags.iter().enumerate() {
        places.extend(places_of(control, totals, at, lag));
        pace.step().await;
    }
    let mut times_left = SCRAPE_TIMES_MAX;
    for some in places.chunks(ASKED_AT_ONCE) {
        look_at(core, &mut lags, some, &mut times_left).await;
    }
    lags
}

fn subscribed(control: &Control) -> Vec<Lag> {
    let (members, topics) = (control.members.borrow(), control.topics.borrow());
    let mut lags = Vec::new();
    for (group, online) in members.consumer_groups() {
        for topic in online.subscriptions.keys() {
            if names::retry_group(topic).is_some() {
                continue;
            }
            let Some(config) = topics.get(topic) else { continue };
            lags.push(Lag {
                group: group.to_owned(),
                topic: topic.as_str().into(),
                behind: 0,
                in_flight: 0,
                ready: 0,
                oldest_behind: None,
                oldest_ready: None,
                unknown: false,
                write_queues: config.write_queues,
            });
        }
    }
    lags
}

fn places_of(control: &Control, totals: &Totals, at: usize, lag: &Lag) -> Vec<Place> {
    let committed = control.offsets.borrow().of_topic(&lag.group, &lag.topic);
    let groups = totals.groups.get(&lag.topic);
    let pulled = groups.and_then(|groups| groups.get(lag.group.as_str()));
    let place = |queue| Place {
        lag: at,
        queue,
        committed: committed.get(&queue).copied(),
        pulled: pulled.and_then(|group| group.queues.of(queue)).map(|times| times.reached),
    };
    (0..lag.write_queues).map(place).collect()
}

async fn look_at(core: &Rc<Core>, lags: &mut [Lag], places: &[Place], times_left: &mut usize) {
    let topic = |place: &Place| lags.get(place.lag).map(|lag| lag.topic.clone());
    let asks = places.iter().filter_map(|place| Some(Ask::bounds(&topic(place)?, place.queue)));
    let bounds = facts::ask(core, asks.collect()).await;
    let mut open = Vec::new();
    for (place, bounds) in places.iter().zip(bounds) {
        let Some(lag) = lags.get_mut(place.lag) else { continue };
        let consumed = place.committed.unwrap_or(bounds.max);
        let pulled = place.pulled.unwrap_or(consumed).max(consumed);
        let (behind, ready) = (bounds.max - consumed, bounds.max - pulled);
        lag.behind += behind.max(0);
        lag.in_flight += pulled.min(bounds.max).saturating_sub(consumed).max(0);
        lag.ready += ready.max(0);
        if behind <= 0 {
            continue;
        }
        let mut times = vec![At::Offset(consumed.max(bounds.min))];
        if pulled != consumed {
            times.push(At::Offset(pulled.max(bounds.min)));
        }
        if *times_left < times.len() {
            lag.unknown = true;
            continue;
        }
        *times_left -= times.len();
        let topic = lag.topic.clone();
        open.push((place.lag, Ask { topic, queue: place.queue, times, search: None, group: None }));
    }
    let (whose, asks): (Vec<usize>, Vec<Ask>) = open.into_iter().unzip();
    let found = facts::ask(core, asks).await;
    for (at, fact) in whose.into_iter().zip(found) {
        let Some(lag) = lags.get_mut(at) else { continue };
        // One that is asked for once is both.
        let [behind, ready] = [fact.times.first(), fact.times.last()]
            .map(|time| time.copied().flatten().map(|time| time.0));
        lag.oldest_behind = lag.oldest_behind.into_iter().chain(behind).min();
        lag.oldest_ready = lag.oldest_ready.into_iter().chain(ready).min();
    }
}

/// The moment that ages are counted to.
pub(super) fn now() -> i64 {
    clock::wall_ms().0
}
