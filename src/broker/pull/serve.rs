//! Pulls on the core that owns their queue.

use std::rc::Rc;
use std::time::Duration;

use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Message, Reply, Request};
use crate::broker::probe::Pulled;
use crate::broker::pull::Parked;
use crate::broker::pull::check::{Stop, check};
use crate::broker::reply::Refusal;
use crate::broker::send::Missing;
use crate::broker::wanted::Wanted;
use crate::limits::PULL_SUSPEND_MS_MAX;
use crate::net::Part;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::pull::{FLAG_COMMIT_OFFSET, FLAG_SUSPEND, Pull, PullReply};
use crate::rt::clock::{self, Instant};
use crate::rt::spawn;
use crate::store::{Arrival, Fetch, Fetched, GetStatus, Payload};
use crate::units::QueueOffset;

/// Takes a pull on the core of its connection, on to the owner of the queue.
pub fn receive(core: &Rc<Core>, request: Request) {
    let owner = match Pull::from_fields(&request.command.fields) {
        Ok(header) => core.owner_of(header.topic, header.queue_id),
        Err(error) => return core.refuse(&request, &error.into()),
    };
    if owner == core.id {
        serve_first(core, request);
    } else if core.is_crowded(owner) {
        core.refuse(&request, &Refusal::Busy("too many requests for that core"));
    } else {
        core.post(owner, Message::Pull(request));
    }
}

/// Serves a pull that has just come in: it may be parked, and commits the offset it carries.
pub fn serve_first(core: &Rc<Core>, request: Request) {
    let checked = Pull::from_fields(&request.command.fields)
        .map_err(|error| Stop::from(Refusal::from(error)))
        .and_then(|header| check(core, &request, &header).map(|wanted| (wanted, header)));
    match checked {
        Ok((wanted, header)) => {
            if header.sys_flag & FLAG_COMMIT_OFFSET != 0 && header.commit_offset >= 0 {
                core.commit_offset(&header);
            }
            let reset =
                core.view.borrow().reset(header.consumer_group, header.topic, header.queue_id);
            match reset {
                Some(offset) => tell_reset(core, &request, offset),
                None => serve(core, request, wanted, Pass::First),
            }
        }
        Err(Stop::Refused(refusal)) => core.refuse(&request, &refusal),
        Err(Stop::GroupMissing) => create_group(core, request),
    }
}

/// Whether a pull may be parked. One that was woken or timed out is answered, whatever it finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    First,
    Last,
}

/// Tells the pulls that wait here, and whose group an operator has moved. Java's wait until their
/// time is up.
pub fn tell_resets(core: &Rc<Core>) {
    let reset = |pull: &Parked| {
        let header = Pull::from_fields(&pull.request.command.fields).ok()?;
        core.view.borrow().reset(header.consumer_group, header.topic, header.queue_id)
    };
    for pull in core.waiting_pulls.take_if(|pull| reset(pull).is_some()) {
        if let Some(offset) = reset(&pull) {
            tell_reset(core, &pull.request, offset);
        }
    }
}

/// Tells a group that an operator moved its offset: its client goes on there (Java: status
/// `OFFSET_RESET`).
fn tell_reset(core: &Rc<Core>, request: &Request, offset: i64) {
    let Ok(header) = Pull::from_fields(&request.command.fields) else { return };
    let shard = core.shard_of(header.topic, header.queue_id);
    let range = shard.and_then(|shard| shard.range(header.topic, header.queue_id));
    let (min, max) = range.unwrap_or((QueueOffset(0), QueueOffset(0)));
    let fields = offsets(core, &header, QueueOffset(offset), min, max);
    let answer = Command::reply(&request.command, response::PULL_OFFSET_MOVED)
        .with_remark("OFFSET_RESET")
        .with_fields(fields.to_fields());
    core.answer(request, &answer);
    let (group, topic) = (header.consumer_group.to_owned(), header.topic.to_owned());
    let (core, queue) = (core.clone(), header.queue_id);
    spawn::spawn(async move {
        core.run_on(CONTROL, move |there| async move {
            if let Some(control) = there.control() {
                control.reset_told(&there, &group, &topic, queue);
            }
        })
        .await;
    })
    .detach();
}

fn offsets(
    core: &Core,
    header: &Pull<'_>,
    next: QueueOffset,
    min: QueueOffset,
    max: QueueOffset,
) -> PullReply {
    let view = core.view.borrow();
    let (topic, group) = (view.topic(header.topic), view.group(header.consumer_group));
    PullReply {
        suggested_broker_id: 0,
        next_begin_offset: next.0,
        min_offset: min.0,
        max_offset: max.0,
        offset_delta: None,
        topic_sys_flag: Some(topic.map_or(0, |topic| topic.topic_sys_flag)),
        group_sys_flag: Some(group.map_or(0, |group| group.group_sys_flag)),
    }
}

/// Has the control plane create the group, and starts over: with the group, or with its refusal.
fn create_group(core: &Rc<Core>, request: Request) {
    let core = core.clone();
    spawn::spawn(async move {
        let group = match Pull::from_fields(&request.command.fields) {
            Ok(header) => header.consumer_group.to_owned(),
            Err(error) => return core.refuse(&request, &error.into()),
        };
        let missing = Missing::Group(group.clone());
        let provided = core
            .run_on(CONTROL, move |there| async move {
                match there.control() {
                    Some(control) => control.provide(&there, &missing).await,
                    None => Err(Refusal::StoreUnavailable),
                }
            })
            .await;
        let known = core.view.borrow().group(&group).is_some();
        match provided {
            Ok(()) if known => serve_first(&core, request),
            Ok(()) => core.refuse(&request, &Refusal::GroupMissing(group)),
            Err(refusal) => core.refuse(&request, &refusal),
        }
    })
    .detach();
}

fn serve(core: &Rc<Core>, request: Request, wanted: Wanted, pass: Pass) {
    let Ok(header) = Pull::from_fields(&request.command.fields) else { return };
    let Some(shard) = core.shard_of(header.topic, header.queue_id) else {
        return core.refuse(&request, &Refusal::StoreUnavailable);
    };
    let fetch = Fetch {
        topic: header.topic,
        queue_id: header.queue_id,
        offset: QueueOffset(header.queue_offset),
        // One at least, whatever is asked for, as in Java.
        count_max: u32::try_from(header.messages_max).unwrap_or(0).max(1),
        bytes_max: header.bytes_max.and_then(|most| u64::try_from(most).ok()).unwrap_or(u64::MAX),
    };
    let began = clock::now();
    if let Some(fetched) = shard.get_hot(fetch, &wanted) {
        return finish(core, request, wanted, pass, Found { fetched, began });
    }
    let (core, topic) = (core.clone(), header.topic.to_owned());
    let Fetch { queue_id, offset, count_max, bytes_max, .. } = fetch;
    spawn::spawn(async move {
        let fetch = Fetch { topic: &topic, queue_id, offset, count_max, bytes_max };
        match shard.get(fetch, &wanted).await {
            Ok(fetched) => finish(&core, request, wanted, pass, Found { fetched, began }),
            Err(error) => {
                tracing::error!(%error, topic, "cannot read a queue");
                core.refuse(&request, &Refusal::StoreUnavailable);
            }
        }
    })
    .detach();
}

/// What a look for records came to, and when it began.
struct Found {
    fetched: Fetched,
    began: Instant,
}

fn finish(core: &Rc<Core>, request: Request, wanted: Wanted, pass: Pass, found: Found) {
    let Ok(header) = Pull::from_fields(&request.command.fields) else { return };
    let Found { fetched, began } = found;
    let code = response_code(fetched.status, header.queue_offset);
    let holds = code == response::PULL_NOT_FOUND
        && pass == Pass::First
        && header.sys_flag & FLAG_SUSPEND != 0;
    if holds {
        return park(core, request, wanted);
    }
    core.count(&request, code, pass == Pass::Last);
    if request.command.is_oneway() {
        return;
    }
    let reply = offsets(core, &header, fetched.next, fetched.min, fetched.max);
    let answer = Command::reply(&request.command, code).with_remark(status_name(fetched.status));
    let mut parts = Vec::with_capacity(1 + fetched.parts.len());
    let bytes = usize::try_from(fetched.bytes).unwrap_or(usize::MAX);
    match core.arena.write(|out| answer.encode_header_into(&reply, bytes, out)) {
        Ok(head) => parts.push(Part::Memory(head)),
        Err(error) => {
            tracing::error!(%error, "a pull's answer does not fit a frame");
            return core.refuse(&request, &Refusal::StoreUnavailable);
        }
    }
    count(core, &header, &fetched, began.elapsed());
    parts.extend(fetched.parts.into_iter().map(part));
    core.reply(&request.origin, Reply::Parts(parts));
}

fn part(payload: Payload) -> Part {
    match payload {
        Payload::Memory(bytes) => Part::Memory(bytes),
        Payload::File { file, offset, len } => Part::File { file, offset, len },
    }
}

fn count(core: &Core, header: &Pull<'_>, fetched: &Fetched, took: Duration) {
    if fetched.count == 0 {
        return core.probe.missed();
    }
    core.probe.pulled(Pulled {
        topic: header.topic,
        queue: header.queue_id,
        group: header.consumer_group,
        messages: u64::from(fetched.count),
        bytes: fetched.bytes,
        next: fetched.next.0,
        took,
    });
}

/// Java: `GetMessageStatus`.
fn status_name(status: GetStatus) -> &'static str {
    match status {
        GetStatus::Found => "FOUND",
        GetStatus::NoMatchedMessage => "NO_MATCHED_MESSAGE",
        GetStatus::MessageWasRemoving => "MESSAGE_WAS_REMOVING",
        GetStatus::OffsetFoundNull => "OFFSET_FOUND_NULL",
        GetStatus::OffsetOverflowBadly => "OFFSET_OVERFLOW_BADLY",
        GetStatus::OffsetOverflowOne => "OFFSET_OVERFLOW_ONE",
        GetStatus::OffsetTooSmall => "OFFSET_TOO_SMALL",
        GetStatus::NoMessageInQueue => "NO_MESSAGE_IN_QUEUE",
    }
}

/// Java: `PullMessageProcessor.composeResponseHeader`.
fn response_code(status: GetStatus, offset: i64) -> i32 {
    match status {
        GetStatus::Found => response::SUCCESS,
        GetStatus::MessageWasRemoving | GetStatus::NoMatchedMessage => {
            response::PULL_RETRY_IMMEDIATELY
        }
        GetStatus::NoMessageInQueue if offset != 0 => response::PULL_OFFSET_MOVED,
        GetStatus::NoMessageInQueue | GetStatus::OffsetFoundNull | GetStatus::OffsetOverflowOne => {
            response::PULL_NOT_FOUND
        }
        GetStatus::OffsetOverflowBadly | GetStatus::OffsetTooSmall => response::PULL_OFFSET_MOVED,
    }
}

fn park(core: &Rc<Core>, request: Request, wanted: Wanted) {
    let Ok(header) = Pull::from_fields(&request.command.fields) else { return };
    let config = core.config();
    let held = if config.pulls.long_polling {
        let ms = u64::try_from(header.suspend_ms_max).unwrap_or(0);
        Duration::from_millis(ms.min(PULL_SUSPEND_MS_MAX))
    } else {
        config.pulls.short_polling
    };
    let (topic, queue) = (header.topic.to_owned(), header.queue_id);
    let pull = Parked {
        offset: QueueOffset(header.queue_offset),
        wanted,
        deadline: clock::now() + held,
        request,
    };
    let parked = core.waiting_pulls.park(&topic, queue, pull, config.pulls.waiting_max);
    if let Err(pull) = parked {
        serve_last(core, *pull);
    }
}

/// Serves a parked pull again, now that something arrived or its time is up. What its group may
/// and wants can have changed since.
pub fn serve_last(core: &Rc<Core>, pull: Parked) {
    let request = pull.request;
    let Ok(header) = Pull::from_fields(&request.command.fields) else { return };
    match check(core, &request, &header) {
        Ok(wanted) => serve(core, request, wanted, Pass::Last),
        Err(Stop::Refused(refusal)) => core.refuse(&request, &refusal),
        Err(Stop::GroupMissing) => {
            let group = header.consumer_group.to_owned();
            core.refuse(&request, &Refusal::GroupMissing(group));
        }
    }
}

/// Wakes the pulls that an arrival satisfies.
pub fn wake(core: &Rc<Core>, arrival: &Arrival) {
    let Some(shard) = core.shard_of(&arrival.topic, arrival.queue_id) else { return };
    let takes = |wanted: &Wanted| shard.takes(wanted, arrival.unit);
    for pull in core.waiting_pulls.take_satisfied(arrival, takes) {
        serve_last(core, pull);
    }
}
