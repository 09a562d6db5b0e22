//! What `check` finds on a machine.

use std::path::PathBuf;

use ringmq::tune::cpus::Cpus;
use ringmq::tune::report;
use ringmq::tune::survey::{Aim, Found, Media, Row, Survey, Verdict, survey};

use crate::kernel::Machine;

pub fn aim() -> Aim {
    Aim { store: PathBuf::from("/"), ..Aim::default() }
}

fn row<'a>(survey: &'a Survey, name: &str) -> &'a Row {
    let found = survey.rows.iter().find(|row| row.name() == name);
    found.unwrap_or_else(|| panic!("no row {name:?}"))
}

/// Verdict, value found, what is wanted.
fn stands(survey: &Survey, name: &str) -> (Verdict, String, String) {
    let row = row(survey, name);
    let found = match &row.found {
        Found::Value { value, .. } => value.clone(),
        other => format!("{other:?}"),
    };
    (row.verdict(), found, row.wanted.to_string())
}

#[test]
fn each_kind_of_knob_is_found_and_judged() {
    let machine = Machine::new();
    let found = survey(&machine, &aim());
    let absent = "Absent";
    for (name, verdict, value, wanted) in [
        ("vm.swappiness", Verdict::Differs, "60", "at most 1"),
        ("vm.dirty_bytes", Verdict::Differs, "0", "1048576 to 1073741824"),
        ("vm.overcommit_memory", Verdict::Good, "1", "0 or 1"),
        ("vm.zone_reclaim_mode", Verdict::Absent, absent, "0"),
        ("vm.extra_free_kbytes", Verdict::Absent, absent, "-"),
        ("transparent huge pages", Verdict::Differs, "always", "madvise or never"),
        ("kernel.io_uring_disabled", Verdict::Good, "0", "0"),
        ("scheduler nvme0n1", Verdict::Differs, "mq-deadline", "none"),
        ("nr_requests nvme0n1", Verdict::Good, "256", "at least 64"),
        ("write_cache nvme0n1", Verdict::Shown, "write back", "-"),
        ("rq_affinity nvme0n1", Verdict::Absent, absent, "2"),
        ("net.ipv4.tcp_rmem", Verdict::Differs, "1048576", "at least 4194304"),
        ("net.ipv4.tcp_wmem", Verdict::Good, "4194304", "at least 4194304"),
        ("frequency governor cpu0", Verdict::Differs, "powersave", "performance"),
        ("frequency governor cpu2", Verdict::Good, "performance", "performance"),
        ("deep idle state cpu0/cpuidle/state1", Verdict::Differs, "0", "1"),
        ("clocksource", Verdict::Differs, "hpet", CLOCKS),
        ("locked memory, here", Verdict::Good, "unlimited", "at least 268435456"),
        ("open files, here", Verdict::Differs, "1024", "at least 65536"),
        ("locked memory, packaged", Verdict::Absent, absent, "at least 268435456"),
    ] {
        assert_eq!(stands(&found, name), (verdict, value.into(), wanted.into()), "{name}");
    }
    // A state that is left at once is not one of them.
    assert!(!found.rows.iter().any(|row| row.subject.ends_with("state0")));
}

const CLOCKS: &str = "tsc or kvm-clock or hyperv_clocksource_tsc_page or arch_sys_counter";

#[test]
fn interrupts_and_packets_go_to_processors_without_a_shard() {
    let machine = Machine::new();
    let cores = Cores(&machine);
    for (cores, disk, nic, packets) in [
        // All have shards: each takes its turn.
        (cores.found(None), "0", ["0", "1"], "f"),
        (cores.found(Some("0-1")), "2", ["2", "3"], "c"),
        // One is left, so its queue needs no help.
        (cores.found(Some("0-2")), "3", ["3", "3"], "0"),
    ] {
        let wanted = |name: &str| row(&cores, name).wanted.to_string();
        assert_eq!(wanted("disk interrupt 36"), disk);
        assert_eq!([wanted("network interrupt 41"), wanted("network interrupt 42")], nic);
        assert_eq!(wanted("receive steering (RPS) eth0/queues/rx-0"), packets);
    }
    // One queue to send through is shared by all, whatever its file says.
    assert!(!cores.found(None).rows.iter().any(|row| row.knob.name.starts_with("send steering")));
}

struct Cores<'a>(&'a Machine);

impl Cores<'_> {
    fn found(&self, cores: Option<&str>) -> Survey {
        let cores = cores.map(|list| Cpus::from_list(list).unwrap());
        survey(self.0, &Aim { cores, ..aim() })
    }
}

#[test]
fn cards_with_many_queues_and_disks_with_one_for_each_processor_are_left_alone() {
    let machine = Machine::new();
    let eth0 = "/sys/devices/pci0/0000:02/net/eth0/queues";
    for queue in 1..4 {
        machine.put(&format!("{eth0}/rx-{queue}/rps_cpus"), "0\n");
        machine.put(&format!("{eth0}/tx-{queue}/xps_cpus"), "0\n");
        machine.put(&format!("/sys/devices/pci0/0000:01/msi_irqs/{}", 50 + queue), "msix\n");
    }
    machine.put("/sys/devices/pci0/0000:01/msi_irqs/54", "msix\n");
    let found = survey(&machine, &aim());
    assert!(!found.rows.iter().any(|row| row.knob.name == "disk interrupt"));
    for queue in 0..4 {
        let name = format!("receive steering (RPS) eth0/queues/rx-{queue}");
        assert_eq!(stands(&found, &name).0, Verdict::Good, "{name}");
        let name = format!("send steering (XPS) eth0/queues/tx-{queue}");
        assert_eq!(stands(&found, &name).2, format!("{:x}", 1 << queue));
    }
}

#[test]
fn rotating_disks_are_wanted_otherwise() {
    let machine = Machine::new();
    let found = survey(&machine, &Aim { media: Some(Media::Rotating), ..aim() });
    assert_eq!(stands(&found, "scheduler nvme0n1").0, Verdict::Good);
    assert_eq!(stands(&found, "read_ahead_kb nvme0n1").2, "at most 512");
    machine.put("/sys/block/nvme0n1/queue/rotational", "1\n");
    assert_eq!(survey(&machine, &aim()).media, Media::Rotating);
}

#[test]
fn a_choice_that_is_not_offered_does_not_count_as_wrong() {
    let machine = Machine::new();
    machine.put(crate::kernel::SCHEDULER, "[mq-deadline] kyber\n");
    let found = survey(&machine, &aim());
    assert_eq!(stands(&found, "scheduler nvme0n1").0, Verdict::Absent);
    assert!(report::page(&found).contains("mq-deadline (offered: [mq-deadline] kyber)"));
}

#[test]
fn a_machine_that_has_nothing_is_described_and_not_failed() {
    let directory = tempfile::tempdir().unwrap();
    let tree = ringmq::tune::tree::Mounted::new(directory.path());
    let found = survey(&tree, &aim());
    assert!(found.rows.iter().all(|row| row.verdict() == Verdict::Absent));
    assert!(found.notes[0].contains("on disk none found"), "{:?}", found.notes);
    assert!(report::page(&found).contains("0 as wanted, 0 not"));
}

#[test]
fn the_page_says_found_wanted_why_and_source_once_for_rows_alike() {
    let machine = Machine::new();
    let found = survey(&machine, &aim());
    let page = report::page(&found);
    let knob = row(&found, "vm.swappiness").knob;
    let entry = format!(
        "DIFFERS    vm.swappiness\n  found    60\n  wanted   at most 1\n  why      {}\n  source   \
         {}\n",
        knob.why, knob.source
    );
    assert!(page.contains(&entry), "{page}");
    assert!(page.contains("DIFFERS    frequency governor cpu0 to cpu1 (2 of them)"), "{page}");
    let json: serde_json::Value = serde_json::from_str(&report::json(&found)).unwrap();
    let rows = json["rows"].as_array().unwrap();
    assert_eq!(rows.len(), found.rows.len());
    let swappiness = rows.iter().find(|row| row["knob"] == "vm.swappiness").unwrap();
    assert_eq!(swappiness["found"], "60");
    assert_eq!(swappiness["why"], knob.why);
}
