//! Tags: their hash in the consume queue, and expressions that select them.

/// Java's `String.hashCode`: 31-polynomial over UTF-16 units, 32 bits, wrapping.
pub fn hash(text: &str) -> i32 {
    hash_of([text])
}

/// The hash of `parts` as one text.
pub fn hash_of<'a>(parts: impl IntoIterator<Item = &'a str>) -> i32 {
    let step = |hash: i32, unit: u16| hash.wrapping_mul(31).wrapping_add(i32::from(unit));
    parts.into_iter().fold(0, |hash, part| match part.is_ascii() {
        true => part.bytes().fold(hash, |hash, byte| step(hash, u16::from(byte))),
        false => part.encode_utf16().fold(hash, step),
    })
}

/// The tags code of a record with this tag: 0 without one.
pub fn tags_code(tag: Option<&str>) -> i64 {
    tag.map_or(0, |tag| i64::from(hash(tag)))
}

/// A subscription expression of type TAG: `*`, or tags joined by `||` (Java: `FilterAPI`).
///
/// The broker compares hashes only; consumers compare the tags themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// The hashes, sorted; `None` selects everything.
    codes: Option<Vec<i32>>,
}

impl Subscription {
    /// Everything.
    pub const ALL: Self = Self { codes: None };

    /// Reads an expression. Empty parts are ignored; an empty expression or `*` selects all.
    pub fn parse(expression: &str) -> Self {
        if expression.is_empty() || expression == "*" {
            return Self::ALL;
        }
        Self::of_codes(tags(expression).map(hash))
    }

    /// Selects by hashes, as a client's `codeSet` lists them.
    pub fn of_codes(codes: impl IntoIterator<Item = i32>) -> Self {
        let mut codes: Vec<i32> = codes.into_iter().collect();
        codes.sort_unstable();
        codes.dedup();
        Self { codes: Some(codes) }
    }

    /// Is everything selected?
    pub fn is_all(&self) -> bool {
        self.codes.is_none()
    }

    /// Is a consume queue unit with this tags code selected?
    pub fn matches(&self, tags_code: i64) -> bool {
        match &self.codes {
            None => true,
            Some(codes) => {
                i32::try_from(tags_code).is_ok_and(|code| codes.binary_search(&code).is_ok())
            }
        }
    }

    /// The hashes of the selected tags; none when everything is selected.
    pub fn codes(&self) -> &[i32] {
        self.codes.as_deref().unwrap_or_default()
    }
}

/// The tags that an expression names.
pub fn tags(expression: &str) -> impl Iterator<Item = &str> {
    expression.split("||").map(str::trim).filter(|tag| !tag.is_empty())
}
