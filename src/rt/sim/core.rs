//! One simulated core: tasks, events to come, and the machine they belong to.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use super::disk::Disk;
use super::disk::fault::{Crash, Faults, Op, Survival};
use super::timers;
use crate::rt::clock;
use crate::rt::random::{self, Stream};

/// A life that takes more steps than this does not end: a task wakes itself without progress.
const STEPS_MAX: u64 = 20_000_000;

thread_local! {
    static WORLD: RefCell<Option<Rc<World>>> = const { RefCell::new(None) };
}

/// The process that runs on this thread.
///
/// # Panics
/// Outside of [`Machine::run`].
pub(super) fn world() -> Rc<World> {
    let world = WORLD.with_borrow(Clone::clone);
    let Some(world) = world else { panic!("only a process of a simulated machine can do this") };
    world
}

/// A machine: its disk stays from one process to the next.
pub struct Machine {
    disk: Disk,
    schedule: Cell<Stream>,
    now: Cell<Duration>,
}

/// How the life of a process ended.
#[derive(Debug, PartialEq, Eq)]
pub enum End<T> {
    /// Its main task ended.
    Done(T),
    /// Where the [`Faults`] said so.
    Cut,
}

impl<T> End<T> {
    /// What the main task returned.
    ///
    /// # Panics
    /// If the process was cut off.
    pub fn done(self) -> T {
        let Self::Done(value) = self else { panic!("the process was cut off") };
        value
    }
}

impl Machine {
    /// A machine with an empty disk.
    pub fn new(seed: u64) -> Self {
        let mut seeds = Stream::new(seed);
        random::reseed(seeds.u64());
        let schedule = Cell::new(Stream::new(seeds.u64()));
        Self { disk: Disk::new(seeds.u64()), schedule, now: Cell::new(Duration::ZERO) }
    }

    /// What is to go wrong from now on. Operations are counted anew.
    pub fn set_faults(&self, faults: Faults) {
        self.disk.set_faults(faults);
    }

    /// The operations since [`Machine::set_faults`], in the order they began.
    pub fn trace(&self) -> Vec<Op> {
        self.disk.trace()
    }

    /// The present moment of its monotonic clock.
    pub fn now(&self) -> clock::Instant {
        clock::Instant::at(timers::moment(self.now.get()))
    }

    /// Has the process been cut off? What it does after that moment is not seen by anybody.
    pub fn is_cut(&self) -> bool {
        self.disk.is_stopped()
    }

    /// The life of one process. Everything but the disk ends with it.
    ///
    /// # Panics
    /// Nothing is ready and nothing is to come, or the life does not end.
    pub fn run<T: 'static>(&self, main: impl Future<Output = T> + 'static) -> End<T> {
        let world = Rc::new(World {
            disk: self.disk.clone(),
            schedule: Cell::new(self.schedule.get()),
            now: Cell::new(self.now.get()),
            number: Cell::new(0),
            tasks: RefCell::default(),
            coming: RefCell::default(),
        });
        WORLD.set(Some(Rc::clone(&world)));
        let over = Over(Rc::clone(&world));
        let outcome = Rc::new(RefCell::new(None));
        let result = Rc::clone(&outcome);
        world.add(Box::pin(async move {
            let value = main.await;
            *result.borrow_mut() = Some(value);
        }));
        world.live(|| outcome.borrow().is_some());
        self.now.set(world.now.get());
        self.schedule.set(world.schedule.get());
        drop(over);
        let value = outcome.borrow_mut().take();
        match value {
            Some(value) if !self.disk.is_stopped() => End::Done(value),
            _ => End::Cut,
        }
    }

    /// The process is gone, the kernel is not: what was written is there, what was in flight is
    /// there in part.
    pub fn kill(&self) {
        self.disk.settle(Crash::Kill);
    }

    /// The machine has stopped and starts again: of what was not synced, `survival` is there.
    pub fn lose_power(&self, survival: Survival) {
        self.disk.settle(Crash::Power(survival));
    }

    /// How many files of kept memory there are.
    pub fn kept_memories(&self) -> usize {
        self.disk.with_memory(|memory| memory.count())
    }

    /// The content of a file as a process would read it; `None` if there is none.
    pub fn content(&self, path: &std::path::Path) -> Option<Vec<u8>> {
        self.disk.content(path)
    }
}

/// Ends a process, also one that has failed.
struct Over(Rc<World>);

impl Drop for Over {
    fn drop(&mut self) {
        // Whatever is dropped may still look at the world, or leave it something.
        let tasks = std::mem::take(&mut *self.0.tasks.borrow_mut());
        drop(tasks);
        let coming = std::mem::take(&mut *self.0.coming.borrow_mut());
        drop(coming);
        WORLD.set(None);
    }
}

/// A moment, and a number that tells events of the same moment apart.
type When = (Duration, u64);

type Event = Box<dyn FnOnce()>;

/// One process.
pub(super) struct World {
    pub(super) disk: Disk,
    schedule: Cell<Stream>,
    now: Cell<Duration>,
    number: Cell<u64>,
    tasks: RefCell<Tasks>,
    coming: RefCell<BTreeMap<When, Event>>,
}

struct Tasks {
    all: BTreeMap<u64, Entry>,
    ready: Vec<u64>,
    woken: mpsc::Receiver<u64>,
    wake: mpsc::Sender<u64>,
}

struct Entry {
    waker: Waker,
    /// `None` while it is being polled.
    future: Option<Pin<Box<dyn Future<Output = ()>>>>,
}

impl Default for Tasks {
    fn default() -> Self {
        let (wake, woken) = mpsc::channel();
        Self { all: BTreeMap::new(), ready: Vec::new(), woken, wake }
    }
}

struct WakeTask {
    id: u64,
    wake: mpsc::Sender<u64>,
}

impl Wake for WakeTask {
    fn wake(self: Arc<Self>) {
        // After the end of the process nobody listens.
        let _heard = self.wake.send(self.id);
    }
}

impl World {
    /// Time since the machine was made.
    pub(super) fn now(&self) -> Duration {
        self.now.get()
    }

    /// A number below `bound`, for what concerns order and duration.
    pub(super) fn below(&self, bound: u64) -> u64 {
        let mut stream = self.schedule.get();
        let drawn = stream.below(bound);
        self.schedule.set(stream);
        drawn
    }

    fn next_number(&self) -> u64 {
        self.number.set(self.number.get() + 1);
        self.number.get()
    }

    /// Lets `event` happen when `delay` has passed.
    pub(super) fn after(&self, delay: Duration, event: impl FnOnce() + 'static) {
        let at = (self.now.get() + delay, self.next_number());
        self.coming.borrow_mut().insert(at, Box::new(event));
    }

    /// Adds a task, ready to run; its number.
    pub(super) fn add(&self, future: Pin<Box<dyn Future<Output = ()>>>) -> u64 {
        let id = self.next_number();
        let mut tasks = self.tasks.borrow_mut();
        let waker = Waker::from(Arc::new(WakeTask { id, wake: tasks.wake.clone() }));
        tasks.all.insert(id, Entry { waker, future: Some(future) });
        tasks.ready.push(id);
        id
    }

    /// Drops a task. One that is running drops itself at its next await.
    pub(super) fn remove(&self, id: u64) {
        let removed = self.tasks.borrow_mut().all.remove(&id);
        drop(removed);
    }

    /// Runs tasks and lets time pass until `over`, or until the machine stops.
    fn live(&self, over: impl Fn() -> bool) {
        for _ in 0..STEPS_MAX {
            if over() || self.disk.is_stopped() {
                return;
            }
            match self.next_ready() {
                Some(id) => self.poll(id),
                None => self.let_time_pass(),
            }
        }
        panic!("after {STEPS_MAX} steps the process has not ended");
    }

    fn next_ready(&self) -> Option<u64> {
        let mut tasks = self.tasks.borrow_mut();
        let tasks = &mut *tasks;
        while let Ok(id) = tasks.woken.try_recv() {
            if tasks.all.contains_key(&id) && !tasks.ready.contains(&id) {
                tasks.ready.push(id);
            }
        }
        tasks.ready.retain(|id| tasks.all.contains_key(id));
        let pick = usize::try_from(self.below(tasks.ready.len() as u64)).ok()?;
        (!tasks.ready.is_empty()).then(|| tasks.ready.swap_remove(pick))
    }

    fn poll(&self, id: u64) {
        let taken = {
            let mut tasks = self.tasks.borrow_mut();
            let entry = tasks.all.get_mut(&id);
            entry.and_then(|entry| Some((entry.future.take()?, entry.waker.clone())))
        };
        let Some((mut future, waker)) = taken else { return };
        let ended = future.as_mut().poll(&mut Context::from_waker(&waker)).is_ready();
        let mut tasks = self.tasks.borrow_mut();
        match tasks.all.get_mut(&id) {
            Some(entry) if !ended => entry.future = Some(future),
            _ => {
                tasks.all.remove(&id);
                // Dropping it may wake or remove others.
                drop(tasks);
                drop(future);
            }
        }
    }

    fn let_time_pass(&self) {
        let next = self.coming.borrow_mut().pop_first();
        let Some(((at, _), event)) = next else {
            panic!("every task waits, and nothing is to come");
        };
        self.now.set(at);
        event();
    }
}

/// What an event leaves for the future that waits for it.
pub(super) struct Slot<T> {
    value: RefCell<Option<T>>,
    waiter: RefCell<Option<Waker>>,
}

impl<T> Slot<T> {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Self { value: RefCell::new(None), waiter: RefCell::new(None) })
    }

    pub(super) fn fill(&self, value: T) {
        *self.value.borrow_mut() = Some(value);
        if let Some(waiter) = self.waiter.borrow_mut().take() {
            waiter.wake();
        }
    }

    pub(super) fn take(&self) -> Option<T> {
        self.value.borrow_mut().take()
    }

    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<T> {
        match self.take() {
            Some(value) => Poll::Ready(value),
            None => {
                *self.waiter.borrow_mut() = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }

    pub(super) async fn filled(self: Rc<Self>) -> T {
        std::future::poll_fn(|context| self.poll(context)).await
    }
}
