//! The trace that clients leave of a message (Java: `TraceDataEncoder`).

use crate::protocol::Command;
use crate::protocol::code::{request, response};
use crate::protocol::request::query::QueryMessage;

use super::client::{AdminError, Client};
use super::records::{body, records};
use super::report::Report;
use super::words::{COUNTS, Kind, Need, Verb, Word, Words};

const COLUMNS: [&str; 8] =
    ["what", "when_at", "group", "client", "spent_ms", "status", "retries", "id"];

pub(super) const VERBS: &[Verb] = &[Verb {
    path: "message trace",
    java: "queryMsgTraceById",
    about: "Show what clients that trace say of a message",
    words: &[
        Word::new(("id", 'i', "msgId"), Kind::Text, Need::Place, "The sender's id"),
        Word::new(
            ("topic", 't', "traceTopic"),
            Kind::Text,
            Need::Default("RMQ_SYS_TRACE_TOPIC"),
            "Where traces are",
        ),
        Word::new(
            ("begin", 'b', "beginTimestamp"),
            Kind::Moment,
            Need::Option,
            "From this moment on",
        ),
        Word::new(("end", 'e', "endTimestamp"), Kind::Moment, Need::Option, "Up to this moment"),
        Word::new(("count", 'c', "maxNum"), COUNTS, Need::Default("64"), "How many traces at most"),
    ],
    danger: "",
    run: |client, words| Box::pin(trace(client, words)),
}];

async fn trace(client: &Client, words: &Words) -> Result<Report, AdminError> {
    let (topic, id) = (words.text("topic"), words.text("id"));
    let header = QueryMessage {
        topic,
        key: id,
        messages_max: words.small("count").unwrap_or(64),
        begin_timestamp: words.number("begin").unwrap_or(0),
        end_timestamp: words.number("end").filter(|end| *end >= 0).unwrap_or(i64::MAX),
        index_type: Some("K"),
        unique_key: Some(false),
    };
    let mut report = Report::new(&COLUMNS);
    for (_, broker) in client.masters_of(topic).await? {
        let asked = Command::request(request::QUERY_MESSAGE).with_fields(header.to_fields());
        let answer = match client.ask(&broker, asked).await {
            Err(AdminError::Refused { code: response::QUERY_NOT_FOUND, .. }) => continue,
            other => other?,
        };
        for record in records(&answer.body)? {
            let bytes = body(&record);
            let text = String::from_utf8_lossy(&bytes);
            text.split('\u{2}').for_each(|line| step(&mut report, line, id));
        }
    }
    match report.is_empty() {
        true => Err(AdminError::NoSuchMessage { what: id.to_owned() }),
        false => Ok(report),
    }
}

/// One line of a trace, if it is about this message. The places of its fields depend on its kind.
fn step(report: &mut Report, line: &str, id: &str) {
    let fields: Vec<&str> = line.split('\u{1}').collect();
    let at = |place: usize| fields.get(place).copied().unwrap_or_default();
    let number = |place: usize| at(place).parse::<i64>().ok();
    let truth = |place: usize| if at(place) == "true" { "success" } else { "failed" };
    let (own, values) = match at(0) {
        "Pub" => (
            at(5),
            [
                number(1).into(),
                at(3).into(),
                at(8).into(),
                number(10).into(),
                truth(13).into(),
                None::<i64>.into(),
            ],
        ),
        "SubBefore" => (
            at(5),
            [
                number(1).into(),
                at(3).into(),
                at(4).into(),
                None::<i64>.into(),
                "begun".into(),
                number(6).into(),
            ],
        ),
        "SubAfter" => (
            at(2),
            [
                number(7).into(),
                at(8).into(),
                at(1).into(),
                number(3).into(),
                truth(4).into(),
                None::<i64>.into(),
            ],
        ),
        "EndTransaction" => (
            at(5),
            [
                number(1).into(),
                at(3).into(),
                at(8).into(),
                None::<i64>.into(),
                at(11).into(),
                None::<i64>.into(),
            ],
        ),
        "Recall" => (
            at(5),
            [
                number(1).into(),
                at(3).into(),
                "".into(),
                None::<i64>.into(),
                truth(6).into(),
                None::<i64>.into(),
            ],
        ),
        _ => return,
    };
    if own == id {
        let mut row = vec![at(0).into()];
        row.extend(values);
        row.push(own.into());
        report.push(row);
    }
}
