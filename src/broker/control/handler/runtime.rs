//! GET_BROKER_RUNTIME_INFO 28: counters and gauges as a table of texts.

use std::path::Path;

use crate::broker::control::answer::Outcome;
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts::{self, LogState};
use crate::broker::control::handler::{json, text_table};
use crate::broker::control::history::Broker;
use crate::broker::core::Core;
use crate::broker::probe::{PUT_BUCKETS, Totals};
use crate::protocol::body::KeyValues;
use crate::protocol::version;
use crate::rt::{clock, counts as ring_counts, disk};

/// The table; keys in the order in which they are described in Java.
type Rows = Vec<(String, String)>;

/// Everything that tools read or print. What a queue of threads would say is 0 here: requests do
/// not wait for threads.
pub async fn info(asked: &Asked<'_>) -> Outcome {
    let totals = facts::totals(asked.core).await;
    let log = facts::log(asked.core).await;
    let mut rows = Rows::new();
    broker(asked, &mut rows);
    counts(asked, &totals, &mut rows);
    rates(asked, &totals, &mut rows);
    waiting(asked, &mut rows);
    if let Some(log) = log {
        store(&log, &mut rows);
    }
    cores(asked, &mut rows).await;
    schedule(asked, &mut rows).await;
    disks(asked, &mut rows).await;
    Ok(json(&KeyValues { table: text_table(rows) }))
}

fn row(rows: &mut Rows, key: &str, value: impl ToString) {
    rows.push((key.to_owned(), value.to_string()));
}

fn broker(asked: &Asked<'_>, rows: &mut Rows) {
    let (since, at) = asked.control.booted;
    let seconds = clock::now().since(since).as_secs();
    row(rows, "bootTimestamp", at.0);
    row(rows, "brokerActive", !asked.control.stopping.get());
    row(rows, "brokerVersion", version::OURS);
    row(rows, "brokerVersionDesc", version::name(version::OURS));
    row(rows, "runtime", run_time(seconds));
    let accepts_from = asked.control.config().sends.accept_from.0;
    row(rows, "startAcceptSendRequestTimeStamp", accepts_from);
}

fn counts(asked: &Asked<'_>, totals: &Totals, rows: &mut Rows) {
    let mornings = asked.control.history.borrow().mornings();
    row(rows, "msgPutTotalYesterdayMorning", mornings.put_yesterday);
    row(rows, "msgPutTotalTodayMorning", mornings.put_today);
    row(rows, "msgPutTotalTodayNow", totals.put.messages);
    row(rows, "msgGetTotalYesterdayMorning", mornings.got_yesterday);
    row(rows, "msgGetTotalTodayMorning", mornings.got_today);
    row(rows, "msgGetTotalTodayNow", totals.found.messages);
    row(rows, "putMessageTimesTotal", totals.put.messages);
    row(rows, "putMessageFailedTimes", totals.put_failed);
    row(rows, "putMessageSizeTotal", totals.put.bytes);
    let average = average(totals.put.bytes, totals.put.messages);
    row(rows, "putMessageAverageSize", format!("{average:?}"));
    row(rows, "putMessageEntireTimeMax", totals.put_ms_max);
    row(rows, "getMessageEntireTimeMax", totals.get_ms_max);
    let buckets = PUT_BUCKETS.iter().zip(totals.put_times);
    let buckets: String = buckets.map(|((_, name), count)| format!("{name}:{count} ")).collect();
    row(rows, "putMessageDistributeTime", buckets);
    row(rows, "putLatency99", format!("{:.2}", quantile(totals, 99.0)));
    row(rows, "putLatency999", format!("{:.2}", quantile(totals, 99.9)));
}

fn rates(asked: &Asked<'_>, totals: &Totals, rows: &mut Rows) {
    let history = asked.control.history.borrow();
    let now = clock::now();
    let mut rate = |key, what| row(rows, key, history.rates(what, totals, now));
    rate("putTps", Broker::Put);
    rate("getFoundTps", Broker::Found);
    rate("getMissTps", Broker::Missed);
    rate("getTotalTps", Broker::Pulls);
    rate("getTransferredTps", Broker::Delivered);
    // 4.9 spells it so, and its clusterList fails without.
    rate("getTransferedTps", Broker::Delivered);
}

fn waiting(asked: &Asked<'_>, rows: &mut Rows) {
    let config = asked.control.config();
    for (name, capacity) in [
        ("send", config.sends.waiting_max),
        ("pull", config.pulls.waiting_max),
        ("litePull", config.pulls.waiting_max),
        ("query", JAVA_QUERY_QUEUE),
        ("ack", JAVA_ACK_QUEUE),
    ] {
        row(rows, &format!("{name}ThreadPoolQueueSize"), 0);
        row(rows, &format!("{name}ThreadPoolQueueCapacity"), capacity);
        row(rows, &format!("{name}ThreadPoolQueueHeadWaitTimeMills"), 0);
    }
    row(rows, "EndTransactionQueueSize", 0);
    row(rows, "EndTransactionThreadPoolQueueCapacity", JAVA_ACK_QUEUE);
    row(rows, "pageCacheLockTimeMills", 0);
    row(rows, "dispatchMaxBuffer", 0);
    row(rows, "remainTransientStoreBufferNumbs", i32::MAX);
    for key in ["timerReadBehind", "timerOffsetBehind", "timerCongestNum"] {
        row(rows, key, 0);
    }
    row(rows, "timerEnqueueTps", "0.0");
    row(rows, "timerDequeueTps", "0.0");
}

fn store(log: &LogState, rows: &mut Rows) {
    row(rows, "commitLogMinOffset", log.start.0);
    row(rows, "commitLogMaxOffset", log.end.0);
    row(rows, "dispatchBehindBytes", log.undispatched_bytes);
    row(rows, "remainHowManyDataToFlush", bytes_text(log.unsynced_bytes));
    row(rows, "earliestMessageTimeStamp", log.earliest.map_or(-1, |time| time.0));
}

/// Per core the time that it did not sleep: RingMQ's own, for `ringmq admin top`.
async fn cores(asked: &Asked<'_>, rows: &mut Rows) {
    let busy = |core: &Core| (core.id, ring_counts::of_this_core().busy().as_millis());
    let mut all = facts::each_other(asked.core, move |there| async move { busy(&there) }).await;
    all.push(busy(asked.core));
    all.sort_unstable();
    for (core, millis) in all {
        row(rows, &format!("coreBusyMillis_{}", core.0), millis);
    }
}

/// Per delay level with messages, up to where they are delivered and where they end.
async fn schedule(asked: &Asked<'_>, rows: &mut Rows) {
    asked.control.ask_delays(asked.core).await;
    for (level, offset, end) in asked.control.delays.borrow().iter() {
        row(rows, &format!("scheduleMessageOffset_{level}"), format!("{offset},{end}"));
    }
}

async fn disks(asked: &Asked<'_>, rows: &mut Rows) {
    let config = asked.control.config();
    let root = used(&config.store.root).await;
    // With several shards there is no such directory: they are below the root.
    let log = used(&config.store.commit_log).await.or(root);
    if let Some((ratio, total, free)) = log {
        let capacity = format!("Total : {}, Free : {}.", bytes_text(total), bytes_text(free));
        row(rows, "commitLogDirCapacity", capacity);
        row(rows, "commitLogDiskRatio", format!("{ratio:.2}"));
        let path = config.store.commit_log.display();
        row(rows, &format!("commitLogDiskRatio_{path}"), format!("{ratio:.2}"));
    }
    if let Some((ratio, ..)) = root {
        row(rows, "consumeQueueDiskRatio", format!("{ratio:.2}"));
    }
}

/// Share in use, bytes in all and bytes free of the disk that `path` is on.
async fn used(path: &Path) -> Option<(f64, u64, u64)> {
    let usage = disk::disk_usage(path).await.ok()?;
    let free = usage.total.saturating_sub(usage.used);
    Some((average(usage.used, usage.total), usage.total, free))
}

/// `[ 0 days, 0 hours, 4 minutes, 25 seconds ]`
fn run_time(seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let (minutes, seconds) = (seconds / 60 % 60, seconds % 60);
    format!("[ {days} days, {hours} hours, {minutes} minutes, {seconds} seconds ]")
}

/// `245 B`, `237.8 GiB` (Java: `MessageStoreUtil.toHumanReadable`).
fn bytes_text(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    if bytes < 1024 {
        return format!("{bytes} B");
    }
    let mut amount = average(bytes, 1024);
    let mut unit = UNITS.iter();
    let mut name = unit.next();
    while amount >= 1024.0 {
        match unit.next() {
            Some(larger) => name = Some(larger),
            None => break,
        }
        amount /= 1024.0;
    }
    format!("{amount:.1} {}", name.copied().unwrap_or_default())
}

/// An upper bound, in milliseconds, of what this share of the puts took.
fn quantile(totals: &Totals, percent: f64) -> f64 {
    let all: u64 = totals.put_times.iter().sum();
    let mut so_far = 0;
    for (count, (bound, _)) in totals.put_times.iter().zip(PUT_BUCKETS) {
        so_far += count;
        if all > 0 && average(so_far * 100, all) >= percent {
            return average(bound.min(totals.put_ms_max), 1);
        }
    }
    0.0
}

#[expect(clippy::cast_precision_loss, reason = "for people; exact up to 2^53")]
fn average(sum: u64, count: u64) -> f64 {
    if count == 0 { 0.0 } else { sum as f64 / count as f64 }
}

/// `queryThreadPoolQueueCapacity` as Java has it.
const JAVA_QUERY_QUEUE: usize = 20_000;
/// `ackThreadPoolQueueCapacity` and `endTransactionThreadPoolQueueCapacity` as Java has them.
const JAVA_ACK_QUEUE: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_for_people() {
        assert_eq!(bytes_text(0), "0 B");
        assert_eq!(bytes_text(1023), "1023 B");
        assert_eq!(bytes_text(1024), "1.0 KiB");
        assert_eq!(bytes_text(255_335_596_851), "237.8 GiB");
        assert_eq!(bytes_text(u64::MAX), "16.0 EiB");
        assert_eq!(run_time(265), "[ 0 days, 0 hours, 4 minutes, 25 seconds ]");
        assert_eq!(run_time(90_061), "[ 1 days, 1 hours, 1 minutes, 1 seconds ]");
    }

    #[test]
    fn quantiles_come_from_the_buckets() {
        let mut totals = Totals::default();
        assert_eq!(quantile(&totals, 99.0), 0.0);
        totals.put_times[1] = 999;
        totals.put_times[3] = 1;
        totals.put_ms_max = 70;
        assert_eq!((quantile(&totals, 99.0), quantile(&totals, 99.95)), (10.0, 70.0));
    }
}
