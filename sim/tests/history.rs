//! Random histories: sends, batches, rolls, clean-ups, clean stops, kills, losses of power at any
//! moment, on a disk that cuts writes short and is slow at times.

use std::rc::Rc;

use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::sim::{Crash, Faults, Machine, Moment, Survival};

use crate::crash::stop;
use crate::seeds;
use crate::witness::Witness;
use crate::work::{Mode, Store, some_work};

/// Lives of a process, one after the other, most of them cut off.
pub fn history(seed: u64) {
    let mut random = Stream::new(seed);
    let mode = Mode {
        shards: 1 + random.below(2) as u16,
        same_length: random.below(3) == 0,
        cleaning: seed % 2 == 1,
        ..Mode::ALL[random.below(3) as usize]
    };
    let mode = Mode { kept: !mode.synced && seed % 4 < 2, ..mode };
    let machine = Rc::new(Machine::new(seed));
    let witness = Witness::new(&machine);
    let buffered = random.below(3) == 0;
    for life in 0..8 {
        let length = [10, 60, 250, 400][random.below(4) as usize];
        let at = random.below(length) as usize;
        let moment = [Moment::Before, Moment::During, Moment::After][random.below(3) as usize];
        // How late a sync may be that nobody waits for depends on how slow it is.
        let slow = if mode.synced { random.below(2) * 30 } else { 0 };
        let short = random.below(2) * 200;
        let faults = Faults { cut: Some((at, moment)), short, slow, buffered, ..Faults::NONE };
        let crash = match random.below(3) {
            0 => Crash::Kill,
            _ => Crash::Power(Survival::ALL[random.below(4) as usize]),
        };
        println!("seed {seed}: {mode:?}, life {life}: {faults:?}, then {crash:?}");
        machine.set_faults(faults);
        let (inside, draw) = (Rc::clone(&witness), random.u64());
        machine.run(one_life(mode, inside, Stream::new(draw)));
        stop(&machine, &witness, mode, crash);
    }
    machine.set_faults(Faults { buffered, ..Faults::NONE });
    machine.run(one_life(mode, witness, random)).done();
}

/// Opens, looks, sends; then it may stop cleanly and start again.
async fn one_life(mode: Mode, witness: Rc<Witness>, mut random: Stream) {
    let mut restarts = random.below(3);
    loop {
        let store = Store::open(mode, &witness).await.unwrap();
        witness.check(&store.shard).await;
        let rounds = random.below(25);
        some_work(&store, &witness, &mut random, rounds).await;
        if restarts == 0 {
            return;
        }
        restarts -= 1;
        store.close().await;
    }
}

#[test]
fn random_histories_keep_every_promise() {
    seeds::each(300, history);
}
