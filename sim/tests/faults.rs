//! Every operation of a history fails, once or from then on: the shard goes on, or takes nothing
//! any more; and what was acknowledged is there when the disk is well again.

use std::rc::Rc;
use std::time::Duration;

use ringmq_sim::limits::DISK_HEADROOM_BYTES;
use ringmq_sim::rt::clock;
use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::sim::{Crash, End, Faults, Machine, Op, OpKind, Survival};
use ringmq_sim::store::AppendError;

use crate::crash::{reference, stop};
use crate::seeds;
use crate::witness::Witness;
use crate::work::{Mode, Store, some_work, two_lives};

const EIO: i32 = 5;
const ENOSPC: i32 = 28;

/// How the store came through a history with a failure in it.
#[derive(Debug, PartialEq, Eq)]
pub enum Came {
    /// All that was sent was acknowledged.
    Through,
    /// The shard took nothing any more, and said why; what was sent then was refused.
    Poisoned,
}

/// Runs the history with a failure, and then looks at what a loss of power leaves of it.
pub fn fail_at(mode: Mode, seed: u64, faults: &Faults, survival: Survival) -> Came {
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    machine.set_faults(faults.clone());
    machine.run(two_lives(mode, seed, Rc::clone(&witness))).done();
    let came = judge(&witness);
    stop(&machine, &witness, mode, Crash::Power(survival));
    machine.set_faults(Faults::NONE);
    let inside = Rc::clone(&witness);
    let life = async move {
        let store = Store::open(mode, &inside).await.unwrap();
        inside.check(&store.shard).await;
        some_work(&store, &inside, &mut Stream::new(seed), 3).await;
        store.close().await;
        inside.check(&store.shard).await;
    };
    machine.run(life).done();
    came
}

/// Every message has had one answer, and after a failure none was good.
fn judge(witness: &Witness) -> Came {
    let acked = witness.acked.borrow();
    let refused = witness.refused.borrow();
    assert!(refused.iter().all(|number| !acked.contains_key(number)), "one answer each");
    let sent = witness.sent.borrow().len();
    assert_eq!(acked.len() + refused.len(), sent, "every message has its answer");
    match *witness.poison.borrow() {
        Some(_) => Came::Poisoned,
        None => {
            assert!(refused.is_empty(), "nothing is refused without a failure");
            Came::Through
        }
    }
}

#[test]
fn any_operation_may_fail() {
    seeds::each(1, |seed| {
        for mode in Mode::ALL.into_iter().flat_map(|mode| [mode, mode.with_clean_up()]) {
            let trace = reference(mode, seed);
            let mut came = [0; 2];
            for (number, op) in trace.iter().enumerate() {
                let mut random = Stream::new(seed ^ number as u64);
                let errno = [EIO, EIO, ENOSPC][random.below(3) as usize];
                let fail_on = random.below(3) == 0;
                let survival = Survival::ALL[random.below(4) as usize];
                let faults = Faults { fail: Some((number, errno)), fail_on, ..Faults::NONE };
                println!("seed {seed}, {mode:?}, {:?}: {faults:?}, {survival:?}", op);
                came[fail_at(mode, seed, &faults, survival) as usize] += 1;
            }
            assert!(came.iter().all(|count| *count > 0), "each way to come through: {came:?}");
        }
    });
}

/// Fails the first operation that `wanted` picks, and nothing else.
pub fn poisoned_by(mode: Mode, seed: u64, wanted: impl Fn(&Op) -> bool, survival: Survival) {
    let trace = reference(mode, seed);
    let number = trace.iter().position(wanted).expect("there is such an operation");
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    machine.set_faults(Faults { fail: Some((number, EIO)), ..Faults::NONE });
    let inside = Rc::clone(&witness);
    let life = async move {
        let mut random = Stream::new(seed);
        let store = Store::open(mode, &inside).await.unwrap();
        some_work(&store, &inside, &mut random, mode.rounds()).await;
        clock::sleep(Duration::from_millis(50)).await;
        let poison = store.shard.poison().expect("the failure is noticed");
        assert_eq!(*inside.poison.borrow(), Some(poison));
        assert_eq!(poison.errno, Some(EIO));
        // The disk is well again, and it makes no difference.
        let acked = inside.acked.borrow().len();
        for _ in 0..20 {
            assert_eq!(store.append(&inside, &mut random), Err(AppendError::Poisoned));
            clock::sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(inside.acked.borrow().len(), acked);
        store.close().await;
    };
    machine.run(life).done();
    assert!(machine.content(&crate::work::root().join("abort")).is_some(), "no clean stop");
    stop(&machine, &witness, mode, Crash::Power(survival));
    machine.set_faults(Faults::NONE);
    let life = async move {
        let store = Store::open(mode, &witness).await.unwrap();
        assert!(!store.shard.recovery().unwrap().clean);
        witness.check(&store.shard).await;
    };
    assert_eq!(machine.run(life), End::Done(()));
}

fn in_log(op: &Op) -> bool {
    op.path.parent().is_some_and(|folder| folder.ends_with("commitlog"))
}

#[test]
fn a_failed_write_or_sync_ends_the_shard_for_good() {
    for survival in Survival::ALL {
        let synced = |op: &Op| op.kind == OpKind::WriteSynced && in_log(op);
        poisoned_by(Mode::SYNC, 3, synced, survival);
        // The syncs of new, empty segments come first: one behind a write is wanted.
        for mode in [Mode::LINKED, Mode::ASYNC] {
            let written = std::cell::Cell::new(0);
            let sync = |op: &Op| {
                written.set(written.get() + u32::from(op.kind == OpKind::Write && in_log(op)));
                written.get() > 2 && op.kind == OpKind::Sync && in_log(op)
            };
            poisoned_by(mode, 3, sync, survival);
        }
    }
}

#[test]
fn short_writes_and_reads_and_slow_disks_change_nothing() {
    seeds::each(12, |seed| {
        for mode in Mode::ALL {
            let faults = Faults { short: 300, slow: 50, buffered: seed % 2 == 1, ..Faults::NONE };
            assert_eq!(fail_at(mode, seed, &faults, Survival::Nothing), Came::Through);
            let survival = Survival::ALL[seed as usize % 4];
            assert_eq!(fail_at(mode, seed, &faults, survival), Came::Through);
        }
    });
}

#[test]
fn a_full_disk_costs_nothing_that_was_acknowledged() {
    seeds::each(12, |seed| {
        for mode in Mode::ALL {
            let mut random = Stream::new(seed);
            // The store leaves some of it free, and finds little more.
            let capacity = Some(DISK_HEADROOM_BYTES + (2 + random.below(24)) * 4096);
            let faults = Faults { capacity, ..Faults::NONE };
            let survival = Survival::ALL[random.below(4) as usize];
            println!("seed {seed}, {mode:?}: {faults:?}, {survival:?}");
            fail_at(mode, seed, &faults, survival);
        }
    });
}
