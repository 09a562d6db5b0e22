//! Clients that end with their connection: senders with several sends on the way, and a consumer.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::mpsc::Sender;
use std::time::Duration;

use bytes::Bytes;
use ringmq::protocol::code::request;
use ringmq::protocol::{Command, Fields};

use crate::account::{Event, Told, records};

/// Queues, and senders: each has one.
pub const QUEUES: usize = 4;
/// The topic that messages go to.
pub const TOPIC: &str = "kills";
/// Sends of one sender that are on their way.
const WINDOW: usize = 16;
/// What an answer may take on a busy machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// A connection to the broker.
pub struct Connection {
    stream: TcpStream,
    opaque: i32,
}

/// Fields of a request.
pub fn fields(pairs: &[(&str, &str)]) -> Fields {
    let mut fields = Fields::empty();
    pairs.iter().for_each(|(key, value)| fields.push(key, value));
    fields
}

impl Connection {
    /// Connects.
    pub fn new(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, opaque: 0 })
    }

    /// Sends a request; the number its answer will have.
    fn ask(&mut self, command: Command) -> io::Result<i32> {
        self.opaque += 1;
        let frame = command.with_opaque(self.opaque).encode().unwrap();
        self.stream.write_all(&frame)?;
        Ok(self.opaque)
    }

    /// The next answer.
    fn answer(&mut self) -> io::Result<Command> {
        let mut word = [0; 4];
        self.stream.read_exact(&mut word)?;
        let length = usize::try_from(u32::from_be_bytes(word)).unwrap();
        assert!(length < 32 << 20, "a frame of {length} bytes");
        let mut frame = vec![0; length + 4];
        frame[..4].copy_from_slice(&word);
        self.stream.read_exact(&mut frame[4..])?;
        Command::decode(Bytes::from(frame)).map_err(io::Error::other)
    }

    /// Asks and waits for the answer.
    pub fn call(&mut self, command: Command) -> io::Result<Command> {
        let opaque = self.ask(command)?;
        let answer = self.answer()?;
        assert_eq!(answer.opaque, opaque);
        Ok(answer)
    }

    /// Makes a topic, or changes how many queues it has.
    pub fn make_topic(&mut self, name: &str, queues: u64) -> io::Result<()> {
        let queues = queues.to_string();
        let list = [
            ("topic", name),
            ("defaultTopic", "TBW102"),
            ("readQueueNums", &queues),
            ("writeQueueNums", &queues),
            ("perm", "6"),
            ("topicFilterType", "SINGLE_TAG"),
            ("topicSysFlag", "0"),
            ("order", "false"),
        ];
        let command = Command::request(request::UPDATE_AND_CREATE_TOPIC).with_fields(fields(&list));
        let answer = self.call(command)?;
        assert_eq!(answer.code, 0, "{answer:?}");
        Ok(())
    }

    /// Makes a group.
    pub fn make_group(&mut self, name: &str) -> io::Result<()> {
        let body = format!("{{\"groupName\":\"{name}\"}}").into_bytes();
        let command = Command::request(request::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP);
        let answer = self.call(command.with_body(body))?;
        assert_eq!(answer.code, 0, "{answer:?}");
        Ok(())
    }

    /// The records of a queue from `offset` on that one pull gives, and where to go on; none at
    /// its end, or where they are no more.
    pub fn pull(&mut self, queue: usize, offset: u64) -> io::Result<(Bytes, u64)> {
        let (queue, offset) = (queue.to_string(), offset.to_string());
        let list = [
            ("consumerGroup", "kills_consumer"),
            ("topic", TOPIC),
            ("queueId", &queue),
            ("queueOffset", &offset),
            ("maxMsgNums", "32"),
            // The offset comes along to be committed, and so does the subscription.
            ("sysFlag", "5"),
            ("commitOffset", &offset),
            ("suspendTimeoutMillis", "0"),
            ("subscription", "*"),
            ("subVersion", "0"),
            ("expressionType", "TAG"),
        ];
        let answer =
            self.call(Command::request(request::PULL_MESSAGE).with_fields(fields(&list)))?;
        // Found, or nothing there (PULL_NOT_FOUND), or at the very end of an empty queue.
        assert!([0, 19, 21].contains(&answer.code), "{answer:?}");
        let next = number(&answer, "nextBeginOffset");
        Ok(if answer.code == 0 { (answer.body, next) } else { (Bytes::new(), next) })
    }

    /// The first message of a queue, and its end.
    pub fn range(&mut self, queue: usize) -> (u64, u64) {
        let queue = queue.to_string();
        let mut ask = |code| {
            let list = fields(&[("topic", TOPIC), ("queueId", &queue)]);
            let answer = self.call(Command::request(code).with_fields(list));
            number(&answer.unwrap(), "offset")
        };
        (ask(request::GET_MIN_OFFSET), ask(request::GET_MAX_OFFSET))
    }
}

fn number(answer: &Command, field: &str) -> u64 {
    let text = answer.fields.get(field);
    text.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{field} in {answer:?}"))
}

/// The body that begins as `body` does: its first line says all of it.
pub fn body_of(body: &[u8]) -> Vec<u8> {
    let end = body.iter().position(|byte| *byte == b'\n').expect("a first line");
    let line = &body[..=end];
    let len = std::str::from_utf8(&line[..end]).unwrap().rsplit(' ').next().unwrap();
    let len: usize = len.parse().unwrap();
    line.iter().copied().cycle().take(len.max(line.len())).collect()
}

fn text(queue: usize, round: u64, number: u64) -> Vec<u8> {
    // From a few bytes to several blocks.
    let len = (number * 7919 + round * 104_729) % 9_000;
    body_of(format!("sender {queue}, round {round}, message {number}, bytes {len}\n").as_bytes())
}

/// Sends to one queue until the connection ends, and tells of each acknowledgement.
pub fn send(port: u16, queue: usize, round: u64, say: &Sender<Event>) {
    let Ok(mut connection) = Connection::new(port) else { return };
    let mut waiting: BTreeMap<i32, Vec<u8>> = BTreeMap::new();
    for sent in 0.. {
        let body = text(queue, round, sent);
        let Ok(opaque) = connection.ask(send_request(queue, body.clone())) else { break };
        waiting.insert(opaque, body);
        // Senders of even queues wait for each answer.
        let most = if queue.is_multiple_of(2) { 1 } else { WINDOW };
        if waiting.len() >= most && !acknowledged(&mut connection, queue, &mut waiting, say) {
            return;
        }
    }
    while acknowledged(&mut connection, queue, &mut waiting, say) {}
}

/// Takes one answer; false at the end of the connection.
fn acknowledged(
    connection: &mut Connection,
    queue: usize,
    waiting: &mut BTreeMap<i32, Vec<u8>>,
    say: &Sender<Event>,
) -> bool {
    let Ok(answer) = connection.answer() else { return false };
    let body = waiting.remove(&answer.opaque).expect("an answer to a send");
    if answer.code != 0 {
        // Busy: it was not stored.
        assert_eq!(answer.code, 2, "{answer:?}");
        return true;
    }
    let id = answer.fields.get("msgId").expect("a message id");
    let physical = u64::from_str_radix(&id[id.len() - 16..], 16).unwrap();
    let offset = number(&answer, "queueOffset");
    // Nobody listens once the test has failed.
    say.send(Event::Acked(Told { queue, offset, physical, body })).is_ok()
}

fn send_request(queue: usize, body: Vec<u8>) -> Command {
    let queue = queue.to_string();
    let list = [
        ("producerGroup", "kills_producer"),
        ("topic", TOPIC),
        ("defaultTopic", "TBW102"),
        ("defaultTopicQueueNums", "4"),
        ("queueId", &queue),
        ("sysFlag", "0"),
        ("bornTimestamp", "1700000000000"),
        ("flag", "0"),
        ("properties", ""),
        ("reconsumeTimes", "0"),
        ("unitMode", "false"),
    ];
    Command::request(request::SEND_MESSAGE).with_fields(fields(&list)).with_body(body)
}

/// Pulls every queue in turn until the connection ends, and tells of each message.
pub fn consume(port: u16, mut next: [u64; QUEUES], say: &Sender<Event>) {
    let Ok(mut connection) = Connection::new(port) else { return };
    for queue in (0..QUEUES).cycle() {
        let Ok((bytes, behind)) = connection.pull(queue, next[queue]) else { return };
        for (record, body) in records(&bytes) {
            assert_eq!(record.queue_offset.0, i64::try_from(next[queue]).unwrap());
            let (offset, physical) = (next[queue], record.physical_offset.0);
            if say.send(Event::Seen(Told { queue, offset, physical, body })).is_err() {
                return;
            }
            next[queue] += 1;
        }
        if bytes.is_empty() {
            // What was to be next is removed, or the queue ends here.
            assert!(behind >= next[queue], "never back");
            next[queue] = behind;
        }
    }
}
