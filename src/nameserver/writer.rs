//! Changes on their way to a file. One after the other; what gathers while one is written is the
//! next, in one write. Answered when it is there to stay.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::path::Path;

use crate::limits::{NAMESERVER_WRITES_BYTES_MAX, SETTINGS_FILE_BYTES_MAX};
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::rt::disk;
use crate::rt::event::Event;

use super::handler::{NameServer, Pending, edited};
use super::kv::KvChange;

/// A change, and who waits for it.
struct Job<W> {
    change: Pending,
    /// The answer when it is done.
    reply: Command,
    waiter: W,
}

/// The queue of changes; `W` is who is answered. Lives on one core.
pub struct Writer<W> {
    waiting: RefCell<VecDeque<Job<W>>>,
    waiting_bytes: Cell<usize>,
    stopping: Cell<bool>,
    queued: Event,
}

impl<W> Writer<W> {
    /// An empty queue.
    pub fn new() -> Self {
        Self {
            waiting: RefCell::default(),
            waiting_bytes: Cell::new(0),
            stopping: Cell::new(false),
            queued: Event::new(),
        }
    }

    /// Queues a change, or gives the refusal to answer with and who asked: SYSTEM_BUSY, when too
    /// much waits already or the server is going down.
    pub fn queue(&self, change: Pending, reply: Command, waiter: W) -> Option<(Command, W)> {
        let bytes = self.waiting_bytes.get() + bytes_of(&change);
        if self.stopping.get() || bytes > NAMESERVER_WRITES_BYTES_MAX {
            let why = "[OVERLOAD]too many changes wait for the disk";
            return Some((failed(reply, response::SYSTEM_BUSY, why.to_owned()), waiter));
        }
        self.waiting_bytes.set(bytes);
        self.waiting.borrow_mut().push_back(Job { change, reply, waiter });
        self.queued.set();
        None
    }

    /// Takes no more; [`Writer::run`] ends when what waits is done.
    pub fn stop(&self) {
        self.stopping.set(true);
        self.queued.set();
    }

    /// Writes what is queued, and has each answered.
    pub async fn run(&self, server: &NameServer, answer: impl Fn(W, Command)) {
        loop {
            let batch = self.take_batch();
            if batch.is_empty() {
                if self.stopping.get() {
                    return;
                }
                self.queued.wait().await;
                continue;
            }
            let bytes: usize = batch.iter().map(|job| bytes_of(&job.change)).sum();
            match batch.first().map(|job| job.change.clone()) {
                Some(Pending::Configuration(lines)) => {
                    let done = configure(server, &lines).await;
                    for job in batch {
                        answer(job.waiter, outcome(job.reply, &done));
                    }
                }
                _ => write_values(server, batch, &answer).await,
            }
            self.waiting_bytes.set(self.waiting_bytes.get() - bytes);
        }
    }

    /// The first change of the configuration, or all changes of the KV table before one.
    fn take_batch(&self) -> Vec<Job<W>> {
        let mut waiting = self.waiting.borrow_mut();
        let is_kv = |job: &Job<W>| matches!(job.change, Pending::Kv(_));
        let count = waiting.iter().take_while(|job| is_kv(job)).count();
        let len = waiting.len();
        waiting.drain(..count.max(1).min(len)).collect()
    }
}

impl<W> Default for Writer<W> {
    fn default() -> Self {
        Self::new()
    }
}

/// Writes the table with all these changes, and then takes it.
async fn write_values<W>(server: &NameServer, batch: Vec<Job<W>>, answer: &impl Fn(W, Command)) {
    let changes: Vec<KvChange> = batch
        .iter()
        .filter_map(|job| match &job.change {
            Pending::Kv(change) => Some(change.clone()),
            Pending::Configuration(_) => None,
        })
        .collect();
    let (table, fits) = server.changed(&changes);
    let path = server.config().kv_path;
    let written = match replace(&path, table.to_file()).await {
        Ok(()) => {
            server.take_values(table);
            Ok(())
        }
        Err(error) => Err(unwritten(&path, &error)),
    };
    for (job, fits) in batch.into_iter().zip(fits) {
        let done = fits.map_err(|full| full.to_string()).and(written.clone());
        answer(job.waiter, outcome(job.reply, &done));
    }
}

/// Writes a change of the configuration to its file, and then takes it.
async fn configure(server: &NameServer, lines: &[u8]) -> Result<(), String> {
    let updated = server.updated(lines).map_err(|refused| refused.to_string())?;
    let path = server.config().config_path;
    let before = match disk::read_file(&path, SETTINGS_FILE_BYTES_MAX).await {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(unwritten(&path, &error)),
    };
    let after = edited(&before, &updated).map_err(|error| error.to_string())?;
    replace(&path, after).await.map_err(|error| unwritten(&path, &error))?;
    server.configure(updated);
    Ok(())
}

async fn replace(path: &Path, content: Vec<u8>) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        disk::create_dir_all(folder).await?;
    }
    disk::replace_file(path, content).await
}

fn unwritten(path: &Path, error: &io::Error) -> String {
    tracing::error!("{} could not be written, nothing is changed: {error}", path.display());
    format!("{} could not be written: {error}", path.display())
}

fn outcome(reply: Command, done: &Result<(), String>) -> Command {
    match done {
        Ok(()) => reply,
        Err(why) => failed(reply, response::SYSTEM_ERROR, why.clone()),
    }
}

fn failed(reply: Command, code: i32, why: String) -> Command {
    Command { code, ..reply }.with_remark(why)
}

/// What a waiting change takes.
fn bytes_of(change: &Pending) -> usize {
    let texts = match change {
        Pending::Configuration(lines) => lines.len(),
        Pending::Kv(KvChange::Delete { namespace, key }) => namespace.len() + key.len(),
        Pending::Kv(KvChange::Put { namespace, key, value }) => {
            namespace.len() + key.len() + value.len()
        }
    };
    size_of::<Pending>() + size_of::<Command>() + texts
}
