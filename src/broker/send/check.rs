//! From a request to a [`Prepared`]: the checks of Java's `SendMessageProcessor`, in its order
//! (spec B1).

use std::sync::Arc;

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::names::{self, HALF_TOPIC};
use crate::broker::reply::Refusal;
use crate::broker::send::properties::{self, Found};
use crate::broker::send::{Asker, Client, Content, Prepared};
use crate::broker::transaction;
use crate::limits::PROPERTIES_BYTES_MAX;
use crate::message::batch;
use crate::message::flags::Transaction;
use crate::protocol::body::topic_config::TopicConfig;
use crate::protocol::request::send::Send as Header;
use crate::rt::{clock, random};
use crate::store::NewTagsCode;

/// Why a request does not become [`Prepared`] at once.
#[derive(Debug)]
pub enum Stop {
    /// It never will.
    Refused(Refusal),
    /// Something has to be looked up or created by the control plane first.
    Missing(Missing),
}

/// What the control plane is asked to provide before a send can go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The topic, which is created from a template if that is allowed.
    Topic {
        /// Its name.
        name: String,
        /// The template.
        template: String,
        /// How many queues the client wants.
        queues: i32,
    },
    /// The group of a retry topic, and its topic.
    RetryGroup(String),
    /// The dead letter topic of a group.
    DeadLetters(String),
    /// A consumer group.
    Group(String),
    /// The topic of half messages that are given up.
    GivenUpTopic,
}

impl<R: Into<Refusal>> From<R> for Stop {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// Checks a request and makes it ready to be appended.
///
/// # Errors
/// [`Stop`].
pub fn prepare(core: &Core, request: &Request) -> Result<Prepared, Stop> {
    let header = Header::from_fields(&request.command.fields)?;
    let accept_from = core.config().sends.accept_from;
    if accept_from.0 > 0 && clock::wall_ms() < accept_from {
        return Err(Refusal::NotYet(accept_from).into());
    }
    let topic = target(core, &header)?;
    let queue = choose_queue(&topic, header.queue_id, request)?;
    let name: Arc<str> = topic.topic.as_str().into();
    let sent = header.properties.unwrap_or_default();
    let found = Found::of(sent);
    let batched = header.batch.unwrap_or(false);
    let is_half = !batched && is_prepared(&header, &found);
    if is_half && core.config().sends.refuse_transactions {
        return Err(Refusal::TransactionsRejected.into());
    }
    refuse_what_is_not_built(&found, is_half)?;
    check_sizes(core, &header, request, batched)?;
    let body = request.command.body.clone();
    let content = if batched {
        for item in batch::items(&body) {
            item.map_err(|_| Refusal::Body("the batch body is malformed"))?;
        }
        Content::Batch(body)
    } else {
        let made = found.unique_key.is_none().then(|| core.unique_key());
        let mut properties =
            properties::stored(sent, &found, &core.added_properties, made.as_deref());
        if is_half {
            properties = transaction::half_properties(&properties, &name, queue);
        }
        if properties.len() > PROPERTIES_BYTES_MAX {
            return Err(too_long(core).into());
        }
        let tags_code = NewTagsCode::Hash(found.tags_code());
        Content::One { properties, body, tags_code }
    };
    let ownership = core.ownership();
    let (stored_topic, stored_queue, sys_flag) = match is_half {
        true => {
            let sys_flag = Transaction::None.apply(header.sys_flag);
            (HALF_TOPIC.into(), ownership.half_queue(&name, queue), sys_flag)
        }
        false => (name, queue, header.sys_flag),
    };
    Ok(Prepared {
        asker: Asker::Client(Client::of(request)),
        topic: stored_topic,
        queue: stored_queue,
        answered_queue: queue,
        flag: header.flag,
        sys_flag,
        born_timestamp: header.born_timestamp,
        born_host: request.origin.peer,
        store_host: core.store_host,
        reconsume_times: header.reconsume_times.unwrap_or(0),
        prepared_transaction_offset: 0,
        wait: !found.no_wait,
        unique_key: found.unique_key.map(|key| key.to_owned().into()),
        content,
    })
}

/// Whether a message is the half of a transaction. Clients before 4.6.1 send what they could not
/// consume with the properties that it came with: that is none.
fn is_prepared(header: &Header<'_>, found: &Found<'_>) -> bool {
    let delayed = found.delay.and_then(|level| level.parse::<i32>().ok()).is_some_and(|l| l > 0);
    let again = header.reconsume_times.is_some_and(|times| times > 0);
    found.transaction && !(again && delayed)
}

/// The topic that the message is stored under: the header's, or the dead letters of its group.
fn target(core: &Core, header: &Header<'_>) -> Result<Arc<TopicConfig>, Stop> {
    let view = core.view.borrow();
    if header.topic.is_empty() {
        return Err(names::NameFault::Blank.into());
    }
    let known = view.topic(header.topic);
    let ordered = known.as_ref().is_some_and(|topic| topic.order);
    if ordered && view.broker_permission() & names::PERM_WRITE == 0 {
        return Err(Refusal::BrokerNotWritable.into());
    }
    if known.is_none() {
        names::check_topic(header.topic)?;
    }
    if names::is_protected(header.topic) {
        return Err(Refusal::TopicProtected(header.topic.to_owned()).into());
    }
    if let Some(group) = names::retry_group(header.topic) {
        if header.batch.unwrap_or(false) {
            return Err(
                Refusal::BatchNotAllowed("batch request does not support retry group").into()
            );
        }
        let missing = || Stop::Missing(Missing::RetryGroup(group.to_owned()));
        let config = view.group(group).ok_or_else(missing)?;
        let most = header.max_reconsume_times.unwrap_or(config.retries_max);
        if header.reconsume_times.unwrap_or(0) > most {
            let missing = || Stop::Missing(Missing::DeadLetters(group.to_owned()));
            return view.topic(&names::dead_letter_topic(group)).ok_or_else(missing);
        }
        return known.ok_or_else(missing);
    }
    known.ok_or_else(|| {
        Stop::Missing(Missing::Topic {
            name: header.topic.to_owned(),
            template: header.default_topic.to_owned(),
            queues: header.default_topic_queues,
        })
    })
}

fn choose_queue(topic: &TopicConfig, asked: i32, request: &Request) -> Result<i32, Refusal> {
    if asked >= topic.read_queues.max(topic.write_queues) {
        let text = format!("{} Producer: {}", described(topic), request.origin.peer);
        return Err(Refusal::SendQueue(asked, text));
    }
    if asked >= 0 {
        return Ok(asked);
    }
    let queues = u64::try_from(topic.write_queues).unwrap_or(0).max(1);
    Ok(i32::try_from(random::below(queues)).unwrap_or(0))
}

/// Java: `TopicConfig.toString`.
fn described(topic: &TopicConfig) -> String {
    let bit = |bit: i32, letter: &'static str| if topic.perm & bit == 0 { "-" } else { letter };
    let perm = [bit(names::PERM_READ, "R"), bit(names::PERM_WRITE, "W"), bit(1, "X")].concat();
    format!(
        "TopicConfig [topicName={}, readQueueNums={}, writeQueueNums={}, perm={perm}, \
         topicFilterType={}, topicSysFlag={}, order={}, attributes={{}}]",
        topic.topic,
        topic.read_queues,
        topic.write_queues,
        topic.filter_type,
        topic.topic_sys_flag,
        topic.order
    )
}

fn check_sizes(
    core: &Core,
    header: &Header<'_>,
    request: &Request,
    batched: bool,
) -> Result<(), Refusal> {
    let body_bytes = request.command.body.len();
    if body_bytes == 0 {
        return Err(Refusal::Body("the message body is empty"));
    }
    let in_transaction = Transaction::of(header.sys_flag) != Transaction::None;
    if batched && in_transaction {
        return Err(too_long(core));
    }
    let topic_too_long = batched && header.topic.len() > crate::limits::TOPIC_BYTES_MAX;
    let properties_bytes = header.properties.map_or(0, str::len);
    if body_bytes > core.config().sends.body_bytes_max
        || topic_too_long
        || properties_bytes > PROPERTIES_BYTES_MAX
    {
        return Err(too_long(core));
    }
    Ok(())
}

fn too_long(core: &Core) -> Refusal {
    Refusal::MessageTooLong { body_bytes_max: core.config().sends.body_bytes_max }
}

/// Messages that ask for something this broker does not do yet are refused: delivering one at
/// once that asked to wait would be worse.
fn refuse_what_is_not_built(found: &Found<'_>, is_half: bool) -> Result<(), Refusal> {
    if found.timer {
        return Err(Refusal::NotBuilt("accurate timer message is not enabled"));
    }
    match found.delay.map(str::parse::<i32>) {
        Some(Ok(level)) if level > 0 && !is_half => {
            Err(Refusal::NotBuilt("delayed messages are not supported yet"))
        }
        _ => Ok(()),
    }
}
