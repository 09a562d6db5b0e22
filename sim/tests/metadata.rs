//! Small files that are replaced as a whole: at every step the old or the new one is there, and
//! the one before it as well.

use std::path::Path;
use std::rc::Rc;

use ringmq_sim::rt::disk;
use ringmq_sim::rt::random::Stream;
use ringmq_sim::rt::sim::{Faults, Machine, Moment, OpKind, Survival};

use crate::seeds;

const PATH: &str = "/data/config/topics.json";
const VERSIONS: usize = 5;

fn text(version: usize) -> Vec<u8> {
    // Several sectors, and each another length.
    format!("version {version} ").repeat(100 + 37 * version).into_bytes()
}

fn version(content: &[u8]) -> usize {
    let found = (0..=VERSIONS + 1).find(|version| text(*version) == content);
    found.unwrap_or_else(|| panic!("torn: {:?}", String::from_utf8_lossy(content)))
}

/// Makes the versions one after the other; `replaced` is the last that was said to be done.
async fn versions(from: usize, replaced: Rc<std::cell::Cell<usize>>) {
    for version in from..=VERSIONS {
        if disk::replace_file(Path::new(PATH), text(version)).await.is_ok() {
            replaced.set(version);
        }
    }
}

/// A machine with the first version on its disk.
fn begun(seed: u64) -> Rc<Machine> {
    let machine = Rc::new(Machine::new(seed));
    let first = async {
        let folder = Path::new(PATH).parent().unwrap();
        disk::create_dir_all(folder).await.unwrap();
        disk::replace_file(Path::new(PATH), text(0)).await.unwrap();
        for folder in folder.ancestors() {
            disk::sync_dir(folder).await.unwrap();
        }
    };
    machine.run(first).done();
    machine.set_faults(Faults::NONE);
    machine
}

fn operations() -> usize {
    let machine = begun(0);
    machine.run(versions(1, Rc::default())).done();
    machine.trace().len()
}

/// What `path` and the copy beside it hold.
fn look(machine: &Machine) -> (usize, Option<usize>) {
    let current = machine.content(Path::new(PATH)).expect("there is always one");
    let before = machine.content(Path::new(&format!("{PATH}.bak")));
    (version(&current), before.map(|content| version(&content)))
}

#[test]
fn a_crash_at_any_step_leaves_the_old_or_the_new() {
    let count = operations();
    assert!(count > 30, "{count}");
    seeds::each(6, |seed| {
        for at in 0..count {
            let mut random = Stream::new(seed ^ at as u64);
            let moment = [Moment::Before, Moment::After][random.below(2) as usize];
            let machine = begun(seed);
            machine.set_faults(Faults { cut: Some((at, moment)), ..Faults::NONE });
            let replaced = Rc::new(std::cell::Cell::new(0));
            machine.run(versions(1, Rc::clone(&replaced)));
            match random.below(5) {
                0 => machine.kill(),
                way => machine.lose_power(Survival::ALL[way as usize - 1]),
            }
            let done = replaced.get();
            let (current, before) = look(&machine);
            assert!(current == done || current == done + 1, "{current} after {done}");
            if done > 0 {
                let before = before.expect("the version before is kept");
                assert!(before + 2 >= done && before <= current, "{before} beside {current}");
            }
            // And it goes on from there.
            machine.set_faults(Faults::NONE);
            let next = disk::replace_file(Path::new(PATH), text(VERSIONS + 1));
            machine.run(next).done().unwrap();
            machine.lose_power(Survival::Nothing);
            assert_eq!(look(&machine), (VERSIONS + 1, Some(current)));
        }
    });
}

/// Fails each operation of `kind` once: the file is the old or the new one.
pub fn fails_at_each_step(kind: OpKind) {
    let machine = begun(0);
    machine.run(versions(1, Rc::default())).done();
    let trace = machine.trace();
    for at in (0..trace.len()).filter(|at| trace[*at].kind == kind) {
        for survival in Survival::ALL {
            fails_at(at, survival);
        }
    }
}

fn fails_at(at: usize, survival: Survival) {
    let machine = begun(at as u64);
    machine.set_faults(Faults { fail: Some((at, 5)), ..Faults::NONE });
    let replaced = Rc::new(std::cell::Cell::new(0));
    let inside = Rc::clone(&replaced);
    // One that fails ends it, as it does for a process that then stops.
    let life = async move {
        for version in 1..=VERSIONS {
            if disk::replace_file(Path::new(PATH), text(version)).await.is_err() {
                return;
            }
            inside.set(version);
        }
    };
    machine.run(life).done();
    machine.lose_power(survival);
    let (current, _) = look(&machine);
    let done = replaced.get();
    assert!(current == done || current == done + 1, "{current} after {done}");
}

#[test]
fn a_failure_at_any_step_leaves_the_old_or_the_new() {
    let count = operations();
    seeds::each(2, |seed| {
        for at in 0..count {
            fails_at(at, Survival::ALL[(at + seed as usize) % 4]);
        }
    });
}
