//! Which member consumes which queue in order.

use serde_json::{Value, json};

use super::Session;
use crate::system::BROKER;

const LOCK: i32 = 41;
const UNLOCK: i32 = 42;

fn queues(ids: &[i32]) -> Value {
    let queue = |id: &i32| json!({ "topic": "locked", "brokerName": BROKER, "queueId": id });
    ids.iter().map(queue).collect()
}

fn asked(client: &str, queues: &Value) -> Vec<u8> {
    let body = json!({
        "consumerGroup": "lockers", "clientId": client, "mqSet": queues, "onlyThisBroker": false,
    });
    body.to_string().into_bytes()
}

pub fn all(session: &mut Session) {
    session.topic("locked", "3", "3", "6");
    let mut lock = |what: &str, client: &str, ids: &[i32]| {
        session.ask(what, LOCK, &[], &asked(client, &queues(ids)));
    };
    lock("the first takes two", "first", &[0, 1]);
    lock("the second gets what is left", "second", &[0, 1, 2]);
    lock("the first renews", "first", &[0, 1]);
    lock("the first wants all", "first", &[0, 1, 2]);
    lock("a queue beyond the last", "first", &[7]);
    lock("nothing", "first", &[]);
    session.ask("the second unlocks what it has not", UNLOCK, &[], &asked("second", &queues(&[0])));
    session.ask("it is still the first's", LOCK, &[], &asked("second", &queues(&[0])));
    session.ask("the first unlocks it", UNLOCK, &[], &asked("first", &queues(&[0])));
    session.ask("it is free", LOCK, &[], &asked("second", &queues(&[0])));
    session.ask("who holds nothing unlocks", UNLOCK, &[], &asked("third", &queues(&[0, 1, 2])));
    let other = json!([{ "topic": "locked", "brokerName": "broker-z", "queueId": 0 }]);
    session.ask("a queue of another broker", LOCK, &[], &asked("third", &other));
    let unknown = json!([{ "topic": "nosuch", "brokerName": BROKER, "queueId": 0 }]);
    session.ask("a queue of no topic", LOCK, &[], &asked("third", &unknown));
    let mut alone: Value = serde_json::from_slice(&asked("third", &queues(&[1]))).expect("JSON");
    alone["onlyThisBroker"] = json!(true);
    session.ask("of this broker alone", LOCK, &[], alone.to_string().as_bytes());
    session.ask("no queues", LOCK, &[], b"{\"consumerGroup\":\"lockers\",\"clientId\":\"third\"}");
    session.ask("no body", LOCK, &[], b"");
    session.code_alone();
    session.ask("no body to unlock", UNLOCK, &[], b"");
    session.code_alone();
}
