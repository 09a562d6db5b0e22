//! Tasks whose wake-ups are counted, so that a core knows when none is ready to run.
//!
//! glommio runs the tasks but does not say whether any is waiting for its turn. Each task here
//! hands out a waker of its own that counts it as ready until it is polled. When the count is zero
//! the driver may block the thread in its ring; see `bridge`.
//!
//! A wake-up from another thread goes through a queue of the core and its doorbell. glommio's way
//! for those needs glommio's reactor, which a core never returns to.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, OnceLock, mpsc};
use std::task::{Context, Poll, Wake, Waker};

use super::bridge::Doorbell;

/// Waits for somebody to wake it, or is being polled.
const IDLE: u8 = 0;
/// Woken by another thread; the driver has yet to take note.
const FOREIGN: u8 = 1;
/// Counted as ready.
const READY: u8 = 2;
/// Its future is gone.
const ENDED: u8 = 3;

thread_local! {
    /// Tasks of this core that glommio will poll.
    static READY_COUNT: Cell<usize> = const { Cell::new(0) };
    /// Something else that glommio will run: a cancelled task to drop.
    static UNSETTLED: Cell<bool> = const { Cell::new(false) };
}

/// May glommio have anything to run on this core besides the caller? Forgets what is not counted:
/// whoever asks lets the others run once if the answer is yes.
pub(crate) fn others_ready() -> bool {
    READY_COUNT.get() > 0 || UNSETTLED.take()
}

/// Notes that glommio has something to run which is not a counted task.
pub(crate) fn unsettle() {
    let _on_a_core = UNSETTLED.try_with(|unsettled| unsettled.set(true));
}

fn count(change: isize) {
    // A task may be dropped as late as with its thread, when nobody counts any more.
    let _counted =
        READY_COUNT.try_with(|ready| ready.set(ready.get().saturating_add_signed(change)));
}

/// Where wake-ups from other threads arrive. One per core; any thread may hold it.
pub(crate) struct ForeignWakes {
    thread: std::thread::ThreadId,
    queue: mpsc::Sender<Arc<TaskState>>,
    waiting: AtomicBool,
    doorbell: Arc<Doorbell>,
}

/// The core's end of [`ForeignWakes`].
pub(crate) struct ForeignQueue {
    wakes: Arc<ForeignWakes>,
    queue: mpsc::Receiver<Arc<TaskState>>,
}

impl ForeignQueue {
    /// For the core that this thread runs.
    pub(crate) fn new(doorbell: Arc<Doorbell>) -> Self {
        let (sender, queue) = mpsc::channel();
        let thread = std::thread::current().id();
        let waiting = AtomicBool::new(false);
        let wakes = ForeignWakes { thread, queue: sender, waiting, doorbell };
        Self { wakes: Arc::new(wakes), queue }
    }

    /// Is a wake-up waiting?
    pub(crate) fn has_work(&self) -> bool {
        self.wakes.waiting.load(Ordering::Acquire)
    }

    /// Makes the tasks ready that other threads woke.
    pub(crate) fn wake_waiting(&self) {
        if !self.wakes.waiting.swap(false, Ordering::AcqRel) {
            return;
        }
        while let Ok(state) = self.queue.try_recv() {
            if state.change(FOREIGN, READY) {
                state.ready();
            }
        }
    }

    /// Counts `future`: spawn the result, and nothing else, on this core.
    pub(crate) fn track<F: Future>(&self, future: F) -> Tracked<F> {
        let state = TaskState {
            step: AtomicU8::new(IDLE),
            inner: OnceLock::new(),
            wakes: Arc::clone(&self.wakes),
        };
        let state = Arc::new(state);
        Tracked { waker: Waker::from(Arc::clone(&state)), state, future: Box::pin(future) }
    }
}

/// What the wakers of one task share.
pub(crate) struct TaskState {
    step: AtomicU8,
    /// glommio's waker of the task. Used on the task's own thread only.
    inner: OnceLock<Waker>,
    wakes: Arc<ForeignWakes>,
}

impl TaskState {
    fn change(&self, from: u8, to: u8) -> bool {
        self.step.compare_exchange(from, to, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    fn ready(&self) {
        count(1);
        if let Some(inner) = self.inner.get() {
            inner.wake_by_ref();
        }
    }
}

impl Wake for TaskState {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // Most wake-ups of a task that is ready already end here, without a locked instruction.
        if self.step.load(Ordering::Acquire) != IDLE {
            return;
        }
        if std::thread::current().id() == self.wakes.thread {
            if self.change(IDLE, READY) {
                self.ready();
            }
        } else if self.change(IDLE, FOREIGN) {
            // Fails only when the core is gone, and the task with it.
            if self.wakes.queue.send(Arc::clone(self)).is_ok() {
                self.wakes.waiting.store(true, Ordering::Release);
                self.wakes.doorbell.ring();
            }
        }
    }
}

/// A future whose wake-ups are counted.
pub(crate) struct Tracked<F> {
    waker: Waker,
    state: Arc<TaskState>,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Tracked<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.state.inner.get_or_init(|| context.waker().clone());
        if self.state.change(READY, IDLE) {
            count(-1);
        }
        let this = &mut *self;
        this.future.as_mut().poll(&mut Context::from_waker(&this.waker))
    }
}

impl<F> Drop for Tracked<F> {
    fn drop(&mut self) {
        if self.state.step.swap(ENDED, Ordering::AcqRel) == READY {
            count(-1);
        }
    }
}
