//! Rounds through all consumer groups (Java: `MonitorService`): which are behind, and which of
//! their members stand still. Unlike Java's, a round says only what is beyond the thresholds, and
//! every group is looked at, with a retry topic or without. Nothing is read of the topic
//! `OFFSET_MOVED_EVENT`, since brokers write nothing there any more.

use std::collections::BTreeMap;

use crate::config::address::HostPort;
use crate::protocol::body::running::{ProcessQueue, RunningInfo};
use crate::rt::clock;

use super::brokers::all_lags;
use super::client::{AdminError, Client};
use super::groups::{connections, running};
use super::offsets::lag;
use super::report::Report;
use super::words::{BROKER, CLUSTER, COUNTS, NUMBERS, Need, Verb, Word, Words};

/// How long a member may hold messages without consuming any (Java: `analyzeProcessQueue`).
const STILL_MS: i64 = 60_000;
/// How long members may differ in what they subscribe to, as while an application is replaced
/// (Java: `analyzeSubscription`).
const REPLACED_MS: i64 = 120_000;

pub(super) const VERBS: &[Verb] = &[Verb {
    path: "monitor",
    java: "startMonitoring",
    about: "Show, round after round, which groups are behind and which members stand still",
    words: &[
        Word::long("interval", COUNTS, Need::Default("60"), "Seconds between two rounds"),
        Word::long("rounds", COUNTS, Need::Option, "End after so many; else it goes on"),
        Word::long("level", NUMBERS, Need::Default("1"), "Show lags from so many messages on"),
        Word::long("delay", NUMBERS, Need::Default("0"), "... that are so many seconds old"),
        BROKER,
        CLUSTER,
    ],
    danger: "",
    run: |client, words| Box::pin(round(client, words)),
}];

/// How far a group is behind in a topic.
#[derive(Clone, Copy, Default)]
struct Behind {
    total: i64,
    largest: i64,
    /// Time since the message that was consumed last was stored.
    delay_ms: i64,
}

/// The delay of a group that has consumed nothing that is still there.
const FOREVER: i64 = i64::MAX;

/// The age of the message that was consumed last.
fn age(stored: i64, now: i64) -> i64 {
    if stored > 0 { (now - stored).max(0) } else { FOREVER }
}

async fn round(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let now = clock::wall_ms().0;
    let mut behind: BTreeMap<(String, String), Behind> = BTreeMap::new();
    let mut groups: BTreeMap<String, HostPort> = BTreeMap::new();
    for broker in client.masters(&words.target()).await? {
        for is_order in [false, true] {
            for (group, stats) in all_lags(client, &broker, is_order).await? {
                groups.entry(group.clone()).or_insert_with(|| broker.clone());
                for (queue, state) in stats.offsets {
                    let undone = lag(&state).max(0);
                    let sum = behind.entry((group.clone(), queue.topic)).or_default();
                    sum.total += undone;
                    sum.largest = sum.largest.max(undone);
                    if undone > 0 {
                        sum.delay_ms = sum.delay_ms.max(age(state.last_timestamp, now));
                    }
                }
            }
        }
    }
    let mut report = Report::new(&[
        "looked_at",
        "group",
        "topic",
        "undone",
        "undone_in_one_queue",
        "delay_ms",
        "notice",
    ]);
    let level = words.number("level").unwrap_or(1);
    let delay_ms = words.number("delay").unwrap_or(0).saturating_mul(1000);
    let shown = |one: &Behind| one.total >= level && one.delay_ms >= delay_ms;
    for ((group, topic), one) in behind.into_iter().filter(|(_, one)| shown(one)) {
        report.push(vec![
            now.into(),
            group.into(),
            topic.into(),
            one.total.into(),
            one.largest.into(),
            Some(one.delay_ms).filter(|age| *age < FOREVER).into(),
            None::<&str>.into(),
        ]);
    }
    for (group, broker) in groups {
        for (topic, notice) in notices(client, &broker, &group, now).await? {
            let mut row = vec![now.into(), group.as_str().into(), topic.into()];
            row.extend([None::<i64>.into(), None::<i64>.into(), None::<i64>.into()]);
            row.push(notice.into());
            report.push(row);
        }
    }
    Ok(report)
}

/// What is wrong with the members of a group, by topic.
async fn notices(
    client: &Client,
    broker: &HostPort,
    group: &str,
    now: i64,
) -> Result<Vec<(Option<String>, String)>, AdminError> {
    let mut notices = Vec::new();
    let mut members = Vec::new();
    let found = connections(client, broker, group).await?;
    for one in found.map(|found| found.connections).unwrap_or_default() {
        match running(client, broker, (group, &one.client_id), false).await {
            Ok(info) => members.push((one.client_id, info)),
            // It may have gone since.
            Err(error) => {
                notices.push((None, format!("{} does not answer: {error}", one.client_id)))
            }
        }
    }
    members.retain(|(_, info)| property(info, "PROP_CONSUME_TYPE") == Some("CONSUME_PASSIVELY"));
    if differ(&members, now) {
        notices.push((None, "its members subscribe to different things".to_owned()));
    }
    for (client_id, info) in &members {
        let is_orderly = property(info, "PROP_CONSUMEORDERLY") == Some("true");
        for (queue, state) in info.queues.iter() {
            let Some(fault) = fault(state, is_orderly, now) else { continue };
            let (topic, at) = (queue.topic.clone(), (&queue.broker_name, queue.queue_id));
            notices.push((Some(topic), format!("{client_id} {} {}: {fault}", at.0, at.1)));
        }
    }
    Ok(notices)
}

fn property<'a>(info: &'a RunningInfo, name: &str) -> Option<&'a str> {
    info.properties.get(name).map(String::as_str)
}

/// Whether members that are there for a while subscribe to different things.
fn differ(members: &[(String, RunningInfo)], now: i64) -> bool {
    let Some((_, first)) = members.first() else { return false };
    let started = property(first, "PROP_CONSUMER_START_TIMESTAMP").and_then(|ms| ms.parse().ok());
    let is_settled = started.is_some_and(|started: i64| now - started > REPLACED_MS);
    let wanted = |info: &RunningInfo| {
        let one = info.subscriptions.iter();
        let one = one.map(|data| (data.topic.clone(), data.expression.clone()));
        one.collect::<BTreeMap<_, _>>()
    };
    is_settled && members.iter().any(|(_, info)| wanted(info) != wanted(first))
}

/// What is wrong with a queue that a member holds.
fn fault(state: &ProcessQueue, is_orderly: bool, now: i64) -> Option<String> {
    let still_ms = now - state.last_consume_timestamp;
    match is_orderly {
        true if !state.locked => {
            Some(format!("not locked for {} ms", now - state.last_lock_timestamp))
        }
        true if state.dropped && state.unlock_tries > 0 => {
            Some(format!("tried {} times to unlock it", state.unlock_tries))
        }
        false if still_ms > STILL_MS && state.cached_messages > 0 => {
            let cached = state.cached_messages;
            Some(format!("{cached} messages, and none consumed for {still_ms} ms"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::body::subscription::SubscriptionData;

    const NOW: i64 = 1_000_000;

    #[test]
    fn a_member_that_stands_still_is_told() {
        let busy = ProcessQueue {
            cached_messages: 3,
            last_consume_timestamp: NOW - STILL_MS,
            ..ProcessQueue::default()
        };
        assert_eq!(fault(&busy, false, NOW), None);
        let still = fault(&busy, false, NOW + 1).unwrap();
        assert_eq!(still, "3 messages, and none consumed for 60001 ms");
        let empty = ProcessQueue { cached_messages: 0, ..busy };
        assert_eq!(fault(&empty, false, NOW * 2), None);
    }

    #[test]
    fn an_orderly_member_without_its_lock_is_told() {
        let lost = ProcessQueue { last_lock_timestamp: NOW - 7, ..ProcessQueue::default() };
        assert_eq!(fault(&lost, true, NOW).unwrap(), "not locked for 7 ms");
        let held = ProcessQueue { locked: true, ..lost.clone() };
        assert_eq!(fault(&held, true, NOW), None);
        let stuck = ProcessQueue { dropped: true, unlock_tries: 2, ..held };
        assert_eq!(fault(&stuck, true, NOW).unwrap(), "tried 2 times to unlock it");
    }

    #[test]
    fn members_may_differ_for_a_while() {
        let member = |expression: &str| {
            let started = ("PROP_CONSUMER_START_TIMESTAMP".to_owned(), "0".to_owned());
            let subscription = SubscriptionData {
                topic: "T".to_owned(),
                expression: Some(expression.to_owned()),
                ..SubscriptionData::default()
            };
            let info = RunningInfo {
                properties: [started].into_iter().collect(),
                subscriptions: vec![subscription],
                ..RunningInfo::default()
            };
            ("c".to_owned(), info)
        };
        let same = [member("A"), member("A")];
        let other = [member("A"), member("B")];
        assert!(!differ(&same, REPLACED_MS + 1) && differ(&other, REPLACED_MS + 1));
        assert!(!differ(&other, REPLACED_MS) && !differ(&[], NOW));
    }
}
