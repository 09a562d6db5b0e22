use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::rt::clock::timeout;
use crate::rt::mesh::Full;
use crate::rt::spawn::yield_now;
use crate::units::CoreId;

#[test]
fn messages_of_each_pair_arrive_in_order_through_small_queues() {
    let plan = CorePlan { mesh_capacity: 3, ..CorePlan::new(Cores::Count(3)).unwrap() };
    const EACH: u32 = 2_000;
    run_cores(plan, |core: Core<u32>| async move {
        let mesh = core.mesh.clone();
        let sender = spawn(async move {
            for number in 0..EACH {
                for to in 0..mesh.count() {
                    mesh.send_wait(CoreId(to), number).await;
                }
            }
        });
        let mut next = [0u32; 3];
        let mut messages = Vec::new();
        while next != [EACH; 3] {
            core.mesh.drain(&mut messages).await;
            for (from, number) in messages.drain(..) {
                let expected = &mut next[usize::from(from.0)];
                assert_eq!(number, *expected, "from {from:?}");
                *expected += 1;
            }
        }
        sender.await;
    })
    .unwrap();
}

#[test]
fn a_full_queue_gives_the_message_back() {
    static FILLED: AtomicBool = AtomicBool::new(false);
    let plan = CorePlan { mesh_capacity: 2, ..CorePlan::new(Cores::Count(2)).unwrap() };
    run_cores(plan, |core: Core<u8>| async move {
        let other = CoreId(1 - core.id.0);
        if core.id == CoreId(0) {
            for to in [core.id, other] {
                assert_eq!(core.mesh.send(to, 1), Ok(()));
                assert_eq!(core.mesh.send(to, 2), Ok(()));
                assert_eq!(core.mesh.send(to, 3), Err(Full(3)));
            }
            assert_eq!(core.mesh.send(CoreId(2), 9), Err(Full(9)));
            assert_eq!(core.mesh.recv().await, (core.id, 1));
            assert_eq!(core.mesh.recv().await, (core.id, 2));
            FILLED.store(true, Ordering::Release);
            assert_eq!(core.mesh.recv().await, (other, 7));
        } else {
            while !FILLED.load(Ordering::Acquire) {
                yield_now().await;
            }
            assert_eq!(core.mesh.recv().await, (other, 1));
            assert_eq!(core.mesh.recv().await, (other, 2));
            assert!(core.mesh.try_recv().is_none(), "what was refused does not arrive");
            core.mesh.send_wait(other, 7).await;
        }
    })
    .unwrap();
}

#[test]
fn a_message_wakes_a_sleeping_core_each_time() {
    let plan = CorePlan::new(Cores::Count(2)).unwrap();
    run_cores(plan, |core: Core<u32>| async move {
        let other = CoreId(1 - core.id.0);
        for round in 0..500 {
            // Only one of the two is ever busy: the other has nothing to do and goes to sleep.
            if core.id == CoreId(0) {
                core.mesh.send(other, round).unwrap();
            }
            let limit = std::time::Duration::from_secs(20);
            let answer = timeout(limit, core.mesh.recv()).await;
            assert_eq!(answer, Ok((other, round)), "a wake-up was lost");
            if core.id == CoreId(1) {
                core.mesh.send(other, round).unwrap();
            }
        }
    })
    .unwrap();
}
