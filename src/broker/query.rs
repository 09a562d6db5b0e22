//! Messages by key or unique key: 12 (spec 2.6). Every shard is asked, and the core of the
//! connection puts together what they have (Java: `QueryMessageProcessor.queryMessage`).

use std::rc::Rc;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::message::{Reply, Request};
use crate::broker::storage::Shard;
use crate::limits::QUERY_REPLY_BYTES_MAX;
use crate::message::record::stored_at;
use crate::net::Part;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::query::{QueryMessage, QueryMessageReply};
use crate::rt::spawn;
use crate::store::{Found, Lookup};
use crate::units::PhysicalOffset;

/// What is looked for.
#[derive(Clone, Debug)]
struct Wanted {
    topic: String,
    key: String,
    by_tag: bool,
    /// Store times, both ends included, in milliseconds.
    range: (i64, i64),
    count_max: usize,
}

/// A record that may have the key.
struct Candidate {
    stored_at: i64,
    physical: PhysicalOffset,
    bytes: Bytes,
}

/// What one core, or all of them, have.
#[derive(Default)]
struct Answer {
    /// Newest first.
    candidates: Vec<Candidate>,
    /// The last message that is indexed, if there were hits: store time and where it starts.
    last: Option<(i64, u64)>,
}

/// Takes a QUERY_MESSAGE on the core of its connection.
pub fn receive(core: &Rc<Core>, request: Request) {
    let wanted = match QueryMessage::from_fields(&request.command.fields) {
        Ok(header) => wanted(core, &header),
        Err(error) => return core.refuse(&request, &error.into()),
    };
    let core = core.clone();
    spawn::spawn(async move {
        let answer = ask_all(&core, wanted).await;
        reply(&core, &request, answer);
    })
    .detach();
}

fn wanted(core: &Core, header: &QueryMessage<'_>) -> Wanted {
    let store = &core.config().store;
    let count_max = match header.unique_key {
        Some(true) => store.unique_query_count_max,
        _ => usize::try_from(header.messages_max).unwrap_or(0),
    };
    Wanted {
        topic: header.topic.to_owned(),
        key: header.key.to_owned(),
        by_tag: header.index_type == Some("T"),
        range: (header.begin_timestamp, header.end_timestamp),
        count_max: count_max.min(store.query_count_max),
    }
}

/// Asks all cores at the same time.
async fn ask_all(core: &Rc<Core>, wanted: Wanted) -> Answer {
    let count_max = wanted.count_max;
    let tasks: Vec<_> = core
        .all_cores()
        .map(|there| {
            let (core, wanted) = (core.clone(), wanted.clone());
            let job = move |there: Rc<Core>| async move { ask_shards(&there, &wanted).await };
            spawn::spawn(async move { core.run_on(there, job).await })
        })
        .collect();
    let mut all = Answer::default();
    for task in tasks {
        let Answer { candidates, last } = task.await;
        all.candidates.extend(candidates);
        all.last = all.last.max(last);
    }
    limit(&mut all.candidates, count_max);
    all
}

async fn ask_shards(core: &Rc<Core>, wanted: &Wanted) -> Answer {
    let mut all = Answer::default();
    for shard in core.shards() {
        let Wanted { topic, range, count_max, .. } = wanted;
        let lookup = match wanted.by_tag {
            true => Lookup::Tag(&wanted.key),
            false => Lookup::Key(&wanted.key),
        };
        match shard.find(topic, lookup, *range, *count_max).await {
            Ok(found) if found.hits.is_empty() => {}
            Ok(found) => {
                all.last = all.last.max(Some((found.last_time, found.last)));
                all.candidates.extend(read(&shard, &found, *range).await);
            }
            Err(error) => tracing::error!(topic, %error, "cannot look for a key"),
        }
    }
    limit(&mut all.candidates, wanted.count_max);
    all
}

/// The records of the hits, as far as they are there, and as fit an answer.
async fn read(shard: &Shard, found: &Found, range: (i64, i64)) -> Vec<Candidate> {
    let mut candidates = Vec::with_capacity(found.hits.len());
    let mut len = 0;
    for hit in &found.hits {
        match shard.record_at(hit.physical).await {
            Ok(Some(bytes)) => {
                len += bytes.len();
                let stored_at = stored_at(&bytes).map_or(0, |time| time.0);
                if stored_at < range.0 || stored_at > range.1 {
                    continue;
                }
                candidates.push(Candidate { stored_at, physical: hit.physical, bytes });
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "the index leads to no record"),
        }
        if len >= QUERY_REPLY_BYTES_MAX {
            break;
        }
    }
    candidates
}

/// Keeps the newest: so many, and no more bytes than fit an answer, but one at least.
fn limit(candidates: &mut Vec<Candidate>, count_max: usize) {
    candidates.sort_by_key(|one| std::cmp::Reverse((one.stored_at, one.physical)));
    candidates.truncate(count_max);
    let mut len = 0;
    let fit = candidates.iter().take_while(|one| {
        len += one.bytes.len();
        len <= QUERY_REPLY_BYTES_MAX
    });
    let fit = fit.count().max(1);
    candidates.truncate(fit);
}

fn reply(core: &Core, request: &Request, answer: Answer) {
    let (index_timestamp, index_physical_offset) = answer.last.unwrap_or_default();
    let index_physical_offset = i64::try_from(index_physical_offset).unwrap_or(i64::MAX);
    let fields = QueryMessageReply { index_timestamp, index_physical_offset }.to_fields();
    if answer.candidates.is_empty() {
        let none = Command::reply(&request.command, response::QUERY_NOT_FOUND)
            .with_remark("can not find message, maybe time range not correct")
            .with_fields(fields);
        return core.answer(request, &none);
    }
    if request.command.is_oneway() {
        return;
    }
    let command = Command::reply(&request.command, response::SUCCESS).with_fields(fields);
    let len = answer.candidates.iter().map(|one| one.bytes.len()).sum();
    match command.encode_header(len) {
        Ok(head) => {
            // Oldest first, as Java sorts them.
            let records = answer.candidates.into_iter().rev().map(|one| Part::Memory(one.bytes));
            let parts = std::iter::once(Part::Memory(head)).chain(records).collect();
            core.reply(&request.origin, Reply::Parts(parts));
        }
        Err(error) => tracing::error!(%error, "the answer to a query does not fit a frame"),
    }
}
