//! `ringmq tune`: what the room [`crate::tune`] finds, changes and measures, said.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use serde_json::{Value, json};

use crate::rt::disk::SyncMethod;
use crate::rt::spawn::{self, Core, CorePlan, Cores};
use crate::tune::change::{self, Reverted};
use crate::tune::probe::{Echoes, Measured, Spread, Synced, probe};
use crate::tune::survey::{Verdict, survey};
use crate::tune::tree::Mounted;
use crate::tune::{TuneError, report};

use super::args::tune::{ApplyArgs, CheckArgs, Format, ProbeArgs, RevertArgs, TuneWords};
use super::exit::{Exit, StartFailure};
use super::say;

/// Does what the words say.
///
/// # Errors
/// The record, the store's directory or a core cannot be used.
pub fn run(words: &TuneWords) -> Result<Exit, StartFailure> {
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    match words {
        TuneWords::Check(args) => Ok(check(args, &directory)),
        TuneWords::Apply(args) => apply(args, &directory),
        TuneWords::Revert(args) => revert(args),
        TuneWords::Probe(args) => measure(args, &directory),
    }
}

fn check(args: &CheckArgs, directory: &Path) -> Exit {
    let found = survey(&Mounted::new(&args.aim.root), &args.aim.aim(directory));
    match args.format {
        Format::Table => say(false, report::page(&found)),
        Format::Json => say(false, report::json(&found)),
    }
    exit(found.rows.iter().all(|row| row.verdict() != Verdict::Differs))
}

fn apply(args: &ApplyArgs, directory: &Path) -> Result<Exit, StartFailure> {
    let tree = Mounted::new(&args.aim.root);
    let found = survey(&tree, &args.aim.aim(directory));
    let state = (!args.change.dry_run).then_some(args.change.state.as_path());
    let changes = change::apply(&tree, &found.rows, state)?;
    match args.change.format {
        Format::Table => say(false, report::changes(&changes)),
        Format::Json => say(false, report::changes_json(&changes)),
    }
    Ok(exit(changes.iter().all(|change| change.outcome.is_good())))
}

fn revert(args: &RevertArgs) -> Result<Exit, StartFailure> {
    let tree = Mounted::new(&args.root);
    let reverted = change::revert(&tree, &args.change.state, args.change.dry_run)?;
    let files = match &reverted {
        Reverted::Files(changes) => changes.as_slice(),
        Reverted::Nothing | Reverted::Restarted => &[],
    };
    match args.change.format {
        Format::Table => say(false, report::reverted(&reverted)),
        Format::Json => say(false, report::changes_json(files)),
    }
    Ok(exit(files.iter().all(|change| change.outcome.is_good())))
}

fn exit(good: bool) -> Exit {
    if good { Exit::Success } else { Exit::NotTuned }
}

fn measure(args: &ProbeArgs, directory: &Path) -> Result<Exit, StartFailure> {
    let store = directory.join(&args.store);
    let cores = match args.cores.as_ref().and_then(|list| list.numbers().first()) {
        Some(core) => Cores::Listed(vec![usize::from(*core)]),
        None => Cores::Count(1),
    };
    let disks = report::disks(&Mounted::new(Path::new("/")), &store);
    let outcome = Arc::new(OnceLock::new());
    let told = outcome.clone();
    spawn::run_cores(CorePlan::new(cores)?, move |_core: Core<()>| async move {
        // There is one core: nobody else reports.
        let _ = told.set(probe(&store).await);
    })?;
    let measured: Result<Measured, TuneError> =
        match Arc::into_inner(outcome).and_then(OnceLock::into_inner) {
            Some(measured) => measured,
            None => unreachable!("the core reports before it ends"),
        };
    let measured = measured?;
    match args.format {
        Format::Table => say(false, page(&disks, &measured, args.shards)),
        Format::Json => say(false, page_json(&disks, &measured, args.shards)),
    }
    Ok(Exit::Success)
}

fn page(disks: &[String], measured: &Measured, shards: u16) -> String {
    let mut text: String = disks.iter().map(|disk| format!("{disk}\n")).collect();
    text += "synced writes, us     write that syncs (DSYNC)    write, then a linked sync\n\
        \x20                             p50       p99               p50       p99\n";
    // Writing to a string cannot fail.
    for Synced { bytes, data_sync, write_then_sync } in &measured.synced {
        let kib = bytes / 1024;
        let (a, b) = (data_sync, write_then_sync);
        let _ = writeln!(
            text,
            "{kib:>16} KiB  {:>12} {:>9}      {:>12} {:>9}",
            a.p50_us, a.p99_us, b.p50_us, b.p99_us
        );
    }
    let Measured { write_mib_s, read_mib_s, .. } = measured;
    let _ = writeln!(text, "sequential, MiB/s   write {write_mib_s}, read {read_mib_s}");
    for Echoes { connections, per_second, took } in &measured.echoes {
        let Spread { p50_us, p99_us } = took;
        let _ = writeln!(
            text,
            "echo of 1 KiB, {connections} in flight: {per_second} a second, p50 {p50_us} us, p99 \
             {p99_us} us (both ends on one core)"
        );
    }
    text + "\n" + &advice(measured, shards)
}

fn advice(measured: &Measured, shards: u16) -> String {
    let method = match measured.sync_method() {
        SyncMethod::DataSync => "the write that syncs (RWF_DSYNC)",
        SyncMethod::WriteThenSync => "a write and a linked fdatasync",
    };
    let sync_us = measured.sync_us();
    let groups = 1_000_000 / sync_us.max(1);
    let cache = match measured.direct {
        true => "past the page cache (O_DIRECT)",
        false => "through the page cache: this file system has no O_DIRECT",
    };
    let segment = measured.segment_bytes(shards);
    format!(
        "Logs are written {cache}.\n\
         Faster for synced commits: {method}. A broker with SYNC_FLUSH tries both when it starts, \
         and takes the faster.\n\
         flushDiskType=SYNC_FLUSH adds some {sync_us} us to a lone send; each shard commits some \
         {groups} groups a second, however many messages are in them.\n\
         mappedFileSizeCommitLog={segment} for {shards} shards: a full disk then has at least 50 \
         segments, and one is what expires at a time (at least 64 MiB).\n"
    )
}

fn page_json(disks: &[String], measured: &Measured, shards: u16) -> String {
    let spread = |spread: &Spread| json!({ "p50Us": spread.p50_us, "p99Us": spread.p99_us });
    let synced = measured.synced.iter().map(|row| {
        json!({
            "bytes": row.bytes,
            "dataSync": spread(&row.data_sync),
            "writeThenSync": spread(&row.write_then_sync),
        })
    });
    let echoes = measured.echoes.iter().map(|row| {
        json!({
            "connections": row.connections,
            "perSecond": row.per_second,
            "took": spread(&row.took),
        })
    });
    let method = match measured.sync_method() {
        SyncMethod::DataSync => "dataSync",
        SyncMethod::WriteThenSync => "writeThenSync",
    };
    let page = json!({
        "disks": disks,
        "direct": measured.direct,
        "synced": synced.collect::<Value>(),
        "writeMibPerSecond": measured.write_mib_s,
        "readMibPerSecond": measured.read_mib_s,
        "echoes": echoes.collect::<Value>(),
        "fasterSync": method,
        "mappedFileSizeCommitLog": measured.segment_bytes(shards),
    });
    format!("{page:#}\n")
}
