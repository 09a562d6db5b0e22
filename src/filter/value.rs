//! Values, and what the operators make of them (Java: the classes of `filter.expression`).
//!
//! Three-valued: NULL with an ordering is NULL; `AND` and `OR` pass it on where the other side
//! does not decide. Equality is Java's, not SQL's: NULL on the left of something gives NULL,
//! something on the left of NULL gives FALSE, and NULL equals NULL.
//!
//! An evaluation that Java ends with an exception is the value [`Value::Failed`]. It travels as
//! the exception does: an operator that would not have looked at that side does not see it.

use std::cmp::Ordering;

use super::number::{double, integer, order_doubles};

/// A value during an evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i32),
    Long(i64),
    Double(f64),
    Text(&'a str),
    /// Java throws.
    Failed,
}

/// How two numbers are to stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Order {
    fn holds(self, found: Ordering) -> bool {
        match self {
            Self::Less => found.is_lt(),
            Self::AtMost => found.is_le(),
            Self::Greater => found.is_gt(),
            Self::AtLeast => found.is_ge(),
        }
    }
}

impl<'a> Value<'a> {
    /// `-value`: NULL of what is no number.
    pub(super) fn negated(self) -> Self {
        match self {
            Self::Int(number) => Self::Int(number.wrapping_neg()),
            Self::Long(number) => Self::Long(number.wrapping_neg()),
            Self::Double(number) => Self::Double(-number),
            Self::Failed => Self::Failed,
            Self::Null | Self::Bool(_) | Self::Text(_) => Self::Null,
        }
    }

    /// `NOT value`.
    pub(super) fn inverted(self) -> Self {
        match self {
            Self::Bool(is) => Self::Bool(!is),
            other => other,
        }
    }

    /// A property where a condition is wanted: a text is not TRUE, whatever it says.
    pub(super) fn as_condition(self) -> Self {
        match self {
            Self::Null | Self::Failed | Self::Bool(_) => self,
            Self::Int(_) | Self::Long(_) | Self::Double(_) | Self::Text(_) => Self::Bool(false),
        }
    }

    /// `self AND right`.
    pub(super) fn and(self, right: Self) -> Self {
        self.decided_by(right, false)
    }

    /// `self OR right`.
    pub(super) fn or(self, right: Self) -> Self {
        self.decided_by(right, true)
    }

    /// `AND` is decided by a FALSE, `OR` by a TRUE; the left side is looked at first.
    fn decided_by(self, right: Self, decisive: bool) -> Self {
        match (self, right) {
            (Self::Failed, _) => Self::Failed,
            (Self::Bool(left), _) if left == decisive => self,
            (_, Self::Failed) => Self::Failed,
            (_, Self::Bool(right)) if right == decisive => Self::Bool(decisive),
            (Self::Null, _) | (_, Self::Null) => Self::Null,
            _ => Self::Bool(!decisive),
        }
    }

    /// `self = right`.
    pub(super) fn equals(self, right: Self) -> Self {
        match (self, right) {
            (Self::Failed, _) | (_, Self::Failed) => Self::Failed,
            (Self::Null, Self::Null) => Self::Bool(true),
            (Self::Null, _) => Self::Null,
            (_, Self::Null) => Self::Bool(false),
            _ => compare(self, right).map_or(Self::Failed, |found| Self::Bool(found.is_eq())),
        }
    }

    /// Does `self` stand to `right` as `order` says? Two texts are read as numbers.
    pub(super) fn ordered(self, order: Order, right: Self) -> Self {
        let found = match (self, right) {
            (Self::Failed, _) => return Self::Failed,
            (Self::Null, _) => return Self::Null,
            (_, Self::Failed) => return Self::Failed,
            (_, Self::Null) => return Self::Null,
            (Self::Text(left), Self::Text(right)) => {
                double(left).and_then(|left| double(right).map(|right| order_doubles(left, right)))
            }
            _ => compare(self, right),
        };
        found.map_or(Self::Failed, |found| Self::Bool(order.holds(found)))
    }
}

/// Compares two values that are there, after making one's type the other's; `None` where Java
/// throws. Types that do not go together compare as less.
pub(super) fn compare(left: Value<'_>, right: Value<'_>) -> Option<Ordering> {
    use Value::{Bool, Double, Int, Long, Text};
    Some(match (left, right) {
        (Bool(left), Bool(right)) => left.cmp(&right),
        (Int(left), Int(right)) => left.cmp(&right),
        (Int(left), Long(right)) => i64::from(left).cmp(&right),
        (Int(left), Double(right)) => order_doubles(f64::from(left), right),
        (Int(left), Text(right)) => left.cmp(&integer::<i32>(right)?),
        (Long(left), Int(right)) => left.cmp(&i64::from(right)),
        (Long(left), Long(right)) => left.cmp(&right),
        (Long(left), Double(right)) => order_doubles(rounded(left), right),
        (Long(left), Text(right)) => left.cmp(&integer::<i64>(right)?),
        (Double(left), Int(right)) => order_doubles(left, f64::from(right)),
        (Double(left), Long(right)) => order_doubles(left, rounded(right)),
        (Double(left), Double(right)) => order_doubles(left, right),
        (Double(left), Text(right)) => order_doubles(left, double(right)?),
        (Text(left), Bool(right)) => left.eq_ignore_ascii_case("true").cmp(&right),
        (Text(left), Int(right)) => integer::<i32>(left)?.cmp(&right),
        (Text(left), Long(right)) => integer::<i64>(left)?.cmp(&right),
        (Text(left), Double(right)) => order_doubles(double(left)?, right),
        (Text(left), Text(right)) => left.cmp(right),
        // Java means to read the text, and casts the boolean to one instead.
        (Bool(_), Text(_)) => return None,
        _ => Ordering::Less,
    })
}

/// The nearest floating point number.
#[expect(clippy::cast_precision_loss, reason = "Java rounds here as well")]
fn rounded(number: i64) -> f64 {
    number as f64
}
