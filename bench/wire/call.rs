//! Requests that are no load: routes, topics, offsets. One at a time, and waiting is fine.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use bytes::Bytes;
use ringmq::limits::FRAME_BYTES_MAX;
use ringmq::protocol::{Command, DecodeError, EncodeError, FrameError, FrameSplitter};

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

/// A connection for one request at a time. Whatever the peer asks of us on it is ignored.
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
        let failed = |error| CallError::Io(self.address, error);
        self.stream.write_all(&frame).map_err(failed)?;
        loop {
            while let Some(frame) = self.splitter.next()? {
                let answer = Command::decode(frame)?;
                if answer.is_response() && answer.opaque == opaque {
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

    /// A number field of an answer with code 0.
    pub fn call_number(&mut self, request: Command, key: &'static str) -> Result<i64, CallError> {
        let asked = request.code;
        let answer = self.call(request)?;
        let number = answer.fields.get(key).and_then(|text| text.parse().ok());
        number.ok_or(CallError::Lacks(asked, key))
    }

    /// The body of an answer with code 0.
    pub fn call_body(&mut self, request: Command) -> Result<Bytes, CallError> {
        Ok(self.call(request)?.body)
    }
}
