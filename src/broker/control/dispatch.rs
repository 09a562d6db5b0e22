//! From a request's code to the handler of the control plane that answers it. Nothing else.

use std::rc::Rc;
use std::time::Duration;

use crate::broker::control::Control;
use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::handler::{
    assignment, clean, client, config, consume, forward, group, heartbeat, offset, recall, reset,
    runtime, stats, topic, units,
};
use crate::broker::control::pages::{self, Created};
use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::protocol::body::subscription::GroupConfig;
use crate::protocol::code::{request as code, response};
use crate::protocol::{Command, fastjson};
use crate::rt::clock;

/// What a handler works with.
pub(super) struct Asked<'a> {
    /// The control plane's core.
    pub core: &'a Rc<Core>,
    /// The control plane.
    pub control: &'a Rc<Control>,
    /// What is asked.
    pub request: &'a Request,
}

/// Carries out and answers a request. Runs on the control plane's core; requests of one connection
/// that are handed in one after the other take effect in that order.
pub async fn handle(core: Rc<Core>, request: Request) {
    let Some(control) = core.control().cloned() else {
        tracing::error!(code = request.command.code, "a control request on another core");
        return;
    };
    let asked = Asked { core: &core, control: &control, request: &request };
    let began = clock::now();
    let (Ok(answer) | Err(answer)) = answer(asked).await;
    count_creation(&control, &request.command, answer.code, began.elapsed());
    core.answer(&request, &answer.to(&request.command));
}

/// Counts requests that make or change a topic or a group.
fn count_creation(control: &Control, command: &Command, answered: i32, took: Duration) {
    let (what, is_system) = match command.code {
        code::UPDATE_AND_CREATE_TOPIC => {
            let topic = command.fields.get("topic").unwrap_or_default();
            (Created::Topic, control.topics.borrow().is_system(topic))
        }
        code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP => {
            let group = fastjson::from_slice::<GroupConfig>(&command.body);
            (Created::Group, group.is_ok_and(|group| pages::is_system_group(&group.group)))
        }
        _ => return,
    };
    let succeeded = answered == response::SUCCESS;
    control.creations.borrow_mut().add(what, is_system, succeeded, took);
}

pub(super) async fn answer(asked: Asked<'_>) -> Outcome {
    match asked.request.command.code {
        code::QUERY_CONSUMER_OFFSET => offset::query(&asked).await,
        code::UPDATE_CONSUMER_OFFSET => offset::update(&asked),
        code::GET_ALL_CONSUMER_OFFSET => offset::all(&asked),
        code::GET_ALL_DELAY_OFFSET => offset::delays(&asked).await,
        code::QUERY_CORRECTION_OFFSET => offset::correction(&asked),
        code::CLONE_GROUP_OFFSET => offset::copy(&asked),
        code::INVOKE_BROKER_TO_RESET_OFFSET => reset::reset(&asked).await,

        code::UPDATE_AND_CREATE_TOPIC => topic::update(&asked).await,
        code::UPDATE_AND_CREATE_TOPIC_LIST => topic::update_list(&asked).await,
        code::DELETE_TOPIC_IN_BROKER => topic::delete(&asked).await,
        code::GET_TOPIC_CONFIG => topic::config(&asked),
        code::GET_ALL_TOPIC_CONFIG => topic::all(&asked),
        code::GET_SYSTEM_TOPIC_LIST_FROM_BROKER => Ok(topic::system_list(&asked)),
        code::GET_TOPIC_STATS_INFO => topic::stats(&asked).await,

        code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP => group::update(&asked).await,
        code::UPDATE_AND_CREATE_SUBSCRIPTIONGROUP_LIST => group::update_list(&asked).await,
        code::DELETE_SUBSCRIPTIONGROUP => group::delete(&asked).await,
        code::GET_SUBSCRIPTIONGROUP_CONFIG => group::config(&asked).await,
        code::GET_ALL_SUBSCRIPTIONGROUP_CONFIG => group::all(&asked),

        code::HEART_BEAT => heartbeat::heartbeat(&asked).await,
        code::UNREGISTER_CLIENT => client::unregister(&asked).await,
        code::CHECK_CLIENT_CONFIG => client::check(&asked),
        code::GET_CONSUMER_LIST_BY_GROUP => client::consumer_ids(&asked),
        code::QUERY_ASSIGNMENT => assignment::query(&asked).await,
        code::LOCK_BATCH_MQ => client::lock(&asked),
        code::UNLOCK_BATCH_MQ => client::unlock(&asked),
        code::GET_CONSUMER_CONNECTION_LIST => client::consumers(&asked),
        code::GET_PRODUCER_CONNECTION_LIST => client::producers(&asked),
        code::GET_ALL_PRODUCER_INFO => Ok(client::all_producers(&asked)),

        code::GET_CONSUMER_RUNNING_INFO => forward::running_info(&asked).await,
        code::CONSUME_MESSAGE_DIRECTLY => forward::consume_directly(&asked).await,
        code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS => forward::status(&asked).await,

        code::RECALL_MESSAGE => recall::recall(&asked),

        code::GET_CONSUME_STATS => consume::stats(&asked).await,
        code::GET_BROKER_CONSUME_STATS => consume::broker_stats(&asked).await,
        code::QUERY_TOPIC_CONSUME_BY_WHO => consume::groups_of_topic(&asked),
        code::QUERY_CONSUME_TIME_SPAN => consume::time_span(&asked).await,
        code::QUERY_TOPICS_BY_CONSUMER => consume::topics_of_group(&asked),
        code::QUERY_SUBSCRIPTION_BY_CONSUMER => consume::subscription(&asked),
        code::QUERY_CONSUME_QUEUE => units::query(&asked).await,

        code::CLEAN_EXPIRED_CONSUMEQUEUE => clean::expired_queues(&asked).await,
        code::CLEAN_UNUSED_TOPIC => clean::unused_topics(&asked).await,
        code::DELETE_EXPIRED_COMMITLOG => clean::expired_segments(&asked),

        code::GET_BROKER_RUNTIME_INFO => runtime::info(&asked).await,
        code::VIEW_BROKER_STATS_DATA => stats::view(&asked),
        code::GET_BROKER_CONFIG => config::list(&asked),
        code::UPDATE_BROKER_CONFIG => config::update(&asked).await,
        other => Err(Answer::refused(
            response::REQUEST_CODE_NOT_SUPPORTED,
            format!(" request type {other} not supported"),
        )),
    }
}
