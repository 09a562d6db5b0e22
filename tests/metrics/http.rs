//! What clients do to the pages, and what they cannot.

use std::io::{Read, Write};
use std::net::TcpListener;

use crate::page::{connect, exchange, get, pages_of, port, serve};
use crate::server::{Place, Server};

/// `HTTP_CONNECTIONS_MAX` of the server.
const CONNECTIONS_MAX: usize = ringmq::limits::HTTP_CONNECTIONS_MAX;

fn status(answer: &str) -> &str {
    answer.lines().next().unwrap_or_default()
}

#[test]
fn hostile_requests_are_refused_and_harm_nobody() {
    let place = Place::new();
    let mut server = serve(&place);
    let refused: [(&[u8], &str); 6] = [
        (b"\0\x01\x02\x03 garbage\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"GET /metrics HTTP/9.9\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (b"POST /metrics HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"DELETE / HTTP/1.1\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        (b"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 400 Bad Request"),
        (b"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 400 Bad Request"),
    ];
    for (request, expected) in refused {
        assert_eq!(status(&exchange(&place, request)), expected, "{request:?}");
    }
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(100_000));
    let answer = exchange(&place, long.as_bytes());
    // What it has not read may reset the connection before the answer is seen.
    assert!(answer.is_empty() || status(&answer).contains(" 431 "), "{answer}");
    // A remoting frame is no HTTP.
    exchange(&place, &[0, 0, 0, 20, 0, 0, 0, 16, b'{', b'}', 0, 0]);
    assert!(server.is_alive());
    assert_eq!(get(&place, "/readyz").0, "HTTP/1.1 200 OK");
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

#[test]
fn slow_clients_take_their_places_and_no_more() {
    let place = Place::new();
    let mut server = serve(&place);
    // Each has begun a request and does not go on. One that is answered has its place for sure.
    let mut slow: Vec<_> = (0..CONNECTIONS_MAX).map(|_| connect(&place)).collect();
    for stream in &mut slow {
        stream.write_all(b"HEAD /version HTTP/1.1\r\n\r\nGET /met").unwrap();
        let mut answer = [0; 17];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200 OK\r\n");
    }
    assert_eq!(exchange(&place, b"GET /version HTTP/1.1\r\n\r\n"), "", "one too many");
    drop(slow);
    // They leave their places as their ends are seen.
    while !exchange(&place, b"GET /readyz HTTP/1.0\r\n\r\n").contains("200 OK") {}
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

#[test]
fn a_connection_serves_many_requests() {
    let place = Place::new();
    let mut server = serve(&place);
    let requests = b"HEAD /metrics HTTP/1.1\r\nHost: h\r\n\r\n\
        GET /livez?verbose HTTP/1.1\r\nHost: h\r\n\r\n\
        GET /metrics HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
    let answer = exchange(&place, requests);
    let answers: Vec<&str> = answer.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), 3, "{answer}");
    assert!(answers[0].ends_with("\r\n\r\n") && answers[0].contains("chunked"), "{}", answers[0]);
    assert!(answers[1].ends_with("\r\n\r\nok\n"), "{}", answers[1]);
    assert!(answers[2].contains("version=0.0.4") && answers[2].ends_with("\r\n0\r\n\r\n"));
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}

#[test]
fn a_taken_port_is_status_6() {
    let place = Place::new();
    let _taken = TcpListener::bind(("127.0.0.1", port(&place))).unwrap();
    let command = place.standalone(&place.store(), &pages_of(&place));
    let mut server = Server::start(command, &place.join("stderr"));
    let ended = server.wait_end();
    let said = server.stderr();
    assert_eq!(ended.code(), Some(6), "{said}");
    let text = format!("port {} for the metrics is taken", port(&place));
    assert!(said.contains(&text) && said.contains("metricsPromExporterPort"), "{said}");
}

#[test]
fn without_the_key_there_are_no_pages() {
    let place = Place::new();
    let mut server = place.serve(&[]);
    let _free = TcpListener::bind(("127.0.0.1", port(&place))).unwrap();
    assert_eq!(server.signal(libc::SIGTERM).code(), Some(0), "{}", server.stderr());
}
