//! An operator who never rests: topics and groups are made, a topic is changed, an offset is
//! committed and old segments are removed all the time, so that a kill meets the writing of each
//! file of metadata, and clean-up.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ringmq::protocol::Command;
use ringmq::protocol::code::request;
use serde_json::Value;

use crate::load::{Connection, TOPIC, fields};

/// The topic that is changed, and the group that commits.
const CHANGING: &str = "changing";

/// What the operator was told, over all kills, and what it asked for last.
#[derive(Default)]
pub struct Metadata {
    /// Topics and groups of these names were made.
    made: BTreeSet<String>,
    /// Queues that the changing topic was said to have, and that were asked for last.
    queues: (u64, u64),
    /// The offset in the file just before the kill, and the last that was committed.
    offsets: (u64, u64),
}

/// What a round adds.
pub struct Told {
    made: Vec<String>,
    queues: (u64, u64),
    committed: u64,
}

impl Metadata {
    /// The beginning: the topic that is changed, and the group that commits.
    pub fn begun(connection: &mut Connection) -> Self {
        connection.make_topic(CHANGING, 1).unwrap();
        connection.make_group(CHANGING).unwrap();
        Self { queues: (1, 1), ..Self::default() }
    }

    /// Works until the connection ends.
    pub fn change(&self, port: u16, round: u64) -> impl FnOnce() -> Told + Send + 'static {
        let (queues, committed) = (self.queues, self.offsets.1);
        let mut told = Told { made: Vec::new(), queues, committed };
        move || {
            let ended = Connection::new(port).and_then(|mut connection| {
                for number in 0.. {
                    change(&mut connection, &mut told, &format!("made_{round}_{number}"))?;
                }
                Ok(())
            });
            assert!(ended.is_err(), "until the broker is killed");
            told
        }
    }

    /// Notes what the file of offsets has: it does not become less.
    pub fn look(&mut self, store: &Path) {
        let text = fs::read_to_string(store.join("config/consumerOffset.json"));
        self.offsets.0 = self.offsets.0.max(text.map_or(0, |text| offset_in(&text)));
    }

    /// Takes note.
    pub fn note(&mut self, told: Told) {
        self.made.extend(told.made);
        self.queues = told.queues;
        self.offsets.1 = told.committed;
    }

    /// Compares with what the broker has.
    pub fn check(&mut self, port: u16) {
        let mut connection = Connection::new(port).unwrap();
        let mut all = |code, table: &str| {
            let answer = connection.call(Command::request(code)).unwrap();
            let body: Value = serde_json::from_slice(&answer.body).expect("a table");
            body.get(table).cloned().expect(table)
        };
        let topics = all(request::GET_ALL_TOPIC_CONFIG, "topicConfigTable");
        let groups = all(request::GET_ALL_SUBSCRIPTIONGROUP_CONFIG, "subscriptionGroupTable");
        for name in &self.made {
            assert!(topics.get(name).is_some(), "the topic {name} was made");
            assert!(groups.get(name).is_some(), "the group {name} was made");
        }
        let (least, most) = self.queues;
        let queues = topics.get(CHANGING).and_then(|topic| topic["writeQueueNums"].as_u64());
        let queues = queues.unwrap_or(0);
        assert!(least <= queues && queues <= most, "{least} <= {queues} <= {most} queues");
        self.queues = (queues, queues);
        let (least, most) = self.offsets;
        let offset = committed(&mut connection);
        assert!(least <= offset && offset <= most, "{least} <= {offset} <= {most} committed");
        self.offsets.0 = offset;
    }

    /// It did anything at all.
    pub fn was_at_work(&self) {
        let (queues, offsets) = (self.queues.0, self.offsets.0);
        assert!(!self.made.is_empty() && queues > 1 && offsets > 0, "{queues} {offsets}");
    }
}

/// One of each. What is asked for is noted before the answer, what was granted after it.
fn change(connection: &mut Connection, told: &mut Told, name: &str) -> std::io::Result<()> {
    connection.make_topic(name, 1)?;
    connection.make_group(name)?;
    told.made.push(name.to_owned());
    // Within what a topic may have, and never less than before.
    if told.queues.1 < 900 {
        told.queues.1 += 1;
        connection.make_topic(CHANGING, told.queues.1)?;
        told.queues.0 = told.queues.1;
    }
    told.committed += 1;
    let offset = told.committed.to_string();
    let list = [
        ("consumerGroup", CHANGING),
        ("topic", TOPIC),
        ("queueId", "0"),
        ("commitOffset", &offset),
    ];
    let command = Command::request(request::UPDATE_CONSUMER_OFFSET).with_fields(fields(&list));
    for command in [command, Command::request(request::DELETE_EXPIRED_COMMITLOG)] {
        let answer = connection.call(command)?;
        assert_eq!(answer.code, 0, "{answer:?}");
    }
    Ok(())
}

/// The offset that the broker has; 0 if it has none.
fn committed(connection: &mut Connection) -> u64 {
    let list = [("consumerGroup", CHANGING), ("topic", TOPIC), ("queueId", "0")];
    let command = Command::request(request::QUERY_CONSUMER_OFFSET).with_fields(fields(&list));
    let answer = connection.call(command).unwrap();
    let offset = answer.fields.get("offset").and_then(|text| text.parse().ok());
    offset.unwrap_or(0)
}

/// The offset that a file has, in FastJSON's dialect: numbers as names without quotes.
fn offset_in(text: &str) -> u64 {
    let queue = text.split_once(&format!("\"{TOPIC}@{CHANGING}\"")).map(|(_, rest)| rest);
    let number = queue.and_then(|rest| rest.split_once("0:")).map(|(_, rest)| rest);
    let digits = |rest: &str| rest.chars().take_while(char::is_ascii_digit).collect::<String>();
    number.and_then(|rest| digits(rest).parse().ok()).unwrap_or(0)
}
