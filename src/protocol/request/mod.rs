//! Typed headers: what the fields of each request, and of the responses that have some, hold.
//!
//! All borrow their texts from the command. Reading is by name: unknown fields are passed over, of
//! a name that occurs twice the last one counts, numbers are decimal, `true` in any case is true
//! and anything else false (as `Boolean.parseBoolean`). A missing required field or a bad number is
//! refused, where Java would run into a null. Writing leaves out what is `None`, as Java leaves out
//! null members.

pub mod client;
pub mod group;
pub mod offset;
pub mod pop;
pub mod pull;
pub mod query;
pub mod registration;
pub mod route;
pub mod send;
pub mod topic;

use crate::protocol::error::FieldError;
use crate::protocol::fields::{Decimal, Take};

/// A type that one field of a header can have. `Option` of it makes the field optional.
pub(crate) trait Value<'a>: Sized {
    /// The value of a field that has this text, if it is there at all.
    fn read(found: Option<&'a str>, field: &'static str) -> Result<Self, FieldError>;

    /// Hands the field to `take`.
    fn write(&self, field: &str, take: Take<'_>);
}

impl<'a> Value<'a> for &'a str {
    fn read(found: Option<&'a str>, field: &'static str) -> Result<Self, FieldError> {
        found.ok_or(FieldError::missing(field))
    }

    fn write(&self, field: &str, take: Take<'_>) {
        take(field, self);
    }
}

impl<'a> Value<'a> for bool {
    fn read(found: Option<&'a str>, field: &'static str) -> Result<Self, FieldError> {
        found.map(|text| text.eq_ignore_ascii_case("true")).ok_or(FieldError::missing(field))
    }

    fn write(&self, field: &str, take: Take<'_>) {
        take(field, if *self { "true" } else { "false" });
    }
}

macro_rules! number_value {
    ($($number:ty)*) => {$(
        impl<'a> Value<'a> for $number {
            fn read(found: Option<&'a str>, field: &'static str) -> Result<Self, FieldError> {
                let text = found.ok_or(FieldError::missing(field))?;
                text.parse().map_err(|_| FieldError::not_a_number(field))
            }

            fn write(&self, field: &str, take: Take<'_>) {
                take(field, Decimal::new(i64::from(*self)).as_str());
            }
        }
    )*};
}

number_value!(i32 i64);

impl<'a, T: Value<'a>> Value<'a> for Option<T> {
    fn read(found: Option<&'a str>, field: &'static str) -> Result<Self, FieldError> {
        found.map(|text| T::read(Some(text), field)).transpose()
    }

    fn write(&self, field: &str, take: Take<'_>) {
        if let Some(value) = self {
            value.write(field, take);
        }
    }
}

/// Declares headers. Each line is a field, its type, and its name on the wire; further names are
/// read too. The fields are written in the order of the lines.
macro_rules! headers {
    ($(
        $(#[$doc:meta])*
        pub struct $name:ident $(<$life:lifetime>)? {
            $($(#[$note:meta])* $field:ident: $kind:ty = $wire:literal $(| $other:literal)*,)*
        }
    )*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name $(<$life>)? {
            $(
                #[doc = concat!("Field `", $wire, "`. ")]
                $(#[$note])*
                pub $field: $kind,
            )*
        }

        impl $(<$life>)? $name $(<$life>)? {
            /// Reads the header out of a command's fields, in one pass over them.
            ///
            /// # Errors
            /// A required field is missing, or a number is none.
            pub fn from_fields(
                fields: &$($life)? $crate::protocol::Fields,
            ) -> Result<Self, $crate::protocol::FieldError> {
                $(let mut $field = None;)*
                for (key, value) in fields.iter() {
                    match key {
                        $($wire $(| $other)* => $field = Some(value),)*
                        _ => {}
                    }
                }
                Ok(Self { $($field: $crate::protocol::request::Value::read($field, $wire)?,)* })
            }

            /// The fields of this header.
            pub fn to_fields(&self) -> $crate::protocol::Fields {
                let mut fields = $crate::protocol::Fields::empty();
                let push = &mut |name: &str, value: &str| fields.push(name, value);
                $crate::protocol::FieldList::each(self, push);
                fields
            }
        }

        impl $(<$life>)? $crate::protocol::FieldList for $name $(<$life>)? {
            fn each(&self, take: $crate::protocol::fields::Take<'_>) {
                $($crate::protocol::request::Value::write(&self.$field, $wire, take);)*
            }
        }
    )*};
}

pub(crate) use headers;
