//! Sends on the core of their connection: on to the owner of the queue, or first to the control
//! plane for what is missing.

use std::cell::RefCell;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Client, Request};
use crate::broker::reply::Refusal;
use crate::broker::send::Prepared;
use crate::broker::send::append::{self, append};
use crate::broker::send::check::{Missing, Stop, prepare};
use crate::broker::send::reply;
use crate::protocol::request::send::Send as Header;
use crate::rt::{clock, spawn};

/// Sends that wait until their topic is there, by topic, in the order they came: none may overtake
/// another of its connection.
#[derive(Default)]
pub struct Awaited {
    by_topic: RefCell<FxHashMap<String, Vec<Request>>>,
}

/// How often one send may find something else missing: the group, then the topic, and once more
/// for a topic deleted in between.
const ROUNDS_MAX: u32 = 4;

/// Takes a send request on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    let topic = match Header::from_fields(&request.command.fields) {
        Ok(header) => header.topic,
        Err(error) => return refuse(core, &request, &error.into()),
    };
    if let Some(waiting) = core.sends_awaited.by_topic.borrow_mut().get_mut(topic) {
        waiting.push(request);
        return;
    }
    go_on(core, request, 0);
}

fn go_on(core: &Rc<Core>, request: Request, round: u32) {
    match prepare(core, &request) {
        Ok(send) if reply::is_reply(request.command.code) => reply::receive(core, request, send),
        Ok(send) => dispatch(core, send),
        Err(Stop::Refused(refusal)) => refuse(core, &request, &refusal),
        Err(Stop::Missing(_)) if round >= ROUNDS_MAX => {
            refuse(core, &request, &Refusal::Busy("the topic is being changed"));
        }
        Err(Stop::Missing(missing)) => provide(core, request, missing, round),
    }
}

/// Has the control plane provide what is missing, and then goes on with all that waited for it.
fn provide(core: &Rc<Core>, request: Request, missing: Missing, round: u32) {
    let topic = match Header::from_fields(&request.command.fields) {
        Ok(header) => header.topic.to_owned(),
        Err(error) => return refuse(core, &request, &error.into()),
    };
    let mut by_topic = core.sends_awaited.by_topic.borrow_mut();
    if let Some(waiting) = by_topic.get_mut(&topic) {
        waiting.push(request);
        return;
    }
    by_topic.insert(topic.clone(), vec![request]);
    drop(by_topic);
    let core = core.clone();
    spawn::spawn(async move {
        let provided = provided(&core, missing).await;
        let waiting = core.sends_awaited.by_topic.borrow_mut().remove(&topic).unwrap_or_default();
        for request in waiting {
            match &provided {
                Ok(()) => go_on(&core, request, round + 1),
                Err(refusal) => refuse(&core, &request, refusal),
            }
        }
        core.pass_gathered();
    })
    .detach();
}

/// Has the control plane provide what is missing. After that this core knows it as well.
///
/// # Errors
/// It may not be made.
pub async fn provided(core: &Rc<Core>, missing: Missing) -> Result<(), Refusal> {
    let provide = move |there: Rc<Core>| async move {
        match there.control() {
            Some(control) => control.provide(&there, &missing).await,
            None => Err(Refusal::StoreUnavailable),
        }
    };
    core.run_on(CONTROL, provide).await
}

/// Takes a prepared message to the core that owns its queue, or gathers it for that core: then
/// [`Core::pass_gathered`] is to be called.
pub fn dispatch(core: &Core, send: Prepared) {
    let owner = core.owner_of(&send.topic, send.queue);
    if owner == core.id {
        append(core, send);
    } else if core.is_crowded(owner) {
        append::refuse(core, &send.asker, Refusal::Busy("too many requests for that core"));
    } else {
        core.gathered.send(owner, send);
    }
}

fn refuse(core: &Core, request: &Request, refusal: &Refusal) {
    answer_refusal(core, &Client::of(request), refusal);
}

/// Answers a send with an error, which carries the region and trace fields as Java's does.
pub fn answer_refusal(core: &Core, client: &Client, refusal: &Refusal) {
    client.count(&core.probe, refusal.code(), false, clock::now());
    if client.oneway {
        return;
    }
    let response = client
        .command(refusal.code())
        .with_remark(refusal.remark())
        .with_fields(core.send_reply_fields());
    core.send(&client.origin, &response);
}
