//! The handlers of the control plane, by what they are about.

pub(super) mod assignment;
pub(super) mod clean;
pub(super) mod client;
mod client_reset;
pub(super) mod config;
pub(super) mod consume;
pub(super) mod forward;
pub(super) mod group;
pub(super) mod heartbeat;
pub(super) mod offset;
pub(super) mod recall;
pub(super) mod reset;
pub(super) mod runtime;
pub(super) mod stats;
pub(super) mod time_text;
pub(super) mod topic;
pub(super) mod units;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::broker::control::answer::Answer;
use crate::broker::control::dispatch::Asked;
use crate::broker::reply::Refusal;
use crate::limits::QUEUES_PER_TOPIC_MAX;
use crate::protocol::body::MessageQueue;
use crate::protocol::fastjson::{self, Table};
use crate::protocol::java;

/// The body of a request that needs one.
fn body<T: DeserializeOwned>(asked: &Asked<'_>) -> Result<T, Answer> {
    optional_body(asked)?.ok_or_else(|| Refusal::Body("the body is missing").into())
}

/// The body of a request; to Java `null` is none.
fn optional_body<T: DeserializeOwned>(asked: &Asked<'_>) -> Result<Option<T>, Answer> {
    let body = &asked.request.command.body;
    if body.is_empty() {
        return Ok(None);
    }
    fastjson::from_slice(body).map_err(|error| {
        tracing::debug!(code = asked.request.command.code, %error, "a body cannot be read");
        Refusal::Body("the body cannot be read").into()
    })
}

/// Success with this body.
fn json<T: Serialize>(value: &T) -> Answer {
    Answer::of_body(fastjson::to_vec(value))
}

/// The ids of this many queues.
fn queue_ids(count: i32) -> std::ops::Range<i32> {
    0..count.clamp(0, QUEUES_PER_TOPIC_MAX)
}

/// A table of queues in the order of a Java hash map.
fn queue_table<V>(entries: Vec<(MessageQueue, V)>) -> Table<MessageQueue, V> {
    let hashes: Vec<i32> = entries.iter().map(|(queue, _)| queue.java_hash()).collect();
    in_java_order(entries, &hashes).into_iter().collect()
}

/// A table of texts in the order of a Java hash map.
fn text_table<V>(entries: Vec<(String, V)>) -> Table<String, V> {
    let hashes: Vec<i32> = entries.iter().map(|(key, _)| java::string_hash(key)).collect();
    in_java_order(entries, &hashes).into_iter().collect()
}

/// Queues in the order of a Java hash set.
fn queue_set(queues: Vec<MessageQueue>) -> Vec<MessageQueue> {
    let hashes: Vec<i32> = queues.iter().map(MessageQueue::java_hash).collect();
    in_java_order(queues, &hashes)
}

fn in_java_order<T>(entries: Vec<T>, hashes: &[i32]) -> Vec<T> {
    let order = java::walk_order(hashes, java::map_capacity(hashes.len()));
    let mut places: Vec<Option<T>> = entries.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| places.get_mut(at)?.take()).collect()
}
