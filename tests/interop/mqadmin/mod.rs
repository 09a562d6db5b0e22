//! mqadmin of each version, subcommand by subcommand: what it prints is what it prints of a Java
//! server.
//!
//! `session.txt` in `tests/golden/mqadmin-VERSION` is one session with the Java reference, after
//! the rules of [`differences`]; `options.txt` beside it is what that tool takes. Both are written
//! anew by `RINGMQ_INTEROP_TARGET=java RINGMQ_INTEROP_RECORD=1 cargo test --test interop
//! mqadmin_prints`.

mod differences;
mod steps;

use std::fs;

use crate::account::all_acknowledged;
use crate::driver::{Driver, Headers};
use crate::process::{STEP_WITHIN, wait_until};
use crate::recorded;
use crate::system::{BROKER, CLUSTER, Cluster, Flush};

use differences::Names;
use steps::{Act, GROUP, QUEUES, STEPS, TOPIC};

const SENT: usize = 4;

/// The parts of a session: each begins with the line of its command.
fn parts(session: &str) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for line in session.lines() {
        match parts.last_mut() {
            Some(part) if !line.starts_with("$ ") => part.extend([line, "\n"]),
            _ => parts.push(format!("{line}\n")),
        }
    }
    parts
}

struct Session {
    cluster: Cluster,
    driver: Driver,
    version: &'static str,
    /// The broker's id of the message that was sent last.
    offset_id: String,
    /// The unique key of the message that was sent last, as its sender knows it.
    unique_key: String,
    text: String,
}

impl Session {
    fn start(version: &'static str) -> Self {
        let name = format!("mqadmin-session-{version}");
        let cluster = Cluster::started(&name, Flush::Async, 1, &[]);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start("session", version, Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        let (offset_id, unique_key, text) = Default::default();
        Self { cluster, driver, version, offset_id, unique_key, text }
    }

    fn names(&self) -> Names {
        Names {
            broker: self.cluster.broker.address(),
            name_server: self.cluster.name_server.address(),
            folder: self.cluster.work.path().display().to_string(),
            process: self.driver.id().to_string(),
        }
    }

    fn run(&mut self, template: &str, rules: &[differences::Rule]) {
        let arguments = template
            .replace("{cluster}", CLUSTER)
            .replace("{name}", BROKER)
            .replace("{broker}", &self.cluster.broker.address())
            .replace("{folder}", &self.cluster.work.path().display().to_string())
            .replace("{id}", &self.offset_id)
            .replace("{key}", &self.unique_key);
        let start = std::time::Instant::now();
        let output = self.driver.admin(&arguments);
        println!("{arguments}: {} ms", start.elapsed().as_millis());
        self.note(&format!("mqadmin {template}"), &output, rules);
    }

    fn note(&mut self, what: &str, output: &str, rules: &[differences::Rule]) {
        let printed = differences::even_out(output, &self.names(), rules);
        let allowed: String = rules.iter().map(differences::Rule::said).collect();
        self.text.push_str(&format!("$ {what}\n{allowed}{printed}"));
    }

    fn act(&mut self, act: &Act) {
        match act {
            Act::Route => self.cluster.wait_route(TOPIC, QUEUES),
            Act::Send { queue, prefix, count } => {
                let (queue, count) = (queue.to_string(), count.to_string());
                let fields = [
                    ("name", "p"),
                    ("topic", TOPIC),
                    ("kind", "queue"),
                    ("broker", BROKER),
                    ("queue", queue.as_str()),
                    ("prefix", prefix),
                    ("count", count.as_str()),
                    ("tags", "TagA"),
                    ("keys", "true"),
                ];
                let sent = self.driver.send(&fields);
                all_acknowledged(prefix, &sent, "SEND_OK");
                let last = sent.last().expect("one was sent");
                let ids = [&last.id, &last.offset_id].map(|id| id.clone().expect("as above"));
                [self.unique_key, self.offset_id] = ids;
            }
            Act::Consume => {
                let push = [("name", "c"), ("group", GROUP), ("topic", TOPIC)];
                self.driver.run("push", &push);
                wait_until("the group gets all", STEP_WITHIN, || {
                    self.driver.message_count("c") == SENT
                });
                self.cluster.wait_committed(GROUP, TOPIC, QUEUES);
            }
            Act::Counted => wait_until("the messages are counted", STEP_WITHIN, || {
                let all = SENT.to_string();
                let output = self.driver.admin(&format!("statsAll -t {TOPIC}"));
                let mut lines = output.lines().map(|line| line.split_whitespace().rev());
                lines.any(|mut words| [words.next(), words.next()] == [Some(all.as_str()); 2])
            }),
            Act::Leave => {
                self.driver.run("shutdown", &[("name", "c")]);
            }
            Act::Admin(template, rules) => self.run(template, rules),
            Act::Since5(act) => {
                if self.version != "4.9.8" {
                    self.act(act);
                }
            }
            Act::File(name, rules) => {
                let text = fs::read_to_string(self.cluster.work.join(name));
                let text = text.unwrap_or_else(|error| format!("{}\n", error.kind()));
                self.note(&format!("cat {name}"), &text, rules);
            }
            Act::Queues { there } => {
                let folder = self.cluster.work.join("store/consumequeue").join(TOPIC);
                let what = if *there { "are there" } else { "are gone" };
                wait_until(&format!("the queue files {what}"), STEP_WITHIN, || {
                    folder.is_dir() == *there
                });
            }
        }
    }
}

fn prints_what_it_prints_of_java(version: &'static str) {
    let mut session = Session::start(version);
    for step in STEPS {
        session.act(step);
    }
    if recorded::is_asked_for() {
        let options = session.driver.run("adminOptions", &[]);
        let options = options["output"].as_str().expect("the output is text");
        recorded::write(&format!("mqadmin-{version}/options.txt"), options);
    }
    let recorded = recorded::text(&format!("mqadmin-{version}/session.txt"), &session.text);
    let (recorded, found) = (parts(&recorded), parts(&session.text));
    let differing: String = recorded
        .iter()
        .zip(&found)
        .filter(|(wanted, found)| wanted != found)
        .map(|(wanted, found)| format!("--- recorded\n{wanted}--- found\n{found}"))
        .collect();
    fs::write(session.cluster.work.join("session.txt"), &session.text).expect("a writable folder");
    assert!(differing.is_empty(), "mqadmin {version} prints otherwise:\n{differing}");
    assert_eq!(recorded.len(), found.len(), "the session has as many commands as the recorded");
}

#[test]
fn mqadmin_prints_what_it_prints_of_java() {
    prints_what_it_prints_of_java("5.5.0");
}

#[test]
fn mqadmin_prints_what_it_prints_of_java_as_of_5_3_3() {
    prints_what_it_prints_of_java("5.3.3");
}

#[test]
fn mqadmin_prints_what_it_prints_of_java_as_of_4_9_8() {
    prints_what_it_prints_of_java("4.9.8");
}
