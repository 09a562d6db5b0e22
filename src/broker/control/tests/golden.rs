//! Exchanges recorded from a Java broker (`tests/golden`).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::config::broker::BrokerConfig;
use crate::config::host::Host;
use crate::config::{Configuration, Loaded, Sources};
use crate::protocol::Command;

/// The frames of one file that can be read, in order; each with its direction.
pub fn frames(file: &str) -> Vec<(String, Command)> {
    let mut all = Vec::new();
    for line in file.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let frame = STANDARD.decode(line["frame"].as_str().unwrap()).unwrap();
        if let Ok(command) = Command::decode(frame.into()) {
            all.push((line["dir"].as_str().unwrap().to_owned(), command));
        }
    }
    all
}

/// Requests to the broker with the responses to them, for the codes wanted.
pub fn exchanges(file: &str, codes: &[i32]) -> Vec<(Command, Command)> {
    let frames = frames(file);
    let requests = frames.iter().filter(|(way, command)| {
        way == "client->broker" && !command.is_response() && codes.contains(&command.code)
    });
    let answered = |request: &Command| {
        let mut answers = frames.iter().filter(|(way, answer)| {
            way == "broker->client" && answer.is_response() && answer.opaque == request.opaque
        });
        answers.next().map(|(_, answer)| answer.clone())
    };
    requests.filter_map(|(_, r)| Some((r.clone(), answered(r)?))).collect()
}

/// The configuration that the recorded broker ran with.
pub fn configuration(more: &str) -> Loaded<BrokerConfig> {
    let text = format!(
        "brokerName=broker-a\nbrokerIP1=127.0.0.2\nbrokerIP2=127.0.0.2\nlistenPort=30911\n{more}"
    );
    let host = Host {
        name: None,
        home: "/home/test".to_owned(),
        cpus: 2,
        memory_bytes: 8 << 30,
        address: [127, 0, 0, 1].into(),
        namesrv_addr: None,
        rocketmq_home: None,
    };
    BrokerConfig::load(Sources {
        host,
        assumed: Default::default(),
        file: Some(("broker.conf", text.as_bytes())),
        flags: Vec::new(),
    })
    .unwrap()
}
