//! Appending on the core that owns the queue, and answering once the store says so.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::message::Reply;
use crate::broker::reply::Refusal;
use crate::broker::send::receive::answer_refusal;
use crate::broker::send::{Client, Content, Prepared};
use crate::broker::storage::{Shard, ShardRoom};
use crate::message::properties::{Properties, TAGS};
use crate::message::record::Host;
use crate::message::{batch, id, tag};
use crate::protocol::code::response;
use crate::protocol::request::send::SendReply;
use crate::rt::clock::{self, Instant};
use crate::store::{AppendError, Appended, NewMessage, NewTagsCode};
use crate::units::{QueueOffset, WallMillis};

/// What waits for a record to be stored.
pub struct Ack {
    client: Client,
    /// The encoded response, for a client that wants one.
    frame: Option<Bytes>,
    messages: u64,
    bytes: u64,
    since: Instant,
    topic: Arc<str>,
    room: Rc<ShardRoom>,
}

/// Answers sends whose records are stored, in the order of the log, and then appends what waited
/// for room.
pub fn acknowledge(core: &Core, acks: Vec<Ack>) {
    let mut room = None;
    for ack in acks {
        core.probe.put(&ack.topic, ack.messages, ack.bytes, ack.since.elapsed());
        ack.room.unanswered.update(|count| count - 1);
        if let Some(frame) = ack.frame {
            core.reply_to(ack.client.origin.connection, Reply::Whole(frame));
        }
        room = Some(ack.room);
    }
    if let Some(room) = room {
        append_waiting(core, &room);
    }
}

/// Refuses sends whose records will never count as stored, and those that waited for room.
pub fn refuse_unstored(core: &Core, acks: Vec<Ack>) {
    for ack in acks {
        ack.room.unanswered.update(|count| count - 1);
        core.probe.put_failed();
        answer_refusal(core, &ack.client, &Refusal::StoreUnavailable);
        let waiting = ack.room.waiting.take();
        for send in waiting {
            core.probe.put_failed();
            answer_refusal(core, &send.client, &Refusal::StoreUnavailable);
        }
    }
}

fn append_waiting(core: &Core, room: &Rc<ShardRoom>) {
    loop {
        let Some(send) = room.waiting.borrow_mut().pop_front() else { return };
        if let Err(send) = try_append(core, room, send) {
            room.waiting.borrow_mut().push_front(*send);
            return;
        }
    }
}

/// Appends, or refuses for good; gives the send back when there is no room now.
fn try_append(core: &Core, room: &Rc<ShardRoom>, send: Prepared) -> Result<(), Box<Prepared>> {
    match put_records(core, &room.shard, &send) {
        Ok(put) => {
            let ack = Ack {
                client: send.client,
                frame: frame(core, &send, &put),
                messages: put.messages,
                bytes: put.bytes,
                since: clock::now(),
                topic: send.topic,
                room: room.clone(),
            };
            room.unanswered.update(|count| count + 1);
            room.shard.on_commit(put.end, ack);
            Ok(())
        }
        Err(AppendError::Busy) => Err(Box::new(send)),
        Err(error) => {
            core.probe.put_failed();
            let refusal = match error {
                AppendError::TooLong | AppendError::Encode(_) => {
                    Refusal::MessageTooLong { body_bytes_max: core.config().sends.body_bytes_max }
                }
                _ => Refusal::StoreUnavailable,
            };
            answer_refusal(core, &send.client, &refusal);
            Ok(())
        }
    }
}

fn put_records(core: &Core, shard: &Shard, send: &Prepared) -> Result<Put, AppendError> {
    let message = |flag, body, properties, tags_code| NewMessage {
        topic: &send.topic,
        queue_id: send.queue,
        flag,
        sys_flag: send.sys_flag,
        born_at: WallMillis(send.born_timestamp),
        born_host: Host { ip: send.born_host.ip(), port: u32::from(send.born_host.port()) },
        store_host: core.store_host,
        reconsume_times: send.reconsume_times,
        prepared_transaction_offset: 0,
        body,
        properties,
        tags_code: NewTagsCode::Hash(tags_code),
    };
    match &send.content {
        Content::One { properties, body, tags_code } => {
            let appended = shard.append(&message(send.flag, body, properties, *tags_code))?;
            Ok(Put::of(&[appended], core.store_host))
        }
        Content::Batch(body) => {
            let items: Vec<_> = batch::items(body).filter_map(Result::ok).collect();
            let messages: Vec<_> = items
                .iter()
                .map(|item| {
                    let tags = Properties::new(item.properties).get(TAGS);
                    message(item.flag, item.body, item.properties, tag::tags_code(tags))
                })
                .collect();
            Ok(Put::of(&shard.append_all(&messages)?, core.store_host))
        }
    }
}

/// What an append came to.
struct Put {
    end: u64,
    queue_offset: QueueOffset,
    messages: u64,
    bytes: u64,
    /// offsetMsgId of each message, with commas between.
    ids: String,
}

impl Put {
    /// Of records that were appended together; there is at least one.
    fn of(appended: &[Appended], host: Host) -> Self {
        let mut put = Self {
            end: 0,
            queue_offset: QueueOffset(0),
            messages: appended.len() as u64,
            bytes: 0,
            ids: String::with_capacity(33 * appended.len()),
        };
        for record in appended {
            if put.ids.is_empty() {
                put.queue_offset = record.queue_offset;
            } else {
                put.ids.push(',');
            }
            put.ids.push_str(&id::offset_id(host, record.physical));
            put.bytes += u64::from(record.size);
            put.end = record.record_end;
        }
        put
    }
}

/// Takes a checked send on the core that owns its queue.
pub fn append(core: &Core, send: Prepared) {
    let Some(room) = core.room_of(&send.topic, send.queue) else {
        return answer_refusal(core, &send.client, &Refusal::StoreUnavailable);
    };
    let mut waiting = room.waiting.borrow_mut();
    if waiting.len() >= core.config().sends.waiting_max {
        core.probe.put_failed();
        return answer_refusal(core, &send.client, &Refusal::Busy("the log does not keep up"));
    }
    if !waiting.is_empty() {
        return waiting.push_back(send);
    }
    drop(waiting);
    if let Err(send) = try_append(core, &room, send) {
        room.waiting.borrow_mut().push_back(*send);
    }
}

/// The encoded response, which can be made at the append: only its sending has to wait.
fn frame(core: &Core, send: &Prepared, put: &Put) -> Option<Bytes> {
    let client = &send.client;
    if client.oneway {
        return None;
    }
    let unique_key = send.unique_key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let config = core.config();
    let reply = SendReply {
        msg_id: &put.ids,
        queue_id: send.queue,
        queue_offset: put.queue_offset.0,
        transaction_id: unique_key,
        batch_uniq_id: None,
        recall_handle: None,
        region: Some(&config.identity.region),
        trace_on: Some(config.identity.trace),
    };
    match client.command(response::SUCCESS).with_fields(reply.to_fields()).encode() {
        Ok(frame) => Some(frame),
        Err(error) => {
            tracing::error!(%error, "a send's answer does not fit a frame");
            None
        }
    }
}
