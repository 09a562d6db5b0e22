//! One index file: chains of entries that hang from hash slots.
//!
//! A batch goes in so that a crash at any moment leaves a file in which everything that the header
//! counts is found: entries first and durable, then the slots, then the header. Slots may therefore
//! lead to entries that the header does not count yet; whoever follows a chain passes over those.

use std::cell::Cell;
use std::io;
use std::path::Path;

use super::format::{ENTRY_LEN, Entry, HEADER_LEN, Header, Layout, SLOT_LEN};
use crate::rt::disk::{File, Open};
use crate::units::{PhysicalOffset, WallMillis};

/// Most slots that are read at once: 256 KiB.
const WINDOW_SLOTS: u32 = 1 << 16;
/// Slots this close to each other are read at once.
const GAP_SLOTS: u32 = 1 << 12;
/// Entries that are written at once: 80 KiB.
const WRITE_ENTRIES: usize = 1 << 12;

/// A key of a message that is to be found by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Hash of topic and key.
    pub(crate) hash: u32,
    /// Where the record starts.
    pub(crate) physical: PhysicalOffset,
    /// When it was stored.
    pub(crate) stored_at: WallMillis,
}

/// A message that may have the key that was looked for: its hash is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Where the record starts.
    pub physical: PhysicalOffset,
    /// When it was stored, in milliseconds, but for less than a second.
    pub time: i64,
}

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// Hash of topic and key.
    pub(crate) hash: u32,
    /// Store times, both ends included, in milliseconds.
    pub(crate) range: (i64, i64),
    /// Most hits.
    pub(crate) count_max: usize,
}

impl Wanted {
    /// Can it be this entry? Entries carry whole seconds: what was stored less than a second
    /// before the range may be among the hits, and nothing of the range is missing.
    pub(crate) fn is(&self, hash: u32, time: i64) -> bool {
        hash == self.hash && !self.is_before(time) && time <= self.range.1
    }

    /// Were this entry, and those that are older, stored before the range?
    fn is_before(&self, time: i64) -> bool {
        time.saturating_add(999) < self.range.0
    }
}

/// One index file, open.
pub(crate) struct IndexFile {
    file: File,
    layout: Layout,
    header: Cell<Header>,
}

impl IndexFile {
    /// Makes a file of full length, sparse.
    ///
    /// # Errors
    /// As `open(2)`, `ftruncate(2)` and `write(2)`.
    pub(crate) async fn create(path: &Path, layout: Layout, header: Header) -> io::Result<Self> {
        let how = Open { len: Some(layout.file_bytes()), create_new: true, ..Open::CREATE };
        let file = File::open(path, how).await?;
        file.write_small(header.encode(), 0).await?;
        Ok(Self { file, layout, header: Cell::new(header) })
    }

    /// Opens a file; `None` if its length or its header cannot be those of an index file of this
    /// layout.
    ///
    /// # Errors
    /// As `open(2)` and `read(2)`.
    pub(crate) async fn open(path: &Path, layout: Layout, how: Open) -> io::Result<Option<Self>> {
        let file = File::open(path, how).await?;
        if file.len()? != layout.file_bytes() {
            return Ok(None);
        }
        let bytes = file.read_at(HEADER_LEN, 0).await?;
        let header = Header::decode(&bytes, layout);
        Ok(header.map(|header| Self { file, layout, header: Cell::new(header) }))
    }

    /// What is known of it as a whole.
    pub(crate) fn header(&self) -> Header {
        self.header.get()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// How many more entries it takes.
    pub(crate) fn room(&self) -> usize {
        self.layout.entries.saturating_sub(self.header.get().next) as usize
    }

    /// Adds keys, oldest first; at most as many as there is room for. They are durable then, and
    /// so is the header that counts them.
    ///
    /// # Errors
    /// As `read(2)`, `write(2)` and `fdatasync(2)`. The file finds what it found before.
    pub(crate) async fn append(&self, keys: &[Key]) -> io::Result<()> {
        let mut header = self.header.get();
        let first = header.next;
        // By slot, and there by age.
        let mut order: Vec<(u32, u32)> =
            (0..).zip(keys).map(|(at, key)| (self.layout.slot_of(key.hash), at)).collect();
        order.sort_unstable();
        let mut older = vec![0; keys.len()];
        let mut heads: Vec<(u32, u32)> = Vec::new();
        for window in Windows(&order) {
            let table = self.read_window(window).await?;
            for (slot, at) in window {
                let head = match heads.last() {
                    Some((last, head)) if last == slot => *head,
                    _ => {
                        let head = self.counted(table.get(*slot), first).await?;
                        header.used_slots += u32::from(head == 0);
                        heads.push((*slot, head));
                        head
                    }
                };
                if let Some(older) = older.get_mut(*at as usize) {
                    *older = head;
                }
                if let Some(last) = heads.last_mut() {
                    last.1 = first + at;
                }
            }
        }
        self.write_entries(keys, &older, &mut header).await?;
        self.file.sync_data().await?;
        self.write_heads(&heads).await?;
        self.file.sync_data().await?;
        self.file.write_small(header.encode(), 0).await?;
        // Counted only when durable: after a failure the batch is written again, whole.
        self.file.sync_data().await?;
        self.header.set(header);
        Ok(())
    }

    async fn write_entries(
        &self,
        keys: &[Key],
        older: &[u32],
        header: &mut Header,
    ) -> io::Result<()> {
        for (keys, older) in keys.chunks(WRITE_ENTRIES).zip(older.chunks(WRITE_ENTRIES)) {
            let at = self.layout.entry_at(header.next);
            let mut bytes = Vec::with_capacity(keys.len() * ENTRY_LEN);
            for (key, older) in keys.iter().zip(older) {
                let Key { hash, physical, stored_at } = *key;
                let seconds = header.put(physical.0, stored_at);
                let entry = Entry { hash, physical, seconds, older: *older };
                bytes.extend_from_slice(&entry.encode());
            }
            self.file.write_small(bytes, at).await?;
        }
        Ok(())
    }

    async fn write_heads(&self, heads: &[(u32, u32)]) -> io::Result<()> {
        for window in Windows(heads) {
            // One alone is written without a look at its neighbours.
            let mut table = match window {
                [(slot, _)] => Table { first: *slot, bytes: vec![0; SLOT_LEN] },
                more => self.read_window(more).await?,
            };
            window.iter().for_each(|(slot, head)| table.set(*slot, *head));
            self.file.write_small(table.bytes, self.layout.slot_at(table.first)).await?;
        }
        Ok(())
    }

    async fn read_window(&self, window: &[(u32, u32)]) -> io::Result<Table> {
        let slot_of = |place: Option<&(u32, u32)>| place.map_or(0, |(slot, _)| *slot);
        let (first, last) = (slot_of(window.first()), slot_of(window.last()));
        self.read_slots(first, last - first + 1).await
    }

    /// `count` slots from `first` on.
    ///
    /// # Errors
    /// As `read(2)`.
    pub(crate) async fn read_slots(&self, first: u32, count: u32) -> io::Result<Table> {
        let bytes =
            self.file.read_at(count as usize * SLOT_LEN, self.layout.slot_at(first)).await?;
        Ok(Table { first, bytes: bytes.to_vec() })
    }

    /// Entry `at` and up to `count - 1` behind it.
    ///
    /// # Errors
    /// As `read(2)`.
    pub(crate) async fn read_entries(&self, at: u32, count: usize) -> io::Result<Vec<Entry>> {
        let bytes = self.file.read_at(count * ENTRY_LEN, self.layout.entry_at(at)).await?;
        Ok(bytes.chunks_exact(ENTRY_LEN).map_while(Entry::decode).collect())
    }

    /// The newest entry of a chain that starts with `at` and lies below `bound`; 0 if none does.
    async fn counted(&self, mut at: u32, bound: u32) -> io::Result<u32> {
        while at >= bound {
            at = self.older(at).await?.map_or(0, |entry| entry.older);
        }
        Ok(at)
    }

    /// The entry at `at`, unless there is none or it leads to one that is not older.
    async fn older(&self, at: u32) -> io::Result<Option<Entry>> {
        if at == 0 || at >= self.layout.entries {
            return Ok(None);
        }
        let entry = self.read_entries(at, 1).await?.first().copied();
        Ok(entry.filter(|entry| entry.older < at))
    }

    /// Adds to `hits` what is wanted, newest first, as far as `header` counts it, which is this
    /// file's at some moment (Java: `IndexFile.selectPhyOffset`).
    ///
    /// # Errors
    /// As `read(2)`.
    pub(crate) async fn select(
        &self,
        header: Header,
        wanted: &Wanted,
        hits: &mut Vec<Hit>,
    ) -> io::Result<()> {
        let slot = self.layout.slot_of(wanted.hash);
        let mut at = self.read_slots(slot, 1).await?.get(slot);
        while hits.len() < wanted.count_max {
            let Some(entry) = self.older(at).await? else { break };
            if at < header.next {
                let time = header.time(entry.seconds);
                if wanted.is(entry.hash, time) {
                    hits.push(Hit { physical: entry.physical, time });
                }
                if wanted.is_before(time) {
                    break;
                }
            }
            at = entry.older;
        }
        Ok(())
    }
}

/// A part of the slots.
pub(crate) struct Table {
    first: u32,
    bytes: Vec<u8>,
}

impl Table {
    /// The newest entry of a slot; 0 if it is empty, or not of this part.
    pub(crate) fn get(&self, slot: u32) -> u32 {
        let bytes = self.bytes.get(self.place(slot)..).and_then(|rest| rest.first_chunk::<4>());
        bytes.map_or(0, |bytes| u32::from_be_bytes(*bytes))
    }

    fn set(&mut self, slot: u32, head: u32) {
        let place = self.place(slot);
        if let Some(bytes) = self.bytes.get_mut(place..).and_then(|rest| rest.first_chunk_mut()) {
            *bytes = head.to_be_bytes();
        }
    }

    fn place(&self, slot: u32) -> usize {
        slot.saturating_sub(self.first) as usize * SLOT_LEN
    }
}

/// Runs of places sorted by slot, each of which is worth one read.
struct Windows<'a>(&'a [(u32, u32)]);

impl<'a> Iterator for Windows<'a> {
    type Item = &'a [(u32, u32)];

    fn next(&mut self) -> Option<Self::Item> {
        let (first, _) = *self.0.first()?;
        let (mut last, mut len) = (first, 0);
        for (slot, _) in self.0 {
            if slot - first >= WINDOW_SLOTS || slot - last > GAP_SLOTS {
                break;
            }
            last = *slot;
            len += 1;
        }
        let (window, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(window)
    }
}
