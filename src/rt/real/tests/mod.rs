//! The runtime against the real kernel: every feature, and every older kernel's lack of one.

mod child;
mod connection;
mod core;
mod disk;
mod memory;
mod mesh;
mod net;

use std::future::Future;
use std::net::SocketAddr;

use super::net::{Listener, Shutdown, Stream};
use super::spawn::{Core, CorePlan, Cores, run_cores, spawn};
use crate::rt::capabilities::Rungs;

/// Runs `main` on one core with the features of `rungs`.
fn on_core_with<F: Future<Output = ()> + 'static>(
    rungs: Rungs,
    main: impl FnOnce() -> F + Send + Clone + 'static,
) {
    let plan = CorePlan { rungs, ..CorePlan::new(Cores::Count(1)).unwrap() };
    run_cores(plan, move |_: Core<()>| async move { main().await }).unwrap();
}

/// Runs `main` on one core with everything the kernel has.
fn on_core<F: Future<Output = ()> + 'static>(main: impl FnOnce() -> F + Send + Clone + 'static) {
    on_core_with(Rungs::ALL, main);
}

/// Each feature off alone, then all together, then none off.
fn every_ladder() -> Vec<Rungs> {
    let mut ladders: Vec<Rungs> = Rungs::NAMES
        .iter()
        .map(|name| {
            let mut rungs = Rungs::ALL;
            assert!(rungs.turn_off(name));
            rungs
        })
        .collect();
    ladders.push(Rungs::NONE);
    ladders.push(Rungs::ALL);
    ladders
}

fn anywhere() -> SocketAddr {
    "127.0.0.1:0".parse().unwrap()
}

/// Sends back everything that arrives, on every connection, until the core ends.
fn serve_echo(listener: Listener) {
    spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            spawn(echo(Stream::attach(socket))).detach();
        }
    })
    .detach();
}

async fn echo(stream: Stream) {
    while let Ok(Some(bytes)) = stream.recv().await {
        if stream.send(vec![bytes.into_bytes()]).await.is_err() {
            return;
        }
    }
    let _gone = stream.shutdown(Shutdown::Write);
}

/// Bytes in which a shift or a repetition shows.
fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    (0..len)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        })
        .collect()
}

/// Reads until `len` bytes are there.
async fn recv_exactly(stream: &Stream, len: usize) -> Vec<u8> {
    let mut got = Vec::new();
    while got.len() < len {
        let bytes = stream.recv().await.unwrap().expect("the peer sends on");
        got.extend_from_slice(&bytes);
    }
    got
}
