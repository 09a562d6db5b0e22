//! What the simulation has found, each as a test of its own.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use ringmq_sim::rt::clock;
use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::sim::{Crash, Faults, Machine, Moment, Op, OpKind, Survival};
use ringmq_sim::store::OpenError;

use crate::crash::{reference, stop};
use crate::faults::{fail_at, poisoned_by};
use crate::metadata;
use crate::witness::Witness;
use crate::work::{Mode, Store, some_work, two_lives};

/// One life of a store that is not closed: it looks, sends, and waits for its acknowledgements.
async fn life(mode: Mode, witness: Rc<Witness>, rounds: u64) {
    let store = Store::open(mode, &witness).await.unwrap();
    witness.check(&store.shard).await;
    if rounds == 0 {
        return;
    }
    some_work(&store, &witness, &mut Stream::new(rounds), rounds).await;
    let end = witness.sent.borrow().last().map_or(0, |last| last.appended.record_end);
    store.shard.wait_committed(end).await.unwrap();
}

fn begun(seed: u64) -> (Rc<Machine>, Rc<Witness>) {
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    (machine, witness)
}

/// Opens and compares.
fn check(mode: Mode, machine: &Machine, witness: &Rc<Witness>) {
    machine.set_faults(Faults::NONE);
    machine.run(life(mode, Rc::clone(witness), 0)).done();
}

fn is_log(op: &Op) -> bool {
    op.path.parent().is_some_and(|folder| folder.ends_with("commitlog"))
}

fn is_queue(op: &Op) -> bool {
    op.path.components().any(|part| part.as_os_str() == "consumequeue")
}

/// Zeros ahead of a new log were written into its second segment before there was a first, and
/// the first commit then found no place.
#[test]
fn a_new_log_is_not_filled_ahead_before_it_has_a_first_segment() {
    for seed in 0..8 {
        let (machine, witness) = begun(seed);
        machine.run(life(Mode::SYNC, Rc::clone(&witness), 12)).done();
        assert!(witness.poison.borrow().is_none());
    }
}

/// The names of the store's directory, and of those above it, were nowhere made durable; nor was
/// that of a shard.
#[test]
fn no_directory_above_a_new_store_vanishes() {
    for shards in [1, 2] {
        let mode = Mode { shards, ..Mode::SYNC };
        let (machine, witness) = begun(1);
        machine.run(life(mode, Rc::clone(&witness), 5)).done();
        stop(&machine, &witness, mode, Crash::Power(Survival::Nothing));
        assert!(machine.content(Path::new("/data/store/config/ringmq.json")).is_some());
        check(mode, &machine, &witness);
    }
}

/// All directories above a new store were made before any name of theirs was synced: a start that
/// was cut short in between left some that the next start took for durable.
#[test]
fn a_start_that_was_cut_short_leaves_no_directory_that_may_vanish() {
    for shards in [1, 2] {
        let mode = Mode { shards, ..Mode::SYNC };
        for at in 0..60 {
            let (machine, witness) = begun(1);
            machine.set_faults(Faults { cut: Some((at, Moment::After)), ..Faults::NONE });
            let inside = Rc::clone(&witness);
            machine.run(async move { Store::open(mode, &inside).await.map(|_| ()) });
            stop(&machine, &witness, mode, Crash::Kill);
            machine.set_faults(Faults::NONE);
            machine.run(life(mode, Rc::clone(&witness), 5)).done();
            stop(&machine, &witness, mode, Crash::Power(Survival::Nothing));
            check(mode, &machine, &witness);
        }
    }
}

/// Spare segments were removed one after the other and synced together: the later removal could
/// be lost alone, and a store with a gap is refused.
#[test]
fn segments_that_recovery_removes_leave_no_gap() {
    for seed in 0..6 {
        for at in (0..80).step_by(2) {
            let mode = Mode::LINKED;
            let (machine, witness) = begun(seed);
            machine.run(life(mode, Rc::clone(&witness), 14)).done();
            stop(&machine, &witness, mode, Crash::Kill);
            machine.set_faults(Faults { cut: Some((at, Moment::After)), ..Faults::NONE });
            machine.run(life(mode, Rc::clone(&witness), 0));
            stop(&machine, &witness, mode, Crash::Power(Survival::Torn));
            check(mode, &machine, &witness);
        }
    }
}

/// A process that was killed left records that only the kernel had. The next one gave them to
/// consumers, and a checkpoint called them durable, but nobody had synced them.
#[test]
fn what_a_killed_process_left_is_durable_once_it_is_taken_over() {
    for seed in 0..6 {
        let (machine, witness) = begun(seed);
        machine.run(life(Mode::ASYNC, Rc::clone(&witness), 9)).done();
        stop(&machine, &witness, Mode::ASYNC, Crash::Kill);
        check(Mode::ASYNC, &machine, &witness);
        // As with every write synced: now nothing may be lost.
        stop(&machine, &witness, Mode::SYNC, Crash::Power(Survival::Nothing));
        check(Mode::ASYNC, &machine, &witness);
    }
}

/// A sync of a queue's file that began while units were on their way into it counted for them,
/// and the checkpoint said that they need not be made again.
#[test]
fn a_closed_store_rests_on_nothing_that_was_not_synced() {
    for mode in Mode::ALL {
        for seed in 0..40 {
            let (machine, witness) = begun(seed);
            machine.run(two_lives(mode, seed, Rc::clone(&witness))).done();
            stop(&machine, &witness, Mode::SYNC, Crash::Power(Survival::Nothing));
            check(mode, &machine, &witness);
        }
    }
}

/// It was logged, and tried again at the next checkpoint, with success.
#[test]
fn a_failed_sync_of_a_queue_ends_the_shard() {
    let synced = |op: &Op| op.kind == OpKind::Sync && is_queue(op);
    poisoned_by(Mode::ASYNC, 3, synced, Survival::Nothing);
    let synced = |op: &Op| op.kind == OpKind::SyncDirectory && is_queue(op);
    poisoned_by(Mode::ASYNC, 3, synced, Survival::Nothing);
    // Of more than a few queues at once.
    let synced = |op: &Op| op.kind == OpKind::SyncFileSystem;
    poisoned_by(Mode::SYNC, 3, synced, Survival::Nothing);
    // One behind a removal that was asked for.
    let removed = std::cell::Cell::new(false);
    let synced = |op: &Op| {
        let before = removed.replace(is_queue(op) && op.kind == OpKind::Remove);
        before && is_queue(op) && op.kind == OpKind::SyncDirectory
    };
    poisoned_by(Mode::SYNC.with_clean_up(), 3, synced, Survival::Nothing);
}

/// A segment whose making had failed stayed behind, unknown; a clean stop removed those before it
/// and the next start refused the gap. And what a sync of zeros failed to save were records too.
#[test]
fn a_segment_that_was_not_made_is_not_left_behind() {
    for mode in Mode::ALL {
        for seed in 0..8 {
            let trace = reference(mode, seed);
            let syncs = |op: &Op| {
                is_log(op) && op.kind == OpKind::Sync
                    || op.kind == OpKind::SyncDirectory && op.path.ends_with("commitlog")
            };
            for number in (0..trace.len()).filter(|at| syncs(&trace[*at])) {
                for errno in [5, 28] {
                    let faults = Faults { fail: Some((number, errno)), ..Faults::NONE };
                    println!("seed {seed}, {mode:?}, {:?}: {faults:?}", trace[number]);
                    fail_at(mode, seed, &faults, Survival::Torn);
                    fail_at(mode, seed, &faults, Survival::Nothing);
                }
            }
        }
    }
}

/// A clean stop whose last sync failed was reported as one that nothing had happened to.
#[test]
fn a_sync_that_fails_while_closing_is_said() {
    let mode = Mode::ASYNC;
    let run = |faults: Faults| {
        let (machine, witness) = begun(4);
        machine.set_faults(faults);
        let inside = Rc::clone(&witness);
        let life = async move {
            let store = Store::open(mode, &inside).await.unwrap();
            store.append(&inside, &mut Stream::new(4)).unwrap();
            store.shard.close().await;
        };
        machine.run(life).done();
        (machine.trace(), witness.poison.borrow().is_some())
    };
    let (trace, _) = run(Faults::NONE);
    let last = trace.iter().rposition(|op| op.kind == OpKind::Sync && is_log(op)).unwrap();
    let (_, said) = run(Faults { fail: Some((last, 5)), ..Faults::NONE });
    assert!(said);
}

/// Fails, once each, all operations of a history with clean-up that `wanted` picks.
fn clean_up_fails_at(wanted: impl Fn(&Op) -> bool) {
    for mode in Mode::ALL.map(Mode::with_clean_up) {
        for seed in 0..2 {
            let trace = reference(mode, seed);
            let numbers: Vec<usize> = (0..trace.len()).filter(|at| wanted(&trace[*at])).collect();
            assert!(numbers.len() > 4, "{} failures", numbers.len());
            for number in numbers {
                println!("seed {seed}, {mode:?}, {:?}", trace[number]);
                let faults = Faults { fail: Some((number, 5)), ..Faults::NONE };
                fail_at(mode, seed, &faults, Survival::Nothing);
            }
        }
    }
}

/// A life with clean-up long enough for queues to begin anew, which ends in a kill.
async fn long_life(mode: Mode, seed: u64, witness: Rc<Witness>) {
    let store = Store::open(mode, &witness).await.unwrap();
    some_work(&store, &witness, &mut Stream::new(seed), 120).await;
    // Units are in their files then, and a checkpoint says so.
    clock::sleep(Duration::from_millis(30)).await;
}

/// Queues that could not be removed were forgotten: those that began anew were written into the
/// same directories, and the next clean-up said that there was nothing left to do.
#[test]
fn a_queue_that_could_not_be_removed_does_not_come_back() {
    clean_up_fails_at(|op| is_queue(op) && op.kind == OpKind::Remove);
    clean_up_fails_at(|op| is_queue(op) && op.kind == OpKind::SyncDirectory);
    let mode = Mode::SYNC.with_clean_up();
    for seed in 0..3 {
        let (machine, witness) = begun(seed);
        machine.run(long_life(mode, seed, witness)).done();
        let trace = machine.trace();
        let removes = |at: &usize| is_queue(&trace[*at]) && trace[*at].kind == OpKind::Remove;
        for number in (0..trace.len()).filter(removes) {
            println!("seed {seed}, {number} {:?}", trace[number]);
            let (machine, witness) = begun(seed);
            machine.set_faults(Faults { fail: Some((number, 5)), ..Faults::NONE });
            machine.run(long_life(mode, seed, Rc::clone(&witness))).done();
            stop(&machine, &witness, mode, Crash::Kill);
            check(mode, &machine, &witness);
        }
    }
}

/// Queues began behind a segment that could not be removed, and its messages were there no more
/// until they were again after a crash.
#[test]
fn log_and_queues_begin_together_also_when_a_segment_cannot_be_removed() {
    clean_up_fails_at(|op| is_log(op) && op.kind == OpKind::Remove);
}

/// A write cut short in the middle of long properties left a record that looked sound.
#[test]
fn a_record_with_a_hole_in_its_properties_is_not_sound() {
    for seed in 0..150 {
        let (machine, witness) = begun(seed);
        let inside = Rc::clone(&witness);
        let life = async move {
            let store = Store::open(Mode::SYNC, &inside).await.unwrap();
            let mut random = Stream::new(seed);
            while inside.sent.borrow().last().is_none_or(|last| last.properties.len() < 1500) {
                if store.append(&inside, &mut random).is_err() {
                    return;
                }
            }
            // All of it in one write.
            let end = inside.sent.borrow().last().map_or(0, |last| last.appended.record_end);
            let _cut = store.shard.wait_committed(end).await;
        };
        let first = |op: &Op| op.kind == OpKind::WriteSynced;
        let at = reference(Mode::SYNC, seed).iter().position(first).unwrap();
        machine.set_faults(Faults { cut: Some((at, Moment::During)), ..Faults::NONE });
        machine.run(life);
        stop(&machine, &witness, Mode::SYNC, Crash::Power(Survival::Torn));
        check(Mode::SYNC, &machine, &witness);
    }
}

/// Where a file system has no hard links the version before was copied, and the copy not synced.
#[test]
fn a_version_that_is_kept_by_copying_is_kept_whole() {
    metadata::fails_at_each_step(OpKind::Link);
}

/// Records behind one that was torn would fit in again once another of its length was stored.
#[test]
fn what_lies_behind_the_end_of_the_log_never_comes_back() {
    let mode = Mode { same_length: true, ..Mode::SYNC };
    for seed in 0..150 {
        let (machine, witness) = begun(seed);
        let first = |op: &Op| op.kind == OpKind::WriteSynced;
        let several = |witness: Rc<Witness>, count: u64| async move {
            let store = Store::open(mode, &witness).await.unwrap();
            witness.check(&store.shard).await;
            let mut random = Stream::new(seed ^ count);
            for _ in 0..count {
                store.append(&witness, &mut random).unwrap();
            }
            let end = witness.sent.borrow().last().map_or(0, |last| last.appended.record_end);
            let _cut = store.shard.wait_committed(end).await;
        };
        let at = reference(mode, seed).iter().position(first).unwrap();
        machine.set_faults(Faults {
            cut: Some((at, Moment::During)),
            buffered: true,
            ..Faults::NONE
        });
        machine.run(several(Rc::clone(&witness), 4));
        stop(&machine, &witness, mode, Crash::Power(Survival::Torn));
        // Past the page cache the padding of a block would do.
        machine.set_faults(Faults { buffered: true, ..Faults::NONE });
        machine.run(several(Rc::clone(&witness), 1)).done();
        stop(&machine, &witness, mode, Crash::Kill);
        check(mode, &machine, &witness);
    }
}

/// A store cannot be opened whose disk does not answer; nothing of it is lost by the attempt.
#[test]
fn a_start_that_fails_takes_nothing_away() {
    let mode = Mode::SYNC;
    for at in 0..60 {
        let (machine, witness) = begun(5);
        machine.run(life(mode, Rc::clone(&witness), 14)).done();
        stop(&machine, &witness, mode, Crash::Kill);
        machine.set_faults(Faults { fail: Some((at, 5)), ..Faults::NONE });
        let inside = Rc::clone(&witness);
        let opened = machine.run(async move { Store::open(mode, &inside).await.map(|_| ()) });
        let error = opened.done().err();
        let named = error.is_none_or(|error| matches!(error, OpenError::Io { .. }));
        assert!(named, "operation {at}");
        stop(&machine, &witness, mode, Crash::Power(Survival::Torn));
        check(mode, &machine, &witness);
    }
}
