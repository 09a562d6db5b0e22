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
        for (_, message) in messages.drain(..) {
            if matches!(message, Message::Stop) {
                return;
            }
            take(&core, message);
        }
    }
}

/// Puts the messages of the control plane before those of the other cores.
///
/// A request may rest on a change that its client has seen done, and that change was sent before
/// the request, by another way. It may have come in after the control plane's queue was looked at
/// and before the request's was; so `look_again`, which is to take what is in the control plane's
/// queue now, comes after the look that has found the request.
pub fn control_first<M>(
    messages: &mut Vec<(CoreId, M)>,
    look_again: impl FnOnce(&mut Vec<(CoreId, M)>),
) {
    look_again(messages);
    // Stable: the order of each core's messages stays.
    messages.sort_by_key(|(from, _)| *from != CONTROL);
}

fn take(core: &Rc<Core>, message: Message) {
    match message {
        Message::Adopt { socket, peer, port } => listen::adopt(core, socket, peer, port),
        Message::Sends(sends) => sends.into_iter().for_each(|send| send::append(core, send)),
        Message::Pull(asked) => pull::serve_first(core, asked),
        Message::Request(request) => dispatch::take_control(core, *request),
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::rt::spawn::{self as cores, CorePlan, Cores};

    /// Who may go on: the receiver sets a step, the sender that waits for it takes it.
    static STEP: AtomicU32 = AtomicU32::new(0);

    async fn wait_for(step: u32) {
        while STEP.load(Ordering::Acquire) < step {
            cores::yield_now().await;
        }
    }

    #[test]
    fn a_change_sent_between_two_looks_comes_before_the_request_that_rests_on_it() {
        const RECEIVER: CoreId = CoreId(1);
        let plan = CorePlan::new(Cores::Count(3)).unwrap();
        cores::run_cores(plan, |core: cores::Core<&'static str>| async move {
            match core.id {
                CONTROL => {
                    core.mesh.send(RECEIVER, "first change").unwrap();
                    STEP.store(1, Ordering::Release);
                    wait_for(3).await;
                    core.mesh.send(RECEIVER, "second change").unwrap();
                    STEP.store(4, Ordering::Release);
                }
                RECEIVER => {
                    wait_for(2).await;
                    let mut messages = Vec::new();
                    core.mesh.drain(&mut messages).await;
                    assert_eq!(messages.len(), 2, "{messages:?}");
                    // The worst moment: all queues were looked at, and only now the change comes.
                    STEP.store(3, Ordering::Release);
                    wait_for(4).await;
                    control_first(&mut messages, |more| core.mesh.drain_ready_from(CONTROL, more));
                    let order: Vec<&str> = messages.into_iter().map(|(_, text)| text).collect();
                    assert_eq!(order, ["first change", "second change", "request"]);
                }
                _ => {
                    wait_for(1).await;
                    core.mesh.send(RECEIVER, "request").unwrap();
                    STEP.store(2, Ordering::Release);
                }
            }
        })
        .unwrap();
    }
}
