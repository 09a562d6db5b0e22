//! mqadmin 5.5.0, subcommand by subcommand: what it prints is what it prints of a Java server.
//!
//! `tests/golden/mqadmin-5.5.0/session.txt` is one session with the Java reference, after the rules
//! of [`differences`]. It is written anew by `RINGMQ_INTEROP_TARGET=java
//! RINGMQ_INTEROP_RECORD=1 cargo test --test interop mqadmin_prints`.

mod differences;
mod steps;

use std::fs;
use std::path::{Path, PathBuf};

use crate::account::all_acknowledged;
use crate::driver::{Driver, Headers};
use crate::process::{STEP_WITHIN, wait_until};
use crate::system::{BROKER, CLUSTER, Cluster, Flavor, Flush};

use differences::Names;
use steps::{Act, GROUP, QUEUES, STEPS, TOPIC};

const VERSION: &str = "5.5.0";
const SENT: usize = 4;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/mqadmin-5.5.0/session.txt")
}

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
    /// The unique key of the message that was sent last, as its sender knows it.
    unique_key: String,
    text: String,
}

impl Session {
    fn start() -> Self {
        let cluster = Cluster::started("mqadmin-session", Flush::Async, 1, &[]);
        let servers = cluster.name_server.address();
        let mut driver = Driver::start("session", VERSION, Headers::Json, &servers, &cluster.work);
        driver.run("producer", &[("name", "p")]);
        Self { cluster, driver, unique_key: String::new(), text: String::new() }
    }

    fn names(&self) -> Names {
        Names {
            broker: self.cluster.broker.address(),
            name_server: self.cluster.name_server.address(),
            folder: self.cluster.work.path().display().to_string(),
        }
    }

    fn run(&mut self, template: &str, rules: &[differences::Rule]) {
        let arguments = template
            .replace("{cluster}", CLUSTER)
            .replace("{name}", BROKER)
            .replace("{broker}", &self.cluster.broker.address())
            .replace("{folder}", &self.cluster.work.path().display().to_string())
            .replace("{key}", &self.unique_key);
        let start = std::time::Instant::now();
        let output = self.driver.admin(&arguments);
        println!("{arguments}: {} ms", start.elapsed().as_millis());
        let printed = differences::even_out(&output, &self.names(), rules);
        let allowed: String = rules.iter().map(differences::Rule::said).collect();
        self.text.push_str(&format!("$ mqadmin {template}\n{allowed}{printed}"));
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
                let last = sent.last().and_then(|one| one.id.clone());
                self.unique_key = last.expect("one was sent");
            }
            Act::Consume => {
                let push = [("name", "c"), ("group", GROUP), ("topic", TOPIC)];
                self.driver.run("push", &push);
                wait_until("the group gets all", STEP_WITHIN, || {
                    self.driver.message_count("c") == SENT
                });
                self.cluster.wait_committed(GROUP, TOPIC, QUEUES);
            }
            Act::Leave => {
                self.driver.run("shutdown", &[("name", "c")]);
            }
            Act::Admin(template, rules) => self.run(template, rules),
        }
    }
}

#[test]
fn mqadmin_prints_what_it_prints_of_java() {
    let mut session = Session::start();
    for step in STEPS {
        session.act(step);
    }
    let path = golden();
    if std::env::var_os("RINGMQ_INTEROP_RECORD").is_some() {
        assert_eq!(Flavor::under_test(), Flavor::Java, "what is recorded is Java's output");
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a writable tree");
        fs::write(&path, &session.text).expect("a writable tree");
    }
    let recorded = fs::read_to_string(&path).expect("the session with Java is recorded");
    let (recorded, found) = (parts(&recorded), parts(&session.text));
    let differing: String = recorded
        .iter()
        .zip(&found)
        .filter(|(wanted, found)| wanted != found)
        .map(|(wanted, found)| format!("--- recorded\n{wanted}--- found\n{found}"))
        .collect();
    fs::write(session.cluster.work.join("session.txt"), &session.text).expect("a writable folder");
    assert!(differing.is_empty(), "mqadmin prints otherwise:\n{differing}");
    assert_eq!(recorded.len(), found.len(), "the session has as many commands as the recorded");
}
