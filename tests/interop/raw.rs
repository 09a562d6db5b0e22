//! Messages sent, and records read, byte by byte: what a client library would hide.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::remoting::{Connection, Reply};

/// SEND_MESSAGE_V2.
const SEND: i32 = 310;
/// PULL_MESSAGE.
const PULL: i32 = 11;
/// HEART_BEAT.
pub const HEARTBEAT: i32 = 34;

/// A stored record, as spec C1 lays it out.
#[derive(Clone, Debug)]
pub struct Raw {
    pub magic: u32,
    pub body_crc: u32,
    pub queue: i32,
    pub flag: i32,
    pub offset: i64,
    pub physical: i64,
    pub sys_flag: i32,
    pub born: i64,
    pub born_host: SocketAddr,
    pub stored: i64,
    pub store_host: SocketAddr,
    pub reconsumed: i32,
    pub prepared: i64,
    pub body: String,
    pub topic: String,
    /// As it is stored.
    pub properties: String,
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, count: usize) -> &[u8] {
        let (front, rest) = self.0.split_at(count);
        self.0 = rest;
        front
    }

    fn int(&mut self) -> i32 {
        i32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn unsigned(&mut self) -> u32 {
        u32::from_be_bytes(self.take(4).try_into().expect("four bytes"))
    }

    fn long(&mut self) -> i64 {
        i64::from_be_bytes(self.take(8).try_into().expect("eight bytes"))
    }

    fn host(&mut self) -> SocketAddr {
        let address: [u8; 4] = self.take(4).try_into().expect("four bytes");
        let port = u16::try_from(self.int()).expect("a port");
        SocketAddr::new(IpAddr::V4(Ipv4Addr::from(address)), port)
    }

    fn text(&mut self, count: usize) -> String {
        String::from_utf8(self.take(count).to_vec()).expect("the tests send text")
    }
}

/// The records that lie behind each other in `bytes`; they are to end where it does.
pub fn records(bytes: &[u8]) -> Vec<Raw> {
    let mut cursor = Cursor(bytes);
    let mut found = Vec::new();
    while !cursor.0.is_empty() {
        let before = cursor.0.len();
        let size = usize::try_from(cursor.int()).expect("a length");
        let mut raw = Raw {
            magic: cursor.unsigned(),
            body_crc: cursor.unsigned(),
            queue: cursor.int(),
            flag: cursor.int(),
            offset: cursor.long(),
            physical: cursor.long(),
            sys_flag: cursor.int(),
            born: cursor.long(),
            born_host: cursor.host(),
            stored: cursor.long(),
            store_host: cursor.host(),
            reconsumed: cursor.int(),
            prepared: cursor.long(),
            body: String::new(),
            topic: String::new(),
            properties: String::new(),
        };
        let body = usize::try_from(cursor.int()).expect("a length");
        raw.body = cursor.text(body);
        let topic = usize::from(cursor.take(1)[0]);
        raw.topic = cursor.text(topic);
        let properties: [u8; 2] = cursor.take(2).try_into().expect("two bytes");
        raw.properties = cursor.text(usize::from(u16::from_be_bytes(properties)));
        assert_eq!(before - cursor.0.len(), size, "a record is as long as it says: {raw:?}");
        found.push(raw);
    }
    found
}

impl Raw {
    /// The value of a property.
    pub fn property(&self, name: &str) -> Option<&str> {
        let mut items = self.properties.split('\u{2}').filter_map(|item| item.split_once('\u{1}'));
        items.find(|(found, _)| *found == name).map(|(_, value)| value)
    }
}

/// Properties as they are sent.
pub fn properties(pairs: &[(&str, &str)]) -> String {
    pairs.iter().map(|(name, value)| format!("{name}\u{1}{value}\u{2}")).collect()
}

/// One message of the group `senders`, in the form of Java's clients since 4.x.
pub fn send(
    connection: &mut Connection,
    (topic, queue): (&str, &str),
    properties: &str,
    more: &[(&str, &str)],
    body: &str,
) -> Reply {
    let mut fields = vec![
        ("a", "senders"),
        ("b", topic),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", queue),
        ("f", "0"),
        ("g", "0"),
        ("h", "7"),
        ("i", properties),
        ("j", "0"),
        ("k", "false"),
        ("m", "false"),
    ];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend_from_slice(more);
    connection.call(SEND, &fields, body.as_bytes()).expect("the broker answers")
}

/// A pull that carries its subscription, and waits for nothing; `more` replaces fields.
pub fn pull(
    connection: &mut Connection,
    (topic, queue, offset): (&str, i32, i64),
    more: &[(&str, &str)],
) -> Reply {
    let (queue, offset) = (queue.to_string(), offset.to_string());
    let mut fields = vec![
        ("consumerGroup", "lookers"),
        ("topic", topic),
        ("queueId", &queue),
        ("queueOffset", &offset),
        ("maxMsgNums", "32"),
        ("sysFlag", "4"),
        ("commitOffset", "0"),
        ("suspendTimeoutMillis", "0"),
        ("subscription", "*"),
        ("subVersion", "0"),
        ("expressionType", "TAG"),
    ];
    fields.retain(|(name, _)| more.iter().all(|(other, _)| other != name));
    fields.extend_from_slice(more);
    connection.call(PULL, &fields, &[]).expect("the broker answers")
}

/// All records of a queue.
pub fn drain(connection: &mut Connection, topic: &str, queue: i32) -> Vec<Raw> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let reply = pull(connection, (topic, queue, at), &[]);
        let next = reply.fields.get("nextBeginOffset").and_then(|next| next.as_str()?.parse().ok());
        found.extend(records(&reply.body));
        match next {
            // There is more, or the queue begins there.
            Some(next) if next > at => at = next,
            _ => return found,
        }
    }
}
