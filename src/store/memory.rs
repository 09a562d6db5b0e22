//! The end of the log in memory that outlives the process.
//!
//! With such memory a message of ASYNC_FLUSH counts as stored once it is there: `kill -9` takes
//! nothing from it, and the log's files follow a moment later. A process that was killed leaves
//! what they lack in memory; the next one writes that to the files before it looks for the end of
//! the log, and so recovers as if the last write had been done. When the machine was restarted
//! the memory is gone, as is what was not synced.
//!
//! Which memory it was says the file `abort`, behind the process id: so memory counts for exactly
//! as long as the store is not closed, and not after somebody else has opened the store, RocketMQ
//! included, who writes that file anew. A start names there what it is about to make, too, so that
//! nothing stays behind that nobody knows of.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tracing::{info, warn};

use super::error::{OpenError, open_io};
use super::names::Names;
use super::shard::Shard;
use crate::message::record::{Check, Record};
use crate::rt::buffer::{BLOCK_BYTES, ChunkPool};
use crate::rt::disk::{self, Durability, File, Open};
use crate::rt::memory::{self, Kept};
use crate::rt::random;
use crate::units::PhysicalOffset;

/// How the names of all files of such memory begin.
pub const MEMORY_PREFIX: &str = "ringmq-";

/// Longest `abort` file that is read.
const ABORT_BYTES_MAX: usize = 16 * 1024;

/// What stands in front of the name of a boot, of the path of memory that lasts as long, and of
/// that which is to take its place.
const BOOT: &[u8] = b"\nboot ";
const MEMORY: &[u8] = b"\nmemory ";
const NEXT: &[u8] = b"\nnext ";

/// What the file `abort` says of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Note {
    /// The boot for which it lasts.
    boot: String,
    /// What holds the end of the log.
    memory: Option<PathBuf>,
    /// What is being made.
    next: Option<PathBuf>,
}

impl Note {
    /// The text of the file, process id included.
    fn encode(&self) -> Vec<u8> {
        let mut text = std::process::id().to_string().into_bytes();
        let bytes = |path: &Option<PathBuf>| {
            path.as_ref().map(|path| path.as_os_str().as_bytes().to_owned())
        };
        let boot = Some(self.boot.clone().into_bytes()).filter(|boot| !boot.is_empty());
        for (key, value) in [(BOOT, boot), (MEMORY, bytes(&self.memory)), (NEXT, bytes(&self.next))]
        {
            value.into_iter().for_each(|value| text.extend([key, &value].concat()));
        }
        text.push(b'\n');
        text
    }

    /// What the text of the file says.
    fn decode(text: &[u8]) -> Self {
        let behind = |key: &[u8]| {
            let at = text.windows(key.len()).position(|window| window == key)? + key.len();
            let rest = text.get(at..)?;
            rest.get(..rest.iter().position(|byte| *byte == b'\n')?)
        };
        let path = |key: &[u8]| behind(key).map(|bytes| PathBuf::from(OsStr::from_bytes(bytes)));
        let boot = behind(BOOT).and_then(|boot| std::str::from_utf8(boot).ok());
        match boot {
            Some(boot) => Self { boot: boot.to_owned(), memory: path(MEMORY), next: path(NEXT) },
            None => Self::default(),
        }
    }
}

/// How the last process has left the store.
pub(super) struct Left {
    /// It was closed.
    clean: bool,
    note: Note,
    /// What it had in memory; nothing, if that is gone, or there was none.
    kept: Option<Kept>,
}

impl Left {
    /// What there is of the last process.
    pub(super) async fn find(names: &Names) -> io::Result<Self> {
        let nothing = |clean| Self { clean, note: Note::default(), kept: None };
        let text = match disk::read_file(&names.abort(), ABORT_BYTES_MAX).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(nothing(true)),
            Err(error) => return Err(error),
        };
        let note = Note::decode(&text);
        if note.boot != memory::boot_id()? {
            return Ok(nothing(false));
        }
        if let Some(next) = &note.next {
            memory::remove(next)?;
        }
        let kept = match &note.memory {
            Some(path) => Kept::open(path)?,
            None => None,
        };
        Ok(Self { clean: false, note, kept })
    }

    /// Had it closed the store?
    pub(super) fn is_clean(&self) -> bool {
        self.clean
    }

    /// Is there memory no more that there was?
    fn is_lost(&self) -> bool {
        self.note.memory.is_some() && self.kept.is_none()
    }
}

/// Memory for the end of a log.
pub(super) struct Home {
    /// Where it is kept, if it outlives the process.
    path: Option<PathBuf>,
    pub(super) pool: ChunkPool,
}

impl Home {
    /// Chunks, `count` of `bytes` each, in memory that outlives the process, if `directory` says
    /// where that is and it can be had; the first `ready` of them for certain.
    ///
    /// From here on files change, and a crash must be seen as one: the file `abort` is there. What
    /// is `left` stays named in it.
    pub(super) async fn new(
        names: &Names,
        left: &Left,
        directory: Option<&Path>,
        (count, ready): (usize, usize),
        bytes: usize,
    ) -> io::Result<Self> {
        let name = format!("{MEMORY_PREFIX}{:016x}{:016x}", random::u64(), random::u64());
        let path = directory.map(|directory| directory.join(name));
        let note =
            Note { boot: memory::boot_id()?, memory: left.note.memory.clone(), next: path.clone() };
        replace_abort(names, &note).await?;
        let abort = std::path::absolute(names.abort())?;
        let kept = path.as_deref().map(|path| Kept::create(path, &abort, (count, ready), bytes));
        match kept {
            Some(Ok(kept)) => return Ok(Self { path, pool: ChunkPool::kept(kept) }),
            Some(Err(error)) => warn!(
                ?path,
                %error,
                "no memory that outlives the broker: messages count as stored when written"
            ),
            None => {}
        }
        Ok(Self { path: None, pool: ChunkPool::new(count, bytes) })
    }

    /// The store is closed, or was not opened: nobody is to look for the memory.
    pub(super) fn leave(&self) {
        remove(self.path.as_deref());
    }
}

fn remove(path: Option<&Path>) {
    if let Some(Err(error)) = path.map(memory::remove) {
        warn!(?path, %error, "memory that is no longer needed could not be removed");
    }
}

/// At every moment the file is the old one or the new.
async fn replace_abort(names: &Names, note: &Note) -> io::Result<()> {
    let (abort, new) = (names.abort(), names.abort_new());
    let file = File::open(&new, Open { len: Some(0), ..Open::CREATE }).await?;
    file.write_small(note.encode(), 0).await?;
    disk::rename(&new, &abort).await?;
    disk::sync_dir(names.base()).await
}

impl<A: 'static> Shard<A> {
    /// Writes what is `left` in memory to the files of the log, durably. To be called when the
    /// segments are known, before the log is read.
    pub(super) async fn rescue(&self, left: &Left) -> Result<(), OpenError> {
        // A stop that was cut short once all was written down needs no memory.
        let closed = self.noted.get().own.is_some_and(|own| own.closed.is_some());
        if left.is_lost() && !closed {
            warn!(
                shard = self.id.0,
                memory = ?left.note.memory,
                "the memory that held the end of the log is gone although the machine was not \
                 restarted: messages acknowledged just before the broker ended may be lost. \
                 Let appendMemory name a directory whose files outlive the broker, or none"
            );
        }
        let Some(kept) = &left.kept else { return Ok(()) };
        let written = kept.noted();
        if self.is_foreign(kept, written).await? {
            warn!(
                shard = self.id.0,
                at = written,
                "others have written to the log since: the memory of the last broker is not used"
            );
            return Ok(());
        }
        let scratch = ChunkPool::new(1, self.home.pool.chunk_bytes());
        let mut rescued = 0;
        let mut end = written;
        for (start, bytes) in kept.parts() {
            // Those before it are in the files; behind a gap there is nothing.
            let part_end = start + bytes.len() as u64;
            let is_next = start <= end || start == self.segments.start_of(start);
            if part_end <= written || !is_next {
                continue;
            }
            let from = start.max(written);
            let from = from - from % BLOCK_BYTES as u64;
            let skip = usize::try_from(from - start).unwrap_or(usize::MAX);
            self.write_back(&scratch, from, bytes.get(skip..).unwrap_or_default()).await?;
            rescued += part_end - start.max(written);
            end = part_end;
        }
        info!(
            shard = self.id.0,
            from = written,
            bytes = rescued,
            "took the end of the log from memory"
        );
        Ok(())
    }

    /// Does the log go on at byte `written` with a sound record other than that in memory? Some
    /// versions of RocketMQ leave the `abort` file as they find it.
    async fn is_foreign(&self, kept: &Kept, written: u64) -> Result<bool, OpenError> {
        let segment = self.segments.start_of(written);
        if !self.segments.contains(segment) {
            return Ok(false);
        }
        let path = self.segments.path(segment);
        let file = self.segments.file(segment).await.map_err(open_io(&path))?;
        let most = self.settings.record_bytes_max.saturating_add(BLOCK_BYTES);
        let bytes = file.read_at(most, written - segment).await.map_err(open_io(&path))?;
        let Ok((record, len)) = Record::decode(&bytes, Check::Checksum) else {
            return Ok(false);
        };
        if record.physical_offset != PhysicalOffset::new(self.id, written) {
            return Ok(false);
        }
        let same = kept.parts().into_iter().any(|(start, part)| {
            let skip = written.checked_sub(start).and_then(|skip| usize::try_from(skip).ok());
            let part = skip.and_then(|skip| part.get(skip..)).filter(|part| !part.is_empty());
            part.is_some_and(|part| {
                part.iter().zip(&bytes).take(len).all(|(one, other)| one == other)
            })
        });
        Ok(!same)
    }

    /// Writes `bytes` to the log at byte `from`, a whole block of a segment.
    async fn write_back(
        &self,
        scratch: &ChunkPool,
        from: u64,
        bytes: &[u8],
    ) -> Result<(), OpenError> {
        let segment = self.segments.start_of(from);
        let path = self.segments.path(segment);
        if !self.segments.contains(segment) {
            return Err(OpenError::Missing(path));
        }
        let file = self.segments.file(segment).await.map_err(open_io(&path))?;
        let mut at = from - segment;
        for piece in bytes.chunks(scratch.chunk_bytes()) {
            let Some(mut chunk) = scratch.take() else { break };
            chunk.append(piece);
            let span = if file.is_direct() { chunk.blocks(0) } else { chunk.span(0..piece.len()) };
            let written = file.write_at(vec![span], at, Durability::Written).await;
            written.map_err(open_io(&path))?;
            at += piece.len() as u64;
        }
        file.sync_data().await.map_err(open_io(&path))
    }

    /// Notes which memory this process has, now that the files have what the last one `left`.
    pub(super) async fn note_memory(&self, left: Left) -> io::Result<()> {
        let memory = self.home.path.clone();
        if memory.is_none() && left.note.memory.is_none() {
            return Ok(());
        }
        let boot = memory::boot_id()?;
        replace_abort(&self.names, &Note { boot, memory, next: None }).await?;
        remove(left.note.memory.as_deref());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_reads_back_and_other_texts_name_no_memory() {
        let boot = "de608a5e-84f4".to_owned();
        let memory = Some(PathBuf::from("/dev/shm/a b"));
        let next = Some(PathBuf::from("/dev/shm/c"));
        for (memory, next) in
            [(None, None), (memory.clone(), None), (None, next.clone()), (memory, next)]
        {
            let note = Note { boot: boot.clone(), memory, next };
            assert_eq!(Note::decode(&note.encode()), note);
        }
        for other in [&b""[..], b"4711", b"4711\nmemory /dev/shm/a\n", b"\nboot \xff\nmemory x\n"] {
            assert_eq!(Note::decode(other), Note::default());
        }
    }
}
