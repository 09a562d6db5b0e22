//! From a request's code to the core and handler that answer it. Nothing else.

use std::rc::Rc;

use crate::broker::control;
use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Message, Origin, Port, Request};
use crate::broker::reply::Refusal;
use crate::broker::{pull, query, queue, record, send, send_back, transaction};
use crate::net::{Connection, Handler};
use crate::protocol::Command;
use crate::protocol::code::request as code;
use crate::rt::spawn;

/// Takes the requests of one connection.
pub struct Requests {
    /// The connection's core.
    pub core: Rc<Core>,
    /// The listener it came through.
    pub port: Port,
}

impl Handler for Requests {
    fn request(&self, connection: &Connection, command: Command) {
        let origin = Origin {
            connection: connection.id(),
            peer: connection.peer(),
            port: self.port,
            since: connection.last_active(),
        };
        dispatch(&self.core, Request { origin, command });
    }

    fn batch_end(&self) {
        self.core.pass_gathered();
    }
}

/// Takes a request on the core of its connection.
fn dispatch(core: &Rc<Core>, request: Request) {
    match request.command.code {
        code::SEND_MESSAGE
        | code::SEND_MESSAGE_V2
        | code::SEND_BATCH_MESSAGE
        | code::SEND_REPLY_MESSAGE
        | code::SEND_REPLY_MESSAGE_V2 => send::receive(core, request),
        code::PULL_MESSAGE | code::LITE_PULL_MESSAGE if request.origin.port == Port::Main => {
            pull::receive(core, request);
        }
        code::SEARCH_OFFSET_BY_TIMESTAMP
        | code::GET_MAX_OFFSET
        | code::GET_MIN_OFFSET
        | code::GET_EARLIEST_MSG_STORETIME => queue::receive(core, request),
        code::CONSUMER_SEND_MSG_BACK => send_back::receive(core, request),
        code::VIEW_MESSAGE_BY_ID => record::receive(core, request),
        code::END_TRANSACTION => transaction::receive(core, request),
        code::RESUME_CHECK_HALF_MESSAGE => transaction::receive_resume(core, request),
        code::QUERY_MESSAGE => query::receive(core, request),
        _ => to_control(core, request),
    }
}

fn to_control(core: &Rc<Core>, request: Request) {
    if core.id == CONTROL {
        take_control(core, request);
    } else if core.is_crowded(CONTROL) {
        core.refuse(&request, &Refusal::Busy("too many requests for the control plane"));
    } else {
        core.post(CONTROL, Message::Request(Box::new(request)));
    }
}

/// Takes a request on the control plane's core.
pub fn take_control(core: &Rc<Core>, request: Request) {
    let core = core.clone();
    spawn::spawn(control::dispatch::handle(core, request)).detach();
}
