//! The messages of the replicated producers.

use bytes::Bytes;

use crate::wire::unique::UniqueIds;

/// Properties in their encoded form: `name 0x01 value 0x02`, repeated.
#[derive(Clone, Debug, Default)]
pub struct Properties(String);

impl Properties {
    /// With an id of its own and the mark of a message whose flush is waited for.
    pub fn new(ids: &UniqueIds, sequence: u64, now: u64) -> Self {
        let id = ids.id(sequence, now);
        let mut properties = Self::default();
        properties.put("UNIQ_KEY", std::str::from_utf8(&id).unwrap_or_default());
        properties.put("WAIT", "true");
        properties
    }

    /// Adds one.
    pub fn put(&mut self, name: &str, value: &str) {
        self.0.extend([name, "\u{1}", value, "\u{2}"]);
    }

    /// The encoded form.
    pub fn into_text(self) -> String {
        self.0
    }

    /// The encoded form.
    pub fn as_text(&self) -> &str {
        &self.0
    }
}

/// User properties of a batch's message: `prop<n>=hello<start + n>` until their size is more than
/// `size`.
pub fn user_properties(size: usize, start: u64) -> Vec<(String, String)> {
    let mut made: Vec<(String, String)> = Vec::new();
    let mut sum = 0;
    while size > 0 && sum <= size {
        let index = u64::try_from(made.len()).unwrap_or(0);
        let pair = (format!("prop{index}"), format!("hello{}", start + index));
        sum += pair.0.len() + pair.1.len();
        made.push(pair);
    }
    made
}

/// The body of a batch: its messages' bodies and properties.
pub fn batch_body<'a>(items: impl Iterator<Item = (&'a [u8], &'a str)>) -> Bytes {
    let mut bytes = Vec::new();
    for (body, properties) in items {
        let length = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).to_be_bytes();
        bytes.extend(length(22 + body.len() + properties.len()));
        // Magic, checksum and flag are zero.
        bytes.extend([0; 12]);
        bytes.extend(length(body.len()));
        bytes.extend(body);
        bytes.extend(u16::try_from(properties.len()).unwrap_or(u16::MAX).to_be_bytes());
        bytes.extend(properties.as_bytes());
    }
    bytes.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_its_messages_back_to_back() {
        let body = batch_body([(&b"ab"[..], "k\u{1}v\u{2}"), (&b""[..], "")].into_iter());
        let mut expected = vec![0, 0, 0, 28];
        expected.extend([0; 12]);
        expected.extend([0, 0, 0, 2, b'a', b'b', 0, 4, b'k', 1, b'v', 2]);
        expected.extend([0, 0, 0, 22]);
        expected.extend([0; 12]);
        expected.extend([0, 0, 0, 0, 0, 0]);
        assert_eq!(body, expected);
    }

    #[test]
    fn user_properties_pass_their_size() {
        assert!(user_properties(0, 7).is_empty());
        let made = user_properties(12, 7);
        let expected = [("prop0", "hello7"), ("prop1", "hello8")];
        let made: Vec<_> = made.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(made, expected, "11 bytes are not enough, 22 are");
    }
}
