//! Escapes of JSON strings, for headers and bodies alike.

use bytes::BufMut;

/// Reads the escape whose backslash stands before `at`, adds its character to `out` as UTF-8 and
/// yields where the text goes on; `None` if it is no escape that any peer writes.
///
/// A surrogate pair becomes one character. A lone surrogate becomes U+FFFD: no UTF-8 can hold it.
pub(super) fn unescape(text: &[u8], at: usize, out: &mut Vec<u8>) -> Option<usize> {
    let plain = match *text.get(at)? {
        byte @ (b'"' | b'\'' | b'\\' | b'/') => byte,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'u' => {
            let (character, next) = unicode(text, at + 1)?;
            let mut bytes = [0; 4];
            out.extend_from_slice(character.encode_utf8(&mut bytes).as_bytes());
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
    while let Some(at) = rest.iter().position(|&byte| is_escaped(byte)) {
        let (plain, tail) = rest.split_at(at);
        out.put_slice(plain);
        if let Some((&byte, after)) = tail.split_first() {
            put_escape(byte, out);
            rest = after;
        }
    }
    out.put_slice(rest);
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
