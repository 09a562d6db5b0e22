//! Requests that are no load: routes, topics, offsets. Waiting is fine.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use ringmq::limits::FRAME_BYTES_MAX;
use ringmq::protocol::{Command, DecodeError, EncodeError, FrameError, FrameSplitter};

/// Requests on their way at a time where there are many: few enough that the sockets' buffers hold
/// them and their answers.
const REQUESTS_AHEAD: usize = 128;

/// Why a request has no answer, or not the wanted one.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The connection failed or nothing came in time.
    #[error("{0}: {1}")]
    Io(SocketAddr, io::Error),
    /// The peer's bytes are no frames.
    #[error("frame: {0}")]
    Frame(#[from] FrameError),
    /// The peer's frame is no command.
    #[error("command: {0}")]
    Decode(#[from] DecodeError),
    /// The request is too long.
    #[error("request: {0}")]
    Encode(#[from] EncodeError),
    /// The peer refused.
    #[error("{address} answers code {code} to request {request}: {remark}")]
    Refused {
        /// Who answered.
        address: SocketAddr,
        /// The request's code.
        request: i32,
        /// The response's code.
        code: i32,
        /// The response's remark.
        remark: String,
    },
    /// The answer lacks something.
    #[error("the answer to request {0} lacks {1}")]
    Lacks(i32, &'static str),
}

/// A connection for requests of one thread. Whatever the peer asks of us on it is ignored.
#[derive(Debug)]
pub struct Caller {
    stream: TcpStream,
    address: SocketAddr,
    splitter: FrameSplitter,
    opaque: i32,
}

impl Caller {
    /// Connects; every later wait is bounded by `timeout` too.
    pub fn open(address: SocketAddr, timeout: Duration) -> Result<Self, CallError> {
        let failed = |error| CallError::Io(address, error);
        let stream = TcpStream::connect_timeout(&address, timeout).map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        stream.set_read_timeout(Some(timeout)).map_err(failed)?;
        stream.set_write_timeout(Some(timeout)).map_err(failed)?;
        Ok(Self { stream, address, splitter: FrameSplitter::new(FRAME_BYTES_MAX), opaque: 0 })
    }

    /// Sends a request and waits for its answer, whatever its code.
    pub fn ask(&mut self, request: Command) -> Result<Command, CallError> {
        self.opaque += 1;
        let opaque = self.opaque;
        let frame = request.with_opaque(opaque).encode()?;
        self.stream.write_all(&frame).map_err(|error| CallError::Io(self.address, error))?;
        loop {
            let answer = self.next_answer()?;
            if answer.opaque == opaque {
                return Ok(answer);
            }
        }
    }

    /// The next answer that comes, to whatever request.
    fn next_answer(&mut self) -> Result<Command, CallError> {
        let failed = |error| CallError::Io(self.address, error);
        loop {
            while let Some(frame) = self.splitter.next()? {
                let answer = Command::decode(frame)?;
                if answer.is_response() {
                    return Ok(answer);
                }
            }
            let mut room = [0; 16 * 1024];
            let count = self.stream.read(&mut room).map_err(failed)?;
            if count == 0 {
                return Err(failed(ErrorKind::UnexpectedEof.into()));
            }
            self.splitter.push(room.get(..count).unwrap_or_default());
        }
    }

    /// Sends a request whose answer must have code 0.
    pub fn call(&mut self, request: Command) -> Result<Command, CallError> {
        let asked = request.code;
        let answer = self.ask(request)?;
        if answer.code == 0 { Ok(answer) } else { Err(self.refused(asked, &answer)) }
    }

    fn refused(&self, request: i32, answer: &Command) -> CallError {
        let remark = answer.remark.as_deref().unwrap_or_default();
        let remark = remark.lines().next().unwrap_or_default().to_owned();
        CallError::Refused { address: self.address, request, code: answer.code, remark }
    }

    /// A number field of the answer to each of many requests, which must all have code 0. Some of
    /// the requests are on their way at a time.
    pub fn call_numbers(
        &mut self,
        mut requests: impl Iterator<Item = Command>,
        key: &'static str,
    ) -> Result<Vec<i64>, CallError> {
        let mut numbers = Vec::new();
        loop {
            let (mut frames, mut asked) = (BytesMut::new(), BTreeMap::new());
            for request in requests.by_ref().take(REQUESTS_AHEAD) {
                self.opaque += 1;
                asked.insert(self.opaque, (numbers.len(), request.code));
                numbers.push(0);
                request.with_opaque(self.opaque).encode_into(&mut frames)?;
            }
            if asked.is_empty() {
                return Ok(numbers);
            }
            self.stream.write_all(&frames).map_err(|error| CallError::Io(self.address, error))?;
            while !asked.is_empty() {
                let answer = self.next_answer()?;
                let Some((place, code)) = asked.remove(&answer.opaque) else { continue };
                if answer.code != 0 {
                    return Err(self.refused(code, &answer));
                }
                let number = answer.fields.get(key).and_then(|text| text.parse().ok());
                let number = number.ok_or(CallError::Lacks(code, key))?;
                numbers.get_mut(place).into_iter().for_each(|room| *room = number);
            }
        }
    }

    /// The body of an answer with code 0.
    pub fn call_body(&mut self, request: Command) -> Result<Bytes, CallError> {
        Ok(self.call(request)?.body)
    }
}
