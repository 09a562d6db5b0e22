//! `ringmq store`: looking at a store that no broker runs on.

use std::cell::Cell;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Map, Value, json};

use crate::message::id::OffsetId;
use crate::message::properties::Properties;
use crate::message::record::{Host, Record};
use crate::rt::clock;
use crate::rt::spawn::{self, Core, CorePlan, Cores};
use crate::store::OpenError;
use crate::store::inspect::check::{Progress, check};
use crate::store::inspect::dump::dump;
use crate::store::inspect::{Closed, Findings};

use super::args::store::{CheckArgs, DumpArgs, StorePlace, StoreWords};
use super::exit::StartFailure;
use super::{say, start};

/// How often a long check says how far it is.
const SAY_EVERY: Duration = Duration::from_secs(1);

/// Does what the words say, on one core.
///
/// # Errors
/// There is no store, a broker runs on it, it cannot be read, or it has faults.
pub fn run(words: &StoreWords) -> Result<(), StartFailure> {
    let outcome = Arc::new(OnceLock::new());
    let (report, words) = (outcome.clone(), words.clone());
    spawn::run_cores(CorePlan::new(Cores::Count(1))?, move |_core: Core<()>| async move {
        let ended = match &words {
            StoreWords::Check(args) => run_check(args).await,
            StoreWords::Dump(args) => run_dump(args).await,
        };
        // There is one core: nobody else reports.
        let _ = report.set(ended);
    })?;
    match Arc::into_inner(outcome).and_then(OnceLock::into_inner) {
        Some(ended) => ended,
        None => unreachable!("the core reports before it ends"),
    }
}

async fn open(place: &StorePlace) -> Result<Closed, StartFailure> {
    let path = &place.directory;
    let opened = Closed::open(path, place.layout()).await;
    let opened = opened.map_err(|error| unreadable(path, error))?;
    opened.ok_or_else(|| StartFailure::StoreMissing { path: path.clone() })
}

fn unreadable(path: &Path, error: OpenError) -> StartFailure {
    match error {
        OpenError::Io { path, source } => StartFailure::StoreUnreadable { path, source },
        other => start::open_failure(path, other),
    }
}

async fn run_check(args: &CheckArgs) -> Result<(), StartFailure> {
    let path = &args.place.directory;
    let store = open(&args.place).await?;
    let said = Cell::new(clock::now());
    let checked = check(&store, args.faults, |progress| {
        if said.get().elapsed() >= SAY_EVERY {
            said.set(clock::now());
            say(true, progress_line(progress));
        }
    });
    let findings = checked.await.map_err(|error| unreadable(path, error))?;
    say(false, summary(path, &findings));
    match findings.fault_count {
        0 => Ok(()),
        count => Err(StartFailure::StoreFaults { path: path.clone(), count }),
    }
}

fn progress_line(progress: Progress) -> String {
    let Progress { shard, at, of } = progress;
    let mib = |bytes: u64| bytes >> 20;
    format!("shard {}: {} of at most {} MiB\n", shard.0, mib(at), mib(of))
}

fn summary(path: &Path, findings: &Findings) -> String {
    let line = |mark: &str, text: &String| format!("{mark}: {text}\n");
    let notes: String = findings.notes.iter().map(|text| line("note", text)).collect();
    let faults: String = findings.faults.iter().map(|text| line("fault", text)).collect();
    let Findings { records, bytes, units, entries, fault_count, .. } = findings;
    format!(
        "{notes}{faults}{}: {records} records of {bytes} bytes, {units} units, {entries} index \
         entries, {fault_count} faults\n",
        path.display()
    )
}

async fn run_dump(args: &DumpArgs) -> Result<(), StartFailure> {
    let path = &args.place.directory;
    let store = open(&args.place).await?;
    let mut left = args.count.unwrap_or(u64::MAX);
    let mut out = std::io::BufWriter::new(std::io::stdout());
    let select = args.select();
    let dumped = dump(&store, &select, |record, size| {
        // A reader that went away has enough.
        let gone = writeln!(out, "{}", object(record, size, args.body_bytes)).is_err();
        left -= 1;
        left > 0 && !gone
    });
    let any = dumped.await.map_err(|error| unreadable(path, error))?;
    let _gone = out.flush();
    match any {
        true => Ok(()),
        false => Err(StartFailure::RecordMissing { path: path.clone() }),
    }
}

/// A record as one JSON object.
fn object(record: &Record<'_>, size: u32, body_bytes: usize) -> Value {
    let properties = Properties::new(record.properties).iter();
    let properties: Map<String, Value> =
        properties.map(|(name, value)| (name.to_owned(), value.into())).collect();
    let mut object = json!({
        "physicalOffset": record.physical_offset.0,
        "size": size,
        "offsetMsgId": OffsetId::new(record.store_host, record.physical_offset).as_str(),
        "topic": record.topic,
        "queueId": record.queue_id,
        "queueOffset": record.queue_offset.0,
        "flag": record.flag,
        "sysFlag": record.sys_flag,
        "bornTimestamp": record.born_at.0,
        "bornHost": host(record.born_host),
        "storeTimestamp": record.stored_at.0,
        "storeHost": host(record.store_host),
        "reconsumeTimes": record.reconsume_times,
        "preparedTransactionOffset": record.prepared_transaction_offset,
        "properties": properties,
        "bodyBytes": record.body.len(),
    });
    let (key, body) = body(record.body, body_bytes);
    if let Value::Object(members) = &mut object {
        members.insert(key.to_owned(), body.into());
    }
    object
}

/// The front of a body, and what it is called: text, or base64 of what is none.
fn body(body: &[u8], bytes_max: usize) -> (&'static str, String) {
    let front = body.get(..bytes_max).unwrap_or(body);
    match std::str::from_utf8(front) {
        Ok(text) => ("body", text.to_owned()),
        // Cut within a character.
        Err(error) if error.error_len().is_none() && front.len() < body.len() => {
            let whole = front.get(..error.valid_up_to()).unwrap_or_default();
            ("body", String::from_utf8_lossy(whole).into_owned())
        }
        Err(_) => ("bodyBase64", BASE64.encode(front)),
    }
}

fn host(host: Host) -> String {
    match host.ip {
        std::net::IpAddr::V4(ip) => format!("{ip}:{}", host.port),
        std::net::IpAddr::V6(ip) => format!("[{ip}]:{}", host.port),
    }
}
