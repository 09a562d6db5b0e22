//! One record by its physical offset: 33 (spec 2.6), answered by the core of its shard.

use std::rc::Rc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::reply::Refusal;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::query::ViewMessage;
use crate::rt::spawn;
use crate::units::PhysicalOffset;

/// Takes a VIEW_MESSAGE_BY_ID on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    let offset = match ViewMessage::from_fields(&request.command.fields) {
        Ok(header) => header.offset,
        Err(error) => return core.refuse(&request, &error.into()),
    };
    let core = core.clone();
    spawn::spawn(async move {
        match read(&core, offset).await {
            Some(record) => {
                let answer = Command::reply(&request.command, response::SUCCESS).with_body(record);
                core.answer(&request, &answer);
            }
            None => core.refuse(&request, &Refusal::RecordMissing(offset)),
        }
    })
    .detach();
}

/// The stored bytes of the record that starts at `offset`, of whichever shard; `None` if none
/// does, or if it is not committed.
pub async fn read(core: &Rc<Core>, offset: i64) -> Option<Bytes> {
    let offset = PhysicalOffset(u64::try_from(offset).ok()?);
    let owner = core.ownership();
    if offset.shard().0 >= owner.shards {
        return None;
    }
    core.run_on(owner.core_of(offset.shard()), move |there| async move {
        let shard = there.shard(offset.shard())?;
        shard.record_at(offset).await.ok().flatten()
    })
    .await
}
