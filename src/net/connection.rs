//! One connection: frames in, commands out, replies matched, sends coalesced.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::limits::{
    CONNECTION_OUTBOX_BYTES_MAX, FRAME_BYTES_MAX, SEND_PARTS_MAX, UNFINISHED_BYTES_PER_CORE_MAX,
};
use crate::net::calls::{CallError, Calls};
use crate::net::{CloseReason, ConnectionId};
use crate::protocol::{Command, EncodeError, FrameSplitter};
use crate::rt::clock::{self, Instant};
use crate::rt::disk::File;
use crate::rt::event::Event;
use crate::rt::net::{Shutdown, Stream};

/// What one core does with the requests of its connections.
pub trait Handler {
    /// A request came in. Called in the order of arrival; must not block: what takes longer is
    /// spawned, and answered later through [`Connection::send`].
    fn request(&self, connection: &Connection, command: Command);

    /// All frames of one read were handed over; a good moment to pass on what was gathered.
    fn batch_end(&self) {}

    /// Whether reading stops while the peer does not take what we send. Right for a server, whose
    /// sends are answers. A client goes on reading: a server that cannot get rid of its answers
    /// takes no requests, and both would wait for each other.
    fn reads_only_with_room(&self) -> bool {
        true
    }
}

/// A piece of what goes out. A reply whose records are cold on disk is a header in memory
/// followed by ranges of files, which leave without being copied.
#[derive(Clone, Debug)]
pub enum Part {
    /// Bytes in memory, shared and not copied.
    Memory(Bytes),
    /// A range of a file.
    File {
        /// The open file.
        file: File,
        /// First byte of the range.
        offset: u64,
        /// Length in bytes.
        len: u64,
    },
}

impl Part {
    /// Bytes on the wire.
    pub fn len(&self) -> usize {
        match self {
            Self::Memory(bytes) => bytes.len(),
            Self::File { len, .. } => usize::try_from(*len).unwrap_or(usize::MAX),
        }
    }

    /// Whether the part adds nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A connection of this core. Clones are handles to the same one.
///
/// Lives on the core that it was attached on. Everything queued by [`Connection::send`] leaves in
/// that order; a frame is queued whole or not at all.
#[derive(Clone)]
pub struct Connection {
    shared: Rc<Shared>,
}

struct Shared {
    id: ConnectionId,
    unfinished: Rc<Cell<usize>>,
    stream: Stream,
    outbox: RefCell<VecDeque<Part>>,
    /// Bytes queued and not yet with the kernel, those of the write under way included.
    unwritten: Cell<usize>,
    queued: Event,
    drained: Event,
    closing: Cell<Option<CloseReason>>,
    active: Cell<Instant>,
    calls: Calls,
}

impl Connection {
    /// Takes over a connected stream. Nothing is read before [`Connection::run`]. `unfinished`
    /// counts the bytes of unfinished frames of all connections that share it.
    pub fn new(id: ConnectionId, stream: Stream, unfinished: Rc<Cell<usize>>) -> Self {
        let shared = Shared {
            id,
            unfinished,
            stream,
            outbox: RefCell::default(),
            unwritten: Cell::new(0),
            queued: Event::new(),
            drained: Event::new(),
            closing: Cell::new(None),
            active: Cell::new(clock::now()),
            calls: Calls::new(),
        };
        Self { shared: Rc::new(shared) }
    }

    /// Which connection of which core.
    pub fn id(&self) -> ConnectionId {
        self.shared.id
    }

    /// The other side's address.
    pub fn peer(&self) -> SocketAddr {
        self.shared.stream.peer()
    }

    /// The address it was accepted on.
    pub fn local(&self) -> SocketAddr {
        self.shared.stream.local()
    }

    /// Whether nothing more goes out or comes in.
    pub fn is_closed(&self) -> bool {
        self.shared.closing.get().is_some()
    }

    /// Whether all that was queued is with the kernel.
    pub fn is_flushed(&self) -> bool {
        self.is_closed() || self.shared.unwritten.get() == 0
    }

    /// Whether so much is queued that nothing more is read from the peer.
    pub fn is_crowded(&self) -> bool {
        self.shared.unwritten.get() >= CONNECTION_OUTBOX_BYTES_MAX
    }

    /// When something was last read or written. While requests are handed over: when they came in.
    pub fn last_active(&self) -> Instant {
        self.shared.active.get()
    }

    /// How long nothing was read or written.
    pub fn idle(&self) -> Duration {
        self.shared.active.get().elapsed()
    }

    /// Queues the parts of one frame. On a closed connection they are dropped, as they would be on
    /// the way to a peer that left.
    pub fn send(&self, parts: impl IntoIterator<Item = Part>) {
        if self.is_closed() {
            return;
        }
        let mut outbox = self.shared.outbox.borrow_mut();
        for part in parts {
            self.shared.unwritten.update(|bytes| bytes + part.len());
            outbox.push_back(part);
        }
        drop(outbox);
        self.shared.queued.set();
    }

    /// Queues a command.
    ///
    /// # Errors
    /// It does not fit a frame; nothing is sent.
    pub fn send_command(&self, command: &Command) -> Result<(), EncodeError> {
        self.send([Part::Memory(command.encode()?)]);
        Ok(())
    }

    /// Sends a request and waits for its answer. The request's opaque is replaced.
    ///
    /// # Errors
    /// [`CallError`]: no answer in time, the connection closed, or too many calls in flight.
    pub async fn call(&self, mut request: Command, limit: Duration) -> Result<Command, CallError> {
        if self.is_closed() {
            return Err(CallError::Closed);
        }
        let (opaque, answer) = self.shared.calls.open()?;
        request.opaque = opaque;
        if self.send_command(&request).is_err() {
            self.shared.calls.abandon(opaque);
            return Err(CallError::TooLong);
        }
        match clock::timeout(limit, answer).await {
            Ok(answer) => answer,
            Err(_) => {
                self.shared.calls.abandon(opaque);
                Err(CallError::TimedOut)
            }
        }
    }

    /// Ends the connection. What is queued but not written is dropped; the peer sees an orderly
    /// end of stream.
    pub fn close(&self, reason: CloseReason) {
        if self.shared.closing.get().is_none() {
            self.shared.closing.set(Some(reason));
            // A peer that is gone already needs no end of stream.
            let _gone = self.shared.stream.shutdown(Shutdown::Both);
            self.shared.calls.close();
            self.shared.queued.set();
            self.shared.drained.set();
        }
    }

    /// Reads until the connection ends, for whatever reason, which is returned. The writer must
    /// run beside it ([`Connection::write_queued`]).
    pub async fn run(&self, handler: &impl Handler) -> CloseReason {
        let mut splitter = FrameSplitter::new(FRAME_BYTES_MAX);
        let mut unfinished = Unfinished { total: self.shared.unfinished.clone(), own: 0 };
        let reason = loop {
            if handler.reads_only_with_room() {
                self.wait_for_outbox_room().await;
            }
            if let Some(reason) = self.shared.closing.get() {
                break reason;
            }
            let chunk = match self.shared.stream.recv().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) => break CloseReason::EndOfStream,
                Err(_) => break CloseReason::Failed,
            };
            self.shared.active.set(clock::now());
            splitter.push(&chunk);
            drop(chunk);
            let handed_over = self.hand_over(&mut splitter, handler);
            handler.batch_end();
            if let Err(reason) = handed_over {
                break reason;
            }
            unfinished.set(splitter.buffered());
            if unfinished.total() > UNFINISHED_BYTES_PER_CORE_MAX {
                tracing::info!(peer = %self.peer(), "closing: too many unfinished frames");
                break CloseReason::Crowded;
            }
        };
        self.close(reason);
        self.shared.closing.get().unwrap_or(reason)
    }

    fn hand_over(
        &self,
        splitter: &mut FrameSplitter,
        handler: &impl Handler,
    ) -> Result<(), CloseReason> {
        loop {
            let frame = match splitter.next() {
                Ok(Some(frame)) => frame,
                Ok(None) => return Ok(()),
                Err(error) => {
                    tracing::info!(peer = %self.peer(), %error, "closing: bad frame");
                    return Err(CloseReason::BadFrame);
                }
            };
            match Command::decode(frame) {
                Ok(command) if command.is_response() => self.shared.calls.answer(command),
                Ok(command) => handler.request(self, command),
                Err(error) => {
                    tracing::info!(peer = %self.peer(), %error, "closing: bad header");
                    return Err(CloseReason::BadFrame);
                }
            }
        }
    }

    /// A peer that does not take its replies is not read from: its requests wait in its own
    /// socket, and its share of memory stays bounded.
    async fn wait_for_outbox_room(&self) {
        while !self.is_closed() && self.shared.unwritten.get() > CONNECTION_OUTBOX_BYTES_MAX {
            self.shared.drained.wait().await;
        }
    }

    /// Writes what [`Connection::send`] queues, in order, until the connection closes. Everything
    /// queued while one write is under way leaves with the next.
    pub async fn write_queued(&self) {
        while !self.is_closed() {
            let batch = self.take_batch();
            let bytes = batch.len();
            let written = match batch {
                Batch::Memory(parts) if parts.is_empty() => {
                    self.shared.queued.wait().await;
                    continue;
                }
                Batch::Memory(parts) => self.shared.stream.send(parts).await,
                Batch::File { file, offset, len } => {
                    self.shared.stream.send_file(&file, offset, len).await
                }
            };
            if let Err(error) = written {
                tracing::debug!(peer = %self.peer(), %error, "closing: write failed");
                self.close(CloseReason::Failed);
            }
            self.shared.unwritten.update(|unwritten| unwritten - bytes);
            self.shared.active.set(clock::now());
            self.shared.drained.set();
        }
    }

    /// The next write: as many pieces of memory as one call takes, or one range of a file.
    fn take_batch(&self) -> Batch {
        let mut outbox = self.shared.outbox.borrow_mut();
        let mut memory = Vec::new();
        while memory.len() < SEND_PARTS_MAX {
            match outbox.pop_front() {
                None => break,
                Some(Part::Memory(bytes)) => memory.push(bytes),
                Some(file) if !memory.is_empty() => {
                    outbox.push_front(file);
                    break;
                }
                Some(Part::File { file, offset, len }) => return Batch::File { file, offset, len },
            }
        }
        Batch::Memory(memory)
    }
}

/// This connection's part of the bytes of frames that have not come in whole yet.
struct Unfinished {
    total: Rc<Cell<usize>>,
    own: usize,
}

impl Unfinished {
    fn set(&mut self, own: usize) {
        self.total.update(|total| total - self.own + own);
        self.own = own;
    }

    /// Of all connections of the core.
    fn total(&self) -> usize {
        self.total.get()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        self.set(0);
    }
}

enum Batch {
    Memory(Vec<Bytes>),
    File { file: File, offset: u64, len: u64 },
}

impl Batch {
    fn len(&self) -> usize {
        match self {
            Self::Memory(parts) => parts.iter().map(Bytes::len).sum(),
            Self::File { len, .. } => usize::try_from(*len).unwrap_or(usize::MAX),
        }
    }
}
