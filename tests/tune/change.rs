//! What `apply` changes, and that `revert` brings it back byte for byte.

use std::path::{Path, PathBuf};

use ringmq::tune::TuneError;
use ringmq::tune::change::{Change, Outcome, Reverted, apply, revert};
use ringmq::tune::survey::{Verdict, survey};

use crate::check::aim;
use crate::kernel::{Machine, SCHEDULER};

fn state(machine: &Machine) -> PathBuf {
    machine.root().join("var/lib/ringmq/tune.json")
}

fn apply_all(machine: &Machine) -> Vec<Change> {
    apply(machine, &survey(machine, &aim()).rows, Some(&state(machine))).unwrap()
}

fn differs(machine: &Machine) -> Vec<String> {
    let found = survey(machine, &aim());
    let rows = found.rows.iter().filter(|row| row.verdict() == Verdict::Differs);
    rows.map(|row| row.name()).collect()
}

fn outcome<'a>(changes: &'a [Change], name: &str) -> &'a Outcome {
    let found = changes.iter().find(|change| change.name == name);
    &found.unwrap_or_else(|| panic!("{name} is not in {changes:?}")).outcome
}

#[test]
fn apply_sets_what_is_wanted_and_revert_brings_everything_back_byte_for_byte() {
    let machine = Machine::new();
    let before = machine.all();
    let changes = apply_all(&machine);
    // Only what the operator has to do is left.
    assert_eq!(differs(&machine), ["clocksource", "open files, here"]);
    assert!(matches!(outcome(&changes, "clocksource"), Outcome::ByHand(_)));
    assert_eq!(machine.text("/proc/sys/vm/swappiness"), "1\n");
    assert_eq!(machine.text("/proc/sys/vm/dirty_ratio"), "0\n", "the kernel moves it along");
    assert_eq!(machine.text("/proc/sys/net/ipv4/tcp_rmem"), "4096\t131072\t4194304\n");
    assert_eq!(machine.text(SCHEDULER), "mq-deadline [none]\n");
    assert_eq!(machine.text("/sys/block/nvme0n1/queue/nr_requests"), "1023\n");
    assert_eq!(machine.text("/proc/irq/42/smp_affinity_list"), "1\n");
    let Reverted::Files(back) = revert(&machine, &state(&machine), false).unwrap() else {
        panic!()
    };
    assert!(back.iter().all(|change| change.outcome == Outcome::Done), "{back:?}");
    assert_eq!(machine.all(), before);
    assert!(!state(&machine).exists());
    assert_eq!(revert(&machine, &state(&machine), false).unwrap(), Reverted::Nothing);
}

#[test]
fn the_other_way_round_comes_back_too() {
    let machine = Machine::new();
    // Bytes were set and ratios were not; the bytes are out of range.
    machine.put("/proc/sys/vm/dirty_bytes", "8589934592\n");
    machine.put("/proc/sys/vm/dirty_ratio", "0\n");
    let before = machine.all();
    apply_all(&machine);
    assert_eq!(machine.text("/proc/sys/vm/dirty_bytes"), "1073741824\n");
    revert(&machine, &state(&machine), false).unwrap();
    assert_eq!(machine.all(), before);
}

#[test]
fn a_second_apply_keeps_what_the_first_recorded() {
    let machine = Machine::new();
    let before = machine.all();
    apply_all(&machine);
    // Somebody changes one back and another for the worse.
    machine.put("/proc/sys/vm/swappiness", "30\n");
    machine.put("/proc/sys/vm/overcommit_memory", "2\n");
    let again = apply_all(&machine);
    assert_eq!(outcome(&again, "vm.swappiness"), &Outcome::Done);
    assert_eq!(outcome(&again, "vm.overcommit_memory"), &Outcome::Done);
    revert(&machine, &state(&machine), false).unwrap();
    let mut expected = before;
    expected.insert("/proc/sys/vm/overcommit_memory", "2\n".to_owned());
    assert_eq!(machine.all(), expected);
}

#[test]
fn a_dry_run_says_the_same_and_changes_nothing() {
    let machine = Machine::new();
    let before = machine.all();
    let rows = survey(&machine, &aim()).rows;
    let would = apply(&machine, &rows, None).unwrap();
    assert_eq!(outcome(&would, "vm.swappiness"), &Outcome::Would);
    assert_eq!((machine.all(), state(&machine).exists()), (before, false));
    let done = apply_all(&machine);
    let names = |changes: &[Change]| changes.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&would), names(&done));
    let after = machine.all();
    let Reverted::Files(back) = revert(&machine, &state(&machine), true).unwrap() else { panic!() };
    assert!(back.iter().all(|change| change.outcome == Outcome::Would), "{back:?}");
    assert_eq!((machine.all(), state(&machine).exists()), (after, true));
}

#[test]
fn what_cannot_be_written_is_skipped_and_what_is_missing_left_out() {
    let mut machine = Machine::new();
    std::fs::remove_file(machine.at("/proc/sys/net/core/somaxconn")).unwrap();
    machine.read_only = vec!["/proc/sys/vm/swappiness", "/proc/irq/36/smp_affinity_list"];
    let changes = apply_all(&machine);
    for name in ["vm.swappiness", "disk interrupt 36"] {
        let Outcome::Refused(why) = outcome(&changes, name) else { panic!("{name}") };
        assert!(why.contains("ermission denied"), "{why}");
    }
    assert!(changes.iter().all(|change| change.name != "net.core.somaxconn"));
    assert_eq!(machine.text("/proc/sys/vm/swappiness"), "60\n");
    assert_eq!(machine.text("/proc/sys/vm/dirty_expire_centisecs"), "1000\n");
}

#[test]
fn what_cannot_be_brought_back_stays_recorded_until_it_can() {
    let mut machine = Machine::new();
    let before = machine.all();
    apply_all(&machine);
    machine.read_only = vec!["/proc/sys/vm/swappiness"];
    let Reverted::Files(back) = revert(&machine, &state(&machine), false).unwrap() else {
        panic!()
    };
    assert!(matches!(outcome(&back, "/proc/sys/vm/swappiness"), Outcome::Refused(_)));
    assert!(state(&machine).exists());
    machine.read_only.clear();
    let Reverted::Files(back) = revert(&machine, &state(&machine), false).unwrap() else {
        panic!()
    };
    assert_eq!(back.len(), 1, "{back:?}");
    assert_eq!((machine.all(), state(&machine).exists()), (before, false));
}

#[test]
fn a_file_that_went_away_does_not_stop_the_others() {
    let machine = Machine::new();
    let before = machine.all();
    apply_all(&machine);
    let gone = "/proc/irq/42/smp_affinity_list";
    std::fs::remove_file(machine.at(gone)).unwrap();
    revert(&machine, &state(&machine), false).unwrap();
    let mut expected = before;
    expected.remove(gone);
    assert_eq!((machine.all(), state(&machine).exists()), (expected, false));
}

#[test]
fn nothing_is_brought_back_into_another_boot() {
    let machine = Machine::new();
    apply_all(&machine);
    let after = machine.all();
    machine.put("/proc/sys/kernel/random/boot_id", "ffff\n");
    assert_eq!(revert(&machine, &state(&machine), false).unwrap(), Reverted::Restarted);
    machine.put("/proc/sys/kernel/random/boot_id", "0b1c\n");
    assert_eq!((machine.all(), state(&machine).exists()), (after, false));
}

#[test]
fn without_a_record_nothing_is_changed() {
    let machine = Machine::new();
    let before = machine.all();
    let rows = survey(&machine, &aim()).rows;
    let nowhere = Path::new("/proc/ringmq/tune.json");
    let failed = apply(&machine, &rows, Some(nowhere)).unwrap_err();
    assert!(matches!(failed, TuneError::RecordUnwritable { .. }), "{failed}");
    let record = state(&machine);
    for text in ["", "{", "{\"version\":9,\"boot\":\"\",\"originals\":[]}", "\u{0}\u{1}"] {
        std::fs::create_dir_all(record.parent().unwrap()).unwrap();
        std::fs::write(&record, text).unwrap();
        let failed = apply(&machine, &rows, Some(&record)).unwrap_err();
        assert!(matches!(failed, TuneError::RecordForeign { .. }), "{text:?}: {failed}");
        assert!(revert(&machine, &record, false).is_err());
        assert_eq!(std::fs::read_to_string(&record).unwrap(), text, "it is left as it is");
    }
    assert_eq!(machine.all(), before);
}
