//! What a control handler answers with, before it is tied to its request.

use std::borrow::Cow;

use bytes::Bytes;

use crate::broker::reply::Refusal;
use crate::protocol::code::response;
use crate::protocol::{Command, FieldError, Fields};

/// A response without its request's number and serialization.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Response code.
    pub code: i32,
    /// Text for people.
    pub remark: Option<Cow<'static, str>>,
    /// `extFields`: `None` where Java's response has no header class, else there even if empty.
    /// Boxed, since most answers have none and they are large.
    pub fields: Option<Box<Fields>>,
    /// Body.
    pub body: Bytes,
}

/// The remark that stays on those answers of Java that are made as errors and get a new code only.
/// Tools show it, so it is part of the shape.
pub const NO_CODE_SET: &str = "not set any response code";

/// What a handler comes to. Both sides are answers; the second ends the handler early.
pub type Outcome = Result<Answer, Answer>;

impl Answer {
    /// Success, and nothing to say.
    pub fn done() -> Self {
        Self { code: response::SUCCESS, remark: None, fields: None, body: Bytes::new() }
    }

    /// Success with a body.
    pub fn of_body(body: impl Into<Bytes>) -> Self {
        Self { body: body.into(), ..Self::done() }
    }

    /// Success with fields.
    pub fn of_fields(fields: Fields) -> Self {
        Self::done().with_fields(fields)
    }

    /// Refused, with a response code and a text for people.
    pub fn refused(code: i32, remark: impl Into<Cow<'static, str>>) -> Self {
        Self { code, remark: Some(remark.into()), ..Self::done() }
    }

    /// With this remark.
    #[must_use]
    pub fn with_remark(self, remark: impl Into<Cow<'static, str>>) -> Self {
        Self { remark: Some(remark.into()), ..self }
    }

    /// With these fields.
    #[must_use]
    pub fn with_fields(self, fields: Fields) -> Self {
        Self { fields: Some(Box::new(fields)), ..self }
    }

    /// The response to `request`.
    pub fn to(self, request: &Command) -> Command {
        let command = Command::reply(request, self.code)
            .with_fields(self.fields.map_or_else(Fields::absent, |fields| *fields));
        let command = command.with_body(self.body);
        match self.remark {
            Some(remark) => command.with_remark(remark),
            None => command,
        }
    }
}

impl From<FieldError> for Answer {
    fn from(error: FieldError) -> Self {
        Refusal::Header(error).into()
    }
}

impl From<Refusal> for Answer {
    fn from(refusal: Refusal) -> Self {
        Self::refused(refusal.code(), refusal.remark())
    }
}
