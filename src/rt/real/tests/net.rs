use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::*;
use crate::rt::disk::{File, Open};

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

async fn splice_a_file(path: std::path::PathBuf) {
    let content = pattern(3_000_001, 9);
    let file = File::open(&path, Open::CREATE).await.unwrap();
    file.write_small(content.clone(), 0).await.unwrap();
    let listener = Listener::bind(anywhere(), 16).unwrap();
    let address = listener.address();
    let sender = spawn(async move {
        let stream = Stream::attach(listener.accept().await.unwrap().0);
        stream.send(vec![Bytes::from_static(b"head")]).await.unwrap();
        stream.send_file(&file, 0, 3_000_001).await.unwrap();
        stream.send_file(&file, 7, 1).await.unwrap();
        stream.send_file(&file, 4_095, 70_000).await.unwrap();
        stream.send(vec![Bytes::from_static(b"tail")]).await.unwrap();
        // Still able to receive after the socket became non-blocking.
        assert_eq!(recv_exactly(&stream, 3).await, b"end");
        let short = stream.send_file(&file, 3_000_000, 2).await.unwrap_err();
        assert_eq!(short.kind(), std::io::ErrorKind::UnexpectedEof);
        assert!(stream.send(vec![Bytes::from_static(b"x")]).await.is_err());
    });
    let stream = Stream::connect(address, LIMIT).await.unwrap();
    let parts: [&[u8]; 5] = [b"head", &content, &content[7..8], &content[4_095..74_095], b"tail"];
    let expected = parts.concat();
    let got = recv_exactly(&stream, expected.len()).await;
    assert!(got == expected, "the file arrives between what was sent around it");
    stream.send(vec![Bytes::from_static(b"end")]).await.unwrap();
    assert_eq!(recv_exactly(&stream, 1).await, content[3_000_000..]);
    assert!(stream.recv().await.unwrap().is_none(), "cut short: the connection ends");
    sender.await;
}

#[test]
fn splices_files_on_every_ladder() {
    for rungs in every_ladder() {
        let directory = crate::rt::scratch::on_disk();
        let path = directory.path().join("segment");
        on_core_with(rungs, move || splice_a_file(path));
    }
}
