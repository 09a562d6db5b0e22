//! The machine stops at every operation of a history, and the store is opened again.

use std::rc::Rc;

use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::sim::{Crash, End, Faults, Machine, Moment, Op, OpKind, Survival};

use crate::seeds;
use crate::witness::{ASYNC_LOSS, Witness};
use crate::work::{Mode, Store, some_work, two_lives};

/// The operations of the history that nothing disturbs.
pub fn reference(mode: Mode, seed: u64) -> Vec<Op> {
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    machine.run(two_lives(mode, seed, Rc::clone(&witness))).done();
    let sent = witness.sent.borrow().len();
    assert_eq!(witness.acked.borrow().len(), sent, "all is acknowledged in the end");
    machine.trace()
}

/// Runs the history, cuts it off, and looks at what is left; stops twice more while recovering.
pub fn cut_at(mode: Mode, seed: u64, cut: (usize, Moment), crash: Crash) {
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    machine.set_faults(Faults { cut: Some(cut), ..Faults::NONE });
    let end = machine.run(two_lives(mode, seed, Rc::clone(&witness)));
    assert_eq!(end, End::Cut, "the history has an operation {}", cut.0);
    let mut random = Stream::new(seed ^ cut.0 as u64);
    stop(&machine, &witness, mode, crash);
    for _ in 0..random.below(3) {
        let again = (random.below(40) as usize, Moment::During);
        machine.set_faults(Faults { cut: Some(again), ..Faults::NONE });
        let inside = Rc::clone(&witness);
        let opened = machine.run(async move { Store::open(mode, &inside).await.map(|_| ()) });
        if let End::Done(outcome) = opened {
            outcome.unwrap();
        }
        stop(&machine, &witness, mode, crash);
    }
    machine.set_faults(Faults::NONE);
    machine.run(afterwards(mode, Rc::clone(&witness), random)).done();
}

/// Stops the machine, and lets the witness forget what was not promised to outlive that.
pub fn stop(machine: &Rc<Machine>, witness: &Rc<Witness>, mode: Mode, crash: Crash) {
    if !mode.synced {
        witness.died(ASYNC_LOSS, machine.now());
    }
    match crash {
        Crash::Kill => machine.kill(),
        Crash::Power(survival) => {
            machine.lose_power(survival);
            if !mode.synced {
                witness.forget_unsynced();
            }
        }
    }
}

/// The store is as it must be, goes on, and closes and opens again.
async fn afterwards(mode: Mode, witness: Rc<Witness>, mut random: Stream) {
    let store = Store::open(mode, &witness).await.unwrap();
    witness.check(&store.shard).await;
    some_work(&store, &witness, &mut random, 6).await;
    store.close().await;
    drop(store);
    assert_eq!(witness.machine.kept_memories(), 0, "a clean stop needs no memory any more");
    let store = Store::open(mode, &witness).await.unwrap();
    let report = store.shard.recovery().unwrap();
    assert!(report.clean && report.records == 0, "{report:?}");
    witness.check(&store.shard).await;
    let sent = witness.sent.borrow().len() as u64;
    assert!(sent == 0 || witness.acked.borrow().contains_key(&(sent - 1)));
    store.close().await;
}

/// A way to stop that differs from one operation to the next, and from one seed to the next.
fn some_crash(number: usize, seed: u64) -> (Moment, Crash) {
    let mut random = Stream::new(seed.wrapping_mul(31).wrapping_add(number as u64));
    let moment = [Moment::Before, Moment::During, Moment::After][random.below(3) as usize];
    let crash = match random.below(6) {
        0 => Crash::Kill,
        1 => Crash::Power(Survival::Nothing),
        2 => Crash::Power(Survival::Whole),
        3 => Crash::Power(Survival::Everything),
        _ => Crash::Power(Survival::Torn),
    };
    (moment, crash)
}

fn cut_everywhere(mode: Mode, seed: u64, wanted: impl Fn(&Op) -> bool) -> usize {
    let trace = reference(mode, seed);
    let numbers: Vec<usize> = (0..trace.len()).filter(|at| wanted(&trace[*at])).collect();
    for number in &numbers {
        let (moment, crash) = some_crash(*number, seed);
        println!("seed {seed}, {mode:?}, {number} {:?}: {moment:?}, {crash:?}", trace[*number]);
        cut_at(mode, seed, (*number, moment), crash);
    }
    numbers.len()
}

#[test]
fn nothing_acknowledged_is_lost_at_any_sync() {
    seeds::each(2, |seed| {
        for mode in Mode::ALL {
            let syncs = cut_everywhere(mode, seed, |op| op.kind.is_sync());
            assert!(syncs > 40, "{syncs} syncs");
        }
    });
}

#[test]
fn nothing_acknowledged_is_lost_at_any_change() {
    seeds::each(1, |seed| {
        for mode in Mode::ALL {
            let changes = cut_everywhere(mode, seed + 100, |op| op.kind.is_change());
            assert!(changes > 100, "{changes} changes");
        }
    });
}

#[test]
fn clean_up_takes_what_is_old_and_nothing_else_at_any_change() {
    seeds::each(1, |seed| {
        for mode in Mode::ALL {
            let mode = mode.with_clean_up();
            let removed = |op: &Op| op.kind == OpKind::Remove;
            let some = reference(mode, seed + 300).into_iter().filter(removed).count();
            assert!(some > 20, "{some} names removed");
            cut_everywhere(mode, seed + 300, |op| op.kind.is_change());
        }
    });
}

#[test]
fn a_shard_of_several_survives_like_one_alone() {
    seeds::each(1, |seed| {
        let mode = Mode { shards: 2, ..Mode::SYNC };
        cut_everywhere(mode, seed + 200, |op| op.kind.is_sync());
    });
}
