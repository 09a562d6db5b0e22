//! Pulls on the core that owns their queue.

use std::rc::Rc;
use std::time::Duration;

use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Message, Reply, Request};
use crate::broker::probe::Pulled;
use crate::broker::pull::check::{Stop, check};
use crate::broker::pull::{Asked, Parked};
use crate::broker::reply::Refusal;
use crate::broker::send::Missing;
use crate::broker::wanted::Wanted;
use crate::net::Part;
use crate::protocol::code::response;
use crate::protocol::request::pull::PullReply;
use crate::rt::clock::{self, Instant};
use crate::rt::spawn;
use crate::store::{Arrival, Fetch, Fetched, GetStatus, Payload};
use crate::units::QueueOffset;

/// Takes a pull on the core of its connection, on to the owner of the queue.
pub fn receive(core: &Rc<Core>, request: Request) {
    let asked = match Asked::of(&request, &core.view.borrow()) {
        Ok(asked) => asked,
        Err(error) => return core.refuse(&request, &error.into()),
    };
    let owner = core.owner_of(&asked.topic, asked.queue);
    if owner == core.id {
        serve_first(core, asked);
    } else if core.is_crowded(owner) {
        core.refuse(&request, &Refusal::Busy("too many requests for that core"));
    } else {
        core.post(owner, Message::Pull(asked));
    }
}

/// Serves a pull that has just come in: it may be parked, and commits the offset it carries.
pub fn serve_first(core: &Rc<Core>, asked: Asked) {
    match check(core, &asked) {
        Ok(wanted) => {
            core.commit_offset(&asked);
            match reset_of(core, &asked) {
                Some(offset) => tell_reset(core, &asked, offset),
                None => serve(core, asked, wanted, Pass::First),
            }
        }
        Err(Stop::Refused(refusal)) => core.refuse_client(&asked.client, &refusal),
        Err(Stop::GroupMissing) => create_group(core, asked),
    }
}

/// Where the pull is to go on instead, if an operator has moved its group.
fn reset_of(core: &Core, asked: &Asked) -> Option<i64> {
    core.view.borrow().reset(&asked.group, &asked.topic, asked.queue)
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
    let moved = |pull: &Parked| reset_of(core, &pull.asked).is_some();
    for pull in core.waiting_pulls.take_if(moved) {
        if let Some(offset) = reset_of(core, &pull.asked) {
            tell_reset(core, &pull.asked, offset);
        }
    }
}

/// Tells a group that an operator moved its offset: its client goes on there (Java: status
/// `OFFSET_RESET`).
fn tell_reset(core: &Rc<Core>, asked: &Asked, offset: i64) {
    let shard = core.shard_of(&asked.topic, asked.queue);
    let range = shard.and_then(|shard| shard.range(&asked.topic, asked.queue));
    let (min, max) = range.unwrap_or((QueueOffset(0), QueueOffset(0)));
    let fields = offsets(core, asked, QueueOffset(offset), min, max);
    let answer = asked
        .client
        .command(response::PULL_OFFSET_MOVED)
        .with_remark("OFFSET_RESET")
        .with_fields(fields.to_fields());
    core.answer_client(&asked.client, &answer);
    let (group, topic) = (asked.group.clone(), asked.topic.clone());
    let (core, queue) = (core.clone(), asked.queue);
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
    asked: &Asked,
    next: QueueOffset,
    min: QueueOffset,
    max: QueueOffset,
) -> PullReply {
    let view = core.view.borrow();
    let (topic, group) = (view.topic(&asked.topic), view.group(&asked.group));
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
fn create_group(core: &Rc<Core>, asked: Asked) {
    let core = core.clone();
    spawn::spawn(async move {
        let group = asked.group.to_string();
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
            Ok(()) if known => serve_first(&core, asked),
            Ok(()) => core.refuse_client(&asked.client, &Refusal::GroupMissing(group)),
            Err(refusal) => core.refuse_client(&asked.client, &refusal),
        }
    })
    .detach();
}

fn serve(core: &Rc<Core>, asked: Asked, wanted: Wanted, pass: Pass) {
    let Some(shard) = core.shard_of(&asked.topic, asked.queue) else {
        return core.refuse_client(&asked.client, &Refusal::StoreUnavailable);
    };
    let began = clock::now();
    if let Some(fetched) = shard.get_hot(fetch(&asked), &wanted) {
        return finish(core, asked, wanted, pass, Found { fetched, began });
    }
    let core = core.clone();
    spawn::spawn(async move {
        match shard.get(fetch(&asked), &wanted).await {
            Ok(fetched) => finish(&core, asked, wanted, pass, Found { fetched, began }),
            Err(error) => {
                tracing::error!(%error, topic = %asked.topic, "cannot read a queue");
                core.refuse_client(&asked.client, &Refusal::StoreUnavailable);
            }
        }
    })
    .detach();
}

fn fetch(asked: &Asked) -> Fetch<'_> {
    let Asked { topic, queue, offset, count_max, bytes_max, .. } = asked;
    Fetch { topic, queue_id: *queue, offset: *offset, count_max: *count_max, bytes_max: *bytes_max }
}

/// What a look for records came to, and when it began.
struct Found {
    fetched: Fetched,
    began: Instant,
}

fn finish(core: &Rc<Core>, asked: Asked, wanted: Wanted, pass: Pass, found: Found) {
    let Found { fetched, began } = found;
    let code = response_code(fetched.status, asked.offset);
    if let (response::PULL_NOT_FOUND, Pass::First, Some(patience)) = (code, pass, asked.patience) {
        return park(core, asked, wanted, patience);
    }
    let now = clock::now();
    asked.client.count(&core.probe, code, pass == Pass::Last, now);
    if asked.client.oneway {
        return;
    }
    let reply = offsets(core, &asked, fetched.next, fetched.min, fetched.max);
    let answer = asked.client.command(code).with_remark(status_name(fetched.status));
    let mut parts = Vec::with_capacity(1 + fetched.parts.len());
    let bytes = usize::try_from(fetched.bytes).unwrap_or(usize::MAX);
    match core.arena.write(|out| answer.encode_header_into(&reply, bytes, out)) {
        Ok(head) => parts.push(Part::Memory(head)),
        Err(error) => {
            tracing::error!(%error, "a pull's answer does not fit a frame");
            return core.refuse_client(&asked.client, &Refusal::StoreUnavailable);
        }
    }
    count(core, &asked, &fetched, now.since(began));
    parts.extend(fetched.parts.into_iter().map(part));
    core.reply(&asked.client.origin, Reply::Parts(parts));
}

fn part(payload: Payload) -> Part {
    match payload {
        Payload::Memory(bytes) => Part::Memory(bytes),
        Payload::File { file, offset, len } => Part::File { file, offset, len },
    }
}

fn count(core: &Core, asked: &Asked, fetched: &Fetched, took: Duration) {
    if fetched.count == 0 {
        return core.probe.missed();
    }
    core.probe.pulled(Pulled {
        topic: &asked.topic,
        queue: asked.queue,
        group: &asked.group,
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
fn response_code(status: GetStatus, offset: QueueOffset) -> i32 {
    match status {
        GetStatus::Found => response::SUCCESS,
        GetStatus::MessageWasRemoving | GetStatus::NoMatchedMessage => {
            response::PULL_RETRY_IMMEDIATELY
        }
        GetStatus::NoMessageInQueue if offset.0 != 0 => response::PULL_OFFSET_MOVED,
        GetStatus::NoMessageInQueue | GetStatus::OffsetFoundNull | GetStatus::OffsetOverflowOne => {
            response::PULL_NOT_FOUND
        }
        GetStatus::OffsetOverflowBadly | GetStatus::OffsetTooSmall => response::PULL_OFFSET_MOVED,
    }
}

fn park(core: &Rc<Core>, asked: Asked, wanted: Wanted, patience: Duration) {
    let pulls = &core.config().pulls;
    let held = if pulls.long_polling { patience } else { pulls.short_polling };
    let pull = Parked { asked, wanted, deadline: clock::now() + held };
    let parked = core.waiting_pulls.park(pull, pulls.waiting_max);
    if let Err(pull) = parked {
        serve_last(core, *pull);
    }
}

/// Serves a parked pull again, now that something arrived or its time is up. What its group may
/// and wants can have changed since.
pub fn serve_last(core: &Rc<Core>, pull: Parked) {
    let asked = pull.asked;
    match check(core, &asked) {
        Ok(wanted) => serve(core, asked, wanted, Pass::Last),
        Err(Stop::Refused(refusal)) => core.refuse_client(&asked.client, &refusal),
        Err(Stop::GroupMissing) => {
            let group = asked.group.to_string();
            core.refuse_client(&asked.client, &Refusal::GroupMissing(group));
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
