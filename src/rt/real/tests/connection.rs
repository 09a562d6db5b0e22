//! Connections that go wrong, fall behind, are many, or move between cores.

use std::cell::RefCell;
use std::io::ErrorKind;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use socket2::{Domain, Socket as RawSocket, Type};

use super::*;
use crate::rt::clock::timeout;
use crate::rt::net::Socket;
use crate::rt::real::bridge::local;
use crate::rt::real::receive::BUFFERS;
use crate::rt::spawn::yield_now;
use crate::units::CoreId;

const LIMIT: Duration = Duration::from_secs(20);

/// A connection between two streams of this core.
async fn pair() -> (Stream, Stream) {
    let listener = Listener::bind(anywhere(), 4).unwrap();
    let near = Stream::connect(listener.address(), LIMIT).await.unwrap();
    let (socket, peer) = listener.accept().await.unwrap();
    assert_eq!(peer, near.local());
    (near, Stream::attach(socket))
}

/// A plain blocking socket connected to a stream of this core.
async fn raw_pair() -> (RawSocket, Stream) {
    let listener = Listener::bind(anywhere(), 4).unwrap();
    let raw = RawSocket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    // The backlog takes the connection: this does not wait for the accept below.
    raw.connect(&listener.address().into()).unwrap();
    let (socket, _) = listener.accept().await.unwrap();
    (raw, Stream::attach(socket))
}

#[test]
fn bytes_sent_one_by_one_arrive_in_order() {
    for rungs in [Rungs::ALL, Rungs::NONE] {
        on_core_with(rungs, || async {
            let (raw, stream) = raw_pair().await;
            let bytes = pattern(300, 4);
            for (count, byte) in bytes.iter().enumerate() {
                raw.send(&[*byte]).unwrap();
                if count % 3 == 0 {
                    yield_now().await;
                }
            }
            assert_eq!(recv_exactly(&stream, 300).await, bytes);
        });
    }
}

#[test]
fn a_half_closed_peer_still_gets_its_answer() {
    for rungs in [Rungs::ALL, Rungs::NONE] {
        on_core_with(rungs, || async {
            let (near, far) = pair().await;
            near.send(vec![Bytes::from_static(b"question")]).await.unwrap();
            near.shutdown(Shutdown::Write).unwrap();
            assert_eq!(recv_exactly(&far, 8).await, b"question");
            assert!(far.recv().await.unwrap().is_none());
            assert!(far.recv().await.unwrap().is_none(), "the end stays the end");
            far.send(vec![Bytes::from_static(b"answer")]).await.unwrap();
            assert_eq!(recv_exactly(&near, 6).await, b"answer");
        });
    }
}

#[test]
fn a_reset_ends_both_halves_with_an_error() {
    for rungs in [Rungs::ALL, Rungs::NONE] {
        on_core_with(rungs, || async {
            let (raw, stream) = raw_pair().await;
            let stream = Rc::new(stream);
            let sender = Rc::clone(&stream);
            // More than the socket buffers take, so that it is under way when the reset comes.
            let sending = spawn(async move {
                loop {
                    if let Err(error) = sender.send(vec![Bytes::from(vec![0; 1 << 20])]).await {
                        return error;
                    }
                }
            });
            let mut some = [std::mem::MaybeUninit::uninit(); 1000];
            raw.set_nonblocking(true).unwrap();
            while raw.recv(&mut some).is_err() {
                yield_now().await;
            }
            raw.set_linger(Some(Duration::ZERO)).unwrap();
            drop(raw);
            let error = sending.await;
            assert!(
                matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe),
                "{error}"
            );
            // The reset is reported to one of the two halves; the other sees the end of it.
            if let Ok(bytes) = stream.recv().await {
                assert!(bytes.is_none());
            }
            assert!(stream.send(vec![Bytes::from_static(b"x")]).await.is_err());
        });
    }
}

#[test]
fn a_dropped_receive_loses_no_bytes() {
    for rungs in every_ladder() {
        on_core_with(rungs, || async {
            let (near, far) = pair().await;
            for round in 0..20u8 {
                let dropped = timeout(Duration::ZERO, far.recv()).await;
                assert!(dropped.is_err(), "nothing was sent yet");
                near.send(vec![Bytes::from(vec![round; 10])]).await.unwrap();
                if round % 2 == 0 {
                    // Dropped with the bytes on their way.
                    if let Ok(early) = timeout(Duration::ZERO, far.recv()).await {
                        assert_eq!(*early.unwrap().unwrap(), [round; 10]);
                        continue;
                    }
                }
                assert_eq!(recv_exactly(&far, 10).await, [round; 10]);
            }
        });
    }
}

#[test]
fn dropping_a_stream_closes_it_while_operations_are_in_flight() {
    for rungs in every_ladder() {
        on_core_with(rungs, || async {
            let (near, far) = pair().await;
            let waits = timeout(Duration::ZERO, far.recv()).await;
            assert!(waits.is_err());
            drop(far);
            assert!(near.recv().await.unwrap().is_none(), "the peer sees the end");
        });
    }
}

#[test]
fn a_dropped_send_shuts_the_connection_down() {
    on_core(|| async {
        let (near, far) = pair().await;
        // Far more than the socket buffers hold: it cannot finish while nobody reads.
        let large = Bytes::from(vec![1; 64 << 20]);
        let cut = timeout(Duration::from_millis(1), near.send(vec![large.clone()])).await;
        assert!(cut.is_err());
        let error = near.send(vec![Bytes::from_static(b"next")]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        let mut got = 0;
        while let Ok(Some(bytes)) = far.recv().await {
            assert!(bytes.iter().all(|byte| *byte == 1), "nothing follows a message cut short");
            got += bytes.len();
        }
        assert!(got < large.len());
    });
}

#[test]
fn sends_of_several_tasks_do_not_mix() {
    on_core(|| async {
        let (near, far) = pair().await;
        let near = Rc::new(near);
        for task in 0..8u8 {
            let near = Rc::clone(&near);
            spawn(async move {
                for _ in 0..20 {
                    let pieces = (0..5).map(|_| Bytes::from(vec![task; 5_000])).collect();
                    near.send(pieces).await.unwrap();
                }
            })
            .detach();
        }
        let got = recv_exactly(&far, 8 * 20 * 25_000).await;
        for message in got.chunks(25_000) {
            assert!(message.iter().all(|byte| *byte == message[0]), "one message, one sender");
        }
    });
}

#[test]
fn refused_and_unanswered_connects_fail() {
    on_core(|| async {
        let listener = Listener::bind(anywhere(), 4).unwrap();
        let address = listener.address();
        drop(listener);
        let refused = Stream::connect(address, LIMIT).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        // A backlog that is full leaves the next connect without an answer.
        let full = RawSocket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        full.bind(&anywhere().into()).unwrap();
        full.listen(0).unwrap();
        let address = full.local_addr().unwrap().as_socket().unwrap();
        let _first = Stream::connect(address, LIMIT).await.unwrap();
        let unanswered = Stream::connect(address, Duration::from_millis(50)).await.unwrap_err();
        assert_eq!(unanswered.kind(), ErrorKind::TimedOut);
    });
}

#[test]
fn a_consumer_that_hoards_buffers_goes_on_with_others() {
    for rungs in [Rungs::ALL, {
        let mut r = Rungs::ALL;
        r.turn_off("multishot_recv");
        r
    }] {
        on_core_with(rungs, || async {
            let (near, far) = pair().await;
            let (other_near, other_far) = pair().await;
            let payload = Bytes::from(pattern(16 << 20, 5));
            let sent = payload.clone();
            spawn(async move { near.send(vec![sent]).await.unwrap() }).detach();
            let mut hoard = Vec::new();
            let mut got = 0;
            while got < payload.len() {
                let bytes = far.recv().await.unwrap().unwrap();
                assert!(bytes[..] == payload[got..got + bytes.len()]);
                got += bytes.len();
                hoard.push(bytes);
                // Somebody else is served all the while.
                if hoard.len() % 100 == 0 {
                    other_near.send(vec![Bytes::from_static(b"ping")]).await.unwrap();
                    assert_eq!(recv_exactly(&other_far, 4).await, b"ping");
                }
            }
            assert!(hoard.len() > usize::from(BUFFERS), "more than the core has");
            assert!(local().receive.borrow().available() < 8);
            drop(hoard);
            other_near.send(vec![Bytes::from_static(b"pong")]).await.unwrap();
            assert_eq!(recv_exactly(&other_far, 4).await, b"pong");
            assert!(local().receive.borrow().available() > BUFFERS - 8, "they came back");
        });
    }
}

#[test]
fn a_slow_consumer_cannot_take_all_buffers() {
    on_core(|| async {
        let (near, far) = pair().await;
        let payload = Bytes::from(pattern(32 << 20, 6));
        let sent = payload.clone();
        // Arms the receive, and then nobody looks at what arrives.
        assert!(timeout(Duration::ZERO, far.recv()).await.is_err());
        let sending = spawn(async move { near.send(vec![sent]).await.unwrap() });
        let (other_near, other_far) = pair().await;
        for _ in 0..500 {
            other_near.send(vec![Bytes::from(vec![7; 20_000])]).await.unwrap();
            recv_exactly(&other_far, 20_000).await;
            let left = local().receive.borrow().available();
            assert!(left > BUFFERS / 2, "{left} buffers left");
        }
        assert!(recv_exactly(&far, payload.len()).await == payload, "nothing was lost");
        sending.await;
    });
}

#[test]
fn a_thousand_idle_connections_each_still_answer() {
    const COUNT: usize = 1000;
    let most = libc::rlimit { rlim_cur: 4096, rlim_max: 4096 };
    let mut now = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both limits outlive the calls, which write `now` and read the other.
    unsafe {
        libc::getrlimit(libc::RLIMIT_NOFILE, &mut now);
        if now.rlim_cur < most.rlim_cur {
            let raised = libc::rlimit { rlim_cur: most.rlim_cur, rlim_max: now.rlim_max };
            assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raised), 0);
        }
    }
    for rungs in [Rungs::ALL, Rungs::NONE] {
        on_core_with(rungs, || async {
            let listener = Listener::bind(anywhere(), 1024).unwrap();
            let address = listener.address();
            serve_echo(listener);
            let mut streams = Vec::new();
            for _ in 0..COUNT {
                streams.push(Stream::connect(address, LIMIT).await.unwrap());
            }
            for (at, stream) in streams.iter().enumerate().rev() {
                let question = pattern(100, at as u64);
                stream.send(vec![Bytes::from(question.clone())]).await.unwrap();
                assert_eq!(recv_exactly(stream, 100).await, question);
            }
        });
    }
}

#[test]
fn an_accepted_socket_can_live_on_another_core() {
    let plan = CorePlan::new(Cores::Count(2)).unwrap();
    enum Message {
        Serve(Socket),
        Received(Bytes),
        Done,
    }
    run_cores(plan, |core: Core<Message>| async move {
        let other = CoreId(1 - core.id.0);
        if core.id == CoreId(0) {
            let listener = Listener::bind(anywhere(), 4).unwrap();
            let near = Stream::connect(listener.address(), LIMIT).await.unwrap();
            let (socket, _) = listener.accept().await.unwrap();
            core.mesh.send_wait(other, Message::Serve(socket)).await;
            let payload = pattern(9 << 20, 8);
            let sent = Bytes::from(payload.clone());
            spawn(async move {
                near.send(vec![sent]).await.unwrap();
                near.shutdown(Shutdown::Write).unwrap();
                assert_eq!(recv_exactly(&near, 2).await, b"ok");
            })
            .detach();
            let mut got = 0;
            while let (_, Message::Received(bytes)) = core.mesh.recv().await {
                assert!(bytes[..] == payload[got..got + bytes.len()]);
                got += bytes.len();
            }
            assert_eq!(got, payload.len());
            core.mesh.send_wait(other, Message::Done).await;
            return;
        }
        let (_, Message::Serve(socket)) = core.mesh.recv().await else { unreachable!() };
        let stream = Stream::attach(socket);
        // More buffers travel than the core has: the other one gives them back.
        while let Some(bytes) = stream.recv().await.unwrap() {
            core.mesh.send_wait(other, Message::Received(bytes.into_bytes())).await;
        }
        core.mesh.send_wait(other, Message::Done).await;
        core.mesh.recv().await;
        stream.send(vec![Bytes::from_static(b"ok")]).await.unwrap();
        local().receive.borrow_mut().take_back();
        assert_eq!(local().receive.borrow().available(), BUFFERS);
    })
    .unwrap();
}

#[test]
fn operations_left_in_flight_do_not_keep_a_core_from_ending() {
    for rungs in every_ladder() {
        on_core_with(rungs, || async {
            let kept = Rc::new(RefCell::new(Vec::new()));
            for _ in 0..10 {
                let (near, far) = pair().await;
                let far = Rc::new(far);
                kept.borrow_mut().push((near, Rc::clone(&far)));
                spawn(async move { drop(far.recv().await) }).detach();
            }
            let listener = Listener::bind(anywhere(), 4).unwrap();
            spawn(async move { while listener.accept().await.is_ok() {} }).detach();
            spawn(async { crate::rt::clock::sleep(Duration::from_secs(3600)).await }).detach();
            yield_now().await;
            yield_now().await;
            // Owned by a task that never ends.
            spawn(async move {
                std::future::pending::<()>().await;
                drop(kept);
            })
            .detach();
        });
    }
}
