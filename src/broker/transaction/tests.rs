//! Transactions on one shard of a core without clients: what ends them, how often, and what is
//! found out after a crash at any point.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;

use super::end::{End, carry_out};
use super::half::{self, Half};
use super::recovery::recover;
use super::table::Take;
use super::{Ledger, op, records, write_ops};
use crate::broker::core::Core;
use crate::broker::one_shard;
use crate::broker::put::{Inside, Stored, put};
use crate::broker::storage::Shard;
use crate::message::flags::Transaction;
use crate::message::properties::Properties;
use crate::message::record::{Check, Record};
use crate::message::topic::{HALF_OP_TOPIC, HALF_TOPIC};
use crate::rt::spawn;
use crate::store::NewTagsCode;
use crate::units::{PhysicalOffset, QueueOffset, ShardId};

const TOPIC: &str = "T";
const QUEUE: i32 = 3;
const GROUP: &str = "g";

/// A core with one shard.
struct Broker {
    core: Rc<Core>,
    shard: Rc<Shard>,
    ledger: Rc<Ledger>,
}

/// Runs `work` on a core with an empty shard, and yields what it returns.
fn on_broker<T, F, W>(work: W) -> T
where
    T: Send + 'static,
    F: Future<Output = T> + 'static,
    W: FnOnce(Broker) -> F + Send + Clone + 'static,
{
    one_shard::run("", |core| async move {
        let room = core.room(ShardId(0)).unwrap();
        let (shard, ledger) = (room.shard.clone(), room.transactions.clone());
        work(Broker { core, shard, ledger }).await
    })
}

impl Broker {
    async fn put(&self, message: Inside) -> Stored {
        put(&self.core, message).await.unwrap()
    }

    async fn half(&self, body: &str) -> Stored {
        let sent = format!("PGROUP\u{1}{GROUP}\u{2}TRAN_MSG\u{1}true\u{2}UNIQ_KEY\u{1}{body}\u{2}");
        self.put(Inside {
            topic: HALF_TOPIC.into(),
            queue: 0,
            flag: 5,
            sys_flag: 0,
            born_timestamp: crate::rt::clock::wall_ms().0,
            born_host: ([127, 0, 0, 1], 4000).into(),
            store_host: None,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            properties: half::properties(sent.as_bytes(), TOPIC, QUEUE),
            body: Bytes::from(body.to_owned()),
            tags_code: NewTagsCode::Hash(0),
        })
        .await
    }

    /// Stores the half message at `old` anew.
    async fn renew(&self, old: Stored) -> Stored {
        let bytes = self.record(old.physical).await;
        self.put(Half::of(&bytes).unwrap().renewed(0, 1)).await
    }

    async fn commit(&self, half: Stored) {
        let bytes = self.record(half.physical).await;
        self.put(Half::of(&bytes).unwrap().committed(half.physical).unwrap()).await;
    }

    async fn op(&self, ended: &[Stored]) {
        let ended: Vec<QueueOffset> = ended.iter().map(|half| half.queue_offset).collect();
        self.put(op::record(&self.core, 0, &ended)).await;
    }

    async fn record(&self, at: PhysicalOffset) -> Bytes {
        self.shard.record_at(at).await.unwrap().unwrap()
    }

    /// What a broker that starts now finds out.
    async fn restarted(&self) -> Ledger {
        let ledger = Ledger::new(self.core.ownership(), ShardId(0));
        recover(&self.shard, &ledger, [None, None]).await.unwrap();
        ledger
    }

    fn end(&self, half: Stored, commits: bool) -> spawn::Task<i32> {
        let (queue_offset, physical) = (half.queue_offset, half.physical);
        let group = GROUP.to_owned();
        let end = End { commits, group, queue_offset, physical, from_check: false };
        let core = self.core.clone();
        spawn::spawn(async move { carry_out(core, end).await.0 })
    }

    /// The bodies that consumers can see.
    async fn visible(&self) -> Vec<String> {
        let run = records::run(&self.shard, TOPIC, QUEUE, QueueOffset(0)).await.unwrap();
        let body = |bytes: &Bytes| {
            let (record, _) = Record::decode(bytes, Check::Checksum).unwrap();
            assert_eq!(Transaction::of(record.sys_flag), Transaction::Commit);
            assert_eq!(record.flag, 5);
            String::from_utf8(record.body.to_vec()).unwrap()
        };
        run.records.iter().map(body).collect()
    }

    fn write_ops(&self) {
        let (core, ledger) = (self.core.clone(), self.ledger.clone());
        spawn::spawn(async move { write_ops(&core, &ledger).await }).detach();
    }
}

fn ended(ledger: &Ledger, first: Stored) -> bool {
    let taken = ledger.table.borrow_mut().take(first.queue_offset);
    match taken {
        Take::Ended => true,
        Take::Taken(at) => {
            ledger.table.borrow_mut().give_back(at);
            false
        }
        Take::Busy => panic!("nobody has it"),
    }
}

#[test]
fn a_crash_at_any_point_of_a_transaction_leaves_it_open_or_ended() {
    on_broker(|broker| async move {
        // Something that is open before and after, and somebody else's messages in the queue.
        let other = broker.half("other").await;
        let committed_before = broker.half("before").await;
        broker.commit(committed_before).await;
        broker.op(&[committed_before]).await;

        let first = broker.half("one").await;
        assert!(!ended(&broker.restarted().await, first), "after the half message");
        let second = broker.renew(first).await;
        let found = broker.restarted().await;
        assert!(!ended(&found, first), "after it was stored anew");
        let open = found.table.borrow().open_from(QueueOffset(0), 9);
        assert_eq!(open, [other.queue_offset, second.queue_offset], "one of the two stands for it");
        broker.op(&[first]).await;
        assert!(!ended(&broker.restarted().await, second), "after its op record");
        broker.commit(second).await;
        let found = broker.restarted().await;
        assert!(ended(&found, first) && ended(&found, second), "after the final message");
        let owed = found.table.borrow_mut().take_ended(100);
        assert_eq!(owed, Some(vec![second.queue_offset]), "the op record is made good");
        broker.op(&[second]).await;
        let found = broker.restarted().await;
        assert!(ended(&found, second) && !ended(&found, other), "after the last op record");
        assert_eq!(found.table.borrow_mut().take_ended(100), None);
        assert_eq!(found.progress(), [other.queue_offset, QueueOffset(0)]);
        assert_eq!(broker.visible().await, ["before", "one"]);
    });
}

#[test]
fn what_is_settled_is_not_read_again() {
    on_broker(|broker| async move {
        let mut halves = Vec::new();
        for number in 0..100 {
            halves.push(broker.half(&number.to_string()).await);
        }
        for part in halves.chunks(10) {
            broker.op(part).await;
        }
        let all = broker.restarted().await;
        assert_eq!(all.progress(), [QueueOffset(100), QueueOffset(10)]);
        let open = broker.half("open").await;
        let found = Ledger::new(broker.core.ownership(), ShardId(0));
        let recorded = [Some(QueueOffset(100)), Some(QueueOffset(10))];
        recover(&broker.shard, &found, recorded).await.unwrap();
        assert!(!ended(&found, open));
        let beyond = Ledger::new(broker.core.ownership(), ShardId(0));
        let recorded = [Some(QueueOffset(1 << 40)), Some(QueueOffset(-3))];
        recover(&broker.shard, &beyond, recorded).await.unwrap();
        assert!(beyond.table.borrow().is_empty(), "a place beyond the queue is its end");
    });
}

#[test]
fn a_transaction_takes_the_first_end_only() {
    on_broker(|broker| async move {
        broker.write_ops();
        let (one, two) = (broker.half("one").await, broker.half("two").await);
        let both = (broker.end(one, true), broker.end(one, true));
        let mut codes = [both.0.await, both.1.await];
        codes.sort_unstable();
        assert_eq!(codes, [0, 1], "at once");
        assert_eq!(broker.end(one, false).await, 1, "later, and the other way");
        assert_eq!(broker.end(two, false).await, 0);
        assert_eq!(broker.end(two, true).await, 1, "what was rolled back stays so");
        let (half, op) = (HALF_TOPIC, HALF_OP_TOPIC);
        let written = broker.shard.range(op, 0).unwrap().1;
        assert!(written >= QueueOffset(1), "a rollback is answered when it is stored");
        let three = broker.half("three").await;
        let again = broker.renew(three).await;
        broker.ledger.table.borrow_mut().take(three.queue_offset);
        broker.ledger.renew(three.queue_offset, again.queue_offset);
        assert_eq!(broker.end(three, true).await, 0, "by the first half message");
        assert_eq!(broker.end(again, true).await, 1, "and by the one that it was asked about");
        assert_eq!(broker.shard.range(half, 0).unwrap().1, QueueOffset(4));
        assert_eq!(broker.visible().await, ["one", "three"]);
    });
}

#[test]
fn properties_are_those_that_java_leaves() {
    let sent = "DELAY\u{1}3\u{2}UNIQ_KEY\u{1}K\u{2}TRAN_PREPARED_QUEUE_OFFSET\u{1}9\u{2}\
                REAL_TOPIC\u{1}X\u{2}a\u{1}b";
    let half = half::properties(sent.as_bytes(), TOPIC, QUEUE);
    let found: Vec<_> = Properties::new(&half).iter().collect();
    let wanted = [
        ("UNIQ_KEY", "K"),
        ("a", "b"),
        ("__transactionId__", "K"),
        ("REAL_TOPIC", "T"),
        ("REAL_QID", "3"),
    ];
    assert_eq!(found, wanted, "neither a delay nor another transaction's place");
}

#[test]
fn a_message_may_say_when_it_is_first_checked() {
    let timeout = Duration::from_secs(6);
    let immunity = |text: &str| {
        let sent = format!("CHECK_IMMUNITY_TIME_IN_SECONDS\u{1}{text}\u{2}");
        let properties = half::properties(sent.as_bytes(), TOPIC, QUEUE);
        let record = super::check::tests::record(&properties, 0, 0);
        let bytes = Bytes::from(record.to_vec().unwrap());
        Half::of(&bytes).unwrap().immunity_ms(timeout)
    };
    assert_eq!(immunity("60"), Some(60_000));
    assert_eq!(immunity("2"), Some(2_000));
    assert_eq!(immunity("-1"), Some(6_000));
    assert_eq!(immunity("soon"), Some(6_000));
}
