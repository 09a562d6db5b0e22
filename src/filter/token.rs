//! From text to tokens, as the lexer that JavaCC makes of Java's `SelectorParser.jj` does.

use std::fmt;

/// Why a text is no filter expression, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterFault {
    /// The line, from 1.
    pub line: usize,
    /// The column in it, in characters from 1.
    pub column: usize,
    /// What is wrong there.
    pub reason: String,
}

impl fmt::Display for FilterFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at line {}, column {}", self.reason, self.line, self.column)
    }
}

impl std::error::Error for FilterFault {}

impl FilterFault {
    /// A fault at byte `at` of `text`.
    pub(super) fn new(text: &str, at: usize, reason: impl Into<String>) -> Self {
        let before = text.get(..at).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Self { line, column, reason: reason.into() }
    }
}

/// A token. Texts lie in the expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    End,
    And,
    Between,
    Contains,
    EndsWith,
    False,
    In,
    Is,
    Not,
    Null,
    Or,
    StartsWith,
    True,
    Name(&'a str),
    /// What is between the quotes, quotes in it still doubled.
    Text(&'a str),
    /// With its `L`, if it has one.
    Integer(&'a str),
    Float(&'a str),
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
    Open,
    Close,
    Comma,
    Plus,
    Minus,
}

const KEYWORDS: &[(&str, Token<'_>)] = &[
    ("AND", Token::And),
    ("BETWEEN", Token::Between),
    ("CONTAINS", Token::Contains),
    ("ENDSWITH", Token::EndsWith),
    ("FALSE", Token::False),
    ("IN", Token::In),
    ("IS", Token::Is),
    ("NOT", Token::Not),
    ("NULL", Token::Null),
    ("OR", Token::Or),
    ("STARTSWITH", Token::StartsWith),
    ("TRUE", Token::True),
];

/// Longer ones before those they start with.
const SYMBOLS: &[(&str, Token<'_>)] = &[
    ("<>", Token::Unequal),
    ("<=", Token::AtMost),
    ("<", Token::Less),
    (">=", Token::AtLeast),
    (">", Token::Greater),
    ("=", Token::Equal),
    ("(", Token::Open),
    (")", Token::Close),
    (",", Token::Comma),
    ("+", Token::Plus),
    ("-", Token::Minus),
];

/// The tokens of an expression, one at a time: what no token was asked for is not looked at.
pub(super) struct Tokens<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The next token and the byte it starts at.
    ///
    /// # Errors
    /// No token starts there.
    pub(super) fn next(&mut self) -> Result<(Token<'a>, usize), FilterFault> {
        self.skip_blank();
        let (start, rest) = (self.at, self.rest());
        let (token, len) = token(rest).map_err(|why| FilterFault::new(self.text, start, why))?;
        self.at += len;
        Ok((token, start))
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Skips white space and comments. A comment `--` needs a line end, else it is two signs.
    fn skip_blank(&mut self) {
        loop {
            let rest = self.rest();
            let blank = if rest.starts_with([' ', '\t', '\n', '\r', '\x0c']) {
                Some(1)
            } else if rest.starts_with("--") {
                rest.find(['\n', '\r']).map(|end| end + 1)
            } else if rest.starts_with("/*") {
                rest.get(2..).and_then(|inner| inner.find("*/")).map(|end| end + 4)
            } else {
                None
            };
            match blank {
                Some(len) => self.at += len,
                None => return,
            }
        }
    }
}

/// The token at the front of `rest`, and its length in bytes.
fn token(rest: &str) -> Result<(Token<'_>, usize), String> {
    let Some(first) = rest.chars().next() else { return Ok((Token::End, 0)) };
    if first.is_ascii_alphabetic() || first == '_' || first == '$' {
        return Ok(word(rest));
    }
    if let Some(found) = number(rest) {
        return Ok(found);
    }
    if let Some(quoted) = rest.strip_prefix('\'') {
        let end = text_end(quoted).ok_or("a text without its closing quote")?;
        return Ok((Token::Text(quoted.get(..end).unwrap_or_default()), end + 2));
    }
    let symbol = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol));
    match symbol {
        Some((symbol, token)) => Ok((*token, symbol.len())),
        None if rest.starts_with("/*") => Err("a comment without its end".to_owned()),
        None => Err(format!("`{}` starts nothing known", first.escape_debug())),
    }
}

/// A keyword, or the name of a property.
fn word(rest: &str) -> (Token<'_>, usize) {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
    let len = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    let word = rest.get(..len).unwrap_or_default();
    let keyword = KEYWORDS.iter().find(|(keyword, _)| word.eq_ignore_ascii_case(keyword));
    (keyword.map_or(Token::Name(word), |(_, token)| *token), len)
}

/// A number: the longest of the forms that fit.
fn number(rest: &str) -> Option<(Token<'_>, usize)> {
    let whole = digits(rest);
    let behind = rest.get(whole..)?;
    let float = if let Some(fraction) = behind.strip_prefix('.') {
        let places = digits(fraction);
        let power = exponent(fraction.get(places..)?).unwrap_or(0);
        (whole + places > 0).then_some(whole + 1 + places + power)
    } else {
        exponent(behind).filter(|_| whole > 0).map(|power| whole + power)
    };
    if let Some(len) = float {
        return Some((Token::Float(rest.get(..len)?), len));
    }
    let len = match rest.bytes().next() {
        // A leading zero is a number of its own.
        Some(b'0') => 1,
        Some(b'1'..=b'9') => whole + usize::from(behind.starts_with(['l', 'L'])),
        _ => return None,
    };
    Some((Token::Integer(rest.get(..len)?), len))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// The length of an exponent with its `E`.
fn exponent(text: &str) -> Option<usize> {
    let power = text.strip_prefix(['e', 'E'])?;
    let unsigned = power.strip_prefix(['+', '-']).unwrap_or(power);
    let digits = digits(unsigned);
    (digits > 0).then_some(text.len() - unsigned.len() + digits)
}

/// Where the closing quote is: the first that is not one of a pair.
fn text_end(quoted: &str) -> Option<usize> {
    let mut at = 0;
    loop {
        at += quoted.get(at..)?.find('\'')?;
        if !quoted.get(at + 1..)?.starts_with('\'') {
            return Some(at);
        }
        at += 2;
    }
}
