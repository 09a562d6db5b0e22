//! The tree of names: as it is, and as it would be after a loss of power.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Component, Path};

use super::content::Content;
use super::fault::Survival;
use crate::rt::random::Stream;

/// Names a file or a directory.
pub(super) type NodeId = u64;

/// The directory that all others are in.
const ROOT: NodeId = 0;

pub(super) enum Node {
    Directory(Directory),
    File(Content),
}

#[derive(Default)]
pub(super) struct Directory {
    live: BTreeMap<OsString, NodeId>,
    durable: BTreeMap<OsString, NodeId>,
}

/// One name that comes to mean something else.
struct Change {
    directory: NodeId,
    name: OsString,
    to: Option<NodeId>,
}

/// The tree.
pub(super) struct Names {
    nodes: BTreeMap<NodeId, Node>,
    next: NodeId,
    /// What is not durable, in order, with numbers that rise; the changes of one entry happen
    /// together or not at all.
    pending: Vec<(u64, Vec<Change>)>,
    /// Counts entries.
    count: u64,
}

impl Default for Names {
    fn default() -> Self {
        let nodes = BTreeMap::from([(ROOT, Node::Directory(Directory::default()))]);
        Self { nodes, next: ROOT + 1, pending: Vec::new(), count: 0 }
    }
}

fn not_found() -> io::Error {
    io::Error::from_raw_os_error(libc::ENOENT)
}

impl Names {
    /// What `path` names.
    pub(super) fn find(&self, path: &Path) -> Option<NodeId> {
        path.components().try_fold(ROOT, |at, component| match component {
            Component::Normal(name) => self.directory(at)?.live.get(name).copied(),
            _ => Some(at),
        })
    }

    /// The directory that `path` is or would be in, and its name there.
    pub(super) fn place<'a>(&self, path: &'a Path) -> io::Result<(NodeId, &'a OsStr)> {
        let parent = path.parent().and_then(|parent| self.find(parent)).ok_or_else(not_found)?;
        let name = path.file_name().ok_or_else(not_found)?;
        self.directory(parent).ok_or(io::ErrorKind::NotADirectory)?;
        Ok((parent, name))
    }

    fn directory(&self, node: NodeId) -> Option<&Directory> {
        match self.nodes.get(&node)? {
            Node::Directory(directory) => Some(directory),
            Node::File(_) => None,
        }
    }

    pub(super) fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(&node)
    }

    /// The file behind a node.
    pub(super) fn file(&mut self, node: NodeId) -> io::Result<&mut Content> {
        match self.nodes.get_mut(&node) {
            Some(Node::File(content)) => Ok(content),
            _ => Err(io::Error::from_raw_os_error(libc::EISDIR)),
        }
    }

    /// All files, those without a name as well.
    pub(super) fn files(&mut self) -> impl Iterator<Item = (NodeId, &mut Content)> {
        self.nodes.iter_mut().filter_map(|(id, node)| match node {
            Node::File(content) => Some((*id, content)),
            Node::Directory(_) => None,
        })
    }

    /// The names in a directory, sorted.
    pub(super) fn list(&self, path: &Path) -> io::Result<Vec<OsString>> {
        let node = self.find(path).ok_or_else(not_found)?;
        let directory = self.directory(node).ok_or(io::ErrorKind::NotADirectory)?;
        Ok(directory.live.keys().cloned().collect())
    }

    /// Makes something new of the name `path`.
    pub(super) fn create(&mut self, path: &Path, node: Node) -> io::Result<NodeId> {
        let (directory, name) = self.place(path)?;
        let name = name.to_owned();
        let id = self.next;
        self.next += 1;
        self.nodes.insert(id, node);
        self.apply(vec![Change { directory, name, to: Some(id) }]);
        Ok(id)
    }

    /// Gives what `from` names the name `to` as well.
    pub(super) fn link(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from).ok_or_else(not_found)?;
        let (directory, name) = self.place(to)?;
        if self.find(to).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let name = name.to_owned();
        self.apply(vec![Change { directory, name, to: Some(node) }]);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let node = self.find(from).ok_or_else(not_found)?;
        let ((old, old_name), (new, new_name)) = (self.place(from)?, self.place(to)?);
        let gone = Change { directory: old, name: old_name.to_owned(), to: None };
        let come = Change { directory: new, name: new_name.to_owned(), to: Some(node) };
        self.apply(vec![gone, come]);
        Ok(())
    }

    /// Removes the name `path`. Who has it open can go on with it.
    pub(super) fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.find(path).ok_or_else(not_found)?;
        let (directory, name) = self.place(path)?;
        let name = name.to_owned();
        self.apply(vec![Change { directory, name, to: None }]);
        Ok(())
    }

    fn apply(&mut self, changes: Vec<Change>) {
        for change in &changes {
            if let Some(Node::Directory(directory)) = self.nodes.get_mut(&change.directory) {
                set(&mut directory.live, change);
            }
        }
        self.count += 1;
        self.pending.push((self.count, changes));
    }

    /// The names in the directory `node` are durable now.
    pub(super) fn sync(&mut self, node: NodeId) {
        self.persist_if(|_, changes| changes.iter().any(|change| change.directory == node));
    }

    /// What a sync of all names that begins now is to save.
    pub(super) fn horizon(&self) -> u64 {
        self.count
    }

    /// A sync of all names that began at `horizon` is done.
    pub(super) fn sync_all(&mut self, horizon: u64) {
        self.persist_if(|number, _| number <= horizon);
    }

    fn persist_if(&mut self, is_done: impl Fn(u64, &[Change]) -> bool) {
        let pending = std::mem::take(&mut self.pending).into_iter();
        let (done, kept) = pending.partition(|(number, changes)| is_done(*number, changes));
        self.pending = kept;
        self.persist(done);
    }

    fn persist(&mut self, done: Vec<(u64, Vec<Change>)>) {
        for change in done.iter().flat_map(|(_, changes)| changes) {
            if let Some(Node::Directory(directory)) = self.nodes.get_mut(&change.directory) {
                set(&mut directory.durable, change);
            }
        }
    }

    /// Power was lost: what is durable is what there is, and some of what is not.
    pub(super) fn settle(&mut self, survival: Survival, random: &mut Stream) {
        let mut pending = std::mem::take(&mut self.pending);
        match survival {
            Survival::Nothing => pending.clear(),
            Survival::Everything => {}
            Survival::Whole => {
                let kept = random.below(pending.len() as u64 + 1);
                pending.truncate(super::content::index(kept));
            }
            Survival::Torn => pending.retain(|_| random.below(2) == 0),
        }
        self.persist(pending);
        let mut reached = BTreeSet::new();
        let mut next = vec![ROOT];
        while let Some(id) = next.pop() {
            if let Some(Node::Directory(directory)) = self.nodes.get_mut(&id) {
                directory.live.clone_from(&directory.durable);
                next.extend(directory.live.values());
            }
            reached.insert(id);
        }
        self.nodes.retain(|id, _| reached.contains(id));
    }
}

fn set(names: &mut BTreeMap<OsString, NodeId>, change: &Change) {
    match change.to {
        Some(node) => names.insert(change.name.clone(), node),
        None => names.remove(&change.name),
    };
}
