//! Every recorded body of a known code goes through its typed form and comes back the same.

use std::collections::BTreeSet;

use ringmq::protocol::body::registration::Registration;
use ringmq::protocol::body::replication::TimerCheckpoint;
use ringmq::protocol::body::{
    DataVersion, GroupList, KeyValues, TopicList, assignment, connections, heartbeat, offsets,
    properties, replication, route, running, stats, subscription, topic_config,
};
use ringmq::protocol::fastjson::{Form, Value, from_slice, to_vec, to_vec_as};
use ringmq::protocol::{BodyError, BodyFault, Command};

use crate::golden::{Record, all};

/// The body written again, and once more after having been read again.
struct Again {
    written: Vec<u8>,
    rewritten: Vec<u8>,
}

macro_rules! through {
    ($body:expr, $kind:ty) => {
        Some(from_slice::<$kind>($body).map(|value| {
            let written = to_vec(&value);
            let again: $kind = from_slice(&written).unwrap();
            assert_eq!(again, value);
            Again { rewritten: to_vec(&again), written }
        }))
    };
}

fn request(code: i32, version: i32, body: &[u8]) -> Option<Result<Again, BodyError>> {
    match code {
        34 => through!(body, heartbeat::Heartbeat),
        41 | 42 => through!(body, heartbeat::LockQueues),
        46 => through!(body, subscription::CheckClient),
        103 if body.first() == Some(&b'{') && version >= 37 => through!(body, Registration),
        103 if body.first() == Some(&b'{') => through!(body, topic_config::TopicConfigs),
        200 => through!(body, subscription::GroupConfig),
        220 => through!(body, offsets::ResetOffsets),
        322 => through!(body, DataVersion),
        400 => through!(body, assignment::QueryAssignment),
        401 => through!(body, assignment::SetRequestMode),
        _ => None,
    }
}

fn response(replied: i32, body: &[u8]) -> Option<Result<Again, BodyError>> {
    match replied {
        21 => through!(body, topic_config::TopicConfigs),
        28 | 103 | 219 => through!(body, KeyValues),
        38 => through!(body, heartbeat::ConsumerList),
        41 => through!(body, heartbeat::LockedQueues),
        43 => through!(body, offsets::ConsumerOffsets),
        45 => through!(body, offsets::DelayOffsets),
        61 => through!(body, replication::TimerMetrics),
        106 => through!(body, route::ClusterInfo),
        201 => through!(body, subscription::GroupConfigs),
        202 => through!(body, stats::TopicStats),
        203 => through!(body, connections::ConsumerConnections),
        204 => through!(body, connections::ProducerConnections),
        206 | 224 | 304 | 305 | 311 | 312 | 313 | 343 => through!(body, TopicList),
        208 => through!(body, stats::ConsumeStats),
        221 | 223 => through!(body, offsets::ConsumerStatus),
        222 => through!(body, offsets::ResetOffsets),
        300 => through!(body, GroupList),
        303 => through!(body, stats::TimeSpans),
        307 => through!(body, running::RunningInfo),
        308 => through!(body, offsets::CorrectionOffsets),
        309 => through!(body, running::DirectResult),
        315 => through!(body, stats::StatsData),
        317 => through!(body, stats::BrokerConsumeStats),
        321 => through!(body, stats::ConsumeQueueReply),
        322 => through!(body, DataVersion),
        328 => through!(body, connections::ProducerGroups),
        345 => through!(body, subscription::QuerySubscriptionReply),
        351 => through!(body, topic_config::TopicConfig),
        352 => through!(body, subscription::GroupConfig),
        400 => through!(body, assignment::Assignments),
        402 => through!(body, assignment::RequestModes),
        901 => through!(body, route::MemberGroupReply),
        907 => through!(body, replication::HaStatus),
        _ => None,
    }
}

fn commands() -> Vec<(Record, Command)> {
    let records = all().into_iter().filter(|record| !record.is_bad());
    let decoded = records.map(|record| {
        let command = Command::decode(record.frame.clone()).unwrap();
        (record, command)
    });
    decoded.filter(|(_, command)| !command.body.is_empty()).collect()
}

/// Whether every member of `small` is in `large` with the same value, at any depth.
fn is_part(small: &Value, large: &Value) -> bool {
    match (small, large) {
        (Value::Object(small), Value::Object(large)) => small.iter().all(|(key, value)| {
            large.iter().any(|(other, found)| other == key && is_part(value, found))
        }),
        (Value::List(small), Value::List(large)) => {
            small.len() == large.len()
                && small.iter().zip(large).all(|(left, right)| is_part(left, right))
        }
        _ => small == large,
    }
}

/// Requests whose script wrote something other than Java does.
const ODD: &[&str] = &["raw-5.5.0/heartbeat-odd-bodies.jsonl"];

#[test]
fn typed_bodies_come_back_as_they_were() {
    let mut seen = BTreeSet::new();
    let mut refused = Vec::new();
    for (record, command) in commands() {
        let typed = match (record.is_response(), record.line.reply_to) {
            (true, Some(replied)) => response(replied, &command.body),
            (true, None) => None,
            (false, _) => request(command.code, command.version, &command.body),
        };
        let Some(typed) = typed else { continue };
        let again = match typed {
            Ok(again) => again,
            Err(error) => {
                refused.push((record.place.clone(), error.why));
                continue;
            }
        };
        assert_eq!(again.written, again.rewritten, "{}", record.place);
        seen.insert((record.is_response(), record.line.reply_to.unwrap_or(command.code)));
        if again.written == *command.body {
            continue;
        }
        // Only peers older than 5.5 and scripts leave members out that we write.
        assert!(!record.is_response() || command.version < 513, "{}", record.place);
        assert!(record.is_handmade() || command.version < 513, "{}", record.place);
        if ODD.iter().any(|odd| record.place.starts_with(odd)) {
            continue;
        }
        let (before, after): (Value, Value) =
            (from_slice(&command.body).unwrap(), from_slice(&again.written).unwrap());
        assert!(is_part(&before, &after), "{}: {before:?} {after:?}", record.place);
    }
    let refused: Vec<_> = refused.iter().map(|(place, why)| (place.as_str(), *why)).collect();
    assert_eq!(refused, [("raw-5.5.0/heartbeat-odd-bodies.jsonl:5", BodyFault::NotJson)]);
    assert_eq!(seen.len(), 53, "{seen:?}");
}

#[test]
fn any_json_body_comes_back_byte_for_byte() {
    let mut count = 0;
    for (record, command) in commands() {
        if !command.body.starts_with(b"{") || record.is_handmade() {
            continue;
        }
        let value: Value = from_slice(&command.body).unwrap();
        assert_eq!(to_vec(&value), *command.body, "{}", record.place);
        count += 1;
    }
    assert_eq!(count, 277);
}

#[test]
fn routes_go_out_in_the_form_their_requester_takes() {
    let (mut standard, mut old) = (0, 0);
    let commands = commands();
    let versions = all();
    for (record, command) in &commands {
        if record.line.reply_to != Some(105) || command.code != 0 {
            continue;
        }
        let asked = versions.iter().position(|other| other.place == record.place).unwrap() - 1;
        let request = Command::decode(versions[asked].frame.clone()).unwrap();
        assert_eq!((request.code, request.opaque), (105, command.opaque), "{}", record.place);
        let wants_standard = request.fields.get("acceptStandardJsonOnly") == Some("true");
        let value: route::TopicRoute = from_slice(&command.body).unwrap();
        let written = value.encode_for(request.version, wants_standard);
        assert_eq!(written, *command.body, "{}", record.place);
        if written.windows(5).any(|bytes| bytes == b":{\"0\"") {
            standard += 1;
        } else {
            old += 1;
        }
    }
    assert!(standard > 20 && old > 2, "{standard} {old}");
}

#[test]
fn registrations_are_read_in_every_form() {
    let mut forms = BTreeSet::new();
    for (record, command) in commands() {
        if record.is_response() || command.code != 103 {
            continue;
        }
        let compressed = command.body.first() == Some(&0x78);
        let read = Registration::decode(&command.body, command.version).unwrap();
        assert!(!read.topics.topics.is_empty(), "{}", record.place);
        for (name, topic) in read.topics.topics.iter() {
            assert_eq!(*name, topic.topic, "{}", record.place);
        }
        let again = Registration::decode(&read.encode_compressed(), 513).unwrap();
        let mut kept = read.clone();
        kept.topics.mapping_data_version = None;
        kept.topics.mapping_infos = None;
        kept.topics.mapping_details = None;
        assert_eq!(again, kept, "{}", record.place);
        forms.insert((compressed, command.version < 37));
    }
    assert_eq!(forms, BTreeSet::from([(false, false), (false, true), (true, false)]));
}

#[test]
fn settings_come_back_as_they_were() {
    let mut count = 0;
    for (record, command) in commands() {
        let code = record.line.reply_to.unwrap_or(command.code);
        if ![25, 26, 318, 319].contains(&code) || !command.body.contains(&b'=') {
            continue;
        }
        let text = std::str::from_utf8(&command.body).unwrap();
        let pairs = properties::parse(text);
        let written = properties::format(pairs.iter().map(|(k, v)| (k.as_str(), v.as_str())));
        assert_eq!(written, text, "{}", record.place);
        count += 1;
    }
    assert_eq!(count, 24);
}

#[test]
fn the_timer_check_point_comes_back() {
    let commands = commands();
    let found = commands.iter().find(|(record, _)| record.line.reply_to == Some(60)).unwrap();
    let body = &found.1.body;
    let point = TimerCheckpoint::decode(body).unwrap();
    assert_eq!(point.encode(), *body);
    assert_eq!(point.data_version.2, 42);
    assert!(TimerCheckpoint::decode(&body[1..]).is_err());
    assert!(TimerCheckpoint::decode(&[&body[..], &[0]].concat()).is_err());
}

/// RocketMQ's own files of a store.
#[test]
fn config_files_come_back_byte_for_byte() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/config");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let text = read("topics.json");
    let topics: topic_config::TopicConfigs = from_slice(&text).unwrap();
    assert_eq!(to_vec_as(&topics, Form::Pretty), text);
    let text = read("subscriptionGroup.json");
    let groups: subscription::GroupConfigs = from_slice(&text).unwrap();
    assert_eq!(to_vec_as(&groups, Form::Pretty), text);
    let text = read("consumerOffset.json");
    let offsets: offsets::ConsumerOffsets = from_slice(&text).unwrap();
    assert_eq!(to_vec_as(&offsets, Form::Pretty), text);
    let text = read("delayOffset.json");
    let delays: offsets::DelayOffsets = from_slice(&text).unwrap();
    assert_eq!(to_vec_as(&delays, Form::Pretty), text);
    for name in ["consumerFilter.json", "consumerOrderInfo.json"] {
        let text = read(name);
        let value: Value = from_slice(&text).unwrap();
        assert_eq!(to_vec_as(&value, Form::Pretty), text);
    }
}
