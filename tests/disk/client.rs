//! A client of one queue that looks at every answer, refusals included.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use ringmq::message::record::{Check, Record};
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields};

/// The topic; it has one queue.
pub const TOPIC: &str = "Narrow";
/// What anything may take on a busy machine.
const STEP_WITHIN: Duration = Duration::from_secs(60);

/// What a pull came to.
#[derive(Debug)]
pub struct Pulled {
    pub code: i32,
    pub remark: String,
    pub next: usize,
    pub min: usize,
    pub bodies: Vec<Vec<u8>>,
}

/// A connection to a broker.
pub struct Client {
    stream: TcpStream,
    opaque: i32,
}

impl Client {
    pub fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(STEP_WITHIN)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, opaque: 0 }
    }

    fn call(&mut self, code: i32, fields: &[(&str, &str)], body: Vec<u8>) -> Command {
        self.opaque += 1;
        let fields: Fields = fields.iter().copied().collect();
        let command = Command::request(code).with_fields(fields).with_body(body);
        let frame = command.with_opaque(self.opaque).encode().unwrap();
        self.stream.write_all(&frame).unwrap();
        let mut word = [0; 4];
        self.stream.read_exact(&mut word).unwrap();
        let length = usize::try_from(u32::from_be_bytes(word)).unwrap();
        let mut frame = vec![0; length + 4];
        frame[..4].copy_from_slice(&word);
        self.stream.read_exact(&mut frame[4..]).unwrap();
        let answer = Command::decode(Bytes::from(frame)).unwrap();
        assert_eq!(answer.opaque, self.opaque, "{answer:?}");
        answer
    }

    /// Asks for something that must be granted.
    pub fn success(&mut self, code: i32, fields: &[(&str, &str)]) -> Command {
        let answer = self.call(code, fields, Vec::new());
        assert_eq!(answer.code, 0, "{answer:?}");
        answer
    }

    pub fn make_topic(&mut self) {
        let fields = [
            ("topic", TOPIC),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", "1"),
            ("writeQueueNums", "1"),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ];
        self.success(request::UPDATE_AND_CREATE_TOPIC, &fields);
    }

    /// Changes settings of the running broker.
    pub fn configure(&mut self, lines: &str) {
        let answer = self.call(request::UPDATE_BROKER_CONFIG, &[], lines.as_bytes().to_vec());
        assert_eq!(answer.code, 0, "{answer:?}");
    }

    pub fn send(&mut self, body: Vec<u8>) -> Command {
        let fields = [
            ("producerGroup", "narrow_producer"),
            ("topic", TOPIC),
            ("defaultTopic", "TBW102"),
            ("defaultTopicQueueNums", "1"),
            ("queueId", "0"),
            ("sysFlag", "0"),
            ("bornTimestamp", "1700000000000"),
            ("flag", "0"),
            ("properties", ""),
            ("reconsumeTimes", "0"),
            ("unitMode", "false"),
        ];
        self.call(request::SEND_MESSAGE, &fields, body)
    }

    /// GET_MIN_OFFSET or GET_MAX_OFFSET.
    pub fn offset(&mut self, code: i32) -> usize {
        number(&self.success(code, &[("topic", TOPIC), ("queueId", "0")]), "offset")
    }

    /// GET_EARLIEST_MSG_STORETIME.
    pub fn earliest_store_time(&mut self) -> usize {
        let code = request::GET_EARLIEST_MSG_STORETIME;
        number(&self.success(code, &[("topic", TOPIC), ("queueId", "0")]), "timestamp")
    }

    /// A pull that does not wait.
    pub fn pull(&mut self, offset: usize) -> Pulled {
        let offset = offset.to_string();
        let fields = [
            ("consumerGroup", "narrow_consumer"),
            ("topic", TOPIC),
            ("queueId", "0"),
            ("queueOffset", offset.as_str()),
            ("maxMsgNums", "32"),
            ("sysFlag", "4"),
            ("commitOffset", "0"),
            ("suspendTimeoutMillis", "0"),
            ("subscription", "*"),
            ("subVersion", "0"),
            ("expressionType", "TAG"),
        ];
        let answer = self.call(request::PULL_MESSAGE, &fields, Vec::new());
        let mut bodies = Vec::new();
        let mut rest: &[u8] = &answer.body;
        while !rest.is_empty() {
            let (record, len) = Record::decode(rest, Check::Checksum).unwrap();
            bodies.push(record.body.to_vec());
            rest = &rest[len..];
        }
        Pulled {
            code: answer.code,
            remark: answer.remark.as_deref().unwrap_or_default().to_owned(),
            next: number(&answer, "nextBeginOffset"),
            min: number(&answer, "minOffset"),
            bodies,
        }
    }
}

fn number(answer: &Command, field: &str) -> usize {
    let found = answer.fields.get(field).unwrap_or_else(|| panic!("no {field} in {answer:?}"));
    found.parse().unwrap()
}

/// Asks until it is so, with a breath between.
pub fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + STEP_WITHIN;
    while !is_so() {
        assert!(Instant::now() < end, "in vain: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}
