//! What a core does with the messages of other cores.

use std::rc::Rc;

use crate::broker::core::{CONTROL, Core};
use crate::broker::dispatch;
use crate::broker::listen;
use crate::broker::message::{Message, Origin};
use crate::broker::{pull, send};
use crate::rt::spawn;
use crate::units::CoreId;

/// Takes messages until [`Message::Stop`].
pub async fn run(core: Rc<Core>) {
    for other in core.all_cores().filter(|other| *other != core.id) {
        let core = core.clone();
        spawn::spawn(async move { core.pass_on(other).await }).detach();
    }
    let mut messages = Vec::new();
    loop {
        core.messages(&mut messages).await;
        // The control plane first: a request may rest on a change that its client has seen done,
        // and that change was sent before the request, by another way.
        messages.sort_by_key(|(from, _)| *from != CONTROL);
        for (_, message) in messages.drain(..) {
            if matches!(message, Message::Stop) {
                return;
            }
            take(&core, message);
        }
    }
}

fn take(core: &Rc<Core>, message: Message) {
    match message {
        Message::Adopt { socket, peer, port } => listen::adopt(core, socket, peer, port),
        Message::Send(send) => send::append(core, *send),
        Message::Pull(request) => pull::serve_first(core, request),
        Message::Request(request) => dispatch::take_control(core, request),
        Message::Replies(replies) => {
            for (connection, reply) in replies {
                core.deliver(connection, reply);
            }
        }
        Message::Change(change) => core.apply(change),
        Message::Closed(origin) => closed(core, origin),
        Message::NotAdopted(from) => core.spread.give_back(from),
        Message::Job(job) => spawn::spawn(job(core.clone())).detach(),
        Message::Done { ticket, value } => core.hand_in(core.id, ticket, value),
        Message::Stop => {}
    }
}

/// A connection, of this core or another, has ended.
pub fn closed(core: &Rc<Core>, origin: Origin) {
    core.waiting_pulls.forget(origin.connection);
    if let Some(control) = core.control() {
        core.spread.give_back(origin.connection.core);
        control.connection_closed(core, origin);
    }
}

/// Tells all cores that a connection of this one has ended.
pub fn tell_closed(core: &Rc<Core>, origin: Origin) {
    for other in core.all_cores().filter(|other| *other != core.id) {
        core.post(other, Message::Closed(origin));
    }
    closed(core, origin);
}

/// Tells the accepting core that a connection it gave away was not taken.
pub fn tell_not_adopted(core: &Rc<Core>) {
    let from: CoreId = core.id;
    if from == CONTROL {
        core.spread.give_back(from);
    } else {
        core.post(CONTROL, Message::NotAdopted(from));
    }
}
