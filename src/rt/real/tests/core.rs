//! Tasks, timers, the ring's limits, and chunks that travel.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use io_uring::opcode;

use super::*;
use crate::rt::buffer::ChunkPool;
use crate::rt::clock::{Elapsed, now, sleep, sleep_until, timeout};
use crate::rt::real::bridge::local;
use crate::rt::real::op::Operation;
use crate::rt::spawn::{blocking, yield_now};
use crate::units::CoreId;

/// Sets a flag when it is dropped.
struct Dropped(Rc<Cell<bool>>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.set(true);
    }
}

#[test]
fn a_new_task_runs_only_when_its_maker_awaits() {
    on_core(|| async {
        let ran = Rc::new(Cell::new(false));
        let seen = Rc::clone(&ran);
        let task = spawn(async move {
            seen.set(true);
            7
        });
        assert!(!ran.get());
        assert_eq!(task.await, 7);
        assert!(ran.get());
    });
}

#[test]
fn a_task_made_last_may_still_call_the_runtime() {
    let began = Arc::new(AtomicBool::new(false));
    let begins = Arc::clone(&began);
    on_core(move || async move {
        spawn(async move {
            begins.store(true, Ordering::Release);
            sleep(Duration::from_secs(3600)).await;
        })
        .detach();
    });
    assert!(began.load(Ordering::Acquire));
}

#[test]
fn a_dropped_task_is_gone_before_the_core_sleeps() {
    on_core(|| async {
        for by_cancel in [false, true] {
            let gone = Rc::new(Cell::new(false));
            let held = Dropped(Rc::clone(&gone));
            let task = spawn(async move {
                sleep(Duration::from_secs(3600)).await;
                drop(held);
            });
            yield_now().await;
            if by_cancel {
                assert_eq!(task.cancel().await, None);
            } else {
                drop(task);
                yield_now().await;
            }
            assert!(gone.get());
        }
    });
}

#[test]
fn a_detached_task_runs_on() {
    on_core(|| async {
        let (give, result) = mpsc::channel();
        spawn(async move {
            blocking(|| ()).await;
            give.send(1).unwrap();
        })
        .detach();
        while result.try_recv() != Ok(1) {
            yield_now().await;
        }
    });
}

#[test]
fn wake_ups_from_other_threads_reach_a_sleeping_core() {
    on_core(|| async {
        let (hand_over, wakers) = mpsc::channel::<Waker>();
        let waking = std::thread::Builder::new()
            .spawn(move || wakers.into_iter().map(Waker::wake).count())
            .unwrap();
        for _ in 0..200 {
            let mut handed_over = false;
            // The core has nothing else to do, and sleeps between the two polls.
            poll_fn(|context| {
                if handed_over {
                    return Poll::Ready(());
                }
                handed_over = true;
                hand_over.send(context.waker().clone()).unwrap();
                Poll::Pending
            })
            .await;
        }
        drop(hand_over);
        assert_eq!(blocking(move || waking.join().unwrap()).await, 200);
    });
}

#[test]
fn a_waker_outlives_its_task_and_its_core() {
    let (hand_over, wakers) = mpsc::channel::<Waker>();
    on_core(move || async move {
        let task = spawn(poll_fn(move |context| {
            hand_over.send(context.waker().clone()).unwrap();
            Poll::<()>::Pending
        }));
        yield_now().await;
        yield_now().await;
        task.cancel().await;
    });
    wakers.into_iter().for_each(Waker::wake);
}

#[test]
fn timers_fire_in_the_order_of_their_deadlines() {
    for rungs in [Rungs::ALL, Rungs::NONE] {
        on_core_with(rungs, || async {
            let start = now();
            let order = Rc::new(RefCell::new(Vec::new()));
            let mut tasks = Vec::new();
            for ms in [30u64, 10, 20, 0, 25, 5] {
                let order = Rc::clone(&order);
                tasks.push(spawn(async move {
                    sleep_until(start + Duration::from_millis(ms)).await;
                    assert!(start.elapsed() >= Duration::from_millis(ms), "not early");
                    order.borrow_mut().push(ms);
                }));
            }
            for task in tasks {
                task.await;
            }
            assert_eq!(*order.borrow(), [0, 5, 10, 20, 25, 30]);
        });
    }
}

#[test]
fn a_limit_cuts_off_only_what_is_not_ready() {
    on_core(|| async {
        let ready = timeout(Duration::ZERO, async { 3 }).await;
        assert_eq!(ready, Ok(3), "what is ready at once has no need of time");
        let late = timeout(Duration::from_millis(2), sleep(Duration::from_secs(3600))).await;
        assert_eq!(late, Err(Elapsed));
        // Many limits that are not reached, as with requests that are answered in time.
        for _ in 0..2_000 {
            timeout(Duration::from_secs(3), yield_now()).await.unwrap();
        }
    });
}

#[test]
fn timers_fire_while_the_core_is_busy() {
    on_core(|| async {
        let done = Rc::new(Cell::new(false));
        let seen = Rc::clone(&done);
        spawn(async move {
            sleep(Duration::from_millis(3)).await;
            seen.set(true);
        })
        .detach();
        // Never idle: were timers looked at only before sleeping, this would not end.
        while !done.get() {
            yield_now().await;
        }
    });
}

#[test]
fn more_operations_than_the_ring_holds_are_all_answered() {
    for rungs in every_ladder() {
        on_core_with(rungs, || async {
            // Beyond the submission queue many times, and beyond the completion queue.
            let operations: Vec<_> = (0..10_000u32)
                .map(|number| {
                    let entry = opcode::Nop::new().build();
                    // SAFETY: a no-operation points to no memory.
                    unsafe { Operation::submit(&local(), Box::new(number), entry) }
                })
                .collect();
            for (number, operation) in (0..10_000u32).zip(operations) {
                let (result, keep) = operation.await;
                assert_eq!((result, *keep), (0, number));
            }
        });
    }
}

#[test]
fn linked_entries_stay_together_in_a_full_queue() {
    on_core(|| async {
        let mut pairs = Vec::new();
        for number in 0..3_001u32 {
            // Every third pair begins with an entry that fails, which cancels its second.
            let first = if number % 3 == 0 {
                opcode::Fsync::new(io_uring::types::Fd(-1)).build()
            } else {
                opcode::Nop::new().build()
            };
            let second = opcode::Nop::new().build();
            // SAFETY: neither entry points to memory.
            let pair =
                unsafe { Operation::submit_linked(&local(), Box::new(number), first, second) };
            pairs.push(pair);
        }
        for (first, second) in pairs {
            let (result, number) = first.await;
            let (linked, _) = second.await;
            let expected = if *number % 3 == 0 { (-libc::EBADF, -libc::ECANCELED) } else { (0, 0) };
            assert_eq!((result, linked), expected, "pair {number}");
        }
    });
}

#[test]
fn chunks_come_back_from_wherever_their_bytes_went() {
    let plan = CorePlan::new(Cores::Count(2)).unwrap();
    run_cores(plan, |core: Core<Bytes>| async move {
        let other = CoreId(1 - core.id.0);
        if core.id == CoreId(1) {
            for round in 0..50u8 {
                let (_, bytes) = core.mesh.recv().await;
                assert_eq!(bytes, vec![round; 1000]);
                drop(bytes);
                core.mesh.send(other, Bytes::new()).unwrap();
            }
            let (_, last) = core.mesh.recv().await;
            core.mesh.send(other, Bytes::new()).unwrap();
            core.mesh.recv().await;
            assert_eq!(last, vec![99; 10], "the memory outlives its pool");
            return;
        }
        let pool = ChunkPool::new(1, 4096);
        for round in 0..50u8 {
            let mut chunk = pool.take().expect("the other core has let it go");
            assert!(chunk.is_empty());
            assert!(chunk.append(&[round; 1000]));
            core.mesh.send(other, chunk.bytes(0..1000)).unwrap();
            drop(chunk);
            core.mesh.recv().await;
        }
        let mut chunk = pool.take().unwrap();
        assert!(pool.take().is_none());
        assert!(chunk.append(&[99; 10]));
        core.mesh.send(other, chunk.bytes(0..10)).unwrap();
        core.mesh.recv().await;
        drop((chunk, pool));
        core.mesh.send(other, Bytes::new()).unwrap();
    })
    .unwrap();
}

#[test]
fn padding_is_zero_even_in_a_used_chunk() {
    on_core(|| async {
        let pool = ChunkPool::new(1, 8192);
        let mut chunk = pool.take().unwrap();
        assert!(chunk.append(&[0xff; 8192]));
        drop(chunk);
        let mut chunk = pool.take().unwrap();
        assert!(chunk.append(&[1; 100]));
        assert!(chunk.unfilled().iter().all(|byte| *byte == 0xff), "the same memory");
        assert_eq!(chunk.blocks(0).len(), 4096);
        assert!(chunk.unfilled()[..3996].iter().all(|byte| *byte == 0));
        assert!(!chunk.append(&[0; 8093]), "one byte too many");
        assert_eq!(chunk.len(), 100);
    });
}
