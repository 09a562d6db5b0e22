//! RECALL_MESSAGE 370 (5.x): a timed message is taken back before it is due.

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::protocol::Fields;
use crate::protocol::code::response;

/// Refused as by a broker with `recallMessageEnable=false`, RocketMQ's default (Java:
/// `RecallMessageProcessor`).
pub fn recall(asked: &Asked<'_>) -> Outcome {
    let mut fields = Fields::empty();
    fields.push("MSG_REGION", &asked.control.config().identity.region);
    let remark = "recall failed, operation is forbidden";
    Err(Answer::refused(response::NO_PERMISSION, remark).with_fields(fields))
}
