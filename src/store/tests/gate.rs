//! The gate that background work and readers that catch up go through.

use std::cell::RefCell;
use std::rc::Rc;

use super::harness::on_core;
use crate::rt::spawn::{Task, spawn, yield_now};
use crate::store::watch::Gate;

type Log = Rc<RefCell<Vec<u32>>>;

/// Goes through and notes its number, once it stands in line.
async fn come(gate: &Rc<Gate>, log: &Log, number: u32) -> Task<()> {
    let (gate, log) = (gate.clone(), log.clone());
    let task = spawn(async move {
        let _alone = gate.pass().await;
        log.borrow_mut().push(number);
        yield_now().await;
        log.borrow_mut().push(number);
    });
    // A new task first gives way, and then runs until it waits.
    yield_now().await;
    yield_now().await;
    task
}

#[test]
fn tasks_go_through_one_by_one_in_the_order_they_came() {
    on_core(|| async {
        let (gate, log) = (Rc::new(Gate::default()), Log::default());
        let first = gate.pass().await;
        let mut tasks = Vec::new();
        for number in 1..=3 {
            tasks.push(come(&gate, &log, number).await);
        }
        assert!(log.borrow().is_empty());
        drop(first);
        for task in tasks {
            task.await;
        }
        assert_eq!(*log.borrow(), [1, 1, 2, 2, 3, 3]);
    });
}

#[test]
fn a_task_that_gives_up_lets_the_next_one_through_before_and_after_it_was_called() {
    on_core(|| async {
        let (gate, log) = (Rc::new(Gate::default()), Log::default());
        let first = gate.pass().await;
        let early = come(&gate, &log, 1).await;
        let late = come(&gate, &log, 2).await;
        let last = come(&gate, &log, 3).await;
        early.cancel().await;
        // It is called now, and dropped before it runs.
        drop(first);
        late.cancel().await;
        last.await;
        assert_eq!(*log.borrow(), [3, 3]);
        drop(gate.pass().await);
    });
}
