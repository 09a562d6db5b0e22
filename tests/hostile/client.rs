//! A normal client: one request at a time, each answer checked.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields};

use crate::server::BROKER;

/// What an answer may take on a busy machine that is under attack.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
/// The topic that only the normal client uses.
pub const TOPIC: &str = "CalmTopic";

/// Fields from pairs.
pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::empty();
    for (key, value) in pairs {
        fields.push(key, value);
    }
    fields
}

/// Reads one whole frame.
pub fn read_frame(stream: &mut impl Read) -> io::Result<Command> {
    let mut word = [0; 4];
    stream.read_exact(&mut word)?;
    let length = usize::try_from(u32::from_be_bytes(word)).map_err(io::Error::other)?;
    assert!(length < 32 << 20, "a frame of {length} bytes");
    let mut frame = vec![0; length + 4];
    frame[..4].copy_from_slice(&word);
    stream.read_exact(&mut frame[4..])?;
    Command::decode(Bytes::from(frame)).map_err(io::Error::other)
}

/// A connection.
struct Connection {
    stream: TcpStream,
    opaque: i32,
}

impl Connection {
    fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_WITHIN)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, opaque: 0 }
    }

    fn call(&mut self, command: Command) -> Command {
        self.opaque += 1;
        let code = command.code;
        let frame = command.with_opaque(self.opaque).encode().unwrap();
        let answer = self.stream.write_all(&frame).and_then(|()| read_frame(&mut self.stream));
        let answer = answer.unwrap_or_else(|e| panic!("no answer to request {code}: {e}"));
        assert!(answer.is_response() && answer.opaque == self.opaque, "{answer:?}");
        answer
    }

    fn success(&mut self, command: Command) -> Command {
        let answer = self.call(command);
        assert_eq!(answer.code, 0, "{answer:?}");
        answer
    }
}

/// The client.
pub struct Client {
    ports: (u16, u16),
    broker: Connection,
    names: Connection,
    sent: u64,
    slowest: Duration,
}

impl Client {
    /// Connects, makes [`TOPIC`] and waits until the name server shows it.
    pub fn new(broker: u16, names: u16) -> Self {
        let connections = (Connection::new(broker), Connection::new(names));
        let mut client = Self {
            ports: (broker, names),
            broker: connections.0,
            names: connections.1,
            sent: 0,
            slowest: Duration::ZERO,
        };
        client.broker.success(Command::request(request::UPDATE_AND_CREATE_TOPIC).with_fields(
            fields(&[
                ("topic", TOPIC),
                ("defaultTopic", "TBW102"),
                ("readQueueNums", "1"),
                ("writeQueueNums", "1"),
                ("perm", "6"),
                ("topicFilterType", "SINGLE_TAG"),
                ("topicSysFlag", "0"),
                ("order", "false"),
            ]),
        ));
        let end = Instant::now() + ANSWER_WITHIN;
        while client.names.call(route()).code != 0 {
            assert!(Instant::now() < end, "the name server does not know {TOPIC}");
        }
        client
    }

    /// One round: a send, a pull of what was sent, a route; each checked.
    pub fn probe(&mut self) {
        let start = Instant::now();
        // Now and then with new connections: accepting must go on too.
        if self.sent % 16 == 15 {
            self.broker = Connection::new(self.ports.0);
            self.names = Connection::new(self.ports.1);
        }
        let offset = self.sent.to_string();
        let body = format!("calm message {offset} of many");
        let answer = self.broker.success(send(body.clone()));
        assert_eq!(answer.fields.get("queueOffset"), Some(offset.as_str()), "{answer:?}");
        self.sent += 1;
        let answer = self.broker.success(pull(&offset));
        let next = self.sent.to_string();
        assert_eq!(answer.fields.get("nextBeginOffset"), Some(next.as_str()), "{answer:?}");
        let found = answer.body.windows(body.len()).any(|part| part == body.as_bytes());
        assert!(found, "the message pulled is not {body:?}");
        let answer = self.names.success(route());
        let text = String::from_utf8_lossy(&answer.body);
        assert!(text.contains(BROKER) && text.contains(&self.ports.0.to_string()), "{text}");
        self.slowest = self.slowest.max(start.elapsed());
    }

    /// How many rounds there were, and the longest of them.
    pub fn rounds(&self) -> (u64, Duration) {
        (self.sent, self.slowest)
    }
}

fn send(body: String) -> Command {
    let list = [
        ("producerGroup", "calm_producer"),
        ("topic", TOPIC),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", "0"),
        ("sysFlag", "0"),
        ("bornTimestamp", "1700000000000"),
        ("flag", "0"),
        ("properties", ""),
        ("reconsumeTimes", "0"),
        ("unitMode", "false"),
    ];
    Command::request(request::SEND_MESSAGE).with_fields(fields(&list)).with_body(body)
}

/// A pull that is held until the message is there.
pub fn pull(offset: &str) -> Command {
    let list = [
        ("consumerGroup", "calm_consumer"),
        ("topic", TOPIC),
        ("queueId", "0"),
        ("queueOffset", offset),
        ("maxMsgNums", "32"),
        // Hold while there is none; the subscription comes along.
        ("sysFlag", "6"),
        ("commitOffset", "0"),
        ("suspendTimeoutMillis", "15000"),
        ("subscription", "*"),
        ("subVersion", "0"),
        ("expressionType", "TAG"),
    ];
    Command::request(request::PULL_MESSAGE).with_fields(fields(&list))
}

/// Where [`TOPIC`] is.
pub fn route() -> Command {
    Command::request(request::GET_ROUTEINFO_BY_TOPIC).with_fields(fields(&[("topic", TOPIC)]))
}
