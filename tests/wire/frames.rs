//! Every recorded frame is read, agrees with the recorder's comment, and is written again as it
//! was.

use bytes::Bytes;
use ringmq::protocol::{Command, Language, Serialization, code};
use serde_json::Value;

use crate::golden::{Record, all};

fn decode(record: &Record) -> Command {
    Command::decode(record.frame.clone())
        .unwrap_or_else(|error| panic!("{}: {error}", record.place))
}

#[test]
fn headers_say_what_the_recorder_saw() {
    for record in all().iter().filter(|record| !record.is_bad()) {
        let (command, place) = (decode(record), &record.place);
        let header = &record.line.header;
        let number = |key| header.get(key).and_then(Value::as_i64).unwrap_or(0);
        assert_eq!(i64::from(command.code), number("code"), "{place}");
        assert_eq!(Some(command.code), record.line.code, "{place}");
        assert_eq!(i64::from(command.opaque), number("opaque"), "{place}");
        assert_eq!(i64::from(command.flag), number("flag"), "{place}");
        assert_eq!(i64::from(command.version), number("version"), "{place}");
        assert_eq!(command.language, language(header.get("language")), "{place}");
        names_agree(record);
        let remark = header.get("remark").and_then(Value::as_str);
        if remark.is_none_or(|text| text.chars().count() < 300) {
            assert_eq!(command.remark.as_deref(), remark, "{place}");
        }
        assert_eq!(command.is_response(), record.is_response(), "{place}");
        assert_eq!(command.is_oneway(), record.line.kind == "oneway", "{place}");
        assert_eq!(command.body.len(), record.line.body_len, "{place}");
        let binary = record.line.serialize.as_deref() == Some("ROCKETMQ");
        assert_eq!(command.serialization == Serialization::Binary, binary, "{place}");
        fields_agree(&command, header.get("extFields"), place);
    }
}

fn language(comment: Option<&Value>) -> Language {
    match comment {
        Some(Value::String(name)) => Language::from_name(name),
        Some(ordinal) => Language::from_byte(u8::try_from(ordinal.as_u64().unwrap()).unwrap()),
        None => Language::Java,
    }
}

fn names_agree(record: &Record) {
    let (code, name) = (record.line.code.unwrap(), record.line.name.as_deref());
    if record.is_response() {
        assert!(code::response::name(code).is_some(), "{}", record.place);
    } else if name != Some("?") {
        assert_eq!(code::request::name(code), name, "{}", record.place);
    }
}

fn fields_agree(command: &Command, comment: Option<&Value>, place: &str) {
    let Some(comment) = comment.and_then(Value::as_object) else {
        assert!(command.fields.is_empty(), "{place}");
        return;
    };
    assert!(command.fields.is_present() || comment.is_empty(), "{place}");
    assert_eq!(command.fields.len(), comment.len(), "{place}");
    for (key, value) in comment {
        let text = match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let got = command.fields.get(key).unwrap_or_else(|| panic!("{place}: no {key}"));
        // The recorder cut long texts.
        let same = got == text || got.chars().count() > 300 && text.chars().count() >= 300;
        assert!(same, "{place}: {key} is {got:?}, not {text:?}");
    }
}

#[test]
fn frames_of_java_peers_are_written_again_byte_for_byte() {
    for record in all().iter().filter(|record| !record.is_bad() && !record.is_handmade()) {
        let written = decode(record).encode().unwrap();
        assert_eq!(written, record.frame, "{}: {:?}", record.place, decode(record));
    }
}

#[test]
fn handmade_frames_mean_the_same_when_written_again() {
    for record in all().iter().filter(|record| !record.is_bad() && record.is_handmade()) {
        let command = decode(record);
        let again = Command::decode(command.encode().unwrap()).unwrap();
        assert_eq!(again, command, "{}", record.place);
        if record.line.serialize.as_deref() == Some("ROCKETMQ") {
            assert_eq!(command.encode().unwrap(), record.frame, "{}", record.place);
        }
    }
}

#[test]
fn a_header_alone_and_its_body_make_the_same_frame() {
    for record in all().iter().filter(|record| !record.is_bad()) {
        let command = decode(record);
        let mut parts = command.encode_header(command.body.len()).unwrap().to_vec();
        parts.extend_from_slice(&command.body);
        assert_eq!(Bytes::from(parts), command.encode().unwrap(), "{}", record.place);
    }
}
