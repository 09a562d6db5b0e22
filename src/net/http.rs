//! A small HTTP/1.1 server for pages that people and scrapers read: GET and HEAD, no bodies.
//!
//! It shares a core with other work, so everything about a client is bounded: the size of a
//! request, the time it may take, the time a page may take to be read, the number of connections.

use std::cell::Cell;
use std::fmt::Write;
use std::future::Future;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::limits::{HTTP_CONNECTIONS_MAX, HTTP_HEAD_BYTES_MAX, HTTP_HEADERS_MAX};
use crate::rt::net::{Listener, Shutdown, Socket, Stream};
use crate::rt::{clock, spawn};

/// A request has this long from its first byte to the end of its headers.
const HEAD_LIMIT: Duration = Duration::from_secs(5);
/// A connection may be silent for this long between requests. Scrapers come back within minutes.
const SILENCE_LIMIT: Duration = Duration::from_secs(120);
/// A client has this long to take one piece of a page.
const PIECE_LIMIT: Duration = Duration::from_secs(10);
/// How long to wait before accepting again when descriptors ran out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What a server shows.
pub trait Pages: 'static {
    /// Answers a request for `path`, which has no query.
    ///
    /// # Errors
    /// The client does not take the answer; its connection ends.
    fn answer(&self, path: &str, answer: Answer<'_>) -> impl Future<Output = io::Result<()>>;
}

/// The start of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 200
    Ok,
    /// 400
    BadRequest,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 408
    RequestTimeout,
    /// 431
    HeadTooLarge,
    /// 503
    Unavailable,
}

impl Status {
    const fn line(self) -> &'static str {
        match self {
            Self::Ok => "200 OK",
            Self::BadRequest => "400 Bad Request",
            Self::NotFound => "404 Not Found",
            Self::MethodNotAllowed => "405 Method Not Allowed",
            Self::RequestTimeout => "408 Request Timeout",
            Self::HeadTooLarge => "431 Request Header Fields Too Large",
            Self::Unavailable => "503 Service Unavailable",
        }
    }
}

/// Serves pages until the future is dropped; connections then go on to the end of their request.
pub async fn serve<P: Pages>(listener: Listener, pages: Rc<P>) {
    let open = Rc::new(Cell::new(0));
    loop {
        match listener.accept().await {
            Ok((socket, _)) if open.get() < HTTP_CONNECTIONS_MAX => {
                let held = Held::new(open.clone());
                let pages = pages.clone();
                spawn::spawn(async move {
                    let _held = held;
                    // Whoever does not take an answer needs no word about it.
                    let _gone = converse(socket, &*pages).await;
                })
                .detach();
            }
            // Dropped, which closes it.
            Ok(_) => {}
            Err(error) => {
                tracing::error!(%error, "accepting HTTP connections failed; trying again");
                clock::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// One of the connections that may be open.
struct Held {
    open: Rc<Cell<usize>>,
}

impl Held {
    fn new(open: Rc<Cell<usize>>) -> Self {
        open.update(|open| open + 1);
        Self { open }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.open.update(|open| open - 1);
    }
}

/// Answers the requests of one connection, one after the other.
async fn converse<P: Pages>(socket: Socket, pages: &P) -> io::Result<()> {
    let stream = Stream::attach(socket);
    let mut received = Vec::new();
    loop {
        let head = match next_head(&stream, &mut received).await? {
            Next::Head(head) => head,
            Next::End => return Ok(()),
            Next::Wrong(status) => {
                let head = Head { path: String::new(), form: Form::CLOSING };
                let answer = Answer { stream: &stream, form: head.form };
                answer.whole(status, "text/plain", Bytes::from(status.line())).await?;
                return stream.shutdown(Shutdown::Write);
            }
        };
        pages.answer(&head.path, Answer { stream: &stream, form: head.form }).await?;
        if !head.form.keep {
            return stream.shutdown(Shutdown::Write);
        }
    }
}

/// What is to be answered.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    path: String,
    form: Form,
}

/// How it is to be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Form {
    /// The connection stays open.
    keep: bool,
    /// Only the head is wanted.
    head_only: bool,
    /// A page may come in chunks; else the end of the connection ends it.
    chunks: bool,
}

impl Form {
    const CLOSING: Self = Self { keep: false, head_only: false, chunks: false };
}

/// What comes next from a client.
enum Next {
    Head(Head),
    /// It has nothing more to say.
    End,
    Wrong(Status),
}

/// Reads the head of the next request. What follows it stays in `received`.
async fn next_head(stream: &Stream, received: &mut Vec<u8>) -> io::Result<Next> {
    let mut limit = SILENCE_LIMIT;
    let mut began = clock::now();
    loop {
        if !received.is_empty() && limit == SILENCE_LIMIT {
            (limit, began) = (HEAD_LIMIT, clock::now());
        }
        match parse(received) {
            Parsed::Whole(head, len) => {
                received.drain(..len);
                return Ok(Next::Head(head));
            }
            Parsed::Wrong(status) => return Ok(Next::Wrong(status)),
            Parsed::Part if received.len() >= HTTP_HEAD_BYTES_MAX => {
                return Ok(Next::Wrong(Status::HeadTooLarge));
            }
            Parsed::Part => {}
        }
        let left = limit.saturating_sub(began.elapsed());
        match clock::timeout(left, stream.recv()).await {
            Ok(chunk) => match chunk? {
                Some(chunk) => received.extend_from_slice(&chunk),
                None => return Ok(Next::End),
            },
            Err(_) if received.is_empty() => return Ok(Next::End),
            Err(_) => return Ok(Next::Wrong(Status::RequestTimeout)),
        }
    }
}

/// What the bytes so far are.
#[derive(Debug, PartialEq, Eq)]
enum Parsed {
    /// A head of that many bytes.
    Whole(Head, usize),
    Part,
    Wrong(Status),
}

fn parse(bytes: &[u8]) -> Parsed {
    let mut headers = [httparse::EMPTY_HEADER; HTTP_HEADERS_MAX];
    let mut request = httparse::Request::new(&mut headers);
    let len = match request.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Parsed::Part,
        Err(httparse::Error::TooManyHeaders) => return Parsed::Wrong(Status::HeadTooLarge),
        Err(_) => return Parsed::Wrong(Status::BadRequest),
    };
    let head_only = match request.method {
        Some("GET") => false,
        Some("HEAD") => true,
        _ => return Parsed::Wrong(Status::MethodNotAllowed),
    };
    // A page of unknown length ends an HTTP/1.0 connection, so none of them stays open.
    let chunks = request.version == Some(1);
    let mut keep = chunks;
    for header in request.headers.iter() {
        let value = header.value.trim_ascii();
        if header.name.eq_ignore_ascii_case("connection") {
            keep &= !value.eq_ignore_ascii_case(b"close");
        }
        // A body would be taken for the next request.
        let has_body = header.name.eq_ignore_ascii_case("transfer-encoding")
            || (header.name.eq_ignore_ascii_case("content-length") && value != b"0");
        if has_body {
            return Parsed::Wrong(Status::BadRequest);
        }
    }
    let target = request.path.unwrap_or("/");
    let path = target.split_once('?').map_or(target, |(path, _)| path).to_owned();
    Parsed::Whole(Head { path, form: Form { keep, head_only, chunks } }, len)
}

/// A request that waits for its answer.
pub struct Answer<'a> {
    stream: &'a Stream,
    form: Form,
}

impl<'a> Answer<'a> {
    /// Answers with a page that is there already.
    ///
    /// # Errors
    /// The client does not take it.
    pub async fn whole(self, status: Status, kind: &str, body: Bytes) -> io::Result<()> {
        let mut head = self.head(status, kind);
        let _ = write!(head, "Content-Length: {}\r\n\r\n", body.len());
        let mut parts = vec![Bytes::from(head)];
        if !self.form.head_only && !body.is_empty() {
            parts.push(body);
        }
        send(self.stream, parts).await
    }

    /// Answers with a page that is made while it leaves.
    ///
    /// # Errors
    /// The client does not take it.
    pub async fn pieces(self, kind: &str) -> io::Result<Pieces<'a>> {
        let mut head = self.head(Status::Ok, kind);
        if self.form.chunks {
            head.push_str("Transfer-Encoding: chunked\r\n");
        }
        head.push_str("\r\n");
        send(self.stream, vec![head.into()]).await?;
        Ok(Pieces { answer: self })
    }

    fn head(&self, status: Status, kind: &str) -> String {
        let connection = if self.form.keep { "keep-alive" } else { "close" };
        let allow = match status {
            Status::MethodNotAllowed => "Allow: GET, HEAD\r\n",
            _ => "",
        };
        format!(
            "HTTP/1.1 {}\r\nContent-Type: {kind}\r\nCache-Control: no-store\r\n\
             Connection: {connection}\r\n{allow}",
            status.line()
        )
    }
}

/// A page that is leaving.
pub struct Pieces<'a> {
    answer: Answer<'a>,
}

impl Pieces<'_> {
    /// Sends the next piece.
    ///
    /// # Errors
    /// The client does not take it.
    pub async fn send(&mut self, piece: Bytes) -> io::Result<()> {
        let Form { head_only, chunks, .. } = self.answer.form;
        if head_only || piece.is_empty() {
            return Ok(());
        }
        let parts = match chunks {
            true => vec![format!("{:x}\r\n", piece.len()).into(), piece, "\r\n".into()],
            false => vec![piece],
        };
        send(self.answer.stream, parts).await
    }

    /// The page is whole. Without this a client knows that it is not.
    ///
    /// # Errors
    /// The client does not take it.
    pub async fn end(self) -> io::Result<()> {
        let Form { head_only, chunks, .. } = self.answer.form;
        match chunks && !head_only {
            true => send(self.answer.stream, vec!["0\r\n\r\n".into()]).await,
            false => Ok(()),
        }
    }
}

async fn send(stream: &Stream, parts: Vec<Bytes>) -> io::Result<()> {
    clock::timeout(PIECE_LIMIT, stream.send(parts)).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> (String, Form, usize) {
        match parse(text.as_bytes()) {
            Parsed::Whole(head, len) => (head.path, head.form, len),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn heads_are_read() {
        let form = Form { keep: true, head_only: false, chunks: true };
        let text = "GET /metrics?name[]=a HTTP/1.1\r\nHost: h\r\n\r\nGET";
        assert_eq!(whole(text), ("/metrics".to_owned(), form, text.len() - 3));
        for len in 0..text.len() - 3 {
            assert_eq!(parse(&text.as_bytes()[..len]), Parsed::Part, "{len}");
        }
        let text = "HEAD / HTTP/1.1\r\nconnection: Close\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(whole(text).1, Form { keep: false, head_only: true, chunks: true });
        let text = "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n";
        assert_eq!(whole(text).1, Form::CLOSING);
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let wrong = |text: &str| match parse(text.as_bytes()) {
            Parsed::Wrong(status) => status,
            other => panic!("{text}: {other:?}"),
        };
        assert_eq!(wrong("\0\0\x01\x02"), Status::BadRequest);
        assert_eq!(wrong("GET / HTTP/2.7\r\n\r\n"), Status::BadRequest);
        assert_eq!(wrong("POST / HTTP/1.1\r\n\r\n"), Status::MethodNotAllowed);
        assert_eq!(wrong("GET / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"), Status::BadRequest);
        let chunked = "GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        assert_eq!(wrong(chunked), Status::BadRequest);
        let headers = "A: b\r\n".repeat(HTTP_HEADERS_MAX + 1);
        let many = format!("GET / HTTP/1.1\r\n{headers}\r\n");
        assert_eq!(wrong(&many), Status::HeadTooLarge);
    }
}
