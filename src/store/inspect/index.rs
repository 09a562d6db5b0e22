//! The index beside the log. Entries stand in the order of the log, so both are walked at once;
//! the chains are made anew on the way and compared with those on disk.

use std::collections::VecDeque;
use std::io;

use super::{Findings, Said};
use crate::message::record::Record;
use crate::rt::disk::{self, Open};
use crate::store::error::{OpenError, open_io};
use crate::store::index::{Entry, Header, IndexFile, Layout, Lookup, is_index_name, lookups};
use crate::store::names::Names;
use crate::units::PhysicalOffset;

/// Entries that are read at once: 160 KiB.
const READ_ENTRIES: u32 = 8192;
/// Slots that are compared at once.
const READ_SLOTS: u32 = 1 << 16;

/// An entry and its number.
type Numbered = (u32, Entry);

/// The index of one shard, walked from its first entry to its last.
pub(super) struct IndexWalk {
    layout: Layout,
    said: Said,
    log_start: u64,
    /// Files still to come, the next one last.
    files: Vec<IndexFile>,
    current: Option<IndexFile>,
    /// Entries of the current file that are read, and the number behind them.
    ahead: VecDeque<Numbered>,
    next: u32,
    /// The chains of the current file, as its entries make them.
    heads: Vec<u32>,
    used_slots: u32,
    /// Keys of records from here on need not be there.
    end: u64,
}

impl IndexWalk {
    /// Of the index of a shard whose log begins at `log_start`.
    pub(super) async fn new(
        names: &Names,
        layout: Layout,
        said: Said,
        log_start: u64,
        findings: &mut Findings,
    ) -> Result<Self, OpenError> {
        let folder = names.index();
        let listed = match disk::list_dir(&folder).await {
            Ok(listed) => listed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(OpenError::Io { path: folder, source }),
        };
        let mut files = Vec::new();
        for name in listed {
            let path = folder.join(&name);
            if !is_index_name(&name) {
                findings.fault(format_args!("{} is no index file", path.display()));
                continue;
            }
            let file = IndexFile::open(&path, layout, Open::READ).await.map_err(open_io(&path))?;
            match file {
                Some(file) => files.push(file),
                None => findings.fault(format_args!(
                    "{} is no index file of {} slots and {} entries, or its header is damaged",
                    path.display(),
                    layout.slots,
                    layout.entries
                )),
            }
        }
        let newest = files.last().map_or_else(Header::default, IndexFile::header);
        let own = said.noted.own.filter(|_| !files.is_empty());
        let end = own.map_or(PhysicalOffset(newest.end).local(), |own| own.indexed);
        if let Some(own) = said.noted.own
            && newest.end < own.last_indexed
        {
            findings.fault(format_args!(
                "the index ends at {}, and the checkpoint says {}",
                newest.end, own.last_indexed
            ));
        }
        files.reverse();
        let (ahead, heads) = (VecDeque::new(), Vec::new());
        let mut walk = Self {
            layout,
            said,
            log_start,
            files,
            current: None,
            ahead,
            next: 1,
            heads,
            used_slots: 0,
            end,
        };
        walk.open_next();
        Ok(walk)
    }

    fn open_next(&mut self) {
        self.current = self.files.pop();
        self.next = 1;
        self.used_slots = 0;
        let slots = if self.current.is_some() { self.layout.slots as usize } else { 0 };
        self.heads = vec![0; slots];
    }

    /// Compares the keys of a record.
    pub(super) async fn compare(
        &mut self,
        record: &Record<'_>,
        findings: &mut Findings,
    ) -> Result<(), OpenError> {
        let physical = record.physical_offset;
        let mut wanted: Vec<(u32, Lookup<'_>)> =
            lookups(record).map(|lookup| (lookup.hash(record.topic), lookup)).collect();
        let mut seen = Vec::new();
        while let Some(entry) = self.take(physical, findings).await? {
            let (header, name) = self.name(entry.0);
            let Entry { hash, seconds, physical: at, .. } = entry.1;
            if at < physical {
                if at.local() >= self.log_start {
                    let at = at.0;
                    findings.fault(format_args!("{name} leads to {at}, where no record begins"));
                }
                continue;
            }
            findings.entries += 1;
            let exact = header.seconds(record.stored_at);
            // The first entry of a file counts from the end of the file before.
            if entry.0 > 1 && seconds != exact {
                findings.fault(format_args!(
                    "{name} says that {} was stored in second {seconds}, and it was in {exact}",
                    physical.0
                ));
            }
            if let Some(at) = wanted.iter().position(|(wanted, _)| *wanted == hash) {
                wanted.swap_remove(at);
                seen.push(hash);
            } else if !seen.contains(&hash) {
                findings.fault(format_args!("{name} is of no key of the record at {}", physical.0));
            }
        }
        for (_, lookup) in wanted {
            // Before 5.5 RocketMQ did not index tags.
            if let Lookup::Key(key) = lookup
                && physical.local() < self.end
            {
                let (at, topic) = (physical.0, record.topic);
                findings.fault(format_args!(
                    "the index lacks the key {key:?} of the record at {at} ({topic})"
                ));
            }
        }
        Ok(())
    }

    /// Looks at what is left once the log was walked over.
    pub(super) async fn finish(mut self, findings: &mut Findings) -> Result<(), OpenError> {
        let behind = PhysicalOffset(u64::MAX >> 1);
        while let Some((number, entry)) = self.take(behind, findings).await? {
            if entry.physical.local() >= self.log_start {
                let ((_, name), at) = (self.name(number), entry.physical.0);
                findings.fault(format_args!("{name} leads behind the log, to {at}"));
            }
        }
        Ok(())
    }

    fn name(&self, number: u32) -> (Header, String) {
        let Some(file) = &self.current else { return Default::default() };
        let path = file.path().file_name().unwrap_or_default().to_string_lossy();
        (file.header(), format!("entry {number} of index/{path}"))
    }

    /// The next entry, unless it leads beyond `physical`.
    async fn take(
        &mut self,
        physical: PhysicalOffset,
        findings: &mut Findings,
    ) -> Result<Option<Numbered>, OpenError> {
        loop {
            if self.ahead.len() < 2 {
                self.read_more().await?;
            }
            let Some((number, entry)) = self.ahead.front().copied() else {
                if self.current.is_none() {
                    return Ok(None);
                }
                self.finish_file(findings).await?;
                self.open_next();
                continue;
            };
            let following = self.ahead.get(1).map(|(_, entry)| entry.physical);
            let disordered = following.is_some_and(|following| following < entry.physical);
            if !disordered && entry.physical > physical {
                return Ok(None);
            }
            self.ahead.pop_front();
            self.follow_chain(number, &entry, findings);
            if !disordered {
                return Ok(Some((number, entry)));
            }
            let ((_, name), at) = (self.name(number), entry.physical.0);
            findings.fault(format_args!("{name} leads to {at}, farther than the one behind it"));
        }
    }

    /// Does an entry lead to the older one of its slot?
    fn follow_chain(&mut self, number: u32, entry: &Entry, findings: &mut Findings) {
        let slot = self.layout.slot_of(entry.hash) as usize;
        let Some(head) = self.heads.get_mut(slot) else { return };
        let older = std::mem::replace(head, number);
        self.used_slots += u32::from(older == 0);
        if older != entry.older {
            let ((_, name), found) = (self.name(number), entry.older);
            findings.fault(format_args!("{name} goes on with entry {found} instead of {older}"));
        }
    }

    async fn read_more(&mut self) -> Result<(), OpenError> {
        let Some(file) = &self.current else { return Ok(()) };
        let count = file.header().next.saturating_sub(self.next).min(READ_ENTRIES);
        if count > 0 {
            let entries = file.read_entries(self.next, count as usize).await;
            let entries = entries.map_err(open_io(file.path()))?;
            self.ahead.extend((self.next..).zip(entries));
            self.next += count;
        }
        Ok(())
    }

    /// Compares the slots of a file whose entries were all seen.
    async fn finish_file(&self, findings: &mut Findings) -> Result<(), OpenError> {
        let Some(file) = &self.current else { return Ok(()) };
        let header = file.header();
        let name = file.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
        if header.used_slots != self.used_slots {
            let (found, wanted) = (header.used_slots, self.used_slots);
            findings.fault(format_args!(
                "the header of index/{name} says {found} slots in use, and {wanted} are"
            ));
        }
        let mut first = 0;
        while first < self.layout.slots {
            let count = READ_SLOTS.min(self.layout.slots - first);
            let table = file.read_slots(first, count).await.map_err(open_io(file.path()))?;
            for slot in first..first + count {
                let (found, wanted) =
                    (table.get(slot), self.heads.get(slot as usize).copied().unwrap_or(0));
                // A batch that a crash has cut off is passed over.
                let cut_off = !self.said.clean && found >= header.next;
                if found != wanted && !cut_off {
                    findings.fault(format_args!(
                        "slot {slot} of index/{name} leads to entry {found} instead of {wanted}"
                    ));
                }
            }
            first += count;
        }
        Ok(())
    }
}
