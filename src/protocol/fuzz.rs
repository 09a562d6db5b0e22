//! What must hold for any bytes at all. Called by the tests with damaged frames and by fuzzers with
//! whatever they find.

use bytes::Bytes;

use crate::limits::FRAME_BYTES_MAX;
use crate::protocol::body::heartbeat::Heartbeat;
use crate::protocol::body::offsets::ResetOffsets;
use crate::protocol::body::properties;
use crate::protocol::body::registration::Registration;
use crate::protocol::fastjson::{Form, Value, from_slice, to_vec_as};
use crate::protocol::{Command, FrameSplitter, version};

/// Cuts `bytes` into frames and reads each; yields how many frames were commands.
///
/// # Panics
/// A command that was read is not written so that it reads the same.
pub fn stream(bytes: &[u8]) -> usize {
    let mut splitter = FrameSplitter::new(FRAME_BYTES_MAX);
    splitter.push(bytes);
    let mut commands = 0;
    while let Ok(Some(frame)) = splitter.next() {
        commands += usize::from(command(frame));
    }
    commands
}

fn command(frame: Bytes) -> bool {
    let Ok(command) = Command::decode(frame) else { return false };
    // A header may grow when it is written again (escapes), but not past the limit by itself.
    if let Ok(written) = command.encode() {
        assert_eq!(Command::decode(written).as_ref(), Ok(&command), "a command reads as written");
    }
    body(&command.body);
    true
}

/// Reads `bytes` as bodies of several kinds.
///
/// # Panics
/// A value that was read is not written so that it reads the same.
pub fn body(bytes: &[u8]) {
    if let Ok(value) = from_slice::<Value>(bytes) {
        for form in [Form::Compact, Form::Pretty] {
            let again = from_slice::<Value>(&to_vec_as(&value, form));
            assert!(again.is_ok(), "a value reads as written");
        }
    }
    if let Ok(heartbeat) = from_slice::<Heartbeat>(bytes) {
        let again = from_slice::<Heartbeat>(&to_vec_as(&heartbeat, Form::Standard));
        assert_eq!(again.as_ref(), Ok(&heartbeat), "a heartbeat reads as written");
    }
    if let Ok(offsets) = from_slice::<ResetOffsets>(bytes) {
        let again = from_slice::<ResetOffsets>(&to_vec_as(&offsets, Form::Compact));
        assert_eq!(again.as_ref(), Ok(&offsets), "offsets read as written");
    }
    if let Ok(registration) = Registration::decode(bytes, version::OURS) {
        let again = Registration::decode(&registration.encode_compressed(), version::OURS);
        assert!(again.is_ok(), "a registration reads as written");
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        properties::parse(text);
    }
}
