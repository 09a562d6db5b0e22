//! Reading the consume queues that are on disk.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use crate::rt::disk::{self, File, Kind, Open};
use crate::store::consumequeue::{Table, UNIT_BYTES, Unit};
use crate::store::error::{OpenError, open_io};
use crate::store::names::{Names, file_name, parse_file_name};

/// One queue as its files show it.
struct Loaded {
    min: i64,
    max: i64,
    log_end: u64,
}

/// How the queues on disk are to be read.
#[derive(Clone, Copy)]
pub(crate) struct LoadRule {
    /// Length of each file.
    pub(crate) file_bytes: u64,
    /// Units of records that end behind this byte of the log do not count.
    pub(crate) bound: u64,
    /// The first byte of the log that is there.
    pub(crate) log_start: u64,
    /// Is what lies behind the last unit that counts to be removed?
    pub(crate) cut: bool,
}

/// Adds every queue on disk to `table`; the files that were cut.
///
/// # Errors
/// A file cannot be read, has a wrong length, or does not belong there.
pub(crate) async fn load(
    names: &Names,
    rule: LoadRule,
    table: &mut Table,
) -> Result<Vec<PathBuf>, OpenError> {
    let mut cut = Vec::new();
    for (topic, folder) in folders(&names.consume_queues()).await? {
        let name = topic.to_str().ok_or_else(|| OpenError::Foreign(folder.clone()))?;
        for (id, folder) in folders(&folder).await? {
            let id = id.to_str().and_then(|id| id.parse::<i32>().ok()).filter(|id| *id >= 0);
            let id = id.ok_or_else(|| OpenError::Foreign(folder.clone()))?;
            if let Some(queue) = load_queue(&folder, rule, &mut cut).await? {
                table.add(name, id, (queue.min, queue.max), queue.log_end);
            }
        }
    }
    Ok(cut)
}

/// Is there any queue on disk?
///
/// # Errors
/// A directory cannot be read.
pub(crate) async fn any(names: &Names) -> Result<bool, OpenError> {
    Ok(!folders(&names.consume_queues()).await?.is_empty())
}

/// The names of the topics that have a directory.
///
/// # Errors
/// A directory cannot be read.
pub(crate) async fn topics(names: &Names) -> Result<Vec<OsString>, OpenError> {
    Ok(folders(&names.consume_queues()).await?.into_iter().map(|(name, _)| name).collect())
}

/// The directories in `path`, sorted; none if it is not there.
async fn folders(path: &Path) -> Result<Vec<(OsString, PathBuf)>, OpenError> {
    let names = match disk::list_dir(path).await {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(OpenError::Io { path: path.to_owned(), source }),
    };
    let mut folders = Vec::new();
    for name in names {
        let inner = path.join(&name);
        if disk::metadata(&inner).await.map_err(open_io(&inner))?.kind != Kind::Directory {
            return Err(OpenError::Foreign(inner));
        }
        folders.push((name, inner));
    }
    Ok(folders)
}

async fn load_queue(
    folder: &Path,
    rule: LoadRule,
    cut: &mut Vec<PathBuf>,
) -> Result<Option<Loaded>, OpenError> {
    let starts = files(folder, rule).await?;
    let Some(first) = starts.first().copied() else { return Ok(None) };
    // From the last file back to one that has a unit which counts.
    let mut end = None;
    for start in starts.iter().rev() {
        let file = QueueFile::open(folder, *start, rule).await?;
        let count = file.search(|unit| counts(unit, rule.bound)).await?;
        if rule.cut && count == 0 && *start != first {
            disk::remove_file(&file.path).await.map_err(open_io(&file.path))?;
        } else if rule.cut {
            file.cut(count).await?;
            cut.push(file.path.clone());
        }
        if count > 0 {
            end = file.unit(count - 1).await?.map(|unit| (ordinal(*start) + as_i64(count), unit));
            break;
        }
    }
    let Some((max, last)) = end else {
        // No unit of it counts. Of a log that nothing was removed from, neither was a file of the
        // queue: those in front of the first were lost with the power.
        let empty = if rule.log_start == 0 { 0 } else { ordinal(first) };
        return Ok(Some(Loaded { min: empty, max: empty, log_end: 0 }));
    };
    let log_end = if last.is_filler() { 0 } else { last.local_end() };
    let mut min = max;
    let in_file = rule.file_bytes / UNIT_BYTES;
    for start in starts.into_iter().take_while(|start| ordinal(*start) < max) {
        let file = QueueFile::open(folder, start, rule).await?;
        let gone = |unit: Unit| unit.is_filler() || unit.physical.local() < rule.log_start;
        let count = file.search(|unit| unit.is_some_and(gone)).await?;
        if count < in_file {
            min = (ordinal(start) + as_i64(count)).min(max);
            break;
        }
        if rule.cut && ordinal(start) + as_i64(in_file) < max {
            // A clean-up was cut short: all of its messages are gone, and it is not the last file.
            disk::remove_file(&file.path).await.map_err(open_io(&file.path))?;
        }
    }
    Ok(Some(Loaded { min, max, log_end }))
}

fn counts(unit: Option<Unit>, bound: u64) -> bool {
    unit.is_some_and(|unit| unit.is_filler() || unit.local_end() <= bound)
}

fn ordinal(start: u64) -> i64 {
    as_i64(start / UNIT_BYTES)
}

fn as_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Where the files of a queue start. A last one without content is removed.
async fn files(folder: &Path, rule: LoadRule) -> Result<Vec<u64>, OpenError> {
    let names = disk::list_dir(folder).await.map_err(open_io(folder))?;
    let mut starts = Vec::new();
    let last = names.len();
    for (at, name) in names.iter().enumerate() {
        let path = folder.join(name);
        let found = disk::metadata(&path).await.map_err(open_io(&path))?;
        let start = parse_file_name(name).filter(|start| start % rule.file_bytes == 0);
        let start = start.filter(|_| found.kind == Kind::File);
        let start = start.ok_or_else(|| OpenError::Foreign(path.clone()))?;
        if found.len == 0 && at + 1 == last {
            disk::remove_file(&path).await.map_err(open_io(&path))?;
        } else if found.len == rule.file_bytes {
            starts.push(start);
        } else if found.len < rule.file_bytes && rule.cut {
            // Being cut when the process ended.
            let how = Open { len: Some(rule.file_bytes), write: true, ..Open::READ };
            File::open(&path, how).await.map_err(open_io(&path))?;
            starts.push(start);
        } else {
            return Err(OpenError::Length { path, found: found.len, wanted: rule.file_bytes });
        }
    }
    Ok(starts)
}

/// One file of a queue.
struct QueueFile {
    path: PathBuf,
    file: File,
    file_bytes: u64,
}

impl QueueFile {
    async fn open(folder: &Path, start: u64, rule: LoadRule) -> Result<Self, OpenError> {
        let path = folder.join(file_name(start));
        let how = Open { write: true, ..Open::READ };
        let file = File::open(&path, how).await.map_err(open_io(&path))?;
        Ok(Self { path, file, file_bytes: rule.file_bytes })
    }

    async fn unit(&self, at: u64) -> Result<Option<Unit>, OpenError> {
        let read = self.file.read_at(20, at * UNIT_BYTES).await;
        Ok(Unit::decode(&read.map_err(open_io(&self.path))?))
    }

    /// How many units at the front `holds` is true for; it must not become true again.
    async fn search(&self, holds: impl Fn(Option<Unit>) -> bool) -> Result<u64, OpenError> {
        let (mut low, mut high) = (0, self.file_bytes / UNIT_BYTES);
        while low < high {
            let middle = low + (high - low) / 2;
            if holds(self.unit(middle).await?) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    /// Makes everything behind the first `count` units zeros.
    async fn cut(&self, count: u64) -> Result<(), OpenError> {
        let kept = count * UNIT_BYTES;
        if kept < self.file_bytes {
            self.file.set_len(kept).await.map_err(open_io(&self.path))?;
            self.file.set_len(self.file_bytes).await.map_err(open_io(&self.path))?;
        }
        Ok(())
    }
}
