//! What is stored of a checked message, and where: under its own topic, or where it waits for its
//! time or for the end of its transaction.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::delay::{defer, level_of};
use crate::broker::message::Request;
use crate::broker::probe::Kind;
use crate::broker::reply::{Closed, Refusal};
use crate::broker::send::Content;
use crate::broker::send::properties::{self, Found};
use crate::broker::send::reply;
use crate::broker::transaction;
use crate::limits::PROPERTIES_BYTES_MAX;
use crate::message::batch;
use crate::message::flags::{INNER_BATCH, Transaction};
use crate::message::tag;
use crate::message::topic::HALF_TOPIC;
use crate::protocol::request::send::Send as Header;
use crate::store::NewTagsCode;

/// When a message is to be delivered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    /// After the delay of this level, which is 1 or more.
    Delay(i32),
    /// When its transaction is committed.
    Commit,
    /// At once.
    Now,
}

impl Wants {
    /// What a message asks for. What this broker does not do is refused: delivering a message at
    /// once that asked to wait would be worse.
    ///
    /// # Errors
    /// The refusal.
    pub fn of(core: &Core, header: &Header<'_>, found: &Found<'_>) -> Result<Self, Refusal> {
        let level = level_of(found.delay).map_err(|_| Refusal::Body("DELAY is no number"))?;
        // Clients before 4.6.1 send what they could not consume with the properties it came with.
        let is_again = header.reconsume_times.unwrap_or(0) > 0 && level > 0;
        if found.kind == Kind::Transaction && !is_again && header.batch != Some(true) {
            return match core.config().sends.refuse_transactions {
                true => Err(Refusal::Closed(Closed::Transactions, core.store_host.ip)),
                false => Ok(Self::Commit),
            };
        }
        if !Transaction::of(header.sys_flag).is_queued() {
            return Ok(Self::Now);
        }
        match level {
            1.. => Ok(Self::Delay(level)),
            _ if found.timer => Err(Refusal::TimerDisabled),
            _ => Ok(Self::Now),
        }
    }
}

/// What is stored, and where.
pub struct Placed {
    pub topic: Arc<str>,
    pub queue: i32,
    pub sys_flag: i32,
    pub kind: Kind,
    pub unique_key: Option<Bytes>,
    pub content: Content,
}

/// A request's checked message, on its way to a queue.
pub struct Checked<'a> {
    pub request: &'a Request,
    pub sys_flag: i32,
    pub topic: Arc<str>,
    pub queue: i32,
    pub wants: Wants,
}

impl Checked<'_> {
    /// Places one message, which came with the properties `sent`.
    ///
    /// # Errors
    /// Its properties are too long, or say that it is a batch, which is none of 4.x's.
    pub fn one(self, core: &Core, sent: &str, found: &Found<'_>) -> Result<Placed, Refusal> {
        let replies = reply::is_reply(self.request.command.code);
        let made = (found.unique_key.is_none() && !replies).then(|| core.unique_key());
        let added = if replies { &core.added_to_replies } else { &core.added_properties };
        let properties = properties::stored(&core.arena, sent, found, added, made.as_deref());
        let Self { topic, queue, sys_flag, .. } = self;
        let hash = NewTagsCode::Hash(tag::tags_code(found.tags));
        let (topic, queue, sys_flag, properties, tags_code) = match self.wants {
            Wants::Now => (topic, queue, sys_flag, properties, hash),
            Wants::Delay(level) => {
                let at = (&*topic, queue);
                let waits = defer(&core.config().delays.levels, level, at, &properties);
                (waits.topic, waits.queue, sys_flag, waits.properties, waits.tags_code)
            }
            Wants::Commit => {
                let half = core.ownership().half_queue(&topic, queue);
                let properties = transaction::half_properties(&properties, &topic, queue);
                let sys_flag = Transaction::None.apply(sys_flag);
                (HALF_TOPIC.into(), half, sys_flag, properties, hash)
            }
        };
        let inner_batch = found.inner_batch || sys_flag & INNER_BATCH != 0;
        if properties.len() > PROPERTIES_BYTES_MAX || inner_batch {
            return Err(too_long(core));
        }
        let body = self.request.command.body.clone();
        Ok(Placed {
            topic,
            queue,
            sys_flag,
            kind: found.kind,
            unique_key: found.unique_key.or(made.as_deref()).map(|key| kept(core, key)),
            content: Content::One { properties, body, tags_code },
        })
    }

    /// Places a batch.
    ///
    /// # Errors
    /// It is not whole, or waits for something, which Java's store refuses in these words.
    pub fn batch(self, core: &Core, found: &Found<'_>) -> Result<Placed, Refusal> {
        let body = self.request.command.body.clone();
        let mut first = None;
        for item in batch::items(&body) {
            let item = item.map_err(|_| Refusal::Body("the batch body is malformed"))?;
            first.get_or_insert(item.properties);
        }
        let kind = first.map_or(Kind::Normal, Kind::of);
        if self.wants != Wants::Now || Transaction::of(self.sys_flag) != Transaction::None {
            return Err(too_long(core));
        }
        let Self { topic, queue, sys_flag, .. } = self;
        let unique_key = found.unique_key.map(|key| kept(core, key));
        Ok(Placed { topic, queue, sys_flag, kind, unique_key, content: Content::Batch { body } })
    }
}

/// A text that goes with a message to the core of its queue.
fn kept(core: &Core, text: &str) -> Bytes {
    let Ok(kept) = core.arena.write::<Infallible>(|out| {
        out.extend_from_slice(text.as_bytes());
        Ok(())
    });
    kept
}

/// The refusal of what is longer than a record may be.
pub fn too_long(core: &Core) -> Refusal {
    Refusal::MessageTooLong { body_bytes_max: core.config().sends.body_bytes_max }
}
