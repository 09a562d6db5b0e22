//! The live view: what brokers, their cores, topics and groups do right now.
//!
//! Two looks with a while between them; rates are what changed by how long it took. A broker tells
//! all of its groups in one answer, and its topics in one each, of the first [`TOP_TOPICS_MAX`].

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use crate::config::address::HostPort;
use crate::limits::TOP_TOPICS_MAX;
use crate::rt::clock;

use super::brokers::all_lags;
use super::client::{AdminError, Client};
use super::cluster::{count, runtime};
use super::exports::user_topics;
use super::report::Report;
use super::words::{BROKER, CLUSTER, COUNTS, Kind, Need, Verb, Word, Words};
use super::{offsets, topics};

/// What the live view is called.
pub(super) const PATH: &str = "top";

pub(super) const VERBS: &[Verb] = &[Verb {
    path: PATH,
    java: "",
    about: "Show rates, lag and the load of cores; again and again in a terminal",
    words: &[
        Word::long("interval", COUNTS, Need::Default("2"), "Seconds between two looks"),
        Word::long("once", Kind::Switch, Need::Option, "Show it once, in a terminal too"),
        Word::long(
            "rows",
            COUNTS,
            Need::Default("20"),
            "Topics and groups to show, the busiest first",
        ),
        BROKER,
        CLUSTER,
    ],
    danger: "",
    run: |client, words| Box::pin(top(client, words)),
}];

/// What the numbers of a thing are, summed over brokers.
#[derive(Clone, Copy, Default)]
struct Numbers {
    /// Messages in so far.
    put: i64,
    /// Messages out so far.
    got: i64,
    /// Messages that a group has before it.
    lag: i64,
    /// Milliseconds that a core did not sleep so far.
    busy_ms: i64,
}

/// What it is, and its name.
type Key = (&'static str, String);

async fn look(client: &Client, brokers: &[HostPort]) -> Result<BTreeMap<Key, Numbers>, AdminError> {
    let mut seen: BTreeMap<Key, Numbers> = BTreeMap::new();
    for broker in brokers {
        let facts = runtime(client, broker).await?;
        let all = seen.entry(("broker", broker.to_string())).or_default();
        all.put = count(&facts, "msgPutTotalTodayNow");
        all.got = count(&facts, "msgGetTotalTodayNow");
        for (key, _) in facts.table.iter() {
            if let Some(core) = key.strip_prefix("coreBusyMillis_") {
                let name = format!("{broker} core {core}");
                seen.entry(("core", name)).or_default().busy_ms = count(&facts, key);
            }
        }
        let names = user_topics(client, broker, false).await?.topics;
        for (topic, _) in names.iter().take(TOP_TOPICS_MAX) {
            let found = topics::offsets(client, broker, topic).await?;
            let numbers = seen.entry(("topic", topic.clone())).or_default();
            numbers.put += found.offsets.iter().map(|(_, offset)| offset.max_offset).sum::<i64>();
        }
        for (group, stats) in all_lags(client, broker, false).await? {
            let numbers = seen.entry(("group", group)).or_default();
            for (_, state) in stats.offsets.iter() {
                numbers.got += state.consumer_offset;
                numbers.lag += offsets::lag(state);
            }
        }
    }
    Ok(seen)
}

async fn top(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let brokers = client.masters(&words.target()).await?;
    let began = clock::now();
    let before = look(client, &brokers).await?;
    let interval = words.number("interval").and_then(|seconds| u64::try_from(seconds).ok());
    clock::sleep(Duration::from_secs(interval.unwrap_or(2))).await;
    let seconds = began.elapsed().as_secs_f64();
    let now = look(client, &brokers).await?;
    let rows = usize::try_from(words.number("rows").unwrap_or(20)).unwrap_or(usize::MAX);
    Ok(report(&before, now, seconds, rows))
}

/// Brokers and cores all of them; of topics and groups those with the most messages and lag.
fn report(
    before: &BTreeMap<Key, Numbers>,
    now: BTreeMap<Key, Numbers>,
    seconds: f64,
    rows: usize,
) -> Report {
    let mut report = Report::new(&["what", "name", "in_rate", "out_rate", "lag", "busy_percent"]);
    let mut kinds: BTreeMap<usize, Vec<(i64, Vec<Value>)>> = BTreeMap::new();
    for (key, numbers) in now {
        let earlier = before.get(&key).copied().unwrap_or(numbers);
        let moved = [numbers.put - earlier.put, numbers.got - earlier.got];
        let busy = numbers.busy_ms - earlier.busy_ms;
        let rate = |count: i64| Value::from(per_second(count, seconds));
        let (what, name) = key;
        let mut row = vec![what.into(), name.into()];
        let (place, cells) = match what {
            "broker" => (0, [rate(moved[0]), rate(moved[1]), Value::Null, Value::Null]),
            "core" => {
                let percent = (per_second(busy, seconds) / 10.0).min(100.0);
                (1, [Value::Null, Value::Null, Value::Null, percent.into()])
            }
            "topic" => (2, [rate(moved[0]), Value::Null, Value::Null, Value::Null]),
            _ => (3, [Value::Null, rate(moved[1]), numbers.lag.into(), Value::Null]),
        };
        row.extend(cells);
        let weight = moved[0].saturating_add(moved[1]).saturating_add(numbers.lag);
        kinds.entry(place).or_default().push((weight, row));
    }
    for (place, mut all) in kinds {
        let busiest = if place < 2 { usize::MAX } else { rows };
        if place >= 2 {
            all.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
        }
        all.into_iter().take(busiest).for_each(|(_, row)| report.push(row));
    }
    report
}

#[expect(clippy::cast_precision_loss, reason = "for people; exact up to 2^53")]
fn per_second(count: i64, seconds: f64) -> f64 {
    if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
}
