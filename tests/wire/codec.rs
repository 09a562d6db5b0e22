//! Headers: what is tolerated, what is refused, and what is written.

use bytes::{Bytes, BytesMut};
use proptest::prelude::*;
use ringmq::limits::{FRAME_BYTES_MAX, HEADER_FIELDS_MAX};
use ringmq::protocol::code::{request, response};
use ringmq::protocol::request::registration::DataVersionReply;
use ringmq::protocol::{
    Command, DecodeError, EncodeError, Fields, Language, Serialization, fuzz, version,
};

use crate::golden::all;

fn frame(kind: u8, header: &[u8], body: &[u8]) -> Bytes {
    let length = u32::try_from(4 + header.len() + body.len()).unwrap();
    let [_, high, middle, low] = u32::try_from(header.len()).unwrap().to_be_bytes();
    let second = [kind, high, middle, low];
    Bytes::from([&length.to_be_bytes()[..], &second, header, body].concat())
}

fn json(header: &str) -> Result<Command, DecodeError> {
    Command::decode(frame(0, header.as_bytes(), b"body"))
}

fn written(command: &Command) -> String {
    let frame = command.encode().unwrap();
    String::from_utf8(frame[8..].to_vec()).unwrap()
}

#[test]
fn json_headers_are_read_in_any_shape_peers_write() {
    let command = json(
        " {\n \"version\" : 317 , \"unknown\":{\"a\":[1,{\"b\":null}],\"c\":\"}\\\"\"}, \
         \"extFields\":{\"n\":1,\"t\":true,\"f\":-1.5e3,\"z\":null,\"s\":\"x\",\"o\":{\"k\":[1]}},\
         \"flag\":2,\"opaque\":-7,\"language\":\"GO\",\"code\":\"310\",\"remark\":null}\n",
    )
    .unwrap();
    assert_eq!((command.code, command.version, command.opaque), (310, 317, -7));
    assert_eq!((command.flag, command.language), (2, Language::Go));
    assert_eq!(command.remark, None);
    assert!(command.is_oneway() && !command.is_response());
    assert_eq!(command.body, &b"body"[..]);
    let fields: Vec<(&str, &str)> = command.fields.iter().collect();
    let expected = [("n", "1"), ("t", "true"), ("f", "-1.5e3"), ("s", "x"), ("o", "{\"k\":[1]}")];
    assert_eq!(fields, expected);
    assert_eq!(command.fields.get("z"), None);
}

#[test]
fn what_a_json_header_leaves_out_is_zero() {
    let command = json("{}").unwrap();
    assert_eq!((command.code, command.version, command.opaque, command.flag), (0, 0, 0, 0));
    assert_eq!(command.language, Language::Java);
    assert!(!command.fields.is_present());
    assert!(json("{\"extFields\":{}}").unwrap().fields.is_present());
    assert!(!json("{\"extFields\":null}").unwrap().fields.is_present());
    assert_eq!(json("{\"language\":\"KLINGON\"}").unwrap().language, Language::Other);
    assert_eq!(json("{\"language\":12}").unwrap().language, Language::Rust);
}

#[test]
fn escapes_become_their_characters() {
    let text = r#"{"remark":"\"\\\/\b\f\n\r\té\u00E9\uD83D\uDE00","extFields":{"k\u0041":"a\u0001b",
        "lone":"\ud800x\udc00\ud83d\u0041","":"empty"}}"#;
    let command = json(text).unwrap();
    assert_eq!(command.remark.as_deref(), Some("\"\\/\u{8}\u{c}\n\r\té\u{e9}\u{1f600}"));
    assert_eq!(command.fields.get("kA"), Some("a\u{1}b"));
    assert_eq!(command.fields.get("lone"), Some("\u{fffd}x\u{fffd}\u{fffd}A"));
    assert_eq!(command.fields.get(""), Some("empty"));
}

#[test]
fn of_a_field_that_comes_twice_the_last_counts() {
    let command = json("{\"extFields\":{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}}").unwrap();
    assert_eq!(command.fields.get("a"), Some("3"));
}

#[test]
fn headers_that_are_not_json_are_refused() {
    let cases = [
        "",
        "null",
        "[]",
        "1",
        "\"x\"",
        "{",
        "{}x",
        "{}{}",
        "{\"code\"}",
        "{\"code\":}",
        "{,}",
        "{\"code\":1,}",
        "{\"code\":1 \"flag\":2}",
        "{code:1}",
        "{\"remark\":\"\\x\"}",
        "{\"remark\":\"\\u12\"}",
        "{\"extFields\":[]}",
        "{\"extFields\":{\"a\"}}",
        "{\"extFields\":{\"a\":}}",
        "{\"a\":nul}",
        "{\"a\":-}",
        "{\"a\":[1,]}",
        "{\"a\":\"",
        "{\"extFields\":\"x\"}",
        "{\"remark\":\"\\ud83d",
    ];
    for case in cases {
        assert!(matches!(json(case), Err(DecodeError::NotJson(_))), "{case}: {:?}", json(case));
    }
    for case in ["x", "1.5", "2147483648", "\"\"", "{}", "true"] {
        let header = format!("{{\"code\":{case}}}");
        let refused = json(&header).unwrap_err();
        let expected = matches!(refused, DecodeError::NotANumber("code") | DecodeError::NotJson(_));
        assert!(expected, "{case}: {refused:?}");
    }
    let bad = Command::decode(frame(0, b"{\"remark\":\"\xff\"}", b""));
    assert_eq!(bad, Err(DecodeError::NotUtf8));
}

#[test]
fn nesting_and_field_counts_have_limits() {
    let nested =
        |depth: usize| json(&format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth)));
    assert!(nested(32).is_ok());
    assert!(matches!(nested(100_000), Err(DecodeError::NotJson(_))));
    let fields = |count: usize| {
        let list: Vec<String> = (0..count).map(|n| format!("\"k{n}\":\"v{n}\"")).collect();
        json(&format!("{{\"extFields\":{{{}}}}}", list.join(",")))
    };
    let most = fields(HEADER_FIELDS_MAX).unwrap();
    assert_eq!(most.fields.get("k255"), Some("v255"));
    assert_eq!(fields(HEADER_FIELDS_MAX + 1), Err(DecodeError::TooManyFields));
    let entry = [0, 1, b'k', 0, 0, 0, 1, b'v'];
    let mut header = vec![0; 17];
    let count = HEADER_FIELDS_MAX + 1;
    header.extend_from_slice(&u32::try_from(count * entry.len()).unwrap().to_be_bytes());
    header.extend(entry.repeat(count));
    assert_eq!(Command::decode(frame(1, &header, b"")), Err(DecodeError::TooManyFields));
}

#[test]
fn a_header_cut_anywhere_is_refused() {
    let records = all();
    let small = records.iter().filter(|record| !record.is_bad() && record.frame.len() < 500);
    let mut kinds = [0, 0];
    for record in small.step_by(23) {
        let command = Command::decode(record.frame.clone()).unwrap();
        let bytes = &record.frame[8..record.frame.len() - command.body.len()];
        let kind = record.frame[4];
        for at in 0..bytes.len() {
            let cut = Command::decode(frame(kind, &bytes[..at], b""));
            assert!(cut.is_err(), "{} cut at {at}: {cut:?}", record.place);
        }
        let longer = Command::decode(frame(kind, &[bytes, &[0]].concat(), b""));
        assert!(longer.is_err(), "{} with a byte more: {longer:?}", record.place);
        kinds[usize::from(kind)] += 1;
    }
    assert!(kinds[0] > 20 && kinds[1] > 3, "{kinds:?}");
}

#[test]
fn lengths_inside_a_binary_header_are_checked() {
    let fixed = |remark: i32, block: i32, rest: &[u8]| {
        let mut header = vec![1, 54, 12, 2, 1, 0, 0, 0, 9, 0, 0, 0, 0];
        header.extend_from_slice(&remark.to_be_bytes());
        header.extend_from_slice(&block.to_be_bytes());
        header.extend_from_slice(rest);
        Command::decode(frame(1, &header, b""))
    };
    let good = fixed(0, 9, &[0, 1, b'k', 0, 0, 0, 2, b'v', b'w']).unwrap();
    assert_eq!((good.code, good.version, good.opaque), (310, 513, 9));
    assert_eq!((good.language, good.fields.get("k")), (Language::Rust, Some("vw")));
    for length in [-1, 1, 10_000, i32::MIN, i32::MAX] {
        assert!(fixed(length, 0, &[]).is_err(), "remark of {length}");
        assert!(fixed(0, length, &[]).is_err(), "fields of {length}");
        let value = length.to_be_bytes();
        assert!(fixed(0, 7, &[&[0, 1, b'k'], &value[..]].concat()).is_err(), "value of {length}");
    }
    let two = [0, 1, b'k', 0, 0, 0, 0].repeat(2);
    assert_eq!(fixed(0, 14, &two).unwrap().fields.len(), 2);
    assert!(fixed(0, 7, &two).is_err(), "a field behind the block of fields");
    assert!(fixed(0, 6, &[0xff, 0xff, 0, 0, 0, 0]).is_err(), "a negative key length");
    assert_eq!(fixed(0, 7, &[0, 1, 0xff, 0, 0, 0, 0]), Err(DecodeError::NotUtf8));
}

#[test]
fn java_sees_its_own_layout() {
    let mut command = Command::request(request::HEART_BEAT).with_opaque(5);
    let start = "{\"code\":34,";
    let end = "\"flag\":0,\"language\":\"JAVA\",\"opaque\":5,\
               \"serializeTypeCurrentRPC\":\"JSON\",\"version\":513}";
    assert_eq!(written(&command), format!("{start}{end}"));
    command.fields = Fields::empty();
    assert_eq!(written(&command), format!("{start}\"extFields\":{{}},{end}"));
    command.fields.push("i", "a\u{1}b\u{2}\"\\\n\u{1f}é");
    command.fields.push_number("n", i64::MIN);
    command.fields.push_bool("y", true);
    command.fields.push_some("absent", None);
    let fields = "\"i\":\"a\\u0001b\\u0002\\\"\\\\\\n\\u001fé\",\"n\":\"-9223372036854775808\",\
                  \"y\":\"true\"";
    assert_eq!(written(&command), format!("{start}\"extFields\":{{{fields}}},{end}"));
}

#[test]
fn every_control_character_is_escaped_wherever_it_stands() {
    for control in (0..0x20_u8).chain([b'"', b'\\']) {
        for at in 0..20 {
            let mut text = "x".repeat(20);
            text.insert(at, char::from(control));
            let command = Command::request(0).with_remark(text.clone());
            let written = written(&command);
            let standard: serde_json::Value = serde_json::from_str(&written).unwrap();
            assert_eq!(standard["remark"], text, "{control:#x} at {at}");
            let read = Command::decode(command.encode().unwrap()).unwrap();
            assert_eq!(read.remark.as_deref(), Some(text.as_str()), "{control:#x} at {at}");
        }
    }
}

/// Their order is the byte of the binary header.
#[test]
fn languages_have_javas_names_and_ordinals() {
    let names = [
        "JAVA", "CPP", "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY", "OTHER", "HTTP", "GO",
        "PHP", "OMS", "RUST", "NODE_JS",
    ];
    for (byte, name) in (0_u8..).zip(names) {
        let language = Language::from_byte(byte);
        assert_eq!((language.name(), language.byte()), (name, byte));
        assert_eq!(Language::from_name(name), language);
    }
    assert_eq!(Language::from_byte(14), Language::Other);
    assert_eq!(Language::from_name("java"), Language::Other);
}

#[test]
fn booleans_are_read_as_java_reads_them() {
    for (text, value) in [("true", true), ("TRUE", true), ("True", true), ("false", false)] {
        let fields = Fields::from_iter([("changed", text)]);
        assert_eq!(DataVersionReply::from_fields(&fields).unwrap().changed, value, "{text}");
    }
    let fields = Fields::from_iter([("changed", "yes")]);
    assert!(!DataVersionReply::from_fields(&fields).unwrap().changed);
}

#[test]
fn a_reply_goes_out_as_its_request_came_in() {
    let mut asked = Command::request(request::GET_MAX_OFFSET).with_opaque(-3);
    for serialization in [Serialization::Json, Serialization::Binary] {
        asked.serialization = serialization;
        let reply = Command::reply(&asked, response::SUCCESS).with_remark("done");
        assert!(reply.is_response() && !reply.is_oneway());
        let frame = reply.encode().unwrap();
        assert_eq!(frame[4], serialization.byte());
        let read = Command::decode(frame).unwrap();
        assert_eq!(read, reply);
        assert_eq!((read.opaque, read.version), (-3, version::V5_5_0));
    }
    assert!(Command::oneway(request::NOTIFY_CONSUMER_IDS_CHANGED).is_oneway());
}

#[test]
fn what_the_binary_form_cannot_hold_goes_out_as_json() {
    let binary =
        |code: i32| Command { serialization: Serialization::Binary, ..Command::request(code) };
    assert_eq!(binary(32_767).encode().unwrap()[4], 1);
    for code in [request::POP_MESSAGE, 32_768, -32_769] {
        let frame = binary(code).encode().unwrap();
        assert_eq!(frame[4], 0);
        assert_eq!(Command::decode(frame).unwrap().code, code);
    }
    let newer = Command { version: 40_000, ..binary(11) };
    assert_eq!(newer.encode().unwrap()[4], 0);
    let mut long = binary(11);
    long.fields.push(&"k".repeat(32_768), "v");
    assert_eq!(long.encode().unwrap()[4], 0);
}

#[test]
fn frames_that_no_peer_takes_are_not_written() {
    let command = Command::request(request::PULL_MESSAGE);
    let header = command.encode_header(0).unwrap().len();
    let most = FRAME_BYTES_MAX - header;
    assert_eq!(command.encode_header(most).unwrap().len(), header);
    let over = Err(EncodeError::FrameTooLong(FRAME_BYTES_MAX + 1));
    assert_eq!(command.encode_header(most + 1), over);
    assert!(command.encode_header(usize::MAX).is_err());
    let mut out = BytesMut::from(&b"before"[..]);
    let large = command.with_body(vec![0; FRAME_BYTES_MAX]);
    assert!(large.encode_into(&mut out).is_err());
    assert_eq!(out, &b"before"[..]);
    let long = "x".repeat(1 << 24);
    let remark = Command::request(0).with_remark(long);
    assert!(matches!(remark.encode(), Err(EncodeError::HeaderTooLong(_))));
}

/// A small generator, so that a failure repeats.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }
}

#[test]
fn damaged_frames_do_no_harm() {
    let records = all();
    let seed = 0x5eed_0001;
    let mut random = Random(seed);
    let (mut commands, mut rounds) = (0, 0);
    for record in records.iter().filter(|record| record.frame.len() < 2000) {
        for _ in 0..8 {
            let mut bytes = record.frame.to_vec();
            for _ in 0..=random.below(4) {
                let at = random.below(bytes.len());
                match random.below(4) {
                    0 => bytes[at] = u8::try_from(random.next() & 0xff).unwrap(),
                    1 => bytes[at] ^= 1 << random.below(8),
                    2 => bytes.truncate(at.max(1)),
                    _ => bytes.insert(at, b"{}[]\",:\\u0"[random.below(10)]),
                }
            }
            // With a true length, so that the damage is inside.
            if bytes.len() >= 8 && random.below(4) > 0 {
                let length = u32::try_from(bytes.len() - 4).unwrap();
                bytes[..4].copy_from_slice(&length.to_be_bytes());
            }
            commands += fuzz::stream(&bytes);
            rounds += 1;
        }
    }
    // Some must get through, or nothing behind the splitter was tried.
    assert!(commands * 10 > rounds, "seed {seed:#x}: {commands} of {rounds}");
}

fn any_command() -> impl Strategy<Value = Command> {
    let pairs = proptest::collection::vec((".{0,20}", ".{0,60}"), 0..30);
    let numbers = (any::<i32>(), any::<i32>(), any::<i32>(), any::<i32>());
    let texts = (proptest::option::of(".{1,40}"), proptest::option::of(pairs));
    let rest = (0_u8..14, any::<bool>(), proptest::collection::vec(any::<u8>(), 0..200));
    (numbers, texts, rest).prop_map(|(numbers, (remark, pairs), (language, binary, body))| {
        let (code, version, opaque, flag) = numbers;
        // Half of the codes and versions fit into 16 bits.
        let (code, version) = if binary { (code >> 16, version >> 16) } else { (code, version) };
        let fields = pairs.map_or_else(Fields::absent, |pairs: Vec<(String, String)>| {
            pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
        });
        // An empty set of fields is none in the binary form.
        let binary = binary && (!fields.is_present() || !fields.is_empty());
        let serialization = if binary { Serialization::Binary } else { Serialization::Json };
        Command {
            code,
            language: Language::from_byte(language),
            version,
            opaque,
            flag,
            remark: remark.map(Into::into),
            fields,
            body: Bytes::from(body),
            serialization,
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: None,
        ..Default::default()
    })]

    #[test]
    fn any_command_reads_as_written(command in any_command()) {
        let frame = command.encode().unwrap();
        prop_assert_eq!(Command::decode(frame).unwrap(), command);
    }
}
