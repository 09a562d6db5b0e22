use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::*;

const LIMIT: Duration = Duration::from_secs(10);

/// Sends `payload` in pieces and receives it back at the same time.
async fn round_trip(stream: Rc<Stream>, payload: Vec<u8>, pieces: usize) {
    let sender = Rc::clone(&stream);
    let whole = Bytes::from(payload.clone());
    let step = whole.len().div_ceil(pieces).max(1);
    let parts: Vec<Bytes> = (0..whole.len())
        .step_by(step)
        .map(|at| whole.slice(at..whole.len().min(at + step)))
        .collect();
    let sending = spawn(async move { sender.send(parts).await.unwrap() });
    let back = recv_exactly(&stream, payload.len()).await;
    sending.await;
    assert!(back == payload, "{} bytes came back changed", payload.len());
}

async fn echo_many_sizes() {
    let listener = Listener::bind(anywhere(), 16).unwrap();
    let address = listener.address();
    serve_echo(listener);
    let mut connections = Vec::new();
    for seed in 0..4u64 {
        connections.push(spawn(async move {
            let stream = Rc::new(Stream::connect(address, LIMIT).await.unwrap());
            for (len, pieces) in
                [(1, 1), (13, 13), (4096, 2), (16_384, 1), (16_385, 3), (700_001, 1500)]
            {
                round_trip(Rc::clone(&stream), pattern(len, seed), pieces).await;
            }
            stream.shutdown(Shutdown::Write).unwrap();
            assert!(stream.recv().await.unwrap().is_none(), "the echo ends after us");
        }));
    }
    for connection in connections {
        connection.await;
    }
}

#[test]
fn echoes_on_every_ladder() {
    for rungs in every_ladder() {
        on_core_with(rungs, echo_many_sizes);
    }
}
