//! Where the data ring meets glommio: one driver task per core, which turns the ring, and blocks
//! the thread in it when no task is ready.
//!
//! A turn submits what tasks have queued, collects completions and wakes their tasks, and looks at
//! the mesh, the timers and the results of blocking calls. Then the driver lets the ready tasks
//! run: glommio takes them in the order they were woken, so the entries they queue gather until
//! the driver's next turn, and one system call submits them all and collects what is there. When
//! no task is ready, that same call waits for the next completion.
//!
//! So the core sleeps in the data ring, never in glommio. Measured against it, glommio's own sleep
//! costs about ten system calls each time, one of which interrupts the other cores (membarrier).
//! glommio can also go to sleep although tasks are ready, if its preemption timer fires before the
//! first of them ran (seen with a short timer on a loaded machine); that timer is set beyond
//! reach. The price is that nothing of glommio's reactor may be used above: no timers, no blocking
//! calls, no wake-ups between threads of its own. All three are done here (`timers`, `blocking`,
//! `task`).
//!
//! Whoever brings work from another thread rings the core's **doorbell**, an eventfd that the ring
//! reads: a read of 8 bytes completes exactly when the eventfd is not zero, and clears it. The
//! descriptor is blocking on purpose: a non-blocking one would make the kernel answer EAGAIN
//! instead of arming a poll.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::Poll;

use io_uring::{opcode, squeue, types};

use super::blocking::BlockingThread;
use super::buffer_table::{self, BufferTable};
use super::net::Pipes;
use super::op::{OpId, Operation, Outcome, Table, cancellation};
use super::receive::ReceiveBuffers;
use super::ring::{Completion, Ring};
use super::task::{ForeignQueue, Tracked, others_ready};
use super::timers::Timers;
use crate::rt::capabilities::Capabilities;
use crate::rt::clock::{self, Instant};
use crate::rt::counts::CoreCounts;

/// Turns a stopping core takes before it gives up on tasks that keep starting operations.
const STOPPING_TURNS_MAX: u32 = 10_000;

/// How a core is woken by others. Shared by all cores; one per core.
///
/// The sleeper sets `sleeping`, fences, and looks for work once more; whoever brings work makes it
/// visible, fences, and looks at `sleeping`. Of two sequentially consistent fences one is first,
/// so at least one side sees the other: either the sleeper finds the work, or it is rung.
pub(crate) struct Doorbell {
    eventfd: OwnedFd,
    sleeping: AtomicBool,
}

impl Doorbell {
    /// # Errors
    /// No descriptor or memory left.
    pub(crate) fn new() -> io::Result<Self> {
        // SAFETY: eventfd takes no pointers; the result is checked before it is owned.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel just made this descriptor and nothing else owns it.
        let eventfd = unsafe { OwnedFd::from_raw_fd(fd) };
        Ok(Self { eventfd, sleeping: AtomicBool::new(false) })
    }

    /// Call after work was made visible to the core: wakes it if it sleeps. Any thread.
    pub(crate) fn ring(&self) {
        fence(Ordering::SeqCst);
        if self.sleeping.load(Ordering::Relaxed) && self.sleeping.swap(false, Ordering::Relaxed) {
            let one = 1u64;
            // SAFETY: `one` is 8 readable bytes. The count can only fail to rise when it is near
            // 2^64, in which case the reader is awake.
            unsafe {
                libc::write(self.eventfd.as_raw_fd(), (&raw const one).cast(), size_of::<u64>())
            };
        }
    }

    fn about_to_sleep(&self) {
        self.sleeping.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    fn awake(&self) {
        self.sleeping.store(false, Ordering::Relaxed);
    }
}

/// Something outside of the ring that brings work to a core (a mesh).
pub(crate) trait Inbound {
    /// Is there work? Looks at shared memory only.
    fn has_work(&self) -> bool;
    /// Wakes the tasks that wait for such work. `true` if there was any to wake.
    fn wake_waiting(&self) -> bool;
}

/// What belongs to one core: its ring, the operations in flight, and who waits.
pub(crate) struct Local {
    /// First, so that it is closed before the memory of the other fields goes.
    ring: RefCell<Ring>,
    pub(crate) table: RefCell<Table>,
    completions: RefCell<Vec<Completion>>,
    foreign: ForeignQueue,
    rung: RefCell<Option<Operation<u64>>>,
    inbound: RefCell<Vec<Rc<dyn Inbound>>>,
    stopping: Cell<bool>,
    pub(crate) blocking: Rc<BlockingThread>,
    pub(crate) blocking_long: Rc<BlockingThread>,
    pub(crate) timers: Timers,
    pub(crate) pipes: Pipes,
    pub(crate) doorbell: Arc<Doorbell>,
    pub(crate) receive: RefCell<ReceiveBuffers>,
    pub(crate) buffers: RefCell<BufferTable>,
    pub(crate) capabilities: RefCell<Capabilities>,
    /// What this core did so far; its age is filled in when asked for.
    counts: RefCell<CoreCounts>,
    started: Instant,
}

thread_local! {
    static LOCAL: RefCell<Option<Rc<Local>>> = const { RefCell::new(None) };
}

/// The core this thread runs.
///
/// # Panics
/// Outside of the cores started by `run_cores`: a caller's bug.
pub(crate) fn local() -> Rc<Local> {
    let found = LOCAL.with(|slot| slot.borrow().clone());
    #[expect(clippy::expect_used, reason = "a caller outside of a core is a bug in this crate")]
    found.expect("runtime operations are called on a core")
}

/// Is this thread a core?
pub(crate) fn is_core() -> bool {
    LOCAL.with(|slot| slot.borrow().is_some())
}

impl Local {
    /// Opens the ring of this thread and makes it the thread's core.
    ///
    /// # Errors
    /// The kernel refuses the ring.
    pub(crate) fn install(
        doorbell: Arc<Doorbell>,
        [blocking, blocking_long]: [Rc<BlockingThread>; 2],
        mut capabilities: Capabilities,
    ) -> io::Result<Rc<Self>> {
        let ring = Ring::open(&capabilities.rungs)?;
        if capabilities.rungs.registered_ring {
            ring.submitter().register_ring_fd()?;
        }
        let receive = ReceiveBuffers::new(&ring, &mut capabilities);
        let buffers = BufferTable::new(&ring, &mut capabilities);
        let local = Rc::new(Self {
            ring: RefCell::new(ring),
            table: RefCell::default(),
            completions: RefCell::default(),
            foreign: ForeignQueue::new(Arc::clone(&doorbell)),
            rung: RefCell::default(),
            inbound: RefCell::new(vec![
                Rc::clone(&blocking) as Rc<dyn Inbound>,
                Rc::clone(&blocking_long) as Rc<dyn Inbound>,
            ]),
            blocking,
            blocking_long,
            timers: Timers::default(),
            pipes: Pipes::default(),
            stopping: Cell::new(false),
            doorbell,
            receive: RefCell::new(receive),
            buffers: RefCell::new(buffers),
            capabilities: RefCell::new(capabilities),
            counts: RefCell::default(),
            started: clock::now(),
        });
        LOCAL.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&local)));
        Ok(local)
    }

    /// Queues one entry for the driver's next turn.
    ///
    /// # Safety
    /// As [`Ring::push`].
    pub(crate) unsafe fn push(&self, entry: squeue::Entry) {
        // SAFETY: passed on.
        unsafe { self.ring.borrow_mut().push(entry) };
    }

    /// Queues a linked pair.
    ///
    /// # Safety
    /// As [`Ring::push_linked`].
    pub(crate) unsafe fn push_linked(&self, first: squeue::Entry, second: squeue::Entry) {
        // SAFETY: passed on.
        unsafe { self.ring.borrow_mut().push_linked(first, second) };
    }

    /// Asks the kernel to stop an operation. Its completion still comes.
    pub(crate) fn cancel(&self, id: OpId) {
        // SAFETY: a cancellation points to no memory.
        unsafe { self.push(cancellation(id.user_data())) };
    }

    /// See [`Ring::partial_submissions`].
    pub(crate) fn partial_submissions(&self) -> u64 {
        self.ring.borrow().partial_submissions()
    }

    /// Runs `with` on the ring (registrations).
    pub(crate) fn with_ring<R>(&self, with: impl FnOnce(&Ring) -> R) -> R {
        with(&self.ring.borrow())
    }

    /// Adds a source of work that the driver looks at each turn.
    pub(crate) fn add_inbound(&self, inbound: Rc<dyn Inbound>) {
        self.inbound.borrow_mut().push(inbound);
    }

    /// Counts the wake-ups of `future`; see `task`.
    pub(crate) fn track<F: Future>(&self, future: F) -> Tracked<F> {
        self.foreign.track(future)
    }

    /// One turn of the driver, which waits for a completion if `wait` is set. `true` if it may
    /// have made tasks ready or has more to do.
    fn turn(&self, wait: bool) -> bool {
        // Before waiting: what tasks let go since the last turn is what fills next.
        self.receive.borrow_mut().take_back();
        let mut completions = self.completions.take();
        let turned = self.ring.borrow_mut().turn(&mut completions, wait);
        let turned = turned.unwrap_or_else(|error| {
            // Neither sockets nor files work without the ring; going on would only hang.
            panic!("the data ring of this core failed: {error}")
        });
        self.count_turn(turned.submitted as u64, completions.len() as u64);
        let mut progress = turned.refused || !completions.is_empty();
        for completion in completions.drain(..) {
            let outcome = self.table.borrow_mut().complete(completion);
            match outcome {
                Outcome::Nothing => {}
                Outcome::Wake(waker) => waker.wake(),
                Outcome::Deliver(sink) => {
                    let more = io_uring::cqueue::more(completion.flags);
                    sink.complete(self, completion.result, completion.flags, more);
                }
                Outcome::Free(keep) => drop(keep),
            }
        }
        self.completions.replace(completions);
        for inbound in self.inbound.borrow().iter() {
            progress |= inbound.wake_waiting();
        }
        self.foreign.wake_waiting();
        progress |= self.timers.fire();
        progress
    }

    fn count_turn(&self, submitted: u64, completed: u64) {
        let mut counts = self.counts.borrow_mut();
        counts.submitted += submitted;
        counts.completed += completed;
        if submitted > 0 {
            counts.submit_batches.record(submitted);
        }
        if completed > 0 {
            counts.complete_batches.record(completed);
        }
    }

    fn has_submissions(&self) -> bool {
        self.ring.borrow_mut().has_submissions()
    }

    /// A turn that sleeps until there is something to do.
    fn sleep(self: &Rc<Self>) {
        if !self.stopping.get() {
            self.timers.arm(self);
            self.arm_doorbell();
        }
        self.doorbell.about_to_sleep();
        let found = self.foreign.has_work()
            || self.inbound.borrow().iter().any(|inbound| inbound.has_work());
        let since = clock::now();
        self.turn(!found);
        self.doorbell.awake();
        if !found {
            let slept = since.elapsed();
            let mut counts = self.counts.borrow_mut();
            counts.sleeps += 1;
            counts.slept += slept;
            counts.sleep_times.record(u64::try_from(slept.as_micros()).unwrap_or(u64::MAX));
        }
    }

    /// What this core did since it started.
    pub(crate) fn counts(&self) -> CoreCounts {
        CoreCounts { up: self.started.elapsed(), ..*self.counts.borrow() }
    }

    /// Has the ring read the doorbell, unless it does already.
    fn arm_doorbell(self: &Rc<Self>) {
        let mut rung = self.rung.borrow_mut();
        if rung.as_ref().is_none_or(Operation::is_done) {
            let mut count = Box::new(0u64);
            let fd = types::Fd(self.doorbell.eventfd.as_raw_fd());
            let read = opcode::Read::new(fd, (&raw mut *count).cast(), 8).build();
            // SAFETY: 8 writable bytes in a box, which the operation keeps. The doorbell lives as
            // long as the core.
            *rung = Some(unsafe { Operation::submit(self, count, read) });
        }
    }

    /// Tells the driver to end once everything in flight was cancelled and answered.
    pub(crate) fn stop(&self) {
        self.stopping.set(true);
        self.timers.disarm();
        drop(self.rung.borrow_mut().take());
    }

    /// Is nothing in flight? Otherwise cancels what is, which includes what tasks submitted since
    /// the last time.
    fn has_stopped(&self) -> bool {
        let in_flight = self.table.borrow().in_flight();
        for user_data in &in_flight {
            // SAFETY: a cancellation points to no memory.
            unsafe { self.ring.borrow_mut().push(cancellation(*user_data)) };
        }
        in_flight.is_empty()
    }
}

/// Lets the other ready tasks of this core run first.
pub(crate) async fn yield_now() {
    let mut yielded = false;
    poll_fn(|context| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The driver task of a core: turns until [`Local::stop`] was called and nothing is in flight any
/// more, so that no memory is let go that the kernel still uses.
pub(crate) async fn drive(local: Rc<Local>) {
    let mut turns_left = STOPPING_TURNS_MAX;
    // glommio polls a new task at once, and the core's first task is yet to be made.
    yield_now().await;
    loop {
        if local.stopping.get() {
            let nothing_in_flight = local.has_stopped();
            if nothing_in_flight && !others_ready() {
                break;
            }
            turns_left -= 1;
            if turns_left == 0 {
                // Tasks that answer every cancellation with a new operation. Their buffers and
                // the ring stay allocated until the process ends: the kernel may be using them.
                Box::leak(Box::new(Rc::clone(&local)));
                break;
            }
            if nothing_in_flight {
                // Tasks that were made last have not run yet, and may still call the runtime.
                yield_now().await;
                continue;
            }
        }
        let others = others_ready();
        // What was queued is submitted awake: much of it completes at once, and a core that says
        // it sleeps costs its peers a system call per message.
        if others || local.has_submissions() {
            local.turn(false);
        } else {
            local.sleep();
        }
        if others || others_ready() {
            // glommio's own waker: the driver is not counted.
            yield_now().await;
        }
    }
    LOCAL.with(|slot| slot.borrow_mut().take());
    buffer_table::leave();
}
