//! Changing knobs, with a record from which exactly what was there comes back.

use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::TuneError;
use super::knob::{By, Form};
use super::survey::{Found, Row, Verdict, reread};
use super::tree::{self, Tree};

/// The layout of the record.
const VERSION: u32 = 1;

/// Rounds in which files are written back. Some settings change others when they are written (a
/// scheduler its queue's length, a ratio of dirty pages the bytes), so the order cannot be right
/// for all; what a round disturbs the next one mends.
const ROUNDS_MAX: usize = 3;

/// What was there before the first change since the machine started.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    version: u32,
    /// The kernel's name for its present run.
    boot: String,
    originals: Vec<Original>,
}

/// One file as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Original {
    path: String,
    /// Its whole text.
    text: String,
    /// What is written to get that text again.
    restore: String,
}

impl Original {
    /// Is the file, whose text is `now`, as it was?
    fn is_back(&self, now: &str) -> bool {
        let is_choice = self.restore != self.text;
        now == self.text || is_choice && Form::Choice.value(now).as_ref() == Some(&self.restore)
    }
}

/// What came of one file.
#[derive(Debug, PartialEq, Eq)]
pub struct Change {
    /// The knob, or for what is brought back the file.
    pub name: String,
    /// The file.
    pub path: String,
    /// The value it had.
    pub from: String,
    /// The value it was to get.
    pub to: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It has the new value.
    Done,
    /// It would be tried.
    Would,
    /// The operator has to, in this way.
    ByHand(&'static str),
    /// The kernel took the value and shows another.
    Kept(String),
    /// The kernel refused it.
    Refused(String),
    /// The file is not there any more.
    Gone,
}

impl Outcome {
    /// Is nothing left to do?
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Done | Self::Would | Self::Gone)
    }
}

/// What came of a revert.
#[derive(Debug, PartialEq, Eq)]
pub enum Reverted {
    /// There is no record: nothing was changed, or all of it came back before.
    Nothing,
    /// The machine has started anew since; what was set went with that.
    Restarted,
    /// The files of the record that were not as they had been.
    Files(Vec<Change>),
}

/// Gives every row that differs its wanted value, in order. Each file's former text is in the
/// record at `state` before; what a record of this boot has already stays in it. Without `state`
/// nothing is changed.
///
/// # Errors
/// The record cannot be read, understood or written; then nothing is changed.
pub fn apply(
    tree: &dyn Tree,
    rows: &[Row],
    state: Option<&Path>,
) -> Result<Vec<Change>, TuneError> {
    if let Some(state) = state {
        record(tree, rows, state)?;
    }
    let mut changes = Vec::new();
    for row in rows {
        // Changing one before it may have changed this one too.
        let now = reread(tree, row);
        if now.verdict() != Verdict::Differs {
            continue;
        }
        let (Found::Value { value, .. }, Some(target)) = (&now.found, now.target()) else {
            continue;
        };
        let outcome = match (row.knob.by, state) {
            (By::Hand(how), _) => Outcome::ByHand(how),
            (By::Apply, None) => Outcome::Would,
            (By::Apply, Some(_)) => set(tree, &now, &target),
        };
        let (name, path, from) = (now.name(), now.path.clone(), value.clone());
        changes.push(Change { name, path, from, to: target, outcome });
    }
    Ok(changes)
}

fn set(tree: &dyn Tree, row: &Row, target: &str) -> Outcome {
    let Found::Value { text, .. } = &row.found else { return Outcome::Gone };
    if let Err(error) = tree.write(&row.path, &row.knob.form.written(text, target)) {
        return Outcome::Refused(error.to_string());
    }
    match reread(tree, row).found {
        Found::Value { value, .. } if value == target => Outcome::Done,
        Found::Value { value, .. } => Outcome::Kept(value),
        _ => Outcome::Gone,
    }
}

/// Adds what is about to change to the record.
fn record(tree: &dyn Tree, rows: &[Row], state: &Path) -> Result<(), TuneError> {
    let boot = boot(tree);
    let mut record = match load(state)? {
        Some(record) if record.boot == boot => record,
        _ => Record { version: VERSION, boot, originals: Vec::new() },
    };
    let before = record.originals.len();
    for row in rows.iter().filter(|row| row.knob.by == By::Apply) {
        let Found::Value { text, .. } = &row.found else { continue };
        if row.verdict() != Verdict::Differs {
            continue;
        }
        record.add(&row.path, text.clone(), row.knob.form);
        for pattern in row.knob.moves {
            let path = pattern.replace("{}", &row.subject);
            if let Ok(text) = tree.read(&path) {
                record.add(&path, text, Form::Plain);
            }
        }
    }
    if record.originals.len() == before {
        return Ok(());
    }
    save(state, &record)
}

impl Record {
    fn add(&mut self, path: &str, text: String, form: Form) {
        if self.originals.iter().all(|original| original.path != path) {
            let restore = form.restoring(&text);
            self.originals.push(Original { path: path.to_owned(), text, restore });
        }
    }
}

/// Writes back what the record at `state` has, and removes it when all is as it was. What cannot
/// be brought back stays in it. With `dry` nothing is changed.
///
/// # Errors
/// The record cannot be read, understood, written or removed.
pub fn revert(tree: &dyn Tree, state: &Path, dry: bool) -> Result<Reverted, TuneError> {
    let Some(record) = load(state)? else { return Ok(Reverted::Nothing) };
    if record.boot != boot(tree) {
        if !dry {
            remove(state)?;
        }
        return Ok(Reverted::Restarted);
    }
    let found: Vec<io::Result<String>> =
        record.originals.iter().map(|original| tree.read(&original.path)).collect();
    if !dry {
        restore(tree, &record.originals);
    }
    let mut changes = Vec::new();
    let mut left = Vec::new();
    for (original, before) in record.originals.into_iter().zip(found) {
        let outcome = outcome(tree, &original, dry);
        if !outcome.is_good() {
            left.push(original.clone());
        }
        let Ok(before) = before else { continue };
        if !original.is_back(&before) {
            let (path, from) = (original.path.clone(), shown(&original, &before));
            let to = original.restore.trim().to_owned();
            changes.push(Change { name: path.clone(), path, from, to, outcome });
        }
    }
    match (dry, left.is_empty()) {
        (true, _) => {}
        (false, true) => remove(state)?,
        (false, false) => save(state, &Record { originals: left, ..record })?,
    }
    Ok(Reverted::Files(changes))
}

fn restore(tree: &dyn Tree, originals: &[Original]) {
    for _ in 0..ROUNDS_MAX {
        let differs = |original: &&Original| {
            tree.read(&original.path).is_ok_and(|now| !original.is_back(&now))
        };
        let mut any = false;
        for original in originals.iter().filter(differs) {
            any = true;
            // Whether it worked is seen by reading, when all have been written.
            let _refused = tree.write(&original.path, &original.restore);
        }
        if !any {
            return;
        }
    }
}

fn outcome(tree: &dyn Tree, original: &Original, dry: bool) -> Outcome {
    match tree.read(&original.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Outcome::Gone,
        Err(error) => Outcome::Refused(error.to_string()),
        Ok(now) if original.is_back(&now) => Outcome::Done,
        Ok(_) if dry => Outcome::Would,
        // Once more, for the reason.
        Ok(now) => match tree.write(&original.path, &original.restore) {
            Err(error) => Outcome::Refused(error.to_string()),
            Ok(()) => Outcome::Kept(shown(original, &now)),
        },
    }
}

/// The value in a text of the file of `original`.
fn shown(original: &Original, text: &str) -> String {
    let form = if original.restore == original.text { Form::Plain } else { Form::Choice };
    form.value(text).unwrap_or_default()
}

/// Names the kernel's present run.
fn boot(tree: &dyn Tree) -> String {
    tree.read("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned()
}

fn load(state: &Path) -> Result<Option<Record>, TuneError> {
    let path = || state.to_owned();
    let bytes =
        tree::load(state).map_err(|source| TuneError::RecordUnreadable { path: path(), source })?;
    let Some(bytes) = bytes else { return Ok(None) };
    let record: Record = serde_json::from_slice(&bytes)
        .map_err(|error| TuneError::RecordForeign { path: path(), why: error.to_string() })?;
    if record.version != VERSION {
        let why = format!("it has version {}, and {VERSION} is known", record.version);
        return Err(TuneError::RecordForeign { path: path(), why });
    }
    Ok(Some(record))
}

fn save(state: &Path, record: &Record) -> Result<(), TuneError> {
    let saved = serde_json::to_vec_pretty(record).map_err(io::Error::from);
    let saved = saved.and_then(|bytes| tree::replace(state, &bytes));
    saved.map_err(|source| TuneError::RecordUnwritable { path: state.to_owned(), source })
}

fn remove(state: &Path) -> Result<(), TuneError> {
    let removed = tree::remove(state);
    removed.map_err(|source| TuneError::RecordUnwritable { path: state.to_owned(), source })
}
