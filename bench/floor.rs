//! The server that does nothing: it takes RocketMQ's frames apart and answers them, and stores
//! nothing. What it reaches is the roofline of any broker that is driven by the same load.
//!
//! One thread, epoll. A send is answered with the next position of its queue, a pull with as many
//! copies of one message of the last size sent as the queue would hold, an offset query with the
//! queue's end, a route query with this server, everything else with code 0.

use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::AsFd;

use bytes::{Bytes, BytesMut};
use ringmq::protocol::{Command, Fields};

use crate::wire::connection::{Connection, Filled};
use crate::wire::poll::{Poll, Ready};
use crate::wire::record::{self, Record};

/// The token of the listener; connections are counted from 0.
const LISTENER: usize = usize::MAX;

/// Connections served at a time; more are closed at once.
const CONNECTIONS_MAX: usize = 20_000;

/// A server on its socket, not yet running.
#[derive(Debug)]
pub struct Floor {
    listener: TcpListener,
    poll: Poll,
    connections: BTreeMap<usize, Lane>,
    next_token: usize,
    world: World,
    out: BytesMut,
}

/// What answers are made of.
#[derive(Debug)]
struct World {
    address: SocketAddr,
    queues: Queues,
    /// The one message, as it is stored, and the length of its body.
    record: Vec<u8>,
    body_bytes: usize,
}

#[derive(Debug)]
struct Lane {
    connection: Connection,
    wants_output: bool,
}

/// Messages in one answer to a pull at most, as RocketMQ's brokers have it.
const PULL_RECORDS_MAX: i64 = 32;

/// Where each queue ends, by topic and queue.
type Queues = BTreeMap<String, Vec<i64>>;

impl Floor {
    /// Listens. Port 0 takes any free one.
    pub fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address)?;
        listener.set_nonblocking(true)?;
        let poll = Poll::new()?;
        poll.watch(listener.as_fd(), LISTENER, false)?;
        let address = listener.local_addr()?;
        let (record, body_bytes) = (Vec::new(), usize::MAX);
        Ok(Self {
            listener,
            poll,
            connections: BTreeMap::new(),
            next_token: 0,
            world: World { address, queues: Queues::new(), record, body_bytes },
            out: BytesMut::new(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.world.address
    }

    /// Serves until `stop` says so; it is asked after each wait, at least each 100 ms.
    pub fn run(&mut self, mut stop: impl FnMut() -> bool) -> io::Result<()> {
        let mut ready = Vec::new();
        while !stop() {
            self.poll.wait(&mut ready, Some(std::time::Duration::from_millis(100)))?;
            for event in &ready {
                if event.token == LISTENER {
                    self.accept()?;
                } else if self.serve(*event).is_err() {
                    self.close(event.token)?;
                }
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> io::Result<()> {
        while let Ok((stream, _)) = self.listener.accept() {
            if self.connections.len() >= CONNECTIONS_MAX {
                continue;
            }
            let Ok(connection) = Connection::of(stream) else { continue };
            let token = self.next_token;
            self.next_token += 1;
            self.poll.watch(connection.descriptor(), token, false)?;
            self.connections.insert(token, Lane { connection, wants_output: false });
        }
        Ok(())
    }

    /// Answers what a connection sent. Any error ends that connection.
    fn serve(&mut self, event: Ready) -> io::Result<()> {
        let Some(lane) = self.connections.get_mut(&event.token) else { return Ok(()) };
        if event.readable {
            if lane.connection.fill()? == Filled::Closed {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.out.clear();
            while let Some(frame) = lane.connection.next_frame()? {
                answer(frame, &mut self.world, &mut self.out)?;
            }
            lane.connection.out().extend_from_slice(&self.out);
        }
        let done = lane.connection.flush()?;
        if done == lane.wants_output {
            lane.wants_output = !done;
            self.poll.change(lane.connection.descriptor(), event.token, !done)?;
        }
        Ok(())
    }

    fn close(&mut self, token: usize) -> io::Result<()> {
        if let Some(lane) = self.connections.remove(&token) {
            self.poll.forget(lane.connection.descriptor())?;
        }
        Ok(())
    }
}

fn invalid<E>(_: E) -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// The end of a queue, to be read or moved.
fn end<'a>(queues: &'a mut Queues, topic: &str, queue: &str) -> Option<&'a mut i64> {
    // Ids beyond a broker's own limit would make the list grow without bound.
    let queue = queue.parse::<usize>().ok().filter(|queue| *queue < 1_000_000)?;
    if !queues.contains_key(topic) {
        queues.insert(topic.to_owned(), Vec::new());
    }
    let ends = queues.get_mut(topic)?;
    if queue >= ends.len() {
        ends.resize(queue + 1, 0);
    }
    ends.get_mut(queue)
}

/// Appends the answer to one frame.
fn answer(frame: &[u8], world: &mut World, out: &mut BytesMut) -> io::Result<()> {
    let request = Command::decode(Bytes::copy_from_slice(frame)).map_err(invalid)?;
    if request.is_response() || request.is_oneway() {
        return Ok(());
    }
    let get = |key| request.fields.get(key).unwrap_or_default();
    let queues = &mut world.queues;
    let mut fields = Fields::absent();
    let mut reply = Command::reply(&request, 0);
    match request.code {
        310 | 320 => {
            let end = end(queues, get("b"), get("e")).ok_or_else(|| invalid(()))?;
            fields.push("queueId", get("e"));
            fields.push("TRACE_ON", "true");
            fields.push("MSG_REGION", "DefaultRegion");
            fields.push("msgId", "7F00000100002A9F0000000000000000");
            fields.push_number("queueOffset", *end);
            let (body, count) = match request.code {
                320 => batched(&request.body).ok_or_else(|| invalid(()))?,
                _ => (&*request.body, 1),
            };
            *end += count;
            if body.len() != world.body_bytes {
                world.body_bytes = body.len();
                world.record = stored(body, get("b"));
            }
        }
        11 => {
            let end = end(queues, get("topic"), get("queueId")).map_or(0, |end| *end);
            let number = |key| get(key).parse::<i64>().unwrap_or(0);
            let from = number("queueOffset").clamp(0, end);
            let count = (end - from).min(number("maxMsgNums").clamp(1, PULL_RECORDS_MAX));
            reply.code = if count == 0 { 19 } else { 0 };
            reply = reply.with_body(records(&mut world.record, number("queueId"), from, count));
            fields.push("suggestWhichBrokerId", "0");
            fields.push_number("nextBeginOffset", from + count);
            fields.push("minOffset", "0");
            fields.push_number("maxOffset", end);
        }
        30 => {
            let end = end(queues, get("topic"), get("queueId")).map_or(0, |end| *end);
            fields.push_number("offset", end);
        }
        31 => fields.push("offset", "0"),
        105 => reply = reply.with_body(route(world.address)),
        _ => {}
    }
    reply.with_fields(fields).encode_into(out).map_err(invalid)
}

/// The first body of a batch and the number of its messages; nothing if it is no batch. Each
/// message starts with its length; its body's length stands behind four numbers.
fn batched(batch: &[u8]) -> Option<(&[u8], i64)> {
    let number = |bytes: &[u8]| {
        let bytes = bytes.first_chunk::<4>()?;
        usize::try_from(u32::from_be_bytes(*bytes)).ok()
    };
    let first = batch.get(20..)?.get(..number(batch.get(16..)?)?)?;
    let (mut rest, mut count) = (batch, 0);
    while !rest.is_empty() {
        rest = rest.get(number(rest)?.max(4)..)?;
        count += 1;
    }
    Some((first, count))
}

/// A message as a broker would have stored it.
fn stored(body: &[u8], topic: &str) -> Vec<u8> {
    record::encode(&Record {
        queue: 0,
        offset: 0,
        physical: 0,
        sys_flag: 0,
        born_ms: 0,
        stored_ms: 0,
        reconsume_times: 0,
        body,
        topic: topic.as_bytes(),
        properties: b"WAIT\x01true\x02",
    })
}

/// `count` copies of the one message, at consecutive positions.
fn records(record: &mut [u8], queue: i64, from: i64, count: i64) -> Vec<u8> {
    let mut body = Vec::with_capacity(record.len() * usize::try_from(count).unwrap_or(0));
    for offset in from..from + count {
        record::patch(record, i32::try_from(queue).unwrap_or(0), offset);
        body.extend_from_slice(record);
    }
    body
}

fn route(address: SocketAddr) -> String {
    format!(
        concat!(
            r#"{{"brokerDatas":[{{"brokerAddrs":{{"0":"{}"}},"brokerName":"floor","#,
            r#""cluster":"floor"}}],"filterServerTable":{{}},"queueDatas":[{{"#,
            r#""brokerName":"floor","perm":6,"readQueueNums":4,"topicSysFlag":0,"#,
            r#""writeQueueNums":4}}]}}"#
        ),
        address
    )
}
