//! One TCP connection that never blocks: bytes in, whole frames out, and the other way round.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::time::Duration;

use ringmq::limits::FRAME_BYTES_MAX;

/// Bytes that one read asks for: some two hundred replies to sends, or four pulls of 32 KiB.
const READ_BYTES: usize = 256 * 1024;

/// Bytes of the two lengths that start a frame.
pub const PREFIX_BYTES: usize = 8;

/// What one read yielded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// New bytes; frames may be whole now.
    Bytes(usize),
    /// Nothing to read yet.
    Nothing,
    /// The peer has closed.
    Closed,
}

/// A connection with its two buffers. Lives on the thread that polls it.
///
/// The input buffer has a fixed size and grows only for a frame that is longer; the output buffer
/// holds what the caller queued and the socket did not take, which the caller's number of requests
/// in flight bounds.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    out: Vec<u8>,
    written: usize,
    input: Vec<u8>,
    start: usize,
    end: usize,
}

impl Connection {
    /// Connects within `timeout`, without Nagle's delay.
    pub fn open(address: SocketAddr, timeout: Duration) -> io::Result<Self> {
        Self::of(TcpStream::connect_timeout(&address, timeout)?)
    }

    /// Takes over a connected socket.
    pub fn of(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let input = vec![0; READ_BYTES];
        Ok(Self { stream, out: Vec::new(), written: 0, input, start: 0, end: 0 })
    }

    /// The socket, to be polled.
    pub fn descriptor(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }

    /// Where the connection leaves from.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Where whole frames are queued. They leave with the next [`flush`](Self::flush).
    pub fn out(&mut self) -> &mut Vec<u8> {
        &mut self.out
    }

    /// Whether bytes wait to be written.
    pub fn has_output(&self) -> bool {
        self.written < self.out.len()
    }

    /// Writes what is queued, as far as the socket takes it; true when nothing is left.
    pub fn flush(&mut self) -> io::Result<bool> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match self.stream.write(rest) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(count) => self.written += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(false),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.out.clear();
        self.written = 0;
        Ok(true)
    }

    /// Reads once. What is there already and not a whole frame is kept in front.
    pub fn fill(&mut self) -> io::Result<Filled> {
        self.make_room()?;
        let room = self.input.get_mut(self.end..).unwrap_or_default();
        match self.stream.read(room) {
            Ok(0) => Ok(Filled::Closed),
            Ok(count) => {
                self.end += count;
                Ok(Filled::Bytes(count))
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(Filled::Nothing),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(Filled::Nothing),
            Err(error) => Err(error),
        }
    }

    /// The next whole frame, its first length included; `None` until more is read.
    ///
    /// # Errors
    /// The peer announced a frame that no peer may send.
    pub fn next_frame(&mut self) -> io::Result<Option<&[u8]>> {
        let Some(length) = self.frame_length()? else { return Ok(None) };
        if self.end - self.start < length {
            return Ok(None);
        }
        let start = self.start;
        self.start += length;
        Ok(self.input.get(start..start + length))
    }

    /// The length of the frame at the front, once its first bytes are there.
    fn frame_length(&self) -> io::Result<Option<usize>> {
        let unread = self.input.get(self.start..self.end).unwrap_or_default();
        let Some(first) = unread.first_chunk::<4>() else { return Ok(None) };
        let total = usize::try_from(i32::from_be_bytes(*first)).map(|after| after + 4);
        match total {
            Ok(total) if (PREFIX_BYTES..=FRAME_BYTES_MAX).contains(&total) => Ok(Some(total)),
            _ => Err(io::Error::new(ErrorKind::InvalidData, "the peer sent an impossible length")),
        }
    }

    /// Moves an unfinished frame to the front when the room behind it is short.
    fn make_room(&mut self) -> io::Result<()> {
        let wanted = self.frame_length()?.unwrap_or(PREFIX_BYTES);
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        } else if self.input.len() - self.end < READ_BYTES / 4 {
            self.input.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.input.len() - self.start < wanted {
            self.input.resize(self.start + wanted, 0);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    fn pair() -> (Connection, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = Connection::open(listener.local_addr().unwrap(), Duration::from_secs(5));
        (near.unwrap(), listener.accept().unwrap().0)
    }

    fn frame(body: usize) -> Vec<u8> {
        let mut bytes = u32::try_from(4 + body).unwrap().to_be_bytes().to_vec();
        bytes.extend_from_slice(&[0; 4]);
        bytes.resize(8 + body, 7);
        bytes
    }

    fn wait_readable(near: &Connection) {
        let poll = crate::wire::poll::Poll::new().unwrap();
        poll.watch(near.descriptor(), 0, false).unwrap();
        let mut ready = Vec::new();
        poll.wait(&mut ready, Some(Duration::from_secs(5))).unwrap();
        assert!(!ready.is_empty(), "bytes arrive");
    }

    /// Reads until `count` frames were seen; yields their lengths.
    fn read_frames(near: &mut Connection, count: usize) -> Vec<usize> {
        let mut lengths = Vec::new();
        while lengths.len() < count {
            wait_readable(near);
            assert!(matches!(near.fill().unwrap(), Filled::Bytes(_)));
            while let Some(frame) = near.next_frame().unwrap() {
                lengths.push(frame.len());
            }
        }
        lengths
    }

    #[test]
    fn frames_come_whole_however_they_were_split() {
        let (mut near, mut far) = pair();
        let mut stream = frame(10);
        stream.extend(frame(0));
        stream.extend(frame(300));
        for cut in 1..stream.len() {
            far.write_all(&stream[..cut]).unwrap();
            wait_readable(&near);
            near.fill().unwrap();
            let mut before = Vec::new();
            while let Some(frame) = near.next_frame().unwrap() {
                before.push(frame.len());
            }
            far.write_all(&stream[cut..]).unwrap();
            let rest = read_frames(&mut near, 3 - before.len());
            before.extend(rest);
            assert_eq!(before, [18, 8, 308], "cut at {cut}");
        }
    }

    #[test]
    fn a_frame_longer_than_the_buffer_is_read() {
        let (mut near, mut far) = pair();
        let long = frame(3 * READ_BYTES);
        let writer = std::thread::spawn(move || {
            far.write_all(&frame(100)).unwrap();
            far.write_all(&long).unwrap();
            far.write_all(&frame(5)).unwrap();
        });
        assert_eq!(read_frames(&mut near, 3), [108, 8 + 3 * READ_BYTES, 13]);
        writer.join().unwrap();
    }

    #[test]
    fn an_impossible_length_is_an_error() {
        for length in [-1_i32, 3, i32::MAX, 16 * 1024 * 1024 - 3] {
            let (mut near, mut far) = pair();
            far.write_all(&length.to_be_bytes()).unwrap();
            wait_readable(&near);
            near.fill().unwrap();
            assert!(near.next_frame().is_err(), "{length}");
        }
    }
}
