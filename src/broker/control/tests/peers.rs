//! Connections over loopback, on the core of the test.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;

use crate::broker::control::tests::broker::connection;
use crate::net::{Connection, Handler};
use crate::protocol::Command;
use crate::rt::event::Event;
use crate::rt::net::{Listener, Stream};
use crate::rt::{clock, spawn};

/// Longest that anything in a test may take.
pub const LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

/// What is answered to a request.
type Answering = dyn Fn(&Command) -> Option<Command>;

/// Notes what comes in, and answers as it is told.
pub struct Noting {
    seen: RefCell<Vec<Command>>,
    more: Event,
    answer: Box<Answering>,
}

impl Noting {
    pub fn new(answer: impl Fn(&Command) -> Option<Command> + 'static) -> Rc<Self> {
        let (seen, more) = (RefCell::default(), Event::new());
        Rc::new(Self { seen, more, answer: Box::new(answer) })
    }

    /// Waits for a request that `wanted` holds for, and takes it out with all before it.
    pub async fn wait_for(&self, wanted: impl Fn(&Command) -> bool) -> Command {
        let found = async {
            loop {
                let at = self.seen.borrow().iter().position(&wanted);
                if let Some(at) = at {
                    let mut seen = self.seen.borrow_mut();
                    let found = seen.remove(at);
                    seen.drain(..at);
                    return found;
                }
                self.more.wait().await;
            }
        };
        clock::timeout(LIMIT, found).await.unwrap()
    }

    /// How many requests wait to be looked at.
    pub fn waiting(&self) -> usize {
        self.seen.borrow().len()
    }
}

impl Handler for Rc<Noting> {
    fn request(&self, connection: &Connection, command: Command) {
        if let Some(answer) = (self.answer)(&command) {
            connection.send_command(&answer).unwrap();
        }
        self.seen.borrow_mut().push(command);
        self.more.set();
    }
}

/// Runs a connection until it ends, then calls `ended`.
pub fn run(
    connection: &Connection,
    handler: impl Handler + 'static,
    ended: impl FnOnce() + 'static,
) {
    let writer = connection.clone();
    spawn::spawn(async move { writer.write_queued().await }).detach();
    let reader = connection.clone();
    spawn::spawn(async move {
        reader.run(&handler).await;
        ended();
    })
    .detach();
}

/// A server that notes what comes in on any connection. Returns where it listens.
pub fn serve(noting: &Rc<Noting>) -> SocketAddr {
    let listener = Listener::bind(([127, 0, 0, 1], 0).into(), 16).unwrap();
    let address = listener.address();
    let noting = noting.clone();
    spawn::spawn(async move {
        let mut slot = 100;
        while let Ok((socket, _)) = listener.accept().await {
            slot += 1;
            let accepted = Connection::new(connection(slot), Stream::attach(socket), Rc::default());
            run(&accepted, noting.clone(), || ());
        }
    })
    .detach();
    address
}

/// A connection to a server, which notes what that asks.
pub async fn connect(address: SocketAddr, noting: &Rc<Noting>) -> Connection {
    let stream = Stream::connect(address, LIMIT).await.unwrap();
    let connected = Connection::new(connection(u32::MAX), stream, Rc::default());
    run(&connected, noting.clone(), || ());
    connected
}
