//! What is answered, the same however it is served.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::BytesMut;
use ringmq::limits::QUEUES_PER_TOPIC_MAX;
use ringmq::message::properties::{Properties, UNIQ_KEY};
use ringmq::protocol::code::{request, response};
use ringmq::protocol::request::offset::{MaxOffset, OffsetReply};
use ringmq::protocol::request::pull::{Pull, PullReply};
use ringmq::protocol::request::send::{Send, SendReply};
use ringmq::protocol::{Command, FieldList};

use crate::wire::record::{self, Record};

/// Topics at most: each has room for all queues that a topic may have.
const TOPICS_MAX: usize = 64;

/// Messages in one answer to a pull at most, as RocketMQ's brokers have it.
const PULL_RECORDS_MAX: i64 = 32;

/// The id that every message gets.
const MESSAGE_ID: &str = "7F00000100002A9F0000000000000000";

/// All topics of a server, shared by its threads.
#[derive(Debug, Default)]
pub struct World {
    topics: Mutex<BTreeMap<String, Arc<Topic>>>,
}

/// A topic's queues and its one message.
#[derive(Debug)]
struct Topic {
    ends: Box<[End]>,
    /// Length of the message's body.
    body_bytes: AtomicUsize,
    /// The message as it would be stored.
    record: Mutex<Arc<[u8]>>,
}

/// Where a queue ends; alone on its cache line, for the threads write to different ones.
#[derive(Debug, Default)]
#[repr(align(64))]
struct End(AtomicI64);

impl Topic {
    fn new() -> Self {
        let queues = usize::try_from(QUEUES_PER_TOPIC_MAX).unwrap_or(0);
        let ends = std::iter::repeat_with(End::default).take(queues).collect();
        let record = Mutex::new(Arc::from([].as_slice()));
        Self { ends, body_bytes: AtomicUsize::new(usize::MAX), record }
    }

    fn end(&self, queue: i32) -> io::Result<&AtomicI64> {
        let place = usize::try_from(queue).ok().and_then(|queue| self.ends.get(queue));
        place.map(|End(end)| end).ok_or_else(|| invalid(()))
    }

    /// Makes a message of this body the topic's, if its length is another.
    fn keep(&self, name: &str, body: &[u8]) {
        if self.body_bytes.swap(body.len(), Ordering::Relaxed) != body.len() {
            let mut record = self.record.lock().unwrap_or_else(PoisonError::into_inner);
            *record = stored(body, name).into();
        }
    }

    /// `count` copies of the message, at consecutive positions.
    fn records(&self, queue: i32, from: i64, count: i64) -> Vec<u8> {
        let record = self.record.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut body = Vec::with_capacity(record.len() * usize::try_from(count).unwrap_or(0));
        for offset in from..from + count {
            let start = body.len();
            body.extend_from_slice(&record);
            record::patch(body.get_mut(start..).unwrap_or_default(), queue, offset);
        }
        body
    }
}

/// Answers the requests of one thread.
#[derive(Debug)]
pub struct Answers {
    world: Arc<World>,
    /// Those of the world that this thread has met, so that it takes the lock once for each.
    known: BTreeMap<String, Arc<Topic>>,
}

impl Answers {
    /// For a thread of the server whose topics these are.
    pub fn new(world: Arc<World>) -> Self {
        Self { world, known: BTreeMap::new() }
    }

    /// Appends the answer to one request, if it wants one. `here` is where it came in.
    ///
    /// # Errors
    /// The request is none that a client sends, or there are too many topics.
    pub fn answer(
        &mut self,
        request: &Command,
        here: SocketAddr,
        out: &mut BytesMut,
    ) -> io::Result<()> {
        if request.is_response() || request.is_oneway() {
            return Ok(());
        }
        match request.code {
            request::SEND_MESSAGE_V2 | request::SEND_BATCH_MESSAGE => self.send(request, out),
            request::PULL_MESSAGE => self.pull(request, out),
            request::GET_MAX_OFFSET => {
                let header = MaxOffset::from_fields(&request.fields).map_err(invalid)?;
                let end = self.topic(header.topic)?.end(header.queue_id)?.load(Ordering::Relaxed);
                write(request, response::SUCCESS, &OffsetReply { offset: end }, &[], out)
            }
            request::GET_MIN_OFFSET => {
                write(request, response::SUCCESS, &OffsetReply { offset: 0 }, &[], out)
            }
            request::GET_ROUTEINFO_BY_TOPIC => {
                let reply = Command::reply(request, response::SUCCESS).with_body(route(here));
                reply.encode_into(out).map_err(invalid)
            }
            _ => Command::reply(request, response::SUCCESS).encode_into(out).map_err(invalid),
        }
    }

    fn topic(&mut self, name: &str) -> io::Result<&Topic> {
        if !self.known.contains_key(name) {
            let mut topics = self.world.topics.lock().unwrap_or_else(PoisonError::into_inner);
            if topics.len() >= TOPICS_MAX && !topics.contains_key(name) {
                return Err(invalid(()));
            }
            let topic = topics.entry(name.to_owned()).or_insert_with(|| Arc::new(Topic::new()));
            self.known.insert(name.to_owned(), topic.clone());
        }
        self.known.get(name).map(|topic| &**topic).ok_or_else(|| invalid(()))
    }

    fn send(&mut self, request: &Command, out: &mut BytesMut) -> io::Result<()> {
        let header = Send::from_fields(&request.fields).map_err(invalid)?;
        let (body, count) = match header.batch {
            Some(true) => batched(&request.body).ok_or_else(|| invalid(()))?,
            _ => (&*request.body, 1),
        };
        let topic = self.topic(header.topic)?;
        let offset = topic.end(header.queue_id)?.fetch_add(count, Ordering::Relaxed);
        topic.keep(header.topic, body);
        let properties = Properties::new(header.properties.unwrap_or_default().as_bytes());
        let reply = SendReply {
            msg_id: MESSAGE_ID,
            queue_id: header.queue_id,
            queue_offset: offset,
            transaction_id: properties.get(UNIQ_KEY),
            batch_uniq_id: None,
            recall_handle: None,
            region: Some("DefaultRegion"),
            trace_on: Some(true),
        };
        write(request, response::SUCCESS, &reply, &[], out)
    }

    fn pull(&mut self, request: &Command, out: &mut BytesMut) -> io::Result<()> {
        let header = Pull::from_fields(&request.fields).map_err(invalid)?;
        let topic = self.topic(header.topic)?;
        let end = topic.end(header.queue_id)?.load(Ordering::Relaxed);
        let from = header.queue_offset.clamp(0, end);
        let most = i64::from(header.messages_max).clamp(1, PULL_RECORDS_MAX);
        let count = (end - from).min(most);
        let reply = PullReply {
            suggested_broker_id: 0,
            next_begin_offset: from + count,
            min_offset: 0,
            max_offset: end,
            offset_delta: None,
            topic_sys_flag: None,
            group_sys_flag: None,
        };
        let found = if count == 0 { response::PULL_NOT_FOUND } else { response::SUCCESS };
        write(request, found, &reply, &topic.records(header.queue_id, from, count), out)
    }
}

fn write(
    request: &Command,
    code: i32,
    fields: &impl FieldList,
    body: &[u8],
    out: &mut BytesMut,
) -> io::Result<()> {
    let reply = Command::reply(request, code);
    reply.encode_header_into(fields, body.len(), out).map_err(invalid)?;
    out.extend_from_slice(body);
    Ok(())
}

fn invalid<E>(_: E) -> io::Error {
    io::ErrorKind::InvalidData.into()
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
