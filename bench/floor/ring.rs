//! Served by RingMQ's runtime: a core on each processor, connections dealt among them, one ring for
//! each core, and the connections' own reading and writing. A request is answered on the core of
//! its connection; none crosses to another, as it does on its way to a queue's owner.

use std::cell::RefCell;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::BytesMut;
use ringmq::limits::ARENA_PIECE_BYTES;
use ringmq::net::{CloseReason, Connection, ConnectionTable, Handler, Part};
use ringmq::protocol::Command;
use ringmq::rt::mesh::Mesh;
use ringmq::rt::net::{Listener, Socket, Stream};
use ringmq::rt::spawn::{self, Core, CorePlan, Cores};
use ringmq::rt::start::StartError;
use ringmq::rt::{clock, signal};
use ringmq::units::CoreId;

use crate::floor::answers::{Answers, World};

/// Connections that wait in the kernel to be accepted.
const BACKLOG: u32 = 1024;

/// How long to wait before accepting again when descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum RingError {
    /// The runtime.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The port, or waiting for the end.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What the first core tells the others.
enum Word {
    /// A connection of yours.
    Adopt(Socket),
    /// It is over.
    Stop,
}

/// Serves on all permitted processors until SIGTERM or SIGINT, or for `limit`. `ready` is told
/// where.
///
/// # Errors
/// The kernel has no rings for us, or the port is taken.
pub fn serve(
    address: SocketAddr,
    limit: Option<Duration>,
    ready: impl FnOnce(SocketAddr) + Send + Clone + 'static,
) -> Result<(), RingError> {
    let plan = CorePlan { catch_signals: true, ..CorePlan::new(Cores::All)? };
    let (world, failed) = (Arc::new(World::default()), Arc::new(OnceLock::new()));
    let report = failed.clone();
    spawn::run_cores(plan, move |core: Core<Word>| async move {
        let shared = Rc::new(Shared {
            connections: ConnectionTable::new(core.id),
            answers: RefCell::new(Answers::new(world)),
            out: RefCell::new(BytesMut::with_capacity(ARENA_PIECE_BYTES)),
        });
        if core.id != CoreId(0) {
            while let (_, Word::Adopt(socket)) = core.mesh.recv().await {
                adopt(&shared, socket);
            }
        } else if let Err(error) = lead(&core.mesh, &shared, address, limit, ready).await {
            let _first = report.set(error);
        }
    })?;
    match Arc::into_inner(failed).and_then(OnceLock::into_inner) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// What the first core does: it accepts, and ends the others.
async fn lead(
    mesh: &Mesh<Word>,
    shared: &Rc<Shared>,
    address: SocketAddr,
    limit: Option<Duration>,
    ready: impl FnOnce(SocketAddr),
) -> io::Result<()> {
    let served = match Listener::bind(address, BACKLOG) {
        Ok(listener) => {
            ready(listener.address());
            let accepting = spawn::spawn(accept(mesh.clone(), shared.clone(), listener));
            let ended = clock::timeout(limit.unwrap_or(Duration::MAX), signal::termination()).await;
            accepting.cancel().await;
            ended.map_or(Ok(()), |signal| signal.map(|_| ()))
        }
        Err(error) => Err(error),
    };
    for other in (1..mesh.count()).map(CoreId) {
        mesh.send_wait(other, Word::Stop).await;
    }
    served
}

/// Accepts for ever; the cores take turns.
async fn accept(mesh: Mesh<Word>, shared: Rc<Shared>, listener: Listener) {
    for core in (0..mesh.count()).cycle().map(CoreId) {
        let socket = loop {
            match listener.accept().await {
                Ok((socket, _)) => break socket,
                Err(_) => clock::sleep(ACCEPT_PAUSE).await,
            }
        };
        if core == mesh.id() {
            adopt(&shared, socket);
        } else {
            mesh.send_wait(core, Word::Adopt(socket)).await;
        }
    }
}

fn adopt(shared: &Rc<Shared>, socket: Socket) {
    let Some(connection) = shared.connections.insert(Stream::attach(socket)) else { return };
    let writer = connection.clone();
    spawn::spawn(async move { writer.write_queued().await }).detach();
    let shared = shared.clone();
    spawn::spawn(async move {
        connection.run(&*shared).await;
        shared.connections.remove(connection.id());
    })
    .detach();
}

/// What the connections of a core share.
struct Shared {
    connections: ConnectionTable,
    answers: RefCell<Answers>,
    /// Where answers are written; those of a while share an allocation, as the broker's do.
    out: RefCell<BytesMut>,
}

impl Handler for Shared {
    fn request(&self, connection: &Connection, command: Command) {
        let mut out = self.out.borrow_mut();
        let answered = self.answers.borrow_mut().answer(&command, connection.local(), &mut out);
        let frame = out.split().freeze();
        match answered {
            Ok(()) => connection.send([Part::Memory(frame)]),
            Err(_) => connection.close(CloseReason::BadFrame),
        }
    }
}
