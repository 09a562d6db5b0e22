use std::cell::Cell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::protocol::Command;
use crate::rt::net::{Listener, Shutdown, Stream};
use crate::rt::spawn::{self, CorePlan, Cores};

const LIMIT: Duration = Duration::from_secs(20);

/// Runs one core, and fails when it did not come to its end.
fn on_core<F: Future<Output = ()> + 'static>(work: impl FnOnce() -> F + Send + Clone + 'static) {
    let ended = Arc::new(AtomicBool::new(false));
    let end = ended.clone();
    let plan = CorePlan::new(Cores::Count(1)).unwrap();
    spawn::run_cores(plan, move |_: spawn::Core<()>| async move {
        work().await;
        end.store(true, Ordering::Release);
    })
    .unwrap();
    assert!(ended.load(Ordering::Acquire), "the test ran to its end");
}

/// Answers every request with its own body.
struct Echo {
    seen: Rc<Cell<usize>>,
}

impl Handler for Echo {
    fn request(&self, connection: &Connection, command: Command) {
        self.seen.set(self.seen.get() + 1);
        let answer = Command::reply(&command, 0).with_body(command.body.clone());
        connection.send_command(&answer).unwrap();
    }
}

fn serve(listener: Listener, seen: Rc<Cell<usize>>) -> Rc<ConnectionTable> {
    let table = Rc::new(ConnectionTable::new(CoreId(0)));
    let connections = table.clone();
    spawn::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let Some(connection) = connections.insert(Stream::attach(socket)) else { continue };
            let (writer, seen, table) = (connection.clone(), seen.clone(), connections.clone());
            spawn::spawn(async move { writer.write_queued().await }).detach();
            spawn::spawn(async move {
                connection.run(&Echo { seen }).await;
                table.remove(connection.id());
            })
            .detach();
        }
    })
    .detach();
    table
}

fn listen() -> (Listener, SocketAddr) {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap(), 16).unwrap();
    let address = listener.address();
    (listener, address)
}

#[test]
fn answers_find_their_calls() {
    on_core(|| async {
        let (listener, address) = listen();
        let seen = Rc::new(Cell::new(0));
        let table = serve(listener, seen.clone());
        let channel = Channel::new(CoreId(0), address);
        let calls: Vec<_> = (0..200_u32)
            .map(|number| {
                let channel = channel.clone();
                spawn::spawn(async move {
                    let body = vec![b'x'; number as usize * 1000];
                    let request = Command::request(10).with_body(body.clone());
                    let answer = channel.call(request, LIMIT).await.unwrap();
                    assert_eq!(answer.body, body);
                })
            })
            .collect();
        for call in calls {
            call.await;
        }
        assert_eq!(seen.get(), 200);
        assert!(!table.is_empty());
        channel.close();
        let again = Command::request(10).with_body(Bytes::from_static(b"again"));
        let answer = channel.call(again, LIMIT).await.unwrap();
        assert_eq!(answer.body, "again", "a channel connects again after it was closed");
    });
}

#[test]
fn a_call_fails_when_the_peer_leaves_or_says_nothing() {
    on_core(|| async {
        let (listener, address) = listen();
        let channel = Channel::new(CoreId(0), address);
        let mute = spawn::spawn(async move { listener.accept().await.map(|(socket, _)| socket) });
        let late = channel.call(Command::request(10), Duration::from_millis(50)).await;
        assert_eq!(late, Err(CallError::TimedOut));
        let asked = channel.clone();
        let open = spawn::spawn(async move { asked.call(Command::request(10), LIMIT).await });
        drop(mute.await.unwrap());
        assert_eq!(open.await, Err(CallError::Closed));
        let nobody = channel.call(Command::request(10), LIMIT).await;
        assert_eq!(nobody, Err(CallError::Unreachable), "the listener is gone");
    });
}

#[test]
fn a_broken_frame_closes_the_connection_and_nothing_else() {
    on_core(|| async {
        let (listener, address) = listen();
        let _table = serve(listener, Rc::default());
        let good = Channel::new(CoreId(0), address);
        for garbage in [&[0x7f; 64][..], &[0, 0, 0, 8, 0, 0, 0, 4, b'{', b'"', b'}', 0][..]] {
            let bad = Stream::connect(address, LIMIT).await.unwrap();
            bad.send(vec![Bytes::copy_from_slice(garbage)]).await.unwrap();
            assert!(bad.recv().await.ok().flatten().is_none(), "closed without an answer");
            let answer = good.call(Command::request(10), LIMIT).await;
            assert!(answer.is_ok());
        }
    });
}

#[test]
fn a_peer_that_takes_no_replies_is_not_read_from() {
    on_core(|| async {
        let (listener, address) = listen();
        let seen = Rc::new(Cell::new(0));
        let _table = serve(listener, seen.clone());
        let greedy = Stream::connect(address, LIMIT).await.unwrap();
        let body = vec![0; 1024 * 1024];
        let frame = Command::request(10).with_body(body).encode().unwrap();
        let total = 64;
        let sender = spawn::spawn(async move {
            for _ in 0..total {
                greedy.send(vec![frame.clone()]).await.unwrap();
            }
            greedy.shutdown(Shutdown::Write).unwrap();
            greedy
        });
        // While it is stuck another connection is served, and what is held for it stays bounded.
        let other = Channel::new(CoreId(0), address);
        for _ in 0..50 {
            other.call(Command::request(10), LIMIT).await.unwrap();
        }
        assert!(seen.get() < 50 + total, "not all was read");
        drop(sender);
    });
}
