//! The grammar of Java's `SelectorParser.jj`: a parser that looks one token ahead, and the checks
//! that Java makes while it builds its tree.

use rustc_hash::{FxHashMap, FxHashSet};

use super::program::{Literal, Operation, Place};
use super::token::{FilterFault, Token, Tokens};
use super::value::{Order, Value, compare};
use crate::limits::{FILTER_BYTES_MAX, FILTER_DEPTH_MAX};

/// Names of properties with their places, and the operations in postfix order.
type Parsed = (FxHashMap<Box<str>, usize>, Vec<Operation>);

/// Reads an expression.
///
/// # Errors
/// The first fault in it.
pub(super) fn parse(text: &str) -> Result<Parsed, FilterFault> {
    if text.len() > FILTER_BYTES_MAX {
        let why = format!("an expression of more than {FILTER_BYTES_MAX} bytes");
        return Err(FilterFault::new(text, FILTER_BYTES_MAX, why));
    }
    let mut tokens = Tokens::new(text);
    let (next, at) = tokens.next()?;
    let mut parser = Parser {
        text,
        tokens,
        next,
        at,
        depth: 0,
        names: FxHashMap::default(),
        operations: Vec::new(),
    };
    parser.any_of()?;
    parser.condition(0)?;
    Ok((parser.names, parser.operations))
}

struct Parser<'a> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// The token that comes next.
    next: Token<'a>,
    /// The byte it starts at.
    at: usize,
    /// How many operands are open within each other.
    depth: usize,
    names: FxHashMap<Box<str>, usize>,
    operations: Vec<Operation>,
}

type Step = Result<(), FilterFault>;

impl<'a> Parser<'a> {
    /// `a OR b ...`
    fn any_of(&mut self) -> Step {
        let start = self.at;
        self.all_of()?;
        while self.next == Token::Or {
            self.condition(start)?;
            self.advance()?;
            let right = self.at;
            self.all_of()?;
            self.condition(right)?;
            self.operations.push(Operation::Or);
        }
        Ok(())
    }

    /// `a AND b ...`
    fn all_of(&mut self) -> Step {
        let start = self.at;
        self.equality()?;
        while self.next == Token::And {
            self.condition(start)?;
            self.advance()?;
            let right = self.at;
            self.equality()?;
            self.condition(right)?;
            self.operations.push(Operation::And);
        }
        Ok(())
    }

    /// `a = b`, `a <> b`, `a IS [NOT] NULL`, and these again.
    fn equality(&mut self) -> Step {
        let start = self.at;
        self.comparison()?;
        loop {
            let negated = match self.next {
                Token::Equal | Token::Unequal => {
                    let negated = self.next == Token::Unequal;
                    self.equal_to(start)?;
                    negated
                }
                Token::Is => {
                    self.advance()?;
                    let negated = self.take(Token::Not)?;
                    self.expect(Token::Null, "NULL")?;
                    self.operations.push(Operation::Literal(Literal::Null));
                    negated
                }
                _ => return Ok(()),
            };
            self.operations.push(Operation::Equal);
            if negated {
                self.operations.push(Operation::Not);
            }
        }
    }

    /// The sign and the right side of an equality whose left side starts at `start`.
    fn equal_to(&mut self, start: usize) -> Step {
        let left = self.literal().map(Literal::value);
        if left == Some(Value::Null) {
            return Err(self.fault(start, "NULL where IS NULL is meant"));
        }
        let left_is_bool = matches!(left, Some(Value::Bool(_)));
        self.advance()?;
        let right = self.at;
        self.comparison()?;
        match self.literal().map(Literal::value) {
            Some(Value::Null) => Err(self.fault(right, "NULL where IS NULL is meant")),
            Some(Value::Bool(_)) | None => Ok(()),
            Some(_) if left_is_bool => Err(self.fault(right, "TRUE or FALSE compared with it")),
            Some(_) => Ok(()),
        }
    }

    /// An operand with orderings, BETWEEN, IN and CONTAINS and their like behind it.
    fn comparison(&mut self) -> Step {
        let start = self.at;
        self.operand()?;
        loop {
            let order = match self.next {
                Token::Less => Order::Less,
                Token::AtMost => Order::AtMost,
                Token::Greater => Order::Greater,
                Token::AtLeast => Order::AtLeast,
                Token::Not => {
                    self.advance()?;
                    self.test(start, true)?;
                    continue;
                }
                Token::Between
                | Token::In
                | Token::Contains
                | Token::StartsWith
                | Token::EndsWith => {
                    self.test(start, false)?;
                    continue;
                }
                _ => return Ok(()),
            };
            self.orderable(start)?;
            self.advance()?;
            self.orderable_operand()?;
            self.operations.push(Operation::Ordered(order));
        }
    }

    /// A test named by a word, of what starts at `start`; its NOT is taken already.
    fn test(&mut self, start: usize, negated: bool) -> Step {
        let place = match self.next {
            Token::Between => return self.between(start, negated),
            Token::In => return self.one_of(start, negated),
            Token::Contains => Place::Anywhere,
            Token::StartsWith => Place::AtStart,
            Token::EndsWith => Place::AtEnd,
            _ => return Err(self.unexpected("BETWEEN, IN, CONTAINS, STARTSWITH or ENDSWITH")),
        };
        self.advance()?;
        let text = self.quoted()?;
        self.operations.push(Operation::Part { place, text, negated });
        Ok(())
    }

    fn between(&mut self, start: usize, negated: bool) -> Step {
        self.orderable(start)?;
        self.advance()?;
        let bounds = self.at;
        self.orderable_operand()?;
        let low = self.operations.len();
        self.expect(Token::And, "AND")?;
        self.orderable_operand()?;
        // Only literals are checked: -1 is a sign and a literal.
        let is_empty = match (self.operations.get(low.wrapping_sub(1)), self.literal()) {
            (Some(Operation::Literal(low)), Some(high)) => {
                compare(high.value(), low.value()).is_none_or(std::cmp::Ordering::is_lt)
            }
            _ => false,
        };
        if is_empty && !negated {
            return Err(self.fault(bounds, "a lower bound above the upper one"));
        }
        self.operations.push(if negated { Operation::Outside } else { Operation::Between });
        Ok(())
    }

    fn one_of(&mut self, start: usize, negated: bool) -> Step {
        if !matches!(self.operations.last(), Some(Operation::Property(_))) {
            return Err(self.fault(start, "IN of something other than a property"));
        }
        self.advance()?;
        self.expect(Token::Open, "`(`")?;
        let mut texts = FxHashSet::default();
        texts.insert(self.quoted()?);
        while self.take(Token::Comma)? {
            texts.insert(self.quoted()?);
        }
        self.expect(Token::Close, "`,` or `)`")?;
        self.operations.push(Operation::OneOf { texts, negated });
        Ok(())
    }

    /// A literal, a property, something in parentheses, or one of them with signs and NOTs before.
    fn operand(&mut self) -> Step {
        self.depth += 1;
        if self.depth > FILTER_DEPTH_MAX {
            return Err(self.fault(self.at, format!("more than {FILTER_DEPTH_MAX} levels")));
        }
        match self.next {
            Token::Plus => {
                self.advance()?;
                self.operand()?;
            }
            Token::Minus => {
                self.advance()?;
                self.operand()?;
                self.operations.push(Operation::Negate);
            }
            Token::Not => {
                self.advance()?;
                let start = self.at;
                self.operand()?;
                self.condition(start)?;
                self.operations.push(Operation::Not);
            }
            Token::Open => {
                self.advance()?;
                self.any_of()?;
                self.expect(Token::Close, "`)`")?;
            }
            Token::Name(name) => {
                let count = self.names.len();
                let at = *self.names.entry(name.into()).or_insert(count);
                self.operations.push(Operation::Property(at));
                self.advance()?;
            }
            _ => {
                let literal = self.read_literal()?;
                self.operations.push(Operation::Literal(literal));
                self.advance()?;
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// The literal that comes next.
    fn read_literal(&self) -> Result<Literal, FilterFault> {
        match self.next {
            Token::Text(inner) => Ok(Literal::Text(inner.replace("''", "'").into())),
            Token::Integer(digits) => {
                let digits = digits.trim_end_matches(['l', 'L']);
                let long: i64 = digits
                    .parse()
                    .map_err(|_| self.fault(self.at, "an integer of more than 64 bits"))?;
                Ok(i32::try_from(long).map_or(Literal::Long(long), Literal::Int))
            }
            Token::Float(digits) => match digits.parse() {
                Ok(number) if number > 0.0 && f64::is_finite(number) => Ok(Literal::Double(number)),
                _ => Err(self.fault(self.at, "a floating point number that is 0 or too large")),
            },
            Token::True => Ok(Literal::Bool(true)),
            Token::False => Ok(Literal::Bool(false)),
            Token::Null => Ok(Literal::Null),
            _ => Err(self.unexpected("a value")),
        }
    }

    /// What was read last is to be a condition; it starts at `start`.
    fn condition(&mut self, start: usize) -> Step {
        match self.operations.last() {
            Some(Operation::Property(_)) => self.operations.push(Operation::Condition),
            Some(operation) if operation.is_condition() => {}
            _ => return Err(self.fault(start, "a value where a condition is wanted")),
        }
        Ok(())
    }

    fn orderable_operand(&mut self) -> Step {
        let start = self.at;
        self.operand()?;
        self.orderable(start)
    }

    /// What was read last is to have an order: a number, or a property that may be one.
    fn orderable(&self, start: usize) -> Step {
        match self.operations.last() {
            Some(Operation::Literal(Literal::Int(_) | Literal::Long(_) | Literal::Double(_))) => {
                Ok(())
            }
            Some(Operation::Property(_) | Operation::Negate) => Ok(()),
            _ => Err(self.fault(start, "neither a number nor a property, and compared by size")),
        }
    }

    /// What was read last, if it is a literal.
    fn literal(&self) -> Option<&Literal> {
        match self.operations.last() {
            Some(Operation::Literal(literal)) => Some(literal),
            _ => None,
        }
    }

    fn quoted(&mut self) -> Result<Box<str>, FilterFault> {
        let Token::Text(inner) = self.next else { return Err(self.unexpected("a text")) };
        self.advance()?;
        Ok(inner.replace("''", "'").into())
    }

    fn advance(&mut self) -> Step {
        (self.next, self.at) = self.tokens.next()?;
        Ok(())
    }

    /// Takes `token` if it comes next.
    fn take(&mut self, token: Token<'a>) -> Result<bool, FilterFault> {
        let is_next = self.next == token;
        if is_next {
            self.advance()?;
        }
        Ok(is_next)
    }

    fn expect(&mut self, token: Token<'a>, what: &str) -> Step {
        if self.take(token)? { Ok(()) } else { Err(self.unexpected(what)) }
    }

    fn unexpected(&self, wanted: &str) -> FilterFault {
        let found = if self.next == Token::End { "the end" } else { "something else" };
        self.fault(self.at, format!("{found} where {wanted} is expected,"))
    }

    fn fault(&self, at: usize, reason: impl Into<String>) -> FilterFault {
        FilterFault::new(self.text, at, reason)
    }
}
