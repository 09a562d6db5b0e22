//! Questions that only a client can answer, passed on over its connection: 223, 307, 309.

use std::time::Duration;

use crate::broker::control::answer::{Answer, NO_CODE_SET, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::handler::json;
use crate::broker::control::members::Member;
use crate::broker::record;
use crate::message::id;
use crate::net::CallError;
use crate::protocol::body::offsets::ConsumerStatus;
use crate::protocol::code::{request as code, response};
use crate::protocol::fastjson;
use crate::protocol::request::client::{ConsumeDirectly, RunningInfo};
use crate::protocol::request::offset::ConsumerStatus as ConsumerStatusHeader;
use crate::protocol::{Command, version};

/// How long a client may take to answer 307 and 309.
const CALL_LIMIT: Duration = Duration::from_secs(10);

/// How long a client may take to answer 221; every client of the group is asked.
const STATUS_LIMIT: Duration = Duration::from_secs(5);

/// GET_CONSUMER_RUNNING_INFO.
pub async fn running_info(asked: &Asked<'_>) -> Outcome {
    let command = &asked.request.command;
    let header = RunningInfo::from_fields(&command.fields)?;
    let question = Command::request(command.code).with_fields(command.fields.clone());
    pass_on(asked, header.consumer_group, header.client_id, question).await
}

/// CONSUME_MESSAGE_DIRECTLY: the client gets the record with the request.
pub async fn consume_directly(asked: &Asked<'_>) -> Outcome {
    let command = &asked.request.command;
    let header = ConsumeDirectly::from_fields(&command.fields)?;
    let client = header.client_id.unwrap_or_default();
    let control = asked.control;
    let topic = header.topic.and_then(|topic| control.topics.borrow().get(topic));
    let group = control.groups.borrow().get(header.consumer_group);
    let name = control.config().identity.name.clone();
    let onwards = ConsumeDirectly {
        broker_name: Some(&name),
        topic_sys_flag: topic.map(|topic| topic.topic_sys_flag),
        group_sys_flag: group.map(|group| group.group_sys_flag),
        ..header
    };
    let mut question = Command::request(command.code).with_fields(onwards.to_fields());
    if let Some(id) = header.msg_id {
        let unreadable = || Answer::refused(response::SYSTEM_ERROR, "msgId cannot be read");
        let (_, physical) = id::parse_offset_id(id).map_err(|_| unreadable())?;
        let offset = i64::try_from(physical.0).map_err(|_| unreadable())?;
        let missing = || {
            let remark = format!("can not find message by the offset, {offset}");
            Answer::refused(response::SYSTEM_ERROR, remark)
        };
        let found = record::read(asked.core, offset).await.ok_or_else(missing)?;
        question = question.with_body(found);
    }
    pass_on(asked, header.consumer_group, client, question).await
}

/// INVOKE_BROKER_TO_GET_CONSUMER_STATUS: the offsets that the members of a group hold.
pub async fn status(asked: &Asked<'_>) -> Outcome {
    let header = ConsumerStatusHeader::from_fields(&asked.request.command.fields)?;
    let wanted = header.client_addr.filter(|client| !client.is_empty());
    let members: Vec<Member> = {
        let all = asked.control.members.borrow();
        let group = all.consumer_group(header.group);
        let is_wanted = |member: &&Member| wanted.is_none_or(|client| client == member.client);
        group.map(|group| group.members().filter(is_wanted).cloned().collect()).unwrap_or_default()
    };
    if members.is_empty() {
        let remark = format!("No Any Consumer online in the consumer group: [{}]", header.group);
        return Err(Answer::refused(response::SYSTEM_ERROR, remark));
    }
    let onwards = ConsumerStatusHeader { client_addr: None, ..header };
    let mut status = ConsumerStatus::default();
    for member in members {
        if member.version < version::V3_0_7_SNAPSHOT {
            let name = version::name(member.version);
            let remark = format!("the client does not support this feature. version={name}");
            return Err(Answer::refused(response::SYSTEM_ERROR, remark));
        }
        let question = Command::request(code::GET_CONSUMER_STATUS_FROM_CLIENT)
            .with_fields(onwards.to_fields());
        // A member that does not answer is left out, as by Java.
        let asking = asked.core.call_client(member.connection, question, STATUS_LIMIT);
        let Ok(answer) = asking.await else { continue };
        let theirs: Option<ConsumerStatus> = fastjson::from_slice(&answer.body).ok();
        if let Some(theirs) = theirs.filter(|_| answer.code == response::SUCCESS) {
            status.consumers.push(member.client, theirs.queues);
        }
    }
    Ok(json(&status).with_remark(NO_CODE_SET))
}

/// Asks one client and answers what it answers.
async fn pass_on(asked: &Asked<'_>, group: &str, client: &str, question: Command) -> Outcome {
    let refused = |remark| Err(Answer::refused(response::SYSTEM_ERROR, remark));
    let member = asked.control.members.borrow().consumer(group, client).cloned();
    let Some(member) = member else {
        return refused(format!("The Consumer <{group}> <{client}> not online"));
    };
    if member.version < version::V3_1_8_SNAPSHOT {
        let name = version::name(member.version);
        return refused(format!(
            "The Consumer <{client}> Version <{name}> too low to finish, please upgrade it to \
             V3_1_8_SNAPSHOT"
        ));
    }
    match asked.core.call_client(member.connection, question, CALL_LIMIT).await {
        Ok(answer) => Ok(Answer {
            code: answer.code,
            remark: answer.remark,
            fields: Some(Box::new(answer.fields)),
            body: answer.body,
        }),
        Err(CallError::TimedOut) => {
            let remark = format!("consumer <{group}> <{client}> Timeout: {}", CallError::TimedOut);
            Err(Answer::refused(response::CONSUME_MSG_TIMEOUT, remark))
        }
        Err(error) => refused(format!("invoke consumer <{group}> <{client}> Exception: {error}")),
    }
}
