//! Attackers: what they write, by kind.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields, Serialization};

use crate::client;

/// How long an attacker waits for an answer, which need not come, and for room to write.
const PATIENCE: Duration = Duration::from_millis(150);

/// Numbers that look random; the same for the same seed (xorshift64*).
pub struct Dice(u64);

impl Dice {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn roll(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    /// Below `n`, which is not 0.
    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from((self.roll() >> 16) % u64::try_from(n).unwrap()).unwrap()
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).unwrap()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| self.byte()).collect()
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[self.below(list.len())]
    }
}

/// The recorded requests of real peers.
pub fn recorded() -> Vec<Vec<u8>> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")];
    let mut frames = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "jsonl") {
                for line in fs::read_to_string(&path).unwrap().lines() {
                    let line: serde_json::Value = serde_json::from_str(line).unwrap();
                    frames.push(STANDARD.decode(line["frame"].as_str().unwrap()).unwrap());
                }
            }
        }
    }
    // The order of a directory is the file system's; a seed must mean the same everywhere.
    frames.sort();
    assert!(frames.len() > 1000, "the recording is there");
    frames
}

/// A connection that gives up rather than wait.
pub fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Writes, and takes what comes back; yields its length. The server may hang up at any time.
fn exchange(port: u16, bytes: &[u8]) -> usize {
    let mut stream = connect(port);
    if stream.write_all(bytes).is_err() {
        return 0;
    }
    let mut answer = [0; 4096];
    stream.read(&mut answer).unwrap_or(0)
}

/// The number of a shape, for [`hostile_bytes`].
const SHAPES: usize = 8;

/// Bytes that are no proper frame, or one that was tampered with.
fn hostile_bytes(dice: &mut Dice, recorded: &[Vec<u8>]) -> Vec<u8> {
    let mut frame = dice.pick(recorded).clone();
    match dice.below(SHAPES) {
        0 => {
            let length = dice.below(4096);
            return dice.bytes(length);
        }
        // A length of its own choice, and the rest as it was.
        1 => {
            let lengths =
                [0, 1, 3, 4, 0x00FF_FFFC, 0x0100_0000, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
            frame[..4].copy_from_slice(&dice.pick(&lengths).to_be_bytes());
        }
        // The same for the header's length and type.
        2 if frame.len() >= 8 => {
            let kind = u32::from(*dice.pick(&[0_u8, 1, 2, 255])) << 24;
            let length = *dice.pick(&[0, 1, 17, 20, 21, 0x7FFF, 0x00FF_FFFF]);
            frame[4..8].copy_from_slice(&(kind | length).to_be_bytes());
        }
        // Cut, with a length that says so.
        3 => {
            frame.truncate(4 + dice.below(frame.len()));
            let length = u32::try_from(frame.len().saturating_sub(4)).unwrap();
            frame.resize(frame.len().max(4), 0);
            frame[..4].copy_from_slice(&length.to_be_bytes());
        }
        // A binary header whose inner lengths are hostile.
        4 => return binary_header(dice),
        // Some bytes changed.
        _ => {
            for _ in 0..=dice.below(8) {
                let at = 4 + dice.below(frame.len().max(5) - 4);
                let byte = dice.byte();
                if let Some(place) = frame.get_mut(at) {
                    *place = byte;
                }
            }
        }
    }
    frame
}

fn binary_header(dice: &mut Dice) -> Vec<u8> {
    let codes = request::ALL;
    let code = u16::try_from(dice.pick(codes).0).unwrap_or(u16::MAX);
    let mut header = code.to_be_bytes().to_vec();
    // Language, version, opaque, flag.
    header.push(dice.byte());
    header.extend(dice.bytes(6));
    header.extend([0, 0, 0, 0]);
    let long = [0_u32, 1, 4, 0x7FFF_FFFF, 0x8000_0000, u32::MAX];
    // Length of the remark, then of the fields, then of the first key and value.
    header.extend(dice.pick(&long).to_be_bytes());
    header.extend(dice.pick(&long).to_be_bytes());
    header.extend(dice.pick(&[0_u16, 1, 0x7FFF, 0x8000, u16::MAX]).to_be_bytes());
    header.extend(b"topic");
    header.extend(dice.pick(&long).to_be_bytes());
    let more = dice.below(64);
    header.extend(dice.bytes(more));
    let length = u32::try_from(header.len()).unwrap();
    let mut frame = (length + 4).to_be_bytes().to_vec();
    frame.extend((length | 1 << 24).to_be_bytes());
    frame.extend(header);
    frame
}

/// Writes hostile bytes to the ports until `end`; yields on how many connections.
pub fn tamper(dice: &mut Dice, ports: &[u16], recorded: &[Vec<u8>], end: Instant) -> usize {
    let mut done = 0;
    while Instant::now() < end {
        let mut bytes = Vec::new();
        for _ in 0..=dice.below(4) {
            bytes.extend(hostile_bytes(dice, recorded));
        }
        exchange(*dice.pick(ports), &bytes);
        done += 1;
    }
    done
}

const VALUES: &[&str] = &[
    "",
    " ",
    "0",
    "-1",
    "1",
    "abc",
    "true",
    "null",
    "2147483647",
    "-2147483648",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "1e9",
    "\0",
    "%RETRY%",
    "%DLQ%%RETRY%x",
    "../../../../tmp/x",
    "a\u{1}b\u{2}c\u{1}",
    "\u{1F600}\u{FFFF}",
    "||",
    "{\"a\":[",
];

const KEYS: &[&str] = &[
    "topic",
    "queueId",
    "queueOffset",
    "offset",
    "consumerGroup",
    "group",
    "producerGroup",
    "maxMsgNums",
    "sysFlag",
    "suspendTimeoutMillis",
    "commitOffset",
    "subscription",
    "expressionType",
    "timestamp",
    "properties",
    "bornTimestamp",
    "brokerName",
    "brokerAddr",
    "clusterName",
    "brokerId",
    "bodyCrc32",
    "compressed",
    "key",
    "namespace",
    "value",
    "perm",
    "readQueueNums",
    "writeQueueNums",
    "topicFilterType",
    "order",
    "attributes",
    "defaultTopic",
    "msgId",
    "clientID",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "i",
    "m",
];

fn body(dice: &mut Dice) -> Bytes {
    match dice.below(8) {
        0 | 1 => Bytes::new(),
        2 => {
            let length = dice.below(2000);
            Bytes::from(dice.bytes(length))
        }
        // Deeper than any stack of a recursive reader.
        3 => Bytes::from("[".repeat(200_000)),
        4 => Bytes::from("{\"a\":".repeat(50_000)),
        5 => Bytes::from_static(b"{\"clientID\":5,\"consumerDataSet\":[null,{}],\"topicList\":{}}"),
        6 => Bytes::from_static(b"=\n\\u00\nlistenPort=70000\n\0=\0\nflushDiskType=x\\"),
        _ => Bytes::from_static(b"[]"),
    }
}

/// A well-formed request whose meaning is hostile.
fn request_of(dice: &mut Dice, code: i32) -> Command {
    let mut fields = Fields::empty();
    let long = "x".repeat(40_000);
    for key in KEYS {
        // Each field is there in half of the requests, so that each is missing once.
        if dice.below(2) == 0 {
            let value = if dice.below(64) == 0 { long.as_str() } else { dice.pick(VALUES) };
            fields.push(key, value);
        }
    }
    let mut command = Command::request(code).with_fields(fields).with_body(body(dice));
    if dice.below(3) == 0 {
        command.serialization = Serialization::Binary;
    }
    if dice.below(16) == 0 {
        command.flag = i32::try_from(dice.below(8)).unwrap();
    }
    command
}

/// Requests of every code to the ports, once and then up to `rounds` times until `end`; yields
/// how many were written and how many bytes came back.
pub fn requests(dice: &mut Dice, ports: &[u16], rounds: usize, end: Instant) -> (usize, usize) {
    let odd = [-1, 0, 1, 999_999, i32::MAX, i32::MIN];
    let codes = request::ALL.iter().map(|(code, _)| *code).chain(odd);
    let (mut written, mut answered) = (0, 0);
    for round in 0..rounds {
        for code in codes.clone() {
            for port in ports {
                if round > 0 && Instant::now() >= end {
                    return (written, answered);
                }
                // What cannot be written as a frame is not what is tested here.
                let Ok(frame) = request_of(dice, code).encode() else { continue };
                answered += exchange(*port, &frame);
                written += 1;
            }
        }
    }
    (written, answered)
}

/// Connections that promise a large frame, write a part of it and stall.
pub fn stalled(port: u16, count: usize) -> Vec<TcpStream> {
    let part = vec![b' '; 256 << 10];
    let stall = |_| {
        let mut stream = connect(port);
        // One byte less than the most that is taken, as a request with a JSON header.
        stream.write_all(&0x00FF_FFFB_u32.to_be_bytes()).unwrap();
        stream.write_all(&0x00FF_0000_u32.to_be_bytes()).unwrap();
        // A server that takes no more is as good.
        let _ = stream.write_all(&part);
        stream
    };
    (0..count).map(stall).collect()
}

/// Connections that ask again and again, and never read an answer.
pub fn deaf(port: u16, count: usize) -> Vec<TcpStream> {
    let frames: Vec<u8> =
        (0..512).flat_map(|_| client::pull("0").encode().unwrap().to_vec()).collect();
    let ask = |_| {
        let mut stream = connect(port);
        for _ in 0..64 {
            if let Err(error) = stream.write_all(&frames) {
                let full = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
                assert!(full || error.kind() == ErrorKind::ConnectionReset, "{error}");
                break;
            }
        }
        stream
    };
    (0..count).map(ask).collect()
}
