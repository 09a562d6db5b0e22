//! From a request to a [`Prepared`]: the checks of Java's `SendMessageProcessor`, in its order
//! (spec B1).

use std::borrow::Cow;
use std::sync::Arc;

use crate::broker::core::Core;
use crate::broker::message::{Client, Request};
use crate::broker::names;
use crate::broker::reply::{Closed, Refusal};
use crate::broker::send::place::{Checked, Wants, too_long};
use crate::broker::send::properties::Found;
use crate::broker::send::{Asker, Prepared};
use crate::limits::{PROPERTIES_BYTES_MAX, TOPIC_BYTES_MAX};
use crate::message::properties::{DELAY, PropertiesEdit};
use crate::protocol::body::topic_config::TopicConfig;
use crate::protocol::request::send::Send as Header;
use crate::protocol::version::V3_4_9;
use crate::rt::{clock, random};

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
        /// Whether it is one of a unit.
        unit: bool,
    },
    /// The group of a retry topic, and its topic.
    RetryGroup {
        /// The group.
        group: String,
        /// Whether units subscribe to the topic.
        unit: bool,
    },
    /// As [`Missing::RetryGroup`], to one that sends there like to any topic: created from a
    /// template if that is allowed.
    RetryTopic {
        /// The group.
        group: String,
        /// The template.
        template: String,
        /// How many queues the client wants.
        queues: i32,
        /// Whether units subscribe to the topic.
        unit: bool,
    },
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
    let (name, topic) = topic_of(core, &header)?;
    let answered_queue = choose_queue(&topic, header.queue_id, request)?;
    let dead_letters = dead_letters_of(core, &header, request.command.version)?;
    let sent = header.properties.unwrap_or_default();
    let (topic, queue, sent) = match dead_letters {
        Some(dead_letters) => (dead_letters, 0, Cow::Owned(undelayed(sent))),
        None => (name, answered_queue, Cow::Borrowed(sent)),
    };
    let found = Found::of(&sent);
    let wants = Wants::of(core, &header, &found)?;
    check_sizes(core, &header, request)?;
    let checked = Checked { request, sys_flag: header.sys_flag, topic, queue, wants };
    let placed = match header.batch {
        Some(true) => checked.batch(core, &found)?,
        _ => checked.one(core, &sent, &found)?,
    };
    Ok(Prepared {
        asker: Asker::Client(Client::of(request)),
        topic: placed.topic,
        queue: placed.queue,
        answered_queue,
        flag: header.flag,
        sys_flag: placed.sys_flag,
        born_timestamp: header.born_timestamp,
        born_host: request.origin.peer,
        store_host: core.store_host,
        reconsume_times: header.reconsume_times.unwrap_or(0),
        prepared_transaction_offset: 0,
        kind: placed.kind,
        unique_key: placed.unique_key,
        content: placed.content,
    })
}

/// The properties of a message that is given up: as in Java, whatever its delay was.
fn undelayed(sent: &str) -> String {
    let mut edit = PropertiesEdit::new(sent.as_bytes());
    edit.set(DELAY, "-1");
    String::from_utf8_lossy(edit.as_bytes()).into_owned()
}

/// The topic that is sent to.
fn topic_of(core: &Core, header: &Header<'_>) -> Result<(Arc<str>, Arc<TopicConfig>), Stop> {
    let view = core.view.borrow();
    if header.topic.is_empty() {
        return Err(names::NameFault::Blank.into());
    }
    let known = view.named_topic(header.topic);
    let ordered = known.as_ref().is_some_and(|(_, topic)| topic.order);
    if ordered && view.broker_permission() & names::PERM_WRITE == 0 {
        return Err(Refusal::Closed(Closed::Sends, core.store_host.ip).into());
    }
    if known.is_none() {
        names::check_topic(header.topic)?;
    }
    if names::is_protected(header.topic) {
        return Err(Refusal::TopicProtected(header.topic.to_owned()).into());
    }
    let unit = header.unit_mode.unwrap_or(false);
    if let Some(group) = names::retry_group(header.topic) {
        if header.batch.unwrap_or(false) {
            let text = format!("batch request does not support retry group {}", header.topic);
            return Err(Refusal::BatchNotAllowed(text.into()).into());
        }
        let known = view.group(group).and(known);
        return known.ok_or_else(|| {
            Stop::Missing(Missing::RetryTopic {
                group: group.to_owned(),
                template: header.default_topic.to_owned(),
                queues: header.default_topic_queues,
                unit,
            })
        });
    }
    known.ok_or_else(|| {
        Stop::Missing(Missing::Topic {
            name: header.topic.to_owned(),
            template: header.default_topic.to_owned(),
            queues: header.default_topic_queues,
            unit,
        })
    })
}

/// The dead letters of a group, if that is where a message for its retry topic goes: it was tried
/// often enough, or the group consumes in order (it sends here only what it gives up on).
fn dead_letters_of(
    core: &Core,
    header: &Header<'_>,
    version: i32,
) -> Result<Option<Arc<str>>, Stop> {
    let Some(group) = names::retry_group(header.topic) else { return Ok(None) };
    let view = core.view.borrow();
    let most = view.group(group).map_or(0, |config| config.retries_max);
    let own = header.max_reconsume_times.filter(|_| version >= V3_4_9);
    let most = own.unwrap_or(most);
    if header.reconsume_times.unwrap_or(0) <= most && !view.is_locked(group, clock::now()) {
        return Ok(None);
    }
    let topic = view.named_topic(&names::dead_letter_topic(group));
    let missing = || Stop::Missing(Missing::DeadLetters(group.to_owned()));
    topic.map(|(name, _)| Some(name)).ok_or_else(missing)
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

fn check_sizes(core: &Core, header: &Header<'_>, request: &Request) -> Result<(), Refusal> {
    let body_bytes = request.command.body.len();
    let is_body_too_long = body_bytes > core.config().sends.body_bytes_max;
    if body_bytes == 0 {
        return Err(Refusal::Body("the message body is empty"));
    }
    if header.batch == Some(true) {
        // The messages have properties of their own; what the header has is not stored.
        return match is_body_too_long {
            _ if header.topic.len() > TOPIC_BYTES_MAX => Err(too_long(core)),
            true => Err(Refusal::BatchTooLong),
            false => Ok(()),
        };
    }
    let properties_bytes = header.properties.map_or(0, str::len);
    if is_body_too_long || properties_bytes > PROPERTIES_BYTES_MAX {
        return Err(too_long(core));
    }
    Ok(())
}
