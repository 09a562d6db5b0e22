//! RESUME_CHECK_HALF_MESSAGE 323: an admin has a half message asked about anew that was given up
//! (Java: `AdminBrokerProcessor.resumeCheckHalfMessage`).

use std::rc::Rc;

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::put::put;
use crate::broker::record;
use crate::broker::transaction::half::Half;
use crate::message::id;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::query::ResumeCheck;
use crate::rt::spawn;

/// Takes such a request on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    let core = core.clone();
    spawn::spawn(async move {
        let answer = match resume(&core, &request).await {
            Ok(()) => Command::reply(&request.command, response::SUCCESS),
            Err(remark) => {
                Command::reply(&request.command, response::SYSTEM_ERROR).with_remark(remark)
            }
        };
        core.answer(&request, &answer);
    })
    .detach();
}

async fn resume(core: &Rc<Core>, request: &Request) -> Result<(), &'static str> {
    const UNREADABLE: &str =
        "Exception was thrown when putting message back to RMQ_SYS_TRANS_HALF_TOPIC.";
    let header = ResumeCheck::from_fields(&request.command.fields).map_err(|_| UNREADABLE)?;
    let (_, physical) =
        id::parse_offset_id(header.msg_id.unwrap_or_default()).map_err(|_| UNREADABLE)?;
    let bytes = record::read(core, physical.0.cast_signed()).await.ok_or(UNREADABLE)?;
    let half = Half::of_given_up(&bytes).ok_or(UNREADABLE)?;
    let (topic, queue) = half.target().ok_or(UNREADABLE)?;
    let stored = put(core, half.resumed(core.ownership().half_queue(topic, queue))).await;
    stored.map(|_| ()).map_err(|_| "Put message back to RMQ_SYS_TRANS_HALF_TOPIC failed.")
}
