//! Just enough of the remoting protocol, written without RingMQ's code, to wait for conditions and
//! to ask what a JVM would be too slow to ask: routes, offsets, members of a group.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Map, Value, json};

const TIMEOUT: Duration = Duration::from_secs(5);
/// A 5.x client, so that a route comes as standard JSON.
const CLIENT_VERSION: i32 = 475;
const SUCCESS: i64 = 0;
const QUERY_NOT_FOUND: i64 = 22;
const TOPIC_NOT_EXIST: i64 = 17;
const LENGTH_MAX: usize = 16 << 20;

/// An answer.
pub struct Reply {
    /// The response code.
    pub code: i64,
    /// The remark, empty when there is none.
    pub remark: String,
    /// The extFields.
    pub fields: Map<String, Value>,
    /// The body as it came.
    pub body: Vec<u8>,
}

impl Reply {
    fn number(&self, field: &str) -> i64 {
        let text = self.fields.get(field).and_then(Value::as_str);
        text.and_then(|text| text.parse().ok())
            .unwrap_or_else(|| panic!("no number `{field}` in {:?}", self.fields))
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// One request over a connection of its own.
pub fn call(address: &str, code: i32, fields: &[(&str, &str)]) -> io::Result<Reply> {
    call_with(address, code, fields, &[])
}

/// As [`call`], with a body.
pub fn call_with(
    address: &str,
    code: i32,
    fields: &[(&str, &str)],
    body: &[u8],
) -> io::Result<Reply> {
    Connection::open(address)?.call(code, fields, body)
}

/// A frame as it came.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The whole header.
    pub header: Value,
    /// What follows it.
    pub body: Vec<u8>,
}

/// A client's connection.
pub struct Connection {
    stream: TcpStream,
    opaque: i32,
    /// What the server asked, and nobody has looked at.
    asked: VecDeque<Frame>,
}

impl Connection {
    /// Connects.
    pub fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self { stream, opaque: 0, asked: VecDeque::new() })
    }

    /// Its own end.
    pub fn local(&self) -> io::Result<SocketAddr> {
        self.stream.local_addr()
    }

    /// Asks, and waits for the answer.
    pub fn call(&mut self, code: i32, fields: &[(&str, &str)], body: &[u8]) -> io::Result<Reply> {
        self.send(code, fields, body)?;
        self.reply()
    }

    /// Asks, and leaves the answer to [`Connection::reply`].
    pub fn send(&mut self, code: i32, fields: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        self.opaque += 1;
        let fields: Map<String, Value> =
            fields.iter().map(|(key, value)| ((*key).to_owned(), json!(value))).collect();
        let header = json!({
            "code": code, "language": "JAVA", "version": CLIENT_VERSION, "opaque": self.opaque,
            "flag": 0, "serializeTypeCurrentRPC": "JSON", "extFields": fields,
        });
        self.write(&header, body)
    }

    /// Answers a request of the server with SUCCESS.
    pub fn answer(&mut self, asked: &Frame, body: &[u8]) -> io::Result<()> {
        let header = json!({
            "code": SUCCESS, "language": "JAVA", "version": CLIENT_VERSION,
            "opaque": asked.header["opaque"], "flag": 1, "serializeTypeCurrentRPC": "JSON",
        });
        self.write(&header, body)
    }

    fn write(&mut self, header: &Value, body: &[u8]) -> io::Result<()> {
        let header = serde_json::to_vec(header)?;
        let size = u32::try_from(header.len()).map_err(io::Error::other)?;
        let whole = u32::try_from(4 + header.len() + body.len()).map_err(io::Error::other)?;
        let lengths = [whole.to_be_bytes(), size.to_be_bytes()].concat();
        self.stream.write_all(&[&lengths, &header[..], body].concat())
    }

    /// The answer to what was asked last.
    pub fn reply(&mut self) -> io::Result<Reply> {
        loop {
            let Frame { header, body } = self.read()?;
            if header["flag"].as_i64().is_some_and(|flag| flag & 1 == 0) {
                self.asked.push_back(Frame { header, body });
                continue;
            }
            assert_eq!(header["opaque"], self.opaque, "one answer is waited for at a time");
            return Ok(Reply {
                code: header["code"].as_i64().expect("a reply has a code"),
                remark: header["remark"].as_str().unwrap_or_default().to_owned(),
                fields: header["extFields"].as_object().cloned().unwrap_or_default(),
                body,
            });
        }
    }

    /// The first request of the server that `wanted` holds for and that was not yielded before.
    /// Nothing if there is none for a while.
    pub fn asked(&mut self, wanted: impl Fn(&Frame) -> bool) -> Option<Frame> {
        loop {
            if let Some(at) = self.asked.iter().position(&wanted) {
                return self.asked.remove(at);
            }
            let frame = self.read().ok()?;
            self.asked.push_back(frame);
        }
    }

    fn read(&mut self) -> io::Result<Frame> {
        let mut word = [0; 4];
        self.stream.read_exact(&mut word)?;
        let total = usize::try_from(u32::from_be_bytes(word)).map_err(io::Error::other)?;
        assert!((4..=LENGTH_MAX).contains(&total), "a frame of {total} bytes");
        let mut frame = vec![0; total];
        self.stream.read_exact(&mut frame)?;
        let header_length =
            usize::from(frame[1]) << 16 | usize::from(frame[2]) << 8 | usize::from(frame[3]);
        let body = frame.split_off(4 + header_length);
        Ok(Frame { header: serde_json::from_slice(&frame[4..])?, body })
    }
}

fn success(address: &str, code: i32, fields: &[(&str, &str)]) -> Reply {
    let reply = call(address, code, fields)
        .unwrap_or_else(|e| panic!("request {code} {fields:?} to {address}: {e}"));
    assert_eq!(reply.code, SUCCESS, "request {code} {fields:?} to {address}: {}", reply.remark);
    reply
}

/// The route of a topic at one name server; nothing when it has none or does not answer (yet).
pub fn route(name_server: &str, topic: &str) -> Option<Value> {
    let reply = call(name_server, 105, &[("topic", topic)]).ok()?;
    assert!(
        [SUCCESS, TOPIC_NOT_EXIST].contains(&reply.code),
        "route of {topic}: {} {}",
        reply.code,
        reply.remark
    );
    (reply.code == SUCCESS).then(|| reply.json())
}

/// How many queues a topic has for reading, by its route.
pub fn queue_count(name_server: &str, topic: &str) -> Option<i32> {
    let count = route(name_server, topic)?["queueDatas"][0]["readQueueNums"].as_i64()?;
    i32::try_from(count).ok()
}

/// The addresses of the masters in a topic's route.
pub fn masters(name_server: &str, topic: &str) -> Vec<String> {
    let Some(route) = route(name_server, topic) else { return Vec::new() };
    let brokers = route["brokerDatas"].as_array().cloned().unwrap_or_default();
    brokers
        .iter()
        .filter_map(|broker| broker["brokerAddrs"]["0"].as_str().map(str::to_owned))
        .collect()
}

/// Creates a topic as mqadmin does.
pub fn create_topic(broker: &str, topic: &str, queues: i32) {
    let queues = queues.to_string();
    let fields = [
        ("topic", topic),
        ("defaultTopic", "TBW102"),
        ("readQueueNums", &queues),
        ("writeQueueNums", &queues),
        ("perm", "6"),
        ("topicFilterType", "SINGLE_TAG"),
        ("topicSysFlag", "0"),
        ("order", "false"),
    ];
    success(broker, 17, &fields);
}

/// The offset the next message of a queue will have.
pub fn max_offset(broker: &str, topic: &str, queue: i32) -> i64 {
    success(broker, 30, &[("topic", topic), ("queueId", &queue.to_string())]).number("offset")
}

/// The offset of the first message of a queue that is there.
pub fn min_offset(broker: &str, topic: &str, queue: i32) -> i64 {
    success(broker, 31, &[("topic", topic), ("queueId", &queue.to_string())]).number("offset")
}

/// The offset of the first message of a queue that was stored at a time or later.
pub fn offset_at(broker: &str, topic: &str, queue: i32, time: i64) -> i64 {
    let (queue, time) = (queue.to_string(), time.to_string());
    let fields = [("topic", topic), ("queueId", queue.as_str()), ("timestamp", time.as_str())];
    success(broker, 29, &fields).number("offset")
}

/// The broker's own figures, as `mqadmin brokerStatus` prints them.
pub fn runtime(broker: &str) -> BTreeMap<String, String> {
    let table = success(broker, 28, &[]).json();
    let table = table["table"].as_object().cloned().unwrap_or_default();
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    table.into_iter().map(|(key, value)| (key, text(value))).collect()
}

/// What a group has committed for a queue.
pub fn committed(broker: &str, group: &str, topic: &str, queue: i32) -> Option<i64> {
    let queue = queue.to_string();
    let fields = [("consumerGroup", group), ("topic", topic), ("queueId", &queue)];
    let reply = call(broker, 14, &fields).unwrap_or_else(|e| panic!("offset of {group}: {e}"));
    if reply.code == QUERY_NOT_FOUND {
        return None;
    }
    assert_eq!(reply.code, SUCCESS, "offset of {group} in {topic}: {}", reply.remark);
    Some(reply.number("offset"))
}

/// The client ids of a group's members; empty when the broker knows none.
pub fn members(broker: &str, group: &str) -> Vec<String> {
    let reply = call(broker, 38, &[("consumerGroup", group)])
        .unwrap_or_else(|e| panic!("members of {group}: {e}"));
    if reply.code != SUCCESS {
        return Vec::new();
    }
    let list = reply.json();
    let ids = list["consumerIdList"].as_array().cloned().unwrap_or_default();
    ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
}

/// How many producers of a group the broker knows.
pub fn producers(broker: &str, group: &str) -> usize {
    let reply = call(broker, 204, &[("producerGroup", group)])
        .unwrap_or_else(|e| panic!("producers of {group}: {e}"));
    if reply.code != SUCCESS {
        return 0;
    }
    reply.json()["connectionSet"].as_array().map_or(0, Vec::len)
}

/// All topics a name server knows.
pub fn topics(name_server: &str) -> BTreeSet<String> {
    let list = success(name_server, 206, &[]).json();
    let names = list["topicList"].as_array().cloned().unwrap_or_default();
    names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
}
