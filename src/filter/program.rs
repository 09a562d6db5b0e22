//! The compiled filter, and how a message is judged by it.

use rustc_hash::{FxHashMap, FxHashSet};

use super::parse::parse;
use super::token::FilterFault;
use super::value::{Order, Value};
use crate::message::properties::Properties;

/// A filter expression, read and checked. Immutable; shared by the cores.
#[derive(Debug)]
pub struct Filter {
    /// Where each property that the expression names is among the values of a message.
    names: FxHashMap<Box<str>, usize>,
    /// In postfix order.
    operations: Vec<Operation>,
}

/// Takes its operands off the stack of values and leaves its result there.
#[derive(Debug)]
pub(super) enum Operation {
    /// The value of a property.
    Property(usize),
    /// A literal.
    Literal(Literal),
    /// A sign.
    Negate,
    /// A property where a condition is wanted.
    Condition,
    Not,
    And,
    Or,
    Equal,
    Ordered(Order),
    /// Of a value and two bounds.
    Between,
    /// `NOT BETWEEN`.
    Outside,
    /// `[NOT] IN`.
    OneOf {
        texts: FxHashSet<Box<str>>,
        negated: bool,
    },
    /// `[NOT] CONTAINS` and its like.
    Part {
        place: Place,
        text: Box<str>,
        negated: bool,
    },
}

/// A literal of an expression.
#[derive(Debug)]
pub(super) enum Literal {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Text(Box<str>),
}

/// Where one text is looked for in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Anywhere,
    AtStart,
    AtEnd,
}

impl Literal {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Null => Value::Null,
            Self::Bool(is) => Value::Bool(*is),
            Self::Int(number) => Value::Int(*number),
            Self::Long(number) => Value::Long(*number),
            Self::Double(number) => Value::Double(*number),
            Self::Text(text) => Value::Text(text),
        }
    }
}

impl Filter {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, and where. What Java refuses is refused, and so are expressions
    /// beyond [`crate::limits::FILTER_BYTES_MAX`] and [`crate::limits::FILTER_DEPTH_MAX`].
    pub fn compile(expression: &str) -> Result<Self, FilterFault> {
        let (names, operations) = parse(expression)?;
        Ok(Self { names, operations })
    }

    /// Does a message with these properties pass?
    pub fn matches(&self, properties: Properties<'_>) -> bool {
        let mut given = vec![Value::Null; self.names.len()];
        for (name, value) in properties.iter() {
            // Of two with one name the later counts.
            if let Some(place) = self.names.get(name).and_then(|at| given.get_mut(*at)) {
                *place = Value::Text(value);
            }
        }
        let mut stack = Vec::with_capacity(8);
        for operation in &self.operations {
            let result = operation.apply(&given, &mut stack);
            stack.push(result);
        }
        stack.pop() == Some(Value::Bool(true))
    }
}

impl Operation {
    fn apply<'a>(&'a self, given: &[Value<'a>], stack: &mut Vec<Value<'a>>) -> Value<'a> {
        // The parser leaves an operator behind its operands, so they are there.
        let mut take = || stack.pop().unwrap_or(Value::Failed);
        match self {
            Self::Property(at) => given.get(*at).copied().unwrap_or(Value::Null),
            Self::Literal(literal) => literal.value(),
            Self::Negate => take().negated(),
            Self::Condition => take().as_condition(),
            Self::Not => take().inverted(),
            Self::And => {
                let right = take();
                take().and(right)
            }
            Self::Or => {
                let right = take();
                take().or(right)
            }
            Self::Equal => {
                let right = take();
                take().equals(right)
            }
            Self::Ordered(order) => {
                let right = take();
                take().ordered(*order, right)
            }
            Self::Between => {
                let (high, low, value) = (take(), take(), take());
                value.ordered(Order::AtLeast, low).and(value.ordered(Order::AtMost, high))
            }
            Self::Outside => {
                let (high, low, value) = (take(), take(), take());
                value.ordered(Order::Less, low).or(value.ordered(Order::Greater, high))
            }
            Self::OneOf { texts, negated } => match take() {
                Value::Text(text) => Value::Bool(texts.contains(text) != *negated),
                other => other,
            },
            Self::Part { place, text, negated } => part(take(), *place, text, *negated),
        }
    }

    /// Is its result TRUE, FALSE or NULL by its kind (Java: a `BooleanExpression`)?
    pub(super) fn is_condition(&self) -> bool {
        match self {
            Self::Property(_) | Self::Negate => false,
            Self::Literal(literal) => matches!(literal, Literal::Null | Literal::Bool(_)),
            _ => true,
        }
    }
}

/// Whether `text` is where it is to be in `value`. FALSE, negated or not, of what is no text and
/// for an empty `text`.
fn part<'a>(value: Value<'a>, place: Place, text: &str, negated: bool) -> Value<'a> {
    match value {
        _ if text.is_empty() => Value::Bool(false),
        Value::Text(whole) => {
            let found = match place {
                Place::Anywhere => whole.contains(text),
                Place::AtStart => whole.starts_with(text),
                Place::AtEnd => whole.ends_with(text),
            };
            Value::Bool(found != negated)
        }
        Value::Failed => Value::Failed,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Long(_) | Value::Double(_) => {
            Value::Bool(false)
        }
    }
}
