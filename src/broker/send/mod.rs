//! Sends: checked and prepared on the connection's core, appended on the queue's.
//!
//! Answered once the store says that the ack condition holds; the answer is encoded at the append,
//! when the offsets are known, and waits in the shard's commit queue.

mod append;
mod check;
mod place;
mod properties;
mod receive;
mod reply;

pub use append::{Ack, acknowledge, append, append_waiting_on, refuse_unstored};
pub use check::Missing;
pub use properties::{added_by_broker, added_to_replies};
pub use receive::{Awaited, dispatch, provided, receive};

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;

use crate::broker::message::Client;
use crate::broker::probe::Kind;
use crate::message::record::Host;
use crate::store::NewTagsCode;
use crate::units::CoreId;

/// A message, or a batch of them, ready to be appended to one queue. All of it can cross cores;
/// texts and body are slices of the frame it came in.
#[derive(Debug)]
pub struct Prepared {
    /// Whom to answer.
    pub asker: Asker,
    /// Where it goes.
    pub topic: Arc<str>,
    /// Where it goes; never negative.
    pub queue: i32,
    /// The queue that the answer names: where the message will be once it is for consumers.
    pub answered_queue: i32,
    /// The user's own flag.
    pub flag: i32,
    /// Compression and tag bits.
    pub sys_flag: i32,
    /// Milliseconds since the epoch, by the client's clock.
    pub born_timestamp: i64,
    /// The client.
    pub born_host: SocketAddr,
    /// What the record gives as the broker it was stored by.
    pub store_host: Host,
    /// How often it was consumed in vain.
    pub reconsume_times: i32,
    /// Of the message that commits a transaction, where its half message is; else 0.
    pub prepared_transaction_offset: i64,
    /// What sort of message it is, of a batch its first.
    pub kind: Kind,
    /// UNIQ_KEY of the message or batch, which the answer carries.
    pub unique_key: Option<Bytes>,
    /// What is stored.
    pub content: Content,
}

/// One message, or several.
#[derive(Debug)]
pub enum Content {
    /// As it is stored.
    One {
        /// The properties string.
        properties: Bytes,
        /// The body, compressed if the producer did so.
        body: Bytes,
        /// Hash of the tag, or whatever the queue is filtered by.
        tags_code: NewTagsCode,
    },
    /// Several.
    Batch {
        /// The messages, checked to be whole (spec 4.6).
        body: Bytes,
    },
}

/// Who wants to know what became of a message.
#[derive(Clone, Copy, Debug)]
pub enum Asker {
    /// A client.
    Client(Client),
    /// The broker itself, see [`put`](super::put::put).
    Inside {
        /// The core that waits.
        core: CoreId,
        /// The number under which it waits.
        ticket: u64,
    },
}
