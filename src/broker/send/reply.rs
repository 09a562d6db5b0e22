//! Replies of an application to another that sent it a request: 324, 325 (Java:
//! `ReplyMessageProcessor`).
//!
//! A reply is checked as any send. It is pushed to the requester (326), which is connected as a
//! producer, and stored under its topic too unless `storeReplyMessageEnable` is off. The answer
//! says whether the requester took it; where it was stored changes the offsets in the answer only.

use std::rc::Rc;
use std::time::Duration;

use crate::broker::core::{CONTROL, Core};
use crate::broker::message::{Client, Request};
use crate::broker::put::{self, Stored};
use crate::broker::reply::Refusal;
use crate::broker::send::receive::answer_refusal;
use crate::broker::send::{Content, Prepared};
use crate::message::id;
use crate::message::properties::Properties;
use crate::protocol::Command;
use crate::protocol::code::{request as code, response};
use crate::protocol::request::send::{PushReply, Send as Header, SendReply};
use crate::rt::{clock, spawn};

/// How long a requester may take to confirm a reply (Java: `Broker2Client.callClient`).
const PUSH_LIMIT: Duration = Duration::from_secs(10);

/// The requester's client id.
const REPLY_TO_CLIENT: &str = "REPLY_TO_CLIENT";

/// Whether a request brings a reply.
pub fn is_reply(code: i32) -> bool {
    matches!(code, code::SEND_REPLY_MESSAGE | code::SEND_REPLY_MESSAGE_V2)
}

/// Takes a checked reply on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request, reply: Prepared) {
    let core = core.clone();
    spawn::spawn(async move {
        let client = Client::of(&request);
        let question = match question(&core, &request, &reply) {
            Ok(question) => question,
            Err(refusal) => return answer_refusal(&core, &client, &refusal),
        };
        let queue = reply.queue;
        let storing = core.config().sends.store_replies.then(|| put::put_prepared(&core, reply));
        let pushed = push(&core, &request, question).await;
        let stored = match storing {
            Some(storing) => match storing.await {
                Ok(stored) => Some(stored),
                Err(refusal) => {
                    tracing::warn!(remark = %refusal.remark(), "a reply is not stored");
                    None
                }
            },
            None => None,
        };
        answer(&core, &client, queue, pushed, stored);
    })
    .detach();
}

/// What is to be asked of the requester.
fn question(core: &Core, request: &Request, reply: &Prepared) -> Result<Command, Refusal> {
    let header = Header::from_fields(&request.command.fields)?;
    let Content::One { properties, body, .. } = &reply.content else {
        return Err(Refusal::BatchNotAllowed("a reply cannot be a batch".into()));
    };
    let now = clock::wall_ms().0;
    let properties = String::from_utf8_lossy(properties);
    let properties = format!("{properties}PUSH_REPLY_TIME\u{1}{now}\u{2}");
    let (born, store) = (request.origin.peer, core.store_host);
    // Java writes addresses of version 6 without brackets too.
    let born_host = format!("{}:{}", born.ip(), born.port());
    let store_host = format!("{}:{}", store.ip, store.port);
    let push = PushReply {
        producer_group: header.producer_group,
        topic: header.topic,
        default_topic: header.default_topic,
        default_topic_queues: header.default_topic_queues,
        queue_id: header.queue_id,
        sys_flag: header.sys_flag,
        born_timestamp: header.born_timestamp,
        flag: header.flag,
        properties: Some(&properties),
        reconsume_times: header.reconsume_times,
        unit_mode: Some(header.unit_mode.unwrap_or(false)),
        born_host: &born_host,
        store_host: &store_host,
        store_timestamp: now,
    };
    let question = Command::request(code::PUSH_REPLY_MESSAGE_TO_CLIENT);
    Ok(question.with_fields(push.to_fields()).with_body(body.clone()))
}

/// Pushes a reply to whoever wants it; else the remark that says why that failed.
async fn push(core: &Rc<Core>, request: &Request, question: Command) -> Result<(), String> {
    let fields = Header::from_fields(&request.command.fields);
    let properties = fields.ok().and_then(|header| header.properties).unwrap_or_default();
    let Some(requester) = Properties::new(properties.as_bytes()).get(REPLY_TO_CLIENT) else {
        return Err(format!("reply message properties[{REPLY_TO_CLIENT}] is null"));
    };
    let name = requester.to_owned();
    let connection = core
        .run_on(CONTROL, move |there| async move { there.control()?.producer_client(&name) })
        .await;
    let Some(connection) = connection else {
        return Err(format!("push reply message fail, channel of <{requester}> not found."));
    };
    let failed = || format!("push reply message to {requester}fail.");
    match core.call_client(connection, question, PUSH_LIMIT).await {
        Ok(answer) if answer.code == response::SUCCESS => Ok(()),
        Ok(answer) => {
            tracing::warn!(requester, code = answer.code, "a requester refuses its reply");
            Err(failed())
        }
        Err(error) => {
            tracing::warn!(requester, %error, "a reply does not reach its requester");
            Err(failed())
        }
    }
}

fn answer(
    core: &Core,
    client: &Client,
    queue: i32,
    pushed: Result<(), String>,
    stored: Option<Stored>,
) {
    if client.oneway {
        return;
    }
    // Clients fail on an answer without these, so that they are there also for what is not stored.
    let id = stored.map(|at| id::OffsetId::new(core.store_host, at.physical));
    let config = core.config();
    let fields = SendReply {
        msg_id: id.as_ref().map_or("0", id::OffsetId::as_str),
        queue_id: queue,
        queue_offset: stored.map_or(0, |at| at.queue_offset.0),
        transaction_id: None,
        batch_uniq_id: None,
        recall_handle: None,
        region: Some(&config.identity.region),
        trace_on: Some(config.identity.trace),
    };
    let fields = fields.to_fields();
    let response = match (pushed, stored) {
        (Ok(()), _) => client.command(response::SUCCESS).with_fields(fields),
        (Err(remark), stored) => {
            let fields = if stored.is_some() { fields } else { core.send_reply_fields() };
            client.command(response::SYSTEM_ERROR).with_remark(remark).with_fields(fields)
        }
    };
    core.send(&client.origin, &response);
}
