//! Clean-up by request: 306, 316, 329.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use crate::broker::control::answer::{Answer, Outcome};
use crate::broker::control::dispatch::Asked;
use crate::broker::control::facts;
use crate::broker::control::handler::topic;
use crate::broker::core::Core;
use crate::protocol::code::response;
use crate::store::CleanError;

/// CLEAN_EXPIRED_CONSUMEQUEUE: queues whose messages are all gone begin anew; those of system
/// topics stay.
pub async fn expired_queues(asked: &Asked<'_>) -> Outcome {
    let mut system = every_topic(asked.core).await;
    system.retain(|name| asked.control.topics.borrow().is_system(name));
    let system = Arc::new(system);
    let there = system.clone();
    let elsewhere = facts::each_other(asked.core, |core| remove_expired(core, there)).await;
    let here = remove_expired(asked.core.clone(), system).await;
    for removed in elsewhere.into_iter().chain([here]) {
        if let Err(error) = removed {
            tracing::error!(%error, "expired queues could not be removed");
            return Err(Answer::refused(response::SYSTEM_ERROR, error));
        }
    }
    Ok(Answer::done())
}

/// CLEAN_UNUSED_TOPIC: queues of topics that are not configured are removed.
pub async fn unused_topics(asked: &Asked<'_>) -> Outcome {
    for name in every_topic(asked.core).await {
        let used = {
            let topics = asked.control.topics.borrow();
            topics.get(&name).is_some() || topics.is_system(&name)
        };
        if !used {
            tracing::info!(topic = name, "removing the queues of an unused topic");
            topic::forget_everywhere(asked.core, &name).await;
        }
    }
    Ok(Answer::done())
}

/// DELETE_EXPIRED_COMMITLOG: expired segments are removed now, whatever the hour.
pub fn expired_segments(asked: &Asked<'_>) -> Outcome {
    asked.control.clean_now(asked.core);
    Ok(Answer::done())
}

/// Every topic that has queues on any core.
async fn every_topic(core: &Rc<Core>) -> BTreeSet<String> {
    let elsewhere = facts::each_other(core, topics_here).await;
    elsewhere.into_iter().chain([topics_here(core.clone()).await]).flatten().collect()
}

async fn topics_here(core: Rc<Core>) -> Vec<String> {
    core.shards().iter().flat_map(|shard| shard.topics()).collect()
}

async fn remove_expired(core: Rc<Core>, keep: Arc<BTreeSet<String>>) -> Result<(), String> {
    for shard in core.shards() {
        let removed = shard.remove_expired_queues(|topic| keep.contains(topic)).await;
        let count = removed.map_err(|error: CleanError| error.to_string())?;
        tracing::info!(shard = shard.id().0, count, "removed expired queues");
    }
    Ok(())
}
