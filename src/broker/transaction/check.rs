//! Asking producers about half messages that nobody ends (Java: `TransactionalMessageServiceImpl`,
//! `AbstractTransactionalMessageCheckListener`).

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use crate::broker::core::{CONTROL, Core};
use crate::broker::put::{Putting, Stored, put};
use crate::broker::send::Missing;
use crate::broker::storage::Shard;
use crate::broker::transaction::half::Half;
use crate::broker::transaction::{Ledger, records};
use crate::config::broker::BrokerConfig;
use crate::message::id;
use crate::message::topic::HALF_TOPIC;
use crate::net::Part;
use crate::protocol::Command;
use crate::protocol::code::request as code;
use crate::protocol::request::send::CheckTransaction;
use crate::rt::clock;
use crate::store::ReadError;
use crate::units::{QueueOffset, WallMillis};

/// Half messages that are looked at together; as many are on their way into the store at once.
const STEP: usize = 32;

/// Checks the half messages of a shard every interval in which there are any, as long as the
/// process runs.
pub async fn run(core: &Rc<Core>, shard: &Shard, ledger: &Ledger) {
    loop {
        while ledger.table.borrow().is_empty() {
            ledger.opened.wait().await;
        }
        clock::sleep(core.config().transactions.check_interval).await;
        let round = Round { core, shard, ledger, began: clock::wall_ms() };
        if let Err(error) = round.check_all().await {
            tracing::error!(%error, "cannot read half messages; they are checked later");
        }
    }
}

/// What is to be done about a half message, and how often it was looked at then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    /// Its producer is asked.
    Ask(i32),
    /// It is asked for later, but those behind it are looked at: it is stored anew.
    Defer(i32),
    /// It is too young, and so are those behind it.
    Stop,
    /// Nobody could tell, or it is too old.
    GiveUp(i32),
}

/// Java's rules, in its order: a look that comes too early to ask counts like one that asks, so a
/// message whose immunity outlasts the checks is given up without a question. `began` is when the
/// round did.
fn judge(half: &Half<'_>, config: &BrokerConfig, began: WallMillis, now: WallMillis) -> Verdict {
    let rules = &config.transactions;
    let age_ms = half.age_ms(now);
    let at_least = |limit: Duration| i64::try_from(limit.as_millis()).unwrap_or(i64::MAX);
    let before = half.checks();
    if let Some(checks) = before.filter(|checks| *checks >= rules.checks_max) {
        return Verdict::GiveUp(checks);
    }
    let checks = before.unwrap_or(0) + 1;
    if age_ms > at_least(config.store.retention.kept) {
        return Verdict::GiveUp(checks);
    }
    if half.record.stored_at >= began {
        return Verdict::Stop;
    }
    match half.immunity_ms(rules.timeout) {
        Some(immunity) if age_ms <= immunity => Verdict::Defer(checks),
        None if (0..=at_least(rules.timeout)).contains(&age_ms) => Verdict::Stop,
        _ => Verdict::Ask(checks),
    }
}

/// One look at all open half messages of a shard.
struct Round<'a> {
    core: &'a Rc<Core>,
    shard: &'a Shard,
    ledger: &'a Ledger,
    began: WallMillis,
}

/// A half message that is being stored for the last or the next time.
struct Moving {
    at: QueueOffset,
    /// The topic that it is for.
    topic: String,
    verdict: Verdict,
    putting: Putting,
}

impl Round<'_> {
    async fn check_all(&self) -> Result<(), ReadError> {
        let mut from = QueueOffset(0);
        loop {
            let open = self.ledger.table.borrow().open_from(from, STEP);
            let Some(last) = open.last() else { return Ok(()) };
            from = QueueOffset(last.0 + 1);
            let mut moving = Vec::with_capacity(open.len());
            let went_on = self.move_all(&open, &mut moving).await;
            // Whatever ended the step: what is on its way is taken until this is done.
            let went_well = self.finish(moving).await;
            if !went_on? || !went_well {
                return Ok(());
            }
        }
    }

    /// Judges half messages, and has those stored that are to be. Whether to look further.
    async fn move_all(
        &self,
        open: &[QueueOffset],
        moving: &mut Vec<Moving>,
    ) -> Result<bool, ReadError> {
        let queue = self.ledger.half_queue;
        for at in open {
            let read = records::one(self.shard, queue, *at).await?;
            // Somebody may have ended it during the read.
            if !self.ledger.table.borrow_mut().take_at(*at) {
                continue;
            }
            let Some(half) = read.as_ref().and_then(Half::of) else {
                tracing::warn!(at = at.0, "a half message is gone before it was ended");
                self.ledger.end(*at);
                continue;
            };
            let verdict = judge(&half, &self.core.config(), self.began, clock::wall_ms());
            let message = match verdict {
                Verdict::Ask(checks) => half.renewed(queue, checks),
                Verdict::Defer(checks) => half.deferred(queue, checks),
                Verdict::GiveUp(checks) if self.provide_topic().await => half.given_up(checks),
                Verdict::GiveUp(_) | Verdict::Stop => {
                    self.ledger.give_back(*at);
                    return Ok(false);
                }
            };
            let topic = half.target().map(|(topic, _)| topic.to_owned()).unwrap_or_default();
            moving.push(Moving { at: *at, topic, verdict, putting: put(self.core, message) });
        }
        Ok(true)
    }

    /// Waits for what is being stored, and asks producers. Whether all was stored.
    async fn finish(&self, moving: Vec<Moving>) -> bool {
        let mut refused = None;
        let mut asks = Vec::new();
        for Moving { at, topic, verdict, putting } in moving {
            match (putting.await, verdict) {
                (Ok(_), Verdict::GiveUp(_)) => {
                    tracing::warn!(at = at.0, "gave up a half message that nobody could tell of");
                    self.ledger.end(at);
                    self.ledger.count(&topic, -1);
                }
                (Ok(stored), verdict) => {
                    self.ledger.renew(at, stored.queue_offset);
                    if let Verdict::Ask(_) = verdict {
                        asks.extend(self.question(stored).await);
                    }
                }
                (Err(refusal), _) => {
                    self.ledger.give_back(at);
                    refused = Some(refusal);
                }
            }
        }
        if let Some(refusal) = &refused {
            tracing::warn!(?refusal, "half messages are not stored anew; checked later");
        }
        if !asks.is_empty() {
            self.core.run_on(CONTROL, move |there| ask(there, asks)).await;
        }
        refused.is_none()
    }

    /// CHECK_TRANSACTION_STATE for a half record, and the group to ask.
    async fn question(&self, stored: Stored) -> Option<(String, Bytes)> {
        let bytes = self.shard.record_at(stored.physical).await.ok().flatten()?;
        let half = Half::of(&bytes)?;
        let config = self.core.config();
        let key = half.unique_key();
        let offset_id = id::OffsetId::new(half.record.store_host, stored.physical);
        let header = CheckTransaction {
            topic: Some(HALF_TOPIC),
            queue_offset: stored.queue_offset.0,
            physical_offset: stored.physical.0.cast_signed(),
            msg_id: key,
            transaction_id: key,
            offset_msg_id: Some(offset_id.as_str()),
            broker_name: Some(&config.identity.name),
        };
        let command =
            Command::oneway(code::CHECK_TRANSACTION_STATE).with_fields(header.to_fields());
        let frame = command.with_body(half.asked()?).encode().ok()?;
        Some((half.group()?.to_owned(), frame))
    }

    /// Sees to it that there is a topic for half messages that are given up.
    async fn provide_topic(&self) -> bool {
        let provided = self.core.run_on(CONTROL, |there| async move {
            let control = there.control()?.clone();
            control.provide(&there, &Missing::GivenUpTopic).await.ok()
        });
        provided.await.is_some()
    }
}

/// Sends each question to some producer of its group. Without one, or with one that does not take
/// what it has been sent before, it is asked the next time.
async fn ask(core: Rc<Core>, asks: Vec<(String, Bytes)>) {
    for (group, question) in asks {
        let producer = core.control().and_then(|control| control.some_producer(&group));
        let Some(id) = producer else {
            tracing::warn!(group, "no producer to ask about a half message");
            continue;
        };
        let send = move |there: Rc<Core>| async move {
            let connection = there.connections.get(id).filter(|open| !open.is_crowded());
            connection.map(|open| open.send([Part::Memory(question)])).is_some()
        };
        if !core.run_on(id.core, send).await {
            tracing::warn!(group, "a producer does not take questions about half messages");
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::broker::control::tests::golden::configuration;
    use crate::broker::transaction::half;
    use crate::message::record::{Host, Record};
    use crate::units::PhysicalOffset;

    /// A half record.
    pub(crate) fn record(properties: &[u8], born_at: i64, stored_at: i64) -> Record<'_> {
        let host = Host { ip: [127, 0, 0, 1].into(), port: 10_911 };
        Record {
            queue_id: 0,
            flag: 0,
            queue_offset: QueueOffset(7),
            physical_offset: PhysicalOffset(4096),
            sys_flag: 0,
            born_at: WallMillis(born_at),
            born_host: host,
            stored_at: WallMillis(stored_at),
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: b"x",
            topic: HALF_TOPIC,
            properties,
        }
    }

    #[test]
    fn half_messages_are_judged_as_by_java() {
        use Verdict::{Ask, Defer, GiveUp, Stop};
        const NOW: i64 = 10_000_000_000;
        const HOUR: i64 = 3_600_000;
        let config = configuration("transactionCheckMax=15\nfileReservedTime=72\n").config;
        // Properties, age by the producer's clock, time since it was stored; what follows.
        let cases = [
            ("", 6_001, 1, Ask(1)),
            ("", 6_000, 1, Stop),
            ("", 0, 1, Stop),
            // A producer whose clock is ahead is asked at once.
            ("", -1, 1, Ask(1)),
            ("", 7_000, 0, Stop),
            ("", 72 * HOUR, 1, Ask(1)),
            ("", 72 * HOUR + 1, 1, GiveUp(1)),
            ("TRANSACTION_CHECK_TIMES\u{1}3\u{2}", 72 * HOUR + 1, 1, GiveUp(4)),
            ("TRANSACTION_CHECK_TIMES\u{1}14\u{2}", 7_000, 1, Ask(15)),
            ("TRANSACTION_CHECK_TIMES\u{1}15\u{2}", 1, 0, GiveUp(15)),
            ("TRANSACTION_CHECK_TIMES\u{1}x\u{2}", 7_000, 1, Ask(0)),
            ("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}60\u{2}", 60_000, 1, Defer(1)),
            ("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}60\u{2}", 60_001, 1, Ask(1)),
            ("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}60\u{2}", -5, 1, Defer(1)),
            ("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}1\u{2}", 1_001, 1, Ask(1)),
            ("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}soon\u{2}", 6_000, 1, Defer(1)),
        ];
        for (sent, age, stored_for, verdict) in cases {
            let properties = half::properties(sent.as_bytes(), "T", 0);
            let record = record(&properties, NOW - age, NOW - stored_for);
            let bytes = Bytes::from(record.to_vec().unwrap());
            let half = Half::of(&bytes).unwrap();
            let found = judge(&half, &config, WallMillis(NOW), WallMillis(NOW));
            assert_eq!(found, verdict, "{sent:?} {age} {stored_for}");
        }
    }
}
