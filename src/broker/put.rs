//! Messages that the broker stores itself: deliveries of delayed messages, retries, the records of
//! transactions.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::probe::Kind;
use crate::broker::reply::Refusal;
use crate::broker::send::{self, Asker, Content, Prepared};
use crate::message::record::Host;
use crate::store::NewTagsCode;
use crate::units::{PhysicalOffset, QueueOffset};

/// A message of the broker's own. Nothing is added to it and nothing but its length is checked;
/// its topic and queue are to exist.
#[derive(Debug)]
pub struct Inside {
    /// Where it goes.
    pub topic: Arc<str>,
    /// Where it goes; never negative.
    pub queue: i32,
    /// The user's own flag.
    pub flag: i32,
    /// Compression, tag and transaction bits.
    pub sys_flag: i32,
    /// Milliseconds since the epoch, by the clock of who made it.
    pub born_timestamp: i64,
    /// Who made it.
    pub born_host: SocketAddr,
    /// The broker that first stored it, if not this one.
    pub store_host: Option<Host>,
    /// How often it was consumed in vain.
    pub reconsume_times: i32,
    /// Of the message that commits a transaction, where its half message is; else 0.
    pub prepared_transaction_offset: i64,
    /// The properties string.
    pub properties: Bytes,
    /// The body.
    pub body: Bytes,
    /// What its queue is filtered by.
    pub tags_code: NewTagsCode,
}

/// Where a message was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stored {
    /// In the log.
    pub physical: PhysicalOffset,
    /// In its queue.
    pub queue_offset: QueueOffset,
}

/// What became of a message.
pub type Result = std::result::Result<Stored, Refusal>;

/// Stores a message; from any core. It is on its way when this returns, in the order of the calls
/// for queues of one core; the future waits until it counts as stored, or is refused.
pub fn put(core: &Rc<Core>, message: Inside) -> Putting {
    let Inside { topic, queue, properties, body, tags_code, .. } = message;
    let prepared = Prepared {
        // Set below.
        asker: Asker::Inside { core: core.id, ticket: 0 },
        topic,
        queue,
        answered_queue: queue,
        flag: message.flag,
        sys_flag: message.sys_flag,
        born_timestamp: message.born_timestamp,
        born_host: message.born_host,
        store_host: message.store_host.unwrap_or(core.store_host),
        reconsume_times: message.reconsume_times,
        prepared_transaction_offset: message.prepared_transaction_offset,
        kind: Kind::of(&properties),
        unique_key: None,
        content: Content::One { properties, body, tags_code },
    };
    put_prepared(core, prepared)
}

/// As [`put`], for a message of a client that is checked already, but not to be answered as soon
/// as it is stored.
pub fn put_prepared(core: &Rc<Core>, message: Prepared) -> Putting {
    let ticket = core.tickets.open();
    let asker = Asker::Inside { core: core.id, ticket };
    send::dispatch(core, Prepared { asker, ..message });
    core.pass_gathered();
    Putting { core: core.clone(), ticket }
}

/// See [`put`]. Dropping it takes nothing back: the message is stored, or not, without a witness.
#[must_use = "a message counts as stored only when this says so"]
pub struct Putting {
    core: Rc<Core>,
    ticket: u64,
}

impl Future for Putting {
    type Output = Result;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result> {
        self.core.tickets.poll(self.ticket, context).map(|value| match value.downcast::<Result>() {
            Ok(result) => *result,
            Err(_) => unreachable!("a put is answered with its result"),
        })
    }
}

impl Drop for Putting {
    fn drop(&mut self) {
        self.core.tickets.give_up(self.ticket);
    }
}
