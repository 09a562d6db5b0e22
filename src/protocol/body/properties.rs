//! Java properties text: bodies of 25, 26, 318 and 319.

use crate::protocol::escape::unescape;

/// The pairs of a text, as `Properties.load` reads it: comments (`#`, `!`), `=`, `:` or a blank
/// after the name, escapes, lines that go on after a backslash. Of a name that occurs twice both
/// are listed; the last one counts.
pub fn parse(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut joined = String::new();
    for line in text.split(['\n', '\r']) {
        let line = line.trim_start_matches(is_blank);
        if joined.is_empty() && (line.is_empty() || line.starts_with(['#', '!'])) {
            continue;
        }
        if goes_on(line) {
            joined.push_str(line.strip_suffix('\\').unwrap_or(line));
            continue;
        }
        joined.push_str(line);
        pairs.push(pair(&joined));
        joined.clear();
    }
    if !joined.is_empty() {
        pairs.push(pair(&joined));
    }
    pairs
}

/// The text of pairs, as RocketMQ writes it: `name=value` and a line feed each, nothing escaped.
pub fn format<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        text.extend([name, "=", value, "\n"]);
    }
    text
}

const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\x0c')
}

/// Whether an odd number of backslashes ends the line.
fn goes_on(line: &str) -> bool {
    line.bytes().rev().take_while(|&byte| byte == b'\\').count() % 2 == 1
}

fn pair(line: &str) -> (String, String) {
    let mut escaped = false;
    let is_end = |character: char| {
        let ends = !escaped && (is_blank(character) || matches!(character, '=' | ':'));
        escaped = character == '\\' && !escaped;
        ends
    };
    let end = line.find(is_end).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let rest = rest.trim_start_matches(is_blank);
    let value = rest.strip_prefix(['=', ':']).unwrap_or(rest);
    (plain(name), plain(value.trim_start_matches(is_blank)))
}

/// The text without its escapes; a backslash before anything unknown is dropped.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.push_str(before);
        let known = after.starts_with(['t', 'n', 'r', 'f', 'u']);
        let next = known.then(|| unescape(after.as_bytes(), 0, &mut out)).flatten();
        // Whatever else it is stays, also a second backslash.
        let mut characters = after.chars();
        rest = match next {
            Some(next) => after.get(next..).unwrap_or_default(),
            None => {
                out.extend(characters.next());
                characters.as_str()
            }
        };
    }
    out.push_str(rest);
    out
}
