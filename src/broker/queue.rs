//! Questions about one queue, answered by the core that owns it: 29, 30, 31, 32 (spec 2.4).
//!
//! Of an unknown topic or queue the offsets are 0 and the time is -1, which is no error.

use std::rc::Rc;

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::reply::Refusal;
use crate::protocol::code::{request as code, response};
use crate::protocol::request::offset::{MinOffset, OffsetReply, SearchOffset, TimestampReply};
use crate::protocol::{Command, Fields};
use crate::rt::spawn;
use crate::store::Boundary;
use crate::units::WallMillis;

/// Takes such a question on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    // All four headers have the fields of this one.
    let owner = match MinOffset::from_fields(&request.command.fields) {
        Ok(header) => core.owner_of(header.topic, header.queue_id),
        Err(error) => return core.refuse(&request, &error.into()),
    };
    let asker = core.clone();
    spawn::spawn(async move {
        let command = request.command.clone();
        let answer = asker.run_on(owner, move |there| answer(there, command)).await;
        asker.answer(&request, &answer);
    })
    .detach();
}

async fn answer(core: Rc<Core>, command: Command) -> Command {
    match fields(&core, &command).await {
        Ok(fields) => Command::reply(&command, response::SUCCESS).with_fields(fields),
        Err(refusal) => refusal.answer(&command),
    }
}

async fn fields(core: &Core, command: &Command) -> Result<Fields, Refusal> {
    let MinOffset { topic, queue_id, .. } = MinOffset::from_fields(&command.fields)?;
    let shard = core.shard_of(topic, queue_id).ok_or(Refusal::StoreUnavailable)?;
    let offset = match command.code {
        code::GET_MAX_OFFSET => shard.range(topic, queue_id).map_or(0, |(_, max)| max.0),
        code::GET_MIN_OFFSET => shard.range(topic, queue_id).map_or(0, |(min, _)| min.0),
        code::SEARCH_OFFSET_BY_TIMESTAMP => {
            let header = SearchOffset::from_fields(&command.fields)?;
            let upper = header.boundary.is_some_and(|kind| kind.eq_ignore_ascii_case("UPPER"));
            let boundary = if upper { Boundary::Upper } else { Boundary::Lower };
            let time = WallMillis(header.timestamp);
            let found = shard.offset_at(topic, queue_id, time, boundary).await;
            found.map_err(|error| unreadable(topic, &error))?.map_or(0, |offset| offset.0)
        }
        _ => {
            let time = match shard.range(topic, queue_id) {
                Some((min, _)) => shard.stored_at(topic, queue_id, min).await,
                None => Ok(None),
            };
            let time = time.map_err(|error| unreadable(topic, &error))?;
            return Ok(TimestampReply { timestamp: time.map_or(-1, |time| time.0) }.to_fields());
        }
    };
    Ok(OffsetReply { offset }.to_fields())
}

fn unreadable(topic: &str, error: &dyn std::error::Error) -> Refusal {
    tracing::error!(topic, %error, "cannot read a consume queue");
    Refusal::StoreUnavailable
}
