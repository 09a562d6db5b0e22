//! Requests with parts missing, wrong or cut off: an error code, and nothing changed.

use bytes::Bytes;
use ringmq::protocol::code::request as codes;
use ringmq::protocol::{Command, Fields};

use super::bench::Bench;
use super::recording;

/// Codes whose missing fields Java answers with a code other than success by itself, or which have
/// none that is required.
fn state(bench: &mut Bench) -> Vec<Bytes> {
    let mut replies = vec![
        bench.ask(Command::request(codes::GET_BROKER_CLUSTER_INFO)).body,
        bench.ask(Command::request(codes::GET_NAMESRV_CONFIG)).body,
    ];
    for topic in bench.topics() {
        let fields = [("topic", topic.as_str())].into_iter().collect();
        let request = Command::request(codes::GET_ROUTEINFO_BY_TOPIC).with_fields(fields);
        replies.push(bench.ask(request).body);
    }
    for namespace in ["N", "ORDER_TOPIC_CONFIG"] {
        let fields = [("namespace", namespace)].into_iter().collect();
        let request = Command::request(codes::GET_KVLIST_BY_NAMESPACE).with_fields(fields);
        replies.push(bench.handle(&request, 1).unwrap().body);
    }
    replies
}

/// The request must be refused, and change nothing.
fn refused(bench: &mut Bench, request: &Command, what: &str) {
    let before = state(bench);
    let reply = bench.handle(request, 77).unwrap_or_else(|| panic!("{what}: no answer"));
    assert_ne!(reply.code, 0, "{what}");
    assert!(reply.remark.is_some_and(|remark| !remark.is_empty()), "{what}: no remark");
    assert!(before == state(bench), "{what}: something changed");
}

/// Two-way, so that there is an answer to look at.
fn requests() -> Vec<Command> {
    let mut requests = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for recording in recording::all() {
        for exchange in recording.exchanges {
            let request = Command { flag: 0, ..exchange.request };
            let names: Vec<String> = request.fields.iter().map(|(key, _)| key.to_owned()).collect();
            if seen.insert((request.code, names, request.body.len())) {
                requests.push(request);
            }
        }
    }
    requests
}

fn bench() -> Bench {
    let mut bench = Bench::recorded();
    bench.broker_of_the_recording();
    bench.put_value("N", "k", "v");
    bench
}

/// Fields that may be missing, because that means something.
fn is_optional(code: i32, field: &str) -> bool {
    match code {
        codes::REGISTER_BROKER => {
            ["heartbeatTimeoutMillis", "enableActingMaster", "compressed", "bodyCrc32"]
                .contains(&field)
        }
        codes::BROKER_HEARTBEAT => ["brokerId", "heartbeatTimeoutMills"].contains(&field),
        codes::DELETE_TOPIC_IN_NAMESRV => field == "clusterName",
        codes::GET_ROUTEINFO_BY_TOPIC => field != "topic",
        _ => false,
    }
}

#[test]
fn a_missing_field_is_an_error() {
    let mut bench = bench();
    let mut cases = 0;
    for request in requests() {
        for (missing, _) in request.fields.iter() {
            if is_optional(request.code, missing) {
                continue;
            }
            let fields: Fields = request.fields.iter().filter(|(key, _)| *key != missing).collect();
            let broken = request.clone().with_fields(fields);
            refused(&mut bench, &broken, &format!("{} without {missing}", request.code));
            cases += 1;
        }
        if !request.fields.is_empty() {
            let without = request.clone().with_fields(Fields::absent());
            refused(&mut bench, &without, &format!("{} without fields", request.code));
        }
    }
    assert!(cases > 50, "{cases} cases");
}

#[test]
fn a_number_that_is_none_is_an_error() {
    let mut bench = bench();
    let numbers = ["brokerId", "bodyCrc32", "heartbeatTimeoutMillis", "heartbeatTimeoutMills"];
    let mut cases = 0;
    for request in requests() {
        for (number, _) in request.fields.iter().filter(|(key, _)| numbers.contains(key)) {
            for wrong in ["", "x", "1.5", "99999999999999999999", " 1"] {
                let fields: Fields = request
                    .fields
                    .iter()
                    .map(|(key, value)| (key, if key == number { wrong } else { value }))
                    .collect();
                let broken = request.clone().with_fields(fields);
                refused(&mut bench, &broken, &format!("{} {number}={wrong}", request.code));
                cases += 1;
            }
        }
    }
    assert!(cases > 50, "{cases} cases");
}

/// The registration of these fields and body, unchecked by a sum.
fn registration(change: &[(&str, &str)], body: &[u8]) -> Command {
    let usual = [
        ("clusterName", "C"),
        ("brokerName", "new"),
        ("brokerId", "0"),
        ("brokerAddr", "127.0.0.1:7"),
        ("haServerAddr", "127.0.0.1:8"),
    ];
    let mut fields: Fields = usual.into_iter().collect();
    for (key, value) in change {
        fields.push(key, value);
    }
    Command::request(codes::REGISTER_BROKER)
        .with_fields(fields)
        .with_body(Bytes::copy_from_slice(body))
}

#[test]
fn a_registration_out_of_bounds_is_an_error() {
    let mut bench = bench();
    let long = "x".repeat(256);
    for (field, value) in [
        ("clusterName", ""),
        ("brokerName", ""),
        ("brokerAddr", ""),
        ("clusterName", long.as_str()),
        ("brokerName", long.as_str()),
        ("brokerAddr", long.as_str()),
        ("haServerAddr", long.as_str()),
        ("__ZONE_NAME", long.as_str()),
        ("brokerId", "-1"),
        ("heartbeatTimeoutMillis", "0"),
        ("heartbeatTimeoutMillis", "-5"),
    ] {
        refused(&mut bench, &registration(&[(field, value)], b""), field);
    }
    let wrapped = |topics: &str, servers: &str| {
        format!(
            "{{\"filterServerList\":{servers},\"topicConfigSerializeWrapper\":{{\
             \"topicConfigTable\":{topics}}}}}"
        )
    };
    let two = |name: &str, queues: i64| {
        format!("{{\"A\":{{}},\"B\":{{\"topicName\":\"{name}\",\"readQueueNums\":{queues}}}}}")
    };
    for body in [
        wrapped(&two("B", -1), "[]"),
        wrapped(&two(&long, 1), "[]"),
        wrapped(&two("B", 1 << 40), "[]"),
        wrapped(&two("B", 1), &format!("[\"{long}\"]")),
        wrapped(&two("B", 1), &format!("[{}\"\"]", "\"\",".repeat(64))),
        wrapped("[]", "[]"),
        "[]".to_owned(),
        "x\u{9c}".to_owned(),
    ] {
        refused(&mut bench, &registration(&[], body.as_bytes()), &body);
    }
    let fine = wrapped(&two("B", 1), "[\"f:1\"]");
    assert_eq!(bench.handle(&registration(&[], fine.as_bytes()), 77).unwrap().code, 0);
}

#[test]
fn a_body_that_is_cut_off_is_an_error() {
    let mut bench = bench();
    for request in requests() {
        let is_json = matches!(request.body.first(), Some(b'{' | b'x'));
        if !is_json || request.code == codes::UPDATE_NAMESRV_CONFIG {
            continue;
        }
        // Every length of the small ones; a registration is refused by its sum, so it has none.
        let fields: Fields = request.fields.iter().filter(|(key, _)| *key != "bodyCrc32").collect();
        let request = request.with_fields(fields);
        let step = (request.body.len() / 60).max(1);
        for len in (1..request.body.len()).step_by(step) {
            let cut = request.clone().with_body(request.body.slice(..len));
            refused(&mut bench, &cut, &format!("{} cut to {len}", request.code));
        }
    }
}

#[test]
fn nothing_is_answered_to_a_oneway_request() {
    let mut bench = bench();
    for request in requests() {
        let mut oneway = Command::oneway(request.code);
        oneway.fields = request.fields.clone();
        oneway.body = request.body.clone();
        assert_eq!(bench.handle(&oneway, 5), None);
    }
}
