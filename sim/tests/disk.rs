//! The simulated disk itself: that it does to its users what it says.

use std::path::Path;

use ringmq_sim::rt::clock;
use ringmq_sim::rt::disk::{self, Durability, File, Open};
use ringmq_sim::rt::sim::{End, Faults, Machine, Moment, OpKind, Survival};

const PATH: &str = "/f";

fn path() -> &'static Path {
    Path::new(PATH)
}

/// A file of two synced sectors, whose name is safe.
fn with_file(seed: u64) -> Machine {
    let machine = Machine::new(seed);
    let life = async {
        let file = File::open(path(), Open::CREATE).await.unwrap();
        file.write_small(vec![1; 1024], 0).await.unwrap();
        file.sync_data().await.unwrap();
        disk::sync_dir(Path::new("/")).await.unwrap();
    };
    machine.run(life).done();
    machine.set_faults(Faults::NONE);
    machine
}

async fn overwrite(durability: Durability) -> std::io::Result<()> {
    let file = File::open(path(), Open { write: true, ..Open::READ }).await?;
    file.write_at(vec![vec![2; 1024].into()], 0, durability).await
}

#[test]
fn what_is_not_synced_is_lost_in_whole_sectors() {
    let mut found = [[0; 3]; 3];
    for seed in 0..60 {
        let machine = with_file(seed);
        machine.run(overwrite(Durability::Written)).done().unwrap();
        assert_eq!(machine.content(path()).unwrap(), [2; 1024], "it can be read at once");
        machine.lose_power(Survival::Torn);
        let content = machine.content(path()).unwrap();
        let sector = |at: usize| {
            let first = content[at];
            assert!(content[at..at + 512].iter().all(|byte| *byte == first));
            usize::from(first)
        };
        found[sector(0)][sector(512)] += 1;
    }
    assert!((1..3).all(|a| (1..3).all(|b| found[a][b] > 0)), "{found:?}");
    for (survival, left) in [(Survival::Nothing, 1), (Survival::Everything, 2)] {
        let machine = with_file(7);
        machine.run(overwrite(Durability::Written)).done().unwrap();
        machine.lose_power(survival);
        assert_eq!(machine.content(path()).unwrap(), [left; 1024]);
    }
}

#[test]
fn what_is_synced_stays_and_a_kill_takes_nothing_that_was_written() {
    let machine = with_file(1);
    machine.run(overwrite(Durability::Synced)).done().unwrap();
    machine.lose_power(Survival::Nothing);
    assert_eq!(machine.content(path()).unwrap(), [2; 1024]);
    let machine = with_file(1);
    machine.run(overwrite(Durability::Written)).done().unwrap();
    machine.kill();
    assert_eq!(machine.content(path()).unwrap(), [2; 1024]);
}

#[test]
fn a_failed_sync_loses_what_it_was_to_save_and_the_next_does_not_help() {
    let machine = with_file(2);
    machine.set_faults(Faults { fail: Some((2, 5)), ..Faults::NONE });
    let life = async {
        let file = File::open(path(), Open { write: true, ..Open::READ }).await.unwrap();
        file.write_small(vec![2; 1024], 0).await.unwrap();
        assert_eq!(file.sync_data().await.unwrap_err().raw_os_error(), Some(5));
        file.sync_data().await.unwrap();
        assert_eq!(file.read_at(4, 0).await.unwrap()[..], [2; 4]);
    };
    machine.run(life).done();
    machine.lose_power(Survival::Nothing);
    assert_eq!(machine.content(path()).unwrap(), [1; 1024]);
}

#[test]
fn a_name_is_lost_until_its_directory_is_synced() {
    for synced in [false, true] {
        let machine = with_file(3);
        let life = async move {
            disk::rename(path(), Path::new("/g")).await.unwrap();
            if synced {
                disk::sync_dir(Path::new("/")).await.unwrap();
            }
        };
        machine.run(life).done();
        machine.lose_power(Survival::Nothing);
        assert_eq!(machine.content(path()).is_none(), synced);
        assert_eq!(machine.content(Path::new("/g")).is_some(), synced);
    }
}

#[test]
fn the_machine_stops_where_it_is_told_and_writes_in_flight_are_torn() {
    let mut torn = 0;
    for seed in 0..20 {
        let machine = with_file(seed);
        machine.set_faults(Faults { cut: Some((1, Moment::During)), ..Faults::NONE });
        assert!(matches!(machine.run(overwrite(Durability::Synced)), End::Cut));
        assert_eq!(machine.trace().last().unwrap().kind, OpKind::WriteSynced);
        machine.lose_power(Survival::Torn);
        let content = machine.content(path()).unwrap();
        torn += usize::from(content[0] != content[1023]);
    }
    assert!(torn > 2, "{torn}");
}

#[test]
fn a_disk_is_full_when_its_blocks_are_given_out() {
    let machine = with_file(4);
    machine.set_faults(Faults { capacity: Some(3 * 4096), ..Faults::NONE });
    let life = async {
        let file = File::open(Path::new("/g"), Open::CREATE).await.unwrap();
        let refused = file.write_small(vec![3; 5 * 4096], 0).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull);
        assert_eq!(file.len().unwrap(), 2 * 4096, "as much as there was room for");
        // What is there already can be written again.
        file.write_small(vec![4; 4096], 0).await.unwrap();
        disk::remove_file(path()).await.unwrap();
    };
    machine.run(life).done();
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| {
        let machine = with_file(seed);
        let life = async {
            overwrite(Durability::Written).await.unwrap();
            clock::sleep(std::time::Duration::from_millis(3)).await;
            clock::wall_ms()
        };
        let wall = machine.run(life).done();
        machine.lose_power(Survival::Torn);
        (wall, machine.trace(), machine.content(path()))
    };
    assert_eq!(run(11), run(11));
    assert!((0..20).any(|seed| run(seed).2 != run(11).2));
}
