//! What is said: for people, and as JSON.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Value, json};

use super::change::{Change, Outcome, Reverted};
use super::device;
use super::knob::By;
use super::survey::{Found, Row, Survey, Verdict};
use super::tree::Tree;

/// The page of `check`: for each knob what is found, what is wanted, why, and who says so. Rows of
/// one knob that stand alike are one entry, so that 128 cores are not 128 entries.
pub fn page(survey: &Survey) -> String {
    let mut text: String = survey.notes.iter().map(|note| format!("{note}\n")).collect();
    let alike = |left: &Row, right: &Row| {
        let same = left.knob.name == right.knob.name && left.wanted == right.wanted;
        same && found(left) == found(right)
    };
    for rows in survey.rows.chunk_by(alike) {
        let Some(row) = rows.first() else { continue };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\n{:<10} {}", word(row.verdict()), names(rows));
        let _ = writeln!(text, "  found    {}", found(row));
        let _ = writeln!(text, "  wanted   {}", row.wanted);
        let _ = writeln!(text, "  why      {}", row.knob.why);
        let _ = writeln!(text, "  source   {}", row.knob.source);
        if let (Verdict::Differs, By::Hand(how)) = (row.verdict(), row.knob.by) {
            let _ = writeln!(text, "  by hand  {how}");
        }
    }
    let count = |verdict| survey.rows.iter().filter(|row| row.verdict() == verdict).count();
    let _ = writeln!(
        text,
        "\n{} as wanted, {} not, {} not on this machine, {} cannot be read",
        count(Verdict::Good),
        count(Verdict::Differs),
        count(Verdict::Absent),
        count(Verdict::Unreadable),
    );
    text
}

/// The same as JSON, a row for each file.
pub fn json(survey: &Survey) -> String {
    let row = |row: &Row| {
        json!({
            "knob": row.knob.name,
            "subject": row.subject,
            "path": row.path,
            "verdict": word(row.verdict()),
            "found": match &row.found {
                Found::Value { value, .. } => Value::from(value.as_str()),
                _ => Value::Null,
            },
            "wanted": row.wanted.to_string(),
            "why": row.knob.why,
            "source": row.knob.source,
            "byHand": match row.knob.by {
                By::Hand(how) => Value::from(how),
                By::Apply => Value::Null,
            },
        })
    };
    let rows: Vec<Value> = survey.rows.iter().map(row).collect();
    format!("{:#}\n", json!({ "notes": survey.notes, "rows": rows }))
}

/// What came of changes, a line each.
pub fn changes(changes: &[Change]) -> String {
    let line = |change: &Change| {
        let Change { name, from, to, .. } = change;
        match &change.outcome {
            Outcome::Done => format!("changed  {name}: {from} -> {to}\n"),
            Outcome::Would => format!("would    {name}: {from} -> {to}\n"),
            Outcome::Gone => format!("gone     {name}\n"),
            Outcome::ByHand(how) => format!("by hand  {name}: {from}; {how}\n"),
            Outcome::Kept(now) => format!("skipped  {name}: asked for {to}, it stays {now}\n"),
            Outcome::Refused(why) => format!("skipped  {name}: {from}, not {to}: {why}\n"),
        }
    };
    match changes.is_empty() {
        true => "nothing to change\n".to_owned(),
        false => changes.iter().map(line).collect(),
    }
}

/// The same as JSON.
pub fn changes_json(changes: &[Change]) -> String {
    let row = |change: &Change| {
        let (outcome, why) = match &change.outcome {
            Outcome::Done => ("changed", None),
            Outcome::Would => ("would", None),
            Outcome::Gone => ("gone", None),
            Outcome::ByHand(how) => ("byHand", Some(*how)),
            Outcome::Kept(now) => ("skipped", Some(now.as_str())),
            Outcome::Refused(why) => ("skipped", Some(why.as_str())),
        };
        let Change { name, path, from, to, .. } = change;
        json!({
            "name": name, "path": path, "from": from, "to": to, "outcome": outcome, "why": why,
        })
    };
    format!("{:#}\n", changes.iter().map(row).collect::<Value>())
}

/// What came of a revert.
pub fn reverted(reverted: &Reverted) -> String {
    match reverted {
        Reverted::Nothing => "nothing is recorded, so there is nothing to revert\n".to_owned(),
        Reverted::Restarted => "the machine has started anew since the record was made, and what \
                                was set went with that; nothing to revert\n"
            .to_owned(),
        Reverted::Files(files) => changes(files),
    }
}

/// What the kernel says of the disks under a store: a line each.
pub fn disks(tree: &dyn Tree, store: &Path) -> Vec<String> {
    let line = |disk: String| {
        let of = |name: &str| {
            let text = tree.read(&format!("/sys/block/{disk}/queue/{name}"));
            text.map_or_else(|_| "unknown".to_owned(), |text| text.trim().to_owned())
        };
        let fua = match of("fua").as_str() {
            "1" => "writes through it (FUA)",
            _ => "no FUA: a synced write flushes all of it",
        };
        let (cache, rotates) = (of("write_cache"), of("rotational"));
        format!("disk {disk}: cache {cache}, {fua}; rotational {rotates}")
    };
    device::disks(tree, store).into_iter().map(line).collect()
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Differs => "DIFFERS",
        Verdict::Shown => "shown",
        Verdict::Absent => "absent",
        Verdict::Unreadable => "unreadable",
    }
}

/// Name and subjects of rows that stand alike.
fn names(rows: &[Row]) -> String {
    match rows {
        [first, .., last] => {
            let (first, last) = (first.name(), &last.subject);
            format!("{first} to {last} ({} of them)", rows.len())
        }
        rows => rows.iter().map(Row::name).collect(),
    }
}

fn found(row: &Row) -> String {
    match &row.found {
        Found::Absent => "not on this machine".to_owned(),
        Found::Unreadable(kind) => format!("cannot be read: {kind}"),
        Found::Value { text, value } if row.verdict() == Verdict::Absent => {
            format!("{value} (offered: {})", text.trim())
        }
        Found::Value { value, .. } => value.clone(),
    }
}
