//! A Java application process: commands go in as lines, answers and events come out as JSON lines.

use std::collections::BTreeMap;
use std::io::Write;
use std::process::ChildStdin;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::process::{Process, START_WITHIN, STEP_WITHIN, WorkFolder, wait_until};
use crate::toolchain::toolchain;

/// A message as a consumer got it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Seen {
    /// The consumer that got it; empty in answers.
    #[serde(default)]
    pub consumer: String,
    /// What names the message: its body up to the first `|`.
    pub body: String,
    /// Bytes of the whole body.
    pub length: u64,
    /// CRC-32 of the whole body.
    pub crc: u32,
    /// The topic.
    pub topic: String,
    /// The queue.
    pub queue: i32,
    /// The offset in the queue.
    pub offset: i64,
    /// The tag, empty when there is none.
    pub tag: String,
    /// The client's unique id.
    pub id: String,
    /// The broker's id.
    pub offset_id: String,
    /// The physical offset.
    pub physical: i64,
    /// Bytes of the stored record.
    pub size: i64,
    /// The application's flag.
    pub flag: i64,
    /// The system's flag bits.
    pub sys_flag: i64,
    /// When it was made, ms.
    pub born: i64,
    /// When it was stored, ms.
    pub stored: i64,
    /// The body's crc in the record.
    pub body_crc: i64,
    /// How often it came back.
    pub reconsumed: i64,
    /// The prepared transaction offset.
    pub prepared: i64,
    /// All properties.
    pub properties: BTreeMap<String, String>,
}

/// A message as its sender knows it; where it lies is known unless it was sent one-way.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Sent {
    /// As in [`Seen`].
    pub body: String,
    /// As in [`Seen`].
    pub length: u64,
    /// As in [`Seen`].
    pub crc: u32,
    /// As in [`Seen`].
    pub tag: String,
    /// The SendStatus, or `ONEWAY`.
    pub status: String,
    /// As in [`Seen`].
    pub queue: Option<i32>,
    /// As in [`Seen`].
    pub offset: Option<i64>,
    /// As in [`Seen`].
    pub id: Option<String>,
    /// As in [`Seen`].
    pub offset_id: Option<String>,
}

#[derive(Default)]
struct Events {
    ready: bool,
    messages: Vec<Seen>,
    acks: Vec<Sent>,
    failures: Vec<Value>,
    held: Vec<Value>,
}

/// One application process.
pub struct Driver {
    name: String,
    process: Process,
    input: ChildStdin,
    answers: Receiver<Value>,
    events: Arc<Mutex<Events>>,
}

/// How an application's requests are encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Headers {
    /// `rocketmq.serialize.type=JSON`, the default.
    Json,
    /// `rocketmq.serialize.type=ROCKETMQ`.
    Binary,
}

impl Driver {
    /// Starts an application on the client of `version`.
    pub fn start(
        name: &str,
        version: &str,
        headers: Headers,
        name_servers: &str,
        work: &WorkFolder,
    ) -> Self {
        let mut command = toolchain().client(version);
        if headers == Headers::Binary {
            command.arg("-Drocketmq.serialize.type=ROCKETMQ");
        }
        let home = work.join(name);
        std::fs::create_dir_all(&home).expect("the work folder is writable");
        command.arg(format!("-Duser.home={}", home.display()));
        command.args(["-Djava.security.manager=allow", "interop.Driver", name_servers]);
        command.env("ROCKETMQ_HOME", work.join("home")).current_dir(&home);
        let events = Arc::new(Mutex::new(Events::default()));
        let collected = Arc::clone(&events);
        let (answer, answers) = channel();
        let mut process = Process::start(name, command, work.path(), move |line| {
            let value: Value = serde_json::from_str(line)
                .unwrap_or_else(|e| panic!("the driver printed {line:?}: {e}"));
            match value["event"].as_str().map(str::to_owned) {
                Some(kind) => {
                    let mut events = collected.lock().expect("no reader of events panics");
                    match kind.as_str() {
                        "ready" => events.ready = true,
                        "message" => events.messages.push(typed(value)),
                        "ack" => events.acks.push(typed(value)),
                        "failed" => events.failures.push(value),
                        "held" => events.held.push(value),
                        other => panic!("the driver has no event {other}"),
                    }
                }
                // The test has failed and gone when nobody takes the answer.
                None => drop(answer.send(value)),
            }
        });
        let input = process.stdin();
        Self { name: name.to_owned(), process, input, answers, events }
    }

    fn events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().expect("no reader of events panics")
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Runs one command; a command that fails fails the test.
    pub fn run(&mut self, command: &str, fields: &[(&str, &str)]) -> Value {
        let answer = self.attempt(command, fields);
        answer.unwrap_or_else(|error| panic!("{} on `{command}` {fields:?}: {error}", self.name))
    }

    /// Runs one command, which may fail; then what the client said.
    pub fn attempt(&mut self, command: &str, fields: &[(&str, &str)]) -> Result<Value, String> {
        wait_until(&format!("{} starts", self.name), START_WITHIN, || self.events().ready);
        let mut line = command.to_owned();
        for (key, value) in fields {
            assert!(!value.contains(['\t', '\n']), "{key} holds what parts fields or commands");
            line.push_str(&format!("\t{key}={value}"));
        }
        writeln!(self.input, "{line}").unwrap_or_else(|e| panic!("{}: {e}", self.name));
        let answer = self.answers.recv_timeout(STEP_WITHIN * 2);
        let answer = answer.unwrap_or_else(|e| panic!("{} on `{line}`: {e}", self.name));
        if answer["ok"] == true { Ok(answer) } else { Err(answer["error"].to_string()) }
    }

    /// Runs a sending command and yields what it says of each message.
    pub fn send(&mut self, fields: &[(&str, &str)]) -> Vec<Sent> {
        typed(self.run("send", fields)["acks"].take())
    }

    /// Runs a command that answers messages.
    pub fn receive(&mut self, command: &str, fields: &[(&str, &str)]) -> Vec<Seen> {
        typed(self.run(command, fields)["messages"].take())
    }

    /// Runs mqadmin and yields what it printed.
    pub fn admin(&mut self, arguments: &str) -> String {
        let answer = self.run("admin", &[("args", arguments)]);
        answer["output"].as_str().expect("the output is text").to_owned()
    }

    /// The queues of a topic that a push consumer of this process holds, in order.
    pub fn held_queues(&mut self, consumer: &str, topic: &str) -> Vec<i32> {
        let mut answer = self.run("held", &[("name", consumer), ("topic", topic)]);
        let mut queues: Vec<i32> = typed(answer["queues"].take());
        queues.sort_unstable();
        queues
    }

    /// What a push consumer of this process has got so far.
    pub fn messages(&self, consumer: &str) -> Vec<Seen> {
        let events = self.events();
        events.messages.iter().filter(|seen| seen.consumer == consumer).cloned().collect()
    }

    /// How many messages a push consumer of this process has got so far.
    pub fn message_count(&self, consumer: &str) -> usize {
        self.events().messages.iter().filter(|seen| seen.consumer == consumer).count()
    }

    /// What loads of this process had acknowledged so far.
    pub fn acks(&self) -> Vec<Sent> {
        self.events().acks.clone()
    }

    /// How many sends of loads were acknowledged so far.
    pub fn ack_count(&self) -> usize {
        self.events().acks.len()
    }

    /// Which sends of loads failed so far.
    pub fn failures(&self) -> Vec<Value> {
        self.events().failures.clone()
    }

    /// What long polls of this process have returned so far.
    pub fn held_answers(&self) -> Vec<Value> {
        self.events().held.clone()
    }

    /// SIGKILL to the application.
    pub fn kill(&mut self) {
        self.process.kill();
    }
}

/// Reads a part of a line as what it must be.
pub fn typed<T: DeserializeOwned>(value: Value) -> T {
    let shown = value.to_string();
    serde_json::from_value(value).unwrap_or_else(|e| panic!("{e}: {shown}"))
}
