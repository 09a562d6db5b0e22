//! END_TRANSACTION 37: what a producer says of its half message (Java: `EndTransactionProcessor`).

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::core::Core;
use crate::broker::message::Request;
use crate::broker::put::{Inside, put};
use crate::broker::reply::Refusal;
use crate::broker::storage::Shard;
use crate::broker::transaction::Ledger;
use crate::broker::transaction::half::Half;
use crate::config::broker::BrokerRole;
use crate::message::flags::Transaction;
use crate::message::topic::HALF_TOPIC;
use crate::protocol::Command;
use crate::protocol::code::response;
use crate::protocol::request::send::EndTransaction;
use crate::rt::{clock, spawn};
use crate::units::{PhysicalOffset, QueueOffset};

/// An answer without fields or body.
pub(super) type Answer = (i32, Option<Cow<'static, str>>);

const DONE: Answer = (response::SUCCESS, None);

/// The remark of Java's answers that say nothing more than their code.
const UNSAID: Option<Cow<'static, str>> = Some(Cow::Borrowed("not set any response code"));

fn failed(remark: &'static str) -> Answer {
    (response::SYSTEM_ERROR, Some(remark.into()))
}

fn not_found() -> Answer {
    failed("Find prepared transaction message failed")
}

/// What a producer says.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub commits: bool,
    pub group: String,
    pub queue_offset: QueueOffset,
    pub physical: PhysicalOffset,
    pub from_check: bool,
}

/// Takes an END_TRANSACTION on the core of its connection. The ends of different transactions
/// take effect in any order, as in Java.
pub fn receive(core: &Rc<Core>, request: Request) {
    let header = match EndTransaction::from_fields(&request.command.fields) {
        Ok(header) => header,
        Err(error) => return core.refuse(&request, &error.into()),
    };
    if core.config().identity.role == BrokerRole::Slave {
        return answer(core, &request, (response::SLAVE_NOT_AVAILABLE, None));
    }
    let commits = match Transaction::of(header.outcome) {
        Transaction::Commit if header.outcome == Transaction::Commit.apply(0) => true,
        Transaction::Rollback if header.outcome == Transaction::Rollback.apply(0) => false,
        // Java does not answer either.
        _ => {
            let (id, peer) = (header.msg_id, request.origin.peer);
            return tracing::info!(id, %peer, "a producer does not know the outcome yet");
        }
    };
    let end = End {
        commits,
        group: header.producer_group.to_owned(),
        queue_offset: QueueOffset(header.queue_offset),
        physical: PhysicalOffset(header.physical_offset.cast_unsigned()),
        from_check: header.from_check.unwrap_or(false),
    };
    let ownership = core.ownership();
    if header.physical_offset < 0 || end.physical.shard().0 >= ownership.shards {
        return answer(core, &request, not_found());
    }
    let (core, owner) = (core.clone(), ownership.core_of(end.physical.shard()));
    spawn::spawn(async move {
        let outcome = core.run_on(owner, move |there| carry_out(there, end)).await;
        answer(&core, &request, outcome);
    })
    .detach();
}

fn answer(core: &Core, request: &Request, (code, remark): Answer) {
    let reply = Command::reply(&request.command, code);
    core.answer(
        request,
        &match remark {
            Some(remark) => reply.with_remark(remark),
            None => reply,
        },
    );
}

pub(super) async fn carry_out(core: Rc<Core>, end: End) -> Answer {
    let Some(room) = core.room(end.physical.shard()) else { return not_found() };
    let ledger = room.transactions.clone();
    let bytes = match room.shard.record_at(end.physical).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return not_found(),
        Err(error) => {
            tracing::warn!(%error, "a producer ends a transaction that cannot be read");
            return not_found();
        }
    };
    let Some(half) = Half::of(&bytes) else { return not_found() };
    if let Err(refused) = check(&core, &end, &half) {
        return refused;
    }
    let Some(at) = ledger.take(half.first()).await else { return not_found() };
    let answer = if end.commits {
        commit(&core, &room.shard, &ledger, (at, &bytes)).await
    } else {
        ledger.end(at);
        ledger.wait_written(at).await;
        (response::SUCCESS, UNSAID)
    };
    if answer.0 == response::SUCCESS {
        count(&core, &ledger, &half, end.commits);
    }
    answer
}

fn count(core: &Core, ledger: &Ledger, half: &Half<'_>, committed: bool) {
    let Some((topic, _)) = half.target() else { return };
    ledger.count(topic, -1);
    if committed {
        let age = u64::try_from(half.age_ms(clock::wall_ms())).unwrap_or(0);
        core.probe.committed(topic, Duration::from_millis(age));
    } else {
        core.probe.rolled_back(topic);
    }
}

fn check(core: &Core, end: &End, half: &Half<'_>) -> Result<(), Answer> {
    let timeout = core.config().transactions.timeout;
    let immunity = half.immunity_ms(timeout).filter(|_| !end.from_check);
    // Here, but not for the first check, Java takes the timeout for the least immunity there is.
    let timeout_ms = i64::try_from(timeout.as_millis()).unwrap_or(i64::MAX);
    if immunity.is_some_and(|asked| half.age_ms(clock::wall_ms()) > asked.max(timeout_ms)) {
        return Err((response::ILLEGAL_OPERATION, UNSAID));
    }
    if half.group() != Some(&end.group) {
        return Err(failed("The producer group wrong"));
    }
    if half.record.queue_offset != end.queue_offset {
        return Err(failed("The transaction state table offset wrong"));
    }
    Ok(())
}

/// Commits the transaction for which the half record at `at` stands; `bytes` is the half record
/// that the producer names.
async fn commit(
    core: &Rc<Core>,
    shard: &Shard,
    ledger: &Ledger,
    (at, bytes): (QueueOffset, &Bytes),
) -> Answer {
    let stored = match message(shard, ledger, at, bytes).await {
        Some(message) => put(core, message).await,
        None => Err(Refusal::StoreUnavailable),
    };
    match stored {
        Ok(_) => {
            ledger.end(at);
            DONE
        }
        Err(refusal) => {
            tracing::warn!(?refusal, "a committed message is not stored; its producer is asked");
            ledger.give_back(at);
            (refusal.code(), Some(refusal.remark()))
        }
    }
}

/// The final message, made of the half record that the producer names, as by Java. As prepared
/// offset it has the half record that stands for the transaction, by which a start recognizes it.
async fn message(shard: &Shard, ledger: &Ledger, at: QueueOffset, bytes: &Bytes) -> Option<Inside> {
    let half = Half::of(bytes)?;
    if half.record.queue_offset == at {
        return half.committed(half.record.physical_offset);
    }
    let standing = shard.unit(HALF_TOPIC, ledger.half_queue, at).await.ok()??;
    half.committed(standing.physical)
}
