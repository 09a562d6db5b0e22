//! Clusters.

use crate::config::address::HostPort;
use crate::protocol::Command;
use crate::protocol::body::KeyValues;
use crate::protocol::code::request;
use crate::protocol::fastjson::from_slice;

use super::client::{self, AdminError, Client};
use super::report::Report;
use super::send::send_times;
use super::words::{CLUSTER, COUNTS, Kind, NUMBERS, Need, UNUSED, Verb, Word, Words};

const INTERVAL: Word = Word::new(
    ("interval", 'i', "interval"),
    COUNTS,
    Need::Option,
    "Show it again every so many seconds",
);

pub(super) const VERBS: &[Verb] = &[
    Verb {
        path: "cluster list",
        java: "clusterList",
        about: "List clusters and their brokers",
        words: &[
            Word::new(
                ("totals", 'm', "moreStats"),
                Kind::Switch,
                Need::Option,
                "Messages in and out of today and yesterday instead of rates",
            ),
            INTERVAL,
            Word { help: "Only this cluster", ..CLUSTER },
        ],
        danger: "",
        run: |client, words| Box::pin(list(client, words)),
    },
    Verb {
        path: "cluster send-times",
        java: "clusterRT",
        about: "Send messages to every broker and show how long that takes",
        words: &[
            Word::new(("amount", 'a', "amount"), COUNTS, Need::Default("100"), "Messages"),
            Word::new(("size", 's', "size"), NUMBERS, Need::Default("128"), "Bytes of each"),
            Word::new(("cluster", 'c', "cluster"), Kind::Text, Need::Option, "Only this cluster"),
            Word::new(("log", 'p', "printLog"), Kind::Truth, Need::Option, UNUSED),
            Word::new(("room", 'm', "machineRoom"), Kind::Text, Need::Option, UNUSED),
            Word { help: "Do it again every so many seconds", ..INTERVAL },
        ],
        danger: "",
        run: |client, words| Box::pin(round_trips(client, words)),
    },
];

/// What a broker says of itself.
pub(super) async fn runtime(client: &Client, broker: &HostPort) -> Result<KeyValues, AdminError> {
    let request = Command::request(request::GET_BROKER_RUNTIME_INFO);
    Ok(from_slice(&client.ask(broker, request).await?.body)?)
}

/// The first of up to three rates in a text.
pub(super) fn rate(runtime: &KeyValues, key: &str) -> f64 {
    let text = runtime.table.get(key).map(String::as_str).unwrap_or_default();
    text.split(' ').next().and_then(|first| first.parse().ok()).unwrap_or(0.0)
}

/// A counter.
pub(super) fn count(runtime: &KeyValues, key: &str) -> i64 {
    runtime.table.get(key).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// Messages of a day: what was counted at its end less what was counted at its start.
fn between(runtime: &KeyValues, way: &str, start: &str, end: &str) -> i64 {
    let [start, end] = [start, end].map(|when| count(runtime, &format!("msg{way}Total{when}")));
    end.saturating_sub(start)
}

/// Clusters by name, brokers by name, members by id.
async fn list(client: &Client, words: &Words) -> Result<Report, AdminError> {
    const NAMES: [&str; 4] = ["cluster", "broker", "id", "address"];
    let rates = ["version", "in_rate", "out_rate", "oldest_at", "disk", "active"];
    let totals = ["in_yesterday", "out_yesterday", "in_today", "out_today"];
    let more = words.has("totals");
    let columns = if more { totals.as_slice() } else { rates.as_slice() };
    let mut report = Report::new(&[&NAMES, columns].concat());
    for (cluster, broker, id, address) in client.members(words.get("cluster")).await? {
        let facts = runtime(client, &client::place(&address)?).await?;
        let text = |key: &str| facts.table.get(key).cloned().unwrap_or_default();
        let (yesterday, today) = ("YesterdayMorning", "TodayMorning");
        let mut row = vec![cluster.into(), broker.into(), id.into(), address.into()];
        match more {
            true => row.extend([
                between(&facts, "Put", yesterday, today).into(),
                between(&facts, "Get", yesterday, today).into(),
                between(&facts, "Put", today, "TodayNow").into(),
                between(&facts, "Get", today, "TodayNow").into(),
            ]),
            false => row.extend([
                text("brokerVersionDesc").into(),
                rate(&facts, "putTps").into(),
                rate(&facts, "getTransferredTps").into(),
                count(&facts, "earliestMessageTimeStamp").into(),
                text("commitLogDiskRatio").into(),
                text("brokerActive").into(),
            ]),
        }
        report.push(row);
    }
    Ok(report)
}

/// To the topic that every broker has under its own name.
async fn round_trips(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let mut report = Report::new(&["cluster", "broker", "sent", "failed", "average_ms"]);
    let (amount, size) = (words.small("amount"), words.number("size"));
    for (cluster, broker, id, address) in client.members(words.get("cluster")).await? {
        if id != 0 {
            continue;
        }
        let place = client::place(&address)?;
        let times = send_times(client, &place, &broker, amount.unwrap_or(0), size.unwrap_or(0));
        let times = times.await?;
        let fine: Vec<f64> = times.iter().filter_map(|one| one.ms).collect();
        let average =
            fine.iter().sum::<f64>() / f64::from(u32::try_from(fine.len()).unwrap_or(0).max(1));
        let failed = times.len() - fine.len();
        report.push(vec![
            cluster.into(),
            broker.into(),
            fine.len().into(),
            failed.into(),
            average.into(),
        ]);
    }
    Ok(report)
}
