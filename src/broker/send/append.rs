//! Appending on the core that owns the queue, and answering once the store says so.

use std::rc::Rc;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::message::{Client, Reply};
use crate::broker::probe::{self, Kind};
use crate::broker::put::{self, Stored};
use crate::broker::reply::Refusal;
use crate::broker::send::receive::answer_refusal;
use crate::broker::send::{Asker, Content, Prepared};
use crate::broker::storage::{Shard, ShardRoom};
use crate::message::id::OffsetId;
use crate::message::properties::{Properties, TAGS};
use crate::message::record::Host;
use crate::message::topic::HALF_TOPIC;
use crate::message::{batch, tag};
use crate::protocol::code::response;
use crate::protocol::request::send::SendReply;
use crate::rt::clock::{self, Instant};
use crate::store::{AppendError, Appended, NewMessage, NewTagsCode};
use crate::units::{CoreId, PhysicalOffset, QueueOffset, ShardId, WallMillis};

/// What waits for a record to be stored.
pub struct Ack {
    then: Then,
    kind: Kind,
    messages: u64,
    bytes: u64,
    since: Instant,
    topic: Arc<str>,
    queue: i32,
    room: Rc<ShardRoom>,
}

impl Ack {
    /// What is counted now that the records are stored.
    fn put(&self, now: Instant) -> probe::Put<'_> {
        probe::Put {
            topic: &self.topic,
            queue: self.queue,
            kind: self.kind,
            messages: self.messages,
            bytes: self.bytes,
            took: now.since(self.since),
        }
    }
}

/// What is to be said once the record is stored, and to whom.
enum Then {
    /// The encoded response, for a client that wants one.
    Answer(Client, Option<Bytes>),
    /// For a put of the broker's own.
    HandIn(CoreId, u64, Stored),
}

impl Then {
    fn asker(&self) -> Asker {
        match self {
            Self::Answer(client, _) => Asker::Client(*client),
            Self::HandIn(core, ticket, _) => Asker::Inside { core: *core, ticket: *ticket },
        }
    }
}

/// Answers sends whose records are stored, in the order of the log, and then appends what waited
/// for room.
pub fn acknowledge(core: &Core, acks: Vec<Ack>) {
    let mut room = None;
    let now = clock::now();
    for ack in acks {
        core.probe.put(ack.put(now));
        ack.room.unanswered.update(|count| count - 1);
        match ack.then {
            Then::Answer(client, frame) => {
                client.count(&core.probe, response::SUCCESS, false, now);
                if let Some(frame) = frame {
                    core.gather_reply(client.origin.connection, Reply::Whole(frame));
                }
            }
            Then::HandIn(waiting, ticket, stored) => {
                let result: put::Result = Ok(stored);
                core.hand_in(waiting, ticket, Box::new(result));
            }
        }
        room = Some(ack.room);
    }
    core.pass_gathered();
    if let Some(room) = room {
        append_waiting(core, &room);
    }
}

/// Refuses sends whose records will never count as stored, and those that waited for room.
pub fn refuse_unstored(core: &Core, acks: Vec<Ack>) {
    for ack in acks {
        ack.room.unanswered.update(|count| count - 1);
        core.probe.put_failed();
        refuse(core, &ack.then.asker(), Refusal::StoreUnavailable);
        let waiting = ack.room.waiting.take();
        for send in waiting {
            core.probe.put_failed();
            refuse(core, &send.asker, Refusal::StoreUnavailable);
        }
    }
}

/// Appends what waited for room in a shard of this core, or refuses it.
pub fn append_waiting_on(core: &Core, shard: ShardId) {
    if let Some(room) = core.room(shard) {
        append_waiting(core, &room);
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
    match put_records(&room.shard, &send) {
        Ok(put) => {
            if let (Asker::Client(_), Content::One { properties, .. }) =
                (&send.asker, &send.content)
                && *send.topic == *HALF_TOPIC
            {
                room.transactions.begun(properties);
            }
            let ack = Ack {
                kind: send.kind,
                queue: send.queue,
                then: match send.asker {
                    Asker::Client(client) => Then::Answer(client, frame(core, client, &send, &put)),
                    Asker::Inside { core, ticket } => {
                        let Put { physical, queue_offset, .. } = put;
                        Then::HandIn(core, ticket, Stored { physical, queue_offset })
                    }
                },
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
                AppendError::TooLong | AppendError::Encode(_) | AppendError::Properties => {
                    Refusal::MessageTooLong { body_bytes_max: core.config().sends.body_bytes_max }
                }
                AppendError::Full { used_percent } => Refusal::DiskFull { used_percent },
                _ => Refusal::StoreUnavailable,
            };
            refuse(core, &send.asker, refusal);
            Ok(())
        }
    }
}

fn put_records(shard: &Shard, send: &Prepared) -> Result<Put, AppendError> {
    let message = |flag, body, properties, tags_code| NewMessage {
        topic: &send.topic,
        queue_id: send.queue,
        flag,
        sys_flag: send.sys_flag,
        born_at: WallMillis(send.born_timestamp),
        born_host: Host { ip: send.born_host.ip(), port: u32::from(send.born_host.port()) },
        store_host: send.store_host,
        reconsume_times: send.reconsume_times,
        prepared_transaction_offset: send.prepared_transaction_offset,
        body,
        properties,
        tags_code,
    };
    match &send.content {
        Content::One { properties, body, tags_code } => {
            let appended = shard.append(&message(send.flag, body, properties, *tags_code))?;
            Ok(Put::of(appended, send.store_host))
        }
        Content::Batch { body } => {
            let items: Vec<_> = batch::items(body).filter_map(Result::ok).collect();
            let messages: Vec<_> = items
                .iter()
                .map(|item| {
                    let tags = Properties::new(item.properties).get(TAGS);
                    let code = NewTagsCode::Hash(tag::tags_code(tags));
                    message(item.flag, item.body, item.properties, code)
                })
                .collect();
            Ok(Put::of_all(&shard.append_all(&messages)?, send.store_host))
        }
    }
}

/// What an append came to.
struct Put {
    end: u64,
    /// Of the first.
    physical: PhysicalOffset,
    /// Of the first.
    queue_offset: QueueOffset,
    messages: u64,
    bytes: u64,
    ids: Ids,
}

/// offsetMsgId of each message.
enum Ids {
    One(OffsetId),
    /// With commas between.
    Several(String),
}

impl Put {
    fn of(appended: Appended, host: Host) -> Self {
        Self {
            end: appended.record_end,
            physical: appended.physical,
            queue_offset: appended.queue_offset,
            messages: 1,
            bytes: u64::from(appended.size),
            ids: Ids::One(OffsetId::new(host, appended.physical)),
        }
    }

    /// Of records that were appended together; there is at least one.
    fn of_all(appended: &[Appended], host: Host) -> Self {
        let first = appended.first();
        let ids = appended.iter().map(|record| OffsetId::new(host, record.physical).to_string());
        Self {
            end: appended.last().map_or(0, |last| last.record_end),
            physical: first.map_or(PhysicalOffset(0), |first| first.physical),
            queue_offset: first.map_or(QueueOffset(0), |first| first.queue_offset),
            messages: appended.len() as u64,
            bytes: appended.iter().map(|record| u64::from(record.size)).sum(),
            ids: Ids::Several(ids.collect::<Vec<_>>().join(",")),
        }
    }

    fn ids(&self) -> &str {
        match &self.ids {
            Ids::One(id) => id.as_str(),
            Ids::Several(ids) => ids,
        }
    }
}

/// Takes a checked send on the core that owns its queue.
pub fn append(core: &Core, send: Prepared) {
    let Some(room) = core.room_of(&send.topic, send.queue) else {
        return refuse(core, &send.asker, Refusal::StoreUnavailable);
    };
    let from_client = matches!(send.asker, Asker::Client(_));
    if from_client && *send.topic == *HALF_TOPIC && room.transactions.is_full() {
        core.probe.put_failed();
        return refuse(core, &send.asker, Refusal::Busy("too many transactions are open"));
    }
    let mut waiting = room.waiting.borrow_mut();
    if waiting.len() >= core.config().sends.waiting_max {
        core.probe.put_failed();
        return refuse(core, &send.asker, Refusal::Busy("the log does not keep up"));
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
fn frame(core: &Core, client: Client, send: &Prepared, put: &Put) -> Option<Bytes> {
    if client.oneway {
        return None;
    }
    let unique_key = send.unique_key.as_deref().and_then(|key| std::str::from_utf8(key).ok());
    let config = core.config();
    let reply = SendReply {
        msg_id: put.ids(),
        queue_id: send.answered_queue,
        queue_offset: put.queue_offset.0,
        transaction_id: unique_key,
        batch_uniq_id: None,
        recall_handle: None,
        region: Some(&config.identity.region),
        trace_on: Some(config.identity.trace),
    };
    let answer = client.command(response::SUCCESS);
    match core.arena.write(|out| answer.encode_header_into(&reply, 0, out)) {
        Ok(frame) => Some(frame),
        Err(error) => {
            tracing::error!(%error, "a send's answer does not fit a frame");
            None
        }
    }
}

/// Says that a message is not stored.
pub fn refuse(core: &Core, asker: &Asker, refusal: Refusal) {
    match asker {
        Asker::Client(client) => answer_refusal(core, client, &refusal),
        Asker::Inside { core: waiting, ticket } => {
            let result: put::Result = Err(refusal);
            core.hand_in(*waiting, *ticket, Box::new(result));
        }
    }
}
