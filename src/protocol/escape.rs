//! Escapes of JSON strings, for headers and bodies alike.

use bytes::BufMut;

/// How many bytes `text` has before its first `quote` or backslash; all of them if it has none.
///
/// Runs over every byte of every JSON header, so it looks at eight bytes at a time.
pub(super) fn plain_len(text: &[u8], quote: u8) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_be_bytes(*word);
        let found = zero_bytes(word ^ (ONES * u64::from(quote))) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return at * 8 + (found.leading_zeros() / 8) as usize;
        }
    }
    let found = rest.iter().position(|&byte| byte == quote || byte == b'\\');
    words.len() * 8 + found.unwrap_or(rest.len())
}

/// A one in each byte of a word.
const ONES: u64 = u64::MAX / 255;

/// A backslash in each byte of a word.
const BACKSLASHES: u64 = ONES * b'\\' as u64;

/// A double quote in each byte of a word.
const QUOTES: u64 = ONES * b'"' as u64;

/// The top bit of each byte of `word` that is zero. No carry leaves a byte, so none is marked that
/// is not.
const fn zero_bytes(word: u64) -> u64 {
    let low = ONES * 0x7f;
    !(((word & low) + low) | word | low)
}

/// Reads the escape whose backslash stands before `at`, adds its character to `out` and yields
/// where the text goes on; `None` if it is no escape that any peer writes.
///
/// A surrogate pair becomes one character. A lone surrogate becomes U+FFFD: no UTF-8 can hold it.
pub(super) fn unescape(text: &[u8], at: usize, out: &mut String) -> Option<usize> {
    let plain = match *text.get(at)? {
        byte @ (b'"' | b'\'' | b'\\' | b'/') => char::from(byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'v' => '\u{b}',
        b'u' => {
            let (character, next) = unicode(text, at + 1)?;
            out.push(character);
            return Some(next);
        }
        _ => return None,
    };
    out.push(plain);
    Some(at + 1)
}

/// The character of four hexadecimal digits, or of two such groups that make a surrogate pair.
fn unicode(text: &[u8], at: usize) -> Option<(char, usize)> {
    let first = hex4(text, at)?;
    let next = at + 4;
    if (0xd800..0xdc00).contains(&first) && text.get(next..next + 2) == Some(b"\\u") {
        let second = hex4(text, next + 2)?;
        if (0xdc00..0xe000).contains(&second) {
            let joined = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
            return Some((char::from_u32(joined)?, next + 6));
        }
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), next))
}

fn hex4(text: &[u8], at: usize) -> Option<u32> {
    let digits = text.get(at..at + 4)?;
    digits
        .iter()
        .try_fold(0, |value, &digit| char::from(digit).to_digit(16).map(|digit| value << 4 | digit))
}

/// Appends `text` in double quotes. Only what JSON demands is escaped; other characters go out as
/// UTF-8.
pub(super) fn put_quoted(text: &str, out: &mut impl BufMut) {
    out.put_u8(b'"');
    let mut rest = text.as_bytes();
    loop {
        let (plain, tail) = rest.split_at(unescaped_len(rest));
        out.put_slice(plain);
        let Some((&byte, after)) = tail.split_first() else { break };
        put_escape(byte, out);
        rest = after;
    }
    out.put_u8(b'"');
}

/// Appends `text` in double quotes with everything but ASCII as `\uXXXX`, as FastJSON's
/// browser-compatible form does.
pub(super) fn put_quoted_ascii(text: &str, out: &mut impl BufMut) {
    out.put_u8(b'"');
    for character in text.chars() {
        match u8::try_from(character) {
            Ok(byte) if is_escaped(byte) => put_escape(byte, out),
            Ok(byte) if byte.is_ascii() => out.put_u8(byte),
            _ => {
                let mut units = [0; 2];
                for unit in character.encode_utf16(&mut units) {
                    put_unit(*unit, out);
                }
            }
        }
    }
    out.put_u8(b'"');
}

/// How many bytes `text` has before its first one that is written as an escape.
fn unescaped_len(text: &[u8]) -> usize {
    let (words, rest) = text.as_chunks::<8>();
    for (at, word) in words.iter().enumerate() {
        let word = u64::from_be_bytes(*word);
        let control = zero_bytes(word & (ONES * 0xe0));
        let found = control | zero_bytes(word ^ QUOTES) | zero_bytes(word ^ BACKSLASHES);
        if found != 0 {
            return at * 8 + (found.leading_zeros() / 8) as usize;
        }
    }
    let found = rest.iter().position(|&byte| is_escaped(byte));
    words.len() * 8 + found.unwrap_or(rest.len())
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn put_escape(byte: u8, out: &mut impl BufMut) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        0x09 => b't',
        0x0a => b'n',
        0x0c => b'f',
        0x0d => b'r',
        _ => return put_unit(u16::from(byte), out),
    };
    out.put_slice(&[b'\\', short]);
}

fn put_unit(unit: u16, out: &mut impl BufMut) {
    out.put_slice(b"\\u");
    for shift in [12, 8, 4, 0] {
        let digit = char::from_digit(u32::from(unit >> shift & 0xf), 16).unwrap_or('0');
        out.put_u8(u8::try_from(digit).unwrap_or(b'0'));
    }
}
