//! A client that sends, pulls and beats, with many requests in flight.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use bytes::Bytes;
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields};

/// What an answer may take on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Requests in flight at once.
const IN_FLIGHT: usize = 64;

/// A connection to the broker.
pub struct Client {
    stream: TcpStream,
    opaque: i32,
}

impl Client {
    /// Connects.
    pub fn new(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(ANSWER_WITHIN)).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, opaque: 0 }
    }

    fn write(&mut self, command: Command) {
        self.opaque += 1;
        let frame = command.with_opaque(self.opaque).encode().unwrap();
        self.stream.write_all(&frame).unwrap();
    }

    /// The next answer. What the broker says by itself is passed over.
    fn read(&mut self) -> Command {
        loop {
            let command = self.read_any();
            if command.is_response() {
                return command;
            }
        }
    }

    fn read_any(&mut self) -> Command {
        let mut word = [0; 4];
        self.stream.read_exact(&mut word).unwrap();
        let mut frame = vec![0; usize::try_from(u32::from_be_bytes(word)).unwrap() + 4];
        frame[..4].copy_from_slice(&word);
        self.stream.read_exact(&mut frame[4..]).unwrap();
        Command::decode(Bytes::from(frame)).unwrap()
    }

    /// One request and its answer, which must be a success.
    pub fn call(&mut self, command: Command) -> Command {
        self.write(command);
        let answer = self.read();
        assert_eq!(answer.code, 0, "{answer:?}");
        answer
    }

    /// Many requests, in any order of their answers, which must all be successes.
    pub fn call_all(&mut self, commands: impl IntoIterator<Item = Command>) {
        let mut open = 0;
        for command in commands {
            self.write(command);
            open += 1;
            if open == IN_FLIGHT {
                (0..open).for_each(|_| assert_eq!(self.read().code, 0));
                open = 0;
            }
        }
        (0..open).for_each(|_| assert_eq!(self.read().code, 0));
    }
}

fn command(code: i32, pairs: &[(&str, &str)]) -> Command {
    let mut fields = Fields::empty();
    pairs.iter().for_each(|(key, value)| fields.push(key, value));
    Command::request(code).with_fields(fields)
}

/// Makes a topic.
pub fn topic(name: &str, queues: &str) -> Command {
    command(
        request::UPDATE_AND_CREATE_TOPIC,
        &[
            ("topic", name),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", queues),
            ("writeQueueNums", queues),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ],
    )
}

/// Sends a message.
pub fn send(topic: &str, queue: u32, properties: &str, body: &[u8]) -> Command {
    let queue = queue.to_string();
    let pairs = [
        ("producerGroup", "producers"),
        ("topic", topic),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", &queue),
        ("sysFlag", "0"),
        ("bornTimestamp", "1700000000000"),
        ("flag", "0"),
        ("properties", properties),
        ("reconsumeTimes", "0"),
        ("unitMode", "false"),
    ];
    command(request::SEND_MESSAGE, &pairs).with_body(body.to_vec())
}

/// Pulls from the beginning of a queue, and commits how far it has come.
pub fn pull(topic: &str, group: &str, queue: u32, offset: &str, commit: &str) -> Command {
    let queue = queue.to_string();
    let pairs = [
        ("consumerGroup", group),
        ("topic", topic),
        ("queueId", &queue),
        ("queueOffset", offset),
        ("maxMsgNums", "32"),
        // The offset to commit and the subscription come along.
        ("sysFlag", "5"),
        ("commitOffset", commit),
        ("suspendTimeoutMillis", "0"),
        ("subscription", "*"),
        ("subVersion", "0"),
        ("expressionType", "TAG"),
    ];
    command(request::PULL_MESSAGE, &pairs)
}

/// Says that a client consumes these topics in a group, and produces.
pub fn heartbeat(group: &str, topics: &[String]) -> Command {
    let subscription = |topic: &String| {
        format!(
            "{{\"topic\":\"{topic}\",\"subString\":\"*\",\"subVersion\":1,\
             \"expressionType\":\"TAG\",\"tagsSet\":[],\"codeSet\":[]}}"
        )
    };
    let subscriptions: Vec<String> = topics.iter().map(subscription).collect();
    let body = format!(
        "{{\"clientID\":\"c1\",\"producerDataSet\":[{{\"groupName\":\"producers\"}}],\
         \"consumerDataSet\":[{{\"groupName\":\"{group}\",\"consumeType\":\"CONSUME_PASSIVELY\",\
         \"messageModel\":\"CLUSTERING\",\"consumeFromWhere\":\"CONSUME_FROM_FIRST_OFFSET\",\
         \"unitMode\":false,\"subscriptionDataSet\":[{}]}}]}}",
        subscriptions.join(",")
    );
    command(request::HEART_BEAT, &[]).with_body(body)
}

/// Commits how far a group has come.
pub fn commit(topic: &str, group: &str, queue: u32, offset: u32) -> Command {
    let (queue, offset) = (queue.to_string(), offset.to_string());
    let pairs = [
        ("consumerGroup", group),
        ("topic", topic),
        ("queueId", &queue),
        ("commitOffset", &offset),
    ];
    command(request::UPDATE_CONSUMER_OFFSET, &pairs)
}

/// Changes the configuration.
pub fn configure(lines: &str) -> Command {
    command(request::UPDATE_BROKER_CONFIG, &[]).with_body(lines.to_owned())
}
