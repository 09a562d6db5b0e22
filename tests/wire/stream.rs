//! Cutting streams into frames: any split point, hostile lengths, frames that are none.

use bytes::Bytes;
use ringmq::limits::FRAME_BYTES_MAX;
use ringmq::protocol::{Command, DecodeError, FrameError, FrameSplitter};

use crate::golden::all;

fn frames(limit: usize, chunks: &[&[u8]]) -> Result<Vec<Bytes>, FrameError> {
    let mut splitter = FrameSplitter::new(limit);
    let mut frames = Vec::new();
    for chunk in chunks {
        splitter.push(chunk);
        while let Some(frame) = splitter.next()? {
            frames.push(frame);
        }
    }
    assert_eq!(splitter.buffered(), 0, "the stream ends with a frame");
    Ok(frames)
}

/// A dozen frames of both serializations.
fn stream() -> Vec<Bytes> {
    let records = all().into_iter().filter(|record| !record.is_bad() && record.frame.len() < 400);
    let frames: Vec<Bytes> = records.step_by(97).map(|record| record.frame).collect();
    assert!(frames.len() >= 10);
    assert!(frames.iter().any(|frame| frame[4] == 1) && frames.iter().any(|frame| frame[4] == 0));
    frames
}

#[test]
fn any_split_point_yields_the_same_frames() {
    let expected = stream();
    let whole = expected.concat();
    for at in 0..=whole.len() {
        let (left, right) = whole.split_at(at);
        assert_eq!(frames(FRAME_BYTES_MAX, &[left, right]).unwrap(), expected, "split at {at}");
    }
    let bytes: Vec<&[u8]> = whole.chunks(1).collect();
    assert_eq!(frames(FRAME_BYTES_MAX, &bytes).unwrap(), expected);
    for size in [2, 3, 7, 64, 4096] {
        let chunks: Vec<&[u8]> = whole.chunks(size).collect();
        assert_eq!(frames(FRAME_BYTES_MAX, &chunks).unwrap(), expected, "chunks of {size}");
    }
}

/// What a splitter says of these first bytes.
fn first(bytes: &[u8]) -> Result<Option<Bytes>, FrameError> {
    let mut splitter = FrameSplitter::new(FRAME_BYTES_MAX);
    splitter.push(bytes);
    splitter.next()
}

fn prefix(length: i32, second: u32) -> Vec<u8> {
    [length.to_be_bytes(), second.to_be_bytes()].concat()
}

#[test]
fn the_limit_is_on_the_whole_frame_and_exact() {
    let max = i32::try_from(FRAME_BYTES_MAX).unwrap() - 4;
    assert_eq!(first(&prefix(max, 2)), Ok(None));
    assert_eq!(first(&(max + 1).to_be_bytes()), Err(FrameError::TooLong(max + 1)));
    assert_eq!(first(&i32::MAX.to_be_bytes()), Err(FrameError::TooLong(i32::MAX)));
    let mut splitter = FrameSplitter::new(16);
    splitter.push(&[&prefix(12, 2)[..], b"{}aaaaaa", &prefix(13, 2)].concat());
    assert_eq!(splitter.next().unwrap().unwrap().len(), 16);
    assert_eq!(splitter.next(), Err(FrameError::TooLong(13)));
}

#[test]
fn a_frame_of_the_largest_size_passes() {
    let body = vec![7; FRAME_BYTES_MAX - 8 - 2];
    let length = i32::try_from(FRAME_BYTES_MAX - 4).unwrap();
    let whole = [&prefix(length, 2)[..], b"{}", &body].concat();
    let chunks: Vec<&[u8]> = whole.chunks(60_000).collect();
    let frames = frames(FRAME_BYTES_MAX, &chunks).unwrap();
    assert_eq!(frames.len(), 1);
    assert_eq!(Command::decode(frames[0].clone()).unwrap().body, body);
}

#[test]
fn lengths_that_cannot_be_are_refused_at_once() {
    for length in [i32::MIN, -1, 0, 1, 3] {
        assert_eq!(first(&length.to_be_bytes()), Err(FrameError::TooShort(length)));
    }
    assert_eq!(first(&prefix(4, 0)).unwrap().unwrap().len(), 8);
    let too_long = FrameError::HeaderTooLong { header: 1, frame: 4 };
    assert_eq!(first(&prefix(4, 1)), Err(too_long));
    let too_long = FrameError::HeaderTooLong { header: 0xff_ffff, frame: 100 };
    assert_eq!(first(&prefix(100, 0xff_ffff)), Err(too_long));
    for kind in [2, 3, 0x80, 0xff] {
        let second = u32::from(kind) << 24 | 2;
        assert_eq!(first(&prefix(100, second)), Err(FrameError::SerializationUnknown(kind)));
    }
}

#[test]
fn nothing_comes_after_a_failure() {
    let good = stream()[0].clone();
    let mut splitter = FrameSplitter::new(FRAME_BYTES_MAX);
    splitter.push(&[&good[..], &(-1_i32).to_be_bytes()].concat());
    assert_eq!(splitter.next(), Ok(Some(good.clone())));
    assert_eq!(splitter.next(), Err(FrameError::TooShort(-1)));
    splitter.push(&good);
    assert_eq!(splitter.next(), Err(FrameError::TooShort(-1)));
    assert_eq!(splitter.buffered(), 0);
}

/// What Java did with each frame that was broken on purpose, and what is done here.
#[test]
fn broken_frames_are_refused_as_java_refuses_them() {
    let mut count = 0;
    for record in all().iter().filter(|record| record.is_bad()) {
        count += 1;
        let bytes = &record.frame;
        let name = record.place.trim_start_matches("raw-5.5.0/").trim_end_matches(".jsonl:1");
        let result = first(bytes);
        match name {
            // Java waits for the rest of the frame.
            "frame-below-limit-length-field" => assert_eq!(result, Ok(None), "{name}"),
            // Java waits for a twelfth byte; the eighth has said enough.
            "short-first-bytes" => {
                assert_eq!(result, Err(FrameError::SerializationUnknown(9)), "{name}");
            }
            // Java closes the connection.
            "frame-at-limit-length-field" => {
                assert_eq!(result, Err(FrameError::TooLong(16_777_213)), "{name}");
            }
            "frame-too-long" => {
                assert_eq!(result, Err(FrameError::TooLong(16_777_217)), "{name}");
            }
            "header-longer-than-frame" => {
                assert!(matches!(result, Err(FrameError::HeaderTooLong { .. })), "{name}");
            }
            "unknown-serialize-type" => {
                assert!(matches!(result, Err(FrameError::SerializationUnknown(_))), "{name}");
            }
            "header-not-json" => {
                let frame = result.unwrap().unwrap();
                assert!(matches!(Command::decode(frame), Err(DecodeError::NotJson(_))), "{name}");
            }
            other => panic!("{other} is not in the table"),
        }
    }
    assert_eq!(count, 7);
}

#[test]
fn a_frame_is_given_whole_and_alone() {
    for frame in stream() {
        for at in 0..frame.len() {
            let cut = Command::decode(frame.slice(..at));
            assert!(matches!(cut, Err(DecodeError::Frame(_))), "cut at {at}: {cut:?}");
        }
        let longer = Bytes::from([&frame[..], &[0]].concat());
        let wrong = FrameError::WrongLength { expected: frame.len(), given: frame.len() + 1 };
        assert_eq!(Command::decode(longer), Err(DecodeError::Frame(wrong)));
    }
}
