//! Opening the index that is there, and deciding from where on the log must be read for it.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use tracing::{info, warn};

use super::Index;
use super::file::IndexFile;
use super::format::{Header, Layout};
use crate::rt::disk::{self, Kind, Open};
use crate::store::error::{OpenError, open_io};
use crate::store::recovery::{IndexFound, IndexFrom, Noted, index_file, index_from};
use crate::units::{PhysicalOffset, ShardId};

/// Digits of a file's name: `yyyyMMddHHmmssSSS`.
const NAME_DIGITS: usize = 17;

/// What else is known when an index is opened.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The store had been closed.
    pub(crate) clean: bool,
    /// What our checkpoint was.
    pub(crate) noted: Noted,
    /// What it says: records before this byte of the log are indexed.
    pub(crate) indexed: u64,
    /// And the last record in files starts here.
    pub(crate) last_indexed: u64,
    /// What RocketMQ's part says: files with nothing stored later are whole.
    pub(crate) java_time: i64,
}

/// Can this be the name of an index file?
pub(crate) fn is_index_name(name: &OsStr) -> bool {
    let digits = |name: &str| name.len() == NAME_DIGITS && name.bytes().all(|b| b.is_ascii_digit());
    name.to_str().is_some_and(digits)
}

impl Index {
    /// Opens the index in `folder` of a shard whose log is `log`. Files that cannot be used are
    /// removed, since the log has what they had; the log is read for them later.
    ///
    /// # Errors
    /// A file cannot be read or removed, or does not belong there.
    pub(crate) async fn open(
        folder: PathBuf,
        shard: ShardId,
        layout: Layout,
        known: Known,
        log: Range<u64>,
    ) -> Result<Self, OpenError> {
        let mut files: Vec<Rc<IndexFile>> = Vec::new();
        let mut lost = false;
        for path in paths(&folder).await? {
            let file = match lost {
                true => None,
                false => usable(&path, shard, layout, known, log.end).await?,
            };
            match file {
                Some(file) => files.push(Rc::new(file)),
                None => {
                    warn!(
                        file = %path.display(), slots = layout.slots, entries = layout.entries,
                        "an index file is damaged, or of other sizes: it is made anew"
                    );
                    lost = true;
                    disk::remove_file(&path).await.map_err(open_io(&path))?;
                }
            }
        }
        if lost {
            // One that is not believed now would be once a checkpoint of ours is there.
            disk::sync_dir(&folder).await.map_err(open_io(&folder))?;
        }
        let newest = files.last().map(|file| file.header()).unwrap_or_default();
        let end = PhysicalOffset(newest.end).local();
        let found = match files.is_empty() {
            true => IndexFound::Missing,
            false if newest.end >= known.last_indexed => IndexFound::Whole,
            false => IndexFound::Behind,
        };
        let position = match index_from(known.noted, found) {
            IndexFrom::First => log.start,
            IndexFrom::LastEntry => end,
            IndexFrom::Noted => known.indexed.max(end),
        };
        let position = position.clamp(log.start, log.end.max(log.start));
        let partly = match files.is_empty() || position != end {
            true => Vec::new(),
            false => newest_keys(&files).await.map_err(open_io(&folder))?,
        };
        if position < log.end {
            info!(shard = shard.0, from = position, to = log.end, "the index follows the log");
        }
        Ok(Self {
            folder,
            layout,
            files: RefCell::new(files),
            waiting: RefCell::default(),
            position: Cell::new(position),
            indexed: Cell::new(position),
            partly: RefCell::new(partly),
            extending: super::Gate::default(),
        })
    }
}

/// The index files in a folder, oldest first; none if it is not there.
pub(crate) async fn paths(folder: &Path) -> Result<Vec<PathBuf>, OpenError> {
    let names = match disk::list_dir(folder).await {
        Ok(names) => names,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(OpenError::Io { path: folder.to_owned(), source }),
    };
    let mut paths = Vec::new();
    for name in names {
        let path = folder.join(&name);
        let found = disk::metadata(&path).await.map_err(open_io(&path))?;
        if found.kind != Kind::File || !is_index_name(&name) {
            return Err(OpenError::Foreign(path));
        }
        paths.push(path);
    }
    Ok(paths)
}

/// The file at `path`, if it is whole and fits the log.
async fn usable(
    path: &Path,
    shard: ShardId,
    layout: Layout,
    known: Known,
    log_end: u64,
) -> Result<Option<IndexFile>, OpenError> {
    let how = Open { write: true, ..Open::READ };
    let opened = IndexFile::open(path, layout, how).await.map_err(open_io(path))?;
    let Some(file) = opened else { return Ok(None) };
    let header = file.header();
    let believed = index_file(known.clean, known.noted, header.end_time > known.java_time);
    Ok((believed && fits(&file, header, shard, log_end).await.map_err(open_io(path))?)
        .then_some(file))
}

/// Do the header's offsets lie in the log, and does its last entry say the same?
async fn fits(file: &IndexFile, header: Header, shard: ShardId, log_end: u64) -> io::Result<bool> {
    if header.next <= 1 {
        return Ok(true);
    }
    let last = file.read_entries(header.next - 1, 1).await?;
    let ends = [PhysicalOffset(header.begin), PhysicalOffset(header.end)];
    let ours = ends.iter().all(|at| at.shard() == shard && at.local() < log_end);
    Ok(ours && last.iter().all(|entry| entry.physical.0 == header.end))
}

/// The keys that files have of the last record in them.
async fn newest_keys(files: &[Rc<IndexFile>]) -> io::Result<Vec<u32>> {
    let mut keys = Vec::new();
    let last = files.last().map_or(0, |file| file.header().end);
    for file in files.iter().rev() {
        for at in (1..file.header().next).rev() {
            let entry = file.read_entries(at, 1).await?;
            match entry.first() {
                Some(entry) if entry.physical.0 == last => keys.push(entry.hash),
                _ => return Ok(keys),
            }
        }
    }
    Ok(keys)
}
