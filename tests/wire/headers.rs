//! Every recorded header of a known code goes through its typed form and comes back the same.

use std::collections::{BTreeMap, BTreeSet};

use ringmq::protocol::request::{
    client, group, offset, pop, pull, query, registration, route, send, topic,
};
use ringmq::protocol::{Command, FieldError, FieldFault, Fields, java};

use crate::golden::{Record, all};

/// Set by client hooks on any request; no header knows them.
const HOOK_FIELDS: &[&str] = &["ReqT"];

/// Reads a header and writes it again.
fn again<E>(read: Result<Fields, E>) -> Option<Result<Fields, E>> {
    Some(read)
}

macro_rules! through {
    ($fields:expr, $header:ty) => {
        again(<$header>::from_fields($fields).map(|header| header.to_fields()))
    };
}

/// The typed form of a request's header, if the code has fields at all.
fn request(code: i32, fields: &Fields) -> Option<Result<Fields, FieldError>> {
    match code {
        10 | 324 => again(send::Send::from_fields(fields).map(|header| header.to_long_fields())),
        310 | 320 | 325 => through!(fields, send::Send),
        11 | 361 => through!(fields, pull::Pull),
        12 => through!(fields, query::QueryMessage),
        14 => through!(fields, offset::QueryOffset),
        15 => through!(fields, offset::UpdateOffset),
        17 => through!(fields, topic::CreateTopic),
        21 => through!(fields, topic::GetAllTopicConfig),
        29 => through!(fields, offset::SearchOffset),
        30 => through!(fields, offset::MaxOffset),
        31 | 32 => through!(fields, offset::MinOffset),
        33 => through!(fields, query::ViewMessage),
        35 => through!(fields, client::UnregisterClient),
        36 => through!(fields, send::SendBack),
        37 => through!(fields, send::EndTransaction),
        38 | 40 | 203 => through!(fields, client::ConsumerGroup),
        39 => through!(fields, send::CheckTransaction),
        100 => through!(fields, route::PutValue),
        101 | 102 => through!(fields, route::ValueKey),
        103 => through!(fields, registration::Register),
        104 | 322 => through!(fields, registration::BrokerIdentity),
        105 => through!(fields, route::Route),
        201 => through!(fields, group::GetAllGroups),
        202 | 215 | 300 => through!(fields, topic::TopicName),
        204 => through!(fields, client::ProducerGroup),
        205 | 327 => through!(fields, route::BrokerName),
        207 => through!(fields, group::DeleteGroup),
        208 => through!(fields, group::ConsumeStats),
        216 => through!(fields, route::DeleteTopic),
        219 => through!(fields, route::Namespace),
        220 | 222 => through!(fields, offset::ResetOffset),
        221 | 223 => through!(fields, offset::ConsumerStatus),
        224 => through!(fields, route::TopicsByCluster),
        303 => through!(fields, group::TimeSpan),
        307 => through!(fields, client::RunningInfo),
        308 => through!(fields, offset::CorrectionOffset),
        309 => through!(fields, client::ConsumeDirectly),
        315 => through!(fields, query::ViewStats),
        317 => through!(fields, group::BrokerConsumeStats),
        321 => through!(fields, query::QueryConsumeQueue),
        326 => through!(fields, send::PushReply),
        343 | 352 => through!(fields, group::GroupName),
        345 => through!(fields, group::QuerySubscription),
        351 => through!(fields, topic::GetTopicConfig),
        370 => through!(fields, send::Recall),
        901 => through!(fields, registration::MemberGroup),
        904 => through!(fields, registration::BrokerHeartbeat),
        906 => through!(fields, registration::ExchangeHaInfo),
        200050 => through!(fields, pop::Pop),
        200051 => through!(fields, pop::Ack),
        200053 => through!(fields, pop::ChangeInvisible),
        _ => None,
    }
}

/// The typed form of the header of a response that carries one.
fn response(replied: i32, code: i32, fields: &Fields) -> Option<Result<Fields, FieldError>> {
    match replied {
        10 | 310 | 320 | 325 if fields.get("msgId").is_some() => through!(fields, send::SendReply),
        10 | 310 | 320 | 325 => through!(fields, send::SendRefusal),
        11 | 361 if code == 16 => through!(fields, pull::PullRefusal),
        11 | 361 => through!(fields, pull::PullReply),
        12 => through!(fields, query::QueryMessageReply),
        14 | 29 | 30 | 31 if code == 0 => through!(fields, offset::OffsetReply),
        21 => through!(fields, topic::GetAllTopicConfigReply),
        26 => through!(fields, topic::BrokerConfigReply),
        32 => through!(fields, offset::TimestampReply),
        34 => through!(fields, client::HeartbeatReply),
        101 => through!(fields, route::ValueReply),
        103 => through!(fields, registration::RegisterReply),
        201 => through!(fields, group::GetAllGroupsReply),
        205 => through!(fields, route::WipeReply),
        322 => through!(fields, registration::DataVersionReply),
        327 => through!(fields, route::AddReply),
        370 if fields.get("msgId").is_none() => through!(fields, send::SendRefusal),
        370 => through!(fields, send::RecallReply),
        906 if code == 0 => through!(fields, registration::ExchangeHaInfo),
        200050 if code == 0 => through!(fields, pop::PopReply),
        200053 if code == 0 => through!(fields, pop::ChangeInvisibleReply),
        _ => None,
    }
}

fn set(fields: &Fields) -> BTreeMap<String, String> {
    let known = fields.iter().filter(|(key, _)| !HOOK_FIELDS.contains(key));
    known.map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

fn decode(record: &Record) -> Command {
    Command::decode(record.frame.clone()).unwrap()
}

/// Hand-made requests that lack a field or carry a bad number, and what is said of them.
const REFUSED: &[(&str, &str, FieldFault)] = &[
    ("raw-5.5.0/bad-number.jsonl:1", "queueId", FieldFault::NotANumber),
    ("raw-5.5.0/missing-required-field.jsonl:1", "topic", FieldFault::Missing),
    ("raw-5.5.0/missing-required-field.jsonl:3", "topic", FieldFault::Missing),
    ("raw-5.5.0/missing-required-field.jsonl:5", "consumerGroup", FieldFault::Missing),
    ("raw-5.5.0/missing-required-field.jsonl:7", "consumerGroup", FieldFault::Missing),
    ("raw-5.5.0/namesrv-admin.jsonl:49", "key", FieldFault::Missing),
    ("raw-5.5.0/namesrv-admin.jsonl:51", "topic", FieldFault::Missing),
    ("raw-5.5.0/offsets.jsonl:15", "queueId", FieldFault::Missing),
    ("raw-5.5.0/pull-errors.jsonl:23", "topic", FieldFault::Missing),
    ("raw-5.5.0/send-errors.jsonl:23", "b", FieldFault::Missing),
    ("raw-5.5.0/unsupported-code-broker.jsonl:7", "brokerName", FieldFault::Missing),
    ("raw-5.5.0/unsupported-code-namesrv.jsonl:3", "a", FieldFault::Missing),
];

/// Codes of tools this room has no header for, and one that was cut to 16 bits.
const NOT_TYPED: &[i32] = &[355, 3004, 3005, 3442];

/// Fields that hand-made requests carry and no header knows.
const UNKNOWN: &[(i32, &str)] = &[(31, "x"), (207, "removeOffset")];

#[test]
fn request_headers_come_back_as_they_were() {
    let mut codes = BTreeSet::new();
    let mut refused = Vec::new();
    for record in all().iter().filter(|record| !record.is_bad() && !record.is_response()) {
        let command = decode(record);
        let Some(typed) = request(command.code, &command.fields) else {
            let expected = set(&command.fields);
            let known = expected.is_empty() || NOT_TYPED.contains(&command.code);
            assert!(known, "{}: {} {expected:?}", record.place, command.code);
            continue;
        };
        match typed {
            Ok(fields) => {
                let mut expected = set(&command.fields);
                for (_, key) in UNKNOWN.iter().filter(|(code, _)| *code == command.code) {
                    expected.remove(*key);
                }
                assert_eq!(set(&fields), expected, "{}", record.place);
                codes.insert(command.code);
            }
            Err(error) => refused.push((record.place.clone(), error)),
        }
    }
    let refused: Vec<_> =
        refused.iter().map(|(place, error)| (place.as_str(), error.field, error.why)).collect();
    assert_eq!(refused, REFUSED);
    assert_eq!(codes.len(), 65, "{codes:?}");
}

#[test]
fn response_headers_come_back_as_they_were() {
    let mut seen = BTreeSet::new();
    for record in all().iter().filter(|record| record.is_response()) {
        let command = decode(record);
        let Some(replied) = record.line.reply_to else { continue };
        if command.fields.is_empty() {
            continue;
        }
        let typed = response(replied, command.code, &command.fields);
        let (place, code) = (&record.place, command.code);
        let typed = typed.unwrap_or_else(|| panic!("{place}: {replied} {code} has no header"));
        let fields = typed.unwrap_or_else(|error| panic!("{place}: {error}"));
        assert_eq!(set(&fields), set(&command.fields), "{}", record.place);
        seen.insert(replied);
    }
    assert_eq!(seen.len(), 25, "{seen:?}");
}

/// Table size of the map when its first field was added by name (`addExtField`, 5.x).
const CAPACITY_ADDED: usize = 256;

/// The binary form has its own order for some codes; JSON walks the map.
#[test]
fn javas_field_order_follows_from_the_names() {
    let (mut plain, mut added) = (0, 0);
    for record in all().iter().filter(|record| !record.is_bad() && !record.is_handmade()) {
        let received = decode(record).fields;
        if received.len() < 3 || record.line.serialize.as_deref() != Some("JSON") {
            continue;
        }
        // Fields of one bucket stand in the order Java put them; all others follow from the hash.
        if received.in_java_order(java::map_capacity(received.len())) == received {
            plain += 1;
        } else {
            let ordered = received.in_java_order(CAPACITY_ADDED);
            assert_eq!(ordered, received, "{}", record.place);
            added += 1;
        }
    }
    assert_eq!((plain, added), (224, 86));
}
