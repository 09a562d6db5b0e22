//! From a request's code to the handler of the control plane that answers it. Nothing else.

use std::rc::Rc;

use crate::broker::control::Control;
use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::handler::{
    client, config, consume, forward, group, heartbeat, offset, reset, runtime, stats, topic, units,
};
use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::protocol::code::{request as code, response};

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
    let (Ok(answer) | Err(answer)) = answer(asked).await;
    core.answer(&request, &answer.to(&request.command));
}

pub(super) async fn answer(asked: Asked<'_>) -> Outcome {
    match asked.request.command.code {
        code::QUERY_CONSUMER_OFFSET => offset::query(&asked).await,
        code::UPDATE_CONSUMER_OFFSET => offset::update(&asked),
        code::GET_ALL_CONSUMER_OFFSET => offset::all(&asked),
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
        code::LOCK_BATCH_MQ => client::lock(&asked),
        code::UNLOCK_BATCH_MQ => client::unlock(&asked),
        code::GET_CONSUMER_CONNECTION_LIST => client::consumers(&asked),
        code::GET_PRODUCER_CONNECTION_LIST => client::producers(&asked),
        code::GET_ALL_PRODUCER_INFO => Ok(client::all_producers(&asked)),

        code::GET_CONSUMER_RUNNING_INFO => forward::running_info(&asked).await,
        code::CONSUME_MESSAGE_DIRECTLY => forward::consume_directly(&asked).await,
        code::INVOKE_BROKER_TO_GET_CONSUMER_STATUS => forward::status(&asked).await,

        code::GET_CONSUME_STATS => consume::stats(&asked).await,
        code::GET_BROKER_CONSUME_STATS => consume::broker_stats(&asked).await,
        code::QUERY_TOPIC_CONSUME_BY_WHO => consume::groups_of_topic(&asked),
        code::QUERY_CONSUME_TIME_SPAN => consume::time_span(&asked).await,
        code::QUERY_TOPICS_BY_CONSUMER => consume::topics_of_group(&asked),
        code::QUERY_SUBSCRIPTION_BY_CONSUMER => consume::subscription(&asked),
        code::QUERY_CONSUME_QUEUE => units::query(&asked).await,

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
