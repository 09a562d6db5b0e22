//! Where the data ring meets glommio: one task per core that turns the ring and otherwise sleeps.
//!
//! The driver task loops: submit what was queued, collect completions, wake their tasks, look at
//! the mesh. When a turn finds nothing it waits for one of three things: a local task queued an
//! entry (`kick`), the kernel has something for the ring, or another core sent a message. The last
//! two write the core's **doorbell**, an eventfd that is also registered with the ring.
//!
//! glommio has no public "wait for this descriptor", but its buffered file reads whatever it was
//! given: an 8-byte read of an eventfd completes exactly when it is non-zero, and clears it. The
//! descriptor is blocking on purpose: a non-blocking one would make the kernel answer EAGAIN
//! instead of arming a poll. One such read is kept pending; a driver woken by `kick` leaves it
//! armed, so a loaded core pays nothing for it.
//!
//! glommio is asked for nothing else: no timers, no blocking calls, no wake-ups between threads,
//! and its preemption timer is set beyond reach. Any of those can end glommio's run of ready tasks
//! before the first, after which it would go to sleep although tasks are ready (seen with a short
//! preemption timer on a loaded machine). It also looks at none of them before all tasks wait, and
//! on a loaded core that may be never.
//!
//! Under load the driver never reaches glommio's sleep: a woken task runs, queues entries and
//! kicks the driver, which glommio runs after the tasks that were ready before it. So entries
//! gather, and one system call submits them and collects what is ready.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering, fence};
use std::task::{Poll, Waker};

use glommio::io::BufferedFile;
use io_uring::squeue;

use super::blocking::BlockingThread;
use super::buffer_table::{self, BufferTable};
use super::net::Pipes;
use super::op::{OpId, Outcome, Table, cancellation};
use super::receive::ReceiveBuffers;
use super::ring::{Completion, Ring};
use super::timers::Timers;
use crate::rt::capabilities::Capabilities;

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
    kick: Cell<Option<Waker>>,
    inbound: RefCell<Vec<Rc<dyn Inbound>>>,
    stopping: Cell<bool>,
    pub(crate) blocking: Rc<BlockingThread>,
    pub(crate) timers: Timers,
    pub(crate) pipes: Pipes,
    pub(crate) doorbell: Arc<Doorbell>,
    pub(crate) receive: RefCell<ReceiveBuffers>,
    pub(crate) buffers: RefCell<BufferTable>,
    pub(crate) capabilities: RefCell<Capabilities>,
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
        blocking: Rc<BlockingThread>,
        mut capabilities: Capabilities,
    ) -> io::Result<Rc<Self>> {
        let ring = Ring::open(&capabilities.rungs)?;
        if capabilities.rungs.registered_ring {
            ring.submitter().register_ring_fd()?;
        }
        ring.register_eventfd(doorbell.eventfd.as_raw_fd())?;
        let receive = ReceiveBuffers::new(&ring, &mut capabilities);
        let buffers = BufferTable::new(&ring, &mut capabilities);
        let local = Rc::new(Self {
            ring: RefCell::new(ring),
            table: RefCell::default(),
            completions: RefCell::default(),
            kick: Cell::default(),
            inbound: RefCell::new(vec![Rc::clone(&blocking) as Rc<dyn Inbound>]),
            blocking,
            timers: Timers::default(),
            pipes: Pipes::default(),
            stopping: Cell::new(false),
            doorbell,
            receive: RefCell::new(receive),
            buffers: RefCell::new(buffers),
            capabilities: RefCell::new(capabilities),
        });
        LOCAL.with(|slot| *slot.borrow_mut() = Some(Rc::clone(&local)));
        Ok(local)
    }

    /// Queues one entry and makes sure the driver takes a turn.
    ///
    /// # Safety
    /// As [`Ring::push`].
    pub(crate) unsafe fn push(&self, entry: squeue::Entry) {
        // SAFETY: passed on.
        unsafe { self.ring.borrow_mut().push(entry) };
        self.kick();
    }

    /// Queues a linked pair.
    ///
    /// # Safety
    /// As [`Ring::push_linked`].
    pub(crate) unsafe fn push_linked(&self, first: squeue::Entry, second: squeue::Entry) {
        // SAFETY: passed on.
        unsafe { self.ring.borrow_mut().push_linked(first, second) };
        self.kick();
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

    /// Wakes the driver if it waits.
    pub(crate) fn kick(&self) {
        if let Some(waker) = self.kick.take() {
            waker.wake();
        }
    }

    /// One turn of the driver. `true` if it may have made tasks ready or has more to do.
    fn turn(&self) -> bool {
        let mut completions = self.completions.take();
        let turned = self.ring.borrow_mut().turn(&mut completions);
        let turned = turned.unwrap_or_else(|error| {
            // Neither sockets nor files work without the ring; going on would only hang.
            panic!("the data ring of this core failed: {error}")
        });
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
        self.receive.borrow_mut().take_back();
        for inbound in self.inbound.borrow().iter() {
            progress |= inbound.wake_waiting();
        }
        progress |= self.timers.fire();
        progress
    }

    fn has_work(&self) -> bool {
        self.ring.borrow_mut().has_work() || self.inbound.borrow().iter().any(|i| i.has_work())
    }

    /// Tells the driver to end once everything in flight was cancelled and answered.
    fn stop(&self) {
        self.stopping.set(true);
        self.timers.disarm();
        self.has_stopped();
        self.kick();
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

/// The listener task of a core: kicks the driver whenever the doorbell rang.
///
/// A task of its own, because glommio remembers a waker each time such a read is polled: here it
/// is polled once when armed and once when done, however often the driver runs meanwhile.
async fn listen(local: Rc<Local>, eventfd: BufferedFile) {
    // A failed read is as good as a wake-up, but must not become a busy loop.
    while eventfd.read_at(0, 8).await.is_ok() {
        local.kick();
    }
    if !local.stopping.get() {
        panic!("the doorbell of this core cannot be read");
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

/// The driver task of a core: turns until [`shut_down`].
///
/// # Panics
/// No descriptor is left for the doorbell: a core that cannot be woken must not run.
pub(crate) async fn drive(local: Rc<Local>) {
    let eventfd = local.doorbell.eventfd.try_clone();
    let eventfd = eventfd.unwrap_or_else(|error| panic!("no descriptor for the doorbell: {error}"));
    // SAFETY: the duplicate is owned by no one else.
    let eventfd = unsafe { BufferedFile::from_raw_fd(eventfd.into_raw_fd()) };
    // Cancelled when the driver ends.
    let _listener = glommio::spawn_local(listen(Rc::clone(&local), eventfd));
    let mut turns_left = STOPPING_TURNS_MAX;
    loop {
        if local.turn() {
            yield_now().await;
            if !local.stopping.get() {
                continue;
            }
            turns_left = turns_left.saturating_sub(1);
        }
        if turns_left == 0 {
            // Tasks that answer every cancellation with a new operation. Their buffers and the
            // ring stay allocated until the process ends: the kernel may still be using them.
            Box::leak(Box::new(local));
            return;
        }
        if local.stopping.get() && local.has_stopped() {
            return;
        }
        let mut kicked = false;
        poll_fn(|context| {
            if kicked {
                return Poll::Ready(());
            }
            local.kick.set(Some(context.waker().clone()));
            kicked = true;
            local.timers.arm(&local);
            local.doorbell.about_to_sleep();
            local.ring.borrow_mut().unmute();
            if local.has_work() {
                return Poll::Ready(());
            }
            Poll::Pending
        })
        .await;
        local.kick.take();
        local.doorbell.awake();
        local.ring.borrow_mut().mute();
    }
}

/// Ends a core: every operation is cancelled and answered before its memory is let go.
pub(crate) async fn shut_down(local: Rc<Local>, driver: glommio::Task<()>) {
    local.stop();
    driver.await;
    LOCAL.with(|slot| slot.borrow_mut().take());
    buffer_table::leave();
}
