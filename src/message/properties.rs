//! The property string: `name 0x01 value 0x02`, repeated (Java: `MessageDecoder`).
//!
//! Writers of 4.9 to 5.1 leave the last 0x02 out; readers take both forms. An item without a name
//! or without a value is not there, and of two items with one name the later counts.

/// Between a name and its value.
pub const NAME_END: u8 = 0x01;
/// Behind a value.
pub const VALUE_END: u8 = 0x02;

/// One tag.
pub const TAGS: &str = "TAGS";
/// Index keys, separated by a blank.
pub const KEYS: &str = "KEYS";
/// The client's id of the message.
pub const UNIQ_KEY: &str = "UNIQ_KEY";
/// `false`: the sender does not wait for flush and replication.
pub const WAIT: &str = "WAIT";
/// Delay level, from 1.
pub const DELAY: &str = "DELAY";
/// The topic that a message in a retry topic is for.
pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
/// The topic a delayed or half message is for.
pub const REAL_TOPIC: &str = "REAL_TOPIC";
/// The queue a delayed or half message is for.
pub const REAL_QID: &str = "REAL_QID";

/// The offset id of a message before it was first consumed again.
pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";

/// A property string, read in place.
#[derive(Clone, Copy, Debug)]
pub struct Properties<'a> {
    bytes: &'a [u8],
}

impl<'a> Properties<'a> {
    /// Reads `bytes`, whatever they are.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// The value of the last item called `name`.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().filter(|(found, _)| *found == name).last().map(|(_, value)| value)
    }

    /// Name and value of each item, in order. Items that are not text are skipped.
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        self.bytes.split(|byte| *byte == VALUE_END).filter_map(parse_item)
    }

    /// Does any item have this name?
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|(found, _)| found == name)
    }
}

fn parse_item(item: &[u8]) -> Option<(&str, &str)> {
    let end = item.iter().position(|byte| *byte == NAME_END)?;
    let (name, value) = (item.get(..end)?, item.get(end + 1..)?);
    if name.is_empty() || value.is_empty() {
        return None;
    }
    Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?))
}

/// A property string being edited. What is not touched stays byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropertiesEdit {
    bytes: Vec<u8>,
}

impl PropertiesEdit {
    /// Starts with what is there.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec() }
    }

    /// What it reads as now.
    pub fn view(&self) -> Properties<'_> {
        Properties::new(&self.bytes)
    }

    /// Adds an item at the end, and the end mark before it if that is missing.
    pub fn push(&mut self, name: &str, value: &str) {
        if self.bytes.last().is_some_and(|last| *last != VALUE_END) {
            self.bytes.push(VALUE_END);
        }
        self.bytes.extend_from_slice(name.as_bytes());
        self.bytes.push(NAME_END);
        self.bytes.extend_from_slice(value.as_bytes());
        self.bytes.push(VALUE_END);
    }

    /// Removes every item called `name`; says whether there was one.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.bytes.len();
        let mut kept = Vec::with_capacity(before);
        for item in self.bytes.split_inclusive(|byte| *byte == VALUE_END) {
            let end = item.iter().position(|byte| *byte == NAME_END);
            let found = end.and_then(|end| item.get(..end));
            if found != Some(name.as_bytes()) {
                kept.extend_from_slice(item);
            }
        }
        self.bytes = kept;
        self.bytes.len() != before
    }

    /// Makes `value` the one value of `name`.
    pub fn set(&mut self, name: &str, value: &str) {
        self.remove(name);
        self.push(name, value);
    }

    /// The string.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The string.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }
}
