//! SQL92 expressions over the properties of a message: the broker's filter for consumers that ask
//! for one (Java: the `filter` module).
//!
//! An expression is read once, into operations in postfix order ([`Filter`]); a message is judged
//! by one pass over its property string and one over the operations. Nothing here recurses over
//! what a client wrote but the parser, whose depth has a maximum.
//!
//! The language is what Java's parser takes, which is less than SQL92 and in places more:
//!
//! - Comparisons `=` `<>` `<` `<=` `>` `>=`, `[NOT] BETWEEN a AND b`, `[NOT] IN ('x', ...)`,
//!   `IS [NOT] NULL`, `[NOT] CONTAINS`, `STARTSWITH`, `ENDSWITH` with a text; `AND`, `OR`, `NOT`,
//!   parentheses, signs. No arithmetic, no `LIKE`. Keywords in any case; names of properties as
//!   written.
//! - Literals: decimal integers (64 bits), floating point above 0, texts in single quotes with
//!   `''` for a quote, `TRUE`, `FALSE`, `NULL`.
//! - `NOT` and signs bind tightest, so `NOT a = 1` is `(NOT a) = 1`; then orderings, then
//!   equality and `IS`, then `AND`, then `OR`.
//! - What follows a complete expression is not looked at beyond its first token: `a = 007` is
//!   `a = 0`, and a comment `--` that no line end follows is two signs.
//!
//! Properties are texts. Compared with a number they are read as a number of its type, and a text
//! that is none fails the whole evaluation as an exception does in Java, short of what `AND`,
//! `OR` and missing properties have decided before it; a message whose evaluation fails, or yields
//! NULL, is not taken. A missing property is NULL; see [`value`] for what that does.
//!
//! `tests/golden/filter-5.5.0` holds Java's verdicts over a table of expressions and messages.

mod number;
mod parse;
mod program;
mod token;
mod value;

#[cfg(test)]
mod tests;

pub use self::program::Filter;
pub use self::token::FilterFault;
