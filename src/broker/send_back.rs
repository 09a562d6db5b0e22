//! CONSUMER_SEND_MSG_BACK 36: a message that could not be consumed is to be consumed again later,
//! or is given up (spec B6; Java: `AbstractSendMessageProcessor.consumerSendMsgBack`).

use std::rc::Rc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::delay::defer;
use crate::broker::message::Request;
use crate::broker::names::{self, PERM_WRITE};
use crate::broker::put::{Inside, put};
use crate::broker::record;
use crate::broker::reply::{Closed, Refusal};
use crate::broker::send::{self, Missing};
use crate::broker::view::View;
use crate::config::delay::DelayLevels;
use crate::message::id;
use crate::message::properties::{
    DELAY, ORIGIN_MESSAGE_ID, Properties, PropertiesEdit, RETRY_TOPIC, TAGS, WAIT,
};
use crate::message::record::{Check, Record};
use crate::message::tag;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::send::SendBack;
use crate::protocol::version;
use crate::rt::{random, spawn};
use crate::store::NewTagsCode;

/// The level of the first attempt after the first, when the client leaves it to the broker. Each
/// further attempt waits a level longer.
const FIRST_LEVEL: i32 = 3;

/// Takes such a request on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    let core = core.clone();
    spawn::spawn(async move {
        match send_back(&core, &request).await {
            Ok(()) => core.answer(&request, &Command::reply(&request.command, response::SUCCESS)),
            Err(refusal) => core.refuse(&request, &refusal),
        }
    })
    .detach();
}

async fn send_back(core: &Rc<Core>, request: &Request) -> Result<(), Refusal> {
    let header = SendBack::from_fields(&request.command.fields)?;
    let group = header.group;
    let group_of = |view: &View| view.group(group);
    let config = provided(core, Missing::Group(group.to_owned()), group_of).await?;
    if core.view.borrow().broker_permission() & PERM_WRITE == 0 {
        return Err(Refusal::Closed(Closed::Sends, core.store_host.ip));
    }
    if config.retry_queues <= 0 {
        return Ok(());
    }
    let name = names::retry_topic(group);
    let topic_of = |view: &View| view.topic(&name);
    let topic = provided(core, Missing::RetryGroup(group.to_owned()), topic_of).await?;
    if topic.perm & PERM_WRITE == 0 {
        return Err(Refusal::TopicNotWritable(name));
    }
    let missing = || Refusal::LookFailed(header.offset);
    let stored = record::read(core, header.offset).await.ok_or_else(missing)?;
    let (record, _) = Record::decode(&stored, Check::Shape).map_err(|_| missing())?;
    let own = header.max_reconsume_times.filter(|_| request.command.version >= version::V3_4_9);
    let most = own.unwrap_or(config.retries_max);
    let gives_up = header.delay_level < 0 || record.reconsume_times >= most;
    let message = if gives_up {
        let name = names::dead_letter_topic(group);
        let topic_of = |view: &View| view.topic(&name);
        provided(core, Missing::DeadLetters(group.to_owned()), topic_of).await?;
        given_up(&stored, &record, &name)
    } else {
        let queue = random::below(u64::try_from(config.retry_queues).unwrap_or(1));
        let queue = i32::try_from(queue).unwrap_or(0);
        let level = match header.delay_level {
            0 => record.reconsume_times.saturating_add(FIRST_LEVEL),
            level => level,
        };
        let levels = &core.config().delays.levels;
        delayed(&stored, &record, (&name, queue), levels, level)
    };
    put(core, message).await.map_err(|refusal| not_put(&refusal))?;
    let subscribed = Properties::new(record.properties).get(RETRY_TOPIC).unwrap_or(record.topic);
    if gives_up {
        core.probe.dead_lettered(subscribed, group);
    } else {
        core.probe.sent_back(subscribed, group);
    }
    Ok(())
}

/// What this core knows, after it was made if it was missing.
async fn provided<T>(
    core: &Rc<Core>,
    missing: Missing,
    look: impl Fn(&View) -> Option<T>,
) -> Result<T, Refusal> {
    let known = look(&core.view.borrow());
    if let Some(known) = known {
        return Ok(known);
    }
    send::provided(core, missing).await.map_err(Refusal::of_retry)?;
    look(&core.view.borrow()).ok_or(Refusal::Busy("the topic is being changed"))
}

/// The copy for the dead letters. It keeps the real topic and queue of its last delay.
fn given_up(stored: &Bytes, record: &Record<'_>, topic: &str) -> Inside {
    let properties = properties(record, 0).into_bytes();
    Inside { topic: topic.into(), properties: properties.into(), ..again(stored, record) }
}

/// The copy for the retry topic, after a delay.
fn delayed(
    stored: &Bytes,
    record: &Record<'_>,
    at: (&str, i32),
    levels: &DelayLevels,
    level: i32,
) -> Inside {
    let waits = defer(levels, level, at, properties(record, level).as_bytes());
    Inside {
        topic: waits.topic,
        queue: waits.queue,
        properties: waits.properties,
        tags_code: waits.tags_code,
        ..again(stored, record)
    }
}

/// The same message, consumed in vain once more.
fn again(stored: &Bytes, record: &Record<'_>) -> Inside {
    let tags = Properties::new(record.properties).get(TAGS);
    Inside {
        topic: record.topic.into(),
        queue: 0,
        flag: record.flag,
        sys_flag: record.sys_flag,
        born_timestamp: record.born_at.0,
        born_host: record.born_host.into(),
        store_host: None,
        reconsume_times: record.reconsume_times.saturating_add(1),
        prepared_transaction_offset: 0,
        properties: stored.slice_ref(record.properties),
        body: stored.slice_ref(record.body),
        tags_code: NewTagsCode::Hash(tag::tags_code(tags)),
    }
}

/// Its properties: where it came from at first stays with it through all attempts.
fn properties(record: &Record<'_>, level: i32) -> PropertiesEdit {
    let mut edit = PropertiesEdit::new(record.properties);
    if !edit.view().contains(RETRY_TOPIC) {
        edit.set(RETRY_TOPIC, record.topic);
    }
    edit.set(WAIT, "false");
    edit.set(DELAY, &level.to_string());
    let origin = edit.view().get(ORIGIN_MESSAGE_ID).filter(|id| !id.trim().is_empty());
    if origin.is_none() {
        edit.set(
            ORIGIN_MESSAGE_ID,
            id::OffsetId::new(record.store_host, record.physical_offset).as_str(),
        );
    }
    edit
}

/// Java answers with the name of the status of its store.
fn not_put(refusal: &Refusal) -> Refusal {
    Refusal::SentBackNotPut(match refusal {
        Refusal::Busy(_) => "OS_PAGE_CACHE_BUSY",
        Refusal::MessageTooLong { .. } => "MESSAGE_ILLEGAL",
        _ => "SERVICE_NOT_AVAILABLE",
    })
}
