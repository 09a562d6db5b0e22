//! The simulated disk: the single operations behind `rt::disk`, each of which may go wrong.

pub(in crate::rt) mod calls;
mod content;
pub mod fault;
mod file;
mod file_system;
mod names;

use std::cell::{RefCell, RefMut};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;

pub use self::calls::FileLock;
pub use self::file::{File, sync_dir};
pub use self::file_system::FileSystem;

use self::fault::{Crash, Faults, Moment, Op, OpKind};
use self::file::InFlight;
use self::names::{Names, Node, NodeId};
use crate::rt::random::Stream;
use crate::rt::sim::memory::Memory;

/// What a write or read that is cut short has done at least: a direct write goes on from a block.
const SHORT_BYTES_MIN: u64 = 4096;

/// A disk. Cheap to clone; all clones are the same.
#[derive(Clone)]
pub(super) struct Disk {
    state: Rc<RefCell<State>>,
}

struct State {
    names: Names,
    random: Stream,
    faults: Faults,
    trace: Vec<Op>,
    stopped: bool,
    in_flight: BTreeMap<usize, InFlight>,
    /// What is locked; is it against all others?
    locked: Vec<(PathBuf, bool)>,
    memory: Memory,
}

/// What is to become of an operation.
struct Admitted {
    /// Its number.
    number: usize,
    /// The error number it fails with.
    failure: Option<i32>,
    /// Does it take a hundred times as long?
    slow: bool,
    /// Is it cut short, if it is long enough?
    short: bool,
}

/// What those are told who ask a machine that has stopped. Nobody sees what they make of it.
fn stopped() -> io::Error {
    io::Error::from_raw_os_error(libc::EIO)
}

impl Disk {
    pub(super) fn new(seed: u64) -> Self {
        let state = State {
            names: Names::default(),
            random: Stream::new(seed),
            faults: Faults::NONE,
            trace: Vec::new(),
            stopped: false,
            in_flight: BTreeMap::new(),
            locked: Vec::new(),
            memory: Memory::default(),
        };
        Self { state: Rc::new(RefCell::new(state)) }
    }

    pub(super) fn set_faults(&self, faults: Faults) {
        let mut state = self.borrow();
        state.faults = faults;
        state.trace.clear();
    }

    pub(super) fn trace(&self) -> Vec<Op> {
        self.borrow().trace.clone()
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.borrow().stopped
    }

    pub(super) fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let mut state = self.borrow();
        let node = state.names.find(path)?;
        state.names.file(node).ok().map(|content| content.bytes().to_vec())
    }

    /// The process is over; what is left is what the next one finds.
    pub(super) fn settle(&self, crash: Crash) {
        let mut state = self.borrow();
        let state = &mut *state;
        state.stopped = false;
        state.locked.clear();
        // In any order: none of them was answered.
        let mut flights: Vec<InFlight> =
            std::mem::take(&mut state.in_flight).into_values().collect();
        let mut late: Vec<(NodeId, u64, Vec<u8>)> = Vec::new();
        while !flights.is_empty() {
            let pick = content::index(state.random.below(flights.len() as u64));
            late.extend(flights.swap_remove(pick).into_bytes());
        }
        match crash {
            Crash::Kill => {
                for (node, at, bytes) in late {
                    if let Ok(content) = state.names.file(node) {
                        content.write_part(at, &bytes, &mut state.random);
                    }
                }
            }
            Crash::Power(survival) => {
                state.memory.lose();
                state.names.settle(survival, &mut state.random);
                for (node, content) in state.names.files() {
                    let of_it = late.extract_if(.., |(other, _, _)| *other == node);
                    let writes = of_it.map(|(_, at, bytes)| (at, bytes)).collect();
                    content.settle(survival, writes, &mut state.random);
                }
            }
        }
    }

    /// What of the machine's memory outlives a process.
    pub(super) fn with_memory<T>(&self, work: impl FnOnce(&mut Memory) -> T) -> T {
        work(&mut self.borrow().memory)
    }

    fn borrow(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }
}

impl State {
    /// Takes note of an operation.
    fn admit(&mut self, kind: OpKind, path: &Path) -> io::Result<Admitted> {
        if self.stopped {
            return Err(stopped());
        }
        let number = self.trace.len();
        self.trace.push(Op { kind, path: path.to_owned() });
        if self.faults.cut == Some((number, Moment::Before)) {
            self.stopped = true;
            return Err(stopped());
        }
        let failure = self.faults.failure(number, kind);
        let short = self.random.below(1000) < self.faults.short;
        let slow = self.random.below(1000) < self.faults.slow;
        Ok(Admitted { number, failure, slow, short })
    }

    /// An operation that takes no time: `work`, unless it is to fail, or the machine stops.
    fn at_once<T>(
        &mut self,
        kind: OpKind,
        path: &Path,
        work: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        let admitted = self.admit(kind, path)?;
        let cut = self.faults.cut.filter(|(number, _)| *number == admitted.number);
        if cut.is_some_and(|(_, moment)| moment == Moment::During) {
            self.stopped = true;
            return Err(stopped());
        }
        if let Some(errno) = admitted.failure {
            return Err(io::Error::from_raw_os_error(errno));
        }
        let done = work(self);
        if cut.is_some() {
            self.stopped = true;
            return Err(stopped());
        }
        done
    }

    /// Bytes of the disk that nothing takes.
    fn room(&mut self) -> u64 {
        let Some(capacity) = self.faults.capacity else { return u64::MAX };
        let used: u64 = self.names.files().map(|(_, content)| content.used()).sum();
        capacity.saturating_sub(used)
    }

    fn create_file(&mut self, path: &Path) -> io::Result<NodeId> {
        let work =
            |state: &mut Self| state.names.create(path, Node::File(content::Content::default()));
        self.at_once(OpKind::CreateFile, path, work)
    }

    /// Writes all of `bytes` at `at`, or as much as there is room for.
    fn write_all(&mut self, node: NodeId, path: &Path, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.at_once(OpKind::Write, path, |state| {
            let (room, len) = (state.room(), bytes.len() as u64);
            let file = state.names.file(node)?;
            let fits = content::index(file.room_for(at, len, room));
            file.write(at, bytes.get(..fits).unwrap_or_default().to_vec());
            if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        })
    }

    fn set_len(&mut self, node: NodeId, path: &Path, len: u64) -> io::Result<()> {
        let work = |state: &mut Self| {
            state.names.file(node)?.set_len(len);
            Ok(())
        };
        self.at_once(OpKind::SetLen, path, work)
    }
}
